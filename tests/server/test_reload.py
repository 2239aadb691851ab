"""`martlet dev` applies changes of the files while it serves; `serve` leaves them alone."""

import http.client
import shutil
import threading

import pytest
from tests.server.conftest import EVENTS, write_files
from tests.server.process import in_background

COUNT = "NODE n\nSQL >\n    SELECT count() AS c FROM plain\nTYPE endpoint\n"


class Editor:
    """Changes files of a served project and waits for what the server says to it."""

    def __init__(self, root, server) -> None:
        self.root, self.server = root, server

    def write(self, files: dict[str, str], *, says: str = " applied$") -> str:
        before = len(self.server.err.lines)
        write_files(self.root, files)
        self.server.err.wait_for(says, after=before)
        return "\n".join(self.server.err.lines[before:])


@pytest.fixture
def server(start_server, project):
    return start_server(project, command="dev")


@pytest.fixture
def editor(server, project) -> Editor:
    return Editor(project, server)


def test_a_pipe_changes(server, editor):
    assert server.get("/v0/pipes/new.json").status == 404
    editor.write({"pipes/new.pipe": COUNT})
    assert server.rows("new") == [{"c": 0}]
    said = editor.write({"pipes/new.pipe": COUNT.replace("count()", "count() + 1")})
    assert "changed: new.pipe" in said
    assert server.rows("new") == [{"c": 1}]
    before = len(server.err.lines)
    (editor.root / "pipes" / "new.pipe").unlink()
    server.err.wait_for(" applied$", after=before)
    assert server.get("/v0/pipes/new.json").status == 404


def test_a_column_is_added_and_rows_stay(server, editor):
    assert server.post("plain", {"id": "before"}).status == 202
    column = "    n Int64 `json:$.n` DEFAULT 0"
    said = editor.write(
        {
            "datasources/plain.datasource": EVENTS.replace(
                column, f"{column},\n    extra String `json:$.extra` DEFAULT 'none'"
            ),
            "pipes/extra.pipe": "NODE n\nSQL >\n    SELECT id, extra FROM plain ORDER BY id\nTYPE endpoint\n",
        }
    )
    assert "plain altered: extra" in said
    assert server.post("plain", {"id": "later", "extra": "x"}).json()["successful_rows"] == 1
    assert server.rows("extra") == [
        {"id": "before", "extra": "none"},
        {"id": "later", "extra": "x"},
    ]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"pipes/plain_count.pipe": "NODE n\nSQL >\n    SELECT 1 FROM nowhere\nTYPE endpoint\n"},
         "pipes/plain_count.pipe:3:19: Resource 'nowhere' not found"),
        ({"datasources/plain.datasource": EVENTS.replace("Int64", "Int65")},
         "datasources/plain.datasource:3:7: "),
        ({"datasources/plain.datasource": EVENTS.replace("id String", "id UInt8")},
         "stored rows of data source 'plain' do not fit its definition any more"),
        ({"datasources/plain.datasource": EVENTS.replace("DEFAULT 0", "DEFAULT nofunction()")},
         "nofunction"),
        ({"martlet.toml": "[settings]\nquery_timeout_s = 'x'\n"}, "martlet.toml:"),
    ],
    ids=["unknown table", "bad type", "other type", "bad default", "bad setting"],
)  # fmt: skip
def test_what_is_broken_is_said_and_the_project_before_goes_on(server, editor, files, message):
    assert server.post("plain", {"id": "a"}).status == 202
    kept = {name: (editor.root / name).read_text() for name in files}
    said = editor.write(files, says="not applied, the project before goes on")
    server.err.wait_for(message.replace("(", r"\("))
    assert "Traceback" not in said
    assert server.post("plain", {"id": "b"}).json() == {"successful_rows": 1, "quarantined_rows": 0}
    assert server.rows("plain_count") == [{"rows": 2, "ids": 2}]

    editor.write({**kept, "pipes/new.pipe": COUNT})
    assert server.rows("new") == [{"c": 2}]


def test_a_new_data_source_with_a_view_is_filled(server, editor):
    assert server.post("plain", {"id": "a"}, {"id": "b"}).status == 202
    said = editor.write(
        {
            "datasources/totals.datasource": "SCHEMA >\n    id String,\n    twice Int64\n",
            "pipes/totalling.pipe": "NODE n\nSQL >\n    SELECT id, n * 2 AS twice FROM plain\n"
            "TYPE materialized\nDATASOURCE totals\n",
            "pipes/totals_ids.pipe": "NODE n\nSQL >\n    SELECT * FROM totals ORDER BY id\nTYPE endpoint\n",
        }
    )
    assert "totals created" in said
    assert "totalling filled: from plain" in said
    assert server.post("plain", {"id": "c", "n": 4}).status == 202
    assert server.rows("totals_ids") == [
        {"id": "a", "twice": 0}, {"id": "b", "twice": 0}, {"id": "c", "twice": 8},
    ]  # fmt: skip


