"""Other writings of texts and bytes: hexadecimal, Base64, URL encoding, checksums and digests."""

from dataclasses import replace

from martlet.translate.convert import as_bigint, as_number, make
from martlet.translate.function import Function, Rule, Site, padded
from martlet.translate.functions.strings import integer, number_of, result
from martlet.translate.typing import is_integer, is_string, type_of
from martlet.translate.value import WIDE, Value
from martlet.types import Group

_BYTES = "bytes that are no UTF-8 become U+FFFD"


def _hex(site: Site) -> Value:
    """Lower hex: of a text its bytes, of a number as many pairs of digits as it needs."""
    (value,) = site.arguments
    if value.form == "varbinary":
        return result(site, f"to_hex({value.sql})", "String")
    if is_string(value.type):
        return result(site, f"to_hex(to_utf8({padded(value).sql}))", "String")
    if value.type.bare.family.group is Group.UUID:
        return result(site, f"upper(replace({value.sql}, '-', ''))", "String")
    if not is_integer(value.type) or value.form == "varchar" or value.type.bare.family.least != 0:
        raise site.fail(f"an argument of type {value.type} is not supported", index=0)
    number = as_number(value)
    if number.form == WIDE:
        raise site.fail("a stored UInt64 is not supported", index=0)
    digits = f"to_base({as_bigint(number).sql}, 16)"
    sql = f"upper(lpad({digits}, length({digits}) + mod(length({digits}), 2), '0'))"
    return result(site, sql, "String")


def _char(site: Site) -> Value:
    """Lower char(72, 101, ...): numbers are bytes of a text."""
    codes = [number_of(value) for value in site.arguments]
    if all(code is not None and 0 < code < 128 for code in codes):
        return result(site, " || ".join(f"chr({code})" for code in codes), "String",
                      atomic=len(codes) == 1)  # fmt: skip
    pairs = [
        f"lpad(to_base(bitwise_and({integer(value).sql}, 255), 16), 2, '0')"
        for value in site.arguments
    ]
    joined = pairs[0] if len(pairs) == 1 else f"concat({', '.join(pairs)})"
    return result(site, f"from_utf8(from_hex({joined}))", "String")


def _digest(function: str, length: int) -> Rule:
    """Return a rule for a digest: bytes, which only hex() writes as text."""

    def rule(site: Site) -> Value:
        sql = f"{function}(to_utf8({site.arguments[0].sql}))"
        return make(sql, type_of(f"FixedString({length})"), "varbinary", of=tuple(site.arguments))

    return rule


def _xx_hash(site: Site) -> Value:
    if not is_string(site.arguments[0].type):
        raise site.fail(f"of {site.arguments[0].type} is not supported", index=0)
    signed = f"from_big_endian_64(xxhash64(to_utf8({site.arguments[0].sql})))"
    value = make(signed, type_of("Int64"), "bigint", of=tuple(site.arguments))
    return replace(site.convert(value, type_of("UInt64")), literal=None)


_KEPT = "replace(replace(url_encode({0}), '*', '%2A'), '%7E', '~')"
# A percent sign without two digits behind it stays as it is.
_MARKED = "regexp_replace({0}, '%(?![0-9A-Fa-f][0-9A-Fa-f])', '%25')"
_DIGIT = "[0-9A-Za-z+/]"
_BASE64 = f"'^(?:{_DIGIT * 4})*(?:{_DIGIT * 2}==|{_DIGIT * 3}=)?\\z'"
_ONE = ("string",)

ENCODINGS: dict[str, Function] = {
    "encodeURLComponent": Function(_ONE, "String", f"replace({_KEPT}, '+', '%20')"),
    "encodeURLFormComponent": Function(_ONE, "String", _KEPT),
    "decodeURLComponent": Function(_ONE, "String", f"url_decode(replace({_MARKED}, '+', '%2B'))",
                                   note=_BYTES),
    "decodeURLFormComponent": Function(_ONE, "String", f"url_decode({_MARKED})", note=_BYTES),
    "base64Encode": Function(_ONE, "String", "to_base64(to_utf8({0}))"),
    "base64Decode": Function(_ONE, "String", "from_utf8(from_base64({0}))", note=_BYTES),
    "tryBase64Decode": Function(
        _ONE, "String",
        f"IF(regexp_like({{0}}, {_BASE64}), from_utf8(from_base64({{0}})), substr({{0}}, 1, 0))",
        note=f"{_BYTES}; a text with spaces in it is not decoded"),
    "hex": Function(("any",), "String", _hex),
    "unhex": Function(_ONE, "String", "from_utf8(from_hex({0}))",
                      note=f"{_BYTES}; an odd number of digits is an error"),
    "char": Function(("integer*",), "String", _char, note=_BYTES),
    "CRC32": Function(_ONE, "UInt32", "crc32(to_utf8({0}))", form="bigint"),
    "xxHash64": Function(("string",), "UInt64", _xx_hash),
    "MD5": Function(_ONE, "FixedString(16)", _digest("md5", 16)),
    "SHA1": Function(_ONE, "FixedString(20)", _digest("sha1", 20)),
    "SHA256": Function(_ONE, "FixedString(32)", _digest("sha256", 32)),
    "SHA512": Function(_ONE, "FixedString(64)", _digest("sha512", 64)),
    "murmurHash3_128": Function(_ONE, "FixedString(16)", _digest("murmur3", 16)),
}  # fmt: skip

ALIASES: dict[str, str] = {
    "HEX": "hex", "UNHEX": "unhex", "CHAR": "char",
    "CRC32": "CRC32", "TO_BASE64": "base64Encode", "FROM_BASE64": "base64Decode",
}  # fmt: skip

_HASH = "Athena has no such hash; lower(hex(MD5(x))) or xxHash64(x) are the same in both engines"
_DISTANCE = "Athena has no such distance; editDistanceUTF8() is supported"

# Functions that have no equal, with what can be said about them.
REFUSED: dict[str, str] = {
    **dict.fromkeys(
        """sipHash64 sipHash128 farmHash64 farmFingerprint64 metroHash64
        murmurHash2_32 murmurHash2_64 murmurHash3_32 javaHash hiveHash xxHash32 xxh3
        intHash32 wyHash64 gccMurmurHash kafkaMurmurHash URLHash""".split(), _HASH),
    **dict.fromkeys(
        """ngramDistance ngramDistanceUTF8 ngramDistanceCaseInsensitive ngramSearch ngramSearchUTF8
        stringJaccardIndex stringJaccardIndexUTF8 editDistance levenshteinDistance jaroSimilarity
        damerauLevenshteinDistance jaroWinklerSimilarity byteHammingDistance""".split(), _DISTANCE),
    **dict.fromkeys(
        """firstSignificantSubdomain cutToFirstSignificantSubdomain
        cutToFirstSignificantSubdomainWithWWW""".split(),
        "the list of public suffixes that it uses is ClickHouse's own; use domainWithoutWWW()"),
    **dict.fromkeys(
        "normalizeQuery normalizedQueryHash".split(), "it reads SQL as ClickHouse does"),
    "multiMatchAnyIndex": "which pattern it names is left open; use multiIf() with match()",
}  # fmt: skip
