"""Answers questions with the vendor's package; runs in an environment that has it, by `oracle`.

Each line of standard input is one question, `{"ask": name, ...}`, each line of standard output its
answer: `{"value": ...}`, or `{"error": text, "class": name, ...}` for what the package raises.
"""

import contextlib
import datetime
import enum
import io
import json
import os
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path

os.environ["TB_CLI_TELEMETRY_OPTOUT"] = "1"
os.environ["TB_VERSION_WARNING"] = "0"

DEADLINE_S = 10
MEMORY = 4 * 1024**3


def plain(value):
    """Return a value as JSON has it: what JSON has not becomes `{"python": its repr}`."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else {"python": repr(value)}
    if isinstance(value, dict):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=repr)
    if isinstance(value, enum.Enum):
        return plain(value.value)
    if isinstance(value, datetime.date):
        return value.isoformat()
    if hasattr(value, "__dict__"):
        return plain(vars(value))
    return {"python": repr(value)}


def render(sql, variables=None, secrets=(), test_mode=False, name=None):
    from tinybird.sql_template import render_sql_template

    text, settings, warnings = render_sql_template(
        sql, dict(variables or {}), secrets=list(secrets), test_mode=test_mode, name=name
    )
    return {"sql": text, "settings": dict(settings), "warnings": warnings}


def seconds(sqls, variables):
    """Processor time that all of the templates take, for the benchmark."""
    from tinybird.sql_template import render_sql_template

    begun = time.process_time()
    for sql in sqls:
        render_sql_template(sql, dict(variables))
    return time.process_time() - begun


def with_secrets(content, secrets):
    """A datafile with the values of its secrets put in."""
    from tinybird.sql_template import render_template_with_secrets

    return render_template_with_secrets("x", content, secrets=secrets)


def parameters(sql):
    """Parameters as the API lists them."""
    from tinybird.sql_template import get_template_and_variables, get_var_names_and_types

    template, _, _ = get_template_and_variables(sql, "node")
    return get_var_names_and_types(template)


def datasource(content, filename="datasources/x.datasource", secrets=None, skip_eval=False):
    from tinybird.datafile.parse_datasource import parse_datasource

    return parsed(parse_datasource(filename, content=content, secrets=secrets, skip_eval=skip_eval))


def pipe(content, filename="pipes/x.pipe", secrets=None, skip_eval=False):
    from tinybird.datafile.parse_pipe import parse_pipe

    return parsed(parse_pipe(filename, content=content, secrets=secrets, skip_eval=skip_eval))


def connection(content, filename="connections/x.connection", secrets=None, skip_eval=False):
    from tinybird.datafile.parse_connection import parse_connection

    return parsed(parse_connection(filename, content=content, secrets=secrets, skip_eval=skip_eval))


def dotenv(text):
    """The variables of a dotenv file, as the package that the CLI reads it with has them."""
    from dotenv import dotenv_values

    found = dotenv_values(stream=io.StringIO(text, newline=None))
    return {name: value for name, value in found.items() if value is not None}


def parsed(result):
    file = {key: value for key, value in vars(result.datafile).items() if key != "raw"}
    return {**file, "warnings": [*result.warnings, *file["warnings"]]}


def classic(kind, files, name):
    """Classic's reading of one of the files that are given by path."""
    import tinybird.datafile_common as common

    parse = getattr(common, f"parse_{kind}")
    with tempfile.TemporaryDirectory() as folder:
        for path, content in files.items():
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_text(content)
        file = parse(str(Path(folder) / name))
    return {key: value for key, value in vars(file).items() if key != "raw"}


def filenames(files, max_depth=3):
    """The files of a folder that a project of the package's generation has."""
    with tempfile.TemporaryDirectory() as folder:
        for path in files:
            (Path(folder) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(folder) / path).write_text("")
        try:
            from tinybird.tb.modules.project import Project

            found = Project(folder, "workspace", max_depth=max_depth).get_project_files()
        except ImportError:
            from tinybird.datafile_common import get_project_filenames

            found = get_project_filenames(folder, with_vendor=True)
        return sorted(os.path.relpath(path, folder) for path in found)


def engine(name, args, columns=None):
    """The ENGINE clause that a data source's keys stand for."""
    from tinybird.ch_utils.engine import engine_full_from_dict

    return engine_full_from_dict(name, dict(args), columns=columns)


def formatted(kind, content):
    """The text that the vendor's formatter makes of a file."""
    import asyncio
    import inspect

    from tinybird.tb.modules.datafile import format_datasource, format_pipe

    write = {
        "datasource": format_datasource.format_datasource,
        "pipe": format_pipe.format_pipe,
    }[kind]
    text = write(f"x.{kind}", content=content, skip_eval=True)
    return asyncio.run(text) if inspect.isawaitable(text) else text


def fits(type, texts):
    """Whether each text is a value of a type, as the package tests the fields of CSV."""
    from tinybird.datatypes import testers

    return [testers[type](text) for text in texts]


ASKED = {
    "fits": fits,
    "render": render,
    "seconds": seconds,
    "with_secrets": with_secrets,
    "parameters": parameters,
    "datasource": datasource,
    "pipe": pipe,
    "connection": connection,
    "dotenv": dotenv,
    "classic": classic,
    "filenames": filenames,
    "engine": engine,
    "formatted": formatted,
}


def too_long(*_):
    raise TimeoutError("the question takes too long")


def answer(question):
    try:
        return answer_in_time(question)
    except TimeoutError as error:  # told late, while the question's answer was being made
        return {
            "error": str(error),
            "class": "TimeoutError",
            "kinds": ["TimeoutError"],
            "known": {},
        }


def answer_in_time(question):
    function = ASKED[question.pop("ask")]
    signal.setitimer(signal.ITIMER_REAL, DEADLINE_S)
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            value = function(**question)
    except RecursionError:
        return {"error": "maximum recursion depth exceeded", "class": "RecursionError"}
    except (Exception, SystemExit) as error:  # noqa: BLE001  the answer says what it was
        known = {key: plain(item) for key, item in vars(error).items()}
        kinds = [kind.__name__ for kind in type(error).__mro__]
        return {"error": str(error), "class": kinds[0], "kinds": kinds, "known": known}
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
    return {"value": plain(value)}


def main():
    signal.signal(signal.SIGALRM, too_long)
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    for line in sys.stdin:
        found = [answer(question) for question in json.loads(line)]
        sys.stdout.write(json.dumps(found) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
