-- case: usual formats
SELECT id, formatDateTime(dt, '%Y-%m-%d'), formatDateTime(dt, '%Y-%m-%dT%H:00:00Z'), formatDateTime(d, '%b %e, %Y'), formatDateTime(ndt, '%F %T'), formatDateTime(dt, '%H:%i:%S', 'Asia/Kolkata'), DATE_FORMAT(d, '%M %W %j'), monthName(d), fromUnixTimestamp(u32, '%Y'), formatDateTime(dt, 'it''s %Q%%') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  date_format(v.dt, '%Y-%m-%d') AS "formatdatetime(dt, '%y-%m-%d')",
  date_format(v.dt, '%Y-%m-%dT%H:00:00Z') AS "formatdatetime(dt, '%y-%m-%dt%h:00:00z')",
  concat(date_format(CAST(v.d AS timestamp(3)), '%b '), lpad(CAST(day(CAST(v.d AS timestamp(3))) AS varchar), 2, ' '), date_format(CAST(v.d AS timestamp(3)), ', %Y')) AS "formatdatetime(d, '%b %e, %y')",
  date_format(v.ndt, '%Y-%m-%d %H:%i:%s') AS "formatdatetime(ndt, '%f %t')",
  date_format(CAST(with_timezone(v.dt, 'UTC') AT TIME ZONE 'Asia/Kolkata' AS timestamp(3)), '%H:%i:%s') AS "formatdatetime(dt, '%h:%i:%s', 'asia/kolkata')",
  date_format(CAST(v.d AS timestamp(3)), '%M %W %j') AS "date_format(d, '%m %w %j')",
  date_format(CAST(v.d AS timestamp(3)), '%M') AS "monthname(d)",
  date_format((TIMESTAMP '1970-01-01 00:00:00.000' + v.u32 * INTERVAL '1' SECOND), '%Y') AS "fromunixtimestamp(u32, '%y')",
  concat('it''s ', CAST(quarter(v.dt) AS varchar), '%') AS "formatdatetime(dt, 'it\'s %q%%')"
FROM v
ORDER BY 1;

-- case: every code
SELECT id, formatDateTime(dt, '[%a|%b|%c|%C|%d|%D|%e|%f|%F|%g|%G|%h|%H|%i|%I|%j|%k|%l]'), formatDateTime(dt, '[%m|%M|%p|%Q|%r|%R|%s|%S|%t|%T|%u|%V|%w|%W|%y|%Y|%z|%%]'), formatDateTime(dt3, '%f'), formatDateTime(dt6, '%T.%f'), formatDateTime(dtz, '%z'), formatDateTime(ndt, 'a%nb'), formatDateTime(d, '%f %T'), formatDateTime(ndt, 'plain') FROM v WHERE dt > '1970-01-05 00:00:00' ORDER BY id;
-- trino
SELECT
  v.id,
  concat(date_format(v.dt, '[%a|%b|%m|'), lpad(CAST(year(v.dt) / 100 AS varchar), 2, '0'), date_format(v.dt, '|%d|%m/%d/%y|'), lpad(CAST(day(v.dt) AS varchar), 2, ' '), '|', '000000', date_format(v.dt, '|%Y-%m-%d|'), lpad(CAST(year_of_week(v.dt) % 100 AS varchar), 2, '0'), date_format(v.dt, '|%x|%h|%H|%i|%h|%j|%H|%h]')) AS "formatdatetime(dt, '[%a|%b|%c|%c|%d|%d|%e|%f|%f|%g|%g|%h|%h|%i|%i|%j|%k|%l]')",
  concat(date_format(v.dt, '[%m|%M|%p|'), CAST(quarter(v.dt) AS varchar), date_format(v.dt, U&'|%h:%i %p|%H:%i|%s|%s|\0009|%H:%i:%s|'), CAST(day_of_week(v.dt) AS varchar), date_format(v.dt, '|%v|'), CAST(day_of_week(v.dt) % 7 AS varchar), date_format(v.dt, '|%W|%y|%Y|'), '+0000', '|%]') AS "formatdatetime(dt, '[%m|%m|%p|%q|%r|%r|%s|%s|%t|%t|%u|%v|%w|%w|%y|%y|%z|%%]')",
  substr(CAST(v.dt3 AS varchar), 21, 3) AS "formatdatetime(dt3, '%f')",
  concat(date_format((TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND), '%H:%i:%s.'), lpad(CAST(mod(mod(v.dt6, 1000000) + 1000000, 1000000) AS varchar), 6, '0')) AS "formatdatetime(dt6, '%t.%f')",
  concat(IF(date_diff('minute', v.dtz, CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) < 0, '-', '+'), lpad(CAST(abs(date_diff('minute', v.dtz, CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))) / 60 AS varchar), 2, '0'), lpad(CAST(abs(date_diff('minute', v.dtz, CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)))) % 60 AS varchar), 2, '0')) AS "formatdatetime(dtz, '%z')",
  IF(v.ndt IS NULL, NULL, U&'a\000ab') AS "formatdatetime(ndt, 'a%nb')",
  concat('000000', date_format(CAST(v.d AS timestamp(3)), ' %H:%i:%s')) AS "formatdatetime(d, '%f %t')",
  IF(v.ndt IS NULL, NULL, 'plain') AS "formatdatetime(ndt, 'plain')"
