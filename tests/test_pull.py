"""`martlet pull`: what is fetched means what the project means, and nothing else is harmed."""

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from tests.api.calls import Api, MakeApi
from tests.api.conftest import open_api  # noqa: F401  a fixture

from martlet import cli
from martlet.api.dispatch import dispatch
from martlet.api.http import Request
from martlet.api.operations import OPERATIONS
from martlet.client import AnswerError, Client
from martlet.errors import ConflictError, RequestError
from martlet.files.project import read_project
from martlet.fmt import meaning
from martlet.model import Generation, NodeType, Project
from martlet.pull import RECORD, PullError, fetch_workspace, place

ROOT = Path(__file__).parent.parent
EVENTS = "SCHEMA >\n    `id` Int64 `json:$.id`\n\nENGINE MergeTree\nENGINE_SORTING_KEY id\n"
LIST = "NODE n\nSQL >\n    SELECT id FROM events\nTYPE endpoint\n"


class Stub(Client):
    """Answers from a table, path -> text; what is not there is not found."""

    def __init__(self, answers: Mapping[str, str]) -> None:
        super().__init__("http://api.example", "secret-token")
        self.answers = answers
        self.asked: list[str] = []

    def send(self, method: str, path: str) -> bytes:
        self.asked.append(path)
        if path not in self.answers:
            raise AnswerError(f"{path}: Not found (404)", status=404)
        return self.answers[path].encode()


class Served(Client):
    """Asks a workspace without a server."""

    def __init__(self, api: Api) -> None:
        super().__init__("http://martlet", "admin")
        self.api = api

    def send(self, method: str, path: str) -> bytes:
        request = Request(method, path, headers={"authorization": "Bearer admin"})
        answer = dispatch(self.api.workspace, request, OPERATIONS).result(timeout=30)
        if answer.status >= 400:
            raise AnswerError(f"{path}: {answer.body!r}", status=answer.status)
        return answer.body


def workspace(
    sources: Mapping[str, str], pipes: Mapping[str, tuple[str, dict]], **more: str
) -> Stub:
    """Return an API with data sources and pipes: name -> text, and what the list says of it."""
    answers = {
        "/v0/datasources": json.dumps({"datasources": [{"name": name} for name in sources]}),
        "/v0/pipes": json.dumps({"pipes": [{"name": n, **item} for n, (_, item) in pipes.items()]}),
        **{f"/v0/datasources/{name}.datasource": text for name, text in sources.items()},
        **{f"/v0/pipes/{name}.pipe": text for name, (text, _) in pipes.items()},
    }
    return Stub({**answers, **more})


def described(project: Project) -> dict[str, object]:
    """Return what a project means; grants have no order."""
    resources = {**project.datasources, **project.pipes}
    return {
        "resources": {name: without_tokens(meaning(each)) for name, each in resources.items()},
        "tokens": {
            name: {(g.name, g.permission, g.filter) for g in each.tokens}
            for name, each in resources.items()
        },
        "connections": {name: meaning(each) for name, each in project.connections.items()},
        "settings": meaning(project.settings),
        "versioned": {k: v for k, v in project.versioned.items() if "." not in k},
    }


def without_tokens(meant: object) -> object:
    assert isinstance(meant, dict)
    return {key: value for key, value in meant.items() if key != "tokens"}


def reread(files: Mapping[str, str], folder: Path) -> Project:
    place(files, folder, force=False)
    project, errors = read_project(folder)
    assert not errors, list(map(str, errors))
    return project


PLAIN = {
    "deep/er/events.datasource": 'TOKEN app APPEND\nTOKEN "the reader" READ\n' + EVENTS,
    "list.pipe": 'DESCRIPTION >\n    All of them.\nTAGS "a,b"\n' + LIST,
    "part.pipe": "NODE n\nSQL >\n    %\n    SELECT id FROM events WHERE id > {{Int64(least, 0)}}\n",
    "target.datasource": EVENTS,
    "copying.pipe": "NODE n\nSQL >\n    SELECT id FROM part\nTYPE copy\nTARGET_DATASOURCE target\n"
    "COPY_SCHEDULE 0 * * * *\nCOPY_MODE replace\n",
    "kafka.connection": 'TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS a:1\nKAFKA_KEY {{ tb_secret("k") }}\n',
    "only.token": "SCOPE DATASOURCES:READ\nRESOURCE events\nFILTER id > 3\nSCOPE PIPES:READ:list\n",
    "martlet.toml": "[settings]\njoin_use_nulls = true\n",
}
CLASSIC = {
    path.relative_to(ROOT / "tests/classic").as_posix(): path.read_text()
    for path in sorted((ROOT / "tests/classic").rglob("*"))
    if path.suffix in (".datasource", ".pipe", ".incl", ".token")
}
CLASSIC_PLACES = {
    "datasources/events.datasource", "datasources/users.datasource", "datasources/revenue.datasource",
    "datasources/geo__countries.datasource", "endpoints/actions.pipe", "endpoints/top_users.pipe",
    "endpoints/known_users.pipe", "materializations/revenue_mv.pipe", "tokens/frontend.token",
}  # fmt: skip
OWN = {
    path.relative_to(ROOT).as_posix(): path.read_text()
    for pattern in ("pipes/*.pipe", "datasources/*.datasource")
    for path in sorted(ROOT.glob(pattern))
}


