-- case: left join, defaults for every type
SELECT e.event_id, u.user_id, u.name, u.plan, u.age, u.score, u.signup, u.tags FROM events e LEFT JOIN users u ON e.user_id = u.user_id ORDER BY e.event_id LIMIT 50;
-- trino
SELECT
  e.event_id,
  coalesce(u.user_id, '') AS "u.user_id",
  coalesce(u."name", '') AS "name",
  coalesce(u.plan, '') AS plan,
  coalesce(u.age, 0) AS age,
  u.score,
  coalesce(u.signup, DATE '1970-01-01') AS signup,
  coalesce(u.tags, CAST(ARRAY[] AS array(varchar))) AS "u.tags"
FROM events AS e
LEFT JOIN users AS u
  ON e.user_id = u.user_id
ORDER BY 1
LIMIT 50;

-- case: left join, NULL for every type [join_use_nulls]
SELECT e.event_id, u.user_id, u.name, u.plan, u.age, u.score, u.signup, u.tags FROM events e LEFT JOIN users u ON e.user_id = u.user_id ORDER BY e.event_id LIMIT 50;
-- trino
SELECT
  e.event_id,
  u.user_id AS "u.user_id",
  u."name",
  u.plan,
  u.age,
  u.score,
  u.signup,
  coalesce(u.tags, CAST(ARRAY[] AS array(varchar))) AS "u.tags"
FROM events AS e
LEFT JOIN users AS u
  ON e.user_id = u.user_id
ORDER BY 1
LIMIT 50;

-- case: defaults of all types without a match
SELECT n.id, i8, u16, u64, f32, f64, dec, b, s, lc, fs, d, d32, dt, dt3, dt6, dtz, uid, e, ni, ns, nd, as, ai, ms, tup, ntup FROM (SELECT toUInt32(100) AS id) AS n LEFT JOIN v ON v.id = n.id;
-- trino
SELECT
  n.id,
  coalesce(v.i8, 0) AS i8,
  coalesce(v.u16, 0) AS u16,
  coalesce(v.u64, 0) AS u64,
  coalesce(v.f32, 0e0) AS f32,
  coalesce(v.f64, 0e0) AS f64,
  coalesce(v.dec, CAST(0 AS decimal(12,3))) AS dec,
  coalesce(v.b, false) AS b,
  coalesce(v.s, '') AS s,
  coalesce(v.lc, '') AS lc,
  coalesce(v.fs, '') AS fs,
  coalesce(v.d, DATE '1970-01-01') AS d,
  coalesce(v.d32, DATE '1970-01-01') AS d32,
  coalesce(v.dt, TIMESTAMP '1970-01-01 00:00:00.000') AS dt,
  coalesce(v.dt3, TIMESTAMP '1970-01-01 00:00:00.000') AS dt3,
  coalesce(v.dt6, 0) AS dt6,
  coalesce(v.dtz, TIMESTAMP '1970-01-01 00:00:00.000') AS dtz,
  coalesce(v.uid, '00000000-0000-0000-0000-000000000000') AS uid,
  coalesce(v.e, 'blue') AS e,
  v.ni,
  v.ns,
  v.nd,
  coalesce(v."as", CAST(ARRAY[] AS array(varchar))) AS "as",
  coalesce(v.ai, CAST(ARRAY[] AS array(bigint))) AS ai,
  coalesce(v.ms, CAST(MAP() AS map(varchar,varchar))) AS ms,
  coalesce(v.tup, CAST(ROW('', 0) AS row("f1" varchar, "f2" smallint))) AS tup,
  coalesce(v.ntup, CAST(ROW('', 0) AS row("name" varchar, "size" bigint))) AS ntup
FROM (
  SELECT 100 AS id
) AS n
LEFT JOIN v
  ON v.id = n.id;

-- case: right join
SELECT u.name, e.event_id, e.amount FROM events AS e RIGHT JOIN users AS u ON e.user_id = u.user_id AND e.amount > 5 ORDER BY u.name, e.event_id;
-- trino
SELECT
  u."name",
  coalesce(e.event_id, '') AS event_id,
  coalesce(e.amount, 0) AS amount
FROM events AS e
RIGHT JOIN users AS u
  ON (e.user_id = u.user_id) AND (e.amount > 5)
ORDER BY 1, 2;

-- case: full join using
SELECT user_id, e.user_id, u.user_id, c, age FROM (SELECT user_id, count() AS c FROM events GROUP BY user_id) AS e FULL JOIN users AS u USING (user_id) ORDER BY user_id;
-- trino
SELECT
  coalesce(e.user_id, u.user_id) AS user_id,
  coalesce(e.user_id, '') AS user_id_2,
  coalesce(u.user_id, '') AS "u.user_id",
  coalesce(e.c, 0) AS c,
  coalesce(u.age, 0) AS age
FROM (
  SELECT events.user_id, count(*) AS c
  FROM events
  GROUP BY events.user_id
) AS e
FULL JOIN users AS u
  ON e.user_id = u.user_id
ORDER BY 1;

