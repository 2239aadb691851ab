"""Where `martlet build` and `martlet deploy` go: a running server, or a look at what is on AWS."""

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from martlet.errors import NotFoundError, RequestError

if TYPE_CHECKING:  # they know of data folders, and so of chDB, or of boto3
    from martlet.aws.account import Account
    from martlet.remote import Remote


def add_target(parser: argparse.ArgumentParser, text: str, *, default: str) -> None:
    """Add the options that name a running server."""
    parser.add_argument("--to", metavar="URL", default=default, help=text)
    parser.add_argument(
        "--token", help="its admin token, else MARTLET_TOKEN; `-` reads it from standard input"
    )


def remote(options: argparse.Namespace) -> "Remote":
    """Return the running server that options name.

    Raises:
        RequestError: there is no token for it.
    """
    from martlet.remote import Remote

    token = options.token or options.environment.get("MARTLET_TOKEN", "")
    if token == "-":  # noqa: S105  standard input
        token = sys.stdin.readline().strip()
    if not token:
        raise RequestError("No token: give --token, or set MARTLET_TOKEN")
    return Remote(options.to, token, print)


def deploy_to_server(options: argparse.Namespace) -> int:
    """Deploy to a running server, or promote or discard what is staged there."""
    given = [name for name in ("check", "staging", "promote", "discard") if getattr(options, name)]
    if len(given) > 1:
        raise RequestError(f"--{given[0]} and --{given[1]} exclude each other")
    server, destructive = remote(options), options.allow_destructive_operations
    if options.promote:
        is_done = server.promote()
    elif options.discard:
        is_done = server.discard()
    elif options.check:
        is_done = server.check(options.folder, destructive=destructive)
    else:
        is_done = server.deploy(options.folder, destructive=destructive, is_staged=options.staging)
    return 0 if is_done else 1


def check_on_aws(options: argparse.Namespace, project_name: str, stage: str, region: str) -> int:
    """Print what a deployment would do to the data sources that are on AWS."""
    from martlet.files.project import load_project
    from martlet.lake_plan import deployed_tables, lake_changes, project_tables

    folder: Path = options.folder
    project = load_project(folder, environment=options.environment)
    if options.against:
        before = project_tables(load_project(options.against, environment=options.environment))
        against = f"the project in {options.against}"
    else:
        from martlet.aws.account import Account

        before = deployed_tables(Account(region).template(project_name, stage))
        against = f"what is deployed of {project_name}, stage {stage}"
    changes = lake_changes(before, project)
    print(f"compared with {against}:")
    for change in changes:
        print(f"  {change}")
    refused = [change for change in changes if change.refused]
    if refused:
        print(f"{len(refused)} refused", file=sys.stderr)
    elif not changes:
        print("  no table changes")
    return 1 if refused else 0


def fits_what_is_on_aws(
    account: "Account", project_name: str, stage: str, folder: Path, environment: Mapping[str, str]
) -> bool:
    """Whether the rows of a stage can be read by a project's columns; print where they cannot."""
    from martlet.files.project import load_project
    from martlet.lake_plan import deployed_tables, lake_changes

    try:
        before = deployed_tables(account.template(project_name, stage))
    except NotFoundError:  # it is the first deployment
        return True
    changes = lake_changes(before, load_project(folder, environment=environment))
    refused = [change for change in changes if change.refused]
    for change in refused:
        print(f"error: {change}", file=sys.stderr)
    return not refused
