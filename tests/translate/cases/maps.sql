-- case: elements by index, defaults where there is none
SELECT id, as[1], ai[-1], an[2], aa[1], aa[1][2], as[10], ai[u8], ai[i8], ai[ni], [1,2][nu8], an[i8], [1, 2][1], [(1,'a')][2], [[1]][1] FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(element_at(v."as", 1), '') AS "arrayelement(as, 1)",
  coalesce(element_at(v.ai, (-1)), 0) AS "arrayelement(ai, -1)",
  element_at(v.an, 2) AS "arrayelement(an, 2)",
  coalesce(element_at(v.aa, 1), CAST(ARRAY[] AS array(smallint))) AS "arrayelement(aa, 1)",
  coalesce(element_at(coalesce(element_at(v.aa, 1), CAST(ARRAY[] AS array(smallint))), 2), 0) AS "arrayelement(arrayelement(aa, 1), 2)",
  coalesce(element_at(v."as", 10), '') AS "arrayelement(as, 10)",
  coalesce(element_at(v.ai, nullif(v.u8, 0)), 0) AS "arrayelement(ai, u8)",
  coalesce(element_at(v.ai, nullif(v.i8, 0)), 0) AS "arrayelement(ai, i8)",
  IF(v.ni IS NULL, NULL, coalesce(element_at(v.ai, nullif(v.ni, 0)), 0)) AS "arrayelement(ai, ni)",
  IF(v.nu8 IS NULL, NULL, coalesce(element_at(ARRAY[1, 2], nullif(v.nu8, 0)), 0)) AS "arrayelement([1, 2], nu8)",
  element_at(v.an, nullif(v.i8, 0)) AS "arrayelement(an, i8)",
  coalesce(element_at(ARRAY[1, 2], 1), 0) AS "arrayelement([1, 2], 1)",
  coalesce(element_at(ARRAY[ROW(1, 'a')], 2), CAST(ROW(0, '') AS row("f1" integer, "f2" varchar))) AS "arrayelement([(1, 'a')], 2)",
  coalesce(element_at(ARRAY[ARRAY[1]], 1), CAST(ARRAY[] AS array(integer))) AS "arrayelement([[1]], 1)"
FROM v
ORDER BY 1;

-- case: tuples and array literals
SELECT id, tuple(1,'a').1, (1,2).-1, tupleElement((1,'a'),2), tupleElement(ntup,'size'), tup.1, (ni, 1), tuple(NULL,1), (1,'a') = (1,'a'), (1,2) < (1,3), tuple(id), tuple(lc, 1), (lc,1).1, [lc, lc], [lc, s], [u8 = 1, u8 > 1], [1, NULL], [i8, u16], [], [ni, i64] FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  ROW(1, 'a')[1] AS "tupleelement((1, 'a'), 1)",
  ROW(1, 2)[2] AS "tupleelement((1, 2), negate(1))",
  ROW(1, 'a')[2] AS "tupleelement((1, 'a'), 2)",
  v.ntup[2] AS "tupleelement(ntup, 'size')",
  v.tup[1] AS "tupleelement(tup, 1)",
  ROW(v.ni, 1) AS "(ni, 1)",
  CAST(ROW(NULL, 1) AS row("f1" varchar, "f2" integer)) AS "(null, 1)",
  CAST(ROW(1, 'a') = ROW(1, 'a') AS integer) AS "equals((1, 'a'), (1, 'a'))",
  CAST(ROW(1, 2) < ROW(1, 3) AS integer) AS "less((1, 2), (1, 3))",
  ROW(v.id) AS "(id)",
  ROW(v.lc, 1) AS "(lc, 1)",
  ROW(v.lc, 1)[1] AS "tupleelement((lc, 1), 1)",
  ARRAY[v.lc, v.lc] AS "[lc, lc]",
  ARRAY[v.lc, v.s] AS "[lc, s]",
  CAST(ARRAY[v.u8 = 1, v.u8 > 1] AS array(integer)) AS "[equals(u8, 1), greater(u8, 1)]",
  ARRAY[1, NULL] AS "[1, null]",
  ARRAY[CAST(v.i8 AS integer), v.u16] AS "[i8, u16]",
  CAST(ARRAY[] AS array(varchar)) AS "[]",
  ARRAY[v.ni, v.i64] AS "[ni, i64]"
FROM v
ORDER BY 1;

