"""`martlet pull`: a workspace as the files of a project, over the HTTP API that Tinybird has too.

Everything is fetched and read before anything is written, and what is written is put in place file
by file, whole. Names come from elsewhere, so none of them becomes a path unless it is a plain name.
"""

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import quote

from martlet.client import AnswerError, Client
from martlet.errors import ConflictError, MartletError, RequestError
from martlet.files.pipe import parse_pipe
from martlet.files.project import Folder, project_folder, read_project
from martlet.files.source import Report, Source
from martlet.files.tokenfile import GRANTS
from martlet.model import NodeType, Pipe, Project
from martlet.tokens import declared_scopes

# What an earlier pull has written, so that the next one knows what was changed since.
RECORD = ".martlet-pull.json"
SETTINGS = "martlet.toml"

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,199}")
_TOKEN_NAME = re.compile(r"[\w@+-][\w@+. -]{0,98}[\w@+-]|[\w@+-]", re.ASCII)
_VERSIONED = re.compile(r"(?P<plain>\w+)__v(?P<version>\d+)")

_FOLDERS = {
    NodeType.STANDARD: "pipes",
    NodeType.ENDPOINT: "endpoints",
    NodeType.MATERIALIZED: "materializations",
    NodeType.COPY: "copies",
    NodeType.SINK: "sinks",
}

_KINDS = ("datasource", "pipe", "connection", "token")

Object = Mapping[str, Any]


class PullError(MartletError):
    """A workspace cannot be pulled; nothing was written."""


@dataclass(slots=True)
class Pulled:
    """A workspace as files.

    Attributes:
        files: path -> text.
        notes: what could not be fetched, and what else is to be known.
    """

    files: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Placed:
    """What became of files: their paths, and those of an earlier pull that are kept."""

    written: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)


def fetch_workspace(client: Client) -> Pulled:
    """Fetch a workspace.

    Raises:
        AnswerError: data sources or pipes cannot be had; nothing is half there.
        PullError: a text is not what it should be.
    """
    pulled = Pulled()
    sources = _listed(client, "datasources")
    pipes = _listed(client, "pipes")
    texts = {
        name: text
        for name in sources
        if (text := _datasource_text(client, name, pulled)) is not None
    }
    pipe_texts = {
        name: _explicit(name, _text(client, f"/v0/pipes/{name}.pipe"), item)
        for name, item in pipes.items()
        if _is_plain(name, "pipe", pulled)
    }
    for name, text in texts.items():
        pulled.files[_datasource_path(name, text, pipe_texts.values())] = text
    for name, text in pipe_texts.items():
        stem = _stem(name, text)
        pulled.files[f"{_FOLDERS[_type_of(stem, text, pipes[name])]}/{stem}.pipe"] = text
    _add_connections(client, pulled)
    _add_settings(client, pulled)
    with TemporaryDirectory(prefix="martlet-pull-") as folder:
        project, errors = _read(pulled, Path(folder))
        _settle_types(project, pipes, pulled)
        _add_tokens(client, project, pulled)
        project, errors = _read(pulled, Path(folder))
    pulled.notes += [f"martlet reads it with an error: {error}" for error in errors]
    _note_secrets(client, pulled)
    return pulled


def _listed(client: Client, kind: str) -> dict[str, Object]:
    """Return what is listed, by name."""
    items = client.json(f"/v0/{kind}").get(kind)
    if not isinstance(items, list) or not all(
        isinstance(item, dict) and isinstance(item.get("name"), str) for item in items
    ):
        raise PullError(f"/v0/{kind} of {client.url} does not list {kind}: is an API there?")
    return {item["name"]: item for item in items}


def _is_plain(name: str, kind: str, pulled: Pulled) -> bool:
    if _NAME.fullmatch(name):
        return True
    pulled.notes.append(f"the {kind} {name[:200]!r} is left out: its name is no name of a file")
    return False


def _text(client: Client, path: str) -> str:
    try:
        return client.get(path).decode()
    except UnicodeDecodeError as error:
        raise PullError(f"{path} of {client.url} is not UTF-8") from error


def _datasource_text(client: Client, name: str, pulled: Pulled) -> str | None:
    """Return the text of a data source, which may be another workspace's: `workspace.name`."""
    workspace, dot, stem = name.rpartition(".")
    if workspace == "tinybird":
        return None
    if not _is_plain(f"{workspace}__{stem}" if workspace else name, "data source", pulled):
        return None
    try:
        return _text(client, f"/v0/datasources/{quote(name)}.datasource")
    except AnswerError as error:
        if not dot or error.status not in (403, 404):
            raise
        pulled.notes.append(f"the data source {name} of another workspace is left out: {error}")
        return None


def _datasource_path(name: str, text: str, pipes: Iterable[str]) -> str:
    """Return the path of a data source; one that pipes call `workspace.name` is a shared one."""
    workspace, dot, stem = name.partition(".") if "." in name else name.partition("__")
    if dot and workspace and stem and any(f"{workspace}.{stem}" in pipe for pipe in pipes):
        return f"vendor/{workspace}/datasources/{stem}.datasource"
    return f"datasources/{_stem(name, text).replace('.', '__')}.datasource"


