"""Requests to the API without a server, and what they answered."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import orjson

from martlet.api.dispatch import dispatch
from martlet.api.http import Request, Response
from martlet.api.operations import OPERATIONS
from martlet.workspace import Workspace


@dataclass
class Api:
    """Calls a workspace as HTTP clients do, with its admin token unless told otherwise."""

    workspace: Workspace

    def __call__(
        self,
        method: str,
        target: str,
        body: bytes | str = b"",
        headers: Mapping[str, str] | None = None,
        *,
        token: str | None = "admin",
        client: str = "",
    ) -> Response:
        path, _, query = target.partition("?")
        sent = {} if token is None else {"authorization": f"Bearer {token}"}
        content = body.encode() if isinstance(body, str) else body
        request = Request(
            method, path, query, headers={**sent, **(headers or {})}, body=content, client=client
        )
        return dispatch(self.workspace, request, OPERATIONS).result(timeout=30)

    def get(self, target: str, **options) -> Response:
        return self("GET", target, **options)

    def send(self, name: str, body: bytes | str, query: str = "", **options) -> Response:
        """Post events."""
        return self("POST", f"/v0/events?name={name}{query}", body, **options)

    def data(self, target: str, **options) -> list[dict[str, object]]:
        """Return the rows of an endpoint, without its extension in `target`."""
        path, mark, query = target.partition("?")
        return answer(self.get(f"/v0/pipes/{path}.json{mark}{query}", **options))["data"]

    def rows(self, sql: str) -> list[list[object]]:
        """Return what the engine has, past the API."""
        text = self.workspace.engine.command(
            f"SELECT toJSONString(tuple(*)) FROM ({sql})"
            " SETTINGS output_format_json_quote_64bit_integers = 0"
        )
        return [orjson.loads(line) for line in text.splitlines()]


def answer(response: Response, *, status: int = 200) -> dict:
    """Return the JSON of an answer of that status."""
    assert response.status == status, (response.status, response.body)
    return orjson.loads(response.body)


def error(response: Response) -> tuple[int, str]:
    """Return status and message of a failure, which has the one form of all failures."""
    content = orjson.loads(response.body)
    assert response.media_type == "application/json; charset=utf-8"
    assert set(content) - {"documentation"} == {"error"}
    return response.status, content["error"]


MakeApi = Callable[..., Api]