-- case: map literals
SELECT id, map('a', 1), map('a', 1, 'b', NULL), map('a', lc), map(lc, 1), map('a', 1, 'b', 2.5), map(1, 2), map('a', [1]), map(s, i64)[s], map('a', u8 = 1)['a'] FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  map_from_entries(ARRAY[ROW('a', 1)]) AS "map('a', 1)",
  map_from_entries(ARRAY[ROW('a', 1), ROW('b', NULL)]) AS "map('a', 1, 'b', null)",
  map_from_entries(ARRAY[ROW('a', v.lc)]) AS "map('a', lc)",
  map_from_entries(ARRAY[ROW(v.lc, 1)]) AS "map(lc, 1)",
  map_from_entries(ARRAY[ROW('a', 1.0e0), ROW('b', 2.5e0)]) AS "map('a', 1, 'b', 2.5)",
  map_from_entries(ARRAY[ROW(1, 2)]) AS "map(1, 2)",
  map_from_entries(ARRAY[ROW('a', ARRAY[1])]) AS "map('a', [1])",
  coalesce(element_at(map_from_entries(ARRAY[ROW(v.s, v.i64)]), v.s), 0) AS "arrayelement(map(s, i64), s)",
  CAST(coalesce(element_at(map_from_entries(ARRAY[ROW('a', v.u8 = 1)]), 'a'), false) AS integer) AS "arrayelement(map('a', equals(u8, 1)), 'a')"
FROM v
ORDER BY 1;

-- case: map elements
SELECT id, ms['k'], mi['k'], mi['nokey'], mi['k'] + 1, ms[lc], mi[s], ms[ns] FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(element_at(v.ms, 'k'), '') AS "arrayelement(ms, 'k')",
  coalesce(element_at(v.mi, 'k'), 0) AS "arrayelement(mi, 'k')",
  coalesce(element_at(v.mi, 'nokey'), 0) AS "arrayelement(mi, 'nokey')",
  coalesce(element_at(v.mi, 'k'), 0) + 1 AS "plus(arrayelement(mi, 'k'), 1)",
  coalesce(element_at(v.ms, v.lc), '') AS "arrayelement(ms, lc)",
  coalesce(element_at(v.mi, v.s), 0) AS "arrayelement(mi, s)",
  IF(v.ns IS NULL, NULL, coalesce(element_at(v.ms, v.ns), '')) AS "arrayelement(ms, ns)"
FROM v
ORDER BY 1;

-- case: sizes of maps and arrays
SELECT id, mapKeys(ms), mapValues(mi), length(ms), empty(ms), notEmpty(ms), length(ai), empty(as) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  map_keys(v.ms) AS "mapkeys(ms)",
  map_values(v.mi) AS "mapvalues(mi)",
  cardinality(v.ms) AS "length(ms)",
  CAST(cardinality(v.ms) = 0 AS integer) AS "empty(ms)",
  CAST(cardinality(v.ms) <> 0 AS integer) AS "notempty(ms)",
  cardinality(v.ai) AS "length(ai)",
  CAST(cardinality(v."as") = 0 AS integer) AS "empty(as)"
FROM v
ORDER BY 1;

-- case: lambda over a map
SELECT arrayMap(x -> mi[x], mapKeys(mi)) FROM v;
-- trino
SELECT
  transform(map_keys(v.mi), x -> coalesce(element_at(v.mi, x), 0)) AS "arraymap(lambda(tuple(x), arrayelement(mi, x)), mapkeys(mi))"
FROM v;

-- case: empty map
SELECT map() AS m, length(m);
-- trino
SELECT
  CAST(MAP() AS map(varchar,varchar)) AS m,
  cardinality(MAP()) AS "length(m)";

-- case: maps in order
SELECT id, ms, mi FROM v ORDER BY id;
-- trino
SELECT v.id, v.ms, v.mi
FROM v
ORDER BY 1;

-- case: map of maps
SELECT id, map('x', map('y', 1))['x']['y'] FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(element_at(coalesce(element_at(map_from_entries(ARRAY[ROW('x', map_from_entries(ARRAY[ROW('y', 1)]))]), 'x'), CAST(MAP() AS map(varchar,integer))), 'y'), 0) AS "arrayelement(arrayelement(map('x', map('y', 1)), 'x'), 'y')"
FROM v
ORDER BY 1;

