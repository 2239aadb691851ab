"""Rarer functions of texts: bits, first lines, subsequences, Base64 of URLs."""

from martlet.translate.convert import as_number, make
from martlet.translate.function import Function, Site
from martlet.translate.functions.strings import LOWER, free_name, result, truth
from martlet.translate.typing import is_integer, is_string, type_of
from martlet.translate.value import WIDE, Value

_BYTES = "bytes that are no UTF-8 become U+FFFD"
_HALVES = "0000 0001 0010 0011 0100 0101 0110 0111 1000 1001 1010 1011 1100 1101 1110 1111".split()


def _bin(site: Site) -> Value:
    """Lower bin: of a text its bytes, of a number without a sign as many bytes as it needs."""
    (value,) = site.arguments
    if is_string(value.type) and value.form == "varchar":
        digits = f"to_hex(to_utf8({value.sql}))"
        halves = ", ".join(f"'{half}'" for half in _HALVES)
        each = f"x -> element_at(ARRAY[{halves}], CAST(from_base(x, 16) AS integer) + 1)"
        sql = f"array_join(transform(regexp_extract_all({digits}, '.'), {each}), '')"
        return result(site, sql, "String")
    if not is_integer(value.type) or value.form == "varchar" or value.type.bare.family.least != 0:
        raise site.fail(f"an argument of type {value.type} is not supported", index=0)
    number = as_number(value)
    if number.form == WIDE:
        raise site.fail("a stored UInt64 is not supported", index=0)
    digits = f"to_base({number.sql}, 2)"
    sql = f"lpad({digits}, CAST(ceil(length({digits}) / 8e0) AS bigint) * 8, '0')"
    return result(site, sql, "String")


def _subsequence(site: Site) -> Value:
    """Whether the characters of a text are in another one in their order."""
    text, needle = (value.sql for value in site.arguments)
    if "CaseInsensitive" in site.name:
        fold = "lower({0})" if site.name.endswith("UTF8") else LOWER
        text, needle = fold.replace("{0}", text), fold.replace("{0}", needle)
    rest, letter = free_name("rest", text, needle), free_name("letter", text, needle)
    step = (f"({rest}, {letter}) -> IF(strpos({rest}, {letter}) = 0, NULL,"
            f" substr({rest}, strpos({rest}, {letter}) + 1))")  # fmt: skip
    letters = f"regexp_extract_all({needle}, '(?s).')"
    sql = f"reduce({letters}, {text}, {step}, {rest} -> {rest} IS NOT NULL)"
    nulls = [f"{value.operand} IS NOT NULL" for value in site.arguments if value.is_nullable]
    if nulls:
        sql = f"IF({' AND '.join(nulls)}, {sql})"
    return truth(site, sql, atomic=True)


def _positions(site: Site) -> Value:
    """Lower multiSearchAllPositions: positions in bytes, in characters with UTF8."""
    text, needles = site.arguments
    if needles.form != "array(varchar)" or text.is_nullable:
        raise site.fail("a text and an array of texts are expected")
    subject, needle = text.sql, free_name("needle", text.sql)
    shown = needle
    if "CaseInsensitive" in site.name:
        fold = "lower({0})" if site.name.endswith("UTF8") else LOWER
        subject, shown = fold.replace("{0}", subject), fold.replace("{0}", needle)
    found, nowhere = f"strpos({subject}, {shown})", f"{text.operand} = ''"  # an empty text too
    if site.name.endswith("UTF8"):
        found = f"IF({nowhere}, 0, {found})"
    else:
        before = f"length(to_utf8(substr({subject}, 1, {found} - 1))) + 1"
        found = f"IF({nowhere} OR {found} = 0, 0, {before})"
    sql = f"transform({needles.sql}, {needle} -> {found})"
    return make(sql, type_of("Array(UInt64)"), "array(bigint)", of=(text, needles))


_ONE, _TWO = ("string",), ("string", "string")
_KINDS = ("", "UTF8", "CaseInsensitive", "CaseInsensitiveUTF8")
_FIRST = r"coalesce(regexp_extract({0}, '(?s)\A(.*?)\r?\n', 1), {0})"

TEXT_PARTS: dict[str, Function] = {
    "bin": Function(("any",), "String", _bin),
    "base64URLEncode": Function(
        _ONE, "String", "trim(TRAILING '=' FROM to_base64url(to_utf8({0})))"),
    "base64URLDecode": Function(
        _ONE, "String", "from_utf8(from_base64url(rpad({0}, length({0}) + mod(4 - mod(length({0}),"
        " 4), 4), '=')))", note=_BYTES),
    "firstLine": Function(_ONE, "String", _FIRST),
    **{f"hasSubsequence{kind}": Function(_TWO, "UInt8", _subsequence)
       for kind in ("UTF8", "CaseInsensitiveUTF8")},
    **{f"multiSearchAllPositions{kind}": Function(("text", "array"), "Array(UInt64)", _positions,
                                                  low_cardinality=False) for kind in _KINDS},
}  # fmt: skip

REFUSED: dict[str, str] = {
    "hasSubsequence": "use hasSubsequenceUTF8()",
    "hasSubsequenceCaseInsensitive": "use hasSubsequenceCaseInsensitiveUTF8()",
    "unbin": "use unhex",
    "initcapUTF8": "use initcap",
    "tryBase64URLDecode": "use base64URLDecode()",
    **dict.fromkeys(("notMatch", "notMatchCaseInsensitive"), "use NOT match"),
    "matchCaseInsensitive": "use match with (?i)",
    **dict.fromkeys(("overlay", "overlayUTF8"), "use substring() and concat()"),
    "substringIndexUTF8": "use substringIndex()",
    "ngrams": "use arrayMap() with substringUTF8()",
}
