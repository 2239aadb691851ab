-- case: rounding of floats goes to the even neighbour
SELECT id, round(f64), round(f64, 2), round(f32, 1), round(f64, -2), roundBankers(nf), floor(f64, 1), ceil(nf), trunc(f64, 3), truncate(f64) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  IF(abs(v.f64) < 4503599627370496e0, sign(v.f64) * (abs(v.f64) + 4503599627370496e0 - 4503599627370496e0), v.f64) AS "round(f64)",
  IF(abs(v.f64 * 1e2) < 4503599627370496e0, sign(v.f64 * 1e2) * (abs(v.f64 * 1e2) + 4503599627370496e0 - 4503599627370496e0), (v.f64 * 1e2)) / 1e2 AS "round(f64, 2)",
  IF(abs(v.f32 * REAL '1e1') < REAL '8388608', sign(v.f32 * REAL '1e1') * (abs(v.f32 * REAL '1e1') + REAL '8388608' - REAL '8388608'), (v.f32 * REAL '1e1')) / REAL '1e1' AS "round(f32, 1)",
  IF(abs(v.f64 / 1e2) < 4503599627370496e0, sign(v.f64 / 1e2) * (abs(v.f64 / 1e2) + 4503599627370496e0 - 4503599627370496e0), (v.f64 / 1e2)) * 1e2 AS "round(f64, -2)",
  IF(abs(v.nf) < 4503599627370496e0, sign(v.nf) * (abs(v.nf) + 4503599627370496e0 - 4503599627370496e0), v.nf) AS "roundbankers(nf)",
  floor(v.f64 * 1e1) / 1e1 AS "floor(f64, 1)",
  ceil(v.nf) AS "ceil(nf)",
  truncate(v.f64 * 1e3) / 1e3 AS "trunc(f64, 3)",
  truncate(v.f64) AS "truncate(f64)"
FROM v
ORDER BY 1;

-- case: rounding of integers and decimals goes away from zero
SELECT id, round(i16, -1), round(u8, 2), floor(i16, -2), ceil(i16, -1), trunc(ni, -1), round(dec, 1), floor(dec, 2), ceil(dec), trunc(dec, 1), round(b) FROM v WHERE i16 > -32760 AND i16 < 32760 AND dec < 999999999 ORDER BY id;
-- trino
SELECT
  v.id,
  round(CAST(v.i16 AS bigint), -1) AS "round(i16, -1)",
  v.u8 AS "round(u8, 2)",
  CAST(v.i16 AS bigint) - mod(mod(CAST(v.i16 AS bigint), 100) + 100, 100) AS "floor(i16, -2)",
  CAST(v.i16 AS bigint) + mod(10 - mod(CAST(v.i16 AS bigint), 10), 10) AS "ceil(i16, -1)",
  v.ni - mod(v.ni, 10) AS "trunc(ni, -1)",
  CAST(round(v.dec, 1) AS decimal(12,3)) AS "round(dec, 1)",
  CAST(floor(v.dec * DECIMAL '100') * DECIMAL '0.01' AS decimal(12,3)) AS "floor(dec, 2)",
  CAST(ceil(v.dec * DECIMAL '1') * DECIMAL '1' AS decimal(12,3)) AS "ceil(dec)",
  CAST(truncate(v.dec, 1) AS decimal(12,3)) AS "trunc(dec, 1)",
  CAST(v.b AS bigint) AS "round(b)"
FROM v
WHERE v.i16 > (-32760)
  AND v.i16 < 32760
  AND v.dec < 999999999
ORDER BY 1;

-- case: digits must be a constant
SELECT round(f64, i8) FROM v;
-- error: round(): an argument of type Int8 is not supported

