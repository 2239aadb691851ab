"""Tables for translated queries: every type with its edges, and events as real projects have them."""

import random
from datetime import datetime, timedelta

from tests.trino.differential import Table

# One row per value class: typical, empty, NULL, extreme, Unicode.
VALUES = Table(
    "v",
    {
        "id": "UInt32",
        "i8": "Int8", "i16": "Int16", "i32": "Int32", "i64": "Int64",
        "u8": "UInt8", "u16": "UInt16", "u32": "UInt32", "u64": "UInt64",
        "f32": "Float32", "f64": "Float64", "dec": "Decimal(12, 3)", "b": "Bool",
        "s": "String", "s2": "String", "lc": "LowCardinality(String)", "fs": "FixedString(4)",
        "d": "Date", "d32": "Date32", "dt": "DateTime", "dt3": "DateTime64(3)",
        "dt6": "DateTime64(6)", "dtz": "DateTime('America/New_York')", "uid": "UUID",
        "e": "Enum8('red' = 1, 'green' = 2, 'blue' = -3)",
        "ni": "Nullable(Int64)", "nu8": "Nullable(UInt8)", "nf": "Nullable(Float64)",
        "ns": "Nullable(String)", "nd": "Nullable(Date)", "ndt": "Nullable(DateTime)",
        "as": "Array(String)", "ai": "Array(Int64)", "an": "Array(Nullable(Int64))",
        "af": "Array(Float64)", "aa": "Array(Array(UInt8))",
        "ms": "Map(String, String)", "mi": "Map(String, Int64)",
        "tup": "Tuple(String, UInt8)", "ntup": "Tuple(name String, size Int64)",
        "js": "String", "url": "String",
    },
    [],
)  # fmt: skip

_JSON = [
    '{"a": 1, "b": "x", "c": [1, 2, 3], "d": {"e": "f", "g": 2.5}, "t": true, "n": null}',
    "",
    "not json",
    '{"a": "7", "b": 3.5, "c": [], "d": {}, "t": false, "u": "ünï\\u00e7ode \\"q\\"", "k.x": 1}',
    '[1, "two", {"three": 3}]',
    '{"a": 18446744073709551615, "b": "", "c": ["p", "q"], "d": {"e": {"z": [0, 1]}}, "t": 1}',
    '{"a": -5, "b": "true", "d": "text"}',
    '"just text"',
]
_URLS = [
    "https://www.example.com/path/to/page?utm_source=news&q=a%20b#top",
    "",
    "not a url",
    "http://sub.example.co.uk:8080/?a=1&b=&c",
    "https://user:pw@example.org/x%2Fy?e=%C3%BC&x=1&x=2#frag?no=1",
    "//cdn.example.net/lib.js",
    "ftp://files.example.com",
    "/relative/path?x=1",
]
_TEXTS = [
    "abc",
    "",
    "Hello World",
    "ünïçödé ß",
    "日本語テキスト",
    "  pad  ",
    "a,b,,c",
    "%_\\'\"\n",
    "123",
    "-4.5",
]


