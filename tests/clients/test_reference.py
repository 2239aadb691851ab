"""docs/clients.md says something of every test here."""

from importlib import import_module

import pytest
from scripts import clients_reference
from scripts.environments import CLIENTS
from tests.clients.harness import Operation

MODULES = sorted(
    path.stem
    for path in CLIENTS.glob("test_*.py")
    if path.stem not in ("test_reference", "test_seal")
)


@pytest.mark.parametrize("name", MODULES)
def test_every_test_is_one_of_an_operation(name):
    tests = {k: v for k, v in vars(import_module(f"tests.clients.{name}")).items() if k[:5] == "test_"}  # fmt: skip
    without = [k for k, v in tests.items() if not isinstance(getattr(v, "operation", None), Operation)]  # fmt: skip
    assert tests
    assert without == []


def test_every_client_is_tried_in_the_version_that_is_locked():
    rows = list(clients_reference.operations())
    assert {client: version for client, version, *_ in rows if not version[0].isdigit()} == {}
    locked = {path.stem for path in (CLIENTS / "locks").glob("*.txt")}
    npm = {"@chronark/zod-bird", "@tinybirdco/charts", "@tinybirdco/flock.js", "@tinybirdco/sdk"}
    assert {client for client, *_ in rows} == locked | npm | {"tinybird", "tinybird-cli"}
    assert len({(client, operation) for client, _, operation, _ in rows}) == len(rows)
