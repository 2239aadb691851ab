"""What a row of the catalogue is: a ClickHouse function, what it takes, returns and becomes.

A row says the kinds of its arguments, its result type and its Trino form: a template with `{0}`,
`{1}`, ..., `{*}` for all arguments, or a function that writes the value where a template cannot.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

from martlet.errors import UnsupportedFunctionError
from martlet.translate.convert import as_bigint, as_boolean, as_double, as_number, make
from martlet.translate.syntax import Call, Expression, Lambda
from martlet.translate.times import local_time
from martlet.translate.typing import (
    is_array,
    is_date,
    is_datetime,
    is_integer,
    is_interval,
    is_map,
    is_number,
    is_string,
    is_time,
    is_tuple,
    nullable,
    type_of,
)
from martlet.translate.value import TIMESTAMP, Value
from martlet.types import ColumnType, Group

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering
    from martlet.translate.scope import Scope

Returns = str | Callable[[Sequence[Value]], ColumnType]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of argument.

    Attributes:
        accepts: whether a value can be such an argument.
        prepare: brings it into the form that templates expect.
        samples: ClickHouse types of the kind, for the documentation and generated tests.
    """

    accepts: Callable[[Value], bool]
    prepare: Callable[[Value], Value]
    samples: tuple[str, ...]


def _same(value: Value) -> Value:
    return value


def _is_text(value: Value) -> bool:
    return value.form == "unknown" or (is_string(value.type) and value.form != "varbinary")


def _is_text_or_enum(value: Value) -> bool:
    return _is_text(value) or value.type.bare.family.group is Group.ENUM


def padded(value: Value) -> Value:
    """Return a text with the zero bytes that fill a FixedString and that the lake leaves out."""
    bare = value.type.bare
    if bare.family.group is not Group.FIXED_STRING or value.form != "varchar":
        return value
    zeros = f"rpad('', {bare.arguments[0]} - length(to_utf8({value.sql})), chr(0))"
    return replace(value, sql=f"concat({value.sql}, {zeros})", is_atomic=True, literal=None)


def _is_integer(value: Value) -> bool:
    return value.form == "unknown" or (
        (is_integer(value.type) or value.type.bare.family.group is Group.BOOL)
        and value.form != "varchar"
    )


def _is_number(value: Value) -> bool:
    return value.form == "unknown" or (is_number(value.type) and value.form != "varchar")


def _local(value: Value) -> Value:
    """Return a time as the clock's time of its zone, as timestamp(3)."""
    return replace(value, sql=local_time(value), form=TIMESTAMP, is_atomic=True, literal=None)


_INTEGERS = ("UInt8", "Int32", "UInt64", "Int64")
_NUMBERS = (*_INTEGERS, "Float32", "Float64")
_TIMES = ("Date", "DateTime", "DateTime64(3)", "DateTime64(6)", "DateTime('Asia/Tokyo')")

KINDS: dict[str, Kind] = {
    "any": Kind(lambda _: True, _same, (*_NUMBERS, "String", *_TIMES, "Array(String)")),
    # A text as ClickHouse's functions see it: with the zero bytes of a FixedString.
    "string": Kind(
        _is_text_or_enum,
        padded,
        ("String", "LowCardinality(String)", "Nullable(String)", "FixedString(4)"),
    ),
    "text": Kind(_is_text, _same, ("String", "LowCardinality(String)", "Nullable(String)")),
    "int": Kind(_is_integer, lambda v: as_bigint(as_number(v)), _INTEGERS),
    "integer": Kind(_is_integer, as_number, _INTEGERS),
    "number": Kind(_is_number, as_number, _NUMBERS),
    "double": Kind(_is_number, as_double, _NUMBERS),
    "bool": Kind(_is_number, as_boolean, ("UInt8", "Bool", "Nullable(UInt8)")),
    "date": Kind(lambda v: is_date(v.type), _same, ("Date", "Date32")),
    "datetime": Kind(lambda v: is_datetime(v.type), _same, _TIMES[1:]),
    "time": Kind(lambda v: is_time(v.type), _same, _TIMES),
    "local": Kind(lambda v: is_time(v.type), _local, _TIMES),
    "interval": Kind(lambda v: is_interval(v.type), _same, ()),
    "array": Kind(lambda v: is_array(v.type), _same, ("Array(String)", "Array(Int64)")),
    "map": Kind(lambda v: is_map(v.type), _same, ("Map(String, Int64)",)),
    "tuple": Kind(lambda v: is_tuple(v.type), _same, ("Tuple(String, UInt8)",)),
    # A literal whose text decides the translation: a rule reads it by `site.constant`.
    "constant": Kind(lambda v: v.is_constant, _same, ()),
    "lambda": Kind(lambda _: True, _same, ()),
}


