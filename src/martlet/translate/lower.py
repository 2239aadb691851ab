"""Expressions: ClickHouse's tree to Trino's SQL, typed on the way.

Each name is resolved, each call is looked up in the catalogue; what has no row is an error with
its place. Nothing is passed through.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from martlet.errors import (
    SqlError,
    TypeSyntaxError,
    UnsupportedClauseError,
    UnsupportedError,
    UnsupportedFunctionError,
)
from martlet.translate import slots
from martlet.translate.aggregates import aggregate, find_aggregate
from martlet.translate.array_join import array_join
from martlet.translate.catalogue import REFUSED, find_function
from martlet.translate.comparison import membership
from martlet.translate.constants import evaluate
from martlet.translate.convert import as_bigint, cast, make
from martlet.translate.function import Site, apply
from martlet.translate.ordering import Order
from martlet.translate.relations import indented
from martlet.translate.scalars import always_has_row, not_empty, nullable_fields
from martlet.translate.scope import Scope, captures, walk
from martlet.translate.syntax import (
    Call,
    Cast,
    Expression,
    Identifier,
    Lambda,
    Literal,
    Star,
    Subquery,
)
from martlet.translate.tables import TableFacts
from martlet.translate.totals import grouping
from martlet.translate.typing import (
    INTERVALS,
    canonical,
    is_low_cardinality,
    is_string,
    is_tuple,
    literal_type,
    low_cardinality,
    nullable,
    tuple_of,
    type_of,
    without_low_cardinality,
)
from martlet.translate.value import WIDE, Value, name_sql
from martlet.translate.windows import windowed
from martlet.types import ColumnType, Group

if TYPE_CHECKING:
    from martlet.translate.syntax import Query

MAX_EXPANSIONS = 100

_INTEGER_CASTS = {f"to{sign}Int{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)}

Special = Callable[["Lowering", Call, Scope], Value]


@dataclass(slots=True)
class Lowering:
    """One translation: what it reads, and what it has found out.

    Attributes:
        tables: facts of the tables by name.
        join_use_nulls: ClickHouse's setting.
        texts: values of the query's string literals, by their start.
        pinned: texts of the literals that decided something, by their start.
        bodies: start and end of the lambdas that are being read.
        inside: data sources whose views are being read.
        trigger: the table whose new rows the view that is being read takes.
    """

    tables: Mapping[str, TableFacts]
    join_use_nulls: bool = False
    texts: Mapping[int, str] = field(default_factory=dict)
    pinned: dict[int, str] = field(default_factory=dict)
    counters: dict[str, int] = field(default_factory=dict)
    variables: dict[tuple[int, str], str] = field(default_factory=dict)
    bodies: list[tuple[int, int]] = field(default_factory=list)
    depth: int = 0
    inside: tuple[str, ...] = ()
    trigger: str = ""

    def fresh(self, stem: str) -> str:
        """Return a name that no other part of the query has."""
        number = self.counters.get(stem, 0) + 1
        self.counters[stem] = number
        return f"{stem}{number}"

    # Expressions

    def value(self, expression: Expression, scope: Scope) -> Value:
        """Lower an expression.

        Raises:
            UnsupportedError: something in it has no translation.
            SqlError: a name is unknown.
        """
        self.depth += 1
        if self.depth > 400:
            raise SqlError("The expression is nested too deeply", offset=expression.start)
        alias = expression.alias
        is_definition = (
            alias is not None
            and alias not in scope.expanding
            and scope.aliases.get(alias) is expression
        )
        if is_definition:
            scope.expanding.add(str(alias))
        try:
            return self._value(expression, scope)
        except UnsupportedError as error:
            if not error.offset:
                error.offset = expression.start
            raise
        finally:
            self.depth -= 1
            if is_definition:
                scope.expanding.discard(str(alias))

    def _value(self, expression: Expression, scope: Scope) -> Value:
        if scope.keys is not None:
            key = scope.keys.value(self, expression, scope)
            if key is not None:
                return key
        if scope.late is not None:
            column = scope.late.value(self, expression, scope)
            if column is not None:
                return column
        match expression:
            case Literal():
                return self.literal(expression)
            case Identifier():
                return self.identifier(expression, scope)
            case Call():
                return self.call(expression, scope)
            case Cast():
                return self.cast(expression, scope)
            case Subquery():
                return self.scalar(expression, scope)
            case Lambda():
                raise UnsupportedFunctionError("A lambda is not a value", offset=expression.start)
            case Star():
                raise UnsupportedFunctionError("* is not supported here", offset=expression.start)
            case _:
                raise AssertionError(expression)

    def literal(self, literal: Literal) -> Value:
        """Lower a literal: a text is a slot, a number stands as it is."""
        value = literal.value
        type_ = literal_type(value)
        if value is None:
            return Value("NULL", type_, "unknown", is_constant=True, literal=literal)
        if isinstance(value, bool):
            return Value(str(value).lower(), type_, "boolean", is_constant=True, literal=literal)
        if isinstance(value, str):
            sql = slots.slot(literal.start, "text")
            return Value(sql, type_, "varchar", is_constant=True, literal=literal)
        if isinstance(value, float):
            sql = slots.double_sql(value)
            return Value(sql, type_, "double", is_constant=True, literal=literal)
        form = "integer" if -(2**31) < value < 2**31 else "bigint"
        form = form if -(2**63) < value < 2**63 else WIDE
        sql = slots.integer_sql(value)
        return Value(sql, type_, form, is_constant=True, literal=literal)

    def identifier(self, expression: Identifier, scope: Scope) -> Value:
        """Resolve a name: a lambda's parameter, an alias, a column, a part of a column."""
        parts = expression.parts
        if parts[0] in scope.variables:
            return self._elements(scope.variables[parts[0]], parts[1:], expression)
        alias = parts[0]
        target = scope.aliases.get(alias)
        if target is not None and target is not expression and alias not in scope.expanding:
            is_qualifier = len(parts) > 1 and scope.column(parts) is not None
            if not is_qualifier:
                return self._elements(self._alias(alias, target, scope), parts[1:], expression)
        if len(parts) == 1 and parts[0] in scope.using:
            return scope.using[parts[0]]
        found = self._column(parts, scope, expression)
        if found is not None:
            return found
        for length in range(len(parts) - 1, 0, -1):
            found = self._column(parts[:length], scope, expression)
            if found is not None:
                return self._elements(found, parts[length:], expression)
        outer = self._outer_scalar(expression, scope)
        if outer is not None:
            return self._elements(outer, parts[1:], expression)
        name = ".".join(parts)
        if nested := scope.nested(name):
            fields = [f"{name}.{column.rpartition('.')[2]}" for _, column in nested]
            raise UnsupportedClauseError(
                f"'{name}' is a Nested column, which is not supported as a whole on Athena",
                offset=expression.start,
                hint=f"read its columns: {', '.join(fields)}",
            )
        raise SqlError(f"Unknown expression identifier '{name}'", offset=expression.start)

    def _alias(self, alias: str, target: Expression, scope: Scope) -> Value:
        key = alias if not scope.expanding and not scope.variables else ""
        if key and key in scope.known and not scope.in_aggregate:
            return scope.known[key]
        if len(scope.expanding) > MAX_EXPANSIONS:
            raise SqlError("Aliases are nested too deeply", offset=target.start)
        variables = scope.variables
        if not any(start <= target.start < end for start, end in self.bodies):
            scope.variables = {}
        try:
            value = self.value(target, scope)
        finally:
            scope.variables = variables
        if key and not scope.in_aggregate:
            scope.known[key] = value
        return value

    def _column(self, parts: tuple[str, ...], scope: Scope, at: Expression) -> Value | None:
        found = scope.column(parts)
        if found is not None and len(parts) == 1 and (
            parts[0] in found[0].qualified - found[0].equal
        ):  # fmt: skip
            raise SqlError(f"Ambiguous identifier '{parts[0]}': several tables have it",
                           offset=at.start)  # fmt: skip
        return found[0].columns[found[1]] if found else None

    def _outer_scalar(self, expression: Identifier, scope: Scope) -> Value | None:
        """Return what a name of a query around stands for: one of WITH, or a constant's alias.

        An expression of WITH is read where its name stands: its columns are those of that query.

        Raises:
            UnsupportedClauseError: it is a column of the query around.
        """
        name = expression.parts[0]
        outer = scope.parent
        while outer is not None:
            target = outer.aliases.get(name)
            if target is not None and name in outer.scalars:
                return self._scalar_of(name, target, outer, scope)
            if target is not None:
                inside = Scope(parent=outer.parent, ctes=outer.ctes, aliases=outer.aliases,
                               scalars=outer.scalars, expanding={name})  # fmt: skip
                try:
                    value = self.value(target, inside)
                except SqlError:
                    value = None
                if value is not None and value.is_constant:
                    return value
            if target is not None or outer.column(expression.parts) is not None:
                raise UnsupportedClauseError(
                    f"A subquery that reads '{'.'.join(expression.parts)}' of the query around it"
                    " is not supported on Athena",
                    offset=expression.start,
                )
            outer = outer.parent
        return None

    def _scalar_of(self, name: str, target: Expression, outer: Scope, scope: Scope) -> Value:
        scalars = {key: e for key, e in outer.aliases.items() if key in outer.scalars}
        inside = replace(scope, aliases={**scalars, **scope.aliases}, known={},
                         expanding=scope.expanding | {name}, variables={})  # fmt: skip
        value = self.value(target, inside)
        scope.has_aggregates |= inside.has_aggregates
        return value

    def _elements(self, value: Value, names: Sequence[str], at: Expression) -> Value:
        """Return a part of a value by names behind dots: a tuple's element, `.size0`, `.null`."""
        for name in names:
            value = self._element(value, name, at)
        return value

    def _element(self, value: Value, name: str, at: Expression) -> Value:
        bare = value.type.bare
        if is_tuple(bare):
            literal = Literal(at.start, at.end, name, f"'{name}'")
            call = Call(at.start, at.end, "tupleElement", (at, literal))
            site = Site(self, Scope(), call, "tupleElement", [value, self.literal(literal)])
            row = find_function("tupleElement")
            assert row is not None
            return apply(site, row[1])
        subcolumns = {
            ("Array", "size0"): ("cardinality({0})", "UInt64", "bigint"),
            ("Map", "keys"): ("map_keys({0})", "", ""),
            ("Map", "values"): ("map_values({0})", "", ""),
        }
        found = subcolumns.get((bare.family.name, name))
        if name == "null" and value.is_nullable:
            return make(f"{value.operand} IS NULL", type_of("UInt8"), "boolean", of=(value,),
                        atomic=False)  # fmt: skip
        if found is None:
            raise UnsupportedFunctionError(
                f"'{name}' of a value of type {value.type} is not supported", offset=at.start
            )
        sql, type_text, form = found
        if bare.family.name == "Map":
            index = 0 if name == "keys" else 1
            type_text = f"Array({bare.inner[index]})"
            form = f"array({value.map_forms[index]})"
        return make(sql.replace("{0}", value.sql), type_of(type_text), form, of=(value,))

    def call(self, call: Call, scope: Scope) -> Value:
        """Lower a call by its row in the catalogue."""
        if call.window is not None:
            return replace(windowed(self, call, scope), is_constant=False)
        special = SPECIAL.get(call.name)
        if special is not None:
            return special(self, call, scope)
        row = find_function(call.name)
        if row is None:
            if find_aggregate(call.name) is not None:
                return aggregate(self, call, scope)
            hint = f": {REFUSED[call.name]}" if call.name in REFUSED else ""
            raise UnsupportedFunctionError(
                f"Function {call.name}() is not supported on Athena{hint}", offset=call.start
            )
        if call.parameters is not None:
            raise UnsupportedFunctionError(
                f"{call.name}() takes no parameters in brackets of their own", offset=call.start
            )
        name, function = row
        arguments = [
            Value("", type_of("Nothing"), "lambda", is_constant=not captures(argument))
            if isinstance(argument, Lambda)
            else self.value(argument, scope)
            for argument in call.arguments
        ]
        made = apply(Site(self, scope, call, name, list(arguments)), function)
        if function.low_cardinality and any(is_low_cardinality(a.type) for a in arguments):
            return _with_low_cardinality(made, arguments)
        return made

    def cast(self, expression: Cast, scope: Scope) -> Value:
        """Lower CAST and `::`."""
        try:
            type_ = canonical(type_of(expression.type))
        except TypeSyntaxError as error:
            raise SqlError(error.message, offset=expression.start) from error
        operand = self.value(expression.operand, scope)
        return self.converted(operand, type_, expression, explicit=True)

    def converted(
        self, value: Value, type_: ColumnType, at: Expression, *, explicit: bool = False
    ) -> Value:
        """Return a value as one of another type; an error points to the expression."""
        try:
            made = cast(value, type_)
        except UnsupportedError as error:
            if not error.offset:
                error.offset = at.start
            raise
        if explicit and not type_.is_nullable and value.type.is_nullable:
            return self._not_null(made, type_, at)
        return made

    def _not_null(self, value: Value, type_: ColumnType, at: Expression) -> Value:
        """Return a value of a type without NULL: where it meets one, it fails as in ClickHouse."""
        if value.form == "unknown":
            raise SqlError("Cannot convert NULL to a non-nullable type", offset=at.start)
        failure = "CAST('Cannot convert NULL value to non-Nullable type' AS bigint)"
        if value.form != "bigint":
            failure = f"CAST({failure} AS varchar)"
        if value.form not in ("bigint", "varchar"):
            failure = f"CAST({failure} AS {value.form})"
        sql = f"coalesce({value.sql}, {failure})"
        return replace(value, sql=sql, type=type_, is_atomic=True, literal=None)

    def scalar(self, expression: Subquery, scope: Scope) -> Value:
        """Lower a subquery that stands for one value; without rows it is NULL, or an error."""
        result = self.subquery(expression.query, scope)
        has_row = always_has_row(expression.query)
        if len(result.values) > 1:
            made = self._scalar_tuple(result)
            return made if has_row else not_empty(made)
        (column,) = result.values
        group = column.type.bare.family.group
        if group is Group.TUPLE:  # ClickHouse's is a Nullable one
            type_ = nullable_fields(column.type)
            return Value(f"({result.sql})", type_, column.form, is_constant=True)
        kept = is_low_cardinality(column.type) or group in (Group.ARRAY, Group.MAP)
        type_ = column.type if kept else nullable(column.type)
        made = Value(f"({result.sql})", type_, column.form, is_constant=True)
        if kept and not column.is_nullable and not has_row:
            return not_empty(made)
        return made

    def _scalar_tuple(self, result: "Translated") -> Value:
        """Return several columns of a scalar subquery as one tuple with their names."""
        form = ", ".join(f"{value.sql} {value.form}" for value in result.values)
        row = f"CAST(ROW({', '.join(value.sql for value in result.values)}) AS row({form}))"
        alias = self.fresh("scalar")
        sql = f"(SELECT {row}\nFROM (\n{indented(result.sql)}\n) AS {alias})"
        type_ = tuple_of([value.type for value in result.values], result.names)
        return Value(sql, type_, f"row({form})", is_constant=True)

    def subquery(self, query: "Query", scope: Scope, *, is_source: bool = False) -> "Translated":
        """Translate a query inside of this one; one in FROM carries its order."""
        from martlet.translate.select import translate_query

        return translate_query(self, query, Scope(parent=scope), is_source=is_source)

    def lambda_body(
        self, lambda_: Lambda, elements: Sequence[Value], scope: Scope, *, of: str
    ) -> tuple[str, Value]:
        """Lower a lambda's body for parameters of these types and forms."""
        if len(lambda_.parameters) != len(elements):
            raise UnsupportedFunctionError(
                f"{of}(): a lambda of {len(elements)} parameters is expected",
                offset=lambda_.start,
            )
        names = [self._variable(lambda_, name, scope) for name in lambda_.parameters]
        before, aliases = scope.variables, scope.aliases
        own = {part.alias: part for part in walk(lambda_.body) if part.alias is not None}
        scope.aliases = {**aliases, **own}
        scope.variables = dict(before) | {
            parameter: replace(element, sql=name, is_atomic=True, is_constant=False, literal=None)
            for parameter, name, element in zip(lambda_.parameters, names, elements, strict=True)
        }
        self.bodies.append((lambda_.start, lambda_.end))
        try:
            body = self.value(lambda_.body, scope)
        finally:
            self.bodies.pop()
            scope.variables, scope.aliases = before, aliases
        return names[0] if len(names) == 1 else f"({', '.join(names)})", body

    def _variable(self, lambda_: Lambda, name: str, scope: Scope) -> str:
        """Return a lambda's parameter as Trino writes it: a name that no column has.

        The same lambda has the same names wherever it is read again, so that what is grouped by
        is found in SELECT.
        """
        key = (lambda_.start, name)
        if key not in self.variables:
            columns = {name.lower() for relation in scope.relations
                       for name in (relation.name, *relation.columns)}  # fmt: skip
            taken = {value.sql.partition("[")[0] for value in scope.variables.values()}
            plain = name.lower() if name.isascii() and name.isidentifier() else "v"
            sql = name_sql(plain)
            if plain in columns or sql in taken or sql.startswith('"') or plain == "v":
                sql = self.fresh(f"{plain}_")
            self.variables[key] = sql
        return self.variables[key]

    # Literals whose value decides something

    def pin(self, literal: Literal) -> object:
        """Return a literal's value, on which the translation depends from now on."""
        if isinstance(literal.value, str) and literal.end > literal.start:
            self.pinned[literal.start] = literal.value
        return literal.value

    def first_equal(self, sql: str, others: Iterable[str]) -> str:
        """Return the first of some SQL texts that is the same SQL, or the text itself.

        They are the same too where literals of the same text stand at several places of the query:
        the translation depends on these texts from then on.
        """
        others = list(others)
        if sql in others or not slots.starts(sql):
            return sql
        for other in others:
            if slots.shape(other) == slots.shape(sql):
                pairs = list(zip(slots.starts(sql), slots.starts(other), strict=True))
                self.pinned |= {start: self.texts[start] for pair in pairs for start in pair}
                if all(self.texts[one] == self.texts[two] for one, two in pairs):
                    return other
        return sql

    def constant(self, expression: Expression, scope: Scope, *, of: str) -> object:
        """Return the value of an expression of literals; its texts are pinned.

        Raises:
            UnsupportedFunctionError: it is not one.
        """
        return evaluate(self, expression, scope, of)

    def count(self, expression: Expression, scope: Scope, *, of: str) -> str:
        """Return a number of rows for LIMIT or OFFSET; a parameter's text is a slot."""
        inner = expression
        if isinstance(inner, Call) and inner.name in _INTEGER_CASTS and len(inner.arguments) == 1:
            inner = inner.arguments[0]
        if isinstance(inner, Literal) and isinstance(inner.value, str) and inner is not expression:
            return slots.slot(inner.start, "count")
        number = self.integer(expression, scope, of=of)
        if number < 0:
            raise UnsupportedFunctionError(f"{of} must not be negative", offset=expression.start)
        return str(number)

    def integer(self, expression: Expression, scope: Scope, *, of: str) -> int:
        """Return an integer that a clause needs as a number: LIMIT, OFFSET, a parameter."""
        value = self.constant(expression, scope, of=of)
        if isinstance(value, float) and value == int(value):
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int):
            raise UnsupportedFunctionError(
                f"{of} needs a constant integer", offset=expression.start
            )
        return value


