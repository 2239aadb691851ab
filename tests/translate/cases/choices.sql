-- case: transform with a default
SELECT id, transform(u8,[0,1,2],['zero','one','two'],'other'),transform(s,['abc',''],[1,2],-1),transform(s,['abc','ü'],['x','y']),transform(u8,[0,1],[10,200]),transform(ni,[0,5],['a','b'],'n'),transform(lc,['red'],['RED'],'no'),transform(lc,['red'],['RED']),transform(u8,[0,1],['a','b'],s) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CASE WHEN v.u8 = 0 THEN 'zero' WHEN v.u8 = 1 THEN 'one' WHEN v.u8 = 2 THEN 'two' ELSE 'other' END AS "transform(u8, [0, 1, 2], ['zero', 'one', 'two'], 'other')",
  CASE WHEN v.s = 'abc' THEN 1 WHEN v.s = '' THEN 2 ELSE (-1) END AS "transform(s, ['abc', ''], [1, 2], -1)",
  CASE WHEN v.s = 'abc' THEN 'x' WHEN v.s = 'ü' THEN 'y' ELSE v.s END AS "transform(s, ['abc', 'ü'], ['x', 'y'])",
  CASE WHEN v.u8 = 0 THEN 10 WHEN v.u8 = 1 THEN 200 ELSE CAST(v.u8 AS integer) END AS "transform(u8, [0, 1], [10, 200])",
  CASE WHEN v.ni = 0 THEN 'a' WHEN v.ni = 5 THEN 'b' ELSE 'n' END AS "transform(ni, [0, 5], ['a', 'b'], 'n')",
  CASE WHEN v.lc = 'red' THEN 'RED' ELSE 'no' END AS "transform(lc, ['red'], ['red'], 'no')",
  CASE WHEN v.lc = 'red' THEN 'RED' ELSE v.lc END AS "transform(lc, ['red'], ['red'])",
  CASE WHEN v.u8 = 0 THEN 'a' WHEN v.u8 = 1 THEN 'b' ELSE v.s END AS "transform(u8, [0, 1], ['a', 'b'], s)"
FROM v
ORDER BY 1;

-- case: transform into other types
SELECT id, transform(i32,[42,-42],[1.5,2],0),transform(u64,[1],[2],0),transform(u8,[1,2],[toDate('2024-01-01'),toDate('2024-01-02')],toDate('2000-01-01')) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CASE WHEN v.i32 = 42 THEN 1.5e0 WHEN v.i32 = (-42) THEN 2.0e0 ELSE 0.0e0 END AS "transform(i32, [42, -42], [1.5, 2.], 0)",
  CASE WHEN v.u64 = 1 THEN 2 ELSE 0 END AS "transform(u64, [1], [2], 0)",
  CASE WHEN v.u8 = 1 THEN DATE '2024-01-01' WHEN v.u8 = 2 THEN DATE '2024-01-02' ELSE DATE '2000-01-01' END AS "transform(u8, [1, 2], [todate('2024-01-01'), todate('2024-01-02')], todate('2000-01-01'))"
FROM v
ORDER BY 1;

-- case: transform and NULL
SELECT id, transform(s,['abc'],[NULL],'q'), transform(u8,[1],['a'],NULL), transform(u8,[1],[2000]), transform(ns,['x'],['x'],s2) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CASE WHEN v.s = 'abc' THEN NULL ELSE 'q' END AS "transform(s, ['abc'], [null], 'q')",
  CASE WHEN v.u8 = 1 THEN 'a' END AS "transform(u8, [1], ['a'], null)",
  CASE WHEN v.u8 = 1 THEN 2000 ELSE CAST(v.u8 AS integer) END AS "transform(u8, [1], [2000])",
  CASE WHEN v.ns = 'x' THEN 'x' ELSE v.s2 END AS "transform(ns, ['x'], ['x'], s2)"
FROM v
ORDER BY 1;

-- case: transform of a column of arrays
SELECT transform(s, as, as, '') FROM v;
-- error: transform(): an array that is written out is expected: ['a', 'b']

-- case: a server
SELECT version();
-- error: Function version() is not supported on Athena: there is no ClickHouse server on Athena

-- case: dictionaries
SELECT dictGet('d', 'a', u8) FROM v;
-- error: Function dictGet() is not supported on Athena: there are no dictionaries: use JOIN
