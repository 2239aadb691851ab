"""Random calls of the template functions, and values that matter to them, for comparisons.

`call` gives the text of one call and values for the parameters in it. To add a helper, add a row to
`HELPERS`: the kind of its values and how it is written, `@` standing for an operand.
"""

from collections.abc import Mapping
from random import Random
from typing import Final

NAMES: Final = ("x", "y", "z", "user_id", "día", "end", "tag")

_BITS: Final = (8, 16, 32, 64, 128, 256)
INTEGERS: Final = tuple(f"{sign}Int{bits}" for bits in _BITS for sign in ("", "U"))


def _edges() -> tuple[str, ...]:
    powers = sorted({2 ** (bits - less) for bits in _BITS for less in (0, 1)})
    return tuple(
        str(sign * power + by) for power in powers for sign in (1, -1) for by in (-1, 0, 1)
    )


ANY: Final = (
    None, "", "a", "it's", 'a"b', "a`b", "a\\b", "50%", "a\nb", "\r\t\b\0\x1a", "ñ漢🙂", "null", "None",
    "a,b", " a ", "0", "1", "-1", "x" * 1200, 0, 1, -1, 5, 1.5, 2**53, True, False, [], ["a"],
    ["a", "it's", None], [1, 2], [[1], [2]], {}, {"a": 1}, {"a": {"b": "c'"}}, "{{x}}", "{x}",
)  # fmt: skip

