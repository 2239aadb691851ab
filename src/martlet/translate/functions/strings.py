"""Texts: lengths, parts, searches, splits and paddings.

ClickHouse counts bytes where a name does not end in UTF8; Trino counts characters. What counts
bytes goes over `to_utf8`, so that the numbers agree for every text.
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from martlet.translate import slots
from martlet.translate.convert import as_bigint, as_number, make
from martlet.translate.function import Function, Rule, Site, padded
from martlet.translate.typing import (
    is_string,
    not_null,
    type_of,
    without_low_cardinality,
)
from martlet.translate.value import INTEGER_FORMS, Value
from martlet.types import ColumnType, Group

_CUT = "a character that is cut in its middle becomes U+FFFD"
_UPPER, _LOWER = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", "abcdefghijklmnopqrstuvwxyz"
_FOLDED = "letters whose other case is several characters (İ, ŉ, ligatures) differ"
_INITCAP = (
    "regexp_replace({0}, '([0-9A-Za-z]+)', "
    "x -> concat(upper(substr(x[1], 1, 1)), lower(substr(x[1], 2))))"
)
_ASCII = "from_big_endian_64(lpad(substr(to_utf8({0}), 1, 1), 8, X'00'))"
_WORD_PATTERNS = {
    "splitByWhitespace": r"[^\t\n\x0b\f\r ]+",
    "splitByNonAlpha": r"[^\t\n\x0b\f\r !-/:-@\[-`{-~]+",
    "alphaTokens": "[A-Za-z]+",
}
LOWER = f"translate({{0}}, '{_UPPER}', '{_LOWER}')"
UPPER = f"translate({{0}}, '{_LOWER}', '{_UPPER}')"


def lower_ascii(sql: str) -> str:
    """Return SQL for a text with the letters A to Z small, as ClickHouse's `lower` has it."""
    return LOWER.replace("{0}", sql)


def free_name(stem: str, *sqls: str) -> str:
    """Return a name for a lambda's parameter that none of these texts uses."""
    name = stem
    while any(re.search(rf"\b{name}\b", sql, re.IGNORECASE) for sql in sqls):
        name += "_"
    return name


def integer(value: Value) -> Value:
    """Return an integer as Trino's functions take one: a literal stays as it is."""
    value = as_number(value)
    return value if value.form in INTEGER_FORMS else as_bigint(value)


def number_of(value: Value) -> int | None:
    """Return an integer literal's value, None for anything else."""
    number = value.literal.value if value.literal is not None else None
    return number if isinstance(number, int) and not isinstance(number, bool) else None


def is_unsigned(value: Value) -> bool:
    """Whether an integer is never negative."""
    number = number_of(value)
    return number >= 0 if number is not None else value.type.bare.family.least == 0


def filled(value: Value) -> str:
    """Return SQL for a text that is empty where it is NULL: what makes arrays takes it so."""
    return f"coalesce({value.sql}, '')" if value.is_nullable else value.sql


def literal_text(site: Site, index: int) -> str | None:
    """Return the text of an argument if it is a literal, which is pinned; None if it is not."""
    value = site.arguments[index]
    if value.literal is None or not isinstance(value.literal.value, str):
        return None
    return site.text(index)


def result(site: Site, sql: str, type_: str, form: str = "", *, atomic: bool = True) -> Value:
    """Return a value made of the arguments."""
    return make(sql, type_of(type_), form, of=tuple(site.arguments), atomic=atomic)


def truth(site: Site, sql: str, *, atomic: bool = False) -> Value:
    """Return a condition over the arguments."""
    return result(site, sql, "UInt8", "boolean", atomic=atomic)


# Lengths and emptiness


def _length(site: Site) -> Value:
    (value,) = site.arguments
    if value.form.startswith(("array(", "map(")):
        return result(site, f"cardinality({value.sql})", "UInt64", "bigint")
    if not is_string(value.type) and value.form != "unknown":
        raise site.fail(f"an argument of type {value.type} is not supported", index=0)
    if value.type.bare.family.group is Group.FIXED_STRING:
        value = padded(value)
    return result(site, f"length(to_utf8({value.sql}))", "UInt64", "bigint")


