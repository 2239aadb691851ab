-- case: JSON_VALUE
SELECT id, JSON_VALUE(js,'$.a'), JSON_VALUE(js,'$.b'), JSON_VALUE(js,'$.c'), JSON_VALUE(js,'$.d.e'), JSON_VALUE(js,'$.t'), JSON_VALUE(js,'$.n'), JSON_VALUE(js,'$.u'), JSON_VALUE(js,'$[0]'), JSON_VALUE(js,'$[2].three'), JSON_VALUE(js,'$."k.x"'), JSON_VALUE(js,'$.c[1]'), JSON_VALUE(js,'$'), JSON_VALUE(ns,'$.a'), JSON_VALUE(lc,'$') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["a"]'))], r -> CASE WHEN substr(r, 1, 1) IN ('{', '[') THEN '' WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') ELSE regexp_replace(r, '\A(-?[0-9]+)\.0\z', '$1') END), 1), '') AS "json_value(js, '$.a')",
  coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["b"]'))], r -> CASE WHEN substr(r, 1, 1) IN ('{', '[') THEN '' WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') ELSE regexp_replace(r, '\A(-?[0-9]+)\.0\z', '$1') END), 1), '') AS "json_value(js, '$.b')",
  coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["c"]'))], r -> CASE WHEN substr(r, 1, 1) IN ('{', '[') THEN '' WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') ELSE regexp_replace(r, '\A(-?[0-9]+)\.0\z', '$1') END), 1), '') AS "json_value(js, '$.c')",
  coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["d"]["e"]'))], r -> CASE WHEN substr(r, 1, 1) IN ('{', '[') THEN '' WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') ELSE regexp_replace(r, '\A(-?[0-9]+)\.0\z', '$1') END), 1), '') AS "json_value(js, '$.d.e')",
  coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["t"]'))], r -> CASE WHEN substr(r, 1, 1) IN ('{', '[') THEN '' WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') ELSE regexp_replace(r, '\A(-?[0-9]+)\.0\z', '$1') END), 1), '') AS "json_value(js, '$.t')",
  coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["n"]'))], r -> CASE WHEN substr(r, 1, 1) IN ('{', '[') THEN '' WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') ELSE regexp_replace(r, '\A(-?[0-9]+)\.0\z', '$1') END), 1), '') AS "json_value(js, '$.n')",
  coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["u"]'))], r -> CASE WHEN substr(r, 1, 1) IN ('{', '[') THEN '' WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') ELSE regexp_replace(r, '\A(-?[0-9]+)\.0\z', '$1') END), 1), '') AS "json_value(js, '$.u')",
  coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$[0]'))], r -> CASE WHEN substr(r, 1, 1) IN ('{', '[') THEN '' WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') ELSE regexp_replace(r, '\A(-?[0-9]+)\.0\z', '$1') END), 1), '') AS "json_value(js, '$[0]')",
  coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$[2]["three"]'))], r -> CASE WHEN substr(r, 1, 1) IN ('{', '[') THEN '' WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') ELSE regexp_replace(r, '\A(-?[0-9]+)\.0\z', '$1') END), 1), '') AS "json_value(js, '$[2].three')",
  coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["k.x"]'))], r -> CASE WHEN substr(r, 1, 1) IN ('{', '[') THEN '' WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') ELSE regexp_replace(r, '\A(-?[0-9]+)\.0\z', '$1') END), 1), '') AS "json_value(js, '$.""k.x""')",
  coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["c"][1]'))], r -> CASE WHEN substr(r, 1, 1) IN ('{', '[') THEN '' WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') ELSE regexp_replace(r, '\A(-?[0-9]+)\.0\z', '$1') END), 1), '') AS "json_value(js, '$.c[1]')",
  coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$'))], r -> CASE WHEN substr(r, 1, 1) IN ('{', '[') THEN '' WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') ELSE regexp_replace(r, '\A(-?[0-9]+)\.0\z', '$1') END), 1), '') AS "json_value(js, '$')",
  IF(v.ns IS NOT NULL, coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.ns)) IS NOT NULL, v.ns), '$["a"]'))], r -> CASE WHEN substr(r, 1, 1) IN ('{', '[') THEN '' WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') ELSE regexp_replace(r, '\A(-?[0-9]+)\.0\z', '$1') END), 1), '')) AS "json_value(ns, '$.a')",
  coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.lc)) IS NOT NULL, v.lc), '$'))], r -> CASE WHEN substr(r, 1, 1) IN ('{', '[') THEN '' WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') ELSE regexp_replace(r, '\A(-?[0-9]+)\.0\z', '$1') END), 1), '') AS "json_value(lc, '$')"
FROM v
ORDER BY 1;