-- case: full join using with nulls [join_use_nulls]
SELECT user_id, e.user_id, u.user_id, c, age FROM (SELECT user_id, count() AS c FROM events GROUP BY user_id) AS e FULL JOIN users AS u USING (user_id) ORDER BY user_id;
-- trino
SELECT
  coalesce(e.user_id, u.user_id) AS user_id,
  e.user_id AS user_id_2,
  u.user_id AS "u.user_id",
  e.c,
  u.age
FROM (
  SELECT events.user_id, count(*) AS c
  FROM events
  GROUP BY events.user_id
) AS e
FULL JOIN users AS u
  ON e.user_id = u.user_id
ORDER BY 1;

-- case: aggregates of a joined table
SELECT u.plan AS plan, count() AS c, sum(e.amount), uniq(e.user_id), avg(u.age) FROM events e LEFT JOIN users u USING user_id GROUP BY plan ORDER BY plan;
-- trino
SELECT
  coalesce(u.plan, '') AS plan,
  count(*) AS c,
  sum(e.amount) AS "sum(amount)",
  count(DISTINCT e.user_id) AS "uniq(user_id)",
  avg(CAST(coalesce(u.age, 0) AS double)) AS "avg(age)"
FROM events AS e
LEFT JOIN users AS u
  ON e.user_id = u.user_id
GROUP BY coalesce(u.plan, '')
ORDER BY 1;

-- case: rows without a match
SELECT count() FROM events e LEFT JOIN users u ON e.user_id = u.user_id WHERE u.user_id = '';
-- trino
SELECT count(*) AS "count()"
FROM events AS e
LEFT JOIN users AS u
  ON e.user_id = u.user_id
WHERE coalesce(u.user_id, '') = '';

-- case: rows without a match by NULL [join_use_nulls]
SELECT count() FROM events e LEFT JOIN users u ON e.user_id = u.user_id WHERE u.user_id IS NULL;
-- trino
SELECT count(*) AS "count()"
FROM events AS e
LEFT JOIN users AS u
  ON e.user_id = u.user_id
WHERE u.user_id IS NULL;

-- case: comma and condition
SELECT e.event_id, u.name FROM events e, users u WHERE e.user_id = u.user_id ORDER BY e.event_id LIMIT 10;
-- trino
SELECT e.event_id, u."name"
FROM events AS e
CROSS JOIN users AS u
WHERE e.user_id = u.user_id
ORDER BY 1
LIMIT 10;

-- case: three tables
SELECT e.event_id, u.name, o.c FROM events AS e INNER JOIN users AS u ON e.user_id = u.user_id LEFT JOIN (SELECT country, count() AS c FROM events GROUP BY country) AS o ON o.country = e.country ORDER BY e.event_id LIMIT 20;
-- trino
SELECT e.event_id, u."name", coalesce(o.c, 0) AS c
FROM events AS e
JOIN users AS u
  ON e.user_id = u.user_id
LEFT JOIN (
  SELECT events.country, count(*) AS c
  FROM events
  GROUP BY events.country
) AS o
  ON o.country = e.country
ORDER BY 1
LIMIT 20;

-- case: self join with a range
SELECT a.event_id, b.event_id, dateDiff('second', a.timestamp, b.timestamp) AS gap FROM events a JOIN events b ON a.user_id = b.user_id AND a.timestamp < b.timestamp AND b.action = 'buy' WHERE a.action = 'click' ORDER BY a.event_id, b.event_id LIMIT 30;
-- trino
SELECT
  a.event_id,
  b.event_id AS "b.event_id",
  date_diff('second', a."timestamp", b."timestamp") AS gap
FROM events AS a
JOIN events AS b
  ON (a.user_id = b.user_id) AND (a."timestamp" < b."timestamp") AND (b.action = 'buy')
WHERE a.action = 'click'
ORDER BY 1, 2
LIMIT 30;

-- case: CTEs joined
WITH daily AS (SELECT toDate(timestamp) AS day, count() AS c FROM events GROUP BY day), buys AS (SELECT toDate(timestamp) AS day, sum(price) AS revenue FROM events WHERE action = 'buy' GROUP BY day) SELECT daily.day, c, revenue FROM daily LEFT JOIN buys ON daily.day = buys.day ORDER BY daily.day;
-- trino
WITH daily AS (
  SELECT CAST(events."timestamp" AS date) AS day, count(*) AS c
  FROM events
  GROUP BY CAST(events."timestamp" AS date)
),
buys AS (
  SELECT CAST(events."timestamp" AS date) AS day, sum(events.price) AS revenue
  FROM events
  WHERE events.action = 'buy'
  GROUP BY CAST(events."timestamp" AS date)
)
SELECT daily.day, daily.c, coalesce(buys.revenue, 0e0) AS revenue
FROM daily
LEFT JOIN buys
  ON daily.day = buys.day
ORDER BY 1;