@pytest.mark.parametrize("files", [PLAIN, CLASSIC, OWN], ids=["plain", "classic", "own"])
def test_what_a_server_has_is_pulled_whole(files, open_api: MakeApi, tmp_path):  # noqa: F811
    api = open_api(files)
    pulled = fetch_workspace(Served(api))
    project = reread(pulled.files, tmp_path / "pulled")
    assert described(project) == described(api.workspace.live.project)
    if files is CLASSIC:  # with includes, versions, and another workspace's data source
        assert set(pulled.files) == CLASSIC_PLACES
    again = fetch_workspace(Served(open_api(pulled.files)))
    assert again.files == pulled.files


def test_what_cannot_be_had_is_told(open_api: MakeApi):  # noqa: F811
    notes = "\n".join(fetch_workspace(Served(open_api(PLAIN))).notes)
    assert "values of secrets cannot be read: set k in .env.local" in notes
    assert "values of tokens are left out" in notes


CLASSIC_ENDPOINT = (
    "NODE first\nSQL >\n    SELECT 1 AS a\n\nNODE last\nSQL >\n    SELECT a FROM first\n"
)


def test_classic_publishes_a_node_that_its_file_does_not_name(tmp_path):
    nodes = [{"id": "t_1", "name": "first"}, {"id": "t_2", "name": "last"}]
    client = workspace(
        {"events": EVENTS},
        {
            "shown": (CLASSIC_ENDPOINT, {"endpoint": "t_1", "nodes": nodes, "type": "endpoint"}),
            "hidden": ('TOKEN "t" READ\n' + CLASSIC_ENDPOINT, {"endpoint": None, "nodes": nodes}),
        },
    )
    pulled = fetch_workspace(client)
    project = reread(pulled.files, tmp_path)
    assert project.pipes["shown"].output.name == "first"
    assert project.pipes["shown"].type is NodeType.ENDPOINT
    assert project.pipes["hidden"].type is NodeType.STANDARD
    assert project.settings.generation is Generation.FORWARD
    assert set(pulled.files) == {
        "datasources/events.datasource", "endpoints/shown.pipe", "pipes/hidden.pipe", "martlet.toml",
    }  # fmt: skip


def test_a_version_stays_in_the_file_and_leaves_its_name(tmp_path):
    reading = "NODE n\nSQL >\n    SELECT id FROM events__v3\n"
    client = workspace(
        {"events__v3": f"VERSION 3\n{EVENTS}", "users__v2": EVENTS}, {"p": (reading, {})}
    )
    project = reread(fetch_workspace(client).files, tmp_path)
    assert set(project.datasources) == {"events", "users__v2"}


def test_data_sources_of_other_workspaces(tmp_path):
    reading = "NODE n\nSQL >\n    SELECT id FROM geo.countries\nTYPE endpoint\n"
    client = workspace({"geo.countries": EVENTS}, {"p": (reading, {"endpoint": "x"})})
    files = fetch_workspace(client).files
    assert "vendor/geo/datasources/countries.datasource" in files
    assert set(reread(files, tmp_path).datasources) == {"geo__countries"}
    hidden = {k: v for k, v in client.answers.items() if not k.endswith(".datasource")}
    notes = fetch_workspace(Stub(hidden)).notes
    assert any("geo.countries of another workspace is left out" in note for note in notes)


