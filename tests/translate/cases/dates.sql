-- case: the clock
SELECT now() > toDateTime('2024-01-01 00:00:00'), now() - now() BETWEEN -1 AND 1 AS same, today() - yesterday(), toYear(now()) > 2000, now64() > now() - INTERVAL 1 DAY, toDateTime(today()) <= now(), now('Asia/Tokyo') - now() BETWEEN -1 AND 1 AS zoned, UTCTimestamp() >= now() - 5, timezone() FROM users LIMIT 1;
-- trino
SELECT
  CAST(date_trunc('second', CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3))) > TIMESTAMP '2024-01-01 00:00:00.000' AS integer) AS "greater(now(), todatetime('2024-01-01 00:00:00'))",
  CAST((date_diff('second', date_trunc('second', CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3))), date_trunc('second', CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3)))) >= (-1)) AND (date_diff('second', date_trunc('second', CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3))), date_trunc('second', CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3)))) <= 1) AS integer) AS same,
  date_diff('day', date_add('day', -1, CAST(current_timestamp AT TIME ZONE 'UTC' AS date)), CAST(current_timestamp AT TIME ZONE 'UTC' AS date)) AS "minus(today(), yesterday())",
  CAST(year(date_trunc('second', CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3)))) > 2000 AS integer) AS "greater(toyear(now()), 2000)",
  CAST(CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3)) > date_add('day', -BIGINT '1', date_trunc('second', CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3)))) AS integer) AS "greater(now64(), minus(now(), tointervalday(1)))",
  CAST(CAST(CAST(current_timestamp AT TIME ZONE 'UTC' AS date) AS timestamp(3)) <= date_trunc('second', CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3))) AS integer) AS "lessorequals(todatetime(today()), now())",
  CAST((date_diff('second', date_trunc('second', CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3))), date_trunc('second', CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3)))) >= (-1)) AND (date_diff('second', date_trunc('second', CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3))), date_trunc('second', CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3)))) <= 1) AS integer) AS zoned,
  CAST(date_trunc('second', CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3))) >= date_add('second', -BIGINT '5', date_trunc('second', CAST(current_timestamp AT TIME ZONE 'UTC' AS timestamp(3)))) AS integer) AS "greaterorequals(utctimestamp(), minus(now(), 5))",
  'UTC' AS "timezone()"
FROM users
LIMIT 1;

-- case: parts of a DateTime
SELECT id, toYear(dt), toQuarter(dt), toMonth(dt), toDayOfMonth(dt), toDayOfYear(dt), toDayOfWeek(dt), toHour(dt), toMinute(dt), toSecond(dt), toISOWeek(dt), toISOYear(dt), toYYYYMM(dt), toYYYYMMDD(dt), toYYYYMMDDhhmmss(dt), toUnixTimestamp(dt), toDaysInMonth(dt) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  year(v.dt) AS "toyear(dt)",
  quarter(v.dt) AS "toquarter(dt)",
  month(v.dt) AS "tomonth(dt)",
  day(v.dt) AS "todayofmonth(dt)",
  day_of_year(v.dt) AS "todayofyear(dt)",
  day_of_week(v.dt) AS "todayofweek(dt)",
  hour(v.dt) AS "tohour(dt)",
  minute(v.dt) AS "tominute(dt)",
  second(v.dt) AS "tosecond(dt)",
  week(v.dt) AS "toisoweek(dt)",
  year_of_week(v.dt) AS "toisoyear(dt)",
  year(v.dt) * 100 + month(v.dt) AS "toyyyymm(dt)",
  year(v.dt) * 10000 + month(v.dt) * 100 + day(v.dt) AS "toyyyymmdd(dt)",
  ((((year(v.dt) * 100 + month(v.dt)) * 100 + day(v.dt)) * 100 + hour(v.dt)) * 100 + minute(v.dt)) * 100 + second(v.dt) AS "toyyyymmddhhmmss(dt)",
  date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', v.dt) AS "tounixtimestamp(dt)",
  day(last_day_of_month(v.dt)) AS "todaysinmonth(dt)"
FROM v
ORDER BY 1;

-- case: parts of a Date
SELECT id, toYear(d), toQuarter(d), toMonth(nd), toDayOfMonth(d), toDayOfYear(d), toDayOfWeek(d), toISOWeek(d), toISOYear(d), toYYYYMM(nd), toYYYYMMDD(d), toYYYYMMDDhhmmss(d), toRelativeDayNum(d), toRelativeWeekNum(d), toRelativeMonthNum(d), toRelativeQuarterNum(d), toRelativeYearNum(d), toYear(d32), toDayOfWeek(d32) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  year(v.d) AS "toyear(d)",
  quarter(v.d) AS "toquarter(d)",
  month(v.nd) AS "tomonth(nd)",
  day(v.d) AS "todayofmonth(d)",
  day_of_year(v.d) AS "todayofyear(d)",
  day_of_week(v.d) AS "todayofweek(d)",
  week(v.d) AS "toisoweek(d)",
  year_of_week(v.d) AS "toisoyear(d)",
  year(v.nd) * 100 + month(v.nd) AS "toyyyymm(nd)",
  year(v.d) * 10000 + month(v.d) * 100 + day(v.d) AS "toyyyymmdd(d)",
  ((((year(CAST(v.d AS timestamp(3))) * 100 + month(CAST(v.d AS timestamp(3)))) * 100 + day(CAST(v.d AS timestamp(3)))) * 100 + hour(CAST(v.d AS timestamp(3)))) * 100 + minute(CAST(v.d AS timestamp(3)))) * 100 + second(CAST(v.d AS timestamp(3))) AS "toyyyymmddhhmmss(d)",
  date_diff('day', DATE '1970-01-01', CAST(v.d AS date)) AS "torelativedaynum(d)",
  (date_diff('day', DATE '1970-01-01', CAST(v.d AS date)) + 3) / 7 AS "torelativeweeknum(d)",
  year(v.d) * 12 + month(v.d) AS "torelativemonthnum(d)",
  year(v.d) * 4 + quarter(v.d) - 1 AS "torelativequarternum(d)",
  year(v.d) AS "torelativeyearnum(d)",
  year(v.d32) AS "toyear(d32)",
  day_of_week(v.d32) AS "todayofweek(d32)"
FROM v
ORDER BY 1;

