-- case: hosts
SELECT id, protocol(url), domain(url), domainWithoutWWW(url), topLevelDomain(url), domain(ns), domain(lc) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(regexp_extract(v.url, '^([A-Za-z][0-9A-Za-z.+\-]*):(?s:...)', 1), '') AS "protocol(url)",
  coalesce(regexp_extract(v.url, '^(?>(?://|[\x00-\x7f][0-9A-Za-z.+\-]{0,12}://)?)(?=[^ \t<>%{}|\\^~\[\];=&:/?#]*\.[^ \t<>%{}|\\^~\[\];=&:/?#]*[^ \t<>%{}|\\^~\[\];=&:/?#.](?:[:/?#]|\z))(?:[^ \t<>%{}|\\^~\[\];=&:/?#@]*@)*([^ \t<>%{}|\\^~\[\];=&:/?#@]*)(?:[:/?#]|\z)', 1), '') AS "domain(url)",
  regexp_replace(coalesce(regexp_extract(v.url, '^(?>(?://|[\x00-\x7f][0-9A-Za-z.+\-]{0,12}://)?)(?=[^ \t<>%{}|\\^~\[\];=&:/?#]*\.[^ \t<>%{}|\\^~\[\];=&:/?#]*[^ \t<>%{}|\\^~\[\];=&:/?#.](?:[:/?#]|\z))(?:[^ \t<>%{}|\\^~\[\];=&:/?#@]*@)*([^ \t<>%{}|\\^~\[\];=&:/?#@]*)(?:[:/?#]|\z)', 1), ''), '^www\.', '') AS "domainwithoutwww(url)",
  coalesce(regexp_extract(coalesce(regexp_extract(v.url, '^(?>(?://|[\x00-\x7f][0-9A-Za-z.+\-]{0,12}://)?)(?=[^ \t<>%{}|\\^~\[\];=&:/?#]*\.[^ \t<>%{}|\\^~\[\];=&:/?#]*[^ \t<>%{}|\\^~\[\];=&:/?#.](?:[:/?#]|\z))(?:[^ \t<>%{}|\\^~\[\];=&:/?#@]*@)*([^ \t<>%{}|\\^~\[\];=&:/?#@]*)(?:[:/?#]|\z)', 1), ''), '\.([^0-9.][^.]*)\z', 1), '') AS "topleveldomain(url)",
  IF(v.ns IS NULL, NULL, coalesce(regexp_extract(v.ns, '^(?>(?://|[\x00-\x7f][0-9A-Za-z.+\-]{0,12}://)?)(?=[^ \t<>%{}|\\^~\[\];=&:/?#]*\.[^ \t<>%{}|\\^~\[\];=&:/?#]*[^ \t<>%{}|\\^~\[\];=&:/?#.](?:[:/?#]|\z))(?:[^ \t<>%{}|\\^~\[\];=&:/?#@]*@)*([^ \t<>%{}|\\^~\[\];=&:/?#@]*)(?:[:/?#]|\z)', 1), '')) AS "domain(ns)",
  coalesce(regexp_extract(v.lc, '^(?>(?://|[\x00-\x7f][0-9A-Za-z.+\-]{0,12}://)?)(?=[^ \t<>%{}|\\^~\[\];=&:/?#]*\.[^ \t<>%{}|\\^~\[\];=&:/?#]*[^ \t<>%{}|\\^~\[\];=&:/?#.](?:[:/?#]|\z))(?:[^ \t<>%{}|\\^~\[\];=&:/?#@]*@)*([^ \t<>%{}|\\^~\[\];=&:/?#@]*)(?:[:/?#]|\z)', 1), '') AS "domain(lc)"
FROM v
ORDER BY 1;

