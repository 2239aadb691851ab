"""Property: what a row says in JSON is what ClickHouse has of it, for every type and spelling."""

import ipaddress
import json
import struct
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import ROUND_DOWN, Context, Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.ingest.schemas import column, datasource

from martlet.engines.clickhouse import ClickHouse
from martlet.ingest.rows import RowCoder
from martlet.types import FAMILIES

# JSON that a client sends, and what Python reads of what ClickHouse then prints.
Pairs = st.SearchStrategy[tuple[str, object]]

_CUT = Context(prec=80, rounding=ROUND_DOWN)
BITS = (8, 16, 32, 64, 128, 256)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)


def integers(name: str) -> Pairs:
    family = FAMILIES[name]
    numbers = st.integers(family.least, family.greatest)
    spellings = st.sampled_from(["{}", '"{}"'] if name.endswith(("64", "128", "256")) else ["{}"])
    return st.tuples(spellings, numbers).map(lambda p: (p[0].format(p[1]), p[1]))


def float32(value: float) -> float:
    return float(struct.unpack("f", struct.pack("f", value))[0])


def decimals(precision: int, scale: int) -> Pairs:
    step = Decimal((0, (1,), -scale))
    limit = 10**precision - 1

    def spelled(pair: tuple[str, Decimal]) -> tuple[str, object]:
        spelling, value = pair
        sent = spelling.format(value)
        return sent, value.quantize(step, context=_CUT)

    whole = st.integers(-limit, limit).map(lambda n: Decimal(n).scaleb(-scale, _CUT))
    small = st.integers(-(10**6), 10**6).map(lambda n: Decimal(n).scaleb(-scale, _CUT))
    # One digit more than is kept, and no double: a number of up to 15 digits is what it prints.
    longer = st.integers(-(10**9), 10**9).map(lambda n: Decimal(n).scaleb(-scale - 1, _CUT))
    return st.tuples(
        st.sampled_from(["{:f}", "{:e}", '"{:f}"', '"{}"']),
        whole | small | longer.filter(lambda value: abs(value).adjusted() < precision - scale),
    ).map(spelled)


