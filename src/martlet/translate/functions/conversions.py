"""Conversions of numbers, texts and UUIDs: `toInt32`, `toString`, `toFloat64OrZero`."""

from collections.abc import Callable
from dataclasses import replace

from martlet.errors import MartletError
from martlet.translate import parsing, slots
from martlet.translate.convert import as_boolean, as_form, make, read_default
from martlet.translate.function import Function, Site
from martlet.translate.typing import (
    is_float,
    is_integer,
    is_string,
    low_cardinality,
    not_null,
    nullable,
    type_of,
)
from martlet.translate.value import WIDE, Value, form_of

_NAMES = (*(f"{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)),
          "Float32", "Float64", "UUID")  # fmt: skip
_DIGITS = {"32": 9, "64": 18, "128": 38}


def _to(type_text: str) -> Callable[[Site], Value]:
    """Return the rule of `toT(x)`."""
    type_ = type_of(type_text)

    def rule(site: Site) -> Value:
        value = site.arguments[0]
        if value.form == "unknown":
            return value
        return site.convert(value, nullable(type_) if value.is_nullable else type_)

    return rule


def _text(site: Site) -> Value:
    value = site.arguments[0]
    if not is_string(value.type) or value.type.bare.family.name != "String":
        raise site.fail(f"an argument of type {value.type} is not supported", index=0)
    return value


def _or_null(type_text: str) -> Callable[[Site], Value]:
    type_ = type_of(type_text)

    def rule(site: Site) -> Value:
        value = _text(site)
        return make(parsing.read_or_null(value.sql, type_), nullable(type_), form_of(type_),
                    of=(value,))  # fmt: skip

    return rule


def _or_default(type_text: str) -> Callable[[Site], Value]:
    """Return the rule of `toTOrZero(x)` and `toTOrDefault(x, default)`."""
    type_ = type_of(type_text)

    def rule(site: Site) -> Value:
        value = _text(site)
        filler = read_default(type_)
        if len(site.arguments) > 1:
            filler = site.arguments[1]
            if filler.type.bare.family != type_.family or filler.is_nullable:
                raise site.fail(f"the default must be of type {type_}", index=1)
        form = form_of(type_)
        number = parsing.read_or_null(value.sql, type_)
        sql = f"coalesce({number}, {as_form(filler, form).sql})"
        if value.is_nullable and site.name.endswith("OrZero"):
            sql = f"IF({value.operand} IS NOT NULL, {sql})"
            return make(sql, nullable(type_), form, of=(value, filler))
        return make(sql, type_, form, of=(value, filler))

    return rule


def _to_decimal(digits: int) -> Callable[[Site], Value]:
    def rule(site: Site) -> Value:
        scale = site.constant(1)
        if isinstance(scale, bool) or not isinstance(scale, int) or not 0 <= scale <= digits:
            raise site.fail(f"the scale must be a number from 0 to {digits}", index=1)
        value = site.arguments[0]
        if value.form == "unknown":
            return value
        type_ = type_of(f"Decimal({digits}, {scale})")
        return site.convert(value, nullable(type_) if value.is_nullable else type_)

    return rule


def _to_bool(site: Site) -> Value:
    (value,) = site.arguments
    type_ = type_of("Nullable(Bool)" if value.is_nullable else "Bool")
    return replace(as_boolean(value), type=type_)


def _accurate_cast_or_null(site: Site) -> Value:
    """Convert, and have NULL where the value does not fit."""
    value = site.arguments[0]
    try:
        type_ = not_null(type_of(site.text(1)))
    except MartletError as error:
        raise site.fail(error.message, index=1) from error
    if value.type.bare.family.name == "String" and type_.family.name in _NAMES:
        sql = parsing.read_or_null(value.sql, type_)
        return make(sql, nullable(type_), form_of(type_), of=(value,))
    family = type_.family
    if not is_integer(value.type) or not is_integer(type_) or value.form == "varchar":
        raise site.fail(f"of {value.type} to {type_} is not supported")
    assert family.least is not None
    assert family.greatest is not None
    form = "bigint" if family.name == "UInt64" and value.form != WIDE else form_of(type_)
    bounds = [family.least, family.greatest]
    written = [f"DECIMAL '{n}'" if abs(n) >= 2**63 else slots.integer_sql(n) for n in bounds]
    sql = as_form(value, form).sql
    test = f"{value.operand} BETWEEN {written[0]} AND {written[1]}"
    return make(f"CASE WHEN {test} THEN {sql} END", nullable(type_), form, of=(value,))


def _to_low_cardinality(site: Site) -> Value:
    (value,) = site.arguments
    if value.form == "unknown":
        raise site.fail("of NULL alone is not supported")
    return replace(value, type=low_cardinality(value.type))


def _default_of(site: Site) -> Value:
    if site.name == "defaultValueOfArgumentType":
        return read_default(site.arguments[0].type)
    try:
        type_ = type_of(site.text(0))
    except MartletError as error:
        raise site.fail(error.message, index=0) from error
    return read_default(type_)


def _type_name(site: Site) -> Value:
    text = slots.string_sql(str(site.arguments[0].type))
    return make(text, type_of("String"), "varchar")


def _number_names(name: str) -> dict[str, Function]:
    floats = is_float(type_of(name))
    note = (
        "NULL or the default for a text of an exponent only, 'e5'; ClickHouse has 0"
        if floats
        else ""
    )
    own = "a Float beyond the type's bounds is an error; in ClickHouse it is undefined"
    return {
        f"to{name}": Function(("any",), name, _to(name), nulls="own",
                              note="" if floats or name == "UUID" else own),
        f"to{name}OrNull": Function(("text",), name, _or_null(name), note=note),
        f"to{name}OrZero": Function(("text",), name, _or_default(name), note=note),
        f"to{name}OrDefault": Function(("text", "any?"), name, _or_default(name), note=note,
                                       nulls="own"),
    }  # fmt: skip


CONVERSIONS: dict[str, Function] = {
    **{key: row for name in _NAMES for key, row in _number_names(name).items()},
    **{f"toDecimal{bits}": Function(("any", "constant"), "Decimal(9, 2)", _to_decimal(digits),
                                    nulls="own") for bits, digits in _DIGITS.items()},
    "toString": Function(("any",), "String", _to("String"), nulls="own",
                         note="of a Float below 2.3e-308 the last digits may differ"),
    "toBool": Function(("number",), "Bool", _to_bool, nulls="own"),
    "accurateCastOrNull": Function(("any", "constant"), "UInt8", _accurate_cast_or_null,
                                   nulls="own", low_cardinality=False),
    "toLowCardinality": Function(("any",), "UInt8", _to_low_cardinality, nulls="own"),
    "defaultValueOfTypeName": Function(("constant",), "UInt8", _default_of, nulls="own"),
    "defaultValueOfArgumentType": Function(("any",), "UInt8", _default_of, nulls="own"),
    "toTypeName": Function(("any",), "String", _type_name, nulls="own", low_cardinality=False),
}  # fmt: skip
