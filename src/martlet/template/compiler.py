"""Templates: compiled once, rendered with the parameters of each request.

Text becomes statements (`syntax`), statements become closures here, and their expressions become
closures in `expressions`. Nothing of a template or a request is ever run as Python.
"""

import copy
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from martlet.errors import TemplateError
from martlet.model import Parameter
from martlet.template import guard
from martlet.template.choices import Facts
from martlet.template.expressions import Compiler
from martlet.template.parameters import declared, local_names
from martlet.template.run import Run, Step
from martlet.template.samples import Branch, SampleBuilder, SampleCompiler, SampleRun
from martlet.template.statements import VALUE_ERRORS, Builder
from martlet.template.syntax import parse
from martlet.template.typed import elements
from martlet.template.values import PAGE, LimitError, failure


@dataclass(slots=True)  # not frozen, which costs each request half a microsecond
class Rendered:
    """The outcome of a rendering.

    Attributes:
        sql: the statement.
        settings: what the template's hints set: `max_threads`, `cache_ttl`, `backend_hint`,
            `activate` (a tuple), `disable`.
        secrets: values of the placeholders `{name: String}` in `sql`, bound outside of the text.
        facts: of a sample, what its way through the template says about tests.
    """

    sql: str
    settings: Mapping[str, object]
    secrets: Mapping[str, str]
    facts: Facts | None = None


def compile_template(sql: str, *, name: str = "") -> "Template":
    """Return a template ready to render.

    Args:
        sql: the text after the `%`.
        name: of the node, for `repr`.

    Raises:
        TemplateError: not a template; `offset` is an index into `sql`.
    """
    try:
        return Template(sql, name=name)
    except RecursionError:
        raise failure("the template is nested too deeply", page=None) from None


class Template:
    """A compiled template.

    Attributes:
        name: of the node it belongs to.
        parameters: what can be given, found without rendering.
    """

    def __init__(self, sql: str, *, name: str = "") -> None:
        statements = parse(sql)
        names = local_names(statements)
        is_checked = not guard.is_open(statements)
        builder = Builder(Compiler(names), is_checked=is_checked)
        step = builder.block(statements)
        found = declared(sql, statements, names)
        self.name = name
        self._sql = sql
        self.parameters: tuple[Parameter, ...] = found.parameters
        self._required = found.required
        self._arrays = found.arrays
        self._is_checked = is_checked
        self._step = step
        self._changes_values = builder.compiler.changes_values

    def __repr__(self) -> str:
        return f"<Template {self.name}>"

    def render(
        self, values: Mapping[str, object], *, secrets: Mapping[str, str] | None = None
    ) -> Rendered:
        """Return the SQL for the parameters of a request.

        Args:
            values: text from a query string, or what JSON makes of a body.
            secrets: what `tb_secret` can name.

        Raises:
            TemplateAbort: the template called `error()` or `custom_error()`.
            TemplateError: a value is missing or wrong, or the template cannot be rendered.
        """
        run = Run(values.get, secrets={} if secrets is None else secrets, required=self._required)
        if self._arrays or self._changes_values:
            own = copy.deepcopy(dict(values)) if self._changes_values else dict(values)
            run.read = own.get
            self._split_arrays(run, own)
        return self._rendered(run, self._step, is_checked=self._is_checked)

    def render_sample(self, facts: Facts | None = None) -> Rendered:
        """Return the SQL with placeholders for parameters without default.

        Args:
            facts: what is known of tests, for one that a placeholder does not decide.

        Raises:
            TemplateError: the template is wrong whatever the parameters.
        """
        step, _ = self._sampled
        return self._rendered(SampleRun(facts), step, is_checked=False)

    def branches(self) -> Iterator[Rendered]:
        """Yield renderings that together take every branch that a request can take.

        Loops run once, values are placeholders, and what cannot be computed with them is one too.
        """
        step, branches = self._sampled
        pending = set(branches)
        for target in [None, *branches]:
            if target is not None and target not in pending:
                continue
            facts = Facts()
            for test, value in target.path if target else ():
                facts.assume(test, value)
            before = len(pending)
            rendered = self._rendered(SampleRun(facts, pending), step, is_checked=False)
            if target is None or len(pending) < before:
                yield rendered

    @cached_property
    def _sampled(self) -> tuple[Step, list[Branch]]:
        """What renders samples, and the branches in it: made when they are first asked for."""
        statements = parse(self._sql)
        compiler = SampleCompiler(local_names(statements))
        step = SampleBuilder(compiler, is_checked=self._is_checked).block(statements)
        return step, compiler.branches

    def _split_arrays(self, run: Run, values: dict[str, object]) -> None:
        for name, type_name in self._arrays.items():
            value = values.get(name)
            if isinstance(value, str | list):
                try:
                    values[name] = elements(run, value, type_name)
                except TemplateError:
                    continue  # reported where the template gets to the array, if it does

    def _rendered(self, run: Run, step: Step, *, is_checked: bool) -> Rendered:
        try:
            step(run)
            run.check_length()
            if is_checked and run.inserted:
                guard.verify(run.out, run.inserted)
            sql = "".join(run.out)
            if not sql.isascii():
                sql.encode()
        except TemplateError as error:
            if error.offset is None:
                error.offset = run.at
            raise
        except VALUE_ERRORS as error:
            raise _as_template_error(error, run.at) from error
        facts = run.facts if isinstance(run, SampleRun) else None
        return Rendered(sql, run.settings, run.used_secrets, facts)


def _as_template_error(error: Exception, offset: int) -> TemplateError:
    """Return the error a caller reads for one of Python's."""
    result: TemplateError
    text = str(error)
    match error:
        case UnicodeEncodeError():
            result = failure("a value is not valid Unicode", page=None)
        case MemoryError() | RecursionError():
            result = LimitError("Template Syntax Error: an expression is too large")
        case AttributeError():
            result = failure(text)
        case NameError():
            page = f"{PAGE}#defined" if "free variable" in text else None
            result = failure(text, page=page)
        case KeyError():
            result = failure(
                f"Missing key '{error.args[0]}' while rendering the template. "
                "Ensure every object accessed in the template has this key."
            )
        case IndexError():
            result = failure(_OUT_OF_TEXT if text.startswith("string") else text)
        case TypeError() if "() missing " in text and "required" in text:
            result = failure(
                "one of the transform type functions is missing an argument",
                page=f"{PAGE}#transform-types-functions",
            )
        case TypeError() if text.startswith("unhashable type") or text.endswith("not callable"):
            result = failure(
                "wrong syntax, you might be using a not valid function inside a control block"
            )
        case _:
            result = TemplateError(text or type(error).__name__)
    result.offset = offset
    return result


_OUT_OF_TEXT: Final = (
    "String index out of range. Check that string parameters have values before accessing "
    "specific characters (e.g., param[0]). Provide default values or add length checks in your "
    "template."
)
