r"""Regular expressions: what RE2 reads in ClickHouse, written so that Trino's Joni reads the same.

Both have the syntax of Perl, but not the same one: in RE2 `$` is the end of the text only, `\s` and
`\b` know ASCII only, and a bracket in a class is a character. A pattern is read here and written
anew in what both agree on; what has no equal is refused.
Source: https://github.com/google/re2/wiki/Syntax
"""

import re
from dataclasses import dataclass, field
from functools import lru_cache

from martlet.translate import slots
from martlet.translate.function import Function, Site
from martlet.translate.functions.strings import filled, limited, result, truth
from martlet.translate.value import Value

_META = frozenset("\\^$.|?*+()[]{}-&#~")
_ESCAPES = {"a": "\a", "f": "\f", "t": "\t", "n": "\n", "r": "\r", "v": "\v"}
_CLASSES = {
    "d": "0-9", "w": "0-9A-Za-z_", "s": r"\t\n\f\r ",
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "blank": r"\t ", "digit": "0-9", "lower": "a-z",
    "space": r"\t\n\x0b\f\r ", "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
    "punct": r"!-/:-@\[-`{-\x7e",
}  # fmt: skip
_WORD = "[0-9A-Za-z_]"
_BOUNDARIES = {
    "b": f"(?:(?<={_WORD})(?!{_WORD})|(?<!{_WORD})(?={_WORD}))",
    "B": f"(?:(?<={_WORD})(?={_WORD})|(?<!{_WORD})(?!{_WORD}))",
}
_REPETITION = re.compile(r"[*+?]|\{\d+(?:,\d*)?\}")
MOST_FOLDED = 2000


class PatternError(ValueError):
    """A pattern has no equal in Trino, or is none."""


@dataclass(slots=True)
class _Flags:
    """What `(?ims)` has set: ignore case, `^` and `$` at lines, `.` is a line's end too."""

    i: bool = False
    m: bool = False
    s: bool = True


@dataclass(slots=True)
class _Level:
    """What is read between brackets: whether it may be empty, and the flags around it."""

    around: _Flags
    some: bool = False
    here: bool = True
    last: bool = True

    def put(self, *, may_be_empty: bool) -> None:
        self.here = self.here and self.last
        self.last = may_be_empty

    def alternative(self) -> None:
        self.some = self.may_be_empty
        self.here = self.last = True

    @property
    def may_be_empty(self) -> bool:
        return self.some or (self.here and self.last)