-- case: paths and queries
SELECT id, path(url), pathFull(url), queryString(url), fragment(url), queryStringAndFragment(url), cutQueryString(url), cutFragment(url), cutQueryStringAndFragment(url), path(ns) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(regexp_extract(v.url, '^[^/]*(?://[^/]*|(?!//))(/[^?#]*)', 1), '') AS "path(url)",
  coalesce(regexp_extract(v.url, '(?s)^[^/]*(?://[^/]*|(?!//))(/.*)', 1), '') AS "pathfull(url)",
  coalesce(regexp_extract(v.url, '\?([^#]*)', 1), '') AS "querystring(url)",
  coalesce(regexp_extract(v.url, '(?s)#(.*)', 1), '') AS "fragment(url)",
  coalesce(regexp_extract(v.url, '(?s)(?:^[^?]*\?|(?=#))(.*)', 1), '') AS "querystringandfragment(url)",
  regexp_replace(v.url, '^([^?]*)\?[^#]*', '$1') AS "cutquerystring(url)",
  regexp_replace(v.url, '(?s)#.*', '') AS "cutfragment(url)",
  regexp_replace(v.url, '(?s)(?:\?|#(?!.*\?)).*', '') AS "cutquerystringandfragment(url)",
  IF(v.ns IS NULL, NULL, coalesce(regexp_extract(v.ns, '^[^/]*(?://[^/]*|(?!//))(/[^?#]*)', 1), '')) AS "path(ns)"
FROM v
ORDER BY 1;

-- case: parameters
SELECT id, extractURLParameter(url, 'utm_source'), extractURLParameter(url, 'x'), extractURLParameter(url, 'e'), extractURLParameter(ns, 'a') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(regexp_extract(v.url, '(?s)^[^?#]*[?#](?:.*?[?&#])??utm_source=([^&#]*)', 1), '') AS "extracturlparameter(url, 'utm_source')",
  coalesce(regexp_extract(v.url, '(?s)^[^?#]*[?#](?:.*?[?&#])??x=([^&#]*)', 1), '') AS "extracturlparameter(url, 'x')",
  coalesce(regexp_extract(v.url, '(?s)^[^?#]*[?#](?:.*?[?&#])??e=([^&#]*)', 1), '') AS "extracturlparameter(url, 'e')",
  IF(v.ns IS NULL, NULL, coalesce(regexp_extract(v.ns, '(?s)^[^?#]*[?#](?:.*?[?&#])??a=([^&#]*)', 1), '')) AS "extracturlparameter(ns, 'a')"
FROM v
ORDER BY 1;

-- case: domains by visits
SELECT domainWithoutWWW(referrer) AS source, count() AS visits FROM events GROUP BY source ORDER BY visits DESC, source;
-- trino
SELECT
  regexp_replace(coalesce(regexp_extract(events.referrer, '^(?>(?://|[\x00-\x7f][0-9A-Za-z.+\-]{0,12}://)?)(?=[^ \t<>%{}|\\^~\[\];=&:/?#]*\.[^ \t<>%{}|\\^~\[\];=&:/?#]*[^ \t<>%{}|\\^~\[\];=&:/?#.](?:[:/?#]|\z))(?:[^ \t<>%{}|\\^~\[\];=&:/?#@]*@)*([^ \t<>%{}|\\^~\[\];=&:/?#@]*)(?:[:/?#]|\z)', 1), ''), '^www\.', '') AS source,
  count(*) AS visits
FROM events
GROUP BY regexp_replace(coalesce(regexp_extract(events.referrer, '^(?>(?://|[\x00-\x7f][0-9A-Za-z.+\-]{0,12}://)?)(?=[^ \t<>%{}|\\^~\[\];=&:/?#]*\.[^ \t<>%{}|\\^~\[\];=&:/?#]*[^ \t<>%{}|\\^~\[\];=&:/?#.](?:[:/?#]|\z))(?:[^ \t<>%{}|\\^~\[\];=&:/?#@]*@)*([^ \t<>%{}|\\^~\[\];=&:/?#@]*)(?:[:/?#]|\z)', 1), ''), '^www\.', '')
ORDER BY 2 DESC, 1;