VIEW = "NODE copied\nSQL >\n    SELECT id, {} FROM viewed\nTYPE materialized\nDATASOURCE copies\n"


@pytest.mark.parametrize("target", ["derived", "open"])
def test_a_view_that_is_broken_for_a_while_loses_and_doubles_nothing(start_server, project, target):
    def ids() -> list[dict]:
        return sorted(server.rows("copies_ids"), key=str)

    if target == "open":  # events may be posted to it too, so it is never made anew
        write_files(project, {"datasources/copies.datasource": EVENTS})
    server = start_server(project, command="dev")
    editor = Editor(project, server)
    assert server.post("viewed", {"id": "a"}).status == 202
    editor.write({"pipes/copying.pipe": VIEW.format("nofunction(n) AS n")}, says="not applied")
    assert server.post("viewed", {"id": "b"}).status == 202
    assert ids() == [{"id": "a", "times": 1}, {"id": "b", "times": 1}]
    editor.write({"pipes/copying.pipe": VIEW.format("n")})
    assert server.post("viewed", {"id": "c"}).status == 202
    assert ids() == [{"id": each, "times": 1} for each in "abc"]


def test_settings_change(server, editor):
    editor.write(
        {
            "pipes/t.pipe": "NODE n\nSQL >\n    SELECT getSetting('join_use_nulls') AS v\nTYPE endpoint\n"
        }
    )
    assert server.rows("t") == [{"v": False}]
    editor.write({"martlet.toml": "[settings]\njoin_use_nulls = true\n"})
    assert server.rows("t") == [{"v": True}]


def test_a_folder_moved_away_and_back(server, editor):
    write_files(editor.root, {"more/new.pipe": COUNT})
    server.err.wait_for(" applied$")
    before = len(server.err.lines)
    shutil.move(editor.root / "more", editor.root.parent / "away")
    server.err.wait_for(" applied$", after=before)
    assert server.get("/v0/pipes/new.json").status == 404
    before = len(server.err.lines)
    shutil.move(editor.root.parent / "away", editor.root / "more")
    server.err.wait_for(" applied$", after=before)
    assert server.rows("new") == [{"c": 0}]


def test_files_that_are_not_the_projects_change_nothing(server, editor):
    write_files(
        editor.root,
        {"notes.txt": "x", "Makefile": "x", ".git/x.pipe": "x", "node_modules/m/x.pipe": "x"},
    )
    said = editor.write({"pipes/new.pipe": COUNT})
    assert said.count("changed: ") == 1
    assert "changed: new.pipe" in said


def test_requests_do_not_fail_while_files_change(server, editor):
    answers: list[int] = []
    failures: list[object] = []

    def hammer(stop: threading.Event) -> None:
        client = server.client()
        number = 0
        while not stop.is_set():
            number += 1
            try:
                posted = client.request("POST", "/v0/events?name=viewed", b'{"id":"%d"}' % number)
                asked = client.request("GET", "/v0/pipes/viewed_count.json")
            except (OSError, http.client.HTTPException) as error:
                failures.append(error)
                return
            answers.extend([posted.status, asked.status])
            failures.extend(a.body for a in (posted, asked) if a.status not in (200, 202))
        client.close()

    with in_background(hammer, threads=4):
        for turn in range(4):
            editor.write({"pipes/plain_count.pipe": COUNT.replace("count()", f"count() + {turn}")})
            editor.write({"pipes/broken.pipe": "nonsense"}, says="not applied")
            editor.write({"pipes/broken.pipe": COUNT, f"datasources/new{turn}.datasource": EVENTS})
            column = f"    c{turn} String DEFAULT ''"
            old = (editor.root / "datasources" / "viewed.datasource").read_text()
            editor.write(
                {
                    "datasources/viewed.datasource": old.replace(
                        "\n\nENGINE", f",\n{column}\n\nENGINE"
                    )
                }
            )
    assert failures == []
    assert len(answers) > 100
    (row,) = server.rows("viewed_count")
    assert row["rows"] == answers.count(202)
    assert server.rows("copies_count")[0]["rows"] == answers.count(202)


def test_serve_does_not_look_at_changes(start_server, project):
    server = start_server(project)
    write_files(project, {"pipes/plain_count.pipe": "nonsense", "pipes/new.pipe": COUNT})
    with pytest.raises(AssertionError, match="no 'changed'"):
        server.err.wait_for("changed", timeout_s=1)
    assert server.rows("plain_count") == [{"rows": 0, "ids": 0}]
    assert server.get("/v0/pipes/new.json").status == 404
