-- case: arrays turned and shifted
SELECT id, arrayRotateLeft(ai,1),arrayRotateLeft(as,i8),arrayRotateRight(ai,2),arrayRotateRight(an,-1),arrayShiftLeft(ai,1),arrayShiftRight(as,1),arrayShiftRight(ai,5),arrayShiftLeft(an,1),arrayShiftLeft(as,-2,'z'),arrayShiftRight(aa,1),arrayEnumerateDense(ai),arrayEnumerateDense(as),arrayShiftLeft(af,1) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  IF(cardinality(v.ai) = 0, v.ai, concat(slice(v.ai, mod(mod(1, cardinality(v.ai)) + cardinality(v.ai), cardinality(v.ai)) + 1, cardinality(v.ai)), slice(v.ai, 1, mod(mod(1, cardinality(v.ai)) + cardinality(v.ai), cardinality(v.ai))))) AS "arrayrotateleft(ai, 1)",
  IF(cardinality(v."as") = 0, v."as", concat(slice(v."as", mod(mod(CAST(v.i8 AS bigint), cardinality(v."as")) + cardinality(v."as"), cardinality(v."as")) + 1, cardinality(v."as")), slice(v."as", 1, mod(mod(CAST(v.i8 AS bigint), cardinality(v."as")) + cardinality(v."as"), cardinality(v."as"))))) AS "arrayrotateleft(as, i8)",
  IF(cardinality(v.ai) = 0, v.ai, concat(slice(v.ai, mod(mod(-2, cardinality(v.ai)) + cardinality(v.ai), cardinality(v.ai)) + 1, cardinality(v.ai)), slice(v.ai, 1, mod(mod(-2, cardinality(v.ai)) + cardinality(v.ai), cardinality(v.ai))))) AS "arrayrotateright(ai, 2)",
  IF(cardinality(v.an) = 0, v.an, concat(slice(v.an, mod(mod(-(-1), cardinality(v.an)) + cardinality(v.an), cardinality(v.an)) + 1, cardinality(v.an)), slice(v.an, 1, mod(mod(-(-1), cardinality(v.an)) + cardinality(v.an), cardinality(v.an))))) AS "arrayrotateright(an, -1)",
  concat(slice(v.ai, 2, cardinality(v.ai)), repeat(CAST(0 AS bigint), CAST(least(1, cardinality(v.ai)) AS integer))) AS "arrayshiftleft(ai, 1)",
  concat(repeat(CAST('' AS varchar), CAST(least(1, cardinality(v."as")) AS integer)), slice(v."as", 1, greatest(cardinality(v."as") - 1, 0))) AS "arrayshiftright(as, 1)",
  concat(repeat(CAST(0 AS bigint), CAST(least(5, cardinality(v.ai)) AS integer)), slice(v.ai, 1, greatest(cardinality(v.ai) - 5, 0))) AS "arrayshiftright(ai, 5)",
  concat(slice(v.an, 2, cardinality(v.an)), repeat(CAST(NULL AS bigint), CAST(least(1, cardinality(v.an)) AS integer))) AS "arrayshiftleft(an, 1)",
  concat(repeat(CAST('z' AS varchar), CAST(least(2, cardinality(v."as")) AS integer)), slice(v."as", 1, greatest(cardinality(v."as") - 2, 0))) AS "arrayshiftleft(as, -2, 'z')",
  concat(repeat(CAST(CAST(ARRAY[] AS array(smallint)) AS array(smallint)), CAST(least(1, cardinality(v.aa)) AS integer)), slice(v.aa, 1, greatest(cardinality(v.aa) - 1, 0))) AS "arrayshiftright(aa, 1)",
  transform(v.ai, x -> array_position(array_distinct(v.ai), x)) AS "arrayenumeratedense(ai)",
  transform(v."as", x -> array_position(array_distinct(v."as"), x)) AS "arrayenumeratedense(as)",
  concat(slice(v.af, 2, cardinality(v.af)), repeat(CAST(0e0 AS double), CAST(least(1, cardinality(v.af)) AS integer))) AS "arrayshiftleft(af, 1)"
FROM v
ORDER BY 1;
