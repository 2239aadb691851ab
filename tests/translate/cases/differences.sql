-- case: NULL looked for in arrays without NULL
SELECT id, has(as, NULL), has(ai, NULL), has(an, NULL), has(ai, ni), has(an, ni), has(['', 'x'], ns), indexOf(as, NULL), indexOf(ai, ni), indexOf(an, ni), countEqual(ai, NULL), countEqual(ai, ni), countEqual(an, NULL), has(ai, ni * 0), has([d, toDate(0)], nd), has([b, false], nullIf(b, true)) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(false AS integer) AS "has(as, null)",
  CAST(false AS integer) AS "has(ai, null)",
  CAST(any_match(v.an, x -> x IS NULL) AS integer) AS "has(an, null)",
  CAST(coalesce(contains(v.ai, v.ni), false) AS integer) AS "has(ai, ni)",
  CAST(any_match(v.an, x -> coalesce(x = v.ni, x IS NULL AND v.ni IS NULL)) AS integer) AS "has(an, ni)",
  CAST(coalesce(contains(ARRAY['', 'x'], v.ns), false) AS integer) AS "has(['', 'x'], ns)",
  BIGINT '0' AS "indexof(as, null)",
  coalesce(array_position(v.ai, v.ni), 0) AS "indexof(ai, ni)",
  array_position(transform(v.an, x -> coalesce(x = v.ni, x IS NULL AND v.ni IS NULL)), true) AS "indexof(an, ni)",
  cardinality(filter(v.ai, x -> x IS NULL)) AS "countequal(ai, null)",
  cardinality(filter(v.ai, x -> x = v.ni)) AS "countequal(ai, ni)",
  cardinality(filter(v.an, x -> x IS NULL)) AS "countequal(an, null)",
  CAST(coalesce(contains(v.ai, v.ni * 0), false) AS integer) AS "has(ai, multiply(ni, 0))",
  CAST(coalesce(contains(ARRAY[v.d, date_add('day', 0, DATE '1970-01-01')], v.nd), false) AS integer) AS "has([d, todate(0)], nd)",
  CAST(coalesce(contains(ARRAY[v.b, false], IF(v.b = true, NULL, v.b)), false) AS integer) AS "has([b, false], nullif(b, true))"
FROM v
ORDER BY 1;
-- case: a Nullable text looked for in texts of rows
SELECT has(as, ns) FROM v;
-- error: has(): a Nullable text is not supported: NULL finds an empty one; use ifNull(x, '')
-- case: the same without NULL
SELECT id, has(as, ifNull(ns, '')), indexOf([s, ''], ifNull(ns, '')), countEqual([s, ''], assumeNotNull(toNullable(s))) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(contains(v."as", coalesce(v.ns, '')) AS integer) AS "has(as, ifnull(ns, ''))",
  array_position(ARRAY[v.s, ''], coalesce(v.ns, '')) AS "indexof([s, ''], ifnull(ns, ''))",
  cardinality(filter(ARRAY[v.s, ''], x -> x = coalesce(v.s, ''))) AS "countequal([s, ''], assumenotnull(tonullable(s)))"
FROM v
ORDER BY 1;
-- case: arrays with NULL beside arrays without
SELECT hasAny(ai, [NULL]) FROM v;
-- error: hasAny(): Array(Int64) and Array(Nullable(Nothing)) must both be of Nullable elements, or none: ClickHouse takes NULL for another value
-- case: arrays that both have NULL, and an empty one
SELECT id, hasAny(an, [NULL]), hasAny(an, [1, NULL]), hasAll(an, [NULL, 1]), hasSubstr(an, [1, NULL]), hasAny(ai, []), hasAll([], an), hasAny(an, []) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(cardinality(array_intersect(v.an, CAST(ARRAY[NULL] AS array(bigint)))) > 0 AS integer) AS "hasany(an, [null])",
  CAST(cardinality(array_intersect(v.an, CAST(ARRAY[1, NULL] AS array(bigint)))) > 0 AS integer) AS "hasany(an, [1, null])",
  CAST(cardinality(array_except(CAST(ARRAY[NULL, 1] AS array(bigint)), v.an)) = 0 AS integer) AS "hasall(an, [null, 1])",
  CAST(contains_sequence(v.an, CAST(ARRAY[1, NULL] AS array(bigint))) AS integer) AS "hassubstr(an, [1, null])",
  CAST(arrays_overlap(v.ai, CAST(ARRAY[] AS array(bigint))) AS integer) AS "hasany(ai, [])",
  CAST(cardinality(array_except(v.an, CAST(ARRAY[] AS array(bigint)))) = 0 AS integer) AS "hasall([], an)",
  CAST(cardinality(array_intersect(v.an, CAST(ARRAY[] AS array(bigint)))) > 0 AS integer) AS "hasany(an, [])"
