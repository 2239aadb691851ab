-- case: id, arrayJoin(ai) AS x FROM v ORDER BY id, x
SELECT id, arrayJoin(ai) AS x FROM v ORDER BY id, x;
-- trino
SELECT v.id, unnested1.item AS x
FROM v
CROSS JOIN UNNEST(v.ai) AS unnested1 (item)
ORDER BY 1, 2;

-- case: arrayJoin(1,2) AS a, arrayJoin(1,2) AS b
SELECT arrayJoin([1,2]) AS a, arrayJoin([1,2]) AS b;
-- trino
SELECT unnested1.item AS a, unnested1.item AS b
FROM UNNEST(ARRAY[1, 2]) AS unnested1 (item);

-- case: arrayJoin(1,2) AS a, arrayJoin(3,4) AS b
SELECT arrayJoin([1,2]) AS a, arrayJoin([3,4]) AS b;
-- trino
SELECT unnested1.item AS a, unnested2.item AS b
FROM UNNEST(ARRAY[1, 2]) AS unnested1 (item)
CROSS JOIN UNNEST(ARRAY[3, 4]) AS unnested2 (item);

-- case: row_number() OVER (ORDER BY id) AS rn, arrayJoin(1,2) AS x FROM v
SELECT row_number() OVER (ORDER BY id) AS rn, arrayJoin([1,2]) AS x FROM v WHERE id < 3;
-- trino
SELECT grouped1.column1 AS rn, unnested1.item AS x
FROM (
  SELECT row_number() OVER (ORDER BY v.id) AS column1
  FROM v
  WHERE v.id < 3
) AS grouped1
CROSS JOIN UNNEST(ARRAY[1, 2]) AS unnested1 (item);

