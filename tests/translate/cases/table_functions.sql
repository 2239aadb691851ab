-- case: numbers
SELECT number, number * 2, toString(number) FROM numbers(5) ORDER BY number;
-- trino
SELECT
  numbers1.number,
  numbers1.number * 2 AS "multiply(number, 2)",
  CAST(numbers1.number AS varchar) AS "tostring(number)"
FROM (SELECT * FROM UNNEST(sequence(0, 4))) AS numbers1 (number)
ORDER BY 1;

-- case: numbers from a start
SELECT n.number FROM numbers(3, 4) AS n ORDER BY n.number;
-- trino
SELECT n.number
FROM (SELECT * FROM UNNEST(sequence(3, 6))) AS n (number)
ORDER BY 1;

-- case: numbers with a step
SELECT number FROM numbers(1, 10, 4) ORDER BY number;
-- trino
SELECT numbers1.number
FROM (SELECT * FROM UNNEST(sequence(1, 9, 4))) AS numbers1 (number)
ORDER BY 1;

-- case: no numbers
SELECT number FROM numbers(0);
-- trino
SELECT numbers1.number
FROM (SELECT BIGINT '0' WHERE false) AS numbers1 (number);

-- case: as many numbers as a sequence has
SELECT count(), min(number), max(number), sum(number) FROM numbers(10000);
-- trino
SELECT
  count(*) AS "count()",
  coalesce(min(numbers1.number), 0) AS "min(number)",
  coalesce(max(numbers1.number), 0) AS "max(number)",
  coalesce(sum(numbers1.number), 0) AS "sum(number)"
FROM (SELECT * FROM UNNEST(sequence(0, 9999))) AS numbers1 (number);

-- case: more numbers than a sequence has
SELECT count(), min(number), max(number), sum(number) FROM numbers(7, 25001);
-- trino
SELECT
  count(*) AS "count()",
  coalesce(min(numbers1.number), 0) AS "min(number)",
  coalesce(max(numbers1.number), 0) AS "max(number)",
  coalesce(sum(numbers1.number), 0) AS "sum(number)"
FROM (SELECT block * 10000 + number + 7 FROM UNNEST(sequence(0, 2)) AS blocks (block) CROSS JOIN UNNEST(sequence(0, 9999)) AS numbers (number) WHERE block * 10000 + number < 25001) AS numbers1 (number);

-- case: many numbers with a step
SELECT count(), min(number), max(number), sum(number) FROM numbers(5, 100000, 3);
-- trino
SELECT
  count(*) AS "count()",
  coalesce(min(numbers1.number), 0) AS "min(number)",
  coalesce(max(numbers1.number), 0) AS "max(number)",
  coalesce(sum(numbers1.number), 0) AS "sum(number)"
FROM (SELECT (block * 10000 + number) * 3 + 5 FROM UNNEST(sequence(0, 3)) AS blocks (block) CROSS JOIN UNNEST(sequence(0, 9999)) AS numbers (number) WHERE block * 10000 + number < 33334) AS numbers1 (number);

-- case: numbers of an expression of literals
SELECT number FROM numbers(intDiv(7, 2) + 1) ORDER BY number;
-- trino
SELECT numbers1.number
FROM (SELECT * FROM UNNEST(sequence(0, 3))) AS numbers1 (number)
ORDER BY 1;

-- case: numbers of a difference of days
SELECT toDate('2024-01-30') + number AS day FROM numbers(toUInt64(dateDiff('day', toDate('2024-01-30'), toDate('2024-02-02')) + 1)) ORDER BY day;
-- trino
SELECT date_add('day', numbers1.number, DATE '2024-01-30') AS day
FROM (SELECT block * 10000 + number FROM UNNEST(sequence(0, greatest(CAST(CAST(IF(date_diff('day', DATE '2024-01-30', DATE '2024-02-02') + 1 < 0, (date_diff('day', DATE '2024-01-30', DATE '2024-02-02') + 1) + DECIMAL '18446744073709551616', date_diff('day', DATE '2024-01-30', DATE '2024-02-02') + 1) AS decimal(20,0)) AS bigint) - 1, 0) / 10000)) AS blocks (block) CROSS JOIN UNNEST(sequence(0, 9999)) AS numbers (number) WHERE block * 10000 + number < CAST(CAST(IF(date_diff('day', DATE '2024-01-30', DATE '2024-02-02') + 1 < 0, (date_diff('day', DATE '2024-01-30', DATE '2024-02-02') + 1) + DECIMAL '18446744073709551616', date_diff('day', DATE '2024-01-30', DATE '2024-02-02') + 1) AS decimal(20,0)) AS bigint)) AS numbers1 (number)
ORDER BY 1;

