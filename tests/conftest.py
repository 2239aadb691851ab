"""Fixtures shared by all tests: real ClickHouse in this process, one data folder for the session."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings
from scripts import trino as script

from martlet.engines.clickhouse import ClickHouse
from martlet.model import Project
from martlet.tokens import TokenStore

if TYPE_CHECKING:
    from tests.trino.client import Trino

# The suite draws the same examples each time; `make proof` draws others.
_SLOW = [HealthCheck.too_slow]
settings.register_profile("ci", deadline=None, suppress_health_check=_SLOW, derandomize=True)
settings.register_profile("random", deadline=None, suppress_health_check=_SLOW)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

ROOT = Path(__file__).parent.parent

NO_TRINO = "no Trino server"

_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if script.why_not_here():
        for item in items:
            if "trino" in getattr(item, "fixturenames", ()):
                item.add_marker(pytest.mark.skip(reason=NO_TRINO))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(NO_TRINO in str(report.longrepr) for report in skipped)
    if count:
        reason = script.why_not_here() or "It could not be fetched; the reason stands above."
        terminalreporter.write_line(
            f"NOT CHECKED: {count} tests of what Athena's engine, Trino, answers. {reason}",
            red=True,
            bold=True,
        )


@pytest.fixture(scope="session")
def clickhouse_path(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of this process: chDB opens only one, so tests differ by database."""
    return tmp_path_factory.mktemp("clickhouse")


@pytest.fixture
def make_engine(clickhouse_path: Path) -> Iterator[Callable[..., ClickHouse]]:
    """Open engines with an empty database of their own."""
    engines: list[ClickHouse] = []

    def make(**options) -> ClickHouse:
        database = options.pop("database", None) or f"test_{next(_numbers)}"
        engine = ClickHouse(clickhouse_path, database=database, **options)
        engines.append(engine)
        return engine

    yield make
    for engine in engines:
        engine.close()


@pytest.fixture
def engine(make_engine: Callable[..., ClickHouse]) -> ClickHouse:
    return make_engine()


@pytest.fixture
def write_project(tmp_path: Path) -> Callable[[dict[str, str]], Path]:
    """Write files (path -> text) and return the project folder."""

    def write(files: dict[str, str]) -> Path:
        root = tmp_path / "project"
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return root

    return write


@pytest.fixture
def make_workspace(
    make_engine: Callable[..., ClickHouse], write_project: Callable[..., Path], tmp_path: Path
):
    """Open a workspace for files, or for a project."""
    from martlet.workspace import Workspace

    opened: list[Workspace] = []

    def make(files: dict[str, str] | Project):
        from martlet.files.project import load_project

        project = load_project(write_project(files)) if isinstance(files, dict) else files
        engine = make_engine(settings=project.settings)
        tokens = TokenStore(tmp_path / f"tokens{len(opened)}.json", admin_token="admin")
        opened.append(Workspace(project, engine=engine, tokens=tokens))
        return opened[-1]

    yield make
    for workspace in opened:
        workspace.close()


@pytest.fixture(scope="session")
def trino() -> Iterator["Trino"]:
    """A real Trino server, shared by all processes of the run; see `scripts/trino.py`."""
    from tests.trino.client import Trino

    home = script.default_home()
    try:
        script.provision(home)
    except script.TrinoError as error:  # Maven is there, but what it should fetch is out of reach
        pytest.skip(f"{NO_TRINO}: {error}")
    with script.borrowed(home, script.default_run(home)) as server:
        yield Trino(server)
