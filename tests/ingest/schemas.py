"""Data sources for the tests of ingest."""

from martlet.errors import Location
from martlet.model import Column, Datasource
from martlet.types import parse_type

HERE = Location("datasources/events.datasource", 3)


def column(
    name: str, type_: str | None, path: str | None = "", default: str | None = None
) -> Column:
    """A column; its path is `$.name` unless another one, or None, is given."""
    json_path = f"$.{name}" if path == "" else path
    return Column(name, parse_type(type_) if type_ else None, HERE, json_path, default)


def datasource(*columns: Column) -> Datasource:
    return Datasource("events", HERE, columns)