@dataclass(slots=True)
class Site:
    """One call of a function, as a rule sees it.

    Attributes:
        arguments: the lowered arguments, prepared for their kinds; lambdas are lowered by `body`.
        condition: of an aggregate with -If or FILTER, as SQL; empty without.
    """

    lowering: "Lowering"
    scope: "Scope"
    call: Call
    name: str
    arguments: list[Value]
    condition: str = ""
    distinct: bool = False
    parameters: tuple[Expression, ...] = ()

    def fail(self, message: str, *, index: int | None = None) -> UnsupportedFunctionError:
        """Return an error that points to the call, or to one of its arguments."""
        place = self.call if index is None else self.call.arguments[index]
        return UnsupportedFunctionError(f"{self.name}(): {message}", offset=place.start)

    def constant(self, index: int) -> object:
        """Return the value of an argument that must be a literal; its text is pinned."""
        return self.lowering.constant(self.call.arguments[index], self.scope, of=self.name)

    def text(self, index: int) -> str:
        """Return the value of an argument that must be a literal text."""
        value = self.constant(index)
        if not isinstance(value, str):
            raise self.fail("a literal text is expected here", index=index)
        return value

    def body(self, index: int, elements: Sequence[Value]) -> tuple[str, Value]:
        """Lower the lambda that is an argument, for parameters of these types.

        Returns:
            The parameters as Trino writes them, `x` or `(x, y)`, and the body.
        """
        lambda_ = self.call.arguments[index]
        if not isinstance(lambda_, Lambda):
            raise self.fail("a lambda is expected here", index=index)
        return self.lowering.lambda_body(lambda_, elements, self.scope, of=self.name)

    def convert(self, value: Value, type_: ColumnType) -> Value:
        """Return a value as one of another type, as CAST does."""
        return self.lowering.converted(value, type_, self.call)


Rule = Callable[[Site], Value]


@dataclass(frozen=True, slots=True)
class Function:
    """A row of the catalogue.

    Attributes:
        takes: kinds of the arguments; `text?` may be left out, `any*` stands for any number.
        returns: the result type where no argument is NULL, or a function of the arguments.
        to: the Trino form.
        form: the form of the result where it is not the usual one of its type.
        nulls: "propagate": NULL if an argument is; "own": the rule types and fills NULLs itself.
        note: how the result differs from ClickHouse's; empty where it is exact.
        low_cardinality: whether a LowCardinality argument makes the result one.
        is_constant: False for functions whose value differs from row to row.
    """

    takes: tuple[str, ...]
    returns: Returns
    to: str | Rule
    form: str = ""
    nulls: str = "propagate"
    note: str = ""
    low_cardinality: bool = True
    is_constant: bool = True

    def arity(self) -> tuple[int, int]:
        """Return the least and greatest number of arguments."""
        least = sum(not kind.endswith(("?", "*")) for kind in self.takes)
        many = any(kind.endswith("*") for kind in self.takes)
        return least, 127 if many else len(self.takes)

    def kind(self, index: int) -> Kind:
        """Return the kind of an argument by its index."""
        name = self.takes[min(index, len(self.takes) - 1)]
        return KINDS[name.rstrip("?*")]


