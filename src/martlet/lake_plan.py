"""What CloudFormation does to each data source of a stage when a project is deployed.

Rows on S3 are Parquet files that nobody rewrites: a table's columns say how they are read.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from martlet.aws.names import table_name
from martlet.catalog import feeders_of, is_derived, stored_columns
from martlet.errors import LakeTypeError, Location, TypeSyntaxError
from martlet.lake import HIDDEN, lake_type
from martlet.model import Project
from martlet.types import parse_type

# How a value is stored does not depend on these.
_WRAPPED = re.compile(r"(?:LowCardinality|Nullable)\((.*)\)", re.DOTALL)

Columns = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class LakeChange:
    """What becomes of one data source.

    Attributes:
        text: what is done, for people.
        refused: why it must not be done, with what to do; empty if it may be.
    """

    name: str
    text: str
    refused: str = ""
    location: Location | None = None

    def __str__(self) -> str:
        """Return it as one line."""
        place = f"{self.location.path}:{self.location.line}: " if self.location else ""
        refused = f"; refused: {self.refused}" if self.refused else ""
        return f"{place if self.refused else ''}{self.name}: {self.text}{refused}"


def project_tables(project: Project) -> dict[str, Columns]:
    """Return the tables that a project has in the lake: name -> column -> ClickHouse's type."""
    feeders = feeders_of(project)
    return {
        table_name(source.name): {
            column.name.lower(): str(column.type or "") for column in stored_columns(source)
        }
        for source in project.datasources.values()
        if not is_derived(source) or not feeders[source.name]
    }


def deployed_tables(template: Mapping[str, Any]) -> dict[str, Columns]:
    """Return the tables of a CloudFormation template; columns have ClickHouse's type as comment."""
    found: dict[str, Columns] = {}
    for resource in template.get("Resources", {}).values():
        if resource.get("Type") == "AWS::Glue::Table":
            table = resource["Properties"]["TableInput"]
            found[str(table["Name"])] = {
                str(column["Name"]): str(column.get("Comment", ""))
                for column in table["StorageDescriptor"]["Columns"]
                if column["Name"] not in HIDDEN
            }
    return found


def lake_changes(old: Mapping[str, Columns], project: Project) -> list[LakeChange]:
    """Return what becomes of each data source that changes.

    Args:
        old: the tables that are there.
        project: to be deployed.
    """
    new = project_tables(project)
    changes: list[LakeChange] = []
    for source in project.datasources.values():
        name = table_name(source.name)
        if name not in new:
            if name in old:
                changes.append(
                    LakeChange(
                        source.name,
                        "its Glue table goes, and it becomes the query of its materialized pipes;"
                        " the rows of its own stay in the bucket and are not read",
                    )
                )
        elif name not in old:
            changes.append(
                LakeChange(source.name, "a new Glue table" + (
                    "" if is_derived(source) else " and a Firehose stream"
                ))
            )  # fmt: skip
        else:
            changes += _column_changes(source.name, old[name], new[name], source.location)
    kept = {table_name(each.name) for each in project.datasources.values()}
    kept |= {table_name(each.quarantine) for each in project.datasources.values()}
    for name in sorted(set(old) - kept):
        changes.append(
            LakeChange(
                name,
                "its Glue table and its stream go; its rows stay in the bucket, and are read again"
                " if a data source of that name comes back",
            )
        )
    return changes


def _column_changes(
    name: str, old: Columns, new: Columns, location: Location
) -> Iterator[LakeChange]:
    added = [column for column in new if column not in old]
    gone = [column for column in old if column not in new]
    if added:
        yield LakeChange(
            name,
            f"in place: new columns {', '.join(added)}; stored rows have their DEFAULT, or NULL"
            " where they are Nullable",
        )
    if gone:
        yield LakeChange(
            name,
            f"in place: columns {', '.join(gone)} are not read any more; their values stay in the"
            " files",
        )
    for column, kind in new.items():
        if column in old and _stored(old[column]) != _stored(kind):
            yield LakeChange(
                name,
                f"column {column} was {old[column]} and is {kind}",
                "the Parquet files that are there have the old type: give the column another name"
                " and keep the old one, or name the data source anew and append its rows",
                location,
            )
        elif column in old and old[column] != kind:
            yield LakeChange(
                name, f"in place: column {column} was {old[column]} and is {kind}, stored the same"
            )


def _stored(kind: str) -> tuple[str, str]:
    """Return what a type's values are stored by: its name without wrappers, and Parquet's type."""
    while inner := _WRAPPED.fullmatch(kind):
        kind = inner[1]
    try:
        return kind, lake_type(parse_type(kind)).glue
    except (LakeTypeError, TypeSyntaxError):  # a comment that was cut off
        return kind, ""
