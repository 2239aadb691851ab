-- case: lambdas over arrays
SELECT id, arrayMap(x -> x + 1, ai), arrayMap(x -> x + id, ai), arrayMap(x -> x + 1, an), arrayFilter(x -> x > 0, an), arrayMap((x, i) -> x * i, ai, arrayEnumerate(ai)), arrayMap(x -> arrayMap(y -> x + y, ai), ai), arrayMap(x -> x > 1, ai), arrayMap(x -> 'c', ai), arrayMap(x -> length(x), as), arrayMap((x, y, k) -> x + y + k, ai, ai, ai), arrayMap(x -> arrayMap((x, y) -> x + y, ai, ai), ai) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  transform(v.ai, x -> x + 1) AS "arraymap(lambda(tuple(x), plus(x, 1)), ai)",
  transform(v.ai, x -> x + v.id) AS "arraymap(lambda(tuple(x), plus(x, id)), ai)",
  transform(v.an, x -> x + 1) AS "arraymap(lambda(tuple(x), plus(x, 1)), an)",
  filter(v.an, x -> x > 0) AS "arrayfilter(lambda(tuple(x), greater(x, 0)), an)",
  transform(zip(v.ai, slice(sequence(0, cardinality(v.ai)), 2, cardinality(v.ai))), item -> item[1] * item[2]) AS "arraymap(lambda(tuple(x, i), multiply(x, i)), ai, arrayenumerate(ai))",
  transform(v.ai, x -> transform(v.ai, y -> x + y)) AS "arraymap(lambda(tuple(x), arraymap(lambda(tuple(y), plus(x, y)), ai)), ai)",
  CAST(transform(v.ai, x -> x > 1) AS array(integer)) AS "arraymap(lambda(tuple(x), greater(x, 1)), ai)",
  transform(v.ai, x -> 'c') AS "arraymap(lambda(tuple(x), 'c'), ai)",
  transform(v."as", x -> length(to_utf8(x))) AS "arraymap(lambda(tuple(x), length(x)), as)",
  transform(zip(v.ai, v.ai, v.ai), item -> (item[1] + item[2]) + item[3]) AS "arraymap(lambda(tuple(x, y, k), plus(plus(x, y), k)), ai, ai, ai)",
  transform(v.ai, x -> transform(zip(v.ai, v.ai), item -> item[1] + item[2])) AS "arraymap(lambda(tuple(x), arraymap(lambda(tuple(x, y), plus(x, y)), ai, ai)), ai)"
FROM v
ORDER BY 1;

-- case: conditions over arrays
SELECT id, arrayExists(x -> x > 1, an), arrayAll(x -> x > 0, an), arrayCount(x -> x > 0, an), arrayExists(x -> x > 1, ai), arrayAll(x -> x > 0, ai), arrayCount(x -> x > 0, ai), arrayExists(x -> x = 'a', as), arrayExists((x, y) -> x = y, ai, ai) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(any_match(v.an, x -> coalesce(x > 1, false)) AS integer) AS "arrayexists(lambda(tuple(x), greater(x, 1)), an)",
  CAST(all_match(v.an, x -> coalesce(x > 0, false)) AS integer) AS "arrayall(lambda(tuple(x), greater(x, 0)), an)",
  cardinality(filter(v.an, x -> x > 0)) AS "arraycount(lambda(tuple(x), greater(x, 0)), an)",
  CAST(any_match(v.ai, x -> x > 1) AS integer) AS "arrayexists(lambda(tuple(x), greater(x, 1)), ai)",
  CAST(all_match(v.ai, x -> x > 0) AS integer) AS "arrayall(lambda(tuple(x), greater(x, 0)), ai)",
  cardinality(filter(v.ai, x -> x > 0)) AS "arraycount(lambda(tuple(x), greater(x, 0)), ai)",
  CAST(any_match(v."as", x -> x = 'a') AS integer) AS "arrayexists(lambda(tuple(x), equals(x, 'a')), as)",
  CAST(any_match(zip(v.ai, v.ai), item -> item[1] = item[2]) AS integer) AS "arrayexists(lambda(tuple(x, y), equals(x, y)), ai, ai)"
FROM v
ORDER BY 1;

-- case: sums and extremes
SELECT id, arraySum(ai), arrayAvg(ai), arrayMin(ai), arrayMax(ai), arrayProduct(ai), arraySum(af), arrayAvg(af), arrayMin(af), arrayMax(af), arrayProduct(af), arraySum(x -> x * 2, ai), arrayMax(x -> length(x), as), arrayMin(as), arrayMax(as), arrayMin(an), arrayMax(an), arraySum(x -> x > 1, ai), arrayMax(x -> x > 1, ai) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  reduce(v.ai, BIGINT '0', (s, x) -> s + x, s -> s) AS "arraysum(ai)",
  coalesce(reduce(v.ai, 0e0, (s, x) -> s + CAST(x AS double), s -> s) / nullif(cardinality(v.ai), 0), 0e0) AS "arrayavg(ai)",
  coalesce(array_min(v.ai), 0) AS "arraymin(ai)",
  coalesce(array_max(v.ai), 0) AS "arraymax(ai)",
  coalesce(reduce(v.ai, CAST(NULL AS double), (s, x) -> coalesce(s, 1e0) * CAST(x AS double), s -> s), 0e0) AS "arrayproduct(ai)",
  reduce(v.af, 0e0, (s, x) -> s + x, s -> s) AS "arraysum(af)",
  coalesce(reduce(v.af, 0e0, (s, x) -> s + x, s -> s) / nullif(cardinality(v.af), 0), 0e0) AS "arrayavg(af)",
  coalesce(array_min(filter(v.af, x -> NOT is_nan(x))), element_at(v.af, 1), 0e0) AS "arraymin(af)",
  coalesce(array_max(filter(v.af, x -> NOT is_nan(x))), element_at(v.af, 1), 0e0) AS "arraymax(af)",
  coalesce(reduce(v.af, CAST(NULL AS double), (s, x) -> coalesce(s, 1e0) * x, s -> s), 0e0) AS "arrayproduct(af)",
  reduce(transform(v.ai, x -> x * 2), BIGINT '0', (s, x) -> s + x, s -> s) AS "arraysum(lambda(tuple(x), multiply(x, 2)), ai)",
  coalesce(array_max(transform(v."as", x -> length(to_utf8(x)))), 0) AS "arraymax(lambda(tuple(x), length(x)), as)",
  coalesce(array_min(v."as"), '') AS "arraymin(as)",
  coalesce(array_max(v."as"), '') AS "arraymax(as)",
  array_min(filter(v.an, x -> x IS NOT NULL)) AS "arraymin(an)",
  array_max(filter(v.an, x -> x IS NOT NULL)) AS "arraymax(an)",
  reduce(transform(v.ai, x -> x > 1), BIGINT '0', (s, x) -> s + CAST(x AS bigint), s -> s) AS "arraysum(lambda(tuple(x), greater(x, 1)), ai)",
  CAST(coalesce(array_max(transform(v.ai, x -> x > 1)), false) AS integer) AS "arraymax(lambda(tuple(x), greater(x, 1)), ai)"
FROM v
ORDER BY 1;

