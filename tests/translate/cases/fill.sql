-- case: days with counts
SELECT toDate(timestamp) AS day, count() AS c, sum(price) AS p, uniq(user_id) AS u FROM events WHERE amount > 9 GROUP BY day ORDER BY day WITH FILL FROM toDate('2024-01-23') TO toDate('2024-02-05') STEP 1;
-- trino
SELECT
  coalesce(filled1.day, points.point) AS day,
  coalesce(filled1.c, 0) AS c,
  coalesce(filled1.p, 0e0) AS p,
  coalesce(filled1.u, 0) AS u
FROM (
  SELECT
    CAST(events."timestamp" AS date) AS day,
    count(*) AS c,
    sum(events.price) AS p,
    count(DISTINCT events.user_id) AS u
  FROM events
  WHERE events.amount > 9
  GROUP BY CAST(events."timestamp" AS date)
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(DATE '2024-01-23' < DATE '2024-02-05', sequence(DATE '2024-01-23', DATE '2024-02-05', INTERVAL '1' DAY))) AS sequence (point)
  WHERE point < DATE '2024-02-05'
) AS points ON filled1.day = points.point
ORDER BY 1;

-- case: days between constants of WITH
WITH toDate('2024-01-26') AS start SELECT toDate(timestamp) AS day, count() AS c FROM events WHERE day >= start GROUP BY day ORDER BY day WITH FILL FROM start - 3 TO start + INTERVAL 12 DAY;
-- trino
SELECT coalesce(filled1.day, points.point) AS day, coalesce(filled1.c, 0) AS c
FROM (
  SELECT CAST(events."timestamp" AS date) AS day, count(*) AS c
  FROM events
  WHERE CAST(events."timestamp" AS date) >= DATE '2024-01-26'
  GROUP BY CAST(events."timestamp" AS date)
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(date_add('day', -BIGINT '3', DATE '2024-01-26') < date_add('day', BIGINT '12', DATE '2024-01-26'), sequence(date_add('day', -BIGINT '3', DATE '2024-01-26'), date_add('day', BIGINT '12', DATE '2024-01-26'), INTERVAL '1' DAY))) AS sequence (point)
  WHERE point < date_add('day', BIGINT '12', DATE '2024-01-26')
) AS points ON filled1.day = points.point
ORDER BY 1;

-- case: hours by seconds
SELECT toStartOfHour(timestamp) AS h, count() AS c, any(duration) AS x FROM events WHERE amount > 9 GROUP BY h ORDER BY h WITH FILL FROM toDateTime('2024-01-25 00:00:00') TO toDateTime('2024-01-27 00:00:00') STEP 3600;
-- trino
SELECT
  coalesce(filled1.h, points.point) AS h,
  coalesce(filled1.c, 0) AS c,
  filled1.x
FROM (
  SELECT
    date_trunc('hour', events."timestamp") AS h,
    count(*) AS c,
    arbitrary(events.duration) AS x
  FROM events
  WHERE events.amount > 9
  GROUP BY date_trunc('hour', events."timestamp")
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(TIMESTAMP '2024-01-25 00:00:00.000' < TIMESTAMP '2024-01-27 00:00:00.000', sequence(TIMESTAMP '2024-01-25 00:00:00.000', TIMESTAMP '2024-01-27 00:00:00.000', INTERVAL '1' HOUR))) AS sequence (point)
  WHERE point < TIMESTAMP '2024-01-27 00:00:00.000'
) AS points ON filled1.h = points.point
ORDER BY 1;

