-- case: five queries deep
SELECT a FROM (SELECT a FROM (SELECT a FROM (SELECT a FROM (SELECT amount + 1 AS a FROM events WHERE amount > 4))) WHERE a > 9) ORDER BY a LIMIT 3;
-- trino
SELECT subquery4.a
FROM (
  SELECT subquery3.a
  FROM (
    SELECT subquery2.a
    FROM (
      SELECT subquery1.a
      FROM (
        SELECT events.amount + 1 AS a
        FROM events
        WHERE events.amount > 4
      ) AS subquery1
    ) AS subquery2
  ) AS subquery3
  WHERE subquery3.a > 9
) AS subquery4
ORDER BY 1
LIMIT 3;

-- case: a CTE twice
WITH c AS (SELECT user_id, sum(amount) AS s FROM events GROUP BY user_id) SELECT a.user_id, a.s, b.s FROM c AS a JOIN c AS b ON a.user_id = b.user_id ORDER BY a.user_id LIMIT 4;
-- trino
WITH c AS (
  SELECT events.user_id, sum(events.amount) AS s
  FROM events
  GROUP BY events.user_id
)
SELECT a.user_id, a.s, b.s AS "b.s"
FROM c AS a
JOIN c AS b
  ON a.user_id = b.user_id
ORDER BY 1
LIMIT 4;

-- case: a CTE of a CTE
WITH c AS (SELECT 1 AS x), d AS (SELECT x + 1 AS y FROM c), e AS (SELECT y + 1 AS z FROM d) SELECT x, y, z FROM c, d, e;
-- trino
WITH c AS (
  SELECT 1 AS x
),
d AS (
  SELECT CAST(c.x AS bigint) + 1 AS y
  FROM c
),
e AS (
  SELECT d.y + 1 AS z
  FROM d
)
SELECT c.x, d.y, e.z
FROM c
CROSS JOIN d
CROSS JOIN e;

-- case: a CTE that is not used is not translated
WITH c AS (SELECT 1 AS x), unused AS (SELECT no_such_function(x) FROM c) SELECT x FROM c;
-- trino
WITH c AS (
  SELECT 1 AS x
)
SELECT c.x
FROM c;

-- case: a CTE in the place of a table
WITH events AS (SELECT event_id FROM events WHERE amount = 25) SELECT count() FROM events;
-- trino
WITH events_1 AS (
  SELECT events.event_id
  FROM events
  WHERE events.amount = 25
)
SELECT count(*) AS "count()"
FROM events_1 AS events;

-- case: CTEs inside of subqueries
SELECT * FROM (WITH c AS (SELECT 1 AS x) SELECT x + 1 AS y FROM c) WHERE y IN (WITH c AS (SELECT 2 AS x) SELECT x FROM c);
-- trino
SELECT subquery1.y
FROM (
  WITH c AS (
    SELECT 1 AS x
  )
  SELECT CAST(c.x AS bigint) + 1 AS y
  FROM c
) AS subquery1
WHERE subquery1.y IN (
  WITH c AS (
    SELECT 2 AS x
  )
  SELECT c.x
  FROM c
);

-- case: an inner CTE hides the outer one
WITH c AS (SELECT 1 AS x) SELECT x, y FROM c, (WITH c AS (SELECT x + 1 AS y FROM c) SELECT y FROM c);
-- trino
WITH c AS (
  SELECT 1 AS x
)
SELECT c.x, subquery1.y
FROM c
CROSS JOIN (
  WITH c AS (
    SELECT CAST(c.x AS bigint) + 1 AS y
    FROM c
  )
  SELECT c.y
  FROM c
) AS subquery1;

-- case: CTEs whose names differ in case
WITH c AS (SELECT 1 AS x), C AS (SELECT 2 AS x) SELECT c.x, C.x FROM c, C;
-- error: A second CTE 'C' is not supported: case does not count on Athena