-- case: first and last
SELECT id, arrayFirst(x -> x > 1, ai), arrayFirstIndex(x -> x > 1, ai), arrayLast(x -> x > 1, ai), arrayLastIndex(x -> x > 1, ai), arrayFirstOrNull(x -> x > 1, ai), arrayLastOrNull(x -> x > 1, ai), arrayFirst(x -> x > 1, an), arrayFirstIndex(x -> x > 1, an), arrayLastIndex(x -> x > 1, an), arrayFirst((x, y) -> y > 1, as, arrayEnumerate(as)), arrayFirst(x -> x = 'b', as), arrayLast((x, i) -> i = 1, ai, arrayEnumerate(ai)), arrayLastIndex((x, i) -> i = 1, ai, arrayEnumerate(ai)) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(element_at(filter(v.ai, x -> x > 1), 1), 0) AS "arrayfirst(lambda(tuple(x), greater(x, 1)), ai)",
  array_position(transform(v.ai, x -> x > 1), true) AS "arrayfirstindex(lambda(tuple(x), greater(x, 1)), ai)",
  coalesce(element_at(filter(v.ai, x -> x > 1), -1), 0) AS "arraylast(lambda(tuple(x), greater(x, 1)), ai)",
  coalesce(cardinality(v.ai) + 1 - nullif(array_position(reverse(transform(v.ai, x -> x > 1)), true), 0), 0) AS "arraylastindex(lambda(tuple(x), greater(x, 1)), ai)",
  element_at(filter(v.ai, x -> x > 1), 1) AS "arrayfirstornull(lambda(tuple(x), greater(x, 1)), ai)",
  element_at(filter(v.ai, x -> x > 1), -1) AS "arraylastornull(lambda(tuple(x), greater(x, 1)), ai)",
  element_at(filter(v.an, x -> x > 1), 1) AS "arrayfirst(lambda(tuple(x), greater(x, 1)), an)",
  array_position(transform(v.an, x -> coalesce(x > 1, false)), true) AS "arrayfirstindex(lambda(tuple(x), greater(x, 1)), an)",
  coalesce(cardinality(v.an) + 1 - nullif(array_position(reverse(transform(v.an, x -> coalesce(x > 1, false))), true), 0), 0) AS "arraylastindex(lambda(tuple(x), greater(x, 1)), an)",
  coalesce(element_at(filter(zip(v."as", slice(sequence(0, cardinality(v."as")), 2, cardinality(v."as"))), item -> item[2] > 1), 1)[1], '') AS "arrayfirst(lambda(tuple(x, y), greater(y, 1)), as, arrayenumerate(as))",
  coalesce(element_at(filter(v."as", x -> x = 'b'), 1), '') AS "arrayfirst(lambda(tuple(x), equals(x, 'b')), as)",
  coalesce(element_at(filter(zip(v.ai, slice(sequence(0, cardinality(v.ai)), 2, cardinality(v.ai))), item -> item[2] = 1), -1)[1], 0) AS "arraylast(lambda(tuple(x, i), equals(i, 1)), ai, arrayenumerate(ai))",
  coalesce(cardinality(v.ai) + 1 - nullif(array_position(reverse(transform(zip(v.ai, slice(sequence(0, cardinality(v.ai)), 2, cardinality(v.ai))), item -> item[2] = 1)), true), 0), 0) AS "arraylastindex(lambda(tuple(x, i), equals(i, 1)), ai, arrayenumerate(ai))"
FROM v
ORDER BY 1;

-- case: sorting
SELECT id, arraySort(ai), arrayReverseSort(ai), arraySort(an), arrayReverseSort(an), arraySort(x -> -x, ai), arrayReverseSort(x -> -x, an), arraySort(x -> -x, an), arraySort(as), arraySort((x, y) -> y, as, arrayReverse(arrayEnumerate(as))), arrayReverseSort(x -> length(x), as), arraySort(x -> (x % 2, x), ai) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  array_sort(v.ai) AS "arraysort(ai)",
  reverse(array_sort(v.ai)) AS "arrayreversesort(ai)",
  array_sort(v.an) AS "arraysort(an)",
  concat(reverse(array_sort(filter(v.an, x -> x IS NOT NULL))), filter(v.an, x -> x IS NULL)) AS "arrayreversesort(an)",
  transform(array_sort(transform(v.ai, x -> ROW(-x, x)), (l, r) -> CASE WHEN l[1] < r[1] THEN -1 WHEN l[1] > r[1] THEN 1 ELSE 0 END), x -> x[2]) AS "arraysort(lambda(tuple(x), negate(x)), ai)",
  transform(array_sort(transform(v.an, x -> ROW(-x, x)), (l, r) -> CASE WHEN l[1] IS NULL OR r[1] IS NULL THEN IF(l[1] IS NULL, 1, 0) - IF(r[1] IS NULL, 1, 0) WHEN l[1] > r[1] THEN -1 WHEN l[1] < r[1] THEN 1 ELSE 0 END), x -> x[2]) AS "arrayreversesort(lambda(tuple(x), negate(x)), an)",
  transform(array_sort(transform(v.an, x -> ROW(-x, x)), (l, r) -> CASE WHEN l[1] IS NULL OR r[1] IS NULL THEN IF(l[1] IS NULL, 1, 0) - IF(r[1] IS NULL, 1, 0) WHEN l[1] < r[1] THEN -1 WHEN l[1] > r[1] THEN 1 ELSE 0 END), x -> x[2]) AS "arraysort(lambda(tuple(x), negate(x)), an)",
  array_sort(v."as") AS "arraysort(as)",
  transform(array_sort(transform(zip(v."as", reverse(slice(sequence(0, cardinality(v."as")), 2, cardinality(v."as")))), item -> ROW(item[2], item[1])), (l, r) -> CASE WHEN l[1] < r[1] THEN -1 WHEN l[1] > r[1] THEN 1 ELSE 0 END), x -> x[2]) AS "arraysort(lambda(tuple(x, y), y), as, arrayreverse(arrayenumerate(as)))",
  transform(array_sort(transform(v."as", x -> ROW(length(to_utf8(x)), x)), (l, r) -> CASE WHEN l[1] > r[1] THEN -1 WHEN l[1] < r[1] THEN 1 ELSE 0 END), x -> x[2]) AS "arrayreversesort(lambda(tuple(x), length(x)), as)",
  transform(array_sort(transform(v.ai, x -> ROW(ROW(mod(x, 2), x), x)), (l, r) -> CASE WHEN l[1] < r[1] THEN -1 WHEN l[1] > r[1] THEN 1 ELSE 0 END), x -> x[2]) AS "arraysort(lambda(tuple(x), (modulo(x, 2), x)), ai)"
FROM v
ORDER BY 1;

-- case: distinct, concat and push
SELECT id, arrayDistinct(ai), arrayDistinct(an), arrayUniq(ai), arrayUniq(an), arrayUniq(ai, ai), arrayCompact(ai), arrayCompact(an), arrayConcat(ai, [1, 300]), arrayConcat(an, ai), arrayConcat(as, ['x']), arrayPushBack(ai, 7), arrayPushFront(as, s), arrayPushBack(an, NULL), arrayPushBack(ai, NULL), arrayPopBack(ai), arrayPopFront(as), arrayPushBack([1], -300), arrayPushBack([], 1), arrayConcat([], [1]), arrayConcat(ai) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  array_distinct(v.ai) AS "arraydistinct(ai)",
  filter(array_distinct(v.an), x -> x IS NOT NULL) AS "arraydistinct(an)",
  cardinality(array_distinct(v.ai)) AS "arrayuniq(ai)",
  cardinality(array_distinct(v.an)) AS "arrayuniq(an)",
  cardinality(array_distinct(zip(v.ai, v.ai))) AS "arrayuniq(ai, ai)",
  reduce(v.ai, CAST(ARRAY[] AS array(bigint)), (s, x) -> IF(cardinality(s) > 0 AND element_at(s, -1) = x, s, s || ARRAY[x]), s -> s) AS "arraycompact(ai)",
  reduce(v.an, CAST(ARRAY[] AS array(bigint)), (s, x) -> IF(cardinality(s) > 0 AND coalesce(element_at(s, -1) = x, element_at(s, -1) IS NULL AND x IS NULL), s, s || ARRAY[x]), s -> s) AS "arraycompact(an)",
  concat(v.ai, CAST(ARRAY[1, 300] AS array(bigint))) AS "arrayconcat(ai, [1, 300])",
  concat(v.an, v.ai) AS "arrayconcat(an, ai)",
  concat(v."as", ARRAY['x']) AS "arrayconcat(as, ['x'])",
  concat(v.ai, CAST(ARRAY[7] AS array(bigint))) AS "arraypushback(ai, 7)",
  concat(ARRAY[v.s], v."as") AS "arraypushfront(as, s)",
  concat(v.an, CAST(ARRAY[NULL] AS array(bigint))) AS "arraypushback(an, null)",
  concat(v.ai, CAST(ARRAY[NULL] AS array(bigint))) AS "arraypushback(ai, null)",
  slice(v.ai, 1, greatest(cardinality(v.ai) - 1, 0)) AS "arraypopback(ai)",
  slice(v."as", 2, cardinality(v."as")) AS "arraypopfront(as)",
  concat(ARRAY[1], ARRAY[(-300)]) AS "arraypushback([1], -300)",
  ARRAY[1] AS "arraypushback([], 1)",
  concat(CAST(ARRAY[] AS array(bigint)), CAST(ARRAY[1] AS array(bigint))) AS "arrayconcat([], [1])",
  v.ai AS "arrayconcat(ai)"
