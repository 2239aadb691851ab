-- case: an array has the order of the rows of a subquery
SELECT groupArray(s), groupArray(3)(i32), groupArrayLast(2)(id), groupConcat(',')(s2), groupArrayIf(s, u8 > 1),
  groupArray(ni), arrayStringConcat(groupArray(toString(id)), '-')
FROM (SELECT * FROM v ORDER BY f64 DESC, id);
-- trino
SELECT
  coalesce(array_agg(subquery1.s ORDER BY is_nan(subquery1.f64), subquery1.f64 DESC, subquery1.id), CAST(ARRAY[] AS array(varchar))) AS "grouparray(s)",
  coalesce(slice(array_agg(subquery1.i32 ORDER BY is_nan(subquery1.f64), subquery1.f64 DESC, subquery1.id), 1, 3), CAST(ARRAY[] AS array(integer))) AS "grouparray(3)(i32)",
  coalesce(slice(array_agg(subquery1.id ORDER BY is_nan(subquery1.f64), subquery1.f64 DESC, subquery1.id), greatest(cardinality(array_agg(subquery1.id ORDER BY is_nan(subquery1.f64), subquery1.f64 DESC, subquery1.id)) - 1, 1), 2), CAST(ARRAY[] AS array(bigint))) AS "grouparraylast(2)(id)",
  coalesce(array_join(array_agg(subquery1.s2 ORDER BY is_nan(subquery1.f64), subquery1.f64 DESC, subquery1.id), ','), '') AS "groupconcat(',')(s2)",
  coalesce(array_agg(subquery1.s ORDER BY is_nan(subquery1.f64), subquery1.f64 DESC, subquery1.id) FILTER (WHERE subquery1.u8 > 1), CAST(ARRAY[] AS array(varchar))) AS "grouparrayif(s, greater(u8, 1))",
  coalesce(array_agg(subquery1.ni ORDER BY is_nan(subquery1.f64), subquery1.f64 DESC, subquery1.id) FILTER (WHERE subquery1.ni IS NOT NULL), CAST(ARRAY[] AS array(bigint))) AS "grouparray(ni)",
  array_join(coalesce(array_agg(CAST(subquery1.id AS varchar) ORDER BY is_nan(subquery1.f64), subquery1.f64 DESC, subquery1.id), CAST(ARRAY[] AS array(varchar))), '-') AS "arraystringconcat(grouparray(tostring(id)), '-')"
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
  ORDER BY is_nan(v.f64), v.f64 DESC, 1
) AS subquery1;

-- case: of groups too, by a column that is not selected
SELECT s2, groupArray(i32) FROM (SELECT s2, i32 FROM v ORDER BY e DESC, dtz, ns DESC NULLS FIRST, id) GROUP BY s2 ORDER BY s2;
-- trino
SELECT
  subquery1.s2,
  array_agg(subquery1.i32 ORDER BY subquery1.__order1 DESC, subquery1.__order2, subquery1.__order3 DESC NULLS FIRST, subquery1.__order4) AS "grouparray(i32)"
FROM (
  SELECT
    v.s2,
    v.i32,
    CASE v.e WHEN 'blue' THEN -3 WHEN 'red' THEN 1 WHEN 'green' THEN 2 END AS __order1,
    v.dtz AS __order2,
    v.ns AS __order3,
    v.id AS __order4
  FROM v
  ORDER BY CASE v.e WHEN 'blue' THEN -3 WHEN 'red' THEN 1 WHEN 'green' THEN 2 END DESC, v.dtz, v.ns DESC NULLS FIRST, v.id
) AS subquery1
GROUP BY subquery1.s2
ORDER BY 1;

-- case: an order through two levels, a CTE and a LIMIT
WITH c AS (SELECT id, s, ai FROM v ORDER BY i16 DESC, id LIMIT 20)
SELECT groupArray(x), groupArrayArray(ai) FROM (SELECT concat(s, '!') AS x, ai FROM c WHERE id % 2 = 0);
-- trino
WITH c AS (
  SELECT v.id, v.s, v.ai, v.i16 AS __order1
  FROM v
  ORDER BY v.i16 DESC, 1
  LIMIT 20
)
SELECT
  coalesce(array_agg(subquery1.x ORDER BY subquery1.__order1 DESC, subquery1.__order2), CAST(ARRAY[] AS array(varchar))) AS "grouparray(x)",
  coalesce(flatten(array_agg(subquery1.ai ORDER BY subquery1.__order1 DESC, subquery1.__order2)), CAST(ARRAY[] AS array(bigint))) AS "grouparrayarray(ai)"