-- case: a recursive CTE
WITH RECURSIVE c AS (SELECT 1 AS x UNION ALL SELECT x + 1 FROM c WHERE x < 3) SELECT x FROM c;
-- error: WITH RECURSIVE is not supported

-- case: a CTE in IN by its name
WITH big AS (SELECT event_id FROM events WHERE amount = 25) SELECT count() FROM events WHERE event_id IN big;
-- trino
WITH big AS (
  SELECT events.event_id
  FROM events
  WHERE events.amount = 25
)
SELECT count(*) AS "count()"
FROM events
WHERE events.event_id IN (
  SELECT big.event_id
  FROM big
);

-- case: a scalar subquery in each clause
SELECT country, count() AS c, round(c * 100 / (SELECT count() FROM events), 2) AS share FROM events WHERE amount < (SELECT max(amount) FROM events) GROUP BY country HAVING c > (SELECT 10) ORDER BY c * (SELECT -1), country LIMIT 3;
-- trino
SELECT
  events.country,
  count(*) AS c,
  transform(ARRAY[(CAST(count(*) * 100 AS double) / CAST((SELECT count(*) AS "count()"
  FROM events) AS double)) * 1e2], y -> IF(abs(y) < 4503599627370496e0, sign(y) * (abs(y) + 4503599627370496e0 - 4503599627370496e0), y))[1] / 1e2 AS share
FROM events
WHERE events.amount < (SELECT coalesce(max(events.amount), 0) AS "max(amount)"
FROM events)
GROUP BY events.country
HAVING count(*) > (SELECT 10 AS "10")
ORDER BY count(*) * (SELECT (-1) AS "-1"), 1
LIMIT 3;

-- case: a scalar subquery in WITH
WITH (SELECT max(amount) FROM events) AS top SELECT event_id, amount / top FROM events WHERE amount = top ORDER BY event_id LIMIT 2;
-- trino
SELECT
  events.event_id,
  CAST(events.amount AS double) / CAST((SELECT coalesce(max(events.amount), 0) AS "max(amount)"
  FROM events) AS double) AS "divide(amount, top)"
FROM events
WHERE events.amount = (SELECT coalesce(max(events.amount), 0) AS "max(amount)"
FROM events)
ORDER BY 1
LIMIT 2;

-- case: a scalar subquery without rows is NULL
SELECT amount, (SELECT max(name) FROM users WHERE user_id = 'nobody' GROUP BY user_id) AS n, coalesce(n, 'none') FROM events ORDER BY event_id LIMIT 1;
-- trino
SELECT
  events.amount,
  (SELECT max(users."name") AS "max(name)"
  FROM users
  WHERE users.user_id = 'nobody'
  GROUP BY users.user_id) AS n,
  coalesce((SELECT max(users."name") AS "max(name)"
  FROM users
  WHERE users.user_id = 'nobody'
  GROUP BY users.user_id), 'none') AS "coalesce(n, 'none')"
FROM events
ORDER BY events.event_id
LIMIT 1;

-- case: types of scalar subqueries
SELECT (SELECT any(ai) FROM v WHERE id = 0) AS a, (SELECT lc FROM v WHERE id = 0) AS b, (SELECT ni FROM v WHERE id = 1) AS c, (SELECT d FROM v WHERE id = 0) AS d;
-- trino
SELECT
  (SELECT coalesce(arbitrary(v.ai), CAST(ARRAY[] AS array(bigint))) AS "any(ai)"
  FROM v
  WHERE v.id = 0) AS a,
  coalesce((SELECT v.lc
  FROM v
  WHERE v.id = 0), element_at(transform(ARRAY[CAST('A scalar subquery has no rows' AS bigint)], x -> CAST(NULL AS varchar)), 1)) AS b,
  (SELECT v.ni
  FROM v
  WHERE v.id = 1) AS c,
  (SELECT v.d
  FROM v
  WHERE v.id = 0) AS d;

