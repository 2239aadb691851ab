"""Internet addresses in texts: version 4 as numbers, and whether a text is one."""

import ipaddress

from martlet.translate import slots
from martlet.translate.convert import make
from martlet.translate.function import Function, Rule, Site
from martlet.translate.functions.strings import truth
from martlet.translate.typing import is_string, nullable, type_of
from martlet.translate.value import Value

_OCTET = "(?:25[0-5]|2[0-4][0-9]|1[0-9][0-9]|[1-9]?[0-9])"
_PATTERN = slots.string_sql(r"\A" + r"\.".join([_OCTET] * 4) + r"\z")
_IS_V4 = f"regexp_like({{0}}, {_PATTERN})"
_IS_V6 = "(regexp_like({0}, '^[^%]*:[^%]*$') AND TRY_CAST({0} AS ipaddress) IS NOT NULL)"
_NUMBER = "reduce(split({0}, '.'), BIGINT '0', (s, x) -> s * 256 + CAST(x AS bigint), s -> s)"
_WRONG = "CAST('no address: ' || {0} AS bigint)"


def _octets(count: int, rest: str = "") -> str:
    parts = [f"CAST(bitwise_and(bitwise_right_shift({{0}}, {shift}), 255) AS varchar)"
             for shift in (24, 16, 8, 0)]  # fmt: skip
    return " || '.' || ".join(parts[:count]) + (f" || '{rest}'" if rest else "")


def _filled(template: str, type_: str, other: str) -> Rule:
    """Return a rule for a text that is an address; `other` is what it is of another text."""

    def rule(site: Site) -> Value:
        (value,) = site.arguments
        if not is_string(value.type):
            raise site.fail(f"of {value.type} is not supported", index=0)
        sql = f"CASE WHEN {_IS_V4} THEN {template} WHEN {{0}} IS NOT NULL THEN {other} END"
        made = make(sql.replace("{0}", value.sql), type_of(type_), of=(value,))
        if "OrDefault" in site.name and value.is_nullable:
            raise site.fail(f"of {value.type} is not supported", index=0)
        return made.retyped(nullable(made.type)) if other == "NULL" else made

    return rule


def _in_range(site: Site) -> Value:
    """Whether a text is an address of a range of version 4, whose text is a literal."""
    try:
        network = ipaddress.IPv4Network(site.text(1), strict=False)
    except ValueError:
        raise site.fail("a literal range such as '10.0.0.0/8' is expected", index=1) from None
    low, high = int(network.network_address), int(network.broadcast_address)
    sql = (
        f"CASE WHEN {_IS_V4} THEN {_NUMBER} BETWEEN {low} AND {high}"
        f" WHEN {_IS_V6} THEN false WHEN {{0}} IS NOT NULL THEN {_WRONG} = 0 END"
    )
    return truth(site, sql.replace("{0}", site.arguments[0].sql), atomic=True)


_TEXT = ("text",)
_ZEROS = "a text with zeros in front of a number is no address"
_NO_TEXT = "CAST(CAST('no address: ' || {0} AS bigint) AS varchar)"

ADDRESSES: dict[str, Function] = {
    "IPv4NumToString": Function(("int",), "String", _octets(4)),
    "IPv4NumToStringClassC": Function(("int",), "String", _octets(3, ".xxx")),
    "IPv4StringToNum": Function(_TEXT, "UInt32", _filled(_NUMBER, "UInt32", _WRONG)),
    "IPv4StringToNumOrNull": Function(_TEXT, "UInt32", _filled(_NUMBER, "UInt32", "NULL")),
    "IPv4StringToNumOrDefault": Function(_TEXT, "UInt32", _filled(_NUMBER, "UInt32", "0")),
    **{name: Function(_TEXT, "IPv4", _filled("{0}", "IPv4", other), note=_ZEROS)
       for name, other in (("toIPv4", _NO_TEXT), ("toIPv4OrNull", "NULL"),
                           ("toIPv4OrDefault", "'0.0.0.0'"), ("toIPv4OrZero", "'0.0.0.0'"))},
    "isIPv4String": Function(_TEXT, "UInt8", _IS_V4, form="boolean"),
    "isIPv6String": Function(
        _TEXT, "UInt8", f"IF({{0}} IS NULL, NULL, {_IS_V6})", form="boolean"
    ),
    "isIPAddressInRange": Function(("text", "constant"), "UInt8", _in_range),
}  # fmt: skip

ALIASES: dict[str, str] = {"INET_NTOA": "IPv4NumToString", "INET_ATON": "IPv4StringToNum"}

REFUSED: dict[str, str] = dict.fromkeys(
    """toIPv6 toIPv6OrNull toIPv6OrDefault toIPv6OrZero IPv4ToIPv6 IPv6NumToString IPv6StringToNum
    IPv6StringToNumOrNull IPv6StringToNumOrDefault IPv4CIDRToRange IPv6CIDRToRange
    cutIPv6""".split(),
    "addresses of version 6 are supported as texts only",
)