@dataclass(frozen=True, slots=True)
class Translated:
    """A translated query: its SQL and what each of its columns is, by ClickHouse's names.

    Attributes:
        columns: `sql` of each is its name in Trino, as a column of this query.
        names: ClickHouse's names in order; they may repeat.
        has_totals: whether a last column, which is not in `names`, marks the row of WITH TOTALS.
        order: the order of the rows, by columns of this query.
    """

    sql: str
    columns: dict[str, Value]
    names: tuple[str, ...] = ()
    values: tuple[Value, ...] = ()
    has_totals: bool = False
    order: tuple[Order, ...] = ()


def _with_low_cardinality(value: Value, arguments: Sequence[Value]) -> Value:
    """Make a result LowCardinality as ClickHouse does: of one such argument and constants."""
    others = [a for a in arguments if not a.is_constant]
    if len(others) > 1 and all(is_string(a.type) for a in others):
        return replace(value, type=without_low_cardinality(value.type))
    if len(others) != 1 or not is_low_cardinality(others[0].type):
        return value
    if value.type.bare.family.group in (Group.ARRAY, Group.MAP, Group.TUPLE, Group.DECIMAL,
                                        Group.ENUM, Group.DATETIME64, Group.JSON):  # fmt: skip
        return value
    if value.type.bare.family.name == "Nothing":
        return value
    return replace(value, type=low_cardinality(value.type))


def _interval(lowering: Lowering, call: Call, scope: Scope) -> Value:
    """Lower an interval to the number of its units."""
    amount = lowering.value(call.arguments[0], scope)
    type_ = type_of("Interval" + call.name.removeprefix("toInterval"))
    if amount.literal is not None and isinstance(amount.literal.value, str):
        amount = lowering.converted(amount, type_of("Int64"), call)
    return replace(as_bigint(amount), type=nullable(type_) if amount.is_nullable else type_)


def _exists(lowering: Lowering, call: Call, scope: Scope) -> Value:
    (subquery,) = call.arguments
    assert isinstance(subquery, Subquery)
    result = lowering.subquery(subquery.query, scope)
    return make(f"EXISTS ({result.sql})", type_of("UInt8"), "boolean")


SPECIAL: dict[str, Special] = {
    "arrayJoin": array_join,
    "grouping": grouping,
    "exists": _exists,
    "in": membership,
    "notIn": membership,
    "globalIn": membership,
    "globalNotIn": membership,
    **{name.replace("Interval", "toInterval"): _interval for name in INTERVALS},
}
