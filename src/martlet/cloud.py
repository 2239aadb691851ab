"""The commands `token`, `secret`, `deploy` and `smoke`: their arguments, and what they print."""

import argparse
import json
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from getpass import getpass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from martlet.errors import ConfigurationError, ConflictError, NotFoundError, RequestError
from martlet.scopes import format_scope, parse_scope
from martlet.targets import (
    add_target,
    check_on_aws,
    deploy_to_server,
    fits_what_is_on_aws,
)
from martlet.template.functions import SECRET_NAME
from martlet.tokens import ADMIN_TOKEN_NAME

if TYPE_CHECKING:  # botocore takes half a second
    from martlet.aws.project_secrets import ProjectSecrets
    from martlet.aws.token_items import StoredToken, TokenItems
    from martlet.aws.token_sync import TokenSecret

_MAX_NAME = 128
_DAY_S = 86_400


@dataclass(frozen=True, slots=True)
class Stage:
    """Which deployment a command is about: what it was told, else `cdk.json`, else defaults.

    Attributes:
        region: empty for the one of the AWS configuration.
    """

    project: str
    stage: str
    region: str

    @classmethod
    def of(cls, options: argparse.Namespace) -> "Stage":
        """Return the stage of a command's options.

        Raises:
            ConfigurationError: `cdk.json` cannot be read.
        """
        from martlet.aws.names import project_name
        from martlet.deploy import read_context

        folder: Path = options.folder or Path()
        context = read_context(folder)
        environment: Mapping[str, str] = options.environment
        return cls(
            options.project or context.get("project") or project_name(folder),
            options.stage or context.get("stage") or "dev",
            options.region or context.get("region") or environment.get("AWS_REGION", ""),
        )


Check = Callable[[Path, bool], bool]


def add_commands(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    *,
    environment: Mapping[str, str],
    check: Check,
) -> None:
    """Add the commands to the others.

    Args:
        commands: where to.
        environment: of the process.
        check: prints what is wrong with a project on Athena, and returns whether to deploy it;
            told whether pipes that do not run may be among the others.
    """
    parsers = [
        _add_deploy(commands, check),
        *_add_token(commands),
        *_add_secret(commands),
        _add_smoke(commands),
    ]
    for parser in parsers:
        parser.set_defaults(environment=environment)


