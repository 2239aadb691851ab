"""Projects sent to the server: built at once, or deployed by way of a staged one."""

import re
from collections.abc import Callable
from email.message import Message
from email.parser import BytesParser

from martlet.access import ADMIN
from martlet.api.http import Request, Response, authenticate, json_response
from martlet.deployment_plan import Plan
from martlet.deployment_store import Deployment
from martlet.deployments import Checked
from martlet.errors import RequestError
from martlet.workspace import Workspace

# Names of the parts that have a project's files; others say something about the client's folder.
PARTS = ("data_project://", "data_project_vendored://")

# As they are sent: a backslash is one, not the mark of a quoted character.
_NAME = re.compile(r';\s*name="?([^";]*)"?', re.IGNORECASE)
_FILE_NAME = re.compile(r';\s*filename="?([^";]*)"?', re.IGNORECASE)

Object = dict[str, object]


def build(workspace: Workspace, request: Request) -> Response:
    """`POST /v1/build`: makes the files of a form the live project at once."""
    authenticate(workspace, request).require(ADMIN, "")
    checked = workspace.deployments.build(_files(request))
    made = checked.deployment or _described(checked)
    shown = {"id": made.id or None, **made.names, "feedback": made.feedback}
    # Clients know no `no_changes` of a build: the lists of names say so.
    return _answer(checked, {"build": shown, **({} if checked.errors else {"result": "success"})})


def deploy(workspace: Workspace, request: Request) -> Response:
    """`POST /v1/deploy[?check=true][&auto_promote=true][&allow_destructive_operations=true]`: stages the files of a form, or makes them live, or says what that would do."""  # noqa: E501  one line of the table of routes
    authenticate(workspace, request).require(ADMIN, "")
    destructive = _flag(request, "allow_destructive_operations")
    files = _files(request)
    if _flag(request, "check"):
        checked = workspace.deployments.check(files, destructive=destructive)
    else:
        checked = workspace.deployments.deploy(
            files, destructive=destructive, is_promoted=_flag(request, "auto_promote")
        )
    made = checked.deployment or _described(checked)
    return _answer(checked, {"deployment": _shown(workspace, made)})


def list_deployments(workspace: Workspace, request: Request) -> Response:
    """`GET /v1/deployments[?include_deleted=true]`: the newest last."""
    authenticate(workspace, request).require(ADMIN, "")
    found = workspace.deployments.known(include_deleted=_flag(request, "include_deleted"))
    return json_response({"deployments": [_shown(workspace, one) for one in found]})


def read_deployment(workspace: Workspace, request: Request, deployment: str) -> Response:
    """`GET /v1/deployments/<id>`: one of them; `live` and `staging` are ids too."""
    authenticate(workspace, request).require(ADMIN, "")
    found = workspace.deployments.find(deployment)
    return json_response({"deployment": _shown(workspace, found)})


def set_live(workspace: Workspace, request: Request, deployment: str) -> Response:
    """`POST /v1/deployments/<id>/set-live`: the staged one takes the place of the live one."""
    authenticate(workspace, request).require(ADMIN, "")
    found = workspace.deployments.set_live(deployment)
    return json_response({"result": "success", "deployment": _shown(workspace, found)})


def discard_deployment(workspace: Workspace, request: Request, deployment: str) -> Response:
    """`DELETE /v1/deployments/<id>`: the staged one goes."""
    authenticate(workspace, request).require(ADMIN, "")
    found = workspace.deployments.discard(deployment)
    return json_response({"result": "success", "deployment": _shown(workspace, found)})


def _described(checked: Checked) -> Deployment:
    """Return what a deployment would have been that was not made."""
    made = Deployment("", "check", status="failed" if checked.errors else "calculating")
    checked.describe(made)
    return made


def _answer(checked: Checked, more: Object) -> Response:
    content: Object = {"result": checked.result, **more}
    if checked.errors:
        content["error"] = "\n".join(error["error"] for error in checked.errors)
        content["errors"] = checked.errors
    return json_response(content)


def _shown(workspace: Workspace, deployment: Deployment) -> Object:
    return {
        "id": deployment.id or None,
        "status": deployment.status,
        "live": bool(deployment.id) and deployment.id == workspace.deployments.live_id,
        "kind": deployment.kind,
        "created_at": deployment.created_at,
        "updated_at": deployment.updated_at,
        "errors": deployment.errors,
        "feedback": deployment.feedback,
        **{name: deployment.names.get(name, []) for name in Plan.name_lists()},
        "token_changes": deployment.tokens,
        "data_movements": deployment.moves,
    }


def _flag(request: Request, name: str) -> bool:
    value = request.query.get(name, "false").lower()
    if value not in ("true", "false", "1", "0", ""):
        raise RequestError(f"The parameter '{name}' is true or false, not {value[:40]!r}")
    return value in ("true", "1")


def _files(request: Request) -> dict[str, bytes]:
    return form_files(request, lambda field: field in PARTS)


def form_files(request: Request, is_file: Callable[[str], bool]) -> dict[str, bytes]:
    """Return the files of a form, by file name.

    Args:
        request: with the form as its body.
        is_file: tells by the name of a part whether it is one; others are left alone.

    Raises:
        RequestError: it is no form, or has a file twice, or a part that is none.
    """
    kind = request.headers.get("content-type", "")
    if not kind.lower().startswith("multipart/form-data"):
        raise RequestError(
            "The project's files are parts of a form: send multipart/form-data",
            hint='with curl: -F "data_project://=@events.datasource;filename=datasources/events.datasource"',
        )
    body = request.file.read() if request.file is not None else request.body
    head = f"Content-Type: {kind}\r\n\r\n".encode("latin-1", "replace")
    form = BytesParser().parsebytes(head + body)
    if not form.is_multipart() or form.defects:
        why = f": {form.defects[0].__doc__}" if form.defects else ""
        raise RequestError(f"The multipart form in the body cannot be read{why}")
    files: dict[str, bytes] = {}
    for part in form.get_payload():
        assert isinstance(part, Message)
        said = str(part["content-disposition"])
        field, file = _NAME.search(said), _FILE_NAME.search(said)
        if field is None or not is_file(field[1]):
            continue
        name = file[1] if file else ""
        if name in files:
            raise RequestError(f"The form has the file {name[:200]!r} twice")
        content = part.get_payload(decode=True)
        files[name] = content if isinstance(content, bytes) else b""
    return files