FROM (
  SELECT concat(c.s, '!') AS x, c.ai, c.__order1, c.id AS __order2
  FROM c
  WHERE mod(c.id, 2) = 0
) AS subquery1;

-- case: an order of an aggregate
SELECT groupArray(country), groupArray(c), groupUniqArray(1)(1) FROM (SELECT country, count() AS c FROM events GROUP BY country ORDER BY sum(amount) DESC, country);
-- trino
SELECT
  coalesce(array_agg(subquery1.country ORDER BY subquery1.__order1 DESC, subquery1.country), CAST(ARRAY[] AS array(varchar))) AS "grouparray(country)",
  coalesce(array_agg(subquery1.c ORDER BY subquery1.__order1 DESC, subquery1.country), CAST(ARRAY[] AS array(bigint))) AS "grouparray(c)",
  coalesce(slice(array_distinct(array_agg(1)), 1, 1), CAST(ARRAY[] AS array(integer))) AS "groupuniqarray(1)(1)"
FROM (
  SELECT events.country, count(*) AS c, sum(events.amount) AS __order1
  FROM events
  GROUP BY events.country
  ORDER BY sum(events.amount) DESC, 1
) AS subquery1;

-- case: an order on the left side of a join
SELECT groupArray(event_id), groupArray(name) FROM (SELECT * FROM events ORDER BY ts3 DESC, event_id LIMIT 50) AS e
INNER JOIN users AS u ON e.user_id = u.user_id;
-- trino
SELECT
  coalesce(array_agg(e.event_id ORDER BY e.ts3 DESC, e.event_id), CAST(ARRAY[] AS array(varchar))) AS "grouparray(event_id)",
  coalesce(array_agg(u."name" ORDER BY e.ts3 DESC, e.event_id), CAST(ARRAY[] AS array(varchar))) AS "grouparray(name)"
FROM (
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
    events.referrer,
    events.properties,
    events.is_bot,
    events.tags,
    events.attributes,
    events.version
  FROM events
  ORDER BY 3 DESC, 1
  LIMIT 50
) AS e
JOIN users AS u
  ON e.user_id = u.user_id;

-- case: an order and ARRAY JOIN [unordered]
SELECT groupArray(x) FROM (SELECT id, [toInt64(id)] AS a FROM v ORDER BY id DESC) ARRAY JOIN a AS x;
-- trino
SELECT
  coalesce(array_agg(joined1.item1 ORDER BY subquery1.id DESC), CAST(ARRAY[] AS array(bigint))) AS "grouparray(x)"
FROM (
  SELECT v.id, ARRAY[v.id] AS a
  FROM v
  ORDER BY 1 DESC
) AS subquery1
CROSS JOIN UNNEST(subquery1.a) AS joined1 (item1);

-- case: the first and the last row
SELECT any(s), anyLast(s), first_value(ni), last_value(ni), anyIf(i64, u8 = 7), anyLastIf(ns, u8 = 255), any(lc), anyOrNull(e)
FROM (SELECT * FROM v ORDER BY id DESC);
-- trino
SELECT
  coalesce(max_by(subquery1.s, subquery1.id), '') AS "any(s)",
  coalesce(min_by(subquery1.s, subquery1.id), '') AS "anylast(s)",
  max_by(subquery1.ni, subquery1.id) FILTER (WHERE subquery1.ni IS NOT NULL) AS "first_value(ni)",
  min_by(subquery1.ni, subquery1.id) FILTER (WHERE subquery1.ni IS NOT NULL) AS "last_value(ni)",
  coalesce(max_by(subquery1.i64, subquery1.id) FILTER (WHERE subquery1.u8 = 7), 0) AS "anyif(i64, equals(u8, 7))",
  min_by(subquery1.ns, subquery1.id) FILTER (WHERE subquery1.u8 = 255 AND subquery1.ns IS NOT NULL) AS "anylastif(ns, equals(u8, 255))",
  coalesce(max_by(subquery1.lc, subquery1.id), '') AS "any(lc)",
  max_by(subquery1.e, subquery1.id) AS "anyornull(e)"
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
  ORDER BY 1 DESC
) AS subquery1;