VALUES: Final[Mapping[str, tuple[object, ...]]] = {
    "integer": (
        *_edges(), "5", "+5", "-5", "--5", "+-5", "05", "-0", "+0", " 5", "5 ", "5\n", "\n5", "\t5", "5\0", "1.0", "1e3",
        "0x10", "1_000", "\u0661\u0662\u0663", "५", "²", "½", "9" * 5000, "0" * 5000 + "1", "", "-", "+",
        "\u2212" + "5", 5, -5, 5.0, 2**31, 2**63, 2**64, True, False, None, [5], "true", "5,6", "a", {},
    ),
    "float": (
        "5", "-5", "+5", "1.5", ".5", "5.", "1e3", "1E-3", "1e400", "-1e400", "1e-400", "nan", "NaN", "-nan", "inf",
        "-Infinity", "infinity", "1_0.5", " 1.5 ", "1.5\n", "\u0663.\u0665", "0.1", "1e16", "123456789012345678", "1e22", "0x1p3", "1,5", "", "a",
        ".", "e5", 5, 1.5, -0.0, 1e300, True, None, [1.5], "0.30000000000000004", "-0", "16777217", "3.4e39",
    ),
    "boolean": (
        "true", "True", "TRUE", "false", "False", "FALSE", "fAlSe", "0", "1", "00", "0.0", "no", "off", "", " ", " false", "yes", "null",
        "none", 0, 1, 2, 0.0, 0.5, True, False, None, [], [0], {}, {"a": 1},
    ),
    "date": (
        "2024-01-31", "2024-13-45", "0000-00-00", "20240131", "2024-1-1", "2024-01-31 10:00:00", "2024-01-31\n", " 2024-01-31",
        "2024-01-31 ", "2024/01/31", "\u0662\u0660\u0662\u0664-\u0660\u0661-\u0663\u0661", "31-01-2024", "10000-01-01", "-2024-01-01", "today", "", "2024-01", 20240131, None,
        ["2024-01-31"], "2024-01-31T00:00:00Z", "1706659200", True,
    ),
    "moment": (
        "2024-01-31 10:00:00", "2024-01-31T10:00:00", "2024-01-31T10:00:00Z", "2024-01-31 10:00:00.1", "2024-01-31 10:00:00.12",
        "2024-01-31 10:00:00.123", "2024-01-31 10:00:00.123456", "2024-01-31 10:00:00,123", "2024-01-31 10:00:00x123",
        "2024-01-31T10:00:00.123+02:00", "2024/01/31 10:00:00", "2024-01-31t10:00:00", "2024-01-31_10:00:00",
        "2024-01-31  10:00:00", "2024-01-31\n10:00:00", "2024\n01\n31 10:00:00", "2024-01-31 10:00:00\n.123", "2024-01-31 10:00",
        "2024-01-31", "20240131 10:00:00", "2024-1-1 1:1:1", "2024-99-99 99:99:99", "31-01-2024 10:00:00", "31.01.2024.1:2:3",
        "31.01.2024.1:2:3.123", "31.01.2024 1:2:3.1234", "1.1.2024 1:2:3", "31-01-2024T10:00:00.123456Z", "31\n01\n2024\n1:2:3", "\u0662\u0660\u0662\u0664-\u0660\u0661-\u0663\u0661 \u0661\u0660:\u0660\u0660:\u0660\u0660",
        "2024-01-31 10:00:00' OR 1", "2024-01-31\u00a010:00:00", " 2024-01-31 10:00:00", "2024-01-31 10:00:00.\u0660\u0661\u0662", "1706659200", 1706659200, "now()",
        "", None, True, ["2024-01-31 10:00:00"], "x2024-01-31 10:00:00", "20240131T100000", "2024-01-31 10:00:00.123" + "9" * 30,
    ),
    "array": (
        "a,b", "a, b", "", ",", "a,", ",a", "1,2", "1, 2", "1,a", "1.5,2", "[1,2]", "['a','b']", "true,false", "0,1,no", "2024-01-31,2024-02-01",
        "2024-01-31 10:00:00,2024-02-01 10:00:00", "2024-01-31 10:00:00.123", "it's,a\"b", "a\nb,c", "50%,a\\b", "ñ,漢", "nan,inf,1e400", "300,1", "-1,1",
        "+1,01", " 1", "1 ", "9" * 40, "x" * 2000, "1,null", "None",
        [], [""], ["a", "b"], [1, 2], [1.5, "2"], ["1", None], [None], [True, False], [[1], [2]], [{"a": 1}], ["a,b", "c"], ["it's"], {}, {"a": 1}, 5, 1.5, True, None,
        ["2024-01-31"], [300], [-1],
    ),
    "json": (
        "{}", "[]", '{"a": 1}', '{"a": {"b": [1, 2.5, null, true]}}', '[{"a": "it\'s"}]', '"text"', "5", "null", "true", "NaN", "{", "[1,", "{'a': 1}", "", " ",
        '{"a": "\\u00f1"}', '{"a": 1, "a": 2}', '{"a": "b\\nc"}', "[" * 60 + "]" * 60, {"a": 1}, [1, "b"], 5, True, None, "x" * 500, '{"a": "b\nc"}', "01", '{"b": "2"}',
    ),
    "name": (
        "a", "a.b", "a.b.c", ".a", "a.", "..", "", "a b", "a-b", 'a"b', "a'b", "a`b", "a\\b", "a%b", "a\nb", "ñ", "select", "FROM", "a,b", "1a", "_a", "a;b", "*", "count()",
        "db.events", "a--b", "a/*b*/", None, 5, ["a"], True, {"a": 1}, " a ", "x" * 300,
    ),
    "names": (
        "a,b", " a , b ", "a", "", ",", "a,,b", "j.k,b", "a b,c", "it's,b", 'a"b,c', "a`b", "a;b", "from,select", "*", "ñ,漢", "a\nb", ["a", "b"], None, 5, True, [], "a.b.c", "a,b,",
    ),
    "text": ANY,
}  # fmt: skip

_OF_INTEGER = dict.fromkeys((*INTEGERS, "Int", "Integer"), "integer")
TYPES: Final[Mapping[str, str]] = {
    "String": "text",
    **_OF_INTEGER,
    "Float32": "float",
    "Float64": "float",
    "Boolean": "boolean",
    "Date": "date",
    "DateTime": "moment",
    "DateTime64": "moment",
}

