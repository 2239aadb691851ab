-- case: counts
SELECT
  count() AS x1,
  count(s) AS x2,
  count(ni) AS x3,
  count(nu8) AS x4,
  countIf(id > 3) AS x5,
  countIf(nu8) AS x6,
  countIf(id > 3 OR v.b) AS x7,
  count(DISTINCT s) AS x8,
  count(DISTINCT ni) AS x9,
  count(DISTINCT ni, s) AS x10,
  COUNT(*) AS x11,
  countIf(ni, v.b) AS x12
FROM v;
-- trino
SELECT
  count(*) AS x1,
  count(v.s) AS x2,
  count(v.ni) AS x3,
  count(v.nu8) AS x4,
  count(*) FILTER (WHERE v.id > 3) AS x5,
  count(*) FILTER (WHERE v.nu8 <> 0) AS x6,
  count(*) FILTER (WHERE (v.id > 3) OR v.b) AS x7,
  coalesce(count(DISTINCT v.s), 0) AS x8,
  coalesce(count(DISTINCT v.ni), 0) AS x9,
  coalesce(count(DISTINCT ROW(v.ni, v.s)) FILTER (WHERE v.ni IS NOT NULL), 0) AS x10,
  count(*) AS x11,
  count(v.ni) FILTER (WHERE v.b) AS x12
FROM v;

-- case: sums of every number
SELECT
  sum(i8) AS x1,
  sum(i32) AS x2,
  sum(u8) AS x3,
  sum(u16) AS x4,
  sum(u32) AS x5,
  sum(v.b) AS x6,
  sum(f32) AS x7,
  sum(dec) AS x8,
  sum(ni) AS x9,
  sum(nu8) AS x10,
  sum(nf) AS x11,
  sum(id = 3) AS x12,
  sum(DISTINCT u8) AS x13,
  sumIf(dec, v.b) AS x14
FROM v;
-- trino
SELECT
  coalesce(sum(v.i8), 0) AS x1,
  coalesce(sum(v.i32), 0) AS x2,
  coalesce(sum(v.u8), 0) AS x3,
  coalesce(sum(v.u16), 0) AS x4,
  coalesce(sum(v.u32), 0) AS x5,
  coalesce(sum(CAST(v.b AS bigint)), 0) AS x6,
  coalesce(sum(CAST(v.f32 AS double)), 0e0) AS x7,
  coalesce(sum(v.dec), CAST(0 AS decimal(38,3))) AS x8,
  sum(v.ni) AS x9,
  sum(v.nu8) AS x10,
  sum(v.nf) AS x11,
  coalesce(sum(CAST(v.id = 3 AS bigint)), 0) AS x12,
  coalesce(sum(DISTINCT v.u8), 0) AS x13,
  coalesce(sum(v.dec) FILTER (WHERE v.b), CAST(0 AS decimal(38,3))) AS x14
FROM v;

-- case: a sum of UInt64
SELECT
  sum(u64) AS x1,
  avg(u64) AS x2,
  min(u64) AS x3,
  max(u64) AS x4,
  uniq(u64) AS x5
FROM v
WHERE u64 < 100000000000;
-- trino
SELECT
  coalesce(sum(v.u64), 0) AS x1,
  coalesce(avg(CAST(v.u64 AS double)), nan()) AS x2,
  coalesce(min(v.u64), 0) AS x3,
  coalesce(max(v.u64), 0) AS x4,
  coalesce(count(DISTINCT v.u64), 0) AS x5
FROM v
WHERE v.u64 < 100000000000;

-- case: averages
SELECT
  avg(i8) AS x1,
  avg(u8) AS x2,
  avg(f32) AS x3,
  avg(dec) AS x4,
  avg(ni) AS x5,
  avg(nf) AS x6,
  avg(v.b) AS x7,
  avg(DISTINCT u8) AS x8,
  avgWeighted(u32, u8) AS x9,
  sumKahan(f32) AS x10,
  sumCount(i8) AS x11,
  sumWithOverflow(u8) AS x12,
  sumWithOverflow(i8) AS x13,
  avgIf(i8, nu8) AS x14
FROM v;
-- trino
SELECT
  coalesce(avg(CAST(v.i8 AS double)), nan()) AS x1,
  coalesce(avg(CAST(v.u8 AS double)), nan()) AS x2,
  coalesce(avg(CAST(v.f32 AS double)), nan()) AS x3,
  coalesce(avg(CAST(v.dec AS double)), nan()) AS x4,
  avg(CAST(v.ni AS double)) AS x5,
  avg(v.nf) AS x6,
  coalesce(avg(CAST(CAST(v.b AS bigint) AS double)), nan()) AS x7,
  coalesce(avg(DISTINCT CAST(v.u8 AS double)), nan()) AS x8,
  coalesce(sum(CAST(v.u32 AS double) * CAST(v.u8 AS double)) / sum(CAST(v.u8 AS double)), nan()) AS x9,
  coalesce(sum(CAST(v.f32 AS double)), 0e0) AS x10,
  ROW(coalesce(sum(v.i8), CAST(0 AS bigint)), count(v.i8)) AS x11,
  coalesce(bitwise_and(sum(v.u8), 255), 0) AS x12,
  coalesce(bitwise_xor(bitwise_and(sum(v.i8), 255), 128) - 128, 0) AS x13,
  coalesce(avg(CAST(v.i8 AS double)) FILTER (WHERE v.nu8 <> 0), nan()) AS x14
FROM v;

-- case: least of every type
SELECT
  min(i8) AS x1,
  min(u64) AS x2,
  min(f32) AS x3,
  min(f64) AS x4,
  min(dec) AS x5,
  min(v.b) AS x6,
  min(s) AS x7,
  min(lc) AS x8,
  min(fs) AS x9,
  min(v.d) AS x10,
  min(d32) AS x11,
  min(dt) AS x12,
  min(dt3) AS x13,
  min(dt6) AS x14,
  min(dtz) AS x15,
  min(uid) AS x16,
  min(e) AS x17,
  min(ni) AS x18,
  min(nf) AS x19,
  min(ns) AS x20,
  min(nd) AS x21,
  min(ndt) AS x22,
  min(ai) AS x23,
  min(`as`) AS x24,
  min(tup) AS x25,
  min(ntup) AS x26
FROM v;
-- trino
SELECT
  coalesce(min(v.i8), 0) AS x1,
  coalesce(min(v.u64), 0) AS x2,
  coalesce(min(v.f32), 0e0) AS x3,
  coalesce(min(v.f64), 0e0) AS x4,
  coalesce(min(v.dec), CAST(0 AS decimal(12,3))) AS x5,
  coalesce(min(v.b), false) AS x6,
  coalesce(min(v.s), '') AS x7,
  coalesce(min(v.lc), '') AS x8,
  coalesce(min(v.fs), '') AS x9,
  coalesce(min(v.d), DATE '1970-01-01') AS x10,
  coalesce(min(v.d32), DATE '1970-01-01') AS x11,
  coalesce(min(v.dt), TIMESTAMP '1970-01-01 00:00:00.000') AS x12,
  coalesce(min(v.dt3), TIMESTAMP '1970-01-01 00:00:00.000') AS x13,
  coalesce(min(v.dt6), 0) AS x14,
  coalesce(min(v.dtz), TIMESTAMP '1970-01-01 00:00:00.000') AS x15,
  coalesce(min_by(v.uid, concat(substr(v.uid, 20), substr(v.uid, 1, 18))), '00000000-0000-0000-0000-000000000000') AS x16,
  coalesce(min_by(v.e, CASE v.e WHEN 'blue' THEN -3 WHEN 'red' THEN 1 WHEN 'green' THEN 2 END), 'blue') AS x17,
  min(v.ni) AS x18,
  min(v.nf) AS x19,
  min(v.ns) AS x20,
  min(v.nd) AS x21,
  min(v.ndt) AS x22,
  coalesce(min(v.ai), CAST(ARRAY[] AS array(bigint))) AS x23,
  coalesce(min(v."as"), CAST(ARRAY[] AS array(varchar))) AS x24,
  coalesce(min(v.tup), CAST(ROW('', 0) AS row("f1" varchar, "f2" smallint))) AS x25,
  coalesce(min(v.ntup), CAST(ROW('', 0) AS row("name" varchar, "size" bigint))) AS x26
