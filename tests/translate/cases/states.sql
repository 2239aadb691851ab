-- case: merged in one query
SELECT uniqMerge(s) FROM (SELECT version, uniqState(user_id) AS s FROM events GROUP BY version);
-- trino
SELECT
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.s)))), 0) AS "uniqmerge(s)"
FROM (
  SELECT
    events.version,
    array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(events.user_id)))) AS s
  FROM events
  GROUP BY events.version
) AS subquery1;

-- case: the usual ones
SELECT uniqMerge(u), countMerge(c), countIfMerge(ci), sumMerge(a), avgMerge(av), sumMerge(pr), sumMerge(du), minMerge(mi), argMaxMerge(am) FROM (SELECT version, uniqState(user_id) AS u, countState() AS c, countIfState(is_bot) AS ci, sumState(amount) AS a, avgState(duration) AS av, sumState(price) AS pr, sumState(duration) AS du, minState(timestamp) AS mi, argMaxState(user_id, event_id) AS am FROM events GROUP BY version);
-- trino
SELECT
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.u)))), 0) AS "uniqmerge(u)",
  coalesce(sum(subquery1.c), 0) AS "countmerge(c)",
  coalesce(sum(subquery1.ci), 0) AS "countifmerge(ci)",
  coalesce(sum(subquery1.a), 0) AS "summerge(a)",
  element_at(transform(ARRAY[CAST(ROW(sum(subquery1.av[1]), sum(subquery1.av[2])) AS row("sum" double, "count" bigint))], s -> s[1] / nullif(s[2], 0)), 1) AS "avgmerge(av)",
  coalesce(sum(subquery1.pr), 0e0) AS "summerge(pr)",
  sum(subquery1.du) AS "summerge(du)",
  coalesce(min(subquery1.mi), TIMESTAMP '1970-01-01 00:00:00.000') AS "minmerge(mi)",
  coalesce(CAST(ROW(max_by(subquery1.am[1], subquery1.am[2]), max(subquery1.am[2])) AS row("arg" varchar, "val" varchar))[1], '') AS "argmaxmerge(am)"
FROM (
  SELECT
    events.version,
    array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(events.user_id)))) AS u,
    count(*) AS c,
    count(*) FILTER (WHERE events.is_bot <> 0) AS ci,
    sum(events.amount) AS a,
    CAST(ROW(sum(CAST(events.duration AS double)) FILTER (WHERE events.duration IS NOT NULL), count(CAST(events.duration AS double)) FILTER (WHERE events.duration IS NOT NULL)) AS row("sum" double, "count" bigint)) AS av,
    sum(events.price) AS pr,
    sum(events.duration) FILTER (WHERE events.duration IS NOT NULL) AS du,
    min(events."timestamp") AS mi,
    CAST(ROW(max_by(events.user_id, events.event_id), max(events.event_id)) AS row("arg" varchar, "val" varchar)) AS am
  FROM events
  GROUP BY events.version
) AS subquery1;

-- case: with If outside
SELECT action, sumMergeIf(a, n > 2), countMergeIf(c, n > 100), uniqMergeIf(s, n > 100), minMergeIf(m, n > 100) FROM (SELECT version AS n, action, uniqState(user_id) AS s, countState() AS c, sumState(amount) AS a, minState(ts3) AS m FROM events GROUP BY n, action) GROUP BY action ORDER BY action;
-- trino
SELECT
  subquery1.action,
  coalesce(sum(subquery1.a) FILTER (WHERE subquery1.n > 2), 0) AS "summergeif(a, greater(n, 2))",
  coalesce(sum(subquery1.c) FILTER (WHERE subquery1.n > 100), 0) AS "countmergeif(c, greater(n, 100))",
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.s) FILTER (WHERE subquery1.n > 100)))), 0) AS "uniqmergeif(s, greater(n, 100))",
  coalesce(min(subquery1.m) FILTER (WHERE subquery1.n > 100), TIMESTAMP '1970-01-01 00:00:00.000') AS "minmergeif(m, greater(n, 100))"
FROM (
  SELECT
    events.version AS n,
    events.action,
    array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(events.user_id)))) AS s,
    count(*) AS c,
    sum(events.amount) AS a,
    min(events.ts3) AS m
  FROM events
  GROUP BY events.version, events.action
) AS subquery1
GROUP BY subquery1.action
ORDER BY 1;

