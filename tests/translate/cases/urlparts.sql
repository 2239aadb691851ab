-- case: levels of URLs
SELECT id, URLHierarchy(url), URLPathHierarchy(url), URLHierarchy(ns), URLPathHierarchy(lc) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  reduce(regexp_extract_all(v.url, '(?s)\A[0-9A-Za-z]+://[^/?#]*[/?#]?|\A.+|[/?#]*[^/?#]+[/?#]?', 0), CAST(ARRAY[] AS array(varchar)), (s, x) -> concat(s, ARRAY[concat(coalesce(element_at(s, -1), ''), x)]), s -> s) AS "urlhierarchy(url)",
  reduce(regexp_extract_all(coalesce(regexp_extract(v.url, '(?s)\A[0-9A-Za-z]+://[^/?#]*([/?#].+)', 1), ''), '[/?#]*[^/?#]+[/?#]?', 0), CAST(ARRAY[] AS array(varchar)), (s, x) -> concat(s, ARRAY[concat(coalesce(element_at(s, -1), ''), x)]), s -> s) AS "urlpathhierarchy(url)",
  reduce(regexp_extract_all(coalesce(v.ns, ''), '(?s)\A[0-9A-Za-z]+://[^/?#]*[/?#]?|\A.+|[/?#]*[^/?#]+[/?#]?', 0), CAST(ARRAY[] AS array(varchar)), (s, x) -> concat(s, ARRAY[concat(coalesce(element_at(s, -1), ''), x)]), s -> s) AS "urlhierarchy(ns)",
  reduce(regexp_extract_all(coalesce(regexp_extract(v.lc, '(?s)\A[0-9A-Za-z]+://[^/?#]*([/?#].+)', 1), ''), '[/?#]*[^/?#]+[/?#]?', 0), CAST(ARRAY[] AS array(varchar)), (s, x) -> concat(s, ARRAY[concat(coalesce(element_at(s, -1), ''), x)]), s -> s) AS "urlpathhierarchy(lc)"
FROM v
ORDER BY 1;

-- case: doubled separators
SELECT x, URLHierarchy(x), URLPathHierarchy(x) FROM (SELECT arrayJoin(['http://a///b', 'http://a/b/', 'http://a/b//?c#d', 'http:///x', 'a+b://c/d', '/a/b', 'http://a?x=1/2']) AS x) ORDER BY x;
-- trino
SELECT
  subquery1.x,
  reduce(regexp_extract_all(subquery1.x, '(?s)\A[0-9A-Za-z]+://[^/?#]*[/?#]?|\A.+|[/?#]*[^/?#]+[/?#]?', 0), CAST(ARRAY[] AS array(varchar)), (s, x) -> concat(s, ARRAY[concat(coalesce(element_at(s, -1), ''), x)]), s -> s) AS "urlhierarchy(x)",
  reduce(regexp_extract_all(coalesce(regexp_extract(subquery1.x, '(?s)\A[0-9A-Za-z]+://[^/?#]*([/?#].+)', 1), ''), '[/?#]*[^/?#]+[/?#]?', 0), CAST(ARRAY[] AS array(varchar)), (s, x) -> concat(s, ARRAY[concat(coalesce(element_at(s, -1), ''), x)]), s -> s) AS "urlpathhierarchy(x)"
FROM (
  SELECT unnested1.item AS x
  FROM UNNEST(ARRAY['http://a///b', 'http://a/b/', 'http://a/b//?c#d', 'http:///x', 'a+b://c/d', '/a/b', 'http://a?x=1/2']) AS unnested1 (item)
) AS subquery1
ORDER BY 1;

-- case: parameters of URLs
SELECT id, extractURLParameters(url), extractURLParameterNames(url), cutURLParameter(url, 'x'), cutURLParameter(ns, 'a') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  regexp_extract_all(coalesce(regexp_extract(v.url, '(?s)[?#](.*)', 1), ''), '(?:[^?#=&]*\?)*([^?#=&]*(?:=[^&#]*|(?=[&#])))[&#]?', 1) AS "extracturlparameters(url)",
  regexp_extract_all(coalesce(regexp_extract(v.url, '(?s)[?#](.*)', 1), ''), '(?:[^?#=&]*\?)*([^?#=&]*)(?:=[^&#]*|(?=[&#]))[&#]?', 1) AS "extracturlparameternames(url)",
  regexp_replace(v.url, '(?s)\A([^?#]*(?=[?#]).*?)(?:([?#])x=[^&#]*&?|&x=[^&#]*)', '$1$2') AS "cuturlparameter(url, 'x')",
  regexp_replace(v.ns, '(?s)\A([^?#]*(?=[?#]).*?)(?:([?#])a=[^&#]*&?|&a=[^&#]*)', '$1$2') AS "cuturlparameter(ns, 'a')"
FROM v
ORDER BY 1;

-- case: odd parameters
SELECT x, extractURLParameters(x), extractURLParameterNames(x), cutURLParameter(x, 'a') FROM (SELECT arrayJoin(['http://a/?x?y=1&&=4&z=', 'http://a/?a=1&b=2&c#d=3&e', 'http://a/#f?a=1&y=2', 'a=1&b=2', 'http://a/?b=1&a=2&a=3#a=4']) AS x) ORDER BY x;
-- trino
SELECT
  subquery1.x,
  regexp_extract_all(coalesce(regexp_extract(subquery1.x, '(?s)[?#](.*)', 1), ''), '(?:[^?#=&]*\?)*([^?#=&]*(?:=[^&#]*|(?=[&#])))[&#]?', 1) AS "extracturlparameters(x)",
  regexp_extract_all(coalesce(regexp_extract(subquery1.x, '(?s)[?#](.*)', 1), ''), '(?:[^?#=&]*\?)*([^?#=&]*)(?:=[^&#]*|(?=[&#]))[&#]?', 1) AS "extracturlparameternames(x)",
  regexp_replace(subquery1.x, '(?s)\A([^?#]*(?=[?#]).*?)(?:([?#])a=[^&#]*&?|&a=[^&#]*)', '$1$2') AS "cuturlparameter(x, 'a')"