-- case: the first and the last row by several keys, in groups
SELECT s2, any(i64), anyLast(i64), any(ni), anyLast(ni), first_value(uid), anyLast(tup)
FROM (SELECT * FROM v ORDER BY f64 DESC, id) GROUP BY s2 ORDER BY s2;
-- trino
SELECT
  subquery1.s2,
  element_at(array_agg(subquery1.i64 ORDER BY is_nan(subquery1.f64), subquery1.f64 DESC, subquery1.id), 1) AS "any(i64)",
  element_at(array_agg(subquery1.i64 ORDER BY is_nan(subquery1.f64), subquery1.f64 DESC, subquery1.id), -1) AS "anylast(i64)",
  element_at(array_agg(subquery1.ni ORDER BY is_nan(subquery1.f64), subquery1.f64 DESC, subquery1.id) FILTER (WHERE subquery1.ni IS NOT NULL), 1) AS "any(ni)",
  element_at(array_agg(subquery1.ni ORDER BY is_nan(subquery1.f64), subquery1.f64 DESC, subquery1.id) FILTER (WHERE subquery1.ni IS NOT NULL), -1) AS "anylast(ni)",
  element_at(array_agg(subquery1.uid ORDER BY is_nan(subquery1.f64), subquery1.f64 DESC, subquery1.id), 1) AS "first_value(uid)",
  element_at(array_agg(subquery1.tup ORDER BY is_nan(subquery1.f64), subquery1.f64 DESC, subquery1.id), -1) AS "anylast(tup)"
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
  ORDER BY is_nan(v.f64), v.f64 DESC, 1
) AS subquery1
GROUP BY subquery1.s2
ORDER BY 1;

-- case: the first and the last row by a descending and a nullable key
SELECT any(id), anyLast(id) FROM (SELECT * FROM (SELECT id, ni FROM v LIMIT 1 BY ni) ORDER BY ni DESC);
-- trino
SELECT
  coalesce(element_at(array_agg(subquery2.id ORDER BY subquery2.ni DESC), 1), 0) AS "any(id)",
  coalesce(element_at(array_agg(subquery2.id ORDER BY subquery2.ni DESC), -1), 0) AS "anylast(id)"
FROM (
  SELECT subquery1.id, subquery1.ni
  FROM (
    SELECT limited1.id, limited1.ni
    FROM (
      SELECT v.id, v.ni, row_number() OVER (PARTITION BY v.ni) AS number_in_group
      FROM v
    ) AS limited1
    WHERE limited1.number_in_group <= 1
  ) AS subquery1
  ORDER BY 2 DESC
) AS subquery2;

-- case: the first and the last row of none
SELECT any(id), anyLast(s), any(n), groupArray(id) FROM (SELECT * FROM nothing ORDER BY s, id);
-- trino
SELECT
  coalesce(element_at(array_agg(subquery1.id ORDER BY subquery1.s, subquery1.id), 1), 0) AS "any(id)",
  coalesce(element_at(array_agg(subquery1.s ORDER BY subquery1.s, subquery1.id), -1), '') AS "anylast(s)",
  element_at(array_agg(subquery1.n ORDER BY subquery1.s, subquery1.id) FILTER (WHERE subquery1.n IS NOT NULL), 1) AS "any(n)",
  coalesce(array_agg(subquery1.id ORDER BY subquery1.s, subquery1.id), CAST(ARRAY[] AS array(bigint))) AS "grouparray(id)"
FROM (
  SELECT nothing.id, nothing.s, nothing.n, nothing.ts, nothing.f
  FROM nothing
  ORDER BY 2, 1
) AS subquery1;

-- case: states follow the order
SELECT groupArrayMerge(st), anyMerge(a), anyLastMerge(l) FROM (
  SELECT u8, groupArrayState(id) AS st, anyState(s) AS a, anyLastState(s) AS l FROM (SELECT * FROM v ORDER BY i32, id DESC) GROUP BY u8 ORDER BY u8 DESC);
