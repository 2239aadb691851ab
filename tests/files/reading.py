"""Reads one datafile from a text, for the tests of this folder."""

from martlet.errors import MartletError
from martlet.files.connection import parse_connection
from martlet.files.datasource import parse_datasource
from martlet.files.pipe import parse_pipe
from martlet.files.source import Report, Source
from martlet.model import Connection, Datasource, Pipe

PARSERS = {
    "datasource": parse_datasource,
    "pipe": parse_pipe,
    "connection": parse_connection,
}


def read(text: str, kind: str = "datasource", **options) -> tuple[object, Report]:
    """Return the resource `x` of a file with that text, and the report."""
    report = Report()
    resource = PARSERS[kind](Source(f"x.{kind}", text, **options), report)
    assert (resource is None) == bool(report.errors), "a resource or errors, never both or none"
    return resource, report


def datasource(text: str, **options) -> Datasource:
    resource, report = read(text, **options)
    assert not report.errors, places(report.errors)
    assert isinstance(resource, Datasource)
    return resource


def pipe(text: str, **options) -> Pipe:
    resource, report = read(text, "pipe", **options)
    assert not report.errors, places(report.errors)
    assert isinstance(resource, Pipe)
    return resource


def connection(text: str, **options) -> Connection:
    resource, report = read(text, "connection", **options)
    assert not report.errors, places(report.errors)
    assert isinstance(resource, Connection)
    return resource


def errors(text: str, kind: str = "datasource", **options) -> list[str]:
    """Return the errors as `line:column message`."""
    return places(read(text, kind, **options)[1].errors)


def warnings(text: str, kind: str = "datasource", **options) -> list[str]:
    """Return the warnings of a file without errors as `line:column message`."""
    report = read(text, kind, **options)[1]
    assert not report.errors, places(report.errors)
    return places(report.warnings)


def places(found: list[MartletError]) -> list[str]:
    """Return errors as `line:column message`."""
    return [f"{e.location.line}:{e.location.column} {e.message}" for e in found]
