-- case: matches
SELECT id, match(s, 'l+o'), s REGEXP '^a.c$', match(ns, '^H'), match(lc, '[[:alpha:]]+'), match(s, '(?i)hello'), match(s, '\\d+\\s*$'), match(s, '\\bWorld\\b'), match(s, '[^\\x00-\\x7f]'), match(e, 'r'), match(s, '') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(regexp_like(v.s, 'l+o') AS integer) AS "match(s, 'l+o')",
  CAST(regexp_like(v.s, '(?s)^a.c\z') AS integer) AS "match(s, '^a.c$')",
  CAST(regexp_like(v.ns, '^H') AS integer) AS "match(ns, '^h')",
  CAST(regexp_like(v.lc, '[A-Za-z]+') AS integer) AS "match(lc, '[[:alpha:]]+')",
  CAST(regexp_like(v.s, '[Hh][Ee][Ll][Ll][Oo]') AS integer) AS "match(s, '(?i)hello')",
  CAST(regexp_like(v.s, '[0-9]+[\t\n\f\r ]*\z') AS integer) AS "match(s, '\\d+\\s*$')",
  CAST(regexp_like(v.s, '(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))World(?:(?<=[0-9A-Za-z_])(?![0-9A-Za-z_])|(?<![0-9A-Za-z_])(?=[0-9A-Za-z_]))') AS integer) AS "match(s, '\\bworld\\b')",
  CAST(regexp_like(v.s, '[^\x00-\x7f]') AS integer) AS "match(s, '[^\\x00-\\x7f]')",
  CAST(regexp_like(v.e, 'r') AS integer) AS "match(e, 'r')",
  CAST(regexp_like(v.s, '') AS integer) AS "match(s, '')"
FROM v
ORDER BY 1;

-- case: lines
SELECT id, match(js, '(?m)^\\{'), match(s, 'a.*b'), match(s, '(?-s)a.*b'), match(s, '[\\[\\]{}&]') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(regexp_like(v.js, '(?<![^\n])\{') AS integer) AS "match(js, '(?m)^\\{')",
  CAST(regexp_like(v.s, '(?s)a.*b') AS integer) AS "match(s, 'a.*b')",
  CAST(regexp_like(v.s, 'a[^\n]*b') AS integer) AS "match(s, '(?-s)a.*b')",
  CAST(regexp_like(v.s, '[\[\]\{\}\&]') AS integer) AS "match(s, '[\\[\\]{}&]')"
FROM v
ORDER BY 1;

-- case: parts that match
SELECT id, extract(s, '(\\w+)'), extract(s, '\\w+ '), extract(ns, '(H)?e'), extract(lc, 'e(.)'), extractAll(s, '\\w+'), extractAll(s, '(\\w)\\w'), extractAll(ns, 'l|(o)'), regexpExtract(s, '(l)(o)', 2), regexpExtract(ns, 'l.', 0) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(regexp_extract(v.s, '([0-9A-Za-z_]+)', 1), '') AS "extract(s, '(\\w+)')",
  coalesce(regexp_extract(v.s, '[0-9A-Za-z_]+ '), '') AS "extract(s, '\\w+ ')",
  IF(v.ns IS NULL, NULL, coalesce(regexp_extract(v.ns, '(H)?e', 1), '')) AS "extract(ns, '(h)?e')",
  coalesce(regexp_extract(v.lc, '(?s)e(.)', 1), '') AS "extract(lc, 'e(.)')",
  regexp_extract_all(v.s, '[0-9A-Za-z_]+') AS "extractall(s, '\\w+')",
  regexp_extract_all(v.s, '([0-9A-Za-z_])[0-9A-Za-z_]', 1) AS "extractall(s, '(\\w)\\w')",
  transform(regexp_extract_all(coalesce(v.ns, ''), 'l|(o)', 1), part -> coalesce(part, '')) AS "extractall(ns, 'l|(o)')",
  coalesce(regexp_extract(v.s, '(l)(o)', 2), '') AS "regexpextract(s, '(l)(o)', 2)",
  IF(v.ns IS NULL, NULL, coalesce(regexp_extract(v.ns, '(?s)l.'), '')) AS "regexpextract(ns, 'l.', 0)"
FROM v
ORDER BY 1;