def _empty(site: Site) -> Value:
    (value,) = site.arguments
    sign = "<>" if site.name == "notEmpty" else "="
    if value.form.startswith(("array(", "map(")):
        return truth(site, f"cardinality({value.sql}) {sign} 0")
    nothing = {Group.UUID: "'00000000-0000-0000-0000-000000000000'", Group.STRING: "''",
               Group.FIXED_STRING: "''"}.get(value.type.bare.family.group)  # fmt: skip
    if nothing is None:
        raise site.fail(f"an argument of type {value.type} is not supported", index=0)
    return truth(site, f"{value.operand} {sign} {nothing}")


# Parts by position


def _part(site: Site) -> Value:
    """Lower substring: a negative offset counts from the end, a negative length up to there."""
    text, *numbers = site.arguments
    offset, *lengths = [integer(number) for number in numbers]
    if number_of(offset) == 0:
        raise site.fail("positions start at 1", index=1)
    length = lengths[0] if lengths else None
    is_bytes = not site.name.endswith("UTF8")
    subject = f"to_utf8({text.sql})" if is_bytes else text.sql
    sql = _substr(subject, offset, length)
    return result(site, f"from_utf8({sql})" if is_bytes else sql, "String")


def _substr(subject: str, offset: Value, length: Value | None) -> str:
    """Return SQL for a part of a text or of bytes.

    Trino counts from 1 too, but gives nothing for an offset before the first character and for a
    negative length.
    """
    first, from_end = number_of(offset), f"length({subject}) + {offset.operand} + 1"
    start = raw = offset.sql
    if first is not None and first < 0:
        raw = f"length({subject}) - {-first - 1}"
        start = f"greatest({raw}, 1)"
    elif not is_unsigned(offset):
        raw = f"IF({offset.operand} < 0, {from_end}, {offset.sql})"
        start = f"IF({offset.operand} < 0, greatest({from_end}, 1), {offset.sql})"
    if length is None:
        return f"substr({subject}, {start})"
    if is_unsigned(offset) and is_unsigned(length):
        return f"substr({subject}, {start}, {length.sql})"
    if is_unsigned(length):
        count = f"{raw} + {length.operand} - {start}"
    else:
        up_to = f"length({subject}) + {length.operand} + 1 - {start}"
        given = length.sql if raw == start else f"{raw} + {length.operand} - {start}"
        known = number_of(length)
        count = up_to if known is not None else f"IF({length.operand} < 0, {up_to}, {given})"
    return f"substr({subject}, {start}, {count})"


def _left(site: Site) -> Value:
    text, number = site.arguments[0], integer(site.arguments[1])
    is_bytes = not site.name.endswith("UTF8")
    subject = f"to_utf8({text.sql})" if is_bytes else text.sql
    count, known = number.sql, number_of(number)
    without = f"length({subject}) + {number.operand}"
    if known is not None and known < 0:
        count = f"length({subject}) - {-known}"
    elif not is_unsigned(number):
        count = f"IF({number.operand} < 0, {without}, {number.operand})"
    sql = f"substr({subject}, 1, {count})"
    return result(site, f"from_utf8({sql})" if is_bytes else sql, "String")


def _right(site: Site) -> Value:
    text, number = site.arguments[0], integer(site.arguments[1])
    is_bytes = not site.name.endswith("UTF8")
    subject = f"to_utf8({text.sql})" if is_bytes else text.sql
    all_but = f"substr({subject}, greatest(length({subject}) - {number.operand} + 1, 1))"
    from_start = f"substr({subject}, 1 - {number.operand})"
    known = number_of(number)
    if known is not None:
        sql = f"substr({subject}, {1 - known})" if known < 0 else all_but
    elif is_unsigned(number):
        sql = all_but
    else:
        sql = f"IF({number.operand} < 0, {from_start}, {all_but})"
    return result(site, f"from_utf8({sql})" if is_bytes else sql, "String")


# Searches


