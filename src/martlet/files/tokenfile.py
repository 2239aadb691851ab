"""`.token` files of Tinybird Classic: a token of the file's name, and its scopes.

To accept an instruction, add a row to `INSTRUCTIONS`; a scope is a row of `GRANTS`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from martlet.conditions import parse_condition
from martlet.errors import DatafileError, Location, RequestError
from martlet.files.checks import Found
from martlet.files.sections import Instruction, Section, apply, ignored, read_sections, table
from martlet.files.source import Report, Source, read_lines
from martlet.model import TokenGrant


@dataclass(slots=True)
class Scope:
    """A `SCOPE` with its `RESOURCE` and `FILTER`, in one line or in three."""

    name: str
    location: Location
    resource: str = ""
    filter: str = ""


class Grant(NamedTuple):
    """What a scope means here: a permission on a kind of resource."""

    kind: str
    permission: str


GRANTS = {
    "DATASOURCES:READ": Grant("datasource", "READ"),
    "DATASOURCES:APPEND": Grant("datasource", "APPEND"),
    # Creating a data source is a file here; what is left is appending to it.
    "DATASOURCES:CREATE": Grant("datasource", "APPEND"),
    "PIPES:READ": Grant("pipe", "READ"),
}


@dataclass(slots=True)
class _Draft:
    scopes: list[Scope] = field(default_factory=list)

    def scope(self, section: Section) -> Scope:
        """Return the scope that an instruction belongs to."""
        if not self.scopes:
            raise DatafileError(
                f"{section.name} must be called after a SCOPE command",
                location=section.location,
                hint="start with: SCOPE DATASOURCES:READ",
            )
        return self.scopes[-1]


Row = Instruction[_Draft]


def parse_token(source: Source, report: Report) -> list[Scope]:
    """Return the scopes that a file gives to the token of its name."""
    draft = _Draft()
    lines = read_lines(source, report)
    apply(read_sections(source, lines, "token", INSTRUCTIONS, report), INSTRUCTIONS, draft, report)
    return draft.scopes


def grant_scopes(
    found: Found, token: str, scopes: list[Scope], names: Mapping[str, str], report: Report
) -> None:
    """Give a token its scopes, as if the resources had TOKEN lines.

    Args:
        found: the project's resources; they change in it.
        token: its name.
        scopes: of its file.
        names: other names of resources -> their names.
        report: gets a warning for each scope that has no meaning here.
    """
    for scope in scopes:
        reason = _refusal(scope)
        if reason:
            report.warn(
                f"The token '{token}' does not get the scope {scope.name}", scope.location, reason
            )
            continue
        kind, permission = GRANTS[scope.name]
        name = names.get(scope.resource, scope.resource)
        try:
            filter = parse_condition(scope.filter) if scope.filter else ""
        except RequestError as error:
            report.error(error.message, scope.location, error.hint)
            continue
        grant = TokenGrant(token, permission, scope.location, filter)
        if name not in found.names(kind):
            report.error(f"There is no {kind} '{scope.resource}'", scope.location)
        elif kind == "pipe" and (pipe := found.pipes.get(name)):
            found.pipes[name] = replace(pipe, tokens=(*pipe.tokens, grant))
        elif kind == "datasource" and (source := found.datasources.get(name)):
            found.datasources[name] = replace(source, tokens=(*source.tokens, grant))


def _refusal(scope: Scope) -> str:
    """Return why nothing is granted, empty if something is."""
    if scope.name == "ADMIN":
        return "use the workspace admin token."
    if scope.name not in GRANTS:
        return f"scopes here are {', '.join(GRANTS)}."
    if not scope.resource:
        return "write RESOURCE and a name below it; files make resources, not tokens."
    if scope.filter and scope.name != "DATASOURCES:READ":
        return "a filter is of rows that are read: of DATASOURCES:READ."
    return ""


def _scope(draft: _Draft, section: Section, row: Row) -> None:
    text = section.required()
    name = next((name for name in GRANTS if text.startswith(f"{name}:")), text)
    resource, _, filter_ = text[len(name) + 1 :].partition(":")
    draft.scopes.append(Scope(name, section.value.at(), resource, filter_))


def _resource(draft: _Draft, section: Section, row: Row) -> None:
    draft.scope(section).resource = section.required()


def _filter(draft: _Draft, section: Section, row: Row) -> None:
    draft.scope(section).filter = section.required()


INSTRUCTIONS = table(
    Row("DESCRIPTION", ignored, block=True),
    Row("SCOPE", _scope),
    Row("RESOURCE", _resource),
    Row("FILTER", _filter),
    Row("VERSION", ignored, note="has been deprecated and will be ignored."),
)
