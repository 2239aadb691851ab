"""The grammar that all datafiles share: instructions, their values, and `>` blocks.

A kind of file is a table of `Instruction` rows; to add an instruction, add a row there.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, Generic, TypeVar

from martlet.errors import DatafileError, Location
from martlet.files.source import Line, Report, Source, Text, Token, expand, tokens, unquote_value
from martlet.model import TokenGrant

Draft = TypeVar("Draft")


@dataclass(frozen=True, slots=True)
class Section:
    """An instruction in a file.

    Attributes:
        name: upper case.
        line: from the instruction's word on.
        value: a block's lines as they stand, without comment lines and blank lines around;
            otherwise the rest of the line, variables put in and quotes around it removed.
        arguments: the words of a single-line value, each without quotes.
    """

    name: str
    line: Line
    value: Text
    is_block: bool = False
    arguments: tuple[str, ...] = ()

    @property
    def location(self) -> Location:
        """Where the instruction's word stands."""
        return self.line.at()

    @property
    def text(self) -> str:
        """The value in one piece, without the white space around."""
        return self.value.text.strip()

    def fail(self, message: str, hint: str = "") -> DatafileError:
        """Return the error to raise, pointing at the value (or the word, if there is none)."""
        has_value = not self.is_block and self.text
        place = self.value.at() if has_value else self.location
        return DatafileError(message, location=place, hint=hint)

    def given(self) -> str:
        """Return the text, which may be empty quotes but not missing."""
        return self.text if self.arguments else self.required()

    def required(self) -> str:
        """Return the text, which must not be empty."""
        if not self.text:
            hint = "indent its lines below it." if self.is_block else ""
            raise self.fail(f"{self.name} needs a value", hint)
        return self.text


@dataclass(frozen=True)  # no slots: Python 3.11 cannot call the alias of a generic class with them
class Instruction(Generic[Draft]):
    """What an instruction may look like in one kind of file, and what it does there.

    Attributes:
        handler: stores the section's value in the draft; raises DatafileError.
        key: the field or setting that the handler fills, where it serves several rows.
        block: whether `NAME >` and lines below it are allowed.
        note: a warning that is given whenever it is used.
        classic: a word of Tinybird Classic only, which Forward takes for text inside of a block:
            there it counts as `NAME >` alone.
    """

    name: str
    handler: Callable[[Draft, Section, "Instruction[Draft]"], None]
    key: str = ""
    block: bool = False
    note: str = ""
    classic: bool = False


def table(*rows: Instruction[Draft]) -> dict[str, Instruction[Draft]]:
    """Return the rows by instruction name."""
    return {row.name: row for row in rows}


def apply(
    sections: list[Section],
    rows: Mapping[str, Instruction[Draft]],
    draft: Draft,
    report: Report,
) -> None:
    """Hand each section to its row's handler; errors are collected."""
    for section in sections:
        row = rows[section.name]
        if row.note:
            report.warn(f"{section.name} {row.note}", section.location)
        with report.collect():
            row.handler(draft, section, row)


# An instruction that tutorials print behind the text of the DESCRIPTION above it.
_RUN_TOGETHER = {
    "datasource": ("SCHEMA", re.compile(r"\s(SCHEMA\s*>)\s*$")),
    "pipe": ("NODE", re.compile(r"\s(NODE\s+\S+)\s*$")),
}


def read_sections(
    source: Source,
    lines: list[Line],
    kind: str,
    rows: Mapping[str, Instruction[Any]],
    report: Report,
) -> list[Section]:
    """Return the instructions of a file in order.

    A SCHEMA or NODE in a description's last words counts as one if there is no other.
    """
    needed, pattern = _RUN_TOGETHER.get(kind, ("", re.compile(r"(?!)")))
    first_try = Report()
    sections = _split(source, lines, kind, rows, first_try)
    if not any(section.name == needed for section in sections):
        for line in (line for s in sections if s.name == "DESCRIPTION" for line in s.value.lines):
            if found := pattern.search(f" {line.text}"):
                report.warn(
                    f"{needed} stands on the same line as the description",
                    line.at(found.start(1) - 1),
                    f"start a new line with {needed}.",
                )
                broken = _break(lines, line, found.start(1) - 1 + line.shift)
                return _split(source, broken, kind, rows, report)
    report.errors += first_try.errors
    report.warnings += first_try.warnings
    return sections


