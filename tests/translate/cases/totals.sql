-- case: WITH TOTALS
SELECT toDate(timestamp) AS day, avg(price), max(duration), count() FROM events GROUP BY day WITH TOTALS ORDER BY day;
-- trino
SELECT
  coalesce(group_key1, DATE '1970-01-01') AS day,
  coalesce(avg(events.price), nan()) AS "avg(price)",
  max(events.duration) AS "max(duration)",
  count(*) AS "count()",
  grouping(group_key1) AS __totals
FROM (
  SELECT events.*, CAST(events."timestamp" AS date) AS group_key1
  FROM events
) AS events
GROUP BY GROUPING SETS ((group_key1), ())
ORDER BY 1;

-- case: WITH TOTALS and LIMIT
SELECT country, sum(amount) AS s FROM events GROUP BY country WITH TOTALS ORDER BY s DESC LIMIT 2 OFFSET 1;
-- trino
SELECT grouped1.country, grouped1.s, grouped1.__totals
FROM (
  SELECT
    coalesce(events.country, '') AS country,
    coalesce(sum(events.amount), 0) AS s,
    row_number() OVER (PARTITION BY grouping(events.country) ORDER BY coalesce(sum(events.amount), 0) DESC) AS number,
    grouping(events.country) AS __totals
  FROM events
  GROUP BY GROUPING SETS ((events.country), ())
) AS grouped1
WHERE (grouped1.__totals = 1 OR grouped1.number > 1 AND grouped1.number <= 1 + 2)
ORDER BY 2 DESC;

-- case: WITH TOTALS of several keys, one Nullable
SELECT country, duration, count() / 2 AS h, 'x' AS c FROM events GROUP BY country, duration WITH TOTALS ORDER BY 1, 2;
-- trino
SELECT
  coalesce(events.country, '') AS country,
  events.duration,
  CAST(count(*) AS double) / 2.0e0 AS h,
  'x' AS c,
  grouping(events.country) AS __totals
FROM events
GROUP BY GROUPING SETS ((events.country, events.duration), ())
ORDER BY 1, 2;

-- case: WITH TOTALS in a subquery
SELECT sum(s), count() FROM (SELECT country, sum(amount) AS s FROM events GROUP BY country WITH TOTALS);
-- error: WITH TOTALS in a subquery is not supported on Athena

-- case: WITH TOTALS and HAVING
SELECT country, count() AS c FROM events GROUP BY country WITH TOTALS HAVING c > 79;
-- error: HAVING beside WITH TOTALS is not supported on Athena

-- case: WITH TOTALS and DISTINCT
SELECT DISTINCT country FROM events GROUP BY country WITH TOTALS;
-- error: DISTINCT beside WITH TOTALS is not supported on Athena

-- case: ROLLUP
SELECT country, action, count() AS c FROM events GROUP BY country, action WITH ROLLUP ORDER BY country, action, c;
-- trino
SELECT
  coalesce(events.country, '') AS country,
  coalesce(events.action, '') AS action,
  count(*) AS c
FROM events
GROUP BY GROUPING SETS ((events.country, events.action), (events.country), ())
HAVING count(*) > 0
ORDER BY 1, 2, 3;

-- case: ROLLUP with grouping()
SELECT country, action, count() AS c, grouping(country, action) AS g, grouping(action) + 1 AS h FROM events GROUP BY ROLLUP(country, action) ORDER BY g, country, action;
-- trino
SELECT
  coalesce(events.country, '') AS country,
  coalesce(events.action, '') AS action,
  count(*) AS c,
  grouping(events.country, events.action) AS g,
  grouping(events.action) + 1 AS h
FROM events
GROUP BY GROUPING SETS ((events.country, events.action), (events.country), ())
HAVING count(*) > 0
ORDER BY 4, 1, 2;

-- case: CUBE
SELECT country, is_bot, count() AS c, grouping(country, is_bot) AS g FROM events GROUP BY CUBE(country, is_bot) ORDER BY g DESC, country, is_bot;
-- trino
SELECT
  coalesce(events.country, '') AS country,
  coalesce(events.is_bot, 0) AS is_bot,
  count(*) AS c,
  grouping(events.country, events.is_bot) AS g
FROM events
GROUP BY GROUPING SETS ((events.country, events.is_bot), (events.country), (events.is_bot), ())
HAVING count(*) > 0
ORDER BY 4 DESC, 1, 2;

-- case: GROUPING SETS
SELECT country, action, count() AS c, grouping(country) AS g FROM events GROUP BY GROUPING SETS ((country), (action), ()) ORDER BY g, country, action;
-- trino
SELECT
  coalesce(events.country, '') AS country,
  coalesce(events.action, '') AS action,
  count(*) AS c,
  grouping(events.country) AS g
