"""Canonical files and the vendor: its parser reads the same in them, its formatter agrees or loses.

`python -m tests.vendor.test_fmt --count 5000 --seed 1` puts more files to both sides.
"""

import argparse
import re
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scripts.environments import FORWARD
from tests.files.generate_datasource import datasource
from tests.files.generate_pipe import connections, pipes
from tests.files.reading import read
from tests.files.test_fuzz import WORDS
from tests.test_fmt import CASES, FILES, formatted, included
from tests.vendor.oracle import Vendor

SCHEMA = "SCHEMA >\n    `a` Int8 `json:$.a`,\n    `b` Nullable(String) `json:$.b` DEFAULT 'x' CODEC(ZSTD(1))\n"
# Ordinary files on which both formatters agree: written in any way, and as both write them.
AGREED = [
    (
        "datasource",
        "TOKEN t APPEND\nschema  >\n  a Int8 `json:$.a`, b Nullable(String)  `json:$.b` default 'x' codec(ZSTD(1))\n"
        "ENGINE  MergeTree\nENGINE_PARTITION_KEY   toYYYYMM(now())\nENGINE_SORTING_KEY a,  a\n",
        'TOKEN "t" APPEND\n\n' + SCHEMA + "\nENGINE MergeTree\nENGINE_PARTITION_KEY toYYYYMM(now())\nENGINE_SORTING_KEY a, a\n",
    ),
    (
        "datasource",
        "DESCRIPTION What it is\nTAGS a,b\n" + SCHEMA + "INDEXES >\n  i a TYPE minmax GRANULARITY 1\nENGINE Null\nSHARED_WITH >\n  x\n",
        'DESCRIPTION >\n    What it is\n\nTAGS "a, b"\n\n' + SCHEMA
        + "\nINDEXES >\n    i a TYPE minmax GRANULARITY 1\n\nENGINE Null\n\nSHARED_WITH >\n    x\n",
    ),
    (
        "datasource",
        SCHEMA + "KAFKA_CONNECTION_NAME  c\nKAFKA_TOPIC t\nKAFKA_GROUP_ID $G",
        SCHEMA + "\nKAFKA_CONNECTION_NAME c\nKAFKA_TOPIC t\nKAFKA_GROUP_ID $G\n",
    ),
    (
        "datasource",
        SCHEMA + "IMPORT_CONNECTION_NAME  c\nIMPORT_SCHEDULE @auto\nIMPORT_BUCKET_URI s3://b/*.csv\nIMPORT_FORMAT csv",
        SCHEMA + "\nIMPORT_CONNECTION_NAME c\nIMPORT_SCHEDULE @auto\nIMPORT_BUCKET_URI s3://b/*.csv\nIMPORT_FORMAT csv\n",
    ),
    (
        "pipe",
        "DESCRIPTION One\nTOKEN t READ\nNODE n\nDESCRIPTION two\nSQL >\n  % SELECT a FROM t WHERE b = {{ String(b) }}\nTYPE ENDPOINT\n",
        'DESCRIPTION >\n    One\n\nTOKEN "t" READ\n\nNODE n\nDESCRIPTION >\n    two\n\nSQL >\n    %\n'
        "    SELECT a FROM t WHERE b = {{ String(b) }}\n\nTYPE ENDPOINT\n",
    ),
    (
        "pipe",
        "NODE m\nSQL >\n  SELECT 1\nNODE n\nSQL >\n SELECT 2\nTYPE COPY\nTARGET_DATASOURCE  t\nCOPY_MODE append\nCOPY_SCHEDULE 0 * * * *",
        "NODE m\nSQL >\n    SELECT 1\n\nNODE n\nSQL >\n    SELECT 2\n\nTYPE COPY\nTARGET_DATASOURCE t\nCOPY_MODE append\nCOPY_SCHEDULE 0 * * * *\n",
    ),
    (
        "pipe",
        "NODE m\nSQL >\n  SELECT 1\nTYPE MATERIALIZED\nDATASOURCE  t",
        "NODE m\nSQL >\n    SELECT 1\n\nTYPE MATERIALIZED\nDATASOURCE t\n",
    ),
]  # fmt: skip
NODE = "NODE n\nSQL >\n    SELECT 1\n"
# What the vendor's formatter does and ours does not, canonical for us: why, and the vendor's text.
DIFFERENT = [
    ("drops comments", "datasource", "# c\n" + SCHEMA, SCHEMA),
    ("drops comments of a SCHEMA", "datasource", "SCHEMA >\n    `a` Int8 -- c\n", "SCHEMA >\n    `a` Int8\n"),
    ("drops quotes", "datasource", SCHEMA + '\nENGINE "Null"\n', SCHEMA + "\nENGINE Null\n"),
    ("drops instructions", "datasource", SCHEMA + "\nBACKFILL skip\n", SCHEMA),
    ("drops settings", "pipe", NODE + "\nTYPE MATERIALIZED\nDATASOURCE t\nDEPLOYMENT_METHOD alter\n", NODE + "\nTYPE MATERIALIZED\nDATASOURCE t\n"),
    ("drops DEFAULT NULL", "datasource", "SCHEMA >\n    `a` Nullable(Int8) DEFAULT NULL\n", "SCHEMA >\n    `a` Nullable(Int8)\n"),
    ("drops blank lines", "datasource", "SCHEMA >\n    `a` Int8,\n\n    `b` Int8\n", "SCHEMA >\n    `a` Int8,\n    `b` Int8\n"),
    ("reorders instructions", "datasource", 'TAGS "x"\n\nTOKEN "t" READ\n\n' + SCHEMA, 'TOKEN "t" READ\n\nTAGS "x"\n\n' + SCHEMA),
    ("writes TYPE in capitals", "pipe", NODE + "\nTYPE endpoint\n", NODE + "\nTYPE ENDPOINT\n"),
    ("puts no line before a NODE", "pipe", NODE + "\nTYPE ENDPOINT\n\nNODE m\nSQL >\n    SELECT 2\n", NODE + "\nTYPE ENDPOINT\nNODE m\nSQL >\n    SELECT 2\n"),
    ("formats SQL", "pipe", "NODE n\nSQL >\n    SELECT   1,2\n", "NODE n\nSQL >\n    SELECT 1, 2\n"),
    ("changes literals", "pipe", "NODE n\nSQL >\n  SELECT 'a\n  b'\n", "NODE n\nSQL >\n    SELECT 'a\n    b'\n"),
    ("joins the lines of a description", "datasource", "DESCRIPTION >\n    a\n\n    b\n\n" + SCHEMA, "DESCRIPTION >\n    a\n    b\n\n" + SCHEMA),
]  # fmt: skip