FROM v
ORDER BY 1;

-- case: slices, from either end
SELECT id, arraySlice(ai, 2), arraySlice(ai, -2), arraySlice(ai, 2, -1), arraySlice(ai, -2, 1), arraySlice(ai, 5), arraySlice(ai, -5, 3), arraySlice(ai, 1, NULL), arraySlice(ai, NULL, 2), arraySlice(ai, 1, 2), arraySlice(ai, -3, -1), arraySlice(ai, 2, 0), arraySlice(ai, 2, -5), arraySlice(ai, -5, -1), arraySlice(ai, -5), arraySlice(ai, u8), arraySlice(ai, i8), arraySlice(ai, i8, i8), arraySlice(ai, -5, 2), arraySlice(as, u8, 1), arraySlice(ai, 0) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  slice(v.ai, 2, cardinality(v.ai)) AS "arrayslice(ai, 2)",
  slice(v.ai, greatest(cardinality(v.ai) - 1, 1), 2) AS "arrayslice(ai, -2)",
  slice(v.ai, 2, greatest(cardinality(v.ai) - 0 - 2, 0)) AS "arrayslice(ai, 2, -1)",
  slice(v.ai, greatest(cardinality(v.ai) - 1, 1), greatest(least(cardinality(v.ai) - 1 - 1, 0) + 1, 0)) AS "arrayslice(ai, -2, 1)",
  slice(v.ai, 5, cardinality(v.ai)) AS "arrayslice(ai, 5)",
  slice(v.ai, greatest(cardinality(v.ai) - 4, 1), greatest(least(cardinality(v.ai) - 4 - 1, 0) + 3, 0)) AS "arrayslice(ai, -5, 3)",
  slice(v.ai, 1, cardinality(v.ai)) AS "arrayslice(ai, 1, null)",
  slice(v.ai, 1, 2) AS "arrayslice(ai, null, 2)",
  slice(v.ai, 1, 2) AS "arrayslice(ai, 1, 2)",
  slice(v.ai, greatest(cardinality(v.ai) - 2, 1), greatest(cardinality(v.ai) - 0 - greatest(cardinality(v.ai) - 2, 1), 0)) AS "arrayslice(ai, -3, -1)",
  slice(v.ai, 2, 0) AS "arrayslice(ai, 2, 0)",
  slice(v.ai, 2, greatest(cardinality(v.ai) - 4 - 2, 0)) AS "arrayslice(ai, 2, -5)",
  slice(v.ai, greatest(cardinality(v.ai) - 4, 1), greatest(cardinality(v.ai) - 0 - greatest(cardinality(v.ai) - 4, 1), 0)) AS "arrayslice(ai, -5, -1)",
  slice(v.ai, greatest(cardinality(v.ai) - 4, 1), 5) AS "arrayslice(ai, -5)",
  slice(v.ai, greatest(IF(CAST(v.u8 AS bigint) > 0, CAST(v.u8 AS bigint), cardinality(v.ai) + CAST(v.u8 AS bigint) + 1), 1), IF(CAST(v.u8 AS bigint) = 0, 0, greatest(cardinality(v.ai) + 1 - greatest(IF(CAST(v.u8 AS bigint) > 0, CAST(v.u8 AS bigint), cardinality(v.ai) + CAST(v.u8 AS bigint) + 1), 1), 0))) AS "arrayslice(ai, u8)",
  slice(v.ai, greatest(IF(CAST(v.i8 AS bigint) > 0, CAST(v.i8 AS bigint), cardinality(v.ai) + CAST(v.i8 AS bigint) + 1), 1), IF(CAST(v.i8 AS bigint) = 0, 0, greatest(cardinality(v.ai) + 1 - greatest(IF(CAST(v.i8 AS bigint) > 0, CAST(v.i8 AS bigint), cardinality(v.ai) + CAST(v.i8 AS bigint) + 1), 1), 0))) AS "arrayslice(ai, i8)",
  slice(v.ai, greatest(IF(CAST(v.i8 AS bigint) > 0, CAST(v.i8 AS bigint), cardinality(v.ai) + CAST(v.i8 AS bigint) + 1), 1), IF(CAST(v.i8 AS bigint) = 0, 0, greatest(IF(CAST(v.i8 AS bigint) >= 0, IF(CAST(v.i8 AS bigint) > 0, CAST(v.i8 AS bigint), cardinality(v.ai) + CAST(v.i8 AS bigint) + 1) + CAST(v.i8 AS bigint), cardinality(v.ai) + CAST(v.i8 AS bigint) + 1) - greatest(IF(CAST(v.i8 AS bigint) > 0, CAST(v.i8 AS bigint), cardinality(v.ai) + CAST(v.i8 AS bigint) + 1), 1), 0))) AS "arrayslice(ai, i8, i8)",
  slice(v.ai, greatest(cardinality(v.ai) - 4, 1), greatest(least(cardinality(v.ai) - 4 - 1, 0) + 2, 0)) AS "arrayslice(ai, -5, 2)",
  slice(v."as", greatest(IF(CAST(v.u8 AS bigint) > 0, CAST(v.u8 AS bigint), cardinality(v."as") + CAST(v.u8 AS bigint) + 1), 1), IF(CAST(v.u8 AS bigint) = 0, 0, greatest(IF(1 >= 0, IF(CAST(v.u8 AS bigint) > 0, CAST(v.u8 AS bigint), cardinality(v."as") + CAST(v.u8 AS bigint) + 1) + 1, cardinality(v."as") + 1 + 1) - greatest(IF(CAST(v.u8 AS bigint) > 0, CAST(v.u8 AS bigint), cardinality(v."as") + CAST(v.u8 AS bigint) + 1), 1), 0))) AS "arrayslice(as, u8, 1)",
  slice(v.ai, 1, 0) AS "arrayslice(ai, 0)"
FROM v
ORDER BY 1;

