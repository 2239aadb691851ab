-- case: ranks
SELECT event_id, row_number() OVER (PARTITION BY action ORDER BY ts3, event_id) AS rn, rank() OVER (ORDER BY amount) AS rk, dense_rank() OVER (ORDER BY amount DESC) AS dr, percent_rank() OVER (ORDER BY amount) pr, cume_dist() OVER (ORDER BY amount) cd, ntile(7) OVER (ORDER BY event_id) nt, denseRank() OVER (ORDER BY amount) x FROM events ORDER BY event_id;
-- trino
SELECT
  events.event_id,
  row_number() OVER (PARTITION BY events.action ORDER BY events.ts3, events.event_id) AS rn,
  rank() OVER (ORDER BY events.amount) AS rk,
  dense_rank() OVER (ORDER BY events.amount DESC) AS dr,
  percent_rank() OVER (ORDER BY events.amount) AS pr,
  cume_dist() OVER (ORDER BY events.amount) AS cd,
  ntile(7) OVER (ORDER BY events.event_id) AS nt,
  dense_rank() OVER (ORDER BY events.amount) AS x
FROM events
ORDER BY 1;

-- case: sums, counts and averages
SELECT event_id, sum(amount) OVER (PARTITION BY user_id ORDER BY ts3, event_id) AS a, count() OVER () AS b, avg(duration) OVER (PARTITION BY user_id ORDER BY ts3,event_id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) c, max(duration) OVER (PARTITION BY user_id) d, countIf(is_bot) OVER (PARTITION BY user_id ORDER BY ts3, event_id) e, sumIf(amount, is_bot) OVER (PARTITION BY user_id) f, minIf(duration, action='buy') OVER (PARTITION BY session_id) g FROM events ORDER BY event_id;
-- trino
SELECT
  events.event_id,
  sum(events.amount) OVER (PARTITION BY events.user_id ORDER BY events.ts3, events.event_id) AS a,
  count(*) OVER () AS b,
  avg(CAST(events.duration AS double)) OVER (PARTITION BY events.user_id ORDER BY events.ts3, events.event_id ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) AS c,
  max(events.duration) OVER (PARTITION BY events.user_id) AS d,
  count(IF(events.is_bot <> 0, 1)) OVER (PARTITION BY events.user_id ORDER BY events.ts3, events.event_id) AS e,
  coalesce(sum(IF(events.is_bot <> 0, events.amount)) OVER (PARTITION BY events.user_id), 0) AS f,
  min(IF(events.action = 'buy', events.duration)) OVER (PARTITION BY events.session_id) AS g
FROM events
ORDER BY 1;

-- case: earlier and later rows
SELECT event_id, lagInFrame(action) OVER (PARTITION BY user_id ORDER BY ts3, event_id) a, lagInFrame(amount, 2, 7) OVER (PARTITION BY user_id ORDER BY ts3, event_id) b, lagInFrame(duration) OVER (PARTITION BY user_id ORDER BY ts3, event_id) c, leadInFrame(ts3) OVER (PARTITION BY user_id ORDER BY ts3, event_id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) d, leadInFrame(duration, 1, 3) OVER (PARTITION BY user_id ORDER BY ts3, event_id ROWS BETWEEN CURRENT ROW AND 1 FOLLOWING) e, lagInFrame(amount, 2, 7) OVER (PARTITION BY user_id ORDER BY ts3, event_id ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) f, lag(version) OVER (PARTITION BY user_id ORDER BY ts3, event_id) g, lead(price, 1, 1.5) OVER (PARTITION BY user_id ORDER BY ts3, event_id) h, lagInFrame(tags) OVER (PARTITION BY user_id ORDER BY ts3, event_id) i FROM events ORDER BY event_id;
-- trino
SELECT
  events.event_id,
  lag(events.action, 1, '') OVER (PARTITION BY events.user_id ORDER BY events.ts3, events.event_id) AS a,
  lag(events.amount, 2, CAST(7 AS bigint)) OVER (PARTITION BY events.user_id ORDER BY events.ts3, events.event_id) AS b,
  lag(events.duration, 1, NULL) OVER (PARTITION BY events.user_id ORDER BY events.ts3, events.event_id) AS c,
  lead(events.ts3, 1, TIMESTAMP '1970-01-01 00:00:00.000') OVER (PARTITION BY events.user_id ORDER BY events.ts3, events.event_id) AS d,
  lead(events.duration, 1, 3) OVER (PARTITION BY events.user_id ORDER BY events.ts3, events.event_id) AS e,
  CAST(7 AS bigint) AS f,
  lag(events.version, 1, CAST(0 AS decimal(20,0))) OVER (PARTITION BY events.user_id ORDER BY events.ts3, events.event_id) AS g,
  lead(events.price, 1, 1.5e0) OVER (PARTITION BY events.user_id ORDER BY events.ts3, events.event_id) AS h,
  lag(events.tags, 1, CAST(ARRAY[] AS array(varchar))) OVER (PARTITION BY events.user_id ORDER BY events.ts3, events.event_id) AS i
FROM events
ORDER BY 1;

