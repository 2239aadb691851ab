"""Operations on variables: values for `tb_secret`, for an admin."""

import orjson

from martlet.access import ADMIN, Access
from martlet.api.http import Request, Response, authenticate, json_response, parse_form
from martlet.errors import RequestError
from martlet.variables import Variable
from martlet.workspace import Workspace

# A value, escaped at worst.
_MAX_BODY_BYTES = 64 * 1024


def list_variables(workspace: Workspace, request: Request) -> Response:
    """`GET /v0/variables`: the variables for `tb_secret`, without their values."""
    _admin(workspace, request)
    return json_response({"variables": [_as_json(each) for each in workspace.variables.all()]})


def create_variable(workspace: Workspace, request: Request) -> Response:
    """`POST /v0/variables` with `name=`, `value=`: a variable, which the next query sees."""
    access = _admin(workspace, request)
    values = _values(request)
    if values.get("type", "secret") != "secret":
        raise RequestError("The parameter 'type' of a variable is secret")
    made = workspace.variables.create(
        _needed(values, "name"), _needed(values, "value"), by=access.name
    )
    return json_response(_as_json(made))


def read_variable(workspace: Workspace, request: Request, variable: str) -> Response:
    """`GET /v0/variables/<name>`: one of them."""
    _admin(workspace, request)
    return json_response(_as_json(workspace.variables.get(variable)))


def change_variable(workspace: Workspace, request: Request, variable: str) -> Response:
    """`PUT /v0/variables/<name>` with `value=`: another value."""
    access = _admin(workspace, request)
    value = _needed(_values(request), "value")
    return json_response(_as_json(workspace.variables.change(variable, value, by=access.name)))


def delete_variable(workspace: Workspace, request: Request, variable: str) -> Response:
    """`DELETE /v0/variables/<name>`: it is gone, and what the project's files set holds again."""
    _admin(workspace, request)
    workspace.variables.remove(variable)
    return json_response({"ok": True})


def _admin(workspace: Workspace, request: Request) -> Access:
    access = authenticate(workspace, request)
    access.require(ADMIN, "")
    return access


def _as_json(variable: Variable) -> dict[str, str]:
    return {
        "name": variable.name,
        "type": "secret",
        "created_at": variable.created_at,
        "updated_at": variable.updated_at,
        "edited_by": variable.edited_by,
    }


def _values(request: Request) -> dict[str, str]:
    """Return the parameters of a query string, and of a form or JSON object in the body."""
    if len(request.body) > _MAX_BODY_BYTES:
        raise RequestError(f"The body has more than {_MAX_BODY_BYTES} bytes")
    if request.body.lstrip().startswith(b"{"):
        try:
            content = orjson.loads(request.body)
        except ValueError:
            raise RequestError("The JSON in the body cannot be read") from None
        if not all(isinstance(value, str) for value in content.values()):
            raise RequestError("The values of the JSON object in the body are texts")
        return {**request.query, **content}
    try:
        text = request.body.decode()
    except UnicodeDecodeError:
        raise RequestError("The form in the body is not UTF-8") from None
    return {**request.query, **parse_form(text, "The form in the body")}


def _needed(values: dict[str, str], name: str) -> str:
    if name not in values:
        raise RequestError(f"The parameter '{name}' is missing")
    return values[name]
