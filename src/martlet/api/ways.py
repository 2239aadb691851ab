"""What a request of an endpoint must have, and which columns answers have: found by trying.

Templates decide both, so they are rendered with values left out one by one, and the engine is
asked for the columns of each query that differs from the others in more than its literals.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from weakref import WeakKeyDictionary

from martlet.access import Access
from martlet.engines.base import Engine
from martlet.errors import EngineError, MartletError, QueryTimeoutError
from martlet.model import Parameter, Pipe
from martlet.query import Query, QueryBuilder
from martlet.sql.lexer import Kind, lex
from martlet.template.values import SAMPLE_NAME

# Queries of one endpoint whose columns are looked at. Each takes a millisecond.
MAX_WAYS = 24

_SAMPLES = {
    "Date": "2025-01-31",
    "DateTime": "2025-01-31 00:00:00",
    "DateTime64": "2025-01-31 00:00:00.000",
    "String": "text",
}

Values = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Ways:
    """What is known of the requests of an endpoint.

    Attributes:
        required: parameters without which no request is answered.
        variants: columns, name -> ClickHouse type, for each way that has others.
        is_whole: whether all ways that were found were looked at.
        filled: parameters of text that no request may give as an empty one.
    """

    required: frozenset[str]
    variants: tuple[Mapping[str, str], ...]
    is_whole: bool
    filled: frozenset[str] = frozenset()


# Kept as long as the project is as it is.
_known: WeakKeyDictionary[QueryBuilder, dict[str, Ways]] = WeakKeyDictionary()


def find_ways(queries: QueryBuilder, engine: Engine, pipe: Pipe, access: Access) -> Ways:
    """Return what requests of an endpoint must have, and what answers have.

    Raises:
        EngineError: the engine cannot work now.
    """
    if access.filters:
        # Types can tell of rows: toFixedString('a', (SELECT max(x) FROM t)).
        return _found(queries, engine, pipe, access)
    known = _known.setdefault(queries, {})
    if pipe.name not in known:
        known[pipe.name] = _found(queries, engine, pipe, None)
    return known[pipe.name]


def _found(queries: QueryBuilder, engine: Engine, pipe: Pipe, access: Access | None) -> Ways:
    required = required_parameters(queries, pipe)
    variants: list[Mapping[str, str]] = []
    seen: set[tuple[str, ...]] = set()
    for sql, secrets in _queries(queries, pipe, required, access):
        shape = _shape(sql)
        if shape in seen:
            continue
        if len(seen) == MAX_WAYS:
            return Ways(required, tuple(variants), is_whole=False)
        seen.add(shape)
        try:
            columns = engine.columns(sql, parameters=secrets)
        except QueryTimeoutError:  # the others would take as long
            return Ways(required, tuple(variants), is_whole=False)
        except EngineError:
            raise
        except MartletError:
            continue  # a sample value that the SQL does not take
        variant = {name: text for name, text in columns if SAMPLE_NAME not in name}
        if variant not in variants:
            variants.append(variant)
    filled = _filled(queries, engine, pipe, required, access)
    return Ways(required, tuple(variants), is_whole=True, filled=filled)


def _filled(
    queries: QueryBuilder,
    engine: Engine,
    pipe: Pipe,
    required: frozenset[str],
    access: Access | None,
) -> frozenset[str]:
    """Return the parameters that may be left out or have a text, but no empty one."""
    texts = [each for each in queries.parameters(pipe) if each.type == "String"][:MAX_WAYS]
    full = {each.name: sample_value(each) for each in queries.parameters(pipe)}
    least = {name: value for name, value in full.items() if name in required}

    def is_answered(values: Values) -> bool:
        query = _built(queries, pipe, values, access)
        if query is None:
            return False
        try:
            engine.columns(query.sql, parameters=query.secrets)
        except QueryTimeoutError:
            return True  # nobody knows
        except EngineError:
            raise
        except MartletError:
            return False
        return True

    return frozenset(
        each.name
        for each in texts
        if not each.enum
        and not is_answered({**least, each.name: ""})
        and (
            is_answered({name: value for name, value in least.items() if name != each.name})
            or is_answered({**least, each.name: full[each.name]})
        )
    )


def _shape(sql: str) -> tuple[str, ...]:
    """Return a query without the texts of its literals; these do not change its columns' types.

    Array literals are one, however long.
    """
    literals = (Kind.STRING, Kind.NUMBER)
    masked = ("?" if item.kind in literals else item.text for item in lex(sql))
    return tuple(re.sub(r"\[ \?(?: , \?)* \]", "[?]", " ".join(masked)).split(" "))


def _queries(
    queries: QueryBuilder, pipe: Pipe, required: frozenset[str], access: Access | None
) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Yield queries of an endpoint that differ in what they are asked with."""
    for values in _requests(queries.parameters(pipe), required):
        query = _built(queries, pipe, values, access)
        if query is not None:
            yield query.sql, query.secrets
    if access is not None:
        return  # the samples are without its filters
    for sql in islice(queries.samples(pipe, pipe.output), MAX_WAYS):
        yield sql, {}


def _requests(parameters: tuple[Parameter, ...], required: frozenset[str]) -> Iterator[Values]:
    """Yield the least request, the fullest, and those with one value more or less or another."""
    full = {parameter.name: sample_value(parameter) for parameter in parameters}
    least = {name: value for name, value in full.items() if name in required}
    yield least
    yield full
    for parameter in parameters:
        name = parameter.name
        yield {**least, name: full[name]}
        yield {key: value for key, value in full.items() if key != name}
        for value in (parameter.enum or ())[:8]:
            yield {**least, name: str(value)}


def required_parameters(
    queries: QueryBuilder, pipe: Pipe, fixed: Values | None = None
) -> frozenset[str]:
    """Return the parameters without which no request is answered.

    A parameter that only one way through the templates needs is not among them.

    Args:
        queries: of the project.
        pipe: an endpoint.
        fixed: values that each request has.
    """
    fixed = fixed or {}
    parameters = [each for each in queries.parameters(pipe) if each.name not in fixed]
    open_ones = [each for each in parameters if each.default is None]

    def is_answered(names: set[str]) -> bool:
        values = {each.name: sample_value(each) for each in parameters if each.name in names}
        return _built(queries, pipe, {**values, **fixed}) is not None

    if not open_ones or is_answered(set()):
        return frozenset()
    every = {each.name for each in parameters}
    if not is_answered(every):  # the samples do not fit: believe what is written
        return frozenset(
            each.name for each in open_ones if each.used_in is None and each.type != "Boolean"
        )
    needed = {each.name for each in open_ones if not is_answered(every - {each.name})}
    return frozenset(name for name in needed if not is_answered(needed - {name}))


def _built(
    queries: QueryBuilder, pipe: Pipe, values: Values, access: Access | None = None
) -> Query | None:
    try:
        return queries.build(pipe, values, access=access)
    except MartletError:
        return None


def sample_value(parameter: Parameter) -> str:
    """Return a value that a parameter takes, its own example or default where it has one."""
    for written in (parameter.example, parameter.default, *(parameter.enum or ())):
        if written is not None:
            return ",".join(map(str, written)) if isinstance(written, list) else str(written)
    return _SAMPLES.get(re.sub(r"Array\((.*)\)", r"\1", parameter.type), "1")
