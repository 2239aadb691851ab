"""JOIN: which rows match, which of the matches are kept, and what the columns are called.

Trino has JOIN ALL only. ANY and SEMI number the rows of a key and keep the first; ANTI is NOT
EXISTS; ASOF gives each row the neighbour that ends its reach. Rules measured on chDB 26.9;
https://clickhouse.com/docs/sql-reference/statements/select/join
"""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from martlet.errors import SqlError, UnsupportedClauseError
from martlet.translate.comparison import comparison
from martlet.translate.convert import as_boolean, as_form, cast, common_form
from martlet.translate.function import Site
from martlet.translate.relations import From, filled, indented, unmatched, unmatched_type
from martlet.translate.scope import Scope, walk
from martlet.translate.syntax import Call, Expression, Identifier, Join
from martlet.translate.typing import nullable, supertype
from martlet.translate.value import Value

if TYPE_CHECKING:
    from martlet.translate.lower import Lowering

_KINDS = {"inner": "JOIN", "left": "LEFT JOIN", "right": "RIGHT JOIN", "full": "FULL JOIN",
          "cross": "CROSS JOIN"}  # fmt: skip


@dataclass(slots=True)
class _Match:
    """The condition of a join taken apart.

    Attributes:
        keys: what must be equal, of the left and of the right side.
        equal: the same as SQL.
        left: conditions on the left side alone, right: on the right side alone.
        mixed: other conditions.
    """

    keys: list[tuple[Value, Value]] = field(default_factory=list)
    equal: list[str] = field(default_factory=list)
    left: list[str] = field(default_factory=list)
    right: list[str] = field(default_factory=list)
    mixed: list[Call] = field(default_factory=list)


def join(lowering: "Lowering", tree: Join, left: From, right: From, scope: Scope) -> From:
    """Join two sources.

    Raises:
        UnsupportedClauseError: Athena has no such join.
        SqlError: a name of USING is unknown or ambiguous.
    """
    kind, strictness = tree.kind, tree.strictness or "all"
    if strictness in ("semi", "anti") and kind == "inner":
        kind = "left"
    kinds = ("inner", "left") if strictness == "asof" else ("inner", "left", "right")
    if strictness != "all" and kind not in kinds:
        words = f"{strictness.upper()} {kind.upper()} JOIN"
        raise UnsupportedClauseError(f"{words} is not supported", offset=tree.start)
    if (left.where and kind in ("right", "full")) or (right.where and kind in ("left", "full")):
        raise UnsupportedClauseError(
            "An ANTI JOIN inside of an outer join is not supported", offset=tree.start
        )
    keys = [_using_key(name, left, right) for name in tree.using]
    for name, (one, other) in zip(tree.using, keys, strict=True):
        _put(left, name.parts[-1], one)
        _put(right, name.parts[-1], other)
    inside = Scope(parent=scope, aliases=scope.aliases, scalars=scope.scalars,
                   relations=[*left.relations, *right.relations], using=left.using)  # fmt: skip
    if strictness == "all":
        made = _all(lowering, tree, kind, left, right, keys, inside)
    elif strictness == "anti":
        made = _anti(lowering, tree, kind, left, right, keys, inside)
    else:
        match = _match(lowering, tree, left, right, keys, inside)
        if strictness == "asof":
            made = _asof(lowering, tree, kind, left, right, match, inside)
        else:
            made = _first(lowering, tree, kind, left, right, match)
    for name, key in zip(tree.using, keys, strict=True):
        made.using[name.parts[-1]] = _shared(lowering, tree, kind, key, left, right, name)
    _name_columns(made, len(left.relations), kind, {name.parts[-1] for name in tree.using})
    _note_equal(tree, kind, left, right, made)
    return made


# Names


def _using_key(name: Identifier, left: From, right: From) -> tuple[Value, Value]:
    """Return the values of a column of USING on both sides, in their common type."""
    sides = [_column(side, name) for side in (left, right)]
    type_ = supertype([value.type for value in sides])
    if type_ is None:
        raise SqlError(f"There is no supertype of the columns '{name.parts[-1]}'",
                       offset=name.start)  # fmt: skip
    one, other = (replace(cast(value, type_), type=type_) for value in sides)
    return one, other


def _column(side: From, name: Identifier) -> Value:
    column = name.parts[-1]
    if column in side.using:
        return side.using[column]
    found = [relation.columns[column] for relation in side.relations if column in relation.columns]
    if len(found) != 1:
        problem = "ambiguous" if found else "unknown"
        raise SqlError(f"The column '{column}' in USING is {problem}", offset=name.start)
    return found[0]