def byte_position(text: str, found: str) -> str:
    """Return SQL for the position in bytes of a position in characters; 0 stays 0."""
    return f"IF({found} = 0, 0, length(to_utf8(substr({text}, 1, {found} - 1))) + 1)"


def _position(site: Site) -> Value:
    """Lower position(haystack, needle [, start]); locate has the needle first."""
    arguments = list(site.arguments)
    if site.name == "locate":
        arguments[:2] = arguments[1::-1]
    text, needle = arguments[0].sql, arguments[1].sql
    if "CaseInsensitive" in site.name:
        fold = "lower({0})" if site.name.endswith("UTF8") else LOWER
        text, needle = fold.replace("{0}", text), fold.replace("{0}", needle)
    is_bytes = not site.name.endswith("UTF8")
    if len(arguments) == 2:
        found = f"strpos({text}, {needle})"
        sql = byte_position(text, found) if is_bytes else found
        return result(site, sql, "UInt64", "bigint")
    start = number_of(arguments[2])
    if start is None or is_bytes:
        raise site.fail("a start is supported as a literal number for positionUTF8 only", index=2)
    start = max(start, 1)
    found = f"strpos(substr({text}, {start}), {needle})"
    inside = f"length({text}) + 1 < {start}"
    sql = f"IF({inside} OR {found} = 0, 0, {found} + {start - 1})"
    return result(site, sql, "UInt64", "bigint")


def like(site: Site) -> Value:
    """Lower LIKE and ILIKE: in Trino only what must be escaped may be."""
    text, pattern = site.arguments
    if pattern.literal is not None and isinstance(pattern.literal.value, str):
        written = slots.slot(pattern.literal.start, "like")
    else:
        written = rf"regexp_replace({pattern.sql}, '(\\[%_\\])|\\', x -> coalesce(x[1], '\\'))"
    subject = text.operand
    if "ilike" in site.name.lower():
        subject, written = f"lower({text.sql})", f"lower({written})"
    word = "NOT LIKE" if site.name.startswith("not") else "LIKE"
    return truth(site, f"{subject} {word} {written} ESCAPE '\\'")


def _searched(template: str) -> Rule:
    """Return a rule for one text in another: `{0}` and `{1}` are them, folded as the name says."""

    def rule(site: Site) -> Value:
        texts = [value.sql for value in site.arguments]
        if site.name.endswith("CaseInsensitiveUTF8"):
            texts = [f"lower({sql})" for sql in texts]
        elif site.name.endswith("CaseInsensitive"):
            texts = [lower_ascii(sql) for sql in texts]
        return truth(site, template.replace("{0}", texts[0]).replace("{1}", texts[1]))

    return rule


def _count_substrings(site: Site) -> Value:
    texts = [value.sql for value in site.arguments]
    if "CaseInsensitive" in site.name:
        fold = "lower({0})" if site.name.endswith("UTF8") else LOWER
        texts = [fold.replace("{0}", sql) for sql in texts]
    counted = f"cardinality(split({texts[0]}, {texts[1]})) - 1"
    needle = literal_text(site, 1)
    if needle == "":
        raise site.fail("an empty text is not counted", index=1)
    if needle is None:
        zero = f"IF({texts[0]} IS NOT NULL, 0)" if site.arguments[0].is_nullable else "0"
        counted = f"IF({texts[1]} = '', {zero}, {counted})"
    return result(site, counted, "UInt64", "bigint", atomic=needle is None)


def _many(sql: str, type_: str, form: str, fill: str = "") -> Rule:
    """Return a rule for several needles: `{n}` are they, `{p}` is the position of one."""

    def rule(site: Site) -> Value:
        text, needles = site.arguments
        if not needles.form.startswith("array("):
            raise site.fail("an array of texts is expected here", index=1)
        name = free_name("needle", text.sql)
        subject, needle = text.sql, name
        if site.name.endswith("CaseInsensitiveUTF8"):
            subject, needle = f"lower({subject})", f"lower({name})"
        elif site.name.endswith("CaseInsensitive"):
            subject, needle = lower_ascii(subject), lower_ascii(name)
        position = f"strpos({subject}, {needle})"
        if not needles.is_constant:  # an empty text is not found in an empty one, measured
            position = f"IF({subject} = '', 0, {position})"
        if "Position" in site.name and not site.name.endswith("UTF8"):
            position = byte_position(subject, position)
        made = sql.replace("{n}", needles.sql).replace("{x}", name).replace("{p}", position)
        if fill and text.is_nullable:
            made = f"IF({text.operand} IS NULL, {fill}, {made})"
        return result(site, made, type_, form)

    return rule


