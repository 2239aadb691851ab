-- case: LIMIT and OFFSET of parameters
SELECT event_id FROM events ORDER BY event_id LIMIT toInt32('10') OFFSET toInt32('2') * toInt32('10');
-- trino
SELECT events.event_id
FROM events
ORDER BY 1
OFFSET 20
LIMIT 10;

-- case: LIMIT of an expression, with a comma
SELECT event_id FROM events ORDER BY event_id LIMIT 1 + 1, 10 - 7;
-- trino
SELECT events.event_id
FROM events
ORDER BY 1
OFFSET 2
LIMIT 3;

-- case: LIMIT 0
SELECT event_id FROM events ORDER BY event_id LIMIT 0;
-- trino
SELECT events.event_id
FROM events
ORDER BY 1
LIMIT 0;

-- case: WITH TIES
SELECT amount FROM events ORDER BY amount LIMIT 3 WITH TIES;
-- trino
SELECT events.amount
FROM events
ORDER BY 1
FETCH FIRST 3 ROWS WITH TIES;

-- case: FETCH
SELECT event_id FROM events ORDER BY event_id OFFSET 2 ROWS FETCH NEXT 3 ROWS ONLY;
-- trino
SELECT events.event_id
FROM events
ORDER BY 1
OFFSET 2
LIMIT 3;

-- case: FETCH WITH TIES
SELECT amount FROM events ORDER BY amount DESC OFFSET 1 ROW FETCH FIRST 1 ROW WITH TIES;
-- trino
SELECT events.amount
FROM events
ORDER BY 1 DESC
OFFSET 1
FETCH FIRST 1 ROWS WITH TIES;

-- case: OFFSET alone
SELECT event_id FROM events ORDER BY event_id OFFSET 397;
-- trino
SELECT events.event_id
FROM events
ORDER BY 1
OFFSET 397;

-- case: a negative LIMIT
SELECT event_id FROM events ORDER BY event_id LIMIT -2;
-- error: LIMIT must not be negative

-- case: a fraction as LIMIT
SELECT event_id FROM events ORDER BY event_id LIMIT 0.1;
-- error: LIMIT needs a constant integer

-- case: LIMIT of a text
SELECT event_id FROM events ORDER BY event_id LIMIT '3';
-- error: LIMIT needs a constant integer

-- case: LIMIT BY with an offset and LIMIT
SELECT country, event_id FROM events ORDER BY country, event_id LIMIT 2 OFFSET 1 BY country LIMIT 3;
-- trino
SELECT limited1.country, limited1.event_id
FROM (
  SELECT
    events.country,
    events.event_id,
    row_number() OVER (PARTITION BY events.country ORDER BY events.country, events.event_id) AS number_in_group
  FROM events
) AS limited1
WHERE limited1.number_in_group > 1
  AND limited1.number_in_group <= 1 + 2
ORDER BY 1, 2
LIMIT 3;

-- case: LIMIT BY of parameters
SELECT country, event_id FROM events ORDER BY country, event_id LIMIT toUInt8('1') BY country;
-- trino
SELECT limited1.country, limited1.event_id
FROM (
  SELECT
    events.country,
    events.event_id,
    row_number() OVER (PARTITION BY events.country ORDER BY events.country, events.event_id) AS number_in_group
  FROM events
) AS limited1
WHERE limited1.number_in_group <= 1
ORDER BY 1, 2;

-- case: LIMIT BY an expression and a number
SELECT country, event_id FROM events ORDER BY event_id LIMIT 1 BY amount % 2, 1;
-- trino
SELECT limited1.country, limited1.event_id
FROM (
  SELECT
    events.country,
    events.event_id,
    row_number() OVER (PARTITION BY mod(events.amount, 2), events.country ORDER BY events.event_id) AS number_in_group
  FROM events
) AS limited1
WHERE limited1.number_in_group <= 1
ORDER BY 2;