def _put(side: From, name: str, value: Value) -> None:
    """Show a column of USING in its relation as what it is compared as."""
    if name in side.using:
        return
    for relation in side.relations:
        if name in relation.columns:
            relation.columns[name] = value


def _shared(
    lowering: "Lowering", tree: Join, kind: str, key: tuple[Value, Value], left: From, right: From,
    name: Identifier,
) -> Value:  # fmt: skip
    """Return what the name of a column of USING stands for, without a qualifier."""
    one, other = key
    if kind == "full":
        for side in (left, right):
            if side.is_filled and name.parts[-1] not in side.using:
                raise UnsupportedClauseError(
                    "FULL JOIN USING a column of an outer join is not supported", offset=tree.start
                )
        form = common_form([one.form, other.form])
        sql = f"coalesce({as_form(one, form).sql}, {as_form(other, form).sql})"
        return Value(sql, unmatched_type(lowering, one), form)
    return other if kind == "right" else one


def _name_columns(made: From, left_count: int, kind: str, using: set[str]) -> None:
    """Note which columns are shown with their table's name, as others have the same name.

    Of two tables the left one's are shown without.
    """
    tables = [relation for relation in made.relations if not relation.hidden]
    lefts = {id(relation) for relation in made.relations[:left_count]}
    for relation in tables:
        others = [other for other in tables if other is not relation]
        if len(tables) == 2 and relation is tables[0]:
            others = []
        names = {name for other in others for name in other.columns}
        if kind == "right" and id(relation) in lefts:
            names |= using
        relation.qualified = frozenset(names & relation.columns.keys())


def _note_equal(tree: Join, kind: str, left: From, right: From, made: From) -> None:
    """Note which names are not ambiguous though several tables have them.

    INNER JOIN says that the first column of that name is equal to the one that comes now.
    """
    conjuncts = [tree.on] if tree.on is not None and kind == "inner" else []
    equal: set[str] = set()
    while conjuncts:
        test = conjuncts.pop()
        if isinstance(test, Call) and test.name == "and":
            conjuncts += test.arguments
        elif isinstance(test, Call) and test.name == "equals":
            names = [part.parts for part in test.arguments if isinstance(part, Identifier)]
            pairs = [(names[0], names[1]), (names[1], names[0])] if len(names) == 2 else []
            if any(_says_equal(one, other, left, right) for one, other in pairs):
                equal.add(names[0][-1])
    later = {name for relation in right.relations for name in relation.columns}
    for relation, was in zip(made.relations, left.relations, strict=False):
        others = {name for other in left.relations if other is not was for name in other.columns}
        known = (relation.columns.keys() - others) | was.equal
        relation.equal = frozenset((known - later) | (known & equal))


def _says_equal(one: tuple[str, ...], other: tuple[str, ...], left: From, right: From) -> bool:
    """Whether a name of the left side is what it is without a table's name, and the other's too."""
    before, after = Scope(relations=left.relations), Scope(relations=right.relations)
    first = before.column(one[-1:])
    return (
        one[-1] == other[-1] and len(one) == len(other) == 2
        and first is not None and before.column(one) == first and after.column(other) is not None
    )  # fmt: skip


# JOIN ALL


def _all(
    lowering: "Lowering", tree: Join, kind: str, left: From, right: From,
    keys: list[tuple[Value, Value]], inside: Scope,
) -> From:  # fmt: skip
    tests = [_equal(*key) for key in keys]
    if tree.on is not None:
        tests.append(as_boolean(lowering.value(tree.on, inside)).sql)
    return _joined(lowering, kind, left, right, tests)


def _equal(left: Value, right: Value) -> str:
    return f"{left.operand} = {right.operand}"


def _joined(
    lowering: "Lowering", kind: str, left: From, right: From, tests: list[str], *, fill: str = ""
) -> From:
    """Return the join's SQL; rows that have no match get defaults or NULLs.

    `fill` is the kind that decides about NULLs, where it is not the kind of the join.
    """
    nested = f"(\n{indented(right.sql)}\n)" if not right.alias else right.sql
    on = f"\n  ON {' AND '.join(tests)}" if tests else ""
    sql = f"{left.sql}\n{_KINDS[kind]} {nested}{on}"
    fill = fill or kind
    if fill in ("right", "full"):
        left = filled(lowering, left)
    if fill in ("left", "full"):
        right = filled(lowering, right)
    return From(
        sql,
        [*left.relations, *right.relations],
        using={**right.using, **left.using},
        where=[*left.where, *right.where],
        is_filled=left.is_filled or right.is_filled,
        lake=[*left.lake, *right.lake],
        order=left.order if kind in ("inner", "left", "cross") else (),
    )


