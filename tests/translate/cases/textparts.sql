-- case: bits, Base64 and lines
SELECT id, bin(u8), bin(u16), bin(u32), bin(s), bin(ns), base64URLEncode(s), base64URLDecode(base64URLEncode(s)), firstLine(s), firstLine(concat(s, '\nx\n')) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  lpad(to_base(v.u8, 2), CAST(ceil(length(to_base(v.u8, 2)) / 8e0) AS bigint) * 8, '0') AS "bin(u8)",
  lpad(to_base(v.u16, 2), CAST(ceil(length(to_base(v.u16, 2)) / 8e0) AS bigint) * 8, '0') AS "bin(u16)",
  lpad(to_base(v.u32, 2), CAST(ceil(length(to_base(v.u32, 2)) / 8e0) AS bigint) * 8, '0') AS "bin(u32)",
  array_join(transform(regexp_extract_all(to_hex(to_utf8(v.s)), '.'), x -> element_at(ARRAY['0000', '0001', '0010', '0011', '0100', '0101', '0110', '0111', '1000', '1001', '1010', '1011', '1100', '1101', '1110', '1111'], CAST(from_base(x, 16) AS integer) + 1)), '') AS "bin(s)",
  array_join(transform(regexp_extract_all(to_hex(to_utf8(v.ns)), '.'), x -> element_at(ARRAY['0000', '0001', '0010', '0011', '0100', '0101', '0110', '0111', '1000', '1001', '1010', '1011', '1100', '1101', '1110', '1111'], CAST(from_base(x, 16) AS integer) + 1)), '') AS "bin(ns)",
  trim(TRAILING '=' FROM to_base64url(to_utf8(v.s))) AS "base64urlencode(s)",
  from_utf8(from_base64url(rpad(trim(TRAILING '=' FROM to_base64url(to_utf8(v.s))), length(trim(TRAILING '=' FROM to_base64url(to_utf8(v.s)))) + mod(4 - mod(length(trim(TRAILING '=' FROM to_base64url(to_utf8(v.s)))), 4), 4), '='))) AS "base64urldecode(base64urlencode(s))",
  coalesce(regexp_extract(v.s, '(?s)\A(.*?)\r?\n', 1), v.s) AS "firstline(s)",
  coalesce(regexp_extract(concat(v.s, '
x
'), '(?s)\A(.*?)\r?\n', 1), concat(v.s, '
x
')) AS "firstline(concat(s, '\nx\n'))"
FROM v
ORDER BY 1;

-- case: subsequences
SELECT id, hasSubsequenceUTF8(s, s2), hasSubsequenceUTF8(s, 'lo'), hasSubsequenceCaseInsensitiveUTF8(s, 'HW'), hasSubsequenceUTF8(ns, 'x'), hasSubsequenceUTF8(s, ns), hasSubsequenceUTF8(s, '') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(reduce(regexp_extract_all(v.s2, '(?s).'), v.s, (rest, letter) -> IF(strpos(rest, letter) = 0, NULL, substr(rest, strpos(rest, letter) + 1)), rest -> rest IS NOT NULL) AS integer) AS "hassubsequenceutf8(s, s2)",
  CAST(reduce(regexp_extract_all('lo', '(?s).'), v.s, (rest, letter) -> IF(strpos(rest, letter) = 0, NULL, substr(rest, strpos(rest, letter) + 1)), rest -> rest IS NOT NULL) AS integer) AS "hassubsequenceutf8(s, 'lo')",
  CAST(reduce(regexp_extract_all(lower('HW'), '(?s).'), lower(v.s), (rest, letter) -> IF(strpos(rest, letter) = 0, NULL, substr(rest, strpos(rest, letter) + 1)), rest -> rest IS NOT NULL) AS integer) AS "hassubsequencecaseinsensitiveutf8(s, 'hw')",
  CAST(IF(v.ns IS NOT NULL, reduce(regexp_extract_all('x', '(?s).'), v.ns, (rest, letter) -> IF(strpos(rest, letter) = 0, NULL, substr(rest, strpos(rest, letter) + 1)), rest -> rest IS NOT NULL)) AS integer) AS "hassubsequenceutf8(ns, 'x')",
  CAST(IF(v.ns IS NOT NULL, reduce(regexp_extract_all(v.ns, '(?s).'), v.s, (rest, letter) -> IF(strpos(rest, letter) = 0, NULL, substr(rest, strpos(rest, letter) + 1)), rest -> rest IS NOT NULL)) AS integer) AS "hassubsequenceutf8(s, ns)",
  CAST(reduce(regexp_extract_all('', '(?s).'), v.s, (rest, letter) -> IF(strpos(rest, letter) = 0, NULL, substr(rest, strpos(rest, letter) + 1)), rest -> rest IS NOT NULL) AS integer) AS "hassubsequenceutf8(s, '')"
FROM v
ORDER BY 1;

-- case: all positions
SELECT id, multiSearchAllPositions(s, ['b', 'ö']), multiSearchAllPositionsUTF8(s, ['ö', '本']), multiSearchAllPositionsCaseInsensitive(s, ['B', 'w']) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  transform(ARRAY['b', 'ö'], needle -> IF(v.s = '' OR strpos(v.s, needle) = 0, 0, length(to_utf8(substr(v.s, 1, strpos(v.s, needle) - 1))) + 1)) AS "multisearchallpositions(s, ['b', 'ö'])",
  transform(ARRAY['ö', '本'], needle -> IF(v.s = '', 0, strpos(v.s, needle))) AS "multisearchallpositionsutf8(s, ['ö', '本'])",
  transform(ARRAY['B', 'w'], needle -> IF(v.s = '' OR strpos(translate(v.s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), translate(needle, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')) = 0, 0, length(to_utf8(substr(translate(v.s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), 1, strpos(translate(v.s, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), translate(needle, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')) - 1))) + 1)) AS "multisearchallpositionscaseinsensitive(s, ['b', 'w'])"
FROM v
ORDER BY 1;
