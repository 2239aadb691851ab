-- case: an alias is seen in other columns and in every clause
SELECT user_id AS a, concat(a, '!') AS b, toDate(timestamp) AS day FROM events WHERE b = 'u1!' AND day > '2024-01-26' ORDER BY day DESC, event_id LIMIT 3;
-- trino
SELECT
  events.user_id AS a,
  concat(events.user_id, '!') AS b,
  CAST(events."timestamp" AS date) AS day
FROM events
WHERE concat(events.user_id, '!') = 'u1!'
  AND CAST(events."timestamp" AS date) > DATE '2024-01-26'
ORDER BY 3 DESC, events.event_id
LIMIT 3;

-- case: two columns swap their names
SELECT amount AS price, price AS amount, price, amount FROM events ORDER BY event_id LIMIT 3;
-- trino
SELECT
  events.price,
  events.amount,
  events.price AS price_2,
  events.amount AS amount_2
FROM events
ORDER BY events.event_id
LIMIT 3;

-- case: a name inside its own definition is the column, others are aliases
SELECT amount + 1 AS price, price + 2 AS amount FROM events ORDER BY event_id LIMIT 3;
-- trino
SELECT
  (events.price + 2.0e0) + 1.0e0 AS price,
  (events.amount + 1) + 2 AS amount
FROM events
ORDER BY events.event_id
LIMIT 3;

-- case: aliases that name each other
SELECT a AS b, b AS a, b + a FROM (SELECT 1 AS a, 2 AS b);
-- trino
SELECT
  subquery1.b,
  subquery1.a,
  CAST(subquery1.b AS bigint) + subquery1.a AS "plus(b, a)"
FROM (
  SELECT 1 AS a, 2 AS b
) AS subquery1;

-- case: definitions that name each other
SELECT a + 1 AS b, b + 1 AS a FROM (SELECT 1 AS a, 2 AS b);
-- trino
SELECT
  (CAST(subquery1.b AS bigint) + 1) + 1 AS b,
  (CAST(subquery1.a AS bigint) + 1) + 1 AS a
FROM (
  SELECT 1 AS a, 2 AS b
) AS subquery1;

-- case: a chain of aliases
SELECT amount AS x, x AS y, y + 1 AS z, z * z AS q FROM events ORDER BY event_id LIMIT 2;
-- trino
SELECT
  events.amount AS x,
  events.amount AS y,
  events.amount + 1 AS z,
  (events.amount + 1) * (events.amount + 1) AS q
FROM events
ORDER BY events.event_id
LIMIT 2;

-- case: a qualified name is always the column
SELECT e.amount AS amount2, e.amount + 1 AS amount, e.amount, amount FROM events AS e ORDER BY event_id LIMIT 3;
-- trino
SELECT
  e.amount AS amount2,
  e.amount + 1 AS amount,
  e.amount AS "e.amount",
  e.amount + 1 AS amount_2
FROM events AS e
ORDER BY e.event_id
LIMIT 3;

-- case: an alias like the table's
SELECT 5 AS t, t.a, (1, 2) AS u, u.1 FROM (SELECT 1 AS a) AS t;
-- trino
SELECT 5 AS t, t.a, ROW(1, 2) AS u, ROW(1, 2)[1] AS "tupleelement(u, 1)"
FROM (
  SELECT 1 AS a
) AS t;

-- case: an alias like a column of the other side of a join
SELECT l.x AS y, y AS z, r.y AS x FROM (SELECT 1 AS k, 2 AS x) AS l JOIN (SELECT 1 AS k, 3 AS y) AS r ON l.k = r.k;
-- trino
SELECT l.x AS y, l.x AS z, r.y AS x
FROM (
  SELECT 1 AS k, 2 AS x
) AS l
JOIN (
  SELECT 1 AS k, 3 AS y
) AS r
  ON l.k = r.k;

-- case: an alias inside of an expression
SELECT (amount AS a) + 1 AS b, a * 2 FROM events ORDER BY event_id LIMIT 2;
-- trino
SELECT events.amount + 1 AS b, events.amount * 2 AS "multiply(a, 2)"
FROM events
ORDER BY events.event_id
LIMIT 2;

-- case: an alias made in WHERE
SELECT event_id, z FROM events WHERE (amount + 1 AS z) > 5 AND z < 12 ORDER BY z, event_id LIMIT 5;
-- trino
SELECT events.event_id, events.amount + 1 AS z
FROM events
WHERE (events.amount + 1) > 5
  AND (events.amount + 1) < 12
ORDER BY 2, 1
LIMIT 5;