-- case: first, last and nth values of a named window
SELECT event_id, first_value(duration) OVER w a, last_value(duration) OVER w b, first_value(duration) RESPECT NULLS OVER w c, last_value(action) OVER w d, nth_value(user_id, 3) OVER w e, nth_value(duration, 2) OVER w f, any(amount) OVER w g, anyLast(duration) OVER w h, first_value(duration) IGNORE NULLS OVER w i, sum(amount) OVER (w ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) j, min(user_id) OVER (w ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) k FROM events WINDOW w AS (PARTITION BY session_id ORDER BY ts3, event_id) ORDER BY event_id;
-- trino
SELECT
  events.event_id,
  first_value(events.duration) IGNORE NULLS OVER (PARTITION BY events.session_id ORDER BY events.ts3, events.event_id) AS a,
  last_value(events.duration) IGNORE NULLS OVER (PARTITION BY events.session_id ORDER BY events.ts3, events.event_id) AS b,
  first_value(events.duration) OVER (PARTITION BY events.session_id ORDER BY events.ts3, events.event_id) AS c,
  last_value(events.action) IGNORE NULLS OVER (PARTITION BY events.session_id ORDER BY events.ts3, events.event_id) AS d,
  coalesce(nth_value(events.user_id, 3) OVER (PARTITION BY events.session_id ORDER BY events.ts3, events.event_id), '') AS e,
  nth_value(events.duration, 2) OVER (PARTITION BY events.session_id ORDER BY events.ts3, events.event_id) AS f,
  first_value(events.amount) IGNORE NULLS OVER (PARTITION BY events.session_id ORDER BY events.ts3, events.event_id) AS g,
  last_value(events.duration) IGNORE NULLS OVER (PARTITION BY events.session_id ORDER BY events.ts3, events.event_id) AS h,
  first_value(events.duration) IGNORE NULLS OVER (PARTITION BY events.session_id ORDER BY events.ts3, events.event_id) AS i,
  coalesce(sum(events.amount) OVER (PARTITION BY events.session_id ORDER BY events.ts3, events.event_id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), 0) AS j,
  coalesce(min(events.user_id) OVER (PARTITION BY events.session_id ORDER BY events.ts3, events.event_id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), '') AS k
FROM events
ORDER BY 1;

-- case: over aggregates
SELECT toDate(timestamp) AS d, sum(count()) OVER (ORDER BY d) AS c, sum(sum(amount)) OVER (ORDER BY d ROWS BETWEEN 1 PRECEDING AND CURRENT ROW) AS s, row_number() OVER (ORDER BY count() DESC, d) AS n, max(uniq(user_id)) OVER () AS m FROM events GROUP BY d ORDER BY d;
-- trino
SELECT
  CAST(events."timestamp" AS date) AS d,
  sum(count(*)) OVER (ORDER BY CAST(events."timestamp" AS date)) AS c,
  coalesce(sum(sum(events.amount)) OVER (ORDER BY CAST(events."timestamp" AS date) ROWS BETWEEN 1 PRECEDING AND CURRENT ROW), 0) AS s,
  row_number() OVER (ORDER BY count(*) DESC, CAST(events."timestamp" AS date)) AS n,
  max(count(DISTINCT events.user_id)) OVER () AS m
FROM events
GROUP BY CAST(events."timestamp" AS date)
ORDER BY 1;

-- case: other aggregates
SELECT event_id, avg(amount) OVER (ORDER BY ts3, event_id ROWS BETWEEN 3 PRECEDING AND 2 PRECEDING) a, uniq(user_id) OVER (ORDER BY ts3, event_id) b, quantile(0.9)(amount) OVER (ORDER BY ts3, event_id) c, groupArray(amount) OVER (ORDER BY ts3, event_id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) d, argMax(user_id, ts3) OVER (PARTITION BY session_id) e, uniqIf(user_id, is_bot) OVER (ORDER BY ts3, event_id) f, groupArrayIf(amount, is_bot) OVER (ORDER BY ts3, event_id ROWS 2 PRECEDING) g, stddevPop(amount) OVER (PARTITION BY session_id) h, groupArray(duration) OVER (ORDER BY ts3, event_id ROWS 2 PRECEDING) i, varSamp(amount) OVER (ORDER BY ts3, event_id ROWS 2 PRECEDING) j FROM events ORDER BY event_id;
-- trino
SELECT
  events.event_id,
  coalesce(avg(CAST(events.amount AS double)) OVER (ORDER BY events.ts3, events.event_id ROWS BETWEEN 3 PRECEDING AND 2 PRECEDING), nan()) AS a,
  cardinality(array_distinct(array_agg(events.user_id) OVER (ORDER BY events.ts3, events.event_id))) AS b,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(events.amount) OVER (ORDER BY events.ts3, events.event_id))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.9e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.9e0 * (cardinality(v) - 1) - floor(0.9e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.9e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.9e0 * (cardinality(v) - 1) - floor(0.9e0 * (cardinality(v) - 1))))), 1), nan()) AS c,
  coalesce(array_agg(events.amount) OVER (ORDER BY events.ts3, events.event_id ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING), CAST(ARRAY[] AS array(bigint))) AS d,
  max_by(events.user_id, events.ts3) OVER (PARTITION BY events.session_id) AS e,
  coalesce(cardinality(array_distinct(filter(array_agg(IF(events.is_bot <> 0, events.user_id)) OVER (ORDER BY events.ts3, events.event_id), item -> item IS NOT NULL))), 0) AS f,
  coalesce(filter(array_agg(IF(events.is_bot <> 0, events.amount)) OVER (ORDER BY events.ts3, events.event_id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW), item -> item IS NOT NULL), CAST(ARRAY[] AS array(bigint))) AS g,
  coalesce(stddev_pop(CAST(events.amount AS double)) OVER (PARTITION BY events.session_id), nan()) AS h,
  coalesce(filter(array_agg(IF(events.duration IS NOT NULL, events.duration)) OVER (ORDER BY events.ts3, events.event_id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW), item -> item IS NOT NULL), CAST(ARRAY[] AS array(integer))) AS i,
  coalesce(var_samp(CAST(events.amount AS double)) OVER (ORDER BY events.ts3, events.event_id ROWS BETWEEN 2 PRECEDING AND CURRENT ROW), nan()) AS j
