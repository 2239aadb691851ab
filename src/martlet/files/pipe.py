"""`.pipe` files.

To accept an instruction, add a row to `INSTRUCTIONS`; what a node's type needs is in `TYPES`.
"""

import os
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from martlet.errors import DatafileError, Location
from martlet.files.cron import is_cron
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
from martlet.files.source import Line, Report, Source, Text, read_lines
from martlet.model import Node, NodeType, Pipe, TokenGrant


@dataclass(slots=True)
class _NodeDraft:
    """A node while its instructions are read."""

    name: str
    location: Location
    sql: Text | None = None
    has_sql: bool = False
    type: NodeType = NodeType.STANDARD
    type_location: Location | None = None
    description: str = ""
    settings: dict[str, str] = field(default_factory=dict)
    places: dict[str, Location] = field(default_factory=dict)


@dataclass(slots=True)
class _Draft:
    """A pipe while its instructions are read."""

    report: Report
    nodes: list[_NodeDraft] = field(default_factory=list)
    description: str = ""
    tokens: list[TokenGrant] = field(default_factory=list)
    tags: tuple[str, ...] = ()
    file_version: int | None = None

    def node(self, section: Section) -> _NodeDraft:
        """Return the node that an instruction belongs to."""
        if not self.nodes:
            raise DatafileError(
                f"{section.name} must be called after a NODE command",
                location=section.location,
                hint="start the node with: NODE name",
            )
        return self.nodes[-1]


Row = Instruction[_Draft]


def parse_pipe(source: Source, report: Report) -> Pipe | None:
    """Return the pipe a file defines, or nothing if the report got errors."""
    known = len(report.errors)
    draft = _Draft(report)
    lines = read_lines(source, report)
    sections = read_sections(source, lines, "pipe", INSTRUCTIONS, report)
    apply(sections, INSTRUCTIONS, draft, report)
    if not draft.nodes:
        report.error(
            "Pipe data file must have at least one node",
            source.location,
            "add NODE name, SQL > and the query below it.",
        )
    _check_nodes(draft, source)
    if len(report.errors) > known:
        return None
    return Pipe(
        name=source.name,
        location=source.location,
        nodes=tuple(_node(node, report) for node in draft.nodes),
        description=draft.description,
        tokens=tuple(draft.tokens),
        tags=draft.tags,
        file_version=draft.file_version,
    )


_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_INDENTED_TYPE = re.compile(
    r"^[ \t]*(?P<type>TYPE[ \t]+(?:endpoint|materialized|copy|sink))[ \t]*"
    r"(?:\n[ \t]*(?:[A-Z_]+[ \t].*)?)*\Z",
    re.IGNORECASE | re.MULTILINE,
)


def _node(draft: _NodeDraft, report: Report) -> Node:
    assert draft.sql is not None
    lines, is_template = _sql_lines(draft.sql)
    body = Text(lines)
    if not is_template and (tag := _TAG.search(body.text)):
        report.warn(
            f"The SQL of node '{draft.name}' has template tags, but does not start with %",
            body.at(tag.start()),
            "write % on the line above the query.",
        )
        is_template = True
    if indented := _INDENTED_TYPE.search(body.text):
        report.warn(
            f"TYPE is indented, so it is part of the SQL of node '{draft.name}'",
            body.at(indented.start("type")),
            "remove the white space in front of TYPE and what follows it.",
        )
    return Node(
        name=draft.name,
        sql=body.text,
        is_template=is_template,
        location=draft.location,
        sql_location=body.at(),
        type=draft.type,
        description=draft.description,
        settings=draft.settings,
        setting_locations=draft.places,
        sql_lines=tuple((line.number, line.shift) for line in lines),
    )