FROM v;

-- case: greatest of every type
SELECT
  max(i8) AS x1,
  max(u64) AS x2,
  max(f32) AS x3,
  max(f64) AS x4,
  max(dec) AS x5,
  max(v.b) AS x6,
  max(s) AS x7,
  max(lc) AS x8,
  max(fs) AS x9,
  max(v.d) AS x10,
  max(d32) AS x11,
  max(dt) AS x12,
  max(dt3) AS x13,
  max(dt6) AS x14,
  max(dtz) AS x15,
  max(uid) AS x16,
  max(e) AS x17,
  max(ni) AS x18,
  max(nf) AS x19,
  max(ns) AS x20,
  max(nd) AS x21,
  max(ndt) AS x22,
  max(ai) AS x23,
  max(`as`) AS x24,
  max(tup) AS x25,
  max(ntup) AS x26
FROM v;
-- trino
SELECT
  coalesce(max(v.i8), 0) AS x1,
  coalesce(max(v.u64), 0) AS x2,
  coalesce(max(v.f32), 0e0) AS x3,
  coalesce(max(v.f64), 0e0) AS x4,
  coalesce(max(v.dec), CAST(0 AS decimal(12,3))) AS x5,
  coalesce(max(v.b), false) AS x6,
  coalesce(max(v.s), '') AS x7,
  coalesce(max(v.lc), '') AS x8,
  coalesce(max(v.fs), '') AS x9,
  coalesce(max(v.d), DATE '1970-01-01') AS x10,
  coalesce(max(v.d32), DATE '1970-01-01') AS x11,
  coalesce(max(v.dt), TIMESTAMP '1970-01-01 00:00:00.000') AS x12,
  coalesce(max(v.dt3), TIMESTAMP '1970-01-01 00:00:00.000') AS x13,
  coalesce(max(v.dt6), 0) AS x14,
  coalesce(max(v.dtz), TIMESTAMP '1970-01-01 00:00:00.000') AS x15,
  coalesce(max_by(v.uid, concat(substr(v.uid, 20), substr(v.uid, 1, 18))), '00000000-0000-0000-0000-000000000000') AS x16,
  coalesce(max_by(v.e, CASE v.e WHEN 'blue' THEN -3 WHEN 'red' THEN 1 WHEN 'green' THEN 2 END), 'blue') AS x17,
  max(v.ni) AS x18,
  max(v.nf) AS x19,
  max(v.ns) AS x20,
  max(v.nd) AS x21,
  max(v.ndt) AS x22,
  coalesce(max(v.ai), CAST(ARRAY[] AS array(bigint))) AS x23,
  coalesce(max(v."as"), CAST(ARRAY[] AS array(varchar))) AS x24,
  coalesce(max(v.tup), CAST(ROW('', 0) AS row("f1" varchar, "f2" smallint))) AS x25,
  coalesce(max(v.ntup), CAST(ROW('', 0) AS row("name" varchar, "size" bigint))) AS x26
FROM v;

-- case: the value beside the best one
SELECT
  argMin(lc, id) AS x1,
  argMin(ni, id) AS x2,
  argMin(s, ni + id / 100) AS x3,
  argMax(ns, ni + id / 100) AS x4,
  argMax(tup, id) AS x5,
  argMax(uid, id) AS x6,
  argMin(e, id) AS x7,
  argMax(id, (dt, id)) AS x8,
  argMax(`as`, id) AS x9,
  argMinIf(s, id, v.b) AS x10,
  max_by(s, id) AS x11,
  argMax(id, nf + id / 1000) AS x12
FROM v;
-- trino
SELECT
  coalesce(min_by(v.lc, v.id), '') AS x1,
  min_by(v.ni, v.id) FILTER (WHERE v.ni IS NOT NULL) AS x2,
  min_by(v.s, CAST(v.ni AS double) + (CAST(v.id AS double) / 100.0e0)) FILTER (WHERE (CAST(v.ni AS double) + (CAST(v.id AS double) / 100.0e0)) IS NOT NULL) AS x3,
  max_by(v.ns, CAST(v.ni AS double) + (CAST(v.id AS double) / 100.0e0)) FILTER (WHERE v.ns IS NOT NULL AND (CAST(v.ni AS double) + (CAST(v.id AS double) / 100.0e0)) IS NOT NULL) AS x4,
  coalesce(max_by(v.tup, v.id), CAST(ROW('', 0) AS row("f1" varchar, "f2" smallint))) AS x5,
  coalesce(max_by(v.uid, v.id), '00000000-0000-0000-0000-000000000000') AS x6,
  coalesce(min_by(v.e, v.id), 'blue') AS x7,
  coalesce(max_by(v.id, ROW(v.dt, v.id)), 0) AS x8,
  coalesce(max_by(v."as", v.id), CAST(ARRAY[] AS array(varchar))) AS x9,
  coalesce(min_by(v.s, v.id) FILTER (WHERE v.b), '') AS x10,
  coalesce(max_by(v.s, v.id), '') AS x11,
  max_by(v.id, v.nf + (CAST(v.id AS double) / 1000.0e0)) FILTER (WHERE (v.nf + (CAST(v.id AS double) / 1000.0e0)) IS NOT NULL) AS x12
FROM v;

-- case: any of one value
SELECT
  any(u8 * 0) AS x1,
  anyLast(u8 * 0) AS x2,
  any_value(lc = lc) AS x3,
  first_value(i8 * 0) AS x4,
  last_value(i8 * 0) AS x5,
  anyIf(id, id = 7) AS x6,
  anyLastIf(ns, id = 7) AS x7
FROM v;
-- trino
SELECT
  coalesce(arbitrary(CAST(v.u8 AS bigint) * 0), 0) AS x1,
  coalesce(arbitrary(CAST(v.u8 AS bigint) * 0), 0) AS x2,
  CAST(coalesce(arbitrary(v.lc = v.lc), false) AS integer) AS x3,
  coalesce(arbitrary(CAST(v.i8 AS bigint) * 0), 0) AS x4,
  coalesce(arbitrary(CAST(v.i8 AS bigint) * 0), 0) AS x5,
  coalesce(arbitrary(v.id) FILTER (WHERE v.id = 7), 0) AS x6,
  arbitrary(v.ns) FILTER (WHERE v.id = 7) AS x7
FROM v;

-- case: distinct values
SELECT
  uniq(s) AS x1,
  uniq(lc) AS x2,
  uniq(ns) AS x3,
  uniq(ni) AS x4,
  uniq(tup) AS x5,
  uniq(ai) AS x6,
  uniq(ms) AS x7,
  uniq(dt) AS x8,
  uniq(dt6) AS x9,
  uniq(e) AS x10,
  uniq(dec) AS x11,
  uniq(s, i8) AS x12,
  uniqExact(s) AS x13,
  uniqExact(ni, s) AS x14,
  uniqCombined(s) AS x15,
  uniqCombined(12)(s) AS x16,
  uniqCombined64(u64) AS x17,
  uniqHLL12(s) AS x18,
  uniqUpTo(3)(s) AS x19,
  uniqUpTo(100)(s) AS x20,
  uniqIf(s, v.b) AS x21,
  uniqExactIf(ns, id > 5) AS x22
