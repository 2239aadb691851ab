"""Numbers written for people: `1.50 KiB`, `1.23 million`, `1 hour and 5 minutes`."""

from martlet.translate.convert import as_double
from martlet.translate.function import Function, Rule, Site
from martlet.translate.functions.strings import result
from martlet.translate.value import Value

_SIZES = (" B", " KiB", " MiB", " GiB", " TiB", " PiB", " EiB", " ZiB", " YiB")
_DECIMAL_SIZES = (" B", " KB", " MB", " GB", " TB", " PB", " EB", " ZB", " YB")
_QUANTITIES = (
    "", " thousand", " million", " billion", " trillion", " quadrillion", " quintillion",
    " sextillion", " septillion", " octillion", " nonillion",
)  # fmt: skip

# Java rounds the shortest text of a double, ClickHouse its exact value: of 1.005 they make 1.01
# and 1.00. 2^52 times a double from 1 on is a whole number, which a decimal holds exactly.
_EXACT = (
    "CAST(CAST(CAST({0} * 4503599627370496e0 AS bigint) AS decimal(38,2))"
    " / DECIMAL '4503599627370496' AS varchar)"
)


_TEXT = f"IF(abs(p[1]) >= 1 AND abs(p[1]) < 1024, {_EXACT.replace('{0}', 'p[1]')}, {{f}})"
_FORMATTED = "replace(replace(format('%.2f', p[1]), 'Infinity', 'inf'), 'NaN', 'nan')"


def _scaled(units: tuple[str, ...], base: str) -> Rule:
    """Return a rule for a number in the greatest unit of which there is at least one."""

    def rule(site: Site) -> Value:
        value = as_double(site.arguments[0])
        cases, number = [f"WHEN is_nan(n) THEN ROW(n, '{units[0]}')"], "n"
        for unit in units[:-1]:
            cases.append(f"WHEN abs({number}) < {base} THEN ROW({number}, '{unit}')")
            number = f"{number} / {base}"
        cases.append(f"ELSE ROW({number}, '{units[-1]}')")
        pairs = f"transform(ARRAY[{value.sql}], n -> CASE {' '.join(cases)} END)"
        text = _TEXT.replace("{f}", _FORMATTED)
        sql = f"element_at(transform({pairs}, p -> {text} || p[2]), 1)"
        if value.is_nullable:
            sql = f"IF({value.operand} IS NOT NULL, {sql})"
        return result(site, sql, "String")

    return rule


_UNITS = {"year": 31_536_000, "month": 2_635_200, "day": 86_400, "hour": 3600, "minute": 60,
          "second": 1}  # fmt: skip


def _time_delta(site: Site) -> Value:
    """Lower a number of seconds in units from the greatest one on; fractions are cut off."""
    names = list(_UNITS)
    if len(site.arguments) > 1:
        greatest = site.text(1).removesuffix("s")
        if greatest not in names:
            raise site.fail("the greatest unit is one from 'years' to 'seconds'", index=1)
        names = names[names.index(greatest) :]
    value = as_double(site.arguments[0])
    parts, rest = [], "n"
    for name in names:
        count = f"{rest} / {_UNITS[name]}" if _UNITS[name] > 1 else rest
        plural = f"IF({count} = 1, ' {name}', ' {name}s')"
        parts.append(f"IF({count} > 0, CAST({count} AS varchar) || {plural})")
        rest = f"mod({rest}, {_UNITS[name]})"
    shown = f"filter(ARRAY[{', '.join(parts)}], p -> p IS NOT NULL)"
    joined = (
        "p -> CASE cardinality(p) WHEN 0 THEN '0 seconds' WHEN 1 THEN p[1] ELSE"
        " array_join(slice(p, 1, cardinality(p) - 1), ', ') || ' and ' || element_at(p, -1) END"
    )
    whole = f"CAST(floor(abs({value.sql})) AS bigint)"
    text = f"element_at(transform(transform(ARRAY[{whole}], n -> {shown}), {joined}), 1)"
    sql = f"IF({value.operand} < 0, '-', '') || {text}"
    if value.is_nullable:
        sql = f"IF({value.operand} IS NOT NULL, {sql})"
        return result(site, sql, "String")
    return result(site, sql, "String", atomic=False)


_BELOW = "of a fraction below 1 the last digit may differ"

READABLE: dict[str, Function] = {
    "formatReadableSize": Function(("number",), "String", _scaled(_SIZES, "1024e0"), note=_BELOW),
    "formatReadableDecimalSize": Function(("number",), "String", _scaled(_DECIMAL_SIZES, "1e3"),
                                          note=_BELOW),
    "formatReadableQuantity": Function(
        ("number",), "String", _scaled(_QUANTITIES, "1e3"),
        note=f"{_BELOW}; from 1e33 on the number is counted in nonillions"),
    "formatReadableTimeDelta": Function(
        ("number", "constant?"), "String", _time_delta,
        note="from 9.2e18 on, and for NaN, an error"),
}  # fmt: skip

ALIASES: dict[str, str] = {"FORMAT_BYTES": "formatReadableSize"}
