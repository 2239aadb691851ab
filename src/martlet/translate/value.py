"""A translated expression: Trino's SQL, ClickHouse's type, and how Trino holds the value.

ClickHouse's type says what the value means; the form says what it is in Trino's hands. They are
kept apart: a comparison is a `UInt8` held as `boolean`, a count is a `UInt64` held as `bigint`,
a stored `UInt64` is held as `decimal(20,0)`, a `DateTime64(6)` as `bigint` ticks.
"""

import re
from dataclasses import dataclass, replace

from martlet.translate.states import lake_form
from martlet.translate.syntax import Literal
from martlet.types import ColumnType, Group

INTEGER_FORMS = ("tinyint", "smallint", "integer", "bigint")
TIMESTAMP = "timestamp(3)"
WIDE = "decimal(20,0)"


@dataclass(frozen=True, slots=True)
class Value:
    """An expression in both worlds.

    Attributes:
        sql: Trino SQL.
        type: ClickHouse's type.
        form: the Trino type that `sql` has.
        is_atomic: whether `sql` can be an operand without brackets.
        is_constant: whether it is the same for all rows of the query.
        literal: the literal that it is, if it is one: rules convert it without a cast at run time.
        is_aggregate: whether an aggregate function is in it.
    """

    sql: str
    type: ColumnType
    form: str
    is_atomic: bool = True
    is_constant: bool = False
    literal: Literal | None = None
    is_aggregate: bool = False

    @property
    def operand(self) -> str:
        """The SQL as an operand of an operator."""
        return self.sql if self.is_atomic else f"({self.sql})"

    @property
    def is_nullable(self) -> bool:
        return self.type.is_nullable

    @property
    def element_form(self) -> str:
        """The form of an array's elements."""
        return self.form[len("array(") : -1]

    @property
    def map_forms(self) -> tuple[str, str]:
        """The forms of a map's keys and values."""
        key, value = split_forms(self.form[len("map(") : -1])
        return key, value

    @property
    def row_forms(self) -> list[str]:
        """The forms of a tuple's fields."""
        fields = split_forms(self.form[len("row(") : -1])
        return [_FIELD.sub("", field) for field in fields]

    def retyped(self, type_: ColumnType) -> "Value":
        """Return the same SQL as a value of another ClickHouse type."""
        return replace(self, type=type_, literal=None)


_FIELD = re.compile(r'^"(?:[^"]|"")*" ')


def split_forms(text: str) -> list[str]:
    """Split `a, b(c, d)` at the commas that are in no brackets."""
    parts, depth, start, quoted = [], 0, 0, False
    for index, character in enumerate(text):
        if character == '"':
            quoted = not quoted
        elif quoted:
            continue
        elif character == "(":
            depth += 1
        elif character == ")":
            depth -= 1
        elif character == "," and depth == 0:
            parts.append(text[start:index].strip())
            start = index + 1
    parts.append(text[start:].strip())
    return parts


def form_of(type_: ColumnType) -> str:
    """Return the form in which values of a type are made inside of a query.

    Integers are wide there, so that arithmetic does not overflow where ClickHouse widens.
    """
    bare = type_.bare
    match bare.family.group:
        case Group.INTEGER if bare.family.name not in _WIDE_INTEGERS:
            return WIDE if bare.family.name == "UInt64" else "bigint"
        case Group.ARRAY:
            return f"array({form_of(bare.inner[0])})"
        case Group.MAP:
            return f"map({form_of(bare.inner[0])},{form_of(bare.inner[1])})"
        case Group.TUPLE:
            names = bare.names or tuple(f"f{i}" for i in range(1, len(bare.inner) + 1))
            fields = zip(names, bare.inner, strict=True)
            return "row(" + ", ".join(f'"{n.lower()}" {form_of(t)}' for n, t in fields) + ")"
        case Group.OTHER if bare.family.name.startswith("Interval"):
            return "bigint"
        case Group.OTHER if bare.family.name == "Nothing":
            return "unknown"
    return lake_form(bare).trino


_WIDE_INTEGERS = frozenset({"Int128", "Int256", "UInt128", "UInt256"})


def quote_name(name: str) -> str:
    """Return a name as Trino's delimited identifier."""
    return '"' + name.replace('"', '""') + '"'


_PLAIN = re.compile(r"[a-z_][a-z0-9_]*\Z")


def name_sql(name: str) -> str:
    """Return a name as Trino SQL, in quotes where it needs them."""
    return name if _PLAIN.match(name) and name not in RESERVED else quote_name(name)


# https://docs.aws.amazon.com/athena/latest/ug/reserved-words.html: in SELECT, and what Trino 476
# refuses as a name without quotes.
RESERVED = frozenset(
    """alter and as between by case cast constraint create cross cube current_catalog current_date
    current_path current_role current_schema current_time current_timestamp current_user
    deallocate delete describe distinct drop else end escape except execute exists extract
    false first for from full group grouping having in inner insert intersect interval into is
    join json_array json_exists json_object json_query json_table json_value last left like
    listagg localtime localtimestamp natural normalize not null on or order outer prepare
    recursive right rollup select skip table then trim true uescape union unnest using values
    when where with date time timestamp row rows map array count sum key value name""".split()
)
