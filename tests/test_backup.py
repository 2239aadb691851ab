"""`martlet backup` and `martlet restore`: what comes back is what was there, or nothing comes."""

import io
import json
import os
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from tests.api.calls import Api, answer

from martlet import backup, cli
from martlet.backup import BackupError, make_backup, restore_backup
from martlet.client import AnswerError, Client
from martlet.errors import ConflictError, NotFoundError
from martlet.files.project import load_project
from martlet.workspace import Workspace

pytestmark = pytest.mark.usefixtures("other_folders")

FILES = {
    "events.datasource": "SCHEMA >\n    `id` Int64 `json:$.id`,\n    `kind` String `json:$.kind`\n"
    "ENGINE ReplacingMergeTree\nENGINE_SORTING_KEY id\nENGINE_PARTITION_KEY kind\n",
    "kinds.datasource": "SCHEMA >\n    `kind` String,\n    `n` AggregateFunction(count)\n"
    "ENGINE AggregatingMergeTree\nENGINE_SORTING_KEY kind\n",
    "names.datasource": "SCHEMA >\n    `kind` String `json:$.kind`,\n    `name` String `json:$.name`\n"
    "ENGINE Join\nENGINE_JOIN_STRICTNESS ANY\nENGINE_JOIN_TYPE LEFT\nENGINE_KEY_COLUMNS kind\n",
    "view.pipe": "NODE n\nSQL >\n    SELECT kind, countState() AS n FROM events GROUP BY kind\n"
    "TYPE materialized\nDATASOURCE kinds\n",
    "counts.pipe": "NODE n\nSQL >\n    %\n    SELECT kind, countMerge(n) AS n, {{ String(tb_secret('s')) }} AS s,"
    " joinGet(names, 'name', kind) AS name FROM kinds GROUP BY kind ORDER BY kind\nTYPE endpoint\n",
}
KEY = {"idempotency-key": "one"}
WIDER = FILES["events.datasource"].replace(
    "    `kind`", "    `more` String `json:$.more`,\n    `kind`"
)


@contextmanager
def opened(project: Path, data: Path) -> Iterator[Api]:
    workspace = Workspace.open(load_project(project), data)
    try:
        yield Api(workspace)
    finally:
        workspace.close()


class Local(Client):
    """Asks a workspace of this process as its server would."""

    def __init__(self, api: Api) -> None:
        super().__init__("http://martlet", "t")
        self.api = api
        self.sent: list[str] = []

    def send(self, method: str, path: str) -> bytes:
        self.sent.append(f"{method} {path}")
        token = self.api.workspace.tokens.value("workspace admin token")
        answered = self.api(method, path, token=token)
        if answered.status >= 400:
            raise AnswerError(str(answered.body), status=answered.status)
        return answered.body


def fill(api: Api) -> None:
    admin = admin_of(api)
    for number in range(4):
        rows = "".join(json.dumps({"id": n, "kind": "ab"[n % 2]}) + "\n" for n in range(number, 9))
        assert api.send("events", rows, token=admin).status == 202
    api.send("events", '{"id": "none"}', token=admin)
    api.send("events", '{"id": 50, "kind": "keyed"}', headers=KEY, token=admin)
    api.send("names", '{"kind": "a", "name": "Ay"}', token=admin)
    api("POST", "/v0/tokens?name=made&scope=PIPES:READ:counts", token=admin)
    api("POST", "/v0/variables?name=s&value=hidden", token=admin)


def admin_of(api: Api) -> str:
    return api.workspace.tokens.value("workspace admin token")


