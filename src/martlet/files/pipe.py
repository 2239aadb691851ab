"""`.pipe` files.

To accept an instruction, add a row to `INSTRUCTIONS`; what a node's type needs is in `TYPES`.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from martlet.errors import DatafileError, Location
from martlet.files.sections import (
    Instruction,
    Section,
    apply,
    comma_list,
    description,
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
    _publish_classic(draft, source)
    return Pipe(
        name=source.name,
        location=source.location,
        nodes=tuple(_node(node, report) for node in draft.nodes),
        description=draft.description,
        tokens=tuple(draft.tokens),
        tags=draft.tags,
        file_version=draft.file_version,
    )


def _publish_classic(draft: _Draft, source: Source) -> None:
    """Make the last node the endpoint of a pipe that is to be read but has no TYPE at all."""
    is_read = bool(draft.tokens) or draft.file_version is not None
    if is_read and all(node.type_location is None for node in draft.nodes):
        draft.nodes[-1].type = NodeType.ENDPOINT
        draft.report.warn(
            "The pipe has no TYPE: its last node is the endpoint, as in Tinybird Classic",
            source.location,
            f"write TYPE endpoint at the end of node '{draft.nodes[-1].name}'.",
        )


_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)
_INDENTED_TYPE = re.compile(
    r"^[ \t]+(?P<type>TYPE[ \t]+(?:endpoint|materialized|copy|sink))[ \t]*"
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
    """Return the lines of a query, and whether a `%` (left out) marks it as a template."""
    first, *others = sql.lines
    percent = len(first.text) - len(first.text.lstrip())
    if not first.text.startswith("%", percent):
        return sql.lines, False
    rest = first.cut(percent + 1)
    return ((rest, *others) if rest.text.strip() or not others else tuple(others)), True


def _description(draft: _Draft, section: Section, row: Row) -> None:
    owner = draft.nodes[-1] if draft.nodes else draft
    owner.description = description(section)


def _token(draft: _Draft, section: Section, row: Row) -> None:
    draft.tokens.append(token_grant(section, ("READ",)))


def _tags(draft: _Draft, section: Section, row: Row) -> None:
    draft.tags += comma_list(section.text)


def _version(draft: _Draft, section: Section, row: Row) -> None:
    draft.file_version = version_number(section)


_NODE_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def _open_node(draft: _Draft, section: Section, row: Row) -> None:
    name = section.text
    draft.nodes.append(_NodeDraft(name, section.location))  # what follows belongs to it
    section.required()
    if not _NODE_NAME.fullmatch(name):
        raise section.fail(
            f"Invalid node name '{name}'",
            "use letters, digits and underscores, no digit in front.",
        )
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
    node.sql = section.value


def _type(draft: _Draft, section: Section, row: Row) -> None:
    node = draft.node(section)
    node.type_location = section.location
    name = section.text.lower() or NodeType.STANDARD.value
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
    node.settings[key] = section.text
    node.places[key] = section.value.at() if section.text else section.location


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
    "DEPLOYMENT_METHOD",
    "TARGET_DATASOURCE",
    "COPY_SCHEDULE",
    "COPY_MODE",
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
    "SCOPE",
    "FILTER",
)

INSTRUCTIONS = table(
    Row("DESCRIPTION", _description, block=True),
    Row("TOKEN", _token),
    Row("TAGS", _tags),
    Row("VERSION", _version, note="has been deprecated and will be ignored."),
    Row("INCLUDE", _indented_include),
    Row("NODE", _open_node),
    Row("SQL", _sql, block=True),
    Row("TYPE", _type),
    *(Row(name, _setting) for name in _SETTINGS),
    Row("MODE", _setting, "copy_mode"),
    Row("EXPORT_SERVICE", _setting, note="has been deprecated and has no effect"),
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


_DAYS = "sun mon tue wed thu fri sat"
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec"
_FIELDS = ((0, 59, ""), (0, 23, ""), (1, 31, ""), (1, 12, _MONTHS), (0, 7, _DAYS))
_RANGE = r"(?:\*|(\d{1,2}|[a-z]{3})(?:-(\d{1,2}|[a-z]{3}))?)(?:/[1-9]\d?)?"


def _is_cron(value: str) -> bool:
    """Whether a text is a cron expression of five fields."""
    written = value.lower().split()
    return len(written) == len(_FIELDS) and all(
        _is_cron_range(part, least, greatest, names.split())
        for part_list, (least, greatest, names) in zip(written, _FIELDS, strict=True)
        for part in part_list.split(",")
    )


def _is_cron_range(text: str, least: int, greatest: int, names: list[str]) -> bool:
    found = re.fullmatch(_RANGE, text, re.ASCII)
    ends = [end for end in found.groups() if end] if found else []
    return found is not None and all(
        end in names or (end.isdigit() and least <= int(end) <= greatest) for end in ends
    )


def _schedule(label: str) -> Callable[[str], str]:
    message = f"{label} node schedule must be @on-demand or a valid cron expression."
    return lambda value: "" if value.lower() == "@on-demand" or _is_cron(value) else message


def _one_of(*allowed: str, label: str) -> Callable[[str], str]:
    message = f"{label} must be {' or '.join(allowed)}"
    return lambda value: "" if value.lower() in allowed else message


TYPES: dict[NodeType, _TypeRow] = {
    NodeType.STANDARD: _TypeRow(),
    NodeType.ENDPOINT: _TypeRow(),
    NodeType.MATERIALIZED: _TypeRow(
        required=("datasource",),
        prefixes=("datasource", "deployment_method", "engine"),
        checks=(("deployment_method", _one_of("alter", label="DEPLOYMENT_METHOD")),),
    ),
    NodeType.COPY: _TypeRow(
        required=("target_datasource",),
        prefixes=("target_datasource", "copy_", "on_demand_compute"),
        checks=(
            ("copy_schedule", _schedule("COPY")),
            ("copy_mode", _one_of("append", "replace", label="COPY node mode")),
            ("on_demand_compute", _one_of("true", "false", label="ON_DEMAND_COMPUTE")),
        ),
    ),
    NodeType.SINK: _TypeRow(
        required=("export_connection_name", "export_schedule"),
        prefixes=("export_",),
        checks=(("export_schedule", _schedule("SINK")),),
    ),
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
        elif node.settings and node.type_location is None:
            key = next(iter(node.settings))
            report.error(
                f"Standard node '{node.name}' has an invalid attribute ({key})",
                node.places[key],
                "give the node a TYPE, or remove the line.",
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
    for key in node.settings:
        if not key.startswith(row.prefixes):
            article = "an" if kind[0] in "aeiou" else "a"
            report.warn(f"{key.upper()} has no effect on {article} {kind} node", node.places[key])
    for key, check in row.checks:
        problem = check(node.settings[key]) if node.settings.get(key) else ""
        if problem:
            report.error(problem, node.places[key])
    if node.type is NodeType.SINK and (problem := _sink_problem(node)):
        report.error(problem, place)


_BUCKET = ("export_bucket_uri", "export_file_template")


def _sink_problem(node: _NodeDraft) -> str:
    """Return what is wrong with where a sink writes, empty if nothing is."""
    bucket = [key for key in _BUCKET if node.settings.get(key)]
    if node.settings.get("export_kafka_topic"):
        return (
            f"Sink node '{node.name}' has mixed Kafka and S3/GCS parameters. "
            "Give it either export_kafka_topic or export_bucket_uri and export_file_template."
            if bucket
            else ""
        )
    if len(bucket) == len(_BUCKET):
        return ""
    return (
        f"Sink node '{node.name}' is missing required parameters. For Kafka sinks, provide "
        "'export_kafka_topic'. For S3/GCS sinks, provide 'export_bucket_uri' and "
        "'export_file_template'."
    )
