-- case: arithmetic widens
SELECT id, i8 + u8, i16 * 2, u32 - u8, i32 / 2, u8 % 3, intDiv(i16, 7), -i8, f64 + 1, f32 * 2 FROM v WHERE i8 > -128 ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(v.i8 AS bigint) + v.u8 AS "plus(i8, u8)",
  CAST(v.i16 AS bigint) * 2 AS "multiply(i16, 2)",
  v.u32 - v.u8 AS "minus(u32, u8)",
  CAST(v.i32 AS double) / 2.0e0 AS "divide(i32, 2)",
  mod(CAST(v.u8 AS bigint), 3) AS "modulo(u8, 3)",
  CAST(v.i16 AS bigint) / BIGINT '7' AS "intdiv(i16, 7)",
  -CAST(v.i8 AS bigint) AS "negate(i8)",
  v.f64 + 1.0e0 AS "plus(f64, 1)",
  CAST(v.f32 AS double) * 2.0e0 AS "multiply(f32, 2)"
FROM v
WHERE v.i8 > (-128)
ORDER BY 1;

-- case: comparisons are numbers
SELECT id, u8 = 1, s = 'abc', sum(u8 = 1) OVER () FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(v.u8 = 1 AS integer) AS "equals(u8, 1)",
  CAST(v.s = 'abc' AS integer) AS "equals(s, 'abc')",
  sum(CAST(v.u8 = 1 AS bigint)) OVER () AS "sum(equals(u8, 1)) over ()"
FROM v
ORDER BY 1;

-- case: conditions
SELECT id, if(u8 > 1, i8, u16), multiIf(u8 = 1, 'one', u8 = 2, 'two', s), CASE s WHEN 'abc' THEN 1 ELSE -300 END, coalesce(ni, i64), ifNull(ni, 0), nullIf(u8, 1), isNull(ni), ni IS NOT NULL, assumeNotNull(ni) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  IF(v.u8 > 1, CAST(v.i8 AS integer), v.u16) AS "if(greater(u8, 1), i8, u16)",
  CASE WHEN v.u8 = 1 THEN 'one' WHEN v.u8 = 2 THEN 'two' ELSE v.s END AS "multiif(equals(u8, 1), 'one', equals(u8, 2), 'two', s)",
  CASE WHEN v.s = 'abc' THEN 1 ELSE (-300) END AS "casewithexpression(s, 'abc', 1, -300)",
  coalesce(v.ni, v.i64) AS "coalesce(ni, i64)",
  coalesce(v.ni, CAST(0 AS bigint)) AS "ifnull(ni, 0)",
  IF(v.u8 = 1, NULL, v.u8) AS "nullif(u8, 1)",
  CAST(v.ni IS NULL AS integer) AS "isnull(ni)",
  CAST(v.ni IS NOT NULL AS integer) AS "isnotnull(ni)",
  coalesce(v.ni, 0) AS "assumenotnull(ni)"
FROM v
ORDER BY 1;

-- case: in lists
SELECT id, u8 IN (1, 2, NULL), ni IN (0, 5), ni NOT IN (0, 5, NULL), s IN ('abc', ''), d IN ('2024-02-29'), has.x FROM (SELECT *, tuple(1) AS has FROM v) ORDER BY id;
-- error: tupleElement(): there is no element 'x' in Tuple(UInt8)

-- case: times and intervals
SELECT id, dt + INTERVAL 1 DAY, dt - INTERVAL 90 MINUTE, d + 7, d + INTERVAL 1 MONTH, dt3 + INTERVAL 1 HOUR, dt + 60, d - d, dt > '2000-01-01 00:00:00', d <= '2024-01-01', d = dt FROM v WHERE dt > '1971-01-01 00:00:00' AND dt < '2038-01-01 00:00:00' AND d < '2100-01-01' ORDER BY id;
-- trino
SELECT
  v.id,
  date_add('day', BIGINT '1', v.dt) AS "plus(dt, tointervalday(1))",
  date_add('minute', -BIGINT '90', v.dt) AS "minus(dt, tointervalminute(90))",
  date_add('day', BIGINT '7', v.d) AS "plus(d, 7)",
  date_add('month', BIGINT '1', v.d) AS "plus(d, tointervalmonth(1))",
  date_add('hour', BIGINT '1', v.dt3) AS "plus(dt3, tointervalhour(1))",
  date_add('second', BIGINT '60', v.dt) AS "plus(dt, 60)",
  date_diff('day', v.d, v.d) AS "minus(d, d)",
  CAST(v.dt > TIMESTAMP '2000-01-01 00:00:00.000' AS integer) AS "greater(dt, '2000-01-01 00:00:00')",
  CAST(v.d <= DATE '2024-01-01' AS integer) AS "lessorequals(d, '2024-01-01')",
  CAST(CAST(v.d AS timestamp(3)) = v.dt AS integer) AS "equals(d, dt)"