def _break(lines: list[Line], at: Line, index: int) -> list[Line]:
    """Return the lines with one of them cut in two."""
    position = next(i for i, x in enumerate(lines) if (x.path, x.number) == (at.path, at.number))
    line = lines[position]
    index -= line.shift
    halves = [line.cut(0, line.text[:index].rstrip()), line.cut(index)]
    return lines[:position] + halves + lines[position + 1 :]


_BLOCK = re.compile(r"\s*>")
# Measured: of all that has a value, these do not get `$NAME` replaced.
_VERBATIM = frozenset({"DESCRIPTION", "TOKEN", "TAGS", "SHARED_WITH"})
_INSTRUCTION = re.compile(r"[A-Z]+_[A-Z0-9_]+")


def _split(
    source: Source,
    lines: list[Line],
    kind: str,
    rows: Mapping[str, Instruction[Any]],
    report: Report,
) -> list[Section]:
    sections: list[Section] = []
    position = 0
    is_lost = False  # in lines that only repeat the error above them
    while position < len(lines):
        line = lines[position]
        position += 1
        word = line.first_word
        if not word:
            is_lost = is_lost and bool(line.text.strip())
            continue
        row = rows.get(word)
        line = line.cut(len(line.text) - len(line.text.lstrip()))
        if row is None:
            if not is_lost or _INSTRUCTION.fullmatch(line.text.split()[0]):
                _unknown(word, line, kind, rows, report)
            is_lost = True
            continue
        rest = line.cut(len(word))
        with report.collect():
            if _BLOCK.match(rest.text):
                end = _block_end(lines, position, rows)
                body, position = lines[position:end], end
                _check_block(rest, row, report)
                if word.startswith("ENGINE_"):  # of all blocks, only these get `$NAME` replaced
                    body = [each.cut(0, expand(each.text, source.environment)) for each in body]
                sections.append(Section(word, line, _block_text(rest, body), is_block=True))
            else:
                sections.append(_single(source, word, line, rest, report))
                is_lost = row.block and not rest.text.strip()
    return sections


def _unknown(
    word: str, line: Line, kind: str, rows: Mapping[str, Instruction[Any]], report: Report
) -> None:
    near = get_close_matches(word, rows, n=1)
    hint = f"did you mean {near[0]}?" if near else ""
    report.error(f"{word} is not a valid option in {kind} files.", line.at(), hint)


def _block_end(lines: list[Line], start: int, rows: Mapping[str, Instruction[Any]]) -> int:
    """Return the index of the first unindented line that starts with an instruction."""
    for index in range(start, len(lines)):
        line = lines[index]
        row = rows.get(line.first_word)
        if row is None or line.text[0] in " \t":
            continue
        if not row.classic or _BLOCK.match(line.text, len(row.name)):
            return index
    return len(lines)


def _check_block(rest: Line, row: Instruction[Any], report: Report) -> None:
    if not row.block:
        raise DatafileError(
            f"{row.name} does not support multiline arguments",
            location=rest.at(rest.text.index(">")),
            hint=f"write the value on the same line: {row.name} value.",
        )
    after = rest.text.partition(">")[2].strip()
    if after and not after.startswith("#"):
        report.warn(
            f"The text after {row.name} > is ignored",
            rest.at(rest.text.index(after)),
            "start it on the next line, indented.",
        )


