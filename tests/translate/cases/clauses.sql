-- case: an alias wins over a column
SELECT user_id, amount + 1 AS amount FROM events WHERE amount > 5 ORDER BY amount, user_id LIMIT 20;
-- trino
SELECT events.user_id, events.amount + 1 AS amount
FROM events
WHERE (events.amount + 1) > 5
ORDER BY 2, 1
LIMIT 20;

-- case: aggregates without rows
SELECT count(), sum(id), avg(f), max(ts), min(s), any(n), sum(n), uniq(id), countIf(id > 1), groupArray(id) FROM nothing;
-- trino
SELECT
  count(*) AS "count()",
  coalesce(sum(nothing.id), 0) AS "sum(id)",
  coalesce(avg(nothing.f), nan()) AS "avg(f)",
  coalesce(max(nothing.ts), TIMESTAMP '1970-01-01 00:00:00.000') AS "max(ts)",
  coalesce(min(nothing.s), '') AS "min(s)",
  arbitrary(nothing.n) AS "any(n)",
  sum(nothing.n) AS "sum(n)",
  coalesce(count(DISTINCT nothing.id), 0) AS "uniq(id)",
  count(*) FILTER (WHERE nothing.id > 1) AS "countif(greater(id, 1))",
  coalesce(array_agg(nothing.id), CAST(ARRAY[] AS array(bigint))) AS "grouparray(id)"
FROM nothing;

-- case: group by an alias, order by a count
SELECT action AS a, count() AS c, avg(price) AS p, c * 2 AS twice FROM events GROUP BY a HAVING c > 1 ORDER BY c DESC, a;
-- trino
SELECT
  events.action AS a,
  count(*) AS c,
  avg(events.price) AS p,
  count(*) * 2 AS twice
FROM events
GROUP BY events.action
HAVING count(*) > 1
ORDER BY 2 DESC, 1;

-- case: scalar with and subquery
WITH 5 AS five, (SELECT max(amount) FROM events) AS top SELECT five + 1, top, count() FROM events WHERE amount = top OR amount = five;
-- trino
SELECT
  BIGINT '5' + 1 AS "plus(five, 1)",
  (SELECT coalesce(max(events.amount), 0) AS "max(amount)"
  FROM events) AS top,
  count(*) AS "count()"
FROM events
WHERE ((events.amount = (SELECT coalesce(max(events.amount), 0) AS "max(amount)"
FROM events)) OR (events.amount = 5));

-- case: left join fills defaults
SELECT e.event_id, u.name, u.age, u.score, u.signup FROM events AS e LEFT JOIN users AS u ON e.user_id = u.user_id ORDER BY e.event_id;
-- trino
SELECT
  e.event_id,
  coalesce(u."name", '') AS "name",
  coalesce(u.age, 0) AS age,
  u.score,
  coalesce(u.signup, DATE '1970-01-01') AS signup
FROM events AS e
LEFT JOIN users AS u
  ON e.user_id = u.user_id
ORDER BY 1;

-- case: left join with nulls [join_use_nulls]
SELECT e.event_id, u.name, u.age, u.score FROM events AS e LEFT JOIN users AS u ON e.user_id = u.user_id ORDER BY e.event_id;
-- trino
SELECT e.event_id, u."name", u.age, u.score
FROM events AS e
LEFT JOIN users AS u
  ON e.user_id = u.user_id
ORDER BY 1;

-- case: array join function
SELECT arrayJoin(tags) AS tag, count() AS c FROM events WHERE tag != 'a' GROUP BY tag ORDER BY tag;
-- trino
SELECT unnested1.item AS tag, count(*) AS c
FROM events
CROSS JOIN UNNEST(events.tags) AS unnested1 (item)
WHERE unnested1.item <> 'a'
GROUP BY unnested1.item
ORDER BY 1;

-- case: limit by
SELECT country, event_id, price FROM events ORDER BY country, event_id LIMIT 2 BY country;
-- trino
SELECT limited1.country, limited1.event_id, limited1.price
FROM (
  SELECT
    events.country,
    events.event_id,
    events.price,
    row_number() OVER (PARTITION BY events.country ORDER BY events.country, events.event_id) AS number_in_group
  FROM events
) AS limited1
WHERE limited1.number_in_group <= 2
ORDER BY 1, 2;

-- case: union of types
SELECT 1 AS x UNION ALL SELECT 300 UNION ALL SELECT amount FROM events;
-- trino
SELECT CAST(1 AS bigint) AS x
UNION ALL
SELECT CAST(300 AS bigint) AS "300"
UNION ALL
SELECT events.amount
FROM events;

