-- case: numbers become numbers
SELECT id, toInt32(i64), toUInt8(i16), toInt8(u32), toInt64(dec), toFloat64(dec), toFloat32(i8), toInt32(nf), toInt64(b), CAST(i16 AS UInt8), u8::Int16, CAST(ni AS Nullable(Int8)) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  bitwise_xor(bitwise_and(v.i64, 4294967295), 2147483648) - 2147483648 AS "toint32(i64)",
  bitwise_and(v.i16, 255) AS "touint8(i16)",
  bitwise_xor(bitwise_and(v.u32, 255), 128) - 128 AS "toint8(u32)",
  CAST(truncate(v.dec) AS bigint) AS "toint64(dec)",
  CAST(v.dec AS double) AS "tofloat64(dec)",
  CAST(v.i8 AS real) AS "tofloat32(i8)",
  bitwise_xor(bitwise_and(CAST(truncate(v.nf) AS bigint), 4294967295), 2147483648) - 2147483648 AS "toint32(nf)",
  CAST(v.b AS bigint) AS "toint64(b)",
  bitwise_and(v.i16, 255) AS "cast(i16, 'uint8')",
  v.u8 AS "cast(u8, 'int16')",
  bitwise_xor(bitwise_and(v.ni, 255), 128) - 128 AS "cast(ni, 'nullable(int8)')"
FROM v
ORDER BY 1;

-- case: literals become numbers
SELECT toInt32('12'), toUInt64('18446744073709551615'), toFloat64('1.5'), toDecimal64('1.25', 1), '7'::UInt8, toInt32OrZero('x'), toInt32OrNull('5');
-- trino
SELECT
  BIGINT '12' AS "toint32('12')",
  DECIMAL '18446744073709551615' AS "touint64('18446744073709551615')",
  1.5e0 AS "tofloat64('1.5')",
  DECIMAL '1.2' AS "todecimal64('1.25', 1)",
  BIGINT '7' AS "cast('7', 'uint8')",
  coalesce(CASE WHEN regexp_like('x', '\A[+-]?[0-9]+\z') AND TRY_CAST('x' AS bigint) BETWEEN -2147483648 AND 2147483647 THEN TRY_CAST('x' AS bigint) END, CAST(0 AS bigint)) AS "toint32orzero('x')",
  CASE WHEN regexp_like('5', '\A[+-]?[0-9]+\z') AND TRY_CAST('5' AS bigint) BETWEEN -2147483648 AND 2147483647 THEN TRY_CAST('5' AS bigint) END AS "toint32ornull('5')";

-- case: texts become numbers
SELECT id, toInt32OrZero(s), toInt64OrNull(s), toUInt8OrDefault(s), toFloat64OrZero(s), toFloat64OrNull(ns), toFloat32OrZero(lc), toInt32OrDefault(s, toInt32(7)), accurateCastOrNull(s, 'Int16') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(CASE WHEN regexp_like(v.s, '\A[+-]?[0-9]+\z') AND TRY_CAST(v.s AS bigint) BETWEEN -2147483648 AND 2147483647 THEN TRY_CAST(v.s AS bigint) END, CAST(0 AS bigint)) AS "toint32orzero(s)",
  CASE WHEN regexp_like(v.s, '\A[+-]?[0-9]+\z') THEN TRY_CAST(v.s AS bigint) END AS "toint64ornull(s)",
  coalesce(CASE WHEN regexp_like(v.s, '\A\+?[0-9]+\z') AND TRY_CAST(v.s AS bigint) BETWEEN 0 AND 255 THEN TRY_CAST(v.s AS bigint) END, CAST(0 AS bigint)) AS "touint8ordefault(s)",
  coalesce(CASE WHEN regexp_like(v.s, '\A[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z') THEN CAST(v.s AS double) WHEN regexp_like(v.s, '(?i)\A-inf(inity)?\z') THEN -infinity() WHEN regexp_like(v.s, '(?i)\A\+?inf(inity)?\z') THEN infinity() WHEN regexp_like(v.s, '(?i)\A[+-]?nan\z') THEN nan() END, 0e0) AS "tofloat64orzero(s)",
  CASE WHEN regexp_like(v.ns, '\A[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z') THEN CAST(v.ns AS double) WHEN regexp_like(v.ns, '(?i)\A-inf(inity)?\z') THEN -infinity() WHEN regexp_like(v.ns, '(?i)\A\+?inf(inity)?\z') THEN infinity() WHEN regexp_like(v.ns, '(?i)\A[+-]?nan\z') THEN nan() END AS "tofloat64ornull(ns)",
  coalesce(CAST(CASE WHEN regexp_like(v.lc, '\A[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z') THEN CAST(v.lc AS double) WHEN regexp_like(v.lc, '(?i)\A-inf(inity)?\z') THEN -infinity() WHEN regexp_like(v.lc, '(?i)\A\+?inf(inity)?\z') THEN infinity() WHEN regexp_like(v.lc, '(?i)\A[+-]?nan\z') THEN nan() END AS real), CAST(0e0 AS real)) AS "tofloat32orzero(lc)",
  coalesce(CASE WHEN regexp_like(v.s, '\A[+-]?[0-9]+\z') AND TRY_CAST(v.s AS bigint) BETWEEN -2147483648 AND 2147483647 THEN TRY_CAST(v.s AS bigint) END, CAST(7 AS bigint)) AS "toint32ordefault(s, toint32(7))",
  CASE WHEN regexp_like(v.s, '\A[+-]?[0-9]+\z') AND TRY_CAST(v.s AS bigint) BETWEEN -32768 AND 32767 THEN TRY_CAST(v.s AS bigint) END AS "accuratecastornull(s, 'int16')"
