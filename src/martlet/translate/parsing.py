r"""Numbers and their texts as ClickHouse reads and prints them, as Trino SQL.

Trino's own casts take spaces and other words for infinity, so a text is looked at first. Measured
on chDB 26.9: `' 12'`, `''`, `'12abc'`, `'1.5'` are no integers, `'+5'` and `'007'` are.
"""

import re

from martlet.translate.value import WIDE, form_of
from martlet.types import ColumnType, Group

_SIGNED = r"\A[+-]?[0-9]+\z"
_UNSIGNED = r"\A\+?[0-9]+\z"
_FLOAT = r"\A[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\z"
_UUID = r"\A([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\z"

READABLE = (Group.INTEGER, Group.FLOAT, Group.UUID)


def read_or_null(text: str, type_: ColumnType) -> str:
    """Return SQL for a text as a number or UUID, NULL if it is none or out of the type's range."""
    family = type_.bare.family
    if family.group is Group.FLOAT:
        return _float(text, type_, "")
    if family.group is Group.UUID:
        return f"CASE WHEN regexp_like(lower({text}), '{_UUID}') THEN {_uuid(text)} END"
    pattern = _UNSIGNED if family.name.startswith("U") else _SIGNED
    if form_of(type_) == WIDE:
        number = f"TRY_CAST({text} AS {WIDE})"
        test = f"regexp_like({text}, '{pattern}') AND {number} <= DECIMAL '{family.greatest}'"
        return f"CASE WHEN {test} THEN {number} END"
    number = f"TRY_CAST({text} AS bigint)"
    test = f"regexp_like({text}, '{pattern}')"
    if family.name != "Int64":
        test += f" AND {number} BETWEEN {family.least} AND {family.greatest}"
    return f"CASE WHEN {test} THEN {number} END"


def read(text: str, type_: ColumnType) -> str:
    """Return SQL for a text as a number or UUID that fails where it is none."""
    family = type_.bare.family
    refused = f"'no {family.name}: ' || {text}"
    if family.group is Group.FLOAT:
        return _float(text, type_, refused)
    if family.group is Group.UUID:
        wrong = f"CAST(CAST({refused} AS bigint) AS varchar)"
        return f"IF(regexp_like(lower({text}), '{_UUID}'), {_uuid(text)}, {wrong})"
    pattern = _UNSIGNED if family.name.startswith("U") else _SIGNED
    form = form_of(type_)
    return f"CAST(IF(regexp_like({text}, '{pattern}'), {text}, {refused}) AS {form})"


def _float(text: str, type_: ColumnType, refused: str) -> str:
    form = form_of(type_)
    otherwise = f" ELSE CAST({refused} AS double)" if refused else ""
    if refused:
        otherwise = f" WHEN {text} IS NOT NULL THEN CAST({refused} AS double)"
    sql = (
        f"CASE WHEN regexp_like({text}, '{_FLOAT}') THEN CAST({text} AS double)"
        rf" WHEN regexp_like({text}, '(?i)\A-inf(inity)?\z') THEN -infinity()"
        rf" WHEN regexp_like({text}, '(?i)\A\+?inf(inity)?\z') THEN infinity()"
        rf" WHEN regexp_like({text}, '(?i)\A[+-]?nan\z') THEN nan(){otherwise} END"
    )
    return f"CAST({sql} AS real)" if form == "real" else sql


def _uuid(text: str) -> str:
    return f"regexp_replace(lower({text}), '{_UUID}', '$1-$2-$3-$4-$5')"


# Texts of floats in Trino: sign, first digit, the other digits without zeros, the exponent.
_E_FORM = r"\A(-?)([0-9])\.?([0-9]*?)0*e([+-]?[0-9]+)\z"
_NAME = re.compile(r"[\w.\"]+\Z")


def print_float(number: str, form: str) -> str:
    """Return SQL for the text of a float: exponents from -6 to 20 are written out.

    Trino's own text has too few digits of a real, and sometimes too many of a double (measured),
    so the shortest one that is read as the same number is taken.
    """
    if not _NAME.match(number):
        return f"element_at(transform(ARRAY[{number}], f -> {print_float('f', form)}), 1)"
    shorter, longer = ("%.6e", "%.7e") if form == "real" else ("%.14e", "%.15e")
    wide = f"CAST({number} AS double)" if form == "real" else number
    last = f"format('%.8e', {wide})" if form == "real" else f"CAST({number} AS varchar)"
    text = (
        f"CASE WHEN CAST(format('{shorter}', {wide}) AS {form}) = {number}"
        f" THEN format('{shorter}', {wide})"
        f" WHEN CAST(format('{longer}', {wide}) AS {form}) = {number}"
        f" THEN format('{longer}', {wide}) ELSE {last} END"
    )
    text = f"lower(IF(is_finite({wide}), {text}, CAST({number} AS varchar)))"
    text = f"replace({text}, 'infinity', 'inf')"
    power = "CAST(m[4] AS integer)"
    return (
        f"regexp_replace({text}, '{_E_FORM}', m -> m[1] || CASE"
        f" WHEN {power} BETWEEN 0 AND 20 AND length(m[3]) <= {power}"
        f" THEN rpad(m[2] || m[3], {power} + 1, '0')"
        f" WHEN {power} BETWEEN 0 AND 20"
        f" THEN m[2] || substr(m[3], 1, {power}) || '.' || substr(m[3], {power} + 1)"
        f" WHEN {power} BETWEEN -6 AND -1 THEN '0.' || lpad('', -{power} - 1, '0') || m[2] || m[3]"
        f" WHEN m[3] = '' THEN m[2] || 'e' || CAST({power} AS varchar)"
        f" ELSE m[2] || '.' || m[3] || 'e' || CAST({power} AS varchar) END)"
    )


def print_decimal(number: str, scale: int) -> str:
    """Return SQL for the text of a decimal, without zeros at its end."""
    text = f"CAST({number} AS varchar)"
    return rf"regexp_replace({text}, '\.?0+\z', '')" if scale else text