-- case: signs and extremes
SELECT id, abs(i8), abs(f64), abs(dec), abs(ni), sign(i8), sign(nf), greatest(i8, u8), least(f64, nf), greatest(s, 'b'), least(d, d), greatest(ni, 3), max2(f64, 1), min2(i8, 2) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  abs(CAST(v.i8 AS bigint)) AS "abs(i8)",
  abs(v.f64) AS "abs(f64)",
  abs(v.dec) AS "abs(dec)",
  abs(v.ni) AS "abs(ni)",
  CAST(sign(v.i8) AS bigint) AS "sign(i8)",
  IF(is_nan(v.nf), 1, CAST(sign(v.nf) AS bigint)) AS "sign(nf)",
  greatest(CAST(v.i8 AS smallint), v.u8) AS "greatest(i8, u8)",
  CASE WHEN v.f64 < v.nf THEN v.f64 WHEN v.f64 IS NOT NULL THEN v.nf END AS "least(f64, nf)",
  greatest(v.s, 'b') AS "greatest(s, 'b')",
  least(v.d, v.d) AS "least(d, d)",
  greatest(v.ni, CAST(3 AS bigint)) AS "greatest(ni, 3)",
  CASE WHEN v.f64 > 1.0e0 THEN v.f64 WHEN v.f64 IS NOT NULL THEN 1.0e0 END AS "max2(f64, 1)",
  CASE WHEN CAST(v.i8 AS double) < 2.0e0 THEN CAST(v.i8 AS double) WHEN CAST(v.i8 AS double) IS NOT NULL THEN 2.0e0 END AS "min2(i8, 2)"
FROM v
ORDER BY 1;

-- case: an integer of both kinds of 64 bits has no common type
SELECT greatest(u64, i8) FROM v;
-- error: greatest(): there is no supertype of UInt64, Int8

-- case: powers and logarithms
SELECT id, sqrt(u8), cbrt(f64), exp(i8 / 100), exp2(u8 / 16), exp10(u8 / 100), log(u8), ln(u8), log2(u8), log10(u8), log1p(u8), pow(i8, 2), power(2, u8 / 10), hypot(i8, 3) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  sqrt(CAST(v.u8 AS double)) AS "sqrt(u8)",
  cbrt(v.f64) AS "cbrt(f64)",
  exp(CAST(v.i8 AS double) / 100.0e0) AS "exp(divide(i8, 100))",
  power(2e0, CAST(v.u8 AS double) / 16.0e0) AS "exp2(divide(u8, 16))",
  power(1e1, CAST(v.u8 AS double) / 100.0e0) AS "exp10(divide(u8, 100))",
  ln(CAST(v.u8 AS double)) AS "log(u8)",
  ln(CAST(v.u8 AS double)) AS "ln(u8)",
  log2(CAST(v.u8 AS double)) AS "log2(u8)",
  log10(CAST(v.u8 AS double)) AS "log10(u8)",
  CASE WHEN 1e0 + CAST(v.u8 AS double) = 1e0 THEN CAST(v.u8 AS double) WHEN CAST(v.u8 AS double) > 1e10 THEN ln(1e0 + CAST(v.u8 AS double)) ELSE CAST(v.u8 AS double) * ln(1e0 + CAST(v.u8 AS double)) / ((1e0 + CAST(v.u8 AS double)) - 1e0) END AS "log1p(u8)",
  power(CAST(v.i8 AS double), 2.0e0) AS "pow(i8, 2)",
  power(2.0e0, CAST(v.u8 AS double) / 10.0e0) AS "power(2, divide(u8, 10))",
  sqrt(CAST(v.i8 AS double) * CAST(v.i8 AS double) + 3.0e0 * 3.0e0) AS "hypot(i8, 3)"
FROM v
ORDER BY 1;

-- case: angles
SELECT id, sin(i8), cos(i8), tan(i8), asin(nf / 3), acos(nf / 3), atan(nf), atan2(i8, u8), degrees(i8), radians(i8), cosh(i8 / 10), sinh(i8 / 10), pi(), e() FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  sin(CAST(v.i8 AS double)) AS "sin(i8)",
  cos(CAST(v.i8 AS double)) AS "cos(i8)",
  tan(CAST(v.i8 AS double)) AS "tan(i8)",
  asin(v.nf / 3.0e0) AS "asin(divide(nf, 3))",
  acos(v.nf / 3.0e0) AS "acos(divide(nf, 3))",
  atan(v.nf) AS "atan(nf)",
  atan2(CAST(v.i8 AS double), CAST(v.u8 AS double)) AS "atan2(i8, u8)",
  degrees(CAST(v.i8 AS double)) AS "degrees(i8)",
  radians(CAST(v.i8 AS double)) AS "radians(i8)",
  cosh(CAST(v.i8 AS double) / 10.0e0) AS "cosh(divide(i8, 10))",
  tanh(CAST(v.i8 AS double) / 10.0e0) * cosh(CAST(v.i8 AS double) / 10.0e0) AS "sinh(divide(i8, 10))",
  pi() AS "pi()",
  e() AS "e()"