-- case: more seconds than an array has
SELECT count(), sum(n), sum(toUnixTimestamp(t)) FROM (SELECT toDateTime('2024-01-01 00:00:07') AS t, 1 AS n ORDER BY t WITH FILL FROM toDateTime('2024-01-01 00:00:00') TO toDateTime('2024-01-02 12:00:05') STEP 5);
-- trino
SELECT
  count(*) AS "count()",
  coalesce(sum(subquery1.n), 0) AS "sum(n)",
  coalesce(sum(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', subquery1.t)), 0) AS "sum(tounixtimestamp(t))"
FROM (
  SELECT coalesce(filled1.t, points.point) AS t, coalesce(filled1.n, 0) AS n
  FROM (
    SELECT TIMESTAMP '2024-01-01 00:00:07.000' AS t, 1 AS n
  ) AS filled1
  FULL JOIN (
    SELECT point
    FROM UNNEST(IF(TIMESTAMP '2024-01-01 00:00:00.000' < TIMESTAMP '2024-01-02 12:00:05.000', sequence(TIMESTAMP '2024-01-01 00:00:00.000', TIMESTAMP '2024-01-02 12:00:05.000', INTERVAL '5000' SECOND))) AS blocks (block)
    CROSS JOIN UNNEST(sequence(block, date_add('second', 4995, block), INTERVAL '5' SECOND)) AS sequence (point)
    WHERE point < TIMESTAMP '2024-01-02 12:00:05.000'
  ) AS points ON filled1.t = points.point
  ORDER BY 1
) AS subquery1;

-- case: minutes downwards
SELECT count(), min(t), max(t) FROM (SELECT toDateTime('2024-01-20 00:00:00') AS t ORDER BY t DESC WITH FILL TO toDateTime('2024-01-05 00:00:30') STEP -60);
-- trino
SELECT
  count(*) AS "count()",
  coalesce(min(subquery1.t), TIMESTAMP '1970-01-01 00:00:00.000') AS "min(t)",
  coalesce(max(subquery1.t), TIMESTAMP '1970-01-01 00:00:00.000') AS "max(t)"
FROM (
  WITH filled1 AS (
    SELECT TIMESTAMP '2024-01-20 00:00:00.000' AS t
  )
  SELECT coalesce(filled1.t, points.point) AS t
  FROM filled1
  FULL JOIN (
    SELECT point
    FROM (
      SELECT max(filled1.t) AS first_there, min(filled1.t) AS last_there
      FROM filled1
    ) AS parts
    CROSS JOIN UNNEST(IF(first_there > TIMESTAMP '2024-01-05 00:00:30.000', sequence(first_there, TIMESTAMP '2024-01-05 00:00:30.000', INTERVAL -'1000' MINUTE))) AS blocks (block)
    CROSS JOIN UNNEST(sequence(block, date_add('minute', -999, block), INTERVAL -'1' MINUTE)) AS sequence (point)
    WHERE point > TIMESTAMP '2024-01-05 00:00:30.000'
  ) AS points ON filled1.t = points.point
  ORDER BY 1 DESC
) AS subquery1;

-- case: hours by an interval, between the rows
SELECT toStartOfHour(timestamp) AS h, count() AS c FROM events WHERE amount > 9 GROUP BY h ORDER BY h WITH FILL STEP INTERVAL 6 HOUR;
-- trino
WITH filled1 AS (
  SELECT date_trunc('hour', events."timestamp") AS h, count(*) AS c
  FROM events
  WHERE events.amount > 9
  GROUP BY date_trunc('hour', events."timestamp")
)
SELECT coalesce(filled1.h, points.point) AS h, coalesce(filled1.c, 0) AS c
FROM filled1
FULL JOIN (
  SELECT point
  FROM (
    SELECT min(filled1.h) AS first_there, max(filled1.h) AS last_there
    FROM filled1
  ) AS parts
  CROSS JOIN UNNEST(IF(first_there <= last_there, sequence(first_there, last_there, INTERVAL '6' HOUR))) AS sequence (point)
  WHERE point <= last_there
) AS points ON filled1.h = points.point
ORDER BY 1;

-- case: months
SELECT toStartOfMonth(signup) AS m, count() AS users FROM users GROUP BY m ORDER BY m WITH FILL FROM toDate('2022-12-01') TO toDate('2024-03-01') STEP INTERVAL 1 MONTH;
-- trino
SELECT
  coalesce(filled1.m, points.point) AS m,
  coalesce(filled1.users, 0) AS users
FROM (
  SELECT date_trunc('month', users.signup) AS m, count(*) AS users
  FROM users
  GROUP BY date_trunc('month', users.signup)
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(DATE '2022-12-01' < DATE '2024-03-01', reduce(sequence(1, abs(date_diff('month', DATE '2022-12-01', DATE '2024-03-01')) / 1 + 1), ARRAY[DATE '2022-12-01'], (points, i) -> points || date_add('month', 1, element_at(points, -1)), points -> points))) AS sequence (point)
  WHERE point < DATE '2024-03-01'
) AS points ON filled1.m = points.point
ORDER BY 1;

-- case: months from the last day of one
SELECT toDate('2024-01-01') + number * 40 AS d, number AS n FROM numbers(3) ORDER BY d WITH FILL FROM toDate('2023-10-31') TO toDate('2024-05-07') STEP INTERVAL 1 MONTH;
-- trino
SELECT coalesce(filled1.d, points.point) AS d, coalesce(filled1.n, 0) AS n
FROM (
  SELECT
    date_add('day', numbers1.number * 40, DATE '2024-01-01') AS d,
    numbers1.number AS n
  FROM (SELECT * FROM UNNEST(sequence(0, 2))) AS numbers1 (number)
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(DATE '2023-10-31' < DATE '2024-05-07', reduce(sequence(1, abs(date_diff('month', DATE '2023-10-31', DATE '2024-05-07')) / 1 + 1), ARRAY[DATE '2023-10-31'], (points, i) -> points || date_add('month', 1, element_at(points, -1)), points -> points))) AS sequence (point)
  WHERE point < DATE '2024-05-07'
) AS points ON filled1.d = points.point
ORDER BY 1;

