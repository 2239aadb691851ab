"""The functions of templates other than the typed parameters of `typed`.

To add a function, write it with Tinybird's own name and parameters, after the run, and add it to
`FUNCTIONS`. Python's own error for wrong arguments is what the caller reads, as at Tinybird.
"""

import functools
import json
import re
from collections.abc import Callable, Collection, Sized
from datetime import datetime
from typing import Any, Final

from martlet.errors import TemplateAbort
from martlet.template.run import MAX_INTEGER_BITS, Run
from martlet.template.typed import TYPES, typed_value
from martlet.template.values import (
    PAGE,
    SAMPLE,
    SAMPLE_NAME,
    Fragment,
    LimitError,
    Sample,
    Symbol,
    escape,
    failure,
    identifier,
    is_plain_name,
    is_text,
    quote_except,
    to_sql,
)

Function = Callable[..., Any]


def _text(value: object) -> str:
    """Return a value that has to be text; the message is Tinybird's, whatever the value."""
    if not is_text(value):
        raise failure(f"{type(value).__name__!r} object has no attribute 'translate'")
    return str(value)


def _name(value: object) -> str:
    """Return the text that names a column or table; a placeholder has a name of its own."""
    return SAMPLE_NAME if isinstance(value, Sample) else _text(value)


def defined(run: Run, x: object = None) -> bool:
    """Whether a parameter is given, even if it is empty."""
    return x is not None and x is not SAMPLE


def symbol(run: Run, x: object, quote: str = "`") -> Symbol:
    """Print text as an identifier."""
    name = _name(x)
    if quote == "`":
        return Symbol(identifier(name))
    if quote == '"':
        return Symbol(f'"{escape(name.replace(chr(34), ""))}"')
    return table(run, name)


def _path(text: str) -> str:
    return ".".join(map(identifier, text.split(".")))


def column(run: Run, x: object, default: object = None) -> Symbol:
    """Print a column name, each part of a dotted path on its own."""
    if x is None or isinstance(x, Sample):
        if default is None and not run.is_sample:
            raise failure(
                "Missing column() default value, use `column(column_name, 'default_column_name')`",
                page=f"{PAGE}#column",
            )
        x = SAMPLE if default is None else default
    return Symbol(_path(_name(x)))


# A function with parameters, `quantile(0.9)`, is one too.
_AGGREGATE = re.compile(r"[A-Za-z_]\w*(?:\([\w., ]*\))?", re.ASCII)


def columns(run: Run, x: object, default: object = None, fn: object = None) -> Fragment:
    """Print column names from CSV text, each within an aggregate function if one is given."""
    if x is None or isinstance(x, Sample):
        if default is None and not run.is_sample:
            raise failure(
                "Missing columns() default value, "
                "use `columns(column_names, 'default_column_name')`",
                page=f"{PAGE}#columns",
            )
        x = SAMPLE_NAME if default is None else default
    if not is_text(x):
        raise failure(
            "The 'columns' function expects a String not an Array", page=f"{PAGE}#columns"
        )
    names = [name.strip() for name in x.split(",")]
    if not fn or isinstance(fn, Sample):
        return Fragment(",".join(map(_path, names)))
    # Tinybird prints any text here; only a function's name cannot change the statement.
    if not isinstance(fn, str) or not _AGGREGATE.fullmatch(fn):
        raise failure(f"{fn!r} is not a valid function name in columns()", page=f"{PAGE}#columns")
    # Tinybird prints the alias bare, which breaks the statement for any but a plain name.
    return Fragment(
        ",".join(
            f"{fn}({_path(name)}) as {name if is_plain_name(name) else identifier(name)}"
            for name in names
        )
    )


def table(run: Run, x: object, quote: str = "`") -> Symbol:
    """Print a table's name without quotes, whatever `quote` is.

    Tinybird prints any text, escaped as in a literal but outside of one. Here it must be an
    identifier, maybe with a database before it: anything else could add to the statement.
    """
    name = _name(x)
    parts = name.split(".")
    if len(parts) > 2 or not all(map(is_plain_name, parts)):
        raise failure(f"{name!r} is not a valid table name", page=None)
    return Symbol(name)


_OPERATORS = {
    "in": "in",
    "not_in": "not in",
    "gt": ">",
    "lt": "<",
    "gte": ">=",
    "lte": "<=",
}


def sql_and(run: Run, *_: object, **conditions: object) -> Fragment:
    """Join the conditions that have values; the key names column and operator."""
    written = []
    for key, value in conditions.items():
        if value is None:
            continue
        if not key.isidentifier():  # of a dict, in `sql_and(**d)`: it may be a request's
            raise failure(f"{key!r} is not a valid name in sql_and()", page=f"{PAGE}#sql_and")
        name, operator = key, "="
        if "__" in key:
            name, _separator, suffix = key.rpartition("__")
            if suffix not in _OPERATORS:
                raise failure(f"operand {suffix} not supported", page=f"{PAGE}#sql_and")
            operator = _OPERATORS[suffix]
        written.append(f"{name} {operator} {to_sql(value)}")
    return Fragment(" and ".join(written))


