"""Rows as texts of Athena, written as ClickHouse writes them, byte for byte.

`write_answer` is the whole of it. To add a type, add a row to `PRINTERS`. What chDB 26.9 prints
with the settings of `engines.clickhouse.READ_SETTINGS` is the truth, which tests compare. One
thing differs: ClickHouse's JSON of a query with LIMIT has `rows_before_limit_at_least`, which no
answer of Athena tells, so it is left out.
"""

import math
import re
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cache, lru_cache
from typing import Any
from zoneinfo import ZoneInfo

import orjson

from martlet.documents import print_document
from martlet.errors import NotAvailableError
from martlet.types import ColumnType, Group

Columns = Sequence[tuple[str, ColumnType]]
Row = Sequence[str | None]
Print = Callable[[Any], str]

_WIDE = ("64", "128", "256")
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001  all times here are UTC


@dataclass(frozen=True, slots=True)
class Statistics:
    """What ClickHouse's JSON says at its end.

    Attributes:
        rows_read: 0 where it is not known, as on Athena.
    """

    elapsed_s: float = 0.0
    rows_read: int = 0
    bytes_read: int = 0


@dataclass(frozen=True, slots=True)
class Options:
    """ClickHouse's output settings that change an answer's bytes."""

    quote_integers: bool = False
    quote_denormals: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, str]) -> "Options":
        """Return what settings say, by ClickHouse's names."""
        return cls(
            settings.get("output_format_json_quote_64bit_integers", "0") == "1",
            settings.get("output_format_json_quote_denormals", "0") == "1",
        )


@dataclass(frozen=True, slots=True)
class Printer:
    """How values of one type are printed; they are Athena's texts, inside of containers JSON's.

    Attributes:
        json: in JSON.
        text: in a container in CSV, where strings have single quotes.
        csv: as a field of CSV.
        default: what stands for NULL in a column that is not Nullable.
        is_raw: whether Athena's text is what all of them print.
        is_container: whether Athena's text is JSON of the value.
    """

    json: Print
    text: Print
    csv: Print
    default: Any
    is_raw: bool = False
    is_container: bool = False


def check_answer(columns: Columns, *, format: str) -> None:
    """Find out whether a result can be written, before there is one.

    Raises:
        NotAvailableError: the format or a column's type cannot be written here.
    """
    if format not in _FORMATS:
        raise NotAvailableError(
            f"The format {format} is not available on AWS",
            hint=f"use one of {', '.join(_FORMATS)}",
        )
    for _, type_ in columns:
        printer(type_, Options())


def write_answer(
    columns: Columns,
    rows: Sequence[Row],
    *,
    format: str,
    has_totals: bool = False,
    settings: Mapping[str, str] | None = None,
    statistics: Statistics | None = None,
) -> bytes:
    """Return a result in one of ClickHouse's output formats.

    Args:
        columns: ClickHouse's names and types.
        rows: Athena's texts: containers as JSON, as `translate.delivery` says; None is NULL.
        format: ClickHouse's name: JSON, JSONEachRow or CSVWithNames.
        has_totals: whether the rows have one more column, which is 1 in the row of totals.
        settings: ClickHouse's settings, of which those of `Options` count.
        statistics: for the end of JSON.

    Raises:
        NotAvailableError: the format cannot be written here.
        ValueError: a text is none of its type.
    """
    check_answer(columns, format=format)
    totals: Row | None = None
    if has_totals:
        totals = next((row[:-1] for row in rows if row[-1] == "1"), None)
        rows = [row[:-1] for row in rows if row[-1] != "1"]
    printers = [printer(type_, Options.of(settings or {})) for _, type_ in columns]
    return _FORMATS[format](columns, printers, rows, totals, statistics or Statistics()).encode()


# Formats