def prepare(site: Site, row: Function) -> None:
    """Check a call's arguments against its row and bring them into their kinds' forms.

    Raises:
        UnsupportedFunctionError: another number of arguments, or of other types.
    """
    least, most = row.arity()
    count = len(site.arguments)
    if not least <= count <= most:
        raise site.fail(f"takes {least if least == most else f'{least} to {most}'} arguments, "
                        f"got {count}")  # fmt: skip
    for index, value in enumerate(site.arguments):
        if isinstance(site.call.arguments[index], Lambda):
            continue
        kind = row.kind(index)
        if not kind.accepts(value):
            raise site.fail(f"an argument of type {value.type} is not supported", index=index)
        site.arguments[index] = kind.prepare(value)


def apply(site: Site, row: Function) -> Value:
    """Return the value of a call by its row."""
    given = list(site.arguments)
    prepare(site, row)
    arguments = site.arguments
    if callable(row.to):
        made = row.to(site)
    else:
        type_ = result_type(row, arguments)
        sql, atomic = compile_template(row.to)(arguments)
        made = make(sql, type_, row.form, of=tuple(arguments), atomic=atomic)
    if row.nulls == "propagate" and any(_is_null(value) for value in given):
        return Value("NULL", type_of("Nullable(Nothing)"), "unknown", is_constant=made.is_constant,
                     is_aggregate=made.is_aggregate)  # fmt: skip
    if row.nulls == "propagate" and any(value.is_nullable for value in given):
        made = replace(made, type=nullable(made.type))
    if not row.is_constant:
        return replace(made, is_constant=False)
    constant = all(value.is_constant for value in given)
    # A rule that makes a constant of an aggregate, as toTypeName() does, leaves none in the text.
    aggregate = made.is_aggregate or (
        not made.is_constant and any(value.is_aggregate for value in given)
    )
    return replace(made, is_constant=constant, is_aggregate=aggregate)


def _is_null(value: Value) -> bool:
    """Whether a value is NULL alone, of no other type."""
    return value.form == "unknown" and value.type.bare.family.name == "Nothing"


def result_type(row: Function, arguments: Sequence[Value]) -> ColumnType:
    """Return the type that a row gives, without regard to NULL."""
    return type_of(row.returns) if isinstance(row.returns, str) else row.returns(arguments)


_PLACE = re.compile(r"\{(\d+|\*)\}")
Template = Callable[[Sequence[Value]], tuple[str, bool]]


@lru_cache(maxsize=2048)
def compile_template(text: str) -> Template:
    """Return a function that puts arguments into a template and tells whether it is atomic.

    An argument between brackets and commas stands as it is, another one as an operand.
    """
    pieces: list[tuple[str, str, bool]] = []
    position = 0
    for found in _PLACE.finditer(text):
        before, after = text[: found.start()].rstrip(), text[found.end() :].lstrip()
        bare = before.endswith(("(", ",", "[")) and after.startswith((")", ",", "]", " AS "))
        pieces.append((text[position : found.start()], found[1], bare))
        position = found.end()
    tail = text[position:]
    atomic = _is_atomic(text)

    def fill(arguments: Sequence[Value]) -> tuple[str, bool]:
        parts: list[str] = []
        for before, which, bare in pieces:
            parts.append(before)
            if which == "*":
                parts.append(", ".join(value.sql for value in arguments))
            else:
                value = arguments[int(which)]
                parts.append(value.sql if bare else value.operand)
        parts.append(tail)
        return "".join(parts), atomic

    return fill


def _is_atomic(text: str) -> bool:
    """Whether a template is one call, literal or name."""
    if re.fullmatch(r"\{\d+\}|\w+", text):
        return True
    if not re.match(r"\w+\(", text) or not text.endswith(")"):
        return text.startswith("CASE ") and text.endswith(" END")
    depth = 0
    for index, character in enumerate(text):
        depth += (character == "(") - (character == ")")
        if depth == 0 and character == ")":
            return index == len(text) - 1
    return False


# What `returns` often is.


def same(index: int = 0) -> Callable[[Sequence[Value]], ColumnType]:
    """Return the type of an argument."""

    def returns(arguments: Sequence[Value]) -> ColumnType:
        return arguments[index].type

    return returns
