"""Conversions: between Trino's forms of one value, and between ClickHouse's types.

`as_*` change the form only, the value stays what it is. `cast` is ClickHouse's CAST and what
supertypes do: the value becomes one of another type. What has no row in `CASTS` is refused.
"""

from collections.abc import Callable
from dataclasses import replace

from martlet.errors import UnsupportedFunctionError
from martlet.translate import parsing, slots, times
from martlet.translate.typing import is_float, is_time, nullable, type_of
from martlet.translate.value import INTEGER_FORMS, TIMESTAMP, WIDE, Value, form_of
from martlet.types import ColumnType, Group

NUMERIC_FORMS = (*INTEGER_FORMS, "real", "double")


def make(
    sql: str, type_: ColumnType, form: str = "", *, of: tuple[Value, ...] = (), atomic: bool = True
) -> Value:
    """Return a value made of others: constant if they are, an aggregate if one of them is."""
    return Value(
        sql,
        type_,
        form or form_of(type_),
        is_atomic=atomic,
        is_constant=all(value.is_constant for value in of),
        is_aggregate=any(value.is_aggregate for value in of),
    )


def reform(value: Value, sql: str, form: str, *, atomic: bool = True) -> Value:
    """Return the same value in another form."""
    return replace(value, sql=sql, form=form, is_atomic=atomic, literal=None)


def as_boolean(value: Value) -> Value:
    """Return a condition as Trino's boolean: a number is true if it is not zero."""
    if value.form == "boolean":
        return value
    if value.form == "unknown":
        return reform(value, f"CAST({value.sql} AS boolean)", "boolean")
    return reform(value, f"{value.operand} <> 0", "boolean", atomic=False)


def as_number(value: Value) -> Value:
    """Return a number in a form that Trino calculates with; truth is 1 or 0."""
    if value.form == "boolean":
        return reform(value, f"CAST({value.sql} AS bigint)", "bigint")
    return value


def as_bigint(value: Value) -> Value:
    """Return an integer as bigint; a stored UInt64 too large for it fails when it is met."""
    if value.form == "bigint":
        return value
    if value.literal is not None and value.form == "integer":
        return reform(value, f"BIGINT '{value.literal.value}'", "bigint")
    return reform(value, f"CAST({value.sql} AS bigint)", "bigint")


def as_double(value: Value) -> Value:
    """Return a number as double."""
    if value.form == "double":
        return value
    if value.literal is not None and isinstance(value.literal.value, int | float):
        return reform(value, slots.double_sql(float(value.literal.value)), "double")
    if value.form == "boolean":
        value = as_number(value)
    return reform(value, f"CAST({value.sql} AS double)", "double")


def as_form(value: Value, form: str) -> Value:
    """Return a value in a form, whichever it has."""
    if value.form == form:
        return value
    if form == "boolean":
        return as_boolean(value)
    if form == "bigint":
        return as_bigint(as_number(value))
    if form == "double":
        return as_double(value)
    if value.form == "boolean" and form in (*NUMERIC_FORMS, WIDE):
        return reform(value, f"CAST({value.sql} AS {form})", form)
    return reform(value, f"CAST({value.sql} AS {form})", form)


def common_form(forms: list[str]) -> str:
    """Return the form that several values of one type can be in together."""
    known = [form for form in dict.fromkeys(forms) if form != "unknown"]
    if len(known) <= 1:
        return known[0] if known else "unknown"
    if all(form in INTEGER_FORMS or form == "boolean" for form in known):
        ranks = [INTEGER_FORMS.index(form) if form != "boolean" else 3 for form in known]
        return INTEGER_FORMS[max(ranks)]
    if all(form in (*INTEGER_FORMS, "boolean", WIDE) for form in known):
        return WIDE
    if all(form in (*NUMERIC_FORMS, "boolean", WIDE) for form in known):
        return "double"
    for kind in ("array", "map", "row"):
        if all(form.startswith(f"{kind}(") for form in known):
            return _common_composed(kind, known)
    return max(known, key=len)


