"""Operations for callers on the server's own machine."""

import re

from martlet.api.http import Request, Response, json_response
from martlet.errors import TokenError
from martlet.tokens import ADMIN_TOKEN_NAME, USER_TOKEN_NAME
from martlet.workspace import Workspace

_LOOPBACK = re.compile(r"127(?:\.\d+){3}|::1|localhost|::ffff:127(?:\.\d+){3}")


def local_tokens(workspace: Workspace, request: Request) -> Response:
    """`GET /tokens`: the workspace's own tokens, for callers on this machine alone."""
    if not _is_local(request):
        raise TokenError("/tokens answers on loopback only, and not to web pages")
    admin = workspace.tokens.value(ADMIN_TOKEN_NAME)
    return json_response(
        {
            "user_token": workspace.tokens.value(USER_TOKEN_NAME),
            "admin_token": admin,
            "workspace_admin_token": admin,
        }
    )


def _is_local(request: Request) -> bool:
    """Whether a program on this machine asks: not a proxy, and no web page in a browser.

    A page of another site sends its Origin; one whose name was bound to 127.0.0.1 its own Host.
    """
    host = re.sub(r":\d*$", "", request.headers.get("host", "localhost")).strip("[]")
    return (
        bool(_LOOPBACK.fullmatch(request.client))
        and bool(_LOOPBACK.fullmatch(host))
        and "origin" not in request.headers
        and "x-forwarded-for" not in request.headers
    )