-- case: quarters downwards
SELECT toDateTime('2024-01-31 10:20:30') AS d ORDER BY d DESC WITH FILL FROM toDateTime('2024-08-31 10:20:30') TO toDateTime('2023-06-30 10:20:30') STEP INTERVAL -1 QUARTER;
-- trino
SELECT coalesce(filled1.d, points.point) AS d
FROM (
  SELECT TIMESTAMP '2024-01-31 10:20:30.000' AS d
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(TIMESTAMP '2024-08-31 10:20:30.000' > TIMESTAMP '2023-06-30 10:20:30.000', reduce(sequence(1, abs(date_diff('month', TIMESTAMP '2024-08-31 10:20:30.000', TIMESTAMP '2023-06-30 10:20:30.000')) / 3 + 1), ARRAY[TIMESTAMP '2024-08-31 10:20:30.000'], (points, i) -> points || date_add('month', -3, element_at(points, -1)), points -> points))) AS sequence (point)
  WHERE point > TIMESTAMP '2023-06-30 10:20:30.000'
) AS points ON filled1.d = points.point
ORDER BY 1 DESC;

-- case: weeks
SELECT toDate('2024-01-01') AS d ORDER BY d WITH FILL FROM toDate('2023-12-01') TO toDate('2024-01-02') STEP INTERVAL 1 WEEK;
-- trino
SELECT coalesce(filled1.d, points.point) AS d
FROM (
  SELECT DATE '2024-01-01' AS d
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(DATE '2023-12-01' < DATE '2024-01-02', sequence(DATE '2023-12-01', DATE '2024-01-02', INTERVAL '7' DAY))) AS sequence (point)
  WHERE point < DATE '2024-01-02'
) AS points ON filled1.d = points.point
ORDER BY 1;

-- case: milliseconds
SELECT toDateTime64('2024-01-01 00:00:30', 3) + number * 100 AS d, number AS n FROM numbers(3) ORDER BY d WITH FILL FROM toDateTime64('2024-01-01 00:00:00', 3) STEP 60;
-- trino
WITH filled1 AS (
  SELECT
    date_add('second', numbers1.number * 100, TIMESTAMP '2024-01-01 00:00:30.000') AS d,
    numbers1.number AS n
  FROM (SELECT * FROM UNNEST(sequence(0, 2))) AS numbers1 (number)
)
SELECT coalesce(filled1.d, points.point) AS d, coalesce(filled1.n, 0) AS n
FROM filled1
FULL JOIN (
  SELECT point
  FROM (
    SELECT min(filled1.d) AS first_there, max(filled1.d) AS last_there
    FROM filled1
  ) AS parts
  CROSS JOIN UNNEST(IF(TIMESTAMP '2024-01-01 00:00:00.000' <= last_there, sequence(TIMESTAMP '2024-01-01 00:00:00.000', last_there, INTERVAL '1000' MINUTE))) AS blocks (block)
  CROSS JOIN UNNEST(sequence(block, date_add('minute', 999, block), INTERVAL '1' MINUTE)) AS sequence (point)
  WHERE point <= last_there
) AS points ON filled1.d = points.point
ORDER BY 1;

-- case: numbers from the first row to the last
SELECT number * 3 AS n, 'x' AS s, 7 AS seven FROM numbers(3) ORDER BY n WITH FILL;
-- trino
WITH filled1 AS (
  SELECT numbers1.number * 3 AS n, 'x' AS s, 7 AS seven
  FROM (SELECT * FROM UNNEST(sequence(0, 2))) AS numbers1 (number)
)
SELECT
  coalesce(filled1.n, points.point) AS n,
  coalesce(filled1.s, '') AS s,
  coalesce(filled1.seven, 0) AS seven
FROM filled1
FULL JOIN (
  SELECT point
  FROM (
    SELECT min(filled1.n) AS first_there, max(filled1.n) AS last_there
    FROM filled1
  ) AS parts
  CROSS JOIN UNNEST(IF(first_there <= last_there, sequence(first_there, last_there, 1))) AS sequence (point)
  WHERE point <= last_there
) AS points ON filled1.n = points.point
ORDER BY 1;

-- case: a grid that misses the rows
SELECT number * 3 AS n, 'x' AS s FROM numbers(3) ORDER BY n WITH FILL FROM 2 TO 20 STEP 5;
-- trino
SELECT coalesce(filled1.n, points.point) AS n, coalesce(filled1.s, '') AS s
FROM (
  SELECT numbers1.number * 3 AS n, 'x' AS s
  FROM (SELECT * FROM UNNEST(sequence(0, 2))) AS numbers1 (number)
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(2 < 20, sequence(2, 20, 5))) AS sequence (point)
  WHERE point < 20
) AS points ON filled1.n = points.point
ORDER BY 1;

-- case: TO without FROM
SELECT number * 3 AS n FROM numbers(3) ORDER BY n WITH FILL TO 9 STEP 2;
-- trino
WITH filled1 AS (
  SELECT numbers1.number * 3 AS n
  FROM (SELECT * FROM UNNEST(sequence(0, 2))) AS numbers1 (number)
)
SELECT coalesce(filled1.n, points.point) AS n
FROM filled1
FULL JOIN (
  SELECT point
  FROM (
    SELECT min(filled1.n) AS first_there, max(filled1.n) AS last_there
    FROM filled1
  ) AS parts
  CROSS JOIN UNNEST(IF(first_there < 9, sequence(first_there, 9, 2))) AS sequence (point)
  WHERE point < 9
) AS points ON filled1.n = points.point
ORDER BY 1;