def _common_composed(kind: str, forms: list[str]) -> str:
    values = [Value("", type_of("UInt8"), form) for form in forms]
    if kind == "array":
        return f"array({common_form([value.element_form for value in values])})"
    if kind == "map":
        pairs = zip(*(value.map_forms for value in values), strict=True)
        return f"map({','.join(common_form(list(pair)) for pair in pairs)})"
    fields = zip(*(value.row_forms for value in values), strict=True)
    named = (f'"f{i}" {common_form(list(field))}' for i, field in enumerate(fields, 1))
    return f"row({', '.join(named)})"


def stored_form(value: Value) -> Value:
    """Return a value as the lake and the answer hold it: truth of a number type is 1 or 0."""
    return as_form(value, _stored(value.form, value.type))


def _stored(form: str, type_: ColumnType) -> str:
    bare = type_.bare
    if form == "boolean" and bare.family.group is not Group.BOOL:
        return "integer"
    if form == "varbinary":
        raise UnsupportedFunctionError("Bytes are no text on Athena: use hex() of them")
    if form == "unknown":
        return "varchar" if bare.family.name == "Nothing" else form_of(type_)
    value = Value("", type_, form)
    if form.startswith("array(") and bare.family.group is Group.ARRAY:
        return f"array({_stored(value.element_form, bare.inner[0])})"
    if form.startswith("map("):
        key, item = value.map_forms
        return f"map({_stored(key, bare.inner[0])},{_stored(item, bare.inner[1])})"
    if form.startswith("row(") and bare.family.group is Group.TUPLE:
        forms = [_stored(f, t) for f, t in zip(value.row_forms, bare.inner, strict=True)]
        if forms != value.row_forms:
            return "row(" + ", ".join(f'"f{i}" {f}' for i, f in enumerate(forms, 1)) + ")"
    return form


# Defaults: what ClickHouse has where SQL has NULL.

_DEFAULTS = {
    Group.INTEGER: "0", Group.FLOAT: "0e0", Group.BOOL: "false", Group.STRING: "''",
    Group.FIXED_STRING: "''", Group.UUID: "'00000000-0000-0000-0000-000000000000'",
    Group.DATE: "DATE '1970-01-01'", Group.DATETIME: "TIMESTAMP '1970-01-01 00:00:00.000'",
    Group.JSON: "'{}'",
}  # fmt: skip


def default(type_: ColumnType, form: str = "") -> Value:
    """Return the value that ClickHouse has for a type where there is none."""
    form = form or form_of(type_)
    if type_.is_nullable:
        return Value("NULL", type_, "unknown", is_constant=True)
    bare = type_.bare
    name = bare.family.name
    sql = _DEFAULTS.get(bare.family.group, "")
    if form == "boolean":
        sql = "false"
    elif name in ("Int128", "Int256", "UInt128", "UInt256"):
        sql = "'0'"
    elif bare.family.group is Group.DECIMAL:
        sql = f"CAST(0 AS {form})"
    elif bare.family.group is Group.DATETIME64:
        sql = "0" if form == "bigint" else "TIMESTAMP '1970-01-01 00:00:00.000'"
    elif bare.family.group is Group.ARRAY:
        sql = f"CAST(ARRAY[] AS {form})"
    elif bare.family.group is Group.MAP:
        sql = f"CAST(MAP() AS {form})"
    elif bare.family.group is Group.ENUM:
        values = bare.enum_values
        zero = [key for key, number in values.items() if number == 0]
        least = min(values, key=lambda key: values[key])
        sql = slots.string_sql(zero[0] if zero else least)
    elif bare.family.group is Group.IP:
        sql = "'0.0.0.0'" if name == "IPv4" else "'::'"
    elif bare.family.group is Group.TUPLE:
        parts = [default(part, f) for part, f in zip(bare.inner, Value("", bare, form).row_forms,
                                                     strict=True)]  # fmt: skip
        sql = f"CAST(ROW({', '.join(part.sql for part in parts)}) AS {form})"
    if not sql:
        raise UnsupportedFunctionError(f"A default of {type_} is not supported")
    shown = {"0": "integer", "0e0": "double"}.get(sql, form)
    return Value(sql, type_, shown, is_constant=True)