-- case: of chosen rows
SELECT action, countMerge(c), uniqMerge(u), sumMerge(s) FROM (SELECT action, countStateIf(is_bot) AS c, uniqStateIf(user_id, is_bot) AS u, sumStateIf(amount, amount > 3) AS s FROM events GROUP BY action) GROUP BY action ORDER BY action;
-- trino
SELECT
  subquery1.action,
  coalesce(sum(subquery1.c), 0) AS "countmerge(c)",
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.u)))), 0) AS "uniqmerge(u)",
  coalesce(sum(subquery1.s), 0) AS "summerge(s)"
FROM (
  SELECT
    events.action,
    count(*) FILTER (WHERE events.is_bot <> 0) AS c,
    array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(events.user_id)))) FILTER (WHERE events.is_bot <> 0) AS u,
    sum(events.amount) FILTER (WHERE events.amount > 3) AS s
  FROM events
  GROUP BY events.action
) AS subquery1
GROUP BY subquery1.action
ORDER BY 1;

-- case: states of states
SELECT uniqMerge(s), countMerge(c), avgMerge(a), sumMerge(x) FROM (SELECT action, uniqMergeState(s) AS s, countMergeState(c) AS c, avgMergeState(a) AS a, sumMergeState(x) AS x FROM (SELECT version, action, uniqState(user_id) AS s, countState() AS c, avgState(amount) AS a, sumState(duration) AS x FROM events GROUP BY version, action) GROUP BY action);
-- trino
SELECT
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery2.s)))), 0) AS "uniqmerge(s)",
  coalesce(sum(subquery2.c), 0) AS "countmerge(c)",
  coalesce(element_at(transform(ARRAY[CAST(ROW(sum(subquery2.a[1]), sum(subquery2.a[2])) AS row("sum" double, "count" bigint))], s -> s[1] / nullif(s[2], 0)), 1), nan()) AS "avgmerge(a)",
  sum(subquery2.x) AS "summerge(x)"
FROM (
  SELECT
    subquery1.action,
    array_distinct(flatten(array_agg(subquery1.s))) AS s,
    sum(subquery1.c) AS c,
    CAST(ROW(sum(subquery1.a[1]), sum(subquery1.a[2])) AS row("sum" double, "count" bigint)) AS a,
    sum(subquery1.x) AS x
  FROM (
    SELECT
      events.version,
      events.action,
      array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(events.user_id)))) AS s,
      count(*) AS c,
      CAST(ROW(sum(CAST(events.amount AS double)), count(CAST(events.amount AS double))) AS row("sum" double, "count" bigint)) AS a,
      sum(events.duration) FILTER (WHERE events.duration IS NOT NULL) AS x
    FROM events
    GROUP BY events.version, events.action
  ) AS subquery1
  GROUP BY subquery1.action
) AS subquery2;

-- case: finished for themselves
SELECT action, finalizeAggregation(s), finalizeAggregation(c), finalizeAggregation(a), finalizeAggregation(m), finalizeAggregation(q), finalizeAggregation(d), finalizeAggregation(x), finalizeAggregation(qs) FROM (SELECT action, uniqState(user_id) AS s, countState() AS c, avgState(amount) AS a, minState(ts3) AS m, quantileState(0.3)(price) AS q, argMaxState(user_id, ts3) AS d, sumState(duration) AS x, quantilesState(0.3, 0.6)(amount) AS qs FROM events GROUP BY action) ORDER BY action;
-- trino
SELECT
  subquery1.action,
  coalesce(cardinality(subquery1.s), 0) AS "finalizeaggregation(s)",
  coalesce(subquery1.c, 0) AS "finalizeaggregation(c)",
  coalesce(element_at(transform(ARRAY[subquery1.a], s -> s[1] / nullif(s[2], 0)), 1), nan()) AS "finalizeaggregation(a)",
  coalesce(subquery1.m, TIMESTAMP '1970-01-01 00:00:00.000') AS "finalizeaggregation(m)",
  coalesce(element_at(transform(ARRAY[array_sort(filter(subquery1.q, item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.3e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.3e0 * (cardinality(v) - 1) - floor(0.3e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.3e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.3e0 * (cardinality(v) - 1) - floor(0.3e0 * (cardinality(v) - 1))))), 1), nan()) AS "finalizeaggregation(q)",
  coalesce(subquery1.d[1], '') AS "finalizeaggregation(d)",
  subquery1.x AS "finalizeaggregation(x)",
  coalesce(transform(element_at(transform(ARRAY[array_sort(subquery1.qs)], v -> transform(ARRAY[0.3e0, 0.6e0], q -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))))), 1), item -> coalesce(item, nan())), CAST(ARRAY[nan(), nan()] AS array(double))) AS "finalizeaggregation(qs)"