-- case: arrayJoin(ai) AS x, row_number() OVER (PARTITION BY x ORDER BY id
SELECT arrayJoin(ai) AS x, row_number() OVER (PARTITION BY x ORDER BY id) FROM v WHERE id < 4;
-- trino
SELECT
  unnested1.item AS x,
  row_number() OVER (PARTITION BY unnested1.item ORDER BY v.id) AS "row_number() over (partition by x order by id asc)"
FROM v
CROSS JOIN UNNEST(v.ai) AS unnested1 (item)
WHERE v.id < 4;

-- case: arrayJoin(ai) AS x, count() FROM v GROUP BY x ORDER BY x
SELECT arrayJoin(ai) AS x, count() FROM v GROUP BY x ORDER BY x;
-- trino
SELECT unnested1.item AS x, count(*) AS "count()"
FROM v
CROSS JOIN UNNEST(v.ai) AS unnested1 (item)
GROUP BY unnested1.item
ORDER BY 1;

-- case: arrayJoin(ai) AS x, count() FROM v GROUP BY 1 ORDER BY 1
SELECT arrayJoin(ai) AS x, count() FROM v GROUP BY 1 ORDER BY 1;
-- trino
SELECT unnested1.item AS x, count(*) AS "count()"
FROM v
CROSS JOIN UNNEST(v.ai) AS unnested1 (item)
GROUP BY unnested1.item
ORDER BY 1;

-- case: country, arrayJoin(1,2) AS x, count() FROM events GROUP BY countr
SELECT country, arrayJoin([1,2]) AS x, count() FROM events GROUP BY country ORDER BY 1,2 LIMIT 3;
-- trino
SELECT
  grouped1.column1 AS country,
  unnested1.item AS x,
  grouped1.column2 AS "count()"
FROM (
  SELECT events.country AS column1, count(*) AS column2
  FROM events
  GROUP BY events.country
) AS grouped1
CROSS JOIN UNNEST(ARRAY[1, 2]) AS unnested1 (item)
ORDER BY 1, 2
LIMIT 3;

-- case: country, arrayJoin(1,2) AS x, count() FROM events GROUP BY 1 ORDE
SELECT country, arrayJoin([1,2]) AS x, count() FROM events GROUP BY 1 ORDER BY 1,2 LIMIT 3;
-- trino
SELECT
  grouped1.column1 AS country,
  unnested1.item AS x,
  grouped1.column2 AS "count()"
FROM (
  SELECT events.country AS column1, count(*) AS column2
  FROM events
  GROUP BY events.country
) AS grouped1
CROSS JOIN UNNEST(ARRAY[1, 2]) AS unnested1 (item)
ORDER BY 1, 2
LIMIT 3;

-- case: country, arrayJoin(1,2) AS x, count() AS c FROM events GROUP BY c
SELECT country, arrayJoin([1,2]) AS x, count() AS c FROM events GROUP BY country, x ORDER BY 1,2 LIMIT 3;
-- trino
SELECT events.country, unnested1.item AS x, count(*) AS c
FROM events
CROSS JOIN UNNEST(ARRAY[1, 2]) AS unnested1 (item)
GROUP BY events.country, unnested1.item
ORDER BY 1, 2
LIMIT 3;

-- case: arrayJoin(groupArray(id)) AS x, count() AS c FROM v
SELECT arrayJoin(groupArray(id)) AS x, count() AS c FROM v;
-- trino
SELECT unnested1.item AS x, grouped1.column2 AS c
FROM (
  SELECT
    coalesce(array_agg(v.id), CAST(ARRAY[] AS array(bigint))) AS column1,
    count(*) AS column2
  FROM v
) AS grouped1
CROSS JOIN UNNEST(grouped1.column1) AS unnested1 (item);

-- case: arrayJoin(groupArray(id)) + count() * 2 AS x, x + 1, count() AS c
SELECT arrayJoin(groupArray(id)) + count() * 2 AS x, x + 1, count() AS c, c + x FROM v ORDER BY x DESC;
-- trino
SELECT
  unnested1.item + grouped1.column2 AS x,
  (unnested1.item + grouped1.column2) + 1 AS "plus(x, 1)",
  grouped1.column3 AS c,
  grouped1.column3 + (unnested1.item + grouped1.column2) AS "plus(c, x)"
FROM (
  SELECT
    coalesce(array_agg(v.id), CAST(ARRAY[] AS array(bigint))) AS column1,
    count(*) * 2 AS column2,
    count(*) AS column3
  FROM v
) AS grouped1
CROSS JOIN UNNEST(grouped1.column1) AS unnested1 (item)
ORDER BY 1 DESC;

-- case: country, arrayJoin(groupArray(amount)) AS x FROM events GROUP BY
SELECT country, arrayJoin(groupArray(amount)) AS x FROM events GROUP BY country HAVING count() > 5 ORDER BY country, x LIMIT 10;
-- trino
SELECT grouped1.column1 AS country, unnested1.item AS x
FROM (
  SELECT events.country AS column1, array_agg(events.amount) AS column2
  FROM events
  GROUP BY events.country
  HAVING count(*) > 5
) AS grouped1
CROSS JOIN UNNEST(grouped1.column2) AS unnested1 (item)
ORDER BY 1, 2
LIMIT 10;

-- case: count() FROM (SELECT country, arrayJoin(groupArray(amount)) AS x
SELECT count() FROM (SELECT country, arrayJoin(groupArray(amount)) AS x FROM events GROUP BY country);
-- trino
SELECT count(*) AS "count()"
FROM (
  SELECT grouped1.column1 AS country, unnested1.item AS x
  FROM (
    SELECT events.country AS column1, array_agg(events.amount) AS column2
    FROM events
    GROUP BY events.country
  ) AS grouped1
  CROSS JOIN UNNEST(grouped1.column2) AS unnested1 (item)
) AS subquery1;

-- case: sum(arrayJoin(1,2)) FROM v WHERE id < 2
SELECT sum(arrayJoin([1,2])) FROM v WHERE id < 2;
-- trino
SELECT coalesce(sum(unnested1.item), 0) AS "sum(arrayjoin([1, 2]))"
FROM v
CROSS JOIN UNNEST(ARRAY[1, 2]) AS unnested1 (item)
WHERE v.id < 2;

-- case: id, arrayJoin(1,2) AS x FROM v WHERE x = 2 AND id < 2
SELECT id, arrayJoin([1,2]) AS x FROM v WHERE x = 2 AND id < 2;
-- trino
SELECT v.id, unnested1.item AS x
FROM v
CROSS JOIN UNNEST(ARRAY[1, 2]) AS unnested1 (item)
WHERE unnested1.item = 2
  AND v.id < 2;

-- case: id FROM v ORDER BY arrayJoin(ai), id LIMIT 2
SELECT id FROM v ORDER BY arrayJoin(ai), id LIMIT 2;
-- trino
SELECT v.id
FROM v
CROSS JOIN UNNEST(v.ai) AS unnested1 (item)
ORDER BY unnested1.item, 1
LIMIT 2;

-- case: id FROM v WHERE arrayJoin(ai) = 3 ORDER BY id
SELECT id FROM v WHERE arrayJoin(ai) = 3 ORDER BY id;
-- trino
SELECT v.id
FROM v
CROSS JOIN UNNEST(v.ai) AS unnested1 (item)
WHERE unnested1.item = 3
ORDER BY 1;

-- case: if(id = 0, arrayJoin(ai), 0) AS y FROM v WHERE id < 3
SELECT if(id = 0, arrayJoin(ai), 0) AS y FROM v WHERE id < 3;
-- trino
SELECT IF(v.id = 0, unnested1.item, CAST(0 AS bigint)) AS y
FROM v
CROSS JOIN UNNEST(v.ai) AS unnested1 (item)
WHERE v.id < 3;

-- case: sum(amount) AS s, arrayJoin(s, s + 1) AS y FROM events
SELECT sum(amount) AS s, arrayJoin([s, s + 1]) AS y FROM events;
-- trino
SELECT grouped1.column1 AS s, unnested1.item AS y
FROM (
  SELECT
    coalesce(sum(events.amount), 0) AS column1,
    ARRAY[coalesce(sum(events.amount), 0), coalesce(sum(events.amount), 0) + 1] AS column2
  FROM events
) AS grouped1
CROSS JOIN UNNEST(grouped1.column2) AS unnested1 (item);

-- case: sum(amount) AS s, arrayJoin((s, a), (s + 1, b)) AS y, y.1 AS k, y
SELECT sum(amount) AS s, arrayJoin([(s, 'a'), (s + 1, 'b')]) AS y, y.1 AS k, y.2 AS w FROM events;
-- trino
SELECT
  grouped1.column1 AS s,
  unnested1.item AS y,
  unnested1.item[1] AS k,
  unnested1.item[2] AS w
FROM (
  SELECT
    coalesce(sum(events.amount), 0) AS column1,
    ARRAY[ROW(coalesce(sum(events.amount), 0), 'a'), ROW(coalesce(sum(events.amount), 0) + 1, 'b')] AS column2
  FROM events
) AS grouped1
CROSS JOIN UNNEST(transform(grouped1.column2, x -> ROW(x))) AS unnested1 (item);

-- case: arrayJoin(tags) AS tag, uniq(user_id) AS u, count() AS c FROM eve
SELECT arrayJoin(tags) AS tag, uniq(user_id) AS u, count() AS c FROM events GROUP BY tag ORDER BY c DESC;
-- trino
SELECT unnested1.item AS tag, count(DISTINCT events.user_id) AS u, count(*) AS c
FROM events
CROSS JOIN UNNEST(events.tags) AS unnested1 (item)
GROUP BY unnested1.item
ORDER BY 3 DESC;

-- case: AS (SELECT arrayJoin(tags) AS tag, event_id FROM events) SELECT t
WITH t AS (SELECT arrayJoin(tags) AS tag, event_id FROM events) SELECT tag, count() FROM t GROUP BY tag ORDER BY tag;
-- trino
WITH t AS (
  SELECT unnested1.item AS tag, events.event_id
  FROM events
  CROSS JOIN UNNEST(events.tags) AS unnested1 (item)
)
SELECT t.tag, count(*) AS "count()"
FROM t
GROUP BY t.tag
ORDER BY 1;

-- case: DISTINCT arrayJoin(ai) AS x FROM v ORDER BY x LIMIT 3
SELECT DISTINCT arrayJoin(ai) AS x FROM v ORDER BY x LIMIT 3;
-- trino
SELECT DISTINCT unnested1.item AS x
FROM v
CROSS JOIN UNNEST(v.ai) AS unnested1 (item)
ORDER BY 1
LIMIT 3;

-- case: arrayJoin(aa) AS x, arrayJoin(x) AS y FROM v ORDER BY id, y
SELECT arrayJoin(aa) AS x, arrayJoin(x) AS y FROM v ORDER BY id, y;
-- trino
SELECT unnested1.item AS x, unnested2.item AS y
FROM v
CROSS JOIN UNNEST(v.aa) AS unnested1 (item)
CROSS JOIN UNNEST(unnested1.item) AS unnested2 (item)
ORDER BY v.id, 2;

-- case: arrayJoin(arrayJoin(aa)) AS y FROM v ORDER BY y
SELECT arrayJoin(arrayJoin(aa)) AS y FROM v ORDER BY y;
-- trino
SELECT unnested2.item AS y
FROM v
CROSS JOIN UNNEST(v.aa) AS unnested1 (item)
CROSS JOIN UNNEST(unnested1.item) AS unnested2 (item)
ORDER BY 1;

-- case: count(arrayJoin(ai)) AS c, arrayJoin(1,2) AS x FROM v
SELECT count(arrayJoin(ai)) AS c, arrayJoin([1,2]) AS x FROM v;
-- trino
SELECT grouped1.column1 AS c, unnested2.item AS x
FROM (
  SELECT count(unnested1.item) AS column1
  FROM v
  CROSS JOIN UNNEST(v.ai) AS unnested1 (item)
) AS grouped1
CROSS JOIN UNNEST(ARRAY[1, 2]) AS unnested2 (item);

-- case: arrayJoin(ai) + arrayJoin(ai) AS x FROM v ORDER BY x
SELECT arrayJoin(ai) + arrayJoin(ai) AS x FROM v ORDER BY x;
-- trino
SELECT unnested1.item + unnested1.item AS x
FROM v
CROSS JOIN UNNEST(v.ai) AS unnested1 (item)
ORDER BY 1;

-- case: arrayJoin(an) AS x, count() FROM v GROUP BY x ORDER BY x
SELECT arrayJoin(an) AS x, count() FROM v GROUP BY x ORDER BY x;
-- trino
SELECT unnested1.item AS x, count(*) AS "count()"
FROM v
CROSS JOIN UNNEST(v.an) AS unnested1 (item)
GROUP BY unnested1.item
ORDER BY 1;

-- case: arrayJoin(1, 2, 3) AS x, x * 2 AS y WHERE y > 2
SELECT arrayJoin([1, 2, 3]) AS x, x * 2 AS y WHERE y > 2;
-- trino
SELECT unnested1.item AS x, CAST(unnested1.item AS bigint) * 2 AS y
FROM UNNEST(ARRAY[1, 2, 3]) AS unnested1 (item)
WHERE (CAST(unnested1.item AS bigint) * 2) > 2;

-- case: * FROM (SELECT id, ai FROM v) ARRAY JOIN ai
SELECT * FROM (SELECT id, ai FROM v) ARRAY JOIN ai;
-- trino
SELECT subquery1.id, joined1.item1 AS ai
FROM (
  SELECT v.id, v.ai
  FROM v
) AS subquery1
CROSS JOIN UNNEST(subquery1.ai) AS joined1 (item1);

-- case: * FROM (SELECT id, ai FROM v) ARRAY JOIN ai AS x
SELECT * FROM (SELECT id, ai FROM v) ARRAY JOIN ai AS x;
-- trino
SELECT subquery1.id, subquery1.ai
FROM (
  SELECT v.id, v.ai
  FROM v
) AS subquery1
CROSS JOIN UNNEST(subquery1.ai) AS joined1 (item1);

-- case: x, ai, id FROM (SELECT id, ai FROM v) AS t ARRAY JOIN ai AS x WHE
SELECT x, ai, id FROM (SELECT id, ai FROM v) AS t ARRAY JOIN ai AS x WHERE x > 1;
-- trino
SELECT joined1.item1 AS x, t.ai, t.id
FROM (
  SELECT v.id, v.ai
  FROM v
) AS t
CROSS JOIN UNNEST(t.ai) AS joined1 (item1)
WHERE joined1.item1 > 1;

-- case: id FROM (SELECT id, ai FROM v) AS t ARRAY JOIN ai AS id
SELECT id FROM (SELECT id, ai FROM v) AS t ARRAY JOIN ai AS id;
-- trino
SELECT joined1.item1 AS id
FROM (
  SELECT v.id, v.ai
  FROM v
) AS t
CROSS JOIN UNNEST(t.ai) AS joined1 (item1);

-- case: x, ai, id FROM v LEFT ARRAY JOIN ai AS x
SELECT x, ai, id FROM v LEFT ARRAY JOIN ai AS x;
-- trino
SELECT coalesce(joined1.item1, 0) AS x, v.ai, v.id
FROM v
LEFT JOIN UNNEST(v.ai) AS joined1 (item1) ON TRUE;

-- case: ai, id FROM v LEFT ARRAY JOIN ai
SELECT ai, id FROM v LEFT ARRAY JOIN ai;
-- trino
SELECT coalesce(joined1.item1, 0) AS ai, v.id
FROM v
LEFT JOIN UNNEST(v.ai) AS joined1 (item1) ON TRUE;

-- case: x FROM v ARRAY JOIN 1, 2, 3 AS x WHERE id < 2
SELECT x FROM v ARRAY JOIN [1, 2, 3] AS x WHERE id < 2;
-- trino
SELECT joined1.item1 AS x
FROM v
CROSS JOIN UNNEST(ARRAY[1, 2, 3]) AS joined1 (item1)
WHERE v.id < 2;

-- case: x FROM (SELECT 1) ARRAY JOIN 1, 2, 3 AS x
SELECT x FROM (SELECT 1) ARRAY JOIN [1, 2, 3] AS x;
-- trino
SELECT joined1.item1 AS x
FROM (
  SELECT 1 AS "1"
) AS subquery1
CROSS JOIN UNNEST(ARRAY[1, 2, 3]) AS joined1 (item1);

-- case: x, y FROM v ARRAY JOIN aa AS y ARRAY JOIN y AS x
SELECT x, y FROM v ARRAY JOIN aa AS y ARRAY JOIN y AS x;
-- trino
SELECT joined2.item1 AS x, joined1.item1 AS y
FROM v
CROSS JOIN UNNEST(v.aa) AS joined1 (item1)
CROSS JOIN UNNEST(joined1.item1) AS joined2 (item1);

-- case: v.id, u, k FROM v ARRAY JOIN ai AS u JOIN (SELECT 1 AS k) AS j ON
SELECT v.id, u, k FROM v ARRAY JOIN ai AS u JOIN (SELECT 1 AS k) AS j ON j.k = u;
-- trino
SELECT v.id, joined1.item1 AS u, j.k
FROM v
CROSS JOIN UNNEST(v.ai) AS joined1 (item1)
JOIN (
  SELECT 1 AS k
) AS j
  ON j.k = joined1.item1;

-- case: id, x, y FROM v ARRAY JOIN ai AS x, ai AS y
SELECT id, x, y FROM v ARRAY JOIN ai AS x, ai AS y;
-- trino
SELECT v.id, joined1.item1 AS x, joined1.item2 AS y
FROM v
CROSS JOIN UNNEST(v.ai, v.ai) AS joined1 (item1, item2);

-- case: tag, count() AS c FROM events ARRAY JOIN tags AS tag GROUP BY tag
SELECT tag, count() AS c FROM events ARRAY JOIN tags AS tag GROUP BY tag ORDER BY c DESC;
-- trino
SELECT joined1.item1 AS tag, count(*) AS c
FROM events
CROSS JOIN UNNEST(events.tags) AS joined1 (item1)
GROUP BY joined1.item1
ORDER BY 2 DESC;

-- case: tags, count() AS c FROM events ARRAY JOIN tags GROUP BY tags ORDE
SELECT tags, count() AS c FROM events ARRAY JOIN tags GROUP BY tags ORDER BY c DESC;
-- trino
SELECT joined1.item1 AS tags, count(*) AS c
FROM events
CROSS JOIN UNNEST(events.tags) AS joined1 (item1)
GROUP BY joined1.item1
ORDER BY 2 DESC;

-- case: e.tags, u.plan, count() FROM events AS e ARRAY JOIN e.tags JOIN u
SELECT e.tags, u.plan, count() FROM events AS e ARRAY JOIN e.tags JOIN users AS u ON u.user_id = e.user_id GROUP BY e.tags, u.plan ORDER BY 1, 2;
-- trino
SELECT joined1.item1 AS "e.tags", u.plan, count(*) AS "count()"
FROM events AS e
CROSS JOIN UNNEST(e.tags) AS joined1 (item1)
JOIN users AS u
  ON u.user_id = e.user_id
GROUP BY joined1.item1, u.plan
ORDER BY 1, 2;

-- case: x AS k FROM v ARRAY JOIN id, id + 1 AS x ORDER BY k LIMIT 5
SELECT x AS k FROM v ARRAY JOIN [id, id + 1] AS x ORDER BY k LIMIT 5;
-- trino
SELECT joined1.item1 AS k
FROM v
CROSS JOIN UNNEST(ARRAY[v.id, v.id + 1]) AS joined1 (item1)
ORDER BY 1
LIMIT 5;

-- case: arrayMap(x -> arrayJoin(1,2), 1)
SELECT arrayMap(x -> arrayJoin([1,2]), [1]);
-- error: arrayJoin() is not supported here: rows cannot be multiplied

-- case: arrayJoin(splitByChar(,, a,b,,c)) AS x, count() FROM v GROUP BY x
SELECT arrayJoin(splitByChar(',', 'a,b,,c')) AS x, count() FROM v GROUP BY x ORDER BY x;
-- trino
SELECT unnested1.item AS x, count(*) AS "count()"
FROM v
CROSS JOIN UNNEST(split('a,b,,c', ',')) AS unnested1 (item)
GROUP BY unnested1.item
ORDER BY 1;

-- case: arrayJoin(range(5)) AS n, n * 2
SELECT arrayJoin(range(5)) AS n, n * 2;
-- trino
SELECT unnested1.item AS n, unnested1.item * 2 AS "multiply(n, 2)"
FROM UNNEST(CAST(sequence(0, 4) AS array(bigint))) AS unnested1 (item);

-- case: arrayJoin(range(0, 10, 3)) AS n
SELECT arrayJoin(range(0, 10, 3)) AS n;
-- trino
SELECT unnested1.item AS n
FROM UNNEST(CAST(sequence(0, 9, 3) AS array(bigint))) AS unnested1 (item);

-- case: DISTINCT arrayJoin(groupArray(amount)) AS x FROM events ORDER BY
SELECT DISTINCT arrayJoin(groupArray(amount)) AS x FROM events ORDER BY x;
-- trino
SELECT DISTINCT unnested1.item AS x
FROM (
  SELECT
    coalesce(array_agg(events.amount), CAST(ARRAY[] AS array(bigint))) AS column1
  FROM events
) AS grouped1
CROSS JOIN UNNEST(grouped1.column1) AS unnested1 (item)
ORDER BY 1;

-- case: arrayJoin(groupUniqArray(amount)) AS x FROM events ORDER BY x DES
SELECT arrayJoin(groupUniqArray(amount)) AS x FROM events ORDER BY x DESC LIMIT 2;
-- trino
SELECT unnested1.item AS x
FROM (
  SELECT
    coalesce(array_distinct(array_agg(events.amount)), CAST(ARRAY[] AS array(bigint))) AS column1
  FROM events
) AS grouped1
CROSS JOIN UNNEST(grouped1.column1) AS unnested1 (item)
ORDER BY 1 DESC
LIMIT 2;

-- case: country, arrayJoin(groupArray(amount)) AS x FROM events GROUP BY 2
SELECT country, arrayJoin(groupArray(amount)) AS x FROM events GROUP BY country ORDER BY country, x DESC LIMIT 2 BY country;
-- trino
SELECT limited1.country, limited1.x
FROM (
  SELECT
    grouped1.column1 AS country,
    unnested1.item AS x,
    row_number() OVER (PARTITION BY grouped1.column1 ORDER BY grouped1.column1, unnested1.item DESC) AS number_in_group
  FROM (
    SELECT events.country AS column1, array_agg(events.amount) AS column2
    FROM events
    GROUP BY events.country
  ) AS grouped1
  CROSS JOIN UNNEST(grouped1.column2) AS unnested1 (item)
) AS limited1
WHERE limited1.number_in_group <= 2
ORDER BY 1, 2 DESC;

-- case: country, arrayJoin(min(amount), max(amount)) AS x FROM events GRO
SELECT country, arrayJoin([min(amount), max(amount)]) AS x FROM events GROUP BY country ORDER BY country, x;
-- trino
SELECT grouped1.column1 AS country, unnested1.item AS x
FROM (
  SELECT
    events.country AS column1,
    ARRAY[min(events.amount), max(events.amount)] AS column2
  FROM events
  GROUP BY events.country
) AS grouped1
CROSS JOIN UNNEST(grouped1.column2) AS unnested1 (item)
ORDER BY 1, 2;

-- case: t.1 AS a, t.2 AS b FROM (SELECT arrayJoin(groupArray((country, am
SELECT t.1 AS a, t.2 AS b FROM (SELECT arrayJoin(groupArray((country, amount))) AS t FROM events) ORDER BY a, b LIMIT 5;
-- trino
SELECT subquery1.t[1] AS a, subquery1.t[2] AS b
FROM (
  SELECT unnested1.item AS t
  FROM (
    SELECT
      coalesce(array_agg(ROW(events.country, events.amount)), CAST(ARRAY[] AS array(row("f1" varchar, "f2" bigint)))) AS column1
    FROM events
  ) AS grouped1
  CROSS JOIN UNNEST(transform(grouped1.column1, x -> ROW(x))) AS unnested1 (item)
) AS subquery1
ORDER BY 1, 2
LIMIT 5;

-- case: arrayJoin(groupArray((country, amount))) AS t, t.1 AS a, t.2 + 1
SELECT arrayJoin(groupArray((country, amount))) AS t, t.1 AS a, t.2 + 1 AS b, count() AS c FROM events ORDER BY a, b LIMIT 5;
-- trino
SELECT
  unnested1.item AS t,
  unnested1.item[1] AS a,
  unnested1.item[2] + 1 AS b,
  grouped1.column2 AS c
FROM (
  SELECT
    coalesce(array_agg(ROW(events.country, events.amount)), CAST(ARRAY[] AS array(row("f1" varchar, "f2" bigint)))) AS column1,
    count(*) AS column2
  FROM events
) AS grouped1
CROSS JOIN UNNEST(transform(grouped1.column1, x -> ROW(x))) AS unnested1 (item)
ORDER BY 2, 3
LIMIT 5;

-- case: sumIf(amount, arrayJoin(tags) = a) AS s FROM events
SELECT sumIf(amount, arrayJoin(tags) = 'a') AS s FROM events;
-- trino
SELECT
  coalesce(sum(events.amount) FILTER (WHERE unnested1.item = 'a'), 0) AS s
FROM events
CROSS JOIN UNNEST(events.tags) AS unnested1 (item);

-- case: arrayJoin(tags) AS tag, sumIf(amount, tag = a) AS s FROM events G
SELECT arrayJoin(tags) AS tag, sumIf(amount, tag = 'a') AS s FROM events GROUP BY tag ORDER BY tag;
-- trino
SELECT
  unnested1.item AS tag,
  coalesce(sum(events.amount) FILTER (WHERE unnested1.item = 'a'), 0) AS s
FROM events
CROSS JOIN UNNEST(events.tags) AS unnested1 (item)
GROUP BY unnested1.item
ORDER BY 1;

-- case: country, uniq(arrayJoin(tags)) AS u FROM events GROUP BY country
SELECT country, uniq(arrayJoin(tags)) AS u FROM events GROUP BY country ORDER BY country;
-- trino
SELECT events.country, count(DISTINCT unnested1.item) AS u
FROM events
CROSS JOIN UNNEST(events.tags) AS unnested1 (item)
GROUP BY events.country
ORDER BY 1;

-- case: country, arrayJoin(tags) AS tag, count() FROM events GROUP BY cou
SELECT country, arrayJoin(tags) AS tag, count() FROM events GROUP BY country, tag HAVING count() > 5 ORDER BY country, tag;
-- trino
SELECT events.country, unnested1.item AS tag, count(*) AS "count()"
FROM events
CROSS JOIN UNNEST(events.tags) AS unnested1 (item)
GROUP BY events.country, unnested1.item
HAVING count(*) > 5
ORDER BY 1, 2;

-- case: count() FROM events WHERE arrayJoin(tags) = a
SELECT count() FROM events WHERE arrayJoin(tags) = 'a';
-- trino
SELECT count(*) AS "count()"
FROM events
CROSS JOIN UNNEST(events.tags) AS unnested1 (item)
WHERE unnested1.item = 'a';

-- case: arrayJoin(tags) AS tag FROM events WHERE tag IN (a, b) ORDER BY t
SELECT arrayJoin(tags) AS tag FROM events WHERE tag IN ('a', 'b') ORDER BY tag LIMIT 3;
-- trino
SELECT unnested1.item AS tag
FROM events
CROSS JOIN UNNEST(events.tags) AS unnested1 (item)
WHERE unnested1.item IN ('a', 'b')
ORDER BY 1
LIMIT 3;

-- case: arrayJoin(tags) AS tag, count() AS c FROM events WHERE tag = a AN
SELECT arrayJoin(tags) AS tag, count() AS c FROM events WHERE tag != 'a' AND country = 'DE' GROUP BY tag ORDER BY tag;
-- trino
SELECT unnested1.item AS tag, count(*) AS c
FROM events
CROSS JOIN UNNEST(events.tags) AS unnested1 (item)
WHERE unnested1.item <> 'a'
  AND events.country = 'DE'
GROUP BY unnested1.item
ORDER BY 1;

-- case: x, y FROM (SELECT arrayJoin(1, 2, 3) AS x) AS a JOIN (SELECT arra
SELECT x, y FROM (SELECT arrayJoin([1, 2, 3]) AS x) AS a JOIN (SELECT arrayJoin([2, 3, 4]) AS y) AS b ON a.x = b.y;
-- trino
SELECT a.x, b.y
FROM (
  SELECT unnested1.item AS x
  FROM UNNEST(ARRAY[1, 2, 3]) AS unnested1 (item)
) AS a
JOIN (
  SELECT unnested2.item AS y
  FROM UNNEST(ARRAY[2, 3, 4]) AS unnested2 (item)
) AS b
  ON a.x = b.y;

-- case: arrayJoin(1, 2) AS x UNION ALL SELECT arrayJoin(3)
SELECT arrayJoin([1, 2]) AS x UNION ALL SELECT arrayJoin([3]);
-- trino
SELECT unnested1.item AS x
FROM UNNEST(ARRAY[1, 2]) AS unnested1 (item)
UNION ALL
SELECT unnested2.item AS "arrayjoin([3])"
FROM UNNEST(ARRAY[3]) AS unnested2 (item);

-- case: e.event_id, arrayJoin(u.tags) AS t FROM events AS e LEFT JOIN use
SELECT e.event_id, arrayJoin(u.tags) AS t FROM events AS e LEFT JOIN users AS u ON u.user_id = e.user_id ORDER BY e.event_id, t LIMIT 10;
-- trino
SELECT e.event_id, unnested1.item AS t
FROM events AS e
LEFT JOIN users AS u
  ON u.user_id = e.user_id
CROSS JOIN UNNEST(coalesce(u.tags, CAST(ARRAY[] AS array(varchar)))) AS unnested1 (item)
ORDER BY 1, 2
LIMIT 10;

-- case: arrayJoin(mapKeys(attributes)) AS k, count() AS c FROM events GRO
SELECT arrayJoin(mapKeys(attributes)) AS k, count() AS c FROM events GROUP BY k ORDER BY k;
-- trino
SELECT unnested1.item AS k, count(*) AS c
FROM events
CROSS JOIN UNNEST(map_keys(events.attributes)) AS unnested1 (item)
GROUP BY unnested1.item
ORDER BY 1;

-- case: arrayJoin(attributes) AS kv, kv.1 AS k, kv.2 AS w, count() AS c F
SELECT arrayJoin(attributes) AS kv, kv.1 AS k, kv.2 AS w, count() AS c FROM events GROUP BY kv ORDER BY k, w;
-- trino
SELECT
  unnested1.item AS kv,
  unnested1.item[1] AS k,
  unnested1.item[2] AS w,
  count(*) AS c
FROM events
CROSS JOIN UNNEST(transform(map_entries(events.attributes), x -> ROW(x))) AS unnested1 (item)
GROUP BY unnested1.item
ORDER BY 2, 3;

-- case: k, w, count() FROM events ARRAY JOIN mapKeys(attributes) AS k, ma
SELECT k, w, count() FROM events ARRAY JOIN mapKeys(attributes) AS k, mapValues(attributes) AS w GROUP BY k, w ORDER BY k, w;
-- trino
SELECT joined1.item1 AS k, joined1.item2 AS w, count(*) AS "count()"
FROM events
CROSS JOIN UNNEST(map_keys(events.attributes), map_values(events.attributes)) AS joined1 (item1, item2)
GROUP BY joined1.item1, joined1.item2
ORDER BY 1, 2;

-- case: k.1 AS a, count() FROM events LEFT ARRAY JOIN attributes AS k GRO
SELECT k.1 AS a, count() FROM events LEFT ARRAY JOIN attributes AS k GROUP BY a ORDER BY a;
-- trino
SELECT
  coalesce(joined1.item1, CAST(ROW('', '') AS row("keys" varchar, "values" varchar)))[1] AS a,
  count(*) AS "count()"
FROM events
LEFT JOIN UNNEST(transform(map_entries(events.attributes), x -> ROW(x))) AS joined1 (item1) ON TRUE
GROUP BY coalesce(joined1.item1, CAST(ROW('', '') AS row("keys" varchar, "values" varchar)))[1]
ORDER BY 1;

-- case: event_id, tag, num FROM events ARRAY JOIN tags AS tag, arrayEnume
SELECT event_id, tag, num FROM events ARRAY JOIN tags AS tag, arrayEnumerate(tags) AS num ORDER BY event_id, num LIMIT 20;
-- trino
SELECT events.event_id, joined1.item1 AS tag, joined1.item2 AS num
FROM events
CROSS JOIN UNNEST(events.tags, slice(sequence(0, cardinality(events.tags)), 2, cardinality(events.tags))) AS joined1 (item1, item2)
ORDER BY 1, 3
LIMIT 20;

-- case: event_id, t.name, tag FROM events AS e LEFT JOIN users AS t USING
SELECT event_id, t.name, tag FROM events AS e LEFT JOIN users AS t USING (user_id) ARRAY JOIN e.tags AS tag ORDER BY event_id, tag LIMIT 10;
-- trino
SELECT e.event_id, coalesce(t."name", '') AS "name", joined1.item1 AS tag
FROM events AS e
LEFT JOIN users AS t
  ON e.user_id = t.user_id
CROSS JOIN UNNEST(e.tags) AS joined1 (item1)
ORDER BY 1, 3
LIMIT 10;

-- case: event_id, tag FROM events LEFT ARRAY JOIN tags AS tag WHERE tag =
SELECT event_id, tag FROM events LEFT ARRAY JOIN tags AS tag WHERE tag = '' ORDER BY event_id LIMIT 5;
-- trino
SELECT events.event_id, coalesce(joined1.item1, '') AS tag
FROM events
LEFT JOIN UNNEST(events.tags) AS joined1 (item1) ON TRUE
WHERE coalesce(joined1.item1, '') = ''
ORDER BY 1
LIMIT 5;

-- case: event_id, tag, upper(tag) AS t FROM events ARRAY JOIN arrayMap(x
SELECT event_id, tag, upper(tag) AS t FROM events ARRAY JOIN arrayMap(x -> concat(x, '!'), tags) AS tag ORDER BY event_id, t LIMIT 5;
-- trino
SELECT
  events.event_id,
  joined1.item1 AS tag,
  translate(joined1.item1, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') AS t
FROM events
CROSS JOIN UNNEST(transform(events.tags, x -> concat(x, '!'))) AS joined1 (item1)
ORDER BY 1, 3
LIMIT 5;

-- case: event_id, country FROM events ARRAY JOIN tags AS country ORDER BY
SELECT event_id, country FROM events ARRAY JOIN tags AS country ORDER BY event_id, country LIMIT 5;
-- trino
SELECT events.event_id, joined1.item1 AS country
FROM events
CROSS JOIN UNNEST(events.tags) AS joined1 (item1)
ORDER BY 1, 2
LIMIT 5;

-- case: * FROM (SELECT event_id, tags FROM events) ARRAY JOIN tags AS tag
SELECT * FROM (SELECT event_id, tags FROM events) ARRAY JOIN tags AS tag ORDER BY event_id, tag LIMIT 5;
-- trino
SELECT subquery1.event_id, subquery1.tags
FROM (
  SELECT events.event_id, events.tags
  FROM events
) AS subquery1
CROSS JOIN UNNEST(subquery1.tags) AS joined1 (item1)
ORDER BY 1, joined1.item1
LIMIT 5;

-- case: *, tag FROM (SELECT event_id, tags FROM events) ARRAY JOIN tags A
SELECT *, tag FROM (SELECT event_id, tags FROM events) ARRAY JOIN tags AS tag ORDER BY event_id, tag LIMIT 5;
-- trino
SELECT subquery1.event_id, subquery1.tags, joined1.item1 AS tag
FROM (
  SELECT events.event_id, events.tags
  FROM events
) AS subquery1
CROSS JOIN UNNEST(subquery1.tags) AS joined1 (item1)
ORDER BY 1, 3
LIMIT 5;

-- case: event_id, n FROM events ARRAY JOIN 1, 2 AS n WHERE n = 2 ORDER BY
SELECT event_id, n FROM events ARRAY JOIN [1, 2] AS n WHERE n = 2 ORDER BY event_id LIMIT 3;
-- trino
SELECT events.event_id, joined1.item1 AS n
FROM events
CROSS JOIN UNNEST(ARRAY[1, 2]) AS joined1 (item1)
WHERE joined1.item1 = 2
ORDER BY 1
LIMIT 3;

-- case: tag, avg(amount) AS a FROM events ARRAY JOIN tags AS tag WHERE ta
SELECT tag, avg(amount) AS a FROM events ARRAY JOIN tags AS tag WHERE tag != 'b' GROUP BY tag HAVING a > 0 ORDER BY tag;
-- trino
SELECT joined1.item1 AS tag, avg(CAST(events.amount AS double)) AS a
FROM events
CROSS JOIN UNNEST(events.tags) AS joined1 (item1)
WHERE joined1.item1 <> 'b'
GROUP BY joined1.item1
HAVING avg(CAST(events.amount AS double)) > 0
ORDER BY 1;

-- case: rayJoin(1, 2) AS x SELECT x, id FROM v ORDER BY id, x LIMIT 3
WITH arrayJoin([1, 2]) AS x SELECT x, id FROM v ORDER BY id, x LIMIT 3;
-- trino
SELECT unnested1.item AS x, v.id
FROM v
CROSS JOIN UNNEST(ARRAY[1, 2]) AS unnested1 (item)
ORDER BY 2, 1
LIMIT 3;

-- case: row_number() OVER (PARTITION BY country ORDER BY event_id) AS rn,
SELECT row_number() OVER (PARTITION BY country ORDER BY event_id) AS rn, country, arrayJoin(tags) AS t FROM events ORDER BY country, rn, t LIMIT 10;
-- trino
SELECT grouped1.column1 AS rn, grouped1.column2 AS country, unnested1.item AS t
FROM (
  SELECT
    row_number() OVER (PARTITION BY events.country ORDER BY events.event_id) AS column1,
    events.country AS column2,
    events.tags AS column3
  FROM events
) AS grouped1
CROSS JOIN UNNEST(grouped1.column3) AS unnested1 (item)
ORDER BY 2, 1, 3
LIMIT 10;

-- case: count() OVER () AS c, arrayJoin(tags) AS t FROM events ORDER BY t
SELECT count() OVER () AS c, arrayJoin(tags) AS t FROM events ORDER BY t LIMIT 3;
-- trino
SELECT grouped1.column1 AS c, unnested1.item AS t
FROM (
  SELECT count(*) OVER () AS column1, events.tags AS column2
  FROM events
) AS grouped1
CROSS JOIN UNNEST(grouped1.column2) AS unnested1 (item)
ORDER BY 2
LIMIT 3;

-- case: t, count() OVER (PARTITION BY t) AS c FROM (SELECT arrayJoin(tags
SELECT t, count() OVER (PARTITION BY t) AS c FROM (SELECT arrayJoin(tags) AS t FROM events) ORDER BY t LIMIT 3;
-- trino
SELECT subquery1.t, count(*) OVER (PARTITION BY subquery1.t) AS c
FROM (
  SELECT unnested1.item AS t
  FROM events
  CROSS JOIN UNNEST(events.tags) AS unnested1 (item)
) AS subquery1
ORDER BY 1
LIMIT 3;

-- case: arrayJoin(arrayMap(x -> (x, length(x)), tags)) AS p, p.1, p.2 FRO
SELECT arrayJoin(arrayMap(x -> (x, length(x)), tags)) AS p, p.1, p.2 FROM events ORDER BY event_id, p.1 LIMIT 5;
-- trino
SELECT
  unnested1.item AS p,
  unnested1.item[1] AS "tupleelement(p, 1)",
  unnested1.item[2] AS "tupleelement(p, 2)"
FROM events
CROSS JOIN UNNEST(transform(transform(events.tags, x -> ROW(x, length(to_utf8(x)))), x -> ROW(x))) AS unnested1 (item)
ORDER BY events.event_id, 2
LIMIT 5;

-- case: arrayJoin(arrayZip(a, b, 1, 2)) AS p, p.1 AS n, p.2 AS w
SELECT arrayJoin(arrayZip(['a', 'b'], [1, 2])) AS p, p.1 AS n, p.2 AS w;
-- trino
SELECT unnested1.item AS p, unnested1.item[1] AS n, unnested1.item[2] AS w
FROM UNNEST(transform(zip(ARRAY['a', 'b'], IF(cardinality(ARRAY[1, 2]) = cardinality(ARRAY['a', 'b']), ARRAY[1, 2], element_at(ARRAY[ARRAY[1, 2]], 0))), x -> ROW(x))) AS unnested1 (item);

-- case: arrayJoin((1, x), (2, y)).2 AS n ORDER BY n
SELECT arrayJoin([(1, 'x'), (2, 'y')]).2 AS n ORDER BY n;
-- trino
SELECT unnested1.item[2] AS n
FROM UNNEST(transform(ARRAY[ROW(1, 'x'), ROW(2, 'y')], x -> ROW(x))) AS unnested1 (item)
ORDER BY 1;

-- case: arrayJoin(arrayFilter(x -> x > 1, ai)) AS x, arrayJoin(as) AS y F
SELECT arrayJoin(arrayFilter(x -> x > 1, ai)) AS x, arrayJoin(as) AS y FROM v ORDER BY id, x, y;
-- trino
SELECT unnested1.item AS x, unnested2.item AS y
FROM v
CROSS JOIN UNNEST(filter(v.ai, x -> x > 1)) AS unnested1 (item)
CROSS JOIN UNNEST(v."as") AS unnested2 (item)
ORDER BY v.id, 1, 2;

-- case: id, arrayJoin(arrayConcat(ai, 100)) AS x FROM v ORDER BY id, x
SELECT id, arrayJoin(arrayConcat(ai, [100])) AS x FROM v ORDER BY id, x;
-- trino
SELECT v.id, unnested1.item AS x
FROM v
CROSS JOIN UNNEST(concat(v.ai, CAST(ARRAY[100] AS array(bigint)))) AS unnested1 (item)
ORDER BY 1, 2;

-- case: id, arrayJoin(if(length(ai) = 0, 0, ai)) AS x FROM v ORDER BY id,
SELECT id, arrayJoin(if(length(ai) = 0, [0], ai)) AS x FROM v ORDER BY id, x;
-- trino
SELECT v.id, unnested1.item AS x
FROM v
CROSS JOIN UNNEST(IF(cardinality(v.ai) = 0, CAST(ARRAY[0] AS array(bigint)), v.ai)) AS unnested1 (item)
ORDER BY 1, 2;

-- case: toTypeName(1) AS q, arrayJoin(1, NULL) AS x
SELECT toTypeName(1) AS q, arrayJoin([1, NULL]) AS x;
-- trino
SELECT 'UInt8' AS q, unnested1.item AS x
FROM UNNEST(ARRAY[1, NULL]) AS unnested1 (item);

-- case: arrayJoin(u8 = 1, u8 > 1) AS x, count() FROM v GROUP BY x ORDER B
SELECT arrayJoin([u8 = 1, u8 > 1]) AS x, count() FROM v GROUP BY x ORDER BY x;
-- trino
SELECT CAST(unnested1.item AS integer) AS x, count(*) AS "count()"
FROM v
CROSS JOIN UNNEST(ARRAY[v.u8 = 1, v.u8 > 1]) AS unnested1 (item)
GROUP BY unnested1.item
ORDER BY 1;

-- case: arrayJoin(i64, i8) AS x, count() FROM v GROUP BY x ORDER BY x
SELECT arrayJoin([i64, i8]) AS x, count() FROM v GROUP BY x ORDER BY x;
-- trino
SELECT unnested1.item AS x, count(*) AS "count()"
FROM v
CROSS JOIN UNNEST(ARRAY[v.i64, CAST(v.i8 AS bigint)]) AS unnested1 (item)
GROUP BY unnested1.item
ORDER BY 1;

-- case: id, arrayJoin(arraySlice(arrayReverseSort(ai), 1, 2)) AS x FROM v
SELECT id, arrayJoin(arraySlice(arrayReverseSort(ai), 1, 2)) AS x FROM v ORDER BY id, x;
-- trino
SELECT v.id, unnested1.item AS x
FROM v
CROSS JOIN UNNEST(slice(reverse(array_sort(v.ai)), 1, 2)) AS unnested1 (item)
ORDER BY 1, 2;

-- case: arrayJoin(as) AS x FROM v WHERE x LIKE a ORDER BY x
SELECT arrayJoin(as) AS x FROM v WHERE x LIKE 'a%' ORDER BY x;
-- trino
SELECT unnested1.item AS x
FROM v
CROSS JOIN UNNEST(v."as") AS unnested1 (item)
WHERE unnested1.item LIKE 'a%' ESCAPE '\'
ORDER BY 1;

-- case: 1 FROM v AS a JOIN v AS b ON arrayJoin(a.ai) = b.id
SELECT 1 FROM v AS a JOIN v AS b ON arrayJoin(a.ai) = b.id;
-- error: arrayJoin() is not supported here: rows cannot be multiplied

-- case: country, arrayJoin(tags) AS t, count() FROM events GROUP BY count
SELECT country, arrayJoin(tags) AS t, count() FROM events GROUP BY country WITH ROLLUP;
-- error: arrayJoin() is not supported with sets of keys and totals

-- case: max(x) FROM (SELECT arrayJoin(ai) AS x FROM v) WHERE x < 3
SELECT max(x) FROM (SELECT arrayJoin(ai) AS x FROM v) WHERE x < 3;
-- trino
SELECT coalesce(max(subquery1.x), 0) AS "max(x)"
FROM (
  SELECT unnested1.item AS x
  FROM v
  CROSS JOIN UNNEST(v.ai) AS unnested1 (item)
) AS subquery1
WHERE subquery1.x < 3;

-- case: id, x FROM v ARRAY JOIN ni, 1 AS x ORDER BY id, x
SELECT id, x FROM v ARRAY JOIN [ni, 1] AS x ORDER BY id, x;
-- trino
SELECT v.id, joined1.item1 AS x
FROM v
CROSS JOIN UNNEST(ARRAY[v.ni, CAST(1 AS bigint)]) AS joined1 (item1)
ORDER BY 1, 2;

-- case: x, count() AS c FROM v ARRAY JOIN arrayDistinct(ai) AS x GROUP BY
SELECT x, count() AS c FROM v ARRAY JOIN arrayDistinct(ai) AS x GROUP BY x ORDER BY x;
-- trino
SELECT joined1.item1 AS x, count(*) AS c
FROM v
CROSS JOIN UNNEST(array_distinct(v.ai)) AS joined1 (item1)
GROUP BY joined1.item1
ORDER BY 1;

-- case: v.id, x FROM v LEFT JOIN users AS u ON u.age = v.u8 ARRAY JOIN ai
SELECT v.id, x FROM v LEFT JOIN users AS u ON u.age = v.u8 ARRAY JOIN ai AS x ORDER BY v.id, x;
-- trino
SELECT v.id, joined1.item1 AS x
FROM v
LEFT JOIN users AS u
  ON u.age = v.u8
CROSS JOIN UNNEST(v.ai) AS joined1 (item1)
ORDER BY 1, 2;

-- case: id, x FROM v LEFT ARRAY JOIN an AS x ORDER BY id, x
SELECT id, x FROM v LEFT ARRAY JOIN an AS x ORDER BY id, x;
-- trino
SELECT v.id, joined1.item1 AS x
FROM v
LEFT JOIN UNNEST(v.an) AS joined1 (item1) ON TRUE
ORDER BY 1, 2;

-- case: id, x FROM v LEFT ARRAY JOIN aa AS x ORDER BY id, x
SELECT id, x FROM v LEFT ARRAY JOIN aa AS x ORDER BY id, x;
-- trino
SELECT v.id, coalesce(joined1.item1, CAST(ARRAY[] AS array(smallint))) AS x
FROM v
LEFT JOIN UNNEST(v.aa) AS joined1 (item1) ON TRUE
ORDER BY 1, 2;

-- case: id, x, y FROM v LEFT ARRAY JOIN as AS x, arrayEnumerate(as) AS y
SELECT id, x, y FROM v LEFT ARRAY JOIN as AS x, arrayEnumerate(as) AS y ORDER BY id, y;
-- trino
SELECT v.id, coalesce(joined1.item1, '') AS x, coalesce(joined1.item2, 0) AS y
FROM v
LEFT JOIN UNNEST(v."as", slice(sequence(0, cardinality(v."as")), 2, cardinality(v."as"))) AS joined1 (item1, item2) ON TRUE
ORDER BY 1, 3;

-- case: groupArray(x) AS g, arraySum(g) AS s FROM (SELECT arrayJoin(1, 2)
SELECT groupArray(x) AS g, arraySum(g) AS s FROM (SELECT arrayJoin([1, 2]) AS x);
-- trino
SELECT
  coalesce(array_agg(subquery1.x), CAST(ARRAY[] AS array(integer))) AS g,
  reduce(coalesce(array_agg(subquery1.x), CAST(ARRAY[] AS array(integer))), BIGINT '0', (s, x) -> s + x, s -> s) AS s
FROM (
  SELECT unnested1.item AS x
  FROM UNNEST(ARRAY[1, 2]) AS unnested1 (item)
) AS subquery1;

-- case: arrayJoin(d, d + 1) AS x FROM v WHERE d < 2100-01-01 ORDER BY id,
SELECT arrayJoin([d, d + 1]) AS x FROM v WHERE d < '2100-01-01' ORDER BY id, x;
-- trino
SELECT unnested1.item AS x
FROM v
CROSS JOIN UNNEST(ARRAY[v.d, date_add('day', BIGINT '1', v.d)]) AS unnested1 (item)
WHERE v.d < DATE '2100-01-01'
ORDER BY v.id, 1;

-- case: x, y FROM v ARRAY JOIN ai AS x, arrayMap(x -> x + 1, ai) AS y ORD
SELECT x, y FROM v ARRAY JOIN ai AS x, arrayMap(x -> x + 1, ai) AS y ORDER BY id, x;
-- trino
SELECT joined1.item1 AS x, joined1.item2 AS y
FROM v
CROSS JOIN UNNEST(v.ai, transform(v.ai, x -> x + 1)) AS joined1 (item1, item2)
ORDER BY v.id, 1;

-- case: x, y FROM v ARRAY JOIN ai AS x, arrayMap((x, i) -> x + i, ai, arr
SELECT x, y FROM v ARRAY JOIN ai AS x, arrayMap((x, i) -> x + i, ai, arrayEnumerate(ai)) AS y ORDER BY id, x, y;
-- trino
SELECT joined1.item1 AS x, joined1.item2 AS y
FROM v
CROSS JOIN UNNEST(v.ai, transform(zip(v.ai, slice(sequence(0, cardinality(v.ai)), 2, cardinality(v.ai))), item -> item[1] + item[2])) AS joined1 (item1, item2)
ORDER BY v.id, 1, 2;

-- case: x, y FROM v ARRAY JOIN ai AS x, 1 AS y WHERE length(ai) = 1
SELECT x, y FROM v ARRAY JOIN ai AS x, [1] AS y WHERE length(ai) = 1;
-- trino
SELECT joined1.item1 AS x, joined1.item2 AS y
FROM v
CROSS JOIN UNNEST(v.ai, IF(cardinality(ARRAY[1]) = cardinality(v.ai), ARRAY[1], element_at(ARRAY[ARRAY[1]], 0))) AS joined1 (item1, item2)
WHERE cardinality(v.ai) = 1;

-- case: x, y FROM (SELECT * FROM v WHERE length(ai) = 1) ARRAY JOIN ai AS
SELECT x, y FROM (SELECT * FROM v WHERE length(ai) = 1) ARRAY JOIN ai AS x, [1] AS y;
-- trino
SELECT joined1.item1 AS x, joined1.item2 AS y
FROM (
  SELECT
    v.id,
    v.i8,
    v.i16,
    v.i32,
    v.i64,
    v.u8,
    v.u16,
    v.u32,
    v.u64,
    v.f32,
    v.f64,
    v.dec,
    v.b,
    v.s,
    v.s2,
    v.lc,
    v.fs,
    v.d,
    v.d32,
    v.dt,
    v.dt3,
    v.dt6,
    v.dtz,
    v.uid,
    v.e,
    v.ni,
    v.nu8,
    v.nf,
    v.ns,
    v.nd,
    v.ndt,
    v."as",
    v.ai,
    v.an,
    v.af,
    v.aa,
    v.ms,
    v.mi,
    v.tup,
    v.ntup,
    v.js,
    v.url
  FROM v
  WHERE cardinality(v.ai) = 1
) AS subquery1
CROSS JOIN UNNEST(subquery1.ai, IF(cardinality(ARRAY[1]) = cardinality(subquery1.ai), ARRAY[1], element_at(ARRAY[ARRAY[1]], 0))) AS joined1 (item1, item2);