-- trino
SELECT
  coalesce(flatten(array_agg(subquery2.st ORDER BY subquery2.u8 DESC)), CAST(ARRAY[] AS array(bigint))) AS "grouparraymerge(st)",
  coalesce(max_by(subquery2.a, subquery2.u8), '') AS "anymerge(a)",
  coalesce(min_by(subquery2.l, subquery2.u8), '') AS "anylastmerge(l)"
FROM (
  SELECT
    subquery1.u8,
    array_agg(subquery1.id ORDER BY subquery1.i32, subquery1.id DESC) AS st,
    element_at(array_agg(subquery1.s ORDER BY subquery1.i32, subquery1.id DESC), 1) AS a,
    element_at(array_agg(subquery1.s ORDER BY subquery1.i32, subquery1.id DESC), -1) AS l
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
    ORDER BY 4, 1 DESC
  ) AS subquery1
  GROUP BY subquery1.u8
  ORDER BY 1 DESC
) AS subquery2;

-- case: a SELECT keeps the order of its source
SELECT id, s FROM (SELECT id, s, i32 FROM v ORDER BY i32 DESC, id) WHERE id > 3;
-- trino
SELECT subquery1.id, subquery1.s
FROM (
  SELECT v.id, v.s, v.i32
  FROM v
  ORDER BY 3 DESC, 1
) AS subquery1
WHERE subquery1.id > 3
ORDER BY subquery1.i32 DESC, 1;

-- case: LIMIT keeps the order of its source [ordered]
SELECT s FROM (SELECT s FROM v ORDER BY f64 DESC, id) LIMIT 7 OFFSET 2;
-- trino
SELECT subquery1.s
FROM (
  SELECT v.s, v.f64 AS __order1, v.id AS __order2
  FROM v
  ORDER BY is_nan(v.f64), v.f64 DESC, v.id
) AS subquery1
ORDER BY is_nan(subquery1.__order1), subquery1.__order1 DESC, subquery1.__order2
OFFSET 2
LIMIT 7;

-- case: LIMIT BY keeps the order of its source
SELECT u8, id FROM (SELECT * FROM v ORDER BY i32 DESC, id) LIMIT 2 BY u8;
-- trino
SELECT limited1.u8, limited1.id
FROM (
  SELECT
    subquery1.u8,
    subquery1.id,
    row_number() OVER (PARTITION BY subquery1.u8 ORDER BY subquery1.i32 DESC, subquery1.id) AS number_in_group,
    subquery1.i32 AS order1
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
    ORDER BY 4 DESC, 1
  ) AS subquery1
) AS limited1
WHERE limited1.number_in_group <= 2
ORDER BY limited1.order1 DESC, 2;

-- case: DISTINCT keeps the order of its source
SELECT DISTINCT u8 FROM (SELECT u8 FROM v ORDER BY u8 DESC) LIMIT 2;
-- trino
SELECT DISTINCT subquery1.u8
FROM (
  SELECT v.u8
  FROM v
  ORDER BY 1 DESC
) AS subquery1
ORDER BY 1 DESC
LIMIT 2;

-- case: IN takes the first rows
SELECT count() FROM v WHERE id IN (SELECT id FROM (SELECT id FROM v ORDER BY i64 DESC, id) LIMIT 5);
-- trino
SELECT count(*) AS "count()"
FROM v
WHERE v.id IN (
  SELECT subquery1.id
  FROM (
    SELECT v.id, v.i64 AS __order1
    FROM v
    ORDER BY v.i64 DESC, 1
  ) AS subquery1
  ORDER BY subquery1.__order1 DESC, 1
  LIMIT 5
);

