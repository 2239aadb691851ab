"""The block of docs/clients.md: what the tests of others' clients hold, by client and operation."""

import json
import re
from collections.abc import Callable, Iterator
from importlib import import_module

from scripts import environments
from scripts.environments import CLIENTS
from scripts.markdown import table
from tests.clients.harness import Operation


def operations() -> Iterator[tuple[str, str, str, str]]:
    """Yield client, version, operation, and whether it works: a row for each test that has one."""
    for path in sorted(CLIENTS.glob("test_*.py")):
        module = import_module(f"tests.clients.{path.stem}")
        for test in vars(module).values():
            operation = getattr(test, "operation", None)
            if isinstance(operation, Operation):
                works = f"no: {operation.why_not}" if operation.why_not else "yes"
                yield module.CLIENT, version(module.CLIENT), operation.text, works


def version(client: str) -> str:
    """Return the version of a client in its lock file."""
    lock = environments.client(client).lock
    if lock.exists():
        return re.findall(rf"^{re.escape(client)}==(\S+)", lock.read_text(), re.M)[0]
    packages = json.loads((CLIENTS / "package-lock.json").read_text())["packages"]
    return str(packages[f"node_modules/{client}"]["version"])


def clients_table() -> str:
    """Return every operation that is tried, with its client."""
    head = ("client", "version", "operation", "works")
    return table(head, ((f"`{client}`", *rest) for client, *rest in operations()))


BLOCKS: dict[str, Callable[[], str]] = {"clients": clients_table}
