-- case: parts in a zone
SELECT id, toYear(dtz), toDayOfMonth(dtz), toHour(dtz), toMinute(dtz), toDayOfWeek(dtz), toYYYYMM(dtz), toHour(dt, 'Asia/Kolkata'), toDate(dt, 'Asia/Tokyo'), toHour(toTimeZone(dt6, 'Europe/Madrid')), timezoneOf(dtz), timezoneOf(dt), timezoneOffset(dtz), timezoneOffset(dt) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  year(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) AS "toyear(dtz)",
  day(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) AS "todayofmonth(dtz)",
  hour(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) AS "tohour(dtz)",
  minute(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) AS "tominute(dtz)",
  day_of_week(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) AS "todayofweek(dtz)",
  year(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) * 100 + month(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) AS "toyyyymm(dtz)",
  hour(CAST(with_timezone(v.dt, 'UTC') AT TIME ZONE 'Asia/Kolkata' AS timestamp(3))) AS "tohour(dt, 'asia/kolkata')",
  CAST(CAST(with_timezone(v.dt, 'UTC') AT TIME ZONE 'Asia/Tokyo' AS timestamp(3)) AS date) AS "todate(dt, 'asia/tokyo')",
  hour(CAST(with_timezone((TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND), 'UTC') AT TIME ZONE 'Europe/Madrid' AS timestamp(3))) AS "tohour(totimezone(dt6, 'europe/madrid'))",
  'America/New_York' AS "timezoneof(dtz)",
  'UTC' AS "timezoneof(dt)",
  date_diff('second', v.dtz, CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) AS "timezoneoffset(dtz)",
  date_diff('second', v.dt, v.dt) AS "timezoneoffset(dt)"
FROM v
ORDER BY 1;

-- case: conversions with a zone
SELECT id, toTimeZone(dt, 'Asia/Tokyo'), toTimezone(dt6, 'Asia/Tokyo'), toDateTime(dt, 'Europe/Madrid'), toDateTime(d, 'Europe/Madrid'), toDateTime64(dtz, 3), toDateTime(dtz), toDateTime64(dt, 6, 'Asia/Tokyo'), toDate(dtz), fromUnixTimestamp64Milli(u32, 'Asia/Tokyo'), now('Asia/Tokyo') > dt AS passed FROM v WHERE d > '1970-01-01' AND d < '2100-01-01' AND dt < '2020-01-01 00:00:00' ORDER BY id;
-- trino
SELECT
  v.id,
  v.dt AS "totimezone(dt, 'asia/tokyo')",
  v.dt6 AS "totimezone(dt6, 'asia/tokyo')",
  v.dt AS "todatetime(dt, 'europe/madrid')",
  CAST(with_timezone(CAST(v.d AS timestamp(3)), 'Europe/Madrid') AT TIME ZONE 'UTC' AS timestamp(3)) AS "todatetime(d, 'europe/madrid')",
  v.dtz AS "todatetime64(dtz, 3)",
  v.dtz AS "todatetime(dtz)",
  date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', v.dt) * 1000 AS "todatetime64(dt, 6, 'asia/tokyo')",
  CAST(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) AS date) AS "todate(dtz)",
  (TIMESTAMP '1970-01-01 00:00:00.000' + v.u32 * INTERVAL '0.001' SECOND) AS "fromunixtimestamp64milli(u32, 'asia/tokyo')",
  CAST(date_trunc('second', CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3))) > v.dt AS integer) AS passed
FROM v
WHERE v.d > DATE '1970-01-01'
  AND v.d < DATE '2100-01-01'
  AND v.dt < TIMESTAMP '2020-01-01 00:00:00.000'
ORDER BY 1;