def _block_text(opening: Line, body: list[Line]) -> Text:
    kept = [line for line in body if not line.text.lstrip().startswith("#")]
    filled = [index for index, line in enumerate(kept) if line.text.strip()]
    return Text(tuple(kept[filled[0] : filled[-1] + 1]) if filled else (opening.cut(0, ""),))


def _single(source: Source, word: str, line: Line, rest: Line, report: Report) -> Section:
    if word == "DESCRIPTION":
        return Section(word, line, _prose(rest))
    found = tokens(rest)
    if not found:
        return Section(word, line, Text((rest.cut(0, ""),)))
    written = _joined(found)
    if written[0] in "\u201c\u2018":
        report.warn(
            f"Typographic quotes around the value of {word}",
            rest.at(found[0].start),
            'write straight quotes: "value".',
        )
    if rest.text[found[-1].end :].startswith("#"):
        report.warn(
            f"The value of {word} ends at the #, which starts a comment",
            rest.at(found[-1].end),
            "put the value between quotes, or a space before the #.",
        )
    variables = {} if word in _VERBATIM else source.environment
    value = unquote_value(written)
    start = found[0].start + (len(value) < len(written))
    return Section(
        word,
        line,
        Text((rest.cut(start, expand(value, variables)),)),
        arguments=tuple(expand(unquote_value(token.text), variables) for token in found),
    )


def _prose(rest: Line) -> Text:
    """Return a text for people up to a `#` comment; quotes are part of it, closed or not."""
    try:
        found = tokens(rest)
    except DatafileError:
        start = len(rest.text) - len(rest.text.lstrip())
        return Text((rest.cut(start, rest.text.strip()),))
    start = found[0].start if found else len(rest.text)
    return Text((rest.cut(start, _joined(found)),))


def _joined(words: list[Token]) -> str:
    """Return words as they stand, with one space for all that is between two of them."""
    ends = [word.start for word in words[:1]] + [word.end for word in words[:-1]]
    pairs = zip(words, ends, strict=True)
    return "".join(" " * (word.start > end) + word.text for word, end in pairs)


def description(section: Section) -> str:
    """Return a DESCRIPTION: dedented, without blank lines."""
    if not section.is_block:
        return section.text
    lines = [line.text for line in section.value.lines if line.text.strip()]
    indent = min((len(text) - len(text.lstrip()) for text in lines), default=0)
    return "\n".join(text[indent:].rstrip() for text in lines).strip()


def token_grant(section: Section, permissions: Sequence[str]) -> TokenGrant:
    """Return the grant of a `TOKEN name PERMISSION` line."""
    words = section.arguments
    if len(words) < 2:
        raise section.fail(
            'TOKEN takes two params: token name and permission e.g TOKEN "read api token" READ'
        )
    if len(words) > 2:
        raise section.fail(
            f"Invalid number of arguments for TOKEN command: {len(words)}. "
            "Expected 2 arguments: token name and permission",
            "put a name with spaces between quotes.",
        )
    name, permission = words[0], words[1].upper()
    if permission not in permissions:
        if len(permissions) == 1:
            raise section.fail(
                f"Invalid permission {permission} for token {name}. Only READ is allowed for pipes"
            )
        raise section.fail(f"Invalid permission: {permission}. Only READ and APPEND are supported")
    return TokenGrant(name, permission, section.location)


CLASSIC_WORDS = ("FROM", "MAINTAINER", "RESOURCE", "TEST")
CLASSIC_NOTE = "belongs to Tinybird Classic and has no effect"


def ignored(draft: object, section: Section, row: Instruction[Any]) -> None:
    """Do nothing with an instruction: its row's note says so."""


def comma_list(text: str) -> tuple[str, ...]:
    """Return the parts of a comma separated value, without white space and empty ones."""
    return tuple(part.strip() for part in text.split(",") if part.strip())


def version_number(section: Section) -> int:
    """Return N of Classic's `VERSION N`."""
    text = section.required()
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise section.fail(f"VERSION must be a whole number, not {text!r}")
    return int(text)
