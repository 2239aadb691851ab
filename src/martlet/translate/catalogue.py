"""FUNCTIONS: every scalar ClickHouse function that has a Trino form, by ClickHouse's name.

A function is added as one row in the table of its family in `functions/`.
"""

from martlet.translate.aggregates import REFUSED as REFUSED_AGGREGATES
from martlet.translate.aggregates import STATE_FUNCTIONS
from martlet.translate.function import Function
from martlet.translate.functions.addresses import ADDRESSES
from martlet.translate.functions.addresses import ALIASES as ADDRESS_ALIASES
from martlet.translate.functions.addresses import REFUSED as REFUSED_ADDRESSES
from martlet.translate.functions.array_search import ARRAY_SEARCH
from martlet.translate.functions.arrays import ALIASES as ARRAY_ALIASES
from martlet.translate.functions.arrays import ARRAYS
from martlet.translate.functions.choices import CHOICES
from martlet.translate.functions.choices import REFUSED as REFUSED_CHOICES
from martlet.translate.functions.clocks import ALIASES as CLOCK_ALIASES
from martlet.translate.functions.clocks import CLOCKS
from martlet.translate.functions.containers import CONTAINERS
from martlet.translate.functions.conversions import CONVERSIONS
from martlet.translate.functions.dateformats import ALIASES as DATE_FORMAT_ALIASES
from martlet.translate.functions.dateformats import DATE_FORMATS
from martlet.translate.functions.dates import ALIASES as DATE_ALIASES
from martlet.translate.functions.dates import DATES
from martlet.translate.functions.encodings import ALIASES as ENCODING_ALIASES
from martlet.translate.functions.encodings import ENCODINGS
from martlet.translate.functions.encodings import REFUSED as REFUSED_ENCODINGS
from martlet.translate.functions.hashes import HASHES
from martlet.translate.functions.integers import ALIASES as INTEGER_ALIASES
from martlet.translate.functions.integers import INTEGERS
from martlet.translate.functions.integers import REFUSED as REFUSED_INTEGERS
from martlet.translate.functions.json import JSON
from martlet.translate.functions.jsonpaths import ALIASES as JSON_PATH_ALIASES
from martlet.translate.functions.jsonpaths import JSON_PATHS
from martlet.translate.functions.jsonpaths import REFUSED as REFUSED_JSON
from martlet.translate.functions.lambdas import LAMBDAS
from martlet.translate.functions.maps import ALIASES as MAP_ALIASES
from martlet.translate.functions.maps import MAPS
from martlet.translate.functions.numbers import ALIASES as NUMBER_ALIASES
from martlet.translate.functions.numbers import NUMBERS
from martlet.translate.functions.operators import ALIASES as OPERATOR_ALIASES
from martlet.translate.functions.operators import OPERATORS
from martlet.translate.functions.readable import ALIASES as READABLE_ALIASES
from martlet.translate.functions.readable import READABLE
from martlet.translate.functions.regexps import ALIASES as REGEXP_ALIASES
from martlet.translate.functions.regexps import REGEXPS
from martlet.translate.functions.shapes import SHAPES
from martlet.translate.functions.strings import ALIASES as STRING_ALIASES
from martlet.translate.functions.strings import STRINGS
from martlet.translate.functions.textparts import REFUSED as REFUSED_TEXT_PARTS
from martlet.translate.functions.textparts import TEXT_PARTS
from martlet.translate.functions.tuples import ALIASES as TUPLE_ALIASES
from martlet.translate.functions.tuples import TUPLES
from martlet.translate.functions.urlparts import URL_PARTS
from martlet.translate.functions.urls import URLS
from martlet.translate.functions.vectors import ALIASES as VECTOR_ALIASES
from martlet.translate.functions.vectors import VECTORS

FAMILIES: dict[str, dict[str, Function]] = {
    "operators": OPERATORS,
    "numbers": NUMBERS,
    "integers": INTEGERS,
    "readable": READABLE,
    "addresses": ADDRESSES,
    "tuples": TUPLES,
    "choices": CHOICES,
    "shapes": SHAPES,
    "textparts": TEXT_PARTS,
    "json": JSON,
    "jsonpaths": JSON_PATHS,
    "conversions": CONVERSIONS,
    "arrays": ARRAYS,
    "lambdas": LAMBDAS,
    "containers": CONTAINERS,
    "maps": MAPS,
    "array_search": ARRAY_SEARCH,
    "vectors": VECTORS,
    "clocks": CLOCKS,
    "dates": DATES,
    "dateformats": DATE_FORMATS,
    "strings": STRINGS,
    "regexps": REGEXPS,
    "urls": URLS,
    "urlparts": URL_PARTS,
    "encodings": ENCODINGS,
    "hashes": HASHES,
    "states": STATE_FUNCTIONS,
}

FUNCTIONS: dict[str, Function] = {
    name: row for family in FAMILIES.values() for name, row in family.items()
}

# Other names of functions; those in capitals are matched in any case, as ClickHouse does.
ALIASES: dict[str, str] = {
    **OPERATOR_ALIASES,
    **NUMBER_ALIASES,
    **ARRAY_ALIASES,
    **MAP_ALIASES,
    **VECTOR_ALIASES,
    **CLOCK_ALIASES,
    **DATE_ALIASES,
    **DATE_FORMAT_ALIASES,
    **STRING_ALIASES,
    **REGEXP_ALIASES,
    **ENCODING_ALIASES,
    **JSON_PATH_ALIASES,
    **INTEGER_ALIASES,
    **READABLE_ALIASES,
    **ADDRESS_ALIASES,
    **TUPLE_ALIASES,
}

# Functions that have no equal, with what stands in the error.
REFUSED: dict[str, str] = {
    **REFUSED_ENCODINGS,
    **REFUSED_JSON,
    **REFUSED_INTEGERS,
    **REFUSED_ADDRESSES,
    **REFUSED_CHOICES,
    **REFUSED_TEXT_PARTS,
    **REFUSED_AGGREGATES,
}


def find_function(name: str) -> tuple[str, Function] | None:
    """Return a function's own name and row, by any of its names."""
    row = FUNCTIONS.get(name)
    if row is not None:
        return name, row
    own = ALIASES.get(name) or ALIASES.get(name.upper())
    return (own, FUNCTIONS[own]) if own is not None else None
