"""Function bundles without Docker: locked wheels for Lambda's platform, our modules, the project.

Our modules are found by following the handler's imports, so that no function carries what it does
not run. The digest of a bundle is of what is in it, byte code aside: equal inputs, equal digest.
"""

import ast
import functools
import hashlib
import importlib.util
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from martlet.errors import ConfigurationError
from martlet.model import Project

# Where handlers find the project's files, from the bundle's root, in which Lambda starts them.
PROJECT_FOLDER = "project"

_PACKAGES = ("martlet", "martlet_functions")
_MAX_AGE_S = 7 * 24 * 3600.0

# Parts of installed packages that no handler imports. A test loads every handler without them.
_UNUSED = (
    "aws_lambda_powertools/event_handler",
    "aws_lambda_powertools/utilities/[!_jt]*",  # all but jmespath_utils and typing
    "dateutil/zoneinfo/*.tar.gz",  # Python has its own
    "dateutil/easter.py",
    "dateutil/rrule.py",  # calendars; botocore reads dates only
    "dateutil/tz/win.py",
    "aws_lambda_powertools/metrics/provider/datadog",
    "urllib3/contrib/emscripten",
    "urllib3/contrib/pyopenssl.py",
    "urllib3/contrib/socks.py",
    "urllib3/http2/connection.py",
)

# Files of botocore/data that all clients read.
_BOTOCORE_FILES = ("_retry", "endpoints", "partitions", "sdk-default-configuration")