FROM v
ORDER BY 1;

-- case: a text that is a number
SELECT id, toInt32(s), toFloat64(s), CAST(s AS Int64), toUInt8(s) FROM v WHERE s = '123' ORDER BY id;
-- trino
SELECT
  v.id,
  bitwise_xor(bitwise_and(CAST(IF(regexp_like(v.s, '\A[+-]?[0-9]+\z'), v.s, 'no Int32: ' || v.s) AS bigint), 4294967295), 2147483648) - 2147483648 AS "toint32(s)",
  CASE WHEN regexp_like(v.s, '\A[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z') THEN CAST(v.s AS double) WHEN regexp_like(v.s, '(?i)\A-inf(inity)?\z') THEN -infinity() WHEN regexp_like(v.s, '(?i)\A\+?inf(inity)?\z') THEN infinity() WHEN regexp_like(v.s, '(?i)\A[+-]?nan\z') THEN nan() WHEN v.s IS NOT NULL THEN CAST('no Float64: ' || v.s AS double) END AS "tofloat64(s)",
  CAST(IF(regexp_like(v.s, '\A[+-]?[0-9]+\z'), v.s, 'no Int64: ' || v.s) AS bigint) AS "cast(s, 'int64')",
  bitwise_and(CAST(IF(regexp_like(v.s, '\A\+?[0-9]+\z'), v.s, 'no UInt8: ' || v.s) AS bigint), 255) AS "touint8(s)"
FROM v
WHERE v.s = '123'
ORDER BY 1;