_ANY = _many("any_match({n}, {x} -> {p} > 0)", "UInt8", "boolean", "NULL")
_FIRST_INDEX = _many(
    "array_position(transform({n}, {x} -> {p} > 0), true)", "UInt64", "bigint", "NULL"
)
_FIRST_POSITION = _many(
    "coalesce(array_min(filter(transform({n}, {x} -> {p}), found -> found > 0)), 0)",
    "UInt64", "bigint", "NULL",
)  # fmt: skip
_SEARCH_SUFFIXES = ("", "UTF8", "CaseInsensitive", "CaseInsensitiveUTF8")


# Replacements


def _replace_all(site: Site) -> Value:
    text, needle, by = site.arguments
    sql = f"replace({text.sql}, {needle.sql}, {by.sql})"
    known = literal_text(site, 1)
    if known == "":
        sql = text.sql
    elif known is None:
        sql = f"IF({needle.operand} = '', {text.sql}, {sql})"
    return result(site, sql, "String")


def _replace_one(site: Site) -> Value:
    text, needle, by = site.arguments
    sql = f"array_join(split({text.sql}, {needle.sql}, 2), {by.sql})"
    known = literal_text(site, 1)
    if known == "":
        sql = text.sql
    elif known is None:
        sql = f"IF({needle.operand} = '', {text.sql}, {sql})"
    return result(site, sql, "String")


def _translate(site: Site) -> Value:
    """Lower translate(text, from, to): what has no counterpart is dropped, the last one wins."""
    source, target = site.text(1), site.text(2)
    if not (source + target).isascii() and not site.name.endswith("UTF8"):
        raise site.fail("characters beyond ASCII are bytes here; use translateUTF8()", index=1)
    if len(target) > len(source):
        raise site.fail("the second text must not be longer than the first", index=2)
    pairs = {c: target[i : i + 1] for i, c in enumerate(source)}
    ordered = sorted(pairs.items(), key=lambda pair: not pair[1])
    old = slots.string_sql("".join(key for key, _ in ordered))
    new = slots.string_sql("".join(pair for _, pair in ordered))
    return result(site, f"translate({site.arguments[0].sql}, {old}, {new})", "String")


def _trim(site: Site) -> Value:
    side = {"trimLeft": "LEADING", "trimRight": "TRAILING"}.get(site.name, "BOTH")
    text, characters = site.arguments[0].sql, "' '"
    if len(site.arguments) == 2:
        if not site.text(1).isascii():
            raise site.fail("characters beyond ASCII are not supported", index=1)
        characters = site.arguments[1].sql
    return result(site, f"trim({side} {characters} FROM {text})", "String")


# Splits


def limited(site: Site, sql: str, index: int = 2) -> Value:
    """Return the first parts of a split; without a limit, or with 0, all of them."""
    limit = 0
    if len(site.arguments) > index:
        limit = site.lowering.integer(site.call.arguments[index], site.scope, of=site.name)
    sql = f"slice({sql}, 1, {limit})" if limit > 0 else sql
    return result(site, sql, "Array(String)", "array(varchar)")


def _split(site: Site) -> Value:
    separator, text, *_ = site.arguments
    known = site.text(0)
    if site.name == "splitByChar" and len(known.encode()) != 1:
        raise site.fail("the separator must be one byte", index=0)
    sql = f"split({filled(text)}, {separator.sql})"
    return limited(site, sql if known else f"regexp_extract_all({filled(text)}, '(?s).')")