FROM (
  SELECT unnested1.item AS x
  FROM UNNEST(ARRAY['http://a/?x?y=1&&=4&z=', 'http://a/?a=1&b=2&c#d=3&e', 'http://a/#f?a=1&y=2', 'a=1&b=2', 'http://a/?b=1&a=2&a=3#a=4']) AS unnested1 (item)
) AS subquery1
ORDER BY 1;

-- case: www and ports
SELECT id, cutWWW(url), port(url), port(url, toUInt16(7)), cutWWW(lc), port(ns) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  regexp_replace(v.url, '(?s)^(?>(//|[A-Za-z][0-9A-Za-z.+\-]*://|[\x00-\x7f]//))((?:[^/?#:]*@)?+)www\.(?=.)', '$1$2') AS "cutwww(url)",
  IF(TRY_CAST(regexp_extract(v.url, '^(?>(?://|[\x00-\x7f][0-9A-Za-z.+\-]{0,12}://)?)(?=[^ \t<>%{}|\\^~\[\];=&:/?#]*\.[^ \t<>%{}|\\^~\[\];=&:/?#]*[^ \t<>%{}|\\^~\[\];=&:/?#.](?:[:/?#]|\z))(?:[^ \t<>%{}|\\^~\[\];=&:/?#@]*@)*[^ \t<>%{}|\\^~\[\];=&:/?#@]+:([0-9]+)(?:[/?#]|\z)', 1) AS bigint) <= 65535, TRY_CAST(regexp_extract(v.url, '^(?>(?://|[\x00-\x7f][0-9A-Za-z.+\-]{0,12}://)?)(?=[^ \t<>%{}|\\^~\[\];=&:/?#]*\.[^ \t<>%{}|\\^~\[\];=&:/?#]*[^ \t<>%{}|\\^~\[\];=&:/?#.](?:[:/?#]|\z))(?:[^ \t<>%{}|\\^~\[\];=&:/?#@]*@)*[^ \t<>%{}|\\^~\[\];=&:/?#@]+:([0-9]+)(?:[/?#]|\z)', 1) AS bigint), 0) AS "port(url)",
  IF(TRY_CAST(regexp_extract(v.url, '^(?>(?://|[\x00-\x7f][0-9A-Za-z.+\-]{0,12}://)?)(?=[^ \t<>%{}|\\^~\[\];=&:/?#]*\.[^ \t<>%{}|\\^~\[\];=&:/?#]*[^ \t<>%{}|\\^~\[\];=&:/?#.](?:[:/?#]|\z))(?:[^ \t<>%{}|\\^~\[\];=&:/?#@]*@)*[^ \t<>%{}|\\^~\[\];=&:/?#@]+:([0-9]+)(?:[/?#]|\z)', 1) AS bigint) <= 65535, TRY_CAST(regexp_extract(v.url, '^(?>(?://|[\x00-\x7f][0-9A-Za-z.+\-]{0,12}://)?)(?=[^ \t<>%{}|\\^~\[\];=&:/?#]*\.[^ \t<>%{}|\\^~\[\];=&:/?#]*[^ \t<>%{}|\\^~\[\];=&:/?#.](?:[:/?#]|\z))(?:[^ \t<>%{}|\\^~\[\];=&:/?#@]*@)*[^ \t<>%{}|\\^~\[\];=&:/?#@]+:([0-9]+)(?:[/?#]|\z)', 1) AS bigint), 7) AS "port(url, touint16(7))",
  regexp_replace(v.lc, '(?s)^(?>(//|[A-Za-z][0-9A-Za-z.+\-]*://|[\x00-\x7f]//))((?:[^/?#:]*@)?+)www\.(?=.)', '$1$2') AS "cutwww(lc)",
  IF(v.ns IS NOT NULL, IF(TRY_CAST(regexp_extract(v.ns, '^(?>(?://|[\x00-\x7f][0-9A-Za-z.+\-]{0,12}://)?)(?=[^ \t<>%{}|\\^~\[\];=&:/?#]*\.[^ \t<>%{}|\\^~\[\];=&:/?#]*[^ \t<>%{}|\\^~\[\];=&:/?#.](?:[:/?#]|\z))(?:[^ \t<>%{}|\\^~\[\];=&:/?#@]*@)*[^ \t<>%{}|\\^~\[\];=&:/?#@]+:([0-9]+)(?:[/?#]|\z)', 1) AS bigint) <= 65535, TRY_CAST(regexp_extract(v.ns, '^(?>(?://|[\x00-\x7f][0-9A-Za-z.+\-]{0,12}://)?)(?=[^ \t<>%{}|\\^~\[\];=&:/?#]*\.[^ \t<>%{}|\\^~\[\];=&:/?#]*[^ \t<>%{}|\\^~\[\];=&:/?#.](?:[:/?#]|\z))(?:[^ \t<>%{}|\\^~\[\];=&:/?#@]*@)*[^ \t<>%{}|\\^~\[\];=&:/?#@]+:([0-9]+)(?:[/?#]|\z)', 1) AS bigint), 0)) AS "port(ns)"
FROM v
ORDER BY 1;

-- case: what cuts a parameter needs a plain name
SELECT cutURLParameter(url, 'a(b') FROM v;
-- error: cutURLParameter(): a name of letters and digits is expected
