-- What random queries found (fuzz_queries.py).

-- case: a NULL among no rows, and NULLs in tuples
SELECT id, ns IN (SELECT s FROM nothing) AS a, ns NOT IN (SELECT s FROM nothing) AS b, (ni, ns) IN (SELECT ni, ns FROM v) AS c, (ni, s) NOT IN (SELECT ni, s FROM v) AS d FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(IF(v.ns IS NOT NULL, v.ns IN (
    SELECT nothing.s
    FROM nothing
  )) AS integer) AS a,
  CAST(IF(v.ns IS NOT NULL, v.ns NOT IN (
    SELECT nothing.s
    FROM nothing
  )) AS integer) AS b,
  CAST((ROW(v.ni, v.ns)[1] IS NOT NULL AND ROW(v.ni, v.ns)[2] IS NOT NULL AND CAST(ROW(v.ni, v.ns) AS row("f1" bigint, "f2" varchar)) IN (
    SELECT CAST(ni AS bigint) AS f1, CAST(ns AS varchar) AS f2 FROM (
      SELECT v.ni, v.ns
      FROM v
    ) AS s
    WHERE ni IS NOT NULL AND ns IS NOT NULL
  )) AS integer) AS c,
  CAST(NOT (ROW(v.ni, v.s)[1] IS NOT NULL AND CAST(ROW(v.ni, v.s) AS row("f1" bigint, "f2" varchar)) IN (
    SELECT CAST(ni AS bigint) AS f1, CAST(s AS varchar) AS f2 FROM (
      SELECT v.ni, v.s
      FROM v
    ) AS s
    WHERE ni IS NOT NULL
  )) AS integer) AS d
FROM v
ORDER BY 1;

-- case: an expression that ends in a column's name keeps its alias
SELECT price, more FROM (SELECT id + u8 AS price, (i8 >= u8) AS u8, u8 AS more FROM v) ORDER BY ALL;
-- trino
SELECT subquery1.price, CAST(subquery1.more AS integer) AS more
FROM (
  SELECT
    v.id + CAST(v.i8 >= v.u8 AS bigint) AS price,
    v.i8 >= v.u8 AS u8,
    v.i8 >= v.u8 AS more
  FROM v
) AS subquery1
ORDER BY 1, 2;

-- case: a lambda that reads a column is no constant
SELECT arrayCount(x -> x > version, [1, 2, 3]) AS n, count() FROM events GROUP BY n ORDER BY n;
-- trino
SELECT
  cardinality(filter(ARRAY[1, 2, 3], x -> x > events.version)) AS n,
  count(*) AS "count()"
FROM events
GROUP BY cardinality(filter(ARRAY[1, 2, 3], x -> x > events.version))
ORDER BY 1;

-- case: a lambda's parameter named as the table
SELECT arrayFilter(x -> x != action, tags) AS other, count() FROM events AS x GROUP BY other ORDER BY other;
-- trino
SELECT filter(x.tags, x_1 -> x_1 <> x.action) AS other, count(*) AS "count()"
FROM events AS x
GROUP BY filter(x.tags, x_1 -> x_1 <> x.action)
ORDER BY 1;

-- case: a column named as the table, beside its columns in ORDER BY
SELECT amount AS e FROM events AS e ORDER BY e.event_id DESC LIMIT 5;
-- trino
SELECT e.amount AS e_2
FROM events AS e
ORDER BY e.event_id DESC
LIMIT 5;

-- case: LIMIT BY in the order of a window function
SELECT action, row_number() OVER (ORDER BY event_id) AS r FROM events ORDER BY r LIMIT 2 BY action;
-- trino
SELECT limited1.action, limited1.r
FROM (
  SELECT
    windowed1.action,
    windowed1.r,
    row_number() OVER (PARTITION BY windowed1.action ORDER BY windowed1.r) AS number_in_group
  FROM (
    SELECT events.action, row_number() OVER (ORDER BY events.event_id) AS r
    FROM events
  ) AS windowed1
) AS limited1
WHERE limited1.number_in_group <= 2
ORDER BY 2;