def value_rows() -> list[dict[str, object]]:
    """Return rows of `v`: edges in line, then mixtures."""
    rng = random.Random(4)
    rows = []
    for i in range(48):
        edge = i < 16

        def pick(*options, index=i, edge=edge):
            return options[index % len(options)] if edge else rng.choice(options)

        second = pick(
            0,
            86_399,
            951_782_399,
            1_711_846_800,
            1_730_611_800,
            1_704_067_199,
            2_147_483_648,
            1_699_999_999,
        )
        moment = datetime(1970, 1, 1) + timedelta(seconds=second)
        text = f"{moment:%Y-%m-%d %H:%M:%S}"
        day = pick(
            "2024-02-29",
            "1970-01-01",
            "2023-12-31",
            "2024-01-01",
            "2149-06-06",
            "2024-03-31",
            "2000-01-03",
        )
        rows.append({
            "id": i,
            "i8": pick(0, 1, -1, -128, 127, 5), "i16": pick(0, 300, -300, -32768, 32767),
            "i32": pick(0, 42, -42, -2147483648, 2147483647, 1000),
            "i64": pick(0, 7, -7, "9007199254740993", "-9223372036854775808", "9223372036854775807", 123456789),
            "u8": pick(0, 1, 2, 255, 7), "u16": pick(0, 1, 65535, 400), "u32": pick(0, 3, 4294967295, 70000),
            "u64": pick(0, 1, "18446744073709551615", "9223372036854775808", 12345678901),
            "f32": pick(0.0, 1.5, -2.25, 0.1, 1e10), "f64": pick(0.0, 2.5, -3.5, 0.1, 1e20, -1e-9, 123456.789, 3.0),
            "dec": pick("0", "1.005", "-12.345", "999999999.999", "2.500"), "b": pick(True, False),
            "s": pick(*_TEXTS), "s2": pick("b", "", "World", "ö", "語", " ", ",", "a"),
            "lc": pick("red", "", "green", "Blue", "ünï"), "fs": pick("abcd", "ab", "", "xyz"),
            "d": day, "d32": pick(day, "1900-01-01", "2299-12-31"), "dt": text,
            "dt3": f"{text}.{pick('000', '001', '999', '500')}",
            "dt6": f"{text}.{pick('000000', '000001', '999999', '123456')}", "dtz": text,
            "uid": pick("00000000-0000-0000-0000-000000000000", "61f0c404-5cb3-11e7-907b-a6006ad3dba0",
                        "ffffffff-ffff-4fff-bfff-ffffffffffff", "123e4567-e89b-12d3-a456-426614174000"),
            "e": pick("red", "green", "blue"),
            "ni": pick(None, 0, 5, -9, None, 100), "nu8": pick(1, None, 0, 255), "nf": pick(None, 0.5, -1.5, 2.5),
            "ns": pick(None, "", "x", "Hello World", "ü"), "nd": pick(None, "2024-02-29", "1970-01-01"),
            "ndt": pick(None, text, "2024-01-01 00:00:00"),
            "as": pick(["a", "b", "c"], [], ["x"], ["", "ü", "x"], ["b", "a", "b"]),
            "ai": pick([1, 2, 3], [], [-5], [3, 1, 2, 3], [0, 0]), "an": pick([1, None, 3], [], [None], [2, 2]),
            "af": pick([1.5, 2.5], [], [0.1, 0.2, 0.3], [-1.0]), "aa": pick([[1, 2], [3]], [], [[]], [[1], [1, 2, 3]]),
            "ms": pick({"k": "v"}, {}, {"a": "1", "b": "2"}, {"": "e", "ü": "ö"}), "mi": pick({"k": 1}, {}, {"a": 1, "b": -2}, {"k": 0}),
            "tup": pick(["a", 1], ["", 0], ["ü", 255]), "ntup": pick({"name": "n", "size": 5}, {"name": "", "size": -1}),
            "js": pick(*_JSON), "url": pick(*_URLS),
        })  # fmt: skip
    return rows


def event_rows(count: int = 400) -> list[dict[str, object]]:
    """Return rows of `events`: visits of some users over ten days."""
    rng = random.Random(7)
    start = datetime(2024, 1, 25)
    rows = []
    for i in range(count):
        moment = start + timedelta(seconds=rng.randrange(10 * 86_400))
        rows.append({
            "event_id": f"e{i:05}", "timestamp": f"{moment:%Y-%m-%d %H:%M:%S}",
            "ts3": f"{moment:%Y-%m-%d %H:%M:%S}.{rng.randrange(1000):03}",
            "user_id": f"u{rng.randrange(25)}", "session_id": f"s{rng.randrange(60)}",
            "action": rng.choice(["view", "view", "view", "click", "buy"]),
            "country": rng.choice(["DE", "US", "FR", "", "JP"]), "amount": rng.choice([0, 1, 5, 9, 25]),
            "price": rng.choice([0.0, 9.99, 19.5, 100.25]), "duration": rng.choice([None, 5, 30, 65, 120]),
            "referrer": rng.choice(_URLS), "properties": rng.choice(_JSON), "is_bot": rng.randrange(2),
            "tags": rng.choice([[], ["a"], ["a", "b"], ["b", "c", "c"]]),
            "attributes": rng.choice([{}, {"plan": "pro"}, {"plan": "free", "lang": "de"}]),
            "version": rng.randrange(1, 5),
        })  # fmt: skip
    return rows


EVENTS = Table(
    "events",
    {
        "event_id": "String", "timestamp": "DateTime", "ts3": "DateTime64(3)", "user_id": "String",
        "session_id": "String", "action": "LowCardinality(String)", "country": "String",
        "amount": "UInt32", "price": "Float64", "duration": "Nullable(Int32)", "referrer": "String",
        "properties": "String", "is_bot": "UInt8", "tags": "Array(String)",
        "attributes": "Map(String, String)", "version": "UInt64",
    },
    event_rows(),
)  # fmt: skip

USERS = Table(
    "users",
    {"user_id": "String", "name": "String", "plan": "LowCardinality(String)", "age": "UInt8",
     "score": "Nullable(Float64)", "signup": "Date", "tags": "Array(String)"},
    [
        {"user_id": f"u{i}", "name": f"User {i}", "plan": ["free", "pro", "team"][i % 3], "age": 20 + i,
         "score": None if i % 4 == 0 else i / 2, "signup": f"2023-{i % 12 + 1:02}-15", "tags": ["t"] * (i % 3)}
        for i in range(0, 40, 2)
    ],
)  # fmt: skip

EMPTY = Table(
    "nothing",
    {"id": "UInt32", "s": "String", "n": "Nullable(Int64)", "ts": "DateTime", "f": "Float64"},
    [],
)

TABLES = (Table(VALUES.name, VALUES.columns, value_rows()), EVENTS, USERS, EMPTY)
