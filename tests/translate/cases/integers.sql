-- case: shifts of bits
SELECT id, bitShiftLeft(u8,1),bitShiftLeft(u16,3),bitShiftLeft(u32,u8 % 40),bitShiftLeft(i8,1),bitShiftLeft(i64,3),bitShiftLeft(toUInt8(1),9),bitShiftRight(i8,2),bitShiftRight(i64,u8),bitShiftRight(u32,4),bitShiftRight(i16,20),bitShiftLeft(nu8,2),bitShiftLeft(toUInt64(u8),60) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  bitwise_and(bitwise_left_shift(CAST(v.u8 AS bigint), CAST(BIGINT '1' AS integer)), 255) AS "bitshiftleft(u8, 1)",
  bitwise_and(bitwise_left_shift(CAST(v.u16 AS bigint), CAST(BIGINT '3' AS integer)), 65535) AS "bitshiftleft(u16, 3)",
  bitwise_and(bitwise_left_shift(v.u32, CAST(mod(CAST(v.u8 AS bigint), 40) AS integer)), 4294967295) AS "bitshiftleft(u32, modulo(u8, 40))",
  bitwise_xor(bitwise_and(bitwise_left_shift(CAST(v.i8 AS bigint), CAST(BIGINT '1' AS integer)), 255), 128) - 128 AS "bitshiftleft(i8, 1)",
  bitwise_left_shift(v.i64, CAST(BIGINT '3' AS integer)) AS "bitshiftleft(i64, 3)",
  bitwise_and(bitwise_left_shift(BIGINT '1', CAST(BIGINT '9' AS integer)), 255) AS "bitshiftleft(touint8(1), 9)",
  IF(BIGINT '2' >= 8, 0, bitwise_right_shift_arithmetic(CAST(v.i8 AS bigint), CAST(BIGINT '2' AS integer))) AS "bitshiftright(i8, 2)",
  IF(CAST(v.u8 AS bigint) >= 64, 0, bitwise_right_shift_arithmetic(v.i64, CAST(CAST(v.u8 AS bigint) AS integer))) AS "bitshiftright(i64, u8)",
  IF(BIGINT '4' >= 32, 0, bitwise_right_shift_arithmetic(v.u32, CAST(BIGINT '4' AS integer))) AS "bitshiftright(u32, 4)",
  IF(BIGINT '20' >= 16, 0, bitwise_right_shift_arithmetic(CAST(v.i16 AS bigint), CAST(BIGINT '20' AS integer))) AS "bitshiftright(i16, 20)",
  bitwise_and(bitwise_left_shift(CAST(v.nu8 AS bigint), CAST(BIGINT '2' AS integer)), 255) AS "bitshiftleft(nu8, 2)",
  CAST(IF(bitwise_left_shift(CAST(v.u8 AS bigint), CAST(BIGINT '60' AS integer)) < 0, bitwise_left_shift(CAST(v.u8 AS bigint), CAST(BIGINT '60' AS integer)) + DECIMAL '18446744073709551616', bitwise_left_shift(CAST(v.u8 AS bigint), CAST(BIGINT '60' AS integer))) AS decimal(20,0)) AS "bitshiftleft(touint64(u8), 60)"
FROM v
ORDER BY 1;

-- case: shifts by columns
SELECT id, bitShiftRight(i8,u8),bitShiftRight(u8,u8) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  IF(CAST(v.u8 AS bigint) >= 8, 0, bitwise_right_shift_arithmetic(CAST(v.i8 AS bigint), CAST(CAST(v.u8 AS bigint) AS integer))) AS "bitshiftright(i8, u8)",
  IF(CAST(v.u8 AS bigint) >= 8, 0, bitwise_right_shift_arithmetic(CAST(v.u8 AS bigint), CAST(CAST(v.u8 AS bigint) AS integer))) AS "bitshiftright(u8, u8)"
FROM v
ORDER BY 1;

