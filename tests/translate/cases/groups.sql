-- case: a column that is no key
SELECT country, count() FROM events GROUP BY user_id;
-- error: Column 'country' is not under aggregate function and not in GROUP BY keys

-- case: a column beside an aggregate
SELECT amount + 1, count() FROM events;
-- error: Column 'amount' is not under aggregate function and not in GROUP BY keys

-- case: a column of a table with an alias in HAVING
SELECT user_id FROM events AS e GROUP BY user_id HAVING e.amount > 0;
-- error: Column 'e.amount' is not under aggregate function and not in GROUP BY keys

-- case: a column that is no key in ORDER BY
SELECT user_id FROM events GROUP BY user_id ORDER BY amount;
-- error: Column 'amount' is not under aggregate function and not in GROUP BY keys

-- case: an alias of a column beside an aggregate
SELECT amount AS x, x + 1 AS y, sum(price) FROM events GROUP BY y;
-- error: Column 'amount' is not under aggregate function and not in GROUP BY keys

-- case: an alias with its column's name, and a key made of the alias
SELECT toStartOfHour(timestamp) AS timestamp, count() FROM events GROUP BY toStartOfHour(timestamp);
-- error: Column 'timestamp' is not under aggregate function and not in GROUP BY keys

-- case: columns of a star that are no keys
SELECT *, count() FROM users GROUP BY user_id;
-- error: Column 'name' is not under aggregate function and not in GROUP BY keys

-- case: a column beside a window of groups
SELECT user_id, sum(amount) OVER () FROM events GROUP BY user_id;
-- error: Column 'amount' is not under aggregate function and not in GROUP BY keys

-- case: a list of a column that is no key
SELECT user_id, country IN ('DE') FROM events GROUP BY user_id;
-- error: Column 'country' is not under aggregate function and not in GROUP BY keys

-- case: an alias with its column's name is the key
SELECT toDate(timestamp) AS timestamp, count() FROM events GROUP BY timestamp ORDER BY timestamp;
-- trino
SELECT CAST(events."timestamp" AS date) AS "timestamp", count(*) AS "count()"
FROM events
GROUP BY CAST(events."timestamp" AS date)
ORDER BY 1;

-- case: keys in expressions of all kinds
SELECT toDate(timestamp) AS day, formatDateTime(toDate(timestamp), '%d') AS shown, country = 'DE' AS g, if(g, day, toDate(timestamp)) AS z, concat(action, '!', country) AS t,
  arrayMap(x -> concat(x, country), [action]) AS a, tuple(day, country).2 AS u, country IN (SELECT country FROM events LIMIT 0) AS n,
  sum(sum(amount)) OVER (PARTITION BY day ORDER BY country, action) AS s, row_number() OVER (ORDER BY count(), day, country, action) AS r,
  CASE country WHEN 'DE' THEN 1 ELSE 2 END AS c, (SELECT 1) AS o, 'x' AS k, dateDiff(day, toDate(timestamp), toDate('2024-02-01')) AS d, max(amount) > 5 AND country != '' AS m
FROM events AS e GROUP BY day, country, e.action HAVING day > '2024-01-01' AND count() > 0 ORDER BY day + 1, lower(country), action LIMIT 1 BY day, country;
-- trino
SELECT
  limited1.day,
  limited1.shown,
  CAST(limited1.g AS integer) AS g,
  limited1.z,
  limited1.t,
  limited1.a,
  limited1.u,
  CAST(limited1.n AS integer) AS n,
  limited1.s,
  limited1.r,
  limited1.c,
  limited1.o,
  limited1.k,
  limited1.d,
  CAST(limited1.m AS integer) AS m
FROM (
  SELECT
    CAST(e."timestamp" AS date) AS day,
    date_format(CAST(CAST(e."timestamp" AS date) AS timestamp(3)), '%d') AS shown,
    e.country = 'DE' AS g,
    IF(e.country = 'DE', CAST(e."timestamp" AS date), CAST(e."timestamp" AS date)) AS z,
    concat(e.action, '!', e.country) AS t,
    transform(ARRAY[e.action], x -> concat(x, e.country)) AS a,
    ROW(CAST(e."timestamp" AS date), e.country)[2] AS u,
    e.country IN (
      SELECT events.country
      FROM events
      LIMIT 0
    ) AS n,
    sum(sum(e.amount)) OVER (PARTITION BY CAST(e."timestamp" AS date) ORDER BY e.country, e.action) AS s,
    row_number() OVER (ORDER BY count(*), CAST(e."timestamp" AS date), e.country, e.action) AS r,
    CASE WHEN e.country = 'DE' THEN 1 ELSE 2 END AS c,
    (SELECT 1 AS "1") AS o,
    'x' AS k,
    date_diff('day', CAST(e."timestamp" AS date), DATE '2024-02-01') AS d,
    (max(e.amount) > 5) AND (e.country <> '') AS m,
    row_number() OVER (PARTITION BY CAST(e."timestamp" AS date), e.country ORDER BY date_add('day', BIGINT '1', CAST(e."timestamp" AS date)), translate(e.country, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), e.action) AS number_in_group,
    date_add('day', BIGINT '1', CAST(e."timestamp" AS date)) AS order1,
    translate(e.country, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') AS order2,
    e.action AS order3
  FROM events AS e
  GROUP BY CAST(e."timestamp" AS date), e.country, e.action
  HAVING (CAST(e."timestamp" AS date) > DATE '2024-01-01') AND (count(*) > 0)
) AS limited1
WHERE limited1.number_in_group <= 1
ORDER BY limited1.order1, limited1.order2, limited1.order3;

-- case: a key by its number and a constant
SELECT country, 1, count() FROM events GROUP BY 1, 2 ORDER BY 1;
-- trino
SELECT events.country, 1 AS "1", count(*) AS "count()"
FROM events
GROUP BY events.country
ORDER BY 1;

-- case: a key of a lambda
SELECT arrayFilter(x -> x != 'b', tags) AS f, count() FROM events GROUP BY f ORDER BY f;
-- trino
SELECT filter(events.tags, x -> x <> 'b') AS f, count(*) AS "count()"
FROM events
GROUP BY filter(events.tags, x -> x <> 'b')
ORDER BY 1;

-- case: GROUP BY ALL of columns and aggregates
SELECT country, lower(country) AS l, count() FROM events GROUP BY ALL ORDER BY country;
-- trino
SELECT
  events.country,
  translate(events.country, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') AS l,
  count(*) AS "count()"
FROM events
GROUP BY events.country, translate(events.country, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz')
ORDER BY 1;

-- case: keys of a join by USING
SELECT user_id, name, count() FROM events JOIN users USING user_id GROUP BY user_id, name ORDER BY user_id;
-- trino
SELECT events.user_id, users."name", count(*) AS "count()"
FROM events
JOIN users
  ON events.user_id = users.user_id
GROUP BY events.user_id, users."name"
ORDER BY 1;

-- case: an element of arrayJoin() as key
SELECT arrayJoin(tags) AS tag, upper(tag) AS u, count() FROM events GROUP BY tag ORDER BY tag;
-- trino
SELECT
  unnested1.item AS tag,
  translate(unnested1.item, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') AS u,
  count(*) AS "count()"
FROM events
CROSS JOIN UNNEST(events.tags) AS unnested1 (item)
GROUP BY unnested1.item
ORDER BY 1;