_SECRET = re.compile(r"\{\{\s*tb_secret\(\s*(?:\"[^\"]*\"|'[^']*')\s*\)\s*\}\}")


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a bundle is made of.

    Attributes:
        module: the handler's.
        services: AWS services that it calls, by botocore's names.
    """

    module: str
    services: tuple[str, ...]


BUNDLES = {
    "events": Recipe("martlet_functions.events", ("dynamodb", "firehose", "secretsmanager")),
    "jobs": Recipe(
        "martlet_functions.jobs", ("dynamodb", "firehose", "lambda", "s3", "secretsmanager")
    ),
    "query": Recipe("martlet_functions.query", ("athena", "dynamodb", "s3", "secretsmanager")),
    "setup": Recipe("martlet_functions.setup", ("dynamodb", "secretsmanager")),
}


@dataclass(frozen=True, slots=True)
class Bundle:
    """A folder that is ready for Lambda, and the digest that names it."""

    folder: Path
    digest: str


def default_cache() -> Path:
    """Return where dependencies and bundles are kept between deployments."""
    return Path.home() / ".cache" / "martlet" / "bundles"


class Bundler:
    """Puts bundles of one project together, for one runtime and architecture."""

    def __init__(
        self, project: Project, *, runtime: str, architecture: str, cache: Path | None = None
    ) -> None:
        self.project = project
        self.minor = runtime.removeprefix("python")
        self.machine = {"arm64": "aarch64"}.get(architecture, architecture)
        self.cache = cache or default_cache()
        self._interpreter = find_interpreter(self.minor)

    @property
    def has_byte_code(self) -> bool:
        """Whether this machine has the Python that makes the runtime's byte code."""
        return self._interpreter is not None

    def bundle(self, name: str) -> Bundle:
        """Return a function's bundle, made or found in the cache.

        Raises:
            ConfigurationError: the dependencies could not be fetched.
        """
        recipe = BUNDLES[name]
        dependencies = self._dependencies()
        own = {f"{PROJECT_FOLDER}/{path}": text for path, text in project_files(self.project)}
        for module in modules_of(recipe.module):
            own[module.path] = module.file.read_bytes()
        digest = hashlib.sha256(f"{dependencies.name} {recipe} {_IMPLEMENTATION}".encode())
        for path in sorted(own):
            digest.update(f"\n{path} {len(own[path])}\n".encode() + own[path])
        key = digest.hexdigest()
        folder = self.cache / f"bundle-{name}-{key[:24]}"
        with _made_once(folder) as new:
            if new is not None:
                self._assemble(new, name, dependencies, own)
        return Bundle(folder, key)

    def _assemble(self, new: Path, name: str, dependencies: Path, own: dict[str, bytes]) -> None:
        def ignored(folder: str, entries: list[str]) -> set[str]:
            if Path(folder) == dependencies / "botocore" / "data":
                return {entry for entry in entries if not _is_needed(entry, name)}
            return set()

        shutil.copytree(dependencies, new, ignore=ignored, dirs_exist_ok=True)
        for path, content in own.items():
            target = new / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        self._compile([new / package for package in _PACKAGES if (new / package).is_dir()], new)

    def _dependencies(self) -> Path:
        """Return the folder of all locked dependencies, without what no function needs."""
        lock = _package_folder("martlet_functions") / "requirements" / "functions.txt"
        text = lock.read_text()
        inputs = f"{text} {self.minor} {self.machine} {self.has_byte_code} {_IMPLEMENTATION}"
        folder = self.cache / f"wheels-{hashlib.sha256(inputs.encode()).hexdigest()[:24]}"
        with _made_once(folder) as new:
            if new is not None:
                self._install(lock, new)
                _prune(new)
                self._compile([new], new)
        return folder

    def _install(self, lock: Path, target: Path) -> None:
        common = ["--quiet", "--no-deps", "--require-hashes", "--target", str(target)]
        uv = shutil.which("uv")
        if uv:
            command = [
                *(uv, "pip", "install", "--only-binary", ":all:", "--no-compile-bytecode"),
                *("--python-version", self.minor),
                *("--python-platform", f"{self.machine}-manylinux_2_28"),
            ]
        else:
            command = [
                *(sys.executable, "-m", "pip", "install", "--only-binary=:all:", "--no-compile"),
                *("--disable-pip-version-check", "--implementation", "cp"),
                *("--python-version", self.minor),
                *("--platform", f"manylinux2014_{self.machine}"),
                *("--platform", f"manylinux_2_28_{self.machine}"),
            ]
        done = subprocess.run(  # noqa: S603  our own words
            [*command, *common, "-r", str(lock)],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise ConfigurationError(
                f"The functions' dependencies for Python {self.minor} on {self.machine} could not"
                f" be fetched: {done.stderr.strip()[-1000:]}",
                hint="pip or uv must reach the package index that your configuration names",
            )

    def _compile(self, folders: Iterable[Path], root: Path) -> None:
        if self._interpreter is None:
            return
        for folder in folders:
            command = [self._interpreter, "-m", "compileall", "-q", "-s", str(root)]
            command += ["--invalidation-mode", "unchecked-hash", str(folder)]
            subprocess.run(command, check=True, capture_output=True)  # noqa: S603  our own words


def _is_needed(entry: str, name: str) -> bool:
    """Whether a file or folder of botocore/data is read by a function's clients."""
    return entry.partition(".")[0] in _BOTOCORE_FILES or entry in BUNDLES[name].services


class _made_once:  # noqa: N801  used as a function
    """Gives a new folder to fill, or None where the folder is there already.

    What is filled without an error gets the folder's name at its end, so that nobody sees half of
    it; what nobody has used for a week goes.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._new: Path | None = None

    def __enter__(self) -> Path | None:
        if self._folder.is_dir():
            self._folder.touch()
            return None
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        _remove_old(self._folder.parent)
        self._new = Path(tempfile.mkdtemp(prefix="new-", dir=self._folder.parent))
        self._new.chmod(0o755)
        return self._new

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._new is None:
            return
        if kind is None:
            with suppress(OSError):  # another deployment has made the same one meanwhile
                self._new.rename(self._folder)
        shutil.rmtree(self._new, ignore_errors=True)


def _remove_old(cache: Path) -> None:
    limit = time.time() - _MAX_AGE_S
    for folder in cache.iterdir():
        with suppress(OSError):
            if folder.stat().st_mtime < limit:
                shutil.rmtree(folder, ignore_errors=True)


def _prune(folder: Path) -> None:
    """Remove what no function needs of installed packages."""
    for pattern in _UNUSED:
        for path in folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in sorted(folder.rglob("*"), reverse=True):
        if path.is_dir():
            if path.suffix == ".dist-info" or path.name in {"tests", "test", "bin", "__pycache__"}:
                shutil.rmtree(path)
        elif path.suffix == ".pyi" or path.name in {"py.typed", "examples-1.json", ".lock"}:
            path.unlink()


@functools.cache
def find_interpreter(minor: str) -> str | None:
    """Return a Python of that minor version on this machine, None if there is none."""
    candidates = [sys.executable, shutil.which(f"python{minor}")]
    if uv := shutil.which("uv"):
        command = [uv, "python", "find", "--no-python-downloads", minor]
        found = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        candidates.append(found.stdout.strip())
    pyenv = Path.home() / ".pyenv" / "versions"  # its command works for chosen versions only
    candidates += [str(path) for path in sorted(pyenv.glob(f"{minor}.*/bin/python"))]
    probe = "import sys; print('.'.join(map(str, sys.version_info[:2])))"
    for candidate in filter(None, candidates):
        with suppress(OSError):
            done = subprocess.run(  # noqa: S603  an interpreter that is on the path
                [candidate, "-c", probe], capture_output=True, text=True, check=False
            )
            if done.stdout.strip() == minor:
                return candidate
    return None


@dataclass(frozen=True, slots=True)
class Module:
    """A module of ours: its file, and the path that it has in a bundle."""

    file: Path
    path: str


def modules_of(name: str) -> list[Module]:
    """Return a module of ours and all of ours that it imports, also inside of functions.

    Imports that only the type checker sees are not followed.

    Raises:
        ConfigurationError: there is no such module.
    """
    found: dict[str, Module] = {}
    todo = [name]
    while todo:
        current = todo.pop()
        if current in found:
            continue
        module = _module(current)
        if module is None:
            raise ConfigurationError(f"There is no module {current}")
        found[current] = module
        todo += [parent for parent in _parents(current) if parent not in found]
        tree = ast.parse(module.file.read_bytes())
        todo += [item for item in _imports(tree) if item not in found and _module(item)]
    return [found[key] for key in sorted(found)]


def _imports(node: ast.AST) -> Iterator[str]:
    """Yield the names that may be modules of ours; some are of what is in a module."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            for other in child.orelse:
                yield from _imports(other)
        elif isinstance(child, ast.Import):
            yield from (item.name for item in child.names)
        elif isinstance(child, ast.ImportFrom) and child.module and not child.level:
            yield child.module
            yield from (f"{child.module}.{item.name}" for item in child.names)
        else:
            yield from _imports(child)


def _parents(name: str) -> Iterator[str]:
    parts = name.split(".")
    yield from (".".join(parts[:end]) for end in range(1, len(parts)))


@functools.cache
def _module(name: str) -> Module | None:
    package, _, rest = name.partition(".")
    if package not in _PACKAGES:
        return None
    root = _package_folder(package)
    inside = rest.replace(".", "/")
    for path in ((f"{inside}.py",) if inside else ()) + (f"{inside}/__init__.py".lstrip("/"),):
        if (root / path).is_file():
            return Module(root / path, f"{package}/{path}")
    return None


@functools.cache
def _package_folder(package: str) -> Path:
    spec = importlib.util.find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent


def project_files(project: Project) -> list[tuple[str, bytes]]:
    """Return paths and contents of what the functions read of a project.

    Datafiles, what they include, and `martlet.toml`: no secrets, connections, fixtures or tests.
    In place of a data source's secrets, which only connectors need, stands a word.
    """
    names = [*project.files]
    if (project.root / "martlet.toml").is_file():
        names.append("martlet.toml")
    files: dict[str, bytes] = {}
    for path in names:
        content = (project.root / path).read_bytes()
        if path.endswith(".datasource"):
            content = _SECRET.sub("unset", content.decode()).encode()
        files[path] = content
    return sorted(files.items())


# A change of how bundles are put together is a change of each.
_IMPLEMENTATION = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:12]