def sql_unescape(run: Run, x: object, what: str = "") -> Fragment:
    """Print a literal in which the text `what` has no backslash before it."""
    return Fragment(quote_except(_text(x), what))


def split_to_array(run: Run, x: object, default: object = "", separator: str = ",") -> list[str]:
    """Split text into trimmed items."""
    if x is None or isinstance(x, Sample):
        x = default
    if not is_text(x):
        raise failure(
            "First argument of split_to_array has to be a value that can be split to a list of "
            "elements, but found a PlaceHolder with no value instead",
            page=f"{PAGE}#split_to_array",
        )
    run.spend(len(x))
    return [item.strip() for item in x.split(separator)]


def enumerate_with_last(run: Run, arr: Collection[object]) -> list[tuple[bool, object]]:
    """Pair each item with whether it is the last one."""
    last = len(arr) - 1
    run.spend(last)
    return [(index == last, item) for index, item in enumerate(arr)]


def _seconds(first: Any, second: Any, format_: Any, backup: Any) -> int:  # noqa: ANN401
    """Return the seconds between two texts; bad texts and formats are a ValueError."""

    def moment(text: Any) -> datetime:  # noqa: ANN401
        try:
            return datetime.strptime(text, format_)  # noqa: DTZ007  only differences are taken
        except (ValueError, TypeError, re.error):
            if backup is None:
                raise
            return datetime.strptime(text, backup)  # noqa: DTZ007

    try:
        return abs(int((moment(second) - moment(first)).total_seconds()))
    except (TypeError, re.error, OverflowError) as error:
        raise ValueError(str(error)) from error


_SECONDS_FORMAT = "%Y-%m-%d %H:%M:%S"
_SECONDS_ADVICE = (
    "defaults to YYYY-MM-DD hh:mm:ss. Or %Y-%m-%d %H:%M:%S [.ssssss]Z, "
    "e.g. ms: 2022-12-19T18:42:22.591Z s:2022-12-19T18:42:22Z"
)


def _difference(name: str, shown: str, unit: int) -> Function:
    def difference(
        run: Run,
        d0: object,
        d1: object,
        date_format: object = _SECONDS_FORMAT,
        default: object = None,
        backup_date_format: object = None,
        none_if_error: object = False,
    ) -> int | None:
        if isinstance(d0, Sample) or isinstance(d1, Sample):
            return 0
        try:
            return _seconds(d0, d1, date_format, backup_date_format) // unit
        except ValueError:
            if none_if_error:
                return None
            raise failure(
                f"invalid date_format in function `{shown}`, {_SECONDS_ADVICE}",
                page=f"{PAGE}#{name}",
            ) from None

    return difference


def date_diff_in_days(
    run: Run,
    d0: object,
    d1: object,
    date_format: object = "%Y-%m-%d",
    default: object = None,
    backup_date_format: object = None,
    none_if_error: object = False,
) -> int | None:
    """Return the whole days between two dates."""
    if isinstance(d0, Sample) or isinstance(d1, Sample):
        return 0
    try:
        return _seconds(d0, d1, date_format, backup_date_format) // 86_400
    except ValueError:
        if none_if_error:
            return None
        raise failure(
            "invalid date format in function `date_diff_in_days`, it must be ISO format date "
            "YYYY-MM-DD, e.g. 2018-09-26",
            page=f"{PAGE}#date_diff_in_days",
        ) from None


def day_diff(run: Run, d0: object, d1: object, default: object = None) -> int:
    """Return the whole days between two dates written YYYY-MM-DD."""
    if isinstance(d0, Sample) or isinstance(d1, Sample):
        return 0
    try:
        return _seconds(d0, d1, "%Y-%m-%d", None) // 86_400
    except ValueError:
        raise failure(
            "invalid date format in function `day_diff`, it must be ISO format date YYYY-MM-DD, "
            "e.g. 2018-09-26. For other fotmats, try `date_diff_in_days`",
            page=f"{PAGE}#date_diff_in_days",
        ) from None


_SHOWN_JSON: Final = 16


def json_value(run: Run, x: object, default: object = None) -> object:
    """Parse JSON text; what a request body gave as JSON stays as it is."""
    if x is None or isinstance(x, Sample):
        if not isinstance(default, str):
            return x if run.is_sample else {}
        x = default
    if not is_text(x):
        return x
    try:
        return json.loads(x)
    except (ValueError, RecursionError) as error:
        shown = x if len(x) <= _SHOWN_JSON else f"{x[:_SHOWN_JSON]}..."
        raise failure(f"Error parsing JSON: '{shown}' - {error}", page=None) from None