def _sql_lines(sql: Text) -> tuple[tuple[Line, ...], bool]:
    """Return the lines of a query, and whether a `%` (left out) marks it as a template.

    As in Tinybird's package (measured): blank lines are left out, also those inside of quotes;
    a query loses the indentation that all of its lines have, a template keeps it.
    """
    first, *others = [line for line in sql.lines if line.text.strip()] or sql.lines[:1]
    percent = len(first.text) - len(first.text.lstrip())
    is_template = first.text.startswith("%", percent)
    if is_template:
        rest = first.cut(percent + 1)
        lines = [rest, *others] if rest.text.strip() or not others else others
    else:
        lines = _dedented([first, *others])
    last = lines[-1]
    return (*lines[:-1], last.cut(0, last.text.rstrip())), is_template


def _dedented(lines: list[Line]) -> list[Line]:
    """Return the lines without the tabs and spaces that all of them start with."""
    margin = os.path.commonprefix([line.text for line in lines])  # noqa: RUF071  not paths
    width = len(margin) - len(margin.lstrip(" \t"))
    return [line.cut(width) for line in lines]


def _description(draft: _Draft, section: Section, row: Row) -> None:
    owner = draft.nodes[-1] if draft.nodes else draft
    owner.description = description(section)


def _token(draft: _Draft, section: Section, row: Row) -> None:
    draft.tokens.append(token_grant(section, ("READ",)))


def _tags(draft: _Draft, section: Section, row: Row) -> None:
    draft.tags += comma_list(section.given())


def _version(draft: _Draft, section: Section, row: Row) -> None:
    if section.text.isdigit():  # Forward ignores the instruction, whatever it says
        draft.file_version = version_number(section)


def _open_node(draft: _Draft, section: Section, row: Row) -> None:
    name = next(iter(section.arguments), "")  # what stands behind the name is ignored
    draft.nodes.append(_NodeDraft(name, section.location))  # what follows belongs to it
    if not name:
        raise section.fail("NODE needs a name", "write NODE name.")
    first = next(node for node in draft.nodes if node.name == name)
    if first is not draft.nodes[-1]:
        raise section.fail(
            f"Node '{name}' is defined twice", f"the first one is in line {first.location.line}."
        )


def _sql(draft: _Draft, section: Section, row: Row) -> None:
    node = draft.node(section)
    node.has_sql = True
    if not section.is_block:
        raise DatafileError(
            "SQL must be multiline",
            location=section.location,
            hint="Use > to start a multiline SQL block.",
        )
    if node.sql is None or node.sql.text.strip():  # the last block counts, but for an empty one
        node.sql = section.value


def _type(draft: _Draft, section: Section, row: Row) -> None:
    node = draft.node(section)
    node.type_location = section.location
    name = section.given().lower() or NodeType.STANDARD.value
    if name not in {kind.value for kind in NodeType}:
        allowed = sorted(kind.value for kind in NodeType if kind is not NodeType.STANDARD)
        raise section.fail(
            f"Invalid node '{node.name}' of type ({section.text}). "
            f"Allowed node types: {{{str(allowed)[1:-1]}}}"
        )
    node.type = NodeType(name)
    typed = [node for node in draft.nodes if node.type is not NodeType.STANDARD]
    if node.type is not NodeType.STANDARD and typed[0] is not node:
        raise DatafileError(
            "Multiple non-standard nodes in pipe. There can only be one",
            location=section.location,
            hint=f"node '{typed[0].name}' is of type {typed[0].type.value} already.",
        )


def _setting(draft: _Draft, section: Section, row: Row) -> None:
    node = draft.node(section)
    key = row.key or section.name.lower()
    node.settings[key] = section.given()
    node.places[key] = section.value.at() if section.text else section.location


def _copy_mode(draft: _Draft, section: Section, row: Row) -> None:
    _setting(draft, section, row)
    settings = draft.node(section).settings
    settings["copy_mode"] = settings["copy_mode"].lower()  # Classic takes any case


