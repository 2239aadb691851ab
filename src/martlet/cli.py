"""The command `martlet` and what it does on this machine; it alone reads the environment."""

import argparse
import contextlib
import json
import logging
import os
import shlex
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote

from martlet import __version__, cloud, leave, targets
from martlet.errors import (
    EngineError,
    MartletError,
    NotFoundError,
    ProjectError,
    RequestError,
    SqlError,
)

if TYPE_CHECKING:  # loaded by the commands that use them: chDB takes a third of a second
    from martlet.check import Report
    from martlet.model import Project
    from martlet.project_tests import Outcome
    from martlet.workspace import Workspace

log = logging.getLogger("martlet")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit code: 0 well, 1 an error that was printed."""
    options = _parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.command
    try:
        return command(options)
    except MartletError as error:
        _print_error(error)
        return 1
    except KeyboardInterrupt:  # before the server runs, which has its own way to stop
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="martlet", description="Run Tinybird projects on this machine and on AWS."
    )
    parser.add_argument("--version", action="version", version=f"martlet {__version__}")
    commands = parser.add_subparsers(title="commands", required=True)
    _add_server(commands, "dev", "serve a project, reload on changes, seed from fixtures", True)
    _add_server(commands, "serve", "serve a project as it is", False)
    check = _add(commands, "check", _check, "print what becomes of a project, and every error")
    check.add_argument("--json", action="store_true", help="one JSON object on standard output")
    check.add_argument(
        "--engine",
        choices=["clickhouse", "athena"],
        default="clickhouse",
        help="where it is to run; athena: also why a pipe does not run on AWS (%(default)s)",
    )
    check.add_argument(
        "--strict", action="store_true", help="exit with 1 also for what is not an error"
    )
    _add_fmt(commands)
    _add_translate(commands)
    test = _add(commands, "test", _test, "run a project's tests/*.yaml on its fixtures")
    test.add_argument("names", nargs="*", metavar="PIPE", help="only the tests of these pipes")
    test.add_argument("--json", action="store_true", help="one JSON object on standard output")
    _add_append(commands)
    _add_analyze(commands)
    _add_build(commands)
    cloud.add_commands(commands, environment=dict(os.environ), check=_check_for_athena)
    leave.add_commands(commands, environment=dict(os.environ))
    return parser


def _add(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]",
    name: str,
    command: Callable[[argparse.Namespace], int],
    text: str,
) -> argparse.ArgumentParser:
    parser = commands.add_parser(name, help=text, description=text)
    parser.add_argument(
        "folder", nargs="?", default=".", type=Path, metavar="FOLDER", help="the project folder"
    )
    parser.set_defaults(command=command)
    return parser


def _add_build(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    parser = _add(commands, "build", _build, "make a project live on a running server, at once")
    port = os.environ.get("MARTLET_PORT") or "7181"
    targets.add_target(parser, "the server (%(default)s)", default=f"http://127.0.0.1:{port}")
    parser.set_defaults(environment=dict(os.environ))


def _build(options: argparse.Namespace) -> int:
    return 0 if targets.remote(options).build(options.folder) else 1


def _add_translate(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "print a pipe's query as ClickHouse SQL and as the Trino SQL that Athena gets"
    parser = commands.add_parser("translate", help=text, description=text)
    parser.add_argument("pipe", metavar="PIPE", help="the pipe's name")
    parser.add_argument(
        "folder", nargs="?", default=".", type=Path, metavar="FOLDER", help="the project folder"
    )
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        type=_parameter,
        help="a value for a template parameter; again for more",
    )
    parser.add_argument("--node", metavar="NODE", help="this node instead of the pipe's output")
    parser.add_argument("--json", action="store_true", help="one JSON object on standard output")
    parser.set_defaults(command=_translate)


def _add_fmt(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "write datafiles in their canonical form"
    parser = commands.add_parser("fmt", help=text, description=text)
    parser.add_argument(
        "paths",
        nargs="*",
        metavar="PATH",
        type=Path,
        help="datafiles and project folders, else this folder; `-` is standard input",
    )
    parser.add_argument(
        "--check", action="store_true", help="write nothing; exit with 1 if a file would change"
    )
    parser.add_argument("--diff", action="store_true", help="write nothing; print the changes")
    parser.add_argument("--name", help="of the file on standard input, such as x.pipe")
    parser.set_defaults(command=_fmt)


def _add_append(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "append a file of rows to a data source of a running API"
    parser = commands.add_parser("append", help=text, description=text)
    parser.add_argument("name", metavar="NAME", help="the data source")
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="CSV, NDJSON (both also as .gz) or Parquet"
    )
    parser.add_argument(
        "--url",
        default=f"http://127.0.0.1:{os.environ.get('MARTLET_PORT') or '7181'}",
        help="of the API, without a path (%(default)s)",
    )
    parser.add_argument(
        "--token", help="one that may append, else MARTLET_TOKEN; `-` reads it from standard input"
    )
    parser.add_argument(
        "--format", choices=["csv", "ndjson", "parquet"], help="where the name does not say it"
    )
    parser.add_argument("--delimiter", default=",", help="between the fields of CSV (%(default)s)")
    parser.add_argument("--escape", default="", help="escape character of CSV; none")
    parser.add_argument(
        "--strict", action="store_true", help="exit with 1 if rows are in the quarantine"
    )
    parser.set_defaults(command=_append)


def _append(options: argparse.Namespace) -> int:
    from martlet.append import Append, progress
    from martlet.ingest.csvrows import Dialect

    token = options.token or os.environ.get("MARTLET_TOKEN", "")
    if token == "-":  # noqa: S105  standard input
        token = sys.stdin.readline().strip()
    if not token:
        raise RequestError("No token: give --token, or set MARTLET_TOKEN")
    totals = Append(
        options.url,
        token,
        options.name,
        options.file,
        format=options.format or "",
        dialect=Dialect(options.delimiter.replace("\\t", "\t"), options.escape),
        say=progress(lambda text: print(text, file=sys.stderr, flush=True)),
    ).run()
    print(totals)
    if totals.quarantined:
        print(f"why: the columns c__error of {options.name}_quarantine", file=sys.stderr)
    return 1 if options.strict and totals.quarantined else 0


def _add_analyze(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    text = "print a .datasource file for a file of rows, guessed from its beginning"
    parser = commands.add_parser("analyze", help=text, description=text)
    parser.add_argument(
        "file", type=Path, metavar="FILE", help="CSV, NDJSON (both also as .gz, .zst) or Parquet"
    )
    parser.add_argument(
        "--format", choices=["csv", "ndjson", "parquet"], help="where the file does not show it"
    )
    parser.add_argument("--delimiter", help="between the fields of CSV, else guessed")
    parser.add_argument("--json", action="store_true", help="the API's answer in place of a file")
    parser.set_defaults(command=_analyze)


def _analyze(options: argparse.Namespace) -> int:
    from martlet.api.analyze import analyze_path, as_json

    given = {"format": options.format, "dialect_delimiter": options.delimiter}
    found = analyze_path(options.file, {key: value for key, value in given.items() if value})
    if options.json:
        print(json.dumps(as_json(found), indent=2, ensure_ascii=False))
        return 0
    print(found.datafile(), end="")
    if found.invalid:
        lines = "line is no row" if found.invalid == 1 else "lines are no rows"
        print(f"warning: {found.invalid} {lines}", file=sys.stderr)
    for path, reason in found.skipped:
        print(f"warning: no column for {path}: {reason}", file=sys.stderr)
    return 0


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(f"{text!r} is not NAME=VALUE")
    return name, value


def _add_server(
    commands: "argparse._SubParsersAction[argparse.ArgumentParser]", name: str, text: str, dev: bool
) -> None:
    parser = _add(commands, name, _serve, text)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument(
        "--port",
        type=_port,
        default=os.environ.get("MARTLET_PORT") or "7181",
        help="port, also MARTLET_PORT (%(default)s); 0 takes a free one",
    )
    parser.add_argument("--data", type=Path, help="data folder (FOLDER/.martlet)")
    parser.add_argument("--fresh", action="store_true", help="first delete all data in it")
    parser.add_argument("--log-format", choices=["text", "json"], default="text")
    parser.set_defaults(dev=dev)


def _port(text: str) -> int:
    if text.isascii() and text.isdigit() and int(text) < 65536:
        return int(text)
    raise argparse.ArgumentTypeError(f"{text!r} is not a port (0 to 65535)")


def _serve(options: argparse.Namespace) -> int:
    from martlet import server
    from martlet.check import load_checked
    from martlet.workspace import Workspace

    begun = time.perf_counter()
    server.configure_logging(options.log_format)
    root: Path = options.folder
    load = partial(load_checked, root, environment=dict(os.environ))
    project = load()
    for warning in project.warnings:
        log.warning("warning: %s", warning)
    listener = server.bind(options.host, options.port)
    data = options.data or root / ".martlet"
    _claim(data / "clickhouse", fresh=options.fresh)
    served, files = _served(project, data / "clickhouse", is_dev=options.dev)
    workspace = Workspace.open(served, data, admin_token=os.environ.get("MARTLET_ADMIN_TOKEN"))
    if served is project:
        workspace.deployments.mark_folder(project)
    if options.dev:
        _seed(workspace)
    port = listener.getsockname()[1]
    ready_s = time.perf_counter() - begun

    def started() -> None:
        host = f"[{options.host}]" if ":" in options.host else options.host
        url = f"http://{host}:{port}"
        if options.log_format == "json":  # for a log that is kept: without the token
            log.info("ready in %.1f s on %s", ready_s, url)
            log.info("serving %s", files)
        else:
            print(_start_block(workspace, url, data, ready_s, files), flush=True)

    server.serve(workspace, listener, started=started, reload=load if options.dev else None)
    return 0


def _served(project: "Project", data: Path, *, is_dev: bool) -> tuple["Project", str]:
    """Return the project to serve, and where its files are, in words.

    It is that of the folder, unless another one was deployed since and the folder is as it was.
    """
    from martlet.deployment_store import digest_of, stored_files
    from martlet.files.project import load_project

    own = "the project folder" + (", which is watched" if is_dev else "")
    stored = stored_files(data)
    if stored is None:
        return project, own
    files, digest = stored
    if is_dev or digest != digest_of(project):
        return project, f"{own}; what was deployed before has ended"
    deployed = load_project(files, environment=dict(os.environ), secrets=project.secrets)
    return (
        replace(deployed, root=project.root, deployed=files),
        f"deployment {files.parent.name}; the project folder is as it was then",
    )


def _claim(folder: Path, *, fresh: bool) -> None:
    """See that no server runs on ClickHouse's folder; delete it if it is to be fresh.

    ClickHouse itself would refuse too, but not without a message of its own.

    Raises:
        EngineError: one does.
    """
    import fcntl

    with contextlib.suppress(FileNotFoundError), (folder / "status").open("rb") as status:
        try:
            fcntl.flock(status, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise EngineError(
                f"The data folder {folder} is in use: another server runs on it",
                hint="stop that one, or choose another folder with --data",
            ) from None
    if fresh:
        shutil.rmtree(folder, ignore_errors=True)


def _seed(workspace: "Workspace") -> None:
    """Fill empty data sources from fixtures, with a progress bar on a terminal."""
    from martlet.fixtures import empty_with_fixture, load_fixture

    wanted = empty_with_fixture(workspace)
    if not wanted:
        return
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    total = sum(path.stat().st_size for _, path in wanted)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        bar = progress.add_task("sample data", total=total)
        for datasource, path in wanted:
            try:
                loaded = load_fixture(
                    workspace, datasource, path, lambda size: progress.advance(bar, size)
                )
            except MartletError as error:
                log.warning("warning: %s is not loaded: %s", path.name, error)
                continue
            if loaded.quarantined:
                log.warning(
                    "warning: %d rows of %s are in %s",
                    loaded.quarantined,
                    path.name,
                    datasource.quarantine,
                )


def _start_block(workspace: "Workspace", url: str, data: Path, elapsed_s: float, files: str) -> str:
    """Return what a person needs to begin: the URL, the token, and two commands to paste."""
    from martlet.samples import sample_datasource, sample_endpoint
    from martlet.tokens import ADMIN_TOKEN_NAME

    project = workspace.live.project
    token = workspace.tokens.value(ADMIN_TOKEN_NAME)
    given = token == os.environ.get("MARTLET_ADMIN_TOKEN")
    kept = "given in MARTLET_ADMIN_TOKEN" if given else f"kept in {data / 'tokens.json'}"
    bearer = shlex.quote(f"Authorization: Bearer {token}")
    lines = [
        f"martlet {__version__}: {len(project.datasources)} data sources, {len(project.pipes)}"
        f" pipes, ready in {elapsed_s:.1f} s",
        "",
        f"  url    {url}",
        f"  token  {token}",
        f"         (the admin token, {kept})",
        f"  files  {files}",
    ]
    if sample := sample_datasource(workspace):
        name, event = sample
        lines += [
            "",
            "  # post an event",
            f"  curl -X POST '{url}/v0/events?name={name}' \\",
            f"    -H {bearer} \\",
            f"    -d {shlex.quote(event)}",
        ]
    if endpoint := sample_endpoint(workspace):
        lines += [
            "",
            "  # call an endpoint",
            f"  curl '{url}/v0/pipes/{endpoint}.json?token={quote(token)}'",
        ]
    return "\n".join([*lines, ""])


def _check(options: argparse.Namespace) -> int:
    from martlet import check_text
    from martlet.check import check_project

    report = check_project(options.folder, environment=dict(os.environ), engine=options.engine)
    if options.json:
        print(json.dumps(report.as_json(), indent=2))
    else:
        for line in check_text.inventory_lines(report):
            print(line)
        _print_report(report)
    return 0 if report.ok and (report.is_spotless or not options.strict) else 1


def _print_report(report: "Report") -> None:
    """Print what does not run and the verdict; what is wrong goes to standard error."""
    from martlet import check_text

    for line in check_text.limit_lines(report):
        print(line)
    sys.stdout.flush()
    for line in check_text.warning_lines(report):
        print(line, file=sys.stderr)
    for error in report.errors:
        print(f"{error}\n", file=sys.stderr)
    if report.engine == "athena":
        for line in check_text.athena_lines(report):
            print(line, file=sys.stderr)
    sys.stderr.flush()
    if report.inventory.becomes:
        print(check_text.athena_verdict(report))
    if report.ok:
        print(f"ok: {check_text.counts(report)}")
        return
    print(check_text.error_count(report), file=sys.stderr)


def _check_for_athena(folder: Path, is_partial: bool) -> bool:
    """Print what `martlet check --engine athena` does, and return whether to deploy."""
    from martlet.check import check_project

    report = check_project(folder, environment=dict(os.environ), engine="athena")
    _print_report(report)
    if report.ok or (is_partial and not report.errors):
        return True
    if not report.errors:
        print("--partial deploys the pipes that run", file=sys.stderr)
    return False


def _fmt(options: argparse.Namespace) -> int:
    from martlet.fmt import format_input, format_paths

    environment = dict(os.environ)
    is_input = options.paths == [Path("-")]
    formatted = (
        [format_input(sys.stdin.buffer.read(), options.name, environment)]
        if is_input
        else format_paths(options.paths or [Path()], environment=environment)
    )
    counts = {"changed": 0, "unchanged": 0, "with errors": 0}
    for file in formatted:
        for error in file.errors:
            print(f"{error}\n", file=sys.stderr)
        counts["with errors" if file.errors else "changed" if file.changes else "unchanged"] += 1
        if options.diff:
            print(file.diff(), end="")
        elif is_input and not options.check:
            print("" if file.errors else file.after, end="")
        elif file.changes:
            print(f"{'would change' if options.check else 'formatted'} {file.path}")
        if file.changes and not (options.check or options.diff or is_input):
            file.write()
    if not (options.diff or is_input):
        shown = {name: count for name, count in counts.items() if count or name != "with errors"}
        print(", ".join(f"{count} {name}" for name, count in shown.items()))
    return 1 if counts["with errors"] or (options.check and counts["changed"]) else 0


def _translate(options: argparse.Namespace) -> int:
    from martlet.check import load_checked
    from martlet.query import QueryBuilder, find_pipe
    from martlet.translations import Translations

    project = load_checked(options.folder, environment=dict(os.environ))
    pipe = find_pipe(project, options.pipe)
    node = pipe.output
    if options.node is not None:
        found = pipe.node(options.node)
        if found is None:
            raise NotFoundError(f"The pipe '{pipe.name}' has no node '{options.node}'")
        node = found
    queries = QueryBuilder(project)
    translations = Translations(project, queries)
    query = queries.build(pipe, dict(options.param), node=node)
    try:
        translation = translations.translate(query)
    except SqlError as error:
        for known in translations.errors(pipe):
            if error.message in known.message:
                raise known from error
        raise
    clickhouse_sql = query.sql.strip()
    if options.json:
        columns = [{"name": name, "type": str(type_)} for name, type_ in translation.columns]
        answer = {
            "pipe": pipe.name,
            "node": node.name,
            "parameters": dict(options.param),
            "clickhouse_sql": clickhouse_sql,
            "trino_sql": translation.sql,
            "columns": columns,
            "datasources": sorted(query.datasources),
        }
        print(json.dumps(answer, indent=2, ensure_ascii=False))
        return 0
    _print_sql("ClickHouse", clickhouse_sql)
    _print_sql("Trino", translation.sql)
    return 0


def _print_sql(title: str, sql: str) -> None:
    """Print SQL under a title; in colours on a terminal."""
    print(f"-- {title}")
    if not sys.stdout.isatty():
        print(f"{sql}\n")
        return
    from rich.console import Console
    from rich.syntax import Syntax

    Console().print(Syntax(sql, "sql", background_color="default", word_wrap=True))
    print()


def _test(options: argparse.Namespace) -> int:
    from martlet.check import load_checked
    from martlet.project_tests import Outcome, run_tests

    project = load_checked(options.folder, environment=dict(os.environ))
    outcomes: list[Outcome] = []
    for outcome in run_tests(project, options.names):
        outcomes.append(outcome)
        if not options.json:
            _print_outcome(outcome)
    failed = [outcome for outcome in outcomes if not outcome.ok]
    skipped = [outcome for outcome in outcomes if outcome.skipped]
    ran = len(outcomes) - len(skipped)
    if options.json:
        report = {"ok": not failed, "files": [outcome.as_json() for outcome in outcomes]}
        print(json.dumps(report, indent=2))
    elif not outcomes:
        print("no tests to run")
    else:
        mark = "✗" if failed else "✓"
        note = f" ({len(skipped)} skipped)" if skipped else ""
        print(f"{mark} {ran - len(failed)}/{ran} passed{note}")
    return 1 if failed else 0


def _print_outcome(outcome: "Outcome") -> None:
    for name in outcome.passed:
        print(f"✓ {outcome.pipe}: {name}")
    if outcome.skipped:
        print(f"- {outcome.pipe}: skipped, {outcome.skipped}")
    if outcome.failed:
        print(f"✗ {outcome.pipe}: {outcome.failed} failed ({outcome.file})\n{outcome.message}")


def _print_error(error: MartletError) -> None:
    errors: Sequence[MartletError] = error.errors if isinstance(error, ProjectError) else [error]
    for one in errors:
        print(f"error: {one}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