FROM v
ORDER BY 1;
-- case: JSON by places in arrays and objects
SELECT id, JSONExtractString(js, 1), JSONExtractString(js, 2), JSONExtractRaw(js, 3), JSONExtractString(js, -1), JSONType(js, 4), JSONHas(js, 6), JSONHas(js, -6), JSONHas(js, -7), JSONLength(js, 3), JSONExtractInt(js, 1), JSONExtractFloat(js, 2), JSONExtractBool(js, 5) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(element_at(transform(ARRAY[json_format(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 1)), 1))], r -> CASE WHEN r = 'null' THEN NULL WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') WHEN regexp_like(r, '\A-?[0-9]+\.[0-9]+\z') THEN regexp_replace(r, '\.0\z', '') WHEN regexp_like(r, '\A-?[0-9.]+E') THEN element_at(transform(ARRAY[CAST(r AS double)], f -> regexp_replace(replace(lower(IF(is_finite(f), CASE WHEN CAST(format('%.14e', f) AS double) = f THEN format('%.14e', f) WHEN CAST(format('%.15e', f) AS double) = f THEN format('%.15e', f) ELSE CAST(f AS varchar) END, CAST(f AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END)), 1) ELSE r END), 1), '') AS "jsonextractstring(js, 1)",
  coalesce(element_at(transform(ARRAY[json_format(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 2)), 1))], r -> CASE WHEN r = 'null' THEN NULL WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') WHEN regexp_like(r, '\A-?[0-9]+\.[0-9]+\z') THEN regexp_replace(r, '\.0\z', '') WHEN regexp_like(r, '\A-?[0-9.]+E') THEN element_at(transform(ARRAY[CAST(r AS double)], f -> regexp_replace(replace(lower(IF(is_finite(f), CASE WHEN CAST(format('%.14e', f) AS double) = f THEN format('%.14e', f) WHEN CAST(format('%.15e', f) AS double) = f THEN format('%.15e', f) ELSE CAST(f AS varchar) END, CAST(f AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END)), 1) ELSE r END), 1), '') AS "jsonextractstring(js, 2)",
  element_at(transform(ARRAY[coalesce(json_format(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 3)), 1)), '')], r -> CASE WHEN r = '' THEN r WHEN regexp_like(r, '\A-?[0-9]+\.[0-9]+\z') THEN regexp_replace(r, '\.0\z', '') WHEN regexp_like(r, '\A-?[0-9.]+E') THEN element_at(transform(ARRAY[CAST(r AS double)], f -> regexp_replace(replace(lower(IF(is_finite(f), CASE WHEN CAST(format('%.14e', f) AS double) = f THEN format('%.14e', f) WHEN CAST(format('%.15e', f) AS double) = f THEN format('%.15e', f) ELSE CAST(f AS varchar) END, CAST(f AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END)), 1) ELSE r END), 1) AS "jsonextractraw(js, 3)",
  coalesce(element_at(transform(ARRAY[json_format(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), -1)), 1))], r -> CASE WHEN r = 'null' THEN NULL WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') WHEN regexp_like(r, '\A-?[0-9]+\.[0-9]+\z') THEN regexp_replace(r, '\.0\z', '') WHEN regexp_like(r, '\A-?[0-9.]+E') THEN element_at(transform(ARRAY[CAST(r AS double)], f -> regexp_replace(replace(lower(IF(is_finite(f), CASE WHEN CAST(format('%.14e', f) AS double) = f THEN format('%.14e', f) WHEN CAST(format('%.15e', f) AS double) = f THEN format('%.15e', f) ELSE CAST(f AS varchar) END, CAST(f AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END)), 1) ELSE r END), 1), '') AS "jsonextractstring(js, -1)",
  element_at(transform(ARRAY[coalesce(json_format(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 4)), 1)), '')], r -> CASE WHEN starts_with(r, '{') THEN 'Object' WHEN starts_with(r, '[') THEN 'Array' WHEN starts_with(r, '"') THEN 'String' WHEN r IN ('true', 'false') THEN 'Bool' WHEN NOT regexp_like(r, '\A-?[0-9]') THEN 'Null' WHEN NOT regexp_like(r, '\A-?[0-9]+\z') THEN 'Double' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '-9223372036854775808' AND DECIMAL '9223372036854775807' THEN 'Int64' WHEN TRY_CAST(r AS decimal(38,0)) BETWEEN DECIMAL '0' AND DECIMAL '18446744073709551615' THEN 'UInt64' ELSE 'Double' END), 1) AS "jsontype(js, 4)",
  CAST(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 6)), 1) IS NOT NULL AS integer) AS "jsonhas(js, 6)",
  CAST(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), -6)), 1) IS NOT NULL AS integer) AS "jsonhas(js, -6)",
  CAST(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), -7)), 1) IS NOT NULL AS integer) AS "jsonhas(js, -7)",
  coalesce(json_size(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 3)), 1), '$'), 0) AS "jsonlength(js, 3)",
  coalesce(element_at(transform(ARRAY[json_format(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 1)), 1))], r -> CASE WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+\z') THEN TRY_CAST(trim(BOTH '"' FROM r) AS bigint) WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\z') THEN TRY_CAST(truncate(CAST(trim(BOTH '"' FROM r) AS double)) AS bigint) END), 1), 0) AS "jsonextractint(js, 1)",
  coalesce(element_at(transform(ARRAY[json_format(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 2)), 1))], r -> CASE WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\z') THEN CAST(trim(BOTH '"' FROM r) AS double) END), 1), 0e0) AS "jsonextractfloat(js, 2)",
  CAST(coalesce(regexp_like(json_format(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 5)), 1)), '\A(true|-?[1-9][0-9]{0,18}|1[0-9]{19})\z'), false) AS integer) AS "jsonextractbool(js, 5)"