def error(run: Run, s: object, code: object = 400) -> Fragment:
    """End the rendering with a message for the caller; the status is 400 whatever `code` is."""
    if run.is_sample:
        return Fragment("")
    raise TemplateAbort(str(s))


def custom_error(run: Run, s: object, code: object = 400) -> Fragment:
    """End the rendering with a status and, from an object, the body of the answer."""
    if run.is_sample:
        return Fragment("")
    status = code if isinstance(code, int) and 400 <= code < 600 else 400
    body = s if isinstance(s, dict) else None
    raise TemplateAbort(str(s), status=int(status), body=body)


def _hint(name: str, value: object) -> Fragment:
    """Return the comment that Tinybird prints for a setting, always one line."""
    return Fragment(f"-- {name} {' '.join(str(value).splitlines())}\n")


def max_threads(run: Run, x: Any) -> Fragment:  # noqa: ANN401
    """Set how many threads the query may use."""
    try:
        # A placeholder counts as a number elsewhere, but is none here.
        run.settings["max_threads"] = int(str(x) if isinstance(x, Sample) else x)
    except (ValueError, TypeError, OverflowError):
        return _hint("max_threads: wrong argument", x)
    return _hint("max_threads", x)


def backend_hint(run: Run, hint: object) -> Fragment:
    """Set where the query runs; False unsets it."""
    run.settings["backend_hint"] = None if hint is None or hint is False else str(hint)
    return _hint("backend_hint", hint)


_CACHE_TIMES = ("5s", "1m", "5m", "30m", "1h")


def cache_ttl(run: Run, ttl_expression: object) -> Fragment:
    """Set how long the result may be cached."""
    if isinstance(ttl_expression, Sample):
        return Fragment("")
    if ttl_expression not in _CACHE_TIMES:
        raise failure(
            f"Invalid TTL cache expression, valid expressions are {_CACHE_TIMES}", page=None
        )
    run.settings["cache_ttl"] = str(ttl_expression)
    return _hint("cache_ttl", ttl_expression)


_FEATURES = frozenset(("analyzer", "parallel_replicas", "optimize_aggregation_in_order"))


def activate(run: Run, feature: object) -> Fragment:
    """Switch a feature of the engine on."""
    if feature not in _FEATURES:
        raise failure(f"'{feature}' is not a valid 'activate' argument", page=None)
    active = run.settings.get("activate", ())
    assert isinstance(active, tuple)
    run.settings["activate"] = tuple(dict.fromkeys((*active, str(feature))))
    return _hint("activate", feature)


def disable(run: Run, feature: object) -> Fragment:
    """Switch a feature of the engine off."""
    if feature not in "analyzer":  # type: ignore[operator]  # any part of the word: measured
        raise failure(f"'{feature}' is not a valid 'disable' argument", page=None)
    run.settings["disable"] = str(feature)
    return _hint("disable", feature)


# Names of secrets.
SECRET_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def tb_secret(run: Run, x: object, default: object = None) -> object:
    """Print a placeholder; the value itself never becomes part of the text."""
    name = str(x)
    is_word = SECRET_NAME.fullmatch(name) is not None
    if is_word and (name in run.secrets or (run.is_sample and default is None)):
        run.used_secrets[name] = run.secrets.get(name, "")
        return Symbol(f"{{{name}: String}}")
    if default is not None:
        return default
    raise failure(
        f"Cannot access secret '{name}'. Check the secret exists in the Workspace and the token "
        "has the required scope.",
        page=None,
    )


def int_(run: Run, *value: Any) -> int:  # noqa: ANN401
    """Python's `int`, up to a size."""
    number = int(*value)
    if number.bit_length() > MAX_INTEGER_BITS:
        raise LimitError("Template Syntax Error: a number is too large")
    return number


def round_(run: Run, value: Any, /, digits: Any = None) -> object:  # noqa: ANN401
    """Python's `round`, up to a number of digits."""
    if isinstance(digits, int) and abs(digits) > 400:
        raise LimitError("Template Syntax Error: round() has too many digits")
    return round(value, digits)


def _counted(call: Callable[[list[Any]], Any]) -> Function:
    """Return a function of one iterable, which is read whole."""

    def function(run: Run, items: Any = (), /) -> object:  # noqa: ANN401
        listed = list(items)
        run.spend(len(listed))
        return call(listed)

    return function


def _sized(call: Callable[..., Any]) -> Function:
    """Return one of Python's own functions, which goes through what it is given."""

    def function(run: Run, *items: Any, **options: Any) -> object:  # noqa: ANN401
        for item in items:
            if isinstance(item, Sized):
                run.spend(len(item))
        return call(*items, **options)

    return function