-- case: rows behind TO
SELECT n FROM (SELECT 10 AS n UNION ALL SELECT 1) ORDER BY n WITH FILL FROM 2 TO 4;
-- trino
SELECT coalesce(filled1.n, points.point) AS n
FROM (
  SELECT subquery1.n
  FROM (
    SELECT 10 AS n
    UNION ALL
    SELECT 1 AS "1"
  ) AS subquery1
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(2 < 4, sequence(2, 4, 1))) AS sequence (point)
  WHERE point < 4
) AS points ON filled1.n = points.point
ORDER BY 1;

-- case: downwards
SELECT number * 3 AS n FROM numbers(3) ORDER BY n DESC WITH FILL FROM 8 TO 0 STEP -2;
-- trino
SELECT coalesce(filled1.n, points.point) AS n
FROM (
  SELECT numbers1.number * 3 AS n
  FROM (SELECT * FROM UNNEST(sequence(0, 2))) AS numbers1 (number)
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(8 > 0, sequence(8, 0, -2))) AS sequence (point)
  WHERE point > 0
) AS points ON filled1.n = points.point
ORDER BY 1 DESC;

-- case: no rows
SELECT id, s, n FROM nothing ORDER BY id WITH FILL FROM 1 TO 4;
-- trino
SELECT
  coalesce(filled1.id, points.point) AS id,
  coalesce(filled1.s, '') AS s,
  filled1.n
FROM (
  SELECT nothing.id, nothing.s, nothing.n
  FROM nothing
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(1 < 4, sequence(1, 4, 1))) AS sequence (point)
  WHERE point < 4
) AS points ON filled1.id = points.point
ORDER BY 1;

-- case: no rows and no FROM
SELECT id FROM nothing ORDER BY id WITH FILL TO 4;
-- trino
WITH filled1 AS (
  SELECT nothing.id
  FROM nothing
)
SELECT coalesce(filled1.id, points.point) AS id
FROM filled1
FULL JOIN (
  SELECT point
  FROM (
    SELECT min(filled1.id) AS first_there, max(filled1.id) AS last_there
    FROM filled1
  ) AS parts
  CROSS JOIN UNNEST(IF(first_there < 4, sequence(first_there, 4, 1))) AS sequence (point)
  WHERE point < 4
) AS points ON filled1.id = points.point
ORDER BY 1;

-- case: parts before the filled column
SELECT toDate(timestamp) AS day, country, count() AS c FROM events WHERE amount > 5 GROUP BY day, country ORDER BY country, day WITH FILL FROM toDate('2024-01-24') TO toDate('2024-02-05');
-- trino
WITH filled1 AS (
  SELECT CAST(events."timestamp" AS date) AS day, events.country, count(*) AS c
  FROM events
  WHERE events.amount > 5
  GROUP BY CAST(events."timestamp" AS date), events.country
)
SELECT
  coalesce(filled1.day, points.point) AS day,
  coalesce(filled1.country, points.part1) AS country,
  coalesce(filled1.c, 0) AS c
FROM filled1
FULL JOIN (
  SELECT part1, point
  FROM (
    SELECT DISTINCT coalesce(filled1.country, '') AS part1
    FROM (VALUES 1) AS one (one)
    LEFT JOIN filled1 ON TRUE
  ) AS parts
  CROSS JOIN UNNEST(IF(DATE '2024-01-24' < DATE '2024-02-05', sequence(DATE '2024-01-24', DATE '2024-02-05', INTERVAL '1' DAY))) AS sequence (point)
  WHERE point < DATE '2024-02-05'
) AS points ON filled1.day = points.point AND filled1.country = points.part1
ORDER BY 2, 1;

-- case: parts from their first to their last row
SELECT g, n FROM (SELECT 'a' AS g, 1 AS n UNION ALL SELECT 'b', 3 UNION ALL SELECT 'a', 4) ORDER BY g DESC, n WITH FILL TO 6;
-- trino
WITH filled1 AS (
  SELECT subquery1.g, subquery1.n
  FROM (
    SELECT 'a' AS g, 1 AS n
    UNION ALL
    SELECT 'b' AS "'b'", 3 AS "3"
    UNION ALL
    SELECT 'a' AS "'a'", 4 AS "4"
  ) AS subquery1
)
SELECT
  coalesce(filled1.g, points.part1) AS g,
  coalesce(filled1.n, points.point) AS n
FROM filled1
FULL JOIN (
  SELECT part1, point
  FROM (
    SELECT filled1.g AS part1, min(filled1.n) AS first_there, max(filled1.n) AS last_there
    FROM filled1
    GROUP BY filled1.g
  ) AS parts
  CROSS JOIN UNNEST(IF(first_there < 6, sequence(first_there, 6, 1))) AS sequence (point)
  WHERE point < 6
) AS points ON filled1.n = points.point AND filled1.g = points.part1
ORDER BY 1 DESC, 2;

-- case: parts without rows
SELECT s, id FROM nothing ORDER BY s, id WITH FILL FROM 0 TO 3;
-- trino
WITH filled1 AS (
  SELECT nothing.s, nothing.id
  FROM nothing
)
SELECT
  coalesce(filled1.s, points.part1) AS s,
  coalesce(filled1.id, points.point) AS id