def read_default(type_: ColumnType, form: str = "") -> Value:
    """Return what ClickHouse has for a text that cannot be read: of a Date32 its first day."""
    if not type_.is_nullable and type_.bare.family.name == "Date32":
        return Value("DATE '1900-01-01'", type_, "date", is_constant=True)
    return default(type_, form)


def or_default(value: Value, type_: ColumnType | None = None) -> Value:
    """Return a value with ClickHouse's default where Trino has NULL."""
    wanted = type_ or value.type
    if wanted.is_nullable:
        return value.retyped(wanted)
    filler = default(wanted, value.form)
    return replace(
        value, sql=f"coalesce({value.sql}, {filler.sql})", type=wanted, is_atomic=True, literal=None
    )


# CAST

Cast = Callable[[Value, ColumnType], Value]


def cast(value: Value, type_: ColumnType) -> Value:
    """Return a value as one of another type, as ClickHouse's CAST has it.

    A NULL stays NULL where the type is Nullable.

    Raises:
        UnsupportedFunctionError: no rule for these types.
    """
    if str(value.type) == str(type_):
        return value
    if value.form == "unknown":
        return replace(value, type=type_, literal=None)
    source, target = value.type.bare, type_.bare
    result_type = nullable(type_) if value.is_nullable and not type_.is_nullable else type_
    if str(source) == str(target):
        return value.retyped(result_type)
    rule = _rule(source, target)
    if rule is None:
        raise UnsupportedFunctionError(f"CAST from {value.type} to {type_} is not supported")
    made = rule(value, target)
    return replace(made, type=result_type, is_constant=value.is_constant,
                   is_aggregate=value.is_aggregate)  # fmt: skip


def _rule(source: ColumnType, target: ColumnType) -> Cast | None:
    exact = CASTS.get((source.family.name, target.family.name))
    if exact is not None:
        return exact
    return CASTS.get((source.family.group, target.family.group))


def _integer_to_integer(value: Value, type_: ColumnType) -> Value:
    """Narrow as ClickHouse does, modulo 2^bits; nothing to do where all values fit."""
    source, family = value.type.bare.family, type_.family
    value = as_number(value)
    assert family.least is not None
    assert family.greatest is not None
    assert source.least is not None
    assert source.greatest is not None
    if value.literal is not None and isinstance(value.literal.value, int):
        span = family.greatest - family.least + 1
        number = (value.literal.value - family.least) % span + family.least
        return make(slots.integer_sql(number), type_, _literal_form(number), of=(value,))
    if form_of(type_) == "varchar" or value.form == "varchar":
        if form_of(type_) != "varchar":
            raise UnsupportedFunctionError(f"CAST from {source.name} to {type_} is not supported")
        if source.least < 0 <= family.least:
            raise UnsupportedFunctionError(f"CAST from {source.name} to {type_} is not supported")
        return make(f"CAST({value.sql} AS varchar)", type_, "varchar", of=(value,))
    if source.least >= family.least and source.greatest <= family.greatest:
        if family.name == "UInt64" or value.form in INTEGER_FORMS:
            return value
        return as_form(value, form_of(type_))
    if family.name == "UInt64":
        if value.form != "bigint":
            value = as_bigint(value)
        sql = f"IF({value.sql} < 0, {value.operand} + DECIMAL '18446744073709551616', {value.sql})"
        return make(f"CAST({sql} AS {WIDE})", type_, WIDE, of=(value,))
    if value.form == WIDE and family.name == "Int64":
        high = "DECIMAL '9223372036854775807'"
        less = f"{value.operand} - DECIMAL '18446744073709551616'"
        sql = f"IF({value.sql} > {high}, {less}, {value.sql})"
        return make(f"CAST({sql} AS bigint)", type_, "bigint", of=(value,))
    if source.name == "UInt64" and family.name == "Int64":
        return value  # held as bigint: it fits
    bits = (family.greatest - family.least).bit_length()
    if value.form == WIDE:
        sql = f"CAST(mod({value.sql}, DECIMAL '{2**bits}') AS bigint)"
    else:
        sql = f"bitwise_and({value.sql}, {2**bits - 1})"
    if family.least < 0:
        sql = f"bitwise_xor({sql}, {2 ** (bits - 1)}) - {2 ** (bits - 1)}"
        return make(sql, type_, "bigint", of=(value,), atomic=False)
    return make(sql, type_, "bigint", of=(value,))


