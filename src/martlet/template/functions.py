"""The functions of templates other than the typed parameters of `typed`.

To add a function, write it with Tinybird's own name and parameters, after the run, and add it to
`FUNCTIONS`. Python's own error for wrong arguments is what the caller reads, as at Tinybird.
"""

import json
import re
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from typing import Any, Final

from martlet.errors import TemplateAbort
from martlet.template.run import MAX_INTEGER_BITS, Run
from martlet.template.values import (
    PAGE,
    SAMPLE,
    SAMPLE_NAME,
    Fragment,
    LimitError,
    Sample,
    escape,
    failure,
    identifier,
    is_plain_name,
    quote_except,
    to_sql,
)

Function = Callable[..., Any]


def _text(value: object) -> str:
    """Return a value that has to be text; the message is Tinybird's, whatever the value."""
    if not isinstance(value, str):
        raise failure(f"{type(value).__name__!r} object has no attribute 'translate'")
    return str(value)


def _name(value: object) -> str:
    """Return the text that names a column or table; a placeholder has a name of its own."""
    return SAMPLE_NAME if isinstance(value, Sample) else _text(value)


def defined(run: Run, value: object = None) -> bool:
    """Whether a parameter is given, even if it is empty."""
    return value is not None and value is not SAMPLE


def symbol(run: Run, value: object, quote: str = "`") -> Fragment:
    """Print text as an identifier."""
    name = _name(value)
    if quote == "`":
        return Fragment(identifier(name))
    if quote == '"':
        return Fragment(f'"{escape(name.replace(chr(34), ""))}"')
    return table(run, name)


def _path(text: str) -> str:
    return ".".join(map(identifier, text.split(".")))


def column(run: Run, value: object, default: object = None) -> Fragment:
    """Print a column name, each part of a dotted path on its own."""
    if value is None or isinstance(value, Sample):
        if default is None and not run.is_sample:
            raise failure(
                "Missing column() default value, use `column(column_name, 'default_column_name')`",
                page=f"{PAGE}#column",
            )
        value = SAMPLE if default is None else default
    return Fragment(_path(_name(value)))


# A function with parameters, `quantile(0.9)`, is one too.
_AGGREGATE = re.compile(r"[A-Za-z_]\w*(?:\([\w., ]*\))?", re.ASCII)


def columns(run: Run, value: object, default: object = None, fn: object = None) -> Fragment:
    """Print column names from CSV text, each within an aggregate function if one is given."""
    if value is None or isinstance(value, Sample):
        if default is None and not run.is_sample:
            raise failure(
                "Missing columns() default value, "
                "use `columns(column_names, 'default_column_name')`",
                page=f"{PAGE}#columns",
            )
        value = SAMPLE_NAME if default is None else default
    if not isinstance(value, str):
        raise failure(
            "The 'columns' function expects a String not an Array", page=f"{PAGE}#columns"
        )
    names = [name.strip() for name in value.split(",")]
    if fn is None or isinstance(fn, Sample):
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


def table(run: Run, value: object, quote: str = "") -> Fragment:
    """Print a table's name without quotes.

    Tinybird prints any text, escaped as in a literal but outside of one. Here it must be an
    identifier, maybe with a database before it: anything else could add to the statement.
    """
    name = _name(value)
    parts = name.split(".")
    if len(parts) > 2 or not all(map(is_plain_name, parts)):
        raise failure(f"{name!r} is not a valid table name", page=None)
    return Fragment(name)


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
        name, operator = key, "="
        if "__" in key:
            name, _separator, suffix = key.rpartition("__")
            if suffix not in _OPERATORS:
                raise failure(f"operand {suffix} not supported", page=f"{PAGE}#sql_and")
            operator = _OPERATORS[suffix]
        written.append(f"{name} {operator} {to_sql(value)}")
    return Fragment(" and ".join(written))


def sql_unescape(run: Run, value: object, what: str = "") -> Fragment:
    """Print a literal in which the characters of `what` are not escaped."""
    return Fragment(quote_except(_text(value), what))


