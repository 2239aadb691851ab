"""Names with versions: what Classic called a resource with a VERSION line."""

import pytest

from martlet.files.project import read_project

EVENTS = "VERSION 3\nSCHEMA >\n    `a` String `json:$.a`\n"
SUMS = "VERSION 0\nSCHEMA >\n    `a` String\n"


def read(write_project, files: dict[str, str]):
    return read_project(write_project(files))


def test_pipes_may_use_names_with_versions(write_project):
    project, errors = read(
        write_project,
        {
            "events.datasource": EVENTS,
            "sums.datasource": SUMS,
            "plain.datasource": SUMS.removeprefix("VERSION 0\n"),
            "fill.pipe": "VERSION 1\nNODE n\nSQL >\n    SELECT events__v3.a FROM events__v3, events__v30\nTYPE materialized\nDATASOURCE sums__v0\n",
        },
    )
    assert errors == []
    (node,) = project.pipes["fill"].nodes
    assert node.sql == "    SELECT events.a FROM events, events__v30"
    assert node.settings == {"datasource": "sums"}
    assert project.versioned == {"events__v3": "events", "sums__v0": "sums", "fill__v1": "fill"}


@pytest.mark.parametrize("other", ["events__v3.datasource", "events__v3.pipe"])
def test_a_file_of_that_name_wins(write_project, other):
    pipe = "NODE n\nSQL >\n    SELECT 1 FROM events__v3\n"
    text = SUMS if other.endswith("datasource") else "NODE n\nSQL >\n    SELECT 1\n"
    project, errors = read(
        write_project, {"events.datasource": EVENTS, other: text, "p.pipe": pipe}
    )
    assert errors == []
    assert project.pipes["p"].nodes[0].sql == "    SELECT 1 FROM events__v3"
    assert "events__v3" not in project.versioned