-- case: a rank by an aggregate, GROUP BY ALL
SELECT country, rank() OVER (ORDER BY count() DESC, country) AS r FROM events GROUP BY ALL ORDER BY r;
-- trino
SELECT events.country, rank() OVER (ORDER BY count(*) DESC, events.country) AS r
FROM events
GROUP BY events.country
ORDER BY 2;

-- case: dictionaries under conditions
SELECT if(id > 2, lc, lc) AS a, multiIf(id > 2, lc, lc) AS b, coalesce(lc, lc) AS c, ifNull(lc, 'x') AS d, isNull(lc) AS e, CASE lc WHEN 'red' THEN 'A' ELSE 'B' END AS f, CASE id WHEN 1 THEN lc ELSE lc END AS g, greatest(lc, lc) AS h FROM v ORDER BY id;
-- trino
SELECT
  IF(v.id > 2, v.lc, v.lc) AS a,
  CASE WHEN v.id > 2 THEN v.lc ELSE v.lc END AS b,
  v.lc AS c,
  v.lc AS d,
  CAST(false AS integer) AS e,
  CASE WHEN v.lc = 'red' THEN 'A' ELSE 'B' END AS f,
  CASE WHEN v.id = 1 THEN v.lc ELSE v.lc END AS g,
  greatest(v.lc, v.lc) AS h
FROM v
ORDER BY v.id;

-- case: an interval of a number that may be NULL
SELECT id, dt + toIntervalDay(nullIf(id % 3, 1)) AS a FROM v WHERE dt < '2100-01-01 00:00:00' ORDER BY id;
-- trino
SELECT
  v.id,
  date_add('day', IF(mod(v.id, 3) = 1, NULL, mod(v.id, 3)), v.dt) AS a
FROM v
WHERE v.dt < TIMESTAMP '2100-01-01 00:00:00.000'
ORDER BY 1;

-- case: -Array over empty arrays
SELECT id % 5 AS k, sumArray(ai) AS a, maxArray(ai) AS b, countArray(ai) AS c FROM v WHERE empty(ai) GROUP BY k ORDER BY k;
-- trino
SELECT
  mod(v.id, 5) AS k,
  coalesce(sum(reduce(v.ai, CAST(NULL AS bigint), (total, item) -> coalesce(total + item, total, item), total -> total)), 0) AS a,
  coalesce(max(array_max(v.ai)), 0) AS b,
  coalesce(sum(cardinality(filter(v.ai, item -> item IS NOT NULL))), 0) AS c
FROM v
WHERE cardinality(v.ai) = 0
GROUP BY mod(v.id, 5)
ORDER BY 1;

-- case: GROUP BY ALL of aggregates
SELECT count() FROM events GROUP BY ALL;
-- error: GROUP BY ALL of aggregates only is not supported: leave it out

-- case: an empty set without aggregates
SELECT action FROM events GROUP BY GROUPING SETS ((action), ());
-- error: An empty set of GROUPING SETS is not supported without an aggregate function

-- case: arrayJoin beside QUALIFY
SELECT arrayJoin(tags) AS tag FROM events QUALIFY count() OVER (PARTITION BY user_id) > 1;
-- error: arrayJoin() beside QUALIFY is not supported: use ARRAY JOIN in a subquery

-- case: a tuple with NULLs among tuples
SELECT id, (ni, ns) IN ((5, ''), (0, 'x')) AS a, (ni, ns) NOT IN ((5, ''), (0, 'x')) AS b FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(coalesce(ROW(v.ni, v.ns) IN (ROW(5, ''), ROW(0, 'x')), false) AS integer) AS a,
  CAST(coalesce(ROW(v.ni, v.ns) NOT IN (ROW(5, ''), ROW(0, 'x')), true) AS integer) AS b
FROM v
ORDER BY 1;

-- case: a key that is the number 0
SELECT ignore(id) AS k, count() FROM v GROUP BY k ORDER BY ignore(k);
-- trino
SELECT 0 AS k, count(*) AS "count()"
FROM v
GROUP BY ()
HAVING count(*) > 0;