FROM filled1
FULL JOIN (
  SELECT part1, point
  FROM (
    SELECT DISTINCT coalesce(filled1.s, '') AS part1
    FROM (VALUES 1) AS one (one)
    LEFT JOIN filled1 ON TRUE
  ) AS parts
  CROSS JOIN UNNEST(IF(0 < 3, sequence(0, 3, 1))) AS sequence (point)
  WHERE point < 3
) AS points ON filled1.id = points.point AND filled1.s = points.part1
ORDER BY 1, 2;

-- case: another column behind the filled one
SELECT g, n FROM (SELECT 'a' AS g, 1 AS n UNION ALL SELECT 'b', 3 UNION ALL SELECT 'c', 3) ORDER BY n WITH FILL FROM 0 TO 5, g;
-- trino
SELECT coalesce(filled1.g, '') AS g, coalesce(filled1.n, points.point) AS n
FROM (
  SELECT subquery1.g, subquery1.n
  FROM (
    SELECT 'a' AS g, 1 AS n
    UNION ALL
    SELECT 'b' AS "'b'", 3 AS "3"
    UNION ALL
    SELECT 'c' AS "'c'", 3 AS "3"
  ) AS subquery1
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(0 < 5, sequence(0, 5, 1))) AS sequence (point)
  WHERE point < 5
) AS points ON filled1.n = points.point
ORDER BY 2, filled1.g;

-- case: the filled column is not selected, or in an expression
SELECT v, n + 1 AS p FROM (SELECT 1 AS n, 10 AS v UNION ALL SELECT 4, 20) ORDER BY n WITH FILL FROM 0 TO 6;
-- trino
SELECT coalesce(filled1.v, 0) AS v, coalesce(filled1.p, 0) AS p
FROM (
  SELECT subquery1.v, CAST(subquery1.n AS bigint) + 1 AS p, subquery1.n AS order1
  FROM (
    SELECT 1 AS n, 10 AS v
    UNION ALL
    SELECT 4 AS "4", 20 AS "20"
  ) AS subquery1
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(0 < 6, sequence(0, 6, 1))) AS sequence (point)
  WHERE point < 6
) AS points ON filled1.order1 = points.point
ORDER BY coalesce(filled1.order1, points.point);

-- case: the filled column twice
SELECT n, n AS m, n + 0 AS q FROM (SELECT 3 AS n UNION ALL SELECT 1) ORDER BY n WITH FILL;
-- trino
WITH filled1 AS (
  SELECT subquery1.n, subquery1.n AS m, CAST(subquery1.n AS bigint) + 0 AS q
  FROM (
    SELECT 3 AS n
    UNION ALL
    SELECT 1 AS "1"
  ) AS subquery1
)
SELECT
  coalesce(filled1.n, points.point) AS n,
  coalesce(filled1.m, points.point) AS m,
  coalesce(filled1.q, 0) AS q
FROM filled1
FULL JOIN (
  SELECT point
  FROM (
    SELECT min(filled1.n) AS first_there, max(filled1.n) AS last_there
    FROM filled1
  ) AS parts
  CROSS JOIN UNNEST(IF(first_there <= last_there, sequence(first_there, last_there, 1))) AS sequence (point)
  WHERE point <= last_there
) AS points ON filled1.n = points.point
ORDER BY 1;

-- case: LIMIT counts filled rows
SELECT n, v FROM (SELECT 1 AS n, 10 AS v UNION ALL SELECT 4, 20) ORDER BY n WITH FILL FROM 0 TO 6 LIMIT 2 OFFSET 1;
-- trino
SELECT coalesce(filled1.n, points.point) AS n, coalesce(filled1.v, 0) AS v
FROM (
  SELECT subquery1.n, subquery1.v
  FROM (
    SELECT 1 AS n, 10 AS v
    UNION ALL
    SELECT 4 AS "4", 20 AS "20"
  ) AS subquery1
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(0 < 6, sequence(0, 6, 1))) AS sequence (point)
  WHERE point < 6
) AS points ON filled1.n = points.point
ORDER BY 1
OFFSET 1
LIMIT 2;

-- case: distinct rows
SELECT DISTINCT n, 5 AS x FROM (SELECT 3 AS n UNION ALL SELECT 1 UNION ALL SELECT 1) ORDER BY n WITH FILL;
-- trino
WITH filled1 AS (
  SELECT distinct_rows1.n, distinct_rows1.x
  FROM (
    SELECT DISTINCT subquery1.n, 5 AS x
    FROM (
      SELECT 3 AS n
      UNION ALL
      SELECT 1 AS "1"
      UNION ALL
      SELECT 1 AS "1"
    ) AS subquery1
  ) AS distinct_rows1
)
SELECT coalesce(filled1.n, points.point) AS n, coalesce(filled1.x, 0) AS x
FROM filled1
FULL JOIN (
  SELECT point
  FROM (
    SELECT min(filled1.n) AS first_there, max(filled1.n) AS last_there
    FROM filled1
  ) AS parts
  CROSS JOIN UNNEST(IF(first_there <= last_there, sequence(first_there, last_there, 1))) AS sequence (point)
  WHERE point <= last_there
) AS points ON filled1.n = points.point
ORDER BY 1;