def _stem(name: str, text: str) -> str:
    """Return the name of the file of a resource, without Classic's version if the file has it."""
    found = _VERSIONED.fullmatch(name)
    if found and re.search(rf"^VERSION\s+{int(found['version'])}\s*$", text, re.MULTILINE):
        return found["plain"]
    return name


def _explicit(name: str, text: str, item: Object) -> str:
    """Return a pipe's text with the TYPE of an endpoint that only the API tells.

    Classic publishes nodes without saying so in the file.
    """
    pipe = _parse(name, text)
    if pipe is None or not item.get("endpoint") or pipe.type is not NodeType.STANDARD:
        return text
    nodes = [node for node in item.get("nodes") or () if isinstance(node, dict)]
    wanted = next((n.get("name") for n in nodes if n.get("id") == item["endpoint"]), None)
    node = pipe.node(str(wanted)) or pipe.node(str(item["endpoint"])) or pipe.nodes[-1]
    lines = text.split("\n")
    lines.insert(node.sql_lines[-1][0], "TYPE endpoint")
    made = "\n".join(lines)
    found = _parse(name, made)
    if found is None or found.type is not NodeType.ENDPOINT or found.output.sql != node.sql:
        raise PullError(f"The pipe '{name}' is an endpoint, and its file has no place to say so")
    return made


def _parse(name: str, text: str) -> Pipe | None:
    return parse_pipe(Source(f"{name}.pipe", text), Report())


def _type_of(name: str, text: str, item: Object) -> NodeType:
    pipe = _parse(name, text)
    if pipe is not None:
        return pipe.type
    kinds = {kind.value: kind for kind in NodeType}
    return kinds.get(str(item.get("type")), NodeType.STANDARD)


def _optional(client: Client, path: str) -> bytes | None:
    """Return what not every API has, or shows to every token."""
    try:
        return client.get(path)
    except AnswerError as error:
        if error.status in (400, 401, 403, 404, 405, 501):
            return None
        raise


def _items(client: Client, path: str, key: str) -> list[Object] | None:
    """Return a list that not every API has."""
    content = _optional(client, path)
    if content is None:
        return None
    with suppress(ValueError):
        found = json.loads(content)
        items = found.get(key) if isinstance(found, dict) else None
        if isinstance(items, list):
            return [item for item in items if isinstance(item, dict)]
    return None


def _add_connections(client: Client, pulled: Pulled) -> None:
    for item in _items(client, "/v0/connectors", "connectors") or ():
        name = str(item.get("name"))
        if not _is_plain(name, "connection", pulled):
            continue
        text = _optional(client, f"/v0/connectors/{name}.connection")
        if text is None:
            pulled.notes.append(
                f"the connection {name} is left out: the API does not tell its settings; write"
                f" connections/{name}.connection"
            )
        else:
            pulled.files[f"connections/{name}.connection"] = text.decode("utf-8", "replace")


def _add_settings(client: Client, pulled: Pulled) -> None:
    text = _optional(client, f"/v0/{SETTINGS}")
    if text is not None:
        pulled.files[SETTINGS] = text.decode("utf-8", "replace")


def _settle_types(project: Project, pipes: Mapping[str, Object], pulled: Pulled) -> None:
    """Say which product the project is for, where the files would publish what is not."""
    listed = {project.resource(name): item for name, item in pipes.items()}
    published = [
        pipe.name
        for pipe in project.pipes.values()
        if pipe.type is NodeType.ENDPOINT and not listed.get(pipe.name, {}).get("endpoint")
        and _type_of_file(pipe, pulled) is NodeType.STANDARD
    ]  # fmt: skip
    if published and SETTINGS not in pulled.files:
        pulled.files[SETTINGS] = '[settings]\ngeneration = "forward"\n'


def _type_of_file(pipe: Pipe, pulled: Pulled) -> NodeType | None:
    found = _parse(pipe.name, pulled.files.get(pipe.location.path, ""))
    return found.type if found else None


def _add_tokens(client: Client, project: Project, pulled: Pulled) -> None:
    """Add `.token` files for what tokens may that no TOKEN line says."""
    items = _items(client, "/v0/tokens", "tokens")
    if items is None:
        pulled.notes.append("tokens other than those of TOKEN lines are left out: the token given"
                            " may not list them")  # fmt: skip
        return
    declared = declared_scopes(project)
    values = False
    for item in items:
        name = str(item.get("name"))
        grants = [_grant(project, scope) for scope in item.get("scopes") or ()]
        known = declared.get(name, frozenset())
        missing = [grant for grant in grants if grant is not None and grant not in known]
        values = values or bool(known or missing)
        if missing and not _TOKEN_NAME.fullmatch(name):
            pulled.notes.append(f"the token {name[:200]!r} is left out: its name is no file's")
        elif missing:
            pulled.files[f"tokens/{name}.token"] = "".join(map(_scope_text, missing))
    if values:
        pulled.notes.append("values of tokens are left out: a server makes new ones")


