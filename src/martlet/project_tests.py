"""`martlet test`: a project's endpoint tests, `tests/<pipe>.yaml`, as Tinybird runs them.

Files of Tinybird Classic's data-quality tests, of any name, are run by `quality_tests`.

Each run has a fresh data folder with the fixtures; the text of an answer must equal the expected
one to the byte.
"""

import difflib
import logging
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import orjson
import yaml

from martlet.api.dispatch import dispatch
from martlet.api.http import Request, Response, failure
from martlet.api.operations import OPERATIONS
from martlet.errors import DatafileError, Location, MartletError
from martlet.fixtures import empty_with_fixture, load_fixture
from martlet.model import Datasource, NodeType, Project
from martlet.quality_tests import problem_of, read_quality_tests
from martlet.tokens import ADMIN_TOKEN_NAME
from martlet.workspace import Workspace

log = logging.getLogger("martlet")


@dataclass(frozen=True, slots=True)
class EndpointTest:
    """One entry of a test file.

    Attributes:
        parameters: a query string.
        status: the status to expect of an answer that is an error, None for a good one.
    """

    name: str
    parameters: str
    expected: str
    status: int | None


@dataclass(slots=True)
class Outcome:
    """What came of one test file: it passes when no test failed; the first failure ends it.

    Attributes:
        skipped: why it was not run, empty if it was.
        failed: name of the test that failed, empty if none did.
        message: what failed, with a diff.
    """

    pipe: str
    file: str
    passed: list[str] = field(default_factory=list)
    failed: str = ""
    message: str = ""
    skipped: str = ""

    @property
    def ok(self) -> bool:
        return not self.failed

    def as_json(self) -> dict[str, object]:
        """Return the fields for `--json`."""
        return {
            "pipe": self.pipe,
            "file": self.file,
            "ok": self.ok,
            "passed": self.passed,
            "failed": self.failed or None,
            "message": self.message or None,
            "skipped": self.skipped or None,
        }


def run_tests(project: Project, names: Sequence[str] = ()) -> Iterator[Outcome]:
    """Run the test files of a project in a data folder of their own, and yield each outcome.

    Args:
        project: a checked project.
        names: pipes whose tests to run; all when empty.

    Raises:
        MartletError: a name has no test file, the project's tables cannot be made, or its
            fixtures not be loaded.
    """
    files = find_tests(project.root, names)
    with tempfile.TemporaryDirectory(prefix="martlet-test-") as folder:
        workspace = Workspace.open(project, Path(folder))
        try:
            for datasource, path in empty_with_fixture(workspace):
                _load(workspace, datasource, path)
            for path in files:
                yield run_file(workspace, path)
        finally:
            workspace.close()


def _load(workspace: Workspace, datasource: Datasource, path: Path) -> None:
    """Load a fixture; rows in the quarantine are told."""
    shown = path.relative_to(workspace.live.project.root).as_posix()
    try:
        loaded = load_fixture(workspace, datasource, path)
    except MartletError as error:
        place = error.location or Location(shown, 1)
        raise DatafileError(error.message, location=place, hint=error.hint) from error
    if loaded.quarantined:
        log.warning(
            "warning: %d rows of %s are in %s", loaded.quarantined, shown, datasource.quarantine
        )


def find_tests(root: Path, names: Sequence[str] = ()) -> list[Path]:
    """Return the test files of a project, or those of some pipes, in order.

    A project that lies in the folder of tests has its own; hidden files and packages have none.

    Raises:
        DatafileError: a name has none.
    """
    folder = root / "tests"
    inner = {path.parent for path in folder.glob("*/**/datasources")}
    found = sorted(
        path
        for path in folder.rglob("*.y*ml")
        if path.is_file()
        and inner.isdisjoint(path.parents)
        and not any(map(_is_other, path.relative_to(folder).parts))
    )
    if unknown := set(names) - {path.stem for path in found}:
        raise DatafileError(f"There is no tests/{min(unknown)}.yaml")
    return [path for path in found if not names or path.stem in names]


def _is_other(name: str) -> bool:
    return name == "node_modules" or name.startswith(".")


def run_file(workspace: Workspace, path: Path) -> Outcome:
    """Run the tests of one file up to the first that fails."""
    name, shown = path.stem, path.relative_to(workspace.live.project.root).as_posix()
    outcome = Outcome(name, shown)
    if name not in workspace.live.project.pipes:
        return _run_quality(workspace, path, outcome)
    try:
        tests = read_tests(path, shown)
    except DatafileError as error:
        outcome.failed, outcome.message = "(the file)", str(error)
        return outcome
    for test in tests:
        problem = _problem(_ask(workspace, name, test.parameters), test)
        if problem:
            outcome.failed, outcome.message = test.name, problem
            return outcome
        outcome.passed.append(test.name)
    return outcome