FROM v
ORDER BY 1;
-- case: JSON by places below keys
SELECT id, JSONExtractRaw(js, 3, 'three'), JSONExtractRaw(js, 3, 1), JSONExtractString(js, 'd', 1), JSONExtractRaw(js, 'd', 1, 'z', -1), JSONExtractKeys(js, 4), JSONExtractInt(js, 'c', -1), JSONExtract(js, 'c', 2, 'Int64'), JSONExtract(js, 3, 'Array(Int64)') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  element_at(transform(ARRAY[coalesce(json_format(json_extract(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 3)), 1), '$["three"]')), '')], r -> CASE WHEN r = '' THEN r WHEN regexp_like(r, '\A-?[0-9]+\.[0-9]+\z') THEN regexp_replace(r, '\.0\z', '') WHEN regexp_like(r, '\A-?[0-9.]+E') THEN element_at(transform(ARRAY[CAST(r AS double)], f -> regexp_replace(replace(lower(IF(is_finite(f), CASE WHEN CAST(format('%.14e', f) AS double) = f THEN format('%.14e', f) WHEN CAST(format('%.15e', f) AS double) = f THEN format('%.15e', f) ELSE CAST(f AS varchar) END, CAST(f AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END)), 1) ELSE r END), 1) AS "jsonextractraw(js, 3, 'three')",
  element_at(transform(ARRAY[coalesce(json_format(element_at(transform(ARRAY[element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 3)), 1)], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 1)), 1)), '')], r -> CASE WHEN r = '' THEN r WHEN regexp_like(r, '\A-?[0-9]+\.[0-9]+\z') THEN regexp_replace(r, '\.0\z', '') WHEN regexp_like(r, '\A-?[0-9.]+E') THEN element_at(transform(ARRAY[CAST(r AS double)], f -> regexp_replace(replace(lower(IF(is_finite(f), CASE WHEN CAST(format('%.14e', f) AS double) = f THEN format('%.14e', f) WHEN CAST(format('%.15e', f) AS double) = f THEN format('%.15e', f) ELSE CAST(f AS varchar) END, CAST(f AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END)), 1) ELSE r END), 1) AS "jsonextractraw(js, 3, 1)",
  coalesce(element_at(transform(ARRAY[json_format(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["d"]')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 1)), 1))], r -> CASE WHEN r = 'null' THEN NULL WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') WHEN regexp_like(r, '\A-?[0-9]+\.[0-9]+\z') THEN regexp_replace(r, '\.0\z', '') WHEN regexp_like(r, '\A-?[0-9.]+E') THEN element_at(transform(ARRAY[CAST(r AS double)], f -> regexp_replace(replace(lower(IF(is_finite(f), CASE WHEN CAST(format('%.14e', f) AS double) = f THEN format('%.14e', f) WHEN CAST(format('%.15e', f) AS double) = f THEN format('%.15e', f) ELSE CAST(f AS varchar) END, CAST(f AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END)), 1) ELSE r END), 1), '') AS "jsonextractstring(js, 'd', 1)",
  element_at(transform(ARRAY[coalesce(json_format(element_at(transform(ARRAY[json_extract(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["d"]')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 1)), 1), '$["z"]')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), -1)), 1)), '')], r -> CASE WHEN r = '' THEN r WHEN regexp_like(r, '\A-?[0-9]+\.[0-9]+\z') THEN regexp_replace(r, '\.0\z', '') WHEN regexp_like(r, '\A-?[0-9.]+E') THEN element_at(transform(ARRAY[CAST(r AS double)], f -> regexp_replace(replace(lower(IF(is_finite(f), CASE WHEN CAST(format('%.14e', f) AS double) = f THEN format('%.14e', f) WHEN CAST(format('%.15e', f) AS double) = f THEN format('%.15e', f) ELSE CAST(f AS varchar) END, CAST(f AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END)), 1) ELSE r END), 1) AS "jsonextractraw(js, 'd', 1, 'z', -1)",
  coalesce(map_keys(TRY_CAST(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 4)), 1) AS map(varchar, json))), CAST(ARRAY[] AS array(varchar))) AS "jsonextractkeys(js, 4)",
  coalesce(element_at(transform(ARRAY[json_format(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["c"]')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), -1)), 1))], r -> CASE WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+\z') THEN TRY_CAST(trim(BOTH '"' FROM r) AS bigint) WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\z') THEN TRY_CAST(truncate(CAST(trim(BOTH '"' FROM r) AS double)) AS bigint) END), 1), 0) AS "jsonextractint(js, 'c', -1)",
  coalesce(element_at(transform(ARRAY[json_format(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$["c"]')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 2)), 1))], r -> CASE WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+\z') THEN TRY_CAST(trim(BOTH '"' FROM r) AS bigint) WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\z') THEN TRY_CAST(truncate(CAST(trim(BOTH '"' FROM r) AS double)) AS bigint) WHEN r IN ('true', 'false') THEN IF(r = 'true', 1, 0) END), 1), 0) AS "jsonextract(js, 'c', 2, 'int64')",
  coalesce(transform(IF(none_match(transform(TRY_CAST(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 3)), 1) AS array(json)), e -> coalesce(json_format(e), 'null')), r -> (CASE WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+\z') THEN TRY_CAST(trim(BOTH '"' FROM r) AS bigint) WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\z') THEN TRY_CAST(truncate(CAST(trim(BOTH '"' FROM r) AS double)) AS bigint) WHEN r IN ('true', 'false') THEN IF(r = 'true', 1, 0) END) IS NOT NULL), NULL, transform(transform(TRY_CAST(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.js)) IS NOT NULL, v.js), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 3)), 1) AS array(json)), e -> coalesce(json_format(e), 'null')), r -> CASE WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+\z') THEN TRY_CAST(trim(BOTH '"' FROM r) AS bigint) WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\z') THEN TRY_CAST(truncate(CAST(trim(BOTH '"' FROM r) AS double)) AS bigint) WHEN r IN ('true', 'false') THEN IF(r = 'true', 1, 0) END)), i -> coalesce(i, 0)), CAST(ARRAY[] AS array(bigint))) AS "jsonextract(js, 3, 'array(int64)')"
FROM v
ORDER BY 1;
-- case: JSON by place 0
SELECT JSONExtractString(js, 0) FROM v;
-- error: JSONExtractString(): an index must be a constant number, and not 0
-- case: JSON in a dictionary
SELECT id, JSONExtractString(lc, 'a'), JSONHas(lc, 1), JSONExtractRaw(lc, 2), JSONExtractInt(lc, 'a') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.lc)) IS NOT NULL, v.lc), '$["a"]'))], r -> CASE WHEN r = 'null' THEN NULL WHEN starts_with(r, '"') THEN json_extract_scalar(r, '$') WHEN regexp_like(r, '\A-?[0-9]+\.[0-9]+\z') THEN regexp_replace(r, '\.0\z', '') WHEN regexp_like(r, '\A-?[0-9.]+E') THEN element_at(transform(ARRAY[CAST(r AS double)], f -> regexp_replace(replace(lower(IF(is_finite(f), CASE WHEN CAST(format('%.14e', f) AS double) = f THEN format('%.14e', f) WHEN CAST(format('%.15e', f) AS double) = f THEN format('%.15e', f) ELSE CAST(f AS varchar) END, CAST(f AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END)), 1) ELSE r END), 1), '') AS "jsonextractstring(lc, 'a')",
  CAST(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.lc)) IS NOT NULL, v.lc), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 1)), 1) IS NOT NULL AS integer) AS "jsonhas(lc, 1)",
  element_at(transform(ARRAY[coalesce(json_format(element_at(transform(ARRAY[json_extract(IF(TRY(json_parse(v.lc)) IS NOT NULL, v.lc), '$')], j -> element_at(coalesce(TRY_CAST(j AS array(json)), map_values(TRY_CAST(j AS map(varchar, json)))), 2)), 1)), '')], r -> CASE WHEN r = '' THEN r WHEN regexp_like(r, '\A-?[0-9]+\.[0-9]+\z') THEN regexp_replace(r, '\.0\z', '') WHEN regexp_like(r, '\A-?[0-9.]+E') THEN element_at(transform(ARRAY[CAST(r AS double)], f -> regexp_replace(replace(lower(IF(is_finite(f), CASE WHEN CAST(format('%.14e', f) AS double) = f THEN format('%.14e', f) WHEN CAST(format('%.15e', f) AS double) = f THEN format('%.15e', f) ELSE CAST(f AS varchar) END, CAST(f AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END)), 1) ELSE r END), 1) AS "jsonextractraw(lc, 2)",
  coalesce(element_at(transform(ARRAY[json_format(json_extract(IF(TRY(json_parse(v.lc)) IS NOT NULL, v.lc), '$["a"]'))], r -> CASE WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+\z') THEN TRY_CAST(trim(BOTH '"' FROM r) AS bigint) WHEN regexp_like(trim(BOTH '"' FROM r), '\A[+-]?[0-9]+(\.[0-9]*)?([eE][+-]?[0-9]+)?\z') THEN TRY_CAST(truncate(CAST(trim(BOTH '"' FROM r) AS double)) AS bigint) END), 1), 0) AS "jsonextractint(lc, 'a')"
FROM v
ORDER BY 1;
-- case: www behind odd schemes
SELECT arrayMap(u -> cutWWW(u), ['://www.x.de', '1://www.x.de', '+://www.x', './/www.x', 'a.b//www.x', 'c://www.x', 'c//www.x', 'abc//www.x', '1//www.x', '1a://www.x', 'http:x//www.x', ' //www.x', 'ß//www.x', '///www.x', 'c//a@www.x']) AS urls;
-- trino
SELECT
  transform(ARRAY['://www.x.de', '1://www.x.de', '+://www.x', './/www.x', 'a.b//www.x', 'c://www.x', 'c//www.x', 'abc//www.x', '1//www.x', '1a://www.x', 'http:x//www.x', ' //www.x', 'ß//www.x', '///www.x', 'c//a@www.x'], u -> regexp_replace(u, '(?s)^(?>(//|[A-Za-z][0-9A-Za-z.+\-]*://|[\x00-\x7f]//))((?:[^/?#:]*@)?+)www\.(?=.)', '$1$2')) AS urls;
-- case: a key with a constant condition in totals
SELECT if(0, country, 'x') AS k, count() FROM events GROUP BY k WITH TOTALS;
-- error: A constant key of ROLLUP, CUBE, GROUPING SETS or WITH TOTALS is not supported, nor one with a constant condition
-- case: a key that is the same for all rows in ROLLUP
SELECT toTypeName(country) AS k, count() FROM events GROUP BY ROLLUP(k);
-- error: A constant key of ROLLUP, CUBE, GROUPING SETS or WITH TOTALS is not supported, nor one with a constant condition
-- case: keys with conditions in totals
SELECT multiIf(country = 'DE', 'de', country = 'US', 'us', 'x') AS k, arrayMap(x -> if(x > 1, 'a', 'b'), [amount]) AS j, count() FROM events GROUP BY k, j WITH TOTALS ORDER BY k, j;
-- trino
SELECT
  coalesce(group_key1, '') AS k,
  coalesce(group_key2, CAST(ARRAY[] AS array(varchar))) AS j,
  count(*) AS "count()",
  grouping(group_key1) AS __totals
FROM (
  SELECT events.*, CASE WHEN events.country = 'DE' THEN 'de' WHEN events.country = 'US' THEN 'us' ELSE 'x' END AS group_key1, transform(ARRAY[events.amount], x -> IF(x > 1, 'a', 'b')) AS group_key2
  FROM events
) AS events
GROUP BY GROUPING SETS ((group_key1, group_key2), ())
ORDER BY 1, 2;
-- case: names of scalar subqueries beside subqueries in FROM
SELECT x, (SELECT max(id) FROM v) FROM (SELECT id AS x FROM v WHERE id IN (SELECT 1 FROM (SELECT 1)));
-- trino
SELECT
  subquery2.x,
  (SELECT coalesce(max(v.id), 0) AS "max(id)"
  FROM v) AS _subquery_4
FROM (
  SELECT v.id AS x
  FROM v
  WHERE v.id IN (
    SELECT 1 AS "1"
    FROM (
      SELECT 1 AS "1"
    ) AS subquery1
  )
) AS subquery2;
-- case: names of scalar subqueries beside CTEs
WITH a AS (SELECT 1 AS x), b AS (SELECT x FROM a) SELECT b.x, (SELECT max(x) FROM a), 100 * b.x / (SELECT sum(x) FROM b) FROM b JOIN a ON a.x = b.x;
-- trino
WITH a AS (
  SELECT 1 AS x
),
b AS (
  SELECT a.x
  FROM a
)
SELECT
  b.x,
  (SELECT coalesce(max(a.x), 0) AS "max(x)"
  FROM a) AS _subquery_4,
  CAST(BIGINT '100' * b.x AS double) / CAST((SELECT coalesce(sum(b.x), 0) AS "sum(x)"
  FROM b) AS double) AS "divide(multiply(100, x), _subquery_6)"
FROM b
JOIN a
  ON a.x = b.x;
-- case: names of scalar subqueries that aliases stand for
WITH (SELECT max(id) FROM v) AS m SELECT id, m + 1, (SELECT 2), m * 2, exists(SELECT 1), (SELECT 3) AS y, y + (SELECT 4) FROM (SELECT id FROM v WHERE id = m);
-- trino
SELECT
  subquery1.id,
  (SELECT coalesce(max(v.id), 0) AS "max(id)"
  FROM v) + 1 AS "plus(m, 1)",
  (SELECT 2 AS "2") AS _subquery_4,
  (SELECT coalesce(max(v.id), 0) AS "max(id)"
  FROM v) * 2 AS "multiply(m, 2)",
  CAST(EXISTS (SELECT 1 AS "1") AS integer) AS "in(1, _subquery_6)",
  (SELECT 3 AS "3") AS y,
  CAST((SELECT 3 AS "3") AS bigint) + (SELECT 4 AS "4") AS "plus(y, _subquery_10)"
FROM (
  SELECT v.id
  FROM v
  WHERE v.id = (SELECT coalesce(max(v.id), 0) AS "max(id)"
  FROM v)
) AS subquery1;
-- case: a scalar subquery without a name below a star
SELECT * FROM (SELECT (SELECT 1));
-- error: A scalar subquery without a name below * is not supported: name it with AS
-- case: scalar subqueries of arrays, maps and dictionaries
SELECT (SELECT tags FROM events ORDER BY event_id LIMIT 1) AS a, (SELECT attributes FROM events ORDER BY event_id DESC LIMIT 1) AS b, (SELECT lc FROM v WHERE id = 3) AS c, (SELECT groupArray(s) FROM nothing) AS d, (SELECT id, s FROM v WHERE id = 3) AS e;
-- trino
SELECT
  coalesce((SELECT events.tags
  FROM events
  ORDER BY events.event_id
  LIMIT 1), element_at(transform(ARRAY[CAST('A scalar subquery has no rows' AS bigint)], x -> CAST(NULL AS array(varchar))), 1)) AS a,
  coalesce((SELECT events.attributes
  FROM events
  ORDER BY events.event_id DESC
  LIMIT 1), element_at(transform(ARRAY[CAST('A scalar subquery has no rows' AS bigint)], x -> CAST(NULL AS map(varchar,varchar))), 1)) AS b,
  coalesce((SELECT v.lc
  FROM v
  WHERE v.id = 3), element_at(transform(ARRAY[CAST('A scalar subquery has no rows' AS bigint)], x -> CAST(NULL AS varchar)), 1)) AS c,
  (SELECT
    coalesce(array_agg(nothing.s), CAST(ARRAY[] AS array(varchar))) AS "grouparray(s)"
  FROM nothing) AS d,
  coalesce((SELECT CAST(ROW(id, s) AS row(id bigint, s varchar))
  FROM (
    SELECT v.id, v.s
    FROM v
    WHERE v.id = 3
  ) AS scalar1), element_at(transform(ARRAY[CAST('A scalar subquery has no rows' AS bigint)], x -> CAST(NULL AS row(id bigint, s varchar))), 1)) AS e;
-- case: fields of a scalar tuple without rows
SELECT (SELECT tup FROM v WHERE id = 1000).1 AS a, (SELECT tup FROM v WHERE id = 3).1 AS b, (SELECT (max(id), max(s)) FROM nothing).1 AS c;
-- trino
SELECT
  (SELECT v.tup
  FROM v
  WHERE v.id = 1000)[1] AS a,
  (SELECT v.tup
  FROM v
  WHERE v.id = 3)[1] AS b,
  (SELECT
    ROW(coalesce(max(nothing.id), 0), coalesce(max(nothing.s), '')) AS "(max(id), max(s))"
  FROM nothing)[1] AS c;
-- case: a key with literals twice
SELECT attributes['plan'] AS p, if(amount > 5, 'a', 'b'), count() FROM events GROUP BY attributes['plan'], if(amount > 5, 'a', 'b') ORDER BY p, 2;
-- trino
SELECT
  coalesce(element_at(events.attributes, 'plan'), '') AS p,
  IF(events.amount > 5, 'a', 'b') AS "if(greater(amount, 5), 'a', 'b')",
  count(*) AS "count()"
FROM events
GROUP BY coalesce(element_at(events.attributes, 'plan'), ''), IF(events.amount > 5, 'a', 'b')
ORDER BY 1, 2;
-- case: GROUP BY ALL beside aggregates in one expression
SELECT upper(country) AS c, if(count() > 3, action, 'few') AS f, sum(amount) / count() + 1 AS x, toString(amount) || toString(count()) AS y FROM events GROUP BY ALL ORDER BY c, f, y;
-- trino
SELECT
  translate(events.country, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') AS c,
  IF(count(*) > 3, events.action, 'few') AS f,
  (CAST(sum(events.amount) AS double) / CAST(count(*) AS double)) + 1.0e0 AS x,
  concat(CAST(events.amount AS varchar), CAST(count(*) AS varchar)) AS y
FROM events
GROUP BY translate(events.country, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), events.action, CAST(events.amount AS varchar)
ORDER BY 1, 2, 4;
-- case: elements of a tuple that is a key
SELECT (country, action) AS t, country, count() FROM events GROUP BY t HAVING country <> '' ORDER BY t;
-- trino
SELECT
  ROW(events.country, events.action) AS t,
  events.country,
  count(*) AS "count()"
FROM events
GROUP BY events.country, events.action
HAVING events.country <> ''
ORDER BY 1;
-- case: order of arrays with NULL
SELECT id, an FROM v ORDER BY an, id;
-- trino
SELECT v.id, v.an
FROM v
ORDER BY transform(v.an, x -> ROW(IF(x IS NULL, 1, 0), coalesce(x, 0))), 1;
-- case: order of arrays with NULL, descending
SELECT id, an FROM v ORDER BY arrayReverse(an) DESC, id;
-- trino
SELECT v.id, v.an
FROM v
ORDER BY transform(reverse(v.an), x -> ROW(IF(x IS NULL, 0, 1), coalesce(x, 0))) DESC, 1;
-- case: order of arrays with NULL first
SELECT id, an FROM v ORDER BY an DESC NULLS FIRST, id;
-- trino
SELECT v.id, v.an
FROM v
ORDER BY transform(v.an, x -> ROW(IF(x IS NULL, 1, 0), coalesce(x, 0))) DESC NULLS FIRST, 1;
-- case: order of maps
SELECT id, mi, ms FROM v ORDER BY mi DESC, ms, id;
-- trino
SELECT v.id, v.mi, v.ms
FROM v
ORDER BY map_entries(v.mi) DESC, map_entries(v.ms), 1;
