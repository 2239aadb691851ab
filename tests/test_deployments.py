"""Deployments: plans as functions, kills at every step, and what a start finds afterwards."""

import gc
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.api.test_deployments import BASE, COUNTS, EVENTS, KINDS, LIST, VIEW, VIEWED

from martlet.engines.clickhouse import ClickHouse
from martlet.files.project import load_project
from martlet.tokens import TokenStore
from martlet.workspace import Workspace

STEPS = ("cloned", "made", "caught up", "published")


class Killed(BaseException):
    """The process ends here."""


def files_of(version: int) -> dict[str, bytes]:
    """Return a project whose every file depends on its version."""
    column = f"`v{version}` Int64 DEFAULT {version},\n    `kind` String"
    texts = {
        "datasources/events.datasource": EVENTS.replace("`kind` String", column),
        "datasources/kinds.datasource": KINDS,
        "pipes/view.pipe": VIEW.replace("FROM events", f"FROM events WHERE v{version} = {version}"),
        "pipes/counts.pipe": COUNTS,
        "pipes/list.pipe": LIST.replace(
            "SELECT *", f"SELECT id, {version} AS version, v{version} AS v"
        ),
    }
    return {name: text.encode() for name, text in texts.items()}


@dataclass
class Box:
    """A data folder with a server in it that can be killed, in a database of its own."""

    path: Path
    folder: Path
    base: str
    workspace: Workspace = field(init=False)

    def start(self) -> None:
        project = load_project(self.folder)
        engine = ClickHouse(self.path, database=self.base)
        tokens = TokenStore(self.folder / "tokens.json", admin_token="admin")
        stored = engine.path / "deployments" / self.base
        self.workspace = (
            Workspace(project, engine=engine, tokens=tokens)
            if not stored.exists()
            else (self._restarted(engine, tokens, stored))
        )

    def _restarted(self, engine, tokens, stored) -> Workspace:
        from martlet.generations import Generations

        note = Generations(engine).note
        files = stored / str(note.get("deployment", "")) / "files"
        root = files if files.is_dir() else self.folder
        engine.close()
        engine = ClickHouse(self.path, database=self.base)
        return Workspace(load_project(root), engine=engine, tokens=tokens)

    def kill(self) -> None:
        """Leave everything as it is: nothing is told to end in order."""
        self.workspace.jobs.close()
        self.workspace.generations.step = lambda name: None
        self.workspace.generations.drop = lambda database: None
        self.workspace.generations.close()
        self.workspace.engine.close()
        self.workspace.sink._threads.shutdown(wait=True)
        self.workspace.stage_sink._threads.shutdown(wait=True)

    def append(self, id: int) -> None:
        source = self.workspace.datasource("events")
        done = self.workspace.append(source, b'{"id": %d, "kind": "k"}' % id, "ndjson").result(30)
        assert (done.successful, done.quarantined) == (1, 0)

    def rows(self, pipe: str) -> list[str]:
        live = self.workspace.live
        query = live.queries.build(live.project.pipes[pipe], {})
        return self.workspace.engine.execute(query.sql, format="CSV").body.decode().split()