-- case: no numbers by an expression
SELECT count() FROM numbers(toUInt64(dateDiff('day', toDate('2024-01-30'), toDate('2024-01-30'))));
-- trino
SELECT count(*) AS "count()"
FROM (SELECT block * 10000 + number FROM UNNEST(sequence(0, greatest(CAST(CAST(IF(date_diff('day', DATE '2024-01-30', DATE '2024-01-30') < 0, date_diff('day', DATE '2024-01-30', DATE '2024-01-30') + DECIMAL '18446744073709551616', date_diff('day', DATE '2024-01-30', DATE '2024-01-30')) AS decimal(20,0)) AS bigint) - 1, 0) / 10000)) AS blocks (block) CROSS JOIN UNNEST(sequence(0, 9999)) AS numbers (number) WHERE block * 10000 + number < CAST(CAST(IF(date_diff('day', DATE '2024-01-30', DATE '2024-01-30') < 0, date_diff('day', DATE '2024-01-30', DATE '2024-01-30') + DECIMAL '18446744073709551616', date_diff('day', DATE '2024-01-30', DATE '2024-01-30')) AS decimal(20,0)) AS bigint)) AS numbers1 (number);

-- case: numbers of a name of WITH
WITH 3 AS many SELECT number + many FROM numbers(many) ORDER BY number;
-- trino
SELECT numbers1.number + 3 AS "plus(number, many)"
FROM (SELECT * FROM UNNEST(sequence(0, 2))) AS numbers1 (number)
ORDER BY numbers1.number;

-- case: numbers joined
SELECT n.number, count(e.event_id) FROM numbers(30) AS n LEFT JOIN events AS e ON n.number = e.amount GROUP BY n.number ORDER BY n.number;
-- trino
SELECT n.number, count(coalesce(e.event_id, '')) AS "count(event_id)"
FROM (SELECT * FROM UNNEST(sequence(0, 29))) AS n (number)
LEFT JOIN events AS e
  ON n.number = e.amount
GROUP BY n.number
ORDER BY 1;

-- case: two series
SELECT a.number, b.number FROM numbers(2) AS a CROSS JOIN numbers_mt(2) AS b ORDER BY a.number, b.number;
-- trino
SELECT a.number, b.number AS "b.number"
FROM (SELECT * FROM UNNEST(sequence(0, 1))) AS a (number)
CROSS JOIN (SELECT * FROM UNNEST(sequence(0, 1))) AS b (number)
ORDER BY 1, 2;

-- case: numbers in IN
SELECT count() FROM events WHERE amount IN (SELECT number FROM numbers(6));
-- trino
SELECT count(*) AS "count()"
FROM events
WHERE events.amount IN (
  SELECT numbers1.number
  FROM (SELECT * FROM UNNEST(sequence(0, 5))) AS numbers1 (number)
);

-- case: numbers of an aggregate
SELECT sum(number), avg(number), groupArray(number) FROM (SELECT number FROM numbers(10) ORDER BY number);
-- trino
SELECT
  coalesce(sum(subquery1.number), 0) AS "sum(number)",
  coalesce(avg(CAST(subquery1.number AS double)), nan()) AS "avg(number)",
  coalesce(array_agg(subquery1.number ORDER BY subquery1.number), CAST(ARRAY[] AS array(bigint))) AS "grouparray(number)"
FROM (
  SELECT numbers1.number
  FROM (SELECT * FROM UNNEST(sequence(0, 9))) AS numbers1 (number)
  ORDER BY 1
) AS subquery1;

-- case: generateSeries
SELECT generate_series FROM generateSeries(2, 11, 3) ORDER BY 1;
-- trino
SELECT numbers1.generate_series
FROM (SELECT * FROM UNNEST(sequence(2, 11, 3))) AS numbers1 (generate_series)
ORDER BY 1;

-- case: generate_series backwards is empty
SELECT * FROM generate_series(5, 1);
-- trino
SELECT numbers1.generate_series
FROM (SELECT BIGINT '0' WHERE false) AS numbers1 (generate_series);