-- case: a scalar subquery takes the first row
SELECT (SELECT s FROM (SELECT s FROM v ORDER BY id DESC) LIMIT 1) AS x, (SELECT groupArray(id) FROM (SELECT id FROM v ORDER BY i32, id LIMIT 4)) AS y;
-- trino
SELECT
  (SELECT subquery1.s
  FROM (
    SELECT v.s, v.id AS __order1
    FROM v
    ORDER BY v.id DESC
  ) AS subquery1
  ORDER BY subquery1.__order1 DESC
  LIMIT 1) AS x,
  (SELECT
    coalesce(array_agg(subquery2.id ORDER BY subquery2.__order1, subquery2.id), CAST(ARRAY[] AS array(bigint))) AS "grouparray(id)"
  FROM (
    SELECT v.id, v.i32 AS __order1
    FROM v
    ORDER BY v.i32, 1
    LIMIT 4
  ) AS subquery2) AS y;

-- case: parts of a UNION take the first rows [unordered]
SELECT id FROM (SELECT id FROM v ORDER BY i32 DESC, id) LIMIT 3 UNION ALL SELECT id FROM (SELECT id, s FROM v ORDER BY s, id) LIMIT 4;
-- trino
(
  SELECT subquery1.id
  FROM (
    SELECT v.id, v.i32 AS __order1
    FROM v
    ORDER BY v.i32 DESC, 1
  ) AS subquery1
  ORDER BY subquery1.__order1 DESC, 1
  LIMIT 3
)
UNION ALL
(
  SELECT subquery2.id
  FROM (
    SELECT v.id, v.s
    FROM v
    ORDER BY 2, 1
  ) AS subquery2
  ORDER BY subquery2.s, 1
  LIMIT 4
);

-- case: arrayJoin() behind an order
SELECT id, arrayJoin(ai) AS x FROM (SELECT id, ai FROM v ORDER BY id DESC LIMIT 3) LIMIT 100;
-- trino
SELECT subquery1.id, unnested1.item AS x
FROM (
  SELECT v.id, v.ai
  FROM v
  ORDER BY 1 DESC
  LIMIT 3
) AS subquery1
CROSS JOIN UNNEST(subquery1.ai) AS unnested1 (item)
ORDER BY 1 DESC
LIMIT 100;