-- case: LIMIT BY what is not selected
SELECT event_id FROM events ORDER BY amount DESC, event_id LIMIT 1 BY country, is_bot LIMIT 4;
-- trino
SELECT limited1.event_id
FROM (
  SELECT
    events.event_id,
    row_number() OVER (PARTITION BY events.country, events.is_bot ORDER BY events.amount DESC, events.event_id) AS number_in_group,
    events.amount AS order1
  FROM events
) AS limited1
WHERE limited1.number_in_group <= 1
ORDER BY limited1.order1 DESC, 1
LIMIT 4;

-- case: LIMIT BY of groups
SELECT country, action, count() AS c FROM events GROUP BY country, action ORDER BY country, c DESC, action LIMIT 1 BY country;
-- trino
SELECT limited1.country, limited1.action, limited1.c
FROM (
  SELECT
    events.country,
    events.action,
    count(*) AS c,
    row_number() OVER (PARTITION BY events.country ORDER BY events.country, count(*) DESC, events.action) AS number_in_group
  FROM events
  GROUP BY events.country, events.action
) AS limited1
WHERE limited1.number_in_group <= 1
ORDER BY 1, 3 DESC, 2;

-- case: LIMIT BY of distinct rows
SELECT DISTINCT country, action FROM events ORDER BY country, action LIMIT 1 BY country;
-- trino
SELECT limited1.country, limited1.action
FROM (
  SELECT
    distinct_rows1.country,
    distinct_rows1.action,
    row_number() OVER (PARTITION BY distinct_rows1.country ORDER BY distinct_rows1.country, distinct_rows1.action) AS number_in_group
  FROM (
    SELECT DISTINCT events.country, events.action
    FROM events
  ) AS distinct_rows1
) AS limited1
WHERE limited1.number_in_group <= 1
ORDER BY 1, 2;

-- case: LIMIT BY what DISTINCT has not selected
SELECT DISTINCT amount % 2 AS m FROM events LIMIT 1 BY amount;
-- error: LIMIT BY of what is not selected is not supported here

-- case: a negative LIMIT BY
SELECT country FROM events ORDER BY event_id LIMIT -1 BY country;
-- error: LIMIT BY must not be negative

-- case: LIMIT BY in a subquery
SELECT country, count() AS c FROM (SELECT country, event_id FROM events ORDER BY event_id LIMIT 3 BY country) GROUP BY country ORDER BY country;
-- trino
SELECT subquery1.country, count(*) AS c
FROM (
  SELECT limited1.country, limited1.event_id
  FROM (
    SELECT
      events.country,
      events.event_id,
      row_number() OVER (PARTITION BY events.country ORDER BY events.event_id) AS number_in_group
    FROM events
  ) AS limited1
  WHERE limited1.number_in_group <= 3
  ORDER BY 2
) AS subquery1
GROUP BY subquery1.country
ORDER BY 1;

-- case: DISTINCT ON
SELECT DISTINCT ON (country) country, event_id, amount FROM events ORDER BY country, amount DESC, event_id;
-- trino
SELECT limited1.country, limited1.event_id, limited1.amount
FROM (
  SELECT
    events.country,
    events.event_id,
    events.amount,
    row_number() OVER (PARTITION BY events.country ORDER BY events.country, events.amount DESC, events.event_id) AS number_in_group
  FROM events
) AS limited1
WHERE limited1.number_in_group <= 1
ORDER BY 1, 3 DESC, 2;

-- case: DISTINCT ON two expressions that are not selected
SELECT DISTINCT ON (is_bot, amount % 2) event_id FROM events ORDER BY event_id LIMIT 10;
-- trino
SELECT limited1.event_id
FROM (
  SELECT
    events.event_id,
    row_number() OVER (PARTITION BY events.is_bot, mod(events.amount, 2) ORDER BY events.event_id) AS number_in_group
  FROM events
) AS limited1
WHERE limited1.number_in_group <= 1
ORDER BY 1
LIMIT 10;

