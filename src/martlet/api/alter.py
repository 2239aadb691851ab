"""Data sources changed one at a time, as Classic's clients do: small builds."""

from dataclasses import replace

from martlet.access import ADMIN
from martlet.api.changes import Changes, change_project
from martlet.api.http import Request, Response, authenticate, json_response
from martlet.api.push import form_fields
from martlet.api.queries import take_flag
from martlet.errors import NotAvailableError, RequestError
from martlet.files.datasource import parse_datasource
from martlet.files.source import Report, Source
from martlet.files.text import datasource_text
from martlet.model import Column, Datasource, Project
from martlet.workspace import Workspace

# Of a request, and nothing of a data source.
_OTHERS = frozenset(("dry", "token", "cli_version", "from", "debug", "branch_mode", "__tb__semver"))


def alter_datasource(workspace: Workspace, request: Request, datasource: str) -> Response:
    """`POST /v0/datasources/<data source>/alter` with `schema=`, `description=`[`&dry=true`]: changes a data source, or says how."""  # noqa: E501  one line of the table of routes
    authenticate(workspace, request).require(ADMIN, "")
    name = workspace.datasource(workspace.resource(datasource)).name
    values = {**request.query, **form_fields(request)}
    is_tried = take_flag(dict(values), "dry")
    asked = {key: value for key, value in values.items() if key not in _OTHERS}
    if unknown := sorted(asked.keys() - {"schema", "description"}):
        raise NotAvailableError(
            f"The parameter '{unknown[0][:80]}' of a data source cannot be changed alone",
            hint="send the whole project with `martlet build` or `martlet deploy`",
        )

    def change(project: Project) -> Changes:
        known = project.datasource(name)
        path = known.location.path
        if not path.endswith(".datasource") or known.connector:
            raise NotAvailableError(
                f"The data source '{name}' cannot be changed alone: it is more than one file",
                hint="send the whole project with `martlet build` or `martlet deploy`",
            )
        changed = replace(
            known,
            description=asked.get("description", known.description),
            columns=_columns(asked["schema"], known) if "schema" in asked else known.columns,
            tokens=tuple(one for one in known.tokens if one.location.path == path),
        )
        before = replace(known, tokens=changed.tokens)
        text = datasource_text(changed)
        return {} if text == datasource_text(before) else {path: text}

    plan = change_project(workspace, change, is_tried=is_tried)
    return json_response({"operations": [str(one) for one in plan.changes]})


def _columns(schema: str, known: Datasource) -> tuple[Column, ...]:
    """Return the columns of a schema; those that it gives no JSON path keep theirs.

    Raises:
        RequestError: it cannot be read.
    """
    report = Report()
    indented = "\n    ".join(schema.splitlines())
    read = parse_datasource(Source(known.location.path, f"SCHEMA >\n    {indented}\n"), report)
    if read is None or report.errors:
        raise RequestError("\n".join(map(str, report.errors)))
    paths = {column.name: column.json_path for column in known.columns}
    return tuple(
        replace(column, json_path=column.json_path or paths.get(column.name))
        for column in read.columns
    )