-- case: two counts that are NULL of no rows
SELECT id % 3 AS k, uniqCombined(nu8) AS a, uniqCombinedIf(ni, u8 > 250) AS c, uniqCombinedOrNull(ni, u8) AS d FROM v WHERE id % 5 > 2 OR ni IS NULL GROUP BY k ORDER BY k;
-- trino
SELECT
  mod(v.id, 3) AS k,
  nullif(count(DISTINCT v.nu8), 0) AS a,
  nullif(count(DISTINCT v.ni) FILTER (WHERE v.u8 > 250), 0) AS c,
  nullif(count(DISTINCT ROW(v.ni, v.u8)) FILTER (WHERE v.ni IS NOT NULL), 0) AS d
FROM v
WHERE ((mod(v.id, 5) > 2) OR (v.ni IS NULL))
GROUP BY mod(v.id, 3)
ORDER BY 1;

-- case: a count of no rows that meet the condition is 0 of some, NULL of none
SELECT countIfOrNull(id, u8 > 300) FROM v;
-- error: count(): -IfOrNull is not supported here: use -OrNullIf

-- case: NULL is equal to NULL in CASE
SELECT id, CASE ni WHEN nu8 THEN 'same' WHEN NULL THEN 'none' END AS a, CASE ns WHEN 'abc' THEN 1 WHEN nullIf(s, s) THEN 2 ELSE 0 END AS c, CASE u8 WHEN nu8 THEN 1 ELSE 2 END AS d FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CASE WHEN v.ni IS NOT DISTINCT FROM v.nu8 THEN 'same' WHEN v.ni IS NOT DISTINCT FROM NULL THEN 'none' END AS a,
  CASE WHEN v.ns = 'abc' THEN 1 WHEN v.ns IS NOT DISTINCT FROM IF(v.s = v.s, NULL, v.s) THEN 2 ELSE 0 END AS c,
  CASE WHEN v.u8 = v.nu8 THEN 1 ELSE 2 END AS d
FROM v
ORDER BY 1;

-- case: a Bool beside a number that may be another one
SELECT if(id > 3, b, u8) FROM v;
-- error: if(): of Bool beside UInt8 is not supported: use toBool()

-- case: a truth beside a number in a tuple
SELECT id, (u8 > 3, s) IN ((1, 'abc'), (0, 'b')) AS a, (id > 1, s) = (1, 'abc') AS c, [u8 > 3, b] = [1, 0] AS d FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST((CAST(ROW(v.u8 > 3, v.s) AS row("f1" bigint, "f2" varchar)) = CAST(ROW(1, 'abc') AS row("f1" bigint, "f2" varchar)) OR CAST(ROW(v.u8 > 3, v.s) AS row("f1" bigint, "f2" varchar)) = CAST(ROW(0, 'b') AS row("f1" bigint, "f2" varchar))) AS integer) AS a,
  CAST(CAST(ROW(v.id > 1, v.s) AS row("f1" bigint, "f2" varchar)) = CAST(ROW(1, 'abc') AS row("f1" bigint, "f2" varchar)) AS integer) AS c,
  CAST(ARRAY[CAST(v.u8 > 3 AS bigint), CAST(v.b AS bigint)] = ARRAY[1, 0] AS integer) AS d
FROM v
ORDER BY 1;

-- case: keys of sets with literals, twice the same
SELECT CASE s WHEN 'abc' THEN 'A' ELSE 'B' END AS k, lc AS l, count() AS n FROM v GROUP BY CASE s WHEN 'abc' THEN 'A' ELSE 'B' END, l WITH ROLLUP ORDER BY k, l, n;
-- trino
SELECT coalesce(group_key1, '') AS k, coalesce(v.lc, '') AS l, count(*) AS n
FROM (
  SELECT v.*, CASE WHEN v.s = 'abc' THEN 'A' ELSE 'B' END AS group_key1
  FROM v
) AS v
GROUP BY GROUPING SETS ((group_key1, v.lc), (group_key1), ())
HAVING count(*) > 0
ORDER BY 1, 2, 3;

-- case: keys of sets with other literals
SELECT CASE lc WHEN 'x' THEN 'A' ELSE 'B' END AS k, lc AS l, count() AS n FROM v GROUP BY CASE lc WHEN 'x' THEN 'A' ELSE 'C' END, l WITH ROLLUP ORDER BY k, l, n;
-- trino
SELECT
  CASE WHEN coalesce(v.lc, '') = 'x' THEN 'A' ELSE 'B' END AS k,
  coalesce(v.lc, '') AS l,
  count(*) AS n