-- case: in a subquery and a union [unordered]
SELECT * FROM (SELECT n FROM (SELECT 1 AS n) ORDER BY n WITH FILL FROM 0 TO 3) WHERE n != 1 UNION ALL SELECT number * 5 AS n FROM numbers(2) ORDER BY n WITH FILL;
-- trino
SELECT subquery2.n
FROM (
  SELECT coalesce(filled1.n, points.point) AS n
  FROM (
    SELECT subquery1.n
    FROM (
      SELECT 1 AS n
    ) AS subquery1
  ) AS filled1
  FULL JOIN (
    SELECT point
    FROM UNNEST(IF(0 < 3, sequence(0, 3, 1))) AS sequence (point)
    WHERE point < 3
  ) AS points ON filled1.n = points.point
  ORDER BY 1
) AS subquery2
WHERE subquery2.n <> 1
UNION ALL
SELECT *
FROM (
  WITH filled2 AS (
    SELECT numbers1.number * 5 AS n
    FROM (SELECT * FROM UNNEST(sequence(0, 1))) AS numbers1 (number)
  )
  SELECT coalesce(filled2.n, points.point) AS n
  FROM filled2
  FULL JOIN (
    SELECT point
    FROM (
      SELECT min(filled2.n) AS first_there, max(filled2.n) AS last_there
      FROM filled2
    ) AS parts
    CROSS JOIN UNNEST(IF(first_there <= last_there, sequence(first_there, last_there, 1))) AS sequence (point)
    WHERE point <= last_there
  ) AS points ON filled2.n = points.point
  ORDER BY 1
) AS part;

-- case: large integers
SELECT u64 AS k FROM v WHERE id < 2 ORDER BY k WITH FILL FROM 0 TO 3;
-- trino
SELECT coalesce(CAST(filled1.k AS bigint), points.point) AS k
FROM (
  SELECT v.u64 AS k
  FROM v
  WHERE v.id < 2
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(0 < 3, sequence(0, 3, 1))) AS sequence (point)
  WHERE point < 3
) AS points ON filled1.k = points.point
ORDER BY 1;

-- case: INTERPOLATE
SELECT n, v, w FROM (SELECT 1 AS n, 10 AS v, 'q' AS w UNION ALL SELECT 4, 20, 'r') ORDER BY n WITH FILL FROM 0 TO 6 INTERPOLATE (v, w AS w);
-- trino
SELECT
  coalesce(filled1.n, points.point) AS n,
  coalesce(last_value(filled1.v) IGNORE NULLS OVER (ORDER BY coalesce(filled1.n, points.point) ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), 0) AS v,
  coalesce(last_value(filled1.w) IGNORE NULLS OVER (ORDER BY coalesce(filled1.n, points.point) ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), '') AS w
FROM (
  SELECT subquery1.n, subquery1.v, subquery1.w
  FROM (
    SELECT 1 AS n, 10 AS v, 'q' AS w
    UNION ALL
    SELECT 4 AS "4", 20 AS "20", 'r' AS "'r'"
  ) AS subquery1
) AS filled1
FULL JOIN (
  SELECT point
  FROM UNNEST(IF(0 < 6, sequence(0, 6, 1))) AS sequence (point)
  WHERE point < 6
) AS points ON filled1.n = points.point
ORDER BY 1;

-- case: INTERPOLATE of all columns, through parts
SELECT g, n, b FROM (SELECT 'a' AS g, 1 AS n, 5 AS b UNION ALL SELECT 'b', 3, 7) ORDER BY g, n WITH FILL FROM 0 TO 5 INTERPOLATE;
-- trino
WITH filled1 AS (
  SELECT subquery1.g, subquery1.n, subquery1.b
  FROM (
    SELECT 'a' AS g, 1 AS n, 5 AS b
    UNION ALL
    SELECT 'b' AS "'b'", 3 AS "3", 7 AS "7"
  ) AS subquery1
)
SELECT
  coalesce(filled1.g, points.part1) AS g,
  coalesce(filled1.n, points.point) AS n,
  coalesce(last_value(filled1.b) IGNORE NULLS OVER (ORDER BY coalesce(filled1.g, points.part1), coalesce(filled1.n, points.point) ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), 0) AS b
FROM filled1
FULL JOIN (
  SELECT part1, point
  FROM (
    SELECT DISTINCT coalesce(filled1.g, '') AS part1
    FROM (VALUES 1) AS one (one)
    LEFT JOIN filled1 ON TRUE
  ) AS parts
  CROSS JOIN UNNEST(IF(0 < 5, sequence(0, 5, 1))) AS sequence (point)
  WHERE point < 5
) AS points ON filled1.n = points.point AND filled1.g = points.part1
ORDER BY 1, 2;