FROM events
ORDER BY 1;

-- case: frames of RANGE and GROUPS
SELECT event_id, sum(amount) OVER (ORDER BY timestamp RANGE BETWEEN 3600 PRECEDING AND CURRENT ROW) a, count() OVER (ORDER BY toDate(timestamp) RANGE BETWEEN 1 PRECEDING AND 1 FOLLOWING) b, count() OVER (ORDER BY version RANGE 1 PRECEDING) c, count() OVER (ORDER BY version GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) d, count() OVER (ORDER BY amount DESC RANGE BETWEEN 4 PRECEDING AND CURRENT ROW) e, count() OVER (ORDER BY price RANGE BETWEEN 10 PRECEDING AND CURRENT ROW) f FROM events ORDER BY event_id;
-- trino
SELECT
  events.event_id,
  coalesce(sum(events.amount) OVER (ORDER BY events."timestamp" RANGE BETWEEN INTERVAL '3600' SECOND PRECEDING AND CURRENT ROW), 0) AS a,
  count(*) OVER (ORDER BY CAST(events."timestamp" AS date) RANGE BETWEEN INTERVAL '1' DAY PRECEDING AND INTERVAL '1' DAY FOLLOWING) AS b,
  count(*) OVER (ORDER BY events.version RANGE BETWEEN 1 PRECEDING AND CURRENT ROW) AS c,
  count(*) OVER (ORDER BY events.version GROUPS BETWEEN 1 PRECEDING AND CURRENT ROW) AS d,
  count(*) OVER (ORDER BY events.amount DESC RANGE BETWEEN 4 PRECEDING AND CURRENT ROW) AS e,
  count(*) OVER (ORDER BY events.price RANGE BETWEEN 10 PRECEDING AND CURRENT ROW) AS f
FROM events
ORDER BY 1;

-- case: order of every type
SELECT id, row_number() OVER (ORDER BY e, id) AS x1, row_number() OVER (ORDER BY uid DESC, id) AS x2, row_number() OVER (ORDER BY ni, id) AS x3, row_number() OVER (ORDER BY nf DESC, id) AS x4, row_number() OVER (ORDER BY ni DESC NULLS FIRST, id) AS x5, row_number() OVER (ORDER BY lc, id) AS x6, sum(i8) OVER (PARTITION BY fs ORDER BY id) AS x7, row_number() OVER (ORDER BY tup, id) AS x8, row_number() OVER (ORDER BY u64 DESC, id) AS x9 FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  row_number() OVER (ORDER BY CASE v.e WHEN 'blue' THEN -3 WHEN 'red' THEN 1 WHEN 'green' THEN 2 END, v.id) AS x1,
  row_number() OVER (ORDER BY concat(substr(v.uid, 20), substr(v.uid, 1, 18)) DESC, v.id) AS x2,
  row_number() OVER (ORDER BY v.ni, v.id) AS x3,
  row_number() OVER (ORDER BY is_nan(v.nf), v.nf DESC, v.id) AS x4,
  row_number() OVER (ORDER BY v.ni DESC NULLS FIRST, v.id) AS x5,
  row_number() OVER (ORDER BY v.lc, v.id) AS x6,
  sum(v.i8) OVER (PARTITION BY v.fs ORDER BY v.id) AS x7,
  row_number() OVER (ORDER BY v.tup, v.id) AS x8,
  row_number() OVER (ORDER BY v.u64 DESC, v.id) AS x9
FROM v
ORDER BY 1;

-- case: NaN in the order
SELECT id, row_number() OVER (ORDER BY x, id) AS x1, row_number() OVER (ORDER BY x DESC, id) AS x2, row_number() OVER (ORDER BY x NULLS FIRST, id) AS x3, row_number() OVER (ORDER BY x DESC NULLS FIRST, id) AS x4 FROM (SELECT id, if(id % 3 = 0, nf / 0 - nf / 0, nf) AS x FROM v) ORDER BY id;
-- trino
SELECT
  subquery1.id,
  row_number() OVER (ORDER BY subquery1.x, subquery1.id) AS x1,
  row_number() OVER (ORDER BY is_nan(subquery1.x), subquery1.x DESC, subquery1.id) AS x2,
  row_number() OVER (ORDER BY is_nan(subquery1.x) DESC NULLS FIRST, subquery1.x NULLS FIRST, subquery1.id) AS x3,
  row_number() OVER (ORDER BY is_nan(subquery1.x) DESC NULLS FIRST, subquery1.x DESC NULLS FIRST, subquery1.id) AS x4
FROM (
  SELECT v.id, IF(mod(v.id, 3) = 0, (v.nf / 0.0e0) - (v.nf / 0.0e0), v.nf) AS x
  FROM v
) AS subquery1
ORDER BY 1;