def _words(pattern: str) -> Rule:
    def rule(site: Site) -> Value:
        written = slots.string_sql(pattern)
        return limited(site, f"regexp_extract_all({filled(site.arguments[0])}, {written})", 1)

    return rule


def _substring_index(site: Site) -> Value:
    text, separator, number = site.arguments
    count, known = number_of(number), site.text(1)
    if count is None or len(known.encode()) != 1:
        raise site.fail("a separator of one byte and a literal number are expected")
    parts = f"split({text.sql}, {separator.sql})"
    if count > 0:
        kept = f"slice({parts}, 1, {count})"
    else:
        kept = f"slice({parts}, greatest(cardinality({parts}) - {-count - 1}, 1), {max(-count, 1)})"
    return result(site, f"array_join({kept}, {separator.sql})" if count else "''", "String")


# Building texts


def as_text(site: Site, value: Value) -> Value:
    """Return a value as the text that ClickHouse prints."""
    if value.form == "unknown":
        return replace(value, sql="CAST(NULL AS varchar)", form="varchar")
    return padded(value) if value.form == "varchar" else site.convert(value, type_of("String"))


def _concat_with_separator(site: Site) -> Value:
    separator, *values = [as_text(site, value) for value in site.arguments]
    pieces = [piece for value in values for piece in (separator.sql, value.sql)][1:]
    sql = f"concat({', '.join(pieces)})" if len(pieces) > 1 else "".join(pieces) or "''"
    return result(site, sql, "String")


def _format(site: Site) -> Value:
    """Lower format('{} {}', a, b): the pieces of the pattern are joined with the values."""
    pattern, pieces, automatic, position = site.text(0), [], 0, 0
    values = [as_text(site, value) for value in site.arguments[1:]]
    for found in re.finditer(r"\{\{|\}\}|\{(\d*)\}|[{}]", pattern):
        pieces.append(slots.string_sql(pattern[position : found.start()]))
        position = found.end()
        if found[1] is None:
            if len(found[0]) == 1:
                raise site.fail("a bracket is not closed", index=0)
            pieces.append(slots.string_sql(found[0][0]))
            continue
        index = int(found[1]) if found[1] else automatic
        automatic += 1
        if index >= len(values):
            raise site.fail("there are fewer values than places", index=0)
        pieces.append(values[index].sql)
    numbers = re.findall(r"\{(\d*)\}", pattern.replace("{{", "").replace("}}", ""))
    if "" in numbers and any(numbers):
        raise site.fail("places are numbered all or not at all", index=0)
    pieces.append(slots.string_sql(pattern[position:]))
    kept = [piece for piece in pieces if piece != "''"]
    sql = f"concat({', '.join(kept)})" if len(kept) > 1 else "".join(kept) or "''"
    unused = [v for v in values if v.is_nullable and v.sql not in kept]
    if unused:  # NULL all the same
        sql = f"IF({' AND '.join(f'{v.operand} IS NOT NULL' for v in unused)}, {sql})"
    return result(site, sql, "String")


def _pad(site: Site) -> Value:
    word = "rpad" if site.name.startswith("right") else "lpad"
    text, length = site.arguments[0].sql, integer(site.arguments[1]).sql
    by = site.arguments[2].sql if len(site.arguments) == 3 and site.text(2) else "' '"
    if site.name.endswith("UTF8"):
        return result(site, f"{word}({text}, {length}, {by})", "String")
    sql = f"from_utf8({word}(to_utf8({text}), {length}, to_utf8({by})))"
    return result(site, sql, "String")


def _repeat(site: Site) -> Value:
    text, number = site.arguments[0], integer(site.arguments[1])
    known = number_of(number)
    count = str(max(known, 0)) if known is not None else number.sql
    if known is None and not is_unsigned(number):
        count = f"greatest({number.sql}, 0)"
    sql = f"array_join(repeat({text.sql}, {count}), '')"
    if text.is_nullable:
        sql = f"IF({text.operand} IS NULL, NULL, {sql})"
    return result(site, sql, "String")


