"""Arrays, maps and array joins of types that the shared tables do not have."""

import pytest
from tests.trino.client import TrinoQueryError
from tests.trino.differential import Table

from martlet.errors import MartletError

HOLDERS = Table(
    "holders",
    {
        "id": "UInt32",
        "afn": "Array(Float64)", "alc": "Array(LowCardinality(String))", "ad": "Array(Date)",
        "adt": "Array(DateTime)", "at": "Array(Tuple(String, Int64))",
        "ans": "Array(Nullable(String))", "au": "Array(UInt64)", "ab": "Array(Bool)",
        "a8": "Array(UInt8)", "anf": "Array(Nullable(Float64))", "auu": "Array(UUID)",
        "nest.a": "Array(String)", "nest.b": "Array(Int64)",
        "mu": "Map(LowCardinality(String), UInt64)", "mn": "Map(String, Nullable(String))",
        "ma": "Map(String, Array(Int64))", "mk": "Map(UInt64, String)",
        "adz": "Array(DateTime('America/New_York'))", "d6": "Array(DateTime64(6))",
        "ade": "Array(Decimal(12, 3))", "f32": "Array(Float32)",
    },
    [
        {
            "id": 0, "afn": [1.5, "nan", -2.0], "alc": ["a", "b", "a"],
            "ad": ["2024-01-01", "2024-02-29"], "adt": ["2024-01-01 00:00:00"],
            "at": [["x", 1], ["y", 2]], "ans": ["a", None, ""],
            "au": [1, "18446744073709551615"], "ab": [True, False], "a8": [0, 1, 255],
            "anf": [None, 1.5, "nan"], "auu": ["61f0c404-5cb3-11e7-907b-a6006ad3dba0"],
            "nest.a": ["p", "q"], "nest.b": [5, 6], "mu": {"k": 1, "": 2},
            "mn": {"a": None, "b": "x"}, "ma": {"a": [1, 2], "b": []},
            "mk": {1: "one", "18446744073709551615": "max"}, "adz": ["2024-07-01 12:00:00"],
            "d6": ["2024-07-01 12:00:00.123456"], "ade": ["1.005", "-2.5"], "f32": [0.1, 2.5],
        },
        {"id": 1},
        {
            "id": 2, "afn": ["inf", "-inf", 0.0], "alc": ["", "ü"], "ad": ["1970-01-01"],
            "adt": ["2106-01-01 00:00:00", "1970-01-01 00:00:00"], "at": [["", 0]],
            "ans": [None], "au": [0], "ab": [True], "a8": [7, 7], "anf": [None],
            "nest.a": ["z"], "nest.b": [-1], "mu": {"z": "18446744073709551615"},
        },
    ],
)  # fmt: skip


@pytest.fixture(scope="module")
def holders(oracle):
    oracle.load(HOLDERS)
    return oracle