FROM events
GROUP BY GROUPING SETS ((events.country), (events.action), ())
ORDER BY 4, 1, 2;

-- case: keys that are expressions
SELECT upper(country) AS u, concat(u, '!') AS x, toDate(timestamp) AS day, sum(length(country)) AS c FROM events WHERE amount > 5 AND country != '' GROUP BY u, day WITH ROLLUP ORDER BY u, day, c;
-- trino
SELECT
  coalesce(group_key1, '') AS u,
  concat(coalesce(group_key1, ''), '!') AS x,
  coalesce(group_key2, DATE '1970-01-01') AS day,
  sum(length(to_utf8(events.country))) AS c
FROM (
  SELECT events.*, translate(events.country, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') AS group_key1, CAST(events."timestamp" AS date) AS group_key2
  FROM events
  WHERE events.amount > 5
    AND events.country <> ''
) AS events
GROUP BY GROUPING SETS ((group_key1, group_key2), (group_key1), ())
HAVING count(*) > 0
ORDER BY 1, 3, 4;

-- case: an aggregate of a key is of the rows
SELECT country, max(country) AS m, count() AS c FROM events GROUP BY country WITH ROLLUP HAVING c > 72 ORDER BY c, country;
-- trino
SELECT
  coalesce(events.country, '') AS country,
  max(events.country) AS m,
  count(*) AS c
FROM events
GROUP BY GROUPING SETS ((events.country), ())
HAVING count(*) > 0 AND (count(*) > 72)
ORDER BY 3, 1;

-- case: a Nullable key
SELECT duration, count() AS c FROM events GROUP BY duration WITH ROLLUP ORDER BY c;
-- trino
SELECT events.duration, count(*) AS c
FROM events
GROUP BY GROUPING SETS ((events.duration), ())
HAVING count(*) > 0
ORDER BY 2;

-- case: ROLLUP of no rows
SELECT id, count() AS c, sum(f) FROM nothing GROUP BY id WITH ROLLUP;
-- trino
SELECT coalesce(nothing.id, 0) AS id, count(*) AS c, sum(nothing.f) AS "sum(f)"
FROM nothing
GROUP BY GROUPING SETS ((nothing.id), ())
HAVING count(*) > 0;

-- case: CUBE of no rows
SELECT count() AS c FROM nothing GROUP BY id WITH CUBE;
-- trino
SELECT count(*) AS c
FROM nothing
GROUP BY GROUPING SETS ((nothing.id), ())
HAVING count(*) > 0;

-- case: GROUPING SETS of no rows
SELECT id, count() AS c, sum(f) FROM nothing GROUP BY GROUPING SETS ((id), ());
-- trino
SELECT
  coalesce(nothing.id, 0) AS id,
  count(*) AS c,
  coalesce(sum(nothing.f), 0e0) AS "sum(f)"
FROM nothing
GROUP BY GROUPING SETS ((nothing.id), ());

-- case: ROLLUP by numbers in a subquery
SELECT a, sum(c) FROM (SELECT country AS a, count() AS c FROM events GROUP BY 1 WITH ROLLUP) GROUP BY a ORDER BY a;
-- trino
SELECT subquery1.a, sum(subquery1.c) AS "sum(c)"
FROM (
  SELECT coalesce(events.country, '') AS a, count(*) AS c
  FROM events
  GROUP BY GROUPING SETS ((events.country), ())
  HAVING count(*) > 0
) AS subquery1
GROUP BY subquery1.a
ORDER BY 1;

-- case: grouping() without sets
SELECT grouping(country) FROM events GROUP BY country;
-- error: grouping() needs ROLLUP, CUBE or GROUPING SETS

-- case: ROLLUP of expressions over a join
SELECT upper(plan) AS p, count() FROM events JOIN users USING user_id GROUP BY p WITH ROLLUP;
-- error: ROLLUP, CUBE, GROUPING SETS and WITH TOTALS of expressions over a join are not supported on Athena

-- case: ROLLUP over a join
SELECT plan, country, count() AS c FROM events AS e JOIN users AS u USING user_id GROUP BY plan, country WITH ROLLUP ORDER BY plan, country, c;
-- trino
SELECT
  coalesce(u.plan, '') AS plan,
  coalesce(e.country, '') AS country,
  count(*) AS c
FROM events AS e
JOIN users AS u
  ON e.user_id = u.user_id
GROUP BY GROUPING SETS ((u.plan, e.country), (u.plan), ())
HAVING count(*) > 0
ORDER BY 1, 2, 3;