-- case: any left join takes one match
SELECT u.name, u.user_id, e.user_id FROM users u ANY LEFT JOIN events e ON e.user_id = u.user_id AND e.action = 'buy' ORDER BY u.user_id;
-- trino
SELECT u."name", u.user_id, coalesce(e.user_id, '') AS "e.user_id"
FROM users AS u
LEFT JOIN (
  SELECT e.*, row_number() OVER (PARTITION BY e.user_id) AS match1
  FROM events AS e
  WHERE e.action = 'buy'
) AS e
  ON e.user_id = u.user_id AND e.match1 = 1
ORDER BY 2;

-- case: any join takes one row of a key
SELECT user_id FROM events ANY JOIN users USING (user_id) ORDER BY user_id;
-- trino
SELECT events.user_id
FROM (
  SELECT events.*, row_number() OVER (PARTITION BY events.user_id) AS match2
  FROM events
) AS events
JOIN (
  SELECT users.*, row_number() OVER (PARTITION BY users.user_id) AS match1
  FROM users
) AS users
  ON events.user_id = users.user_id AND users.match1 = 1 AND events.match2 = 1
ORDER BY 1;

-- case: semi join
SELECT u.name FROM users u LEFT SEMI JOIN events e ON u.user_id = e.user_id ORDER BY u.name;
-- trino
SELECT u."name"
FROM users AS u
JOIN (
  SELECT e.*, row_number() OVER (PARTITION BY e.user_id) AS match1
  FROM events AS e
) AS e
  ON u.user_id = e.user_id AND e.match1 = 1
ORDER BY 1;

-- case: anti join
SELECT u.name, e.event_id, e.duration FROM users u LEFT ANTI JOIN events e ON u.user_id = e.user_id AND e.action = 'buy' ORDER BY u.name;
-- trino
SELECT
  u."name",
  coalesce(CAST(NULL AS varchar), '') AS event_id,
  CAST(NULL AS integer) AS duration
FROM users AS u
WHERE NOT EXISTS (
  SELECT 1
  FROM events AS e
  WHERE (u.user_id = e.user_id) AND (e.action = 'buy')
)
ORDER BY 1;

-- case: the nearest earlier event
SELECT e.event_id, e.timestamp, u.signup FROM events e ASOF LEFT JOIN users u ON e.user_id = u.user_id AND e.timestamp >= u.signup ORDER BY e.event_id LIMIT 30;
-- trino
SELECT
  e.event_id,
  e."timestamp",
  coalesce(u.signup, DATE '1970-01-01') AS signup
FROM events AS e
LEFT JOIN (
  SELECT u.*, lead(u.signup) OVER (PARTITION BY u.user_id ORDER BY u.signup) AS neighbour1
  FROM users AS u
) AS u
  ON e.user_id = u.user_id AND e."timestamp" >= CAST(u.signup AS timestamp(3)) AND (u.neighbour1 IS NULL OR e."timestamp" < CAST(u.neighbour1 AS timestamp(3)))
ORDER BY 1
LIMIT 30;

-- case: star of a join
SELECT * FROM (SELECT user_id, event_id FROM events) e JOIN (SELECT user_id, event_id, amount FROM events) f USING (event_id) ORDER BY event_id LIMIT 10;
-- trino
SELECT e.event_id, e.user_id, f.user_id AS "f.user_id", f.amount
FROM (
  SELECT events.user_id, events.event_id
  FROM events
) AS e
JOIN (
  SELECT events.user_id, events.event_id, events.amount
  FROM events
) AS f
  ON e.event_id = f.event_id
ORDER BY 1
LIMIT 10;

-- case: an ambiguous name among three tables
SELECT user_id FROM events e JOIN users u ON e.user_id = u.user_id JOIN users w ON w.user_id = u.user_id;
-- error: Ambiguous identifier 'user_id': several tables have it

-- case: a name of three tables that INNER JOIN says to be equal
SELECT user_id, age FROM events AS e JOIN users AS u ON u.user_id = e.user_id JOIN (SELECT user_id FROM users WHERE age > 30) AS w ON w.user_id = e.user_id AND u.age > 3 ORDER BY event_id LIMIT 3;
-- trino
SELECT e.user_id, u.age
FROM events AS e
JOIN users AS u
  ON u.user_id = e.user_id
JOIN (
  SELECT users.user_id
  FROM users
  WHERE users.age > 30
) AS w
  ON (w.user_id = e.user_id) AND (u.age > 3)
ORDER BY e.event_id
LIMIT 3;
-- case: a name of two of three tables, equal and beside another table
SELECT user_id, z FROM events AS e JOIN users AS u ON e.user_id = u.user_id LEFT JOIN (SELECT 'u2' AS z) AS w ON e.user_id = w.z ORDER BY event_id LIMIT 3;
-- trino
SELECT e.user_id, coalesce(w.z, '') AS z
FROM events AS e
JOIN users AS u
  ON e.user_id = u.user_id
LEFT JOIN (
  SELECT 'u2' AS z
) AS w
  ON e.user_id = w.z
ORDER BY e.event_id
LIMIT 3;
-- case: a name of three tables that LEFT JOIN leaves open
SELECT user_id FROM events AS e LEFT JOIN users AS u ON e.user_id = u.user_id LEFT JOIN users AS w ON e.user_id = w.user_id;
-- error: Ambiguous identifier 'user_id': several tables have it
