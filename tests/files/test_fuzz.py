"""Whatever the text, reading it gives a resource or errors that point into it."""

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from tests.files.reading import PARSERS, read

from martlet.errors import DatafileError
from martlet.files.settings import parse_dotenv, parse_settings
from martlet.files.source import Report

TUTORIALS = sorted((Path(__file__).parents[1] / "tutorials").rglob("*.*"))
VALID = [path.read_text() for path in TUTORIALS if path.is_file()] + [
    "TOKEN a READ\nSCHEMA >\n    `a` Array(Tuple(x Int8)) `json:$.a[:].b` DEFAULT [(1)] CODEC(LZ4),\n"
    "    n Nullable(String) -- x\nINDEXES >\n    INDEX i a TYPE set(1) GRANULARITY 2\n"
    "ENGINE ReplacingMergeTree\nENGINE_SORTING_KEY (a, toDate(n))\nENGINE_VER v\n"
    "KAFKA_TOPIC {{ tb_secret('a', 'b') }} # c\n",
    "INCLUDE x A=1\nNODE n\nSQL >\n    % SELECT {{x}}\nTYPE copy\nTARGET_DATASOURCE d\n"
    "COPY_SCHEDULE 0 */2 1-5 jan *\nENGINE \u201cMergeTree\u201d\nTYPE sink\nEXPORT_SCHEDULE $A\n",
    "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS h\nKAFKA_SSL_CA_PEM >\n    x\n",
    '{"SCHEMA": [{"name": "a", "type": "Int8", "default": 1}], "ENGINE_SORTING_KEY": "a"}',
]
WORDS = [
    "SCHEMA", "NODE", "SQL", "DESCRIPTION", "TYPE", "TOKEN", "INDEXES", "ENGINE", ">", "\n",
    "    ", "\t", "\r\n", ",", "(", ")", "[", "{", "}", "`", "'", '"', "%", "#", "--", "\\", "$",
    "${A}", "json:$.a[:]", "DEFAULT", "CODEC", "Array", "NULL", "AggregateFunction", "{{", "}}",
    "{%", "->", "::", "INCLUDE", "\u201c", "\x00", "\x0b", "\u2028", "\ufeff", "é",
]  # fmt: skip
kinds = st.sampled_from(sorted(PARSERS))
texts = st.one_of(
    st.text(),
    st.lists(st.sampled_from(WORDS)).map("".join),
    st.lists(st.sampled_from(WORDS)).map(" ".join),
)


def include(path: str, name: str) -> tuple[str, str]:
    if name != "x":
        raise DatafileError("no such file")
    return "x.incl", "NODE $A\nINCLUDE x\n"


def check(text: str, kind: str) -> None:
    """Read the text and look at every place that its errors and warnings name."""
    _, report = read(text, kind, secrets={"a": "x\ny"}, environment={"A": "1"}, include=include)
    files = {f"x.{kind}": text.removeprefix("\ufeff"), "x.incl": include("", "x")[1]}
    for error in [*report.errors, *report.warnings]:
        place = error.location
        assert place is not None
        lines = files[place.path].split("\n")
        assert place.text == lines[place.line - 1].removesuffix("\r")
        assert 1 <= place.column <= len(place.text) + 1
        assert error.message
        assert str(error).startswith(f"{place}: ")


@given(texts, kinds)
def test_any_text(text, kind):
    check(text, kind)


@given(st.sampled_from(VALID), kinds, st.data())
def test_a_valid_file_with_pieces_cut_out_and_put_in(text, kind, data):
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(text)))
        end = data.draw(st.integers(start, min(len(text), start + 20)))
        text = text[:start] + data.draw(texts) + text[end:]
    check(text, kind)


@given(texts)
def test_any_schema(text):
    check(f"SCHEMA >\n    {text}\n", "datasource")


@given(texts)
def test_any_key(text):
    check(f"SCHEMA >\n    a Int8\nENGINE_SORTING_KEY >\n    {text}\n", "datasource")


@given(st.text() | st.lists(st.sampled_from([*WORDS, "[settings]", "a=1", "\n"])).map("".join))
def test_any_settings(text):
    report = Report()
    parse_settings("martlet.toml", text, report)
    for error in report.errors:
        assert error.location is not None
        assert 1 <= error.location.column <= len(error.location.text) + 1
    assert all(isinstance(value, str) for value in parse_dotenv(text).values())
