"""Clients that others wrote, each in its environment, and a server for the tests of a module."""

import contextlib
import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from scripts import environments
from scripts.environments import InstallError
from scripts.trino import locked
from tests.clients import harness
from tests.clients.harness import Worker, only_loopback
from tests.clients.project import PROJECT, WORKSPACE
from tests.server.conftest import write_files
from tests.server.process import Server

NO_CLIENT = "no client"


@pytest.fixture(scope="module")
def server(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server with the project, and what the module's `FILES` add to it."""
    files = {**PROJECT, **getattr(request.module, "FILES", {})}
    root = write_files(tmp_path_factory.mktemp("server") / WORKSPACE, files)
    with contextlib.closing(Server(root)) as it:
        yield it.wait_ready()


@pytest.fixture(scope="module")
def sql(server: Server) -> Callable[[str], list[dict]]:
    """Ask the server for rows, without a client between."""

    def ask(query: str) -> list[dict]:
        answer = server.request("POST", "/v0/sql", f"{query} FORMAT JSON")
        assert answer.status == 200, answer.body
        return answer.json()["data"]

    return ask


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home and working folder of a module's client."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture(scope="module")
def python(server: Server, home: Path) -> Iterator[Callable[..., Worker]]:
    """Start a worker in the environment of a client from PyPI."""
    with contextlib.ExitStack() as started:

        def start(name: str, *, but: Sequence[str] = ()) -> Worker:
            command = [python_client(name).python, harness.HERE / "python_worker.py"]
            worker = Worker(command, server.port, home)
            return started.enter_context(only_loopback(worker, but=but))

        yield start


@pytest.fixture(scope="module")
def node(server: Server, home: Path) -> Iterator[Worker]:
    """A worker with the clients from npm."""
    node_clients()
    with only_loopback(Worker(["node", harness.HERE / "node_worker.mjs"], server.port, home)) as it:
        yield it


def python_client(name: str) -> environments.Environment:
    """Return the environment of a client from PyPI, made by the first test that needs it."""
    made = environments.client(name)
    _install_or_skip(made.install, made.folder)
    return made


def node_clients() -> Path:
    """Return the folder of the clients from npm, made by the first test that needs it."""
    if shutil.which("node") is None:
        pytest.skip(f"{NO_CLIENT}: Node.js is not installed")
    _install_or_skip(environments.install_node_clients, environments.ROOT / ".venv-clients/node")
    return environments.CLIENTS / "node_modules"


_failures: dict[Path, str] = {}


def _install_or_skip(install: Callable[[], bool], folder: Path) -> None:
    folder.parent.mkdir(exist_ok=True)
    if folder not in _failures:
        try:
            with locked(folder.with_name(f"{folder.name}.lock")):  # other processes of this run
                install()
        except InstallError as error:
            _failures[folder] = str(error)  # once is long enough where nobody answers
    if folder in _failures:
        pytest.skip(f"{NO_CLIENT}: {_failures[folder]}")


@pytest.fixture(scope="module")
def files() -> Iterator[Callable[[str, bytes], str]]:
    """Put files on a web server of this machine; the server, not the client, fetches them."""
    contents: dict[str, bytes] = {}

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            content = contents[self.path]
            self.send_response(200)
            self.send_header("content-length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None: ...

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as web:
        thread = threading.Thread(target=web.serve_forever, args=(0.05,))
        thread.start()

        def put(name: str, content: bytes) -> str:
            contents[f"/{name}"] = content
            return f"http://127.0.0.1:{web.server_port}/{name}"

        yield put
        web.shutdown()
        thread.join()


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser of the system, or the one that npm has."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    if found is None:
        node_clients()
        _install_or_skip(environments.install_chromium, environments.CHROMIUM)
    return found or str(environments.CHROMIUM / "start")


START_BROWSER = """
    const { createServer } = await load("node:http");
    const { chromium } = await load("playwright-core");
    globalThis.site = {};  // what is at the paths of a web site: another origin than the API's
    const web = createServer((request, response) => {
      const [type, body] = site[new URL(request.url, "http://site").pathname] ?? ["text/plain", null];
      response.writeHead(body === null ? 404 : 200, { "content-type": type }).end(body);
    });
    await new Promise((ready) => web.listen(0, "127.0.0.1", ready));
    globalThis.origin = `http://127.0.0.1:${web.address().port}`;
    const browser = await chromium.launch({
      executablePath,
      args: [
        "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
        "--disable-blink-features=AutomationControlled",  // trackers leave automated browsers out
        "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
      ],
    });
    globalThis.context = await browser.newContext({
      locale: "en-GB", timezoneId: "Europe/London",
      userAgent: "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0 Safari/537.36",
    });
    globalThis.hosts = new Set();
    globalThis.failures = [];
    context.on("request", (request) => hosts.add(new URL(request.url()).hostname));
    context.on("weberror", (error) => failures.push(String(error.error())));
    globalThis.stop = () => browser.close();
"""


@pytest.fixture(scope="module")
def browser(server: Server, home: Path, chromium: str) -> Iterator[Worker]:
    """A worker with a browser, whose `context` opens pages of `site`, which is at `origin`."""
    node_clients()
    worker = Worker(["node", harness.HERE / "node_worker.mjs"], server.port, home)
    # It tries for itself whether there is a network; what pages ask is known by name.
    with only_loopback(worker, probes=True):
        worker(START_BROWSER, executablePath=chromium)
        yield worker
        hosts = worker("await stop(); return [...hosts]")
        assert set(hosts) <= {"127.0.0.1", ""}, f"pages have asked {hosts}"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(NO_CLIENT in str(report.longrepr) for report in skipped)
    lines = []
    if count:
        lines.append(
            f"NOT CHECKED: {count} tests of what others' clients say to the server; they, or what"
            " runs them, could not be had, the reason stands above."
        )
    passed = terminalreporter.stats.get("passed", [])
    if any("tests/clients" in report.nodeid for report in passed) and harness.why_not_sealed():
        lines.append(
            "NOT CHECKED: that clients reach for no other host; those that would are left out."
            f" {harness.why_not_sealed()}"
        )
    for line in lines:
        terminalreporter.write_line(line, red=True, bold=True)
