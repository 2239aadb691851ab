-- case: lengths
SELECT id, length(s), length(ns), length(lc), lengthUTF8(s), CHAR_LENGTH(ns), length(fs), length(as), length(ms), lengthUTF8(fs) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  length(to_utf8(v.s)) AS "length(s)",
  length(to_utf8(v.ns)) AS "length(ns)",
  length(to_utf8(v.lc)) AS "length(lc)",
  length(v.s) AS "lengthutf8(s)",
  length(v.ns) AS "char_length(ns)",
  length(to_utf8(concat(v.fs, rpad('', 4 - length(to_utf8(v.fs)), chr(0))))) AS "length(fs)",
  cardinality(v."as") AS "length(as)",
  cardinality(v.ms) AS "length(ms)",
  length(concat(v.fs, rpad('', 4 - length(to_utf8(v.fs)), chr(0)))) AS "lengthutf8(fs)"
FROM v
ORDER BY 1;

-- case: emptiness
SELECT id, empty(s), empty(ns), empty(as), empty(ms), empty(uid), empty(fs), notEmpty(s), notEmpty(as), empty(lc) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(v.s = '' AS integer) AS "empty(s)",
  CAST(v.ns = '' AS integer) AS "empty(ns)",
  CAST(cardinality(v."as") = 0 AS integer) AS "empty(as)",
  CAST(cardinality(v.ms) = 0 AS integer) AS "empty(ms)",
  CAST(v.uid = '00000000-0000-0000-0000-000000000000' AS integer) AS "empty(uid)",
  CAST(v.fs = '' AS integer) AS "empty(fs)",
  CAST(v.s <> '' AS integer) AS "notempty(s)",
  CAST(cardinality(v."as") <> 0 AS integer) AS "notempty(as)",
  CAST(v.lc = '' AS integer) AS "empty(lc)"
FROM v
ORDER BY 1;

-- case: emptiness of a number
SELECT empty(u8) FROM v;
-- error: empty(): an argument of type UInt8 is not supported

