"""What tells a repeated request from another one, and where ids of rows are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.errors import IdempotencyError, RequestError
from martlet.files.project import load_project
from martlet.idempotency import Key, check_key, read_key
from martlet.query import QueryBuilder
from martlet.translations import Translations

PRINTABLE = st.characters(min_codepoint=32, max_codepoint=126, exclude_characters=",")
KEYS = st.text(PRINTABLE, min_size=1, max_size=255).filter(lambda text: text.strip() == text)


def key(text: str = "k", name: str = "events", body: bytes = b"x", form: object = "ndjson") -> Key:
    found = read_key({"idempotency-key": text}, name, body, form=form, note=b"202")
    assert found is not None
    return found


@given(KEYS, st.integers(1, 3))
def test_every_key_is_taken_however_often_it_is_sent(text: str, times: int):
    assert check_key(", ".join([text] * times)) == text


@given(st.text(max_size=300))
def test_what_is_taken_is_printable_and_of_its_length(text: str):
    try:
        found = check_key(text)
    except RequestError:
        return
    assert 1 <= len(found) <= 255
    assert found.isascii()
    assert found.isprintable()
    assert "," not in found


@given(st.tuples(KEYS, KEYS), st.tuples(KEYS, KEYS))
def test_names_differ_by_data_source_and_key(one: tuple[str, str], other: tuple[str, str]):
    assert (key(*one).name == key(*other).name) == (one == other)


@given(st.tuples(st.binary(), st.text()), st.tuples(st.binary(), st.text()))
def test_requests_differ_by_body_and_form(one: tuple[bytes, str], other: tuple[bytes, str]):
    first, second = (key(body=body, form=form) for body, form in (one, other))
    if one == other:
        second.repeat(first.digest, b"200")
        assert (second.note, second.is_replayed) == (b"200", True)
    else:
        with pytest.raises(IdempotencyError):
            second.repeat(first.digest, b"200")


def test_without_the_header_there_is_no_key():
    assert read_key({}, "events", b"x", form="ndjson", note=b"202") is None


def test_ids_of_rows_do_not_run_on_athena(write_project):
    root = write_project({
        "datasources/events.datasource": "SCHEMA >\n    id String `json:$.id`\n",
        "datasources/others.datasource": "SCHEMA >\n    id String `json:$.id`\n",
        "martlet.toml": '[datasources.events]\nid_column = "id"\n',
    })  # fmt: skip
    project = load_project(root)
    translations = Translations(project, QueryBuilder(project))
    (error,) = translations.datasource_errors(project.datasources["events"])
    assert str(error.location) == "martlet.toml:1:14"
    assert not translations.datasource_errors(project.datasources["others"])
