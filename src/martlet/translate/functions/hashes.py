"""Hashes whose values differ from Athena's own: cityHash64 and its kin, written out in SQL.

cityHash64 is CityHash64 of version 1.0.2 (https://github.com/google/cityhash, MIT) over a text;
an integer is mixed by intHash64, and several arguments are combined by HashLen16 (measured).

Trino's bigint has bitwise functions but fails on overflow, so sums and products are decimals that
are brought back to 64 bits by mod. A `Word` that is a sum keeps its terms until that is needed.
A value that is used twice is bound by `transform(ARRAY[value], name -> ...)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from martlet.translate import times
from martlet.translate.convert import as_bigint, as_number, cast, make
from martlet.translate.function import Function, Site, padded
from martlet.translate.typing import is_date, is_integer, is_string, is_time, is_tuple, type_of
from martlet.translate.value import WIDE, Value
from martlet.types import Group

_SPAN = 2**64
_HALF = 2**63
_K0, _K1 = 0xC3A5C85C97CB3127, 0xB492B66FBE98F273
_K2, _K3 = 0x9AE16A3B2F90404F, 0xC949D7C7509E6557
_K_MIX = 0x9DDFEA08EB382D69

_WHOLE = f"DECIMAL '{_SPAN}'"
# Added to a sum: multiples of 2^64 that make it positive; `_CENTER` moves it by 2^63 as well.
_LIFT = f"DECIMAL '{256 * _SPAN}'"
_CENTER = f"DECIMAL '{256 * _SPAN + _HALF}'"


@dataclass(frozen=True, slots=True)
class Word:
    """A number modulo 2^64: one signed bigint, or the terms of a sum that is less than 2^72."""

    terms: tuple[str, ...]
    is_bigint: bool = True

    @property
    def sql(self) -> str:
        """The number as a signed bigint, for bitwise functions and for binding."""
        return self.terms[0] if self.is_bigint else f"CAST({self.signed} AS bigint)"

    @property
    def signed(self) -> str:
        """The number as a bigint or decimal from -2^63 on, as an operand."""
        if self.is_bigint:
            return self.terms[0]
        return f"(mod({' + '.join((_CENTER, *self.terms))}, {_WHOLE}) - DECIMAL '{_HALF}')"


def _word(sql: str) -> Word:
    return Word((sql,))


def _signed(number: int) -> int:
    return (number + _HALF) % _SPAN - _HALF


def _whole(number: int) -> Word:
    return _word(f"BIGINT '{_signed(number)}'")


def _sum(*words: Word) -> Word:
    return Word(tuple(term for word in words for term in word.terms), is_bigint=False)


def _minus(word: Word) -> Word:
    return _word(f"-CAST({word.sql} AS decimal(20,0))")


def _product(word: Word, factor: int) -> Word:
    """Multiply by a constant: the product is less than 2^126, which 38 digits hold."""
    return Word((f"mod({word.signed} * DECIMAL '{_signed(factor)}', {_WHOLE})",), is_bigint=False)


def _rotated(word: Word, right: int) -> Word:
    """Rotate to the right: to the left it is multiplication modulo 2^64 - 1."""
    whole = f"mod({' + '.join((_LIFT, *word.terms))}, {_WHOLE})"
    return Word((f"mod({whole} * {2 ** (64 - right)}, DECIMAL '{_SPAN - 1}')",), is_bigint=False)


def _xor(left: Word, right: Word) -> Word:
    return _word(f"bitwise_xor({left.sql}, {right.sql})")


def _folded(name: str, right: int = 47) -> Word:
    """Return x ^ (x >> 47) of a bound number."""
    return _word(f"bitwise_xor({name}, bitwise_right_shift({name}, {right}))")


def _array(*words: Word) -> str:
    return f"ARRAY[{', '.join(word.sql for word in words)}]"


def _items(name: str, count: int) -> list[Word]:
    return [_word(f"{name}[{i}]") for i in range(1, count + 1)]


def _start(offset: int) -> Word:
    """Return the eight bytes at an offset from the start; `b` holds the bytes backwards."""
    return _word(f"from_big_endian_64(substr(b, {-offset - 8}, 8))")


def _end(offset: int) -> Word:
    """Return the eight bytes at an offset from the end."""
    return _word(f"from_big_endian_64(substr(b, {offset - 7}, 8))")


_LENGTH = _word("length(b)")
_ZERO = _word("0")


def _mixed(left: str, right: str) -> str:
    """Return HashLen16 of two bound numbers."""
    step = _product(_xor(_folded("g"), _word("x")), _K_MIX)
    steps = f"ARRAY[bitwise_xor({left}, {right}), {right}, 0]"
    return f"reduce({steps}, BIGINT '0', (g, x) -> {step.sql}, g -> g)"


def _up_to_3() -> str:
    first, middle, last = (
        f"from_base(to_hex(substr(b, {at}, 1)), 16)"
        for at in ("-1", "length(b) - length(b) / 2", "1")
    )
    low = _word(f"({first} + 256 * {middle})")
    high = _word(f"(length(b) + 4 * {last})")
    return _array(_xor(_product(low, _K2), _product(high, _K3)), *[_ZERO] * 4)


def _four(position: str) -> str:
    return f"bitwise_and(from_big_endian_32(substr(b, {position}, 4)), 4294967295)"


def _up_to_8() -> str:
    low = _word(f"(length(b) + 8 * {_four('-4')})")
    return _array(low, _word(_four("1")), _ZERO)


def _up_to_16() -> str:
    """Return the pair, and what is put on its hash: a rotation by the length."""
    last, length = _end(8), "CAST(length(b) AS integer)"
    rotated = (
        f"transform(ARRAY[{_sum(last, _LENGTH).sql}], r -> bitwise_or("
        f"bitwise_right_shift(r, {length}), bitwise_left_shift(r, 64 - {length})))[1]"
    )
    return _array(_start(0), _word(rotated), last)


def _up_to_32() -> str:
    scaled = _product(_start(0), _K1), _product(_end(8), _K2), _product(_end(16), _K0)
    return _array(*scaled, _start(8), _LENGTH, _ZERO)


def _pair_to_32(name: str) -> str:
    a, c, d, b, length, _ = _items(name, 6)
    u = _sum(_rotated(_sum(a, _minus(b)), 43), _rotated(c, 30), d)
    return _array(u, _sum(a, _rotated(_xor(b, _whole(_K3)), 20), _minus(c), length), _ZERO)


def _up_to_64() -> str:
    scaled = _sum(_start(0), _product(_sum(_LENGTH, _end(16)), _K0))
    right = _sum(_start(16), _end(32)), _end(24), _end(16), _end(8)
    return _array(scaled, _start(8), _start(16), _start(24), *right)


def _halves(name: str) -> str:
    words = _items(name, 8)
    made: list[Word] = []
    for a, p, q, z in (words[:4], words[4:]):
        rotated = (_rotated(_sum(a, z), 52), _rotated(a, 37), _rotated(_sum(a, p), 7),
                   _rotated(_sum(a, p, q), 31))  # fmt: skip
        made += _sum(a, p, q, z), _sum(*rotated)
    return _array(*made)


def _weak(words: Sequence[Word], first: Word, second: Word) -> tuple[Word, Word]:
    """Return a hash of 32 bytes: of four words and two seeds."""
    w, x, y, z = words
    rotated = _rotated(_sum(second, first, w, z), 21), _rotated(_sum(first, w, x, y), 44)
    return _sum(first, w, x, y, z), _sum(*rotated, first, w)


def _longer() -> str:
    """Return the state x, y, z, v, w after all of more than 64 bytes.

    Every 64 bytes are two steps: the first leaves their eight words for the second.
    """
    f = [_word(f"from_big_endian_64(substr(b, {at} - 32 * c, 8))") for at in range(88, 31, -8)]
    x, y, z, v1, v2, w1, w2 = _items("s", 7)
    next_x = _xor(_product(_rotated(_sum(x, y, v1, f[2]), 37), _K1), w2)
    next_y = _xor(_product(_rotated(_sum(y, v2, f[6]), 42), _K1), v1)
    opened = _array(next_x, next_y, _rotated(_xor(z, w1), 33), _product(v2, _K1), w1, w2, *f)

    x, y, z, v2, w1, w2, *f = _items("s", 14)
    left, right = _weak(f[:4], v2, _sum(x, w1)), _weak(f[4:], _sum(z, w2), y)
    closed = _array(z, y, x, *left, *right)

    # The last 64 bytes give the first v and w, in the same way.
    ends = [_end(at) for at in range(64, 0, -8)]
    y = _xor(_end(16), _whole(_K1))
    seeds = _array(y, _whole(_K0), _product(_LENGTH, _K1), _LENGTH, _ZERO, _ZERO, *ends)
    z = _sum(_xor(_end(56), _whole(_K0)), _product(_folded("s[5]"), _K1))
    x, y = _product(_rotated(_sum(z, _start(0)), 39), _K1), _product(_rotated(y, 33), _K1)
    first = f"concat({_array(x, y, z)}, slice(s, 4, 4))"
    step = f"CASE WHEN cardinality(s) = 14 THEN {closed} WHEN c = 2 THEN {first} ELSE {opened} END"
    steps = "sequence(1, 2 + (length(b) - 1) / 64 * 2)"
    return f"reduce({steps}, {seeds}, (s, c) -> {step}, s -> s)"


def _city(texts: str) -> str:
    """Return the CityHash64 of all texts of an array, whose bytes are backwards.

    Stages are chained: an array's length says what it is. Trino needs exponential time to analyse
    lambdas in lambdas (measured).
    """
    words = (
        f"CASE WHEN length(b) = 0 THEN ARRAY[{_whole(_K2).sql}] "
        f"WHEN length(b) < 4 THEN {_up_to_3()} WHEN length(b) < 9 THEN {_up_to_8()} "
        f"WHEN length(b) < 17 THEN {_up_to_16()} WHEN length(b) < 33 THEN {_up_to_32()} "
        f"WHEN length(b) < 65 THEN {_up_to_64()} WHEN length(b) > 64 THEN {_longer()} END"
    )
    vf, vs, wf, ws = _items("p", 4)
    one = _array(_sum(_product(_sum(vf, ws), _K2), _product(_sum(wf, vs), _K0)), vs)
    two = _array(_sum(_product(_folded("p[1]"), _K0), _word("p[2]")), _ZERO)
    x, _y, z, *_, first, second = _items("p", 9)
    pair = _array(_sum(first, _product(_folded("p[2]"), _K1), z), _sum(second, x), _ZERO)
    mixed = f"ARRAY[{_mixed('p[4]', 'p[6]')}, {_mixed('p[5]', 'p[7]')}]"
    stages = (
        f"WHEN 6 THEN {_pair_to_32('p')} WHEN 7 THEN concat(p, {mixed}) "
        f"WHEN 8 THEN {_halves('p')} ELSE p",
        f"WHEN 4 THEN {one} WHEN 9 THEN {pair} ELSE p",
        f"WHEN 2 THEN {two} ELSE p",
        f"WHEN 1 THEN p[1] WHEN 3 THEN bitwise_xor({_mixed('p[1]', 'p[2]')}, p[3]) "
        f"ELSE {_product(_folded('p[1]'), _K2).sql}",
    )
    sql = f"transform({texts}, b -> {words})"
    for stage in stages:
        sql = f"transform({sql}, p -> CASE cardinality(p) {stage} END)"
    return sql


def _int_hash(numbers: str) -> str:
    """Return the intHash64 of all numbers of an array: the finalizer of MurmurHash3."""
    sql = f"transform({numbers}, g -> bitwise_xor(g, BIGINT '{0x4CF2D2BAAE6DA887}'))"
    for factor in (0xFF51AFD7ED558CCD, 0xC4CEB9FE1A85EC53):
        sql = f"transform({sql}, g -> {_product(_folded('g', 33), factor).sql})"
    return f"transform({sql}, g -> {_folded('g', 33).sql})"


def _unsigned(site: Site, sql: str) -> Value:
    """Return a signed number as the UInt64 of the same bits."""
    made = make(f"mod({sql} + {_WHOLE}, {_WHOLE})", type_of("UInt64"), WIDE,
                of=tuple(site.arguments))  # fmt: skip
    return replace(made, literal=None)


# How an argument is hashed: as bytes, backwards, or as a number of 64 bits.

_UUID_PARTS = ((20, 4), (25, 12), (1, 8), (10, 4), (15, 4))


def _flat(values: Sequence[Value]) -> list[Value]:
    """Return arguments with the elements of tuples in place of the tuples."""
    flat: list[Value] = []
    for value in values:
        if not is_tuple(value.type) or value.type.is_nullable:
            flat.append(value)
            continue
        parts = zip(value.type.bare.inner, value.row_forms, strict=True)
        flat += _flat([
            replace(value, sql=f"{value.operand}[{i}]", type=type_, form=form, is_atomic=True,
                    literal=None)
            for i, (type_, form) in enumerate(parts, 1)
        ])  # fmt: skip
    return flat


def _bytes(value: Value) -> str | None:
    """Return the bytes that are hashed, backwards; None if a value is hashed as a number."""
    bare = value.type.bare
    if value.form == "varbinary":
        return f"reverse({value.sql})"
    if is_string(value.type) and value.form == "varchar":
        return f"reverse(to_utf8({padded(value).sql}))"
    if bare.family.group is Group.UUID:
        parts = ", ".join(f"substr({value.sql}, {at}, {size})" for at, size in _UUID_PARTS)
        return f"from_hex(concat({parts}))"
    if bare.family.group is Group.DATETIME64:
        digits = times.digits_of(value.type)
        ticks = value.sql if value.form == "bigint" else times.milliseconds(value.sql)
        ticks = ticks if digits >= 3 else f"{ticks} / {10 ** (3 - digits)}"
        return f"to_big_endian_64({ticks})"
    if bare.family.group is Group.DECIMAL and bare.precision <= 18:
        unit = f"DECIMAL '{10**bare.scale}'"
        bits, form = (32, "integer") if bare.precision <= 9 else (64, "bigint")
        return f"to_big_endian_{bits}(CAST({value.operand} * {unit} AS {form}))"
    return None


def _number(value: Value) -> str | None:
    """Return the 64 bits of a number, as ClickHouse widens it: with zeros."""
    bare = value.type.bare
    group = bare.family.group
    if value.form == "unknown":
        return None
    if group is Group.ENUM:
        name = "Int8" if bare.family.name == "Enum8" else "Int16"
        value, bare = cast(value, type_of(name)), type_of(name)
    elif group is Group.FLOAT and value.form in ("double", "real"):
        bits = 64 if value.form == "double" else 32
        sql = f"from_big_endian_{bits}(to_ieee754_{bits}({value.sql}))"
        return sql if bits == 64 else f"bitwise_and({sql}, {2**32 - 1})"
    elif is_time(value.type):
        number = times.number_of(value).sql
        return f"bitwise_and({number}, {2**32 - 1})" if is_date(value.type) else number
    elif not (is_integer(value.type) or group is Group.BOOL) or value.form == "varchar":
        return None
    value = as_number(value)
    if value.form == WIDE:
        return cast(value.retyped(type_of("UInt64")), type_of("Int64")).sql
    sql = as_bigint(value).sql
    if bare.family.least is not None and -(2**63) < bare.family.least < 0:
        return f"bitwise_and({sql}, {2 * -bare.family.least - 1})"
    return sql


def _city_hash(site: Site) -> Value:
    """Lower cityHash64: the hashes of all arguments, combined from the left."""
    texts: list[str] = []
    numbers: list[str] = []
    order: list[tuple[bool, int]] = []
    for index, argument in enumerate(site.arguments):
        for value in _flat([argument]):
            sql = _bytes(value)
            of = texts if sql is not None else numbers
            sql = sql if sql is not None else _number(value)
            if sql is None or (value.is_nullable and is_tuple(argument.type)):
                raise site.fail(f"an argument of type {value.type} is not supported", index=index)
            of.append(sql)
            order.append((of is numbers, len(of)))
    parts = [_city(f"ARRAY[{', '.join(texts)}]")] if texts else []
    parts += [_int_hash(f"ARRAY[{', '.join(numbers)}]")] if numbers else []
    hashes = parts[0] if len(parts) == 1 else f"concat({', '.join(parts)})"
    if len(order) == 1:
        return _unsigned(site, f"{hashes}[1]")
    first, *others = (f"k[{len(texts) * late + at}]" for late, at in order)
    combined = f"reduce(ARRAY[{', '.join(others)}], {first}, (l, r) -> {_mixed('l', 'r')}, l -> l)"
    return _unsigned(site, f"transform(ARRAY[{hashes}], k -> {combined})[1]")


def _whole_hash(site: Site) -> Value:
    (value,) = site.arguments
    family = value.type.bare.family
    number = None
    if is_integer(value.type) or family.group in (Group.BOOL, Group.DATE, Group.DATETIME):
        number = _number(value)
    if number is None:
        raise site.fail(f"an argument of type {value.type} is not supported", index=0)
    if is_integer(value.type) and family.least and value.form != WIDE:
        number = as_bigint(as_number(value)).sql  # widened with its sign
    return _unsigned(site, f"{_int_hash(f'ARRAY[{number}]')}[1]")


def _half_md5(site: Site) -> Value:
    digest = f"md5(to_utf8({site.arguments[0].sql}))"
    return _unsigned(site, f"from_big_endian_64(substr({digest}, 1, 8))")


def _murmur(site: Site) -> Value:
    """Lower murmurHash3_64: both halves of the hash of 128 bits, one on the other."""
    digest = f"murmur3(to_utf8({site.arguments[0].sql}))"
    halves = ", ".join(f"from_big_endian_64(reverse(substr({digest}, {at}, 8)))" for at in (1, 9))
    return _unsigned(site, f"bitwise_xor({halves})")


_CITY_NOTE = (
    "one call is 13 kB of SQL and slow (0.1 to 0.2 ms a row on a busy machine with two cores, "
    "measured); xxHash64(x) of a text is fast and the same in both engines"
)

HASHES: dict[str, Function] = {
    "cityHash64": Function(("any", "any*"), "UInt64", _city_hash,
                           note=_CITY_NOTE),
    "intHash64": Function(("any",), "UInt64", _whole_hash),
    "halfMD5": Function(("string",), "UInt64", _half_md5),
    "murmurHash3_64": Function(("string",), "UInt64", _murmur),
}  # fmt: skip
