-- case: CAST of what may be NULL to a type without NULL
SELECT CAST(ni AS Int64) AS x, CAST(ns AS String) AS y, CAST(nf AS Float32) AS f, CAST(nd AS Date) AS d FROM v
WHERE ni IS NOT NULL AND ns IS NOT NULL AND nf IS NOT NULL AND nd IS NOT NULL;
-- trino
SELECT
  coalesce(v.ni, CAST('Cannot convert NULL value to non-Nullable type' AS bigint)) AS x,
  coalesce(v.ns, CAST(CAST('Cannot convert NULL value to non-Nullable type' AS bigint) AS varchar)) AS y,
  coalesce(CAST(v.nf AS real), CAST(CAST(CAST('Cannot convert NULL value to non-Nullable type' AS bigint) AS varchar) AS real)) AS f,
  coalesce(v.nd, CAST(CAST(CAST('Cannot convert NULL value to non-Nullable type' AS bigint) AS varchar) AS date)) AS d
FROM v
WHERE v.ni IS NOT NULL
  AND v.ns IS NOT NULL
  AND v.nf IS NOT NULL
  AND v.nd IS NOT NULL;

-- case: CAST of NULL to a type without NULL
SELECT CAST(NULL AS Int64);
-- error: Cannot convert NULL to a non-nullable type

-- case: the default of Date32 is the day 0
SELECT [toDate32('2020-01-01')][5] AS x, map('a', toDate32('2020-01-01'))['b'] AS y, maxIf(toDate32('2020-01-01'), 0) AS z, arrayResize([toDate32('2020-01-01')], 2) AS r;
-- trino
SELECT
  coalesce(element_at(ARRAY[DATE '2020-01-01'], 5), DATE '1970-01-01') AS x,
  coalesce(element_at(map_from_entries(ARRAY[ROW('a', DATE '2020-01-01')]), 'b'), DATE '1970-01-01') AS y,
  coalesce(max(DATE '2020-01-01') FILTER (WHERE 0 <> 0), DATE '1970-01-01') AS z,
  concat(slice(ARRAY[DATE '2020-01-01'], 1, 2), repeat(CAST(DATE '1970-01-01' AS date), greatest(2 - cardinality(ARRAY[DATE '2020-01-01']), 0))) AS r;

-- case: an alias inside of a lambda is the lambda's own
SELECT arrayMap(x -> (x + 1 AS q), ai) AS a, arrayMap(x -> (x + 2 AS q) * q, ai) AS b, arrayMap(x -> arrayMap(y -> (x + y AS q) * q, ai), ai) AS c FROM v;
-- trino
SELECT
  transform(v.ai, x -> x + 1) AS a,
  transform(v.ai, x -> (x + 2) * (x + 2)) AS b,
  transform(v.ai, x -> transform(v.ai, y -> (x + y) * (x + y))) AS c
FROM v;

-- case: an alias inside of a lambda is not seen outside
SELECT arrayMap(x -> (1 AS q), [1]), q FROM v;
-- error: Unknown expression identifier 'q'

-- case: what REPLACE gives is seen by other clauses
SELECT * REPLACE (toDate(dt) AS dt) FROM (SELECT id, dt FROM v) WHERE dt > '2000-01-01' ORDER BY dt, id;
-- trino
SELECT subquery1.id, CAST(subquery1.dt AS date) AS dt
FROM (
  SELECT v.id, v.dt
  FROM v
) AS subquery1
WHERE CAST(subquery1.dt AS date) > DATE '2000-01-01'
ORDER BY 2, 1;

-- case: what REPLACE gives beside it
SELECT * REPLACE (id + 1 AS id), id FROM (SELECT id FROM v);
-- error: 'id' beside REPLACE of it is not supported

-- case: arrays and elements behind a table's name
SELECT ai, t.ai, t.ai + 1, t.id FROM v AS t ARRAY JOIN ai;
-- trino
SELECT
  joined1.item1 AS ai,
  joined1.item1 AS "t.ai",
  joined1.item1 + 1 AS "plus(t.ai, 1)",
  t.id
FROM v AS t
CROSS JOIN UNNEST(t.ai) AS joined1 (item1);