-- case: an alias made in GROUP BY
SELECT odd, count() FROM events GROUP BY amount % 2 AS odd HAVING odd = 1 ORDER BY odd;
-- trino
SELECT mod(events.amount, 2) AS odd, count(*) AS "count()"
FROM events
GROUP BY mod(events.amount, 2)
HAVING mod(events.amount, 2) = 1
ORDER BY 1;

-- case: an alias made in ORDER BY
SELECT x FROM events ORDER BY (amount + price AS x), event_id LIMIT 5;
-- trino
SELECT CAST(events.amount AS double) + events.price AS x
FROM events
ORDER BY 1, events.event_id
LIMIT 5;

-- case: an alias like the column that it aggregates
SELECT country, sum(amount) AS amount, amount / count() AS mean, max(price) AS price FROM events GROUP BY country HAVING amount > 550 ORDER BY amount;
-- trino
SELECT
  events.country,
  sum(events.amount) AS amount,
  CAST(sum(events.amount) AS double) / CAST(count(*) AS double) AS mean,
  max(events.price) AS price
FROM events
GROUP BY events.country
HAVING sum(events.amount) > 550
ORDER BY 2;

-- case: an alias of an aggregate inside of an aggregate
SELECT sum(amount) AS amount, max(amount) AS m FROM events;
-- error: sum() is inside of another aggregate

-- case: an alias of an aggregate in WHERE
SELECT max(timestamp) AS timestamp FROM events WHERE timestamp > '2024-01-26';
-- error: An aggregate function is in WHERE: it is calculated later, use HAVING

-- case: the column behind the alias of an aggregate
SELECT max(timestamp) AS timestamp FROM events WHERE events.timestamp < '2024-01-26 00:00:00';
-- trino
SELECT
  coalesce(max(events."timestamp"), TIMESTAMP '1970-01-01 00:00:00.000') AS "timestamp"
FROM events
WHERE events."timestamp" < TIMESTAMP '2024-01-26 00:00:00.000';

-- case: an alias of an aggregate in GROUP BY
SELECT max(timestamp) AS timestamp, count() FROM events GROUP BY toDate(timestamp);
-- error: An aggregate function is in GROUP BY

-- case: grouped by an alias like the column
SELECT toDate(timestamp) AS timestamp, count() AS c FROM events WHERE timestamp >= '2024-01-27' GROUP BY timestamp HAVING c > 10 ORDER BY timestamp;
-- trino
SELECT CAST(events."timestamp" AS date) AS "timestamp", count(*) AS c
FROM events
WHERE CAST(events."timestamp" AS date) >= DATE '2024-01-27'
GROUP BY CAST(events."timestamp" AS date)
HAVING count(*) > 10
ORDER BY 1;

-- case: a condition on the alias, not on the column
SELECT if(country = '', 'none', country) AS country, count() AS c FROM events WHERE country != 'DE' GROUP BY country ORDER BY country;
-- trino
SELECT
  IF(events.country = '', 'none', events.country) AS country,
  count(*) AS c
FROM events
WHERE IF(events.country = '', 'none', events.country) <> 'DE'
GROUP BY IF(events.country = '', 'none', events.country)
ORDER BY 1;

-- case: an alias in PREWHERE, LIMIT BY and a window
SELECT amount + 1 AS amount, row_number() OVER (PARTITION BY amount ORDER BY event_id) AS r, event_id FROM events PREWHERE amount > 5 ORDER BY amount, event_id LIMIT 2 BY amount;
-- trino
SELECT limited1.amount, limited1.r, limited1.event_id
FROM (
  SELECT
    events.amount + 1 AS amount,
    row_number() OVER (PARTITION BY events.amount + 1 ORDER BY events.event_id) AS r,
    events.event_id,
    row_number() OVER (PARTITION BY events.amount + 1 ORDER BY events.amount + 1, events.event_id) AS number_in_group
  FROM events
  WHERE (events.amount + 1) > 5
) AS limited1
WHERE limited1.number_in_group <= 2
ORDER BY 1, 3;

-- case: an alias in JOIN ON
SELECT u.name AS n, count() AS c FROM events AS e JOIN users AS u ON e.user_id = u.user_id AND n != 'User 2' GROUP BY n ORDER BY n LIMIT 3;
-- trino
SELECT u."name" AS n, count(*) AS c
FROM events AS e
JOIN users AS u
  ON (e.user_id = u.user_id) AND (u."name" <> 'User 2')
GROUP BY u."name"
ORDER BY 1
LIMIT 3;

-- case: one alias for different expressions
SELECT 1 AS a, 2 AS a;
-- error: The alias 'a' stands for several expressions