-- case: PREWHERE and WHERE
SELECT count() FROM events PREWHERE amount > 5 WHERE is_bot AND (country = 'DE' OR country = 'FR');
-- trino
SELECT count(*) AS "count()"
FROM events
WHERE events.amount > 5
  AND events.is_bot <> 0
  AND ((events.country = 'DE') OR (events.country = 'FR'));

-- case: numbers as conditions
SELECT count() AS c, countIf(is_bot) AS b FROM events WHERE amount AND price AND duration AND NOT (amount - 5);
-- trino
SELECT count(*) AS c, count(*) FILTER (WHERE events.is_bot <> 0) AS b
FROM events
WHERE events.amount <> 0
  AND events.price <> 0
  AND events.duration <> 0
  AND NOT ((events.amount - 5) <> 0);

-- case: a NULL as condition
SELECT count() FROM events WHERE NULL;
-- trino
SELECT count(*) AS "count()"
FROM events
WHERE CAST(NULL AS boolean);

-- case: a text as condition
SELECT count() FROM events WHERE country;
-- error: A condition cannot be of type String

-- case: HAVING without GROUP BY
SELECT count() AS c, sum(amount) FROM events HAVING c > 1000;
-- trino
SELECT count(*) AS c, coalesce(sum(events.amount), 0) AS "sum(amount)"
FROM events
HAVING count(*) > 1000;

-- case: HAVING without aggregates
SELECT event_id AS e FROM events HAVING e = 'e00001';
-- trino
SELECT events.event_id AS e
FROM events
WHERE events.event_id = 'e00001';

-- case: GROUP BY and ORDER BY numbers
SELECT country, action, count() FROM events GROUP BY 1, -2 ORDER BY 3 DESC, 1, -2 LIMIT 3;
-- trino
SELECT events.country, events.action, count(*) AS "count()"
FROM events
GROUP BY events.country, events.action
ORDER BY 3 DESC, 1, 2
LIMIT 3;

-- case: a number without a column
SELECT country, count() FROM events GROUP BY 3;
-- error: There is no column 3

-- case: GROUP BY ALL and ORDER BY ALL
SELECT action, country, count() FROM events GROUP BY ALL ORDER BY ALL;
-- trino
SELECT events.action, events.country, count(*) AS "count()"
FROM events
GROUP BY events.action, events.country
ORDER BY 1, 2, 3;

-- case: GROUP BY a constant and a column
SELECT 'all' AS k, country, count() FROM events GROUP BY k, country ORDER BY country;
-- trino
SELECT 'all' AS k, events.country, count(*) AS "count()"
FROM events
GROUP BY events.country
ORDER BY 2;

-- case: GROUP BY constants
SELECT 'all' AS k, count(), sum(amount) FROM events GROUP BY k;
-- trino
SELECT 'all' AS k, count(*) AS "count()", sum(events.amount) AS "sum(amount)"
FROM events
GROUP BY ()
HAVING count(*) > 0;

-- case: GROUP BY constants of no rows
SELECT 'all' AS k, count(), sum(id) FROM nothing GROUP BY k, 1 + 1 HAVING count() < 5;
-- trino
SELECT 'all' AS k, count(*) AS "count()", sum(nothing.id) AS "sum(id)"
FROM nothing
GROUP BY ()
HAVING count(*) > 0 AND (count(*) < 5);

-- case: ORDER BY aggregates and expressions that are not selected
SELECT country FROM events GROUP BY country ORDER BY sum(amount) * -1, country;
-- trino
SELECT events.country
FROM events
GROUP BY events.country
ORDER BY sum(events.amount) * (-1), 1;