-- case: everything becomes text
SELECT id, toString(i8), toString(u64), toString(f64), toString(f32), toString(dec), toString(b), toString(s), toString(lc), toString(uid), toString(e), toString(d), toString(dt), toString(dt3), toString(ni), toString(nf), toString(nd) FROM v WHERE dt < '2038-01-01 00:00:00' ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(v.i8 AS varchar) AS "tostring(i8)",
  CAST(v.u64 AS varchar) AS "tostring(u64)",
  regexp_replace(replace(lower(IF(is_finite(v.f64), CASE WHEN CAST(format('%.14e', v.f64) AS double) = v.f64 THEN format('%.14e', v.f64) WHEN CAST(format('%.15e', v.f64) AS double) = v.f64 THEN format('%.15e', v.f64) ELSE CAST(v.f64 AS varchar) END, CAST(v.f64 AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END) AS "tostring(f64)",
  regexp_replace(replace(lower(IF(is_finite(CAST(v.f32 AS double)), CASE WHEN CAST(format('%.6e', CAST(v.f32 AS double)) AS real) = v.f32 THEN format('%.6e', CAST(v.f32 AS double)) WHEN CAST(format('%.7e', CAST(v.f32 AS double)) AS real) = v.f32 THEN format('%.7e', CAST(v.f32 AS double)) ELSE format('%.8e', CAST(v.f32 AS double)) END, CAST(v.f32 AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END) AS "tostring(f32)",
  regexp_replace(CAST(v.dec AS varchar), '\.?0+\z', '') AS "tostring(dec)",
  CAST(v.b AS varchar) AS "tostring(b)",
  v.s AS "tostring(s)",
  v.lc AS "tostring(lc)",
  v.uid AS "tostring(uid)",
  v.e AS "tostring(e)",
  CAST(v.d AS varchar) AS "tostring(d)",
  substr(CAST(v.dt AS varchar), 1, 19) AS "tostring(dt)",
  CAST(v.dt3 AS varchar) AS "tostring(dt3)",
  CAST(v.ni AS varchar) AS "tostring(ni)",
  regexp_replace(replace(lower(IF(is_finite(v.nf), CASE WHEN CAST(format('%.14e', v.nf) AS double) = v.nf THEN format('%.14e', v.nf) WHEN CAST(format('%.15e', v.nf) AS double) = v.nf THEN format('%.15e', v.nf) ELSE CAST(v.nf AS varchar) END, CAST(v.nf AS varchar))), 'infinity', 'inf'), '\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z', m -> m[1] || CASE WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 AND length(m[3]) <= CAST(m[4] AS integer) THEN rpad(m[2] || m[3], CAST(m[4] AS integer) + 1, '0') WHEN CAST(m[4] AS integer) BETWEEN 0 AND 20 THEN m[2] || substr(m[3], 1, CAST(m[4] AS integer)) || '.' || substr(m[3], CAST(m[4] AS integer) + 1) WHEN CAST(m[4] AS integer) BETWEEN -6 AND -1 THEN '0.' || lpad('', -CAST(m[4] AS integer) - 1, '0') || m[2] || m[3] WHEN m[3] = '' THEN m[2] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) ELSE m[2] || '.' || m[3] || 'e' || CAST(CAST(m[4] AS integer) AS varchar) END) AS "tostring(nf)",
  CAST(v.nd AS varchar) AS "tostring(nd)"
FROM v
WHERE v.dt < TIMESTAMP '2038-01-01 00:00:00.000'
ORDER BY 1;

-- case: decimals
SELECT id, toDecimal32(i8, 2), toDecimal64(f64 / 1e10, 2), toDecimal64(dec, 2), toDecimal128(u64, 3) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(v.i8 AS decimal(9,2)) AS "todecimal32(i8, 2)",
  CAST(CAST(truncate((v.f64 / 10000000000.0e0) * 1e2) AS decimal(38,0)) * DECIMAL '0.01' AS decimal(18,2)) AS "todecimal64(divide(f64, 10000000000.), 2)",
  CAST(truncate(v.dec, 2) AS decimal(18,2)) AS "todecimal64(dec, 2)",
  CAST(v.u64 AS decimal(38,3)) AS "todecimal128(u64, 3)"
FROM v
ORDER BY 1;

-- case: UUIDs
SELECT id, toUUID(toString(uid)), toUUIDOrNull(s), toUUIDOrZero(upper(toString(uid))), toUUID('61F0C404-5CB3-11E7-907B-A6006AD3DBA0') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  IF(regexp_like(lower(v.uid), '\A([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\z'), regexp_replace(lower(v.uid), '\A([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\z', '$1-$2-$3-$4-$5'), CAST(CAST('no UUID: ' || v.uid AS bigint) AS varchar)) AS "touuid(tostring(uid))",
  CASE WHEN regexp_like(lower(v.s), '\A([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\z') THEN regexp_replace(lower(v.s), '\A([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\z', '$1-$2-$3-$4-$5') END AS "touuidornull(s)",
  coalesce(CASE WHEN regexp_like(lower(translate(v.uid, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')), '\A([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\z') THEN regexp_replace(lower(translate(v.uid, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ')), '\A([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\z', '$1-$2-$3-$4-$5') END, '00000000-0000-0000-0000-000000000000') AS "touuidorzero(upper(tostring(uid)))",
  '61f0c404-5cb3-11e7-907b-a6006ad3dba0' AS "touuid('61f0c404-5cb3-11e7-907b-a6006ad3dba0')"
FROM v
ORDER BY 1;

-- case: what fits
SELECT id, accurateCastOrNull(i16, 'UInt8'), accurateCastOrNull(u64, 'Int8'), accurateCastOrNull(i64, 'UInt64'), toBool(i8), toBool(nf) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CASE WHEN v.i16 BETWEEN 0 AND 255 THEN CAST(v.i16 AS bigint) END AS "accuratecastornull(i16, 'uint8')",
  CASE WHEN v.u64 BETWEEN (-128) AND 127 THEN CAST(v.u64 AS bigint) END AS "accuratecastornull(u64, 'int8')",
  CASE WHEN v.i64 BETWEEN 0 AND DECIMAL '18446744073709551615' THEN v.i64 END AS "accuratecastornull(i64, 'uint64')",
  v.i8 <> 0 AS "tobool(i8)",
  v.nf <> 0 AS "tobool(nf)"
FROM v
ORDER BY 1;

-- case: types
SELECT id, toTypeName(i8 + u64), toTypeName(lc), toLowCardinality(s), defaultValueOfTypeName('Int32'), defaultValueOfTypeName('String'), defaultValueOfArgumentType(u8) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  'Int64' AS "totypename(plus(i8, u64))",
  'LowCardinality(String)' AS "totypename(lc)",
  v.s AS "tolowcardinality(s)",
  0 AS "defaultvalueoftypename('int32')",
  '' AS "defaultvalueoftypename('string')",
  0 AS "defaultvalueofargumenttype(u8)"
FROM v
ORDER BY 1;

-- case: arrays have no text
SELECT toString(ai) FROM v;
-- error: CAST from Array(Int64) to String is not supported