-- case: groups
SELECT id, extractAllGroups(url, '(\\w+)=(\\w+)'), extractAllGroupsHorizontal(url, '(\\w+)=(\\w*)'), extractAllGroupsVertical(ns, '(l)'), extractGroups(url, '^(\\w+)://([^/]+)'), extractGroups(ns, '(l)(x)?') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  transform(zip(regexp_extract_all(v.url, '([0-9A-Za-z_]+)=([0-9A-Za-z_]+)', 1), regexp_extract_all(v.url, '([0-9A-Za-z_]+)=([0-9A-Za-z_]+)', 2)), parts -> ARRAY[parts[1], parts[2]]) AS "extractallgroups(url, '(\\w+)=(\\w+)')",
  ARRAY[transform(regexp_extract_all(v.url, '([0-9A-Za-z_]+)=([0-9A-Za-z_]*)', 1), part -> coalesce(part, '')), transform(regexp_extract_all(v.url, '([0-9A-Za-z_]+)=([0-9A-Za-z_]*)', 2), part -> coalesce(part, ''))] AS "extractallgroupshorizontal(url, '(\\w+)=(\\w*)')",
  transform(regexp_extract_all(coalesce(v.ns, ''), '(l)', 1), part -> ARRAY[part]) AS "extractallgroupsvertical(ns, '(l)')",
  IF(regexp_like(v.url, '^([0-9A-Za-z_]+)://([^/]+)'), ARRAY[coalesce(regexp_extract(v.url, '^([0-9A-Za-z_]+)://([^/]+)', 1), ''), coalesce(regexp_extract(v.url, '^([0-9A-Za-z_]+)://([^/]+)', 2), '')], CAST(ARRAY[] AS array(varchar))) AS "extractgroups(url, '^(\\w+)://([^/]+)')",
  IF(regexp_like(coalesce(v.ns, ''), '(l)(x)?'), ARRAY[coalesce(regexp_extract(coalesce(v.ns, ''), '(l)(x)?', 1), ''), coalesce(regexp_extract(coalesce(v.ns, ''), '(l)(x)?', 2), '')], CAST(ARRAY[] AS array(varchar))) AS "extractgroups(ns, '(l)(x)?')"
FROM v
ORDER BY 1;

-- case: counts and splits
SELECT id, countMatches(s, '[a-z]'), countMatchesCaseInsensitive(s, 'W'), countMatches(ns, '\\s'), splitByRegexp('[,;]', s), splitByRegexp('l+', ns), splitByRegexp('b', s, 1), multiMatchAny(s, ['l.$', 'ö']), multiMatchAny(ns, ['x']) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  regexp_count(v.s, '[a-z]') AS "countmatches(s, '[a-z]')",
  regexp_count(v.s, '[Ww]') AS "countmatchescaseinsensitive(s, 'w')",
  regexp_count(v.ns, '[\t\n\f\r ]') AS "countmatches(ns, '\\s')",
  regexp_split(v.s, '[,;]') AS "splitbyregexp('[,;]', s)",
  regexp_split(coalesce(v.ns, ''), 'l+') AS "splitbyregexp('l+', ns)",
  slice(regexp_split(v.s, 'b'), 1, 1) AS "splitbyregexp('b', s, 1)",
  CAST(regexp_like(v.s, '(?s)l.(?=\n?\z)') OR regexp_like(v.s, 'ö') AS integer) AS "multimatchany(s, ['l.$', 'ö'])",
  CAST(regexp_like(v.ns, 'x') AS integer) AS "multimatchany(ns, ['x'])"
FROM v
ORDER BY 1;

-- case: replacements by patterns
SELECT id, replaceRegexpAll(s, '[^a-z]', '_'), replaceRegexpAll(s, '(\\w)(\\w)', '\\2\\1$'), replaceRegexpOne(s, '(l)', '<\\1\\0>'), replaceRegexpOne(ns, 'l+', '-'), replaceRegexpAll(s, '^\\s+|\\s+$', ''), replaceRegexpOne(s, '^a', '\\0\\0'), replaceRegexpAll(lc, 'e', 'E'), replaceRegexpAll(s, '(l)', '\\10'), replaceRegexpAll(s, '', 'x') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  regexp_replace(v.s, '[^a-z]', '_') AS "replaceregexpall(s, '[^a-z]', '_')",
  regexp_replace(v.s, '([0-9A-Za-z_])([0-9A-Za-z_])', '$2$1\$') AS "replaceregexpall(s, '(\\w)(\\w)', '\\2\\1$')",
  regexp_replace(v.s, '^((?s:.*?))((l))', '$1<$3$2>') AS "replaceregexpone(s, '(l)', '<\\1\\0>')",
  regexp_replace(v.ns, '^((?s:.*?))(l+)', '$1-') AS "replaceregexpone(ns, 'l+', '-')",
  regexp_replace(v.s, '^[\t\n\f\r ]+|[\t\n\f\r ]+\z', '') AS "replaceregexpall(s, '^\\s+|\\s+$', '')",
  regexp_replace(v.s, '^a', '$0$0') AS "replaceregexpone(s, '^a', '\\0\\0')",
  regexp_replace(v.lc, 'e', 'E') AS "replaceregexpall(lc, 'e', 'e')",
  regexp_replace(v.s, '(l)', '$10') AS "replaceregexpall(s, '(l)', '\\10')",
  v.s AS "replaceregexpall(s, '', 'x')"
FROM v
ORDER BY 1;

-- case: a pattern that RE2 does not know
SELECT match(s, '(?=a)') FROM v;
-- error: match(): the pattern cannot be used on Athena: '(?=a' has no equal

-- case: a pattern that is no literal
SELECT match(s, s2) FROM v;
-- error: match needs a constant here

-- case: matches of nothing
SELECT extractAll(s, 'a*') FROM v;
-- error: extractAll(): a pattern that an empty text matches is not supported

-- case: a loop over nothing
SELECT match(s, '(a*)*') FROM v;
-- error: match(): the pattern cannot be used on Athena: what is repeated may be empty

-- case: groups in plain text
SELECT replaceRegexpAll(s, 'l', '[\\0]') FROM v;
-- error: replaceRegexpAll(): a backslash is not supported beside a pattern that is plain text
