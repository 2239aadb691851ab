"""Arithmetic of tuples, element by element, and their names."""

from martlet.translate import slots
from martlet.translate.convert import make
from martlet.translate.function import Function, Rule, Site, apply
from martlet.translate.functions.containers import fields_of, row_of
from martlet.translate.functions.operators import OPERATORS
from martlet.translate.typing import is_tuple, type_of
from martlet.translate.value import Value


def _of_pairs(operator: str, *, by_number: bool = False) -> Rule:
    """Return a rule that applies an operator to the elements, or to each one and a number."""

    def rule(site: Site) -> Value:
        columns: list[list[Value]] = []
        for index, value in enumerate(site.arguments):
            if by_number and index:
                columns.append([value] * len(columns[0]))
                continue
            if not is_tuple(value.type) or value.is_nullable:
                raise site.fail(f"of {value.type} is not supported", index=index)
            columns.append(fields_of(value))
        if len({len(column) for column in columns}) > 1:
            raise site.fail("the tuples must be of one size")
        row = OPERATORS[operator]
        made = [
            apply(Site(site.lowering, site.scope, site.call, operator, list(values)), row)
            for values in zip(*columns, strict=True)
        ]
        return row_of(made)

    return rule


def _names(site: Site) -> Value:
    names = site.arguments[0].type.bare.names or tuple(
        str(number) for number, _ in enumerate(site.arguments[0].type.bare.inner, 1)
    )
    sql = f"ARRAY[{', '.join(map(slots.string_sql, names))}]"
    return make(sql, type_of("Array(String)"), "array(varchar)", of=tuple(site.arguments))


def _row(takes: tuple[str, ...], rule: Rule) -> Function:
    return Function(takes, "UInt8", rule, nulls="own", low_cardinality=False)


_WORDS = {"Plus": "plus", "Minus": "minus", "Multiply": "multiply", "Divide": "divide"}

TUPLES: dict[str, Function] = {
    **{f"tuple{word}": _row(("tuple", "tuple"), _of_pairs(name)) for word, name in _WORDS.items()},
    **{f"tuple{word}ByNumber": _row(("tuple", "number"), _of_pairs(name, by_number=True))
       for word, name in _WORDS.items() if word in ("Multiply", "Divide")},
    "tupleNegate": _row(("tuple",), _of_pairs("negate")),
    "tupleNames": _row(("tuple",), _names),
}  # fmt: skip

ALIASES: dict[str, str] = {"vectorSum": "tuplePlus", "vectorDifference": "tupleMinus"}