-- case: DISTINCT ON and LIMIT BY
SELECT DISTINCT ON (country) country FROM events LIMIT 1 BY country;
-- error: DISTINCT ON and LIMIT BY exclude each other

-- case: DISTINCT
SELECT DISTINCT country, action AS a FROM events ORDER BY a DESC, country LIMIT 4;
-- trino
SELECT DISTINCT events.country, events.action AS a
FROM events
ORDER BY 2 DESC, 1
LIMIT 4;

-- case: DISTINCT ordered by an expression of its columns
SELECT DISTINCT country, amount FROM events ORDER BY amount * -1, lower(country) DESC LIMIT 7;
-- trino
SELECT distinct_rows1.country, distinct_rows1.amount
FROM (
  SELECT DISTINCT events.country, events.amount
  FROM events
) AS distinct_rows1
ORDER BY distinct_rows1.amount * (-1), translate(distinct_rows1.country, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') DESC
LIMIT 7;

-- case: DISTINCT ordered by floats downwards
SELECT DISTINCT nf, f64 FROM v ORDER BY nf DESC, f64 DESC NULLS FIRST;
-- trino
SELECT distinct_rows1.nf, distinct_rows1.f64
FROM (
  SELECT DISTINCT v.nf, v.f64
  FROM v
) AS distinct_rows1
ORDER BY is_nan(distinct_rows1.nf), distinct_rows1.nf DESC, is_nan(distinct_rows1.f64) DESC NULLS FIRST, distinct_rows1.f64 DESC NULLS FIRST;

-- case: DISTINCT ordered by what it has not selected
SELECT DISTINCT country FROM events ORDER BY amount, country;
-- error: ORDER BY of what DISTINCT has not selected is not supported on Athena: it could be of any of the equal rows

-- case: DISTINCT of groups
SELECT DISTINCT count() > 78 AS many FROM events GROUP BY country ORDER BY many;
-- trino
SELECT CAST(answer1.many AS integer) AS many
FROM (
  SELECT DISTINCT count(*) > 78 AS many
  FROM events
  GROUP BY events.country
) AS answer1
ORDER BY 1;

-- case: QUALIFY
SELECT event_id, row_number() OVER (PARTITION BY country ORDER BY event_id) AS r FROM events QUALIFY r = 1 ORDER BY event_id;
-- trino
SELECT windowed1.event_id, windowed1.r
FROM (
  SELECT
    events.event_id,
    row_number() OVER (PARTITION BY events.country ORDER BY events.event_id) AS r,
    row_number() OVER (PARTITION BY events.country ORDER BY events.event_id) = 1 AS is_qualified
  FROM events
) AS windowed1
WHERE windowed1.is_qualified
ORDER BY 1;

-- case: QUALIFY of groups
SELECT country, sum(amount) AS s FROM events GROUP BY country QUALIFY row_number() OVER (ORDER BY s DESC) < 3 ORDER BY s;
-- trino
SELECT windowed1.country, windowed1.s
FROM (
  SELECT
    events.country,
    sum(events.amount) AS s,
    row_number() OVER (ORDER BY sum(events.amount) DESC) < 3 AS is_qualified
  FROM events
  GROUP BY events.country
) AS windowed1
WHERE windowed1.is_qualified
ORDER BY 2;

-- case: QUALIFY, DISTINCT and LIMIT
SELECT DISTINCT country, amount FROM events QUALIFY row_number() OVER (PARTITION BY country ORDER BY event_id) <= 3 ORDER BY country, amount LIMIT 5;
-- trino
SELECT DISTINCT windowed1.country, windowed1.amount
FROM (
  SELECT
    events.country,
    events.amount,
    row_number() OVER (PARTITION BY events.country ORDER BY events.event_id) <= 3 AS is_qualified
  FROM events
) AS windowed1
WHERE windowed1.is_qualified
ORDER BY 1, 2
LIMIT 5;