-- case: the row before of every type
SELECT id, lagInFrame(uid) OVER w AS x1, lagInFrame(dt6) OVER w AS x2, lagInFrame(tup) OVER w AS x3, first_value(ai) OVER w AS x4, lagInFrame(b) OVER w AS x5, lagInFrame(id > 3) OVER w AS x6, lagInFrame(u64, 1, 1) OVER w AS x7, lagInFrame(ms) OVER w AS x8, max(e) OVER w AS x9, lagInFrame(d, 1, toDate('2020-01-01')) OVER w AS x10, lagInFrame(i8, 3) OVER w AS x11, lagInFrame(f32) OVER w AS x12, lagInFrame(ns, 1, 'none') OVER w AS x13, lagInFrame(lc, 2, 'none') OVER w AS x14, lagInFrame(dt, 0) OVER w AS x15 FROM v WINDOW w AS (ORDER BY id) ORDER BY id;
-- trino
SELECT
  v.id,
  lag(v.uid, 1, '00000000-0000-0000-0000-000000000000') OVER (ORDER BY v.id) AS x1,
  lag(v.dt6, 1, CAST(0 AS bigint)) OVER (ORDER BY v.id) AS x2,
  lag(v.tup, 1, CAST(ROW('', 0) AS row("f1" varchar, "f2" smallint))) OVER (ORDER BY v.id) AS x3,
  first_value(v.ai) IGNORE NULLS OVER (ORDER BY v.id) AS x4,
  lag(v.b, 1, false) OVER (ORDER BY v.id) AS x5,
  CAST(lag(v.id > 3, 1, false) OVER (ORDER BY v.id) AS integer) AS x6,
  lag(v.u64, 1, CAST(1 AS decimal(20,0))) OVER (ORDER BY v.id) AS x7,
  lag(v.ms, 1, CAST(MAP() AS map(varchar,varchar))) OVER (ORDER BY v.id) AS x8,
  max_by(v.e, CASE v.e WHEN 'blue' THEN -3 WHEN 'red' THEN 1 WHEN 'green' THEN 2 END) OVER (ORDER BY v.id) AS x9,
  lag(v.d, 1, DATE '2020-01-01') OVER (ORDER BY v.id) AS x10,
  lag(v.i8, 3, CAST(0 AS tinyint)) OVER (ORDER BY v.id) AS x11,
  lag(v.f32, 1, CAST(0e0 AS real)) OVER (ORDER BY v.id) AS x12,
  lag(v.ns, 1, 'none') OVER (ORDER BY v.id) AS x13,
  lag(v.lc, 2, 'none') OVER (ORDER BY v.id) AS x14,
  lag(v.dt, 0, TIMESTAMP '1970-01-01 00:00:00.000') OVER (ORDER BY v.id) AS x15
FROM v
ORDER BY 1;

-- case: a window upon another one
SELECT event_id, sum(amount) OVER (w ORDER BY event_id) AS x, count() OVER w AS y FROM events WINDOW w AS (PARTITION BY user_id) ORDER BY event_id;
-- trino
SELECT
  events.event_id,
  sum(events.amount) OVER (PARTITION BY events.user_id ORDER BY events.event_id) AS x,
  count(*) OVER (PARTITION BY events.user_id) AS y
FROM events
ORDER BY 1;

-- case: states merged over a window
SELECT version, uniqMerge(s) OVER (ORDER BY version) AS u, countMerge(c) OVER (ORDER BY version ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING) AS n FROM (SELECT version, uniqState(user_id) AS s, countState() AS c FROM events GROUP BY version) ORDER BY version;
-- trino
SELECT
  subquery1.version,
  coalesce(cardinality(array_distinct(flatten(array_agg(subquery1.s) OVER (ORDER BY subquery1.version)))), 0) AS u,
  coalesce(sum(subquery1.c) OVER (ORDER BY subquery1.version ROWS BETWEEN 1 PRECEDING AND 1 PRECEDING), 0) AS n
FROM (
  SELECT
    events.version,
    array_agg(DISTINCT from_big_endian_64(xxhash64(to_utf8(events.user_id)))) AS s,
    count(*) AS c
  FROM events
  GROUP BY events.version
) AS subquery1
ORDER BY 1;

-- case: distinct values over a window
SELECT count(DISTINCT user_id) OVER () FROM events;
-- trino
SELECT
  cardinality(array_distinct(array_agg(events.user_id) OVER ())) AS "countdistinct(user_id) over ()"
FROM events;

-- case: a later row beyond the default frame is refused
SELECT leadInFrame(user_id) OVER (ORDER BY ts3) FROM events;
-- error: leadInFrame(): the default frame ends at the current row: write ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING

-- case: neighbor is refused
SELECT neighbor(user_id, 1) FROM events;
-- error: Function neighbor() is not supported on Athena: it reads rows in the order of blocks, which Athena does not have: use lagInFrame() with OVER

-- case: runningDifference is refused
SELECT runningDifference(amount) FROM events;
-- error: Function runningDifference() is not supported on Athena: it reads rows in the order of blocks, which Athena does not have: use lagInFrame() with OVER

-- case: nonNegativeDerivative is refused
SELECT nonNegativeDerivative(amount, timestamp) OVER (ORDER BY timestamp) FROM events;
-- error: nonNegativeDerivative() is not supported on Athena: divide differences to lagInFrame() instead

-- case: a default of a wider type is refused
SELECT lagInFrame(i8, 1, 300) OVER (ORDER BY id) FROM v;
-- error: lagInFrame(): a default of type UInt16 does not fit Int8

-- case: an enum without zero needs a default
SELECT lagInFrame(e) OVER (ORDER BY id) FROM v;
-- error: lagInFrame(): Enum8('blue' = -3, 'red' = 1, 'green' = 2) has no value for no row: give a default

-- case: an unknown window is refused
SELECT sum(i8) OVER w FROM v;
-- error: Window 'w' is not defined