-- case: one alias for equal expressions
SELECT amount AS a, amount AS a FROM events ORDER BY a, event_id LIMIT 2;
-- trino
SELECT events.amount AS a, events.amount AS a_2
FROM events
ORDER BY 1, events.event_id
LIMIT 2;

-- case: an alias that a subquery has already
SELECT x + 1 AS x FROM (SELECT amount + 1 AS x FROM events) WHERE x > 8 ORDER BY x LIMIT 4;
-- trino
SELECT subquery1.x + 1 AS x
FROM (
  SELECT events.amount + 1 AS x
  FROM events
) AS subquery1
WHERE (subquery1.x + 1) > 8
ORDER BY 1
LIMIT 4;

-- case: constants of WITH
WITH 2 AS k, toDate('2024-01-26') AS start, toDate('2024-01-30') AS stop SELECT toDate(timestamp) AS day, count() * k AS c FROM events WHERE day >= start AND day < stop GROUP BY day ORDER BY day;
-- trino
SELECT CAST(events."timestamp" AS date) AS day, count(*) * 2 AS c
FROM events
WHERE CAST(events."timestamp" AS date) >= DATE '2024-01-26'
  AND CAST(events."timestamp" AS date) < DATE '2024-01-30'
GROUP BY CAST(events."timestamp" AS date)
ORDER BY 1;

-- case: WITH is seen in subqueries, CTEs and IN
WITH 2 AS k, c AS (SELECT amount * k AS a FROM events) SELECT sum(a) + k, (SELECT max(a) - k FROM c) AS m FROM c WHERE a IN (SELECT amount * k FROM events WHERE amount > k);
-- trino
WITH c AS (
  SELECT events.amount * 2 AS a
  FROM events
)
SELECT
  coalesce(sum(c.a), 0) + 2 AS "plus(sum(a), k)",
  (SELECT coalesce(max(c.a), 0) - 2 AS "minus(max(a), k)"
  FROM c) AS m
FROM c
WHERE c.a IN (
  SELECT events.amount * 2 AS "multiply(amount, k)"
  FROM events
  WHERE events.amount > 2
);

-- case: an expression of WITH is made of the columns where it stands
WITH amount + 1 AS z SELECT z, inner_z FROM (SELECT z AS inner_z, amount * 2 AS amount FROM events ORDER BY event_id LIMIT 3) ORDER BY z, inner_z;
-- trino
SELECT subquery1.amount + 1 AS z, subquery1.inner_z
FROM (
  SELECT
    (events.amount * 2) + 1 AS inner_z,
    events.amount * 2 AS amount,
    events.event_id AS __order1
  FROM events
  ORDER BY events.event_id
  LIMIT 3
) AS subquery1
ORDER BY 1, 2;

-- case: an aggregate in WITH
WITH count() AS c, sum(amount) AS s SELECT country, c, s / c AS mean FROM events GROUP BY country ORDER BY country;
-- trino
SELECT
  events.country,
  count(*) AS c,
  CAST(sum(events.amount) AS double) / CAST(count(*) AS double) AS mean
FROM events
GROUP BY events.country
ORDER BY 1;

-- case: a constant's alias is seen in a subquery
SELECT 5 AS five, x FROM (SELECT five + 1 AS x);
-- trino
SELECT 5 AS five, subquery1.x
FROM (
  SELECT BIGINT '5' + 1 AS x
) AS subquery1;

-- case: an alias of the query around that is not constant
SELECT amount AS q, (SELECT max(price) FROM events WHERE amount = q) AS p FROM events;
-- error: A subquery that reads 'q' of the query around it is not supported on Athena

-- case: a column of the query around
SELECT e.event_id, (SELECT max(name) FROM users WHERE users.user_id = e.user_id) FROM events AS e;
-- error: A subquery that reads 'e.user_id' of the query around it is not supported on Athena

-- case: an unknown name
SELECT amount + amuont FROM events;
-- error: Unknown expression identifier 'amuont'

-- case: names that differ in case
SELECT A, a, A + a FROM (SELECT 1 AS A, 2 AS a) WHERE A < a ORDER BY A;
-- trino
SELECT
  subquery1.a,
  subquery1.a_2,
  CAST(subquery1.a AS bigint) + subquery1.a_2 AS "plus(a, a)"
FROM (
  SELECT 1 AS a, 2 AS a_2
) AS subquery1
WHERE subquery1.a < subquery1.a_2
ORDER BY 1;

