-- case: arithmetic of tuples
SELECT id, tuplePlus((u8,i16),(1,f64)),tupleMinus((u8,i8),(u8,1)),tupleMultiply((u8,2),(3,nf)),tupleDivide((u8,2),(4,f64)),tupleMultiplyByNumber((u8,f64),2),tupleDivideByNumber((u8,1),4),tupleNegate((u8,f64)),tupleNames(ntup), tupleNames(tup) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  ROW(CAST(ROW(v.u8, v.i16)[1] AS bigint) + ROW(1, v.f64)[1], CAST(ROW(v.u8, v.i16)[2] AS double) + ROW(1, v.f64)[2]) AS "tupleplus((u8, i16), (1, f64))",
  ROW(CAST(ROW(v.u8, v.i8)[1] AS bigint) - ROW(v.u8, 1)[1], CAST(ROW(v.u8, v.i8)[2] AS bigint) - ROW(v.u8, 1)[2]) AS "tupleminus((u8, i8), (u8, 1))",
  ROW(CAST(ROW(v.u8, 2)[1] AS bigint) * ROW(3, v.nf)[1], CAST(ROW(v.u8, 2)[2] AS double) * ROW(3, v.nf)[2]) AS "tuplemultiply((u8, 2), (3, nf))",
  ROW(CAST(ROW(v.u8, 2)[1] AS double) / CAST(ROW(4, v.f64)[1] AS double), CAST(ROW(v.u8, 2)[2] AS double) / ROW(4, v.f64)[2]) AS "tupledivide((u8, 2), (4, f64))",
  ROW(CAST(ROW(v.u8, v.f64)[1] AS bigint) * 2, ROW(v.u8, v.f64)[2] * 2.0e0) AS "tuplemultiplybynumber((u8, f64), 2)",
  ROW(CAST(ROW(v.u8, 1)[1] AS double) / 4.0e0, CAST(ROW(v.u8, 1)[2] AS double) / 4.0e0) AS "tupledividebynumber((u8, 1), 4)",
  ROW(-CAST(ROW(v.u8, v.f64)[1] AS bigint), -ROW(v.u8, v.f64)[2]) AS "tuplenegate((u8, f64))",
  ARRAY['name', 'size'] AS "tuplenames(ntup)",
  ARRAY['1', '2'] AS "tuplenames(tup)"
FROM v
ORDER BY 1;