-- case: every other aggregate in a frame
SELECT id, uniqIf(s, nu8) OVER w x1, topK(1)(i8 * 0) OVER w x2, sumMap(mi) OVER w x3, groupBitXor(u8) OVER w x4, corr(i8, u8) OVER w x5, quantiles(0.1, 0.9)(i8) OVER w x6, argMinIf(s, id, v.b) OVER w x7, countIf(ni, v.b) OVER w x8, sumOrNullIf(i8, v.b) OVER w x9, avgOrNull(ni) OVER w x10, uniqArray(ai) OVER w x11, uniqExact(ni) OVER w x12, uniq(ni, s) OVER w x13, argMax(ni, id) OVER w x14, groupUniqArrayIf(u8 * 0, v.b) OVER w x15, quantileIf(ni, v.b) OVER w x16, maxIf(e, v.b) OVER w x17, minIf(uid, nu8) OVER w x18, any(ns) OVER w x19, sumIf(dec, nu8) OVER w x20, varSampIf(ni, v.b) OVER w x21, entropyIf(s, v.b) OVER w x22, groupConcatIf(s, v.b) OVER w x23, stddevPopIf(i8, id > 3) OVER w x24, skewPop(i8) OVER w x25, simpleLinearRegression(i8, u8) OVER w x26, sumArray(ai) OVER w x27, groupBitAndIf(u8, v.b) OVER w x28, avgWeighted(u32, u8) OVER w x29, retention(id=1,id=2) OVER w x30, boundingRatio(i8, id) OVER w x31, sumWithOverflow(u8) OVER w x32 FROM v WINDOW w AS (ORDER BY id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(cardinality(array_distinct(filter(array_agg(IF(v.nu8 <> 0, v.s)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), item -> item IS NOT NULL))), 0) AS x1,
  coalesce(transform(slice(array_sort(transform(map_entries(histogram(CAST(v.i8 AS bigint) * 0) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING)), item -> ROW(-item[2], item[1]))), 1, 1), item -> item[2]), CAST(ARRAY[] AS array(bigint))) AS x2,
  coalesce(transform_values(multimap_from_entries(flatten(array_agg(map_entries(v.mi)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING))), (item, items) -> reduce(items, CAST(0 AS bigint), (total, item) -> total + item, total -> total)), CAST(MAP() AS map(varchar,bigint))) AS x3,
  coalesce(reduce_agg(CAST(v.u8 AS bigint), BIGINT '0', (a, b) -> bitwise_xor(a, b), (a, b) -> bitwise_xor(a, b)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), 0) AS x4,
  coalesce(corr(CAST(v.i8 AS double), CAST(v.u8 AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), nan()) AS x5,
  coalesce(transform(element_at(transform(ARRAY[array_sort(array_agg(v.i8) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING))], v -> transform(ARRAY[0.1e0, 0.9e0], q -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))))), 1), item -> coalesce(item, nan())), CAST(ARRAY[nan(), nan()] AS array(double))) AS x6,
  coalesce(min_by(IF(v.b, v.s), IF(v.b, v.id)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), '') AS x7,
  count(IF(v.b, v.ni)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS x8,
  sum(IF(v.b, v.i8)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS x9,
  avg(CAST(v.ni AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS x10,
  coalesce(cardinality(array_distinct(flatten(array_agg(v.ai) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING)))), 0) AS x11,
  coalesce(cardinality(array_distinct(filter(array_agg(v.ni) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), item -> item IS NOT NULL))), 0) AS x12,
  coalesce(cardinality(array_distinct(filter(array_agg(ROW(IF(v.ni IS NOT NULL, v.ni), IF(v.ni IS NOT NULL, v.s))) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), item -> item[1] IS NOT NULL))), 0) AS x13,
  max_by(IF(v.ni IS NOT NULL, v.ni), IF(v.ni IS NOT NULL, v.id)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS x14,
  coalesce(array_distinct(filter(array_agg(IF(v.b, CAST(v.u8 AS bigint) * 0)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), item -> item IS NOT NULL)), CAST(ARRAY[] AS array(bigint))) AS x15,
  element_at(transform(ARRAY[array_sort(filter(array_agg(IF(v.b AND v.ni IS NOT NULL, v.ni)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), item -> item IS NOT NULL))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1) AS x16,
  coalesce(max_by(IF(v.b, v.e), CASE IF(v.b, v.e) WHEN 'blue' THEN -3 WHEN 'red' THEN 1 WHEN 'green' THEN 2 END) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), 'blue') AS x17,
  coalesce(min_by(IF(v.nu8 <> 0, v.uid), concat(substr(IF(v.nu8 <> 0, v.uid), 20), substr(IF(v.nu8 <> 0, v.uid), 1, 18))) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), '00000000-0000-0000-0000-000000000000') AS x18,
  first_value(v.ns) IGNORE NULLS OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS x19,
  coalesce(sum(IF(v.nu8 <> 0, v.dec)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), CAST(0 AS decimal(38,3))) AS x20,
  IF(count(CAST(IF(v.b, v.ni) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) > 0, coalesce(var_samp(CAST(IF(v.b, v.ni) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), nan())) AS x21,
  coalesce(reduce(map_values(histogram(IF(v.b, v.s)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING)), 0e0, (total, item) -> total - item * log2(item), total -> total) / nullif(CAST(count(IF(v.b, v.s)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS double), 0e0) + log2(CAST(count(IF(v.b, v.s)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) AS double)), 0e0) AS x22,
  coalesce(array_join(filter(array_agg(IF(v.b, v.s)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), item -> item IS NOT NULL), ''), '') AS x23,
  coalesce(stddev_pop(CAST(IF(v.id > 3, v.i8) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), nan()) AS x24,
  coalesce(element_at(transform(ARRAY[ROW(count(CAST(v.i8 AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), sum(CAST(v.i8 AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), sum(CAST(v.i8 AS double) * CAST(v.i8 AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), sum(CAST(v.i8 AS double) * CAST(v.i8 AS double) * CAST(v.i8 AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING))], s -> (s[4] - (3 * s[3] - 2 * s[2] * (s[2] / s[1])) * (s[2] / s[1])) / s[1] / nullif(power((s[3] - s[2] * s[2] / s[1]) / s[1], 1.5e0), 0e0)), 1), nan()) AS x25,
  ROW(coalesce(regr_slope(CAST(v.u8 AS double), CAST(v.i8 AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), nan()), coalesce(regr_intercept(CAST(v.u8 AS double), CAST(v.i8 AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), nan())) AS x26,
  coalesce(sum(reduce(v.ai, CAST(NULL AS bigint), (total, item) -> coalesce(total + item, total, item), total -> total)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), 0) AS x27,
  coalesce(coalesce(bitwise_and_agg(CAST(IF(v.b, v.u8) AS bigint)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), 255), 0) AS x28,
  coalesce(sum(CAST(v.u32 AS double) * CAST(v.u8 AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) / sum(CAST(v.u8 AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), nan()) AS x29,
  CAST(ARRAY[coalesce(bool_or(v.id = 1) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), false), coalesce(bool_or(v.id = 1) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), false) AND coalesce(bool_or(v.id = 2) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), false)] AS array(integer)) AS x30,
  coalesce((max_by(CAST(v.id AS double), CAST(v.i8 AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) - min_by(CAST(v.id AS double), CAST(v.i8 AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING)) / (max(CAST(v.i8 AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING) - min(CAST(v.i8 AS double)) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING)), nan()) AS x31,
  coalesce(bitwise_and(sum(v.u8) OVER (ORDER BY v.id ROWS BETWEEN 2 PRECEDING AND 1 PRECEDING), 255), 0) AS x32
FROM v
ORDER BY 1;

-- case: every other aggregate with a condition in a frame [proof]
SELECT id, uniqExactIf(s, id, v.b) OVER w x1, uniqIf(ni, s, v.b) OVER w x2, uniqUpTo(2)(s) OVER w x3, topKWeightedIf(1)(lc, u8, v.b) OVER w x4, argMaxIf(ns, ni, nu8) OVER w x5, corrIf(ni, nf, v.b) OVER w x6, covarPopIf(i8,u8, v.b) OVER w x7, sumMapIf(ai, ai, v.b) OVER w x8, sumCountIf(i8, v.b) OVER w x9, simpleLinearRegressionIf(i8, u8, v.b) OVER w x10, avgWeightedIf(u32, u8, v.b) OVER w x11, retentionIf(id = 1, id = 2, v.b) OVER w x12, groupArrayIf(tup, v.b) OVER w x13, groupArrayIf(ni, v.b) OVER w x14, avgArrayIf(an, v.b) OVER w x15, countArrayIf(ai, v.b) OVER w x16, minArrayIf(ai, v.b) OVER w x17, quantileArrayIf(ai, v.b) OVER w x18, anyIf(s, v.b) OVER w x19, anyLastIf(ni, v.b) OVER w x20, countIf(v.b) OVER w x21, boundingRatioIf(i8, id, v.b) OVER w x22, skewPopIf(i8, v.b) OVER w x23, quantilesIf(0.5)(ni, v.b) OVER w x24, medianIf(dt, v.b) OVER w x25, minIf(v.d, v.b) OVER w x26, groupBitXorIf(u8, v.b) OVER w x27, kurtPopIf(ni, v.b) OVER w x28 FROM v WINDOW w AS (ORDER BY id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(cardinality(array_distinct(filter(array_agg(ROW(IF(v.b, v.s), IF(v.b, v.id))) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), item -> item[1] IS NOT NULL))), 0) AS x1,
  coalesce(cardinality(array_distinct(filter(array_agg(ROW(IF(v.b AND v.ni IS NOT NULL, v.ni), IF(v.b AND v.ni IS NOT NULL, v.s))) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), item -> item[1] IS NOT NULL))), 0) AS x2,
  coalesce(least(cardinality(array_distinct(array_agg(v.s) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING))), 3), 0) AS x3,
  coalesce(transform(slice(array_sort(transform(map_entries(transform_values(multimap_agg(IF(v.b, v.lc), CAST(IF(v.b, v.u8) AS bigint)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), (item, weights) -> reduce(weights, BIGINT '0', (total, item) -> total + item, total -> total))), item -> ROW(-item[2], item[1]))), 1, 1), item -> item[2]), CAST(ARRAY[] AS array(varchar))) AS x4,
  max_by(IF(v.nu8 <> 0 AND v.ns IS NOT NULL AND v.ni IS NOT NULL, v.ns), IF(v.nu8 <> 0 AND v.ns IS NOT NULL AND v.ni IS NOT NULL, v.ni)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) AS x5,
  IF(count(CAST(IF(v.b AND v.ni IS NOT NULL AND v.nf IS NOT NULL, v.ni) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) > 0, coalesce(corr(CAST(IF(v.b AND v.ni IS NOT NULL AND v.nf IS NOT NULL, v.ni) AS double), IF(v.b AND v.ni IS NOT NULL AND v.nf IS NOT NULL, v.nf)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), nan())) AS x6,
  coalesce(covar_pop(CAST(IF(v.b, v.i8) AS double), CAST(IF(v.b, v.u8) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), nan()) AS x7,
  coalesce(CAST(element_at(transform(ARRAY[array_sort(map_entries(map_filter(transform_values(multimap_from_entries(flatten(array_agg(zip(IF(v.b, v.ai), IF(v.b, v.ai))) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING))), (item, items) -> reduce(items, CAST(0 AS bigint), (total, item) -> total + item, total -> total)), (item, total) -> total <> 0)))], pairs -> IF(pairs IS NOT NULL, ROW(transform(pairs, pair -> pair[1]), transform(pairs, pair -> pair[2])))), 1) AS row("f1" array(bigint), "f2" array(bigint))), CAST(ROW(CAST(ARRAY[] AS array(bigint)), CAST(ARRAY[] AS array(bigint))) AS row("f1" array(bigint), "f2" array(bigint)))) AS x8,
  ROW(coalesce(sum(IF(v.b, v.i8)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), CAST(0 AS bigint)), count(IF(v.b, v.i8)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING)) AS x9,
  ROW(coalesce(regr_slope(CAST(IF(v.b, v.u8) AS double), CAST(IF(v.b, v.i8) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), nan()), coalesce(regr_intercept(CAST(IF(v.b, v.u8) AS double), CAST(IF(v.b, v.i8) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), nan())) AS x10,
  coalesce(sum(CAST(IF(v.b, v.u32) AS double) * CAST(IF(v.b, v.u8) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) / sum(CAST(IF(v.b, v.u8) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), nan()) AS x11,
  CAST(ARRAY[coalesce(bool_or(IF(v.b, v.id = 1)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), false), coalesce(bool_or(IF(v.b, v.id = 1)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), false) AND coalesce(bool_or(IF(v.b, v.id = 2)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), false)] AS array(integer)) AS x12,
  coalesce(filter(array_agg(IF(v.b, v.tup)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), item -> item IS NOT NULL), CAST(ARRAY[] AS array(row("f1" varchar, "f2" smallint)))) AS x13,
  coalesce(filter(array_agg(IF(v.b AND v.ni IS NOT NULL, v.ni)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), item -> item IS NOT NULL), CAST(ARRAY[] AS array(bigint))) AS x14,
  sum(reduce(transform(IF(v.b, v.an), item -> CAST(item AS double)), CAST(NULL AS double), (total, item) -> coalesce(total + item, total, item), total -> total)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) / nullif(sum(cardinality(filter(transform(IF(v.b, v.an), item -> CAST(item AS double)), item -> item IS NOT NULL))) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), 0) AS x15,
  coalesce(sum(cardinality(filter(IF(v.b, v.ai), item -> item IS NOT NULL))) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), 0) AS x16,
  coalesce(min(array_min(IF(v.b, v.ai))) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), 0) AS x17,
  coalesce(element_at(transform(ARRAY[array_sort(filter(flatten(array_agg(IF(v.b, v.ai)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING)), item -> item IS NOT NULL))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1), nan()) AS x18,
  coalesce(first_value(IF(v.b, v.s)) IGNORE NULLS OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), '') AS x19,
  last_value(IF(v.b, v.ni)) IGNORE NULLS OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) AS x20,
  count(IF(v.b, 1)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) AS x21,
  coalesce((max_by(CAST(IF(v.b, v.id) AS double), CAST(IF(v.b, v.i8) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) - min_by(CAST(IF(v.b, v.id) AS double), CAST(IF(v.b, v.i8) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING)) / (max(CAST(IF(v.b, v.i8) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) - min(CAST(IF(v.b, v.i8) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING)), nan()) AS x22,
  coalesce(element_at(transform(ARRAY[ROW(count(CAST(IF(v.b, v.i8) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), sum(CAST(IF(v.b, v.i8) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), sum(CAST(IF(v.b, v.i8) AS double) * CAST(IF(v.b, v.i8) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), sum(CAST(IF(v.b, v.i8) AS double) * CAST(IF(v.b, v.i8) AS double) * CAST(IF(v.b, v.i8) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING))], s -> (s[4] - (3 * s[3] - 2 * s[2] * (s[2] / s[1])) * (s[2] / s[1])) / s[1] / nullif(power((s[3] - s[2] * s[2] / s[1]) / s[1], 1.5e0), 0e0)), 1), nan()) AS x23,
  coalesce(transform(element_at(transform(ARRAY[array_sort(filter(array_agg(IF(v.b AND v.ni IS NOT NULL, v.ni)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), item -> item IS NOT NULL))], v -> transform(ARRAY[0.5e0], q -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))))), 1), item -> coalesce(item, nan())), CAST(ARRAY[nan()] AS array(double))) AS x24,
  coalesce(element_at(transform(ARRAY[array_sort(filter(array_agg(IF(v.b, v.dt)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), item -> item IS NOT NULL))], v -> IF(cardinality(v) > 0, CAST(from_unixtime(truncate(CAST(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1)) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1)) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) / 1e0) AT TIME ZONE 'UTC' AS timestamp(3)))), 1), TIMESTAMP '1970-01-01 00:00:00.000') AS x25,
  coalesce(min(IF(v.b, v.d)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), DATE '1970-01-01') AS x26,
  coalesce(reduce_agg(CAST(IF(v.b, v.u8) AS bigint), BIGINT '0', (a, b) -> bitwise_xor(a, b), (a, b) -> bitwise_xor(a, b)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), 0) AS x27,
  IF(count(CAST(IF(v.b, v.ni) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING) > 0, coalesce(element_at(transform(ARRAY[ROW(count(CAST(IF(v.b, v.ni) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), sum(CAST(IF(v.b, v.ni) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), sum(CAST(IF(v.b, v.ni) AS double) * CAST(IF(v.b, v.ni) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), sum(CAST(IF(v.b, v.ni) AS double) * CAST(IF(v.b, v.ni) AS double) * CAST(IF(v.b, v.ni) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING), sum(CAST(IF(v.b, v.ni) AS double) * CAST(IF(v.b, v.ni) AS double) * CAST(IF(v.b, v.ni) AS double) * CAST(IF(v.b, v.ni) AS double)) OVER (ORDER BY v.id ROWS BETWEEN 3 PRECEDING AND 1 PRECEDING))], s -> (s[5] - (4 * s[4] - (6 * s[3] - 3 * s[2] * (s[2] / s[1])) * (s[2] / s[1])) * (s[2] / s[1])) / s[1] / nullif(power((s[3] - s[2] * s[2] / s[1]) / s[1], 2e0), 0e0)), 1), nan())) AS x28
FROM v
ORDER BY 1;

-- case: within partitions
SELECT id, uniqIf(s, nu8) OVER w x1, sumMap(mi) OVER w x3, groupBitXor(u8) OVER w x4, corr(i8, u8) OVER w x5, quantiles(0.1, 0.9)(i8) OVER w x6, argMinIf(s, id, v.b) OVER w x7, countIf(ni, v.b) OVER w x8, sumOrNullIf(i8, v.b) OVER w x9, avgOrNull(ni) OVER w x10, uniqArray(ai) OVER w x11, uniqExact(ni) OVER w x12, uniq(ni, s) OVER w x13, argMax(ni, id) OVER w x14 FROM v WINDOW w AS (PARTITION BY lc ORDER BY id) ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(cardinality(array_distinct(filter(array_agg(IF(v.nu8 <> 0, v.s)) OVER (PARTITION BY v.lc ORDER BY v.id), item -> item IS NOT NULL))), 0) AS x1,
  transform_values(multimap_from_entries(flatten(array_agg(map_entries(v.mi)) OVER (PARTITION BY v.lc ORDER BY v.id))), (item, items) -> reduce(items, CAST(0 AS bigint), (total, item) -> total + item, total -> total)) AS x3,
  reduce_agg(CAST(v.u8 AS bigint), BIGINT '0', (a, b) -> bitwise_xor(a, b), (a, b) -> bitwise_xor(a, b)) OVER (PARTITION BY v.lc ORDER BY v.id) AS x4,
  coalesce(corr(CAST(v.i8 AS double), CAST(v.u8 AS double)) OVER (PARTITION BY v.lc ORDER BY v.id), nan()) AS x5,
  coalesce(transform(element_at(transform(ARRAY[array_sort(array_agg(v.i8) OVER (PARTITION BY v.lc ORDER BY v.id))], v -> transform(ARRAY[0.1e0, 0.9e0], q -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))))), 1), item -> coalesce(item, nan())), CAST(ARRAY[nan(), nan()] AS array(double))) AS x6,
  coalesce(min_by(IF(v.b, v.s), IF(v.b, v.id)) OVER (PARTITION BY v.lc ORDER BY v.id), '') AS x7,
  count(IF(v.b, v.ni)) OVER (PARTITION BY v.lc ORDER BY v.id) AS x8,
  sum(IF(v.b, v.i8)) OVER (PARTITION BY v.lc ORDER BY v.id) AS x9,
  avg(CAST(v.ni AS double)) OVER (PARTITION BY v.lc ORDER BY v.id) AS x10,
  coalesce(cardinality(array_distinct(flatten(array_agg(v.ai) OVER (PARTITION BY v.lc ORDER BY v.id)))), 0) AS x11,
  cardinality(array_distinct(filter(array_agg(v.ni) OVER (PARTITION BY v.lc ORDER BY v.id), item -> item IS NOT NULL))) AS x12,
  coalesce(cardinality(array_distinct(filter(array_agg(ROW(IF(v.ni IS NOT NULL, v.ni), IF(v.ni IS NOT NULL, v.s))) OVER (PARTITION BY v.lc ORDER BY v.id), item -> item[1] IS NOT NULL))), 0) AS x13,
  max_by(IF(v.ni IS NOT NULL, v.ni), IF(v.ni IS NOT NULL, v.id)) OVER (PARTITION BY v.lc ORDER BY v.id) AS x14
FROM v
ORDER BY 1;

-- case: over groups
SELECT user_id, uniq(action) u, rank() OVER (ORDER BY uniq(action) DESC, user_id) r, sum(amount) / sum(sum(amount)) OVER () share, lagInFrame(count()) OVER (ORDER BY user_id) prev FROM events GROUP BY user_id ORDER BY user_id;
-- trino
SELECT
  events.user_id,
  count(DISTINCT events.action) AS u,
  rank() OVER (ORDER BY count(DISTINCT events.action) DESC, events.user_id) AS r,
  CAST(sum(events.amount) AS double) / CAST(sum(sum(events.amount)) OVER () AS double) AS share,
  lag(count(*), 1, CAST(0 AS bigint)) OVER (ORDER BY events.user_id) AS prev
FROM events
GROUP BY events.user_id
ORDER BY 1;