class Deploying(RuleBasedStateMachine):
    """A model of one number: the version that is live, with the ids that were acknowledged."""

    open_box: Callable[[], Box]

    @initialize()
    def start(self) -> None:
        self.box = self.open_box()
        self.live, self.staged, self.next_id = 0, 0, 0
        self.ids: list[int] = []
        self.numbers = iter(range(1, 1000))
        self.box.start()

    @rule()
    def append(self) -> None:
        self.box.append(self.next_id)
        self.ids.append(self.next_id)
        self.next_id += 1

    @rule()
    def deploy(self) -> None:
        if self.staged:
            return
        version = next(self.numbers)
        checked = self.box.workspace.deployments.deploy(
            files_of(version), destructive=True, is_promoted=True
        )
        assert checked.errors == []
        self.live = version

    @rule(step=st.sampled_from(STEPS), is_promoted=st.booleans())
    def deploy_and_die(self, step: str, is_promoted: bool) -> None:
        if self.staged:
            return
        version = next(self.numbers)

        def die(name: str) -> None:
            if name == step:
                raise Killed

        deployments = self.box.workspace.deployments
        self.box.workspace.generations.step = die
        # A killed process does not clean up behind itself.
        self.box.workspace.generations.drop = lambda database: None
        try:
            deployments.deploy(files_of(version), destructive=True, is_promoted=is_promoted)
        except Killed:
            if step == "published":
                self.live = version
        else:
            self.staged = version
        self.restart()

    @rule()
    def restart(self) -> None:
        self.box.kill()
        self.box.start()
        self.look()

    @rule()
    def stage(self) -> None:
        if not self.staged:
            self.staged = next(self.numbers)
            checked = self.box.workspace.deployments.deploy(
                files_of(self.staged), destructive=True, is_promoted=False
            )
            assert checked.errors == []

    @precondition(lambda self: self.staged)
    @rule()
    def promote(self) -> None:
        self.box.workspace.deployments.set_live("staging")
        self.live, self.staged = self.staged, 0

    @precondition(lambda self: self.staged)
    @rule()
    def discard(self) -> None:
        self.box.workspace.deployments.discard("staging")
        self.staged = 0

    def look(self) -> None:
        version = self.live
        expected = [f"{id},{version},{version}" for id in self.ids]
        assert self.box.rows("list") == expected
        assert self.box.rows("counts") == ([f'"k",{len(self.ids)}'] if self.ids else [])
        workspace = self.box.workspace
        staged = workspace.deployments.staged
        assert bool(staged) == bool(self.staged)
        names = workspace.engine.command("SHOW DATABASES").split()
        own = [name for name in names if name.startswith(f"{self.box.base}__")]
        wanted = {workspace.engine.database, *workspace.deployments.databases()}
        assert set(own) <= wanted

    def teardown(self) -> None:
        if hasattr(self, "box"):
            self.look()
            self.box.kill()


EVENT = b'{"id": %d, "kind": "k"}'
TYPED = EVENTS.replace("`id` Int64", "`id` String") + (
    "FORWARD_QUERY >\n    SELECT concat('old ', toString(id)) AS id, kind\n"
)
CHANCE = EVENTS.replace(
    "`id` Int64", "`more` String `json:$.more` DEFAULT toString(rand()),\n    `id` Int64"
)
NEW_VIEW = VIEW.replace("FROM events", "FROM events WHERE kind != ''")
# What is filled from rows that also come in another way cannot be made again.
KEPT = KINDS.replace("`kind` String,", "`kind` String `json:$.kind`,").replace(
    "`n` AggregateFunction(count)", "`n` AggregateFunction(count) `json:$.n`"
)


@pytest.mark.parametrize(
    ("before", "changes", "ids"),
    [
        ({}, {"events.datasource": EVENTS.replace("kind` String", "kind` Nullable(String)")}, "{}"),
        ({}, {"events.datasource": TYPED}, '"old {}"'),
        ({}, {"view.pipe": NEW_VIEW}, "{}"),
        ({"kinds.datasource": KEPT}, {"events.datasource": TYPED}, '"old {}"'),
        ({"kinds.datasource": KEPT}, {"view.pipe": NEW_VIEW}, "{}"),
        ({"view.pipe": COUNTS}, {"view.pipe": VIEW}, "{}"),
        ({}, {"view.pipe": "", "renamed.pipe": VIEW}, "{}"),
        ({}, {"view.pipe": "", "renamed.pipe": NEW_VIEW}, "{}"),
        ({"kinds.datasource": KEPT}, {"view.pipe": "", "renamed.pipe": VIEW}, "{}"),
        ({"kinds.datasource": KEPT}, {"view.pipe": "", "renamed.pipe": NEW_VIEW}, "{}"),
        ({}, {"events.datasource": EVENTS.replace("SORTING_KEY id", "SORTING_KEY id\nENGINE_SETTINGS index_granularity=99")}, "{}"),
        ({}, {"events.datasource": CHANCE}, "{}"),
        ({}, {"events.datasource": CHANCE + "FORWARD_QUERY >\n    SELECT id, kind, 'old' AS more\n"}, "{}"),
    ],
    ids=["alter", "forward query", "view", "forward, target kept",
         "view, target kept", "first view", "renamed", "renamed and changed",
         "renamed, target kept", "renamed and changed, target kept", "fixed setting",
         "default by chance", "forward, new column"],
)  # fmt: skip
def test_rows_that_come_while_tables_change_are_there_once(make_workspace, before, changes, ids):
    files = {**VIEWED, **{_place(name): text for name, text in before.items()}}
    workspace = make_workspace(files)
    source = workspace.datasource("events")

    def append(id: int) -> None:
        done = workspace.append(source, EVENT % id, "ndjson").result(30)
        assert (done.successful, done.quarantined) == (1, 0)

    come = iter(range(100))
    append(next(come))
    workspace.generations.step = lambda name: (
        append(next(come)) if name in ("cloned", "made") else None
    )
    after = {**files, **{_place(name): text for name, text in changes.items()}}
    after = {name: text for name, text in after.items() if text}
    checked = workspace.deployments.deploy(
        {name: text.encode() for name, text in after.items()}, destructive=True, is_promoted=True
    )
    assert (checked.errors, checked.result) == ([], "success")
    count = next(come)

    def ask(sql: str) -> list[str]:
        return workspace.engine.execute(sql, format="CSV").body.decode().split("\n")[:-1]

    assert ask("SELECT id FROM events ORDER BY id") == [ids.format(n) for n in range(count)]
    assert ask("SELECT countMerge(n) FROM kinds") == [str(count)]
    append(count)
    assert ask("SELECT count() FROM events") == [str(count + 1)]
    assert ask("SELECT countMerge(n) FROM kinds") == [str(count + 1)]


