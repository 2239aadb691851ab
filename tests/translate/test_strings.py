"""Texts whose edges no table of events has: patterns, URLs and names, against ClickHouse."""

import json
import random

import pytest
from tests.trino.differential import Table

from martlet.errors import MartletError
from martlet.translate.catalogue import FUNCTIONS, find_function
from martlet.translate.functions.encodings import ENCODINGS, REFUSED
from martlet.translate.functions.regexps import REGEXPS, PatternError, joni
from martlet.translate.functions.strings import STRINGS
from martlet.translate.functions.urls import TEMPLATES, URLS

LETTERS = [*"abcABk1_ -.[{&\n\t\r\x0b", "ä", "Ä", "ß", "\u017f", "\u212a", "\u8bed"]
URL_PARTS = [
    "http", "https", ":", "//", "/", "?", "#", "&", "=", "@", ".", "www.", "a", "com", "x=", "x=1",
    "_", "-", "+", " ", "%20", "1", "ü", "~", ";", "[", "]", ":80", "example.com", "://", "\n", "|",
]  # fmt: skip


def _texts() -> list[str]:
    rng = random.Random(11)
    lengths = (0, 1, 2, 3, 5, 8, 15)
    return ["".join(rng.choices(LETTERS, k=rng.choice(lengths))) for _ in range(200)]


def _urls() -> list[str]:
    rng = random.Random(12)
    starts = ("", "http://", "https://", "//", "http://www.a.com", "b.co.uk", "https://u@1.2.3.4")
    return [rng.choice(starts) + "".join(rng.choices(URL_PARTS, k=i % 9)) for i in range(1500)]


@pytest.fixture(scope="module")
def texts(oracle):
    rows = [{"id": i, "s": text} for i, text in enumerate(_texts())]
    urls = [{"id": i, "s": text} for i, text in enumerate(_urls())]
    columns = {"id": "UInt32", "s": "String"}
    oracle.load(Table("texts", columns, rows), Table("urls", columns, urls))
    return oracle


PATTERNS = [
    r"(?i)\w", r"(?i)[^\w]", "(?i)[[:upper:]]+", "(?i)[[:alnum:]]", r"(?i)\W", r"(?i)\p{Nd}",
    "a.b", "(?-s)a.b", "^a", "a$", "(?m)^[ab]", "(?m)[ab]$", r"\ba", r"a\B", r"\s", r"\S+", r"[\s\d]", r"[^\W_]",
    "[[:alpha:]]+", "[[:punct:]]", "[[:space:]]", "[^[:space:]a]", "[a&&b]", "[[]", "[]a]", "[a-c-]", "(?i)[a-c]", "(?i)k",
    "(?i)ß", "(?i)ä+", "(?i:K)a?", "(a)|(b)", "(a|b)+?c", "a{2}", "a{1,2}?", "{", "a{,2}", r"\x61", r"\x{e4}", r"\pL", r"\p{Lu}",
    r"\PL", r"[\pL\d]", r"(?P<n>a)(b)?", r"\.", r"\{", r"[\]\-]", "ä|語", r"\t|\v", r"[\x0b]", "(?s)a.*?b", r"\Aa|b\z",
]  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
def test_patterns_mean_the_same(pattern, texts):
    quoted = "'" + pattern.replace("\\", "\\\\").replace("'", "\\'") + "'"
    calls = [
        "match(s, {})",
        "extract(s, {})",
        "extractAll(s, {})",
        "countMatches(s, {})",
        "splitByRegexp({}, s)",
    ]
    if joni(pattern).groups:
        calls += ["extractAllGroups(s, {})", "extractGroups(s, {})"]
    if any(character in pattern for character in "\\^$.[|()?*+{"):
        calls += [r"replaceRegexpAll(s, {}, '<\\0>')", r"replaceRegexpOne(s, {}, '<\\0>')"]
    texts.check(f"SELECT id, {', '.join(calls).replace('{}', quoted)} FROM texts ORDER BY id")


@pytest.mark.parametrize(
    "pattern",
    [r"(?=a)", r"(?<!a)", r"(a)\1", "a++", "a**", "*a", "(a", "a)", "[a", "[b-a]", r"a\Z", r"\G", r"\h", "(?x)a",
     r"\p{Greek}", r"\Qa\E", "a{1001}", "a{2,1}", "\\", "(a*)*", "(a|b?)+", "^*", "(?i)[a-\uffff]", "[[:foo:]]", r"(?i)\pL", r"(?i)[\p{Lu}]"],
)  # fmt: skip
def test_patterns_without_an_equal(pattern):
    with pytest.raises(PatternError):
        joni(pattern)


@pytest.mark.parametrize("name", [*TEMPLATES, "extractURLParameter"])
def test_urls(name, texts):
    argument = ", 'x'" if name == "extractURLParameter" else ""
    texts.check(f"SELECT id, s, {name}(s{argument}) FROM urls ORDER BY id")


def test_cases_of_letters(texts):
    texts.check(
        "SELECT id, lower(s), upper(s), lowerUTF8(s), upperUTF8(s), initcap(s) FROM texts ORDER BY id"
    )


def test_names_are_clickhouses(engine):
    rows = engine.execute(
        "SELECT name, alias_to, case_insensitive FROM system.functions", format="JSONCompact"
    )
    known = {name: (own or name, any_case) for name, own, any_case in json.loads(rows.body)["data"]}
    ours = {**STRINGS, **REGEXPS, **URLS, **ENCODINGS}
    assert set(ours) <= set(known)
    for name, (own, any_case) in known.items():
        if own in ours:
            for spelling in (name, name.upper() if any_case else name):
                found = find_function(spelling)
                assert found is not None, name
                assert found[0] == own


def test_refusals_say_why(oracle):
    assert not set(REFUSED) & set(FUNCTIONS)
    with pytest.raises(
        MartletError, match=r"sipHash64\(\) is not supported on Athena: .* xxHash64"
    ):
        oracle.translate("SELECT sipHash64(s) FROM v")