FROM v;
-- trino
SELECT
  coalesce(count(DISTINCT v.s), 0) AS x1,
  coalesce(count(DISTINCT v.lc), 0) AS x2,
  coalesce(count(DISTINCT v.ns), 0) AS x3,
  coalesce(count(DISTINCT v.ni), 0) AS x4,
  coalesce(count(DISTINCT v.tup), 0) AS x5,
  coalesce(count(DISTINCT v.ai), 0) AS x6,
  coalesce(count(DISTINCT v.ms), 0) AS x7,
  coalesce(count(DISTINCT v.dt), 0) AS x8,
  coalesce(count(DISTINCT v.dt6), 0) AS x9,
  coalesce(count(DISTINCT v.e), 0) AS x10,
  coalesce(count(DISTINCT v.dec), 0) AS x11,
  coalesce(count(DISTINCT ROW(v.s, v.i8)), 0) AS x12,
  coalesce(count(DISTINCT v.s), 0) AS x13,
  coalesce(count(DISTINCT ROW(v.ni, v.s)) FILTER (WHERE v.ni IS NOT NULL), 0) AS x14,
  coalesce(count(DISTINCT v.s), 0) AS x15,
  coalesce(count(DISTINCT v.s), 0) AS x16,
  coalesce(count(DISTINCT v.u64), 0) AS x17,
  coalesce(count(DISTINCT v.s), 0) AS x18,
  coalesce(least(count(DISTINCT v.s), 4), 0) AS x19,
  coalesce(least(count(DISTINCT v.s), 101), 0) AS x20,
  coalesce(count(DISTINCT v.s) FILTER (WHERE v.b), 0) AS x21,
  coalesce(count(DISTINCT v.ns) FILTER (WHERE v.id > 5), 0) AS x22
FROM v;

-- case: bits
SELECT
  groupBitAnd(u8) AS x1,
  groupBitOr(i8) AS x2,
  groupBitXor(ni) AS x3,
  groupBitXor(i16) AS x4,
  groupBitAndIf(u8, id > 100) AS x5,
  groupBitAndIf(i8, id > 100) AS x6,
  BIT_OR(u16) AS x7
FROM v;
-- trino
SELECT
  coalesce(coalesce(bitwise_and_agg(CAST(v.u8 AS bigint)), 255), 0) AS x1,
  coalesce(bitwise_or_agg(CAST(v.i8 AS bigint)), 0) AS x2,
  reduce_agg(v.ni, BIGINT '0', (a, b) -> bitwise_xor(a, b), (a, b) -> bitwise_xor(a, b)) AS x3,
  coalesce(reduce_agg(CAST(v.i16 AS bigint), BIGINT '0', (a, b) -> bitwise_xor(a, b), (a, b) -> bitwise_xor(a, b)), 0) AS x4,
  coalesce(coalesce(bitwise_and_agg(CAST(v.u8 AS bigint)) FILTER (WHERE v.id > 100), 255), 0) AS x5,
  coalesce(coalesce(bitwise_and_agg(CAST(v.i8 AS bigint)) FILTER (WHERE v.id > 100), -1), 0) AS x6,
  coalesce(bitwise_or_agg(CAST(v.u16 AS bigint)), 0) AS x7
FROM v;

-- case: quantiles of every type
SELECT
  quantile(i8) AS x1,
  quantile(f32) AS x2,
  quantile(f64) AS x3,
  quantile(dec) AS x4,
  quantile(ni) AS x5,
  quantile(v.d) AS x6,
  quantile(dt) AS x7,
  quantile(dtz) AS x8,
  quantile(0.9)(dt3) AS x9,
  quantile(dt6) AS x10,
  quantile(0.37)(f64) AS x11,
  quantile(0)(i8) AS x12,
  quantile(1)(i8) AS x13,
  median(u8) AS x14,
  quantileIf(0.9)(i8, v.b) AS x15,
  quantileDeterministic(i8, id) AS x16
FROM v;
-- trino
SELECT
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.i8))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1), nan()) AS x1,
  coalesce(element_at(transform(ARRAY[array_sort(filter(array_agg(v.f32), item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1), nan()) AS x2,
  coalesce(element_at(transform(ARRAY[array_sort(filter(array_agg(v.f64), item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1), nan()) AS x3,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.dec))], v -> IF(cardinality(v) > 0, CAST(CAST(truncate(CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) * DECIMAL '1000' AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) * DECIMAL '1000' AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) AS decimal(38,0)) * DECIMAL '0.001' AS decimal(12,3)))), 1), CAST(0 AS decimal(12,3))) AS x4,
  element_at(transform(ARRAY[array_sort(array_agg(v.ni) FILTER (WHERE v.ni IS NOT NULL))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1) AS x5,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.d))], v -> IF(cardinality(v) > 0, date_add('day', CAST(truncate(CAST(date_diff('day', DATE '1970-01-01', element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1)) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(date_diff('day', DATE '1970-01-01', element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1)) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) AS bigint), DATE '1970-01-01'))), 1), DATE '1970-01-01') AS x6,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.dt))], v -> IF(cardinality(v) > 0, CAST(from_unixtime(truncate(CAST(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1)) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1)) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) / 1e0) AT TIME ZONE 'UTC' AS timestamp(3)))), 1), TIMESTAMP '1970-01-01 00:00:00.000') AS x7,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.dtz))], v -> IF(cardinality(v) > 0, CAST(from_unixtime(truncate(CAST(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1)) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1)) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) / 1e0) AT TIME ZONE 'UTC' AS timestamp(3)))), 1), TIMESTAMP '1970-01-01 00:00:00.000') AS x8,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.dt3))], v -> IF(cardinality(v) > 0, CAST(from_unixtime(truncate(CAST(date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', element_at(v, CAST(floor(0.9e0 * (cardinality(v) - 1)) AS bigint) + 1)) AS double) * (1 - (0.9e0 * (cardinality(v) - 1) - floor(0.9e0 * (cardinality(v) - 1)))) + CAST(date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', element_at(v, CAST(ceil(0.9e0 * (cardinality(v) - 1)) AS bigint) + 1)) AS double) * (0.9e0 * (cardinality(v) - 1) - floor(0.9e0 * (cardinality(v) - 1)))) / 1e3) AT TIME ZONE 'UTC' AS timestamp(3)))), 1), TIMESTAMP '1970-01-01 00:00:00.000') AS x9,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.dt6))], v -> IF(cardinality(v) > 0, CAST(truncate(CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) AS bigint))), 1), 0) AS x10,
  coalesce(element_at(transform(ARRAY[array_sort(filter(array_agg(v.f64), item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.37e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.37e0 * (cardinality(v) - 1) - floor(0.37e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.37e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.37e0 * (cardinality(v) - 1) - floor(0.37e0 * (cardinality(v) - 1))))), 1), nan()) AS x11,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.i8))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.0e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.0e0 * (cardinality(v) - 1) - floor(0.0e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.0e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.0e0 * (cardinality(v) - 1) - floor(0.0e0 * (cardinality(v) - 1))))), 1), nan()) AS x12,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.i8))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(1.0e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (1.0e0 * (cardinality(v) - 1) - floor(1.0e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(1.0e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1.0e0 * (cardinality(v) - 1) - floor(1.0e0 * (cardinality(v) - 1))))), 1), nan()) AS x13,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.u8))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1), nan()) AS x14,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.i8) FILTER (WHERE v.b))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.9e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.9e0 * (cardinality(v) - 1) - floor(0.9e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.9e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.9e0 * (cardinality(v) - 1) - floor(0.9e0 * (cardinality(v) - 1))))), 1), nan()) AS x15,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.i8))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1), nan()) AS x16
FROM v;

-- case: exact quantiles
SELECT
  medianExact(u8) AS x1,
  quantileExact(u64) AS x2,
  quantileExact(ni) AS x3,
  quantileExact(0.9)(f32) AS x4,
  quantileExact(0.37)(f64) AS x5,
  quantileExact(v.d) AS x6,
  quantileExact(dec) AS x7,
  quantileExactLow(i8) AS x8,
  quantileExactLow(0.37)(f64) AS x9,
  quantileExactHigh(i8) AS x10,
  quantileExactInclusive(i8) AS x11,
  quantileExactInclusive(0.37)(f64) AS x12,
  quantileExactExclusive(i8) AS x13,
  quantileExactExclusive(0.37)(f64) AS x14,
  quantileTiming(u8) AS x15,
  quantileExactIf(dt, nu8) AS x16
