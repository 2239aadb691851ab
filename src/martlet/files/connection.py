"""`.connection` files: how to reach a service outside.

To know a type, add a row to `TYPES`. Nothing connects yet, so what a connection lacks is only a
warning: Tinybird's package does not look at it either (measured), its server does. Secrets stay as
`{{ tb_secret("name") }}` in the settings.
"""

import json
from dataclasses import dataclass, field

from martlet.errors import DatafileError, Location
from martlet.files.sections import (
    Instruction,
    Section,
    apply,
    description,
    read_sections,
    table,
)
from martlet.files.source import Report, Source, read_lines
from martlet.model import Connection


@dataclass(frozen=True, slots=True)
class _TypeRow:
    """A type of connection: how its settings start, and which it cannot do without.

    Attributes:
        required: each entry is met by any one of its alternatives, which are lists of settings.
    """

    prefix: str
    required: tuple[tuple[tuple[str, ...], ...], ...] = ()


TYPES: dict[str, _TypeRow] = {
    "kafka": _TypeRow("kafka_", ((("kafka_bootstrap_servers",),),)),
    "s3": _TypeRow("s3_", ((("s3_region",),), (("s3_arn",), ("s3_access_key", "s3_secret")))),
    "gcs": _TypeRow(
        "gcs_",
        (
            (
                ("gcs_service_account_credentials_json",),
                ("gcs_hmac_access_id", "gcs_hmac_secret"),
            ),
        ),
    ),
    "dynamodb": _TypeRow("dynamodb_", ((("dynamodb_arn",),), (("dynamodb_region",),))),
    "postgres": _TypeRow("pg_", ((("pg_host",),), (("pg_database",),), (("pg_user",),))),
}


@dataclass(slots=True)
class _Draft:
    """A connection while its instructions are read."""

    type: str = ""
    type_location: Location | None = None
    description: str = ""
    settings: dict[str, str] = field(default_factory=dict)


Row = Instruction[_Draft]


def parse_connection(source: Source, report: Report) -> Connection | None:
    """Return the connection a file defines, or nothing if the report got errors."""
    known = len(report.errors)
    draft = _Draft()
    lines = read_lines(source, report)
    sections = read_sections(source, lines, "connection", INSTRUCTIONS, report)
    apply(sections, INSTRUCTIONS, draft, report)
    if draft.type_location is None:
        report.warn("The connection has no TYPE", source.location, f"use one of {_names()}.")
    else:
        _check_type(draft, draft.type_location, report)
    if len(report.errors) > known:
        return None
    return Connection(source.name, source.location, draft.type, draft.settings, draft.description)


def _names() -> str:
    return ", ".join(TYPES)


def _check_type(draft: _Draft, location: Location, report: Report) -> None:
    row = TYPES.get(draft.type)
    if row is None:
        message = f"Unknown connection type '{draft.type}'"
        report.warn(message, location, f"the known ones are {_names()}.")
        return
    for alternatives in row.required:
        if not any(all(draft.settings.get(key) for key in keys) for keys in alternatives):
            wanted = " or ".join(" and ".join(map(str.upper, keys)) for keys in alternatives)
            report.warn(f"A connection of type {draft.type} needs {wanted}", location)


def _description(draft: _Draft, section: Section, row: Row) -> None:
    draft.description = description(section)


def _type(draft: _Draft, section: Section, row: Row) -> None:
    draft.type = section.given().lower()
    draft.type_location = section.value.at() if section.text else section.location


def _setting(draft: _Draft, section: Section, row: Row) -> None:
    # As in Tinybird's package (measured), a block keeps its indentation and loses blank lines.
    lines = [line for line in section.given().split("\n") if line.strip()]
    draft.settings[row.key or section.name.lower()] = "\n".join(lines)


def _credentials(draft: _Draft, section: Section, row: Row) -> None:
    _setting(draft, section, row)
    if "{{" in section.text:
        return  # a secret, which nothing needs yet
    try:
        json.loads(section.text)
    except ValueError as error:
        raise section.fail(f"{section.name} is not JSON: {error}") from error


def _avro(draft: _Draft, section: Section, row: Row) -> None:
    raise DatafileError(
        "KAFKA_KEY_AVRO_DESERIALIZATION has been deprecated. Use "
        '"KAFKA_KEY_FORMAT avro" in the corresponding .datasource file instead',
        location=section.location,
    )


def _indented_include(draft: _Draft, section: Section, row: Row) -> None:
    raise DatafileError("INCLUDE must not be indented", location=section.location)


_SETTINGS = (
    "KAFKA_BOOTSTRAP_SERVERS",
    "KAFKA_KEY",
    "KAFKA_SECRET",
    "KAFKA_SECURITY_PROTOCOL",
    "KAFKA_SASL_MECHANISM",
    "KAFKA_SASL_OAUTHBEARER_METHOD",
    "KAFKA_SASL_OAUTHBEARER_AWS_REGION",
    "KAFKA_SASL_OAUTHBEARER_AWS_ROLE_ARN",
    "KAFKA_SASL_OAUTHBEARER_AWS_EXTERNAL_ID",
    "KAFKA_SCHEMA_REGISTRY_URL",
    "S3_REGION",
    "S3_ARN",
    "S3_ACCESS_KEY",
    "S3_SECRET",
    "GCS_HMAC_ACCESS_ID",
    "GCS_HMAC_SECRET",
    "DYNAMODB_ARN",
    "DYNAMODB_REGION",
    "PG_HOST",
    "PG_PORT",
    "PG_DATABASE",
    "PG_USER",
    "PG_PASSWORD",
    "PG_SSL_MODE",
)

INSTRUCTIONS = table(
    Row("DESCRIPTION", _description, block=True),
    Row("TYPE", _type),
    Row("INCLUDE", _indented_include),
    Row("KAFKA_KEY_AVRO_DESERIALIZATION", _avro),
    *(Row(name, _setting) for name in _SETTINGS),
    Row("GCS_ACCESS_ID", _setting, "gcs_hmac_access_id"),
    Row("GCS_SECRET", _setting, "gcs_hmac_secret"),
    Row("KAFKA_SSL_CA_PEM", _setting, block=True),
    Row("GCS_SERVICE_ACCOUNT_CREDENTIALS_JSON", _credentials),
)
