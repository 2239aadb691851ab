-- case: If and no row
SELECT
  sumIf(i8, id > 100) AS x1,
  avgIf(i8, id > 100) AS x2,
  minIf(s, id > 100) AS x3,
  maxIf(dt, id > 100) AS x4,
  maxIf(e, id > 100) AS x5,
  minIf(uid, id > 100) AS x6,
  anyIf(tup, id > 100) AS x7,
  quantileIf(i8, id > 100) AS x8,
  quantilesIf(0.1, 0.2)(i8, id > 100) AS x9,
  uniqIf(s, id > 100) AS x10,
  countIf(id > 100) AS x11,
  sumIf(ni, id > 100) AS x12,
  argMaxIf(s, id, id > 100) AS x13,
  topKIf(3)(s, id > 100) AS x14,
  stddevPopIf(i8, id > 100) AS x15,
  varSampIf(i8, id = 1) AS x16,
  varSampIf(ni, id = 1) AS x17,
  varSampIf(ni, id = 0) AS x18,
  sumMapIf(mi, id > 100) AS x19,
  entropyIf(s, id > 100) AS x20,
  skewPopIf(i8, id = 1) AS x21,
  corrIf(i8, u8, id = 1) AS x22,
  corrIf(i8, u8, id > 100) AS x23,
  simpleLinearRegressionIf(i8, u8, id > 100) AS x24,
  sumCountIf(i8, id > 100) AS x25,
  quantileExactIf(dt, id > 100) AS x26,
  quantileTimingIf(u8, id > 100) AS x27,
  retentionIf(id = 1, id = 2, id > 100) AS x28,
  medianExactIf(f64, id > 100) AS x29