-- case: starts in a zone
SELECT id, toStartOfDay(dtz), toStartOfDay(dt, 'Asia/Kolkata'), toStartOfHour(dtz), toStartOfHour(dt, 'Asia/Kolkata'), toStartOfMonth(dtz), toMonday(dt, 'Asia/Tokyo'), toStartOfWeek(dtz, 1), toStartOfInterval(dtz, INTERVAL 1 DAY), toStartOfInterval(dt, INTERVAL 15 MINUTE, 'Asia/Kolkata'), dateTrunc('day', dt, 'Europe/Madrid'), dateTrunc('hour', dtz) FROM v WHERE dt > '1970-01-08 00:00:00' ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(with_timezone(CAST(CAST(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) AS date) AS timestamp(3)), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3)) AS "tostartofday(dtz)",
  CAST(with_timezone(CAST(CAST(CAST(with_timezone(v.dt, 'UTC') AT TIME ZONE 'Asia/Kolkata' AS timestamp(3)) AS date) AS timestamp(3)), 'Asia/Kolkata') AT TIME ZONE 'UTC' AS timestamp(3)) AS "tostartofday(dt, 'asia/kolkata')",
  date_add('minute', -minute(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))), date_trunc('minute', v.dtz)) AS "tostartofhour(dtz)",
  date_add('minute', -minute(CAST(with_timezone(v.dt, 'UTC') AT TIME ZONE 'Asia/Kolkata' AS timestamp(3))), date_trunc('minute', v.dt)) AS "tostartofhour(dt, 'asia/kolkata')",
  date_trunc('month', CAST(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) AS date)) AS "tostartofmonth(dtz)",
  date_trunc('week', CAST(CAST(with_timezone(v.dt, 'UTC') AT TIME ZONE 'Asia/Tokyo' AS timestamp(3)) AS date)) AS "tomonday(dt, 'asia/tokyo')",
  date_trunc('week', CAST(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) AS date)) AS "tostartofweek(dtz, 1)",
  CAST(with_timezone(CAST(CAST(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) AS date) AS timestamp(3)), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3)) AS "tostartofinterval(dtz, tointervalday(1))",
  date_add('minute', -(minute(v.dt) % 15), date_trunc('minute', v.dt)) AS "tostartofinterval(dt, tointervalminute(15), 'asia/kolkata')",
  CAST(with_timezone(CAST(CAST(CAST(with_timezone(v.dt, 'UTC') AT TIME ZONE 'Europe/Madrid' AS timestamp(3)) AS date) AS timestamp(3)), 'Europe/Madrid') AT TIME ZONE 'UTC' AS timestamp(3)) AS "datetrunc('day', dt, 'europe/madrid')",
  date_add('minute', -minute(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))), date_trunc('minute', v.dtz)) AS "datetrunc('hour', dtz)"
FROM v
WHERE v.dt > TIMESTAMP '1970-01-08 00:00:00.000'
ORDER BY 1;