def _literal_form(number: int) -> str:
    if -(2**31) <= number < 2**31:
        return "integer"
    return "bigint" if -(2**63) <= number < 2**63 else WIDE


def _number_to_float(value: Value, type_: ColumnType) -> Value:
    if type_.family.name == "Float32":
        inner = as_number(value)
        return make(f"CAST({inner.sql} AS real)", type_, "real", of=(value,))
    return as_double(value)


def _float_to_integer(value: Value, type_: ColumnType) -> Value:
    """Cut off the fraction. Beyond the type's bounds ClickHouse's result is undefined: an error."""
    sql = f"CAST(truncate({value.sql}) AS bigint)"
    family = type_.family
    assert family.least is not None
    assert family.greatest is not None
    if family.name == "UInt64":
        return make(f"CAST(truncate({value.sql}) AS {WIDE})", type_, WIDE, of=(value,))
    return _integer_to_integer(make(sql, type_of("Int64"), "bigint", of=(value,)), type_)


def _to_bool(value: Value, _: ColumnType) -> Value:
    return as_boolean(value)


def _bool_to_number(value: Value, type_: ColumnType) -> Value:
    if is_float(type_):
        return _number_to_float(value, type_)
    return as_number(value)


def _decimal_to_decimal(value: Value, type_: ColumnType) -> Value:
    form = form_of(type_)
    if value.type.bare.scale > type_.scale:
        sql = f"truncate({value.sql}, {type_.scale})"
        return make(f"CAST({sql} AS {form})", type_, form, of=(value,))
    return make(f"CAST({value.sql} AS {form})", type_, form, of=(value,))


def _integer_to_decimal(value: Value, type_: ColumnType) -> Value:
    form = form_of(type_)
    return make(f"CAST({as_number(value).sql} AS {form})", type_, form, of=(value,))


def _decimal_to_number(value: Value, type_: ColumnType) -> Value:
    if is_float(type_):
        return _number_to_float(value, type_)
    whole = make(f"CAST(truncate({value.sql}) AS bigint)", type_of("Int64"), "bigint", of=(value,))
    return _integer_to_integer(whole, type_)


def _string_to(value: Value, type_: ColumnType) -> Value:
    """Read a literal when the request is answered, and other texts row by row."""
    if value.literal is None and is_time(type_):
        return times.text_to_time(value, type_)
    if value.literal is None and type_.family.group in parsing.READABLE and form_of(type_) in (
        "bigint", WIDE, "real", "double", "varchar"
    ) and not type_.family.name.endswith(("128", "256")):  # fmt: skip
        made = make(parsing.read(value.sql, type_), type_, form_of(type_), of=(value,))
        if type_.family.group is not Group.INTEGER or type_.family.name in ("Int64", "UInt64"):
            return made
        return _integer_to_integer(made.retyped(type_of("Int64")), type_)  # as ClickHouse, modulo
    writer, form = literal_writer(type_)
    if value.literal is None or not isinstance(value.literal.value, str):
        raise UnsupportedFunctionError(
            f"CAST from {value.type} to {type_} is supported for literals only"
        )
    return make(slots.slot(value.literal.start, writer), type_, form, of=(value,))


def _integer_to_text(value: Value, type_: ColumnType) -> Value:
    return make(f"CAST({as_number(value).sql} AS varchar)", type_, "varchar", of=(value,))


def _bool_to_text(value: Value, type_: ColumnType) -> Value:
    return make(f"CAST({value.sql} AS varchar)", type_, "varchar", of=(value,))


def _float_to_text(value: Value, type_: ColumnType) -> Value:
    return make(parsing.print_float(value.sql, value.form), type_, "varchar", of=(value,))


def _decimal_to_text(value: Value, type_: ColumnType) -> Value:
    sql = parsing.print_decimal(value.sql, value.type.bare.scale)
    return make(sql, type_, "varchar", of=(value,))


