"""Datafiles in their canonical form: the layout changes, no instruction, value or comment does.

Instructions stay in the file's order, and SQL stays as it is written but for its indentation.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from martlet.errors import SqlError
from martlet.files import connection, datasource, jsonform, pipe
from martlet.files.columns import column_lines, single_spaced
from martlet.files.sections import Instruction, Section, read_sections
from martlet.files.source import Line, Report, Source, as_lines, tokens, unquote_value
from martlet.sql.lexer import Kind, lex

INDENT = "    "
INSTRUCTIONS: Mapping[str, Mapping[str, Instruction[Any]]] = {
    "datasource": datasource.INSTRUCTIONS,
    "pipe": pipe.INSTRUCTIONS,
    "connection": connection.INSTRUCTIONS,
}


@dataclass(slots=True)
class _Part:
    """An instruction with the comments and blank lines above it.

    Attributes:
        name: empty for what stands below the last instruction.
        lead: comments and blank lines above it, as the file has them.
        lines: the instruction, written.
    """

    name: str
    lead: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


def canonical(path: str, text: str, kind: str) -> str:
    """Return a datafile's text in its canonical form.

    Args:
        path: of the file.
        text: of a file that can be read without errors.
        kind: `datasource`, `pipe` or `connection`.
    """
    rows, source = INSTRUCTIONS[kind], Source(path, text)
    lines = as_lines(path, text)
    if kind == "datasource" and jsonform.is_json(lines):
        return canonical(path, _as_text(lines), kind)
    sections = read_sections(source, lines, kind, rows, Report())
    behind = next((s.line for s in sections if s.line.shown[: s.line.shift].strip()), None)
    if behind is not None:  # an instruction behind a DESCRIPTION
        rest = [behind.text, *(line.text for line in lines[behind.number :])]
        above = [line.text for line in lines[: behind.number - 1]]
        return canonical(path, "\n".join([*above, behind.shown[: behind.shift], *rest]), kind)
    return "".join(f"{line}\n" for line in _joined(_parts(sections, lines), kind))


def _parts(sections: Sequence[Section], lines: Sequence[Line]) -> Iterator[_Part]:
    """Yield the instructions and what stands below the last one."""
    starts = [section.line.number - 1 for section in sections]
    ends = [*starts[1:], len(lines)]
    lead = [line.text for line in lines[: starts[0]]] if sections else []
    followers = [*(section.name for section in sections[1:]), ""]
    for section, start, end, follower in zip(sections, starts, ends, followers, strict=True):
        body = [line.text for line in lines[start + 1 : end]]
        length = _body_length(body, section)
        written = _written(section, body[:length], is_open=follower == "INCLUDE")
        yield _Part(section.name, lead, written)
        lead = body[length:]
    yield _Part("", lead)


def _body_length(body: Sequence[str], section: Section) -> int:
    """Return how many of the lines below an instruction belong to it.

    Comments at the end that are not indented belong to what follows. What is neither comment nor
    instruction below an INCLUDE goes on with the block that the included file ends with.
    """
    length = len(body)
    while length and (not body[length - 1].strip() or _is_note(body[length - 1], section)):
        length -= 1
    return length


def _is_note(line: str, section: Section) -> bool:
    """Whether a line is a comment that stands in no block."""
    return (line if section.is_block else line.lstrip()).startswith("#")


def _written(section: Section, body: list[str], *, is_open: bool) -> list[str]:
    """Return the lines of an instruction.

    Args:
        section: the instruction.
        body: the lines below it, comments among them.
        is_open: the block goes on in an included file, so its lines stay as they are.
    """
    if not section.is_block:
        return [*_single(section), *body]
    comment = section.line.text.partition(">")[2].strip()
    head = f"{section.name} > {comment}".rstrip()
    text = [line for line in body if not line.lstrip().startswith("#")]
    if is_open or not (section.name == "DESCRIPTION" or _may_move("\n".join(text))):
        return [head, *body]
    return [head, *_BLOCKS.get(section.name, _indented)(_trimmed(body))]


def _may_move(text: str) -> bool:
    """Whether the lines of a text can be indented anew: none starts inside of a literal."""
    try:
        quoted = [x.text for x in lex(text) if x.kind in (Kind.STRING, Kind.QUOTED)]
    except SqlError:
        return False
    return not any("\n" in literal for literal in quoted)


def _trimmed(lines: list[str]) -> list[str]:
    """Return the lines without blank ones around and white space at their ends."""
    filled = [index for index, line in enumerate(lines) if line.strip()]
    return [line.rstrip() for line in lines[filled[0] : filled[-1] + 1]] if filled else []


def _indented(lines: list[str]) -> list[str]:
    """Return the lines with four spaces in place of the white space that all of them begin with."""
    text = [line for line in lines if line and not line.lstrip().startswith("#")]
    common = _common_indent(text or [line for line in lines if line])
    return [INDENT + _without(line, common) if line else "" for line in lines]


def _common_indent(lines: list[str]) -> str:
    indents = [line[: len(line) - len(line.lstrip(" \t"))] for line in lines]
    common = min(indents, key=len, default="")
    while not all(indent.startswith(common) for indent in indents):
        common = common[:-1]
    return common


def _without(line: str, indent: str) -> str:
    """Return a line without the indent; a comment may have less of it."""
    return line.removeprefix(indent) if line.startswith(indent) else line.lstrip(" \t")


def _query(lines: list[str]) -> list[str]:
    """Return the lines of a query, the `%` of a template on a line of its own."""
    start = next((i for i, line in enumerate(lines) if not line.lstrip().startswith("#")), 0)
    first = lines[start].lstrip() if lines else ""
    if not first.startswith("%"):
        return _indented(lines)
    beside = first[1:].strip()
    percent = [f"{INDENT}%", *([INDENT + beside] if beside else [])]
    return [*_indented(lines[:start]), *percent, *_indented(lines[start + 1 :])]


def _schema(lines: list[str]) -> list[str]:
    return [f"{INDENT}{line}".rstrip() for line in _trimmed(column_lines("\n".join(lines)))]


_BLOCKS = {"SQL": _query, "SCHEMA": _schema}


def _single(section: Section) -> list[str]:
    """Return the lines of an instruction whose value is on the same line."""
    rest = section.line.cut(len(section.line.text.split(None, 1)[0]))
    if section.name == "DESCRIPTION":
        return _description(rest.text.strip())
    found = tokens(rest)
    ends = [token.start for token in found[:1]] + [token.end for token in found[:-1]]
    words = zip(found, ends, strict=True)
    value = _straight("".join(" " * (token.start > end) + token.text for token, end in words))
    if write := _VALUES.get(section.name):
        value = write(value, section)
    comment = rest.text[found[-1].end if found else 0 :].strip()
    return [" ".join(filter(None, (section.name, value, comment)))]


def _description(text: str) -> list[str]:
    """Return a DESCRIPTION as a block, where the text means the same in one."""
    # On one line Tinybird reads a `#` as a comment and runs of spaces as one (measured).
    is_plain = text and "#" not in text and text == " ".join(text.split())
    return ["DESCRIPTION >", INDENT + text] if is_plain else [f"DESCRIPTION {text}".rstrip()]


def _straight(value: str) -> str:
    """Return a value with straight quotes in place of typographic ones around it."""
    inner = unquote_value(value)
    return f'"{inner}"' if value[:1] in ("\u201c", "\u2018") and '"' not in inner else value


def _token(value: str, section: Section) -> str:
    name, permission = section.arguments
    return value if '"' in name else f'"{name}" {permission.upper()}'


def _tags(value: str, section: Section) -> str:
    names = [name.strip() for name in unquote_value(value).split(",")]
    # An empty name between two commas is a tag in Tinybird (measured).
    is_plain = all(names) and not any(quote in name for name in names for quote in "\"'`")
    return f'"{", ".join(names)}"' if is_plain else value


_VALUES = {"TOKEN": _token, "TAGS": _tags}

# Instructions that stand close together, by how their names begin; all others stand alone.
_GROUPS = {
    "datasource": {
        "TOKEN": "TOKEN", "KAFKA_": "KAFKA", "IMPORT_": "IMPORT", "PG_": "PG", "ENGINE": "ENGINE",
        "SORTING_KEY": "ENGINE", "PARTITION_KEY": "ENGINE", "PRIMARY_KEY": "ENGINE",
        "SAMPLING_KEY": "ENGINE", "TTL": "ENGINE",
    },
    "pipe": {"TOKEN": "TOKEN", "DESCRIPTION": "", "TAGS": "", "SQL": "", "VERSION": "", "": "TYPE"},
    "connection": {"DESCRIPTION": "", "": "TYPE"},
}  # fmt: skip


def _group(name: str, kind: str) -> str:
    """Return what an instruction stands together with, empty if it stands alone."""
    rows = _GROUPS[kind]
    return next((group for start, group in rows.items() if name.startswith(start)), "")


def _joined(parts: Iterator[_Part], kind: str) -> Iterator[str]:
    """Yield the lines of a file, with a blank line between groups of instructions."""
    before = ""
    for part in parts:
        yield from _lead(before, part, kind)
        yield from part.lines
        before = part.name


def _lead(before: str, part: _Part, kind: str) -> list[str]:
    """Return the comments and blank lines between two instructions."""
    lead = single_spaced([line.strip() for line in part.lead])
    if not before:
        return lead[lead[:1].count("") :]
    if not part.name:
        return lead[: len(lead) - lead[-1:].count("")]
    if "INCLUDE" in (before, part.name):
        return lead
    is_close = _stands_close(before, part.name, kind)
    if not any(lead):
        return [] if is_close else [""]
    return lead if is_close or "" in lead else ["", *lead]


def _stands_close(name: str, following: str, kind: str) -> bool:
    if name == "NODE":
        return True
    return following != "NODE" and _group(name, kind) == _group(following, kind) != ""


def _as_text(lines: list[Line]) -> str:
    """Return a data source that is written as JSON as the text of a `.datasource` file."""
    written: list[str] = []
    for section in jsonform.read_json(lines, datasource.INSTRUCTIONS, Report()):
        value = [line.text for line in section.value.lines]
        if section.is_block:
            written += [f"{section.name} >", *(INDENT + line for line in value)]
        else:
            is_bare = section.name in ("DESCRIPTION", "TOKEN") or '"' in section.text
            text = section.text if is_bare else f'"{section.text}"'
            written.append(f"{section.name} {text}")
    return "\n".join(written)
