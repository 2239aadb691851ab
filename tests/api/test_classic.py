"""A project of Tinybird Classic over HTTP, and by `martlet test`."""

from pathlib import Path

import pytest
from tests.api.calls import answer

from martlet.fixtures import empty_with_fixture, load_fixture
from martlet.project_tests import find_tests, run_file

PROJECT = Path(__file__).parents[1] / "classic"


@pytest.fixture
def call(open_api):
    files = {
        path.relative_to(PROJECT).as_posix(): path.read_text()
        for path in PROJECT.rglob("*")
        if path.is_file()
    }
    call = open_api(files)
    for datasource, path in empty_with_fixture(call.workspace):
        load_fixture(call.workspace, datasource, path)
    return call


def test_a_project_of_classic(call):
    top = [
        {"name": "Ada L.", "continent": "Europe", "total": 20},
        {"name": "Grace", "continent": "America", "total": 0},
    ]
    assert call.data("top_users") == call.data("top_users__v2") == top
    assert call.data("top_users?limit=1&least=1") == top[:1]
    assert call.data("known_users")[0]["name"] == "Ada L."
    assert call.get("/v0/pipes/top_users__v1.json").status == 404
    assert call.get("/v0/pipes/revenue_mv.json").status == 404


def test_events_under_both_names_and_tokens_of_both_kinds(call):
    tokens = call.workspace.tokens
    for name in ("events", "events__v1"):
        for token in ("tracker", "frontend"):
            event = (
                '{"timestamp": "2025-05-03 00:00:00", "user_id": 2, "action": "buy", "amount": 5}'
            )
            answer(call.send(name, event, "&wait=true", token=tokens.value(token)))
    assert call.data("actions", token=tokens.value("frontend")) == [
        {"action": "buy", "events": 6},
        {"action": "view", "events": 1},
    ]
    top = call.data("top_users", token=tokens.value("dashboard"))
    assert [row["total"] for row in top] == [20, 20]
    assert call.get("/v0/pipes/actions.json", token=tokens.value("dashboard")).status == 403
    answer(call.send("geo.countries", '{"code": "FR"}'), status=400)  # it has no JSON paths


def test_its_data_quality_tests_pass(call):
    (path,) = find_tests(call.workspace.live.project.root)
    found = run_file(call.workspace, path)
    assert (found.file, found.failed, found.skipped) == ("tests/quality.yaml", "", "")
    assert len(found.passed) == 4
