"""Hashes whose values differ from Athena's own: cityHash64 and its kin, written out in SQL.

cityHash64 is CityHash64 of version 1.0.2 (https://github.com/google/cityhash, MIT) over a text;
an integer is mixed by intHash64, and several arguments are combined by HashLen16 (measured).

Trino's bigint has bitwise functions but fails on overflow, so sums and products are decimals that
are brought back to 64 bits by mod. A `Word` knows its bounds: only what needs it is brought back.
A value that is used twice is bound by `transform(ARRAY[value], name -> ...)`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

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
    x, y, z, _, _, _, _, first, second = _items("p", 9)
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