-- case: resize, flatten, zip and enumerate
SELECT id, arrayResize(ai, 4), arrayResize(ai, 1), arrayResize(ai, 3, 9), arrayResize(as, 2, 'z'), arrayResize(ai, 3, NULL), arrayResize([1], 3, 300), arrayWithConstant(3, s), arrayWithConstant(u8, 'x'), arrayReverse(ai), arrayFlatten(aa), flatten([[[1]], [[2, 3]]]), flatten(ai), arrayZip(ai, ai), arrayZip(as), arrayEnumerate(ai), arrayEnumerateUniq(ai), arrayEnumerateUniq(an), arrayEnumerateUniq(as, as) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  concat(slice(v.ai, 1, 4), repeat(CAST(0 AS bigint), greatest(4 - cardinality(v.ai), 0))) AS "arrayresize(ai, 4)",
  concat(slice(v.ai, 1, 1), repeat(CAST(0 AS bigint), greatest(1 - cardinality(v.ai), 0))) AS "arrayresize(ai, 1)",
  concat(slice(v.ai, 1, 3), repeat(CAST(CAST(9 AS bigint) AS bigint), greatest(3 - cardinality(v.ai), 0))) AS "arrayresize(ai, 3, 9)",
  concat(slice(v."as", 1, 2), repeat(CAST('z' AS varchar), greatest(2 - cardinality(v."as"), 0))) AS "arrayresize(as, 2, 'z')",
  concat(slice(v.ai, 1, 3), repeat(CAST(NULL AS bigint), greatest(3 - cardinality(v.ai), 0))) AS "arrayresize(ai, 3, null)",
  concat(slice(ARRAY[1], 1, 3), repeat(CAST(300 AS integer), greatest(3 - cardinality(ARRAY[1]), 0))) AS "arrayresize([1], 3, 300)",
  repeat(v.s, 3) AS "arraywithconstant(3, s)",
  repeat('x', CAST(v.u8 AS bigint)) AS "arraywithconstant(u8, 'x')",
  reverse(v.ai) AS "arrayreverse(ai)",
  flatten(v.aa) AS "arrayflatten(aa)",
  flatten(flatten(ARRAY[ARRAY[ARRAY[1]], ARRAY[ARRAY[2, 3]]])) AS "flatten([[[1]], [[2, 3]]])",
  v.ai AS "flatten(ai)",
  zip(v.ai, v.ai) AS "arrayzip(ai, ai)",
  transform(v."as", x -> ROW(x)) AS "arrayzip(as)",
  slice(sequence(0, cardinality(v.ai)), 2, cardinality(v.ai)) AS "arrayenumerate(ai)",
  transform(slice(sequence(0, cardinality(v.ai)), 2, cardinality(v.ai)), i -> cardinality(filter(slice(v.ai, 1, i), y -> y = element_at(v.ai, i)))) AS "arrayenumerateuniq(ai)",
  transform(slice(sequence(0, cardinality(v.an)), 2, cardinality(v.an)), i -> cardinality(filter(slice(v.an, 1, i), y -> coalesce(y = element_at(v.an, i), y IS NULL AND element_at(v.an, i) IS NULL)))) AS "arrayenumerateuniq(an)",
  transform(slice(sequence(0, cardinality(zip(v."as", v."as"))), 2, cardinality(zip(v."as", v."as"))), i -> cardinality(filter(slice(zip(v."as", v."as"), 1, i), y -> y = element_at(zip(v."as", v."as"), i)))) AS "arrayenumerateuniq(as, as)"
FROM v
ORDER BY 1;

-- case: running sums and differences
SELECT id, arrayCumSum(ai), arrayCumSum(af), arrayCumSum(x -> x * 2, ai), arrayCumSumNonNegative(ai), arrayDifference(ai), arrayDifference(af), arrayCumSumNonNegative(af) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  reduce(v.ai, CAST(ARRAY[] AS array(bigint)), (s, x) -> s || ARRAY[coalesce(element_at(s, -1), 0) + x], s -> s) AS "arraycumsum(ai)",
  reduce(v.af, CAST(ARRAY[] AS array(double)), (s, x) -> s || ARRAY[coalesce(element_at(s, -1), 0) + x], s -> s) AS "arraycumsum(af)",
  reduce(transform(v.ai, x -> x * 2), CAST(ARRAY[] AS array(bigint)), (s, x) -> s || ARRAY[coalesce(element_at(s, -1), 0) + x], s -> s) AS "arraycumsum(lambda(tuple(x), multiply(x, 2)), ai)",
  reduce(v.ai, CAST(ARRAY[] AS array(bigint)), (s, x) -> s || ARRAY[greatest(coalesce(element_at(s, -1), 0) + x, 0)], s -> s) AS "arraycumsumnonnegative(ai)",
  zip_with(v.ai, slice(concat(ARRAY[element_at(v.ai, 1)], v.ai), 1, cardinality(v.ai)), (x, y) -> x - y) AS "arraydifference(ai)",
  zip_with(v.af, slice(concat(ARRAY[element_at(v.af, 1)], v.af), 1, cardinality(v.af)), (x, y) -> x - y) AS "arraydifference(af)",
  reduce(v.af, CAST(ARRAY[] AS array(double)), (s, x) -> s || ARRAY[greatest(coalesce(element_at(s, -1), 0) + x, 0)], s -> s) AS "arraycumsumnonnegative(af)"
FROM v
ORDER BY 1;

-- case: what is in an array
SELECT id, hasAny(ai, [1, 5]), hasAny(an, [NULL]), hasAll(ai, [1]), hasAll(an, [NULL]), hasSubstr(ai, [2, 3]), has(ai, 1), has(an, NULL), has(an, 1), has(an, ni), has(ai, ni), has(ai, NULL), has(as, 'a'), has(as, s), has(as, ifNull(ns, '')), indexOf(ai, 2), indexOf(an, NULL), indexOf(an, 3), indexOf(as, 'x'), countEqual(ai, 0), countEqual(an, NULL), countEqual(an, 2), has(ms, 'k'), has(aa, [1, 2]), hasAll(ai, []), hasAny([], ai), hasAll(as, ['a', 'b']), hasSubstr(as, []), indexOf(ai, ni), indexOf(an, ni), countEqual(an, ni) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(arrays_overlap(v.ai, CAST(ARRAY[1, 5] AS array(bigint))) AS integer) AS "hasany(ai, [1, 5])",
  CAST(cardinality(array_intersect(v.an, CAST(ARRAY[NULL] AS array(bigint)))) > 0 AS integer) AS "hasany(an, [null])",
  CAST(cardinality(array_except(CAST(ARRAY[1] AS array(bigint)), v.ai)) = 0 AS integer) AS "hasall(ai, [1])",
  CAST(cardinality(array_except(CAST(ARRAY[NULL] AS array(bigint)), v.an)) = 0 AS integer) AS "hasall(an, [null])",
  CAST(contains_sequence(v.ai, CAST(ARRAY[2, 3] AS array(bigint))) AS integer) AS "hassubstr(ai, [2, 3])",
  CAST(contains(v.ai, 1) AS integer) AS "has(ai, 1)",
  CAST(any_match(v.an, x -> x IS NULL) AS integer) AS "has(an, null)",
  CAST(coalesce(contains(v.an, 1), false) AS integer) AS "has(an, 1)",
  CAST(any_match(v.an, x -> coalesce(x = v.ni, x IS NULL AND v.ni IS NULL)) AS integer) AS "has(an, ni)",
  CAST(coalesce(contains(v.ai, v.ni), false) AS integer) AS "has(ai, ni)",
  CAST(false AS integer) AS "has(ai, null)",
  CAST(contains(v."as", 'a') AS integer) AS "has(as, 'a')",
  CAST(contains(v."as", v.s) AS integer) AS "has(as, s)",
  CAST(contains(v."as", coalesce(v.ns, '')) AS integer) AS "has(as, ifnull(ns, ''))",
  array_position(v.ai, 2) AS "indexof(ai, 2)",
  array_position(transform(v.an, x -> x IS NULL), true) AS "indexof(an, null)",
  array_position(v.an, 3) AS "indexof(an, 3)",
  array_position(v."as", 'x') AS "indexof(as, 'x')",
  cardinality(filter(v.ai, x -> x = 0)) AS "countequal(ai, 0)",
  cardinality(filter(v.an, x -> x IS NULL)) AS "countequal(an, null)",
  cardinality(filter(v.an, x -> coalesce(x = 2, false))) AS "countequal(an, 2)",
  CAST(contains(map_keys(v.ms), 'k') AS integer) AS "has(ms, 'k')",
  CAST(contains(v.aa, ARRAY[1, 2]) AS integer) AS "has(aa, [1, 2])",
  CAST(cardinality(array_except(CAST(ARRAY[] AS array(bigint)), v.ai)) = 0 AS integer) AS "hasall(ai, [])",
  CAST(arrays_overlap(CAST(ARRAY[] AS array(bigint)), v.ai) AS integer) AS "hasany([], ai)",
  CAST(cardinality(array_except(ARRAY['a', 'b'], v."as")) = 0 AS integer) AS "hasall(as, ['a', 'b'])",
  CAST(contains_sequence(v."as", CAST(ARRAY[] AS array(varchar))) AS integer) AS "hassubstr(as, [])",
  coalesce(array_position(v.ai, v.ni), 0) AS "indexof(ai, ni)",
  array_position(transform(v.an, x -> coalesce(x = v.ni, x IS NULL AND v.ni IS NULL)), true) AS "indexof(an, ni)",
  cardinality(filter(v.an, x -> coalesce(x = v.ni, x IS NULL AND v.ni IS NULL))) AS "countequal(an, ni)"
