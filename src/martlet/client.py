"""Requests to a running API that may be far away: bounded, tried again, and without redirects."""

import http.client
import json
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import IO, Any
from urllib.parse import urlsplit

from martlet.errors import MartletError, RequestError

MAX_ANSWER_BYTES = 64 * 1024 * 1024

_TIMEOUT_S = 30.0
_TRIES = 4
_FIRST_PAUSE_S = 0.5
_LONGEST_PAUSE_S = 30.0
_AGAIN = frozenset((408, 425, 429, 500, 502, 503, 504))

Object = Mapping[str, Any]


class AnswerError(MartletError):
    """The API did not answer, or not with success.

    Attributes:
        status: of its answer, 0 where none came.
        pause_s: after which it may be asked again, as it says itself.
    """

    def __init__(self, message: str, *, status: int = 0, pause_s: float = 0) -> None:
        super().__init__(message)
        self.status = status
        self.pause_s = pause_s


class _Stay(urllib.request.HTTPRedirectHandler):
    """Goes nowhere else: the token would go with the request."""

    def redirect_request(self, *_: object) -> None:
        return None


@dataclass(slots=True)
class Client:
    """One API, with a token that is neither printed nor kept.

    Attributes:
        url: without a path.
        timeout_s: for each step of a request.
        wait: waits some seconds.
    """

    url: str
    token: str = field(repr=False)
    timeout_s: float = _TIMEOUT_S
    wait: Callable[[float], object] = field(default=threading.Event().wait)

    def __post_init__(self) -> None:
        """Look at URL and token.

        Raises:
            RequestError: one cannot be used.
        """
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or "@" in parts.netloc:
            raise RequestError(f"{self.url!r} is not a URL", hint="give https://host, no path")
        if not self.token.isascii() or not self.token.isprintable() or " " in self.token:
            raise RequestError("The token has characters that no token has")
        self.url = f"{parts.scheme}://{parts.netloc}{parts.path.rstrip('/')}"

    def json(self, path: str) -> Object:
        """Return the JSON object that is at a path.

        Raises:
            AnswerError: there is none.
        """
        try:
            content = json.loads(self.get(path))
        except ValueError as error:
            raise AnswerError(f"{path} of {self.url} is not JSON: is an API there?") from error
        if not isinstance(content, dict):
            raise AnswerError(f"{path} of {self.url} is not a JSON object: is an API there?")
        return content

    def get(self, path: str) -> bytes:
        """Return what is at a path; failures that may pass are tried again.

        Raises:
            AnswerError: it cannot be had.
        """
        pause = _FIRST_PAUSE_S
        for attempt in range(1, _TRIES + 1):
            try:
                return self.send("GET", path)
            except AnswerError as error:
                if attempt == _TRIES or not (error.status in _AGAIN or not error.status):
                    raise
                self.wait(max(pause, error.pause_s))
            pause *= 2
        raise AssertionError

    def send(self, method: str, path: str) -> bytes:
        """Send one request, once, and return the body of its answer.

        Raises:
            AnswerError: it is none of success.
        """
        request = urllib.request.Request(  # noqa: S310  http and https alone: see above
            self.url + path, method=method, headers={"Authorization": f"Bearer {self.token}"}
        )
        opener = urllib.request.build_opener(_Stay)
        try:
            with opener.open(request, timeout=self.timeout_s) as response:
                return _read(response)
        except urllib.error.HTTPError as error:
            with error:
                raise self._refusal(path, error) from error
        except (OSError, ValueError, http.client.HTTPException) as error:
            raise AnswerError(self._masked(f"{self.url} does not answer: {error}")) from error

    def _refusal(self, path: str, error: urllib.error.HTTPError) -> AnswerError:
        try:
            text = str(json.loads(_read(error))["error"])
        except (OSError, ValueError, KeyError, TypeError, AnswerError):
            text = HTTPStatus(error.code).phrase if error.code in _KNOWN else "an unknown answer"
        if 300 <= error.code < 400:
            text = "it wants the request to be sent elsewhere; give the URL of that place"
        asked = error.headers.get("retry-after", "")
        return AnswerError(
            self._masked(f"{self.url}{path}: {text[:500]} ({error.code})"),
            status=error.code,
            pause_s=min(int(asked), _LONGEST_PAUSE_S) if asked.isdecimal() else 0,
        )

    def _masked(self, text: str) -> str:
        return text.replace(self.token, "***") if self.token else text


_KNOWN = frozenset(map(int, HTTPStatus))


def _read(response: IO[bytes]) -> bytes:
    """Return a body.

    Raises:
        AnswerError: it is too large, or cut off.
    """
    try:
        body = response.read(MAX_ANSWER_BYTES + 1)
    except http.client.HTTPException as error:
        raise AnswerError(f"The answer ends early: {type(error).__name__}") from error
    if len(body) > MAX_ANSWER_BYTES:
        raise AnswerError(f"The answer has more than {MAX_ANSWER_BYTES} bytes", status=413)
    if getattr(response, "length", None):  # of a body that is read up to a limit nothing else tells
        raise AnswerError("The answer ends early")
    return body