-- case: divisors, multiples and factorials
SELECT id, gcd(u8+1,18),gcd(toInt64(u32)+1,toInt64(1000000)),factorial(u8 % 20),factorial(i8 % 5),lcm(u8+1,6),gcd(-toInt32(u8)-1,12),lcm(-toInt32(u8)-1,12) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  reduce(repeat(0, 92), CAST(ROW((CAST(v.u8 AS bigint) + 1), BIGINT '18') AS row(a bigint, b bigint)), (s, x) -> IF(s[2] = 0, s, CAST(ROW(s[2], mod(s[1], s[2])) AS row(a bigint, b bigint))), s -> abs(s[1])) AS "gcd(plus(u8, 1), 18)",
  reduce(repeat(0, 92), CAST(ROW((v.u32 + 1), CAST(1000000 AS bigint)) AS row(a bigint, b bigint)), (s, x) -> IF(s[2] = 0, s, CAST(ROW(s[2], mod(s[1], s[2])) AS row(a bigint, b bigint))), s -> abs(s[1])) AS "gcd(plus(toint64(u32), 1), toint64(1000000))",
  ARRAY[BIGINT '1', BIGINT '2', BIGINT '6', BIGINT '24', BIGINT '120', BIGINT '720', BIGINT '5040', BIGINT '40320', BIGINT '362880', BIGINT '3628800', BIGINT '39916800', BIGINT '479001600', BIGINT '6227020800', BIGINT '87178291200', BIGINT '1307674368000', BIGINT '20922789888000', BIGINT '355687428096000', BIGINT '6402373705728000', BIGINT '121645100408832000', BIGINT '2432902008176640000'][greatest(mod(CAST(v.u8 AS bigint), 20), 1)] AS "factorial(modulo(u8, 20))",
  ARRAY[BIGINT '1', BIGINT '2', BIGINT '6', BIGINT '24', BIGINT '120', BIGINT '720', BIGINT '5040', BIGINT '40320', BIGINT '362880', BIGINT '3628800', BIGINT '39916800', BIGINT '479001600', BIGINT '6227020800', BIGINT '87178291200', BIGINT '1307674368000', BIGINT '20922789888000', BIGINT '355687428096000', BIGINT '6402373705728000', BIGINT '121645100408832000', BIGINT '2432902008176640000'][greatest(mod(CAST(v.i8 AS bigint), 5), 1)] AS "factorial(modulo(i8, 5))",
  abs((CAST(v.u8 AS bigint) + 1) / reduce(repeat(0, 92), CAST(ROW((CAST(v.u8 AS bigint) + 1), BIGINT '6') AS row(a bigint, b bigint)), (s, x) -> IF(s[2] = 0, s, CAST(ROW(s[2], mod(s[1], s[2])) AS row(a bigint, b bigint))), s -> abs(s[1])) * BIGINT '6') AS "lcm(plus(u8, 1), 6)",
  reduce(repeat(0, 92), CAST(ROW(((-CAST(v.u8 AS bigint)) - 1), BIGINT '12') AS row(a bigint, b bigint)), (s, x) -> IF(s[2] = 0, s, CAST(ROW(s[2], mod(s[1], s[2])) AS row(a bigint, b bigint))), s -> abs(s[1])) AS "gcd(minus(negate(toint32(u8)), 1), 12)",
  abs(((-CAST(v.u8 AS bigint)) - 1) / reduce(repeat(0, 92), CAST(ROW(((-CAST(v.u8 AS bigint)) - 1), BIGINT '12') AS row(a bigint, b bigint)), (s, x) -> IF(s[2] = 0, s, CAST(ROW(s[2], mod(s[1], s[2])) AS row(a bigint, b bigint))), s -> abs(s[1])) * BIGINT '12') AS "lcm(minus(negate(toint32(u8)), 1), 12)"
FROM v
ORDER BY 1;

-- case: roundDown
SELECT id, roundDown(u8,[1,5,100]),roundDown(f64,[1,5.5]),roundDown(u8,[1.5,3]),roundDown(nu8,[1,2]) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(array_max(filter(ARRAY[1, 5, 100], x -> x <= CAST(v.u8 AS integer))), array_min(ARRAY[1, 5, 100])) AS "rounddown(u8, [1, 5, 100])",
  coalesce(array_max(filter(ARRAY[1.0e0, 5.5e0], x -> x <= v.f64)), array_min(ARRAY[1.0e0, 5.5e0])) AS "rounddown(f64, [1., 5.5])",
  coalesce(array_max(filter(ARRAY[1.5e0, 3.0e0], x -> x <= CAST(v.u8 AS double))), array_min(ARRAY[1.5e0, 3.0e0])) AS "rounddown(u8, [1.5, 3.])",
  IF(CAST(v.nu8 AS integer) IS NOT NULL, coalesce(array_max(filter(ARRAY[1, 2], x -> x <= CAST(v.nu8 AS integer))), array_min(ARRAY[1, 2]))) AS "rounddown(nu8, [1, 2])"
FROM v
ORDER BY 1;