FROM (
  SELECT v.*, CASE WHEN v.lc = 'x' THEN 'A' ELSE 'C' END AS group_key1
  FROM v
) AS v
GROUP BY GROUPING SETS ((group_key1, v.lc), (group_key1), ())
HAVING count(*) > 0
ORDER BY 1, 2, 3;

-- case: a key twice in sets
SELECT u8 % 3 AS k, u8 % 3 AS m, count() AS n FROM v GROUP BY k, u8 % 3 WITH ROLLUP ORDER BY k, n;
-- trino
SELECT coalesce(group_key1, 0) AS k, coalesce(group_key1, 0) AS m, count(*) AS n
FROM (
  SELECT v.*, mod(CAST(v.u8 AS bigint), 3) AS group_key1
  FROM v
) AS v
GROUP BY GROUPING SETS ((group_key1), ())
HAVING count(*) > 0
ORDER BY 1, 3;

-- case: two keys that are the same on Athena
SELECT coalesce(s, 'z') AS k, s, count() FROM v GROUP BY k, s WITH ROLLUP;
-- error: ROLLUP, CUBE, GROUPING SETS and WITH TOTALS of two keys that are the same on Athena are not supported

-- case: the alias of what is made of a key, in ORDER BY
SELECT u8 % 3 AS k, toString(k) AS m, count() AS n FROM v GROUP BY k WITH ROLLUP ORDER BY m DESC, n;
-- trino
SELECT
  coalesce(group_key1, 0) AS k,
  CAST(coalesce(group_key1, 0) AS varchar) AS m,
  count(*) AS n
FROM (
  SELECT v.*, mod(CAST(v.u8 AS bigint), 3) AS group_key1
  FROM v
) AS v
GROUP BY GROUPING SETS ((group_key1), ())
HAVING count(*) > 0
ORDER BY 2 DESC, 3;

-- case: the array that gives its joined elements their name
SELECT id, count() OVER () AS n, arrayJoin(ai) AS ai FROM v ORDER BY id, ai;
-- trino
SELECT grouped1.column1 AS id, grouped1.column2 AS n, unnested1.item AS ai
FROM (
  SELECT v.id AS column1, count(*) OVER () AS column2, v.ai AS column3
  FROM v
) AS grouped1
CROSS JOIN UNNEST(grouped1.column3) AS unnested1 (item)
ORDER BY 1, 3;

-- case: arrayJoin() behind a window, beside QUALIFY
SELECT count() OVER () AS n, arrayJoin(ai) AS x FROM v QUALIFY id;
-- error: arrayJoin() beside QUALIFY is not supported: use ARRAY JOIN in a subquery

-- case: a window function in WHERE
SELECT rank() OVER (ORDER BY id) AS n FROM v WHERE 1 = 2 AND n > 1;
-- error: A window function is in WHERE: it is calculated later, use QUALIFY

-- case: a window function in a lambda
SELECT last_value(id) OVER (PARTITION BY u8 ORDER BY id) AS f, arrayCount(x -> x > f, [id]) FROM v;
-- error: arrayCount(): aggregates, windows and subqueries in a lambda are not supported

-- case: a truth through functions that give back their argument
SELECT id, materialize(isIPv6String(s)) AS a, identity(u8 > 3) + 1 AS c, materialize(nu8) AS d FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(IF(v.s IS NULL, NULL, (regexp_like(v.s, '^[^%]*:[^%]*$') AND TRY_CAST(v.s AS ipaddress) IS NOT NULL)) AS integer) AS a,
  CAST(v.u8 > 3 AS bigint) + 1 AS c,
  v.nu8 AS d
FROM v
ORDER BY 1;

-- case: nothing divided, or divided by nothing
SELECT id, intDivOrZero(ni, u8) AS a, intDivOrZero(u8, nu8) AS c FROM v WHERE ni BETWEEN -100 AND 100 OR ni IS NULL ORDER BY id;
-- trino
SELECT
  v.id,
  IF(v.u8 = 0 AND v.ni IS NOT NULL, 0, v.ni / CAST(nullif(v.u8, 0) AS bigint)) AS a,
  IF(v.nu8 = 0, 0, CAST(v.u8 AS bigint) / CAST(nullif(v.nu8, 0) AS bigint)) AS c