def ours(text: str, kind: str) -> str:
    found = formatted(text, kind)
    assert not found.errors
    return found.after


@pytest.mark.parametrize(("kind", "text", "expected"), AGREED)
def test_both_formatters_agree(forward, kind, text, expected):
    theirs = forward.ask("formatted", kind=kind, content=text)["value"]
    assert theirs == expected
    assert ours(text, kind) == expected
    assert ours(expected, kind) == expected


@pytest.mark.parametrize(
    ("kind", "text", "theirs"),
    [case[1:] for case in DIFFERENT],
    ids=[case[0] for case in DIFFERENT],
)
def test_where_the_formatters_differ(forward, kind, text, theirs):
    assert ours(text, kind) == text
    assert forward.ask("formatted", kind=kind, content=text)["value"] == theirs


def test_what_the_vendor_has_formatted_stays(forward):
    files = [datasource(Random(seed)) for seed in range(60)]
    questions = [{"ask": "formatted", "kind": "datasource", "content": text} for text in files]
    theirs = [answer["value"] for answer in forward.ask_all(questions) if "value" in answer]
    readable = [text for text in theirs if not read(text)[1].errors]
    assert len(readable) > 30
    for text in readable:
        assert ours(text, "datasource") == re.sub(" +$", "", text, flags=re.MULTILINE)


