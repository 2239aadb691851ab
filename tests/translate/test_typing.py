"""Every rule against ClickHouse: all pairs of types, and what it refuses."""

import itertools
import re

import orjson
import pytest

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import QueryError, TypeSyntaxError
from martlet.translate import typing
from martlet.translate.typing import (
    INTERVALS,
    LITERAL_UINT64,
    arithmetic,
    array_of,
    canonical,
    is_decimal,
    literal_type,
    low_cardinality,
    map_of,
    not_null,
    nullable,
    supertype,
    tuple_of,
    type_of,
    unary,
    without_low_cardinality,
)

NUMBERS = [
    *(f"{sign}Int{bits}" for sign in ("U", "") for bits in (8, 16, 32, 64, 128, 256)),
    "Float32", "Float64", "Bool",
]  # fmt: skip
DECIMALS = [
    "Decimal(9, 2)", "Decimal(9, 0)", "Decimal(5, 2)", "Decimal(18, 4)", "Decimal(38, 10)",
    "Decimal(76, 5)", "Decimal(9, 9)", "Decimal(76, 70)",
]  # fmt: skip
TIMES = [
    "Date", "Date32", "DateTime", "DateTime('Europe/Vienna')", "DateTime64(0)", "DateTime64(3)",
    "DateTime64(3, 'UTC')", "DateTime64(6, 'Europe/Vienna')",
]  # fmt: skip
SCALARS = [
    "String", "FixedString(3)", "FixedString(5)", "Enum8('a' = 1, 'b' = 2)",
    "Enum8('a' = 1, 'c' = 3)", "Enum16('a' = 1, 'b' = 300)", "UUID", "IPv4", "IPv6", "JSON",
    "Dynamic", "AggregateFunction(uniq, String)", "SimpleAggregateFunction(sum, UInt64)",
    "SimpleAggregateFunction(anyLast, Nullable(String))",
]  # fmt: skip
WRAPPED = [
    "Nullable(UInt8)", "Nullable(Int64)", "Nullable(String)", "Nullable(DateTime64(3))",
    "Nullable(Decimal(9, 2))", "LowCardinality(String)", "LowCardinality(Nullable(String))",
    "LowCardinality(FixedString(3))", "LowCardinality(UInt8)",
]  # fmt: skip
CONTAINERS = [
    "Array(UInt8)", "Array(Int8)", "Array(Nullable(UInt8))", "Array(String)", "Array(Bool)",
    "Array(LowCardinality(String))", "Map(String, UInt8)", "Map(String, Int8)",
    "Map(LowCardinality(String), Array(UInt8))", "Tuple(UInt8, String)", "Tuple(Int8, String)",
    "Tuple(a UInt8, b String)", "Tuple(c UInt8, d String)", "Tuple(a Int8, b String)",
    "Tuple(UInt8)",
]  # fmt: skip
COLUMNS = [*NUMBERS, *DECIMALS, *TIMES, *SCALARS, *WRAPPED, *CONTAINERS]
# Types that no table has, by an expression of that type.
EXPRESSIONS = {
    **{name: f"to{name}(c0)" for name in INTERVALS},
    "Nullable(Nothing)": "NULL",
    "Array(Nothing)": "[]",
}
TERMS = {**{name: f"c{index}" for index, name in enumerate(COLUMNS)}, **EXPRESSIONS}
OPERATORS = "plus minus multiply divide intDiv intDivOrZero modulo positiveModulo".split()