-- case: hours of a clock that is put
SELECT id, toStartOfInterval(dtz, INTERVAL 2 HOUR), toStartOfInterval(dtz, INTERVAL 6 HOUR) FROM v WHERE dt > '1970-01-02 00:00:00' ORDER BY id;
-- trino
SELECT
  v.id,
  IF(CAST(with_timezone(date_add('hour', 1, CAST(with_timezone(date_add('hour', -1, date_add('hour', -(hour(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) % 2), date_trunc('hour', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) = date_add('hour', -(hour(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) % 2), date_trunc('hour', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), date_add('hour', 1, CAST(with_timezone(date_add('hour', -1, date_add('hour', -(hour(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) % 2), date_trunc('hour', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), CAST(with_timezone(date_add('hour', -(hour(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) % 2), date_trunc('hour', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))) AS "tostartofinterval(dtz, tointervalhour(2))",
  IF(CAST(with_timezone(date_add('hour', 1, CAST(with_timezone(date_add('hour', -1, date_add('hour', -(hour(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) % 6), date_trunc('hour', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) = date_add('hour', -(hour(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) % 6), date_trunc('hour', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), date_add('hour', 1, CAST(with_timezone(date_add('hour', -1, date_add('hour', -(hour(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) % 6), date_trunc('hour', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), CAST(with_timezone(date_add('hour', -(hour(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) % 6), date_trunc('hour', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))) AS "tostartofinterval(dtz, tointervalhour(6))"
FROM v
WHERE v.dt > TIMESTAMP '1970-01-02 00:00:00.000'
ORDER BY 1;

-- case: sums in a zone
SELECT id, dtz + INTERVAL 1 HOUR, addMinutes(dtz, 90), addDays(dtz, 1), dtz - INTERVAL 1 MONTH FROM v WHERE dt > '1980-01-01 00:00:00' ORDER BY id;
-- trino
SELECT
  v.id,
  date_add('hour', BIGINT '1', v.dtz) AS "plus(dtz, tointervalhour(1))",
  date_add('minute', BIGINT '90', v.dtz) AS "addminutes(dtz, 90)",
  least(IF(CAST(with_timezone(date_add('hour', 1, CAST(with_timezone(date_add('hour', -1, date_add('day', BIGINT '1', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) = date_add('day', BIGINT '1', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))), date_add('hour', 1, CAST(with_timezone(date_add('hour', -1, date_add('day', BIGINT '1', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), CAST(with_timezone(date_add('day', BIGINT '1', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), date_add('hour', -1, CAST(with_timezone(date_add('hour', 1, date_add('day', BIGINT '1', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3)))) AS "adddays(dtz, 1)",
  least(IF(CAST(with_timezone(date_add('hour', 1, CAST(with_timezone(date_add('hour', -1, date_add('month', -BIGINT '1', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) = date_add('month', -BIGINT '1', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))), date_add('hour', 1, CAST(with_timezone(date_add('hour', -1, date_add('month', -BIGINT '1', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), CAST(with_timezone(date_add('month', -BIGINT '1', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), date_add('hour', -1, CAST(with_timezone(date_add('hour', 1, date_add('month', -BIGINT '1', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3)))) AS "minus(dtz, tointervalmonth(1))"
FROM v
WHERE v.dt > TIMESTAMP '1980-01-01 00:00:00.000'
ORDER BY 1;

-- case: differences in a zone
SELECT id, dateDiff('hour', dtz, dtz + INTERVAL 40 DAY), dateDiff('day', dtz, dtz + INTERVAL 20 HOUR), dateDiff('month', dt, dt3, 'Asia/Tokyo'), dateDiff('day', dt, dtz, 'Asia/Tokyo'), age('day', dtz, dtz + INTERVAL 1 DAY) FROM v WHERE dt > '1980-01-01 00:00:00' ORDER BY id;
-- trino
SELECT
  v.id,
  date_diff('hour', date_trunc('hour', date_add('second', -date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', CAST(with_timezone(TIMESTAMP '1970-01-01 00:00:00.000', 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))), v.dtz)), date_trunc('hour', date_add('second', -date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', CAST(with_timezone(TIMESTAMP '1970-01-01 00:00:00.000', 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))), least(IF(CAST(with_timezone(date_add('hour', 1, CAST(with_timezone(date_add('hour', -1, date_add('day', BIGINT '40', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) = date_add('day', BIGINT '40', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))), date_add('hour', 1, CAST(with_timezone(date_add('hour', -1, date_add('day', BIGINT '40', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), CAST(with_timezone(date_add('day', BIGINT '40', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), date_add('hour', -1, CAST(with_timezone(date_add('hour', 1, date_add('day', BIGINT '40', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))))))) AS "datediff('hour', dtz, plus(dtz, tointervalday(40)))",
  date_diff('day', CAST(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) AS date), CAST(CAST(with_timezone(date_add('hour', BIGINT '20', v.dtz), 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) AS date)) AS "datediff('day', dtz, plus(dtz, tointervalhour(20)))",
  date_diff('month', date_trunc('month', CAST(CAST(with_timezone(v.dt, 'UTC') AT TIME ZONE 'Asia/Tokyo' AS timestamp(3)) AS date)), date_trunc('month', CAST(CAST(with_timezone(v.dt3, 'UTC') AT TIME ZONE 'Asia/Tokyo' AS timestamp(3)) AS date))) AS "datediff('month', dt, dt3, 'asia/tokyo')",
  date_diff('day', CAST(CAST(with_timezone(v.dt, 'UTC') AT TIME ZONE 'Asia/Tokyo' AS timestamp(3)) AS date), CAST(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'Asia/Tokyo' AS timestamp(3)) AS date)) AS "datediff('day', dt, dtz, 'asia/tokyo')",
  date_diff('day', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)), CAST(with_timezone(least(IF(CAST(with_timezone(date_add('hour', 1, CAST(with_timezone(date_add('hour', -1, date_add('day', BIGINT '1', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) = date_add('day', BIGINT '1', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))), date_add('hour', 1, CAST(with_timezone(date_add('hour', -1, date_add('day', BIGINT '1', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), CAST(with_timezone(date_add('day', BIGINT '1', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), date_add('hour', -1, CAST(with_timezone(date_add('hour', 1, date_add('day', BIGINT '1', CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))), 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3)))), 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) AS "age('day', dtz, plus(dtz, tointervalday(1)))"
FROM v
WHERE v.dt > TIMESTAMP '1980-01-01 00:00:00.000'
ORDER BY 1;

-- case: times of two zones need a zone
SELECT dateDiff('day', dt, dtz) FROM v;
-- error: dateDiff(): times of different zones need a zone as the fourth argument

-- case: literals in a zone
SELECT toDateTime('2024-06-01 12:00:00', 'Europe/Madrid'), toDateTime64('2024-01-01 00:00:00.123456', 3, 'Asia/Tokyo'), toDateTime64('2024-01-01 00:00:00.123456', 6, 'Asia/Tokyo'), toDateTime('1704164645', 'Asia/Tokyo'), toDateTime('2024-03-10 02:30:00', 'America/New_York'), toDateTime('2024-11-03 01:30:00', 'America/New_York'), toDateTime('2024-10-27 02:30:00', 'Europe/Madrid'), toDateTime64('2024-03-31 02:30:00.25', 6, 'Europe/Madrid'), CAST('2024-01-02T03:04:05' AS DateTime('Asia/Tokyo')) FROM users LIMIT 1;
-- trino
SELECT
  CAST(with_timezone(TIMESTAMP '2024-06-01 12:00:00.000', 'Europe/Madrid') AT TIME ZONE 'UTC' AS timestamp(3)) AS "todatetime('2024-06-01 12:00:00', 'europe/madrid')",
  CAST(with_timezone(TIMESTAMP '2024-01-01 00:00:00.123', 'Asia/Tokyo') AT TIME ZONE 'UTC' AS timestamp(3)) AS "todatetime64('2024-01-01 00:00:00.123456', 3, 'asia/tokyo')",
  (date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', CAST(with_timezone(TIMESTAMP '2024-01-01 00:00:00.000', 'Asia/Tokyo') AT TIME ZONE 'UTC' AS timestamp(3))) * 1000000 + 123456) AS "todatetime64('2024-01-01 00:00:00.123456', 6, 'asia/tokyo')",
  TIMESTAMP '2024-01-02 03:04:05.000' AS "todatetime('1704164645', 'asia/tokyo')",
  least(IF(CAST(with_timezone(date_add('hour', 1, CAST(with_timezone(TIMESTAMP '2024-03-10 01:30:00.000', 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) = TIMESTAMP '2024-03-10 02:30:00.000', date_add('hour', 1, CAST(with_timezone(TIMESTAMP '2024-03-10 01:30:00.000', 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), CAST(with_timezone(TIMESTAMP '2024-03-10 02:30:00.000', 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), date_add('hour', -1, CAST(with_timezone(TIMESTAMP '2024-03-10 03:30:00.000', 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3)))) AS "todatetime('2024-03-10 02:30:00', 'america/new_york')",
  least(IF(CAST(with_timezone(date_add('hour', 1, CAST(with_timezone(TIMESTAMP '2024-11-03 00:30:00.000', 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) = TIMESTAMP '2024-11-03 01:30:00.000', date_add('hour', 1, CAST(with_timezone(TIMESTAMP '2024-11-03 00:30:00.000', 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), CAST(with_timezone(TIMESTAMP '2024-11-03 01:30:00.000', 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3))), date_add('hour', -1, CAST(with_timezone(TIMESTAMP '2024-11-03 02:30:00.000', 'America/New_York') AT TIME ZONE 'UTC' AS timestamp(3)))) AS "todatetime('2024-11-03 01:30:00', 'america/new_york')",
  least(IF(CAST(with_timezone(date_add('hour', 1, CAST(with_timezone(TIMESTAMP '2024-10-27 01:30:00.000', 'Europe/Madrid') AT TIME ZONE 'UTC' AS timestamp(3))), 'UTC') AT TIME ZONE 'Europe/Madrid' AS timestamp(3)) = TIMESTAMP '2024-10-27 02:30:00.000', date_add('hour', 1, CAST(with_timezone(TIMESTAMP '2024-10-27 01:30:00.000', 'Europe/Madrid') AT TIME ZONE 'UTC' AS timestamp(3))), CAST(with_timezone(TIMESTAMP '2024-10-27 02:30:00.000', 'Europe/Madrid') AT TIME ZONE 'UTC' AS timestamp(3))), date_add('hour', -1, CAST(with_timezone(TIMESTAMP '2024-10-27 03:30:00.000', 'Europe/Madrid') AT TIME ZONE 'UTC' AS timestamp(3)))) AS "todatetime('2024-10-27 02:30:00', 'europe/madrid')",
  (date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', least(IF(CAST(with_timezone(date_add('hour', 1, CAST(with_timezone(TIMESTAMP '2024-03-31 01:30:00.000', 'Europe/Madrid') AT TIME ZONE 'UTC' AS timestamp(3))), 'UTC') AT TIME ZONE 'Europe/Madrid' AS timestamp(3)) = TIMESTAMP '2024-03-31 02:30:00.000', date_add('hour', 1, CAST(with_timezone(TIMESTAMP '2024-03-31 01:30:00.000', 'Europe/Madrid') AT TIME ZONE 'UTC' AS timestamp(3))), CAST(with_timezone(TIMESTAMP '2024-03-31 02:30:00.000', 'Europe/Madrid') AT TIME ZONE 'UTC' AS timestamp(3))), date_add('hour', -1, CAST(with_timezone(TIMESTAMP '2024-03-31 03:30:00.000', 'Europe/Madrid') AT TIME ZONE 'UTC' AS timestamp(3))))) * 1000000 + 250000) AS "todatetime64('2024-03-31 02:30:00.25', 6, 'europe/madrid')",
  least(IF(CAST(with_timezone(date_add('hour', 1, CAST(with_timezone(TIMESTAMP '2024-01-02 02:04:05.000', 'Asia/Tokyo') AT TIME ZONE 'UTC' AS timestamp(3))), 'UTC') AT TIME ZONE 'Asia/Tokyo' AS timestamp(3)) = TIMESTAMP '2024-01-02 03:04:05.000', date_add('hour', 1, CAST(with_timezone(TIMESTAMP '2024-01-02 02:04:05.000', 'Asia/Tokyo') AT TIME ZONE 'UTC' AS timestamp(3))), CAST(with_timezone(TIMESTAMP '2024-01-02 03:04:05.000', 'Asia/Tokyo') AT TIME ZONE 'UTC' AS timestamp(3))), date_add('hour', -1, CAST(with_timezone(TIMESTAMP '2024-01-02 04:04:05.000', 'Asia/Tokyo') AT TIME ZONE 'UTC' AS timestamp(3)))) AS "cast('2024-01-02t03:04:05', 'datetime(\'asia/tokyo\')')"
FROM users
LIMIT 1;

-- case: a zone that is put by half an hour
SELECT toHour(dt, 'Australia/Lord_Howe') FROM v;
-- error: The time zone Australia/Lord_Howe is not supported
