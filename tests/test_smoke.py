"""`martlet smoke`: what it posts, what it finds wrong, and that it lets nothing pass."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.server.conftest import write_files
from tests.server.process import TOKEN, Server, run

from martlet.cli import main
from martlet.errors import MartletError
from martlet.smoke import Smoke, Step

FILES = {
    "datasources/events.datasource": "SCHEMA >\n    day Date `json:$.day`,\n"
    "    at DateTime64(3) `json:$.meta.at`,\n    kind LowCardinality(String) `json:$.kind`,\n"
    "    user_id String `json:$.meta.user`,\n    n Int64 `json:$.n`\n\n"
    "ENGINE ReplacingMergeTree\nENGINE_SORTING_KEY user_id\n",
    "datasources/alone.datasource": "SCHEMA >\n    n Int64 `json:$.n`\n",
    "datasources/others.datasource": "SCHEMA >\n    n Int64 `json:$.n`\n",
    "datasources/derived.datasource": "SCHEMA >\n    n Int64\n",
    "fixtures/events.ndjson": '{"day":"2020-01-01","meta":{"at":"2020-01-01 00:00:00",'
    '"user":"u"},"kind":"view","n":7}\n',
    **{
        f"pipes/{name}.pipe": f"NODE n\nSQL >\n    %\n    {sql}\nTYPE endpoint\n"
        for name, sql in {
            "by_user": "SELECT user_id, count() AS c FROM events FINAL WHERE kind = 'view'"
            " AND at > now() - INTERVAL 1 HOUR AND day >= yesterday() GROUP BY user_id",
            "other_count": "SELECT count() AS c FROM others",
            "needs": "SELECT count() AS c FROM events WHERE n = {{Int64(n)}}",
        }.items()
    },
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return write_files(tmp_path_factory.mktemp("smoke"), FILES)


@pytest.fixture(scope="module")
def server(folder, tmp_path_factory):
    data = tmp_path_factory.mktemp("data")
    server = Server(folder, "--log-format", "json", "--data", str(data))
    yield server.wait_ready()
    server.close()


@pytest.fixture
def url(server) -> str:
    return f"http://127.0.0.1:{server.port}"


def smoke(url: str, folder: Path, *, token: str = TOKEN, deadline_s: float = 20.0) -> Smoke:
    return Smoke(url, token, folder, deadline_s=deadline_s, say=lambda step: None)


def steps(done: Smoke) -> list[tuple[str, bool | None]]:
    return [(step.name, step.ok) for step in done.steps]


def test_events_are_posted_and_seen(server, url, folder):
    before = len(server.rows("by_user"))
    done = smoke(url, folder)
    done.write_and_read("events", count=4)
    assert done.ok, done.as_json()
    assert steps(done) == [
        ("health", True), ("tokens", True), ("endpoint by_user", True), ("post", None),
        ("accepted", True), ("seen", True),
    ]  # fmt: skip
    marker = done.steps[3].detail.split("marked ")[1].split(";")[0]
    users = {row["user_id"]: row["c"] for row in server.rows("by_user")}
    assert len(users) == before + 4
    assert [users[f"{marker}-{number}"] for number in range(4)] == [1] * 4
    assert done.steps[4].detail == "4 rows taken, 1 in quarantine"
    assert "by_user shows 4 events" in done.steps[5].detail


def test_a_count_without_the_marker_shows_them_too(server, url, folder):
    before = server.rows("other_count")[0]["c"]
    done = smoke(url + "/", folder)
    done.write_and_read("others", count=2)
    assert done.ok, done.as_json()
    assert server.rows("other_count") == [{"c": before + 2}]


def test_without_a_choice_the_first_data_source_that_an_endpoint_reads_gets_them(url, folder):
    done = smoke(url, folder)
    done.write_and_read(None, count=1)
    assert done.ok
    assert " to events, marked smoke-" in done.steps[3].detail


def test_an_endpoint_with_parameters_can_be_named(server, url, folder, capsys):
    arguments = ["--data-source", "events", "--endpoint", "needs?n=7", "--events", "2"]
    assert main(["smoke", url, TOKEN, str(folder), *arguments]) == 0
    assert "needs?n=7 shows 2 events" in capsys.readouterr().out


def test_events_that_no_endpoint_can_show_are_not_called_seen(url, folder):
    done = smoke(url, folder)
    done.write_and_read("alone", count=1)
    assert [step.name for step in done.steps if step.ok is False] == ["seen"]
    assert "--endpoint" in done.steps[-1].detail


def test_no_write_writes_nothing(server, url, folder):
    before = server.rows("by_user"), server.rows("other_count")
    done = smoke(url, folder)
    done.read()
    assert steps(done) == [
        ("health", True), ("tokens", True), ("endpoint by_user", True),
        ("endpoint other_count", True),
    ]  # fmt: skip
    assert (server.rows("by_user"), server.rows("other_count")) == before


def test_the_command_prints_each_step_and_no_token(url, folder):
    ran = run("smoke", url, TOKEN, folder, "--data-source", "others")
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = ran.stdout.splitlines()
    assert [line[0] for line in lines] == ["✓", "✓", "✓", "→", "✓", "✓"]
    assert lines[0].startswith("✓ health: answers (0.")
    assert TOKEN not in ran.stdout


def test_the_command_reads_the_token_from_standard_input(url, folder, monkeypatch, capsys):
    import io

    monkeypatch.setattr("sys.stdin", io.StringIO(f"{TOKEN}\n"))
    assert main(["smoke", url, "-", str(folder), "--no-write", "--json"]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] is True
    assert {"name", "ok", "detail", "seconds"} == set(answer["steps"][0])


def test_a_token_that_is_refused_fails_the_command(url, folder, capsys):
    assert main(["smoke", url, "wrong", str(folder), "--data-source", "others"]) == 1
    out = capsys.readouterr().out
    assert "✗ endpoint other_count: GET /v0/pipes/other_count.json is answered 403" in out
    assert "✗ accepted: POST /v0/events?name=others is answered 403, not 202" in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--data-source", "none"], "it has alone, derived, events, others"),
        (["--data-source", "derived"], "No event could be made"),
        (["--events", "0"], "--events is 1 or more"),
    ],
)
def test_what_cannot_be_done_is_said_before_anything_is_sent(folder, capsys, arguments, said):
    assert main(["smoke", "http://127.0.0.1:1", TOKEN, str(folder), *arguments]) == 1
    out, err = capsys.readouterr()
    assert out == ""
    assert said in err


def test_a_url_is_one_of_http(folder):
    with pytest.raises(MartletError, match="is not a URL"):
        smoke("file:///etc", folder)


def test_nobody_at_the_url_fails_the_first_step(folder):
    done = smoke("http://127.0.0.1:1", folder)
    done.write_and_read("others", count=1)
    assert [(step.name, step.ok) for step in done.steps] == [("health", False)]
    assert "refused" in done.steps[0].detail


# A server that is not right: each answer is a function of method, path and what was posted.


class Fake:
    """An API in which one thing is wrong."""

    def __init__(self, **wrong: Callable[[], tuple[int, object]]) -> None:
        self.wrong = wrong
        self.count = 0
        self.seen_tokens: list[str | None] = []

    def answer(self, method: str, path: str, token: str | None) -> tuple[int, object]:
        name = path.partition("?")[0].rsplit("/", 1)[-1].partition(".")[0]
        if name in self.wrong:
            return self.wrong[name]()
        if name == "health":
            return 200, {"status": "ok"}
        if token != f"Bearer {TOKEN}":
            return 403, {"error": "no"}
        if name == "events":
            self.count += 1
            return 202, {"successful_rows": 1, "quarantined_rows": 1}
        return 200, {"data": [{"c": self.count}]}


@pytest.fixture
def serve():
    servers = []

    def serve(fake: Fake) -> str:
        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                self.rfile.read(int(self.headers.get("content-length", 0)))
                token = self.headers.get("authorization")
                fake.seen_tokens.append(token)
                status, content = fake.answer(self.command, self.path, token)
                body = json.dumps(content).encode()
                self.send_response(status)
                if status == 303:
                    self.send_header("location", str(content))
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_POST(self):
                self.do_GET()

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}"

    yield serve
    for server in servers:
        server.shutdown()
        server.server_close()


def test_the_fake_without_a_fault_passes(serve, folder):
    done = smoke(serve(Fake()), folder)
    done.write_and_read("others", count=1)
    assert done.ok, done.as_json()


@pytest.mark.parametrize(
    ("wrong", "step", "said"),
    [
        ({"health": lambda: (500, {})}, "health", "is answered 500, not 200"),
        ({"health": lambda: (200, None)}, None, ""),
        ({"none": lambda: (200, {})}, "tokens", "is answered 200, not 403"),
        ({"none": lambda: (404, {})}, "tokens", "is answered 404, not 403"),
        (
            {"events": lambda: (202, {"successful_rows": 0, "quarantined_rows": 2})},
            "accepted",
            'answered {"successful_rows": 0, "quarantined_rows": 2}, not',
        ),
        ({"events": lambda: (503, {"error": "later"})}, "accepted", '503, not 202: {"error"'),
        ({"other_count": lambda: (200, {})}, "endpoint other_count", "answers without rows"),
        (
            {"other_count": lambda: (200, {"data": [{"c": 5}]})},
            "seen",
            "no endpoint shows 1 events after 0 s; what rose: other_count [0]",
        ),
    ],
)
def test_each_fault_is_found(serve, folder, wrong, step, said):
    done = smoke(serve(Fake(**wrong)), folder, deadline_s=0.3)
    done.write_and_read("others", count=1)
    failed: list[Step] = [each for each in done.steps if each.ok is False]
    if step is None:
        assert failed == []
        return
    assert failed[0].name == step
    assert said in failed[0].detail


def test_rows_that_come_twice_do_not_pass(serve, folder):
    fake = Fake()
    fake.wrong["other_count"] = lambda: (200, {"data": [{"c": 2 * fake.count}]})
    done = smoke(serve(fake), folder, deadline_s=0.3)
    done.write_and_read("others", count=1)
    assert [step.name for step in done.steps if step.ok is False] == ["seen"]
    assert "what rose: other_count [0, 2]" in done.steps[-1].detail


def test_an_endpoint_that_fails_for_a_moment_is_asked_again(serve, folder):
    fake = Fake()
    answers = iter([(200, {"data": [{"c": 0}]}), (429, {}), (503, {}), (200, {"data": [{"c": 1}]})])
    fake.wrong["other_count"] = lambda: next(answers)
    done = smoke(serve(fake), folder)
    done.write_and_read("others", count=1)
    assert done.ok, done.as_json()


def test_an_endpoint_that_fails_for_good_is_named(serve, folder):
    fake = Fake()
    fake.wrong["other_count"] = lambda: (503, {}) if fake.count else (200, {"data": [{"c": 0}]})
    done = smoke(serve(fake), folder, deadline_s=0.3)
    done.write_and_read("others", count=1)
    assert "GET /v0/pipes/other_count.json is answered 503" in done.steps[-1].detail


def test_a_redirect_to_another_place_does_not_get_the_token(serve, folder):
    storage = Fake(large=lambda: (200, {"data": [{"c": 1}]}))
    target = f"{serve(storage)}/large"
    done = smoke(serve(Fake(other_count=lambda: (303, target))), folder)
    done.read()
    assert ("endpoint other_count", True) in steps(done)
    assert storage.seen_tokens == [None]