-- case: parts of ticks
SELECT id, toYear(dt6), toHour(dt6), toSecond(dt6), toMillisecond(dt6), toMillisecond(dt3), toUnixTimestamp(dt6), toUnixTimestamp64Milli(dt6), toUnixTimestamp64Milli(dt3), toUnixTimestamp64Micro(dt3), toUnixTimestamp64Nano(dt6), toUnixTimestamp64Second(dt3), toRelativeSecondNum(dt6), toRelativeMinuteNum(dt3), toRelativeHourNum(dt) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  year((TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) AS "toyear(dt6)",
  hour((TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) AS "tohour(dt6)",
  second((TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) AS "tosecond(dt6)",
  millisecond((TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) AS "tomillisecond(dt6)",
  millisecond(v.dt3) AS "tomillisecond(dt3)",
  v.dt6 / 1000000 AS "tounixtimestamp(dt6)",
  v.dt6 / 1000 AS "tounixtimestamp64milli(dt6)",
  date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', v.dt3) AS "tounixtimestamp64milli(dt3)",
  date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', v.dt3) * 1000 AS "tounixtimestamp64micro(dt3)",
  v.dt6 * 1000 AS "tounixtimestamp64nano(dt6)",
  date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', v.dt3) / 1000 AS "tounixtimestamp64second(dt3)",
  date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) AS "torelativesecondnum(dt6)",
  date_diff('minute', TIMESTAMP '1970-01-01 00:00:00.000', v.dt3) AS "torelativeminutenum(dt3)",
  date_diff('hour', TIMESTAMP '1970-01-01 00:00:00.000', v.dt) AS "torelativehournum(dt)"
FROM v
ORDER BY 1;

-- case: weeks by their modes
SELECT id, toWeek(d), toWeek(d, 1), toWeek(d, 2), toWeek(d, 3), toWeek(d, 4), toWeek(d, 5), toWeek(d, 6), toWeek(d, 7), toWeek(d, 8), toWeek(d, 9), toYearWeek(d), toYearWeek(d, 1), toYearWeek(dt, 3), toYearWeek(dt, 6), toDayOfWeek(d, 1), toDayOfWeek(d, 2), toDayOfWeek(d, 3) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  (day_of_year(v.d) - (day_of_week(v.d) % 7 + 1) + 7) / 7 AS "toweek(d)",
  (day_of_year(v.d) - day_of_week(v.d) + 10) / 7 AS "toweek(d, 1)",
  (day_of_year(date_add('day', 0 - day_of_week(v.d) % 7, v.d)) + 6) / 7 AS "toweek(d, 2)",
  week(v.d) AS "toweek(d, 3)",
  (day_of_year(v.d) - (day_of_week(v.d) % 7 + 1) + 10) / 7 AS "toweek(d, 4)",
  (day_of_year(v.d) - day_of_week(v.d) + 7) / 7 AS "toweek(d, 5)",
  (day_of_year(date_add('day', 3 - day_of_week(v.d) % 7, v.d)) + 6) / 7 AS "toweek(d, 6)",
  (day_of_year(date_add('day', 0, date_trunc('week', v.d))) + 6) / 7 AS "toweek(d, 7)",
  (day_of_year(date_add('day', 6 - day_of_week(v.d) % 7, v.d)) + 6) / 7 AS "toweek(d, 8)",
  (day_of_year(date_add('day', 6, date_trunc('week', v.d))) + 6) / 7 AS "toweek(d, 9)",
  year(date_add('day', 0 - day_of_week(v.d) % 7, v.d)) * 100 + (day_of_year(date_add('day', 0 - day_of_week(v.d) % 7, v.d)) + 6) / 7 AS "toyearweek(d)",
  year(date_add('day', 3, date_trunc('week', v.d))) * 100 + (day_of_year(date_add('day', 3, date_trunc('week', v.d))) + 6) / 7 AS "toyearweek(d, 1)",
  year(date_add('day', 3, date_trunc('week', CAST(v.dt AS date)))) * 100 + (day_of_year(date_add('day', 3, date_trunc('week', CAST(v.dt AS date)))) + 6) / 7 AS "toyearweek(dt, 3)",
  year(date_add('day', 3 - day_of_week(CAST(v.dt AS date)) % 7, CAST(v.dt AS date))) * 100 + (day_of_year(date_add('day', 3 - day_of_week(CAST(v.dt AS date)) % 7, CAST(v.dt AS date))) + 6) / 7 AS "toyearweek(dt, 6)",
  day_of_week(v.d) - 1 AS "todayofweek(d, 1)",
  day_of_week(v.d) % 7 AS "todayofweek(d, 2)",
  day_of_week(v.d) % 7 + 1 AS "todayofweek(d, 3)"
FROM v
ORDER BY 1;

-- case: other names
SELECT id, YEAR(dt), month(dt), DAY(dt), HOUR(dt), dayofweek(dt), DATE(dt), week(d), LAST_DAY(nd), date_trunc('month', dt), DATE_TRUNC('hour', dt), date_diff('day', d, dt), timestampDiff('day', d, dt), dateDiff(day, d, dt), toTimeZone(dt, 'Asia/Tokyo') FROM v WHERE d < '2149-06-01' ORDER BY id;
-- trino
SELECT
  v.id,
  year(v.dt) AS "year(dt)",
  month(v.dt) AS "month(dt)",
  day(v.dt) AS "day(dt)",
  hour(v.dt) AS "hour(dt)",
  day_of_week(v.dt) AS "dayofweek(dt)",
  CAST(v.dt AS date) AS "date(dt)",
  (day_of_year(v.d) - (day_of_week(v.d) % 7 + 1) + 7) / 7 AS "week(d)",
  last_day_of_month(v.nd) AS "last_day(nd)",
  date_trunc('month', CAST(v.dt AS date)) AS "date_trunc('month', dt)",
  date_trunc('hour', v.dt) AS "date_trunc('hour', dt)",
  date_diff('day', v.d, CAST(v.dt AS date)) AS "datediff('day', d, dt)",
  date_diff('day', v.d, CAST(v.dt AS date)) AS "datediff('day', d, dt)_2",
  date_diff('day', v.d, CAST(v.dt AS date)) AS "datediff('day', d, dt)_3",
  v.dt AS "totimezone(dt, 'asia/tokyo')"
FROM v
WHERE v.d < DATE '2149-06-01'
ORDER BY 1;

-- case: starts of a DateTime's intervals
SELECT id, toStartOfYear(dt), toStartOfISOYear(dt), toStartOfQuarter(dt), toStartOfMonth(dt), toMonday(dt), toStartOfWeek(dt), toStartOfWeek(dt, 1), toStartOfDay(dt), toStartOfHour(dt), toStartOfMinute(dt), toStartOfFiveMinutes(dt), toStartOfTenMinutes(dt), toStartOfFifteenMinutes(dt), timeSlot(dt), toLastDayOfMonth(dt), toLastDayOfWeek(dt), toLastDayOfWeek(dt, 1) FROM v WHERE dt > '1970-01-07 00:00:00' ORDER BY id;
-- trino
SELECT
  v.id,
  date_trunc('year', CAST(v.dt AS date)) AS "tostartofyear(dt)",
  date_trunc('week', date_add('day', 3, date_trunc('year', date_add('day', 3, date_trunc('week', CAST(v.dt AS date)))))) AS "tostartofisoyear(dt)",
  date_trunc('quarter', CAST(v.dt AS date)) AS "tostartofquarter(dt)",
  date_trunc('month', CAST(v.dt AS date)) AS "tostartofmonth(dt)",
  date_trunc('week', CAST(v.dt AS date)) AS "tomonday(dt)",
  date_add('day', 0 - day_of_week(CAST(v.dt AS date)) % 7, CAST(v.dt AS date)) AS "tostartofweek(dt)",
  date_trunc('week', CAST(v.dt AS date)) AS "tostartofweek(dt, 1)",
  date_trunc('day', v.dt) AS "tostartofday(dt)",
  date_trunc('hour', v.dt) AS "tostartofhour(dt)",
  date_trunc('minute', v.dt) AS "tostartofminute(dt)",
  date_add('minute', -(minute(v.dt) % 5), date_trunc('minute', v.dt)) AS "tostartoffiveminutes(dt)",
  date_add('minute', -(minute(v.dt) % 10), date_trunc('minute', v.dt)) AS "tostartoftenminutes(dt)",
  date_add('minute', -(minute(v.dt) % 15), date_trunc('minute', v.dt)) AS "tostartoffifteenminutes(dt)",
  date_add('minute', -(minute(v.dt) % 30), date_trunc('minute', v.dt)) AS "timeslot(dt)",
  last_day_of_month(CAST(v.dt AS date)) AS "tolastdayofmonth(dt)",
  date_add('day', 6 - day_of_week(CAST(v.dt AS date)) % 7, CAST(v.dt AS date)) AS "tolastdayofweek(dt)",
  date_add('day', 6, date_trunc('week', CAST(v.dt AS date))) AS "tolastdayofweek(dt, 1)"
FROM v
WHERE v.dt > TIMESTAMP '1970-01-07 00:00:00.000'
ORDER BY 1;

-- case: starts of a Date's intervals
SELECT id, toStartOfYear(d), toStartOfQuarter(d), toStartOfMonth(d), toMonday(d), toStartOfWeek(d), toStartOfDay(d), toLastDayOfMonth(d), toStartOfInterval(d, INTERVAL 2 WEEK), toStartOfInterval(d, INTERVAL 5 DAY), toStartOfInterval(d, INTERVAL 5 MONTH), toStartOfInterval(d, INTERVAL 3 QUARTER), toStartOfInterval(d, INTERVAL 4 YEAR), toStartOfMonth(nd) FROM v WHERE d > '1980-01-01' AND d < '2105-01-01' ORDER BY id;
-- trino
SELECT
  v.id,
  date_trunc('year', v.d) AS "tostartofyear(d)",
  date_trunc('quarter', v.d) AS "tostartofquarter(d)",
  date_trunc('month', v.d) AS "tostartofmonth(d)",
  date_trunc('week', v.d) AS "tomonday(d)",
  date_add('day', 0 - day_of_week(v.d) % 7, v.d) AS "tostartofweek(d)",
  CAST(v.d AS timestamp(3)) AS "tostartofday(d)",
  last_day_of_month(v.d) AS "tolastdayofmonth(d)",
  date_add('day', -((date_diff('day', DATE '1970-01-01', v.d) - 4) % 14), v.d) AS "tostartofinterval(d, tointervalweek(2))",
  CAST(date_add('day', -(date_diff('day', DATE '1970-01-01', v.d) % 5), v.d) AS timestamp(3)) AS "tostartofinterval(d, tointervalday(5))",
  date_add('month', -((year(v.d) * 12 + month(v.d) - 22801) % 5), date_trunc('month', v.d)) AS "tostartofinterval(d, tointervalmonth(5))",
  date_add('month', -((year(v.d) * 12 + month(v.d) - 22801) % 9), date_trunc('month', v.d)) AS "tostartofinterval(d, tointervalquarter(3))",
  date_add('year', -(year(v.d) % 4), date_trunc('year', v.d)) AS "tostartofinterval(d, tointervalyear(4))",
  date_trunc('month', v.nd) AS "tostartofmonth(nd)"
FROM v
WHERE v.d > DATE '1980-01-01'
  AND v.d < DATE '2105-01-01'
ORDER BY 1;

-- case: starts of ticks
SELECT id, toStartOfDay(dt6), toStartOfHour(dt6), toStartOfSecond(dt6), toStartOfMillisecond(dt6), toStartOfSecond(dt3), toStartOfInterval(dt6, INTERVAL 10 SECOND), toStartOfInterval(dt6, INTERVAL 300 MILLISECOND), toStartOfInterval(dt3, INTERVAL 7 MICROSECOND), toStartOfMonth(dt6), dateTrunc('second', dt3), dateTrunc('millisecond', dt6) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  date_trunc('day', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) AS "tostartofday(dt6)",
  date_trunc('hour', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) AS "tostartofhour(dt6)",
  date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', date_trunc('second', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND))) * 1000 AS "tostartofsecond(dt6)",
  date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) * 1000 AS "tostartofmillisecond(dt6)",
  date_trunc('second', v.dt3) AS "tostartofsecond(dt3)",
  date_add('second', -(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) % 10), date_trunc('second', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND))) AS "tostartofinterval(dt6, tointervalsecond(10))",
  (TIMESTAMP '1970-01-01 00:00:00.000' + (date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) - mod(mod(date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)), 300) + 300, 300)) * INTERVAL '0.001' SECOND) AS "tostartofinterval(dt6, tointervalmillisecond(300))",
  ((date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', v.dt3) * 1000) - mod(mod((date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', v.dt3) * 1000), 7) + 7, 7)) AS "tostartofinterval(dt3, tointervalmicrosecond(7))",
  date_trunc('month', CAST((TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND) AS date)) AS "tostartofmonth(dt6)",
  date_trunc('second', v.dt3) AS "datetrunc('second', dt3)",
  (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND) AS "datetrunc('millisecond', dt6)"
