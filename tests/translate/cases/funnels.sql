-- case: a funnel per user
SELECT user_id, windowFunnel(86400)(timestamp, action = 'view', action = 'click', action = 'buy') AS f FROM events GROUP BY user_id ORDER BY user_id;
-- trino
SELECT
  events.user_id,
  reduce(array_sort(flatten(array_agg(filter(ARRAY[IF(events.action = 'view', ROW(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', events."timestamp"), 1)), IF(events.action = 'click', ROW(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', events."timestamp"), 2)), IF(events.action = 'buy', ROW(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', events."timestamp"), 3))], e -> e IS NOT NULL)))), CAST(ARRAY[NULL, NULL, NULL] AS array(bigint)), (s, e) -> CASE WHEN e[2] = 1 THEN concat(ARRAY[e[1]], slice(s, 2, 3)) WHEN e[1] <= s[e[2] - 1] + 86400 THEN concat(slice(s, 1, e[2] - 1), ARRAY[s[e[2] - 1]], slice(s, e[2] + 1, 3)) ELSE s END, s -> cardinality(filter(s, x -> x IS NOT NULL))) AS f
FROM events
GROUP BY events.user_id
ORDER BY 1;

-- case: funnels by dates and numbers
SELECT windowFunnel(3600)(timestamp, action = 'view', action = 'view', amount > 3) AS f, windowFunnel(5)(toDate(timestamp), action = 'buy', is_bot, action = 'click', country = 'DE') AS g, windowFunnel(100000)(toUInt64(version), amount > 0) AS h, windowFunnelIf(86400)(timestamp, action = 'view', action = 'click', is_bot = 1) AS i FROM events;
-- trino
SELECT
  coalesce(reduce(array_sort(flatten(array_agg(filter(ARRAY[IF(events.action = 'view', ROW(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', events."timestamp"), 1)), IF(events.action = 'view', ROW(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', events."timestamp"), 2)), IF(events.amount > 3, ROW(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', events."timestamp"), 3))], e -> e IS NOT NULL)))), CAST(ARRAY[NULL, NULL, NULL] AS array(bigint)), (s, e) -> CASE WHEN e[2] = 1 THEN concat(ARRAY[e[1]], slice(s, 2, 3)) WHEN e[1] <= s[e[2] - 1] + 3600 THEN concat(slice(s, 1, e[2] - 1), ARRAY[s[e[2] - 1]], slice(s, e[2] + 1, 3)) ELSE s END, s -> cardinality(filter(s, x -> x IS NOT NULL))), 0) AS f,
  coalesce(reduce(array_sort(flatten(array_agg(filter(ARRAY[IF(events.action = 'buy', ROW(date_diff('day', DATE '1970-01-01', CAST(events."timestamp" AS date)), 1)), IF(events.is_bot <> 0, ROW(date_diff('day', DATE '1970-01-01', CAST(events."timestamp" AS date)), 2)), IF(events.action = 'click', ROW(date_diff('day', DATE '1970-01-01', CAST(events."timestamp" AS date)), 3)), IF(events.country = 'DE', ROW(date_diff('day', DATE '1970-01-01', CAST(events."timestamp" AS date)), 4))], e -> e IS NOT NULL)))), CAST(ARRAY[NULL, NULL, NULL, NULL] AS array(bigint)), (s, e) -> CASE WHEN e[2] = 1 THEN concat(ARRAY[e[1]], slice(s, 2, 4)) WHEN e[1] <= s[e[2] - 1] + 5 THEN concat(slice(s, 1, e[2] - 1), ARRAY[s[e[2] - 1]], slice(s, e[2] + 1, 4)) ELSE s END, s -> cardinality(filter(s, x -> x IS NOT NULL))), 0) AS g,
  coalesce(reduce(array_sort(flatten(array_agg(filter(ARRAY[IF(events.amount > 0, ROW(CAST(events.version AS bigint), 1))], e -> e IS NOT NULL)))), CAST(ARRAY[NULL] AS array(bigint)), (s, e) -> CASE WHEN e[2] = 1 THEN concat(ARRAY[e[1]], slice(s, 2, 1)) WHEN e[1] <= s[e[2] - 1] + 100000 THEN concat(slice(s, 1, e[2] - 1), ARRAY[s[e[2] - 1]], slice(s, e[2] + 1, 1)) ELSE s END, s -> cardinality(filter(s, x -> x IS NOT NULL))), 0) AS h,
  coalesce(reduce(array_sort(flatten(array_agg(filter(ARRAY[IF(events.action = 'view', ROW(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', events."timestamp"), 1)), IF(events.action = 'click', ROW(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', events."timestamp"), 2))], e -> e IS NOT NULL)) FILTER (WHERE events.is_bot = 1))), CAST(ARRAY[NULL, NULL] AS array(bigint)), (s, e) -> CASE WHEN e[2] = 1 THEN concat(ARRAY[e[1]], slice(s, 2, 2)) WHEN e[1] <= s[e[2] - 1] + 86400 THEN concat(slice(s, 1, e[2] - 1), ARRAY[s[e[2] - 1]], slice(s, e[2] + 1, 2)) ELSE s END, s -> cardinality(filter(s, x -> x IS NOT NULL))), 0) AS i
FROM events;

-- case: a condition twice
SELECT session_id, windowFunnel(200000)(timestamp, is_bot, action = 'view', is_bot, action = 'click') AS f FROM events GROUP BY session_id ORDER BY session_id;
-- trino
SELECT
  events.session_id,
  reduce(array_sort(flatten(array_agg(filter(ARRAY[IF(events.is_bot <> 0, ROW(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', events."timestamp"), 1)), IF(events.action = 'view', ROW(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', events."timestamp"), 2)), IF(events.is_bot <> 0, ROW(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', events."timestamp"), 3)), IF(events.action = 'click', ROW(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', events."timestamp"), 4))], e -> e IS NOT NULL)))), CAST(ARRAY[NULL, NULL, NULL, NULL] AS array(bigint)), (s, e) -> CASE WHEN e[2] = 1 THEN concat(ARRAY[e[1]], slice(s, 2, 4)) WHEN e[1] <= s[e[2] - 1] + 200000 THEN concat(slice(s, 1, e[2] - 1), ARRAY[s[e[2] - 1]], slice(s, e[2] + 1, 4)) ELSE s END, s -> cardinality(filter(s, x -> x IS NOT NULL))) AS f
FROM events
GROUP BY events.session_id
ORDER BY 1;

-- case: no rows
SELECT windowFunnel(10)(ts, id = 1, id = 2) FROM nothing;
-- trino
SELECT
  coalesce(reduce(array_sort(flatten(array_agg(filter(ARRAY[IF(nothing.id = 1, ROW(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', nothing.ts), 1)), IF(nothing.id = 2, ROW(date_diff('second', TIMESTAMP '1970-01-01 00:00:00.000', nothing.ts), 2))], e -> e IS NOT NULL)))), CAST(ARRAY[NULL, NULL] AS array(bigint)), (s, e) -> CASE WHEN e[2] = 1 THEN concat(ARRAY[e[1]], slice(s, 2, 2)) WHEN e[1] <= s[e[2] - 1] + 10 THEN concat(slice(s, 1, e[2] - 1), ARRAY[s[e[2] - 1]], slice(s, e[2] + 1, 2)) ELSE s END, s -> cardinality(filter(s, x -> x IS NOT NULL))), 0) AS "windowfunnel(10)(ts, equals(id, 1), equals(id, 2))"
FROM nothing;

-- case: strict modes
SELECT windowFunnel(10, 'strict_order')(timestamp, action = 'view') FROM events;
-- error: windowFunnel(): modes such as 'strict_order' are not supported
