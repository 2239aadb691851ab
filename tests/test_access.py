"""What grants allow together, and what they leave out."""

import pytest

from martlet.access import Access, Grant
from martlet.errors import TokenError

READ, APPEND, PIPE = "DATASOURCES:READ", "DATASOURCES:APPEND", "PIPES:READ"


def access(*grants: Grant) -> Access:
    return Access.of_grants("t", grants)


def test_filters_of_one_data_source_widen_each_other():
    found = access(
        Grant(READ, "a", "x = 1"),
        Grant(READ, "a", "y = 2 OR z"),
        Grant(READ, "b", "x = 1"),
        Grant(READ, "a", "x = 1"),
    )
    assert found.filters == {"a": "(x = 1) OR (y = 2 OR z)", "b": "x = 1"}
    assert found.scopes == {(READ, "a"), (READ, "b")}


@pytest.mark.parametrize("whole", [Grant(READ, "a"), Grant("ADMIN"), Grant("WORKSPACE:READ_ALL")])
def test_a_grant_without_a_filter_is_of_all_rows(whole: Grant):
    filtered = Grant(READ, "a", "x = 1")
    assert access(filtered, whole).filters == {}
    assert access(whole, filtered).filters == {}


@pytest.mark.parametrize(
    "other",
    [
        Grant(READ, "b"),
        Grant(APPEND, "a"),
        Grant(PIPE, "a"),
        Grant("DATASOURCES:CREATE"),
        Grant("TOKENS"),
    ],
)
def test_other_grants_leave_the_filter(other: Grant):
    assert access(Grant(READ, "a", "x = 1"), other).filters == {"a": "x = 1"}


def test_the_quarantine_goes_with_its_data_source():
    found = access(Grant(READ, "a", "x = 1"))
    assert found.may_read_datasource("a_quarantine")
    assert found.filter_of("a_quarantine") == found.filter_of("a") == "x = 1"
    assert not found.may_read_datasource("b_quarantine")
    assert found.filter_of("b_quarantine") == found.filter_of("b") == ""
    assert not access(Grant(READ, "a_quarantine")).may_read_datasource("a")


def test_fixed_values_are_of_their_pipe():
    found = access(
        Grant(PIPE, "p", fixed={"org": "x"}), Grant(PIPE, "q"), Grant(PIPE, "p", fixed={"day": 1})
    )
    assert found.fixed == {"p": {"org": "x", "day": 1}}
    assert access(Grant("ADMIN"), Grant(PIPE, "p", fixed={"org": "x"})).fixed == {}


ALL = [(scope, "x") for scope in (READ, APPEND, PIPE, "DATASOURCES:DROP", "PIPES:DROP")] + [
    (scope, "") for scope in ("ADMIN", "TOKENS", "DATASOURCES:CREATE", "PIPES:CREATE", "WORKSPACE:READ_ALL")
]  # fmt: skip


@pytest.mark.parametrize(
    ("grant", "allowed"),
    [
        (Grant("ADMIN"), ALL),
        (Grant("WORKSPACE:READ_ALL"), [(READ, "x"), (PIPE, "x"), ("WORKSPACE:READ_ALL", "")]),
        (Grant("DATASOURCES:CREATE"), [(APPEND, "x"), ("DATASOURCES:CREATE", "")]),
        (Grant("TOKENS"), [("TOKENS", "")]),
        (Grant(READ, "x"), [(READ, "x")]),
        (Grant(READ, "x", "a = 1"), [(READ, "x")]),
        (Grant(APPEND, "x"), [(APPEND, "x")]),
        (Grant(PIPE, "x"), [(PIPE, "x")]),
        (Grant(PIPE, "y"), []),
    ],
)
def test_what_each_scope_allows(grant: Grant, allowed: list[tuple[str, str]]):
    found = access(grant)
    assert [pair for pair in ALL if found.may(*pair)] == sorted(allowed, key=ALL.index)
    assert found.is_admin == (grant.scope == "ADMIN")
    for scope, resource in ALL:
        if (scope, resource) in allowed:
            found.require(scope, resource)
            continue
        with pytest.raises(TokenError) as raised:
            found.require(scope, resource)
        needed = f"{scope}:{resource}" if resource else scope
        assert raised.value.message == f"The token 't' lacks the scope {needed}"
    assert found.may_read_pipe("x") == ((PIPE, "x") in allowed)
