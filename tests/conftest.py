"""Fixtures shared by all tests: real ClickHouse in this process, one data folder for each module."""

import itertools
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import chdb
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


# Files that take longest: begun last, one of them would run alone at the end.
FIRST = (
    "tests/cloud/test_deployed.py",
    "tests/translate/test_cases.py",
    "tests/server/",
    "tests/translate/",
    "tests/infra/",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {prefix: place for place, prefix in enumerate(FIRST)}
    items.sort(
        key=lambda item: next(
            (place for prefix, place in places.items() if item.nodeid.startswith(prefix)),
            len(places),
        )
    )
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


class HeldFolder:
    """A data folder, and a connection to it that keeps ClickHouse running between tests.

    Without one it ends with each engine, and every start loads all tables of the folder again: half
    a second of a test.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.hold()

    def hold(self) -> None:
        self._connection = chdb.connect(str(self.path))

    def release(self) -> None:
        self._connection.close()


@pytest.fixture(scope="module")
def held_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeldFolder]:
    held = HeldFolder(tmp_path_factory.mktemp("clickhouse"))
    yield held
    held.release()


@pytest.fixture(scope="module")
def clickhouse_path(held_folder: HeldFolder) -> Path:
    """The data folder of a test module: chDB opens only one, so its tests differ by database."""
    return held_folder.path


@pytest.fixture
def other_folders(held_folder: HeldFolder) -> Iterator[None]:
    """For what opens a data folder of its own in this process."""
    held_folder.release()
    yield
    held_folder.hold()


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