FROM v
ORDER BY 1;

-- case: common elements
SELECT id, arrayIntersect(ai, [1, 2]), arrayIntersect([3, 1], ai), arrayIntersect(ai, ai), arrayIntersect(as, ['a', 'b']), arrayIntersect(an, an), arrayIntersect(ai), arrayExcept(ai, ai), arraySort(arrayUnion(ai, [1])), arrayIntersect(ai, an) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  array_distinct(filter(v.ai, x -> contains(ARRAY[1, 2], x))) AS "arrayintersect(ai, [1, 2])",
  array_distinct(filter(ARRAY[3, 1], x -> contains(v.ai, x))) AS "arrayintersect([3, 1], ai)",
  array_distinct(filter(v.ai, x -> contains(v.ai, x))) AS "arrayintersect(ai, ai)",
  array_distinct(filter(v."as", x -> contains(ARRAY['a', 'b'], x))) AS "arrayintersect(as, ['a', 'b'])",
  array_distinct(filter(v.an, x -> (contains(v.an, x) OR (x IS NULL AND any_match(v.an, y -> y IS NULL))))) AS "arrayintersect(an, an)",
  array_distinct(v.ai) AS "arrayintersect(ai)",
  filter(v.ai, x -> NOT contains(v.ai, x)) AS "arrayexcept(ai, ai)",
  array_sort(array_distinct(concat(v.ai, CAST(ARRAY[1] AS array(bigint))))) AS "arraysort(arrayunion(ai, [1]))",
  array_distinct(filter(v.ai, x -> contains(v.an, x))) AS "arrayintersect(ai, an)"
FROM v
ORDER BY 1;

-- case: arrays as text
SELECT id, arrayStringConcat(as), arrayStringConcat(as, ','), arrayStringConcat(ai, '-'), arrayStringConcat([lc, s], ','), arrayStringConcat([ns, s], ','), arrayStringConcat([b, b]), arrayStringConcat([d], ','), arrayStringConcat([u8 = 1]), arrayStringConcat(arrayMap(x -> concat(x, '!'), as), ', ') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  array_join(v."as", '') AS "arraystringconcat(as)",
  array_join(v."as", ',') AS "arraystringconcat(as, ',')",
  array_join(v.ai, '-') AS "arraystringconcat(ai, '-')",
  array_join(ARRAY[v.lc, v.s], ',') AS "arraystringconcat([lc, s], ',')",
  array_join(ARRAY[v.ns, v.s], ',') AS "arraystringconcat([ns, s], ',')",
  array_join(ARRAY[v.b, v.b], '') AS "arraystringconcat([b, b])",
  array_join(ARRAY[v.d], ',') AS "arraystringconcat([d], ',')",
  array_join(transform(ARRAY[v.u8 = 1], x -> CAST(x AS bigint)), '') AS "arraystringconcat([equals(u8, 1)])",
  array_join(transform(v."as", x -> concat(x, '!')), ', ') AS "arraystringconcat(arraymap(lambda(tuple(x), concat(x, '!')), as), ', ')"
FROM v
ORDER BY 1;

-- case: ranges
SELECT id, range(u8), range(1, u8), range(1, 10, 3), range(5, 1), range(3), range(0), range(-1, 2), range(i8) FROM v WHERE i8 >= 0 ORDER BY id;
-- trino
SELECT
  v.id,
  IF(0 < CAST(v.u8 AS bigint), sequence(0, CAST(v.u8 AS bigint) - 1), CAST(ARRAY[] AS array(bigint))) AS "range(u8)",
  IF(1 < CAST(v.u8 AS bigint), sequence(1, CAST(v.u8 AS bigint) - 1), CAST(ARRAY[] AS array(bigint))) AS "range(1, u8)",
  CAST(sequence(1, 9, 3) AS array(bigint)) AS "range(1, 10, 3)",
  CAST(IF(5 < 1, sequence(5, 1 - 1), CAST(ARRAY[] AS array(bigint))) AS array(bigint)) AS "range(5, 1)",
  CAST(sequence(0, 2) AS array(bigint)) AS "range(3)",
  CAST(IF(0 < 0, sequence(0, 0 - 1), CAST(ARRAY[] AS array(bigint))) AS array(bigint)) AS "range(0)",
  CAST(sequence((-1), 1) AS array(bigint)) AS "range(-1, 2)",
  IF(0 < CAST(v.i8 AS bigint), sequence(0, CAST(v.i8 AS bigint) - 1), CAST(ARRAY[] AS array(bigint))) AS "range(i8)"
FROM v
WHERE v.i8 >= 0
ORDER BY 1;

-- case: elements and folds
SELECT id, arrayElementOrNull(ai, 1), arrayElementOrNull(as, u8), arrayElementOrNull(an, 1), arrayFold((acc, x) -> acc + x, ai, CAST(0 AS Int64)), arrayFold((a, x) -> concat(a, x), as, ''), arrayFold((a, x) -> arrayPushFront(a, x), ai, emptyArrayInt64()), emptyArrayString(), emptyArrayUInt8() FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  element_at(v.ai, 1) AS "arrayelementornull(ai, 1)",
  element_at(v."as", nullif(CAST(v.u8 AS bigint), 0)) AS "arrayelementornull(as, u8)",
  element_at(v.an, 1) AS "arrayelementornull(an, 1)",
  reduce(v.ai, CAST(0 AS bigint), (acc, x) -> acc + x, acc -> acc) AS "arrayfold(lambda(tuple(acc, x), plus(acc, x)), ai, cast(0, 'int64'))",
  reduce(v."as", CAST('' AS varchar), (a, x) -> concat(a, x), a -> a) AS "arrayfold(lambda(tuple(a, x), concat(a, x)), as, '')",
  reduce(v.ai, CAST(CAST(ARRAY[] AS array(bigint)) AS array(bigint)), (a, x) -> concat(ARRAY[x], a), a -> a) AS "arrayfold(lambda(tuple(a, x), arraypushfront(a, x)), ai, emptyarrayint64())",
  CAST(ARRAY[] AS array(varchar)) AS "emptyarraystring()",
  CAST(ARRAY[] AS array(bigint)) AS "emptyarrayuint8()"
FROM v
ORDER BY 1;

-- case: vectors
SELECT id, L2Norm(ai), L1Norm(af), LinfNorm(af), L2SquaredNorm(ai), L2Distance(af, af), L1Distance(ai, [1, 2, 3]), cosineDistance(af, af), arrayDotProduct(af, af), LinfDistance(af, af) FROM v WHERE length(ai) = 3 ORDER BY id;
-- trino
SELECT
  v.id,
  sqrt(reduce(transform(v.ai, x -> CAST(x AS double)), 0e0, (s, x) -> s + x * x, s -> s)) AS "l2norm(ai)",
  reduce(v.af, 0e0, (s, x) -> s + abs(x), s -> s) AS "l1norm(af)",
  reduce(v.af, 0e0, (s, x) -> greatest(s, abs(x)), s -> s) AS "linfnorm(af)",
  reduce(transform(v.ai, x -> CAST(x AS double)), 0e0, (s, x) -> s + x * x, s -> s) AS "l2squarednorm(ai)",
  sqrt(reduce(zip_with(v.af, v.af, (x, y) -> x - y), 0e0, (s, x) -> s + x * x, s -> s)) AS "l2distance(af, af)",
  reduce(zip_with(transform(v.ai, x -> CAST(x AS double)), IF(cardinality(transform(ARRAY[1, 2, 3], x -> CAST(x AS double))) = cardinality(transform(v.ai, x -> CAST(x AS double))), transform(ARRAY[1, 2, 3], x -> CAST(x AS double)), element_at(ARRAY[transform(ARRAY[1, 2, 3], x -> CAST(x AS double))], 0)), (x, y) -> x - y), 0e0, (s, x) -> s + abs(x), s -> s) AS "l1distance(ai, [1, 2, 3])",
  1e0 - reduce(zip_with(v.af, v.af, (x, y) -> x * y), 0e0, (s, x) -> s + x, s -> s) / (sqrt(reduce(v.af, 0e0, (s, x) -> s + x * x, s -> s)) * sqrt(reduce(v.af, 0e0, (s, x) -> s + x * x, s -> s))) AS "cosinedistance(af, af)",
  reduce(zip_with(v.af, v.af, (x, y) -> x * y), 0e0, (s, x) -> s + x, s -> s) AS "arraydotproduct(af, af)",
  reduce(zip_with(v.af, v.af, (x, y) -> x - y), 0e0, (s, x) -> greatest(s, abs(x)), s -> s) AS "linfdistance(af, af)"