def _json(
    columns: Columns, printers: list[Printer], rows: Sequence[Row], totals: Row | None,
    statistics: Statistics,
) -> str:  # fmt: skip
    names = [json_string(name) for name, _ in columns]
    meta = ",\n".join(
        f'\t\t{{\n\t\t\t"name": {name},\n\t\t\t"type": {json_string(str(type_))}\n\t\t}}'
        for name, (_, type_) in zip(names, columns, strict=True)
    )
    members = ",\n".join(f"\t\t\t{_escaped(name)}: %s" for name in names)
    template = f"\t\t{{\n{members}\n\t\t}}"
    data = ",\n".join(_filled(template, columns, printers, rows, in_json=True))
    parts = [f'{{\n\t"meta":\n\t[\n{meta}\n\t],\n\n\t"data":\n\t[\n{data}\n\t],\n\n']
    if totals is not None:
        shown = ",\n".join(f"\t\t{_escaped(name)}: %s" for name in names)
        total = next(_filled(shown, columns, printers, [totals], in_json=True))
        parts.append(f'\t"totals":\n\t{{\n{total}\n\t}},\n\n')
    parts.append(
        f'\t"rows": {len(rows)},\n\n\t"statistics":\n\t{{\n'
        f'\t\t"elapsed": {float_text(round(statistics.elapsed_s, 9))},\n'
        f'\t\t"rows_read": {statistics.rows_read},\n'
        f'\t\t"bytes_read": {statistics.bytes_read}\n\t}}\n}}\n'
    )
    return "".join(parts)


def _json_each_row(
    columns: Columns, printers: list[Printer], rows: Sequence[Row], totals: Row | None,
    statistics: Statistics,
) -> str:  # fmt: skip
    """Write one object a line; ClickHouse leaves totals out here."""
    members = ",".join(f"{_escaped(json_string(name))}:%s" for name, _ in columns)
    return "".join(_filled(f"{{{members}}}\n", columns, printers, rows, in_json=True))


def _csv_with_names(
    columns: Columns, printers: list[Printer], rows: Sequence[Row], totals: Row | None,
    statistics: Statistics,
) -> str:  # fmt: skip
    template = ",".join("%s" for _ in columns) + "\n"
    head = ",".join(_csv_string(name) for name, _ in columns) + "\n"
    parts = [head, *_filled(template, columns, printers, rows, in_json=False)]
    if totals is not None:
        parts += ["\n", *_filled(template, columns, printers, [totals], in_json=False)]
    return "".join(parts)


_FORMATS: dict[
    str, Callable[[Columns, list[Printer], Sequence[Row], Row | None, Statistics], str]
] = {"JSON": _json, "JSONEachRow": _json_each_row, "CSVWithNames": _csv_with_names}


def _escaped(text: str) -> str:
    """Return a text as part of a template for the % operator."""
    return text.replace("%", "%%")


def _filled(
    template: str, columns: Columns, printers: list[Printer], rows: Sequence[Row], *, in_json: bool
) -> Iterator[str]:
    """Yield the template with each row's values; columns are converted one after the other."""
    if not rows:
        return iter(())
    converted = [
        _converted(values, own, is_nullable=type_.is_nullable, in_json=in_json)
        for values, own, (_, type_) in zip(zip(*rows, strict=True), printers, columns, strict=True)
    ]
    return map(template.__mod__, zip(*converted, strict=True))


def _converted(
    values: Sequence[str | None], own: Printer, *, is_nullable: bool, in_json: bool
) -> Sequence[str]:
    convert = own.json if in_json else own.csv
    if None not in values:
        if own.is_raw:
            return values  # type: ignore[return-value]
        if own.is_container:
            return [convert(orjson.loads(value)) for value in values]  # type: ignore[arg-type]
        return [convert(value) for value in values]
    null = ("null" if in_json else "\\N") if is_nullable else convert(own.default)
    if own.is_container:
        return [null if value is None else convert(orjson.loads(value)) for value in values]
    return [null if value is None else convert(value) for value in values]


# Texts