_DIFFERENCES: Final = (
    "@, @", "@, '2024-02-01 11:30:15'", "'2024-01-31 10:00:00', @", "@, @, '%Y-%m-%dT%H:%M:%S'", "@, @, '%Y-%m-%d'",
    "@, @, date_format='%Y-%m-%dT%H:%M:%SZ'", "@, @, date_format='%Y-%m-%d', none_if_error=True",
    "@, @, backup_date_format='%Y-%m-%d'", "@, @, '%Y-%m-%d', '%Y-%m-%d %H:%M:%S', True", "@, @, date_format='%Q'", "@, @, date_format='%'",
    "@, @, date_format=''", "@, @, date_format=5", "@, @, '%Y-%m-%d %H:%M:%S.%f'", "@, @, None", "@, @, none_if_error='a'", "@", "@, @, foo=1",
    "@, '2024-01-30 23:59:59'", "'2024-02-29 00:00:00', '2023-03-01 12:00:00'", "'2024-02-29', @", "@, '2023-03-01'", "'2024-01-31', '2024-02-02'",
    "date_1=@, date_2=@", "@, @, '%Y-%m-%dT%H:%M:%S%z'", "@, '2024-01-31T10:00:00+0200', '%Y-%m-%dT%H:%M:%S%z'",
)  # fmt: skip