-- case: a scalar subquery of several columns
SELECT (SELECT 1 AS a, 'x' AS b) AS t, t.1, t.b;
-- trino
SELECT
  coalesce((SELECT CAST(ROW(a, b) AS row(a integer, b varchar))
  FROM (
    SELECT 1 AS a, 'x' AS b
  ) AS scalar1), element_at(transform(ARRAY[CAST('A scalar subquery has no rows' AS bigint)], x -> CAST(NULL AS row(a integer, b varchar))), 1)) AS t,
  coalesce((SELECT CAST(ROW(a, b) AS row(a integer, b varchar))
  FROM (
    SELECT 1 AS a, 'x' AS b
  ) AS scalar2), element_at(transform(ARRAY[CAST('A scalar subquery has no rows' AS bigint)], x -> CAST(NULL AS row(a integer, b varchar))), 1))[1] AS "tupleelement(t, 1)",
  coalesce((SELECT CAST(ROW(a, b) AS row(a integer, b varchar))
  FROM (
    SELECT 1 AS a, 'x' AS b
  ) AS scalar2), element_at(transform(ARRAY[CAST('A scalar subquery has no rows' AS bigint)], x -> CAST(NULL AS row(a integer, b varchar))), 1))[2] AS "t.b";

-- case: IN a subquery with ORDER BY and LIMIT
SELECT event_id FROM events WHERE amount IN (SELECT amount FROM events ORDER BY amount DESC LIMIT 1) AND is_bot ORDER BY event_id LIMIT 5;
-- trino
SELECT events.event_id
FROM events
WHERE events.amount IN (
  SELECT events.amount
  FROM events
  ORDER BY 1 DESC
  LIMIT 1
)
  AND events.is_bot <> 0
ORDER BY 1
LIMIT 5;

-- case: IN and NOT IN a subquery with NULLs
SELECT count() AS a, countIf(duration IN (SELECT duration FROM events WHERE amount > 5)) AS b, countIf(duration NOT IN (SELECT ni FROM v)) AS c FROM events;
-- trino
SELECT
  count(*) AS a,
  count(*) FILTER (WHERE IF(events.duration IS NOT NULL, events.duration IN (
    SELECT duration FROM (
      SELECT events.duration
      FROM events
      WHERE events.amount > 5
    ) AS s
    WHERE duration IS NOT NULL
  ))) AS b,
  count(*) FILTER (WHERE IF(events.duration IS NOT NULL, events.duration NOT IN (
    SELECT ni FROM (
      SELECT v.ni
      FROM v
    ) AS s
    WHERE ni IS NOT NULL
  ))) AS c
FROM events;

-- case: EXISTS
SELECT EXISTS (SELECT 1 FROM nothing) AS a, EXISTS (SELECT 1 FROM events) AS b, NOT EXISTS (SELECT id FROM nothing) AS c;
-- trino
SELECT
  CAST(EXISTS (SELECT 1 AS "1"
  FROM nothing) AS integer) AS a,
  CAST(EXISTS (SELECT 1 AS "1"
  FROM events) AS integer) AS b,
  CAST(NOT EXISTS (SELECT nothing.id
  FROM nothing) AS integer) AS c;

-- case: a count of distinct rows
SELECT count() FROM (SELECT DISTINCT country, action FROM events);
-- trino
SELECT count(*) AS "count()"
FROM (
  SELECT DISTINCT events.country, events.action
  FROM events
) AS subquery1;

-- case: names of a subquery with columns that differ in case
SELECT sum(a), sum(A) FROM (SELECT amount AS a, price AS A FROM events);
-- trino
SELECT
  coalesce(sum(subquery1.a), 0) AS "sum(a)",
  coalesce(sum(subquery1.a_2), 0e0) AS "sum(a)_2"
FROM (
  SELECT events.amount AS a, events.price AS a_2
  FROM events
) AS subquery1;