-- case: windows over all rows follow the order
SELECT id, row_number() OVER () AS r, sum(id) OVER (ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS t,
  lagInFrame(id) OVER () AS l, lag(id, 1, 0) OVER () AS p, first_value(id) OVER () AS f, last_value(id) OVER () AS z, count() OVER () AS c,
  sum(id) OVER (ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS m, leadInFrame(id) OVER () AS n, rank() OVER () AS k
FROM (SELECT id FROM v ORDER BY f64 DESC, id);
-- trino
SELECT
  subquery1.id,
  row_number() OVER (ORDER BY is_nan(subquery1.__order1), subquery1.__order1 DESC, subquery1.id) AS r,
  coalesce(sum(subquery1.id) OVER (ORDER BY is_nan(subquery1.__order1), subquery1.__order1 DESC, subquery1.id ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), 0) AS t,
  lag(subquery1.id, 1, CAST(0 AS bigint)) OVER (ORDER BY is_nan(subquery1.__order1), subquery1.__order1 DESC, subquery1.id) AS l,
  lag(subquery1.id, 1, CAST(0 AS bigint)) OVER (ORDER BY is_nan(subquery1.__order1), subquery1.__order1 DESC, subquery1.id) AS p,
  coalesce(first_value(subquery1.id) IGNORE NULLS OVER (ORDER BY is_nan(subquery1.__order1), subquery1.__order1 DESC, subquery1.id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), 0) AS f,
  coalesce(last_value(subquery1.id) IGNORE NULLS OVER (ORDER BY is_nan(subquery1.__order1), subquery1.__order1 DESC, subquery1.id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING), 0) AS z,
  count(*) OVER () AS c,
  coalesce(sum(subquery1.id) OVER (ORDER BY is_nan(subquery1.__order1), subquery1.__order1 DESC, subquery1.id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), 0) AS m,
  lead(subquery1.id, 1, CAST(0 AS bigint)) OVER (ORDER BY is_nan(subquery1.__order1), subquery1.__order1 DESC, subquery1.id) AS n,
  rank() OVER () AS k
FROM (
  SELECT v.id, v.f64 AS __order1
  FROM v
  ORDER BY is_nan(v.f64), v.f64 DESC, 1
) AS subquery1
ORDER BY is_nan(subquery1.__order1), subquery1.__order1 DESC, 1;

-- case: WITH FILL in the source
SELECT groupArray(x), groupArray(c) FROM (SELECT id AS x, count() AS c FROM v WHERE id IN (3, 7) GROUP BY id ORDER BY x DESC WITH FILL FROM 9 TO 1 STEP -1);
-- trino
SELECT
  coalesce(array_agg(subquery1.x ORDER BY subquery1.x DESC), CAST(ARRAY[] AS array(bigint))) AS "grouparray(x)",
  coalesce(array_agg(subquery1.c ORDER BY subquery1.x DESC), CAST(ARRAY[] AS array(bigint))) AS "grouparray(c)"
FROM (
  SELECT coalesce(filled1.x, points.point) AS x, coalesce(filled1.c, 0) AS c
  FROM (
    SELECT v.id AS x, count(*) AS c
    FROM v
    WHERE v.id IN (3, 7)
    GROUP BY v.id
  ) AS filled1
  FULL JOIN (
    SELECT point
    FROM UNNEST(IF(9 > 1, sequence(9, 1, -1))) AS sequence (point)
    WHERE point > 1
  ) AS points ON filled1.x = points.point
  ORDER BY 1 DESC
) AS subquery1;

-- case: QUALIFY keeps the order of its source
SELECT id FROM (SELECT id, u8 FROM v ORDER BY i32 DESC, id) QUALIFY row_number() OVER (PARTITION BY u8 ORDER BY id) = 1;
-- trino
SELECT windowed1.id
FROM (
  SELECT
    subquery1.id,
    row_number() OVER (PARTITION BY subquery1.u8 ORDER BY subquery1.id) = 1 AS is_qualified,
    subquery1.__order1 AS order1
  FROM (
    SELECT v.id, v.u8, v.i32 AS __order1
    FROM v
    ORDER BY v.i32 DESC, 1
  ) AS subquery1
) AS windowed1
WHERE windowed1.is_qualified
ORDER BY windowed1.order1 DESC, 1;

-- case: DISTINCT ON takes the first row
SELECT DISTINCT ON (u8) u8, id FROM (SELECT * FROM v ORDER BY id DESC);
-- trino
SELECT limited1.u8, limited1.id
FROM (
  SELECT
    subquery1.u8,
    subquery1.id,
    row_number() OVER (PARTITION BY subquery1.u8 ORDER BY subquery1.id DESC) AS number_in_group
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
    ORDER BY 1 DESC
  ) AS subquery1
) AS limited1
WHERE limited1.number_in_group <= 1
ORDER BY 2 DESC;

-- case: of equally great ones the first row of a group
SELECT s2, argMin(id, i8), argMax(id, i8), argMin(ni, i16), argMax(s, d), argMaxIf(id, e, id > 7), argMin(tup, s)
FROM (SELECT * FROM v ORDER BY id DESC) GROUP BY s2 ORDER BY s2;
-- trino
SELECT
  subquery1.s2,
  element_at(array_agg(subquery1.id ORDER BY subquery1.i8, subquery1.id DESC), 1) AS "argmin(id, i8)",
  element_at(array_agg(subquery1.id ORDER BY subquery1.i8 DESC, subquery1.id DESC), 1) AS "argmax(id, i8)",
  element_at(array_agg(subquery1.ni ORDER BY subquery1.i16, subquery1.id DESC) FILTER (WHERE subquery1.ni IS NOT NULL), 1) AS "argmin(ni, i16)",
  element_at(array_agg(subquery1.s ORDER BY subquery1.d DESC, subquery1.id DESC), 1) AS "argmax(s, d)",
  coalesce(element_at(array_agg(subquery1.id ORDER BY CASE subquery1.e WHEN 'blue' THEN -3 WHEN 'red' THEN 1 WHEN 'green' THEN 2 END DESC, subquery1.id DESC) FILTER (WHERE subquery1.id > 7), 1), 0) AS "argmaxif(id, e, greater(id, 7))",
  element_at(array_agg(subquery1.tup ORDER BY subquery1.s, subquery1.id DESC), 1) AS "argmin(tup, s)"
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
  ORDER BY 1 DESC
) AS subquery1
GROUP BY subquery1.s2
ORDER BY 1;
