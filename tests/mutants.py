"""`martlet check` against the start of a server, over projects with one random fault each.

What `check` calls right starts, and every error has a place. `python -m tests.mutants --count 300
--seed 1` tries more than the suite does.
"""

import argparse
import itertools
import random
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

from martlet import check as module
from martlet.check import check_project, load_checked
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import MartletError
from martlet.tokens import TokenStore
from martlet.workspace import Workspace

TESTS = Path(__file__).parent
PROJECTS = [TESTS / "classic", *sorted((TESTS / "tutorials").iterdir())]
WORDS = ("zz", "1", "'x'", "id", "timestamp", "sum", "String")


def mutants(rng: random.Random, folder: Path, count: int) -> Iterator[tuple[str, Path]]:
    """Yield copies of projects with one fault each, and what it is."""
    for number in range(count):
        project = rng.choice(PROJECTS)
        root = folder / f"project{number}"
        shutil.copytree(project, root)
        files = sorted(f for f in root.rglob("*") if f.suffix in (".datasource", ".pipe"))
        file = rng.choice(files)
        lines = file.read_text().split("\n")
        index = rng.randrange(len(lines))
        fault = rng.choice(("drop", "double", "swap", "word", "rename"))
        match fault:
            case "drop":
                del lines[index]
            case "double":
                lines.insert(index, lines[index])
            case "swap":
                other = rng.randrange(len(lines))
                lines[index], lines[other] = lines[other], lines[index]
            case "word":
                text = "\n".join(lines)
                word = rng.choice(list(re.finditer(r"\w+", text)))
                lines = [text[: word.start()] + rng.choice(WORDS) + text[word.end() :]]
        file.write_text("\n".join(lines))
        if fault == "rename":
            file.rename(file.with_stem("renamed"))
        yield f"{project.name}/{file.relative_to(root)}:{index + 1}: {fault}", root
        shutil.rmtree(root)


def disagreements(rng: random.Random, folder: Path, data: Path, count: int) -> list[str]:
    """Return what is wrong with the reports of mutants: nothing, if all is well."""
    wrong: list[str] = []
    numbers = itertools.count()

    def empty(_: Path, *, settings) -> ClickHouse:
        return ClickHouse(data, settings=settings, database=f"mutant_{next(numbers)}")

    for fault, root in mutants(rng, folder, count):
        with patch.object(module, "ClickHouse", empty):
            report = check_project(root, environment={})
        wrong += [f"{fault}: no place: {e}" for e in report.errors if e.location is None]
        if report.ok and (why := _start(root, folder, empty)):
            wrong.append(f"{fault}: right, but it does not start: {why}")
    return wrong


def _start(root: Path, folder: Path, empty) -> str:
    """Return why a project does not start; empty if it does."""
    try:
        project = load_checked(root, environment={})
        tokens = TokenStore(folder / f"{root.name}.json", admin_token="admin")
        engine = empty(folder, settings=project.settings)
        Workspace(project, engine=engine, tokens=tokens).close()
    except MartletError as error:
        return str(error)
    return ""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder)
        wrong = disagreements(random.Random(options.seed), path, path / "ch", options.count)
    print("\n".join([*wrong, f"{options.count} mutants, {len(wrong)} disagreements"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())