FROM v
ORDER BY 1;

-- case: what is no number
SELECT id, isNaN(f64 / 0), isInfinite(i8 / 0), isFinite(nf), ifNotFinite(i8 / 0, 5) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(is_nan(v.f64 / 0.0e0) AS integer) AS "isnan(divide(f64, 0))",
  CAST(is_infinite(CAST(v.i8 AS double) / 0.0e0) AS integer) AS "isinfinite(divide(i8, 0))",
  CAST(is_finite(v.nf) AS integer) AS "isfinite(nf)",
  IF(is_finite(CAST(v.i8 AS double) / 0.0e0), CAST(v.i8 AS double) / 0.0e0, 5.0e0) AS "ifnotfinite(divide(i8, 0), 5)"
FROM v
ORDER BY 1;

-- case: bits
SELECT id, bitAnd(i8, u8), bitOr(u8, u16), bitXor(i8, u8), bitNot(u8), bitNot(i16), bitTest(u8, 1), bitCount(i8), bitCount(ni) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  bitwise_xor(bitwise_and(bitwise_and(CAST(v.i8 AS bigint), CAST(v.u8 AS bigint)), 255), 128) - 128 AS "bitand(i8, u8)",
  bitwise_or(CAST(v.u8 AS bigint), CAST(v.u16 AS bigint)) AS "bitor(u8, u16)",
  bitwise_xor(bitwise_and(bitwise_xor(CAST(v.i8 AS bigint), CAST(v.u8 AS bigint)), 255), 128) - 128 AS "bitxor(i8, u8)",
  bitwise_and(bitwise_not(CAST(v.u8 AS bigint)), 255) AS "bitnot(u8)",
  bitwise_not(CAST(v.i16 AS bigint)) AS "bitnot(i16)",
  bitwise_and(bitwise_right_shift(CAST(v.u8 AS bigint), CAST(BIGINT '1' AS integer)), 1) AS "bittest(u8, 1)",
  bit_count(CAST(v.i8 AS bigint), 8) AS "bitcount(i8)",
  bit_count(v.ni, 64) AS "bitcount(ni)"
FROM v
ORDER BY 1;

-- case: chance has no rows to compare [text only]
SELECT rand(), rand32(), rand64(), randCanonical(), generateUUIDv4();
-- trino
SELECT
  CAST(floor(random() * 4294967296e0) AS bigint) AS "rand()",
  CAST(floor(random() * 4294967296e0) AS bigint) AS "rand32()",
  CAST(floor(random() * 9223372036854775807e0) AS bigint) AS "rand64()",
  random() AS "randcanonical()",
  CAST(uuid() AS varchar) AS "generateuuidv4()";

-- case: a rounded aggregate, and a rounded key
SELECT round(price / 7, 1) AS band, round(avg(amount) * 1.5, 2) AS a, round(sum(price) / count(), 1) FROM events GROUP BY band ORDER BY band;
-- trino
SELECT
  transform(ARRAY[(events.price / 7.0e0) * 1e1], y -> IF(abs(y) < 4503599627370496e0, sign(y) * (abs(y) + 4503599627370496e0 - 4503599627370496e0), y))[1] / 1e1 AS band,
  transform(ARRAY[(avg(CAST(events.amount AS double)) * 1.5e0) * 1e2], y -> IF(abs(y) < 4503599627370496e0, sign(y) * (abs(y) + 4503599627370496e0 - 4503599627370496e0), y))[1] / 1e2 AS a,
  transform(ARRAY[(sum(events.price) / CAST(count(*) AS double)) * 1e1], y -> IF(abs(y) < 4503599627370496e0, sign(y) * (abs(y) + 4503599627370496e0 - 4503599627370496e0), y))[1] / 1e1 AS "round(divide(sum(price), count()), 1)"
FROM events
GROUP BY transform(ARRAY[(events.price / 7.0e0) * 1e1], y -> IF(abs(y) < 4503599627370496e0, sign(y) * (abs(y) + 4503599627370496e0 - 4503599627370496e0), y))[1] / 1e1
ORDER BY 1;