FROM v
WHERE cardinality(v.ai) = 3
ORDER BY 1;

-- case: fills
SELECT id, arrayFill(x -> x > 1, ai), arrayReverseFill(x -> x > 1, ai) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  reduce(v.ai, CAST(ARRAY[] AS array(bigint)), (s, x) -> IF(x > 1 OR cardinality(s) = 0, s || ARRAY[x], s || ARRAY[element_at(s, -1)]), s -> s) AS "arrayfill(lambda(tuple(x), greater(x, 1)), ai)",
  reverse(reduce(reverse(v.ai), CAST(ARRAY[] AS array(bigint)), (s, x) -> IF(x > 1 OR cardinality(s) = 0, s || ARRAY[x], s || ARRAY[element_at(s, -1)]), s -> s)) AS "arrayreversefill(lambda(tuple(x), greater(x, 1)), ai)"
FROM v
ORDER BY 1;

-- case: arrayReduce
SELECT id, arrayReduce('sum', ai), arrayReduce('max', as), arrayReduce('uniq', ai), arrayReduce('avg', ai), arrayReduce('count', an), arrayReduce('any', ai), arrayReduce('min', an), arrayReduce('groupArray', an), arrayReduce('uniqExact', an) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  reduce(v.ai, BIGINT '0', (s, x) -> s + x, s -> s) AS "arrayreduce('sum', ai)",
  coalesce(array_max(v."as"), '') AS "arrayreduce('max', as)",
  cardinality(array_distinct(v.ai)) AS "arrayreduce('uniq', ai)",
  reduce(v.ai, 0e0, (s, x) -> s + CAST(x AS double), s -> s) / cardinality(v.ai) AS "arrayreduce('avg', ai)",
  cardinality(filter(v.an, x -> x IS NOT NULL)) AS "arrayreduce('count', an)",
  coalesce(element_at(v.ai, 1), 0) AS "arrayreduce('any', ai)",
  array_min(filter(v.an, x -> x IS NOT NULL)) AS "arrayreduce('min', an)",
  filter(v.an, x -> x IS NOT NULL) AS "arrayreduce('grouparray', an)",
  cardinality(array_distinct(filter(v.an, x -> x IS NOT NULL))) AS "arrayreduce('uniqexact', an)"
FROM v
ORDER BY 1;

-- case: arrayReduce refuses NULLs it would have to keep
SELECT arrayReduce('sum', an) FROM v;
-- error: arrayReduce(): sum of Array(Nullable(Int64)) is not supported

-- case: an aggregate in a lambda is refused
SELECT arrayMap(x -> x + sum(amount), [1, 2]) AS r FROM events;
-- error: arrayMap(): aggregates, windows and subqueries in a lambda are not supported

-- case: a subquery in a lambda is refused
SELECT arrayMap(x -> x IN (SELECT id FROM v), [1, 2]) AS r FROM events;
-- error: arrayMap(): aggregates, windows and subqueries in a lambda are not supported

-- case: arrayMap(x -> x.1, groupArray((amount, country))) AS r FROM event
SELECT arrayMap(x -> x.1, groupArray((amount, country))) AS r FROM events WHERE event_id = 'e00001';
-- trino
SELECT
  transform(coalesce(array_agg(ROW(events.amount, events.country)), CAST(ARRAY[] AS array(row("f1" bigint, "f2" varchar)))), x -> x[1]) AS r
FROM events
WHERE events.event_id = 'e00001';

-- case: country, arrayMap(x -> x * 2, arraySort(groupArray(amount))) AS r
SELECT country, arrayMap(x -> x * 2, arraySort(groupArray(amount))) AS r, arraySum(groupArray(amount)) AS s, length(groupUniqArray(amount)) AS n FROM events GROUP BY country ORDER BY country;
-- trino
SELECT
  events.country,
  transform(array_sort(array_agg(events.amount)), x -> x * 2) AS r,
  reduce(array_agg(events.amount), BIGINT '0', (s, x) -> s + x, s -> s) AS s,
  cardinality(array_distinct(array_agg(events.amount))) AS n
FROM events
GROUP BY events.country
ORDER BY 1;

-- case: country, arrayMap(x -> concat(x, country), a) AS r, count() FROM
SELECT country, arrayMap(x -> concat(x, country), ['a']) AS r, count() FROM events GROUP BY country ORDER BY country;
-- trino
SELECT
  events.country,
  transform(ARRAY['a'], x -> concat(x, events.country)) AS r,
  count(*) AS "count()"
FROM events
GROUP BY events.country
ORDER BY 1;

-- case: arrayMap(x -> (arrayMap(y -> (y, x), ai)), as) AS r FROM v ORDER
SELECT arrayMap(x -> (arrayMap(y -> (y, x), ai)), as) AS r FROM v ORDER BY id;
-- trino
SELECT transform(v."as", x -> transform(v.ai, y -> ROW(y, x))) AS r
FROM v
ORDER BY v.id;