-- case: a table's star shows the arrays of ARRAY JOIN
SELECT t.* FROM (SELECT id, ai FROM v) AS t ARRAY JOIN ai;
-- trino
SELECT t.id, t.ai
FROM (
  SELECT v.id, v.ai
  FROM v
) AS t
CROSS JOIN UNNEST(t.ai) AS joined1 (item1);

-- case: elements of a tuple with names that are ClickHouse's words
SELECT CAST(tuple(1, 2, 3), 'Tuple(`values` UInt8, `Select` UInt8, `a b` UInt8)') AS t;
-- trino
SELECT ROW(1, 2, 3) AS t;

-- case: texts of several lines in a subquery
SELECT * FROM (SELECT s = 'a
b' AS x, formatDateTime(dt, '%Y\n%m') AS y, s IN ('a\nb', 'abc') AS z, s LIKE '%\n' AS l FROM v);
-- trino
SELECT
  CAST(subquery1.x AS integer) AS x,
  subquery1.y,
  CAST(subquery1.z AS integer) AS z,
  CAST(subquery1.l AS integer) AS l
FROM (
  SELECT
    v.s = 'a
b' AS x,
    date_format(v.dt, U&'%Y\000a%m') AS y,
    v.s IN ('a
b', 'abc') AS z,
    v.s LIKE '%
' ESCAPE '\' AS l
  FROM v
) AS subquery1;

-- case: AND and OR with NULL
SELECT true OR NULL, b OR NULL, u8 AND NULL, nu8 OR b, b AND u8, 1 OR NULL, 0 AND NULL FROM v;
-- trino
SELECT
  true OR CAST(NULL AS boolean) AS "or(true, null)",
  v.b OR CAST(NULL AS boolean) AS "or(b, null)",
  CAST((v.u8 <> 0) AND CAST(NULL AS boolean) AS integer) AS "and(u8, null)",
  (v.nu8 <> 0) OR v.b AS "or(nu8, b)",
  v.b AND (v.u8 <> 0) AS "and(b, u8)",
  CAST((1 <> 0) OR CAST(NULL AS boolean) AS integer) AS "or(1, null)",
  CAST((0 <> 0) AND CAST(NULL AS boolean) AS integer) AS "and(0, null)"
FROM v;

-- case: a scalar subquery of a LowCardinality fails without rows
SELECT (SELECT lc FROM v WHERE id = 1) AS x;
-- trino
SELECT
  coalesce((SELECT v.lc
  FROM v
  WHERE v.id = 1), element_at(transform(ARRAY[CAST('A scalar subquery has no rows' AS bigint)], x -> CAST(NULL AS varchar)), 1)) AS x;

-- case: a constant of an aggregate is one row
SELECT toTypeName(count()), 1 FROM events;
-- trino
SELECT 'UInt64' AS "totypename(count())", 1 AS "1"
FROM events
GROUP BY ();

-- case: a step that is calculated
SELECT id, range(1, 100, 24 * 3), range(0, id, 2 + 1) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(sequence(1, 99, 72) AS array(bigint)) AS "range(1, 100, multiply(24, 3))",
  IF(0 < v.id, sequence(0, v.id - 1, 3), CAST(ARRAY[] AS array(bigint))) AS "range(0, id, plus(2, 1))"
FROM v
ORDER BY 1;

-- case: aggregates keep no dictionaries inside of tuples
SELECT argMax((lc, lc), id), sumMap(map(lc, 1)) FROM v WHERE id < 2;
-- trino
SELECT
  coalesce(max_by(ROW(v.lc, v.lc), v.id), CAST(ROW('', '') AS row("f1" varchar, "f2" varchar))) AS "argmax((lc, lc), id)",
  coalesce(transform_values(multimap_from_entries(flatten(array_agg(map_entries(map_from_entries(ARRAY[ROW(v.lc, 1)]))))), (item, items) -> reduce(items, CAST(0 AS bigint), (total, item) -> total + CAST(item AS bigint), total -> total)), CAST(MAP() AS map(varchar,bigint))) AS "summap(map(lc, 1))"
FROM v
WHERE v.id < 2;