def split_to_array(
    run: Run, value: object, default: object = "", separator: str = ","
) -> list[str]:
    """Split text into trimmed items."""
    if value is None or isinstance(value, Sample):
        value = default
    if not isinstance(value, str):
        raise failure(
            "First argument of split_to_array has to be a value that can be split to a list of "
            "elements, but found a PlaceHolder with no value instead",
            page=f"{PAGE}#split_to_array",
        )
    run.spend(len(value))
    return [item.strip() for item in value.split(separator)]


def enumerate_with_last(run: Run, items: Iterable[object]) -> list[tuple[bool, object]]:
    """Pair each item with whether it is the last one."""
    listed = list(items)
    run.spend(len(listed))
    return [(index == len(listed) - 1, item) for index, item in enumerate(listed)]


def _seconds(first: Any, second: Any, format_: Any, backup: Any) -> int:  # noqa: ANN401
    """Return the seconds between two texts; bad texts and formats are a ValueError."""

    def moment(text: Any) -> datetime:  # noqa: ANN401
        try:
            return datetime.strptime(text, format_).replace(tzinfo=UTC)
        except (ValueError, TypeError, re.error):
            if backup is None:
                raise
            return datetime.strptime(text, backup).replace(tzinfo=UTC)

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
        date_1: object,
        date_2: object,
        date_format: object = _SECONDS_FORMAT,
        backup_date_format: object = None,
        none_if_error: object = False,
    ) -> int | None:
        if isinstance(date_1, Sample) or isinstance(date_2, Sample):
            return 0
        try:
            return _seconds(date_1, date_2, date_format, backup_date_format) // unit
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
    date_1: object,
    date_2: object,
    date_format: object = "%Y-%m-%d",
    backup_date_format: object = None,
    none_if_error: object = False,
) -> int | None:
    """Return the whole days between two dates."""
    if isinstance(date_1, Sample) or isinstance(date_2, Sample):
        return 0
    try:
        return _seconds(date_1, date_2, date_format, backup_date_format) // 86_400
    except ValueError:
        if none_if_error:
            return None
        raise failure(
            "invalid date format in function `date_diff_in_days`, it must be ISO format date "
            "YYYY-MM-DD, e.g. 2018-09-26",
            page=f"{PAGE}#date_diff_in_days",
        ) from None


def day_diff(run: Run, date_1: object, date_2: object) -> int:
    """Return the whole days between two dates written YYYY-MM-DD."""
    if isinstance(date_1, Sample) or isinstance(date_2, Sample):
        return 0
    try:
        return _seconds(date_1, date_2, "%Y-%m-%d", None) // 86_400
    except ValueError:
        raise failure(
            "invalid date format in function `day_diff`, it must be ISO format date YYYY-MM-DD, "
            "e.g. 2018-09-26. For other fotmats, try `date_diff_in_days`",
            page=f"{PAGE}#date_diff_in_days",
        ) from None


def json_value(run: Run, value: object, default: object = None) -> object:
    """Parse JSON text; what a request body gave as JSON stays as it is."""
    if value is None or isinstance(value, Sample):
        if default is None:
            return value if run.is_sample else {}
        value = default
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError) as error:
        raise failure(f"Error parsing JSON: '{value[:200]}' - {error}", page=None) from None


def error(run: Run, message: object, *_: object) -> Fragment:
    """End the rendering with a message for the caller."""
    if run.is_sample:
        return Fragment("")
    raise TemplateAbort(str(message))


def custom_error(run: Run, message: object, code: object = 400) -> Fragment:
    """End the rendering with a status and, from an object, the body of the answer."""
    if run.is_sample:
        return Fragment("")
    status = code if isinstance(code, int) and 400 <= code < 600 else 400
    body = message if isinstance(message, dict) else None
    raise TemplateAbort(str(message), status=int(status), body=body)


def _hint(name: str, value: object) -> Fragment:
    """Return the comment that Tinybird prints for a setting, always one line."""
    shown = " ".join(str(value).split())
    return Fragment(f"-- {name} {shown[:200]}\n")


