r"""Lists in URLs: hierarchies and parameters; ports, and what is cut out.

As in `urls`, the rules are ClickHouse's own, measured on chDB 26.9: nothing is decoded.
"""

import re

from martlet.translate import slots
from martlet.translate.function import Function, Rule, Site
from martlet.translate.functions.strings import filled, result
from martlet.translate.functions.urls import HAS_DOT, IN_HOST, SCHEME, USERS
from martlet.translate.value import Value

_HEAD = r"[0-9A-Za-z]+://[^/?#]*"
_LEVEL = r"[/?#]*[^/?#]+[/?#]?"
_LEVELS = rf"(?s)\A{_HEAD}[/?#]?|\A.+|{_LEVEL}"
_PATH = rf"(?s)\A{_HEAD}([/?#].+)"
_NONE = "CAST(ARRAY[] AS array(varchar))"


def _grown(parts: str) -> str:
    """Return SQL for the texts that parts add up to, one after the other."""
    longer = "concat(coalesce(element_at(s, -1), ''), x)"
    return f"reduce({parts}, {_NONE}, (s, x) -> concat(s, ARRAY[{longer}]), s -> s)"


def _all(text: str, pattern: str, group: int = 0) -> str:
    return f"regexp_extract_all({text}, {slots.string_sql(pattern)}, {group})"


def _hierarchy(site: Site) -> Value:
    sql = _grown(_all(filled(site.arguments[0]), _LEVELS))
    return result(site, sql, "Array(String)", "array(varchar)")


def _path_hierarchy(site: Site) -> Value:
    path = f"regexp_extract({site.arguments[0].sql}, {slots.string_sql(_PATH)}, 1)"
    sql = _grown(_all(f"coalesce({path}, '')", _LEVEL))
    return result(site, sql, "Array(String)", "array(varchar)")


_QUERY = "coalesce(regexp_extract({0}, '(?s)[?#](.*)', 1), '')"
_SKIPPED = r"(?:[^?#=&]*\?)*"


def _parameters(pattern: str) -> Rule:
    """Return a rule for all matches of a pattern's first group behind the first `?` or `#`."""

    def rule(site: Site) -> Value:
        sql = _all(_QUERY.replace("{0}", site.arguments[0].sql), _SKIPPED + pattern, 1)
        return result(site, sql, "Array(String)", "array(varchar)")

    return rule


def _cut_parameter(site: Site) -> Value:
    """Cut out the first parameter of a name, with the sign in front of it or behind it."""
    name = site.text(1)
    if not re.fullmatch(r"[\w.\-\[\] ]+", name):
        raise site.fail("a name of letters and digits is expected", index=1)
    quoted = re.sub(r"([^0-9A-Za-z_])", r"\\\1", name) if name.isascii() else name
    pattern = rf"(?s)\A([^?#]*(?=[?#]).*?)(?:([?#]){quoted}=[^&#]*&?|&{quoted}=[^&#]*)"
    sql = f"regexp_replace({site.arguments[0].sql}, {slots.string_sql(pattern)}, '$1$2')"
    return result(site, sql, "String")


# One byte before the slashes may be any.
_PREFIX = r"//|[A-Za-z][0-9A-Za-z.+\-]*://|[\x00-\x7f]//"
_PORT = rf"^{SCHEME}{HAS_DOT}{USERS}{IN_HOST}+:([0-9]+)(?:[/?#]|\z)"
_CUT_WWW = rf"(?s)^(?>({_PREFIX}))((?:[^/?#:]*@)?+)www\.(?=.)"


def _port(site: Site) -> Value:
    found = (
        f"TRY_CAST(regexp_extract({site.arguments[0].sql}, {slots.string_sql(_PORT)}, 1) AS bigint)"
    )
    other = site.arguments[1].sql if len(site.arguments) > 1 else "0"
    sql = f"IF({found} <= 65535, {found}, {other})"
    if site.arguments[0].is_nullable:
        sql = f"IF({site.arguments[0].operand} IS NOT NULL, {sql})"
    return result(site, sql, "UInt16", "bigint")


URL_PARTS: dict[str, Function] = {
    "URLHierarchy": Function(("text",), "Array(String)", _hierarchy, low_cardinality=False),
    "URLPathHierarchy": Function(("text",), "Array(String)", _path_hierarchy,
                                 low_cardinality=False),
    "extractURLParameters": Function(
        ("text",), "Array(String)", _parameters("([^?#=&]*(?:=[^&#]*|(?=[&#])))[&#]?"),
        low_cardinality=False),
    "extractURLParameterNames": Function(
        ("text",), "Array(String)", _parameters("([^?#=&]*)(?:=[^&#]*|(?=[&#]))[&#]?"),
        low_cardinality=False),
    "cutURLParameter": Function(("string", "constant"), "String", _cut_parameter),
    "cutWWW": Function(("string",), "String",
                       f"regexp_replace({{0}}, {slots.string_sql(_CUT_WWW)}, '$1$2')"),
    "port": Function(("text", "integer?"), "UInt16", _port),
}  # fmt: skip