class Oracle:
    """ClickHouse's types of expressions over a table with a column of each type."""

    def __init__(self, engine: ClickHouse) -> None:
        self.engine = engine
        columns = ", ".join(f"c{index} {name}" for index, name in enumerate(COLUMNS))
        self.table = f"`{engine.database}`.typed"
        engine.command(f"CREATE TABLE {self.table} ({columns}) ENGINE = Memory")

    def types(self, expressions: list[str]) -> list[str | None]:
        """Return their types, None for what is refused; all at once where none is."""
        if not expressions:
            return []
        items = ", ".join(f"{text} AS z{index}" for index, text in enumerate(expressions))
        sql = f"DESCRIBE (SELECT {items} FROM {self.table})"
        try:
            rows = orjson.loads(self.engine.execute(sql, format="JSONCompact").body)["data"]
        except QueryError:
            if len(expressions) == 1:
                return [None]
            half = len(expressions) // 2
            return self.types(expressions[:half]) + self.types(expressions[half:])
        return [re.sub(r"\s+", " ", row[1]).replace("( ", "(") for row in rows]

    def check(self, cases: list[tuple[str, str | None]]) -> None:
        """Compare (expression, expected type); those expected to be refused go one by one."""
        accepted = [case for case in cases if case[1] is not None]
        refused = [case for case in cases if case[1] is None]
        answers = self.types([text for text, _ in accepted])
        answers += [self.types([text])[0] for text, _ in refused]
        wrong = [
            f"{text}: {answer}, not {expected}"
            for (text, expected), answer in zip([*accepted, *refused], answers, strict=True)
            if answer != expected
        ]
        assert not wrong, "\n".join(wrong)


@pytest.fixture
def oracle(engine: ClickHouse) -> Oracle:
    return Oracle(engine)


def _text(column):
    return None if column is None else str(column)


def test_types_are_spelled_as_they_were_read():
    for name in [*TERMS, "Nullable(Tuple(UInt8))", "Nullable(JSON)", "Array(IntervalDay)"]:
        assert str(type_of(name)) == name
        assert str(canonical(type_of(name))) == name


def test_what_is_no_type_is_refused():
    for text in ("IntervalFortnight", "Nullable(Array(UInt8))", "Strin", "Array("):
        with pytest.raises(TypeSyntaxError):
            type_of(text)


@pytest.mark.parametrize(
    "written",
    [
        "Enum('b' = 5, 'it\\'s' = 1)", "Enum8('a', 'b')", "Enum('a' = 1, 'b' = 300)", "Enum16('a')",
        "Decimal32(2)", "Decimal256(5)", "Decimal(5)", "Decimal", "DECIMAL(12,3)", "BIGINT", "Bool",
        "boolean", "VARCHAR(20)", "DateTime('UTC')", "DateTime64(3,'UTC')", "LowCardinality(Nullable(TEXT))",
        "Map(TEXT,Array(Decimal32(2)))", "Tuple(a BIGINT, `b c` Enum('x'))", "SimpleAggregateFunction(sum,BIGINT)",
        "AggregateFunction(quantiles(0.5,0.9), DOUBLE)", "FixedString(3)", "JSON",
    ],
)  # fmt: skip
def test_canonical_is_what_describe_prints(engine, written):
    engine.command(f"CREATE TABLE `{engine.database}`.one (x {written}) ENGINE = Memory")
    sql = f"SELECT type FROM system.columns WHERE database = '{engine.database}' AND table = 'one'"
    rows = orjson.loads(engine.execute(sql, format="JSONCompact").body)["data"]
    assert str(canonical(type_of(written))) == rows[0][0]


@pytest.mark.proof
def test_the_supertype_of_every_pair(oracle):
    order = list(TERMS)
    for left, right in itertools.product(order, repeat=2):
        common = supertype([type_of(left), type_of(right)])
        if common is None:
            assert supertype([type_of(right), type_of(left)]) is None
    for index, left in enumerate(order):
        cases = []
        for position, right in enumerate(order):
            common = supertype([type_of(left), type_of(right)])
            if common or index <= position:  # a refused pair is asked in one order only
                text = f"[{TERMS[left]}, {TERMS[right]}]"
                cases.append((text, common and f"Array({common})"))
        oracle.check(cases)


def test_if_has_the_supertype_without_dictionaries(oracle):
    for left, right in itertools.combinations_with_replacement(COLUMNS, 2):
        types = [type_of(left), type_of(right)]
        common = supertype([without_low_cardinality(item, deep=True) for item in types])
        if all(map(is_decimal, types)) and left != right:
            continue  # `if` refuses Decimals of two scales, also where [a, b] takes them
        if common is not None:
            expression = f"if(c0 = 1, {TERMS[left]}, {TERMS[right]})"
            assert oracle.types([expression]) == [str(common)], expression