-- case: upper and lower case
SELECT id, lower(s), upper(ns), UPPER(lc), lower(fs), lowerUTF8(s), upperUTF8(s), upperUTF8(ns), initcap(s) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  translate(v.s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') AS "lower(s)",
  translate(v.ns, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') AS "upper(ns)",
  translate(v.lc, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') AS "upper(lc)",
  translate(v.fs, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') AS "lower(fs)",
  lower(v.s) AS "lowerutf8(s)",
  upper(replace(v.s, 'ß', 'SS')) AS "upperutf8(s)",
  upper(replace(v.ns, 'ß', 'SS')) AS "upperutf8(ns)",
  regexp_replace(v.s, '([0-9A-Za-z]+)', x -> concat(upper(substr(x[1], 1, 1)), lower(substr(x[1], 2)))) AS "initcap(s)"
FROM v
ORDER BY 1;

-- case: parts by characters
SELECT id, substringUTF8(s, 2), substringUTF8(s, -3), substringUTF8(s, 2, 3), substringUTF8(s, -10, 8), substringUTF8(s, 3, -1), substringUTF8(s, i8, 2), substringUTF8(ns, 2, i8), leftUTF8(s, 2), leftUTF8(s, -2), leftUTF8(s, i8), rightUTF8(s, 2), rightUTF8(ns, -2), rightUTF8(lc, i8) FROM v WHERE i8 != -128 ORDER BY id;
-- trino
SELECT
  v.id,
  substr(v.s, 2) AS "substringutf8(s, 2)",
  substr(v.s, greatest(length(v.s) - 2, 1)) AS "substringutf8(s, -3)",
  substr(v.s, 2, 3) AS "substringutf8(s, 2, 3)",
  substr(v.s, greatest(length(v.s) - 9, 1), length(v.s) - 9 + 8 - greatest(length(v.s) - 9, 1)) AS "substringutf8(s, -10, 8)",
  substr(v.s, 3, length(v.s) + (-1) + 1 - 3) AS "substringutf8(s, 3, -1)",
  substr(v.s, IF(v.i8 < 0, greatest(length(v.s) + v.i8 + 1, 1), v.i8), IF(v.i8 < 0, length(v.s) + v.i8 + 1, v.i8) + 2 - IF(v.i8 < 0, greatest(length(v.s) + v.i8 + 1, 1), v.i8)) AS "substringutf8(s, i8, 2)",
  substr(v.ns, 2, IF(v.i8 < 0, length(v.ns) + v.i8 + 1 - 2, v.i8)) AS "substringutf8(ns, 2, i8)",
  substr(v.s, 1, 2) AS "leftutf8(s, 2)",
  substr(v.s, 1, length(v.s) - 2) AS "leftutf8(s, -2)",
  substr(v.s, 1, IF(v.i8 < 0, length(v.s) + v.i8, v.i8)) AS "leftutf8(s, i8)",
  substr(v.s, greatest(length(v.s) - 2 + 1, 1)) AS "rightutf8(s, 2)",
  substr(v.ns, 3) AS "rightutf8(ns, -2)",
  IF(v.i8 < 0, substr(v.lc, 1 - v.i8), substr(v.lc, greatest(length(v.lc) - v.i8 + 1, 1))) AS "rightutf8(lc, i8)"
FROM v
WHERE v.i8 <> (-128)
ORDER BY 1;

-- case: parts by bytes
SELECT id, substring(s, 2), SUBSTR(s, -3), mid(s, 2, 3), substring(s, 1, position(s, ',')), substring(s, i8, i8), left(s, 2), LEFT(s, -2), right(s, 2), right(s, i8), substring(e, 1, 2), substring(fs, -2) FROM v WHERE length(s) = lengthUTF8(s) ORDER BY id;
-- trino
SELECT
  v.id,
  from_utf8(substr(to_utf8(v.s), 2)) AS "substring(s, 2)",
  from_utf8(substr(to_utf8(v.s), greatest(length(to_utf8(v.s)) - 2, 1))) AS "substr(s, -3)",
  from_utf8(substr(to_utf8(v.s), 2, 3)) AS "mid(s, 2, 3)",
  from_utf8(substr(to_utf8(v.s), 1, IF(strpos(v.s, ',') = 0, 0, length(to_utf8(substr(v.s, 1, strpos(v.s, ',') - 1))) + 1))) AS "substring(s, 1, position(s, ','))",
  from_utf8(substr(to_utf8(v.s), IF(v.i8 < 0, greatest(length(to_utf8(v.s)) + v.i8 + 1, 1), v.i8), IF(v.i8 < 0, length(to_utf8(v.s)) + v.i8 + 1 - IF(v.i8 < 0, greatest(length(to_utf8(v.s)) + v.i8 + 1, 1), v.i8), IF(v.i8 < 0, length(to_utf8(v.s)) + v.i8 + 1, v.i8) + v.i8 - IF(v.i8 < 0, greatest(length(to_utf8(v.s)) + v.i8 + 1, 1), v.i8)))) AS "substring(s, i8, i8)",
  from_utf8(substr(to_utf8(v.s), 1, 2)) AS "left(s, 2)",
  from_utf8(substr(to_utf8(v.s), 1, length(to_utf8(v.s)) - 2)) AS "left(s, -2)",
  from_utf8(substr(to_utf8(v.s), greatest(length(to_utf8(v.s)) - 2 + 1, 1))) AS "right(s, 2)",
  from_utf8(IF(v.i8 < 0, substr(to_utf8(v.s), 1 - v.i8), substr(to_utf8(v.s), greatest(length(to_utf8(v.s)) - v.i8 + 1, 1)))) AS "right(s, i8)",
  from_utf8(substr(to_utf8(v.e), 1, 2)) AS "substring(e, 1, 2)",
  from_utf8(substr(to_utf8(concat(v.fs, rpad('', 4 - length(to_utf8(v.fs)), chr(0)))), greatest(length(to_utf8(concat(v.fs, rpad('', 4 - length(to_utf8(v.fs)), chr(0))))) - 1, 1))) AS "substring(fs, -2)"
FROM v
WHERE length(to_utf8(v.s)) = length(v.s)
ORDER BY 1;

-- case: positions start at one
SELECT substring(s, 0) FROM v;
-- error: substring(): positions start at 1

-- case: positions
SELECT id, position(s, 'l'), POSITION('b' IN s), position(s, s2), locate(s2, s), positionUTF8(s, 'ö'), positionUTF8(s, 'l', 4), position(ns, 'o'), position(lc, 'e'), positionCaseInsensitive(s, 'HELLO'), positionCaseInsensitiveUTF8(s, 'Ç') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  IF(strpos(v.s, 'l') = 0, 0, length(to_utf8(substr(v.s, 1, strpos(v.s, 'l') - 1))) + 1) AS "position(s, 'l')",
  IF(strpos(v.s, 'b') = 0, 0, length(to_utf8(substr(v.s, 1, strpos(v.s, 'b') - 1))) + 1) AS "position(s, 'b')",
  IF(strpos(v.s, v.s2) = 0, 0, length(to_utf8(substr(v.s, 1, strpos(v.s, v.s2) - 1))) + 1) AS "position(s, s2)",
  IF(strpos(v.s, v.s2) = 0, 0, length(to_utf8(substr(v.s, 1, strpos(v.s, v.s2) - 1))) + 1) AS "locate(s2, s)",
  strpos(v.s, 'ö') AS "positionutf8(s, 'ö')",
  IF(length(v.s) + 1 < 4 OR strpos(substr(v.s, 4), 'l') = 0, 0, strpos(substr(v.s, 4), 'l') + 3) AS "positionutf8(s, 'l', 4)",
  IF(strpos(v.ns, 'o') = 0, 0, length(to_utf8(substr(v.ns, 1, strpos(v.ns, 'o') - 1))) + 1) AS "position(ns, 'o')",
  IF(strpos(v.lc, 'e') = 0, 0, length(to_utf8(substr(v.lc, 1, strpos(v.lc, 'e') - 1))) + 1) AS "position(lc, 'e')",
  IF(strpos(translate(v.s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), translate('HELLO', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')) = 0, 0, length(to_utf8(substr(translate(v.s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), 1, strpos(translate(v.s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), translate('HELLO', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')) - 1))) + 1) AS "positioncaseinsensitive(s, 'hello')",
  strpos(lower(v.s), lower('Ç')) AS "positioncaseinsensitiveutf8(s, 'ç')"
FROM v
ORDER BY 1;

-- case: a start in bytes
SELECT position(s, 'a', 2) FROM v;
-- error: position(): a start is supported as a literal number for positionUTF8 only

-- case: LIKE
SELECT id, s LIKE '%l%', s NOT LIKE '_b%', ns LIKE 'H%', lc LIKE '%e%', s LIKE concat('%', s2, '%'), s LIKE '\\%\\_%', s LIKE '%\\\\%', e LIKE 'r%', fs LIKE 'ab', fs LIKE 'ab%', s ILIKE '%WORLD%', s NOT ILIKE '%Ü%', s ILIKE concat('%', s2, '%') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(v.s LIKE '%l%' ESCAPE '\' AS integer) AS "like(s, '%l%')",
  CAST(v.s NOT LIKE '_b%' ESCAPE '\' AS integer) AS "notlike(s, '_b%')",
  CAST(v.ns LIKE 'H%' ESCAPE '\' AS integer) AS "like(ns, 'h%')",
  CAST(v.lc LIKE '%e%' ESCAPE '\' AS integer) AS "like(lc, '%e%')",
  CAST(v.s LIKE regexp_replace(concat('%', v.s2, '%'), '(\\[%_\\])|\\', x -> coalesce(x[1], '\\')) ESCAPE '\' AS integer) AS "like(s, concat('%', s2, '%'))",
  CAST(v.s LIKE '\%\_%' ESCAPE '\' AS integer) AS "like(s, '\\%\\_%')",
  CAST(v.s LIKE '%\\%' ESCAPE '\' AS integer) AS "like(s, '%\\\\%')",
  CAST(v.e LIKE 'r%' ESCAPE '\' AS integer) AS "like(e, 'r%')",
  CAST(concat(v.fs, rpad('', 4 - length(to_utf8(v.fs)), chr(0))) LIKE 'ab' ESCAPE '\' AS integer) AS "like(fs, 'ab')",
  CAST(concat(v.fs, rpad('', 4 - length(to_utf8(v.fs)), chr(0))) LIKE 'ab%' ESCAPE '\' AS integer) AS "like(fs, 'ab%')",
  CAST(lower(v.s) LIKE lower('%WORLD%') ESCAPE '\' AS integer) AS "ilike(s, '%world%')",
  CAST(lower(v.s) NOT LIKE lower('%Ü%') ESCAPE '\' AS integer) AS "notilike(s, '%ü%')",
  CAST(lower(v.s) LIKE lower(regexp_replace(concat('%', v.s2, '%'), '(\\[%_\\])|\\', x -> coalesce(x[1], '\\'))) ESCAPE '\' AS integer) AS "ilike(s, concat('%', s2, '%'))"
FROM v
ORDER BY 1;

-- case: starts and ends
SELECT id, startsWith(s, 'a'), startsWith(s, s2), endsWith(s, 'd'), endsWith(s, ''), endsWith(s, s2), endsWith(ns, 'x'), startsWithUTF8(s, 'ü'), endsWithUTF8(s, 'ß'), startsWith(lc, 'r'), endsWith(fs, 'b'), startsWithCaseInsensitive(s, 'HELLO'), endsWithCaseInsensitive(s, 'WORLD') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(starts_with(v.s, 'a') AS integer) AS "startswith(s, 'a')",
  CAST(starts_with(v.s, v.s2) AS integer) AS "startswith(s, s2)",
  CAST(substr(v.s, -length('d')) = 'd' AS integer) AS "endswith(s, 'd')",
  CAST(substr(v.s, -length('')) = '' AS integer) AS "endswith(s, '')",
  CAST(substr(v.s, -length(v.s2)) = v.s2 AS integer) AS "endswith(s, s2)",
  CAST(substr(v.ns, -length('x')) = 'x' AS integer) AS "endswith(ns, 'x')",
  CAST(starts_with(v.s, 'ü') AS integer) AS "startswithutf8(s, 'ü')",
  CAST(substr(v.s, -length('ß')) = 'ß' AS integer) AS "endswithutf8(s, 'ß')",
  CAST(starts_with(v.lc, 'r') AS integer) AS "startswith(lc, 'r')",
  CAST(substr(concat(v.fs, rpad('', 4 - length(to_utf8(v.fs)), chr(0))), -length('b')) = 'b' AS integer) AS "endswith(fs, 'b')",
  CAST(starts_with(translate(v.s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), translate('HELLO', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')) AS integer) AS "startswithcaseinsensitive(s, 'hello')",
  CAST(substr(translate(v.s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), -length(translate('WORLD', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'))) = translate('WORLD', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') AS integer) AS "endswithcaseinsensitive(s, 'world')"
FROM v
ORDER BY 1;

-- case: counts of texts
SELECT id, countSubstrings(s, 'l'), countSubstrings(s, s2), countSubstringsCaseInsensitive(s, 'O'), countSubstringsCaseInsensitiveUTF8(s, 'Ö'), countSubstrings(ns, 'l') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  cardinality(split(v.s, 'l')) - 1 AS "countsubstrings(s, 'l')",
  IF(v.s2 = '', 0, cardinality(split(v.s, v.s2)) - 1) AS "countsubstrings(s, s2)",
  cardinality(split(translate(v.s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), translate('O', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'))) - 1 AS "countsubstringscaseinsensitive(s, 'o')",
  cardinality(split(lower(v.s), lower('Ö'))) - 1 AS "countsubstringscaseinsensitiveutf8(s, 'ö')",
  cardinality(split(v.ns, 'l')) - 1 AS "countsubstrings(ns, 'l')"
FROM v
ORDER BY 1;

-- case: several needles
SELECT id, multiSearchAny(s, ['World', 'b']), multiSearchAnyCaseInsensitive(s, ['WORLD']), multiSearchAnyCaseInsensitiveUTF8(s, ['Ü']), multiSearchAny(ns, ['x']), multiSearchFirstIndex(s, ['x', 'c', 'l']), multiSearchFirstIndexUTF8(s, ['語', 'c']), multiSearchFirstIndex(ns, ['x']), multiSearchFirstPosition(s, ['o', 'l', 'ö']), multiSearchFirstPositionUTF8(s, ['ö', 'ï']) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(any_match(ARRAY['World', 'b'], needle -> strpos(v.s, needle) > 0) AS integer) AS "multisearchany(s, ['world', 'b'])",
  CAST(any_match(ARRAY['WORLD'], needle -> strpos(translate(v.s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), translate(needle, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')) > 0) AS integer) AS "multisearchanycaseinsensitive(s, ['world'])",
  CAST(any_match(ARRAY['Ü'], needle -> strpos(lower(v.s), lower(needle)) > 0) AS integer) AS "multisearchanycaseinsensitiveutf8(s, ['ü'])",
  CAST(IF(v.ns IS NULL, NULL, any_match(ARRAY['x'], needle -> strpos(v.ns, needle) > 0)) AS integer) AS "multisearchany(ns, ['x'])",
  array_position(transform(ARRAY['x', 'c', 'l'], needle -> strpos(v.s, needle) > 0), true) AS "multisearchfirstindex(s, ['x', 'c', 'l'])",
  array_position(transform(ARRAY['語', 'c'], needle -> strpos(v.s, needle) > 0), true) AS "multisearchfirstindexutf8(s, ['語', 'c'])",
  IF(v.ns IS NULL, NULL, array_position(transform(ARRAY['x'], needle -> strpos(v.ns, needle) > 0), true)) AS "multisearchfirstindex(ns, ['x'])",
  coalesce(array_min(filter(transform(ARRAY['o', 'l', 'ö'], needle -> IF(strpos(v.s, needle) = 0, 0, length(to_utf8(substr(v.s, 1, strpos(v.s, needle) - 1))) + 1)), found -> found > 0)), 0) AS "multisearchfirstposition(s, ['o', 'l', 'ö'])",
  coalesce(array_min(filter(transform(ARRAY['ö', 'ï'], needle -> strpos(v.s, needle)), found -> found > 0)), 0) AS "multisearchfirstpositionutf8(s, ['ö', 'ï'])"
FROM v
ORDER BY 1;

-- case: replacements
SELECT id, replaceAll(s, 'l', 'L'), replace(s, s2, '-'), replaceAll(s, '', 'x'), replaceAll(ns, 'x', ''), replaceOne(s, 'l', 'L'), replaceOne(s, s2, '-'), replaceOne(s, '', 'x'), replaceAll(lc, 'e', 'E'), translate(s, 'abl', 'xyz'), translateUTF8(s, 'üö', 'uo') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  replace(v.s, 'l', 'L') AS "replaceall(s, 'l', 'l')",
  IF(v.s2 = '', v.s, replace(v.s, v.s2, '-')) AS "replace(s, s2, '-')",
  v.s AS "replaceall(s, '', 'x')",
  replace(v.ns, 'x', '') AS "replaceall(ns, 'x', '')",
  array_join(split(v.s, 'l', 2), 'L') AS "replaceone(s, 'l', 'l')",
  IF(v.s2 = '', v.s, array_join(split(v.s, v.s2, 2), '-')) AS "replaceone(s, s2, '-')",
  v.s AS "replaceone(s, '', 'x')",
  replace(v.lc, 'e', 'E') AS "replaceall(lc, 'e', 'e')",
  translate(v.s, 'abl', 'xyz') AS "translate(s, 'abl', 'xyz')",
  translate(v.s, 'üö', 'uo') AS "translateutf8(s, 'üö', 'uo')"
FROM v
ORDER BY 1;

-- case: trims
SELECT id, trim(s), trimLeft(s), rtrim(s), trimBoth(s, 'ab'), trim(LEADING ' p' FROM s), trim(TRAILING 'c' FROM s), trim(ns), trim(lc) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  trim(BOTH ' ' FROM v.s) AS "trimboth(s)",
  trim(LEADING ' ' FROM v.s) AS "trimleft(s)",
  trim(TRAILING ' ' FROM v.s) AS "trimright(s)",
  trim(BOTH 'ab' FROM v.s) AS "trimboth(s, 'ab')",
  trim(LEADING ' p' FROM v.s) AS "trimleft(s, ' p')",
  trim(TRAILING 'c' FROM v.s) AS "trimright(s, 'c')",
  trim(BOTH ' ' FROM v.ns) AS "trimboth(ns)",
  trim(BOTH ' ' FROM v.lc) AS "trimboth(lc)"
FROM v
ORDER BY 1;

-- case: splits
SELECT id, splitByChar(',', s), splitByChar(',', ns), splitByString(', ', s), splitByString('l', s, 1), splitByChar(',', s, 2), splitByWhitespace(s), splitByNonAlpha(s), alphaTokens(s), substringIndex(s, ',', 2), substringIndex(s, ',', -1), splitByChar(',', s)[1] FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  split(v.s, ',') AS "splitbychar(',', s)",
  split(coalesce(v.ns, ''), ',') AS "splitbychar(',', ns)",
  split(v.s, ', ') AS "splitbystring(', ', s)",
  slice(split(v.s, 'l'), 1, 1) AS "splitbystring('l', s, 1)",
  slice(split(v.s, ','), 1, 2) AS "splitbychar(',', s, 2)",
  regexp_extract_all(v.s, '[^\t\n\x0b\f\r ]+') AS "splitbywhitespace(s)",
  regexp_extract_all(v.s, '[^\t\n\x0b\f\r !-/:-@\[-`{-~]+') AS "splitbynonalpha(s)",
  regexp_extract_all(v.s, '[A-Za-z]+') AS "alphatokens(s)",
  array_join(slice(split(v.s, ','), 1, 2), ',') AS "substringindex(s, ',', 2)",
  array_join(slice(split(v.s, ','), greatest(cardinality(split(v.s, ',')) - 0, 1), 1), ',') AS "substringindex(s, ',', -1)",
  coalesce(element_at(split(v.s, ','), 1), '') AS "arrayelement(splitbychar(',', s), 1)"
FROM v
ORDER BY 1;

-- case: characters
SELECT splitByString('', s) FROM v WHERE length(s) = lengthUTF8(s) ORDER BY id;
-- trino
SELECT regexp_extract_all(v.s, '(?s).') AS "splitbystring('', s)"
FROM v
WHERE length(to_utf8(v.s)) = length(v.s)
ORDER BY v.id;

-- case: a separator of one byte
SELECT splitByChar('ab', s) FROM v;
-- error: splitByChar(): the separator must be one byte

-- case: texts put together
SELECT id, concat(s, fs), concat(s, '-', ns), s || lc, concatWithSeparator('-', s, s2), concat_ws(',', s, ns), format('{} {}', s, s2), format('{1}{0}{{}}', s, ns), repeat(s, 3), repeat(s, i8), repeat(ns, 0), space(2), appendTrailingCharIfAbsent(s, 'c') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  concat(v.s, concat(v.fs, rpad('', 4 - length(to_utf8(v.fs)), chr(0)))) AS "concat(s, fs)",
  concat(v.s, '-', v.ns) AS "concat(s, '-', ns)",
  concat(v.s, v.lc) AS "concat(s, lc)",
  concat(v.s, '-', v.s2) AS "concatwithseparator('-', s, s2)",
  concat(v.s, ',', v.ns) AS "concat_ws(',', s, ns)",
  concat(v.s, ' ', v.s2) AS "format('{} {}', s, s2)",
  concat(v.ns, v.s, '{', '}') AS "format('{1}{0}{{}}', s, ns)",
  array_join(repeat(v.s, 3), '') AS "repeat(s, 3)",
  array_join(repeat(v.s, greatest(v.i8, 0)), '') AS "repeat(s, i8)",
  IF(v.ns IS NULL, NULL, array_join(repeat(v.ns, 0), '')) AS "repeat(ns, 0)",
  rpad('', greatest(2, 0), ' ') AS "space(2)",
  IF(substr(v.s, -1) IN ('', 'c'), v.s, concat(v.s, 'c')) AS "appendtrailingcharifabsent(s, 'c')"
FROM v
ORDER BY 1;

-- case: paddings
SELECT id, leftPadUTF8(s, 5), leftPadUTF8(s, 5, 'äb'), rightPadUTF8(s, 3, 'x'), rightPadUTF8(ns, 2, ''), reverseUTF8(s), reverse(as), reverse(an), ascii(s), ascii(ns) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  lpad(v.s, 5, ' ') AS "leftpadutf8(s, 5)",
  lpad(v.s, 5, 'äb') AS "leftpadutf8(s, 5, 'äb')",
  rpad(v.s, 3, 'x') AS "rightpadutf8(s, 3, 'x')",
  rpad(v.ns, 2, ' ') AS "rightpadutf8(ns, 2, '')",
  reverse(v.s) AS "reverseutf8(s)",
  reverse(v."as") AS "reverse(as)",
  reverse(v.an) AS "reverse(an)",
  from_big_endian_64(lpad(substr(to_utf8(v.s), 1, 1), 8, X'00')) AS "ascii(s)",
  from_big_endian_64(lpad(substr(to_utf8(v.ns), 1, 1), 8, X'00')) AS "ascii(ns)"
FROM v
ORDER BY 1;

-- case: paddings by bytes
SELECT id, lpad(s, 5, 'ab'), RPAD(s, 3), leftPad(ns, 4), reverse(s), reverse(ns) FROM v WHERE length(s) = lengthUTF8(s) AND length(ns) = lengthUTF8(ns) ORDER BY id;
-- trino
SELECT
  v.id,
  from_utf8(lpad(to_utf8(v.s), 5, to_utf8('ab'))) AS "lpad(s, 5, 'ab')",
  from_utf8(rpad(to_utf8(v.s), 3, to_utf8(' '))) AS "rpad(s, 3)",
  from_utf8(lpad(to_utf8(v.ns), 4, to_utf8(' '))) AS "leftpad(ns, 4)",
  reverse(v.s) AS "reverse(s)",
  reverse(v.ns) AS "reverse(ns)"
FROM v
WHERE length(to_utf8(v.s)) = length(v.s)
  AND length(to_utf8(v.ns)) = length(v.ns)
ORDER BY 1;

-- case: types of texts and Unicode
SELECT id, toLowCardinality(s), toLowCardinality(ns), toFixedString('ab', 4), toFixedString(lc, 6), toValidUTF8(s), isValidUTF8(s), isValidUTF8(ns), normalizeUTF8NFC(s), normalizeUTF8NFD(s), editDistanceUTF8(s, 'abc') FROM v WHERE s != '' ORDER BY id;
-- trino
SELECT
  v.id,
  v.s AS "tolowcardinality(s)",
  v.ns AS "tolowcardinality(ns)",
  'ab' AS "tofixedstring('ab', 4)",
  v.lc AS "tofixedstring(lc, 6)",
  v.s AS "tovalidutf8(s)",
  CAST(v.s = v.s AS integer) AS "isvalidutf8(s)",
  CAST(v.ns = v.ns AS integer) AS "isvalidutf8(ns)",
  normalize(v.s, NFC) AS "normalizeutf8nfc(s)",
  normalize(v.s, NFD) AS "normalizeutf8nfd(s)",
  levenshtein_distance(v.s, 'abc') AS "editdistanceutf8(s, 'abc')"
FROM v
WHERE v.s <> ''
ORDER BY 1;

-- case: texts of no rows
SELECT upper(s), splitByChar(',', s), length(s) FROM nothing;
-- trino
SELECT
  translate(nothing.s, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') AS "upper(s)",
  split(nothing.s, ',') AS "splitbychar(',', s)",
  length(to_utf8(nothing.s)) AS "length(s)"
FROM nothing;