FROM (
  SELECT
    events.action,
    array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(events.user_id)))) AS s,
    count(*) AS c,
    CAST(ROW(sum(CAST(events.amount AS double)), count(CAST(events.amount AS double))) AS row("sum" double, "count" bigint)) AS a,
    min(events.ts3) AS m,
    array_agg(events.price) AS q,
    CAST(ROW(max_by(events.user_id, events.ts3), max(events.ts3)) AS row("arg" varchar, "val" timestamp(3))) AS d,
    sum(events.duration) FILTER (WHERE events.duration IS NOT NULL) AS x,
    array_agg(events.amount) AS qs
  FROM events
  GROUP BY events.action
) AS subquery1
ORDER BY 1;

-- case: distinct values of every type
SELECT uniqMerge(a1), uniqMerge(a2), uniqMerge(a3), uniqMerge(a4), uniqMerge(a5), uniqMerge(a6), uniqMerge(a7), uniqMerge(a8), uniqMerge(a9), uniqMerge(a10), uniqMerge(a11), uniqMerge(a12), uniqMerge(a13) FROM (SELECT uniqState(i8) AS a1, uniqState(u64) AS a2, uniqState(f64) AS a3, uniqState(dec) AS a4, uniqState(b) AS a5, uniqState(dt6) AS a6, uniqState(tup) AS a7, uniqState(ai) AS a8, uniqState(ni, s) AS a9, uniqState(an) AS a10, uniqState(id > 3) AS a11, uniqState(e) AS a12, uniqState(uid) AS a13 FROM v GROUP BY u8);
-- trino
SELECT
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.a1)))), 0) AS "uniqmerge(a1)",
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.a2)))), 0) AS "uniqmerge(a2)",
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.a3)))), 0) AS "uniqmerge(a3)",
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.a4)))), 0) AS "uniqmerge(a4)",
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.a5)))), 0) AS "uniqmerge(a5)",
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.a6)))), 0) AS "uniqmerge(a6)",
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.a7)))), 0) AS "uniqmerge(a7)",
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.a8)))), 0) AS "uniqmerge(a8)",
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.a9)))), 0) AS "uniqmerge(a9)",
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.a10)))), 0) AS "uniqmerge(a10)",
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.a11)))), 0) AS "uniqmerge(a11)",
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.a12)))), 0) AS "uniqmerge(a12)",
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.a13)))), 0) AS "uniqmerge(a13)"
FROM (
  SELECT
    array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(CAST(v.i8 AS varchar))))) AS a1,
    array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(CAST(v.u64 AS varchar))))) AS a2,
    array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(CAST(v.f64 AS varchar))))) AS a3,
    array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(CAST(v.dec AS varchar))))) AS a4,
    array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(CAST(CAST(v.b AS bigint) AS varchar))))) AS a5,
    array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(CAST(v.dt6 AS varchar))))) AS a6,
    array_agg(DISTINCT from_big_endian_64(xxhash64(xxhash64(to_utf8(v.tup[1])) || xxhash64(to_utf8(CAST(v.tup[2] AS varchar)))))) AS a7,
    array_agg(DISTINCT from_big_endian_64(xxhash64(reduce(v.ai, X'', (bytes, item) -> bytes || xxhash64(to_utf8(CAST(item AS varchar))), bytes -> bytes)))) AS a8,
    array_agg(DISTINCT from_big_endian_64(xxhash64(xxhash64(to_utf8(CAST(v.ni AS varchar))) || xxhash64(to_utf8(v.s))))) FILTER (WHERE v.ni IS NOT NULL) AS a9,
    array_agg(DISTINCT from_big_endian_64(xxhash64(reduce(v.an, X'', (bytes, item) -> bytes || coalesce(xxhash64(to_utf8(CAST(item AS varchar))), X'0000000000000000'), bytes -> bytes)))) AS a10,
    array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(CAST(CAST(v.id > 3 AS bigint) AS varchar))))) AS a11,
    array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(v.e)))) AS a12,
    array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(v.uid)))) AS a13
  FROM v
  GROUP BY v.u8
) AS subquery1;