@dataclass(slots=True)
class _Pattern:
    """A pattern that is read from left to right and written as it is read."""

    text: str
    flags: _Flags
    position: int = 0
    is_hyperscan: bool = False
    groups: int = 0
    levels: list[_Level] = field(default_factory=lambda: [_Level(_Flags())])
    has_dot: bool = False

    def take(self) -> str:
        character = self.text[self.position]
        self.position += 1
        return character

    def rest(self) -> str:
        return self.text[self.position :]

    def written(self) -> str:
        """Return the whole pattern for Joni."""
        out: list[str] = []
        may_repeat = False
        while self.position < len(self.text):
            repetition = _REPETITION.match(self.text, self.position)
            if repetition is not None:
                if not may_repeat:
                    raise PatternError(f"nothing to repeat before '{repetition[0]}'")
                out.append(self.repetition(repetition[0]))
                may_repeat = False
                continue
            piece, may_repeat = self.piece()
            out.append(piece)
        if len(self.levels) > 1:
            raise PatternError("a bracket is not closed")
        return ("(?s)" if self.has_dot else "") + "".join(out)

    def repetition(self, text: str) -> str:
        self.position += len(text)
        numbers = [int(number) for number in re.findall(r"\d+", text)]
        if any(number > 1000 for number in numbers) or numbers != sorted(numbers):
            raise PatternError(f"the repetition '{text}' is out of range")
        if self.levels[-1].last and text != "?":
            raise PatternError("what is repeated may be empty")
        if text in "*?" or numbers[:1] == [0]:
            self.levels[-1].last = True
        if self.rest().startswith("?"):
            self.position += 1
            return f"{text}?"
        return text

    def piece(self) -> tuple[str, bool]:
        """Return the next piece but a repetition, and whether one may stand behind it."""
        character = self.take()
        level = self.levels[-1]
        match character:
            case "(":
                return self.group(), False
            case ")":
                if len(self.levels) == 1:
                    raise PatternError("a closing bracket without an opening one")
                self.levels.pop()
                self.flags = level.around
                self.levels[-1].put(may_be_empty=level.may_be_empty)
                return ")", True
            case "|":
                level.alternative()
                return "|", False
            case "^":
                return (r"(?<![^\n])" if self.flags.m else "^"), False
            case "$":
                end = r"(?=\n?\z)" if self.is_hyperscan else r"\z"
                return (r"(?![^\n])" if self.flags.m else end), False
            case "\\" if self.rest()[:1] in ("b", "B", "A", "z"):
                name = self.take()
                return _BOUNDARIES.get(name, f"\\{name}"), False
            case _:
                return self.consuming(character), True

    def consuming(self, character: str) -> str:
        """Return a piece that stands for one character of the text."""
        self.levels[-1].put(may_be_empty=False)
        match character:
            case "[":
                return self.bracketed()
            case ".":
                self.has_dot = self.has_dot or self.flags.s
                return "." if self.flags.s else r"[^\n]"
            case "\\":
                return self.escape()
            case _:
                return self.literal(character)

    def group(self) -> str:
        """Open a group, or set flags up to the end of the one around."""
        if not self.rest().startswith("?"):
            self.levels.append(_Level(self.flags))
            self.groups += 1
            return "("
        named = re.match(r"\?P?<(\w+)>", self.rest())
        if named is not None:
            self.position += len(named[0])
            self.levels.append(_Level(self.flags))
            self.groups += 1
            return "("
        flags = re.match(r"\?([ims]*)(?:-([ims]+))?([:)])", self.rest())
        if flags is None:
            raise PatternError(f"'({self.rest()[:3]}' has no equal")
        self.position += len(flags[0])
        before = self.flags
        self.flags = _Flags(before.i, before.m, before.s)
        for name in "ims":
            if name in flags[1]:
                setattr(self.flags, name, True)
            if name in (flags[2] or ""):
                setattr(self.flags, name, False)
        if flags[3] == ")":
            return ""
        self.levels.append(_Level(before))
        return "(?:"

    def escape(self) -> str:
        """Return what stands for a backslash and what is behind it."""
        if self.position >= len(self.text):
            raise PatternError("a backslash at the end")
        start = self.position
        character = self.take()
        if character in "dDwWsS":
            return f"[{'^' if character.isupper() else ''}{self.named(character)}]"
        if character in "pP":
            return self.property(character)
        if character == "Q":
            raise PatternError(r"'\Q' has no equal")
        self.position = start
        return self.literal(self.escaped())

    def named(self, name: str) -> str:
        r"""Return what a class of ASCII has between brackets, `\w` or `[:alpha:]`.

        Where case is ignored, two letters beyond ASCII are other cases of K and S.
        """
        if name in "sS" and self.is_hyperscan:
            return _CLASSES["space"]
        if not self.flags.i or name not in _WITH_LETTERS:
            return _CLASSES[name.lower() if len(name) == 1 else name]
        if self.is_hyperscan:
            raise PatternError(f"the class '{name}' has no equal where case is ignored")
        inside = "A-Za-z" if name in ("upper", "lower") else _CLASSES[name.lower()]
        return inside + "\u017f\u212a"

    def escaped(self) -> str:
        """Return the character that an escape stands for."""
        character = self.take()
        if character in _ESCAPES:
            return _ESCAPES[character]
        number = re.match(r"([0-9A-Fa-f]{2})|\{([0-9A-Fa-f]{1,6})\}", self.rest())
        if character == "x" and number is not None:
            self.position += len(number[0])
            return chr(int(number[1] or number[2], 16))
        if character.isalnum() or not character.isascii():
            raise PatternError(f"'\\{character}' has no equal")
        return character

    def property(self, kind: str) -> str:
        """Return a class of Unicode: general categories only."""
        found = re.match(r"\{(\^?)(\w+)\}|([A-Z])", self.rest())
        name = (found[2] or found[3]) if found else ""
        if found is None or name not in (_CASELESS if self.flags.i else _CATEGORIES):
            raise PatternError(f"'\\{kind}{self.rest()[:8]}' has no equal")
        self.position += len(found[0])
        negated = (kind == "P") != bool(found[1])
        return f"\\{'P' if negated else 'p'}{{{name}}}"

    def literal(self, character: str) -> str:
        """Return a character that stands for itself, in all of its cases if case is ignored."""
        cases = folded(character) if self.flags.i else character
        if len(cases) > 1:
            return f"[{''.join(_quoted(c) for c in cases)}]"
        return _quoted(character)

    def bracketed(self) -> str:
        """Return a class in brackets, written anew."""
        negated = self.rest().startswith("^")
        self.position += negated
        parts: list[str] = []
        is_first = True
        while is_first or not self.rest().startswith("]"):
            if self.position >= len(self.text):
                raise PatternError("a class is not closed")
            is_first = False
            parts.append(self.member())
        self.position += 1
        return f"[{'^' if negated else ''}{''.join(parts)}]"

    def member(self) -> str:
        """Return one member of a class: a named class, a range or a character."""
        posix = re.match(r"\[:(\^?)(\w+):\]", self.rest())
        if posix is not None:
            if posix[2] not in _CLASSES or len(posix[2]) == 1 or posix[1]:
                raise PatternError(f"'{posix[0]}' has no equal")
            self.position += len(posix[0])
            return self.named(posix[2])
        known = re.match(r"\\([dDwWsS])", self.rest())
        if known is not None:
            self.position += 2
            inside = self.named(known[1])
            return f"[^{inside}]" if known[1].isupper() else inside
        found = re.match(r"\\([pP])", self.rest())
        if found is not None:
            self.position += 2
            return self.property(found[1])
        low = self.member_character()
        if not re.match(r"-[^\]]", self.rest(), re.DOTALL):
            return "".join(_quoted(c) for c in (folded(low) if self.flags.i else low))
        self.position += 1
        high = self.member_character()
        if high < low:
            raise PatternError(f"the range {low}-{high} is empty")
        return self.range(low, high)

    def member_character(self) -> str:
        character = self.take()
        if character == "\\":
            if self.position >= len(self.text):
                raise PatternError("a class is not closed")
            return self.escaped()
        return character

    def range(self, low: str, high: str) -> str:
        text = f"{_quoted(low)}-{_quoted(high)}"
        if not self.flags.i:
            return text
        if ord(high) - ord(low) > MOST_FOLDED:
            raise PatternError(f"the range {low}-{high} is too wide to ignore case")
        inside = {chr(number) for number in range(ord(low), ord(high) + 1)}
        others = {case for character in inside for case in folded(character)} - inside
        return text + "".join(_quoted(c) for c in sorted(others))


