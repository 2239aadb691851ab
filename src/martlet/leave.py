"""The commands to leave and to come back: `pull`, `export`, `backup`, `restore`."""

import argparse
import json
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from martlet.errors import RequestError

if TYPE_CHECKING:
    from martlet.client import Client

# A snapshot waits for commits, and links each file.
_SNAPSHOT_TIMEOUT_S = 600.0


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    *,
    environment: Mapping[str, str],
) -> None:
    """Add the commands to the others; the environment is that of the process."""
    for parser in (
        _add_pull(commands),
        _add_backup(commands, environment),
        _add_restore(commands),
        _add_export(commands, environment),
    ):
        parser.set_defaults(environment=environment)


def _token(options: argparse.Namespace) -> str:
    """Return the token that options give.

    Raises:
        RequestError: there is none.
    """
    token: str = options.token or options.environment.get("MARTLET_TOKEN", "")
    if token == "-":  # noqa: S105  standard input
        token = sys.stdin.readline().strip()
    if not token:
        raise RequestError("No token: give --token, or set MARTLET_TOKEN")
    return token


# pull


def _add_pull(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    text = "fetch a workspace of Tinybird, or of a running server, as the files of a project"
    parser = commands.add_parser("pull", help=text, description=text)
    parser.add_argument("url", metavar="URL", help="of the API, without a path")
    parser.add_argument(
        "--token", help="its admin token, else MARTLET_TOKEN; `-` reads it from standard input"
    )
    parser.add_argument("--folder", type=Path, default=Path(), help="the project folder (this one)")
    parser.add_argument(
        "--force", action="store_true", help="overwrite files that were changed since the last pull"
    )
    parser.set_defaults(command=_pull)
    return parser


def _pull(options: argparse.Namespace) -> int:
    from martlet.client import Client
    from martlet.pull import fetch_workspace, place

    pulled = fetch_workspace(Client(options.url, _token(options)))
    placed = place(pulled.files, options.folder, force=options.force)
    for what, paths in (("wrote", placed.written), ("removed", placed.removed)):
        for path in sorted(paths):
            print(f"{what} {path}")
    for path in placed.kept:
        print(f"kept {path}: it is gone there, and was changed here", file=sys.stderr)
    for note in pulled.notes:
        print(f"note: {note}", file=sys.stderr)
    print(f"{len(pulled.files)} files, {len(placed.written)} written")
    return 0


# backup


def _add_place(parser: argparse.ArgumentParser, environment: Mapping[str, str]) -> None:
    """Add the options that name a data folder, and the server that may run on it."""
    parser.add_argument(
        "--data", type=Path, default=Path(".martlet"), help="the data folder (%(default)s)"
    )
    port = environment.get("MARTLET_PORT") or "7181"
    parser.add_argument(
        "--url",
        default=f"http://127.0.0.1:{port}",
        help="of the server, if one runs on it (%(default)s)",
    )
    parser.add_argument(
        "--token", help="its admin token, else MARTLET_TOKEN, else that of the data folder"
    )


def _server(options: argparse.Namespace) -> "Client":
    """Return the server that runs on a data folder.

    Raises:
        RequestError: there is no token for it.
    """
    from martlet.client import Client
    from martlet.tokens import ADMIN_TOKEN_NAME

    known = options.environment
    token = options.token or known.get("MARTLET_TOKEN") or known.get("MARTLET_ADMIN_TOKEN")
    if not token:
        with suppress(OSError, ValueError, KeyError):
            content = json.loads((options.data / "tokens.json").read_bytes())
            token = content["tokens"][ADMIN_TOKEN_NAME]
    options.token = token
    return Client(options.url, _token(options), timeout_s=_SNAPSHOT_TIMEOUT_S)


def _add_backup(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    environment: Mapping[str, str],
) -> argparse.ArgumentParser:
    text = "write a backup of the data folder, also while a server runs on it"
    parser = commands.add_parser("backup", help=text, description=text)
    parser.add_argument(
        "--to", type=Path, required=True, metavar="PATH", help="a new folder, or a new file x.tar"
    )
    _add_place(parser, environment)
    parser.set_defaults(command=_backup)
    return parser


def _backup(options: argparse.Namespace) -> int:
    from martlet.backup import make_backup

    catalog = make_backup(options.data, options.to, lambda: _server(options))
    print(f"{len(catalog.files)} files, {catalog.size} bytes in {options.to}")
    print(
        "warning: the backup has the values of tokens and secrets in it; whoever can read it can"
        " use them",
        file=sys.stderr,
    )
    return 0


def _add_restore(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    text = "make a data folder of a backup"
    parser = commands.add_parser("restore", help=text, description=text)
    parser.add_argument("backup", type=Path, metavar="BACKUP", help="a folder, or a file x.tar")
    parser.add_argument(
        "--data",
        type=Path,
        default=Path(".martlet"),
        help="the data folder, which must be empty (%(default)s)",
    )
    parser.set_defaults(command=_restore)
    return parser


def _restore(options: argparse.Namespace) -> int:
    from martlet.backup import restore_backup

    catalog = restore_backup(options.backup, options.data)
    print(
        f"{len(catalog.files)} files, {catalog.size} bytes in {options.data}, as they were at"
        f" {catalog.created_at} UTC"
    )
    return 0


# export


def _add_export(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    environment: Mapping[str, str],
) -> argparse.ArgumentParser:
    text = "write the rows of data sources as files, with their schemas"
    parser = commands.add_parser("export", help=text, description=text)
    parser.add_argument("names", nargs="*", metavar="DATASOURCE", help="which ones; all of them")
    parser.add_argument("--to", type=Path, required=True, metavar="FOLDER", help="a new folder")
    parser.add_argument(
        "--format", choices=["parquet", "ndjson"], default="parquet", help="(%(default)s)"
    )
    parser.add_argument("--folder", type=Path, default=Path(), help="the project folder (this one)")
    _add_place(parser, environment)
    parser.set_defaults(command=_export)
    return parser


def _export(options: argparse.Namespace) -> int:
    from martlet.backup import source
    from martlet.deployment_store import digest_of, stored_files
    from martlet.export import export
    from martlet.files.project import load_project

    project = load_project(options.folder, environment=options.environment)
    with source(options.data, lambda: _server(options), is_held=False) as data:
        stored = stored_files(data / "clickhouse")
        if stored is not None and stored[1] == digest_of(project):
            project = load_project(
                stored[0], environment=options.environment, secrets=project.secrets
            )
        exported = export(project, data, options.to, names=options.names, format=options.format)
    for table, rows in exported.rows.items():
        print(f"{table}: {rows} rows")
    for note in exported.notes:
        print(f"warning: {note}", file=sys.stderr)
    for problem in exported.left_out:
        print(f"error: {problem}", file=sys.stderr)
    return 1 if exported.left_out else 0
