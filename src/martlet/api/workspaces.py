"""Operations on workspaces: the server's own, and those beside it that tests are run in."""

from martlet.access import ADMIN
from martlet.api.http import Request, Response, authenticate, json_response
from martlet.api.workspace_info import workspace_as_json
from martlet.errors import NotAvailableError, NotFoundError, RequestError
from martlet.tokens import ADMIN_TOKEN_NAME
from martlet.workspace import Workspace

# What `tb --local` calls the workspace of a folder, and the one that it runs the tests in.
_OF_FOLDER, _OF_TESTS = "Tinybird_Local_Build_", "Tinybird_Local_Test_"

Object = dict[str, object]


def list_workspaces(workspace: Workspace, request: Request) -> Response:
    """`GET /v0/user/workspaces`, `/v1/user/workspaces`: the one workspace; for its admin also those beside it."""  # noqa: E501  one line of the table of routes
    access = authenticate(workspace, request)
    own = workspace_as_json(workspace)
    # Clients work on with the token that they find here.
    listed = [_listed(workspace, request.token)]
    listed += [{**listed[0], "name": name} for name in workspace.guests.aliases]
    if access.is_admin:
        listed += [
            _listed(guest, guest.tokens.value(ADMIN_TOKEN_NAME)) for guest in workspace.guests
        ]
    return json_response({**own, "workspaces": listed})


def create_workspace(workspace: Workspace, request: Request) -> Response:
    """`POST /v1/workspaces?name=`: an empty workspace for tests; the one of a folder is the server's own."""  # noqa: E501  one line of the table of routes
    authenticate(workspace, request).require(ADMIN, "")
    name = request.query.get("name", "")
    if not name:
        raise RequestError("The parameter 'name' is missing")
    if name.startswith(_OF_FOLDER):
        workspace.guests.call(name)
        admin = workspace.tokens.value(ADMIN_TOKEN_NAME)
        return json_response({**_listed(workspace, admin), "name": name})
    if not name.startswith(_OF_TESTS):
        raise NotAvailableError(
            f"A server has one workspace, {workspace.name}: there is none named {name[:100]!r}",
            hint=f"those for tests, which end with the server, have names like {_OF_TESTS}1",
        )
    guest = workspace.guests.open(name)
    return json_response(_listed(guest, guest.tokens.value(ADMIN_TOKEN_NAME)))


def delete_workspace(workspace: Workspace, request: Request, guest: str) -> Response:
    """`DELETE /v1/workspaces/<id or name>`: ends a workspace for tests, with its data."""
    authenticate(workspace, request).require(ADMIN, "")
    if not workspace.guests.remove(guest):
        raise NotFoundError(
            f"There is no workspace for tests {guest[:100]!r}",
            hint="the server's own workspace cannot be deleted: remove its data folder",
        )
    return json_response({"ok": True})


def _listed(workspace: Workspace, token: str | None) -> Object:
    return {**workspace_as_json(workspace), "role": "admin", "plan": "martlet", "token": token}