-- case: JSON_QUERY
SELECT id, JSON_QUERY(js,'$.a'), JSON_QUERY(js,'$.c'), JSON_QUERY(js,'$.n'), JSON_QUERY(js,'$.t'), JSON_QUERY(js,'$[2]'),JSON_QUERY(js,'$.u'),JSON_QUERY(js,'$.zz') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce('[' || json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["a"]')) || ']', '') AS "json_query(js, '$.a')",
  coalesce('[' || json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["c"]')) || ']', '') AS "json_query(js, '$.c')",
  coalesce('[' || json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["n"]')) || ']', '') AS "json_query(js, '$.n')",
  coalesce('[' || json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["t"]')) || ']', '') AS "json_query(js, '$.t')",
  coalesce('[' || json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$[2]')) || ']', '') AS "json_query(js, '$[2]')",
  coalesce('[' || json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["u"]')) || ']', '') AS "json_query(js, '$.u')",
  coalesce('[' || json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["zz"]')) || ']', '') AS "json_query(js, '$.zz')"
FROM v
ORDER BY 1;

-- case: JSON_EXISTS
SELECT id, JSON_EXISTS(js,'$.a'),JSON_EXISTS(js,'$.n'),JSON_EXISTS(js,'$.c[0]'),JSON_EXISTS(js,'$'),JSON_EXISTS(ns,'$.a') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["a"]') IS NOT NULL AS integer) AS "json_exists(js, '$.a')",
  CAST(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["n"]') IS NOT NULL AS integer) AS "json_exists(js, '$.n')",
  CAST(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["c"][0]') IS NOT NULL AS integer) AS "json_exists(js, '$.c[0]')",
  CAST(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$') IS NOT NULL AS integer) AS "json_exists(js, '$')",
  CAST(IF(v.ns IS NOT NULL, json_extract(IF(TRY(json_parse(v.ns)) IS NOT NULL, v.ns), '$["a"]') IS NOT NULL) AS integer) AS "json_exists(ns, '$.a')"
FROM v
ORDER BY 1;

-- case: JSONType
SELECT id, JSONType(js), JSONType(js, 'a'), JSONType(js, 'b'), JSONType(js, 'c'), JSONType(js, 'n'), JSONType(js, 'd', 'e'), JSONType(ns), JSONType(js, 't') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  element_at(transform(ARRAY[coalesce(json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')), '')], r -> CASE WHEN starts_with(r, '{') THEN 'Object' WHEN starts_with(r, '[') THEN 'Array' WHEN starts_with(r, '"') THEN 'String' WHEN r IN ('true', 'false') THEN 'Bool' WHEN NOT regexp_like(r, '\A-?[0-9]') THEN 'Null' WHEN NOT regexp_like(r, '\A-?[0-9]+\z') THEN 'Double' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '-9223372036854775808' AND DECIMAL '9223372036854775807' THEN 'Int64' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '0' AND DECIMAL '18446744073709551615' THEN 'UInt64' ELSE 'Double' END), 1) AS "jsontype(js)",
  element_at(transform(ARRAY[coalesce(json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["a"]')), '')], r -> CASE WHEN starts_with(r, '{') THEN 'Object' WHEN starts_with(r, '[') THEN 'Array' WHEN starts_with(r, '"') THEN 'String' WHEN r IN ('true', 'false') THEN 'Bool' WHEN NOT regexp_like(r, '\A-?[0-9]') THEN 'Null' WHEN NOT regexp_like(r, '\A-?[0-9]+\z') THEN 'Double' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '-9223372036854775808' AND DECIMAL '9223372036854775807' THEN 'Int64' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '0' AND DECIMAL '18446744073709551615' THEN 'UInt64' ELSE 'Double' END), 1) AS "jsontype(js, 'a')",
  element_at(transform(ARRAY[coalesce(json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["b"]')), '')], r -> CASE WHEN starts_with(r, '{') THEN 'Object' WHEN starts_with(r, '[') THEN 'Array' WHEN starts_with(r, '"') THEN 'String' WHEN r IN ('true', 'false') THEN 'Bool' WHEN NOT regexp_like(r, '\A-?[0-9]') THEN 'Null' WHEN NOT regexp_like(r, '\A-?[0-9]+\z') THEN 'Double' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '-9223372036854775808' AND DECIMAL '9223372036854775807' THEN 'Int64' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '0' AND DECIMAL '18446744073709551615' THEN 'UInt64' ELSE 'Double' END), 1) AS "jsontype(js, 'b')",
  element_at(transform(ARRAY[coalesce(json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["c"]')), '')], r -> CASE WHEN starts_with(r, '{') THEN 'Object' WHEN starts_with(r, '[') THEN 'Array' WHEN starts_with(r, '"') THEN 'String' WHEN r IN ('true', 'false') THEN 'Bool' WHEN NOT regexp_like(r, '\A-?[0-9]') THEN 'Null' WHEN NOT regexp_like(r, '\A-?[0-9]+\z') THEN 'Double' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '-9223372036854775808' AND DECIMAL '9223372036854775807' THEN 'Int64' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '0' AND DECIMAL '18446744073709551615' THEN 'UInt64' ELSE 'Double' END), 1) AS "jsontype(js, 'c')",
  element_at(transform(ARRAY[coalesce(json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["n"]')), '')], r -> CASE WHEN starts_with(r, '{') THEN 'Object' WHEN starts_with(r, '[') THEN 'Array' WHEN starts_with(r, '"') THEN 'String' WHEN r IN ('true', 'false') THEN 'Bool' WHEN NOT regexp_like(r, '\A-?[0-9]') THEN 'Null' WHEN NOT regexp_like(r, '\A-?[0-9]+\z') THEN 'Double' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '-9223372036854775808' AND DECIMAL '9223372036854775807' THEN 'Int64' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '0' AND DECIMAL '18446744073709551615' THEN 'UInt64' ELSE 'Double' END), 1) AS "jsontype(js, 'n')",
  element_at(transform(ARRAY[coalesce(json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["d"]["e"]')), '')], r -> CASE WHEN starts_with(r, '{') THEN 'Object' WHEN starts_with(r, '[') THEN 'Array' WHEN starts_with(r, '"') THEN 'String' WHEN r IN ('true', 'false') THEN 'Bool' WHEN NOT regexp_like(r, '\A-?[0-9]') THEN 'Null' WHEN NOT regexp_like(r, '\A-?[0-9]+\z') THEN 'Double' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '-9223372036854775808' AND DECIMAL '9223372036854775807' THEN 'Int64' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '0' AND DECIMAL '18446744073709551615' THEN 'UInt64' ELSE 'Double' END), 1) AS "jsontype(js, 'd', 'e')",
  IF(v.ns IS NOT NULL, element_at(transform(ARRAY[coalesce(json_format(json_extract(IF(TRY(json_parse(v.ns)) IS NOT NULL, v.ns), '$')), '')], r -> CASE WHEN starts_with(r, '{') THEN 'Object' WHEN starts_with(r, '[') THEN 'Array' WHEN starts_with(r, '"') THEN 'String' WHEN r IN ('true', 'false') THEN 'Bool' WHEN NOT regexp_like(r, '\A-?[0-9]') THEN 'Null' WHEN NOT regexp_like(r, '\A-?[0-9]+\z') THEN 'Double' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '-9223372036854775808' AND DECIMAL '9223372036854775807' THEN 'Int64' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '0' AND DECIMAL '18446744073709551615' THEN 'UInt64' ELSE 'Double' END), 1)) AS "jsontype(ns)",
  element_at(transform(ARRAY[coalesce(json_format(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["t"]')), '')], r -> CASE WHEN starts_with(r, '{') THEN 'Object' WHEN starts_with(r, '[') THEN 'Array' WHEN starts_with(r, '"') THEN 'String' WHEN r IN ('true', 'false') THEN 'Bool' WHEN NOT regexp_like(r, '\A-?[0-9]') THEN 'Null' WHEN NOT regexp_like(r, '\A-?[0-9]+\z') THEN 'Double' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '-9223372036854775808' AND DECIMAL '9223372036854775807' THEN 'Int64' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '0' AND DECIMAL '18446744073709551615' THEN 'UInt64' ELSE 'Double' END), 1) AS "jsontype(js, 't')"
FROM v
ORDER BY 1;

-- case: JSONArrayLength
SELECT id, JSONArrayLength(js), JSON_ARRAY_LENGTH('[1,2]'), JSONArrayLength(ns), JSONArrayLength(s) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  IF(TRY(json_parse(v.js)) IS NOT NULL, json_array_length(v.js)) AS "jsonarraylength(js)",
  IF(TRY(json_parse('[1,2]')) IS NOT NULL, json_array_length('[1,2]')) AS "json_array_length('[1,2]')",
  IF(TRY(json_parse(v.ns)) IS NOT NULL, json_array_length(v.ns)) AS "jsonarraylength(ns)",
  IF(TRY(json_parse(v.s)) IS NOT NULL, json_array_length(v.s)) AS "jsonarraylength(s)"
FROM v
ORDER BY 1;

-- case: JSONExtractKeysAndValues [proof]
SELECT id, JSONExtractKeysAndValues(js,'Int64'),JSONExtractKeysAndValues(js,'String'),JSONExtractKeysAndValues(js,'d','String'),JSONExtractKeysAndValues(js,'Float64'),JSONExtractKeysAndValues(js,'UInt8') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(filter(transform(map_entries(TRY_CAST(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$') AS map(varchar, json))), e -> ROW(e[1], element_at(transform(ARRAY[json_format(e[2])], r -> CASE WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+\z') THEN TRY_CAST(trim(BOTH '"' FROM r) AS bigint) WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\z') THEN TRY_CAST(truncate(CAST(trim(BOTH '"' FROM r) AS double)) AS bigint) WHEN r IN ('true', 'false') THEN IF(r = 'true', 1, 0) END), 1))), e -> e[2] IS NOT NULL), CAST(ARRAY[] AS array(row("f1" varchar, "f2" bigint)))) AS "jsonextractkeysandvalues(js, 'int64')",
  coalesce(filter(transform(map_entries(TRY_CAST(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$') AS map(varchar, json))), e -> ROW(e[1], element_at(transform(ARRAY[json_format(e[2])], r -> CASE WHEN r = 'null' THEN NULL WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') WHEN regexp_like(r, '\A-?[0-9]+\.[0-9]+\z') THEN regexp_replace(r, '\.0\z', '') WHEN regexp_like(r, '\A-?[0-9.]+E') THEN element_at(transform(ARRAY[CAST(r AS double)], f -> regexp_replace(replace(lower(IF(is_finite(f), CASE WHEN CAST(format('%.14e', f) AS double) = f THEN format('%.14e', f) WHEN CAST(format('%.15e', f) AS double) = f THEN format('%.15e', f) ELSE CAST(f AS varchar) END, CAST(f AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END)), 1) ELSE r END), 1))), e -> e[2] IS NOT NULL), CAST(ARRAY[] AS array(row("f1" varchar, "f2" varchar)))) AS "jsonextractkeysandvalues(js, 'string')",
  coalesce(filter(transform(map_entries(TRY_CAST(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["d"]') AS map(varchar, json))), e -> ROW(e[1], element_at(transform(ARRAY[json_format(e[2])], r -> CASE WHEN r = 'null' THEN NULL WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') WHEN regexp_like(r, '\A-?[0-9]+\.[0-9]+\z') THEN regexp_replace(r, '\.0\z', '') WHEN regexp_like(r, '\A-?[0-9.]+E') THEN element_at(transform(ARRAY[CAST(r AS double)], f -> regexp_replace(replace(lower(IF(is_finite(f), CASE WHEN CAST(format('%.14e', f) AS double) = f THEN format('%.14e', f) WHEN CAST(format('%.15e', f) AS double) = f THEN format('%.15e', f) ELSE CAST(f AS varchar) END, CAST(f AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END)), 1) ELSE r END), 1))), e -> e[2] IS NOT NULL), CAST(ARRAY[] AS array(row("f1" varchar, "f2" varchar)))) AS "jsonextractkeysandvalues(js, 'd', 'string')",
  coalesce(filter(transform(map_entries(TRY_CAST(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$') AS map(varchar, json))), e -> ROW(e[1], element_at(transform(ARRAY[json_format(e[2])], r -> CASE WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\z') THEN CAST(trim(BOTH '"' FROM r) AS double) WHEN r IN ('true', 'false') THEN IF(r = 'true', 1, 0) END), 1))), e -> e[2] IS NOT NULL), CAST(ARRAY[] AS array(row("f1" varchar, "f2" double)))) AS "jsonextractkeysandvalues(js, 'float64')",
  coalesce(filter(transform(map_entries(TRY_CAST(json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$') AS map(varchar, json))), e -> ROW(e[1], element_at(transform(ARRAY[json_format(e[2])], r -> element_at(transform(filter(ARRAY[CASE WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+\z') THEN TRY_CAST(trim(BOTH '"' FROM r) AS decimal(38,0)) WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\z') THEN TRY_CAST(truncate(CAST(trim(BOTH '"' FROM r) AS double)) AS decimal(38,0)) WHEN r IN ('true', 'false') THEN IF(r = 'true', 1, 0) END], n -> n BETWEEN DECIMAL '0' AND DECIMAL '255'), n -> CAST(n AS bigint)), 1)), 1))), e -> e[2] IS NOT NULL), CAST(ARRAY[] AS array(row("f1" varchar, "f2" bigint)))) AS "jsonextractkeysandvalues(js, 'uint8')"
FROM v
ORDER BY 1;

-- case: toJSONString of scalars
SELECT id, toJSONString(i8), toJSONString(u64), toJSONString(f64), toJSONString(f32), toJSONString(b), toJSONString(s), toJSONString(lc), toJSONString(d), toJSONString(uid), toJSONString(e), toJSONString(ni), toJSONString(ns), toJSONString(fs), toJSONString(NULL), toJSONString(concat(s, '\b\f\x01\x1f/')) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(v.i8 AS varchar) AS "tojsonstring(i8)",
  CAST(v.u64 AS varchar) AS "tojsonstring(u64)",
  IF(is_finite(v.f64), regexp_replace(replace(lower(IF(is_finite(v.f64), CASE WHEN CAST(format('%.14e', v.f64) AS double) = v.f64 THEN format('%.14e', v.f64) WHEN CAST(format('%.15e', v.f64) AS double) = v.f64 THEN format('%.15e', v.f64) ELSE CAST(v.f64 AS varchar) END, CAST(v.f64 AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END), IF(v.f64 IS NOT NULL, 'null')) AS "tojsonstring(f64)",
  IF(is_finite(v.f32), regexp_replace(replace(lower(IF(is_finite(CAST(v.f32 AS double)), CASE WHEN CAST(format('%.6e', CAST(v.f32 AS double)) AS real) = v.f32 THEN format('%.6e', CAST(v.f32 AS double)) WHEN CAST(format('%.7e', CAST(v.f32 AS double)) AS real) = v.f32 THEN format('%.7e', CAST(v.f32 AS double)) ELSE format('%.8e', CAST(v.f32 AS double)) END, CAST(v.f32 AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END), IF(v.f32 IS NOT NULL, 'null')) AS "tojsonstring(f32)",
  CAST(v.b AS varchar) AS "tojsonstring(b)",
  '"' || regexp_replace(regexp_replace(v.s, '([\\/\"])', '\\$1'), '([\x00-\x1f])', x -> CASE x[1] WHEN chr(10) THEN '\n' WHEN chr(13) THEN '\r' WHEN chr(9) THEN '\t' WHEN chr(8) THEN '\b' WHEN chr(12) THEN '\f' ELSE '\u00' || to_hex(to_utf8(x[1])) END) || '"' AS "tojsonstring(s)",
  '"' || regexp_replace(regexp_replace(v.lc, '([\\/\"])', '\\$1'), '([\x00-\x1f])', x -> CASE x[1] WHEN chr(10) THEN '\n' WHEN chr(13) THEN '\r' WHEN chr(9) THEN '\t' WHEN chr(8) THEN '\b' WHEN chr(12) THEN '\f' ELSE '\u00' || to_hex(to_utf8(x[1])) END) || '"' AS "tojsonstring(lc)",
  '"' || CAST(v.d AS varchar) || '"' AS "tojsonstring(d)",
  '"' || v.uid || '"' AS "tojsonstring(uid)",
  '"' || regexp_replace(regexp_replace(v.e, '([\\/\"])', '\\$1'), '([\x00-\x1f])', x -> CASE x[1] WHEN chr(10) THEN '\n' WHEN chr(13) THEN '\r' WHEN chr(9) THEN '\t' WHEN chr(8) THEN '\b' WHEN chr(12) THEN '\f' ELSE '\u00' || to_hex(to_utf8(x[1])) END) || '"' AS "tojsonstring(e)",
  CAST(v.ni AS varchar) AS "tojsonstring(ni)",
  '"' || regexp_replace(regexp_replace(v.ns, '([\\/\"])', '\\$1'), '([\x00-\x1f])', x -> CASE x[1] WHEN chr(10) THEN '\n' WHEN chr(13) THEN '\r' WHEN chr(9) THEN '\t' WHEN chr(8) THEN '\b' WHEN chr(12) THEN '\f' ELSE '\u00' || to_hex(to_utf8(x[1])) END) || '"' AS "tojsonstring(ns)",
  '"' || regexp_replace(regexp_replace(concat(v.fs, rpad('', 4 - length(to_utf8(v.fs)), chr(0))), '([\\/\"])', '\\$1'), '([\x00-\x1f])', x -> CASE x[1] WHEN chr(10) THEN '\n' WHEN chr(13) THEN '\r' WHEN chr(9) THEN '\t' WHEN chr(8) THEN '\b' WHEN chr(12) THEN '\f' ELSE '\u00' || to_hex(to_utf8(x[1])) END) || '"' AS "tojsonstring(fs)",
  CAST(NULL AS varchar) AS "tojsonstring(null)",
  '"' || regexp_replace(regexp_replace(concat(v.s, '/'), '([\\/\"])', '\\$1'), '([\x00-\x1f])', x -> CASE x[1] WHEN chr(10) THEN '\n' WHEN chr(13) THEN '\r' WHEN chr(9) THEN '\t' WHEN chr(8) THEN '\b' WHEN chr(12) THEN '\f' ELSE '\u00' || to_hex(to_utf8(x[1])) END) || '"' AS "tojsonstring(concat(s, '\b\f/'))"
FROM v
ORDER BY 1;

-- case: toJSONString of containers
SELECT id, toJSONString(as), toJSONString(ai), toJSONString(an), toJSONString(af), toJSONString(aa), toJSONString(tup), toJSONString(ms), toJSONString(mi), toJSONString(u8 > 1), toJSONString(tuple(1, 'x', [NULL])), toJSONString(map(1, [1.5])), toJSONString(map('a"b', 1)) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  '[' || array_join(transform(v."as", j0 -> '"' || regexp_replace(regexp_replace(j0, '([\\/\"])', '\\$1'), '([\x00-\x1f])', x -> CASE x[1] WHEN chr(10) THEN '\n' WHEN chr(13) THEN '\r' WHEN chr(9) THEN '\t' WHEN chr(8) THEN '\b' WHEN chr(12) THEN '\f' ELSE '\u00' || to_hex(to_utf8(x[1])) END) || '"'), ',') || ']' AS "tojsonstring(as)",
  '[' || array_join(transform(v.ai, j0 -> CAST(j0 AS varchar)), ',') || ']' AS "tojsonstring(ai)",
  '[' || array_join(transform(v.an, j0 -> coalesce(CAST(j0 AS varchar), 'null')), ',') || ']' AS "tojsonstring(an)",
  '[' || array_join(transform(v.af, j0 -> IF(is_finite(j0), regexp_replace(replace(lower(IF(is_finite(j0), CASE WHEN CAST(format('%.14e', j0) AS double) = j0 THEN format('%.14e', j0) WHEN CAST(format('%.15e', j0) AS double) = j0 THEN format('%.15e', j0) ELSE CAST(j0 AS varchar) END, CAST(j0 AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END), IF(j0 IS NOT NULL, 'null'))), ',') || ']' AS "tojsonstring(af)",
  '[' || array_join(transform(v.aa, j0 -> '[' || array_join(transform(j0, j1 -> CAST(j1 AS varchar)), ',') || ']'), ',') || ']' AS "tojsonstring(aa)",
  '[' || '"' || regexp_replace(regexp_replace(v.tup[1], '([\\/\"])', '\\$1'), '([\x00-\x1f])', x -> CASE x[1] WHEN chr(10) THEN '\n' WHEN chr(13) THEN '\r' WHEN chr(9) THEN '\t' WHEN chr(8) THEN '\b' WHEN chr(12) THEN '\f' ELSE '\u00' || to_hex(to_utf8(x[1])) END) || '"' || ',' || CAST(v.tup[2] AS varchar) || ']' AS "tojsonstring(tup)",
  '{' || array_join(transform(map_entries(v.ms), j0 -> '"' || regexp_replace(regexp_replace(j0[1], '([\\/\"])', '\\$1'), '([\x00-\x1f])', x -> CASE x[1] WHEN chr(10) THEN '\n' WHEN chr(13) THEN '\r' WHEN chr(9) THEN '\t' WHEN chr(8) THEN '\b' WHEN chr(12) THEN '\f' ELSE '\u00' || to_hex(to_utf8(x[1])) END) || '"' || ':' || '"' || regexp_replace(regexp_replace(j0[2], '([\\/\"])', '\\$1'), '([\x00-\x1f])', x -> CASE x[1] WHEN chr(10) THEN '\n' WHEN chr(13) THEN '\r' WHEN chr(9) THEN '\t' WHEN chr(8) THEN '\b' WHEN chr(12) THEN '\f' ELSE '\u00' || to_hex(to_utf8(x[1])) END) || '"'), ',') || '}' AS "tojsonstring(ms)",
  '{' || array_join(transform(map_entries(v.mi), j0 -> '"' || regexp_replace(regexp_replace(j0[1], '([\\/\"])', '\\$1'), '([\x00-\x1f])', x -> CASE x[1] WHEN chr(10) THEN '\n' WHEN chr(13) THEN '\r' WHEN chr(9) THEN '\t' WHEN chr(8) THEN '\b' WHEN chr(12) THEN '\f' ELSE '\u00' || to_hex(to_utf8(x[1])) END) || '"' || ':' || CAST(j0[2] AS varchar)), ',') || '}' AS "tojsonstring(mi)",
  CAST(CAST(v.u8 > 1 AS bigint) AS varchar) AS "tojsonstring(greater(u8, 1))",
  '[' || CAST(ROW(1, 'x', ARRAY[NULL])[1] AS varchar) || ',' || '"' || regexp_replace(regexp_replace(ROW(1, 'x', ARRAY[NULL])[2], '([\\/\"])', '\\$1'), '([\x00-\x1f])', x -> CASE x[1] WHEN chr(10) THEN '\n' WHEN chr(13) THEN '\r' WHEN chr(9) THEN '\t' WHEN chr(8) THEN '\b' WHEN chr(12) THEN '\f' ELSE '\u00' || to_hex(to_utf8(x[1])) END) || '"' || ',' || '[' || array_join(transform(ROW(1, 'x', ARRAY[NULL])[3], j1 -> coalesce(CAST(NULL AS varchar), 'null')), ',') || ']' || ']' AS "tojsonstring((1, 'x', [null]))",
  '{' || array_join(transform(map_entries(map_from_entries(ARRAY[ROW(1, ARRAY[1.5e0])])), j0 -> '"' || CAST(j0[1] AS varchar) || '"' || ':' || '[' || array_join(transform(j0[2], j1 -> IF(is_finite(j1), regexp_replace(replace(lower(IF(is_finite(j1), CASE WHEN CAST(format('%.14e', j1) AS double) = j1 THEN format('%.14e', j1) WHEN CAST(format('%.15e', j1) AS double) = j1 THEN format('%.15e', j1) ELSE CAST(j1 AS varchar) END, CAST(j1 AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END), IF(j1 IS NOT NULL, 'null'))), ',') || ']'), ',') || '}' AS "tojsonstring(map(1, [1.5]))",
  '{' || array_join(transform(map_entries(map_from_entries(ARRAY[ROW('a"b', 1)])), j0 -> '"' || regexp_replace(regexp_replace(j0[1], '([\\/\"])', '\\$1'), '([\x00-\x1f])', x -> CASE x[1] WHEN chr(10) THEN '\n' WHEN chr(13) THEN '\r' WHEN chr(9) THEN '\t' WHEN chr(8) THEN '\b' WHEN chr(12) THEN '\f' ELSE '\u00' || to_hex(to_utf8(x[1])) END) || '"' || ':' || CAST(j0[2] AS varchar)), ',') || '}' AS "tojsonstring(map('a""b', 1))"
FROM v
ORDER BY 1;

-- case: toJSONString of what settings write in another way [text only]
SELECT toJSONString(dt), toJSONString(dec), toJSONString(ntup) FROM v;
-- trino
SELECT
  '"' || substr(CAST(v.dt AS varchar), 1, 19) || '"' AS "tojsonstring(dt)",
  regexp_replace(CAST(v.dec AS varchar), '\.?0+\z', '') AS "tojsonstring(dec)",
  '{' || '"name":' || '"' || regexp_replace(regexp_replace(v.ntup[1], '([\\/\"])', '\\$1'), '([\x00-\x1f])', x -> CASE x[1] WHEN chr(10) THEN '\n' WHEN chr(13) THEN '\r' WHEN chr(9) THEN '\t' WHEN chr(8) THEN '\b' WHEN chr(12) THEN '\f' ELSE '\u00' || to_hex(to_utf8(x[1])) END) || '"' || ',' || '"size":' || CAST(v.ntup[2] AS varchar) || '}' AS "tojsonstring(ntup)"
FROM v;

-- case: look-ups by text
SELECT id, simpleJSONHas(js,'a'),simpleJSONExtractInt(js,'a'),simpleJSONExtractUInt(js,'a'),simpleJSONExtractFloat(js,'a'),simpleJSONExtractBool(js,'t'),simpleJSONExtractString(js,'b'),simpleJSONExtractString(js,'u'),visitParamExtractString(js,'b'),visitParamHas(ns,'x'),visitParamExtractInt(ns,'x') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(strpos(v.js, '"a":') > 0 AS integer) AS "simplejsonhas(js, 'a')",
  coalesce(TRY_CAST(regexp_extract(v.js, '(?s)\A.*?"a":(?>"?([+-]?[0-9]+)|(?=))', 1) AS bigint), 0) AS "simplejsonextractint(js, 'a')",
  coalesce(IF(TRY_CAST(regexp_extract(v.js, '(?s)\A.*?"a":(?>"?(\+?[0-9]+)|(?=))', 1) AS decimal(20,0)) <= DECIMAL '18446744073709551615', TRY_CAST(regexp_extract(v.js, '(?s)\A.*?"a":(?>"?(\+?[0-9]+)|(?=))', 1) AS decimal(20,0))), 0) AS "simplejsonextractuint(js, 'a')",
  coalesce(CAST(regexp_extract(v.js, '(?s)\A.*?"a":(?>"?([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?=))', 1) AS double), 0e0) AS "simplejsonextractfloat(js, 'a')",
  CAST(regexp_extract(v.js, '(?s)\A.*?"t":(?>(true)|(?=))', 1) IS NOT NULL AS integer) AS "simplejsonextractbool(js, 't')",
  coalesce(json_extract_scalar(regexp_extract(v.js, '(?s)\A.*?"b":(?>("(?:[^"\\]|\\.)*+")|(?=))', 1), '$'), '') AS "simplejsonextractstring(js, 'b')",
  coalesce(json_extract_scalar(regexp_extract(v.js, '(?s)\A.*?"u":(?>("(?:[^"\\]|\\.)*+")|(?=))', 1), '$'), '') AS "simplejsonextractstring(js, 'u')",
  coalesce(json_extract_scalar(regexp_extract(v.js, '(?s)\A.*?"b":(?>("(?:[^"\\]|\\.)*+")|(?=))', 1), '$'), '') AS "visitparamextractstring(js, 'b')",
  CAST(strpos(v.ns, '"x":') > 0 AS integer) AS "visitparamhas(ns, 'x')",
  IF(v.ns IS NOT NULL, coalesce(TRY_CAST(regexp_extract(coalesce(v.ns, ''), '(?s)\A.*?"x":(?>"?([+-]?[0-9]+)|(?=))', 1) AS bigint), 0)) AS "visitparamextractint(ns, 'x')"
FROM v
ORDER BY 1;

-- case: look-ups in odd texts
SELECT simpleJSONExtractInt(x,'a'),simpleJSONExtractUInt(x,'a'),simpleJSONExtractFloat(x,'a'),simpleJSONExtractBool(x,'a'),simpleJSONExtractString(x,'a'),simpleJSONHas(x,'a'),x FROM (SELECT arrayJoin(['{"a":1}','{"a": 1}','{"a":"7x"}','{"a":1.6}','{"a":"x\\n\\"y\\u00fc"}','{"a":+1}','{"a":-}','{"a":"-7"}','{"a":"x','{"a":"1.5"}','{"a":.5}','{"a":trueish}','{"a" :1}','{"b":"a","a":3}','{"x":{"a":3},"a":4}','{"a":-0}','{"a":"true"}','{"a":1e3}','{"a":5.e2}','{"a":""}','{"a":"\\\\"}','{"a":null}','{"a":x,"a":5}','{"a":007}','{"a":" 5"}','{"a":1e}','{"a":"\\ud83d\\ude00"}','{"a":"a/b\\/c"}','{"a":"b"c"}','{"aa":1}']) AS x) ORDER BY x;
-- trino
SELECT
  coalesce(TRY_CAST(regexp_extract(subquery1.x, '(?s)\A.*?"a":(?>"?([+-]?[0-9]+)|(?=))', 1) AS bigint), 0) AS "simplejsonextractint(x, 'a')",
  coalesce(IF(TRY_CAST(regexp_extract(subquery1.x, '(?s)\A.*?"a":(?>"?(\+?[0-9]+)|(?=))', 1) AS decimal(20,0)) <= DECIMAL '18446744073709551615', TRY_CAST(regexp_extract(subquery1.x, '(?s)\A.*?"a":(?>"?(\+?[0-9]+)|(?=))', 1) AS decimal(20,0))), 0) AS "simplejsonextractuint(x, 'a')",
  coalesce(CAST(regexp_extract(subquery1.x, '(?s)\A.*?"a":(?>"?([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)|(?=))', 1) AS double), 0e0) AS "simplejsonextractfloat(x, 'a')",
  CAST(regexp_extract(subquery1.x, '(?s)\A.*?"a":(?>(true)|(?=))', 1) IS NOT NULL AS integer) AS "simplejsonextractbool(x, 'a')",
  coalesce(json_extract_scalar(regexp_extract(subquery1.x, '(?s)\A.*?"a":(?>("(?:[^"\\]|\\.)*+")|(?=))', 1), '$'), '') AS "simplejsonextractstring(x, 'a')",
  CAST(strpos(subquery1.x, '"a":') > 0 AS integer) AS "simplejsonhas(x, 'a')",
  subquery1.x
FROM (
  SELECT unnested1.item AS x
  FROM UNNEST(ARRAY['{"a":1}', '{"a": 1}', '{"a":"7x"}', '{"a":1.6}', '{"a":"x\n\"y\u00fc"}', '{"a":+1}', '{"a":-}', '{"a":"-7"}', '{"a":"x', '{"a":"1.5"}', '{"a":.5}', '{"a":trueish}', '{"a" :1}', '{"b":"a","a":3}', '{"x":{"a":3},"a":4}', '{"a":-0}', '{"a":"true"}', '{"a":1e3}', '{"a":5.e2}', '{"a":""}', '{"a":"\\"}', '{"a":null}', '{"a":x,"a":5}', '{"a":007}', '{"a":" 5"}', '{"a":1e}', '{"a":"\ud83d\ude00"}', '{"a":"a/b\/c"}', '{"a":"b"c"}', '{"aa":1}']) AS unnested1 (item)
) AS subquery1
ORDER BY 7;

-- case: a path with a wildcard
SELECT JSON_VALUE(js, '$.c[*]') FROM v;
-- error: JSON_VALUE(): only keys and indices are supported in a path: $.a[0].b

-- case: raw look-ups
SELECT visitParamExtractRaw(js, 'a') FROM v;
-- error: Function visitParamExtractRaw() is not supported on Athena: use JSONExtractRaw(), which is supported