def _reverse(site: Site) -> Value:
    (value,) = site.arguments
    if not is_string(value.type) and not value.form.startswith("array("):
        raise site.fail(f"an argument of type {value.type} is not supported", index=0)
    if is_string(value.type):
        value = padded(value)
    type_ = without_low_cardinality(not_null(value.type))
    return make(f"reverse({value.sql})", type_, value.form, of=(value,))


def _append_if_absent(site: Site) -> Value:
    text, end = site.arguments
    if len(site.text(1).encode()) != 1:
        raise site.fail("one character of ASCII is expected", index=1)
    longer = f"concat({text.sql}, {end.sql})"
    sql = f"IF(substr({text.sql}, -1) IN ('', {end.sql}), {text.sql}, {longer})"
    return result(site, sql, "String")


def _to_fixed(site: Site) -> Value:
    length = site.lowering.integer(site.call.arguments[1], site.scope, of=site.name)
    text = literal_text(site, 0) or ""
    if len(text.encode()) > length:
        raise site.fail(f"the text is longer than {length} bytes", index=0)
    return result(site, site.arguments[0].sql, f"FixedString({length})")


def _like_last(arguments: Sequence[Value]) -> ColumnType:
    """Return String, or the FixedString that the argument is."""
    return without_low_cardinality(not_null(arguments[0].type))


_ONE, _TWO = ("string",), ("string", "string")
_NEEDLES = ("string", "array")
_EMPTY = "an empty text is not found in an empty one by ClickHouse"
_SPLIT = ("string", "string", "integer?")
_REVERSED = "bytes in ClickHouse, characters here: the same for ASCII"