def _add_stage(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--stage", help="`dev`, `prod`, ... (`stage` of cdk.json, else dev)")
    parser.add_argument(
        "--project", help="its name on AWS (`project` of cdk.json, else the folder's name)"
    )
    parser.add_argument("--region", help="AWS region (that of cdk.json, else of AWS_REGION)")


def _need(module: str, extra: str) -> None:
    """Refuse to go on without a package of an extra."""
    if find_spec(module) is None:
        raise ConfigurationError(
            f"This command needs the package {module}, which is not installed",
            hint=f"run `pip install 'martlet[{extra}]'`",
        )


# deploy


def _add_deploy(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", check: Check
) -> argparse.ArgumentParser:
    text = "put a project on AWS with the CDK, or on a running server with --to"
    parser = commands.add_parser("deploy", help=text, description=text)
    parser.add_argument(
        "folder", nargs="?", default=".", type=Path, metavar="FOLDER", help="the project folder"
    )
    _add_stage(parser)
    parser.add_argument(
        "-c",
        "--context",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a context value for the CDK, such as retention=90; again for more",
    )
    parser.add_argument(
        "--yes", action="store_true", help="do not ask before permissions are widened"
    )
    parser.add_argument(
        "--partial",
        action="store_true",
        help="deploy although some pipes do not run on Athena: there they answer with the error",
    )
    add_target(parser, "a running server to deploy to, in place of AWS", default="")
    parser.add_argument(
        "--check", action="store_true", help="print what it would do, and do nothing"
    )
    parser.add_argument(
        "--against",
        type=Path,
        metavar="FOLDER",
        help="with --check, for AWS: another version of the project, in place of what is deployed",
    )
    parser.add_argument(
        "--engine", choices=["athena"], default="athena", help="for AWS there is one (%(default)s)"
    )
    parser.add_argument(
        "--staging", action="store_true", help="with --to: stage it, the live project goes on"
    )
    parser.add_argument(
        "--promote", action="store_true", help="with --to: make what is staged live"
    )
    parser.add_argument("--discard", action="store_true", help="with --to: remove what is staged")
    parser.add_argument(
        "--allow-destructive-operations",
        action="store_true",
        help="with --to: also where stored values are lost",
    )
    parser.set_defaults(command=_deploy, check_athena=check)
    return parser


def _deploy(options: argparse.Namespace) -> int:
    from martlet.deploy import deploy, read_context, require_cdk

    if options.to:
        return deploy_to_server(options)
    if options.check:
        at = Stage.of(options)
        return check_on_aws(options, at.project, at.stage, at.region)
    for name in ("staging", "promote", "discard", "allow_destructive_operations"):
        if getattr(options, name):
            option = name.replace("_", "-")
            raise RequestError(f"--{option} is for a running server: name it with --to URL")
    folder: Path = options.folder
    if not folder.is_dir():
        raise NotFoundError(f"The folder {folder} does not exist")
    _need("chdb", "local,deploy")
    _need("aws_cdk", "local,deploy")
    from martlet.aws.account import Account

    stage = Stage.of(options)
    project = folder / read_context(folder).get("folder", "")
    if not options.check_athena(project, options.partial):
        return _deployed_nothing()
    account = Account(stage.region)
    if not fits_what_is_on_aws(account, stage.project, stage.stage, project, options.environment):
        return _deployed_nothing()
    program = require_cdk(folder, account, environment=options.environment)
    print(f"deploying {stage.project}, stage {stage.stage}, to {account.region}", flush=True)
    context = {
        "project": stage.project,
        "stage": stage.stage,
        "region": account.region,
        **dict(_context(text) for text in options.context),
    }
    code = deploy(folder, program, context, ask=not options.yes, environment=options.environment)
    if code:
        print("the deployment failed; what the CDK said is above", file=sys.stderr)
        return 1
    where = f"--stage {stage.stage} --project {stage.project} --region {account.region}"
    print(f"\n  url    {account.outputs(stage.project, stage.stage).get('Url', '')}")
    print(f"  token  martlet token show admin {where}")
    print(f"  check  martlet smoke URL TOKEN {folder}")
    return 0


def _deployed_nothing() -> int:
    print("nothing was deployed", file=sys.stderr)
    return 1


def _context(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise RequestError(f"--context {text} is not NAME=VALUE")
    return name, value


# token


def _add_token(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> list[argparse.ArgumentParser]:
    text = "make, list, show, refresh, remove and repair tokens of a deployment"
    parser = commands.add_parser("token", help=text, description=text)
    actions = parser.add_subparsers(title="actions", required=True)
    parsers = [
        _add_action(actions, "create", _create_token, "make a token; its value is shown once"),
        _add_action(actions, "ls", _list_tokens, "list all tokens, without their values"),
        _add_action(actions, "rm", _remove_token, "remove a token; it is refused within a minute"),
        _add_action(actions, "show", _show_token, "print the value of admin or a declared token"),
        _add_action(actions, "refresh", _refresh_token, "give a token a new value"),
        _add_action(
            actions, "sync", _sync_tokens, "bring the table to what project and secret say"
        ),
    ]
    create, listing, *_ = parsers
    create.add_argument(
        "--scope",
        action="append",
        required=True,
        metavar="SCOPE[:RESOURCE]",
        help="ADMIN, DATASOURCES:APPEND:x, DATASOURCES:READ:x or PIPES:READ:x; again for more",
    )
    create.add_argument("--rate", type=int, metavar="N", help="requests per second; no limit")
    create.add_argument("--expires", type=int, metavar="DAYS", help="days until it expires; never")
    listing.add_argument("--json", action="store_true", help="one JSON array on standard output")
    return parsers


def _add_action(
    actions: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    command: Callable[[argparse.Namespace], int],
    text: str,
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=text, description=text)
    if name not in ("ls", "sync"):
        parser.add_argument("name", metavar="NAME", help="the token's name")
    _add_stage(parser)
    parser.add_argument(
        "--folder", type=Path, help="the project folder; names in scopes are looked up in it"
    )
    parser.set_defaults(command=command)
    return parser


def _tokens(options: argparse.Namespace) -> "tuple[TokenItems, TokenSecret]":
    _need("botocore", "deploy")
    from martlet.aws.account import Account

    stage = Stage.of(options)
    return Account(stage.region).tokens(stage.project, stage.stage)


def _create_token(options: argparse.Namespace) -> int:
    scopes = {parse_scope(text) for text in options.scope}
    if options.folder is not None:
        _check_resources(options.folder, scopes)
    _need("botocore", "deploy")
    from martlet.aws.token_items import COMMAND, MAX_RATE, StoredToken

    name, rate, days = options.name, options.rate, options.expires
    if not 0 < len(name) <= _MAX_NAME or not name.isprintable():
        raise RequestError(f"A token's name has 1 to {_MAX_NAME} printable characters")
    if rate is not None and not 0 < rate <= MAX_RATE:
        raise RequestError(f"--rate is 1 to {MAX_RATE} requests per second, not {rate}")
    if days is not None and not 0 < days <= 36_500:
        raise RequestError(f"--expires is 1 to 36500 days, not {days}")
    items, secret = _tokens(options)
    if name in ("admin", ADMIN_TOKEN_NAME) or any(token.name == name for token in items):
        raise ConflictError(
            f"There is a token '{name}' already",
            hint="choose another name, or give that one a new value with `martlet token refresh`",
        )
    value = secret.new_value()
    now = int(time.time())
    expires = None if days is None else now + days * _DAY_S
    items.put(
        StoredToken.of_value(
            value, name, scopes, origin=COMMAND, created=now, expires=expires, rate=rate
        )
    )
    print(f"the token '{name}'; its value is shown this once:", file=sys.stderr, flush=True)
    print(value)
    return 0


def _check_resources(folder: Path, scopes: set[tuple[str, ...]]) -> None:
    """Refuse scopes on what a project does not have.

    Raises:
        ProjectError: the project cannot be read.
        NotFoundError: it has no such data source or pipe.
    """
    from martlet.files.project import load_project

    project = load_project(folder)
    for scope, resource, *_ in scopes:
        is_pipe = scope.startswith("PIPES")
        known = project.pipes if is_pipe else project.datasources
        if resource and resource not in known:
            kind = "pipe" if is_pipe else "data source"
            raise NotFoundError(
                f"The project has no {kind} '{resource}'",
                hint=f"it has {', '.join(sorted(known)) or 'none'}",
            )


def _list_tokens(options: argparse.Namespace) -> int:
    items, _ = _tokens(options)
    tokens = sorted(items, key=lambda token: (token.origin, token.name))
    if options.json:
        print(json.dumps([_as_json(token) for token in tokens], indent=2))
        return 0
    head = ("NAME", "SCOPES", "RATE", "EXPIRES", "CREATED", "FROM")
    rows = [
        (
            token.name,
            ", ".join(sorted(format_scope(*scope) for scope in token.scopes)),
            f"{token.rate}/s" if token.rate else "-",
            _time(token.expires) if token.expires else "never",
            _time(token.created),
            token.origin,
        )
        for token in tokens
    ]
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        cells = [cell.ljust(width) for cell, width in zip(row, widths, strict=True)]
        print("  ".join(cells).rstrip())
    return 0


def _as_json(token: "StoredToken") -> dict[str, object]:
    return {
        "name": token.name,
        "scopes": sorted(format_scope(*scope) for scope in token.scopes),
        "rate": token.rate,
        "expires": token.expires and _time(token.expires),
        "created": _time(token.created),
        "origin": token.origin,
    }


def _time(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M:%S")


def _find(items: "TokenItems", name: str) -> "StoredToken":
    wanted = ADMIN_TOKEN_NAME if name == "admin" else name
    for token in items:
        if token.name == wanted:
            return token
    raise NotFoundError(f"There is no token '{name}'", hint="`martlet token ls` lists them")


def _remove_token(options: argparse.Namespace) -> int:
    items, _ = _tokens(options)
    token = _find(items, options.name)
    if token.origin != "command":
        raise ConflictError(
            f"The token '{token.name}' belongs to the project",
            hint="remove its TOKEN lines and deploy; a value that others know is replaced by"
            " `martlet token refresh`",
        )
    items.remove(token)
    print(f"the token '{token.name}' is removed; functions that know it refuse it within a minute")
    return 0


def _show_token(options: argparse.Namespace) -> int:
    _, secret = _tokens(options)
    print(secret.value(ADMIN_TOKEN_NAME if options.name == "admin" else options.name))
    return 0


def _refresh_token(options: argparse.Namespace) -> int:
    items, secret = _tokens(options)
    from martlet.aws.token_sync import refresh_token

    token = _find(items, options.name)
    value = refresh_token(token, secret=secret, items=items)
    print(
        f"the token '{token.name}' has a new value; the one before is refused within a minute:",
        file=sys.stderr,
        flush=True,
    )
    print(value)
    return 0


def _sync_tokens(options: argparse.Namespace) -> int:
    """Do by hand what a deployment does, for a table that was lost or values that were changed."""
    from martlet.files.project import load_project
    from martlet.tokens import declared_scopes

    declared = declared_scopes(load_project(options.folder or Path()))
    items, secret = _tokens(options)
    from martlet.aws.token_sync import sync_tokens

    synced = sync_tokens(declared, secret=secret, items=items)
    print(f"declared tokens: {', '.join(sorted(declared)) or 'none'}")
    print(f"new values: {', '.join(synced.made) or 'none'}")
    print(f"values refused from now on, of: {', '.join(synced.removed) or 'none'}")
    return 0


# secret


def _add_secret(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> list[argparse.ArgumentParser]:
    text = "set and list the values that templates of a deployment get from tb_secret"
    parser = commands.add_parser("secret", help=text, description=text)
    actions = parser.add_subparsers(title="actions", required=True)
    text = "set a value, read from standard input or asked for; queries have it in five minutes"
    setting = actions.add_parser("set", help=text, description=text)
    setting.add_argument("name", metavar="NAME", help="as tb_secret('NAME') has it")
    setting.set_defaults(command=_set_secret)
    text = "list the names of all values"
    listing = actions.add_parser("ls", help=text, description=text)
    listing.add_argument("--json", action="store_true", help="one JSON array on standard output")
    listing.set_defaults(command=_list_secrets)
    for action in (setting, listing):
        _add_stage(action)
        action.add_argument("--folder", type=Path, help="the project folder")
    return [setting, listing]


def _secrets(options: argparse.Namespace) -> "ProjectSecrets":
    _need("botocore", "deploy")
    from martlet.aws.account import Account

    stage = Stage.of(options)
    return Account(stage.region).secrets(stage.project, stage.stage)


def _set_secret(options: argparse.Namespace) -> int:
    if not SECRET_NAME.fullmatch(options.name):
        raise RequestError(
            f"'{options.name}' is no name that tb_secret takes: use letters, digits and underscores"
        )
    secrets = _secrets(options)
    values = secrets.read()
    if sys.stdin.isatty():
        value = getpass(f"value of {options.name}: ")
    else:
        value = sys.stdin.read().removesuffix("\n")
    if not value:
        raise RequestError("The value is empty; nothing was changed")
    secrets.write({**values, options.name: value})
    print(f"the secret '{options.name}' is set; queries have it within five minutes")
    return 0


def _list_secrets(options: argparse.Namespace) -> int:
    found = sorted(_secrets(options).read())
    if options.json:
        print(json.dumps(found))
    else:
        print("\n".join(found) or "there are none; `martlet secret set NAME` makes one")
    return 0


# smoke


def _add_smoke(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
) -> argparse.ArgumentParser:
    text = "check a running deployment or server: post events, wait, query, compare"
    parser = commands.add_parser("smoke", help=text, description=text)
    parser.add_argument("url", metavar="URL", help="of the API, without a path")
    parser.add_argument("token", metavar="TOKEN", help="the admin token; - reads standard input")
    parser.add_argument(
        "folder", nargs="?", default=".", type=Path, metavar="FOLDER", help="the project folder"
    )
    parser.add_argument(
        "--data-source", metavar="NAME", help="which one gets the events; they stay in it"
    )
    parser.add_argument(
        "--endpoint",
        action="append",
        default=[],
        metavar="PIPE[?PARAMETERS]",
        help="an endpoint to ask; again for more (those that read it and need no parameters)",
    )
    parser.add_argument("--no-write", action="store_true", help="only read")
    parser.add_argument(
        "--events", type=int, default=3, metavar="N", help="how many to post (%(default)s)"
    )
    parser.add_argument(
        "--deadline",
        type=float,
        default=180.0,
        metavar="S",
        help="seconds to wait until they are seen (%(default)s)",
    )
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(command=_smoke)
    return parser


def _smoke(options: argparse.Namespace) -> int:
    from martlet.smoke import Smoke, Step

    def say(step: Step) -> None:
        if not options.json:
            mark = {True: "✓", False: "✗", None: "→"}[step.ok]
            seconds = "" if step.ok is None else f" ({step.seconds:.1f} s)"
            print(f"{mark} {step.name}: {step.detail}{seconds}", flush=True)

    token = sys.stdin.readline().strip() if options.token == "-" else options.token  # noqa: S105
    smoke = Smoke(
        options.url,
        token,
        options.folder,
        deadline_s=options.deadline,
        say=say,
        endpoints=options.endpoint,
    )
    if options.no_write:
        smoke.read()
    else:
        smoke.write_and_read(options.data_source, count=options.events)
    if options.json:
        print(json.dumps(smoke.as_json(), indent=2))
    return 0 if smoke.ok else 1