HELPERS: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "JSON": (
        "json",
        ("@", "@, '{}'", "@, default='{\"a\": 1}'", "@, '{'", "@, None", "@, description='a', required=True", "@, {'a': 1}", "@, [1]", "", "@, 5",
         "@, '[]', 'a'", "@, default=''", "@, foo=1"),
    ),
    "activate": ("text", ("'analyzer'", "'parallel_replicas'", "'optimize_aggregation_in_order'", "'foo'", "@", "", "'analyzer', 1", "None", "5", "feature='analyzer'")),
    "backend_hint": ("text", ("'a'", "False", "True", "None", "@", "5", "''", "", "'a b'", "[1]", "hint='a'")),
    "cache_ttl": ("text", ("'5s'", "'1m'", "'5m'", "'30m'", "'1h'", "'2m'", "5", "None", "@", "", "''", "'5m', 1", "ttl_expression='5m'")),
    "column": ("name", ("@", "@, 'a'", "@, 'j.k'", "@, default='d'", "@, None", "@, ''", "@, @", "@, 5", "'a'", "'j.k', 'd'", "", "@, 'a', 'b'", "@, default=y", "@, foo=1", "@, 'a\"b'")),
    "columns": (
        "names",
        ("@", "@, 'a,b'", "@, default='a, b'", "@, 'a,b', 'sum'", "@, 'a,b', fn='max'", "@, 'a', fn='quantile(0.9)'", "@, 'a', fn=''", "@, 'a', None", "@, None, 'sum'", "'a,b'", "'j.k', fn='sum'",
         "@, fn='sum'", "@, ''", "@, 5", "@, ['a']", "", "@, foo=1", "@, 'a', 'b', 'c'", "@, 'a', fn=@", "@, 'a', fn=5"),
    ),
    "custom_error": (
        "text",
        ("'no'", "'no', 403", "'no', code=404", "@", "{'error': 'no'}", "{'error': 'no', 'x': [1]}, 500", "'no', 'a'", "'no', 999", "'no', 9", "'no', 200", "'no', None",
         "5", "None", "['a'], 422", "", "'a', 400, 5", "err='a'", "'', 400", "{'a': @}", "@, code=@", "'a', '403'", "'a', 403.0", "'a', True", "{}"),
    ),
    "date_diff_in_days": ("moment", (*_DIFFERENCES, "@, '2024-02-01'")),
    "date_diff_in_hours": ("moment", _DIFFERENCES),
    "date_diff_in_minutes": ("moment", _DIFFERENCES),
    "date_diff_in_seconds": ("moment", _DIFFERENCES),
    "day_diff": ("date", ("@, '2024-02-01'", "@, @", "'2024-01-01', @", "@", "@, @, @", "'2024-01-31', '2024-01-01'", "date_1=@, date_2=@", "@, None", "'a', 'b'", "@, '2023-02-30'")),
    "defined": ("text", ("@", "'x'", "'nope'", "@, 1", "", "None", "5", "''", "x", "y", "value=x")),
    "disable": ("text", ("'analyzer'", "'foo'", "@", "", "'parallel_replicas'", "None", "feature='analyzer'")),
    "enumerate_with_last": ("array", ("@", "split_to_array(@)", "split_to_array(@, 'a,b')", "[1, 2]", "'ab'", "[]", "", "@, 1", "iterable=@", "{'a': 1}", "5", "None")),
    "error": ("text", ("'no'", "@", "5", "None", "''", "'it\\'s', 'b'", "", "{'a': 1}", "['a']", "s='no'", "'a' + 'b'")),
    "max_threads": ("integer", ("4", "@", "'4'", "0", "-1", "4.7", "'a'", "None", "True", "", "4, 5", "threads=4", "[4]", "10 * 2")),
    "split_to_array": (
        "array",
        ("@", "@, 'a,b'", "@, default='a, b'", "@, separator='|'", "@, 'a|b', '|'", "@, ''", "@, None", "@, ['a']", "@, 5", "'a,b'", "'a b', separator=' '", "@, separator=''", "", "@, foo=1",
         "@, 'a', ',', 1", "@, default=y", "@, separator=None", "'a'"),
    ),
    "sql_and": (
        "text",
        ("", "a=@", "a=@, b=@", "a__in=@", "a__not_in=Array(@, 'String')", "a__gt=Int32(@)", "a__gte=@, b__lte=@, c__lt=@", "a__foo=@", "a__b__in=@", "a__=@", "__in=@", "a=None", "a='it\\'s'", "a=Date(@)", "a=Int32(@, defined=False)",
         "a=String(@, defined=False), b=1", "@", "'a', b=1", "a=[1, 2]", "a__in=[1, 'b']", "a=(1, 2)", "a=Float64(@)", "a=Boolean(@)", "a=True", "a__in=Array(@, 'Int32')", "a=symbol(@)", "a__in=split_to_array(@)",
         "a=sql_and(b=@)", "a__GT=1", "a__eq=1", "a=1.5, b__in=Array(@, 'Int32', defined=False)", "a=Array(@, 'Int32', defined=False)", "a=column(@, 'z')"),
    ),
    "sql_unescape": ("text", ("@", "@, '%'", "String(@), '%'", "@, what='\"'", "@, '`%'", "@, ''", "@, '\\n'", "@, None", "'50%'", "'a\"b', '\"'", "", "@, '%', 1", "@, 'abc'", "Int32(@), '%'", "5", "String(@, 'd%'), '%'")),
    "symbol": ("name", ("@", "@, '\"'", "@, '`'", "@, quote='\"'", "'a.b'", "'a'", "", "5", "None", "String(@)", "String(@, 'a')", "@, 1, 2", "@, foo=1", "[1]")),
    "table": ("name", ("@", "'t'", "'db.t'", "String(@, 't')", "", "@, 'a'", "None", "5", "@, 1, 2", "'t_' + @", "@ + '_x'")),
    "TABLE": ("name", ("@", "'t'", "'db.t'")),
    "tb_secret": ("name", ("'password'", "'nope'", "'nope', 'd'", "'password', 'd'", "@", "'nope', default='it\\'s'", "'nope', None", "'nope', 5", "", "'password', 'd', 1", "5", "None", "secret_name='password'", "'a b', 'd'", "'pass' + 'word'", "'nope', ''", "''")),
    "tb_var": ("name", ("'password'", "'nope'", "'nope', 'd'", "@", "", "@, 'd'")),
    "float": ("float", ("@", "'1.5'", "@, 1", "", "5")),
    "int": ("integer", ("@", "'5'", "@, 16", "", "1.7", "'a', 16", "None")),
    "len": ("array", ("@", "'abc'", "[1]", "@, 1", "")),
    "list": ("array", ("@", "'ab'", "", "[1, 2]", "@, 1", "5")),
    "max": ("array", ("@", "1, 2", "@, @", "[1, 2]", "", "'a', 1", "[]", "Int32(@, 1), 5", "@, default=1")),
    "min": ("array", ("@", "1, 2", "@, @", "[1, 2]", "", "'a', 1", "Float64(@, 1.5), 1", "key=@")),
}  # fmt: skip