STRINGS: dict[str, Function] = {
    "length": Function(("any",), "UInt64", _length),
    "lengthUTF8": Function(_ONE, "UInt64", "length({0})", form="bigint"),
    "empty": Function(("any",), "UInt8", _empty),
    "notEmpty": Function(("any",), "UInt8", _empty),
    "lower": Function(("text",), _like_last, LOWER),
    "upper": Function(("text",), _like_last, UPPER),
    "lowerUTF8": Function(_ONE, "String", "lower({0})", note=_FOLDED),
    "upperUTF8": Function(_ONE, "String", "upper(replace({0}, 'ß', 'SS'))", note=_FOLDED),
    "initcap": Function(_ONE, "String", _INITCAP),
    **{name: Function(("string", "integer", "integer?"), "String", _part, note=_CUT)
       for name in ("substring", "substringUTF8")},
    **{name: Function(("string", "integer"), "String", _left, note=_CUT)
       for name in ("left", "leftUTF8")},
    **{name: Function(("string", "integer"), "String", _right, note=_CUT)
       for name in ("right", "rightUTF8")},
    **{f"position{suffix}": Function((*_TWO, "integer?"), "UInt64", _position)
       for suffix in _SEARCH_SUFFIXES},
    "locate": Function((*_TWO, "integer?"), "UInt64", _position),
    **{name: Function(_TWO, "UInt8", like) for name in ("like", "notLike")},
    **{name: Function(_TWO, "UInt8", like, note=_FOLDED) for name in ("ilike", "notILike")},
    **{f"startsWith{suffix}": Function(_TWO, "UInt8", _searched("starts_with({0}, {1})"))
       for suffix in _SEARCH_SUFFIXES},
    **{f"endsWith{suffix}": Function(_TWO, "UInt8", _searched("substr({0}, -length({1})) = {1}"))
       for suffix in _SEARCH_SUFFIXES},
    **{f"countSubstrings{suffix}": Function(_TWO, "UInt64", _count_substrings)
       for suffix in ("", "CaseInsensitive", "CaseInsensitiveUTF8")},
    **{f"multiSearchAny{suffix}": Function(_NEEDLES, "UInt8", _ANY, note=_EMPTY)
       for suffix in _SEARCH_SUFFIXES},
    **{f"multiSearchFirstIndex{suffix}": Function(_NEEDLES, "UInt64", _FIRST_INDEX, note=_EMPTY)
       for suffix in _SEARCH_SUFFIXES},
    **{f"multiSearchFirstPosition{suffix}": Function(_NEEDLES, "UInt64", _FIRST_POSITION)
       for suffix in _SEARCH_SUFFIXES},
    "replaceAll": Function(("string", "string", "string"), "String", _replace_all),
    "replaceOne": Function(("string", "string", "string"), "String", _replace_one),
    "translate": Function(("string", "string", "string"), "String", _translate),
    "translateUTF8": Function(("string", "string", "string"), "String", _translate),
    **{name: Function(("string", "string?"), "String", _trim)
       for name in ("trimBoth", "trimLeft", "trimRight")},
    "splitByChar": Function(_SPLIT, "Array(String)", _split),
    "splitByString": Function(_SPLIT, "Array(String)", _split,
                              note="an empty separator parts characters, not bytes"),
    **{name: Function(("string", "integer?"), "Array(String)", _words(pattern))
       for name, pattern in _WORD_PATTERNS.items()},
    "substringIndex": Function(("string", "string", "integer"), "String", _substring_index),
    "concatWithSeparator": Function(("any*",), "String", _concat_with_separator),
    "format": Function(("string", "any*"), "String", _format),
    **{name: Function(
           ("string", "integer", "string?"), "String", _pad, note=_CUT, is_constant=False)
       for name in ("leftPad", "rightPad", "leftPadUTF8", "rightPadUTF8")},
    "repeat": Function(("string", "integer"), "String", _repeat),
    "space": Function(("integer",), "String", "rpad('', greatest({0}, 0), ' ')",
                      is_constant=False),
    "reverse": Function(("any",), _like_last, _reverse, note=_REVERSED),
    "reverseUTF8": Function(_ONE, "String", "reverse({0})"),
    "ascii": Function(_ONE, "Int32", _ASCII, form="bigint"),
    "appendTrailingCharIfAbsent": Function(("string", "string"), "String", _append_if_absent),
    "toFixedString": Function(("text", "integer"), "String", _to_fixed,
                              note="a text that is too long is no error and stays whole"),
    "toValidUTF8": Function(_ONE, "String", "{0}"),
    "isValidUTF8": Function(_ONE, "UInt8", "{0} = {0}", form="boolean"),
    "normalizeUTF8NFC": Function(_ONE, "String", "normalize({0}, NFC)"),
    "normalizeUTF8NFD": Function(_ONE, "String", "normalize({0}, NFD)"),
    "normalizeUTF8NFKC": Function(_ONE, "String", "normalize({0}, NFKC)"),
    "normalizeUTF8NFKD": Function(_ONE, "String", "normalize({0}, NFKD)"),
    "editDistanceUTF8": Function(_TWO, "UInt64", "levenshtein_distance({0}, {1})", form="bigint",
                                 note="beside an empty text ClickHouse counts bytes"),
}  # fmt: skip

ALIASES: dict[str, str] = {
    "LENGTH": "length", "OCTET_LENGTH": "length", "CARDINALITY": "length",
    "CHAR_LENGTH": "lengthUTF8", "CHARACTER_LENGTH": "lengthUTF8",
    "LOWER": "lower", "LCASE": "lower", "UPPER": "upper", "UCASE": "upper", "INITCAP": "initcap",
    "SUBSTRING": "substring", "SUBSTR": "substring", "MID": "substring", "BYTESLICE": "substring",
    "LEFT": "left", "RIGHT": "right",
    "POSITION": "position", "LOCATE": "locate", "INSTR": "positionCaseInsensitive",
    "COUNTSUBSTRINGS": "countSubstrings", "REPLACE": "replaceAll",
    "trim": "trimBoth", "ltrim": "trimLeft", "rtrim": "trimRight",
    "splitByAlpha": "alphaTokens", "SUBSTRING_INDEX": "substringIndex",
    "CONCAT_WS": "concatWithSeparator", "LPAD": "leftPad", "RPAD": "rightPad",
    "REPEAT": "repeat", "SPACE": "space", "REVERSE": "reverse", "ASCII": "ascii",
    "levenshteinDistanceUTF8": "editDistanceUTF8",
}  # fmt: skip
