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