# ANTI: rows without a match


def _anti(
    lowering: "Lowering", tree: Join, kind: str, left: From, right: From,
    keys: list[tuple[Value, Value]], inside: Scope,
) -> From:  # fmt: skip
    tests = [_equal(*key) for key in keys]
    if tree.on is not None:
        tests.append(as_boolean(lowering.value(tree.on, inside)).sql)
    kept, other = (right, left) if kind == "right" else (left, right)
    tests += other.where
    test = f"NOT EXISTS (\n  SELECT 1\n  FROM {indented(other.sql).lstrip()}\n  WHERE "  # noqa: S608
    test += " AND ".join(tests) + "\n)"
    empty = [replace(relation, columns={n: _nothing(lowering, v) for n, v in
                                        relation.columns.items()})
             for relation in other.relations]  # fmt: skip
    relations = [*empty, *kept.relations] if kind == "right" else [*kept.relations, *empty]
    return replace(kept, relations=relations, alias="", where=[*kept.where, test],
                   using=dict(kept.using))  # fmt: skip


def _nothing(lowering: "Lowering", value: Value) -> Value:
    """Return a column of the side that has no match: NULL or the default in every row."""
    nothing = Value(f"CAST(NULL AS {value.form})", value.type, value.form)
    return unmatched(lowering, nothing)


# Conditions taken apart


def _match(
    lowering: "Lowering", tree: Join, left: From, right: From,
    keys: list[tuple[Value, Value]], inside: Scope,
) -> _Match:  # fmt: skip
    match = _Match()
    for key in keys:
        match.keys.append(key)
        match.equal.append(_equal(*key))
    if tree.on is None:
        return match
    for part in _conjuncts(tree.on):
        sides = _sides(part, left, right, inside)
        if sides == {"left"} or not sides:
            match.left.append(_test(lowering, part, inside))
        elif sides == {"right"}:
            match.right.append(_test(lowering, part, inside))
        else:
            pair = _pair(part, left, right, inside)
            if isinstance(part, Call) and part.name == "equals" and pair is not None:
                one, other = (lowering.value(item, inside) for item in pair)
                match.keys.append((one, other))
                match.equal.append(_test(lowering, part, inside))
            elif isinstance(part, Call) and pair is not None:
                match.mixed.append(part)
            else:
                word = (tree.strictness or "").upper()
                raise UnsupportedClauseError(
                    f"This condition is not supported in {word} JOIN", offset=part.start
                )
    return match


def _conjuncts(expression: Expression) -> Iterator[Expression]:
    if isinstance(expression, Call) and expression.name == "and":
        for argument in expression.arguments:
            yield from _conjuncts(argument)
    else:
        yield expression


def _test(lowering: "Lowering", expression: Expression, scope: Scope) -> str:
    value = as_boolean(lowering.value(expression, scope))
    return f"({value.sql})" if " OR " in value.sql else value.sql


def _sides(expression: Expression, left: From, right: From, scope: Scope) -> set[str]:
    """Return which sides of a join an expression reads."""
    found: set[str] = set()
    for inner in walk(expression):
        if not isinstance(inner, Identifier):
            continue
        place = scope.column(inner.parts)
        target = scope.aliases.get(inner.parts[0])
        if place is None:
            if target is not None and target is not inner:
                found |= _sides(target, left, right, scope)
            continue
        is_left = any(relation is place[0] for relation in left.relations)
        found.add("left" if is_left else "right")
    return found


def _pair(
    part: Expression, left: From, right: From, scope: Scope
) -> tuple[Expression, Expression] | None:
    """Return the two sides of a comparison, the left table's first."""
    if not isinstance(part, Call) or len(part.arguments) != 2:
        return None
    one, other = part.arguments
    sides = [_sides(item, left, right, scope) for item in (one, other)]
    if sides == [{"left"}, {"right"}]:
        return one, other
    return (other, one) if sides == [{"right"}, {"left"}] else None