@pytest.mark.parametrize(
    "names",
    [
        "Date|DateTime64(3, 'UTC')|DateTime64(3, 'Europe/Vienna')|DateTime64(2, 'Asia/Tokyo')",
        "Date|DateTime('UTC')|DateTime('Europe/Vienna')",
        "DateTime('UTC')|Date|Date32",
        "DateTime64(3)|DateTime64(3, 'UTC')",
        "Array(DateTime('UTC'))|Array(DateTime)",
        "Bool|UInt8|UInt8",
        "Bool|UInt8|UInt16",
        "UInt64|Int8|Int128",
        "UInt8|UInt16|UInt64|Int8",
        "UInt8|Float32|Int32",
        "UInt64|Float64|Decimal(9, 2)",
        "Decimal(5, 2)|Decimal(6, 2)",
        "Decimal(9, 0)|Int32|UInt32",
        "Decimal(9, 0)|Int64|UInt64",
        "LowCardinality(String)|LowCardinality(String)|String",
        "Array(LowCardinality(String))|Array(LowCardinality(Nullable(String)))",
        "Enum8('b' = 2, 'a' = 1)|Enum8('a' = 1, 'b' = 2)",
        "FixedString(3)|FixedString(3)|Enum8('a' = 1)",
        "IPv4|IPv4|UInt8",
        "JSON(a UInt8)|JSON",
        "Map(Nothing, Nothing)|Map(String, UInt8)",
        "Tuple(UInt8)|Tuple(UInt8, UInt8)",
        "Tuple(a Bool)|Tuple(a UInt8)",
    ],
)
def test_the_supertype_of_several(oracle, names):
    types = [canonical(type_of(name)) for name in names.split("|")]
    values = [f"defaultValueOfTypeName({typing._quote(name)})" for name in names.split("|")]
    common = supertype(types)
    oracle.check([(f"[{', '.join(values)}]", common and f"Array({common})")])


def test_the_result_of_every_operator(oracle):
    # Nullable operands are left to the test below: where ClickHouse refuses only when it comes to
    # a value (a Date plus a Decimal), a table without rows hides that behind the NULLs.
    # Aggregate states, which + merges, and containers are not covered by `arithmetic`.
    # A refusal costs 10 ms, so the kinds that are always refused stand here once each.
    others = ["String", "UUID", "IPv4", "Dynamic", "Nullable(Nothing)", "IntervalDay"]
    times = ["Date", "Date32", "DateTime('Europe/Vienna')", "DateTime64(3)"]
    moves = [*TIMES, *others, *INTERVALS[1::2], "UInt8", "Int128", "Float32", "Decimal(9, 2)"]
    names = {"plus": moves, "minus": moves}
    for operator in OPERATORS:
        numbers = [*NUMBERS, *DECIMALS]
        rest = [*times, *others]
        pairs = {
            *itertools.product(numbers, numbers),
            *itertools.product(("Int8", "UInt64", "Float32", "Decimal(9, 2)", *rest), rest),
            *itertools.product(rest, ("Int8", "UInt64", "Float32", "Decimal(9, 2)")),
            *itertools.product(names.get(operator, ()), repeat=2),
        }
        oracle.check(
            [
                (
                    f"{operator}({TERMS[left]}, {TERMS[right]})",
                    _text(arithmetic(operator, type_of(left), type_of(right))),
                )
                for left, right in sorted(pairs)
            ]
        )


def test_null_in_null_out_and_wrappers_off():
    for operator in OPERATORS:
        for left, right in itertools.product([*NUMBERS, *DECIMALS], repeat=2):
            one, other = type_of(left), type_of(right)
            result = arithmetic(operator, one, other)
            with_null = None if result is None else nullable(result)
            assert arithmetic(operator, nullable(one), other) == with_null
            assert arithmetic(operator, one, low_cardinality(nullable(other))) == with_null


@pytest.mark.parametrize("operator", ["negate", "abs"])
def test_the_result_of_every_unary_operator(oracle, operator):
    names = [*NUMBERS, *DECIMALS, *TIMES, *SCALARS[:12], *WRAPPED[:5], *INTERVALS]
    oracle.check([(f"{operator}({TERMS[n]})", _text(unary(operator, type_of(n)))) for n in names])