-- case: names with dots, quotes, spaces and other letters
SELECT `x.y`, `q"t`, `ünï`, `Ünï`, `a b`, `a b` + 1 FROM (SELECT 1 AS `x.y`, 2 AS `q"t`, 3 AS `ünï`, 4 AS `Ünï`, 5 AS `a b`);
-- trino
SELECT
  subquery1."x.y",
  subquery1."q""t",
  subquery1."ünï",
  subquery1."ünï_2",
  subquery1."a b",
  CAST(subquery1."a b" AS bigint) + 1 AS "plus(a b, 1)"
FROM (
  SELECT 1 AS "x.y", 2 AS "q""t", 3 AS "ünï", 4 AS "ünï_2", 5 AS "a b"
) AS subquery1;

-- case: equal columns of two tables
SELECT x, x, a.x, b.x, * FROM (SELECT 1 AS x) AS a, (SELECT 2 AS x) AS b;
-- trino
SELECT a.x, a.x AS x_2, a.x AS x_3, b.x AS "b.x", a.x AS x_4, b.x AS "b.x_2"
FROM (
  SELECT 1 AS x
) AS a
CROSS JOIN (
  SELECT 2 AS x
) AS b;

-- case: a star twice
SELECT *, *, a FROM (SELECT 1 AS a, 2 AS b);
-- trino
SELECT
  subquery1.a,
  subquery1.b,
  subquery1.a AS a_2,
  subquery1.b AS b_2,
  subquery1.a AS a_3
FROM (
  SELECT 1 AS a, 2 AS b
) AS subquery1;

-- case: EXCEPT and REPLACE
SELECT * EXCEPT a REPLACE (b + 1 AS b), * EXCEPT (a, b) FROM (SELECT 1 AS a, 2 AS b, 3 AS c);
-- trino
SELECT CAST(subquery1.b AS bigint) + 1 AS b, subquery1.c, subquery1.c AS c_2
FROM (
  SELECT 1 AS a, 2 AS b, 3 AS c
) AS subquery1;

-- case: the star of a table
SELECT events.* EXCEPT (properties, referrer, tags, attributes) FROM events ORDER BY event_id LIMIT 2;
-- trino
SELECT
  events.event_id,
  events."timestamp",
  events.ts3,
  events.user_id,
  events.session_id,
  events.action,
  events.country,
  events.amount,
  events.price,
  events.duration,
  events.is_bot,
  events.version
FROM events
ORDER BY 1
LIMIT 2;

-- case: COLUMNS by a pattern and by names
SELECT COLUMNS('^a.*t$'), COLUMNS(price, country) FROM events ORDER BY event_id LIMIT 2;
-- trino
SELECT events.amount, events.price, events.country
FROM events
ORDER BY events.event_id
LIMIT 2;

-- case: APPLY of a function, and of two
SELECT * APPLY(sum), COLUMNS('price') APPLY(max) APPLY(toString) FROM (SELECT amount, price FROM events);
-- trino
SELECT
  coalesce(sum(subquery1.amount), 0) AS "sum(amount)",
  coalesce(sum(subquery1.price), 0e0) AS "sum(price)",
  element_at(transform(ARRAY[coalesce(max(subquery1.price), 0e0)], f -> regexp_replace(replace(lower(IF(is_finite(f), CASE WHEN CAST(format('%.14e', f) AS double) = f THEN format('%.14e', f) WHEN CAST(format('%.15e', f) AS double) = f THEN format('%.15e', f) ELSE CAST(f AS varchar) END, CAST(f AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END)), 1) AS "tostring(max(price))"
FROM (
  SELECT events.amount, events.price
  FROM events
) AS subquery1;

-- case: APPLY of a lambda
SELECT * EXCEPT a APPLY(x -> x + 1) FROM (SELECT 1 AS a, 2 AS b, 3 AS c);
-- trino
SELECT
  CAST(subquery1.b AS bigint) + 1 AS "plus(b, 1)",
  CAST(subquery1.c AS bigint) + 1 AS "plus(c, 1)"
FROM (
  SELECT 1 AS a, 2 AS b, 3 AS c
) AS subquery1;

-- case: names of subqueries
SELECT (SELECT 1), (SELECT (SELECT 2)), (SELECT 3) AS three, (SELECT 4) + (SELECT 5), EXISTS (SELECT 6), (SELECT 7);
-- trino
SELECT
  (SELECT 1 AS "1") AS _subquery_1,
  (SELECT (SELECT 2 AS "2") AS _subquery_1) AS _subquery_2,
  (SELECT 3 AS "3") AS three,
  CAST((SELECT 4 AS "4") AS bigint) + (SELECT 5 AS "5") AS "plus(_subquery_5, _subquery_6)",
  CAST(EXISTS (SELECT 6 AS "6") AS integer) AS "in(1, _subquery_7)",
  (SELECT 7 AS "7") AS _subquery_9;