def _plain(call: Callable[..., Any]) -> Function:
    def function(run: Run, *values: Any) -> object:  # noqa: ANN401
        return call(*values)

    return function


def range_(run: Run, *bounds: Any) -> list[int]:  # noqa: ANN401
    """Return the numbers as a list: a range is short here, its length is counted."""
    numbers = range(*bounds)
    run.spend(min(len(numbers), 2**62) if abs(numbers.stop) < 2**62 else 2**62)
    return list(numbers)


def bool_(run: Run, x: object, default: object = None) -> object:
    """The type function `Boolean`: `bool('false')` is 0."""
    return typed_value(TYPES["Boolean"], lambda run: x, lambda run: default, None)(run)


def reversed_(run: Run, *items: Any) -> list[object]:  # noqa: ANN401
    """Python's `reversed`, as a list."""
    found = reversed(*items)
    run.spend(len(*items))
    return list(found)


def str_(run: Run, value: object = "", /) -> str:
    """Python's `str`."""
    text = str(value)
    run.spend(len(text))
    return text


FUNCTIONS: Final[dict[str, Function]] = {
    "JSON": json_value,
    "TABLE": table,
    "activate": activate,
    "backend_hint": backend_hint,
    "cache_ttl": cache_ttl,
    "column": column,
    "columns": columns,
    "custom_error": custom_error,
    "date_diff_in_days": date_diff_in_days,
    "date_diff_in_hours": _difference("date_diff_in_hours", "date_diff_in_hours", 3600),
    "date_diff_in_minutes": _difference("date_diff_in_minutes", "date_diff_in_seconds", 60),
    "date_diff_in_seconds": _difference("date_diff_in_seconds", "date_diff_in_seconds", 1),
    "day_diff": day_diff,
    "defined": defined,
    "disable": disable,
    "enumerate_with_last": enumerate_with_last,
    "error": error,
    "max_threads": max_threads,
    "split_to_array": split_to_array,
    "sql_and": sql_and,
    "sql_unescape": sql_unescape,
    "symbol": symbol,
    "table": table,
    "tb_secret": tb_secret,
    "tb_var": tb_secret,
}

# Python's own that `{{ }}` allows.
OUTPUT_BUILTINS: Final[dict[str, Function]] = {
    "float": _plain(float),
    "int": int_,
    "len": _plain(len),
    "list": _sized(list),
    "max": _sized(max),
    "min": _sized(min),
}

# Python's own that only `{% %}` allows.
CONTROL_BUILTINS: Final[dict[str, Function]] = {
    "abs": _plain(abs),
    "all": _sized(all),
    "any": _sized(any),
    "dict": lambda run, *pairs, **items: dict(*pairs, **items),
    "enumerate": _counted(lambda items: list(enumerate(items))),
    "filter": _sized(lambda *given: list(filter(*given))),
    "map": _sized(lambda *given: list(map(*given))),
    "range": range_,
    "reversed": reversed_,
    "round": round_,
    "set": _sized(set),
    "sorted": _sized(sorted),
    "str": str_,
    "sum": _sized(sum),
    "tuple": _sized(tuple),
    "zip": lambda run, *lists: list(zip(*lists, strict=False)),
}


_GIVEN: Final = re.compile(
    r"(?P<name>\w+)\(\) takes (?:from (?P<least>\d+) to )?(?P<most>\d+) positional arguments? "
    r"but (?P<given>\d+) (?:was|were) given"
)


def _without_run(found: re.Match[str]) -> str:
    """Return Python's error for too many arguments as if the run were none of them."""
    least, most, given = (int(found[key] or 0) - 1 for key in ("least", "most", "given"))
    takes = f"{most} positional argument{'' if most == 1 else 's'}"
    if found["least"]:
        takes = f"from {least} to {most} positional arguments"
    return f"{found['name']}() takes {takes} but {given} {'was' if given == 1 else 'were'} given"


def _named(name: str, function: Function) -> Function:
    """Return the function with errors for wrong arguments that tell what a template wrote."""
    function.__qualname__ = name

    @functools.wraps(function)
    def call(run: Run, *arguments: Any, **options: Any) -> object:  # noqa: ANN401
        try:
            return function(run, *arguments, **options)
        except TypeError as error:
            raise TypeError(_GIVEN.sub(_without_run, str(error))) from None

    return call


def _name_functions(functions: dict[str, Function]) -> None:
    for name, function in functions.items():
        functions[name] = _named(name, function)


_name_functions(FUNCTIONS)
# Measured: names that only `{% %}` has, the first one instead of Python's own.
CONTROL_BUILTINS["bool"] = _named("bool", bool_)
CONTROL_BUILTINS["Symbol"] = FUNCTIONS["symbol"]
