"""`.datasource` files.

To accept an instruction, add a row to `INSTRUCTIONS`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from martlet.errors import DatafileError, Location
from martlet.files import jsonform
from martlet.files.keys import check_engine, check_indexes, engine_name
from martlet.files.schema import parse_indexes, parse_schema
from martlet.files.sections import (
    CLASSIC_NOTE,
    CLASSIC_WORDS,
    Instruction,
    Section,
    apply,
    comma_list,
    description,
    ignored,
    read_sections,
    table,
    token_grant,
    version_number,
)
from martlet.files.source import Report, Source, Text, read_lines
from martlet.model import Column, Datasource, Index, TableEngine, TokenGrant


@dataclass(slots=True)
class _Draft:
    """A data source while its instructions are read."""

    report: Report
    description: str = ""
    columns: tuple[Column, ...] | None = None
    indexes: tuple[Index, ...] = ()
    engine: str = ""
    engine_location: Location | None = None
    keys: dict[str, Text] = field(default_factory=dict)
    tokens: list[TokenGrant] = field(default_factory=list)
    tags: tuple[str, ...] = ()
    shared_with: tuple[str, ...] = ()
    forward_query: str = ""
    forward_location: Location | None = None
    backfill: str = ""
    file_version: int | None = None
    connector: dict[str, str] = field(default_factory=dict)
    places: dict[str, Location] = field(default_factory=dict)


Row = Instruction[_Draft]


def parse_datasource(source: Source, report: Report) -> Datasource | None:
    """Return the data source a file defines, or nothing if the report got errors."""
    known = len(report.errors)
    draft = _Draft(report)
    with report.collect():
        lines = read_lines(source, report)
        sections = (
            jsonform.read_json(lines, INSTRUCTIONS, report)
            if jsonform.is_json(lines)
            else read_sections(source, lines, "datasource", INSTRUCTIONS, report)
        )
        apply(sections, INSTRUCTIONS, draft, report)
        if draft.columns is None and not any(s.name == "SCHEMA" for s in sections):
            report.error(
                "SCHEMA is mandatory",
                source.location,
                "add SCHEMA > and one column per line below it.",
            )
    engine = _engine(draft)
    _check_connector(draft)
    _check_keys(draft, engine, source)
    if len(report.errors) > known or draft.columns is None:
        return None
    return Datasource(
        name=source.name,
        location=source.location,
        columns=draft.columns,
        engine=engine,
        description=draft.description,
        indexes=draft.indexes,
        tokens=tuple(draft.tokens),
        tags=draft.tags,
        shared_with=draft.shared_with,
        forward_query=draft.forward_query,
        forward_location=draft.forward_location,
        backfill=draft.backfill,
        file_version=draft.file_version,
        connector=draft.connector,
        connector_locations={key: draft.places[key] for key in draft.connector},
    )


def _engine(draft: _Draft) -> TableEngine:
    keys = {key: text.text.strip() for key, text in draft.keys.items()}
    locations = {key: text.at() for key, text in draft.keys.items()}
    return TableEngine(name=draft.engine or "MergeTree", **keys, locations=locations)


# Kafka's connector adds these to every data source that it fills.
_KAFKA_COLUMNS = frozenset(
    ("__value", "__topic", "__partition", "__offset", "__timestamp", "__key", "__headers")
)


def _check_keys(draft: _Draft, engine: TableEngine, source: Source) -> None:
    # With errors in the SCHEMA a column that seems to be missing may only be misspelt there.
    columns = None if draft.columns is None else {column.name: column for column in draft.columns}
    extra = _KAFKA_COLUMNS if "kafka_topic" in draft.connector else frozenset[str]()
    location = draft.engine_location or source.location
    check_engine(engine, location, draft.keys, columns, extra, draft.report)
    if columns is not None:
        check_indexes(draft.indexes, {*columns, *extra}, draft.report)


def _description(draft: _Draft, section: Section, row: Row) -> None:
    draft.description = description(section)


def _token(draft: _Draft, section: Section, row: Row) -> None:
    grant = token_grant(section, ("READ", "APPEND", "CREATE"))
    if grant.permission == "CREATE":  # Classic's: to make the data source, and to append
        draft.report.warn(
            "TOKEN CREATE is APPEND here: files make data sources",
            section.location,
            f"write TOKEN {grant.name} APPEND.",
        )
        grant = replace(grant, permission="APPEND")
    draft.tokens.append(grant)


def _tags(draft: _Draft, section: Section, row: Row) -> None:
    draft.tags += comma_list(section.given().replace("\n", ","))


def _schema(draft: _Draft, section: Section, row: Row) -> None:
    section.required()
    known = len(draft.report.errors)
    columns = parse_schema(section.value, draft.report)
    if not columns and len(draft.report.errors) == known:
        raise section.fail("SCHEMA needs at least one column")
    draft.columns = columns if len(draft.report.errors) == known else None


def _indexes(draft: _Draft, section: Section, row: Row) -> None:
    section.required()
    draft.indexes = parse_indexes(section.value, draft.report)


def _engine_name(draft: _Draft, section: Section, row: Row) -> None:
    draft.engine = engine_name(section.given())
    draft.engine_location = section.value.at() if section.text else section.location


def _engine_key(draft: _Draft, section: Section, row: Row) -> None:
    if section.given():  # an empty value is as good as none
        draft.keys[row.key] = section.value


def _forward_query(draft: _Draft, section: Section, row: Row) -> None:
    draft.forward_query = section.required()
    draft.forward_location = section.location


def _backfill(draft: _Draft, section: Section, row: Row) -> None:
    if section.text.lower() != "skip":
        raise section.fail(
            f"{section.text} is not an allowed value for BACKFILL. Use one of: {{'skip'}}"
        )
    draft.backfill = "skip"


def _shared_with(draft: _Draft, section: Section, row: Row) -> None:
    # A name in a block may have spaces in it; on one line they stand between names.
    lines = section.required().splitlines() if section.is_block else section.arguments
    names = comma_list(",".join(lines))
    if not names:
        raise section.fail("SHARED_WITH requires at least one workspace name")
    draft.shared_with += names


def _version(draft: _Draft, section: Section, row: Row) -> None:
    draft.file_version = version_number(section)


def _connector(draft: _Draft, section: Section, row: Row) -> None:
    draft.connector[section.name.lower()] = section.given()
    draft.places[section.name.lower()] = section.location


def _import_format(draft: _Draft, section: Section, row: Row) -> None:
    _connector(draft, section, row)
    draft.connector["import_format"] = section.text.lower()


def _refused(message: str, hint: str = "") -> Callable[[_Draft, Section, Row], None]:
    """Return a handler for an instruction that is known and not accepted."""

    def handler(draft: _Draft, section: Section, row: Row) -> None:
        raise DatafileError(message, location=section.location, hint=hint)

    return handler


_ENGINE_KEYS = {
    "SORTING_KEY": "sorting_key",
    "PARTITION_KEY": "partition_key",
    "PRIMARY_KEY": "primary_key",
    "SAMPLING_KEY": "sampling_key",
    "TTL": "ttl",
}
_JOIN_KEYS = {
    "ENGINE_JOIN_STRICTNESS": "join_strictness",
    "ENGINE_JOIN_TYPE": "join_type",
    "ENGINE_KEY_COLUMNS": "key_columns",
    "ENGINE_JOIN_KEY_COLUMNS": "key_columns",
}
_OTHER_ENGINE_KEYS = ("settings", "ver", "is_deleted", "columns", "sign", "version")
_CONNECTOR = (
    "KAFKA_CONNECTION_NAME",
    "KAFKA_TOPIC",
    "KAFKA_GROUP_ID",
    "KAFKA_AUTO_OFFSET_RESET",
    "KAFKA_STORE_RAW_VALUE",
    "KAFKA_STORE_HEADERS",
    "KAFKA_KEY_FORMAT",
    "KAFKA_VALUE_FORMAT",
    "IMPORT_CONNECTION_NAME",
    "IMPORT_SCHEDULE",
    "IMPORT_BUCKET_URI",
    "IMPORT_FROM_TIMESTAMP",
    "IMPORT_TABLE_ARN",
    "IMPORT_EXPORT_BUCKET",
    "PG_CONNECTION_NAME",
    "PG_TABLE",
)
_IGNORED = "has been deprecated and will be ignored."
_CLASSIC_CONNECTOR = {
    "KAFKA_STORE_BINARY_HEADERS": _IGNORED,
    "KAFKA_TARGET_PARTITIONS": _IGNORED,
    "KAFKA_KEY_AVRO_DESERIALIZATION": "has been replaced by KAFKA_KEY_FORMAT",
    "KAFKA_BOOTSTRAP_SERVERS": "belongs in a .connection file",
    "KAFKA_KEY": "belongs in a .connection file",
    "KAFKA_SECRET": "belongs in a .connection file",
    "KAFKA_SECURITY_PROTOCOL": "belongs in a .connection file",
    "KAFKA_SASL_MECHANISM": "belongs in a .connection file",
    "KAFKA_SCHEMA_REGISTRY_URL": "belongs in a .connection file",
    "IMPORT_STRATEGY": f"{_IGNORED} Imports append.",
    "IMPORT_SERVICE": f"{_IGNORED} The connection says the service.",
    "IMPORT_EXTERNAL_DATASOURCE": _IGNORED,
    "EXPORT_SERVICE": _IGNORED,
}

INSTRUCTIONS = table(
    Row("DESCRIPTION", _description, block=True),
    Row("TOKEN", _token),
    Row("TAGS", _tags, block=True),
    Row("SCHEMA", _schema, block=True),
    Row("INDEXES", _indexes, block=True),
    Row("INDICES", _indexes, block=True, classic=True),
    Row("ENGINE", _engine_name, block=True),
    *(Row(f"ENGINE_{name}", _engine_key, key, block=True) for name, key in _ENGINE_KEYS.items()),
    *(Row(name, _engine_key, key, block=True) for name, key in _ENGINE_KEYS.items()),
    *(Row(f"ENGINE_{key.upper()}", _engine_key, key, block=True) for key in _OTHER_ENGINE_KEYS),
    *(
        Row(name, _engine_key, key, note="belongs to Tinybird Classic")
        for name, key in _JOIN_KEYS.items()
    ),
    Row("FORWARD_QUERY", _forward_query, block=True),
    Row("BACKFILL", _backfill),
    Row("SHARED_WITH", _shared_with, block=True),
    *(Row(name, _connector) for name in _CONNECTOR),
    Row("IMPORT_QUERY", _connector, block=True),
    Row("IMPORT_FORMAT", _import_format),
    *(Row(name, _connector, note=note) for name, note in _CLASSIC_CONNECTOR.items()),
    Row("VERSION", _version, note=_IGNORED),
    Row("INCLUDE", _refused("INCLUDE must not be indented")),
    Row("SOURCE", ignored, block=True, note=CLASSIC_NOTE),
    *(Row(name, ignored, block=True, note=CLASSIC_NOTE, classic=True) for name in CLASSIC_WORDS),
    Row(
        "SETTINGS",
        _refused(
            "SETTINGS option is not allowed, use ENGINE_SETTINGS instead. "
            "See https://www.tinybird.co/docs/cli/datafiles#data-source for more information."
        ),
    ),
)

_SCHEDULES = ["@auto", "@on-demand", "@once"]


@dataclass(frozen=True, slots=True)
class _Family:
    """Connector settings that need each other: any of `signs` calls for all of `required`."""

    label: str
    signs: tuple[str, ...]
    required: tuple[str, ...]


_KAFKA = ("kafka_connection_name", "kafka_topic", "kafka_group_id")
_KAFKA_CLASSIC = ("kafka_bootstrap_servers", "kafka_topic", "kafka_group_id")
_S3 = ("import_connection_name", "import_schedule", "import_bucket_uri")
_DYNAMODB = ("import_connection_name", "import_table_arn", "import_export_bucket")
_PG = ("pg_connection_name", "pg_table")
# The first family with one of its signs in the file holds; one for each prefix.
_FAMILIES = {
    "kafka_": (_Family("Kafka", ("kafka_bootstrap_servers",), _KAFKA_CLASSIC),
               _Family("Kafka", _KAFKA, _KAFKA)),
    "import_": (_Family("DynamoDB", ("import_table_arn", "import_export_bucket"), _DYNAMODB),
                # Classic's BigQuery and Snowflake have neither bucket nor table.
                _Family("connection", ("import_query", "import_external_datasource"), ()),
                _Family("connection", (*_S3, "import_format", "import_from_timestamp"), _S3)),
    "pg_": (_Family("Postgres", _PG, _PG),),
}  # fmt: skip


_EXCLUSIVE = {"KAFKA": "kafka_topic", "IMPORT": "import_connection_name", "PG": "pg_table"}


def _check_connector(draft: _Draft) -> None:
    """Report connector settings without the others that they need."""
    given = draft.connector
    kinds = [kind for kind, sign in _EXCLUSIVE.items() if sign in given]
    if len(kinds) > 1:
        draft.report.error(
            f"A data source has one connector, this one has {' and '.join(kinds)} params",
            draft.places[_EXCLUSIVE[kinds[1]]],
        )
    for families in _FAMILIES.values():
        family = next((f for f in families if any(sign in given for sign in f.signs)), None)
        missing = [key for key in family.required if key not in given] if family else []
        if family and missing:
            draft.report.error(
                f"Some {family.label} params have been provided, "
                f"but the following required ones are missing: {missing}",
                next(draft.places[sign] for sign in family.signs if sign in given),
            )
    if given.get("kafka_group_id") == "":
        draft.report.error("KAFKA_GROUP_ID cannot be empty", draft.places["kafka_group_id"])
    schedule = given.get("import_schedule", _SCHEDULES[0])
    if "import_bucket_uri" in given and schedule not in _SCHEDULES:
        draft.report.error(
            f"Invalid import schedule '{schedule}'. Only {_SCHEDULES} values are allowed",
            draft.places["import_schedule"],
        )
