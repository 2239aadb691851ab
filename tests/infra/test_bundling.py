"""What the functions carry: the real wheels, put together as a deployment does."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from martlet.errors import ConfigurationError
from martlet.files.project import load_project
from martlet_infra.bundling import (
    BUNDLES,
    Bundle,
    Bundler,
    find_interpreter,
    modules_of,
    project_files,
)

HERE = f"python{sys.version_info[0]}.{sys.version_info[1]}"
MACHINE = {"aarch64": "arm64"}.get(os.uname().machine, os.uname().machine)
MEGABYTE = 1_000_000

EVENTS = "SCHEMA >\n    at DateTime `json:$.at`\n"


@pytest.fixture
def project(write_project: Callable[[dict[str, str]], Path]):
    def load(files: dict[str, str] | None = None):
        return load_project(
            write_project({"datasources/events.datasource": EVENTS, **(files or {})})
        )

    return load


@pytest.fixture(scope="module")
def bundles(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Bundle]:
    """The bundles of this repository's project, for this machine."""
    project = load_project(Path(__file__).parent.parent.parent)
    bundler = Bundler(project, runtime=HERE, architecture=MACHINE)
    return {name: bundler.bundle(name) for name in BUNDLES}


def files_of(bundle: Bundle) -> set[str]:
    return {
        path.relative_to(bundle.folder).as_posix()
        for path in bundle.folder.rglob("*")
        if path.is_file()
    }


def run(bundle: Bundle, code: str) -> str:
    """Run code in a process that sees the bundle and the standard library only."""
    command = [sys.executable, "-S", "-c", f"import sys; sys.path.insert(0, '.'); {code}"]
    done = subprocess.run(
        command, cwd=bundle.folder, capture_output=True, text=True, env={"PATH": os.environ["PATH"]}
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.parametrize(("name", "limit_mb"), [("events", 3.2), ("query", 8), ("setup", 3)])
def test_a_bundle_is_small(bundles: dict[str, Bundle], name: str, limit_mb: int, tmp_path: Path):
    archive = tmp_path / "bundle.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(files_of(bundles[name])):
            packed.write(bundles[name].folder / path, path)
    size = archive.stat().st_size
    print(f"{name}: {size / MEGABYTE:.2f} MB zipped")
    assert size <= limit_mb * MEGABYTE


@pytest.mark.parametrize("name", BUNDLES)
def test_a_handlers_module_loads_from_its_bundle_alone(bundles: dict[str, Bundle], name: str):
    assert (
        run(bundles[name], f"import {BUNDLES[name].module} as m; print(callable(m.handler))")
        == "True"
    )


@pytest.mark.parametrize("name", BUNDLES)
def test_a_bundle_has_the_clients_of_its_services_and_no_others(
    bundles: dict[str, Bundle], name: str
):
    services = BUNDLES[name].services
    code = "from martlet.aws.clients import client; " + "; ".join(
        f"client('{service}', region='eu-west-1')" for service in services
    )
    run(bundles[name], code)
    data = bundles[name].folder / "botocore" / "data"
    assert {path.name for path in data.iterdir() if path.is_dir()} == set(services)


def test_events_carry_no_translator_and_nothing_carries_an_engine(bundles: dict[str, Bundle]):
    assert not [path for path in files_of(bundles["events"]) if "martlet/translate" in path]
    for bundle in bundles.values():
        found = files_of(bundle)
        assert "martlet/engines/clickhouse.py" not in found
        assert not [path for path in found if path.startswith(("boto3/", "sqlglot/", "chdb/"))]


def test_a_bundle_carries_what_a_function_runs_and_nothing_else(bundles: dict[str, Bundle]):
    for bundle in bundles.values():
        for path in files_of(bundle):
            assert not path.endswith(".pyi")
            assert ".dist-info/" not in path
            assert "/tests/" not in path


def test_byte_code_of_the_runtime_is_there_and_never_looked_up_again(bundles: dict[str, Bundle]):
    folder = bundles["events"].folder
    tag = sys.implementation.cache_tag
    for source in ("martlet/types.py", "botocore/session.py", "martlet_functions/events.py"):
        path = (folder / source).parent / "__pycache__" / f"{Path(source).stem}.{tag}.pyc"
        assert path.read_bytes()[4:8] == b"\x01\x00\x00\x00"  # PEP 552: hash-based, unchecked


def test_a_runtime_that_is_not_on_this_machine_gets_no_byte_code(
    project, monkeypatch: pytest.MonkeyPatch
):
    assert find_interpreter(HERE.removeprefix("python")) == sys.executable
    assert find_interpreter("3.2") is None
    assert not Bundler(project(), runtime="python3.2", architecture="arm64").has_byte_code


def test_equal_inputs_give_equal_digests(project, tmp_path: Path):
    digests = set()
    for _ in range(2):
        bundler = Bundler(project(), runtime=HERE, architecture=MACHINE)
        digests.add(bundler.bundle("setup").digest)
    assert len(digests) == 1
    other = project({"datasources/events.datasource": EVENTS + "\nDESCRIPTION changed\n"})
    changed = Bundler(other, runtime=HERE, architecture=MACHINE).bundle("setup")
    assert changed.digest not in digests
    assert (changed.folder / "project/datasources/events.datasource").is_file()


def test_modules_are_found_through_functions_and_packages_but_not_for_the_type_checker():
    paths = {module.path for module in modules_of("martlet_functions.setup")}
    assert {
        "martlet/__init__.py",  # a parent
        "martlet/aws/clients.py",  # imported inside of a function
        "martlet_functions/setup.py",
    } <= paths
    backend = {module.path for module in modules_of("martlet.api.backend")}
    assert "martlet/query.py" not in backend  # named in types only


def test_a_module_that_is_not_there_is_an_error():
    with pytest.raises(ConfigurationError, match=r"no module martlet_functions\.nothing"):
        modules_of("martlet_functions.nothing")


def test_of_a_project_only_what_functions_read_is_carried(project):
    loaded = project(
        {
            ".env": "PASSWORD=hunter2\n",
            ".env.local": "PASSWORD=hunter2\n",
            "martlet.toml": "[settings]\n",
            "fixtures/events.ndjson": '{"at": "2026-01-01 00:00:00"}\n',
            "connections/kafka.connection": "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS b:9092\nKAFKA_KEY k\n",
            "datasources/included.datasource": 'INCLUDE "../includes/schema.incl"\n',
            "includes/schema.incl": EVENTS,
            "pipes/top.pipe": "NODE top\nSQL >\n    SELECT count() FROM events\nTYPE endpoint\n",
            "notes.txt": "not read\n",
        }
    )
    assert [path for path, _ in project_files(loaded)] == [
        "datasources/events.datasource",
        "datasources/included.datasource",
        "includes/schema.incl",
        "martlet.toml",
        "pipes/top.pipe",
    ]


def test_what_is_carried_loads_without_the_secrets(project, tmp_path: Path):
    kafka = EVENTS + (
        '\nKAFKA_CONNECTION_NAME kafka\nKAFKA_TOPIC {{ tb_secret("TOPIC") }}\nKAFKA_GROUP_ID g\n'
    )
    loaded = project(
        {
            ".env": "TOPIC=hunter2\n",
            "connections/kafka.connection": "TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS b:9092\nKAFKA_KEY k\n",
            "datasources/kafka.datasource": kafka,
        }
    )
    for path, content in project_files(loaded):
        assert b"hunter2" not in content
        target = tmp_path / "carried" / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    carried = load_project(tmp_path / "carried")
    assert carried.datasources["kafka"].columns == loaded.datasources["kafka"].columns