def test_null_is_put_on_and_taken_off(oracle):
    refused = (
        "Array",
        "Map",
        "AggregateFunction",
        "Dynamic",
    )  # toNullable refuses them, nullable leaves them
    names = [name for name in COLUMNS if not name.startswith(refused)]
    oracle.check([(f"toNullable({TERMS[n]})", str(nullable(type_of(n)))) for n in names])
    oracle.check([(f"assumeNotNull({TERMS[n]})", str(not_null(type_of(n)))) for n in names])
    assert nullable(type_of("Array(UInt8)")) == type_of("Array(UInt8)")


VALUES = [
    0, 1, 127, 128, 255, 256, 65535, 65536, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1,
    2**64, -1, -128, -129, -32768, -32769, -(2**31), -(2**31) - 1, -(2**63), -(2**63) - 1, 1.0, 1.5,
    True, False, None, "", "a",
]  # fmt: skip


def test_every_literal(oracle):
    cases = []
    for value in VALUES:
        sql = (
            {True: "true", False: "false", None: "NULL"}[value]
            if value in (None,) or isinstance(value, bool)
            else repr(value)
        )
        cases.append((sql, str(literal_type(value))))
        for other in VALUES:
            if isinstance(value, int) and isinstance(other, int) and not isinstance(other, bool):
                common = supertype([literal_type(value), literal_type(other)])
                cases.append((f"[{sql}, {other}]", common and f"Array({common})"))
    oracle.check(cases)


def test_a_large_literal_beside_a_signed_integer_is_signed(oracle):
    large, signed, unsigned = LITERAL_UINT64, type_of("Int8"), type_of("UInt64")
    assert literal_type(5_000_000_000) is large
    assert str(large) == "UInt64"
    cases = {
        "[5000000000, -1]": supertype([large, signed]),
        "[5000000000, toUInt64(1)]": supertype([large, unsigned]),
        "[5000000000, toUInt64(1), -1]": supertype([large, unsigned, signed]),
        "[[5000000000], [-1]]": supertype([array_of(large), array_of(signed)]),
        "[toNullable(5000000000), -1]": supertype([nullable(large), signed]),
        "[(5000000000, 1), (-1, -1)]": supertype(
            [tuple_of((large, type_of("UInt8"))), tuple_of((signed, signed))]
        ),
        "[map('a', 5000000000), map('a', -1)]": supertype(
            [map_of(type_of("String"), large), map_of(type_of("String"), signed)]
        ),
        "[5000000000 + 1, -1]": supertype([arithmetic("plus", large, type_of("UInt8")), signed]),
    }
    oracle.check([(sql, common and f"Array({common})") for sql, common in cases.items()])


@pytest.mark.parametrize(
    ("predicate", "names"),
    [
        ("is_integer", ["UInt8", "Int256", "Nullable(Int8)", "LowCardinality(UInt8)"]),
        ("is_unsigned", ["UInt8", "SimpleAggregateFunction(sum, UInt64)"]),
        ("is_float", ["Float32", "Nullable(Float64)"]),
        ("is_decimal", ["Decimal(9, 2)"]),
        ("is_number", ["UInt8", "Float64", "Decimal(9, 2)", "Bool"]),
        ("is_string", ["FixedString(3)", "LowCardinality(Nullable(String))"]),
        ("is_date", ["Date", "Nullable(Date32)"]),
        ("is_datetime", ["DateTime('UTC')", "DateTime64(3)"]),
        ("is_time", ["Date32", "DateTime"]),
        ("is_array", ["Array(UInt8)"]),
        ("is_map", ["Map(String, UInt8)"]),
        ("is_tuple", ["Nullable(Tuple(UInt8))"]),
        ("is_interval", ["IntervalDay", "Nullable(IntervalDay)"]),
    ],
)
def test_predicates_look_under_wrappers(predicate, names):
    accepts = getattr(typing, predicate)
    assert all(accepts(type_of(name)) for name in names)
    assert not accepts(type_of("Enum8('a' = 1)"))
    assert not accepts(type_of("JSON"))


def test_dictionaries_inside_are_taken_off_when_asked():
    column = type_of("Map(LowCardinality(String), Array(LowCardinality(Nullable(String))))")
    assert without_low_cardinality(column) == column
    deep = without_low_cardinality(column, deep=True)
    assert str(deep) == "Map(String, Array(Nullable(String)))"
    assert deep == type_of(str(deep))
