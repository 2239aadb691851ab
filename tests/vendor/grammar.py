"""Random templates with values for their parameters: most as public projects have them, some odd.

Plain `random.Random`, some thousand templates a second. What is made ends: loops are short, and
numbers that could be counts are small or so large that Python refuses them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any

SECRETS = ("password", "key_2")

_USUAL_NAMES = ("x", "y", "day", "ids", "limit", "flag", "action", "start_date", "obj")
_ODD_NAMES = (
    "format", "q", "debug", "token", "Date", "table", "min", "list", "end", "str", "String", "error",
    "from_date", "imported", "x1", "ñandú", "_", "__x", "__class__", "X", "self", "True", "None",
    "len", "ValueError", "Exception", "escape", "variables", "print", "json", "template", "tb_secret",
    "class", "loader", "datetime", "e", "i", "z", "defined", "sql_and", "Array",
    "password", "key_2", "dict", "range", "enumerate", "sum", "set", "not_there",
)  # fmt: skip
_LOCALS = ("z", "i", "n", "last", "item", "x", "conditions")
_NUMBERS = ("0", "1", "2", "3", "10", "-1", "1.5", "30", "100", "1e3", "0x10", "1_000", "05", "1j")
_TEXTS = (
    "''", "'a'", "'view'", "'all'", "\"b\"", "'a,b'", "','", "'2025-01-31'", "'2025-01-31 10:00:00'",
    "'10'", "'1,2'", "'it\\'s'", '"it\'s"', "'%'", "'50%'", "'a\\\\b'", "'a\\nb'", "'ñ'", "'😀'",
    "'true'", "'{\"a\": 1}'", "'[]'", "'a b'", "'a.b'", "'x'", "'%Y-%m-%d'", "r'\\d'", "b'a'", "u'a'",
    "'''a'''", "'a' 'b'", "'import'", "'a from b'", "'`'", "'\\''", "'\\x41'", "'\\q'", "'%s'", "'5s'",
)  # fmt: skip
_TYPES = ("String", "Int32", "Date", "DateTime", "DateTime64", "Int64", "Int16", "UInt8", "UInt16",
          "UInt32", "UInt64", "Int8", "Int128", "UInt128", "Int256", "UInt256", "Int", "Integer",
          "Float32", "Float64", "Boolean")  # fmt: skip
# What each usual name is for.
_USUAL_TYPES = {
    "day": "Date", "start_date": "DateTime", "limit": "Int32", "flag": "Boolean", "action": "String",
    "x": "String", "y": "String",
}  # fmt: skip
_DEFAULTS = {
    "String": ("'a'", "'view'", "''", "'it\\'s'", "'50%'"),
    "Date": ("'2025-01-31'", "'2019-01-01'", "'20250131'"),
    "DateTime": ("'2025-01-31 10:00:00'", "'2025-01-31T10:00:00'", "'2025-01-31'"),
    "DateTime64": ("'2025-01-31 10:00:00.000'", "'2025-01-31 10:00:00'"),
    "Boolean": ("True", "False", "'true'", "'0'", "1"),
    "Float32": ("1.5", "'1.5'", "0", "'nan'"),
    "Float64": ("1.5", "'1.5'", "0", "'inf'", "'1e400'"),
}
_METHODS = (
    "upper()", "lower()", "strip()", "startswith('a')", "endswith('s')", "replace('a', 'b')",
    "split(',')", "split()", "split(',', 1)", "join(['a', 'b'])", "get('a')", "get('a', 'b')",
    "get('a', {})", "items()", "keys()", "values()", "append(1)", "count('a')", "find('a')", "title()",
    "isdigit()", "zfill(3)", "index('a')", "splitlines()", "capitalize()", "format(1)", "encode()",
    "__class__", "pop()", "strip", "isalnum()", "rsplit(',')", "removeprefix('a')", "lstrip('a')",
    "get()", "split(sep=',')", "replace('a')", "sort()", "extend([1])", "update({})", "copy()",
    "swapcase()", "isupper()", "islower()", "partition(',')", "ljust(3)", "isspace()", "remove('a')",
    "insert(0, 1)", "isnumeric()", "rstrip()", "casefold()", "setdefault('a', 1)", "center(5)",
)  # fmt: skip
_BUILTINS = (
    "len", "int", "float", "list", "min", "max", "str", "abs", "sum", "sorted", "range", "enumerate",
    "zip", "any", "all", "bool", "round", "set", "tuple", "dict", "reversed", "map", "filter",
    "print", "type", "eval", "open", "isinstance", "repr", "ord", "chr", "iter", "next", "bytes",
    "hasattr", "getattr", "nope", "divmod", "pow", "hash", "id", "callable", "format", "hex",
)  # fmt: skip
_COMPARISONS = ("==", "==", "==", "==", "!=", "!=", ">", "<", ">=", "<=", "in", "not in")
_SQL = (
    "SELECT ", " FROM events ", " WHERE 1 ", " AND ", " LIMIT ", " a = ", ", ", "count() AS c", " = ",
    " GROUP BY a", " ORDER BY ", "\n", "\n    ", " ", "  ", "\t", "(", ")", " IN ", "1", "-- note\n",
    "/* note */", "a.b", " OR ", "toDate(", ") ", "+ ", "- ", " -- ", "/*", "*/", "'", '"', "`", "'a'",
    "\\", "\r\n", "ñ", "😀", "$", "#", "{", "}", "%", "% ", "{{!", "{%!", "{#!", "{a: Int}", "}}", "%}", "#}",
    "{# note #}", "{#\n note {{x}} #}", "{% comment note %}", "{}", "{ {", "!", "\x0b", "\xa0", "\u2028",
)  # fmt: skip
_PLAIN_SQL = 34  # so many of `_SQL` are what usual queries have
_BROKEN = ("{{", "}}", "{%", "%}", "{#", "'", "(", ")", "[", "]", ",", ":", "=", ".", " ", "\n", "{",
           "}", "%", "end", "if", "*", "!", "\\", "@", "$", ";", "\x00", "\ufeff")  # fmt: skip

_TEXT_VALUES = (
    "", "a", "view", "all", "a,b", "a, b", "1", "5", "0", "-1", "+5", "10", "1,2", "1,two", "1.5", "nan",
    "1e400", "true", "false", "False", "no", "2025-01-31", "2025-01-31 10:00:00", "31-01-2025 1:2:3",
    "2025-01-31T10:00:00.123Z", "2025-13-45", "202513", "it's", 'say "hi"', "back\\slash", "50%",
    "a%20b", "%s %d", "new\nline", "tab\t", "\r\n", "nul\0", "\x1a", "\b", "`tick`", "ñ", "😀", "٣", " ", " a ",
    "a.b", "a.b,c", "{{x}}", "{%", "{a: String}", "--", "/*", "*/", ";", "' OR 1=1 --", "null", "None", "[]",
    "[1,2]", "{}", '{"a": 1, "b": [1, "c"]}', '{"a": {"b": "it\'s"}}', '["a","b"]', '{"a"', "x" * 50,
    "y" * 1200, ",", ",,", "999999999999999999999", "-2147483649", "256", "a" * 21, "\ud7ff", "__no_value__",
)  # fmt: skip
_JSON_VALUES = (
    0, 1, 5, -1, 255, 256, -(2**31) - 1, 1.5, -0.0, 1e300, True, False, None, [], ["a"], ["a", "b"], [1, 2],
    [1, "a"], [None], ["it's", 'say "hi"'], [[1], [2]], {}, {"a": 1}, {"a": {"b": "c"}, "d": [1]},
    {"a": "it's"}, [{"a": 1}], ["1", "2"], [1.5, True], 10**40, ["a,b"], [""], {"a": None},
)  # fmt: skip
_MOMENTS = (
    "2025-01-31",
    "2025-01-31 10:00:00",
    "2025-01-31 10:00:00.250",
    "2025-02-01",
    "2025-1-1",
)
_USUAL_VALUES: dict[str, Sequence[object]] = {
    "day": _MOMENTS,
    "start_date": _MOMENTS,
    "ids": ("1,2", "1", "a,b", "", [1, 2], ["a", "b"]),
    "limit": ("10", "5", "0", "ten", 10),
    "flag": ("true", "false", "1", "0", True),
    "action": ("view", "all", "it's", "", "a,b"),
    "obj": ('{"a": 1}', "{}", {"a": 1, "b": "c"}, '[{"a": "b"}]', [{"a": "b"}]),
}


@dataclass(frozen=True)
class Case:
    """A template with what a request gives it."""

    sql: str
    values: dict[str, Any] = field(default_factory=dict)
    is_sample: bool = False


class Grammar:
    """Makes cases from one seed."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.pick = random.choice
        # How odd the template in hand is: 0 is what public projects write.
        self.oddness = 0.0

    def chance(self, share: float) -> bool:
        return self.random.random() < share

    def is_odd(self, share: float = 0.5) -> bool:
        return self.random.random() < share * self.oddness

    def cases(self, count: int, requests: int = 3) -> list[Case]:
        """Return cases, some of one template each."""
        made: list[Case] = []
        while len(made) < count:
            sql = self.template()
            made += [Case(sql, self.values()) for _ in range(requests)]
            made.append(Case(sql, is_sample=True))
        return made[:count]

    # Values.

    def values(self) -> dict[str, Any]:
        share = self.pick((0.3, 0.7, 1.0))
        given: dict[str, Any] = {
            name: self.value(name) for name in _USUAL_NAMES if self.chance(share)
        }
        if self.chance(0.1):
            name = self.pick(_ODD_NAMES)
            given[name] = self.value(name)
        return given

    def value(self, name: str) -> object:
        if name in _USUAL_VALUES and self.chance(0.6):
            return self.pick(_USUAL_VALUES[name])
        if self.chance(0.25):
            return self.pick(_JSON_VALUES)
        if self.chance(0.05):
            # Not NUL before a digit: theirs reads both as one octal escape.
            return "".join(self.pick(_TEXT_VALUES)[:20] for _ in range(3)).replace("\0", "")
        return self.pick(_TEXT_VALUES)

    # Statements.

    def template(self) -> str:
        self.oddness = self.pick((0.0, 0.0, 0.05, 0.2, 0.6, 1.0))
        depth, length = self.pick(((0, 1), (0, 2), (1, 2), (1, 4), (2, 4)))
        sql = "".join(self.statement(depth) for _ in range(self.random.randint(1, length)))
        if self.is_odd(0.1):
            sql = "%\n" + sql
        return self.broken(sql) if self.is_odd(0.25) else sql

    def broken(self, sql: str) -> str:
        at = self.random.randrange(len(sql) + 1)
        end = min(len(sql), at + self.random.randrange(4))
        return sql[:at] + (self.pick(_BROKEN) if self.chance(0.7) else "") + sql[end:]

    def text(self) -> str:
        table = _SQL if self.is_odd(0.6) else _SQL[:_PLAIN_SQL]
        return "".join(self.pick(table) for _ in range(self.random.randint(1, 3)))

    def statement(self, depth: int) -> str:
        kinds: list[Callable[[int], str]] = [
            lambda _: self.text(), self.output, self.output, self.output, self.set_, self.if_, self.if_,
        ]  # fmt: skip
        if self.is_odd(0.8):
            kinds += [self.for_, self.while_, self.try_, self.jump, self.whitespace, self.quoted]
        elif self.chance(0.1):
            kinds = [self.for_]
        return self.pick(kinds)(depth)

    def body(self, depth: int) -> str:
        if depth <= 0:
            return self.text() + (self.output(0) if self.chance(0.3) else "")
        return "".join(self.statement(depth - 1) for _ in range(self.random.randint(0, 3)))

    def output(self, depth: int) -> str:
        gap = self.gap()
        return f"{{{{{gap}{self.expression(2, is_control=self.is_odd(0.15))}{gap}}}}}" + self.pick(
            (" ", " ", ", ", "\n", "")
        )

    def gap(self) -> str:
        return (
            self.pick(("", "", " ", "  ", "\n", "\n  ", "\t"))
            if self.is_odd(0.5)
            else self.pick(("", " "))
        )

    def tag(self, content: str) -> str:
        gap = self.gap()
        return (
            f"{{%{gap or ' '}{content}{gap or ' '}%}}" if self.chance(0.95) else f"{{%{content}%}}"
        )

    def end(self) -> str:
        return (
            self.tag("end")
            if not self.is_odd(0.03)
            else self.pick(("", self.tag("endif"), self.tag("end if")))
        )

    def quoted(self, depth: int) -> str:
        quote = self.pick("'\"`")
        return f" {quote}{self.pick(('', 'a ', '%'))}{self.output(depth)}{quote} "

    def if_(self, depth: int) -> str:
        made = self.tag(f"if {self.test()}") + self.body(depth)
        while self.chance(0.25):
            made += self.tag(f"elif {self.test()}") + self.body(depth)
        if self.chance(0.4):
            made += self.tag(
                "else" if not self.is_odd(0.1) else self.pick(("else if x", "else:", "else x"))
            )
            made += self.body(depth)
        if self.is_odd(0.02):
            made += self.pick((self.tag("elif x"), self.tag("else"), self.tag("finally"))) + "a"
        return made + self.end()

    def target(self) -> str:
        if self.is_odd(0.15):
            return self.pick(
                ("(i, z)", "i, (z, n)", "*z", "i, *z", "obj['a']", "x.a", "[i, z]", "z[0]", "1", "f(x)",
                 self.pick(_ODD_NAMES), "i,", "()", "z['a']", "z[0:1]")
            )  # fmt: skip
        return self.pick(_LOCALS)

    def for_(self, depth: int) -> str:
        header = self.pick(
            (
                lambda: f"{self.target()} in {self.items()}",
                lambda: f"last, item in enumerate_with_last({self.items()})",
                lambda: f"i, item in enumerate({self.items()})",
                lambda: f"n, z in {self.name()}.items()",
                lambda: f"i in range({self.pick(('3', '0', '1, 3', 'len(x)', '5, 0, -2'))})",
                lambda: f"item, z in {self.items()}",
            )
        )()
        made = self.tag(f"for {header}")
        made += self.body(depth - 1) + f"{{{{{self.pick(('item', 'i', 'z', 'n', 'last'))}}}}} "
        if self.is_odd(0.3):
            made += (
                self.tag(f"if {self.test()}")
                + self.tag(self.pick(("break", "continue")))
                + self.end()
            )
        if self.is_odd(0.2):
            made += self.tag("else") + self.body(depth - 1)
        return made + self.end()

    def while_(self, depth: int) -> str:
        name = self.pick(("n", "z"))
        made = self.tag(f"set {name} = 0") if self.chance(0.9) else ""
        made += self.tag(f"while {name} < {self.pick('123')}")
        made += self.tag(f"set {name} {self.pick(('+= 1', '= ' + name + ' + 1'))}")
        made += self.body(0)  # which sets nothing, so that the loop ends
        if self.is_odd(0.2):
            made += self.tag("else") + self.text()
        return made + self.end()

    def try_(self, depth: int) -> str:
        made = self.tag("try") + self.body(depth - 1)
        classes = ("", "", "Exception", "ValueError", "Exception as e", "ValueError as e", "TypeError",
                   "(ValueError, TypeError)", "KeyError", "IndexError as e", "Nope", "x", "AttributeError",
                   "ZeroDivisionError", "BaseException", "LookupError", "NameError", "SyntaxError",
                   "SQLTemplateException", "ArithmeticError", "RuntimeError", "ValueError, TypeError",
                   "UnboundLocalError", "OSError", "StopIteration", "as e", "Exception:")  # fmt: skip
        for _ in range(self.pick((0, 1, 1, 1, 2))):
            made += self.tag(f"except {self.pick(classes)}") + self.body(depth - 1)
            made += self.pick(("", "", "{{e}} ", "caught "))
        if self.chance(0.2):
            made += self.tag("else") + self.text()
        if self.chance(0.3):
            made += self.tag("finally") + self.text()
        return made + self.end()

    def jump(self, depth: int) -> str:
        return self.tag(
            self.pick(("break", "continue", "end", "pass", "return", "break x", "foo", ""))
        )

    def whitespace(self, depth: int) -> str:
        mode = self.pick(("all", "single", "oneline", "single", "oneline", "none", ""))
        return self.tag(f"whitespace {mode}")

    def set_(self, depth: int) -> str:
        name = self.pick(_LOCALS)
        if not self.is_odd(0.5):
            return self.tag(f"set {name} = {self.expression(2, is_control=True)}")
        value = self.expression(2, is_control=True)
        form = self.pick(
            (f"{self.target()} = {value}", f"{name} += {value}", f"i, z = {value}, {value}", f"z, i = {value}",
             f"{name} -= {value}", f"{name} *= 2", f"{name} //= 2", f"z = i = {value}", f"obj['a'] = {value}",
             f"{name}={value}", f"{name}: int = {value}", f"{name}.append({value})", f"{value}", "", "z", "z =",
             f"z = {value}; i = 1", f"(z := {value})", f"x[0] = {value}", "del x", "import os", "return",
             f"z = [{value}]", f"z = {{'a': {value}}}", f"z = {value} # note", f"z =\n {value}", "pass",
             f"z[0] += {value}", f"{name} == {value}")
        )  # fmt: skip
        return self.tag(f"set {form}")

    # Expressions.

    def name(self) -> str:
        if self.is_odd(0.15):
            return self.pick(_ODD_NAMES)
        return self.pick(_LOCALS) if self.chance(0.15) else self.pick(_USUAL_NAMES)

    def items(self) -> str:
        name = self.name()
        return self.pick(
            (name, f"split_to_array({name}, 'a,b')", f"{name}.split(',')", "['a', 'b']", f"[{name}, 1]",
             f"Array({name}, 'Int32', '1,2')", f"split_to_array(String({name}, 'a'))", f"JSON({name}, '[]')",
             "[('a', 1), ('b', 2)]", "'ab'", f"list({name})", "3")
        )  # fmt: skip

    def test(self) -> str:
        name = self.name()
        if not self.is_odd(0.5):
            return self.pick(
                (f"defined({name})", f"defined({name})", f"not defined({name})", f"{name} == 'a'",
                 f"defined({name}) and {name} != 'all'", f"{self.typed()} == {self.literal()}",
                 f"defined({name}) and defined({self.name()})", f"{name} == '' or not defined({name})",
                 f"{self.typed()} != {self.literal()}", f"{name} in ['a', 'view']", f"{name}",
                 f"Int32({name}, 0) > 0", f"defined({name}) and {name} != ['']", f"{name} is None")
            )  # fmt: skip
        return self.expression(2, is_control=True)

    def literal(self) -> str:
        if self.is_odd(0.1):
            return self.pick(("None", "True", "False", "[]", "{}", "()", "...", "{1}", "set()"))
        return self.pick(_TEXTS[: 12 if not self.is_odd() else None]) if self.chance(0.6) else self.pick(
            _NUMBERS[: 9 if not self.is_odd() else None]
        )  # fmt: skip

    def typed(self) -> str:
        name = self.name() if not self.is_odd(0.1) else self.expression(1, is_control=False)
        if self.is_odd(0.04):
            name = self.pick(("'x'", "", "5"))
        if self.chance(0.6 if name == "ids" else 0.1):
            return self.array(name)
        type_ = self.pick(_TYPES[:6]) if self.chance(0.7) else self.pick(_TYPES)
        if name in _USUAL_TYPES and self.chance(0.7):
            type_ = _USUAL_TYPES[name]
        arguments = [name]
        if self.chance(0.7):
            arguments.append(self.default(type_))
        if self.chance(0.2):
            arguments.append(self.option())
        if self.chance(0.05):
            arguments.append(self.option())
        return f"{type_}({', '.join(arguments)})"

    def default(self, type_: str) -> str:
        if self.is_odd(0.2):
            return self.pick(
                (
                    self.literal(),
                    self.name(),
                    f"{self.pick(_TYPES)}({self.name()}, 1)",
                    "default='a'",
                )
            )
        return self.pick(_DEFAULTS.get(type_, ("1", "10", "'5'", "0", "-1", "100")))

    def option(self) -> str:
        if self.is_odd(0.15):
            return self.pick(
                (
                    "foo=1",
                    "default=1",
                    "defined=x",
                    "'a'",
                    "enum=x",
                    "**x",
                    "*x",
                    "None",
                    "required",
                )
            )
        return self.pick(
            ("required=True", "required=False", "description='the day'", "defined=False", "defined=True",
             "enum=['a', 'b']", "example='a'", "format='a'", 'description="it\'s"')
        )  # fmt: skip

    def array(self, name: str) -> str:
        if self.is_odd(0.2):
            return self.pick(
                (f"Array({name}, {self.literal()})", f"Array({name}, Int32)", f"Array({name}, 'Nope', 'a')",
                 f"Array({name}, 'Int32', [1, 2])", f"Array({name}, _type='Int32')", f"Array({name}, 'Date', 5)",
                 f"Array({name}, default='a')", f"Array({name}, 'String', defined=False)", "Array()",
                 f"Array({name}, 'DateTime', '2025-01-31 10:00:00')", f"Array({name}, 'Boolean', 'true,0')")
            )  # fmt: skip
        return self.pick(
            (f"Array({name})", f"Array({name}, 'String')", f"Array({name}, 'Int32')", f"Array({name}, 'String', 'a,b')",
             f"Array({name}, 'Int64', '1,2')", f"Array({name}, 'Float64', '1.5')", f"Array({name}, 'String', '')",
             f"Array({name}, 'Int32', default='1,2')", f"Array({name}, 'UInt8', '1', description='a')")
        )  # fmt: skip

    def helper(self) -> str:
        name, other = self.name(), self.name()
        usual = (
            f"column({name}, 'a')", f"columns({name}, 'a,b')", f"defined({name})", f"defined('{name}')",
            f"day_diff({name}, {other})", f"date_diff_in_hours({name}, {other})", f"JSON({name}, '{{}}')",
            f"JSON({name}, '{{}}').get('a', 'b')", f"split_to_array({name}, 'a')", f"symbol({name})",
            f"split_to_array({name}, 'a|b', separator='|')", f"sql_and(a={self.typed()}, b__in=Array({name}, 'Int32'))",
            f"error({self.pick(_TEXTS[:12])})", f"tb_secret('{self.pick(SECRETS)}')", "max_threads(4)", "cache_ttl('5m')",
            f"date_diff_in_days({name}, '2025-02-01')", f"table({self.pick(_TEXTS[:3])})",
        )  # fmt: skip
        if not self.is_odd():
            return self.pick(usual)
        return self.pick(
            (
                f"column({name})", f"columns({name})", f"columns({name}, 'a', fn='sum')", "defined()", f"table({name})",
                f"symbol({name}, '\"')", f"TABLE({name})", f"sql_unescape({name}, '%')", f"sql_unescape({self.typed()})",
                f"sql_and(a={name}, b__gte=Int(n, defined=False))", f"sql_and(a__nope={name})", "sql_and()",
                f"date_diff_in_days({name}, {other}, '%Y')", f"date_diff_in_seconds({name}, {other}, none_if_error=True)",
                f"date_diff_in_minutes({name}, {other}, backup_date_format='%Y-%m-%d')", f"custom_error({name}, 404)",
                f"custom_error({{'error': {name}}}, {self.pick(_NUMBERS)})", f"error({name})", f"max_threads({name})",
                f"backend_hint({name})", f"cache_ttl({name})", f"activate({self.pick(_TEXTS)})", "activate('analyzer')",
                "disable('analyzer')", f"tb_secret({name})", "tb_secret('nope')", "tb_secret('nope', 'a')",
                f"tb_var('{self.pick(SECRETS)}', 'a')", f"enumerate_with_last({name})", f"JSON({name})", f"Symbol({name})",
                f"split_to_array({self.expression(1, is_control=False)})", f"day_diff({name})", f"now({name})",
                f"String({name}).upper()", f"defined({self.expression(1, is_control=False)})", f"error({name}, 1)",
            )
        )  # fmt: skip

    def expression(self, depth: int, *, is_control: bool) -> str:
        if depth <= 0 or not self.is_odd(0.7):
            return self.pick((self.typed, self.typed, self.typed, self.name, self.helper, self.literal))() if (
                self.chance(0.8)
            ) else self.simple(is_control=is_control)  # fmt: skip
        return self.nested(depth - 1, is_control=is_control)

    def simple(self, *, is_control: bool) -> str:
        """Return what usual templates compute."""
        name = self.name()
        made = [
            f"{self.typed()} * {self.pick(_NUMBERS[:5])}", f"{name}.get('a', 'b')", f"{name}[0]", f"len({name})",
            f"{name}.split(',')", f"Int32({name}, 1) + 1", f"Int32({name}, 10) * Int32({self.name()}, 0)",
            f"{name} if defined({name}) else 'a'", f"'a' + String({name}, 'b')", f"['a', {name}]", f"int({name})",
        ]  # fmt: skip
        if is_control:
            made += [
                f"{name}.startswith('a')",
                f"{name} or 'a'",
                f"{name} == 'a'",
                f"str({name})",
                f"{name} is not None",
            ]
        return self.pick(made)

    def nested(self, depth: int, *, is_control: bool) -> str:
        def inner() -> str:
            return self.expression(depth, is_control=is_control)

        kind = self.random.randrange(17 if is_control or self.is_odd(0.2) else 11)
        if kind == 0:
            return f"{inner()} {self.pick(('+', '+', '-', '*'))} {inner()}"
        if kind == 1:
            return f"({inner()})[{self.index(depth)}]"
        if kind == 2:
            return f"({inner()}).{self.pick(_METHODS[5:13] if not is_control else _METHODS)}"
        if kind == 3:
            return f"{self.pick(_BUILTINS[:6] if not is_control else _BUILTINS)}({inner()})"
        if kind == 4:
            return f"{inner()} if {self.test() if self.chance(0.5) else inner()} else {inner()}"
        if kind == 5:
            return self.collection(inner)
        if kind == 6:
            return (
                self.pick(("not ", "-", "- ", "+", "~", "not not "))[: None if is_control else 4]
                + inner()
            )
        if kind == 7:
            form = self.pick(("", "", "!r", "!s", ":>5", ":.2f", ":05", "=", "!a", ":,"))
            return f"f'a{{{self.name()}{form}}} %'" if self.chance(0.7) else f'f"{{{inner()}}}"'
        if kind == 8:
            return f"({inner()})"
        if kind == 9:
            return f"{self.pick(_BUILTINS[:6])}({inner()}, {inner()})"
        if kind == 10:
            return f"{self.pick(_TYPES)}({inner()}, {inner()})"
        if kind == 11:
            return f"{inner()} {self.pick(_COMPARISONS)} {inner()}"
        if kind == 12:
            return f"{inner()} {self.pick(('and', 'or'))} {inner()}"
        if kind == 13:
            return f"{inner()} {self.pick(('is', 'is not'))} {self.pick(('None', 'None', inner()))}"
        if kind == 14:
            return f"{inner()} {self.pick(('/', '//', '%', '&', '|', '^', '@', '>>'))} {inner()}"
        if kind == 15:
            return self.comprehension(inner)
        return self.pick(
            (f"{inner()} < {inner()} <= 5", f"lambda: {inner()}", f"(z := {inner()})", f"{self.name()}.a", f"*{self.name()}",
             f"yield {self.name()}", f"await {self.name()}", f"{self.name()}.a()", f"{inner()},", f"{self.name()}['a']['b']",
             "x; y", "x = 1", f"{inner()} # note", "import os", "x.__class__", f"{inner()} {inner()}", f"({inner()})()")
        )  # fmt: skip

    def index(self, depth: int) -> str:
        if self.is_odd(0.5):
            return self.pick(
                ("1:", ":1", "-1", "::2", "0:2", ":-1", "1, 2", "'a'", "x", "10", "1:2:0", "::-1")
            )
        return self.pick(("0", "'a'", "1"))

    def collection(self, inner: Callable[[], str]) -> str:
        return self.pick(
            (lambda: f"[{inner()}, {inner()}]", lambda: f"({inner()}, {inner()})", lambda: f"({inner()},)",
             lambda: f"{{'a': {inner()}, {inner()}: 1}}", lambda: f"{{{inner()}}}", lambda: f"[{inner()}]",
             lambda: f"[*{inner()}]", lambda: f"{{**{inner()}}}", lambda: f"{{'a': {inner()}}}.get('a')")
        )()  # fmt: skip

    def comprehension(self, inner: Callable[[], str]) -> str:
        made = (
            f"{self.pick(('i', 'i.upper()', inner(), 'str(i)', '(i, z)'))} for i in {self.items()}"
        )
        if self.chance(0.3):
            made += f" if {self.pick(('i', 'defined(i)', inner()))}"
        if self.chance(0.1):
            made += " for z in 'ab'"
        return self.pick(
            ("[{}]", "[{}]", "','.join([{}])", "','.join({})", "{{{}}}", "list({})", "{{i: {}}}")
        ).format(made)