@pytest.mark.parametrize(
    "name",
    ["../evil", "/etc/passwd", "a/b", "..", ".hidden", "a\0b", "a b", "\u202eevil", "c:evil", "x" * 300, ""],
    ids=range(11),
)  # fmt: skip
def test_hostile_names_become_no_files(name: str, tmp_path):
    tokens = {
        "tokens": [{"name": name, "scopes": [{"type": "DATASOURCES:READ", "resource": "events"}]}]
    }
    client = workspace(
        {"events": EVENTS, name: EVENTS}, {name: (LIST, {"endpoint": "x"})},
        **{"/v0/tokens": json.dumps(tokens),
           "/v0/connectors": json.dumps({"connectors": [{"name": name}]})},
    )  # fmt: skip
    pulled = fetch_workspace(client)
    folder = tmp_path / "inner" / "project"
    place(pulled.files, folder, force=True)
    names = {path.name for path in tmp_path.rglob("*") if path.is_file()}
    allowed = {"events.datasource", RECORD} | ({"a b.token"} if name == "a b" else set())
    assert names == allowed
    assert sum("is left out" in note for note in pulled.notes) >= 3


def test_a_symbolic_link_leads_nowhere(tmp_path):
    outside, folder = tmp_path / "outside", tmp_path / "project"
    outside.mkdir()
    folder.mkdir()
    (folder / "datasources").symlink_to(outside)
    with pytest.raises(RequestError, match="symbolic link"):
        place({"datasources/events.datasource": EVENTS}, folder, force=True)
    (folder / "datasources").unlink()
    (folder / "list.pipe").symlink_to(outside / "target")
    with pytest.raises(RequestError, match="symbolic link"):
        place({"a.datasource": EVENTS, "list.pipe": LIST}, folder, force=True)
    assert list(outside.iterdir()) == []
    assert not (folder / "a.datasource").exists()


def test_changed_files_stay(tmp_path):
    first = {"datasources/events.datasource": EVENTS, "endpoints/list.pipe": LIST}
    assert sorted(place(first, tmp_path, force=False).written) == sorted(first)
    assert place(first, tmp_path, force=False).written == []
    newer = {**first, "endpoints/list.pipe": LIST + "\n"}
    assert place(newer, tmp_path, force=False).written == ["endpoints/list.pipe"]  # ours to change
    mine = tmp_path / "datasources/events.datasource"
    mine.write_text("# mine\n" + EVENTS)
    newest = {path: text + "\n" for path, text in newer.items()}
    with pytest.raises(
        ConflictError, match=r"(?s)overwritten by pull.*  datasources/events"
    ) as error:
        place(newest, tmp_path, force=False)
    assert "list.pipe" not in str(error.value)
    assert mine.read_text().startswith("# mine")
    assert (tmp_path / "endpoints/list.pipe").read_text() == LIST + "\n"
    place(newest, tmp_path, force=True)
    assert mine.read_text() == EVENTS + "\n"
    (tmp_path / "endpoints/list.pipe").write_text("mine")
    gone = place({}, tmp_path, force=False)
    assert (gone.removed, gone.kept) == (["datasources/events.datasource"], ["endpoints/list.pipe"])
    assert not mine.exists()
    assert (tmp_path / "endpoints/list.pipe").read_text() == "mine"


def test_a_file_that_was_never_pulled_is_a_change(tmp_path):
    own = tmp_path / "mine/events.datasource"
    own.parent.mkdir()
    own.write_text("# mine\n" + EVENTS)
    with pytest.raises(ConflictError, match=r"mine/events\.datasource"):
        place({"datasources/events.datasource": EVENTS}, tmp_path, force=False)
    own.write_text(EVENTS)  # the same, elsewhere: it stays there
    place({"datasources/events.datasource": EVENTS}, tmp_path, force=False)
    assert not (tmp_path / "datasources").exists()


def test_a_folder_in_the_place_of_a_file(tmp_path):
    (tmp_path / "a.pipe").mkdir()
    with pytest.raises(PullError, match="cannot be read"):
        place({"a.pipe": LIST}, tmp_path, force=True)


def test_a_forged_record_removes_nothing_outside(tmp_path):
    folder, other = tmp_path / "project", tmp_path / "other"
    other.write_text("x")
    place({"a.pipe": LIST}, folder, force=False)
    digest = json.loads((folder / RECORD).read_text())["files"]["a.pipe"]
    other.write_text(LIST)
    (folder / "link").symlink_to(tmp_path)
    for path in ("../other", str(other), "link/other"):
        (folder / RECORD).write_text(json.dumps({"files": {path: digest}}))
        place({}, folder, force=False)
    assert other.exists()


@pytest.mark.parametrize(
    "missing", ["/v0/pipes/list.pipe", "/v0/datasources/events.datasource", "/v0/pipes"]
)
def test_a_part_that_fails_ends_it(missing: str):
    client = workspace({"events": EVENTS}, {"list": (LIST, {})})
    client.answers = {path: text for path, text in client.answers.items() if path != missing}
    with pytest.raises(AnswerError):
        fetch_workspace(client)