-- case: values of every type
SELECT minMerge(a1), maxMerge(a2), argMaxMerge(a3), minMerge(a4), maxMerge(a5), sumMerge(a6), sumMerge(a7), sumMerge(a8), avgMerge(a9), maxMerge(a10), anyMerge(a11), uniqExactMerge(a12), quantileExactMerge(a13), medianMerge(a14), maxMerge(a15) FROM (SELECT minState(e) AS a1, maxState(uid) AS a2, argMaxState(e, id) AS a3, minState(dt6) AS a4, maxState(tup) AS a5, sumState(dec) AS a6, sumState(f32) AS a7, sumState(u8) AS a8, avgState(dec) AS a9, maxState(fs) AS a10, anyState(id < 1000) AS a11, uniqExactState(tup) AS a12, quantileExactState(dt6) AS a13, medianState(dec) AS a14, maxState(ai) AS a15 FROM v GROUP BY u8);
-- trino
SELECT
  coalesce(min_by(subquery1.a1, CASE subquery1.a1 WHEN 'blue' THEN -3 WHEN 'red' THEN 1 WHEN 'green' THEN 2 END), 'blue') AS "minmerge(a1)",
  coalesce(max_by(subquery1.a2, concat(substr(subquery1.a2, 20), substr(subquery1.a2, 1, 18))), '00000000-0000-0000-0000-000000000000') AS "maxmerge(a2)",
  coalesce(CAST(ROW(max_by(subquery1.a3[1], subquery1.a3[2]), max(subquery1.a3[2])) AS row("arg" varchar, "val" bigint))[1], 'blue') AS "argmaxmerge(a3)",
  coalesce(min(subquery1.a4), 0) AS "minmerge(a4)",
  coalesce(max(subquery1.a5), CAST(ROW('', 0) AS row("f1" varchar, "f2" smallint))) AS "maxmerge(a5)",
  coalesce(sum(subquery1.a6), CAST(0 AS decimal(38,3))) AS "summerge(a6)",
  coalesce(sum(subquery1.a7), 0e0) AS "summerge(a7)",
  coalesce(sum(subquery1.a8), 0) AS "summerge(a8)",
  coalesce(element_at(transform(ARRAY[CAST(ROW(sum(subquery1.a9[1]), sum(subquery1.a9[2])) AS row("sum" double, "count" bigint))], s -> s[1] / nullif(s[2], 0)), 1), nan()) AS "avgmerge(a9)",
  coalesce(max(subquery1.a10), '') AS "maxmerge(a10)",
  coalesce(arbitrary(subquery1.a11), 0) AS "anymerge(a11)",
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.a12)))), 0) AS "uniqexactmerge(a12)",
  coalesce(element_at(transform(ARRAY[array_sort(flatten(array_agg(subquery1.a13)))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1), 0) AS "quantileexactmerge(a13)",
  coalesce(element_at(transform(ARRAY[array_sort(flatten(array_agg(subquery1.a14)))], v -> IF(cardinality(v) > 0, CAST(CAST(truncate(CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) * DECIMAL '1000' AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) * DECIMAL '1000' AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) AS decimal(38,0)) * DECIMAL '0.001' AS decimal(12,3)))), 1), CAST(0 AS decimal(12,3))) AS "medianmerge(a14)",
  coalesce(max(subquery1.a15), CAST(ARRAY[] AS array(bigint))) AS "maxmerge(a15)"
FROM (
  SELECT
    min_by(v.e, CASE v.e WHEN 'blue' THEN -3 WHEN 'red' THEN 1 WHEN 'green' THEN 2 END) AS a1,
    max_by(v.uid, concat(substr(v.uid, 20), substr(v.uid, 1, 18))) AS a2,
    CAST(ROW(max_by(v.e, v.id), max(v.id)) AS row("arg" varchar, "val" bigint)) AS a3,
    min(v.dt6) AS a4,
    max(v.tup) AS a5,
    sum(v.dec) AS a6,
    sum(CAST(v.f32 AS double)) AS a7,
    sum(v.u8) AS a8,
    CAST(ROW(sum(CAST(v.dec AS double)), count(CAST(v.dec AS double))) AS row("sum" double, "count" bigint)) AS a9,
    max(v.fs) AS a10,
    CAST(arbitrary(v.id < 1000) AS smallint) AS a11,
    array_agg(DISTINCT v.tup) AS a12,
    array_agg(v.dt6) AS a13,
    array_agg(v.dec) AS a14,
    max(v.ai) AS a15
  FROM v
  GROUP BY v.u8
) AS subquery1;

-- case: a state of another aggregate is refused
SELECT uniqExactMerge(s) FROM (SELECT uniqState(user_id) AS s FROM events);
-- error: uniqExact(): AggregateFunction(uniq, String) is the state of another aggregate

-- case: what is no state is refused
SELECT uniqMerge(user_id) FROM events;
-- error: uniq(): a state is expected

-- case: states of some aggregates are refused
SELECT entropyState(user_id) FROM events;
-- error: entropy(): States of entropy are not supported in the lake

-- case: states before OVER are refused
SELECT sumState(amount) OVER () FROM events;
-- error: sum(): -State before OVER is not supported