-- case: keys and values
SELECT id, mapKeys(ms), mapValues(mi), mapContains(mi, 'k'), mapContainsKey(ms, s), mapContainsKeyLike(mi, 'k%'), mapContainsValue(mi, 1), mapContainsValueLike(ms, 'v%'), mapExtractKeyLike(mi, 'k%'), mapExtractValueLike(ms, '%'), has(mi, 'a') FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  map_keys(v.ms) AS "mapkeys(ms)",
  map_values(v.mi) AS "mapvalues(mi)",
  CAST(contains(map_keys(v.mi), 'k') AS integer) AS "mapcontains(mi, 'k')",
  CAST(contains(map_keys(v.ms), v.s) AS integer) AS "mapcontainskey(ms, s)",
  CAST(any_match(map_keys(v.mi), k -> k LIKE 'k%' ESCAPE '\') AS integer) AS "mapcontainskeylike(mi, 'k%')",
  CAST(contains(map_values(v.mi), 1) AS integer) AS "mapcontainsvalue(mi, 1)",
  CAST(any_match(map_values(v.ms), v -> v LIKE 'v%' ESCAPE '\') AS integer) AS "mapcontainsvaluelike(ms, 'v%')",
  map_filter(v.mi, (k, v) -> k LIKE 'k%' ESCAPE '\') AS "mapextractkeylike(mi, 'k%')",
  map_filter(v.ms, (k, v) -> v LIKE '%' ESCAPE '\') AS "mapextractvaluelike(ms, '%')",
  CAST(contains(map_keys(v.mi), 'a') AS integer) AS "has(mi, 'a')"
FROM v
ORDER BY 1;

-- case: lambdas over maps
SELECT id, mapFilter((k, v) -> v > 0, mi), mapFilter((k, v) -> k = 'k', ms), mapApply((k, v) -> (k, v + 1), mi), mapApply((k, v) -> (upper(k), v), ms), mapExists((k, v) -> v > 0, mi), mapAll((k, v) -> v > 0, mi), mapUpdate(mi, mi), mapFromArrays(as, as), mapFromArrays(mapKeys(mi), mapValues(mi)), mapAdd(mi, mi), mapSubtract(mi, mi), mapSort(mi), mapKeys(mapSort(mi)), mapKeys(mapReverseSort(mi)), mapSort((k, v) -> v, mi), mapValues(mapSort((k, v) -> v, mi)) FROM v WHERE NOT has(['b'], as[1]) ORDER BY id;
-- trino
SELECT
  v.id,
  map_filter(v.mi, (k, v_1) -> v_1 > 0) AS "mapfilter(lambda(tuple(k, v), greater(v, 0)), mi)",
  map_filter(v.ms, (k, v_2) -> k = 'k') AS "mapfilter(lambda(tuple(k, v), equals(k, 'k')), ms)",
  map_from_entries(transform(map_entries(v.mi), item -> ROW(item[1], item[2] + 1))) AS "mapapply(lambda(tuple(k, v), (k, plus(v, 1))), mi)",
  map_from_entries(transform(map_entries(v.ms), item -> ROW(translate(item[1], 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ'), item[2]))) AS "mapapply(lambda(tuple(k, v), (upper(k), v)), ms)",
  CAST(any_match(map_entries(v.mi), item -> item[2] > 0) AS integer) AS "mapexists(lambda(tuple(k, v), greater(v, 0)), mi)",
  CAST(all_match(map_entries(v.mi), item -> item[2] > 0) AS integer) AS "mapall(lambda(tuple(k, v), greater(v, 0)), mi)",
  map_concat(v.mi, v.mi) AS "mapupdate(mi, mi)",
  map(v."as", v."as") AS "mapfromarrays(as, as)",
  map(map_keys(v.mi), map_values(v.mi)) AS "mapfromarrays(mapkeys(mi), mapvalues(mi))",
  map_zip_with(v.mi, v.mi, (k, x, y) -> coalesce(x, 0) + coalesce(y, 0)) AS "mapadd(mi, mi)",
  map_zip_with(v.mi, v.mi, (k, x, y) -> coalesce(x, 0) - coalesce(y, 0)) AS "mapsubtract(mi, mi)",
  map_from_entries(array_sort(map_entries(v.mi), (l, r) -> CASE WHEN l[1] < r[1] THEN -1 WHEN l[1] > r[1] THEN 1 ELSE 0 END)) AS "mapsort(mi)",
  map_keys(map_from_entries(array_sort(map_entries(v.mi), (l, r) -> CASE WHEN l[1] < r[1] THEN -1 WHEN l[1] > r[1] THEN 1 ELSE 0 END))) AS "mapkeys(mapsort(mi))",
  map_keys(map_from_entries(array_sort(map_entries(v.mi), (l, r) -> CASE WHEN l[1] > r[1] THEN -1 WHEN l[1] < r[1] THEN 1 ELSE 0 END))) AS "mapkeys(mapreversesort(mi))",
  map_from_entries(transform(array_sort(transform(map_entries(v.mi), item -> ROW(item[2], item)), (l, r) -> CASE WHEN l[1] < r[1] THEN -1 WHEN l[1] > r[1] THEN 1 ELSE 0 END), x -> x[2])) AS "mapsort(lambda(tuple(k, v), v), mi)",
  map_values(map_from_entries(transform(array_sort(transform(map_entries(v.mi), item -> ROW(item[2], item)), (l, r) -> CASE WHEN l[1] < r[1] THEN -1 WHEN l[1] > r[1] THEN 1 ELSE 0 END), x -> x[2]))) AS "mapvalues(mapsort(lambda(tuple(k, v), v), mi))"
FROM v
WHERE NOT contains(ARRAY['b'], coalesce(element_at(v."as", 1), ''))
ORDER BY 1;

-- case: maps together
SELECT id, mapConcat(mi, map('q', 5)), mapConcat(mi), mapAdd(map('a', 1), map('a', 2, 'b', 3)), mapAdd(map('a', 1.5), map('b', 1.5)), mapUpdate(map('a', 1), map('b', 2)) FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  map_from_entries(concat(map_entries(v.mi), map_entries(CAST(map_from_entries(ARRAY[ROW('q', 5)]) AS map(varchar,bigint))))) AS "mapconcat(mi, map('q', 5))",
  v.mi AS "mapconcat(mi)",
  map_zip_with(map_from_entries(ARRAY[ROW('a', 1)]), map_from_entries(ARRAY[ROW('a', 2), ROW('b', 3)]), (k, x, y) -> coalesce(CAST(x AS bigint), 0) + coalesce(CAST(y AS bigint), 0)) AS "mapadd(map('a', 1), map('a', 2, 'b', 3))",
  map_zip_with(map_from_entries(ARRAY[ROW('a', 1.5e0)]), map_from_entries(ARRAY[ROW('b', 1.5e0)]), (k, x, y) -> coalesce(x, 0) + coalesce(y, 0)) AS "mapadd(map('a', 1.5), map('b', 1.5))",
  map_concat(map_from_entries(ARRAY[ROW('a', 1)]), map_from_entries(ARRAY[ROW('b', 2)])) AS "mapupdate(map('a', 1), map('b', 2))"
FROM v
ORDER BY 1;

-- case: tuples, LowCardinality and names
SELECT id, map(lc, lc)[lc], map('a', lc)['a'], map('a', lc)['b'], tupleConcat((1, 2), ('a', ni)), tupleConcat(tup, ntup), tupleElement(ntup, 'nope', 7), tupleElement([(1, 'a'), (2, 'b')], 2), ntup.-1 AS q, [ntup].size AS w, [tup].1 FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  coalesce(element_at(map_from_entries(ARRAY[ROW(v.lc, v.lc)]), v.lc), '') AS "arrayelement(map(lc, lc), lc)",
  coalesce(element_at(map_from_entries(ARRAY[ROW('a', v.lc)]), 'a'), '') AS "arrayelement(map('a', lc), 'a')",
  coalesce(element_at(map_from_entries(ARRAY[ROW('a', v.lc)]), 'b'), '') AS "arrayelement(map('a', lc), 'b')",
  ROW(ROW(1, 2)[1], ROW(1, 2)[2], ROW('a', v.ni)[1], ROW('a', v.ni)[2]) AS "tupleconcat((1, 2), ('a', ni))",
  ROW(v.tup[1], v.tup[2], v.ntup[1], v.ntup[2]) AS "tupleconcat(tup, ntup)",
  7 AS "tupleelement(ntup, 'nope', 7)",
  transform(ARRAY[ROW(1, 'a'), ROW(2, 'b')], x -> x[2]) AS "tupleelement([(1, 'a'), (2, 'b')], 2)",
  v.ntup[2] AS q,
  transform(ARRAY[v.ntup], x -> x[2]) AS w,
  transform(ARRAY[v.tup], x -> x[1]) AS "tupleelement([tup], 1)"
FROM v
ORDER BY 1;

-- case: a map of a joined row
SELECT id, arrayMap(x -> mi[x], mapKeys(mi)) AS r, mapKeys(attributes) AS z FROM v JOIN (SELECT attributes FROM events LIMIT 1) AS e ON 1 ORDER BY id;
-- trino
SELECT
  v.id,
  transform(map_keys(v.mi), x -> coalesce(element_at(v.mi, x), 0)) AS r,
  map_keys(e.attributes) AS z
FROM v
JOIN (
  SELECT events.attributes
  FROM events
  LIMIT 1
) AS e
  ON 1 <> 0
ORDER BY 1;

-- case: id, arrayMap(x -> x.1, tup) AS a, arrayMap(x -> (x.1, x.2 + 1), t
SELECT id, arrayMap(x -> x.1, [tup]) AS a, arrayMap(x -> (x.1, x.2 + 1), [tup]) AS b FROM v ORDER BY id;
-- trino
SELECT
  v.id,
  transform(ARRAY[v.tup], x -> x[1]) AS a,
  transform(ARRAY[v.tup], x -> ROW(x[1], CAST(x[2] AS bigint) + 1)) AS b
FROM v
ORDER BY 1;

-- case: arrayMap(x -> map(a, x), ai) AS m, arrayMap(x -> x, x, ai) AS n F
SELECT arrayMap(x -> map('a', x), ai) AS m, arrayMap(x -> [x, x], ai) AS n FROM v ORDER BY id;
-- trino
SELECT
  transform(v.ai, x -> map_from_entries(ARRAY[ROW('a', x)])) AS m,
  transform(v.ai, x -> ARRAY[x, x]) AS n
FROM v
ORDER BY v.id;

-- case: tup.1 AS a, count() FROM v GROUP BY tup.1 ORDER BY a
SELECT tup.1 AS a, count() FROM v GROUP BY tup.1 ORDER BY a;
-- trino
SELECT v.tup[1] AS a, count(*) AS "count()"
FROM v
GROUP BY v.tup[1]
ORDER BY 1;

-- case: attributesplan AS plan, count() FROM events GROUP BY plan ORDER B
SELECT attributes['plan'] AS plan, count() FROM events GROUP BY plan ORDER BY plan;
-- trino
SELECT
  coalesce(element_at(events.attributes, 'plan'), '') AS plan,
  count(*) AS "count()"
FROM events
GROUP BY coalesce(element_at(events.attributes, 'plan'), '')
ORDER BY 1;

-- case: attributesplan = pro AS is_pro, mapContains(attributes, lang) AS
SELECT attributes['plan'] = 'pro' AS is_pro, mapContains(attributes, 'lang') AS l, count() FROM events GROUP BY is_pro, l ORDER BY is_pro, l;
-- trino
SELECT
  CAST(coalesce(element_at(events.attributes, 'plan'), '') = 'pro' AS integer) AS is_pro,
  CAST(contains(map_keys(events.attributes), 'lang') AS integer) AS l,
  count(*) AS "count()"
FROM events
GROUP BY coalesce(element_at(events.attributes, 'plan'), '') = 'pro', contains(map_keys(events.attributes), 'lang')
ORDER BY 1, 2;

-- case: map(a, count(), b, sum(amount)) AS m FROM events
SELECT map('a', count(), 'b', sum(amount)) AS m FROM events;
-- trino
SELECT
  map_from_entries(ARRAY[ROW('a', count(*)), ROW('b', coalesce(sum(events.amount), 0))]) AS m
FROM events;

-- case: mapFromArrays(groupArray(c), groupArray(n)) AS m FROM (SELECT cou
SELECT mapFromArrays(groupArray(c), groupArray(n)) AS m FROM (SELECT country AS c, count() AS n FROM events GROUP BY country);
-- trino
SELECT
  map(coalesce(array_agg(subquery1.c), CAST(ARRAY[] AS array(varchar))), coalesce(array_agg(subquery1.n), CAST(ARRAY[] AS array(bigint)))) AS m
FROM (
  SELECT events.country AS c, count(*) AS n
  FROM events
  GROUP BY events.country
) AS subquery1;

-- case: arrayMap((x, y) -> concat(x, y), mapKeys(ms), mapValues(ms)) FROM
SELECT arrayMap((x, y) -> concat(x, y), mapKeys(ms), mapValues(ms)) FROM v ORDER BY id;
-- trino
SELECT
  transform(zip(map_keys(v.ms), map_values(v.ms)), item -> concat(item[1], item[2])) AS "arraymap(lambda(tuple(x, y), concat(x, y)), mapkeys(ms), mapvalues(ms))"
FROM v
ORDER BY v.id;