FROM v;
-- trino
SELECT
  coalesce(sum(v.i8) FILTER (WHERE v.id > 100), 0) AS x1,
  coalesce(avg(CAST(v.i8 AS double)) FILTER (WHERE v.id > 100), nan()) AS x2,
  coalesce(min(v.s) FILTER (WHERE v.id > 100), '') AS x3,
  coalesce(max(v.dt) FILTER (WHERE v.id > 100), TIMESTAMP '1970-01-01 00:00:00.000') AS x4,
  coalesce(max_by(v.e, CASE v.e WHEN 'blue' THEN -3 WHEN 'red' THEN 1 WHEN 'green' THEN 2 END) FILTER (WHERE v.id > 100), 'blue') AS x5,
  coalesce(min_by(v.uid, concat(substr(v.uid, 20), substr(v.uid, 1, 18))) FILTER (WHERE v.id > 100), '00000000-0000-0000-0000-000000000000') AS x6,
  coalesce(arbitrary(v.tup) FILTER (WHERE v.id > 100), CAST(ROW('', 0) AS row("f1" varchar, "f2" smallint))) AS x7,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.i8) FILTER (WHERE v.id > 100))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1), nan()) AS x8,
  coalesce(transform(element_at(transform(ARRAY[array_sort(array_agg(v.i8) FILTER (WHERE v.id > 100))], v -> transform(ARRAY[0.1e0, 0.2e0], q -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))))), 1), item -> coalesce(item, nan())), CAST(ARRAY[nan(), nan()] AS array(double))) AS x9,
  coalesce(count(DISTINCT v.s) FILTER (WHERE v.id > 100), 0) AS x10,
  count(*) FILTER (WHERE v.id > 100) AS x11,
  sum(v.ni) FILTER (WHERE v.id > 100) AS x12,
  coalesce(max_by(v.s, v.id) FILTER (WHERE v.id > 100), '') AS x13,
  coalesce(transform(slice(array_sort(transform(map_entries(histogram(v.s) FILTER (WHERE v.id > 100)), item -> ROW(-item[2], item[1]))), 1, 3), item -> item[2]), CAST(ARRAY[] AS array(varchar))) AS x14,
  coalesce(stddev_pop(CAST(v.i8 AS double)) FILTER (WHERE v.id > 100), nan()) AS x15,
  coalesce(var_samp(CAST(v.i8 AS double)) FILTER (WHERE v.id = 1), nan()) AS x16,
  IF(count(CAST(v.ni AS double)) FILTER (WHERE v.id = 1) > 0, coalesce(var_samp(CAST(v.ni AS double)) FILTER (WHERE v.id = 1), nan())) AS x17,
  IF(count(CAST(v.ni AS double)) FILTER (WHERE v.id = 0) > 0, coalesce(var_samp(CAST(v.ni AS double)) FILTER (WHERE v.id = 0), nan())) AS x18,
  coalesce(transform_values(multimap_from_entries(flatten(array_agg(map_entries(v.mi)) FILTER (WHERE v.id > 100))), (item, items) -> reduce(items, CAST(0 AS bigint), (total, item) -> total + item, total -> total)), CAST(MAP() AS map(varchar,bigint))) AS x19,
  coalesce(reduce(map_values(histogram(v.s) FILTER (WHERE v.id > 100)), 0e0, (total, item) -> total - item * log2(item), total -> total) / nullif(CAST(count(v.s) FILTER (WHERE v.id > 100) AS double), 0e0) + log2(CAST(count(v.s) FILTER (WHERE v.id > 100) AS double)), 0e0) AS x20,
  coalesce(element_at(transform(ARRAY[ROW(count(CAST(v.i8 AS double)) FILTER (WHERE v.id = 1), sum(CAST(v.i8 AS double)) FILTER (WHERE v.id = 1), sum(CAST(v.i8 AS double) * CAST(v.i8 AS double)) FILTER (WHERE v.id = 1), sum(CAST(v.i8 AS double) * CAST(v.i8 AS double) * CAST(v.i8 AS double)) FILTER (WHERE v.id = 1))], s -> (s[4] - (3 * s[3] - 2 * s[2] * (s[2] / s[1])) * (s[2] / s[1])) / s[1] / nullif(power((s[3] - s[2] * s[2] / s[1]) / s[1], 1.5e0), 0e0)), 1), nan()) AS x21,
  coalesce(corr(CAST(v.i8 AS double), CAST(v.u8 AS double)) FILTER (WHERE v.id = 1), nan()) AS x22,
  coalesce(corr(CAST(v.i8 AS double), CAST(v.u8 AS double)) FILTER (WHERE v.id > 100), nan()) AS x23,
  ROW(coalesce(regr_slope(CAST(v.u8 AS double), CAST(v.i8 AS double)) FILTER (WHERE v.id > 100), nan()), coalesce(regr_intercept(CAST(v.u8 AS double), CAST(v.i8 AS double)) FILTER (WHERE v.id > 100), nan())) AS x24,
  ROW(coalesce(sum(v.i8) FILTER (WHERE v.id > 100), CAST(0 AS bigint)), count(v.i8) FILTER (WHERE v.id > 100)) AS x25,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.dt) FILTER (WHERE v.id > 100))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1), TIMESTAMP '1970-01-01 00:00:00.000') AS x26,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.u8) FILTER (WHERE v.id > 100))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1) AS real))), 1), CAST(nan() AS real)) AS x27,
  CAST(ARRAY[coalesce(bool_or(v.id = 1) FILTER (WHERE v.id > 100), false), coalesce(bool_or(v.id = 1) FILTER (WHERE v.id > 100), false) AND coalesce(bool_or(v.id = 2) FILTER (WHERE v.id > 100), false)] AS array(integer)) AS x28,
  coalesce(element_at(transform(ARRAY[array_sort(filter(array_agg(v.f64) FILTER (WHERE v.id > 100), item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1), nan()) AS x29
FROM v;

-- case: FILTER is If
SELECT
  count(*) FILTER (WHERE id > 5) AS x1,
  sum(i8) FILTER (WHERE v.b) AS x2,
  uniq(s) FILTER (WHERE nu8 = 1) AS x3,
  avg(ni) FILTER (WHERE id > 100) AS x4
FROM v;
-- trino
SELECT
  count(*) FILTER (WHERE v.id > 5) AS x1,
  coalesce(sum(v.i8) FILTER (WHERE v.b), 0) AS x2,
  coalesce(count(DISTINCT v.s) FILTER (WHERE v.nu8 = 1), 0) AS x3,
  avg(CAST(v.ni AS double)) FILTER (WHERE v.id > 100) AS x4
FROM v;

-- case: Distinct
SELECT
  countDistinct(ns) AS x1,
  sumDistinct(u8) AS x2,
  avgDistinct(u8) AS x3,
  uniqDistinct(s) AS x4,
  countDistinctIf(s, v.b) AS x5,
  countIfDistinct(s, v.b) AS x6,
  minDistinct(s) AS x7,
  sumDistinctIf(u8, v.b) AS x8,
  quantileExactDistinct(u8) AS x9
FROM v;
-- trino
SELECT
  coalesce(count(DISTINCT v.ns), 0) AS x1,
  coalesce(sum(DISTINCT v.u8), 0) AS x2,
  coalesce(avg(DISTINCT CAST(v.u8 AS double)), nan()) AS x3,
  coalesce(count(DISTINCT v.s), 0) AS x4,
  coalesce(count(DISTINCT v.s) FILTER (WHERE v.b), 0) AS x5,
  coalesce(count(DISTINCT v.s) FILTER (WHERE v.b), 0) AS x6,
  coalesce(min(v.s), '') AS x7,
  coalesce(sum(DISTINCT v.u8) FILTER (WHERE v.b), 0) AS x8,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(DISTINCT v.u8))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1), 0) AS x9
FROM v;

-- case: OrNull and OrDefault
SELECT
  sumOrNull(i8) AS x1,
  sumOrNullIf(i8, 0) AS x2,
  sumIfOrNull(i8, 0) AS x3,
  avgOrDefault(i8) AS x4,
  avgOrDefaultIf(i8, id > 100) AS x5,
  countOrNull() AS x6,
  countOrNullIf(0) AS x7,
  countOrDefault() AS x8,
  uniqOrNull(s) AS x9,
  uniqOrNullIf(s, 0) AS x10,
  minOrNull(lc) AS x11,
  minOrDefaultIf(lc, id > 100) AS x12,
  avgOrNull(ni) AS x13,
  avgOrNullIf(i8, id > 100) AS x14,
  maxOrNullIf(dt, id > 100) AS x15
FROM v;
-- trino
SELECT
  sum(v.i8) AS x1,
  sum(v.i8) FILTER (WHERE 0 <> 0) AS x2,
  sum(v.i8) FILTER (WHERE 0 <> 0) AS x3,
  coalesce(avg(CAST(v.i8 AS double)), 0e0) AS x4,
  coalesce(avg(CAST(v.i8 AS double)) FILTER (WHERE v.id > 100), 0e0) AS x5,
  nullif(count(*), 0) AS x6,
  nullif(count(*) FILTER (WHERE 0 <> 0), 0) AS x7,
  count(*) AS x8,
  nullif(count(DISTINCT v.s), 0) AS x9,
  nullif(count(DISTINCT v.s) FILTER (WHERE 0 <> 0), 0) AS x10,
  min(v.lc) AS x11,
  coalesce(min(v.lc) FILTER (WHERE v.id > 100), '') AS x12,
  avg(CAST(v.ni AS double)) AS x13,
  avg(CAST(v.i8 AS double)) FILTER (WHERE v.id > 100) AS x14,
  max(v.dt) FILTER (WHERE v.id > 100) AS x15
FROM v;

-- case: Array
SELECT
  sumArray(ai) AS x1,
  countArray(ai) AS x2,
  minArray(ai) AS x3,
  maxArray(`as`) AS x4,
  uniqArray(ai) AS x5,
  avgArray(ai) AS x6,
  sumArrayIf(ai, v.b) AS x7,
  sumArray(an) AS x8,
  minArray(an) AS x9,
  avgArray(an) AS x10,
  countArray(an) AS x11,
  uniqArray(an) AS x12,
  uniqExactArray(`as`) AS x13,
  anyArray(arraySlice(ai, 1, 0)) AS x14,
  quantileArray(ai) AS x15,
  quantileArrayIf(0.9)(ai, v.b) AS x16,
  countArray(`as`) AS x17
FROM v;
-- trino
SELECT
  coalesce(sum(reduce(v.ai, CAST(NULL AS bigint), (total, item) -> coalesce(total + item, total, item), total -> total)), 0) AS x1,
  coalesce(sum(cardinality(filter(v.ai, item -> item IS NOT NULL))), 0) AS x2,
  coalesce(min(array_min(v.ai)), 0) AS x3,
  coalesce(max(array_max(v."as")), '') AS x4,
  coalesce(cardinality(array_distinct(flatten(array_agg(v.ai)))), 0) AS x5,
  coalesce(sum(reduce(transform(v.ai, item -> CAST(item AS double)), CAST(NULL AS double), (total, item) -> coalesce(total + item, total, item), total -> total)) / nullif(sum(cardinality(filter(transform(v.ai, item -> CAST(item AS double)), item -> item IS NOT NULL))), 0), nan()) AS x6,
  coalesce(sum(reduce(v.ai, CAST(NULL AS bigint), (total, item) -> coalesce(total + item, total, item), total -> total)) FILTER (WHERE v.b), 0) AS x7,
  sum(reduce(v.an, CAST(NULL AS bigint), (total, item) -> coalesce(total + item, total, item), total -> total)) AS x8,
  min(array_min(filter(v.an, item -> item IS NOT NULL))) AS x9,
  sum(reduce(transform(v.an, item -> CAST(item AS double)), CAST(NULL AS double), (total, item) -> coalesce(total + item, total, item), total -> total)) / nullif(sum(cardinality(filter(transform(v.an, item -> CAST(item AS double)), item -> item IS NOT NULL))), 0) AS x10,
  coalesce(sum(cardinality(filter(v.an, item -> item IS NOT NULL))), 0) AS x11,
  coalesce(cardinality(array_distinct(filter(flatten(array_agg(v.an)), item -> item IS NOT NULL))), 0) AS x12,
  coalesce(cardinality(array_distinct(flatten(array_agg(v."as")))), 0) AS x13,
  coalesce(arbitrary(element_at(slice(v.ai, 1, 0), 1)), 0) AS x14,
  coalesce(element_at(transform(ARRAY[array_sort(flatten(array_agg(v.ai)))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1), nan()) AS x15,
  coalesce(element_at(transform(ARRAY[array_sort(flatten(array_agg(v.ai) FILTER (WHERE v.b)))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.9e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.9e0 * (cardinality(v) - 1) - floor(0.9e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.9e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.9e0 * (cardinality(v) - 1) - floor(0.9e0 * (cardinality(v) - 1))))), 1), nan()) AS x16,
  coalesce(sum(cardinality(filter(v."as", item -> item IS NOT NULL))), 0) AS x17
FROM v;

-- case: simple states
SELECT
  maxSimpleState(timestamp) AS x1,
  anySimpleState(version * 0) AS x2,
  sumSimpleState(amount) AS x3,
  minSimpleState(duration) AS x4,
  maxSimpleStateIf(user_id, is_bot) AS x5,
  minSimpleState(action) AS x6,
  sumMapSimpleState(map('a', amount)) AS x7,
  maxMapSimpleState(map('a', amount)) AS x8
FROM events;
-- trino
SELECT
  coalesce(max(events."timestamp"), TIMESTAMP '1970-01-01 00:00:00.000') AS x1,
  coalesce(arbitrary(CAST(events.version * 0 AS decimal(20,0))), 0) AS x2,
  coalesce(sum(events.amount), 0) AS x3,
  min(events.duration) AS x4,
  coalesce(max(events.user_id) FILTER (WHERE events.is_bot <> 0), '') AS x5,
  coalesce(min(events.action), '') AS x6,
  coalesce(transform_values(multimap_from_entries(flatten(array_agg(map_entries(map_from_entries(ARRAY[ROW('a', events.amount)]))))), (item, items) -> reduce(items, CAST(0 AS bigint), (total, item) -> total + item, total -> total)), CAST(MAP() AS map(varchar,bigint))) AS x7,
  coalesce(transform_values(multimap_from_entries(flatten(array_agg(map_entries(map_from_entries(ARRAY[ROW('a', events.amount)]))))), (item, items) -> array_max(items)), CAST(MAP() AS map(varchar,bigint))) AS x8
FROM events;

-- case: simple states again
SELECT max(x), any(y), sum(z), min(w), toTypeName(max(x)) FROM (SELECT maxSimpleState(timestamp) AS x, anySimpleState(version * 0) AS y, sumSimpleState(amount) AS z, minSimpleState(duration) AS w FROM events GROUP BY version);
-- trino
SELECT
  coalesce(max(subquery1.x), TIMESTAMP '1970-01-01 00:00:00.000') AS "max(x)",
  coalesce(arbitrary(subquery1.y), 0) AS "any(y)",
  coalesce(sum(subquery1.z), 0) AS "sum(z)",
  min(subquery1.w) AS "min(w)",
  'SimpleAggregateFunction(max, DateTime)' AS "totypename(max(x))"
FROM (
  SELECT
    max(events."timestamp") AS x,
    arbitrary(CAST(events.version * 0 AS decimal(20,0))) AS y,
    sum(events.amount) AS z,
    min(events.duration) AS w
  FROM events
  GROUP BY events.version
) AS subquery1;

-- case: Resample is refused
SELECT sumResample(0, 10, 1)(i8, u8) FROM v;
-- error: Function sumResample() is not supported on Athena: Athena has nothing like -ForEach, -Resample and -Map

-- case: ForEach is refused
SELECT sumForEach(ai) FROM v;
-- error: Function sumForEach() is not supported on Athena: Athena has nothing like -ForEach, -Resample and -Map

-- case: Map is refused
SELECT avgMap(mi) FROM v;
-- error: Function avgMap() is not supported on Athena: Athena has nothing like -ForEach, -Resample and -Map

-- case: Array of several arguments is refused
SELECT uniqIfArray(ai, ai) FROM v;
-- error: uniq(): -Array takes one array

-- case: OrDefault of NULL is refused
SELECT sumOrDefault(ni) FROM v;
-- error: sum(): -OrNull and -OrDefault are not supported here
