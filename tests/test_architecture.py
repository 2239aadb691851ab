"""The documents tell the truth, and the code keeps its budgets."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
SOURCE = ROOT / "src"
MODULES = sorted(
    path.relative_to(SOURCE).with_suffix("").as_posix().replace("/", ".").removeprefix("martlet.")
    for path in SOURCE.rglob("*.py")
    if path.name != "__init__.py"
)


def test_architecture_names_each_module_once():
    text = (ROOT / "ARCHITECTURE.md").read_text()
    assert sorted(re.findall(r"^\| `([\w.]+)` \|", text, re.MULTILINE)) == MODULES


@pytest.mark.parametrize("module", MODULES)
def test_files_and_functions_keep_their_budgets(module: str):
    is_whole = module.startswith(("martlet_functions.", "martlet_infra."))
    name = module if is_whole else f"martlet.{module}"
    text = (SOURCE / f"{name.replace('.', '/')}.py").read_text()
    assert text.count("\n") <= 600
    functions = [
        node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert not [f.name for f in functions if f.end_lineno - f.lineno > 80]


def test_the_readmes_commands_exist():
    readme, makefile = (ROOT / "README.md").read_text(), (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^make (\w+)$", readme, re.MULTILINE))
    assert targets == {"run", "test"}
    for target in targets | {"bench"}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE)
    for command in set(re.findall(r"\.venv/bin/martlet (\w+)", readme)):
        subprocess.run(
            [sys.executable, "-m", "martlet.cli", command, "--help"],
            check=True,
            capture_output=True,
        )


def test_links_in_the_documents_lead_somewhere():
    for document in [
        *ROOT.glob("*.md"),
        *(ROOT / "docs").glob("*.md"),
        ROOT / "bench" / "README.md",
    ]:
        for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text()):
            if "://" not in target:
                assert (document.parent / target).exists(), f"{document.name} links to {target}"


def test_ci_runs_the_readmes_test_command():
    script = (ROOT / ".ci" / "run").read_text()
    assert [line for line in script.splitlines() if line.startswith("make")] == ["make test"]


@pytest.mark.parametrize(
    "path", sorted(ROOT.glob("requirements*.lock")), ids=lambda path: path.name
)
def test_the_lock_names_no_address(path: Path):
    lock = path.read_text()
    assert "://" not in lock
    assert "--hash=sha256:" in lock


def test_reading_a_project_loads_neither_the_engine_nor_a_server():
    code = (
        "import sys; from martlet.files.project import load_project; import martlet.query, martlet.api.routes;"
        "print([m for m in ('chdb', 'uvicorn', 'rich', 'yaml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"