-- case: INTERPOLATE with an expression
SELECT n, v FROM (SELECT 1 AS n, 10 AS v) ORDER BY n WITH FILL FROM 0 TO 6 INTERPOLATE (v AS v + 1);
-- trino
SELECT
  islands1.n,
  coalesce(islands1.v, coalesce(first_value(islands1.v) OVER (PARTITION BY islands1.island ORDER BY islands1.n), 0) + 1 * (row_number() OVER (PARTITION BY islands1.island ORDER BY islands1.n) - IF(islands1.island = 0, 0, 1))) AS v
FROM (
  SELECT
    coalesce(filled1.n, points.point) AS n,
    filled1.v,
    count(filled1.n) OVER (ORDER BY coalesce(filled1.n, points.point) ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island
  FROM (
    SELECT subquery1.n, subquery1.v
    FROM (
      SELECT 1 AS n, 10 AS v
    ) AS subquery1
  ) AS filled1
  FULL JOIN (
    SELECT point
    FROM UNNEST(IF(0 < 6, sequence(0, 6, 1))) AS sequence (point)
    WHERE point < 6
  ) AS points ON filled1.n = points.point
) AS islands1
ORDER BY 1;

-- case: INTERPOLATE of a Nullable column
SELECT id, ni FROM v ORDER BY id WITH FILL INTERPOLATE (ni);
-- error: INTERPOLATE of Nullable(Int64) is not supported on Athena

-- case: a Nullable column
SELECT ni FROM v ORDER BY ni WITH FILL FROM 0 TO 6;
-- error: WITH FILL of Nullable(Int64) is not supported on Athena

-- case: a float
SELECT f64 FROM v ORDER BY f64 WITH FILL FROM 0 TO 6;
-- error: WITH FILL of Float64 is not supported on Athena

-- case: two columns
SELECT id, u8 FROM v ORDER BY id WITH FILL FROM 0 TO 3, u8 WITH FILL FROM 0 TO 3;
-- error: WITH FILL of several columns is not supported on Athena

-- case: days of a time zone
SELECT dtz FROM v ORDER BY dtz WITH FILL STEP INTERVAL 1 DAY;
-- error: WITH FILL by days or longer of DateTime('America/New_York') is not supported on Athena

-- case: STALENESS
SELECT id FROM v ORDER BY id WITH FILL STALENESS 3;
-- error: STALENESS is not supported on Athena

-- case: a step of the other direction
SELECT id FROM v ORDER BY id DESC WITH FILL STEP 1;
-- error: The sign of STEP does not fit the direction

-- case: bounds of another type
SELECT d FROM v ORDER BY d WITH FILL FROM toDateTime('2024-01-01 00:00:00');
-- error: FROM and TO of WITH FILL must be constants of Date, this is DateTime

-- case: hours of a day
SELECT d FROM v ORDER BY d WITH FILL STEP INTERVAL 1 HOUR;
-- error: This STEP does not fit Date

-- case: LIMIT BY with WITH FILL
SELECT id FROM v ORDER BY id WITH FILL LIMIT 1 BY u8;
-- error: LIMIT BY with WITH FILL is not supported on Athena

-- case: INTERPOLATE that adds a number
SELECT n, d, x, y, w FROM (SELECT 2 AS n, toDate('2024-01-30') AS d, toDecimal64(5.25, 2) AS x, toInt32(7) AS y, 'q' AS w UNION ALL SELECT 4, toDate('2024-03-01'), 1, 20, 'r') ORDER BY n WITH FILL FROM 0 TO 7 INTERPOLATE (d AS d + 1, x AS x + 2, y AS y - 3, w);
-- trino
SELECT
  islands1.n,
  coalesce(islands1.d, date_add('day', 1 * (row_number() OVER (PARTITION BY islands1.island ORDER BY islands1.n) - IF(islands1.island = 0, 0, 1)), coalesce(first_value(islands1.d) OVER (PARTITION BY islands1.island ORDER BY islands1.n), DATE '1970-01-01'))) AS d,
  coalesce(islands1.x, CAST(coalesce(first_value(islands1.x) OVER (PARTITION BY islands1.island ORDER BY islands1.n), CAST(0 AS decimal(18,2))) + 2 * (row_number() OVER (PARTITION BY islands1.island ORDER BY islands1.n) - IF(islands1.island = 0, 0, 1)) AS decimal(18,2))) AS x,
  coalesce(islands1.y, coalesce(first_value(islands1.y) OVER (PARTITION BY islands1.island ORDER BY islands1.n), 0) + -3 * (row_number() OVER (PARTITION BY islands1.island ORDER BY islands1.n) - IF(islands1.island = 0, 0, 1))) AS y,
  islands1.w
FROM (
  SELECT
    coalesce(filled1.n, points.point) AS n,
    filled1.d,
    filled1.x,
    filled1.y,
    coalesce(last_value(filled1.w) IGNORE NULLS OVER (ORDER BY coalesce(filled1.n, points.point) ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), '') AS w,
    count(filled1.n) OVER (ORDER BY coalesce(filled1.n, points.point) ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island
  FROM (
    SELECT subquery1.n, subquery1.d, subquery1.x, subquery1.y, subquery1.w
    FROM (
      SELECT
        2 AS n,
        DATE '2024-01-30' AS d,
        CAST(CAST(truncate(5.25e0 * 1e2) AS decimal(38,0)) * DECIMAL '0.01' AS decimal(18,2)) AS x,
        7 AS y,
        'q' AS w
      UNION ALL
      SELECT
        4 AS "4",
        DATE '2024-03-01' AS "todate('2024-03-01')",
        CAST(1 AS decimal(18,2)) AS "1",
        20 AS "20",
        'r' AS "'r'"
    ) AS subquery1
  ) AS filled1
  FULL JOIN (
    SELECT point
    FROM UNNEST(IF(0 < 7, sequence(0, 7, 1))) AS sequence (point)
    WHERE point < 7
  ) AS points ON filled1.n = points.point
) AS islands1
ORDER BY 1;
-- case: INTERPOLATE that adds a number, through parts and rows beside the points
SELECT g, n, b FROM (SELECT 'a' AS g, 1 AS n, 5 AS b UNION ALL SELECT 'a', 3, 9 UNION ALL SELECT 'b', 4, 7) ORDER BY g, n WITH FILL FROM 0 TO 6 STEP 2 INTERPOLATE (b AS 1 + b);
-- trino
WITH filled1 AS (
  SELECT subquery1.g, subquery1.n, subquery1.b
  FROM (
    SELECT 'a' AS g, 1 AS n, 5 AS b
    UNION ALL
    SELECT 'a' AS "'a'", 3 AS "3", 9 AS "9"
    UNION ALL
    SELECT 'b' AS "'b'", 4 AS "4", 7 AS "7"
  ) AS subquery1
)
SELECT
  islands1.g,
  islands1.n,
  coalesce(islands1.b, coalesce(first_value(islands1.b) OVER (PARTITION BY islands1.island ORDER BY islands1.g, islands1.n), 0) + 1 * (row_number() OVER (PARTITION BY islands1.island ORDER BY islands1.g, islands1.n) - IF(islands1.island = 0, 0, 1))) AS b
FROM (
  SELECT
    coalesce(filled1.g, points.part1) AS g,
    coalesce(filled1.n, points.point) AS n,
    filled1.b,
    count(filled1.n) OVER (ORDER BY coalesce(filled1.g, points.part1), coalesce(filled1.n, points.point) ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island
  FROM filled1
  FULL JOIN (
    SELECT part1, point
    FROM (
      SELECT DISTINCT coalesce(filled1.g, '') AS part1
      FROM (VALUES 1) AS one (one)
      LEFT JOIN filled1 ON TRUE
    ) AS parts
    CROSS JOIN UNNEST(IF(0 < 6, sequence(0, 6, 2))) AS sequence (point)
    WHERE point < 6
  ) AS points ON filled1.n = points.point AND filled1.g = points.part1
) AS islands1
ORDER BY 1, 2;
-- case: INTERPOLATE that adds a number to counts of days
SELECT toDate(timestamp) AS d, count() AS c FROM events WHERE amount > 20 GROUP BY d ORDER BY d DESC WITH FILL FROM toDate('2024-02-10') TO toDate('2024-01-20') INTERPOLATE (c AS c + 1) LIMIT 15;
-- trino
SELECT
  islands1.d,
  coalesce(islands1.c, coalesce(first_value(islands1.c) OVER (PARTITION BY islands1.island ORDER BY islands1.d DESC), 0) + 1 * (row_number() OVER (PARTITION BY islands1.island ORDER BY islands1.d DESC) - IF(islands1.island = 0, 0, 1))) AS c
FROM (
  SELECT
    coalesce(filled1.d, points.point) AS d,
    filled1.c,
    count(filled1.d) OVER (ORDER BY coalesce(filled1.d, points.point) DESC ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS island
  FROM (
    SELECT CAST(events."timestamp" AS date) AS d, count(*) AS c
    FROM events
    WHERE events.amount > 20
    GROUP BY CAST(events."timestamp" AS date)
  ) AS filled1
  FULL JOIN (
    SELECT point
    FROM UNNEST(IF(DATE '2024-02-10' > DATE '2024-01-20', sequence(DATE '2024-02-10', DATE '2024-01-20', INTERVAL -'1' DAY))) AS sequence (point)
    WHERE point > DATE '2024-01-20'
  ) AS points ON filled1.d = points.point
) AS islands1
ORDER BY 1 DESC
LIMIT 15;
-- case: INTERPOLATE that multiplies
SELECT n, v FROM (SELECT 1 AS n, 10 AS v) ORDER BY n WITH FILL FROM 0 TO 6 INTERPOLATE (v AS v * 2);
-- error: INTERPOLATE is supported with the column alone, v + 1 or v - 1 on Athena
-- case: INTERPOLATE that adds a number to a float
SELECT n, v FROM (SELECT 1 AS n, 1.5 AS v) ORDER BY n WITH FILL FROM 0 TO 6 INTERPOLATE (v AS v + 1);
-- error: INTERPOLATE of Float64 with a number is not supported on Athena