-- case: values with types
SELECT * FROM values('x UInt8, s String, d Date, n Nullable(Int32), f Float64, a Array(Int64)', (1, 'a', '2024-01-01', NULL, 1, [1, 2]), (2, 'ü', '2024-02-29', -5, 2.5, [])) ORDER BY x;
-- trino
SELECT numbers1.x, numbers1.s, numbers1.d, numbers1.n, numbers1.f, numbers1.a
FROM (VALUES (1, 'a', DATE '2024-01-01', CAST(NULL AS integer), 1.0e0, CAST(ARRAY[1, 2] AS array(bigint))), (2, 'ü', DATE '2024-02-29', (-5), 2.5e0, CAST(ARRAY[] AS array(bigint)))) AS numbers1 (x, s, d, n, f, a)
ORDER BY 1;

-- case: values of one column
SELECT x + 1 FROM values('x UInt8', 1, 2) ORDER BY x;
-- trino
SELECT CAST(numbers1.x AS bigint) + 1 AS "plus(x, 1)"
FROM (VALUES (1), (2)) AS numbers1 (x)
ORDER BY numbers1.x;

-- case: values without types
SELECT c1, c2 FROM values((1, 'a'), (300, 'b')) ORDER BY c1;
-- trino
SELECT numbers1.c1, numbers1.c2
FROM (VALUES (1, 'a'), (300, 'b')) AS numbers1 (c1, c2)
ORDER BY 1;

-- case: values without types of one column
SELECT c1 FROM values(1, 2.5, -3) AS t ORDER BY c1;
-- trino
SELECT t.c1
FROM (VALUES (1.0e0), (2.5e0), ((-3.0e0))) AS t (c1)
ORDER BY 1;

-- case: values joined
SELECT v.name, count() FROM events AS e JOIN values('action String, name String', ('view', 'View'), ('buy', 'Buy')) AS v ON e.action = v.action GROUP BY v.name ORDER BY v.name;
-- trino
SELECT v."name", count(*) AS "count()"
FROM events AS e
JOIN (VALUES ('view', 'View'), ('buy', 'Buy')) AS v (action, "name")
  ON e.action = v.action
GROUP BY v."name"
ORDER BY 1;

-- case: values out of range are refused
SELECT * FROM values('x UInt8', 300);
-- error: The table function values() has 300 for UInt8, which it does not fit

-- case: values with a NULL for a type without
SELECT * FROM values('x UInt8', NULL, 1);
-- error: The table function values() has a NULL for UInt8

-- case: null has no rows
SELECT x, s FROM null('x UInt8, s String');
-- trino
SELECT numbers1.x, numbers1.s
FROM (SELECT CAST(NULL AS bigint), CAST(NULL AS varchar) WHERE false) AS numbers1 (x, s);

-- case: system.one
SELECT dummy, one.dummy, system.one.dummy FROM system.one;
-- trino
SELECT one.dummy, one.dummy AS dummy_2, one.dummy AS dummy_3
FROM (SELECT 0) AS one (dummy);

-- case: SELECT without FROM
SELECT 1 AS a, 'x', a + 1 WHERE a = 1;
-- trino
SELECT 1 AS a, 'x' AS "'x'", BIGINT '1' + 1 AS "plus(a, 1)"
WHERE 1 = 1;

-- case: no FROM, no row
SELECT count() WHERE 0;
-- trino
SELECT count(*) AS "count()"
WHERE 0 <> 0;

-- case: the endless table is refused
SELECT number FROM system.numbers LIMIT 5;
-- error: system.numbers has no end: write numbers(n)

-- case: a negative count is refused
SELECT number FROM numbers(-1);
-- error: The table function numbers() of -1 is not supported

-- case: too many numbers are refused
SELECT count() FROM numbers(100000001);
-- error: The table function numbers() of more than 100000000 rows is not supported

-- case: random rows are refused [text only]
SELECT * FROM generateRandom('x UInt8');
-- error: The table function generateRandom() is not supported on Athena

-- case: zeros are refused [text only]
SELECT * FROM zeros(10);
-- error: The table function zeros() is not supported on Athena

-- case: a file is refused [text only]
SELECT * FROM url('https://example.com/x.csv');
-- error: The table function url() is not supported on Athena