@pytest.mark.parametrize(
    "answer", ["<html>", "[]", "{}", '{"datasources": [1]}', '{"datasources": {}}']
)
def test_what_is_no_api(answer: str):
    with pytest.raises((AnswerError, PullError), match="is an API there"):
        fetch_workspace(Stub({"/v0/datasources": answer}))


class Web:
    """A server of prepared answers: path -> a list of (status, headers, body), the last one stays."""

    def __init__(self) -> None:
        self.answers: dict[str, list[tuple[int, dict[str, str], bytes]]] = {}
        self.seen: list[tuple[str, str | None]] = []
        web = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                web.seen.append((self.path, self.headers["authorization"]))
                known = web.answers.get(self.path, [(404, {}, b"{}")])
                status, headers, body = known.pop(0) if len(known) > 1 else known[0]
                self.send_response(status)
                for name, value in {"content-length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@pytest.fixture
def web() -> Iterator[Web]:
    found = Web()
    thread = threading.Thread(target=found.server.serve_forever, args=(0.02,))
    thread.start()
    yield found
    found.server.shutdown()
    thread.join()
    found.server.server_close()


def test_failures_that_may_pass_are_tried_again(web: Web):
    pauses: list[float] = []
    web.answers["/a"] = [(503, {}, b""), (429, {"retry-after": "7"}, b""), (200, {}, b"there")]
    assert Client(web.url, "t", wait=pauses.append).get("/a") == b"there"
    assert pauses == [0.5, 7]
    web.answers["/a"] = [(500, {}, b'{"error": "no: secret-token"}')]
    with pytest.raises(AnswerError, match=r"no: \*\*\* \(500\)"):
        Client(web.url, "secret-token", wait=pauses.append).get("/a")
    assert len(web.seen) == 7
    web.answers["/a"] = [(403, {}, b"")]
    with pytest.raises(AnswerError, match="Forbidden"):
        Client(web.url, "t", wait=pauses.append).get("/a")
    assert len(web.seen) == 8


def test_the_token_goes_nowhere_else(web: Web):
    web.answers["/a"] = [(302, {"location": f"{web.url}/b"}, b"")]
    web.answers["/b"] = [(200, {}, b"stolen")]
    client = Client(web.url, "secret-token")
    with pytest.raises(AnswerError, match="sent elsewhere"):
        client.get("/a")
    assert web.seen == [("/a", "Bearer secret-token")]
    assert "secret" not in repr(client)


def test_an_answer_that_ends_early(web: Web):
    web.answers["/a"] = [(200, {"content-length": "100"}, b"half")]
    with pytest.raises(AnswerError, match="ends early"):
        Client(web.url, "t", timeout_s=0.3, wait=lambda s: None).get("/a")


@pytest.mark.parametrize(
    "url", ["ftp://x", "x", "http://", "http://user:password@host", "file:///etc"]
)
def test_what_is_no_url(url: str):
    with pytest.raises(RequestError, match="is not a URL"):
        Client(url, "t")


def test_the_command(web: Web, tmp_path, capsys, monkeypatch):
    stub = workspace({"events": EVENTS}, {"list": (LIST, {"endpoint": "x"})})
    web.answers = {path: [(200, {}, text.encode())] for path, text in stub.answers.items()}
    monkeypatch.setenv("MARTLET_TOKEN", "secret-token")
    folder = tmp_path / "p"
    assert cli.main(["pull", web.url, "--folder", str(folder)]) == 0
    printed = capsys.readouterr()
    assert "wrote datasources/events.datasource\nwrote endpoints/list.pipe\n2 files" in printed.out
    (folder / "endpoints/list.pipe").write_text("mine")
    assert cli.main(["pull", web.url, "--folder", str(folder)]) == 1
    assert "  endpoints/list.pipe" in capsys.readouterr().err
    assert cli.main(["pull", web.url, "--folder", str(folder), "--force"]) == 0
    assert (folder / "endpoints/list.pipe").read_text() == LIST
    capsys.readouterr()
    web.answers["/v0/pipes"] = [(403, {}, b'{"error": "no secret-token"}')]
    empty = tmp_path / "empty"
    assert cli.main(["pull", web.url, "--folder", str(empty)]) == 1
    printed = capsys.readouterr()
    assert "no ***" in printed.err
    assert not empty.exists()
    stored = "".join(path.read_text() for path in folder.rglob("*") if path.is_file())
    assert "secret-token" not in stored + printed.out + printed.err