FROM v
WHERE v.dt > TIMESTAMP '1970-01-05 00:00:00.000'
ORDER BY 1;

-- case: another code is refused
SELECT formatDateTime(dt, '%E') FROM v;
-- error: formatDateTime(): the code %E is not supported

-- case: names of parts
SELECT id, dateName('year', dt), dateName('quarter', dt), dateName('month', d), dateName('dayofyear', dt), dateName('day', dtz), dateName('week', d), dateName('weekday', nd), dateName('hour', dtz), dateName('minute', dt), dateName('second', dt6) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  CAST(year(v.dt) AS varchar) AS "datename('year', dt)",
  CAST(quarter(v.dt) AS varchar) AS "datename('quarter', dt)",
  date_format(CAST(v.d AS timestamp(3)), '%M') AS "datename('month', d)",
  CAST(day_of_year(v.dt) AS varchar) AS "datename('dayofyear', dt)",
  CAST(day(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) AS varchar) AS "datename('day', dtz)",
  CAST(week(CAST(v.d AS timestamp(3))) AS varchar) AS "datename('week', d)",
  date_format(CAST(v.nd AS timestamp(3)), '%W') AS "datename('weekday', nd)",
  CAST(hour(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3))) AS varchar) AS "datename('hour', dtz)",
  CAST(minute(v.dt) AS varchar) AS "datename('minute', dt)",
  CAST(second((TIMESTAMP '1970-01-01 00:00:00.000' + (v.dt6 - mod(mod(v.dt6, 1000) + 1000, 1000)) / 1000 * INTERVAL '0.001' SECOND)) AS varchar) AS "datename('second', dt6)"
FROM v
ORDER BY 1;

-- case: formats of Joda
SELECT id, formatDateTimeInJodaSyntax(dt, 'yyyy-MM-dd HH:mm:ss'), formatDateTimeInJodaSyntax(dtz, 'yy M d H h m s a'), formatDateTimeInJodaSyntax(d, 'MMM MMMM EEE EEEE DDD'), formatDateTimeInJodaSyntax(ndt, '''x'' yyyy''T''') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  format_datetime(v.dt, 'yyyy-MM-dd HH:mm:ss') AS "formatdatetimeinjodasyntax(dt, 'yyyy-mm-dd hh:mm:ss')",
  format_datetime(CAST(with_timezone(v.dtz, 'UTC') AT TIME ZONE 'America/New_York' AS timestamp(3)), 'yy M d H h m s a') AS "formatdatetimeinjodasyntax(dtz, 'yy m d h h m s a')",
  format_datetime(CAST(v.d AS timestamp(3)), 'MMM MMMM EEE EEEE DDD') AS "formatdatetimeinjodasyntax(d, 'mmm mmmm eee eeee ddd')",
  format_datetime(v.ndt, '''x'' yyyy''T''') AS "formatdatetimeinjodasyntax(ndt, '\'x\' yyyy\'t\'')"