def told(api: Api) -> dict[str, object]:
    """Return what a client can see of a workspace."""
    admin = admin_of(api)
    tables = ("events", "events_quarantine", "kinds", "names")
    return {
        "counts": answer(api.get("/v0/pipes/counts.json", token=admin))["data"],
        "tokens": answer(api.get("/v0/tokens", token=admin)),
        "variables": answer(api.get("/v0/variables", token=admin)),
        "jobs": answer(api.get("/v0/jobs", token=admin))["jobs"],
        "deployments": [
            {**each, "updated_at": ""}
            for each in answer(api.get("/v1/deployments", token=admin))["deployments"]
        ],
        **{table: api.workspace.count(table) for table in tables},
        "merged": api.rows("SELECT * FROM events FINAL ORDER BY id"),
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "project"
    root.mkdir()
    for name, text in FILES.items():
        (root / name).write_text(text)
    return root


def no_server() -> Client:
    raise AssertionError("no server runs")


@pytest.mark.parametrize(
    ("name", "is_running"), [("backup.tar", True), ("backup", False)], ids=["running", "stopped"]
)
def test_what_is_restored_answers_as_before(name: str, is_running: bool, project, tmp_path):
    data, to, restored = tmp_path / "data", tmp_path / name, tmp_path / "restored"
    with opened(project, data) as api:
        fill(api)
        before = told(api)
        if is_running:
            client = Local(api)
            make_backup(data, to, lambda: client)
            api.send("events", '{"id": 99, "kind": "late"}', token=admin_of(api))
            assert list((data / "snapshots").iterdir()) == []
    if not is_running:
        make_backup(data, to, no_server)
    assert stat.S_IMODE(to.stat().st_mode) == (0o700 if to.is_dir() else 0o600)
    restore_backup(to, restored)
    modes = {stat.S_IMODE(p.stat().st_mode) for p in restored.rglob("*") if p.is_file()}
    assert modes == {0o600}
    with opened(project, restored) as api:
        assert told(api) == before
        admin = admin_of(api)
        again = api.send("events", '{"id": 50, "kind": "keyed"}', headers=KEY, token=admin)
        assert again.headers["idempotency-replayed"] == "true"
        assert told(api) == before
        api.send("events", '{"id": 1000, "kind": "a"}', token=admin)
        assert api.workspace.count("events") == before["events"] + 1
        api.workspace.engine.command("OPTIMIZE TABLE events FINAL")
        data_ = answer(api.get("/v0/pipes/counts.json", token=admin))["data"]
        assert data_[0]["n"] == before["counts"][0]["n"] + 1
    with opened(project, restored) as api:  # and once more
        assert api.rows("SELECT count() FROM events FINAL WHERE id = 1000") == [[1]]


def test_deployments_come_back(project, tmp_path):
    from tests.api.test_deployments import form

    data, restored = tmp_path / "data", tmp_path / "restored"
    with opened(project, data) as api:
        fill(api)
        admin = admin_of(api)
        api.workspace.deployments.mark_folder(api.workspace.live.project)
        files = {**FILES, "events.datasource": WIDER}
        done = api("POST", "/v1/deploy?auto_promote=true", **form(files), token=admin)
        assert answer(done)["result"] == "success"
        staged = {**files, "more.pipe": FILES["counts.pipe"]}
        assert answer(api("POST", "/v1/deploy", **form(staged), token=admin))["result"] == "success"
        before = told(api)
        assert len(before["deployments"]) == 2
        make_backup(data, tmp_path / "b.tar", lambda: Local(api))
    restore_backup(tmp_path / "b.tar", restored)
    served, _ = cli._served(load_project(project), restored / "clickhouse", is_dev=False)
    workspace = Workspace.open(served, restored)
    api = Api(workspace)
    try:
        assert told(api) == before
        assert [column.name for column in workspace.datasource("events").columns][1] == "more"
        promoted = api("POST", "/v1/deployments/staging/set-live", token=admin_of(api))
        assert promoted.status == 200, promoted.body
        assert "more" in workspace.live.project.pipes
        assert told(api)["events"] == before["events"]
    finally:
        workspace.close()


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A backup of something like a data folder."""
    data = tmp_path / "data"
    (data / "clickhouse/store/a").mkdir(parents=True)
    (data / "clickhouse/metadata").mkdir()
    (data / "clickhouse/metadata/default").symlink_to("../store/a")
    (data / "clickhouse/store/a/x.bin").write_bytes(b"x" * 100)
    (data / "clickhouse/status").write_text("a server")
    (data / "incoming").mkdir()
    (data / "incoming/upload").write_text("half")
    (data / "tokens.json").write_text("{}")
    make_backup(data, tmp_path / "backup", no_server)
    return tmp_path / "backup"


def restored_files(made: Path, to: Path) -> set[str]:
    restore_backup(made, to)
    return {path.relative_to(to).as_posix() for path in to.rglob("*") if not path.is_dir()}


def test_what_is_in_a_backup(made, tmp_path):
    wanted = {"clickhouse/store/a/x.bin", "tokens.json"}
    assert restored_files(made, tmp_path / "r") == wanted
    link = tmp_path / "r/clickhouse/metadata/default"
    assert link.readlink() == Path("../store/a")


def change(name: str, path: Path) -> None:
    catalog = json.loads((path / "catalog.json").read_bytes())
    match name:
        case "a byte":
            (path / "data/clickhouse/store/a/x.bin").write_bytes(b"x" * 99 + b"y")
        case "cut off":
            (path / "data/clickhouse/store/a/x.bin").write_bytes(b"x" * 99)
        case "missing":
            (path / "data/tokens.json").unlink()
        case "more":
            (path / "data/more").write_text("")
        case "no catalog":
            (path / "catalog.json").unlink()
        case "no JSON":
            (path / "catalog.json").write_text("{")
        case "another format":
            catalog["format"] = 99
        case "a later ClickHouse":
            catalog["clickhouse"] = "1000.1.2"
        case "a link out":
            catalog["links"]["clickhouse/metadata/default"] = "../../../out"
        case "an absolute link":
            catalog["links"]["clickhouse/x"] = "/etc"
        case "a path out":
            catalog["files"]["../evil"] = [0, ""]
        case "a link":
            (path / "data/link").symlink_to("/etc/passwd")
    if name not in ("no catalog", "no JSON"):
        (path / "catalog.json").write_text(json.dumps(catalog))


CHANGES = ["a byte", "cut off", "missing", "more", "no catalog", "no JSON", "another format",
           "a later ClickHouse", "a link out", "an absolute link", "a path out", "a link"]  # fmt: skip


@pytest.mark.parametrize("name", CHANGES)
def test_a_damaged_backup_is_not_restored(name: str, made: Path, tmp_path):
    change(name, made)
    with pytest.raises(BackupError):
        restore_backup(made, tmp_path / "r")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "data"]


@pytest.mark.parametrize(
    "name", ["../evil", "/tmp/evil", "data/../../evil", "data/x\0y"], ids=range(4)
)
def test_a_tar_writes_nothing_outside(name: str, tmp_path):
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        member = tarfile.TarInfo(name)
        member.size = 1
        tar.addfile(member, io.BytesIO(b"x"))
    with pytest.raises(BackupError):
        restore_backup(tmp_path / "b.tar", tmp_path / "r" / "s")
    assert [path.name for path in tmp_path.rglob("*")] == ["b.tar", "r"]


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.DIRTYPE],
                         ids=["symlink", "link", "fifo", "folder"])  # fmt: skip
def test_a_tar_has_files_alone(kind: bytes, tmp_path):
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        member = tarfile.TarInfo("data/x")
        member.type, member.linkname = kind, "/etc/passwd"
        tar.addfile(member)
    with pytest.raises(BackupError, match="which is no file"):
        restore_backup(tmp_path / "b.tar", tmp_path / "r")


def test_a_tar_that_is_cut_off(made, tmp_path):
    to = tmp_path / "b.tar"
    make_backup(tmp_path / "data", to, no_server)
    whole = to.read_bytes().rstrip(b"\0")
    for size in (0, 300, 1000, len(whole) - 1):
        to.write_bytes(whole[:size])
        with pytest.raises(BackupError):
            restore_backup(to, tmp_path / "r")
        assert not (tmp_path / "r").exists()


def test_nothing_is_overwritten(made, tmp_path):
    with pytest.raises(ConflictError, match="there already"):
        make_backup(tmp_path / "data", made, no_server)
    (tmp_path / "empty").mkdir()
    assert restored_files(made, tmp_path / "empty")
    with pytest.raises(ConflictError, match="not empty"):
        restore_backup(made, tmp_path / "empty")
    with pytest.raises(NotFoundError):
        restore_backup(tmp_path / "none", tmp_path / "other")
    with pytest.raises(NotFoundError, match="no data folder"):
        make_backup(tmp_path / "none", tmp_path / "b", no_server)


def test_a_backup_that_fails_leaves_nothing(made, tmp_path, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(backup, "_entries", fail)
    for name in ("b", "b.tar"):
        with pytest.raises(BackupError, match="No space left"):
            make_backup(tmp_path / "data", tmp_path / name, no_server)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "data"]


def test_rows_that_are_elsewhere(made, tmp_path):
    """They would be missing without a word."""
    (tmp_path / "data/clickhouse/store").rename(tmp_path / "elsewhere")
    (tmp_path / "data/clickhouse/store").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BackupError, match="leads out of the folder"):
        make_backup(tmp_path / "data", tmp_path / "b", no_server)


def test_a_server_of_another_folder(project, tmp_path, made):
    with opened(project, tmp_path / "its own") as api:
        client = Local(api)
        other = tmp_path / "data"
        with backup._claimed(other), pytest.raises(ConflictError, match="another data folder"):
            make_backup(other, tmp_path / "b", lambda: client)
        assert [line.split()[0] for line in client.sent] == ["POST", "DELETE"]
        assert list((tmp_path / "its own/snapshots").iterdir()) == []


def test_a_server_at_another_address(made, tmp_path):
    class Nobody(Client):
        def send(self, method: str, path: str) -> bytes:
            raise AnswerError("http://martlet does not answer")

    data = tmp_path / "data"
    with backup._claimed(data), pytest.raises(AnswerError, match="does not answer") as failed:
        make_backup(data, tmp_path / "b", lambda: Nobody("http://martlet", "t"))
    assert failed.value.hint == f"a server runs on {data}: name its address with --url"


def test_snapshots_are_an_admins(project, tmp_path):
    with opened(project, tmp_path / "data") as api:
        admin = admin_of(api)
        made = answer(api("POST", "/v0/tokens?name=t&scope=DATASOURCES:READ:events", token=admin))
        assert api("POST", "/v0/snapshots", token=made["token"]).status == 403
        id = answer(api("POST", "/v0/snapshots", token=admin))["snapshot"]["id"]
        assert api("DELETE", f"/v0/snapshots/{id}", token=made["token"]).status == 403
        assert api("DELETE", "/v0/snapshots/..", token=admin).status == 404
        assert answer(api("DELETE", f"/v0/snapshots/{id}", token=admin)) == {"ok": True}
        assert api("DELETE", f"/v0/snapshots/{id}", token=admin).status == 404
        left = answer(api("POST", "/v0/snapshots", token=admin))["snapshot"]["id"]
        old = tmp_path / "data/snapshots" / left
        os.utime(old, (0, 0))
        answer(api("POST", "/v0/snapshots", token=admin))
        assert not old.exists()
    with opened(project, tmp_path / "data"):
        assert not (tmp_path / "data/snapshots").exists()


def test_a_workspace_without_a_data_folder(make_workspace: Callable[..., Workspace]):
    workspace = make_workspace({"events.datasource": FILES["events.datasource"]})
    assert Api(workspace)("POST", "/v0/snapshots").status == 409


def test_a_part_that_goes_meanwhile(project, tmp_path, monkeypatch):
    """The snapshot begins anew, and has no half of a part."""
    with opened(project, tmp_path / "data") as api:
        fill(api)
        link, calls = os.link, []

        def gone_once(path: str, to: str) -> None:
            calls.append(path)
            if len(calls) == 7:
                raise FileNotFoundError(2, "gone", path)
            link(path, to)

        monkeypatch.setattr(os, "link", gone_once)
        make_backup(tmp_path / "data", tmp_path / "b", lambda: Local(api))
        before = told(api)
    restore_backup(tmp_path / "b", tmp_path / "r")
    assert len(calls) > 14
    with opened(project, tmp_path / "r") as api:
        assert told(api) == before


def test_a_disk_without_hard_links(project, tmp_path, monkeypatch):
    def refuse(path: str, to: str) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", refuse)
    with opened(project, tmp_path / "data") as api:
        fill(api)
        before = told(api)
        make_backup(tmp_path / "data", tmp_path / "b", lambda: Local(api))
    restore_backup(tmp_path / "b", tmp_path / "r")
    shutil.rmtree(tmp_path / "data")
    with opened(project, tmp_path / "r") as api:
        assert told(api) == before


def test_the_commands(made, tmp_path, capsys):
    data, to, restored = (str(tmp_path / name) for name in ("data", "b.tar", "r"))
    assert cli.main(["backup", "--data", data, "--to", to]) == 0
    printed = capsys.readouterr()
    assert printed.out == f"2 files, 102 bytes in {to}\n"
    assert "values of tokens and secrets" in printed.err
    assert cli.main(["restore", to, "--data", restored]) == 0
    assert f"2 files, 102 bytes in {restored}, as they were at " in capsys.readouterr().out
    assert cli.main(["restore", to, "--data", restored]) == 1
    assert "is not empty" in capsys.readouterr().err