FROM v
WHERE (((v.ni >= (-100)) AND (v.ni <= 100)) OR (v.ni IS NULL))
ORDER BY 1;

-- case: bounds that are none
SELECT id, widthBucket(i8, 10, 0, 3) AS a, widthBucket(i8, f32, u8, 4) AS c, widthBucket(nu8, nf, 5, 4) AS d, widthBucket(i8, 0, 10, b) AS e FROM v WHERE b AND isFinite(f32) AND isFinite(ifNull(nf, 0)) ORDER BY id;
-- trino
SELECT
  v.id,
  IF(10.0e0 >= 0.0e0, 0, width_bucket(CAST(v.i8 AS double), 10.0e0, 0.0e0, BIGINT '3')) AS a,
  IF(CAST(v.f32 AS double) >= CAST(v.u8 AS double), 0, width_bucket(CAST(v.i8 AS double), CAST(v.f32 AS double), CAST(v.u8 AS double), BIGINT '4')) AS c,
  IF(v.nf >= 5.0e0 AND CAST(v.nu8 AS double) IS NOT NULL AND v.nf IS NOT NULL, 0, width_bucket(CAST(v.nu8 AS double), v.nf, 5.0e0, BIGINT '4')) AS d,
  width_bucket(CAST(v.i8 AS double), 0.0e0, 10.0e0, CAST(v.b AS bigint)) AS e
FROM v
WHERE v.b
  AND is_finite(CAST(v.f32 AS double))
  AND is_finite(coalesce(v.nf, 0.0e0))
ORDER BY 1;