FROM v
ORDER BY 1;

-- case: a letter of Joda is refused
SELECT formatDateTimeInJodaSyntax(dt, 'yyyy Z') FROM v;
-- error: formatDateTimeInJodaSyntax(): the format 'yyyy Z' is not supported

-- case: texts are read by a format
SELECT id, parseDateTime(x, '%Y-%m-%d %H:%i:%s'), parseDateTimeOrNull(x, '%F %T'), parseDateTimeOrNull(s, '%Y'), parseDateTimeOrZero(s, '%Y'), parseDateTime('2024/05', '%Y/%m'), parseDateTimeOrNull(ns, '%Y') FROM (SELECT *, CAST(dt, 'String') AS x FROM v) ORDER BY id;
-- trino
SELECT
  subquery1.id,
  date_parse(coalesce(regexp_extract(subquery1.x, '^\d{4}\-\d{2}\-\d{2}\ \d{2}:\d{2}:\d{2}\z'), concat('no time: ', subquery1.x)), '%Y-%m-%d %H:%i:%s') AS "parsedatetime(x, '%y-%m-%d %h:%i:%s')",
  TRY(date_parse(regexp_extract(subquery1.x, '^\d{4}-\d{2}-\d{2}\ \d{2}:\d{2}:\d{2}\z'), '%Y-%m-%d %H:%i:%s')) AS "parsedatetimeornull(x, '%f %t')",
  TRY(date_parse(regexp_extract(subquery1.s, '^\d{4}\z'), '%Y')) AS "parsedatetimeornull(s, '%y')",
  coalesce(TRY(date_parse(regexp_extract(subquery1.s, '^\d{4}\z'), '%Y')), TIMESTAMP '1970-01-01 00:00:00.000') AS "parsedatetimeorzero(s, '%y')",
  date_parse(coalesce(regexp_extract('2024/05', '^\d{4}/\d{2}\z'), concat('no time: ', '2024/05')), '%Y/%m') AS "parsedatetime('2024/05', '%y/%m')",
  TRY(date_parse(regexp_extract(subquery1.ns, '^\d{4}\z'), '%Y')) AS "parsedatetimeornull(ns, '%y')"
FROM (
  SELECT
    v.id,
    v.i8,
    v.i16,
    v.i32,
    v.i64,
    v.u8,
    v.u16,
    v.u32,
    v.u64,
    v.f32,
    v.f64,
    v.dec,
    v.b,
    v.s,
    v.s2,
    v.lc,
    v.fs,
    v.d,
    v.d32,
    v.dt,
    v.dt3,
    v.dt6,
    v.dtz,
    v.uid,
    v.e,
    v.ni,
    v.nu8,
    v.nf,
    v.ns,
    v.nd,
    v.ndt,
    v."as",
    v.ai,
    v.an,
    v.af,
    v.aa,
    v.ms,
    v.mi,
    v.tup,
    v.ntup,
    v.js,
    v.url,
    substr(CAST(v.dt AS varchar), 1, 19) AS x
  FROM v
) AS subquery1
ORDER BY 1;

-- case: texts are not read in a zone
SELECT parseDateTime(s, '%F %T', 'America/New_York') FROM v;
-- error: parseDateTime(): a time zone is not supported

-- case: names of months are not read
SELECT parseDateTime(s, '%M') FROM v;
-- error: parseDateTime(): the code %M is not supported
