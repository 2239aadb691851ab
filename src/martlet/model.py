"""The project as data: what files/ reads and everything else works from. Nothing here does I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum, StrEnum
from pathlib import Path
from types import MappingProxyType

from martlet.errors import DatafileWarning, Location, NotFoundError
from martlet.ids import is_id, resource_id
from martlet.types import ColumnType

_EMPTY: Mapping[str, str] = MappingProxyType({})


class NodeType(Enum):
    """What a node is for; a pipe has at most one that is not STANDARD."""

    STANDARD = "standard"
    ENDPOINT = "endpoint"
    MATERIALIZED = "materialized"
    COPY = "copy"
    SINK = "sink"


class Generation(StrEnum):
    """Which of Tinybird's two products a project is written for, or to tell it from the files."""

    DETECT = "detect"
    CLASSIC = "classic"
    FORWARD = "forward"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a data source.

    Attributes:
        type: None when the file leaves it to the DEFAULT expression.
        json_path: as written, `$.a.b[:].c`; None when the column is not read from JSON.
        default: the DEFAULT expression as SQL text, None if there is none.
        codec: the text between the parentheses of CODEC(...), None if there is none.
    """

    name: str
    type: ColumnType | None
    location: Location
    json_path: str | None = None
    default: str | None = None
    codec: str | None = None


@dataclass(frozen=True, slots=True)
class Index:
    """A data skipping index: `INDEX name expression TYPE type GRANULARITY granularity`."""

    name: str
    expression: str
    type: str
    location: Location
    granularity: int = 1


@dataclass(frozen=True, slots=True)
class TableEngine:
    """ClickHouse's ENGINE line. Every key is SQL text, empty where the file has none.

    Attributes:
        name: `MergeTree`, `ReplacingMergeTree`, ...
        ver: version column of ReplacingMergeTree.
        columns: columns summed by SummingMergeTree.
        join_strictness: of Join, as are `join_type` and `key_columns`.
        locations: where each key stands in the file, by its name here (`sorting_key`).
    """

    name: str = "MergeTree"
    sorting_key: str = ""
    partition_key: str = ""
    primary_key: str = ""
    sampling_key: str = ""
    ttl: str = ""
    settings: str = ""
    ver: str = ""
    is_deleted: str = ""
    columns: str = ""
    sign: str = ""
    version: str = ""
    join_strictness: str = ""
    join_type: str = ""
    key_columns: str = ""
    locations: Mapping[str, Location] = field(default_factory=dict, compare=False)


@dataclass(frozen=True, slots=True)
class TokenGrant:
    """A `TOKEN name READ|APPEND` line: the token of that name may do that on this resource.

    Attributes:
        filter: what rows must fulfil to be read, empty for all of them.
    """

    name: str
    permission: str
    location: Location
    filter: str = ""


@dataclass(frozen=True, slots=True)
class Datasource:
    """A `.datasource` file.

    Attributes:
        connector: KAFKA_*, IMPORT_* and PG_* settings as written, kept for what runs them.
        connector_locations: where each of them stands.
        forward_query: SELECT list that fills a new version from the live one, empty if none.
        forward_location: where it begins.
        backfill: "skip" or empty.
        file_version: Classic's VERSION, None if absent.
    """

    name: str
    location: Location
    columns: tuple[Column, ...]
    engine: TableEngine = TableEngine()
    description: str = ""
    indexes: tuple[Index, ...] = ()
    tokens: tuple[TokenGrant, ...] = ()
    tags: tuple[str, ...] = ()
    shared_with: tuple[str, ...] = ()
    forward_query: str = ""
    backfill: str = ""
    file_version: int | None = None
    connector: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    connector_locations: Mapping[str, Location] = field(default_factory=dict, compare=False)
    forward_location: Location | None = field(default=None, compare=False)

    @property
    def quarantine(self) -> str:
        """Name of the table that holds refused rows."""
        return f"{self.name}_quarantine"


@dataclass(frozen=True, slots=True)
class Node:
    """A node of a pipe.

    Attributes:
        sql: the block's text as written, without the `%` that marks a template.
        is_template: whether template tags are rendered: the SQL starts with `%`, or it has tags
            and is accepted without (with a warning).
        sql_location: where `sql` starts in the file; `sql_lines` maps its lines onto the file's.
        settings: what belongs to the type, by lower-case key: `datasource`, `target_datasource`,
            `copy_schedule`, `copy_mode`, `deployment_method`, `export_*`, Classic's `engine*`.
        setting_locations: where each of them stands.
    """

    name: str
    sql: str
    is_template: bool
    location: Location
    sql_location: Location
    type: NodeType = NodeType.STANDARD
    description: str = ""
    settings: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    setting_locations: Mapping[str, Location] = field(default_factory=dict, compare=False)
    sql_lines: tuple[tuple[int, int], ...] = ()

    def locate(self, offset: int, path: str, text: str | None = None) -> Location:
        """Return the place in the file of a 0-based index into the node's SQL.

        Args:
            offset: index into `sql`.
            path: the file's path.
            text: the SQL that the offset counts in, where it is not `sql` itself.
        """
        source = self.sql if text is None else text
        offset = max(0, min(offset, len(source)))
        index = source.count("\n", 0, offset)
        start = source.rfind("\n", 0, offset) + 1
        line, indent = (
            self.sql_lines[index]
            if index < len(self.sql_lines)
            else (self.sql_location.line + index, 0)
        )
        end = source.find("\n", offset)
        shown = " " * indent + source[start : end if end >= 0 else len(source)]
        return Location(path, line, indent + offset - start + 1, shown)


@dataclass(frozen=True, slots=True)
class Pipe:
    """A `.pipe` file."""

    name: str
    location: Location
    nodes: tuple[Node, ...]
    description: str = ""
    tokens: tuple[TokenGrant, ...] = ()
    tags: tuple[str, ...] = ()
    file_version: int | None = None

    @property
    def output(self) -> Node:
        """The node whose result is the pipe's: the typed one, else the last."""
        return next((n for n in self.nodes if n.type is not NodeType.STANDARD), self.nodes[-1])

    @property
    def type(self) -> NodeType:
        """The type of the output node."""
        return self.output.type

    def node(self, name: str) -> Node | None:
        """Return the node of that name, if there is one."""
        return next((node for node in self.nodes if node.name == name), None)