FROM v
ORDER BY 1;

-- case: intervals of several units
SELECT id, toStartOfInterval(dt, INTERVAL 1 SECOND), toStartOfInterval(dt, INTERVAL 45 SECOND), toStartOfInterval(dt, INTERVAL 5 MINUTE), toStartOfInterval(dt, INTERVAL 7 MINUTE), toStartOfInterval(dt, INTERVAL 90 MINUTE), toStartOfInterval(dt, INTERVAL 1 HOUR), toStartOfInterval(dt, INTERVAL 5 HOUR), toStartOfInterval(dt, INTERVAL 48 HOUR), toStartOfInterval(dt, INTERVAL 1 DAY), toStartOfInterval(dt, toIntervalDay(7)), toStartOfInterval(dt, INTERVAL '1 month') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  v.dt AS "tostartofinterval(dt, tointervalsecond(1))",
  date_add('second', -(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', v.dt) % 45), v.dt) AS "tostartofinterval(dt, tointervalsecond(45))",
  date_add('minute', -(minute(v.dt) % 5), date_trunc('minute', v.dt)) AS "tostartofinterval(dt, tointervalminute(5))",
  date_add('second', -(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', v.dt) % 420), v.dt) AS "tostartofinterval(dt, tointervalminute(7))",
  date_add('second', -(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', v.dt) % 5400), v.dt) AS "tostartofinterval(dt, tointervalminute(90))",
  date_trunc('hour', v.dt) AS "tostartofinterval(dt, tointervalhour(1))",
  date_add('hour', -(hour(v.dt) % 5), date_trunc('hour', v.dt)) AS "tostartofinterval(dt, tointervalhour(5))",
  date_add('hour', -(hour(v.dt) % 48), date_trunc('hour', v.dt)) AS "tostartofinterval(dt, tointervalhour(48))",
  date_trunc('day', v.dt) AS "tostartofinterval(dt, tointervalday(1))",
  CAST(date_add('day', -(date_diff('day', DATE '1970-01-01', CAST(v.dt AS date)) % 7), CAST(v.dt AS date)) AS timestamp(3)) AS "tostartofinterval(dt, tointervalday(7))",
  date_trunc('month', CAST(v.dt AS date)) AS "tostartofinterval(dt, tointervalmonth(1))"
FROM v
ORDER BY 1;

-- case: an origin is refused
SELECT toStartOfInterval(dt, INTERVAL 5 HOUR, toDateTime('2024-01-01 00:00:00')) FROM v;
-- error: toStartOfInterval(): an origin is not supported

-- case: the hour of a Date is refused
SELECT toStartOfInterval(d, INTERVAL 5 HOUR) FROM v;
-- error: toStartOfInterval(): hours of Date are not supported

-- case: sums
SELECT id, dt + toIntervalDay(u8), dt + toIntervalMinute(i8), d + toIntervalMonth(u8), addDays(d, u8), addHours(dt, i8), addMonths(dt, u8), subtractDays(dt, u8), addWeeks(d, 1), addQuarters(dt, 2), subtractYears(dt, 1), addDate(dt, INTERVAL 1 DAY), subDate(d, INTERVAL 1 MONTH), ndt + INTERVAL 1 DAY, nd + INTERVAL 1 WEEK, d + INTERVAL 1 HOUR, d32 + INTERVAL 1 DAY, addMilliseconds(dt, 5) FROM v WHERE u8 < 20 AND dt > '1980-01-01 00:00:00' AND d > '1980-01-01' AND d < '2100-01-01' ORDER BY id;
-- trino
SELECT
  v.id,
  date_add('day', CAST(v.u8 AS bigint), v.dt) AS "plus(dt, tointervalday(u8))",
  date_add('minute', CAST(v.i8 AS bigint), v.dt) AS "plus(dt, tointervalminute(i8))",
  date_add('month', CAST(v.u8 AS bigint), v.d) AS "plus(d, tointervalmonth(u8))",
  date_add('day', CAST(v.u8 AS bigint), v.d) AS "adddays(d, u8)",
  date_add('hour', CAST(v.i8 AS bigint), v.dt) AS "addhours(dt, i8)",
  date_add('month', CAST(v.u8 AS bigint), v.dt) AS "addmonths(dt, u8)",
  date_add('day', -CAST(v.u8 AS bigint), v.dt) AS "subtractdays(dt, u8)",
  date_add('week', BIGINT '1', v.d) AS "addweeks(d, 1)",
  date_add('quarter', BIGINT '2', v.dt) AS "addquarters(dt, 2)",
  date_add('year', -BIGINT '1', v.dt) AS "subtractyears(dt, 1)",
  date_add('day', BIGINT '1', v.dt) AS "adddate(dt, tointervalday(1))",
  date_add('month', -BIGINT '1', v.d) AS "subdate(d, tointervalmonth(1))",
  date_add('day', BIGINT '1', v.ndt) AS "plus(ndt, tointervalday(1))",
  date_add('week', BIGINT '1', v.nd) AS "plus(nd, tointervalweek(1))",
  date_add('hour', BIGINT '1', CAST(v.d AS timestamp(3))) AS "plus(d, tointervalhour(1))",
  date_add('day', BIGINT '1', v.d32) AS "plus(d32, tointervalday(1))",
  date_add('millisecond', BIGINT '5', v.dt) AS "addmilliseconds(dt, 5)"
FROM v
WHERE v.u8 < 20
  AND v.dt > TIMESTAMP '1980-01-01 00:00:00.000'
  AND v.d > DATE '1980-01-01'
  AND v.d < DATE '2100-01-01'
ORDER BY 1;

-- case: sums of ticks
SELECT id, dt6 + INTERVAL 1 MONTH, dt6 - INTERVAL 1 DAY, dt6 + INTERVAL 90 SECOND, addMicroseconds(dt6, 5), addNanoseconds(dt6, 5), addMilliseconds(dt6, i8), addMicroseconds(dt3, 5), addHours(dt3, 2), dt6 + 5, dt3 - 5, addYears(dt6, u8) FROM v WHERE u8 < 20 ORDER BY id;
-- trino
SELECT
  v.id,
  v.dt6 + date_diff('millisecond', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND), date_add('month', BIGINT '1', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND))) * 1000 AS "plus(dt6, tointervalmonth(1))",
  v.dt6 + date_diff('millisecond', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND), date_add('day', -BIGINT '1', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND))) * 1000 AS "minus(dt6, tointervalday(1))",
  v.dt6 + (BIGINT '90') * 1000000 AS "plus(dt6, tointervalsecond(90))",
  v.dt6 + (BIGINT '5') * 1 AS "addmicroseconds(dt6, 5)",
  (v.dt6 * 1000) + (BIGINT '5') * 1 AS "addnanoseconds(dt6, 5)",
  v.dt6 + (CAST(v.i8 AS bigint)) * 1000 AS "addmilliseconds(dt6, i8)",
  (date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', v.dt3) * 1000) + (BIGINT '5') * 1 AS "addmicroseconds(dt3, 5)",
  date_add('hour', BIGINT '2', v.dt3) AS "addhours(dt3, 2)",
  v.dt6 + BIGINT '5' * 1000000 AS "plus(dt6, 5)",
  date_add('second', -BIGINT '5', v.dt3) AS "minus(dt3, 5)",
  v.dt6 + date_diff('millisecond', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND), date_add('year', CAST(v.u8 AS bigint), (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND))) * 1000 AS "addyears(dt6, u8)"
FROM v
WHERE v.u8 < 20
ORDER BY 1;

-- case: differences
SELECT id, dateDiff('second', dt, dt3), dateDiff('minute', dt, dt6), dateDiff('hour', d, dt), dateDiff('day', dt, d), dateDiff('week', d, dt), dateDiff('month', dt, d), dateDiff('quarter', d, dt), dateDiff('year', nd, dt), dateDiff('ms', dt3, dt6), dateDiff('us', dt3, dt6), dateDiff('day', d32, d), dt3 - dt, dt6 - dt3, dt - dt, d - nd FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  date_diff('second', v.dt, date_trunc('second', v.dt3)) AS "datediff('second', dt, dt3)",
  date_diff('minute', date_trunc('minute', v.dt), date_trunc('minute', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND))) AS "datediff('minute', dt, dt6)",
  date_diff('hour', CAST(v.d AS timestamp(3)), date_trunc('hour', v.dt)) AS "datediff('hour', d, dt)",
  date_diff('day', CAST(v.dt AS date), v.d) AS "datediff('day', dt, d)",
  date_diff('week', date_trunc('week', v.d), date_trunc('week', CAST(v.dt AS date))) AS "datediff('week', d, dt)",
  date_diff('month', date_trunc('month', CAST(v.dt AS date)), date_trunc('month', v.d)) AS "datediff('month', dt, d)",
  date_diff('quarter', date_trunc('quarter', v.d), date_trunc('quarter', CAST(v.dt AS date))) AS "datediff('quarter', d, dt)",
  date_diff('year', date_trunc('year', v.nd), date_trunc('year', CAST(v.dt AS date))) AS "datediff('year', nd, dt)",
  date_diff('millisecond', v.dt3, (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) AS "datediff('ms', dt3, dt6)",
  v.dt6 - (date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', v.dt3) * 1000) AS "datediff('us', dt3, dt6)",
  date_diff('day', v.d32, v.d) AS "datediff('day', d32, d)",
  CAST(CAST(date_diff('millisecond', v.dt, v.dt3) AS decimal(18,0)) * DECIMAL '0.001' AS decimal(18,3)) AS "minus(dt3, dt)",
  CAST(CAST(v.dt6 - (date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', v.dt3) * 1000) AS decimal(18,0)) * DECIMAL '0.000001' AS decimal(18,6)) AS "minus(dt6, dt3)",
  date_diff('second', v.dt, v.dt) AS "minus(dt, dt)",
  date_diff('day', v.nd, v.d) AS "minus(d, nd)"
FROM v
ORDER BY 1;

-- case: ages
SELECT id, age('second', dt, dt3), age('minute', dt, ndt), age('hour', d, dt), age('day', dt, d), age('month', dt, d), age('month', d, dt), age('quarter', d, dt), age('year', nd, dt) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  date_diff('second', v.dt, v.dt3) AS "age('second', dt, dt3)",
  date_diff('minute', v.dt, v.ndt) AS "age('minute', dt, ndt)",
  date_diff('hour', CAST(v.d AS timestamp(3)), v.dt) AS "age('hour', d, dt)",
  date_diff('day', v.dt, CAST(v.d AS timestamp(3))) AS "age('day', dt, d)",
  (date_diff('month', date_trunc('month', v.dt), date_trunc('month', CAST(v.d AS timestamp(3)))) - IF(v.dt <= CAST(v.d AS timestamp(3)), IF(date_diff('millisecond', date_trunc('month', CAST(v.d AS timestamp(3))), CAST(v.d AS timestamp(3))) < date_diff('millisecond', date_trunc('month', v.dt), v.dt), 1, 0), IF(date_diff('millisecond', date_trunc('month', CAST(v.d AS timestamp(3))), CAST(v.d AS timestamp(3))) > date_diff('millisecond', date_trunc('month', v.dt), v.dt), -1, 0))) AS "age('month', dt, d)",
  (date_diff('month', date_trunc('month', CAST(v.d AS timestamp(3))), date_trunc('month', v.dt)) - IF(CAST(v.d AS timestamp(3)) <= v.dt, IF(date_diff('millisecond', date_trunc('month', v.dt), v.dt) < date_diff('millisecond', date_trunc('month', CAST(v.d AS timestamp(3))), CAST(v.d AS timestamp(3))), 1, 0), IF(date_diff('millisecond', date_trunc('month', v.dt), v.dt) > date_diff('millisecond', date_trunc('month', CAST(v.d AS timestamp(3))), CAST(v.d AS timestamp(3))), -1, 0))) AS "age('month', d, dt)",
  (date_diff('month', date_trunc('month', CAST(v.d AS timestamp(3))), date_trunc('month', v.dt)) - IF(CAST(v.d AS timestamp(3)) <= v.dt, IF(date_diff('millisecond', date_trunc('month', v.dt), v.dt) < date_diff('millisecond', date_trunc('month', CAST(v.d AS timestamp(3))), CAST(v.d AS timestamp(3))), 1, 0), IF(date_diff('millisecond', date_trunc('month', v.dt), v.dt) > date_diff('millisecond', date_trunc('month', CAST(v.d AS timestamp(3))), CAST(v.d AS timestamp(3))), -1, 0))) / 3 AS "age('quarter', d, dt)",
  (date_diff('month', date_trunc('month', CAST(v.nd AS timestamp(3))), date_trunc('month', v.dt)) - IF(CAST(v.nd AS timestamp(3)) <= v.dt, IF(date_diff('millisecond', date_trunc('month', v.dt), v.dt) < date_diff('millisecond', date_trunc('month', CAST(v.nd AS timestamp(3))), CAST(v.nd AS timestamp(3))), 1, 0), IF(date_diff('millisecond', date_trunc('month', v.dt), v.dt) > date_diff('millisecond', date_trunc('month', CAST(v.nd AS timestamp(3))), CAST(v.nd AS timestamp(3))), -1, 0))) / 12 AS "age('year', nd, dt)"
FROM v
ORDER BY 1;

-- case: ages of weeks are refused
SELECT age('week', d, dt) FROM v;
-- error: age(): of weeks is not supported

-- case: conversions between times
SELECT id, toDate(dt), toDate(dt6), toDate32(dt3), toDateTime(d), toDateTime(dt6), toDateTime64(dt, 3), toDateTime64(dt3, 6), toDateTime64(dt6, 3), toDateTime64(dt6, 1), toDateTime64(d, 6), toDateTime(ndt), toDate(ndt) FROM v WHERE d < '2105-01-01' ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(v.dt AS date) AS "todate(dt)",
  CAST((TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND) AS date) AS "todate(dt6)",
  CAST(v.dt3 AS date) AS "todate32(dt3)",
  CAST(v.d AS timestamp(3)) AS "todatetime(d)",
  date_trunc('second', (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) AS "todatetime(dt6)",
  v.dt AS "todatetime64(dt, 3)",
  date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', v.dt3) * 1000 AS "todatetime64(dt3, 6)",
  (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND) AS "todatetime64(dt6, 3)",
  date_add('millisecond', -(millisecond((TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) % 100), (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) AS "todatetime64(dt6, 1)",
  date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', CAST(v.d AS timestamp(3))) * 1000 AS "todatetime64(d, 6)",
  v.ndt AS "todatetime(ndt)",
  CAST(v.ndt AS date) AS "todate(ndt)"
FROM v
WHERE v.d < DATE '2105-01-01'
ORDER BY 1;

-- case: numbers become times
SELECT id, toDateTime(u32), toDateTime64(u32, 3), toDateTime64(u32, 6), toDate(u16), toDate(u32), toDateTime(b), fromUnixTimestamp(u32), fromUnixTimestamp64Milli(u32), fromUnixTimestamp64Milli(i64 % 1000000000000), fromUnixTimestamp64Micro(i64 % 1000000000000000), fromUnixTimestamp64Second(u32), toDateTime64(nf, 3), toDateTime64(nf, 6), makeDate(2024, u8), makeDate(2000 + u8 % 50, i8, 31), makeDate(2024, ni, 1), makeDate(2023.7, 1, nf) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  (TIMESTAMP '1970-01-01 00:00:00.000' + v.u32 * INTERVAL '1' SECOND) AS "todatetime(u32)",
  (TIMESTAMP '1970-01-01 00:00:00.000' + v.u32 * INTERVAL '1' SECOND) AS "todatetime64(u32, 3)",
  v.u32 * 1000000 AS "todatetime64(u32, 6)",
  date_add('day', v.u16, DATE '1970-01-01') AS "todate(u16)",
  IF(v.u32 < 65536, date_add('day', v.u32, DATE '1970-01-01'), CAST((TIMESTAMP '1970-01-01 00:00:00.000' + v.u32 * INTERVAL '1' SECOND) AS date)) AS "todate(u32)",
  (TIMESTAMP '1970-01-01 00:00:00.000' + CAST(v.b AS bigint) * INTERVAL '1' SECOND) AS "todatetime(b)",
  (TIMESTAMP '1970-01-01 00:00:00.000' + v.u32 * INTERVAL '1' SECOND) AS "fromunixtimestamp(u32)",
  (TIMESTAMP '1970-01-01 00:00:00.000' + v.u32 * INTERVAL '0.001' SECOND) AS "fromunixtimestamp64milli(u32)",
  (TIMESTAMP '1970-01-01 00:00:00.000' + mod(v.i64, 1000000000000) * INTERVAL '0.001' SECOND) AS "fromunixtimestamp64milli(modulo(i64, 1000000000000))",
  mod(v.i64, 1000000000000000) AS "fromunixtimestamp64micro(modulo(i64, 1000000000000000))",
  (TIMESTAMP '1970-01-01 00:00:00.000' + v.u32 * INTERVAL '1' SECOND) AS "fromunixtimestamp64second(u32)",
  (TIMESTAMP '1970-01-01 00:00:00.000' + CAST(truncate(v.nf * 1e3) AS bigint) * INTERVAL '0.001' SECOND) AS "todatetime64(nf, 3)",
  CAST(truncate(v.nf * 1e6) AS bigint) AS "todatetime64(nf, 6)",
  IF(BIGINT '2024' BETWEEN 1970 AND 2149 AND CAST(v.u8 AS bigint) BETWEEN 1 AND 365, date_add('day', CAST(v.u8 AS bigint) - 1, date_add('year', BIGINT '2024' - 1970, DATE '1970-01-01')), DATE '1970-01-01') AS "makedate(2024, u8)",
  IF((2000 + mod(CAST(v.u8 AS bigint), 50)) BETWEEN 1970 AND 2149 AND CAST(v.i8 AS bigint) BETWEEN 1 AND 12 AND BIGINT '31' BETWEEN 1 AND 31, date_add('day', BIGINT '31' - 1, date_add('month', ((2000 + mod(CAST(v.u8 AS bigint), 50)) - 1970) * 12 + CAST(v.i8 AS bigint) - 1, DATE '1970-01-01')), DATE '1970-01-01') AS "makedate(plus(2000, modulo(u8, 50)), i8, 31)",
  IF(v.ni IS NULL, NULL, IF(BIGINT '2024' BETWEEN 1970 AND 2149 AND v.ni BETWEEN 1 AND 12 AND BIGINT '1' BETWEEN 1 AND 31, date_add('day', BIGINT '1' - 1, date_add('month', (BIGINT '2024' - 1970) * 12 + v.ni - 1, DATE '1970-01-01')), DATE '1970-01-01')) AS "makedate(2024, ni, 1)",
  IF(CAST(truncate(v.nf) AS bigint) IS NULL, NULL, IF(CAST(truncate(2023.7e0) AS bigint) BETWEEN 1970 AND 2149 AND BIGINT '1' BETWEEN 1 AND 12 AND CAST(truncate(v.nf) AS bigint) BETWEEN 1 AND 31, date_add('day', CAST(truncate(v.nf) AS bigint) - 1, date_add('month', (CAST(truncate(2023.7e0) AS bigint) - 1970) * 12 + BIGINT '1' - 1, DATE '1970-01-01')), DATE '1970-01-01')) AS "makedate(2023.7, 1, nf)"
FROM v
ORDER BY 1;

-- case: times become numbers and texts
SELECT id, CAST(dt, 'Int64'), CAST(d, 'UInt32'), CAST(dt3, 'Float64'), CAST(dt6, 'Float64'), CAST(dt6, 'Int64'), CAST(dt, 'String'), CAST(dt3, 'String'), CAST(dt6, 'String'), CAST(d, 'String'), CAST(d32, 'String'), CAST(dtz, 'String'), CAST(toDateTime64(dt6, 1), 'String'), CAST(toDateTime64(dt6, 9), 'String') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', v.dt) AS "cast(dt, 'int64')",
  bitwise_and(date_diff('day', DATE '1970-01-01', v.d), 4294967295) AS "cast(d, 'uint32')",
  CAST(date_diff('millisecond', TIMESTAMP '1970-01-01 00:00:00.000', v.dt3) AS double) / 1e3 AS "cast(dt3, 'float64')",
  CAST(v.dt6 AS double) / 1e6 AS "cast(dt6, 'float64')",
  v.dt6 / 1000000 AS "cast(dt6, 'int64')",
  substr(CAST(v.dt AS varchar), 1, 19) AS "cast(dt, 'string')",
  CAST(v.dt3 AS varchar) AS "cast(dt3, 'string')",
  concat(substr(CAST((TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND) AS varchar), 1, 20), lpad(CAST(mod(mod(v.dt6, 1000000) + 1000000, 1000000) AS varchar), 6, '0')) AS "cast(dt6, 'string')",
  CAST(v.d AS varchar) AS "cast(d, 'string')",
  CAST(v.d32 AS varchar) AS "cast(d32, 'string')",
  substr(CAST(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)) AS varchar), 1, 19) AS "cast(dtz, 'string')",
  substr(CAST(date_add('millisecond', -(millisecond((TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) % 100), (TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) AS varchar), 1, 21) AS "cast(todatetime64(dt6, 1), 'string')",
  concat(substr(CAST((TIMESTAMP '1970-01-01 00:00:00.000' + ((v.dt6 * 1000) - mod(mod((v.dt6 * 1000), 1000000) + 1000000, 1000000)) / 1000000 * INTERVAL '0.001' SECOND) AS varchar), 1, 20), lpad(CAST(mod(mod(v.dt6 * 1000, 1000000000) + 1000000000, 1000000000) AS varchar), 9, '0')) AS "cast(todatetime64(dt6, 9), 'string')"
FROM v
ORDER BY 1;

-- case: literal texts
SELECT toDate('2024-01-01'), toDate('20240101'), toDate('2024-02-31 10:00:00'), toDate32('1950-01-01'), toDateTime('2024-01-01 00:00:00'), toDateTime('2024-01-01'), toDateTime('1704164645'), toDateTime64('2024-01-01 00:00:00.123456', 6), toDateTime64('2024-01-01T00:00:00.1239', 3), toUnixTimestamp('2024-01-01 00:00:00'), toStartOfDay(toDateTime('2024-01-01 10:00:00')), addDays('2024-01-01', 1), '2024-01-01 10:00:00' + INTERVAL 1 DAY, timestamp('2024-01-01 00:00:00.5'), CAST('2024-01-01 10:00:00', 'DateTime'), '2024-01-01'::Date FROM users LIMIT 1;
-- trino
SELECT
  DATE '2024-01-01' AS "todate('2024-01-01')",
  DATE '2024-01-01' AS "todate('20240101')",
  DATE '2024-03-02' AS "todate('2024-02-31 10:00:00')",
  DATE '1950-01-01' AS "todate32('1950-01-01')",
  TIMESTAMP '2024-01-01 00:00:00.000' AS "todatetime('2024-01-01 00:00:00')",
  TIMESTAMP '2024-01-01 00:00:00.000' AS "todatetime('2024-01-01')",
  TIMESTAMP '2024-01-02 03:04:05.000' AS "todatetime('1704164645')",
  BIGINT '1704067200123456' AS "todatetime64('2024-01-01 00:00:00.123456', 6)",
  TIMESTAMP '2024-01-01 00:00:00.123' AS "todatetime64('2024-01-01t00:00:00.1239', 3)",
  date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', TIMESTAMP '2024-01-01 00:00:00.000') AS "tounixtimestamp('2024-01-01 00:00:00')",
  date_trunc('day', TIMESTAMP '2024-01-01 10:00:00.000') AS "tostartofday(todatetime('2024-01-01 10:00:00'))",
  date_add('day', BIGINT '1', TIMESTAMP '2024-01-01 00:00:00.000') AS "adddays('2024-01-01', 1)",
  date_add('day', BIGINT '1', TIMESTAMP '2024-01-01 10:00:00.000') AS "plus('2024-01-01 10:00:00', tointervalday(1))",
  BIGINT '1704067200500000' AS "timestamp('2024-01-01 00:00:00.5')",
  TIMESTAMP '2024-01-01 10:00:00.000' AS "cast('2024-01-01 10:00:00', 'datetime')",
  DATE '2024-01-01' AS "cast('2024-01-01', 'date')"
FROM users
LIMIT 1;

-- case: literal texts that are no times
SELECT toDateTimeOrNull('x'), toDateTimeOrNull('2024-01-02'), toDateOrZero('x'), toDateTime64OrNull('x', 3), toDateTimeOrZero('x'), parseDateTimeBestEffortOrNull('x'), parseDateTimeBestEffortOrZero('x'), parseDateTime64BestEffortOrNull('x', 6), parseDateTime64BestEffortOrZero('x', 6), toDate32OrNull('') FROM users LIMIT 1;
-- trino
SELECT
  date_trunc('second', IF(regexp_like('x', '^\d{5,}\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST('x' AS bigint), 4294967295) * INTERVAL '1' SECOND), TRY_CAST(replace(regexp_extract('x', '^(?=\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2})?\z).{10}(?:.{9})?'), 'T', ' ') AS timestamp(3)))) AS "todatetimeornull('x')",
  date_trunc('second', IF(regexp_like('2024-01-02', '^\d{5,}\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST('2024-01-02' AS bigint), 4294967295) * INTERVAL '1' SECOND), TRY_CAST(replace(regexp_extract('2024-01-02', '^(?=\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2})?\z).{10}(?:.{9})?'), 'T', ' ') AS timestamp(3)))) AS "todatetimeornull('2024-01-02')",
  coalesce(TRY_CAST(regexp_extract(regexp_replace('x', '^(\d{4})(\d{2})(\d{2})\z', '$1-$2-$3'), '^(\d{4}-\d{1,2}-\d{1,2})(?:[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?)?\z', 1) AS date), DATE '1970-01-01') AS "todateorzero('x')",
  IF(regexp_like('x', '^0*[1-9]\d{12,}\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST('x' AS bigint), 253402300799000) * INTERVAL '0.001' SECOND), IF(regexp_like('x', '^((?=\d{5})0*\d{1,12})?\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST(concat('0', 'x') AS bigint), 253402300799) * INTERVAL '1' SECOND), TRY_CAST(replace(regexp_extract('x', '^(?=\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?)?\z).{10}(?:.{9}(?:\.\d{1,3})?)?'), 'T', ' ') AS timestamp(3)))) AS "todatetime64ornull('x', 3)",
  coalesce(date_trunc('second', IF(regexp_like('x', '^\d{5,}\z'), (TIMESTAMP '1970-01-01 00:00:00.000' + least(TRY_CAST('x' AS bigint), 4294967295) * INTERVAL '1' SECOND), TRY_CAST(replace(regexp_extract('x', '^(?=\d{4}-\d{2}-\d{2}(?:[ T]\d{2}:\d{2}:\d{2})?\z).{10}(?:.{9})?'), 'T', ' ') AS timestamp(3)))), TIMESTAMP '1970-01-01 00:00:00.000') AS "todatetimeorzero('x')",
  CAST(NULL AS timestamp(3)) AS "parsedatetimebesteffortornull('x')",
  TIMESTAMP '1970-01-01 00:00:00.000' AS "parsedatetimebesteffortorzero('x')",
  CAST(NULL AS bigint) AS "parsedatetime64besteffortornull('x', 6)",
  BIGINT '0' AS "parsedatetime64besteffortorzero('x', 6)",
  TRY_CAST(regexp_extract(regexp_replace('', '^(\d{4})(\d{2})(\d{2})\z', '$1-$2-$3'), '^(\d{4}-\d{1,2}-\d{1,2})(?:[ T]\d{2}:\d{2}:\d{2}(?:\.\d+)?)?\z', 1) AS date) AS "todate32ornull('')"
FROM users
LIMIT 1;

-- case: a literal text that is no time
SELECT toDateTime('2024-01-02T03:04:05Z') FROM users;
-- error: [Error] Cannot parse string '2024-01-02T03:04:05Z' as DateTime

-- case: literal texts with best effort
SELECT parseDateTimeBestEffort('2024-01-02T03:04:05Z'), parseDateTimeBestEffort('2024-01-02 03:04:05'), parseDateTimeBestEffort('20240102'), parseDateTimeBestEffort('20240102T101112Z'), parseDateTimeBestEffort('2024-01-02T03:04:05.5+02:00', 'Asia/Tokyo'), parseDateTimeBestEffort('2024-1-2 3:4', 'Asia/Tokyo'), parseDateTimeBestEffort('1704164645'), parseDateTimeBestEffort('1704164645123'), parseDateTime64BestEffort('2024-01-02T03:04:05.123456Z', 6), parseDateTime64BestEffort('1704164645123'), parseDateTimeBestEffortOrNull('2024-01-02'), parseDateTime32BestEffort('2024/01/02 10:11'), parseDateTimeBestEffortUS('2024-01-02') FROM users LIMIT 1;
-- trino
SELECT
  TIMESTAMP '2024-01-02 03:04:05.000' AS "parsedatetimebesteffort('2024-01-02t03:04:05z')",
  TIMESTAMP '2024-01-02 03:04:05.000' AS "parsedatetimebesteffort('2024-01-02 03:04:05')",
  TIMESTAMP '2024-01-02 00:00:00.000' AS "parsedatetimebesteffort('20240102')",
  TIMESTAMP '2024-01-02 10:11:12.000' AS "parsedatetimebesteffort('20240102t101112z')",
  TIMESTAMP '2024-01-02 01:04:05.000' AS "parsedatetimebesteffort('2024-01-02t03:04:05.5+02:00', 'asia/tokyo')",
  least(IF(CAST(with_timezone(date_add('hour', 1, CAST(with_timezone(TIMESTAMP '2024-01-02 02:04:00.000', 'Asia/Tokyo') AT TIME ZONE 'UTC' AS timestamp(3))), 'UTC') AT TIME ZONE 'Asia/Tokyo' AS timestamp(3)) = TIMESTAMP '2024-01-02 03:04:00.000', date_add('hour', 1, CAST(with_timezone(TIMESTAMP '2024-01-02 02:04:00.000', 'Asia/Tokyo') AT TIME ZONE 'UTC' AS timestamp(3))), CAST(with_timezone(TIMESTAMP '2024-01-02 03:04:00.000', 'Asia/Tokyo') AT TIME ZONE 'UTC' AS timestamp(3))), date_add('hour', -1, CAST(with_timezone(TIMESTAMP '2024-01-02 04:04:00.000', 'Asia/Tokyo') AT TIME ZONE 'UTC' AS timestamp(3)))) AS "parsedatetimebesteffort('2024-1-2 3:4', 'asia/tokyo')",
  TIMESTAMP '2024-01-02 03:04:05.000' AS "parsedatetimebesteffort('1704164645')",
  TIMESTAMP '2024-01-02 03:04:05.000' AS "parsedatetimebesteffort('1704164645123')",
  BIGINT '1704164645123456' AS "parsedatetime64besteffort('2024-01-02t03:04:05.123456z', 6)",
  TIMESTAMP '2024-01-02 03:04:05.123' AS "parsedatetime64besteffort('1704164645123')",
  CAST(TIMESTAMP '2024-01-02 00:00:00.000' AS timestamp(3)) AS "parsedatetimebesteffortornull('2024-01-02')",
  TIMESTAMP '2024-01-02 10:11:00.000' AS "parsedatetime32besteffort('2024/01/02 10:11')",
  TIMESTAMP '2024-01-02 00:00:00.000' AS "parsedatetimebesteffortus('2024-01-02')"
FROM users
LIMIT 1;
