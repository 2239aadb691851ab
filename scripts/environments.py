"""Environments of their own for programs that the tests run and the product never imports.

Each is made from a lock file at the root of the repository, into a folder beside it, once.
"""

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
_DEADLINE_S = 900.0


class InstallError(Exception):
    """An environment cannot be made; the message has the end of what pip printed."""


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment and the lock file that it is made from."""

    folder: Path
    lock: Path

    @property
    def python(self) -> Path:
        return self.program("python")

    def program(self, name: str) -> Path:
        """Return the path of a program that the environment has."""
        return self.folder / "bin" / name

    def install(self) -> bool:
        """Make the environment unless it is there; return whether something was done.

        Raises:
            InstallError: the lock's packages cannot be had.
        """
        if is_stamped(self.folder, self.lock):
            return False
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.parent.mkdir(exist_ok=True)
        _run([sys.executable, "-m", "venv", str(self.folder)])
        pip = [str(self.program("pip")), "install", "--quiet", "--disable-pip-version-check"]
        _run([*pip, "--require-hashes", "-r", str(self.lock)])
        stamp(self.folder, self.lock)
        return True


MINISTACK = Environment(ROOT / ".venv-cloud", ROOT / "requirements-cloud.lock")
FORWARD = Environment(ROOT / ".venv-tinybird", ROOT / "requirements-tinybird.lock")
CLASSIC = Environment(ROOT / ".venv-tinybird-cli", ROOT / "requirements-tinybird-cli.lock")


CLIENTS = ROOT / "tests" / "clients"


def client(name: str) -> Environment:
    """Return the environment of a client from PyPI, which has a lock file of its own."""
    if name in (known := {"tinybird": FORWARD, "tinybird-cli": CLASSIC}):
        return known[name]
    return Environment(ROOT / ".venv-clients" / name, CLIENTS / "locks" / f"{name}.txt")


def install_node_clients() -> bool:
    """Install the clients from npm unless they are there; return whether something was done.

    Raises:
        InstallError: npm is not there, or the lock's packages cannot be had.
    """
    modules, lock = CLIENTS / "node_modules", CLIENTS / "package-lock.json"
    if is_stamped(modules, lock):
        return False
    npm = shutil.which("npm")
    if npm is None:
        raise InstallError("npm, of Node.js, is not installed")
    # No package runs a program of its own on this machine.
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    _run([npm, "ci", "--prefix", str(CLIENTS), *quiet])
    stamp(modules, lock)
    return True


CHROMIUM = ROOT / ".venv-clients" / "chromium"

# It knows its place by TMPDIR, and brings the libraries that it needs where it takes the machine
# for a bare one.
_UNPACK = """
import("@sparticuz/chromium").then((package) => package.default.executablePath());
"""
_UNPACKED = {"TMPDIR": str(CHROMIUM), "AWS_EXECUTION_ENV": "AWS_Lambda_nodejs20.x"}
_START = """\
#!/bin/sh
here=$(dirname "$0")
LD_LIBRARY_PATH="$here/al2023/lib" FONTCONFIG_PATH="$here/fonts" exec "$here/chromium" "$@"
"""


def install_chromium() -> bool:
    """Unpack the Chromium of the clients from npm, which are installed, unless that was done.

    It is `CHROMIUM / "start"`, and needs no package of the system.

    Raises:
        InstallError: it runs on no machine like this.
    """
    lock = CLIENTS / "package-lock.json"
    if is_stamped(CHROMIUM, lock):
        return False
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        raise InstallError("Chromium is not installed, and npm has one for Linux on x86-64 alone")
    shutil.rmtree(CHROMIUM, ignore_errors=True)
    CHROMIUM.mkdir(parents=True)
    _run(["node", "-e", _UNPACK], cwd=CLIENTS, env={**os.environ, **_UNPACKED})
    fonts = CHROMIUM / "fonts"
    (fonts / "fonts.conf").write_text(
        f"<fontconfig><dir>{fonts}</dir><cachedir>{fonts}/cache</cachedir></fontconfig>\n"
    )
    start = CHROMIUM / "start"
    start.write_text(_START)
    start.chmod(0o755)
    stamp(CHROMIUM, lock)
    return True


def is_stamped(made: Path, lock: Path) -> bool:
    """Return whether a folder was made from this very lock file."""
    found = made / ".from-lock"
    return found.is_file() and found.read_text() == _digest(lock)


def stamp(made: Path, lock: Path) -> None:
    """Note which lock file a folder was made from."""
    (made / ".from-lock").write_text(_digest(lock))


def _digest(lock: Path) -> str:
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def _run(
    command: list[str], *, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> None:
    try:
        done = subprocess.run(  # noqa: S603  our own arguments
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, timeout=_DEADLINE_S, check=False, cwd=cwd, env=env,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise InstallError(f"`{' '.join(command)}` took {_DEADLINE_S:.0f} s") from error
    if done.returncode:
        end = "\n".join(done.stdout.splitlines()[-15:])
        raise InstallError(f"`{' '.join(command)}` failed:\n{end}")