_SPECIAL = re.compile('[\\x00-\\x1f"\\\\/\u2028\u2029]')
_CONTROL = re.compile("[\\x00-\\x1f\u2028\u2029]")
_JSON_ESCAPES = {
    **{chr(code): f"\\u{code:04X}" for code in range(32)},
    "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r",
    "\u2028": "\\u2028", "\u2029": "\\u2029",
}  # fmt: skip
_QUOTED_ESCAPES = str.maketrans({
    "\0": "\\0", "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r",
    "'": "\\'", "\\": "\\\\",
})  # fmt: skip


def json_string(text: str) -> str:
    """Return a text as ClickHouse writes it into JSON."""
    if _SPECIAL.search(text) is None:
        return f'"{text}"'
    text = text.replace("\\", "\\\\").replace('"', '\\"').replace("/", "\\/")
    return f'"{_CONTROL.sub(_escape, text)}"' if _CONTROL.search(text) else f'"{text}"'


def _escape(found: re.Match[str]) -> str:
    return _JSON_ESCAPES[found[0]]


def _quoted(text: str) -> str:
    """Return a text as ClickHouse writes it in single quotes."""
    return f"'{text.translate(_QUOTED_ESCAPES)}'"


def _csv_string(text: str) -> str:
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if '"' in text else f'"{text}"'


def _of_texts(shown: Print, default: str) -> Printer:
    """Return a printer of texts in quotes that have nothing to escape in them."""
    return Printer(
        lambda value: f'"{shown(value)}"',
        lambda value: f"'{shown(value)}'",
        lambda value: f'"{shown(value)}"',
        default,
    )


# Numbers


def float_text(value: float) -> str:
    """Return a Float64 as ClickHouse prints it: the shortest digits that read back as the same."""
    text = repr(value)
    if text.endswith(".0"):
        return text[:-2]
    if "e" not in text:
        return text
    mantissa, _, power = text.partition("e")
    return _placed(mantissa, int(power))


def _single_text(value: float) -> str:
    """Return a Float32 as ClickHouse prints it: the shortest digits of 32 bits."""
    if not math.isfinite(value):
        return repr(value)
    try:
        packed = struct.pack("f", value)
    except OverflowError:  # beyond what rounds to the greatest
        return "inf" if value > 0 else "-inf"
    (single,) = struct.unpack("f", packed)
    if math.isinf(single):
        return "inf" if single > 0 else "-inf"
    for digits in range(9):
        mantissa, _, power = f"{single:.{digits}e}".partition("e")
        if struct.pack("f", float(f"{mantissa}e{power}")) == packed:
            return _placed(mantissa, int(power))
    raise AssertionError(value)


def _placed(mantissa: str, power: int) -> str:
    """Return digits with their point, or with an exponent where ClickHouse writes one."""
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.removeprefix("-").partition(".")
    digits = whole + fraction
    if not -7 < power < 21:
        return f"{sign}{whole}{'.' + fraction if fraction.strip('0') else ''}e{power}"
    if power < 0:
        return f"{sign}0.{'0' * (-power - 1)}{digits}"
    left, right = digits[: power + 1].ljust(power + 1, "0"), digits[power + 1 :].rstrip("0")
    return f"{sign}{left}{'.' + right if right else ''}"


def _integer(type_: ColumnType, options: Options) -> Printer:
    if options.quote_integers and type_.family.name.endswith(_WIDE):
        return Printer(lambda value: f'"{value}"', str, str, "0")
    return Printer(str, str, str, "0", is_raw=True)


def _interval(type_: ColumnType, options: Options) -> Printer:
    quoted = options.quote_integers
    return Printer((lambda value: f'"{value}"') if quoted else str, str, str, "0")


_DENORMALS = {"nan": "nan", "inf": "inf", "-inf": "-inf"}


def _float(type_: ColumnType, options: Options) -> Printer:
    shown = _single_text if type_.family.name == "Float32" else float_text

    def text(value: Any) -> str:  # noqa: ANN401  a text or a number
        return shown(float(value))

    def json(value: Any) -> str:  # noqa: ANN401  a text or a number
        made = shown(float(value))
        if made in _DENORMALS:
            return f'"{made}"' if options.quote_denormals else "null"
        return made

    return Printer(json, text, text, "0")


