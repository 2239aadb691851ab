"""Fixtures of the tests against a deployed project: one deployment for all of them.

They are in one file, `test_deployed.py`, so that one process of a distributed run has them all.
"""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from scripts import cloud as script
from scripts.trino import locked
from tests.api.calls import Api
from tests.cloud.box import Box, Twins, write_project
from tests.conftest import ROOT

from martlet.engines.clickhouse import ClickHouse
from martlet.files.project import load_project
from martlet.tokens import ADMIN_TOKEN_NAME, TokenStore
from martlet.workspace import Workspace

NO_CLOUD = "no box"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if script.why_not_here():
        for item in items:
            if "box" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason=NO_CLOUD))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(NO_CLOUD in str(report.longrepr) for report in skipped)
    if count:
        reason = script.why_not_here() or "It could not be fetched; the reason stands above."
        terminalreporter.write_line(
            f"NOT CHECKED: {count} tests of a project deployed on AWS. {reason}",
            red=True,
            bold=True,
        )


@pytest.fixture(scope="session")
def project_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_project(tmp_path_factory.mktemp("box") / "project")


@pytest.fixture(scope="module")
def box(project_folder: Path) -> Iterator[Box]:
    """The project, deployed. What a run that was killed has left is ended by the next."""
    lines: list[str] = []
    try:
        script.provision(lines.append)
    except script.CloudError as error:
        pytest.skip(f"{NO_CLOUD}: {error}")
    checkout = hashlib.sha256(str(ROOT).encode()).hexdigest()[:8]
    state = script.default_folder().with_name(f"cloud-tests-{checkout}")
    with locked(state.with_name(f"{state.name}.lock")):
        cloud = script.up(state, project=project_folder, with_proxy=True, say=lines.append)
        print("\n".join(lines))
        try:
            values = script.tokens(cloud)
            yield Box(cloud, {**values, "admin": values[ADMIN_TOKEN_NAME]})
        finally:
            script.down(state)


@pytest.fixture(scope="module")
def twins(box: Box, project_folder: Path, clickhouse_path: Path) -> Iterator[Twins]:
    """The deployed project beside an embedded server with the same project."""
    project = load_project(project_folder)
    engine = ClickHouse(clickhouse_path, database="box", settings=project.settings)
    tokens = TokenStore(project_folder.parent / "tokens.json", admin_token="admin")
    workspace = Workspace(project, engine=engine, tokens=tokens)
    yield Twins(box, Api(workspace))
    workspace.close()
    engine.close()