FROM v;
-- trino
SELECT
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.u8))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1), 0) AS x1,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.u64))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1), 0) AS x2,
  element_at(transform(ARRAY[array_sort(array_agg(v.ni) FILTER (WHERE v.ni IS NOT NULL))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1) AS x3,
  coalesce(element_at(transform(ARRAY[array_sort(filter(array_agg(v.f32), item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.9e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1), CAST(nan() AS real)) AS x4,
  coalesce(element_at(transform(ARRAY[array_sort(filter(array_agg(v.f64), item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.37e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1), nan()) AS x5,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.d))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1), DATE '1970-01-01') AS x6,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.dec))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1), CAST(0 AS decimal(12,3))) AS x7,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.i8))], v -> IF(cardinality(v) > 0, element_at(v, CAST(IF(0.5e0 = 0.5e0, floor((cardinality(v) - 1) / 2e0), least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1)) AS bigint) + 1))), 1), 0) AS x8,
  coalesce(element_at(transform(ARRAY[array_sort(filter(array_agg(v.f64), item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, element_at(v, CAST(IF(0.37e0 = 0.5e0, floor((cardinality(v) - 1) / 2e0), least(floor(0.37e0 * cardinality(v)), cardinality(v) - 1)) AS bigint) + 1))), 1), nan()) AS x9,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.i8))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1), 0) AS x10,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.i8))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1), nan()) AS x11,
  coalesce(element_at(transform(ARRAY[array_sort(filter(array_agg(v.f64), item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.37e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.37e0 * (cardinality(v) - 1) - floor(0.37e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.37e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.37e0 * (cardinality(v) - 1) - floor(0.37e0 * (cardinality(v) - 1))))), 1), nan()) AS x12,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.i8))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(least(greatest(0.5e0 * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0)) AS bigint) + 1) AS double) * (1 - (least(greatest(0.5e0 * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0) - floor(least(greatest(0.5e0 * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0)))) + CAST(element_at(v, CAST(ceil(least(greatest(0.5e0 * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0)) AS bigint) + 1) AS double) * (least(greatest(0.5e0 * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0) - floor(least(greatest(0.5e0 * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0))))), 1), nan()) AS x13,
  coalesce(element_at(transform(ARRAY[array_sort(filter(array_agg(v.f64), item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(least(greatest(0.37e0 * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0)) AS bigint) + 1) AS double) * (1 - (least(greatest(0.37e0 * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0) - floor(least(greatest(0.37e0 * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0)))) + CAST(element_at(v, CAST(ceil(least(greatest(0.37e0 * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0)) AS bigint) + 1) AS double) * (least(greatest(0.37e0 * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0) - floor(least(greatest(0.37e0 * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0))))), 1), nan()) AS x14,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.u8))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1) AS real))), 1), CAST(nan() AS real)) AS x15,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(v.dt) FILTER (WHERE v.nu8 <> 0))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1), TIMESTAMP '1970-01-01 00:00:00.000') AS x16
FROM v;

-- case: several quantiles
SELECT
  quantiles(0.5, 0.9)(i8) AS x1,
  quantiles(0.5)(ni) AS x2,
  quantiles(0.25, 0.75)(dt) AS x3,
  quantilesExact(0.5, 0.9)(i8) AS x4,
  quantilesExactLow(0.5, 0.9)(i8) AS x5,
  quantilesExactHigh(0.5, 0.9)(i8) AS x6,
  quantilesExactInclusive(0.1, 0.9)(i8) AS x7,
  quantilesExactExclusive(0.01, 0.99, 0.6)(f64) AS x8,
  quantilesTiming(0.1, 0.5)(u8) AS x9,
  quantilesIf(0.25, 0.75)(u8, v.b) AS x10
FROM v;
-- trino
SELECT
  coalesce(transform(element_at(transform(ARRAY[array_sort(array_agg(v.i8))], v -> transform(ARRAY[0.5e0, 0.9e0], q -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))))), 1), item -> coalesce(item, nan())), CAST(ARRAY[nan(), nan()] AS array(double))) AS x1,
  coalesce(transform(element_at(transform(ARRAY[array_sort(array_agg(v.ni) FILTER (WHERE v.ni IS NOT NULL))], v -> transform(ARRAY[0.5e0], q -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))))), 1), item -> coalesce(item, nan())), CAST(ARRAY[nan()] AS array(double))) AS x2,
  coalesce(transform(element_at(transform(ARRAY[array_sort(array_agg(v.dt))], v -> transform(ARRAY[0.25e0, 0.75e0], q -> IF(cardinality(v) > 0, CAST(from_unixtime(truncate(CAST(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', element_at(v, CAST(floor(q * (cardinality(v) - 1)) AS bigint) + 1)) AS double) * (1 - (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))) + CAST(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', element_at(v, CAST(ceil(q * (cardinality(v) - 1)) AS bigint) + 1)) AS double) * (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))) / 1e0) AT TIME ZONE 'UTC' AS timestamp(3))))), 1), item -> coalesce(item, TIMESTAMP '1970-01-01 00:00:00.000')), CAST(ARRAY[TIMESTAMP '1970-01-01 00:00:00.000', TIMESTAMP '1970-01-01 00:00:00.000'] AS array(timestamp(3)))) AS x3,
  coalesce(transform(element_at(transform(ARRAY[array_sort(array_agg(v.i8))], v -> transform(ARRAY[0.5e0, 0.9e0], q -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(q * cardinality(v)), cardinality(v) - 1) AS bigint) + 1)))), 1), item -> coalesce(item, 0)), CAST(ARRAY[0, 0] AS array(tinyint))) AS x4,
  coalesce(transform(element_at(transform(ARRAY[array_sort(array_agg(v.i8))], v -> transform(ARRAY[0.5e0, 0.9e0], q -> IF(cardinality(v) > 0, element_at(v, CAST(IF(q = 0.5e0, floor((cardinality(v) - 1) / 2e0), least(floor(q * cardinality(v)), cardinality(v) - 1)) AS bigint) + 1)))), 1), item -> coalesce(item, 0)), CAST(ARRAY[0, 0] AS array(tinyint))) AS x5,
  coalesce(transform(element_at(transform(ARRAY[array_sort(array_agg(v.i8))], v -> transform(ARRAY[0.5e0, 0.9e0], q -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(q * cardinality(v)), cardinality(v) - 1) AS bigint) + 1)))), 1), item -> coalesce(item, 0)), CAST(ARRAY[0, 0] AS array(tinyint))) AS x6,
  coalesce(transform(element_at(transform(ARRAY[array_sort(array_agg(v.i8))], v -> transform(ARRAY[0.1e0, 0.9e0], q -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))))), 1), item -> coalesce(item, nan())), CAST(ARRAY[nan(), nan()] AS array(double))) AS x7,
  coalesce(transform(element_at(transform(ARRAY[array_sort(filter(array_agg(v.f64), item -> NOT is_nan(item)))], v -> transform(ARRAY[0.01e0, 0.99e0, 0.6e0], q -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(least(greatest(q * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0)) AS bigint) + 1) AS double) * (1 - (least(greatest(q * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0) - floor(least(greatest(q * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0)))) + CAST(element_at(v, CAST(ceil(least(greatest(q * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0)) AS bigint) + 1) AS double) * (least(greatest(q * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0) - floor(least(greatest(q * (cardinality(v) + 1) - 1, 0e0), cardinality(v) - 1e0)))))), 1), item -> coalesce(item, nan())), CAST(ARRAY[nan(), nan(), nan()] AS array(double))) AS x8,
  coalesce(transform(element_at(transform(ARRAY[array_sort(array_agg(v.u8))], v -> transform(ARRAY[0.1e0, 0.5e0], q -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(least(floor(q * cardinality(v)), cardinality(v) - 1) AS bigint) + 1) AS real)))), 1), item -> coalesce(item, CAST(nan() AS real))), CAST(ARRAY[CAST(nan() AS real), CAST(nan() AS real)] AS array(real))) AS x9,
  coalesce(transform(element_at(transform(ARRAY[array_sort(array_agg(v.u8) FILTER (WHERE v.b))], v -> transform(ARRAY[0.25e0, 0.75e0], q -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))))), 1), item -> coalesce(item, nan())), CAST(ARRAY[nan(), nan()] AS array(double))) AS x10
FROM v;