-- case: ORDER BY an expression of an alias
SELECT country, count() AS c FROM events GROUP BY country ORDER BY c * -1, lower(country);
-- trino
SELECT events.country, count(*) AS c
FROM events
GROUP BY events.country
ORDER BY count(*) * (-1), translate(events.country, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz');

-- case: ORDER BY NULLS FIRST and LAST
SELECT id, ni, ns, ndt FROM v ORDER BY ns DESC NULLS FIRST, ni NULLS FIRST, ndt DESC NULLS LAST, id;
-- trino
SELECT v.id, v.ni, v.ns, v.ndt
FROM v
ORDER BY 3 DESC NULLS FIRST, 2 NULLS FIRST, 4 DESC, 1;

-- case: ORDER BY with NaN
SELECT x FROM (SELECT arrayJoin([1., nan, NULL, inf, -inf]) AS x) ORDER BY x;
-- trino
SELECT subquery1.x
FROM (
  SELECT unnested1.item AS x
  FROM UNNEST(ARRAY[1.0e0, nan(), NULL, infinity(), (-infinity())]) AS unnested1 (item)
) AS subquery1
ORDER BY 1;

-- case: ORDER BY DESC with NaN
SELECT x FROM (SELECT arrayJoin([1., nan, NULL, inf, -inf]) AS x) ORDER BY x DESC;
-- trino
SELECT subquery1.x
FROM (
  SELECT unnested1.item AS x
  FROM UNNEST(ARRAY[1.0e0, nan(), NULL, infinity(), (-infinity())]) AS unnested1 (item)
) AS subquery1
ORDER BY is_nan(subquery1.x), subquery1.x DESC;

-- case: ORDER BY NULLS FIRST with NaN
SELECT x FROM (SELECT arrayJoin([1., nan, NULL, inf, -inf]) AS x) ORDER BY x NULLS FIRST;
-- trino
SELECT subquery1.x
FROM (
  SELECT unnested1.item AS x
  FROM UNNEST(ARRAY[1.0e0, nan(), NULL, infinity(), (-infinity())]) AS unnested1 (item)
) AS subquery1
ORDER BY is_nan(subquery1.x) DESC NULLS FIRST, subquery1.x NULLS FIRST;

-- case: ORDER BY DESC NULLS FIRST with NaN
SELECT x FROM (SELECT arrayJoin([1., nan, NULL, inf, -inf]) AS x) ORDER BY x DESC NULLS FIRST;
-- trino
SELECT subquery1.x
FROM (
  SELECT unnested1.item AS x
  FROM UNNEST(ARRAY[1.0e0, nan(), NULL, infinity(), (-infinity())]) AS unnested1 (item)
) AS subquery1
ORDER BY is_nan(subquery1.x) DESC NULLS FIRST, subquery1.x DESC NULLS FIRST;

-- case: ORDER BY an Enum is by its numbers
SELECT e, id FROM v ORDER BY e DESC, id LIMIT 30;
-- trino
SELECT v.e, v.id
FROM v
ORDER BY CASE v.e WHEN 'blue' THEN -3 WHEN 'red' THEN 1 WHEN 'green' THEN 2 END DESC, 2
LIMIT 30;

-- case: ORDER BY a UUID is by its second half
SELECT DISTINCT uid FROM v ORDER BY uid;
-- trino
SELECT distinct_rows1.uid
FROM (
  SELECT DISTINCT v.uid
  FROM v
) AS distinct_rows1
ORDER BY concat(substr(distinct_rows1.uid, 20), substr(distinct_rows1.uid, 1, 18));

-- case: ORDER BY every type that sorts alike
SELECT id FROM v ORDER BY b, fs DESC, lc, d, d32 DESC, dt, dt3, dt6, dtz, dec, u64 DESC, i64, id;
-- trino
SELECT v.id
FROM v
ORDER BY v.b, v.fs DESC, v.lc, v.d, v.d32 DESC, v.dt, v.dt3, v.dt6, v.dtz, v.dec, v.u64 DESC, v.i64, 1;

-- case: ORDER BY arrays and tuples
SELECT id FROM v ORDER BY as, ai DESC, tup, aa, id;
-- trino
SELECT v.id
FROM v
ORDER BY v."as", v.ai DESC, v.tup, v.aa, 1;

-- case: ORDER BY arrays with NULLs
SELECT id FROM v ORDER BY an, id;
-- trino
SELECT v.id
FROM v
ORDER BY transform(v.an, x -> ROW(IF(x IS NULL, 1, 0), coalesce(x, 0))), 1;

-- case: ORDER BY arrays of floats
SELECT id FROM v ORDER BY af;
-- error: ORDER BY of Array(Float64) is not supported on Athena: it has another order there

-- case: ORDER BY a map
SELECT id FROM v ORDER BY ms, id;
-- trino
SELECT v.id
FROM v
ORDER BY map_entries(v.ms), 1;

-- case: ORDER BY COLLATE
SELECT s FROM v ORDER BY s COLLATE 'en';
-- error: COLLATE is not supported on Athena

-- case: SAMPLE
SELECT count() FROM events SAMPLE 0.1;
-- error: SAMPLE is not supported

-- case: SETTINGS
SELECT count() FROM events SETTINGS max_threads = 1;
-- error: SETTINGS is not supported here

-- case: FORMAT
SELECT count() FROM events FORMAT JSON;
-- error: FORMAT is not supported here