-- case: ages, durations and powers
SELECT id, roundAge(u8),roundAge(i8),roundAge(f64),roundDuration(u32),roundDuration(nu8),roundToExp2(u8),roundToExp2(u32) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CASE WHEN v.u8 < 1 THEN 0 WHEN v.u8 < 18 THEN 17 WHEN v.u8 < 25 THEN 18 WHEN v.u8 < 35 THEN 25 WHEN v.u8 < 45 THEN 35 WHEN v.u8 < 55 THEN 45 WHEN v.u8 IS NOT NULL THEN 55 END AS "roundage(u8)",
  CASE WHEN v.i8 < 1 THEN 0 WHEN v.i8 < 18 THEN 17 WHEN v.i8 < 25 THEN 18 WHEN v.i8 < 35 THEN 25 WHEN v.i8 < 45 THEN 35 WHEN v.i8 < 55 THEN 45 WHEN v.i8 IS NOT NULL THEN 55 END AS "roundage(i8)",
  CASE WHEN v.f64 < 1 THEN 0 WHEN v.f64 < 18 THEN 17 WHEN v.f64 < 25 THEN 18 WHEN v.f64 < 35 THEN 25 WHEN v.f64 < 45 THEN 35 WHEN v.f64 < 55 THEN 45 WHEN v.f64 IS NOT NULL THEN 55 END AS "roundage(f64)",
  CASE WHEN v.u32 < 1 THEN 0 WHEN v.u32 < 10 THEN 1 WHEN v.u32 < 30 THEN 10 WHEN v.u32 < 60 THEN 30 WHEN v.u32 < 120 THEN 60 WHEN v.u32 < 180 THEN 120 WHEN v.u32 < 240 THEN 180 WHEN v.u32 < 300 THEN 240 WHEN v.u32 < 600 THEN 300 WHEN v.u32 < 1200 THEN 600 WHEN v.u32 < 1800 THEN 1200 WHEN v.u32 < 3600 THEN 1800 WHEN v.u32 < 7200 THEN 3600 WHEN v.u32 < 18000 THEN 7200 WHEN v.u32 < 36000 THEN 18000 WHEN v.u32 IS NOT NULL THEN 36000 END AS "roundduration(u32)",
  CASE WHEN v.nu8 < 1 THEN 0 WHEN v.nu8 < 10 THEN 1 WHEN v.nu8 < 30 THEN 10 WHEN v.nu8 < 60 THEN 30 WHEN v.nu8 < 120 THEN 60 WHEN v.nu8 < 180 THEN 120 WHEN v.nu8 < 240 THEN 180 WHEN v.nu8 < 300 THEN 240 WHEN v.nu8 < 600 THEN 300 WHEN v.nu8 < 1200 THEN 600 WHEN v.nu8 < 1800 THEN 1200 WHEN v.nu8 < 3600 THEN 1800 WHEN v.nu8 < 7200 THEN 3600 WHEN v.nu8 < 18000 THEN 7200 WHEN v.nu8 < 36000 THEN 18000 WHEN v.nu8 IS NOT NULL THEN 36000 END AS "roundduration(nu8)",
  IF(CAST(v.u8 AS bigint) = 0, 0, bitwise_left_shift(BIGINT '1', CAST(length(to_base(CAST(v.u8 AS bigint), 2)) - 1 AS integer))) AS "roundtoexp2(u8)",
  IF(v.u32 = 0, 0, bitwise_left_shift(BIGINT '1', CAST(length(to_base(v.u32, 2)) - 1 AS integer))) AS "roundtoexp2(u32)"
FROM v
ORDER BY 1;

-- case: buckets and bounds
SELECT id, widthBucket(f64,0,10,5),widthBucket(u8,0,200,1000),clamp(u8,1,100),clamp(f64,0,1),clamp(i32,-5,5),sigmoid(f64),ignore(s,1) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  width_bucket(v.f64, 0.0e0, 10.0e0, BIGINT '5') AS "widthbucket(f64, 0, 10, 5)",
  width_bucket(CAST(v.u8 AS double), 0.0e0, 200.0e0, BIGINT '1000') AS "widthbucket(u8, 0, 200, 1000)",
  least(greatest(CAST(v.u8 AS integer), 1), 100) AS "clamp(u8, 1, 100)",
  least(greatest(v.f64, 0.0e0), 1.0e0) AS "clamp(f64, 0, 1)",
  least(greatest(v.i32, (-5)), 5) AS "clamp(i32, -5, 5)",
  1e0 / (1e0 + exp(-v.f64)) AS "sigmoid(f64)",
  0 AS "ignore(s, 1)"
FROM v
ORDER BY 1;