FROM v
WHERE v.dt > TIMESTAMP '1971-01-01 00:00:00.000'
  AND v.dt < TIMESTAMP '2038-01-01 00:00:00.000'
  AND v.d < DATE '2100-01-01'
ORDER BY 1;

-- case: division of decimals cuts off
SELECT id, dec / 3, dec / 7, dec / 2, -dec / 3, dec / toDecimal64(1.25, 2), dec / toDecimal32(3, 0) FROM v WHERE id < 40 ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(((CAST(v.dec * DECIMAL '1000' AS decimal(38,0)) - mod(CAST(v.dec * DECIMAL '1000' AS decimal(38,0)), CAST(3 AS decimal(38,0)))) / CAST(3 AS decimal(38,0))) * DECIMAL '0.001' AS decimal(12,3)) AS "divide(dec, 3)",
  CAST(((CAST(v.dec * DECIMAL '1000' AS decimal(38,0)) - mod(CAST(v.dec * DECIMAL '1000' AS decimal(38,0)), CAST(7 AS decimal(38,0)))) / CAST(7 AS decimal(38,0))) * DECIMAL '0.001' AS decimal(12,3)) AS "divide(dec, 7)",
  CAST(((CAST(v.dec * DECIMAL '1000' AS decimal(38,0)) - mod(CAST(v.dec * DECIMAL '1000' AS decimal(38,0)), CAST(2 AS decimal(38,0)))) / CAST(2 AS decimal(38,0))) * DECIMAL '0.001' AS decimal(12,3)) AS "divide(dec, 2)",
  CAST(((CAST((-v.dec) * DECIMAL '1000' AS decimal(38,0)) - mod(CAST((-v.dec) * DECIMAL '1000' AS decimal(38,0)), CAST(3 AS decimal(38,0)))) / CAST(3 AS decimal(38,0))) * DECIMAL '0.001' AS decimal(12,3)) AS "divide(negate(dec), 3)",
  CAST(((CAST(v.dec * DECIMAL '100000' AS decimal(38,0)) - mod(CAST(v.dec * DECIMAL '100000' AS decimal(38,0)), CAST(CAST(CAST(truncate(1.25e0 * 1e2) AS decimal(38,0)) * DECIMAL '0.01' AS decimal(18,2)) * DECIMAL '100' AS decimal(38,0)))) / CAST(CAST(CAST(truncate(1.25e0 * 1e2) AS decimal(38,0)) * DECIMAL '0.01' AS decimal(18,2)) * DECIMAL '100' AS decimal(38,0))) * DECIMAL '0.001' AS decimal(18,3)) AS "divide(dec, todecimal64(1.25, 2))",
  CAST(((CAST(v.dec * DECIMAL '1000' AS decimal(38,0)) - mod(CAST(v.dec * DECIMAL '1000' AS decimal(38,0)), CAST(CAST(3 AS decimal(9,0)) AS decimal(38,0)))) / CAST(CAST(3 AS decimal(9,0)) AS decimal(38,0))) * DECIMAL '0.001' AS decimal(18,3)) AS "divide(dec, todecimal32(3, 0))"
FROM v
WHERE v.id < 40
ORDER BY 1;

-- case: an average of decimals
SELECT g, sum(dec) / count(), sum(dec) / 7 FROM (SELECT id % 3 AS g, dec FROM v) GROUP BY g ORDER BY g;
-- trino
SELECT
  subquery1.g,
  CAST(((CAST(sum(subquery1.dec) * DECIMAL '1000' AS decimal(38,0)) - mod(CAST(sum(subquery1.dec) * DECIMAL '1000' AS decimal(38,0)), CAST(count(*) AS decimal(38,0)))) / CAST(count(*) AS decimal(38,0))) * DECIMAL '0.001' AS decimal(38,3)) AS "divide(sum(dec), count())",
  CAST(((CAST(sum(subquery1.dec) * DECIMAL '1000' AS decimal(38,0)) - mod(CAST(sum(subquery1.dec) * DECIMAL '1000' AS decimal(38,0)), CAST(7 AS decimal(38,0)))) / CAST(7 AS decimal(38,0))) * DECIMAL '0.001' AS decimal(38,3)) AS "divide(sum(dec), 7)"
FROM (
  SELECT mod(v.id, 3) AS g, v.dec
  FROM v
) AS subquery1
GROUP BY subquery1.g
ORDER BY 1;