def _decimal(type_: ColumnType, options: Options) -> Printer:
    def shown(value: Any) -> str:  # noqa: ANN401  a text or a number
        text = str(value)
        return text.rstrip("0").rstrip(".") if "." in text else text

    return Printer(shown, shown, shown, "0")


def _bool(type_: ColumnType, options: Options) -> Printer:
    def shown(value: Any) -> str:  # noqa: ANN401  a text or a truth value
        return "true" if value in (True, "true", "1") else "false"

    return Printer(shown, shown, shown, "false")


# Times


def _date(type_: ColumnType, options: Options) -> Printer:
    # ClickHouse's default of a column is the least value where 1970 is not the first day.
    default = "1900-01-01" if type_.family.name == "Date32" else "1970-01-01"
    return replace(_string(type_, options), default=default)


def _time(type_: ColumnType, options: Options) -> Printer:
    """Print a time in the column's zone, from UTC's text or from ticks."""
    digits = type_.scale if type_.family.group is Group.DATETIME64 else 0
    zone = type_.time_zone
    local = None if zone is None or zone.upper() in ("UTC", "ETC/UTC") else ZoneInfo(zone)

    def in_zone(whole: str) -> str:
        if local is None:
            return whole
        time = datetime.fromisoformat(whole).replace(tzinfo=UTC).astimezone(local)
        return time.replace(tzinfo=None).isoformat(" ")

    remembered = lru_cache(maxsize=1024)(in_zone) if local is not None else in_zone

    def of_text(value: str) -> str:
        whole = remembered(value[:19]) if local is not None else value[:19]
        return f"{whole}.{value[20 : 20 + digits].ljust(digits, '0')}" if digits else whole

    def of_ticks(value: Any) -> str:  # noqa: ANN401  a text or a number
        seconds, rest = divmod(int(value), 10**digits)
        whole = (_EPOCH + timedelta(seconds=seconds)).isoformat(" ")
        return f"{remembered(whole)}.{rest:0{digits}}"

    if digits > 3:
        return _of_texts(of_ticks, "0")
    return _of_texts(of_text, "1970-01-01 00:00:00.000")


# Other texts


def _string(type_: ColumnType, options: Options) -> Printer:
    return Printer(json_string, _quoted, _csv_string, "")


def _fixed_string(type_: ColumnType, options: Options) -> Printer:
    (length,) = (item for item in type_.arguments if isinstance(item, int))

    def padded(value: str) -> str:
        return value + "\0" * (length - len(value.encode()))

    return Printer(
        lambda value: json_string(padded(value)),
        lambda value: _quoted(padded(value)),
        lambda value: _csv_string(padded(value)),
        "",
    )


def _uuid(type_: ColumnType, options: Options) -> Printer:
    return replace(_string(type_, options), default="00000000-0000-0000-0000-000000000000")


def _enum(type_: ColumnType, options: Options) -> Printer:
    values = type_.enum_values
    least = min(values, key=lambda name: values[name])
    return replace(_string(type_, options), default=least)


def _ip(type_: ColumnType, options: Options) -> Printer:
    default = "0.0.0.0" if type_.family.name == "IPv4" else "::"  # noqa: S104  a value
    return replace(_string(type_, options), default=default)


def _document(type_: ColumnType, options: Options) -> Printer:
    def json(value: str) -> str:
        return print_document(
            value, write_text=json_string, write_float=float_text,
            quote_integers=options.quote_integers,
        )  # fmt: skip

    return Printer(json, lambda value: _quoted(json(value)),
                   lambda value: _csv_string(json(value)), "{}")  # fmt: skip


def _nothing(type_: ColumnType, options: Options) -> Printer:
    return Printer(lambda _: "null", lambda _: "NULL", lambda _: "\\N", None)


# Containers


def _container(json: Print, text: Print, default: Any) -> Printer:  # noqa: ANN401  any JSON
    return Printer(json, text, lambda value: _csv_string(text(value)), default, is_container=True)