def _run_quality(workspace: Workspace, path: Path, outcome: Outcome) -> Outcome:
    """Run a file that is no pipe's, if it has Classic's tests: all of them, as Classic does."""
    try:
        tests = read_quality_tests(_read_yaml(path, outcome.file))
    except DatafileError:
        tests = []
    if not tests:
        outcome.skipped = f"{outcome.pipe}.pipe not found"
    problems = {test.name: problem_of(workspace, test) for test in tests}
    outcome.passed = [name for name, problem in problems.items() if not problem]
    failed = {name: problem for name, problem in problems.items() if problem}
    outcome.failed = next(iter(failed), "")
    outcome.message = "\n".join(f"{name}: {problem}" for name, problem in failed.items())
    return outcome


def read_tests(path: Path, shown: str) -> list[EndpointTest]:
    """Return the tests of a YAML file.

    Raises:
        DatafileError: it is not YAML, or not a list of tests.
    """
    content = _read_yaml(path, shown)
    if not isinstance(content, list):
        raise DatafileError(
            "A test file is a list of tests", location=Location(shown, 1), hint="- name: ..."
        )
    written = yaml.compose(path.read_bytes(), Loader=yaml.SafeLoader)
    assert isinstance(written, yaml.SequenceNode)
    return [
        _read_test(entry, index, Location(shown, node.start_mark.line + 1))
        for index, (entry, node) in enumerate(zip(content, written.value, strict=True))
    ]


def _read_yaml(path: Path, shown: str) -> object:
    try:
        content: object = yaml.safe_load(path.read_bytes())
    except OSError as error:
        raise DatafileError(
            f"Cannot read the file: {error.strerror}", location=Location(shown, 1)
        ) from error
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = Location(shown, mark.line + 1, mark.column + 1) if mark else Location(shown, 1)
        raise DatafileError(
            f"Not YAML: {getattr(error, 'problem', error)}", location=where
        ) from error
    return content


def _read_test(entry: object, index: int, where: Location) -> EndpointTest:
    if not isinstance(entry, dict) or "expected_result" not in entry or "name" not in entry:
        raise DatafileError(
            f"Test {index + 1} has no 'name' or no 'expected_result'", location=where
        )
    status = entry.get("expected_http_status")
    if status is not None and not isinstance(status, int):
        raise DatafileError(
            f"expected_http_status of '{entry['name']}' is not a number", location=where
        )
    parameters = entry.get("parameters") or ""
    if isinstance(parameters, dict | list):
        raise DatafileError(
            f"parameters of '{entry['name']}' is not a text",
            location=where,
            hint="write a query string: a=1&b=2",
        )
    parameters = str(parameters)
    if "?" in parameters:
        parameters = parameters.partition("?")[2]
    expected = entry["expected_result"]
    if isinstance(expected, dict | list | bool):  # YAML's reading of it has lost the text
        raise DatafileError(
            f"expected_result of '{entry['name']}' is not a text",
            location=where,
            hint="write `expected_result: |` and the text below it, indented",
        )
    return EndpointTest(
        str(entry["name"]), parameters, "" if expected is None else str(expected), status
    )


def _ask(workspace: Workspace, name: str, parameters: str) -> Response:
    """Ask the endpoint over the API; of a pipe without one, its output node."""
    pipe = workspace.live.project.pipes[name]
    request = Request(
        "GET",
        f"/v0/pipes/{name}.ndjson",
        parameters,
        {"authorization": f"Bearer {workspace.tokens.value(ADMIN_TOKEN_NAME)}"},
    )
    if pipe.type is NodeType.ENDPOINT:
        return dispatch(workspace, request, OPERATIONS).result()
    try:
        query = workspace.live.queries.build(pipe, request.query)
        body = workspace.engine.execute(
            query.sql, format="JSONEachRow", settings=query.settings, parameters=query.secrets
        ).body
    except MartletError as error:
        return failure(request, error)
    return Response(200, body)


def _problem(response: Response, test: EndpointTest) -> str:
    """Return what is wrong with an answer, nothing if it is as expected."""
    got = response.body.decode()
    if response.status < 400:
        return "" if got == test.expected else _difference(got, test.expected)
    error = str(orjson.loads(response.body).get("error", ""))
    if test.status is None:
        return f"Expected to not fail but got an error: {response.status} {error}"
    if response.status != test.status:
        return f"Expected {test.status} but got {response.status}: {error}"
    return "" if error == test.expected else _difference(error, test.expected)


def _difference(got: str, expected: str) -> str:
    lines = difflib.ndiff(
        _lines(expected), _lines(got), linejunk=None, charjunk=difflib.IS_CHARACTER_JUNK
    )
    return "Output and expected output are different (- expected, + got):\n" + "\n".join(
        line.rstrip("\n") for line in lines
    )


def _lines(text: str) -> list[str]:
    """Split into lines, the missing end of the last one made visible."""
    if text and not text.endswith("\n"):
        return [*text.splitlines(), "(no newline at the end)"]
    return text.splitlines() or ["(nothing)"]