-- case: a time as a Float32
SELECT id, toFloat32(dt) AS a, toFloat32(dt3) % 7 AS c, toFloat32(d) AS e FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', v.dt) AS real) AS a,
  mod(CAST(CAST(CAST(date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', v.dt3) AS double) / 1e3 AS real) AS double), 7.0e0) AS c,
  CAST(date_diff('day', DATE '1970-01-01', v.d) AS real) AS e
FROM v
ORDER BY 1;

-- case: weights whose sum is 0
SELECT id % 3 AS k, avgWeighted(u8, u8 * 0) AS a, avgWeighted(i8, i16 - i16) AS c FROM v GROUP BY k ORDER BY k;
-- trino
SELECT
  mod(v.id, 3) AS k,
  sum(CAST(v.u8 AS double) * CAST(CAST(v.u8 AS bigint) * 0 AS double)) / sum(CAST(CAST(v.u8 AS bigint) * 0 AS double)) AS a,
  sum(CAST(v.i8 AS double) * CAST(CAST(v.i16 AS bigint) - v.i16 AS double)) / sum(CAST(CAST(v.i16 AS bigint) - v.i16 AS double)) AS c
FROM v
GROUP BY mod(v.id, 3)
ORDER BY 1;

-- case: states of one row, and of NULLs
SELECT k, stddevSampMerge(a) AS x, varSampMerge(c) AS y FROM (SELECT id % 4 AS k, stddevSampState(nu8) AS a, varSampState(nu8) AS c FROM v WHERE id < 4 OR id = 8 GROUP BY k) GROUP BY k ORDER BY k;
-- trino
SELECT
  subquery1.k,
  element_at(transform(ARRAY[CAST(ROW(sum(subquery1.a[1]), sum(subquery1.a[2]), sum(subquery1.a[3])) AS row("count" bigint, "sum" double, "squares" double))], s -> sqrt(IF(s[1] = 1, nan(), greatest(s[3] - s[2] * s[2] / nullif(s[1], 0), 0e0) / (s[1] - 1)))), 1) AS x,
  element_at(transform(ARRAY[CAST(ROW(sum(subquery1.c[1]), sum(subquery1.c[2]), sum(subquery1.c[3])) AS row("count" bigint, "sum" double, "squares" double))], s -> IF(s[1] = 1, nan(), greatest(s[3] - s[2] * s[2] / nullif(s[1], 0), 0e0) / (s[1] - 1))), 1) AS y
FROM (
  SELECT
    mod(v.id, 4) AS k,
    CAST(ROW(count(v.nu8) FILTER (WHERE v.nu8 IS NOT NULL), sum(CAST(v.nu8 AS double)) FILTER (WHERE v.nu8 IS NOT NULL), sum(CAST(v.nu8 AS double) * CAST(v.nu8 AS double)) FILTER (WHERE v.nu8 IS NOT NULL)) AS row("count" bigint, "sum" double, "squares" double)) AS a,
    CAST(ROW(count(v.nu8) FILTER (WHERE v.nu8 IS NOT NULL), sum(CAST(v.nu8 AS double)) FILTER (WHERE v.nu8 IS NOT NULL), sum(CAST(v.nu8 AS double) * CAST(v.nu8 AS double)) FILTER (WHERE v.nu8 IS NOT NULL)) AS row("count" bigint, "sum" double, "squares" double)) AS c
  FROM v
  WHERE ((v.id < 4) OR (v.id = 8))
  GROUP BY mod(v.id, 4)
) AS subquery1
GROUP BY subquery1.k
ORDER BY 1;

-- case: aggregates of distinct pairs
SELECT quantileDeterministicDistinct(0.9)(nf, id) FROM v;
-- error: quantileDeterministic(): DISTINCT is not supported here

-- case: quantiles are never NULL
SELECT quantilesOrNull(0.5)(u8) FROM v;
-- error: quantiles(): -OrNull and -OrDefault are not supported here

-- case: a tuple that would be NULL
SELECT simpleLinearRegressionIfOrNull(u8, i8, b) FROM v;
-- error: simpleLinearRegression(): -IfOrNull is not supported here: use -OrNullIf

-- case: a result that is no constant, of constants
SELECT lc != transform('a', ['a', 'b'], ['A', 'B'], '?') AS a FROM v;
-- trino
SELECT
  CAST(v.lc <> CASE WHEN 'a' = 'a' THEN 'A' WHEN 'a' = 'b' THEN 'B' ELSE '?' END AS integer) AS a
FROM v;

-- case: all bits of no rows
SELECT groupBitAndIfOrNull(u8, id > 999) FROM v;
-- error: groupBitAnd(): -OrNull and -OrDefault are not supported here

-- case: NULL in a tuple beside tuples that are not constant
SELECT id, (s, ni) IN ((s, 1)) AS a, (s, nu8) NOT IN ((s, 1), (s, u8)) AS c, (b, ni) IN ((b, u8)) AS d FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(coalesce(ROW(v.s, v.ni) = ROW(v.s, 1), false) AS integer) AS a,
  CAST(coalesce(NOT (ROW(v.s, v.nu8) = ROW(v.s, 1) OR ROW(v.s, v.nu8) = ROW(v.s, v.u8)), true) AS integer) AS c,
  CAST(coalesce(ROW(v.b, v.ni) = ROW(v.b, v.u8), false) AS integer) AS d
FROM v
ORDER BY 1;

-- case: NULL that the pattern has no place for
SELECT id, format('abc', ns) AS a, format('{1}', ns, s) AS c, format('{0}{0}', ns, lc) AS d FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  IF(v.ns IS NOT NULL, 'abc') AS a,
  IF(v.ns IS NOT NULL, v.s) AS c,
  concat(v.ns, v.ns) AS d
FROM v
ORDER BY 1;

-- case: texts of digits are seconds, and of more than twelve ticks
SELECT x, toDateTimeOrNull(x) AS a, toDateTimeOrZero(x) AS b, toDateTimeOrNull(x, 'Asia/Tokyo') AS c, toDateTime64OrNull(x, 3) AS d, toDateTime64OrNull(x, 0) AS e, toDateTime64OrNull(x, 6) AS f, toDateTime64OrNull(x, 2, 'Asia/Tokyo') AS g FROM (SELECT arrayJoin(['1234', '12345', '1234567890', '4294967295', '4294967296', '9999999999', '12345678901', '1234567890123', '20240101000000', '12345678901234', '12345678901234567890', '00000000000000000000000012345', '', '2024-01-01']) AS x) ORDER BY x;
-- trino
SELECT
  subquery1.x,
  date_trunc('second', IF(regexp_like(subquery1.x, '^\d{5,}\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST(subquery1.x AS bigint), 4294967295) * INTERVAL '1' SECOND), TRY_CAST(replace(regexp_extract(subquery1.x, '^(?=\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2})?\z).{10}(?:.{9})?'), 'T', ' ') AS timestamp(3)))) AS a,
  coalesce(date_trunc('second', IF(regexp_like(subquery1.x, '^\d{5,}\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST(subquery1.x AS bigint), 4294967295) * INTERVAL '1' SECOND), TRY_CAST(replace(regexp_extract(subquery1.x, '^(?=\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2})?\z).{10}(?:.{9})?'), 'T', ' ') AS timestamp(3)))), TIMESTAMP '1970-01-01 00:00:00.000') AS b,
  date_trunc('second', IF(regexp_like(subquery1.x, '^\d{5,}\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST(subquery1.x AS bigint), 4294967295) * INTERVAL '1' SECOND), CAST(with_timezone(TRY_CAST(replace(regexp_extract(subquery1.x, '^(?=\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2})?\z).{10}(?:.{9})?'), 'T', ' ') AS timestamp(3)), 'Asia/Tokyo') AT TIME ZONE 'UTC' AS timestamp(3)))) AS c,
  IF(regexp_like(subquery1.x, '^0*[1-9]\d{12,}\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST(subquery1.x AS bigint), 253402300799000) * INTERVAL '0.001' SECOND), IF(regexp_like(subquery1.x, '^((?=\d{5})0*\d{1,12})?\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST(concat('0', subquery1.x) AS bigint), 253402300799) * INTERVAL '1' SECOND), TRY_CAST(replace(regexp_extract(subquery1.x, '^(?=\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?)?\z).{10}(?:.{9}(?:\.\d{1,3})?)?'), 'T', ' ') AS timestamp(3)))) AS d,
  IF(regexp_like(subquery1.x, '^0*[1-9]\d{12,}\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST(subquery1.x AS bigint), 253402300799) * 1000 * INTERVAL '0.001' SECOND), date_trunc('second', IF(regexp_like(subquery1.x, '^((?=\d{5})0*\d{1,12})?\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST(concat('0', subquery1.x) AS bigint), 253402300799) * INTERVAL '1' SECOND), TRY_CAST(replace(regexp_extract(subquery1.x, '^(?=\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?)?\z).{10}(?:.{9}(?:\.\d{1,3})?)?'), 'T', ' ') AS timestamp(3))))) AS e,
  IF(regexp_like(subquery1.x, '^0*[1-9]\d{12,}\z'), TRY_CAST(subquery1.x AS bigint), date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', date_trunc('second', IF(regexp_like(subquery1.x, '^((?=\d{5})0*\d{1,12})?\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST(concat('0', subquery1.x) AS bigint), 253402300799) * INTERVAL '1' SECOND), TRY_CAST(replace(regexp_extract(subquery1.x, '^(?=\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?)?\z).{10}(?:.{9})?'), 'T', ' ') AS timestamp(3))))) * 1000 + CAST(rpad(substr(coalesce(regexp_extract(subquery1.x, '\.(\d+)', 1), ''), 1, 6), 6, '0') AS bigint)) AS f,
  IF(regexp_like(subquery1.x, '^0*[1-9]\d{12,}\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST(subquery1.x AS bigint), 25340230079900) * 10 * INTERVAL '0.001' SECOND), date_add('millisecond', -(millisecond(IF(regexp_like(subquery1.x, '^((?=\d{5})0*\d{1,12})?\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST(concat('0', subquery1.x) AS bigint), 253402300799) * INTERVAL '1' SECOND), CAST(with_timezone(TRY_CAST(replace(regexp_extract(subquery1.x, '^(?=\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?)?\z).{10}(?:.{9}(?:\.\d{1,3})?)?'), 'T', ' ') AS timestamp(3)), 'Asia/Tokyo') AT TIME ZONE 'UTC' AS timestamp(3)))) % 10), IF(regexp_like(subquery1.x, '^((?=\d{5})0*\d{1,12})?\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST(concat('0', subquery1.x) AS bigint), 253402300799) * INTERVAL '1' SECOND), CAST(with_timezone(TRY_CAST(replace(regexp_extract(subquery1.x, '^(?=\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?)?\z).{10}(?:.{9}(?:\.\d{1,3})?)?'), 'T', ' ') AS timestamp(3)), 'Asia/Tokyo') AT TIME ZONE 'UTC' AS timestamp(3))))) AS g
FROM (
  SELECT unnested1.item AS x
  FROM UNNEST(ARRAY['1234', '12345', '1234567890', '4294967295', '4294967296', '9999999999', '12345678901', '1234567890123', '20240101000000', '12345678901234', '12345678901234567890', '00000000000000000000000012345', '', '2024-01-01']) AS unnested1 (item)
) AS subquery1
ORDER BY 1;

-- case: literals of digits that are seconds beyond all times
SELECT toDateTimeOrNull('20240101000000') AS a, toDateTime('20240101000000') AS b, toDateTime64('12345', 3) AS c, toDateTime64OrNull('20240101000000', 3) AS d, toDateTime64('123456789012', 0) AS e, dt < '20240101000000' AS f FROM v ORDER BY id;
-- trino
SELECT
  date_trunc('second', IF(regexp_like('20240101000000', '^\d{5,}\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST('20240101000000' AS bigint), 4294967295) * INTERVAL '1' SECOND), TRY_CAST(replace(regexp_extract('20240101000000', '^(?=\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2})?\z).{10}(?:.{9})?'), 'T', ' ') AS timestamp(3)))) AS a,
  TIMESTAMP '2106-02-07 06:28:15.000' AS b,
  TIMESTAMP '1970-01-01 03:25:45.000' AS c,
  IF(regexp_like('20240101000000', '^0*[1-9]\d{12,}\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST('20240101000000' AS bigint), 253402300799000) * INTERVAL '0.001' SECOND), IF(regexp_like('20240101000000', '^((?=\d{5})0*\d{1,12})?\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST(concat('0', '20240101000000') AS bigint), 253402300799) * INTERVAL '1' SECOND), TRY_CAST(replace(regexp_extract('20240101000000', '^(?=\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?)?\z).{10}(?:.{9}(?:\.\d{1,3})?)?'), 'T', ' ') AS timestamp(3)))) AS d,
  TIMESTAMP '5882-03-11 00:30:12.000' AS e,
  CAST(v.dt < TIMESTAMP '2106-02-07 06:28:15.000' AS integer) AS f