def _inside(type_: ColumnType, options: Options) -> Printer:
    """Return a printer of values in a container, where a NULL is among them."""
    own = printer(type_, options)
    if type_.is_nullable:
        return Printer(_or("null", own.json), _or("NULL", own.text), _or("\\N", own.csv), None)
    if own.is_raw:
        return own
    json, text, csv = (_or(print_(own.default), print_) for print_ in (own.json, own.text, own.csv))
    return replace(own, json=json, text=text, csv=csv)


def _or(null: str, convert: Print) -> Print:
    return lambda value: null if value is None else convert(value)


def _array(type_: ColumnType, options: Options) -> Printer:
    element = _inside(type_.inner[0], options)
    json, text = element.json, element.text
    return _container(
        lambda value: f"[{','.join(map(json, value))}]",
        lambda value: f"[{','.join(map(text, value))}]",
        [],
    )


def _map(type_: ColumnType, options: Options) -> Printer:
    key, item = (_inside(inner, options) for inner in type_.inner)

    def json_key(value: Any) -> str:  # noqa: ANN401  any JSON
        shown = key.json(value)
        return shown if shown.startswith('"') else f'"{key.text(value)}"'

    def json(value: Any) -> str:  # noqa: ANN401  pairs
        return f"{{{','.join([f'{json_key(k)}:{item.json(v)}' for k, v in value])}}}"

    def text(value: Any) -> str:  # noqa: ANN401  pairs
        return f"{{{','.join([f'{key.text(k)}:{item.text(v)}' for k, v in value])}}}"

    return _container(json, text, [])


def _tuple(type_: ColumnType, options: Options) -> Printer:
    """Print an object where the fields have names; in CSV each field is a column."""
    fields = [_inside(inner, options) for inner in type_.inner]
    names = [json_string(name) for name in type_.names]

    def each(kind: str) -> Callable[[Any], list[str]]:
        converters = [getattr(field, kind) for field in fields]
        return lambda value: [c(v) for c, v in zip(converters, value, strict=True)]

    as_json, as_text, as_csv = each("json"), each("text"), each("csv")

    def json(value: Any) -> str:  # noqa: ANN401  the fields
        if not names:
            return f"[{','.join(as_json(value))}]"
        pairs = zip(names, as_json(value), strict=True)
        return f"{{{','.join([f'{name}:{item}' for name, item in pairs])}}}"

    return Printer(
        json,
        lambda value: f"({','.join(as_text(value))})",
        lambda value: ",".join(as_csv(value)),
        [printer(inner, options).default for inner in type_.inner],
        is_container=True,
    )


def _nested(type_: ColumnType, options: Options) -> Printer:
    row = _tuple(type_, options)
    return _container(
        lambda value: f"[{','.join([row.json(item) for item in value])}]",
        lambda value: f"[{','.join([row.text(item) for item in value])}]",
        [],
    )


PRINTERS: dict[Group, Callable[[ColumnType, Options], Printer]] = {
    Group.INTEGER: _integer,
    Group.FLOAT: _float,
    Group.DECIMAL: _decimal,
    Group.BOOL: _bool,
    Group.STRING: _string,
    Group.FIXED_STRING: _fixed_string,
    Group.UUID: _uuid,
    Group.DATE: _date,
    Group.DATETIME: _time,
    Group.DATETIME64: _time,
    Group.ENUM: _enum,
    Group.IP: _ip,
    Group.ARRAY: _array,
    Group.MAP: _map,
    Group.TUPLE: _tuple,
    Group.NESTED: _nested,
    Group.JSON: _document,
}


@cache
def printer(type_: ColumnType, options: Options) -> Printer:
    """Return how values of a type are printed.

    Raises:
        NotAvailableError: values of the type do not come out of Athena.
    """
    bare = type_.bare
    make = PRINTERS.get(bare.family.group)
    if make is None and bare.family.name.startswith("Interval"):
        make = _interval
    if make is None and bare.family.name == "Nothing":
        make = _nothing
    if make is None:
        raise NotAvailableError(f"A column of type {type_} is not available on AWS")
    return make(bare, options)
