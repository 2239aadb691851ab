"""Parts of URLs, by ClickHouse's own simple rules: nothing is decoded, nothing must be valid.

Trino's `url_extract_*` are not used: they decode, and give NULL for what Java calls no URL.
"""

import re

from martlet.translate import slots
from martlet.translate.function import Function, Rule, Site
from martlet.translate.functions.strings import result
from martlet.translate.value import Value

# What cannot be in a host: with one of these before its end there is no domain.
BAD = r" \t<>%{}|\\^~\[\];=&"
SCHEME = r"(?>(?://|[\x00-\x7f][0-9A-Za-z.+\-]{0,12}://)?)"
IN_HOST = rf"[^{BAD}:/?#@]"
USERS = rf"(?:{IN_HOST}*@)*"
# Names of users in front of the host count: a dot there is enough.
HAS_DOT = rf"(?=[^{BAD}:/?#]*\.[^{BAD}:/?#]*[^{BAD}:/?#.](?:[:/?#]|\z))"
_HOST = rf"^{SCHEME}{HAS_DOT}{USERS}({IN_HOST}*)(?:[:/?#]|\z)"
_BEFORE_PATH = r"^[^/]*(?://[^/]*|(?!//))"


def _extracted(pattern: str) -> str:
    """Return a template for the first group of a pattern, empty without a match."""
    return f"coalesce(regexp_extract({{0}}, {slots.string_sql(pattern)}, 1), '')"


def _template(sql: str) -> Rule:
    """Return a rule for a template that gives a text; a NULL stays one."""

    def rule(site: Site) -> Value:
        value = site.arguments[0]
        made = sql.replace("{0}", value.sql)
        if value.is_nullable and "coalesce(" in sql:
            made = f"IF({value.operand} IS NULL, NULL, {made})"
        return result(site, made, "String")

    return rule


def _parameter(site: Site) -> Value:
    name = site.text(1)
    if not name:
        raise site.fail("a name is expected", index=1)
    quoted = re.sub(r"([^0-9A-Za-z_])", r"\\\1", name) if name.isascii() else re.escape(name)
    return _template(_extracted(rf"(?s)^[^?#]*[?#](?:.*?[?&#])??{quoted}=([^&#]*)"))(site)


_DOMAIN = _extracted(_HOST)


def _cut(pattern: str, by: str = "") -> str:
    return f"regexp_replace({{0}}, {slots.string_sql(pattern)}, '{by}')"


TEMPLATES: dict[str, str] = {
    "protocol": _extracted(r"^([A-Za-z][0-9A-Za-z.+\-]*):(?s:...)"),
    "domain": _DOMAIN,
    "domainWithoutWWW": f"regexp_replace({_DOMAIN}, '^www\\.', '')",
    "topLevelDomain": _extracted(r"\.([^0-9.][^.]*)\z").replace("{0}", _DOMAIN),
    "path": _extracted(_BEFORE_PATH + "(/[^?#]*)"),
    "pathFull": _extracted("(?s)" + _BEFORE_PATH + "(/.*)"),
    "queryString": _extracted(r"\?([^#]*)"),
    "fragment": _extracted("(?s)#(.*)"),
    "queryStringAndFragment": _extracted(r"(?s)(?:^[^?]*\?|(?=#))(.*)"),
    "cutQueryString": _cut(r"^([^?]*)\?[^#]*", "$1"),
    "cutFragment": _cut("(?s)#.*"),
    "cutQueryStringAndFragment": _cut(r"(?s)(?:\?|#(?!.*\?)).*"),
}

URLS: dict[str, Function] = {
    **{name: Function(("string",), "String", _template(sql)) for name, sql in TEMPLATES.items()},
    "extractURLParameter": Function(("string", "string"), "String", _parameter),
}
