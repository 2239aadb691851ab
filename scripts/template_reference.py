"""The blocks of docs/templates.md: type functions, other functions, Python, limits."""

import inspect
from collections.abc import Callable

from scripts.markdown import code, codes, table
from scripts.source_text import first_sentence

from martlet.template import functions, operators, run, typed
from martlet.template.compiler import compile_template

_SAMPLES = {"Float": "1.5", "Boolean": "true", "Date": "2025-01-31", "String": "it's"}
_MOMENTS = {"DateTime": "2025-01-31 10:00:00", "DateTime64": "2025-01-31 10:00:00.250"}


def type_functions() -> str:
    """Return the type functions, each with a value and what it renders."""
    lines = []
    for name in (*typed.TYPES, "Array"):
        parameters = {"Array": typed.ARRAY_PARAMETERS, "Boolean": typed.BOOLEAN_PARAMETERS}.get(
            name, typed.PARAMETERS
        )
        value = _MOMENTS.get(name) or _SAMPLES.get(name.rstrip("0123456789"), "5")
        tag = "{{" + f"{name}(x)" + "}}"
        if name == "Array":
            tag, value = "{{Array(x, 'Int32')}}", "1,2"
        rendered = compile_template(tag).render({"x": value}).sql
        shared = "…" if parameters is typed.PARAMETERS else ", ".join(parameters)
        lines.append((code(f"{name}({shared})"), code(value), code(rendered)))
    head = f"`…` stands for `{', '.join(typed.PARAMETERS)}`.\n\n"
    return head + table(("function", "`x` is", "its tag renders"), lines)


_UNDOCUMENTED = {
    "date_diff_in_hours": "Return the whole hours between two times",
    "date_diff_in_minutes": "Return the whole minutes between two times",
    "date_diff_in_seconds": "Return the seconds between two times",
}


def template_functions() -> str:
    """Return the functions other than types, with arguments and meaning."""
    lines = []
    for name, function in functions.FUNCTIONS.items():
        found = list(inspect.signature(function).parameters.values())[1:]
        arguments = ", ".join(
            f"{'**' if p.kind is p.VAR_KEYWORD else ''}{p.name}"
            + ("" if p.default is p.empty else f"={p.default!r}")
            for p in found
            if p.kind is not p.VAR_POSITIONAL
        )
        meaning = _UNDOCUMENTED.get(name) or first_sentence(function)
        lines.append((code(f"{name}({arguments})"), meaning))
    return table(("function", "meaning"), lines)


def python_parts() -> str:
    """Return what of Python templates may use, in `{{ }}` and in `{% %}`."""
    by_type = "; ".join(
        f"{owner.__name__}: {codes(sorted(methods))}"
        for owner, methods in operators.METHODS.items()
    )
    return table(
        ("", "`{{ }}`", "`{% %}` has these too"),
        (
            ("functions", codes(functions.OUTPUT_BUILTINS), codes(functions.CONTROL_BUILTINS)),
            ("methods", codes(sorted(operators.OUTPUT_METHODS)), by_type),
        ),
    )


def template_limits() -> str:
    """Return the limits of one rendering."""
    return table(
        ("limit", "value"),
        (
            ("length of the SQL", f"{run.MAX_SQL_CHARACTERS:,} characters"),
            ("iterations of all loops and comprehensions", f"{run.MAX_ITERATIONS:,}"),
            ("characters and elements that expressions make", f"{run.MAX_WORK:,}"),
            ("size of an integer", f"{run.MAX_INTEGER_BITS:,} bits"),
        ),
    )


BLOCKS: dict[str, Callable[[], str]] = {
    "type-functions": type_functions,
    "template-functions": template_functions,
    "python": python_parts,
    "template-limits": template_limits,
}