def max_threads(run: Run, threads: Any) -> Fragment:  # noqa: ANN401
    """Set how many threads the query may use."""
    try:
        run.settings["max_threads"] = int(threads)
    except (ValueError, TypeError, OverflowError):
        return _hint("max_threads: wrong argument", threads)
    return _hint("max_threads", threads)


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


_FEATURES = ("analyzer", "parallel_replicas", "optimize_aggregation_in_order")


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
    if feature != "analyzer":
        raise failure(f"'{feature}' is not a valid 'disable' argument", page=None)
    run.settings["disable"] = str(feature)
    return _hint("disable", feature)


# Names of secrets.
SECRET_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def tb_secret(run: Run, secret_name: object, default: object = None) -> object:
    """Print a placeholder; the value itself never becomes part of the text."""
    name = str(secret_name)
    if SECRET_NAME.fullmatch(name) and (run.is_sample or name in run.secrets):
        run.used_secrets[name] = run.secrets.get(name, "")
        return Fragment(f"{{{name}: String}}")
    if default is not None:
        return default
    raise failure(
        f"Cannot access secret '{name}'. Check the secret exists in the Workspace and the token "
        "has the required scope.",
        page=None,
    )


def len_(run: Run, value: Any, /) -> int:  # noqa: ANN401
    """Python's `len`."""
    return len(value)


def int_(run: Run, value: Any = 0, /, *base: Any) -> int:  # noqa: ANN401
    """Python's `int`, up to a size."""
    number = int(value, *base)
    if number.bit_length() > MAX_INTEGER_BITS:
        raise LimitError("Template Syntax Error: a number is too large")
    return number


def round_(run: Run, value: Any, /, digits: Any = None) -> object:  # noqa: ANN401
    """Python's `round`, up to a number of digits."""
    if isinstance(digits, int) and abs(digits) > 400:
        raise LimitError("Template Syntax Error: round() has too many digits")
    return round(value, digits)


def float_(run: Run, value: Any = 0.0, /) -> float:  # noqa: ANN401
    """Python's `float`."""
    return float(value)


def _counted(call: Callable[[list[Any]], Any]) -> Function:
    """Return a function of one iterable, which is read whole."""

    def function(run: Run, items: Any = (), /) -> object:  # noqa: ANN401
        listed = list(items)
        run.spend(len(listed))
        return call(listed)

    return function


def _extreme(call: Callable[[list[Any]], Any]) -> Function:
    def function(run: Run, *items: Any) -> object:  # noqa: ANN401
        listed = list(items[0]) if len(items) == 1 else list(items)
        run.spend(len(listed))
        return call(listed)

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
    "float": float_,
    "int": int_,
    "len": len_,
    "list": _counted(list),
    "max": _extreme(max),
    "min": _extreme(min),
}

# Python's own that only `{% %}` allows.
CONTROL_BUILTINS: Final[dict[str, Function]] = {
    "abs": _plain(abs),
    "all": _counted(all),
    "any": _counted(any),
    "bool": _plain(bool),
    "dict": lambda run, *pairs, **items: dict(*pairs, **items),
    "enumerate": _counted(lambda items: list(enumerate(items))),
    "range": range_,
    "reversed": _counted(lambda items: items[::-1]),
    "round": round_,
    "set": _counted(set),
    "sorted": _counted(sorted),
    "str": str_,
    "sum": _counted(sum),
    "tuple": _counted(tuple),
    "zip": lambda run, *lists: list(zip(*lists, strict=False)),
}


def _name_functions(*tables: dict[str, Function]) -> None:
    """Give functions the names that templates use: Python's errors for wrong arguments say it."""
    for functions in tables:
        for name, function in functions.items():
            if function.__qualname__ not in FUNCTIONS:  # an alias keeps the name of its function
                function.__qualname__ = name


_name_functions(FUNCTIONS, OUTPUT_BUILTINS, CONTROL_BUILTINS)
