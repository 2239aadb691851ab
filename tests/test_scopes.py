"""Scopes as text and as JSON: there and back, and nothing half understood."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from martlet.access import Grant
from martlet.errors import RequestError
from martlet.scopes import (
    SCOPES,
    format_grant,
    format_scope,
    grant_as_json,
    grant_of_json,
    parse_grant,
    parse_scope,
)

NAMES = st.from_regex(r"[a-z_]\w{0,10}(\.[a-z]\w{0,5})?", fullmatch=True)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)
FILTERS = st.builds(
    lambda column, value: f"{column} = '{value}'",
    st.sampled_from(["tenant", "`odd name`", "a.b"]),
    TEXTS.map(lambda text: text.replace("\\", "\\\\").replace("'", "\\'")),
)
VALUES = st.text(max_size=5) | st.integers() | st.booleans() | st.lists(st.text(max_size=3))


@st.composite
def grants(draw, *, fixed: bool = False) -> Grant:
    scope = draw(st.sampled_from(sorted(SCOPES)))
    kind = SCOPES[scope]
    if not kind.resource:
        return Grant(scope)
    return Grant(
        scope,
        draw(NAMES),
        draw(st.just("") | FILTERS) if kind.has_filter else "",
        draw(st.dictionaries(st.text(min_size=1, max_size=5), VALUES, max_size=3))
        if fixed and kind.has_fixed
        else {},
    )


@given(grants())
def test_text_comes_back(grant: Grant):
    assert parse_grant(format_grant(grant)) == grant
    assert Grant.of_texts(*parse_scope(format_grant(grant))) == grant
    assert format_scope(*parse_scope(format_grant(grant))) == format_grant(grant)


@given(grants(fixed=True))
def test_json_comes_back(grant: Grant):
    assert grant_of_json(json.loads(json.dumps(grant_as_json(grant)))) == grant


@given(
    st.text(max_size=60)
    | st.tuples(st.sampled_from(sorted(SCOPES)), st.text(max_size=30)).map(":".join)
)
def test_any_other_text_is_refused_or_means_what_it_says(text: str):
    try:
        grant = parse_grant(text)
    except RequestError:
        return
    assert grant.scope in SCOPES
    head, _, filter = text.removeprefix(grant.scope).removeprefix(":").partition(":")
    assert (grant.resource, grant.filter) == (head, filter.strip())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "does not exist; use one of ADMIN, "),
        ("admin", "does not exist"),
        ("ADMIN:x", "is of the workspace and takes no resource"),
        ("TOKENS:", "is of the workspace and takes no resource"),
        ("PIPES:READ", "needs the name of one pipe: PIPES:READ:<name>"),
        ("PIPES:READ:", "needs the name of one pipe"),
        ("PIPES:READ:*", "needs the name of one pipe"),
        ("PIPES:READ:p:a = 1", "PIPES:READ takes no filter; DATASOURCES:READ does"),
        ("DATASOURCES:APPEND:e:a = 1", "takes no filter"),
        ("DATASOURCES:READ:e:", "The filter of 'e' is not allowed: it is empty"),
        ("DATASOURCES:READ:e:a IN t", "t behind IN could be a table"),
        ("PIPES:READER:p", "does not exist"),
    ],
)
def test_texts_that_are_no_scope(text: str, reason: str):
    with pytest.raises(RequestError) as raised:
        parse_grant(text)
    assert reason in raised.value.message


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (None, "A scope is an object"),
        ([], "A scope is an object"),
        ({}, "The scope '' does not exist"),
        ({"type": 5}, "'type' of a scope is a text"),
        ({"type": "PIPES:READ", "resource": ["p"]}, "'resource' of a scope is a text"),
        ({"type": "PIPES:READ", "resource": "p", "filters": "a = 1"}, "A scope has no 'filters'"),
        (
            {"type": "PIPES:READ", "resource": "p", "fixed_parameters": {}},
            "has no 'fixed_parameters'",
        ),
        ({"type": "PIPES:READ", "resource": "p", "filter": "a = 1"}, "takes no filter"),
        ({"type": "PIPES:READ", "resource": "p", "fixed_params": []}, "are an object"),
        ({"type": "PIPES:READ", "resource": "p", "fixed_params": {"a": None}}, "'a' is no value"),
        (
            {"type": "PIPES:READ", "resource": "p", "fixed_params": {"a": {"b": 1}}},
            "'a' is no value",
        ),
        ({"type": "PIPES:READ", "resource": "p", "fixed_params": {"a": [[1]]}}, "'a' is no value"),
        (
            {"type": "DATASOURCES:READ", "resource": "e", "fixed_params": {"a": 1}},
            "takes no fixed_params",
        ),
        ({"type": "DATASOURCES:READ", "resource": "e", "filter": ""}, "it is empty"),
        (
            {"type": "DATASOURCES:READ", "resource": "e", "filter": 1},
            "'filter' of a scope is a text",
        ),
        ({"type": "ADMIN", "resource": "e"}, "takes no resource"),
    ],
)
def test_json_that_is_no_scope(content: object, reason: str):
    with pytest.raises(RequestError) as raised:
        grant_of_json(content)
    assert reason in raised.value.message
