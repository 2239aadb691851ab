"""A running project per test module: opening one takes longer than most tests."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.api.calls import Api, MakeApi

from martlet.engines.clickhouse import ClickHouse
from martlet.files.project import load_project
from martlet.tokens import TokenStore
from martlet.workspace import Workspace

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def open_api(clickhouse_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MakeApi]:
    """Open workspaces for files (path -> text), each with a database of its own."""
    opened: list[Workspace] = []

    def open_files(
        files: dict[str, str], *, secrets: dict[str, str] | None = None, copy: Path | None = None
    ) -> Api:
        root = tmp_path_factory.mktemp("project")
        if copy:
            files = {path.name: path.read_text() for path in copy.iterdir()} | files
        for name, text in files.items():
            path = root / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        project = load_project(root, secrets=secrets)
        engine = ClickHouse(
            clickhouse_path, database=f"api_{next(_numbers)}", settings=project.settings
        )
        tokens = TokenStore(root / "tokens.json", admin_token="admin")
        opened.append(Workspace(project, engine=engine, tokens=tokens))
        return Api(opened[-1])

    yield open_files
    for workspace in opened:
        workspace.close()