@dataclass(frozen=True, slots=True)
class Connection:
    """A `.connection` file: `settings` by lower-case key, secrets not expanded."""

    name: str
    location: Location
    type: str
    settings: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    description: str = ""


@dataclass(frozen=True, slots=True)
class RowIds:
    """By what rows of a data source are told apart, so that each is stored once.

    Attributes:
        column: has the id.
        window_h: hours for which an id is known.
    """

    column: str
    location: Location
    window_h: float


@dataclass(frozen=True, slots=True)
class Settings:
    """What `martlet.toml` sets for a project.

    Attributes:
        generation: Tinybird's product that the project is for.
        join_use_nulls: ClickHouse's setting of that name: NULLs, not defaults, for unmatched rows.
        clickhouse: more ClickHouse settings for queries, by name; they win over our defaults.
        query_timeout_s: wall-clock seconds for one query.
        max_result_bytes: bytes of one result.
        max_memory_bytes: memory of one query.
        max_file_bytes: of a file of rows in one request.
        allow_private_urls: whether files are fetched from addresses that are not public.
        cache_bytes: of answers that are kept for equal requests; 0 for none, and none is shared.
        idempotency_window_h: hours for which a request with an Idempotency-Key is known.
        ids: by data source, of those whose rows are stored once.
        service_rows: of each service data source, the oldest go first; 0 for no records.
    """

    generation: Generation = Generation.DETECT
    join_use_nulls: bool = False
    clickhouse: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    query_timeout_s: float = 10.0
    max_result_bytes: int = 100 * 1024 * 1024
    max_memory_bytes: int = 4 * 1024 * 1024 * 1024
    max_file_bytes: int = 1024 * 1024 * 1024
    allow_private_urls: bool = False
    cache_bytes: int = 64 * 1024 * 1024
    idempotency_window_h: float = 24.0
    ids: Mapping[str, RowIds] = field(default_factory=dict)
    service_rows: int = 1_000_000


@dataclass(frozen=True, slots=True)
class Project:
    """A folder of datafiles, read and checked.

    Attributes:
        fixtures: data source name -> file with sample rows.
        tests: pipe name -> YAML file with endpoint tests.
        files: what its data sources, pipes and tokens were read from, included files too: paths
            relative to the root.
        versioned: other names of resources -> their names: Classic's with a version,
            `events__v3`, and those of other workspaces' data sources, `workspace.events`.
        texts: path of a datafile, or `martlet.toml` -> its text as it was read.
        generation: as which its pipes without TYPE were read; DETECT where it has none.
        deployed: the folder of its files where that is not the root: those of a deployment.
    """

    root: Path
    datasources: Mapping[str, Datasource]
    pipes: Mapping[str, Pipe]
    connections: Mapping[str, Connection] = field(default_factory=dict)
    settings: Settings = Settings()
    fixtures: Mapping[str, Path] = field(default_factory=dict)
    tests: Mapping[str, Path] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    files: tuple[str, ...] = ()
    versioned: Mapping[str, str] = field(default_factory=lambda: _EMPTY)
    warnings: tuple[DatafileWarning, ...] = ()
    texts: Mapping[str, str] = field(default_factory=lambda: _EMPTY, compare=False, repr=False)
    generation: Generation = Generation.DETECT
    deployed: Path | None = None

    def resource(self, name: str) -> str:
        """Return the name of what a name stands for: an id, or Classic's with a version."""
        if is_id(name):
            for kind, names in (("datasource", self.datasources), ("pipe", self.pipes)):
                for known in names:
                    if resource_id(kind, known) == name:
                        return known
        return self.versioned.get(name, name)

    def datasource(self, name: str) -> Datasource:
        """Return a data source by name.

        Raises:
            NotFoundError: the project has none of that name.
        """
        found = self.datasources.get(self.resource(name))
        if found is None:
            raise NotFoundError(f"Data Source '{name}' does not exist")
        return found


@dataclass(frozen=True, slots=True)
class Parameter:
    """A template parameter as documentation shows it; `None` means "not written".

    Attributes:
        type: as Tinybird reports it: `String`, `Int32`, `Array(Int32)`, ...
        used_in: `function_call` for a parameter that only helpers like `defined` see.
    """

    name: str
    type: str = "String"
    default: object = None
    description: str | None = None
    required: bool | None = None
    example: object = None
    enum: tuple[object, ...] | None = None
    format: str | None = None
    used_in: str | None = None
