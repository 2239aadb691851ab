-- case: UNION ALL takes the names of the first query
SELECT 1 AS a, 'x' AS b UNION ALL SELECT 300 AS c, 'y' UNION ALL SELECT amount, country FROM events WHERE amount = 25;
-- trino
SELECT CAST(1 AS bigint) AS a, 'x' AS b
UNION ALL
SELECT CAST(300 AS bigint) AS c, 'y' AS "'y'"
UNION ALL
SELECT events.amount, events.country
FROM events
WHERE events.amount = 25;

-- case: supertypes with NULL
SELECT 1 AS a, 'x' AS b, [1] AS c UNION ALL SELECT NULL, NULL, [300, NULL];
-- trino
SELECT 1 AS a, 'x' AS b, ARRAY[1] AS c
UNION ALL
SELECT NULL AS "null", NULL AS null_2, ARRAY[300, NULL] AS "[300, null]";

-- case: supertypes of numbers
SELECT i8 AS a, u8 AS b, u32 AS c, i16 AS d FROM v UNION ALL SELECT u16, i64, f64, dec FROM v WHERE id < 3;
-- trino
SELECT
  CAST(v.i8 AS integer) AS a,
  CAST(v.u8 AS bigint) AS b,
  CAST(v.u32 AS double) AS c,
  CAST(v.i16 AS decimal(18,3)) AS d
FROM v
UNION ALL
SELECT v.u16, v.i64, v.f64, CAST(v.dec AS decimal(18,3)) AS dec
FROM v
WHERE v.id < 3;

-- case: supertypes of texts
SELECT lc AS a, s AS b FROM v WHERE id < 9 UNION ALL SELECT s, ns FROM v WHERE id < 9;
-- trino
SELECT v.lc AS a, v.s AS b
FROM v
WHERE v.id < 9
UNION ALL
SELECT v.s, v.ns
FROM v
WHERE v.id < 9;

-- case: supertypes of dates
SELECT d AS a, dt AS b FROM v WHERE id < 4 UNION ALL SELECT d32, dt3 FROM v WHERE id IN (0, 1, 2, 3, 6);
-- trino
SELECT v.d AS a, v.dt AS b
FROM v
WHERE v.id < 4
UNION ALL
SELECT v.d32, v.dt3
FROM v
WHERE v.id IN (0, 1, 2, 3, 6);

-- case: truth and numbers
SELECT amount > 5 AS big FROM events WHERE event_id < 'e00004' UNION ALL SELECT amount FROM events WHERE event_id < 'e00004' UNION ALL SELECT 7;
-- trino
SELECT CAST(events.amount > 5 AS bigint) AS big
FROM events
WHERE events.event_id < 'e00004'
UNION ALL
SELECT events.amount
FROM events
WHERE events.event_id < 'e00004'
UNION ALL
SELECT CAST(7 AS bigint) AS "7";

-- case: types without a common one
SELECT 1 AS a UNION ALL SELECT 'b';
-- error: There is no supertype of UInt8, String in column 'a'

-- case: different numbers of columns
SELECT 1 AS a UNION ALL SELECT 1, 2;
-- error: The queries of a UNION have different numbers of columns

-- case: UNION needs a word
SELECT 1 AS a UNION SELECT 1;
-- error: Expected ALL or DISTINCT after UNION

-- case: UNION DISTINCT
SELECT country FROM events UNION DISTINCT SELECT plan FROM users;
-- trino
SELECT events.country
FROM events
UNION
SELECT users.plan
FROM users;

-- case: UNION DISTINCT, then ALL
SELECT 1 AS a UNION DISTINCT SELECT 1 UNION ALL SELECT 1;
-- trino
SELECT 1 AS a
UNION
SELECT 1 AS "1"
UNION ALL
SELECT 1 AS "1";

-- case: UNION ALL, then DISTINCT
SELECT 1 AS a UNION ALL SELECT 1 UNION DISTINCT SELECT 1;
-- trino
SELECT 1 AS a
UNION ALL
SELECT 1 AS "1"
UNION
SELECT 1 AS "1";

