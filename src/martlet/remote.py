"""`martlet build` and `martlet deploy --to`: a project sent to a running server, by HTTP alone."""

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from martlet.deployment_store import SETTINGS
from martlet.errors import MartletError, NotFoundError, RequestError
from martlet.files.project import read_project

# Rows may be rewritten before the answer comes.
_TIMEOUT_S = 3600.0

Object = Mapping[str, Any]


class RemoteError(MartletError):
    """The server did not do what it was asked for; the message is its own."""


@dataclass(frozen=True, slots=True)
class Remote:
    """A running server.

    Attributes:
        url: without a path.
        say: prints a line.
    """

    url: str
    token: str
    say: Callable[[str], None]

    def build(self, folder: Path) -> bool:
        """Make a folder's files live at once; return whether they are."""
        answer = self._send("/v1/build", {}, folder)
        made = answer.get("build", {})
        self._tell(answer, made)
        return self._end(answer, "the project is live" if made.get("id") else "no changes")

    def check(self, folder: Path, *, destructive: bool) -> bool:
        """Print what deploying a folder's files would do; return whether it could be."""
        flags = {"check": "true", **_flags(destructive)}
        answer = self._send("/v1/deploy", flags, folder)
        self._tell(answer, answer.get("deployment", {}))
        return self._end(answer, "the deployment is valid; nothing was deployed")

    def deploy(self, folder: Path, *, destructive: bool, is_staged: bool) -> bool:
        """Deploy a folder's files, or stage them; return whether that was done."""
        flags = _flags(destructive)
        if not is_staged:
            flags["auto_promote"] = "true"
        answer = self._send("/v1/deploy", flags, folder)
        made = answer.get("deployment", {})
        self._tell(answer, made)
        if not is_staged:
            return self._end(answer, f"deployment {made.get('id')} is live")
        return self._end(
            answer,
            f"deployment {made.get('id')} is staging: ask for it with __tb__deployment=staging,"
            " then run `martlet deploy` with --promote or --discard",
        )

    def promote(self) -> bool:
        """Make the staged deployment live."""
        made = self._call("POST", "/v1/deployments/staging/set-live")["deployment"]
        self.say(f"deployment {made['id']} is live")
        return True

    def discard(self) -> bool:
        """Remove the staged deployment."""
        made = self._call("DELETE", "/v1/deployments/staging")["deployment"]
        self.say(f"deployment {made['id']} is discarded")
        return True

    def _tell(self, answer: Object, made: Object) -> None:
        """Print what changes."""
        for action in ("new", "changed", "deleted"):
            for kind, shown in (("datasource", "data source"), ("pipe", "pipe"),
                                ("data_connector", "connection")):  # fmt: skip
                for name in made.get(f"{action}_{kind}_names", ()):
                    self.say(f"  {action:8} {shown} {name}")
        for line in made.get("feedback", ()):
            self.say(f"  {line['message']}")
        for token in made.get("token_changes", ()):
            self.say(f"  {token['change_type']:8} token {token['token_name']}")
        for error in answer.get("errors", ()):
            self.say(f"error: {error['error']}")

    def _end(self, answer: Object, text: str) -> bool:
        result = answer.get("result")
        self.say(
            {"success": text, "no_changes": "no changes"}.get(str(result), "nothing was changed")
        )
        return result != "failed"

    def _send(self, path: str, flags: Mapping[str, str], folder: Path) -> Object:
        mark = uuid.uuid4().hex
        body = b""
        for name, content in sorted(project_files(folder).items()):
            head = (
                f'--{mark}\r\nContent-Disposition: form-data; name="data_project://";'
                f' filename="{name}"\r\nContent-Type: text/plain\r\n\r\n'
            )
            body += head.encode() + content + b"\r\n"
        body += f"--{mark}--\r\n".encode()
        target = f"{path}?{urlencode(flags)}" if flags else path
        return self._call("POST", target, body, f"multipart/form-data; boundary={mark}")

    def _call(self, method: str, path: str, body: bytes | None = None, kind: str = "") -> Object:
        if not self.url.startswith(("http://", "https://")):
            raise RequestError(f"{self.url!r} is not a URL", hint="give http://host:port, no path")
        request = urllib.request.Request(  # noqa: S310  looked at above
            self.url.rstrip("/") + quote(path, safe="/?=&"), body, method=method
        )
        request.add_header("Authorization", f"Bearer {self.token}")
        if kind:
            request.add_header("Content-Type", kind)
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:  # noqa: S310
                answer: Object = json.load(response)
                return answer
        except urllib.error.HTTPError as error:
            raise RemoteError(_message(error)) from error
        except (OSError, ValueError) as error:
            raise RemoteError(f"{self.url} does not answer as a Martlet server: {error}") from error


def project_files(folder: Path) -> dict[str, bytes]:
    """Return the files that make a folder's project, by name; what is wrong is for the server.

    Raises:
        NotFoundError: there is no such folder.
    """
    if not folder.is_dir():
        raise NotFoundError(f"The folder {folder} does not exist")
    project, _ = read_project(folder)
    names = {*project.texts, *project.files, SETTINGS}
    return {
        name: (project.root / name).read_bytes()
        for name in names
        if (project.root / name).is_file()
    }


def _flags(destructive: bool) -> dict[str, str]:
    return {"allow_destructive_operations": "true"} if destructive else {}


def _message(error: urllib.error.HTTPError) -> str:
    try:
        return str(json.load(error)["error"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"The server answers {error.code}"
