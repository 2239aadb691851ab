"""Operations on snapshots of the data folder, for backups and exports."""

from martlet.access import ADMIN
from martlet.api.http import Request, Response, authenticate, json_response
from martlet.errors import NotFoundError
from martlet.workspace import Workspace


def take_snapshot(workspace: Workspace, request: Request) -> Response:
    """`POST /v0/snapshots`: the data folder as it is now, in a folder inside of it."""
    authenticate(workspace, request).require(ADMIN, "")
    path = workspace.take_snapshot()
    return json_response({"snapshot": {"id": path.name}})


def remove_snapshot(workspace: Workspace, request: Request, snapshot: str) -> Response:
    """`DELETE /v0/snapshots/<id>`: it is gone."""
    authenticate(workspace, request).require(ADMIN, "")
    if workspace.snapshots is None:
        raise NotFoundError("There are no snapshots")
    workspace.snapshots.remove(snapshot)
    return json_response({"ok": True})