-- case: brackets
SELECT 1 AS a UNION ALL (SELECT 1 UNION DISTINCT (SELECT 1 UNION ALL SELECT 1));
-- trino
SELECT 1 AS a
UNION ALL
SELECT part2."1"
FROM (
  SELECT 1 AS "1"
  UNION
  SELECT part1."1"
  FROM (
    SELECT 1 AS "1"
    UNION ALL
    SELECT 1 AS "1"
  ) AS part1
) AS part2;

-- case: EXCEPT takes a row off for each
SELECT number % 3 AS a FROM numbers(9) EXCEPT SELECT 1;
-- trino
SELECT mod(numbers1.number, 3) AS a
FROM (SELECT * FROM UNNEST(sequence(0, 8))) AS numbers1 (number)
EXCEPT ALL
SELECT BIGINT '1' AS "1";

-- case: EXCEPT ALL and EXCEPT DISTINCT
SELECT a FROM (SELECT number % 3 AS a FROM numbers(9) EXCEPT ALL SELECT 1) UNION ALL SELECT 10 + a FROM (SELECT number % 3 AS a FROM numbers(9) EXCEPT DISTINCT SELECT 1);
-- trino
SELECT subquery1.a
FROM (
  SELECT mod(numbers1.number, 3) AS a
  FROM (SELECT * FROM UNNEST(sequence(0, 8))) AS numbers1 (number)
  EXCEPT ALL
  SELECT BIGINT '1' AS "1"
) AS subquery1
UNION ALL
SELECT 10 + subquery2.a AS "plus(10, a)"
FROM (
  SELECT mod(numbers2.number, 3) AS a
  FROM (SELECT * FROM UNNEST(sequence(0, 8))) AS numbers2 (number)
  EXCEPT
  SELECT BIGINT '1' AS "1"
) AS subquery2;

-- case: INTERSECT keeps as many rows as both have
SELECT number % 3 AS a FROM numbers(9) INTERSECT SELECT number % 2 FROM numbers(4);
-- trino
SELECT mod(numbers1.number, 3) AS a
FROM (SELECT * FROM UNNEST(sequence(0, 8))) AS numbers1 (number)
INTERSECT ALL
SELECT mod(numbers2.number, 2) AS "modulo(number, 2)"
FROM (SELECT * FROM UNNEST(sequence(0, 3))) AS numbers2 (number);

-- case: INTERSECT ALL and INTERSECT DISTINCT
SELECT a FROM (SELECT number % 3 AS a FROM numbers(9) INTERSECT ALL SELECT number % 2 FROM numbers(4)) UNION ALL SELECT 10 + a FROM (SELECT number % 3 AS a FROM numbers(9) INTERSECT DISTINCT SELECT number % 2 FROM numbers(4));
-- trino
SELECT subquery1.a
FROM (
  SELECT mod(numbers1.number, 3) AS a
  FROM (SELECT * FROM UNNEST(sequence(0, 8))) AS numbers1 (number)
  INTERSECT ALL
  SELECT mod(numbers2.number, 2) AS "modulo(number, 2)"
  FROM (SELECT * FROM UNNEST(sequence(0, 3))) AS numbers2 (number)
) AS subquery1
UNION ALL
SELECT 10 + subquery2.a AS "plus(10, a)"
FROM (
  SELECT mod(numbers3.number, 3) AS a
  FROM (SELECT * FROM UNNEST(sequence(0, 8))) AS numbers3 (number)
  INTERSECT
  SELECT mod(numbers4.number, 2) AS "modulo(number, 2)"
  FROM (SELECT * FROM UNNEST(sequence(0, 3))) AS numbers4 (number)
) AS subquery2;

-- case: EXCEPT and INTERSECT of NULLs and other types
SELECT ni AS a FROM v EXCEPT DISTINCT SELECT nu8 FROM v INTERSECT DISTINCT SELECT ni FROM v;
-- trino
SELECT v.ni AS a
FROM v
EXCEPT
SELECT part1.nu8
FROM (
  SELECT CAST(v.nu8 AS bigint) AS nu8
  FROM v
  INTERSECT
  SELECT v.ni
  FROM v
) AS part1;

-- case: INTERSECT binds first
SELECT 1 AS a UNION ALL SELECT 2 INTERSECT SELECT 2 UNION ALL SELECT 3 EXCEPT SELECT 1;
-- trino
SELECT 1 AS a
UNION ALL
SELECT part1."2"
FROM (
  SELECT 2 AS "2"
  INTERSECT ALL
  SELECT 2 AS "2"
) AS part1
UNION ALL
SELECT 3 AS "3"
EXCEPT ALL
SELECT 1 AS "1";