QUERIES = [
    (
        "SELECT id, arrayMap(x -> x, alc), arrayMap(x -> upper(x), alc), arrayFilter(x -> x = "
        "'a', alc), arrayMap((x, y) -> concat(x, x), at), arrayMap(x -> x.1, at), arrayMap(x "
        "-> (x, x = 'a'), alc), arrayMap((x, y) -> x, alc, alc), arrayFilter((x, y) -> y = "
        "'a', alc, alc), arrayMap(x -> x.2 + 1, at) FROM holders ORDER BY id"
    ),
    (
        "SELECT id, arraySum(a8), arrayAvg(a8), arrayMax(a8), arraySum(ab), arrayMax(ab), "
        "arraySum(ade), arrayMin(ade), arrayMin(afn), arrayMax(afn), arraySum(afn), "
        "arrayMin(anf), arrayMax(anf), arrayMin(ad), arrayMax(adt), arrayMax(d6), "
        "arrayMin(adz), arrayMin(at), arrayMax(au), arrayMin(alc), arraySum(f32), "
        "arrayMin(f32), arrayAvg(f32), arrayProduct(f32) FROM holders ORDER BY id"
    ),
    (
        "SELECT id, arrayFirst(x -> x.2 > 0, at), arrayFirst((a, b) -> b > 1, at), "
        "arrayFirst(x -> x > '2024-01-15', ad), arrayFilter((a, b) -> b > 1, at) FROM holders "
        "ORDER BY id"
    ),
    (
        "SELECT id, arraySort(afn), arrayReverseSort(afn), arraySort(anf), "
        "arrayReverseSort(anf), arraySort(x -> -x, afn), arrayReverseSort(x -> x, afn), "
        "arraySort(at), arrayReverseSort(x -> x.2, at), arraySort(alc), arraySort(ad) FROM "
        "holders ORDER BY id"
    ),
    (
        "SELECT id, arrayCumSum(a8), arrayDifference(a8), arrayDifference(ab), "
        "arrayDifference(ade), arrayCumSum(ade), arrayCumSum(f32), arrayDifference(f32) FROM "
        "holders ORDER BY id"
    ),
    (
        "SELECT id, has(alc, 'a'), indexOf(alc, 'b'), has(ad, toDate('2024-01-01')), has(at, "
        "('x', 1)), has(afn, nan), hasAny(alc, ['a']), has(a8, 1), countEqual(a8, 7), "
        "arrayIntersect(alc, ['a']), arrayUniq(alc), arrayDistinct(afn), arrayDistinct(anf), "
        "arrayUniq(afn), arrayCompact(alc), arrayResize(alc, 5), arrayPushBack(alc, 'z'), "
        "arrayConcat(alc, ['z']) FROM holders ORDER BY id"
    ),
    (
        "SELECT id, arrayCount(a8), arrayExists(a8), arrayAll(a8), "
        "arrayIntersect([1,2,3,4,5],[5,1]), arrayIntersect([5,1,5],[1,2,3,4,5],[1,5,6]), "
        "arrayIntersect([1,NULL,2],[NULL,2],[2,NULL]), arrayIntersect([1,NULL,2],[2]) FROM "
        "holders ORDER BY id"
    ),
    (
        "SELECT id, alc[1], at[1].1, at[2].2, ad[1], d6[1], ab[1], a8[1] + 1, au[2], ade[1], "
        "auu[1], adz[1] FROM holders ORDER BY id"
    ),
    (
        "SELECT id, mu['k'], mu['zz'], mn['a'], mn['zz'], ma['a'], ma['q'], mk[1], mk[2] FROM "
        "holders ORDER BY id"
    ),
    (
        "SELECT id, mapKeys(mu), mapValues(mu), mapContains(mu, 'k'), mapFilter((k, v) -> v > "
        "1, mu), mapConcat(mu, map('q', 5)), mapUpdate(mu, mu), mapSort(mu), mapAdd(mu, "
        "map('k', 1)), mapExtractKeyLike(mu, 'k%'), mapKeys(mn), mapValues(mn), mapFilter((k, "
        "v) -> v = 'x', mn), mapValues(ma), mapExists((k, v) -> v = 'x', mn), mapAll((k, v) "
        "-> v = 'x', mn), mapContainsValue(mn, NULL), mapFromArrays(mapKeys(mu), "
        "mapValues(mu)), mapApply((k, v) -> (k, v), mu), mapContainsKey(mk, 1) FROM holders "
        "WHERE id < 2 ORDER BY id"
    ),
    (
        "SELECT id, mu['k'] AS a, mu['zz'] AS b, mn['a'] AS c, mn['zz'] AS d, ma['a'] AS e, "
        "ma['q'] AS f, mk[1] AS g, mk[2] AS h, mu.keys AS i, mu.values AS j, "
        "mk[18446744073709551615] AS k, mk[id] AS l, map('a', toNullable(id))['b'] AS m FROM "
        "holders ORDER BY id"
    ),
    "SELECT id, at.1, at.2 FROM holders ORDER BY id",
    "SELECT arrayJoin(mu) AS x FROM holders",
    "SELECT arrayJoin(at).1 AS x, arrayJoin(at).2 FROM holders",
    "SELECT arrayJoin(at) AS t, t.1, t.2 AS k FROM holders",
    "SELECT id, arrayJoin(alc) AS x FROM holders ORDER BY id, x",
    "SELECT nest.a, nest.b, id FROM holders ARRAY JOIN nest",
    "SELECT n.a, n.b, nest.a FROM holders ARRAY JOIN nest AS n",
    "SELECT n.a, n.b FROM holders LEFT ARRAY JOIN nest AS n",
    "SELECT nest.a, nest.b FROM holders ARRAY JOIN nest.a",
    "SELECT nest.a, nest.b FROM holders ARRAY JOIN nest.a, nest.b",
    "SELECT x.1, x.2, x FROM holders ARRAY JOIN mu AS x",
    "SELECT mu FROM holders ARRAY JOIN mu",
    "SELECT x FROM holders ARRAY JOIN at AS x",
    "SELECT x.1 AS a, x.2 AS b FROM holders LEFT ARRAY JOIN at AS x",
]