def _grant(project: Project, scope: object) -> tuple[str, ...] | None:
    """Return a scope as files declare it, None for one that they cannot."""
    if not isinstance(scope, dict) or scope.get("type") not in GRANTS or not scope.get("resource"):
        return None
    resource = project.resource(str(scope["resource"]))
    if resource not in project.datasources and resource not in project.pipes:
        return None
    filter = " ".join(str(scope.get("filter") or "").split("\n"))
    return (scope["type"], resource, *([filter] if filter else ()))


def _scope_text(grant: tuple[str, ...]) -> str:
    scope, resource, *filters = grant
    lines = [f"SCOPE {scope}", f"RESOURCE {resource}", *(f"FILTER {text}" for text in filters)]
    return "\n".join(lines) + "\n"


def _note_secrets(client: Client, pulled: Pulled) -> None:
    items = _items(client, "/v0/variables", "variables")
    known = {str(item.get("name")) for item in items or ()}
    used = {
        name
        for text in pulled.files.values()
        for name in re.findall(r"tb_secret\(\s*['\"](\w+)['\"]", text)
    }
    if names := sorted(known | used):
        pulled.notes.append(
            f"values of secrets cannot be read: set {', '.join(names)} in .env.local, or over"
            " /v0/variables"
        )


def _read(pulled: Pulled, folder: Path) -> tuple[Project, list[MartletError]]:
    for path, text in pulled.files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text, encoding="utf-8", newline="")
    return read_project(folder)


# Files in a folder


def place(files: Mapping[str, str], folder: Path, *, force: bool) -> Placed:
    """Put files into a project folder; what was changed there since the last pull stays.

    Args:
        files: path -> text.
        folder: of the project, which need not be there.
        force: whether files that were changed are overwritten.

    Raises:
        ConflictError: files were changed; nothing is written.
        RequestError: a path leads out of the folder; nothing is written.
    """
    root = project_folder(folder)
    known = _record(root)
    wanted = {path: text.encode() for path, text in _own_paths(root, files).items()}
    now = {path: _content(root, path) for path in {*wanted, *known}}
    placed = Placed()
    changed = []
    for path, content in wanted.items():
        if now[path] == content:
            continue
        placed.written.append(path)
        if now[path] is not None and _digest(now[path]) != known.get(path):
            changed.append(path)
    if changed and not force:
        listed = "\n".join(f"  {path}" for path in sorted(changed))
        raise ConflictError(
            "Your changes to these files would be overwritten by pull; nothing was written:\n"
            + listed,
            hint="keep them elsewhere, or overwrite them with --force",
        )
    for path in sorted(known.keys() - wanted.keys()):
        if now[path] is not None:
            is_same = _digest(now[path]) == known[path]
            (placed.removed if is_same else placed.kept).append(path)
    _write(root, wanted, placed)
    return placed


def _own_paths(root: Path, files: Mapping[str, str]) -> dict[str, str]:
    """Return files with the paths that resources of their names have in the folder already.

    Raises:
        RequestError: one would be written somewhere else, through a symbolic link.
    """
    there: dict[str, list[str]] = {}
    if root.is_dir():
        for path in Folder(root, Report()).datafiles(_KINDS):
            there.setdefault(path.name, []).append(str(path))
    found = {}
    for wanted, text in files.items():
        own = there.get(PurePosixPath(wanted).name, [wanted])
        place = wanted if wanted in own or wanted.startswith("vendor/") else own[0]
        target = root / place
        if target.is_symlink() or not target.parent.resolve().is_relative_to(root.resolve()):
            raise RequestError(
                f"{place} leads out of {root} by a symbolic link: nothing is written"
            )
        found[place] = text
    return found


def _content(root: Path, path: str) -> bytes | None:
    try:
        return (root / path).read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise PullError(f"{root / path} cannot be read: {error.strerror}") from error


def _digest(content: bytes | None) -> str:
    return hashlib.sha256(content or b"").hexdigest()


def _record(root: Path) -> dict[str, str]:
    """Return path -> digest of the files of the last pull."""
    with suppress(OSError, ValueError, KeyError, AttributeError):
        found = json.loads((root / RECORD).read_bytes())["files"]
        return {
            str(path): str(digest)
            for path, digest in found.items()
            if (root / path).parent.resolve().is_relative_to(root.resolve())
        }
    return {}


def _write(root: Path, wanted: Mapping[str, bytes], placed: Placed) -> None:
    """Write files beside their places first, so that each is there whole or not at all."""
    record = {"files": {path: _digest(content) for path, content in sorted(wanted.items())}}
    try:
        root.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(prefix=".martlet-pull-", dir=root) as drafts:
            for number, path in enumerate(placed.written):
                (Path(drafts) / str(number)).write_bytes(wanted[path])
            (Path(drafts) / "record").write_text(json.dumps(record, indent=2) + "\n")
            for number, path in enumerate(placed.written):
                (root / path).parent.mkdir(parents=True, exist_ok=True)
                os.replace(Path(drafts) / str(number), root / path)  # noqa: PTH105  as one reads it
            for path in placed.removed:
                (root / path).unlink()
            (Path(drafts) / "record").replace(root / RECORD)
    except OSError as error:
        raise PullError(f"The files cannot be written into {root}: {error.strerror}") from error