-- case: moments
SELECT
  varPop(i8) AS x1,
  varSamp(ni) AS x2,
  stddevPop(u8) AS x3,
  stddevSamp(dec) AS x4,
  varPopStable(i8) AS x5,
  covarPop(i8, u8) AS x6,
  covarSamp(f64, i8) AS x7,
  corr(i8, ni) AS x8,
  corr(u8, i8) AS x9,
  skewPop(i8) AS x10,
  skewSamp(u8) AS x11,
  kurtPop(u8) AS x12,
  kurtSamp(i8) AS x13,
  simpleLinearRegression(i8, u8) AS x14,
  boundingRatio(i8, u8) AS x15,
  entropy(s) AS x16,
  STDDEV_POP(i8) AS x17,
  STDDEV(u8) AS x18,
  VAR_POP(i8) AS x19
FROM v;
-- trino
SELECT
  coalesce(var_pop(CAST(v.i8 AS double)), nan()) AS x1,
  IF(count(CAST(v.ni AS double)) > 0, coalesce(var_samp(CAST(v.ni AS double)), nan())) AS x2,
  coalesce(stddev_pop(CAST(v.u8 AS double)), nan()) AS x3,
  coalesce(stddev_samp(CAST(v.dec AS double)), nan()) AS x4,
  coalesce(var_pop(CAST(v.i8 AS double)), infinity()) AS x5,
  coalesce(covar_pop(CAST(v.i8 AS double), CAST(v.u8 AS double)), nan()) AS x6,
  coalesce(covar_samp(v.f64, CAST(v.i8 AS double)), nan()) AS x7,
  IF(count(CAST(v.i8 AS double)) FILTER (WHERE v.ni IS NOT NULL) > 0, coalesce(corr(CAST(v.i8 AS double), CAST(v.ni AS double)) FILTER (WHERE v.ni IS NOT NULL), nan())) AS x8,
  coalesce(corr(CAST(v.u8 AS double), CAST(v.i8 AS double)), nan()) AS x9,
  coalesce(element_at(transform(ARRAY[ROW(count(CAST(v.i8 AS double)), sum(CAST(v.i8 AS double)), sum(CAST(v.i8 AS double) * CAST(v.i8 AS double)), sum(CAST(v.i8 AS double) * CAST(v.i8 AS double) * CAST(v.i8 AS double)))], s -> (s[4] - (3 * s[3] - 2 * s[2] * (s[2] / s[1])) * (s[2] / s[1])) / s[1] / nullif(power((s[3] - s[2] * s[2] / s[1]) / s[1], 1.5e0), 0e0)), 1), nan()) AS x10,
  coalesce(element_at(transform(ARRAY[ROW(count(CAST(v.u8 AS double)), sum(CAST(v.u8 AS double)), sum(CAST(v.u8 AS double) * CAST(v.u8 AS double)), sum(CAST(v.u8 AS double) * CAST(v.u8 AS double) * CAST(v.u8 AS double)))], s -> IF(s[1] > 1, (s[4] - (3 * s[3] - 2 * s[2] * (s[2] / s[1])) * (s[2] / s[1])) / s[1] / nullif(power((s[3] - s[2] * s[2] / s[1]) / (s[1] - 1), 1.5e0), 0e0), nan())), 1), nan()) AS x11,
  coalesce(element_at(transform(ARRAY[ROW(count(CAST(v.u8 AS double)), sum(CAST(v.u8 AS double)), sum(CAST(v.u8 AS double) * CAST(v.u8 AS double)), sum(CAST(v.u8 AS double) * CAST(v.u8 AS double) * CAST(v.u8 AS double)), sum(CAST(v.u8 AS double) * CAST(v.u8 AS double) * CAST(v.u8 AS double) * CAST(v.u8 AS double)))], s -> (s[5] - (4 * s[4] - (6 * s[3] - 3 * s[2] * (s[2] / s[1])) * (s[2] / s[1])) * (s[2] / s[1])) / s[1] / nullif(power((s[3] - s[2] * s[2] / s[1]) / s[1], 2e0), 0e0)), 1), nan()) AS x12,
  coalesce(element_at(transform(ARRAY[ROW(count(CAST(v.i8 AS double)), sum(CAST(v.i8 AS double)), sum(CAST(v.i8 AS double) * CAST(v.i8 AS double)), sum(CAST(v.i8 AS double) * CAST(v.i8 AS double) * CAST(v.i8 AS double)), sum(CAST(v.i8 AS double) * CAST(v.i8 AS double) * CAST(v.i8 AS double) * CAST(v.i8 AS double)))], s -> IF(s[1] > 1, (s[5] - (4 * s[4] - (6 * s[3] - 3 * s[2] * (s[2] / s[1])) * (s[2] / s[1])) * (s[2] / s[1])) / s[1] / nullif(power((s[3] - s[2] * s[2] / s[1]) / (s[1] - 1), 2e0), 0e0), nan())), 1), nan()) AS x13,
  ROW(coalesce(regr_slope(CAST(v.u8 AS double), CAST(v.i8 AS double)), nan()), coalesce(regr_intercept(CAST(v.u8 AS double), CAST(v.i8 AS double)), nan())) AS x14,
  coalesce((max_by(CAST(v.u8 AS double), CAST(v.i8 AS double)) - min_by(CAST(v.u8 AS double), CAST(v.i8 AS double))) / (max(CAST(v.i8 AS double)) - min(CAST(v.i8 AS double))), nan()) AS x15,
  coalesce(reduce(map_values(histogram(v.s)), 0e0, (total, item) -> total - item * log2(item), total -> total) / nullif(CAST(count(v.s) AS double), 0e0) + log2(CAST(count(v.s) AS double)), 0e0) AS x16,
  coalesce(stddev_pop(CAST(v.i8 AS double)), nan()) AS x17,
  coalesce(stddev_samp(CAST(v.u8 AS double)), nan()) AS x18,
  coalesce(var_pop(CAST(v.i8 AS double)), nan()) AS x19
FROM v;

-- case: the most frequent
SELECT
  topK(3)(lc) AS x1,
  topK(1)(s) AS x2,
  topKWeighted(1)(lc, u32) AS x3
FROM v;
-- trino
SELECT
  coalesce(transform(slice(array_sort(transform(map_entries(histogram(v.lc)), item -> ROW(-item[2], item[1]))), 1, 3), item -> item[2]), CAST(ARRAY[] AS array(varchar))) AS x1,
  coalesce(transform(slice(array_sort(transform(map_entries(histogram(v.s)), item -> ROW(-item[2], item[1]))), 1, 1), item -> item[2]), CAST(ARRAY[] AS array(varchar))) AS x2,
  coalesce(transform(slice(array_sort(transform(map_entries(transform_values(multimap_agg(v.lc, v.u32), (item, weights) -> reduce(weights, BIGINT '0', (total, item) -> total + item, total -> total))), item -> ROW(-item[2], item[1]))), 1, 1), item -> item[2]), CAST(ARRAY[] AS array(varchar))) AS x3
FROM v;

-- case: maps
SELECT
  sumMap(mi) AS x1,
  minMap(mi) AS x2,
  maxMap(mi) AS x3,
  sumMap(ai, ai) AS x4,
  minMap(ai, ai) AS x5,
  maxMap(ai, ai) AS x6,
  sumMapIf(mi, v.b) AS x7,
  sumMap((ai, ai)) AS x8