FROM v
ORDER BY v.id;

-- case: NULL alone has no low cardinality
SELECT toMinute(toLowCardinality(NULL)) FROM v;
-- error: toLowCardinality(): of NULL alone is not supported

-- case: the regression of Nullable values
SELECT simpleLinearRegression(ni, u8).1 FROM v;
-- error: simpleLinearRegression(): of Nullable values is not supported: use assumeNotNull() and -If

-- case: a Bool beside numbers in a union, which ClickHouse keeps
SELECT b AS x FROM v UNION ALL SELECT u8 FROM v;
-- error: Bool beside UInt8 in column 'x' of a UNION is not supported: use toBool()

-- case: an array of Bool beside one of numbers in a union
SELECT [b] AS x FROM v UNION ALL SELECT [u8] FROM v;
-- error: Bool beside Array(UInt8) in column 'x' of a UNION is not supported: use toBool()

-- case: Bool beside what is one, and beside wider numbers
SELECT * FROM (SELECT b AS x, b AS y, b AS z FROM v UNION ALL SELECT id > 3, i16, f64 FROM v UNION ALL SELECT 1, 0, 0.5) ORDER BY ALL;
-- trino
SELECT subquery1.x, subquery1.y, subquery1.z
FROM (
  SELECT
    v.b AS x,
    CAST(v.b AS bigint) AS y,
    CAST(CAST(v.b AS bigint) AS double) AS z
  FROM v
  UNION ALL
  SELECT v.id > 3 AS "greater(id, 3)", CAST(v.i16 AS bigint) AS i16, v.f64
  FROM v
  UNION ALL
  SELECT 1 <> 0 AS "1", CAST(0 AS bigint) AS "0", 0.5e0 AS "0.5"
) AS subquery1
ORDER BY 1, 2, 3;