@pytest.mark.parametrize("sql", QUERIES)
def test_other_types(holders, sql):
    holders.check(sql)


REFUSED = {
    "SELECT arrayMap(x -> arrayJoin([1]), ai) FROM v": "rows cannot be multiplied",
    "SELECT 1 FROM v AS a JOIN v AS b ON arrayJoin(a.ai) = b.id": "rows cannot be multiplied",
    "SELECT country, arrayJoin(tags) FROM events GROUP BY country WITH ROLLUP": "with sets of keys",
    "SELECT country, arrayJoin([1]) AS x FROM events GROUP BY country HAVING x = 1": "in HAVING",
    "SELECT arrayIntersect(af, af) FROM v": "is not supported",
    "SELECT arraySort([uid]) FROM v": "another order",
    "SELECT arraySum(an) FROM v": "is not supported",
    "SELECT mapContainsKey(ms, ns) FROM v": "a Nullable",
    "SELECT untuple(tup) FROM v": "untuple() is not supported",
    "SELECT arrayROCAUC(af, ai) FROM v": "arrayROCAUC() is not supported",
    "SELECT mapSubtract(map('a', 1), map('a', 2))": "wrap",
}  # fmt: skip


@pytest.mark.parametrize("sql", REFUSED)
def test_refused(oracle, sql):
    with pytest.raises(MartletError) as caught:
        oracle.translate(sql)
    assert REFUSED[sql] in caught.value.message


def test_another_text_of_a_known_query(oracle):
    for separator, element in ((",", "a"), ("-", "b"), ("'", "x")):
        quoted = separator.replace("'", "''")
        oracle.check(
            f"SELECT id, arrayStringConcat(as, '{quoted}') AS t, has(as, '{element}') AS h,"
            f" ms['{element}'] AS m, mapContainsKeyLike(ms, '{element}%') AS l FROM v ORDER BY id"
        )
        oracle.check(f"SELECT arrayReduce('{'sum' if element == 'a' else 'max'}', ai) FROM v")


def test_arrays_of_another_element_type_are_told_apart(oracle):
    oracle.check("SELECT tupleElement(ntup, 'name') AS e FROM v ORDER BY id")
    oracle.check("SELECT tupleElement(ntup, 'size') AS e FROM v ORDER BY id")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT x, y FROM v ARRAY JOIN ai AS x, as AS y",
        "SELECT arrayMap((x, y) -> x + y, ai, [1]) FROM v",
        "SELECT arrayZip(ai, as) FROM v",
        "SELECT L2Distance(af, [1, 2]) FROM v",
        "SELECT mapConcat(mi, mi) FROM v",
    ],
)
def test_what_is_an_error_when_it_is_met(oracle, sql):
    translated = oracle.translate(sql).sql
    with pytest.raises(TrinoQueryError, match=r"array indices start at 1|Duplicate"):
        oracle.twins.trino.rows(translated, schema=oracle.twins.schema)