FROM v;
-- trino
SELECT
  coalesce(transform_values(multimap_from_entries(flatten(array_agg(map_entries(v.mi)))), (item, items) -> reduce(items, CAST(0 AS bigint), (total, item) -> total + item, total -> total)), CAST(MAP() AS map(varchar,bigint))) AS x1,
  coalesce(transform_values(multimap_from_entries(flatten(array_agg(map_entries(v.mi)))), (item, items) -> array_min(items)), CAST(MAP() AS map(varchar,bigint))) AS x2,
  coalesce(transform_values(multimap_from_entries(flatten(array_agg(map_entries(v.mi)))), (item, items) -> array_max(items)), CAST(MAP() AS map(varchar,bigint))) AS x3,
  coalesce(CAST(element_at(transform(ARRAY[array_sort(map_entries(map_filter(transform_values(multimap_from_entries(flatten(array_agg(zip(v.ai, v.ai)))), (item, items) -> reduce(items, CAST(0 AS bigint), (total, item) -> total + item, total -> total)), (item, total) -> total <> 0)))], pairs -> IF(pairs IS NOT NULL, ROW(transform(pairs, pair -> pair[1]), transform(pairs, pair -> pair[2])))), 1) AS row("f1" array(bigint), "f2" array(bigint))), CAST(ROW(CAST(ARRAY[] AS array(bigint)), CAST(ARRAY[] AS array(bigint))) AS row("f1" array(bigint), "f2" array(bigint)))) AS x4,
  coalesce(CAST(element_at(transform(ARRAY[array_sort(map_entries(transform_values(multimap_from_entries(flatten(array_agg(zip(v.ai, v.ai)))), (item, items) -> array_min(items))))], pairs -> IF(pairs IS NOT NULL, ROW(transform(pairs, pair -> pair[1]), transform(pairs, pair -> pair[2])))), 1) AS row("f1" array(bigint), "f2" array(bigint))), CAST(ROW(CAST(ARRAY[] AS array(bigint)), CAST(ARRAY[] AS array(bigint))) AS row("f1" array(bigint), "f2" array(bigint)))) AS x5,
  coalesce(CAST(element_at(transform(ARRAY[array_sort(map_entries(transform_values(multimap_from_entries(flatten(array_agg(zip(v.ai, v.ai)))), (item, items) -> array_max(items))))], pairs -> IF(pairs IS NOT NULL, ROW(transform(pairs, pair -> pair[1]), transform(pairs, pair -> pair[2])))), 1) AS row("f1" array(bigint), "f2" array(bigint))), CAST(ROW(CAST(ARRAY[] AS array(bigint)), CAST(ARRAY[] AS array(bigint))) AS row("f1" array(bigint), "f2" array(bigint)))) AS x6,
  coalesce(transform_values(multimap_from_entries(flatten(array_agg(map_entries(v.mi)) FILTER (WHERE v.b))), (item, items) -> reduce(items, CAST(0 AS bigint), (total, item) -> total + item, total -> total)), CAST(MAP() AS map(varchar,bigint))) AS x7,
  coalesce(CAST(element_at(transform(ARRAY[array_sort(map_entries(map_filter(transform_values(multimap_from_entries(flatten(array_agg(zip(ROW(v.ai, v.ai)[1], ROW(v.ai, v.ai)[2])))), (item, items) -> reduce(items, CAST(0 AS bigint), (total, item) -> total + item, total -> total)), (item, total) -> total <> 0)))], pairs -> IF(pairs IS NOT NULL, ROW(transform(pairs, pair -> pair[1]), transform(pairs, pair -> pair[2])))), 1) AS row("f1" array(bigint), "f2" array(bigint))), CAST(ROW(CAST(ARRAY[] AS array(bigint)), CAST(ARRAY[] AS array(bigint))) AS row("f1" array(bigint), "f2" array(bigint)))) AS x8
FROM v;

-- case: what holds first and later
SELECT
  retention(id = 1, id = 2, id = 100) AS x1,
  retention(id = 100, id = 2) AS x2
FROM v;
-- trino
SELECT
  CAST(ARRAY[coalesce(bool_or(v.id = 1), false), coalesce(bool_or(v.id = 1), false) AND coalesce(bool_or(v.id = 2), false), coalesce(bool_or(v.id = 1), false) AND coalesce(bool_or(v.id = 100), false)] AS array(integer)) AS x1,
  CAST(ARRAY[coalesce(bool_or(v.id = 100), false), coalesce(bool_or(v.id = 100), false) AND coalesce(bool_or(v.id = 2), false)] AS array(integer)) AS x2
FROM v;

-- case: of no rows
SELECT
  count() AS x1,
  sum(id) AS x2,
  sum(n) AS x3,
  avg(f) AS x4,
  avg(n) AS x5,
  min(s) AS x6,
  max(ts) AS x7,
  any(s) AS x8,
  argMax(s, id) AS x9,
  uniq(s) AS x10,
  groupArray(s) AS x11,
  groupUniqArray(s) AS x12,
  quantile(f) AS x13,
  quantile(n) AS x14,
  quantiles(0.5)(f) AS x15,
  quantileExact(id) AS x16,
  median(ts) AS x17,
  topK(s) AS x18,
  varPop(f) AS x19,
  varSamp(n) AS x20,
  corr(f, f) AS x21,
  skewPop(f) AS x22,
  sumMap([id], [id]) AS x23,
  groupBitAnd(id) AS x24,
  groupConcat(s) AS x25,
  entropy(s) AS x26,
  quantilesExact(0.5)(f) AS x27,
  quantilesExact(0.5)(id) AS x28,
  sumCount(f) AS x29,
  quantileTiming(id) AS x30
FROM nothing;
-- trino
SELECT
  count(*) AS x1,
  coalesce(sum(nothing.id), 0) AS x2,
  sum(nothing.n) AS x3,
  coalesce(avg(nothing.f), nan()) AS x4,
  avg(CAST(nothing.n AS double)) AS x5,
  coalesce(min(nothing.s), '') AS x6,
  coalesce(max(nothing.ts), TIMESTAMP '1970-01-01 00:00:00.000') AS x7,
  coalesce(arbitrary(nothing.s), '') AS x8,
  coalesce(max_by(nothing.s, nothing.id), '') AS x9,
  coalesce(count(DISTINCT nothing.s), 0) AS x10,
  coalesce(array_agg(nothing.s), CAST(ARRAY[] AS array(varchar))) AS x11,
  coalesce(array_distinct(array_agg(nothing.s)), CAST(ARRAY[] AS array(varchar))) AS x12,
  coalesce(element_at(transform(ARRAY[array_sort(filter(array_agg(nothing.f), item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1), nan()) AS x13,
  element_at(transform(ARRAY[array_sort(array_agg(nothing.n) FILTER (WHERE nothing.n IS NOT NULL))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1) AS x14,
  coalesce(transform(element_at(transform(ARRAY[array_sort(filter(array_agg(nothing.f), item -> NOT is_nan(item)))], v -> transform(ARRAY[0.5e0], q -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))))), 1), item -> coalesce(item, nan())), CAST(ARRAY[nan()] AS array(double))) AS x15,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(nothing.id))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1), 0) AS x16,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(nothing.ts))], v -> IF(cardinality(v) > 0, CAST(from_unixtime(truncate(CAST(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1)) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1)) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) / 1e0) AT TIME ZONE 'UTC' AS timestamp(3)))), 1), TIMESTAMP '1970-01-01 00:00:00.000') AS x17,
  coalesce(transform(slice(array_sort(transform(map_entries(histogram(nothing.s)), item -> ROW(-item[2], item[1]))), 1, 10), item -> item[2]), CAST(ARRAY[] AS array(varchar))) AS x18,
  coalesce(var_pop(nothing.f), nan()) AS x19,
  IF(count(CAST(nothing.n AS double)) > 0, coalesce(var_samp(CAST(nothing.n AS double)), nan())) AS x20,
  coalesce(corr(nothing.f, nothing.f), nan()) AS x21,
  coalesce(element_at(transform(ARRAY[ROW(count(nothing.f), sum(nothing.f), sum(nothing.f * nothing.f), sum(nothing.f * nothing.f * nothing.f))], s -> (s[4] - (3 * s[3] - 2 * s[2] * (s[2] / s[1])) * (s[2] / s[1])) / s[1] / nullif(power((s[3] - s[2] * s[2] / s[1]) / s[1], 1.5e0), 0e0)), 1), nan()) AS x22,
  coalesce(CAST(element_at(transform(ARRAY[array_sort(map_entries(map_filter(transform_values(multimap_from_entries(flatten(array_agg(zip(ARRAY[nothing.id], ARRAY[nothing.id])))), (item, items) -> reduce(items, CAST(0 AS bigint), (total, item) -> total + item, total -> total)), (item, total) -> total <> 0)))], pairs -> IF(pairs IS NOT NULL, ROW(transform(pairs, pair -> pair[1]), transform(pairs, pair -> pair[2])))), 1) AS row("f1" array(bigint), "f2" array(bigint))), CAST(ROW(CAST(ARRAY[] AS array(bigint)), CAST(ARRAY[] AS array(bigint))) AS row("f1" array(bigint), "f2" array(bigint)))) AS x23,
  coalesce(coalesce(bitwise_and_agg(nothing.id), 4294967295), 0) AS x24,
  coalesce(array_join(array_agg(nothing.s), ''), '') AS x25,
  coalesce(reduce(map_values(histogram(nothing.s)), 0e0, (total, item) -> total - item * log2(item), total -> total) / nullif(CAST(count(nothing.s) AS double), 0e0) + log2(CAST(count(nothing.s) AS double)), 0e0) AS x26,
  coalesce(transform(element_at(transform(ARRAY[array_sort(filter(array_agg(nothing.f), item -> NOT is_nan(item)))], v -> transform(ARRAY[0.5e0], q -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(q * cardinality(v)), cardinality(v) - 1) AS bigint) + 1)))), 1), item -> coalesce(item, 0e0)), CAST(ARRAY[0e0] AS array(double))) AS x27,
  coalesce(transform(element_at(transform(ARRAY[array_sort(array_agg(nothing.id))], v -> transform(ARRAY[0.5e0], q -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(q * cardinality(v)), cardinality(v) - 1) AS bigint) + 1)))), 1), item -> coalesce(item, 0)), CAST(ARRAY[0] AS array(bigint))) AS x28,
  ROW(coalesce(sum(nothing.f), CAST(0 AS double)), count(nothing.f)) AS x29,
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(nothing.id))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1) AS real))), 1), CAST(nan() AS real)) AS x30
FROM nothing;

