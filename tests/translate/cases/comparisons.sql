-- case: numbers of other widths and signs
SELECT id, i8 = 3, u64 = i64, i64 < u64, u64 > -1, i64 = 2.0, f64 = 3, f32 = 0.1, dec = 1.005, dec > 1, b = 1, b = true, b = 2, ni = 5 FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(v.i8 = 3 AS integer) AS "equals(i8, 3)",
  CAST(v.u64 = v.i64 AS integer) AS "equals(u64, i64)",
  CAST(v.i64 < v.u64 AS integer) AS "less(i64, u64)",
  CAST(v.u64 > (-1) AS integer) AS "greater(u64, -1)",
  CAST(v.i64 = 2.0e0 AS integer) AS "equals(i64, 2.)",
  CAST(v.f64 = 3 AS integer) AS "equals(f64, 3)",
  CAST(v.f32 = 0.1e0 AS integer) AS "equals(f32, 0.1)",
  CAST(v.dec = 1.005e0 AS integer) AS "equals(dec, 1.005)",
  CAST(v.dec > 1 AS integer) AS "greater(dec, 1)",
  CAST(v.b = true AS integer) AS "equals(b, 1)",
  CAST(v.b = true AS integer) AS "equals(b, true)",
  CAST(CAST(v.b AS bigint) = 2 AS integer) AS "equals(b, 2)",
  CAST(v.ni = 5 AS integer) AS "equals(ni, 5)"
FROM v
ORDER BY 1;

-- case: lists and rows
SELECT id, ni IN (0, 5), ni NOT IN (0, 5, NULL), (i8, u8) IN ((0, 0), (1, 1)), f64 IN (0, 2.5), dec IN (0, 2.5), i8 IN ('0', '1'), lc IN ('red', ''), (s, b) IN (SELECT 'abc', true), u8 IN (SELECT i64 FROM v) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(v.ni IN (0, 5) AS integer) AS "in(ni, (0, 5))",
  CAST(v.ni NOT IN (0, 5) AS integer) AS "notin(ni, (0, 5, null))",
  CAST(ROW(v.i8, v.u8) IN (ROW(0, 0), ROW(1, 1)) AS integer) AS "in((i8, u8), ((0, 0), (1, 1)))",
  CAST(v.f64 IN (0, 2.5e0) AS integer) AS "in(f64, (0, 2.5))",
  CAST(v.dec IN (0, 2.5e0) AS integer) AS "in(dec, (0, 2.5))",
  CAST(v.i8 IN (BIGINT '0', BIGINT '1') AS integer) AS "in(i8, ('0', '1'))",
  CAST(v.lc IN ('red', '') AS integer) AS "in(lc, ('red', ''))",
  CAST(CAST(ROW(v.s, v.b) AS row("f1" varchar, "f2" boolean)) IN (
    SELECT CAST("'abc'" AS varchar) AS f1, CAST("true" AS boolean) AS f2 FROM (
      SELECT 'abc' AS "'abc'", true AS "true"
    ) AS s
  ) AS integer) AS "in((s, b), _subquery_1)",
  CAST(v.u8 IN (
    SELECT v.i64
    FROM v
  ) AS integer) AS "in(u8, _subquery_2)"
FROM v
ORDER BY 1;

-- case: three values of truth
SELECT id, u8 AND b, b OR nu8, nu8 AND 1, NOT nu8, NOT b, xor(b, b), u8 = 1 OR u8 = 2, isZeroOrNull(ni), ni IS NULL FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  (v.u8 <> 0) AND v.b AS "and(u8, b)",
  v.b OR (v.nu8 <> 0) AS "or(b, nu8)",
  CAST((v.nu8 <> 0) AND (1 <> 0) AS integer) AS "and(nu8, 1)",
  CAST(NOT (v.nu8 <> 0) AS integer) AS "not(nu8)",
  NOT v.b AS "not(b)",
  v.b <> v.b AS "xor(b, b)",
  CAST((v.u8 = 1) OR (v.u8 = 2) AS integer) AS "or(equals(u8, 1), equals(u8, 2))",
  CAST(coalesce(v.ni = 0, true) AS integer) AS "iszeroornull(ni)",
  CAST(v.ni IS NULL AS integer) AS "isnull(ni)"
FROM v
ORDER BY 1;

-- case: whole quotients and remainders
SELECT id, intDiv(i8, 3), intDiv(u32, 7), intDivOrZero(i16, u8), i8 % 3, u32 % 10, positiveModulo(i8, 3), positiveModulo(ni, 5), i8 + NULL, u8 / 0 FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(v.i8 AS bigint) / BIGINT '3' AS "intdiv(i8, 3)",
  v.u32 / BIGINT '7' AS "intdiv(u32, 7)",
  IF(v.u8 = 0, 0, CAST(v.i16 AS bigint) / CAST(nullif(v.u8, 0) AS bigint)) AS "intdivorzero(i16, u8)",
  mod(CAST(v.i8 AS bigint), 3) AS "modulo(i8, 3)",
  mod(v.u32, 10) AS "modulo(u32, 10)",
  mod(mod(CAST(v.i8 AS bigint), 3) + abs(BIGINT '3'), abs(BIGINT '3')) AS "positivemodulo(i8, 3)",
  mod(mod(v.ni, 5) + abs(BIGINT '5'), abs(BIGINT '5')) AS "positivemodulo(ni, 5)",
  CAST(NULL AS varchar) AS "plus(i8, null)",
  CAST(v.u8 AS double) / 0.0e0 AS "divide(u8, 0)"
FROM v
ORDER BY 1;

-- case: a float beside decimals is cut
SELECT dec IN (0, 1.005) FROM v;
-- error: in(): 1.005 beside Decimal(12, 3): write it as a text