def _place(name: str) -> str:
    return f"{'datasources' if name.endswith('.datasource') else 'pipes'}/{name}"


def test_events_that_wait_when_a_project_changes_are_typed_for_the_new_one(make_workspace):
    workspace = make_workspace(BASE)
    source = workspace.datasource("events")
    waiting = []

    def look(name: str) -> None:
        if name == "caught up":  # commits are held, and the project before is still live
            waiting.append(workspace.append(source, EVENT % 1, "ndjson"))

    workspace.generations.step = look
    workspace.append(source, EVENT % 0, "ndjson").result(30)
    twice = EVENTS.replace("`kind` String", "`twice` Int64 `json:$.id`,\n    `kind` String")
    files = {**BASE, "datasources/events.datasource": twice}
    sent = {name: text.encode() for name, text in files.items()}
    workspace.deployments.deploy(sent, destructive=True, is_promoted=True)
    done = waiting[0].result(30)
    assert (done.successful, done.quarantined) == (1, 0)
    assert workspace.engine.command("SELECT id, twice FROM events ORDER BY id") == "0\t0\n1\t1\n"


def test_queries_of_before_end_in_the_tables_of_before(make_workspace):
    workspace = make_workspace(BASE)
    workspace.append(workspace.datasource("events"), EVENT % 0, "ndjson").result(30)
    live = workspace.live
    query = live.queries.build(live.project.pipes["list"], {})
    files = {**BASE, "datasources/events.datasource": TYPED}
    sent = {name: text.encode() for name, text in files.items()}
    workspace.deployments.deploy(sent, destructive=True, is_promoted=True)

    def run() -> str:
        found = workspace.engine.execute(query.sql, format="CSV", database=query.database)
        return found.body.decode()

    assert run() == '0,"k"\n'
    before = query.database
    del live
    gc.collect()
    workspace.generations.close()  # waits for what is to be dropped
    left = workspace.engine.command(
        f"SELECT count() FROM system.tables WHERE database = '{before}'"
    )
    assert left == "0\n"


def test_a_kill_at_any_step_leaves_one_project_whole(clickhouse_path, tmp_path_factory):
    opened = iter(range(1000))

    def open_box() -> Box:
        folder = tmp_path_factory.mktemp("deploying")
        for name, content in files_of(0).items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_bytes(content)
        return Box(clickhouse_path, folder, f"deploying_{next(opened)}")

    machine = type("Machine", (Deploying,), {"open_box": staticmethod(open_box)})
    run_state_machine_as_test(
        machine, settings=settings(max_examples=3, stateful_step_count=7, deadline=None)
    )