SECRETS: Final = ("password", "key_2")

_KEYWORDS: Final[Mapping[str, tuple[str, ...]]] = {
    "defined": ("False", "True", "0", "1", "None", "@", "defined(x)", "''"),
    "required": ("True", "False", "1", "0", "'yes'", "None"),
    "description": ("'The day'", "''", "None", "5", "'it\\'s'", "\"a\"", "'a' + 'b'", "f'a'"),
    "enum": ("['a', 'b']", "[1, 2]", "'a,b'", "()", "('a', 'b')", "[]", "None", "x"),
    "example": ("'a'", "5", "1.5", "None", "['a']", "True", "-5", "{'a': 1}"),
    "format": ("'date'", "None", "''", "5"),
}  # fmt: skip

ELEMENTS: Final = (*TYPES, "Foo", "'a','b'", "Array", "JSON", "int32", "Int32 ", "Nullable(Int32)")

_LITERALS: Final = ("'a'", "5", "-5", "1.5", "None", "True", "''", "[1, 2]", "'a,b'", "{'a': 1}", "'2024-01-31'", "(1,)", "9007199254740993", "-9007199254740993", "1e16", "b'a'")  # fmt: skip


def literal(random: Random, kind: str) -> str:
    """Return the Python text of a value of a kind."""
    return repr(random.choice(VALUES[kind])) if random.random() < 0.8 else random.choice(_LITERALS)


def value(random: Random, kind: str = "text") -> object:
    """Return a value as a query string or the JSON of a body has it, mostly of a kind."""
    return random.choice(VALUES[kind if random.random() < 0.85 else random.choice(list(VALUES))])


class _Writer:
    def __init__(self, random: Random, depth: int) -> None:
        self.random = random
        self.depth = depth
        self.values: dict[str, object] = {}

    def operand(self, kind: str) -> str:
        """Return what stands where a function takes a value: mostly a parameter."""
        roll = self.random.random()
        if roll < 0.12:
            return literal(self.random, kind)
        if roll < 0.24 and self.depth < 2:
            self.depth += 1
            return self.call()
        name = self.random.choice(NAMES[: 2 if roll < 0.8 else None])
        if name not in self.values and self.random.random() < 0.85:
            self.values[name] = value(self.random, kind)
        return name

    def call(self) -> str:
        function = self.random.choice((*TYPES, *HELPERS, *["Array"] * 4))
        return f"{function}({self.arguments(function)})"

    def arguments(self, function: str) -> str:
        if function in HELPERS:
            kind, forms = HELPERS[function]
            return self.filled(self.random.choice(forms), kind)
        return self.typed(TYPES.get(function, "array"), is_array=function == "Array")

    def filled(self, form: str, kind: str) -> str:
        first, *rest = form.split("@")
        return first + "".join(self.operand(kind) + after for after in rest)

    def typed(self, kind: str, *, is_array: bool) -> str:
        random = self.random
        if random.random() < 0.02:
            return random.choice(("", "*[x]", "**{}", "default=1", "x, x, x, x, x, x, x, x, x, x"))
        written = [self.operand(kind)]
        if is_array:
            written.append(repr(random.choice(ELEMENTS)))
        if random.random() < 0.4:
            keyword = random.choice(("", "default="))
            written.append(keyword + literal(random, kind))
        for name, texts in _KEYWORDS.items():
            if random.random() < 0.12:
                written.append(f"{name}={self.filled(random.choice(texts), kind)}")
        if random.random() < 0.04:
            written.append(random.choice(("foo=1", "default='a'", "'a'", "defined=False")))
        return random.choice((", ", ",", " , ")).join(written)


def call(random: Random, depth: int = 0) -> tuple[str, dict[str, object]]:
    """Return the text of a call, and values for parameters that it names.

    Args:
        depth: 2 for no calls within the call.
    """
    writer = _Writer(random, depth)
    text = writer.call()
    return text, writer.values