_CATEGORIES = frozenset(
    "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp".split()
)
_CASELESS = frozenset(name for name in _CATEGORIES if name[0] in "PZ" or name in ("N", "Nd"))
_WITH_LETTERS = frozenset({"w", "W", "alnum", "alpha", "lower", "upper", "word"})


def _quoted(character: str) -> str:
    if character in _META:
        return f"\\{character}"
    if character in "\n\t\r\f":
        return "\\" + "ntrf"["\n\t\r\f".index(character)]
    if ord(character) < 32 or ord(character) == 127:
        return f"\\x{ord(character):02x}"
    return character


@lru_cache(maxsize=4096)
def folded(character: str) -> str:
    """Return a character and its other cases, as RE2's simple folding has them."""
    found = {character}
    while character not in _DOTS:
        more = {c for f in found for c in (f.lower(), f.upper(), f.title()) if len(c) == 1}
        more |= {c for f in found for c in _SMALL_OF.get(f, ())}
        if more - _DOTS <= found:
            break
        found |= more - _DOTS
    return "".join(sorted(found))


# What has no simple folding, and letters whose small letter is another's capital's.
_DOTS = {"\u0131", "\u0130"}
_SMALL_OF = {
    "k": "\u212a", "s": "\u017f", "\u00e5": "\u212b", "\u00df": "\u1e9e", "\u03c9": "\u2126",
    "\u03b8": "\u03d1\u03f4", "\u03bc": "\u00b5", "\u03b2": "\u03d0", "\u03b5": "\u03f5",
    "\u03ba": "\u03f0", "\u03c0": "\u03d6", "\u03c1": "\u03f1", "\u03c3": "\u03c2",
    "\u03c6": "\u03d5", "\u03b9": "\u0345\u1fbe", "\u1e61": "\u1e9b", "\u0390": "\u1fd3",
    "\u1fd3": "\u0390", "\u03b0": "\u1fe3", "\u1fe3": "\u03b0", "\ufb05": "\ufb06",
    "\ufb06": "\ufb05", "\u0432": "\u1c80", "\u0434": "\u1c81", "\u043e": "\u1c82",
    "\u0441": "\u1c83", "\u0442": "\u1c84\u1c85", "\u044a": "\u1c86", "\u0463": "\u1c87",
    "\ua64b": "\u1c88",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Joni:
    """A pattern as Trino reads it."""

    text: str
    groups: int
    may_be_empty: bool

    @property
    def sql(self) -> str:
        return slots.string_sql(self.text)

    @property
    def group(self) -> int:
        """The number of the group that extract takes: the first one, or the whole match."""
        return min(self.groups, 1)


@lru_cache(maxsize=1024)
def joni(pattern: str, *, ignore_case: bool = False, is_hyperscan: bool = False) -> Joni:
    """Return a pattern of RE2, or of multiMatchAny's Hyperscan, for Trino.

    Raises:
        PatternError: it has no equal, or is no pattern.
    """
    reader = _Pattern(pattern, _Flags(i=ignore_case), is_hyperscan=is_hyperscan)
    text = reader.written()
    return Joni(text, reader.groups, reader.levels[0].may_be_empty)


def read_pattern(site: Site, index: int = 1, *, ignore_case: bool = False) -> Joni:
    """Return the pattern that is an argument, which must be a literal."""
    try:
        return joni(site.text(index), ignore_case=ignore_case)
    except PatternError as error:
        raise site.fail(f"the pattern cannot be used on Athena: {error}", index=index) from error


def _never_empty(site: Site, pattern: Joni, index: int = 1) -> None:
    if pattern.may_be_empty:
        raise site.fail("a pattern that an empty text matches is not supported", index=index)


def _match(site: Site) -> Value:
    return truth(
        site, f"regexp_like({site.arguments[0].sql}, {read_pattern(site).sql})", atomic=True
    )


def _guarded(value: Value, sql: str) -> str:
    return f"IF({value.operand} IS NULL, NULL, {sql})" if value.is_nullable else sql


def _extract(site: Site) -> Value:
    pattern, text = read_pattern(site), site.arguments[0]
    group = pattern.group
    if site.name == "regexpExtract":
        if len(site.arguments) == 3:
            group = site.lowering.integer(site.call.arguments[2], site.scope, of=site.name)
        if not 0 <= group <= pattern.groups:
            raise site.fail(f"the pattern has {pattern.groups} groups", index=2)
    found = f"regexp_extract({text.sql}, {pattern.sql}{f', {group}' if group else ''})"
    return result(site, _guarded(text, f"coalesce({found}, '')"), "String")


def _found(text: str, pattern: Joni, group: int) -> str:
    """Return SQL for a group of all matches; a group that takes no part is empty."""
    sql = f"regexp_extract_all({text}, {pattern.sql}{f', {group}' if group else ''})"
    may_miss = group and re.search(r"[|?*]|\{0", pattern.text.removeprefix("(?s)"))
    return f"transform({sql}, part -> coalesce(part, ''))" if may_miss else sql


def _extract_all(site: Site) -> Value:
    pattern = read_pattern(site)
    _never_empty(site, pattern)
    sql = _found(filled(site.arguments[0]), pattern, pattern.group)
    return result(site, sql, "Array(String)", "array(varchar)")


MOST_GROUPS = 5  # zip() takes no more arrays


def _extract_groups(site: Site) -> Value:
    """Lower the functions that give all groups: of the first match, of all, or group by group."""
    pattern, text = read_pattern(site), filled(site.arguments[0])
    if not pattern.groups:
        raise site.fail("there are no groups in the pattern", index=1)
    numbers = range(1, pattern.groups + 1)
    if site.name == "extractGroups":
        parts = ", ".join(
            f"coalesce(regexp_extract({text}, {pattern.sql}, {n}), '')" for n in numbers
        )
        nothing = "CAST(ARRAY[] AS array(varchar))"
        sql = f"IF(regexp_like({text}, {pattern.sql}), ARRAY[{parts}], {nothing})"
        return result(site, sql, "Array(String)", "array(varchar)")
    _never_empty(site, pattern)
    columns = [_found(text, pattern, number) for number in numbers]
    if site.name.endswith("Horizontal"):
        sql = f"ARRAY[{', '.join(columns)}]"
    elif len(columns) == 1:
        sql = f"transform({columns[0]}, part -> ARRAY[part])"
    elif len(columns) <= MOST_GROUPS:
        fields = ", ".join(f"parts[{number}]" for number in numbers)
        sql = f"transform(zip({', '.join(columns)}), parts -> ARRAY[{fields}])"
    else:
        raise site.fail(f"more than {MOST_GROUPS} groups are not supported", index=1)
    return result(site, sql, "Array(Array(String))", "array(array(varchar))")


def _count_matches(site: Site) -> Value:
    pattern = read_pattern(site, ignore_case=site.name.endswith("CaseInsensitive"))
    _never_empty(site, pattern)
    sql = f"regexp_count({site.arguments[0].sql}, {pattern.sql})"
    return result(site, sql, "UInt64", "bigint")


def _split_by(site: Site) -> Value:
    text = filled(site.arguments[1])
    if not site.text(0):
        return limited(site, f"regexp_extract_all({text}, '(?s).')")
    pattern = read_pattern(site, 0)
    _never_empty(site, pattern, 0)
    return limited(site, f"regexp_split({text}, {pattern.sql})")


def _replace(site: Site) -> Value:
    text, pattern, by = site.arguments[0], read_pattern(site), site.text(2)
    if not site.text(1):
        return result(site, text.sql, "String")
    if "\\" in by and not re.search(r"[\\^$.[|()?*+{]", site.text(1)):
        raise site.fail("a backslash is not supported beside a pattern that is plain text", index=2)
    source, shift = pattern.text, 0
    if site.name == "replaceRegexpOne" and not re.fullmatch(r"\^[^|(]*", site.text(1)):
        source, shift = f"^((?s:.*?))({source})", 2
    written = _replacement(site, by, pattern.groups, shift)
    written = f"$1{written}" if shift else written
    sql = f"regexp_replace({text.sql}, {slots.string_sql(source)}, {slots.string_sql(written)})"
    return result(site, sql, "String")


def _replacement(site: Site, text: str, groups: int, shift: int) -> str:
    r"""Return a replacement for Trino: `\1` is `$1` there."""
    out, position = [], 0
    while position < len(text):
        character, following = text[position], text[position + 1 : position + 2]
        position += 1
        if character == "\\" and following:
            position += 1
            if following.isdigit():
                out.append(_group_reference(site, text[position:], int(following), groups, shift))
                continue
            character = following
        out.append(f"\\{character}" if character in "$\\" else character)
    return "".join(out)


def _group_reference(site: Site, behind: str, number: int, groups: int, shift: int) -> str:
    if number > groups:
        raise site.fail(f"the pattern has {groups} groups", index=2)
    if behind[:1].isdigit() and groups + shift > 9:
        raise site.fail("a digit behind a group is not supported", index=2)
    return f"${number + shift}"


def _multi_match(site: Site) -> Value:
    patterns = site.constant(1)
    if not isinstance(patterns, list) or not all(isinstance(item, str) for item in patterns):
        raise site.fail("an array of literal patterns is expected", index=1)
    text = site.arguments[0]
    try:
        written = [joni(item, is_hyperscan=True) for item in patterns]
    except PatternError as error:
        raise site.fail(f"a pattern cannot be used on Athena: {error}", index=1) from error
    tests = " OR ".join(f"regexp_like({text.sql}, {item.sql})" for item in written)
    return truth(site, tests or "false")


_MATCHED = ("string", "string")

REGEXPS: dict[str, Function] = {
    "match": Function(_MATCHED, "UInt8", _match),
    "extract": Function(_MATCHED, "String", _extract),
    "regexpExtract": Function((*_MATCHED, "integer?"), "String", _extract),
    "extractAll": Function(_MATCHED, "Array(String)", _extract_all),
    **{name: Function(_MATCHED, "Array(Array(String))", _extract_groups) for name in (
        "extractAllGroupsVertical", "extractAllGroupsHorizontal", "extractGroups")},
    "countMatches": Function(_MATCHED, "UInt64", _count_matches),
    "countMatchesCaseInsensitive": Function(_MATCHED, "UInt64", _count_matches),
    "splitByRegexp": Function(("string", "string", "integer?"), "Array(String)", _split_by),
    "replaceRegexpAll": Function(
        ("string", "string", "string"), "String", _replace,
        note="an empty match beside characters beyond ASCII is between characters, not bytes"),
    "replaceRegexpOne": Function(("string", "string", "string"), "String", _replace),
    "multiMatchAny": Function(("string", "array"), "UInt8", _multi_match),
}  # fmt: skip

ALIASES: dict[str, str] = {
    "REGEXP_MATCHES": "match", "extractAllGroups": "extractAllGroupsVertical",
    "REGEXP_REPLACE": "replaceRegexpAll",
    "REGEXP_EXTRACT": "regexpExtract", "REGEXP_SUBSTR": "regexpExtract",
}  # fmt: skip