def squeezed(value: object) -> object:
    """Return what the vendor has read without white space, which means nothing to ClickHouse."""
    if isinstance(value, str):
        return "".join(value.split())
    if isinstance(value, dict):
        return {key: squeezed(item) for key, item in value.items() if key not in DIFFERENT_WORDS}
    return [squeezed(item) for item in value] if isinstance(value, list) else value


# Texts of warnings have line numbers; Classic keeps the case of a permission.
DIFFERENT_WORDS = ("warnings", "permissions")


# Read by both, and not alike: typographic quotes, and `--` in a literal, which the vendor takes for
# a comment (measured).
APART = re.compile("[\u201c\u2018]|'--")


def files(count: int, seed: int) -> Iterator[tuple[str, str]]:
    """Yield generated data sources, one in three of them garbled, that we read."""
    random = Random(seed)
    for _ in range(count):
        text = datasource(random)
        if random.random() < 1 / 3:
            start = random.randrange(len(text))
            text = text[:start] + random.choice(WORDS) + text[start + random.randrange(4) :]
        if not read(text)[1].errors and not APART.search(text):
            yield "datasource", text


def forward_question(kind: str, text: str) -> dict[str, object]:
    return {"ask": kind, "content": text, "skip_eval": True}


def classic_question(kind: str, text: str) -> dict[str, object]:
    folder = dict(included("", name) for name in ("where.incl", "columns.incl"))
    return {"ask": "classic", "kind": kind, "files": {"x": text, **folder}, "name": "x"}


def compare(
    vendor: Vendor,
    made: list[tuple[str, str]],
    question: Callable[[str, str], dict[str, object]] = forward_question,
) -> Counter[str]:
    """Return how many files the vendor reads; print those that it reads otherwise once formatted."""
    counts: Counter[str] = Counter()
    after = [(kind, ours(text, kind)) for kind, text in made]
    questions = [question(kind, text) for kind, text in [*made, *after]]
    answers = vendor.ask_all(questions)
    for (_, text), (_, written), before, then in zip(
        made, after, answers, answers[len(made) :], strict=False
    ):
        counts["read" if "value" in before else "refused"] += 1
        if "value" not in before:  # what only we read may be mended
            counts["mended"] += "value" in then
        elif squeezed(before) != squeezed(then):
            counts["differ"] += 1
            print(f"{text}\n{before}\nbecomes\n{written}\n{then}\n")
    return counts


def own_files(but: str) -> list[tuple[str, str]]:
    """Return the files of this repository, of the tutorials and of `tests.test_fmt`."""
    made = [(kind, text) for _, kind, text, _ in CASES]
    made += [(path.suffix[1:], path.read_text()) for path in FILES]
    return [(kind, text) for kind, text in made if not re.search(f"{APART.pattern}|{but}", text)]


def test_the_vendor_reads_the_same(forward):
    counts = compare(forward, [*own_files("INCLUDE"), *files(80, 1)])
    assert counts["read"] > 80
    assert not counts["differ"]


def test_classic_reads_the_same(classic):
    # For Classic a SCHEMA behind a DESCRIPTION is part of it.
    made = [(kind, text) for kind, text in own_files(r"\. SCHEMA >") if kind != "connection"]
    counts = compare(classic, [*made, *files(80, 2)], classic_question)
    assert counts["read"] > 40
    assert not counts["differ"]


@given(
    st.one_of(st.tuples(st.just("pipe"), pipes()), st.tuples(st.just("connection"), connections()))
)
@settings(max_examples=40, deadline=None)
def test_the_vendor_reads_the_same_in_pipes_and_connections(forward, made):
    if not (read(made[1], made[0])[1].errors or APART.search(made[1])):
        assert not compare(forward, [made])["differ"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    vendor = Vendor(FORWARD)
    print(dict(compare(vendor, list(files(options.count, options.seed)))))
    vendor.close()


if __name__ == "__main__":
    main()