-- case: arrayMap((x, i) -> arrayMap((y, j) -> x * y + i * j, ai, arrayEnu
SELECT arrayMap((x, i) -> arrayMap((y, j) -> x * y + i * j, ai, arrayEnumerate(ai)), ai, arrayEnumerate(ai)) AS r FROM v ORDER BY id;
-- trino
SELECT
  transform(zip(v.ai, slice(sequence(0, cardinality(v.ai)), 2, cardinality(v.ai))), item -> transform(zip(v.ai, slice(sequence(0, cardinality(v.ai)), 2, cardinality(v.ai))), item_1 -> (item[1] * item_1[1]) + (item[2] * item_1[2]))) AS r
FROM v
ORDER BY v.id;

-- case: arraySort(x -> -x.2, arrayZip(as, arrayEnumerate(as))) AS r FROM
SELECT arraySort(x -> -x.2, arrayZip(as, arrayEnumerate(as))) AS r FROM v ORDER BY id;
-- trino
SELECT
  transform(array_sort(transform(zip(v."as", slice(sequence(0, cardinality(v."as")), 2, cardinality(v."as"))), x -> ROW(-x[2], x)), (l, r) -> CASE WHEN l[1] < r[1] THEN -1 WHEN l[1] > r[1] THEN 1 ELSE 0 END), x -> x[2]) AS r
FROM v
ORDER BY v.id;

-- case: arrayFilter(x -> x IN (a, b), as) AS r, arrayFilter(x -> x NOT IN
SELECT arrayFilter(x -> x IN ('a', 'b'), as) AS r, arrayFilter(x -> x NOT IN (1), ai) AS q FROM v ORDER BY id;
-- trino
SELECT
  filter(v."as", x -> x IN ('a', 'b')) AS r,
  filter(v.ai, x -> x NOT IN (1)) AS q
FROM v
ORDER BY v.id;

-- case: arrayFilter((x, m) -> m, ai, arrayMap(x -> x > 1, ai)) AS r FROM
SELECT arrayFilter((x, m) -> m, ai, arrayMap(x -> x > 1, ai)) AS r FROM v ORDER BY id;
-- trino
SELECT
  transform(filter(zip(v.ai, transform(v.ai, x -> x > 1)), item -> item[2]), item -> item[1]) AS r
FROM v
ORDER BY v.id;

-- case: arrayMap(x -> if(x > 1, big, small), ai) AS r, arrayMap(x -> mult
SELECT arrayMap(x -> if(x > 1, 'big', 'small'), ai) AS r, arrayMap(x -> multiIf(x = 1, NULL, x = 2, 'two', 'many'), ai) AS q FROM v ORDER BY id;
-- trino
SELECT
  transform(v.ai, x -> IF(x > 1, 'big', 'small')) AS r,
  transform(v.ai, x -> CASE WHEN x = 1 THEN NULL WHEN x = 2 THEN 'two' ELSE 'many' END) AS q
FROM v
ORDER BY v.id;

-- case: arrayMap(x -> toDate(2024-01-01) + x, range(3)) AS r
SELECT arrayMap(x -> toDate('2024-01-01') + x, range(3)) AS r;
-- trino
SELECT
  transform(CAST(sequence(0, 2) AS array(bigint)), x -> date_add('day', x, DATE '2024-01-01')) AS r;

-- case: id, x -> x + 1 AS f FROM v
SELECT id, x -> x + 1 AS f FROM v;
-- error: A lambda is not a value

-- case: id, arrayStringConcat(arrayMap(x -> concat(x, =, msx), mapKeys(ms
SELECT id, arrayStringConcat(arrayMap(x -> concat(x, '=', ms[x]), mapKeys(ms)), '&') AS q FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  array_join(transform(map_keys(v.ms), x -> concat(x, '=', coalesce(element_at(v.ms, x), ''))), '&') AS q
FROM v
ORDER BY 1;

-- case: if(id = 0, 1, 2, ai) AS r, ifNull(ni, 0) AS n, if(id > 3, , as) A
SELECT if(id = 0, [1, 2], ai) AS r, ifNull(ni, 0) AS n, if(id > 3, [], as) AS q, if(id > 5, map('a', '1'), ms) AS m FROM v ORDER BY id;
-- trino
SELECT
  IF(v.id = 0, CAST(ARRAY[1, 2] AS array(bigint)), v.ai) AS r,
  coalesce(v.ni, CAST(0 AS bigint)) AS n,
  IF(v.id > 3, CAST(ARRAY[] AS array(varchar)), v."as") AS q,
  IF(v.id > 5, map_from_entries(ARRAY[ROW('a', '1')]), v.ms) AS m
FROM v
ORDER BY v.id;

-- case: as = a, b, c AS a, ai =  AS b, has(aa, ) AS c FROM v ORDER BY id
SELECT as = ['a', 'b', 'c'] AS a, ai = [] AS b, has(aa, []) AS c FROM v ORDER BY id;
-- trino
SELECT
  CAST(v."as" = ARRAY['a', 'b', 'c'] AS integer) AS a,
  CAST(v.ai = CAST(ARRAY[] AS array(bigint)) AS integer) AS b,
  CAST(contains(v.aa, CAST(ARRAY[] AS array(bigint))) AS integer) AS c
FROM v
ORDER BY v.id;

-- case: arrayUniq(arrayMap(x -> length(x), as)) AS u FROM v ORDER BY id
SELECT arrayUniq(arrayMap(x -> length(x), as)) AS u FROM v ORDER BY id;
-- trino
SELECT
  cardinality(array_distinct(transform(v."as", x -> length(to_utf8(x))))) AS u
FROM v
ORDER BY v.id;

-- case: id, arrayMap(t -> t.name, ntup) AS r, arrayMap((n, s) -> concat(n
SELECT id, arrayMap(t -> t.name, [ntup]) AS r, arrayMap((n, s) -> concat(n, '?'), [ntup]) AS q FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  transform(ARRAY[v.ntup], t -> t[1]) AS r,
  transform(ARRAY[v.ntup], item -> concat(item[1], '?')) AS q
FROM v
ORDER BY 1;

-- case: arrayMap(id -> id * 2, ai) AS r, arrayMap(s -> concat(s, ), as) A
SELECT arrayMap(id -> id * 2, ai) AS r, arrayMap(s -> concat(s, '!'), as) AS q FROM v ORDER BY id;
-- trino
SELECT
  transform(v.ai, id_1 -> id_1 * 2) AS r,
  transform(v."as", s_1 -> concat(s_1, '!')) AS q
FROM v
ORDER BY v.id;

-- case: arrayMap((a, b) -> a + b, ai, arrayMap(a -> a * 2, ai)) AS r FROM
SELECT arrayMap((a, b) -> a + b, ai, arrayMap(a -> a * 2, ai)) AS r FROM v ORDER BY id;
-- trino
SELECT
  transform(zip(v.ai, transform(v.ai, a -> a * 2)), item -> item[1] + item[2]) AS r
FROM v
ORDER BY v.id;

-- case: arrayMap(a -> arrayFilter(b -> b = a, ai), ai) AS r FROM v ORDER
SELECT arrayMap(a -> arrayFilter(b -> b != a, ai), ai) AS r FROM v ORDER BY id;
-- trino
SELECT transform(v.ai, a -> filter(v.ai, b_1 -> b_1 <> a)) AS r
FROM v
ORDER BY v.id;

-- case: arrayMap(a -> arrayMap((a, b) -> a + b, ai, ai), ai) AS r FROM v
SELECT arrayMap(a -> arrayMap((a, b) -> a + b, ai, ai), ai) AS r FROM v ORDER BY id;
-- trino
SELECT
  transform(v.ai, a -> transform(zip(v.ai, v.ai), item -> item[1] + item[2])) AS r
FROM v
ORDER BY v.id;

-- case: arrayMap((a, b) -> arrayMap(c -> a + b + c, ai), ai, ai) AS r FRO
SELECT arrayMap((a, b) -> arrayMap(c -> a + b + c, ai), ai, ai) AS r FROM v ORDER BY id;
-- trino
SELECT
  transform(zip(v.ai, v.ai), item -> transform(v.ai, c -> (item[1] + item[2]) + c)) AS r
FROM v
ORDER BY v.id;

-- case: arrayMap((a, b) -> arrayMap((c, d) -> a + b + c + d, ai, ai), ai,
SELECT arrayMap((a, b) -> arrayMap((c, d) -> a + b + c + d, ai, ai), ai, ai) AS r FROM v ORDER BY id;
-- trino
SELECT
  transform(zip(v.ai, v.ai), item -> transform(zip(v.ai, v.ai), item_1 -> ((item[1] + item[2]) + item_1[1]) + item_1[2])) AS r
FROM v
ORDER BY v.id;

-- case: ai AS z, arrayMap(x -> x + length(z), z) AS r FROM v ORDER BY id
SELECT ai AS z, arrayMap(x -> x + length(z), z) AS r FROM v ORDER BY id;
-- trino
SELECT v.ai AS z, transform(v.ai, x -> x + cardinality(v.ai)) AS r
FROM v
ORDER BY v.id;

-- case: arrayMap(x -> x + 1, ai) AS r, count() FROM v GROUP BY r ORDER BY
SELECT arrayMap(x -> x + 1, ai) AS r, count() FROM v GROUP BY r ORDER BY r;
-- trino
SELECT transform(v.ai, x -> x + 1) AS r, count(*) AS "count()"
FROM v
GROUP BY transform(v.ai, x -> x + 1)
ORDER BY 1;

-- case: arrayMap(x -> x + 1, ai) AS r, arrayMap(x -> x + 1, ai), count()
SELECT arrayMap(x -> x + 1, ai) AS r, arrayMap(x -> x + 1, ai), count() FROM v GROUP BY arrayMap(x -> x + 1, ai) ORDER BY r;
-- trino
SELECT
  transform(v.ai, x -> x + 1) AS r,
  transform(v.ai, x -> x + 1) AS "arraymap(lambda(tuple(x), plus(x, 1)), ai)",
  count(*) AS "count()"
FROM v
GROUP BY transform(v.ai, x -> x + 1)
ORDER BY 1;

-- case: arraySort(x -> x.1, groupArray((amount, event_id))) AS r FROM eve
SELECT arraySort(x -> x.1, groupArray((amount, event_id))) AS r FROM events WHERE event_id < 'e00002';
-- trino
SELECT
  transform(array_sort(transform(coalesce(array_agg(ROW(events.amount, events.event_id)), CAST(ARRAY[] AS array(row("f1" bigint, "f2" varchar)))), x -> ROW(x[1], x)), (l, r) -> CASE WHEN l[1] < r[1] THEN -1 WHEN l[1] > r[1] THEN 1 ELSE 0 END), x -> x[2]) AS r
FROM events
WHERE events.event_id < 'e00002';

-- case: country, arraySlice(arrayReverseSort(x -> x.1, groupArray((versio
SELECT country, arraySlice(arrayReverseSort(x -> x.1, groupArray((version, event_id))), 1, 1)[1].1 AS top FROM events GROUP BY country ORDER BY country;
-- trino
SELECT
  events.country,
  coalesce(element_at(slice(transform(array_sort(transform(array_agg(ROW(events.version, events.event_id)), x -> ROW(x[1], x)), (l, r) -> CASE WHEN l[1] > r[1] THEN -1 WHEN l[1] < r[1] THEN 1 ELSE 0 END), x -> x[2]), 1, 1), 1), CAST(ROW(0, '') AS row("f1" decimal(20,0), "f2" varchar)))[1] AS top
FROM events
GROUP BY events.country
ORDER BY 1;

-- case: arrayFilter(x -> x.2 > 1, arrayZip(as, ai)) AS r FROM v WHERE len
SELECT arrayFilter(x -> x.2 > 1, arrayZip(as, ai)) AS r FROM v WHERE length(as) = length(ai) ORDER BY id;
-- trino
SELECT
  filter(zip(v."as", IF(cardinality(v.ai) = cardinality(v."as"), v.ai, element_at(ARRAY[v.ai], 0))), x -> x[2] > 1) AS r
FROM v
WHERE cardinality(v."as") = cardinality(v.ai)
ORDER BY v.id;

-- case: 1, 2, 3id  3 + 1 AS a, a, bu8 AS b FROM v ORDER BY id
SELECT [1, 2, 3][id % 3 + 1] AS a, ['a', 'b'][u8] AS b FROM v ORDER BY id;
-- trino
SELECT
  coalesce(element_at(ARRAY[1, 2, 3], nullif(mod(v.id, 3) + 1, 0)), 0) AS a,
  coalesce(element_at(ARRAY['a', 'b'], nullif(v.u8, 0)), '') AS b
FROM v
ORDER BY v.id;

-- case: arrayExists(x -> x LIKE a, tags) AS e, count() FROM events GROUP
SELECT arrayExists(x -> x LIKE 'a%', tags) AS e, count() FROM events GROUP BY e ORDER BY e;
-- trino
SELECT
  CAST(any_match(events.tags, x -> x LIKE 'a%' ESCAPE '\') AS integer) AS e,
  count(*) AS "count()"
FROM events
GROUP BY any_match(events.tags, x -> x LIKE 'a%' ESCAPE '\')
ORDER BY 1;

-- case: arrayExists(x -> startsWith(x, a), tags) AS e, hasAny(tags, a, c)
SELECT arrayExists(x -> startsWith(x, 'a'), tags) AS e, hasAny(tags, ['a', 'c']) AS h, count() FROM events WHERE notEmpty(tags) GROUP BY e, h ORDER BY e, h;
-- trino
SELECT
  CAST(any_match(events.tags, x -> starts_with(x, 'a')) AS integer) AS e,
  CAST(arrays_overlap(events.tags, ARRAY['a', 'c']) AS integer) AS h,
  count(*) AS "count()"
FROM events
WHERE cardinality(events.tags) <> 0
GROUP BY any_match(events.tags, x -> starts_with(x, 'a')), arrays_overlap(events.tags, ARRAY['a', 'c'])
ORDER BY 1, 2;

-- case: length(arrayFilter(x -> x = c, tags)) AS n, count() FROM events G
SELECT length(arrayFilter(x -> x = 'c', tags)) AS n, count() FROM events GROUP BY n ORDER BY n;
-- trino
SELECT
  cardinality(filter(events.tags, x -> x = 'c')) AS n,
  count(*) AS "count()"
FROM events
GROUP BY cardinality(filter(events.tags, x -> x = 'c'))
ORDER BY 1;

-- case: arrayMap(x -> d + x, 1, 2) AS r FROM v WHERE d < 2100-01-01 ORDER
SELECT arrayMap(x -> d + x, [1, 2]) AS r FROM v WHERE d < '2100-01-01' ORDER BY id;
-- trino
SELECT transform(ARRAY[1, 2], x -> date_add('day', CAST(x AS bigint), v.d)) AS r
FROM v
WHERE v.d < DATE '2100-01-01'
ORDER BY v.id;

-- case: arrayMax(dt, toDateTime(2024-01-01 000000)) AS r FROM v ORDER BY
SELECT arrayMax([dt, toDateTime('2024-01-01 00:00:00')]) AS r FROM v ORDER BY id;
-- trino
SELECT
  coalesce(array_max(ARRAY[v.dt, TIMESTAMP '2024-01-01 00:00:00.000']), TIMESTAMP '1970-01-01 00:00:00.000') AS r
FROM v
ORDER BY v.id;

-- case: arrayMap(x -> e, ai) AS r, e AS q, uid AS w, dec, 1 AS z FROM v O
SELECT arrayMap(x -> e, ai) AS r, [e] AS q, [uid] AS w, [dec, 1] AS z FROM v ORDER BY id;
-- trino
SELECT
  transform(v.ai, x -> v.e) AS r,
  ARRAY[v.e] AS q,
  ARRAY[v.uid] AS w,
  ARRAY[CAST(v.dec AS decimal(18,3)), CAST(1 AS decimal(18,3))] AS z
FROM v
ORDER BY v.id;

-- case: arrayMap((x, y) -> x + y, ai, 1) FROM (SELECT ai FROM v WHERE len
SELECT arrayMap((x, y) -> x + y, ai, [1]) FROM (SELECT ai FROM v WHERE length(ai) = 1);
-- trino
SELECT
  transform(zip(subquery1.ai, IF(cardinality(ARRAY[1]) = cardinality(subquery1.ai), ARRAY[1], element_at(ARRAY[ARRAY[1]], 0))), item -> item[1] + item[2]) AS "arraymap(lambda(tuple(x, y), plus(x, y)), ai, [1])"
FROM (
  SELECT v.ai
  FROM v
  WHERE cardinality(v.ai) = 1
) AS subquery1;

-- case: arrayDotProduct(af, 1.5, 2.5) FROM v WHERE id = 0
SELECT arrayDotProduct(af, [1.5, 2.5]) FROM v WHERE id = 0;
-- trino
SELECT
  reduce(zip_with(v.af, IF(cardinality(ARRAY[1.5e0, 2.5e0]) = cardinality(v.af), ARRAY[1.5e0, 2.5e0], element_at(ARRAY[ARRAY[1.5e0, 2.5e0]], 0)), (x, y) -> x * y), 0e0, (s, x) -> s + x, s -> s) AS "arraydotproduct(af, [1.5, 2.5])"
FROM v
WHERE v.id = 0;

-- case: arrayStringConcat(af, ,) AS a, arrayStringConcat(dt, ,) AS b FROM
SELECT arrayStringConcat(af, ',') AS a, arrayStringConcat([dt], ',') AS b FROM v ORDER BY id;
-- trino
SELECT
  array_join(transform(v.af, x -> regexp_replace(replace(lower(IF(is_finite(x), CASE WHEN CAST(format('%.14e', x) AS double) = x THEN format('%.14e', x) WHEN CAST(format('%.15e', x) AS double) = x THEN format('%.15e', x) ELSE CAST(x AS varchar) END, CAST(x AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END)), ',') AS a,
  array_join(transform(ARRAY[v.dt], x -> substr(CAST(x AS varchar), 1, 19)), ',') AS b
FROM v
ORDER BY v.id;