def _deployment_method(draft: _Draft, section: Section, row: Row) -> None:
    _setting(draft, section, row)
    if section.text.lower() != "alter":
        raise section.fail(
            f"{section.text} is not an allowed value for DEPLOYMENT_METHOD. Use one of: {{'alter'}}"
        )


def _indented_include(draft: _Draft, section: Section, row: Row) -> None:
    raise DatafileError("INCLUDE must not be indented", location=section.location)


_CLASSIC_ENGINE = "belongs in the .datasource file of the target"
_ENGINE = (
    "ENGINE",
    "ENGINE_SORTING_KEY",
    "ENGINE_PARTITION_KEY",
    "ENGINE_PRIMARY_KEY",
    "ENGINE_SAMPLING_KEY",
    "ENGINE_TTL",
    "ENGINE_SETTINGS",
    "ENGINE_VER",
    "ENGINE_IS_DELETED",
    "ENGINE_COLUMNS",
    "ENGINE_SIGN",
    "ENGINE_VERSION",
)
_SETTINGS = (
    "DATASOURCE",
    "TARGET_DATASOURCE",
    "COPY_SCHEDULE",
    "ON_DEMAND_COMPUTE",
    "EXPORT_CONNECTION_NAME",
    "EXPORT_SCHEDULE",
    "EXPORT_BUCKET_URI",
    "EXPORT_FILE_TEMPLATE",
    "EXPORT_FORMAT",
    "EXPORT_COMPRESSION",
    "EXPORT_WRITE_STRATEGY",
    "EXPORT_STRATEGY",
    "EXPORT_KAFKA_TOPIC",
    "FILTER",
)

INSTRUCTIONS = table(
    Row("DESCRIPTION", _description, block=True),
    Row("TOKEN", _token),
    Row("TAGS", _tags, block=True),
    Row("VERSION", _version, block=True, note="has been deprecated and will be ignored."),
    Row("INCLUDE", _indented_include),
    *(
        Row(name, ignored, block=True, note=CLASSIC_NOTE, classic=True)
        for name in (*CLASSIC_WORDS, "SOURCE")
    ),
    Row("NODE", _open_node),
    Row("SCOPE", _open_node),
    Row("SQL", _sql, block=True),
    Row("TYPE", _type),
    *(Row(name, _setting) for name in _SETTINGS),
    Row("DEPLOYMENT_METHOD", _deployment_method),
    Row("COPY_MODE", _copy_mode),
    Row("MODE", _copy_mode, "copy_mode"),
    Row("EXPORT_SERVICE", ignored, block=True, note="has been deprecated and will be ignored."),
    *(Row(name, _setting, block=True, note=_CLASSIC_ENGINE) for name in _ENGINE),
)


@dataclass(frozen=True, slots=True)
class _TypeRow:
    """What a type of node needs and may have.

    Attributes:
        required: settings it cannot do without.
        prefixes: how the keys of its settings start.
        checks: setting -> what says what is wrong with its value, empty if nothing is.
    """

    required: tuple[str, ...] = ()
    prefixes: tuple[str, ...] = ()
    checks: tuple[tuple[str, Callable[[str], str]], ...] = ()


def _is_schedule(value: str) -> bool:
    return value == "@on-demand" or is_cron(value)


def _schedule(value: str) -> str:
    message = "COPY node schedule must be @on-demand or a valid cron expression."
    return "" if _is_schedule(value) else message


def _one_of(*allowed: str, message: str) -> Callable[[str], str]:
    return lambda value: "" if value.lower() in allowed else message


_BOOLEANS = "true t yes y on 1 false f no n off 0".split()