def _numbered(
    lowering: "Lowering", tree: Join, side: From, columns: list[str], tests: list[str]
) -> From:
    """Return a side with more columns, in a subquery of the same name."""
    if not side.alias or side.where:
        raise UnsupportedClauseError(
            f"{(tree.strictness or '').upper()} JOIN of a join is not supported", offset=tree.start
        )
    where = f"\nWHERE {' AND '.join(tests)}" if tests else ""
    sql = f"SELECT {', '.join([f'{side.alias}.*', *columns])}\nFROM {side.sql}{where}"
    return replace(side, sql=f"(\n{indented(sql)}\n) AS {side.alias}")


# ANY and SEMI: the first row of a key


def _first(
    lowering: "Lowering", tree: Join, kind: str, left: From, right: From, match: _Match
) -> From:
    word = (tree.strictness or "").upper()
    if match.mixed or not match.keys:
        place = match.mixed[0].start if match.mixed else tree.start
        raise UnsupportedClauseError(f"{word} JOIN takes equal keys only", offset=place)
    tests = list(match.equal)
    if kind in ("left", "inner"):
        right, test = _one_of_key(
            lowering, tree, right, [key[1] for key in match.keys], match.right
        )
        tests.append(test)
    else:
        tests += match.right
    if kind in ("right", "inner"):
        left, test = _one_of_key(lowering, tree, left, [key[0] for key in match.keys], match.left)
        tests.append(test)
    else:
        tests += match.left
    if tree.strictness == "any":
        return _joined(lowering, kind, left, right, tests)
    fill = kind if lowering.join_use_nulls else "inner"
    return _joined(lowering, "inner", left, right, tests, fill=fill)


def _one_of_key(
    lowering: "Lowering", tree: Join, side: From, keys: list[Value], tests: list[str]
) -> tuple[From, str]:
    """Return a side with its rows of a key numbered, and the condition for one of them."""
    name = lowering.fresh("match")
    partition = ", ".join(key.sql for key in keys)
    column = f"row_number() OVER (PARTITION BY {partition}) AS {name}"
    return _numbered(lowering, tree, side, [column], tests), f"{side.alias}.{name} = 1"


# ASOF: the nearest row

# How the left value is compared with the right one -> the neighbour, and how with that.
_NEIGHBOURS = {
    "greaterOrEquals": ("lead", "less"), "greater": ("lead", "lessOrEquals"),
    "lessOrEquals": ("lag", "greater"), "less": ("lag", "greaterOrEquals"),
}  # fmt: skip
_TURNED = {"greaterOrEquals": "lessOrEquals", "lessOrEquals": "greaterOrEquals",
           "greater": "less", "less": "greater"}  # fmt: skip


def _asof(
    lowering: "Lowering", tree: Join, kind: str, left: From, right: From, match: _Match,
    inside: Scope,
) -> From:  # fmt: skip
    if tree.using:
        one, other = match.keys.pop()
        match.equal.pop()
        name, call = "greaterOrEquals", Call(tree.start, tree.start, "greaterOrEquals", ())
    else:
        if len(match.mixed) != 1 or match.mixed[0].name not in _TURNED:
            raise UnsupportedClauseError("ASOF JOIN takes one condition with <, <=, > or >=",
                                         offset=tree.start)  # fmt: skip
        (call,) = match.mixed
        pair = _pair(call, left, right, inside)
        assert pair is not None
        name = call.name if pair[0] is call.arguments[0] else _TURNED[call.name]
        one, other = (lowering.value(item, inside) for item in pair)
    if not match.keys:
        raise UnsupportedClauseError("ASOF JOIN needs a column that must be equal",
                                     offset=tree.start)  # fmt: skip
    word, test = _NEIGHBOURS[name]
    neighbour = lowering.fresh("neighbour")
    partition = ", ".join(key[1].sql for key in match.keys)
    column = f"{word}({other.sql}) OVER (PARTITION BY {partition} ORDER BY {other.sql})"
    tests = list(match.right)
    if other.is_nullable:
        tests.append(f"{other.operand} IS NOT NULL")
    if other.form in ("double", "real"):
        tests.append(f"NOT is_nan({other.sql})")
    near = replace(other, sql=f"{right.alias}.{neighbour}", is_atomic=True, literal=None,
                   type=nullable(other.type))  # fmt: skip
    site = Site(lowering, inside, call, name, [])
    reach = comparison(site, test, one, near)
    right = _numbered(lowering, tree, right, [f"{column} AS {neighbour}"], tests)
    matched = [*match.equal, comparison(site, name, one, other).sql,
               f"({near.sql} IS NULL OR {reach.sql})", *match.left]  # fmt: skip
    return _joined(lowering, kind, left, right, matched)
