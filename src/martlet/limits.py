"""What a project asks for and nothing here does: connectors, sinks, schedules.

To say of something that it does not run, add a row to `CONNECTORS` or a function to `LIMITS`.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from martlet.errors import Location, MartletError
from martlet.model import Datasource, NodeType, Pipe, Project


@dataclass(frozen=True, slots=True)
class Limit:
    """Something that a resource asks for and that does not happen.

    Attributes:
        name: of the resource.
        reason: what does not run.
        instead: what happens, or what to do.
    """

    name: str
    location: Location
    reason: str
    instead: str

    def __str__(self) -> str:
        return f"{self.location}: {self.name}: {self.reason}\ninstead: {self.instead}"

    def as_json(self) -> dict[str, str | int]:
        """Return one object for `--json`."""
        return {
            "message": self.reason,
            "instead": self.instead,
            "file": self.location.path,
            "line": self.location.line,
            "column": self.location.column,
        }


# The first setting that a data source has says what it is filled from.
CONNECTORS = {
    "kafka_topic": "the Kafka topic {}",
    "import_bucket_uri": "the files {}",
    "import_table_arn": "the DynamoDB table {}",
    "pg_table": "the Postgres table {}",
    "import_external_datasource": "the table {}",
    "import_query": "the query of another database",
    "import_connection_name": "the connection {}",
    "import_service": "{}",
}

_EVENTS = "the table is there and takes events: POST /v0/events?name={}"
_FILES = "the table is there and takes CSV files: martlet append {} FILE"


def limits(project: Project, refused: Sequence[MartletError]) -> list[Limit]:
    """Return everything in a project that does not run, in order of file and line.

    Args:
        project: the project.
        refused: what `QueryBuilder.problems` found to concern one pipe alone.
    """
    found = [limit for each in LIMITS for limit in each(project)]
    found += [_of_error(error) for error in refused]
    return sorted(found, key=lambda limit: (limit.location.path, limit.location.line))


def _of_error(error: MartletError) -> Limit:
    place = error.location or Location(".", 1)
    name = place.path.rpartition("/")[2].partition(".")[0]
    reason = f"{error.message}: {error.hint}" if error.hint else error.message
    instead = "the pipe, and what reads it, answers with this error; everything else runs"
    return Limit(name, place, reason, instead)


def _connectors(project: Project) -> Iterator[Limit]:
    for source in project.datasources.values():
        key = next((key for key in CONNECTORS if key in source.connector), None)
        if key is not None:
            what = CONNECTORS[key].format(source.connector[key])
            yield Limit(
                source.name,
                source.connector_locations.get(key, source.location),
                f"nothing is read from {what}",
                (_EVENTS if takes_events(source) else _FILES).format(source.name),
            )


def takes_events(source: Datasource) -> bool:
    """Whether a column is read from JSON."""
    return any(column.json_path for column in source.columns)


def _columns(project: Project) -> Iterator[Limit]:
    for source in project.datasources.values():
        for column in source.columns:
            if column.json_path and column.type and not column.type.bare.family.ingested:
                yield Limit(
                    source.name,
                    column.location,
                    f"no event can bring a value for '{column.name}', {column.type}",
                    "an event that has one goes to the quarantine; others are stored",
                )


def _shared(project: Project) -> Iterator[Limit]:
    for source in project.datasources.values():
        if source.shared_with:
            names = ", ".join(source.shared_with)
            yield Limit(
                source.name,
                source.location,
                f"it is not shared with {names}: there is one workspace",
                "other projects read it over the API",
            )


def _pipes(project: Project, kind: NodeType) -> Iterator[Pipe]:
    return (pipe for pipe in project.pipes.values() if pipe.type is kind)


def _sinks(project: Project) -> Iterator[Limit]:
    for pipe in _pipes(project, NodeType.SINK):
        node = pipe.output
        target = node.settings.get("export_kafka_topic") or node.settings.get("export_bucket_uri")
        yield Limit(
            pipe.name,
            node.setting_locations.get("export_connection_name", node.location),
            f"nothing is written to {target or 'its connection'}: sinks do not run",
            "its SQL is checked; a pipe of TYPE endpoint answers the same rows",
        )


def _schedules(project: Project) -> Iterator[Limit]:
    for pipe in _pipes(project, NodeType.COPY):
        node = pipe.output
        schedule = node.settings.get("copy_schedule", "")
        if schedule and not schedule.startswith("@on-demand"):
            yield Limit(
                pipe.name,
                node.setting_locations.get("copy_schedule", node.location),
                f"the schedule {schedule} is kept, nothing runs by itself",
                f"on the embedded engine it runs when asked: POST /v0/pipes/{pipe.name}/copy",
            )


LIMITS: tuple[Callable[[Project], Iterator[Limit]], ...] = (
    _connectors,
    _columns,
    _shared,
    _sinks,
    _schedules,
)