-- case: of no rows in a group
SELECT id, sum(f), count(), groupArray(s) FROM nothing GROUP BY id;
-- trino
SELECT
  nothing.id,
  sum(nothing.f) AS "sum(f)",
  count(*) AS "count()",
  array_agg(nothing.s) AS "grouparray(s)"
FROM nothing
GROUP BY nothing.id;

-- case: of groups of one row
SELECT id, sum(ni), min(ni), avg(ni), varSamp(nf), varPop(nf), count(ns), uniq(ns), quantile(ni), median(nf), max(ns), corr(ni, nf), argMax(s, ni), quantiles(0.1)(ni), groupArray(ni), topK(1)(ni), sumIf(ni, id = 3), avgIf(i8, id = 3), countIf(id = 3), any(ni), stddevSamp(i8), entropy(s), groupBitOr(nu8), sumMap(mi), quantileExact(ndt) FROM v GROUP BY id ORDER BY id;
-- trino
SELECT
  v.id,
  sum(v.ni) AS "sum(ni)",
  min(v.ni) AS "min(ni)",
  avg(CAST(v.ni AS double)) AS "avg(ni)",
  IF(count(v.nf) > 0, coalesce(var_samp(v.nf), nan())) AS "varsamp(nf)",
  IF(count(v.nf) > 0, coalesce(var_pop(v.nf), nan())) AS "varpop(nf)",
  count(v.ns) AS "count(ns)",
  count(DISTINCT v.ns) AS "uniq(ns)",
  element_at(transform(ARRAY[array_sort(array_agg(v.ni) FILTER (WHERE v.ni IS NOT NULL))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1) AS "quantile(ni)",
  element_at(transform(ARRAY[array_sort(filter(array_agg(v.nf) FILTER (WHERE v.nf IS NOT NULL), item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1) AS "median(nf)",
  max(v.ns) AS "max(ns)",
  IF(count(CAST(v.ni AS double)) FILTER (WHERE v.ni IS NOT NULL AND v.nf IS NOT NULL) > 0, coalesce(corr(CAST(v.ni AS double), v.nf) FILTER (WHERE v.ni IS NOT NULL AND v.nf IS NOT NULL), nan())) AS "corr(ni, nf)",
  max_by(v.s, v.ni) FILTER (WHERE v.ni IS NOT NULL) AS "argmax(s, ni)",
  coalesce(transform(element_at(transform(ARRAY[array_sort(array_agg(v.ni) FILTER (WHERE v.ni IS NOT NULL))], v -> transform(ARRAY[0.1e0], q -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))))), 1), item -> coalesce(item, nan())), CAST(ARRAY[nan()] AS array(double))) AS "quantiles(0.1)(ni)",
  coalesce(array_agg(v.ni) FILTER (WHERE v.ni IS NOT NULL), CAST(ARRAY[] AS array(bigint))) AS "grouparray(ni)",
  coalesce(transform(slice(array_sort(transform(map_entries(histogram(v.ni) FILTER (WHERE v.ni IS NOT NULL)), item -> ROW(-item[2], item[1]))), 1, 1), item -> item[2]), CAST(ARRAY[] AS array(bigint))) AS "topk(1)(ni)",
  sum(v.ni) FILTER (WHERE v.id = 3) AS "sumif(ni, equals(id, 3))",
  coalesce(avg(CAST(v.i8 AS double)) FILTER (WHERE v.id = 3), nan()) AS "avgif(i8, equals(id, 3))",
  count(*) FILTER (WHERE v.id = 3) AS "countif(equals(id, 3))",
  arbitrary(v.ni) AS "any(ni)",
  coalesce(stddev_samp(CAST(v.i8 AS double)), nan()) AS "stddevsamp(i8)",
  reduce(map_values(histogram(v.s)), 0e0, (total, item) -> total - item * log2(item), total -> total) / nullif(CAST(count(v.s) AS double), 0e0) + log2(CAST(count(v.s) AS double)) AS "entropy(s)",
  bitwise_or_agg(CAST(v.nu8 AS bigint)) AS "groupbitor(nu8)",
  transform_values(multimap_from_entries(flatten(array_agg(map_entries(v.mi)))), (item, items) -> reduce(items, CAST(0 AS bigint), (total, item) -> total + item, total -> total)) AS "summap(mi)",
  element_at(transform(ARRAY[array_sort(array_agg(v.ndt) FILTER (WHERE v.ndt IS NOT NULL))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1) AS "quantileexact(ndt)"
FROM v
GROUP BY v.id
ORDER BY 1;

-- case: of groups
SELECT lc, sum(i8), sum(ni), min(ni), avg(ni), varSamp(nf), count(ns), uniq(ns), quantile(ni), median(nf), max(ns), corr(ni, nf), argMax(s, ni + id) FROM v GROUP BY lc ORDER BY lc;
-- trino
SELECT
  v.lc,
  sum(v.i8) AS "sum(i8)",
  sum(v.ni) AS "sum(ni)",
  min(v.ni) AS "min(ni)",
  avg(CAST(v.ni AS double)) AS "avg(ni)",
  IF(count(v.nf) > 0, coalesce(var_samp(v.nf), nan())) AS "varsamp(nf)",
  count(v.ns) AS "count(ns)",
  count(DISTINCT v.ns) AS "uniq(ns)",
  element_at(transform(ARRAY[array_sort(array_agg(v.ni) FILTER (WHERE v.ni IS NOT NULL))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1) AS "quantile(ni)",
  element_at(transform(ARRAY[array_sort(filter(array_agg(v.nf) FILTER (WHERE v.nf IS NOT NULL), item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1) AS "median(nf)",
  max(v.ns) AS "max(ns)",
  IF(count(CAST(v.ni AS double)) FILTER (WHERE v.ni IS NOT NULL AND v.nf IS NOT NULL) > 0, coalesce(corr(CAST(v.ni AS double), v.nf) FILTER (WHERE v.ni IS NOT NULL AND v.nf IS NOT NULL), nan())) AS "corr(ni, nf)",
  max_by(v.s, v.ni + v.id) FILTER (WHERE (v.ni + v.id) IS NOT NULL) AS "argmax(s, plus(ni, id))"
FROM v
GROUP BY v.lc
ORDER BY 1;

-- case: NaN
SELECT quantile(f / f), quantileExact(f / f), quantiles(0.5)(f / f), quantilesExact(0.5)(f / f), min(f / f), max(if(id = 3, f / f, f)), avg(f / f), argMin(id, if(id = 0, f / f, id)), quantile(if(id < 20, f / f, id)) FROM (SELECT id, f64 * 0 AS f FROM v);
-- trino
SELECT
  coalesce(element_at(transform(ARRAY[array_sort(filter(array_agg(subquery1.f / subquery1.f), item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1), nan()) AS "quantile(divide(f, f))",
  coalesce(element_at(transform(ARRAY[array_sort(filter(array_agg(subquery1.f / subquery1.f), item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(0.5e0 * cardinality(v)), cardinality(v) - 1) AS bigint) + 1))), 1), nan()) AS "quantileexact(divide(f, f))",
  coalesce(transform(element_at(transform(ARRAY[array_sort(filter(array_agg(subquery1.f / subquery1.f), item -> NOT is_nan(item)))], v -> transform(ARRAY[0.5e0], q -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(q * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (q * (cardinality(v) - 1) - floor(q * (cardinality(v) - 1)))))), 1), item -> coalesce(item, nan())), CAST(ARRAY[nan()] AS array(double))) AS "quantiles(0.5)(divide(f, f))",
  coalesce(transform(element_at(transform(ARRAY[array_sort(filter(array_agg(subquery1.f / subquery1.f), item -> NOT is_nan(item)))], v -> transform(ARRAY[0.5e0], q -> IF(cardinality(v) > 0, element_at(v, CAST(least(floor(q * cardinality(v)), cardinality(v) - 1) AS bigint) + 1)))), 1), item -> coalesce(item, 0e0)), CAST(ARRAY[0e0] AS array(double))) AS "quantilesexact(0.5)(divide(f, f))",
  coalesce(min(subquery1.f / subquery1.f), 0e0) AS "min(divide(f, f))",
  coalesce(max(IF(subquery1.id = 3, subquery1.f / subquery1.f, subquery1.f)), 0e0) AS "max(if(equals(id, 3), divide(f, f), f))",
  coalesce(avg(subquery1.f / subquery1.f), nan()) AS "avg(divide(f, f))",
  coalesce(min_by(subquery1.id, IF(subquery1.id = 0, subquery1.f / subquery1.f, CAST(subquery1.id AS double))), 0) AS "argmin(id, if(equals(id, 0), divide(f, f), id))",
  coalesce(element_at(transform(ARRAY[array_sort(filter(array_agg(IF(subquery1.id < 20, subquery1.f / subquery1.f, CAST(subquery1.id AS double))), item -> NOT is_nan(item)))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1), nan()) AS "quantile(if(less(id, 20), divide(f, f), id))"
FROM (
  SELECT v.id, v.f64 * 0.0e0 AS f
  FROM v
) AS subquery1;

-- case: inside of expressions
SELECT if(count() = 0, 0, sum(is_bot) / count()) AS share, countIf(action = 'buy') / count() AS bought, max(amount) - min(amount) AS spread FROM events;
-- trino
SELECT
  IF(count(*) = 0, 0.0e0, CAST(coalesce(sum(events.is_bot), 0) AS double) / CAST(count(*) AS double)) AS share,
  CAST(count(*) FILTER (WHERE events.action = 'buy') AS double) / CAST(count(*) AS double) AS bought,
  coalesce(max(events.amount), 0) - coalesce(min(events.amount), 0) AS spread
FROM events;

-- case: in HAVING and ORDER BY
SELECT user_id, count() AS c FROM events GROUP BY user_id HAVING c > 15 AND uniq(action) > 1 ORDER BY sum(amount) DESC, user_id;
-- trino
SELECT events.user_id, count(*) AS c
FROM events
GROUP BY events.user_id
HAVING (count(*) > 15) AND (count(DISTINCT events.action) > 1)
ORDER BY sum(events.amount) DESC, 1;

-- case: anyHeavy is refused
SELECT anyHeavy(s) FROM v;
-- error: Function anyHeavy() is not supported on Athena: its answer depends on the order of rows: use topK(1)

-- case: an order of rows is refused
SELECT deltaSum(i8) FROM v;
-- error: Function deltaSum() is not supported on Athena: its answer depends on the order of rows: use a window function

-- case: an aggregate in another one is refused
SELECT sum(count()) FROM v;
-- error: count() is inside of another aggregate

-- case: an aggregate of another type is refused
SELECT sum(s) FROM v;
-- error: sum(): an argument of type String is not supported

-- case: a wrong level is refused
SELECT quantile(1.5)(i8) FROM v;
-- error: quantile(): a level lies between 0 and 1

-- case: too many parameters are refused
SELECT sum(1)(i8) FROM v;
-- error: sum(): takes no parameters in brackets of their own

-- case: weights of another sign are refused
SELECT avgWeighted(i8, u8) FROM v;
-- error: avgWeighted(): of Int8 weighted by UInt8 is not supported

-- case: of literals
SELECT sumIf(1, action = 'buy'), sum(1), avg(1), max(1), min('a'), any('x'), argMax('a', amount), uniq(1), count(1), quantile(5) FROM events;
-- trino
SELECT
  coalesce(sum(1) FILTER (WHERE events.action = 'buy'), 0) AS "sumif(1, equals(action, 'buy'))",
  coalesce(sum(1), 0) AS "sum(1)",
  coalesce(avg(1.0e0), nan()) AS "avg(1)",
  coalesce(max(1), 0) AS "max(1)",
  coalesce(min('a'), '') AS "min('a')",
  coalesce(arbitrary('x'), '') AS "any('x')",
  coalesce(max_by('a', events.amount), '') AS "argmax('a', amount)",
  coalesce(count(DISTINCT 1), 0) AS "uniq(1)",
  count(1) AS "count(1)",
  coalesce(element_at(transform(ARRAY[array_sort(array_agg(5))], v -> IF(cardinality(v) > 0, CAST(element_at(v, CAST(floor(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (1 - (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1)))) + CAST(element_at(v, CAST(ceil(0.5e0 * (cardinality(v) - 1)) AS bigint) + 1) AS double) * (0.5e0 * (cardinality(v) - 1) - floor(0.5e0 * (cardinality(v) - 1))))), 1), nan()) AS "quantile(5)"
FROM events;

-- case: conditions of Tinybird's endpoints
SELECT countIf(action IN ('view', 'buy')), sumIf(amount, action LIKE 'v%' AND is_bot = 1 OR amount > 3), uniqIf(user_id, action = 'buy' AND country != ''), sum(if(action = 'buy', 1, 0)), sum(action = 'buy'), max(action = 'buy'), avg(is_bot), max(is_bot = 1 AND amount > 3), min(length(tags)) FROM events;
-- trino
SELECT
  count(*) FILTER (WHERE events.action IN ('view', 'buy')) AS "countif(in(action, ('view', 'buy')))",
  coalesce(sum(events.amount) FILTER (WHERE ((events.action LIKE 'v%' ESCAPE '\') AND (events.is_bot = 1)) OR (events.amount > 3)), 0) AS "sumif(amount, or(and(like(action, 'v%'), equals(is_bot, 1)), greater(amount, 3)))",
  coalesce(count(DISTINCT events.user_id) FILTER (WHERE (events.action = 'buy') AND (events.country <> '')), 0) AS "uniqif(user_id, and(equals(action, 'buy'), notequals(country, '')))",
  coalesce(sum(IF(events.action = 'buy', 1, 0)), 0) AS "sum(if(equals(action, 'buy'), 1, 0))",
  coalesce(sum(CAST(events.action = 'buy' AS bigint)), 0) AS "sum(equals(action, 'buy'))",
  CAST(coalesce(max(events.action = 'buy'), false) AS integer) AS "max(equals(action, 'buy'))",
  coalesce(avg(CAST(events.is_bot AS double)), nan()) AS "avg(is_bot)",
  CAST(coalesce(max((events.is_bot = 1) AND (events.amount > 3)), false) AS integer) AS "max(and(equals(is_bot, 1), greater(amount, 3)))",
  coalesce(min(cardinality(events.tags)), 0) AS "min(length(tags))"
FROM events;