TYPES: dict[NodeType, _TypeRow] = {
    NodeType.STANDARD: _TypeRow(),
    NodeType.ENDPOINT: _TypeRow(),
    NodeType.MATERIALIZED: _TypeRow(
        required=("datasource",), prefixes=("datasource", "deployment_method", "engine")
    ),
    NodeType.COPY: _TypeRow(
        required=("target_datasource",),
        prefixes=("target_datasource", "copy_", "on_demand_compute"),
        checks=(
            ("copy_schedule", _schedule),
            (
                "copy_mode",
                _one_of("append", "replace", message="COPY node mode must be append or replace"),
            ),
            (
                "on_demand_compute",
                _one_of(*_BOOLEANS, message="ON_DEMAND_COMPUTE must be true or false"),
            ),
        ),
    ),
    NodeType.SINK: _TypeRow(prefixes=("export_",)),  # the rest is in `_sink_problem`
}


def _check_nodes(draft: _Draft, source: Source) -> None:
    """Report what is wrong with each node as a whole."""
    report = draft.report
    for node in draft.nodes:
        is_empty = node.sql is not None and not Text(_sql_lines(node.sql)[0]).text.strip()
        if is_empty or not node.has_sql:
            report.error(
                f'error parsing node "{node.name}" from pipe "{source.name}.pipe": Empty query',
                node.location,
                "add SQL > and the query below it.",
            )
        if node.type is not NodeType.STANDARD:
            _check_settings(node, report)
        elif node.settings:
            key = next(iter(node.settings))
            report.error(
                f"Standard node '{node.name}' has an invalid attribute ({key})",
                node.places[key],
                "give the node another TYPE, or remove the line.",
            )


def _check_settings(node: _NodeDraft, report: Report) -> None:
    """Report what is wrong with the settings of a node that has a type."""
    row, kind = TYPES[node.type], node.type.value
    place = node.type_location or node.location
    missing = [key for key in row.required if not node.settings.get(key)]
    if missing:
        report.error(
            f"Some {kind} node params have been provided, "
            f"but the following required ones are missing: {missing}",
            place,
            f"add {' and '.join(key.upper() for key in missing)} to the node.",
        )
    prefixes = row.prefixes
    if "export_kafka_topic" in node.settings:
        prefixes = ("export_kafka_topic", "export_connection_name", "export_schedule")
    for key in node.settings:
        if not key.startswith(prefixes):
            article = "an" if kind[0] in "aeiou" else "a"
            report.warn(f"{key.upper()} has no effect on {article} {kind} node", node.places[key])
    for key, check in row.checks:
        problem = check(node.settings[key]) if node.settings.get(key) else ""
        if problem:
            report.error(problem, node.places[key])
    if node.type is NodeType.SINK and (problem := _sink_problem(node)):
        report.error(problem, place)


# Where a sink writes -> the settings that say so.
_SINKS = {
    "Kafka": ("export_kafka_topic",),
    "S3/GCS": ("export_bucket_uri", "export_file_template"),
}


def _sink_problem(node: _NodeDraft) -> str:
    """Return what is wrong with a sink, empty if nothing is."""
    sink = f"ink node '{node.name}'"
    if not node.settings.get("export_connection_name"):
        return f"S{sink} is missing required parameter 'export_connection_name'"
    kinds = [kind for kind, keys in _SINKS.items() if not node.settings.keys().isdisjoint(keys)]
    if not kinds:
        return (
            f"S{sink} is missing required parameters. For Kafka sinks, provide "
            "'export_kafka_topic'. For S3/GCS sinks, provide 'export_bucket_uri' and "
            "'export_file_template'."
        )
    if len(kinds) > 1:
        return (
            f"S{sink} has mixed Kafka and S3/GCS parameters. Use either Kafka parameters "
            "(export_kafka_topic) or S3/GCS parameters (export_bucket_uri, "
            "export_file_template), not both."
        )
    needed = (*_SINKS[kinds[0]], "export_schedule")
    if missing := [key for key in needed if key not in node.settings]:
        return f"{kinds[0]} s{sink} is missing required parameters: {missing}"
    schedule = node.settings["export_schedule"]
    if schedule and not _is_schedule(schedule):
        return (
            f"S{sink} has invalid export_schedule '{schedule}'. "
            "Must be @on-demand or a valid cron expression."
        )
    return ""