def _float_to_decimal(value: Value, type_: ColumnType) -> Value:
    """Cut off further digits of the scaled float, as ClickHouse does."""
    form, scale = form_of(type_), type_.scale
    whole = f"CAST(truncate({as_double(value).operand} * 1e{scale}) AS decimal(38,0))"
    unit = f"DECIMAL '0.{'1'.rjust(scale, '0')}'" if scale else "DECIMAL '1'"
    return make(f"CAST({whole} * {unit} AS {form})", type_, form, of=(value,))


def _enum_to_integer(value: Value, type_: ColumnType) -> Value:
    pairs = " ".join(
        f"WHEN {slots.string_sql(key)} THEN {number}"
        for key, number in value.type.bare.enum_values.items()
    )
    made = make(f"CASE {value.sql} {pairs} END", type_of("Int16"), "bigint", of=(value,))
    return _integer_to_integer(as_form(replace(made, form="integer"), "bigint"), type_)


def literal_writer(type_: ColumnType) -> tuple[str, str]:
    """Return how a text that is a literal becomes one of a type, and its form.

    Raises:
        UnsupportedFunctionError: it does not.
    """
    bare = type_.bare
    family = bare.family
    match family.group:
        case Group.INTEGER if form_of(bare) in ("bigint", WIDE):
            form = "bigint" if family.name == "UInt64" else form_of(bare)
            return f"bigint {family.name} {family.least} {family.greatest}", form
        case Group.FLOAT:
            return "double", "double"
        case Group.DECIMAL:
            return f"decimal {bare.scale}", form_of(bare)
        case Group.DATE:
            return f"date {family.name}", "date"
        case Group.DATETIME | Group.DATETIME64:
            digits = bare.scale if family.group is Group.DATETIME64 else 0
            if digits > 3:
                return f"ticks {digits} {bare.time_zone or 'UTC'}", "bigint"
            if not times.is_utc(bare.time_zone):
                return f"zoned {bare.time_zone} {digits}", TIMESTAMP
            return f"timestamp {digits} {family.name}", TIMESTAMP
        case Group.UUID:
            return "uuid", "varchar"
        case Group.STRING | Group.FIXED_STRING | Group.ENUM | Group.IP | Group.JSON:
            return "text", "varchar"
        case _:
            raise UnsupportedFunctionError(f"A text cannot be read as {type_}")


def _time_to_integer(value: Value, type_: ColumnType) -> Value:
    whole = times.number_of(value)
    return cast(whole, type_) if type_.family.name != "Int64" else whole


def _text_to_text(value: Value, type_: ColumnType) -> Value:
    return make(value.sql, type_, "varchar", of=(value,), atomic=value.is_atomic)


def _array_to_array(value: Value, type_: ColumnType) -> Value:
    element = Value("x", value.type.bare.inner[0], value.element_form)
    made = cast(element, type_.inner[0])
    form = f"array({made.form if made.form != 'unknown' else form_of(type_.inner[0])})"
    if made.sql == "x":
        if made.form == "unknown":
            return make(f"CAST({value.sql} AS {form})", type_, form, of=(value,))
        return make(value.sql, type_, value.form, of=(value,), atomic=value.is_atomic)
    return make(f"transform({value.sql}, x -> {made.sql})", type_, form, of=(value,))


def _tuple_to_tuple(value: Value, type_: ColumnType) -> Value:
    source = value.type.bare
    if len(source.inner) != len(type_.inner):
        raise UnsupportedFunctionError(f"CAST from {source} to {type_}: different sizes")
    fields = [
        cast(Value(f"{value.operand}[{i}]", part, form), wanted)
        for i, (part, form, wanted) in enumerate(
            zip(source.inner, value.row_forms, type_.inner, strict=True), 1
        )
    ]
    names = type_.names or tuple(f"f{i}" for i in range(1, len(fields) + 1))
    inner = ", ".join(f'"{n.lower()}" {f.form}' for n, f in zip(names, fields, strict=True))
    if all(field.sql == f"{value.operand}[{i}]" for i, field in enumerate(fields, 1)):
        return make(value.sql, type_, value.form, of=(value,), atomic=value.is_atomic)
    sql = f"CAST(ROW({', '.join(field.sql for field in fields)}) AS row({inner}))"
    return make(sql, type_, f"row({inner})", of=(value,))