-- case: ORDER BY and LIMIT belong to the last query [unordered]
SELECT 3 AS x UNION ALL SELECT 1 AS x UNION ALL SELECT number AS x FROM numbers(5) ORDER BY x DESC LIMIT 2;
-- trino
SELECT CAST(3 AS bigint) AS x
UNION ALL
SELECT CAST(1 AS bigint) AS x
UNION ALL
(
  SELECT numbers1.number AS x
  FROM (SELECT * FROM UNNEST(sequence(0, 4))) AS numbers1 (number)
  ORDER BY 1 DESC
  LIMIT 2
);

-- case: ORDER BY and LIMIT in brackets [unordered]
(SELECT event_id AS e FROM events ORDER BY e LIMIT 2) UNION ALL (SELECT event_id FROM events ORDER BY event_id DESC LIMIT 2);
-- trino
(
  SELECT events.event_id AS e
  FROM events
  ORDER BY 1
  LIMIT 2
)
UNION ALL
(
  SELECT events.event_id
  FROM events
  ORDER BY 1 DESC
  LIMIT 2
);

-- case: ORDER BY around a union
SELECT a, b FROM (SELECT country AS a, count() AS b FROM events GROUP BY a UNION ALL SELECT 'all', count() FROM events) ORDER BY b DESC, a LIMIT 3;
-- trino
SELECT subquery1.a, subquery1.b
FROM (
  SELECT events.country AS a, count(*) AS b
  FROM events
  GROUP BY events.country
  UNION ALL
  SELECT 'all' AS "'all'", count(*) AS "count()"
  FROM events
) AS subquery1
ORDER BY 2 DESC, 1
LIMIT 3;

-- case: WITH is for all queries of a union
WITH 1 AS k, c AS (SELECT 5 AS x) SELECT k + x AS a FROM c UNION ALL SELECT k + 1 UNION ALL SELECT x FROM c;
-- trino
WITH c AS (
  SELECT 5 AS x
)
SELECT BIGINT '1' + c.x AS a
FROM c
UNION ALL
SELECT BIGINT '1' + 1 AS "plus(k, 1)"
UNION ALL
SELECT CAST(c.x AS bigint) AS x
FROM c;

-- case: WITH in the last query of a union
SELECT 1 AS a UNION ALL WITH c AS (SELECT 5 AS x) SELECT x FROM c;
-- trino
SELECT 1 AS a
UNION ALL
SELECT *
FROM (
  WITH c AS (
    SELECT 5 AS x
  )
  SELECT c.x
  FROM c
) AS part;

-- case: a union in a CTE, in IN and as a value
WITH c AS (SELECT 1 AS x UNION ALL SELECT 5) SELECT count(), (SELECT 1 UNION DISTINCT SELECT 1) AS one FROM events WHERE amount IN (SELECT x FROM c) OR amount IN (SELECT 25 UNION ALL SELECT 9);
-- trino
WITH c AS (
  SELECT 1 AS x
  UNION ALL
  SELECT 5 AS "5"
)
SELECT
  count(*) AS "count()",
  (SELECT 1 AS "1"
  UNION
  SELECT 1 AS "1") AS one
FROM events
WHERE ((events.amount IN (
  SELECT c.x
  FROM c
)) OR (events.amount IN (
  SELECT 25 AS "25"
  UNION ALL
  SELECT 9 AS "9"
)));

-- case: distinct queries in other types
SELECT DISTINCT is_bot AS a FROM events UNION ALL SELECT DISTINCT amount + 0.5 FROM events;
-- trino
SELECT CAST(part1.a AS double) AS a
FROM (
  SELECT DISTINCT events.is_bot AS a
  FROM events
) AS part1
UNION ALL
SELECT DISTINCT CAST(events.amount AS double) + 0.5e0 AS "plus(amount, 0.5)"
FROM events;

-- case: columns of equal names in a union
SELECT 1 AS a, 1 AS a UNION ALL SELECT 2, 3;
-- trino
SELECT 1 AS a, 1 AS a_2
UNION ALL
SELECT 2 AS "2", 3 AS "3";
