"""The vendor's packages, fetched once into environments of their own."""

from collections.abc import Iterator

import pytest
from scripts.environments import CLASSIC, FORWARD, Environment, InstallError
from scripts.trino import locked
from tests.vendor.oracle import Vendor

NO_VENDOR = "no vendor's package"


@pytest.fixture(scope="session")
def forward() -> Iterator[Vendor]:
    """PyPI `tinybird`: the reference of Forward's files, and of templates."""
    yield from _vendor(FORWARD)


@pytest.fixture(scope="session")
def classic() -> Iterator[Vendor]:
    """PyPI `tinybird-cli`: the reference of Classic's files."""
    yield from _vendor(CLASSIC)


def _vendor(environment: Environment) -> Iterator[Vendor]:
    lock = environment.folder.with_name(f"{environment.folder.name}.lock")
    try:
        with locked(lock):  # the other processes of this run wait
            environment.install()
    except InstallError as error:
        pytest.skip(f"{NO_VENDOR}: {error}")
    vendor = Vendor(environment)
    yield vendor
    vendor.close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(NO_VENDOR in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.write_line(
            f"NOT CHECKED: {count} tests against the vendor's own packages; they could not be"
            " installed from the package registry, the reason stands above.",
            red=True,
            bold=True,
        )