def _map_to_map(value: Value, type_: ColumnType) -> Value:
    key_form, item_form = value.map_forms
    key = cast(Value("k", value.type.bare.inner[0], key_form), type_.inner[0])
    item = cast(Value("v", value.type.bare.inner[1], item_form), type_.inner[1])
    form = f"map({key.form},{item.form})"
    sql = value.sql
    if key.sql != "k":
        sql = f"transform_keys({sql}, (k, v) -> {key.sql})"
    if item.sql != "v":
        sql = f"transform_values({sql}, (k, v) -> {item.sql})"
    return make(sql, type_, form, of=(value,))


_TIMES = (Group.DATETIME, Group.DATETIME64)

CASTS: dict[tuple[object, object], Cast] = {
    (Group.INTEGER, Group.INTEGER): _integer_to_integer,
    (Group.INTEGER, Group.FLOAT): _number_to_float,
    (Group.INTEGER, Group.DECIMAL): _integer_to_decimal,
    (Group.INTEGER, Group.BOOL): _to_bool,
    (Group.FLOAT, Group.INTEGER): _float_to_integer,
    (Group.FLOAT, Group.FLOAT): _number_to_float,
    (Group.FLOAT, Group.BOOL): _to_bool,
    (Group.BOOL, Group.INTEGER): _bool_to_number,
    (Group.BOOL, Group.FLOAT): _bool_to_number,
    (Group.FLOAT, Group.DECIMAL): _float_to_decimal,
    (Group.DECIMAL, Group.DECIMAL): _decimal_to_decimal,
    (Group.DECIMAL, Group.INTEGER): _decimal_to_number,
    (Group.DECIMAL, Group.FLOAT): _decimal_to_number,
    **{(Group.STRING, group): _string_to for group in (
        Group.INTEGER, Group.FLOAT, Group.DECIMAL, Group.DATE, Group.DATETIME, Group.DATETIME64,
        Group.UUID, Group.ENUM, Group.IP, Group.FIXED_STRING, Group.JSON)},
    (Group.INTEGER, Group.STRING): _integer_to_text,
    (Group.BOOL, Group.STRING): _bool_to_text,
    (Group.FLOAT, Group.STRING): _float_to_text,
    (Group.DECIMAL, Group.STRING): _decimal_to_text,
    (Group.ENUM, Group.INTEGER): _enum_to_integer,
    **{(group, Group.STRING): _text_to_text for group in (
        Group.UUID, Group.ENUM, Group.IP, Group.FIXED_STRING)},
    **{(Group.DATE, group): times.date_to_datetime for group in _TIMES},
    **{(group, other): times.datetime_to_datetime for group in _TIMES for other in _TIMES},
    **{(group, Group.DATE): times.datetime_to_date for group in _TIMES},
    (Group.DATE, Group.DATE): times.date_to_date,
    **{(group, Group.STRING): times.time_to_text for group in (Group.DATE, *_TIMES)},
    **{(group, Group.INTEGER): _time_to_integer for group in (Group.DATE, *_TIMES)},
    **{(group, Group.FLOAT): times.time_to_float for group in (Group.DATE, *_TIMES)},
    **{(number, group): times.number_to_time for group in (Group.DATE, *_TIMES)
       for number in (Group.INTEGER, Group.FLOAT, Group.BOOL)},
    (Group.ARRAY, Group.ARRAY): _array_to_array,
    (Group.TUPLE, Group.TUPLE): _tuple_to_tuple,
    (Group.MAP, Group.MAP): _map_to_map,
}  # fmt: skip


def keeps_numbers(value: Value, type_: ColumnType) -> bool:
    """Whether ClickHouse keeps a value's number where the common type has a Bool: a Bool of 7."""
    if value.form == "unknown" or (value.literal is not None and value.literal.value in (0, 1)):
        return False
    return _meets_bool(value.type, type_) and value.form != form_of(type_)


def _meets_bool(have: ColumnType, want: ColumnType) -> bool:
    have, want = have.bare, want.bare
    if want.family.group is Group.BOOL:
        return have.family.group is Group.INTEGER
    pairs = zip(have.inner, want.inner, strict=False)
    return any(_meets_bool(inner, other) for inner, other in pairs)