def moments(scale: int, first: datetime, last: datetime) -> Pairs:
    """Moments in UTC, with more digits than are kept; the zone they are written in varies."""

    def spelled(parts: tuple[datetime, str, int, str]) -> tuple[str, object]:
        moment, separator, minutes, spelling = parts
        kept = f".{moment:%f}"[: scale + 1] if scale else ""
        stored = f"{moment.isoformat(' ', 'seconds')}{kept}"
        if spelling == "offset":
            zone = timezone(timedelta(minutes=minutes))
            local = moment.replace(tzinfo=UTC).astimezone(zone)
            sent = local.isoformat(separator, "microseconds")
        elif spelling == "slashes":
            sent = f"{moment:%Y/%m/%d}{separator}{moment:%H:%M:%S.%f} UTC"
        elif spelling == "number":
            ticks = (moment - datetime(1970, 1, 1)) // timedelta(microseconds=1)
            return str(ticks // 10 ** (6 - scale)), stored
        else:
            sent = moment.isoformat(separator, "microseconds") + spelling
        return json.dumps(sent), stored

    times = st.datetimes(first, last)
    spellings = st.sampled_from(["", "Z", "offset", "slashes", "number"])
    return st.tuples(times, st.sampled_from(" T"), st.integers(-840, 840), spellings).map(spelled)


def texts(values: st.SearchStrategy[str]) -> Pairs:
    dumps = st.sampled_from([True, False])
    return st.tuples(values, dumps).map(lambda p: (json.dumps(p[0], ensure_ascii=p[1]), p[0]))


def ipv6(address: ipaddress.IPv6Address) -> tuple[str, object]:
    return f'"{address.exploded.upper()}"', address


SCALARS: dict[str, Pairs] = {
    **{f"{sign}Int{bits}": integers(f"{sign}Int{bits}") for bits in BITS for sign in ("", "U")},
    "Float64": st.floats(allow_nan=False, allow_infinity=False).map(lambda v: (json.dumps(v), v)),
    "Float32": st.floats(width=32, allow_nan=False, allow_infinity=False).map(
        lambda v: (json.dumps(v), v)
    ),
    "Decimal(9, 2)": decimals(9, 2),
    "Decimal(18, 4)": decimals(18, 4),
    "Decimal(38, 10)": decimals(38, 10),
    "Decimal(76, 38)": decimals(76, 38),
    "String": texts(TEXTS),
    "LowCardinality(String)": texts(TEXTS),
    "Nullable(String)": texts(TEXTS) | st.just(("null", None)),
    "FixedString(4)": texts(st.text("abcé", max_size=2)).map(
        lambda p: (p[0], p[1].encode().ljust(4, b"\0").decode())  # type: ignore[attr-defined]
    ),
    "Bool": st.booleans().map(lambda b: (json.dumps(b), b)),
    "UUID": st.uuids().map(lambda u: (f'"{u.hex.upper()}"', str(u))),
    "Date": st.dates(date(1970, 1, 1), date(2149, 6, 6)).map(lambda d: (f'"{d}"', str(d))),
    "Date32": st.dates(date(1900, 1, 1), date(2299, 12, 31)).map(lambda d: (f'"{d}"', str(d))),
    "DateTime": moments(0, datetime(1970, 1, 1), datetime(2106, 2, 7, 6, 28, 15)),
    "DateTime64(3)": moments(3, datetime(1900, 1, 1), datetime(2299, 12, 31)),
    "DateTime64(6)": moments(6, datetime(1900, 1, 1), datetime(2299, 12, 31)),
    "Enum8('a' = -128, 'b c' = 127)": st.sampled_from(
        [('"a"', "a"), ("-128", "a"), ('"b c"', "b c"), ("127", "b c")]
    ),
    "IPv4": st.ip_addresses(v=4).map(lambda a: (f'"{a}"', str(a))),
    "IPv6": st.ip_addresses(v=6).map(ipv6),
}


def array(pairs: Pairs) -> Pairs:
    return st.lists(pairs, max_size=4).map(
        lambda found: (f"[{', '.join(sent for sent, _ in found)}]", [kept for _, kept in found])
    )


def map_(pairs: Pairs) -> Pairs:
    return st.dictionaries(TEXTS, pairs, max_size=3).map(
        lambda found: (
            "{" + ", ".join(f"{json.dumps(key)}: {sent}" for key, (sent, _) in found.items()) + "}",
            {key: kept for key, (_, kept) in found.items()},
        )
    )


def pair(pairs: Pairs) -> Pairs:
    return st.tuples(pairs, pairs).map(
        lambda two: (f'{{"b": {two[1][0]}, "a": {two[0][0]}}}', {"a": two[0][1], "b": two[1][1]})
    )


TYPES: dict[str, Pairs] = {
    **SCALARS,
    **{f"Array({name})": array(pairs) for name, pairs in SCALARS.items()},
    **{f"Map(String, {name})": map_(pairs) for name, pairs in SCALARS.items()},
    **{f"Tuple(a {name}, b {name})": pair(pairs) for name, pairs in SCALARS.items()},
    "Array(Array(Int64))": array(array(SCALARS["Int64"])),
    "Map(String, Array(Decimal(18, 4)))": map_(array(SCALARS["Decimal(18, 4)"])),
}


def same(kept: object, stored: object, type_: str) -> bool:
    """Whether ClickHouse's value, numbers read as `Decimal`, is the expected one."""
    if isinstance(kept, list):
        assert isinstance(stored, list)
        return len(kept) == len(stored) and all(map(same, kept, stored, [type_] * len(kept)))
    if isinstance(kept, dict):
        assert isinstance(stored, dict)
        return kept.keys() == stored.keys() and all(same(kept[k], stored[k], type_) for k in kept)
    if isinstance(kept, ipaddress.IPv6Address):
        return ipaddress.IPv6Address(stored) == kept
    if isinstance(kept, float):
        found = float(stored)  # type: ignore[arg-type]
        return (float32(found) if "Float32" in type_ else found) == kept
    return (type(kept) is type(stored) and kept == stored) or _number(kept) == _number(stored)


def _number(value: object) -> object:
    return Decimal(value) if isinstance(value, int | Decimal) and value is not True else object()


@pytest.fixture(scope="module")
def engine(clickhouse_path: Path) -> Iterator[ClickHouse]:
    opened = ClickHouse(clickhouse_path, database="roundtrip")
    yield opened
    opened.close()


@settings(max_examples=60)
@given(st.data())
def test_what_is_sent_is_what_is_stored(engine: ClickHouse, data: st.DataObject) -> None:
    names = data.draw(st.lists(st.sampled_from(list(TYPES)), min_size=1, max_size=4))
    schema = datasource(*[column(f"c{index}", name) for index, name in enumerate(names)])
    rows = data.draw(st.lists(st.tuples(*[TYPES[name] for name in names]), min_size=1, max_size=6))
    lines = [
        "{" + ", ".join(f'"c{index}": {sent}' for index, (sent, _) in enumerate(row)) + "}"
        for row in rows
    ]
    coded = RowCoder(schema).code("\n".join(lines).encode())
    assert [(row.raw, row.errors) for row in coded.refused] == []
    columns = ", ".join(f"c{index} {name}" for index, name in enumerate(names))
    engine.command(f"CREATE OR REPLACE TABLE t ({columns}) ENGINE = Memory")
    writer = engine.writer()
    writer.insert("t", coded.block())
    writer.close()
    body = engine.execute("SELECT * FROM t", format="JSONCompactEachRow").body
    for line, row in zip(body.splitlines(), rows, strict=True):
        for name, (sent, kept), stored in zip(
            names, row, json.loads(line, parse_float=Decimal), strict=True
        ):
            assert same(kept, stored, name), (name, sent, kept, stored)
