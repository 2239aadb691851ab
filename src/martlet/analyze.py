"""Schemas guessed from samples of rows; a guess is tried with the row coder before it is told."""

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from martlet.errors import RequestError
from martlet.files.text import datasource_text, schema_text
from martlet.guesses import Field, Guess, sample_datasource, scalar_type, tried
from martlet.ingest.bodies import split_events
from martlet.ingest.csvcolumns import Quoted
from martlet.ingest.csvrows import (
    CsvReader,
    Dialect,
    Records,
    column_name,
    read_records,
    without_mark,
)
from martlet.ingest.paths import parse_path
from martlet.ingest.rows import CodedRows, RowCoder
from martlet.ingest.values import EXACT_DECODER, Number, printable
from martlet.model import Column, Datasource, TableEngine
from martlet.types import Group, parse_type

# Of a file, what is looked at.
MAX_SAMPLE_BYTES = 1024 * 1024
MAX_SAMPLE_ROWS = 10_000

# Columns of a data source; what has more is kept as text.
MAX_COLUMNS = 500
_MAX_DEPTH = 10
_MAX_SKIPPED = 100


@dataclass(frozen=True, slots=True)
class Layout:
    """How a CSV file is written.

    Attributes:
        has_header: whether its first record has names.
        new_line: between its records.
    """

    dialect: Dialect
    has_header: bool
    new_line: str = "\n"


@dataclass(frozen=True, slots=True)
class Analysis:
    """What a sample of a file tells of its schema.

    Attributes:
        format: `ndjson`, `csv` or `parquet`.
        rows: sampled rows; lines that are no rows do not count.
        invalid: lines of the sample that are no rows.
        skipped: members and fields without a column, each with the reason.
        coded: the rows as the schema takes them.
        layout: of a CSV file.
    """

    format: str
    guesses: tuple[Guess, ...]
    rows: int
    invalid: int
    skipped: tuple[tuple[str, str], ...]
    coded: CodedRows
    layout: Layout | None = None

    @property
    def columns(self) -> tuple[Column, ...]:
        """The columns of the guessed schema."""
        return tuple(guess.column for guess in self.guesses)

    @property
    def refused(self) -> int:
        """How many rows no schema takes, such as texts that are no Unicode."""
        return self.rows - self.coded.accepted

    @property
    def schema(self) -> str:
        """The guessed SCHEMA on one line."""
        return schema_text(self.columns)

    @property
    def wide_schema(self) -> str:
        """The guessed SCHEMA for more rows than were sampled: its integers have 64 bits.

        What a Parquet file declares holds for all of its rows.
        """
        if self.format == "parquet":
            return self.schema
        return schema_text(
            [
                replace(column, type=parse_type(_SMALL_INTEGER.sub("Int64", str(column.type))))
                for column in self.columns
            ]
        )

    def datafile(self) -> str:
        """Return a `.datasource` file with the guessed schema."""
        return datasource_text(
            replace(
                sample_datasource(self.columns), engine=TableEngine(sorting_key=self.sorting_key)
            )
        )

    @property
    def sorting_key(self) -> str:
        """The column that Tinybird would sort by: a time, else a number, else a text."""
        for groups in _KEY_GROUPS:
            for column in self.columns:
                assert column.type is not None
                if column.type.family.group in groups:
                    is_plain = _KEY.fullmatch(column.name) and column.name not in _NO_KEYS
                    return column.name if is_plain else f"`{column.name}`"
        return "tuple()"


_SMALL_INTEGER = re.compile(r"\bInt(?:16|32)\b")  # the smallest that is guessed has 16 bits
_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NO_KEYS = {"not", "null", "true", "false", "inf", "nan"}  # by themselves in SQL they are no column
_KEY_GROUPS = (
    {Group.DATETIME, Group.DATETIME64, Group.DATE},
    {Group.INTEGER},
    {Group.STRING},
)


# --- JSON


def analyze_json(
    body: bytes, *, format: str = "ndjson", declared: Mapping[str, str] | None = None
) -> Analysis:
    """Guess the schema of events.

    Args:
        body: NDJSON as the Events API takes it; only its beginning is looked at.
        format: what the rows were before they were NDJSON.
        declared: types that the file itself gives to some members, by path.

    Raises:
        RequestError: there is no JSON object in it, or none with a member.
    """
    texts, events, invalid = _sample(body)
    if not events:
        raise RequestError("The sample has no JSON object", hint="send NDJSON, CSV or Parquet")
    walk = _Walk(declared or {})
    fields = walk.columns(events)
    if not fields:
        raise RequestError("The objects of the sample have no member that a column can read")
    names: set[str] = set()
    guesses = [field.guess(_fresh(field.name, names), len(events)) for field in fields]
    sample = b"\n".join(texts)
    guesses, coded = tried(guesses, lambda source: RowCoder(source).code(sample))
    skipped = tuple(walk.skipped.items())
    return Analysis(format, tuple(guesses), len(events), invalid, skipped, coded)


def _sample(body: bytes) -> tuple[list[bytes], list[object], int]:
    """Return the first objects of a body as texts and as values, and how many lines are none."""
    texts: list[bytes] = []
    values: list[object] = []
    invalid = size = 0
    for text in _texts(body):
        value = _read(text)
        if isinstance(value, dict):
            texts.append(text)
            values.append(value)
        elif text.strip():
            invalid += 1
        size += len(text) + 1
        if size >= MAX_SAMPLE_BYTES or len(texts) >= MAX_SAMPLE_ROWS:
            break
    return texts, values, invalid


def _texts(body: bytes) -> Iterator[bytes]:
    """Yield the documents of a body; of an array that is longer than a sample its beginning."""
    if len(body) > MAX_SAMPLE_BYTES:
        start = without_mark(body[: 2 * MAX_SAMPLE_BYTES]).lstrip()
        elements = _beginning(start) if start.startswith(b"[") else None
        if elements is not None:
            yield from elements
            return
    for events in split_events(body):
        yield from events.texts


def _beginning(array: bytes) -> list[bytes] | None:
    """Return so many elements of an array that they make a sample, None if it has fewer."""
    text = array.decode("latin-1")  # one character per byte, so that places in both are the same
    elements: list[bytes] = []
    gap = _SPACE.match(text, 1)
    try:
        while gap is not None:
            position = gap.end()
            _, end = EXACT_DECODER.raw_decode(text, position)
            elements.append(array[position:end])
            if end >= MAX_SAMPLE_BYTES or len(elements) >= MAX_SAMPLE_ROWS:
                return elements
            gap = _COMMA.match(text, end)
    except (ValueError, RecursionError):
        pass
    return None


_SPACE = re.compile(r"[ \t\r\n]*")
_COMMA = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")


def _read(text: bytes) -> object:
    try:
        return EXACT_DECODER.decode(text.decode())
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        return None


def _fresh(name: str, names: set[str]) -> str:
    """Return a name that is not taken yet, and take it."""
    found, number = name or "column", 1
    while found in names:
        number += 1
        found = f"{name or 'column'}_{number}"
    names.add(found)
    return found


class _Walk:
    """Takes objects apart into columns. What it does takes time by the size of the sample alone.

    Attributes:
        skipped: paths without a column, the first of them, and why.
    """

    def __init__(self, declared: Mapping[str, str]) -> None:
        self._declared = declared
        self.skipped: dict[str, str] = {}

    def columns(self, events: list[object]) -> list[Field]:
        """Return the places in events that become columns."""
        fields: list[Field] = []
        for name, values in _members(events).items():
            room = MAX_COLUMNS - len(fields)
            found = self._fields("$", name, "", values, 1) if room else []
            if len(found) > room:
                found = self._text(_step("$", name), column_name(name), values)
            if not room:
                self._skip(f"$.{name[:80]}", f"there are more than {MAX_COLUMNS} columns")
            fields += found
        return fields

    def _fields(
        self, parent: str, member: str, prefix: str, values: list[object], depth: int
    ) -> list[Field]:
        path = _step(parent, member)
        if path is None:
            self._skip(f"{parent}.{member[:80]}", "no jsonpath can be written for this name")
            return []
        name = f"{prefix}_{column_name(member)}" if prefix else column_name(member)
        present = [value for value in values if value is not None]
        kinds = set(map(type, present))
        if kinds == {dict} and depth < _MAX_DEPTH:
            members = _members(present)
            if 0 < len(members) <= MAX_COLUMNS:
                found = [
                    field
                    for inner, below in members.items()
                    for field in self._fields(path, inner, name, below, depth + 1)
                ]
                if len(found) <= MAX_COLUMNS:
                    return found
        elif kinds == {list} and len(present) == len(values):
            return self._array(path, name, present, depth)
        kind = scalar_type(present, declared=self._declared.get(path, ""))
        return [Field(path, name, kind, len(present))]

    def _skip(self, path: str, reason: str) -> None:
        if len(self.skipped) < _MAX_SKIPPED:
            self.skipped[printable(path)] = reason

    def _text(self, path: str | None, name: str, values: list[object]) -> list[Field]:
        """Return a place as a column with its JSON."""
        present = sum(value is not None for value in values)
        return [Field(path, name, "String", present)] if path else []

    def _array(self, path: str, name: str, lists: list[object], depth: int) -> list[Field]:
        elements = _elements(lists)
        objects = [element for element in elements if element is not None]
        members = _members(objects) if set(map(type, objects)) == {dict} else {}
        if not 0 < len(members) <= MAX_COLUMNS or depth >= _MAX_DEPTH:
            kind = f"Array({_element_type(elements, depth)})"
            return [Field(f"{path}[:]", name, kind, len(lists))]
        found = [
            (inner_path, inner_name, kind)
            for member, values in members.items()
            for inner_path, inner_name, kind in self._in_objects(
                f"{path}[:]", member, name, values, len(elements), depth + 1
            )
        ]
        return [Field(p, n, f"Array({kind})", len(lists)) for p, n, kind in found]

    def _in_objects(
        self, parent: str, member: str, prefix: str, values: list[object], count: int, depth: int
    ) -> Iterator[tuple[str, str, str]]:
        """Yield path, name and element type of what stands in the objects of an array.

        Args:
            parent: path of the objects.
            member: of them.
            prefix: name of the column for the objects.
            values: of the member in those that have it.
            count: how many elements the arrays have.
            depth: of the objects.
        """
        path = _step(parent, member)
        if path is None:
            self._skip(f"{parent}.{member[:80]}", "no jsonpath can be written for this name")
            return
        name = f"{prefix}_{column_name(member)}"
        present = [value for value in values if value is not None]
        members = _members(present) if set(map(type, present)) == {dict} else {}
        if 0 < len(members) <= MAX_COLUMNS and depth < _MAX_DEPTH:
            for inner, below in members.items():
                yield from self._in_objects(path, inner, name, below, count, depth + 1)
            return
        kind = scalar_type(present)
        yield path, name, kind if len(present) == count else f"Nullable({kind})"


def _members(objects: Iterable[object]) -> dict[str, list[object]]:
    """Return the values of each member, in the order in which the names come first."""
    found: dict[str, list[object]] = {}
    for item in objects:
        assert isinstance(item, dict)
        for name, value in item.items():
            found.setdefault(name, []).append(value)
    return found


def _elements(lists: Iterable[object]) -> list[object]:
    return [element for item in lists if isinstance(item, list) for element in item]


def _element_type(elements: list[object], depth: int) -> str:
    present = [element for element in elements if element is not None]
    has_nulls = len(present) < len(elements)
    if set(map(type, present)) == {list} and not has_nulls and depth < _MAX_DEPTH:
        return f"Array({_element_type(_elements(present), depth + 1)})"
    kind = scalar_type(present)
    return f"Nullable({kind})" if has_nulls else kind


def _step(parent: str, member: str) -> str | None:
    """Return the jsonpath of a member, None if none can be written in a datafile."""
    if any(mark in member for mark in "`'\"\\") or not member.isprintable():
        return None
    if not member or member != member.strip():
        return None
    before = parse_path(parent)
    assert before is not None
    for path in (f"{parent}.{member}", f"{parent}['{member}']"):
        parsed = parse_path(path)
        if parsed is not None and parsed.steps == (*before.steps, member):
            return path
    return None


# --- CSV


_DELIMITERS = ",;\t|"
_SNIFFED_BYTES = 64 * 1024
_SNIFFED_ROWS = 200
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]{0,76})")
_FLOAT = re.compile(r"-?(?:0|[1-9][0-9]*)\.[0-9]+(?:[eE][+-]?[0-9]{1,3})?")
_BOOLS = {"true": True, "false": False}


def analyze_csv(
    data: bytes,
    *,
    dialect: Dialect | None = None,
    has_header: bool | None = None,
    is_delimiter_known: bool = True,
) -> Analysis:
    """Guess the schema of a CSV file.

    Args:
        data: the file; only its beginning is looked at.
        dialect: how it is written, None to guess that too.
        has_header: whether the first record has names, None to guess.
        is_delimiter_known: whether the dialect's delimiter counts too, and not the rest alone.

    Raises:
        RequestError: there is no record in it, or its header names a column twice.
    """
    data = without_mark(data)
    is_last = len(data) <= MAX_SAMPLE_BYTES
    data = data[:MAX_SAMPLE_BYTES]
    if dialect is None or not is_delimiter_known:
        dialect = _sniff(data, dialect or Dialect())
    records = read_records(data, dialect, is_last=is_last)
    _cut(records)
    if not records.fields:
        raise RequestError("The sample has no CSV record")
    first = _header(records) if has_header is not False else None
    if has_header and first is None:
        first = [_shown(field) for field in records.fields[0]]
    width = Counter(map(len, records.fields)).most_common(1)[0][0]
    skipped: dict[str, str] = {}
    names = [f"column_{number + 1}" for number in range(width)]
    if first is not None:
        records.drop_first()
        names = _names(first, skipped)
    rows = _rows(records, len(names))
    columns = list(zip(*rows, strict=True)) if rows else [()] * len(names)
    fields = [_csv_field(name, column) for name, column in zip(names, columns, strict=True) if name]
    if not fields:
        raise RequestError("The CSV sample has no column with a name")
    if len(fields) > MAX_COLUMNS:
        raise RequestError(f"The CSV sample has more than {MAX_COLUMNS} columns")
    guesses = [field.guess(field.name, max(len(rows), 1)) for field in fields]

    def code(source: Datasource) -> CodedRows:
        reader = CsvReader(source, names if first is not None else None)
        body, sent = reader.events(records)
        return RowCoder(reader.datasource).code(body, sent=sent) if body else CodedRows()

    guesses, coded = tried(guesses, code)
    invalid = len(records.fields) - len(rows)
    end = data.find(b"\n", len(records.texts[0])) if records.texts else -1
    layout = Layout(dialect, first is not None, "\r\n" if data[:end].endswith(b"\r") else "\n")
    return Analysis(
        "csv", tuple(guesses), len(rows), invalid, tuple(skipped.items()), coded, layout
    )


def _cut(records: Records) -> None:
    """Take off the records that are too many."""
    del records.fields[MAX_SAMPLE_ROWS:], records.texts[MAX_SAMPLE_ROWS:]
    records.faults = {i: fault for i, fault in records.faults.items() if i < MAX_SAMPLE_ROWS}


def _sniff(data: bytes, dialect: Dialect) -> Dialect:
    """Return a dialect with the delimiter that gives most first records one number of fields."""
    taken = dialect.escape + dialect.quote

    def score(delimiter: str) -> tuple[float, int]:
        is_last = len(data) <= _SNIFFED_BYTES
        likely = replace(dialect, delimiter=delimiter)
        found = read_records(data[:_SNIFFED_BYTES], likely, is_last=is_last)
        widths = Counter(map(len, found.fields[:_SNIFFED_ROWS]))
        width, count = widths.most_common(1)[0] if widths else (1, 0)
        return (round(count / widths.total(), 1), width) if width > 1 else (0.0, 1)

    found = max((mark for mark in _DELIMITERS if mark not in taken), key=score)
    return replace(dialect, delimiter=found)


def _shown(field: bytes) -> str:
    return field.decode("utf-8", "replace")


def _header(records: Records) -> list[str] | None:
    """Return the names in the first record, None if it looks like a row."""
    names = [_shown(field) for field in records.fields[0]]
    if names and not names[-1]:
        names.pop()
    are_names = all(scalar_type([_value(name)]) == "String" for name in names)
    return names if any(names) and are_names else None


def _names(first: list[str], skipped: dict[str, str]) -> list[str]:
    """Return the names of columns, empty where the header has none.

    Raises:
        RequestError: two are the same.
    """
    first = first[:-1] if first and not first[-1] else first
    names = [column_name(text) for text in first]
    for number, name in enumerate(names, 1):
        if not name:
            skipped[f"field {number}"] = "the header has no name for it"
    twice = [name for name, count in Counter(filter(None, names)).items() if count > 1]
    if twice:
        raise RequestError(
            f"The header of the CSV sample names the column '{twice[0]}' more than once"
        )
    return names


def _rows(records: Records, width: int) -> list[list[bytes]]:
    """Return the records that are rows of so many fields, perhaps with a delimiter at the end."""
    rows = []
    for index, fields in enumerate(records.fields):
        is_longer = len(fields) == width + 1 and not fields[-1]
        if index not in records.faults and (is_longer or len(fields) == width):
            rows.append(fields[:width])
    return rows


def _csv_field(name: str, fields: Sequence[bytes]) -> Field:
    texts = [_shown(field) for field in fields if isinstance(field, Quoted) or field not in _ABSENT]
    values = list(map(_value, texts))
    kinds = set(map(type, values))
    is_mixed = bool in kinds and len(kinds) > 1
    kind = scalar_type(texts if is_mixed or str in kinds else values)
    return Field(None, name, kind, len(texts))


# Unquoted fields without a value.
_ABSENT = (b"", rb"\N")


def _value(text: str) -> object:
    """Return what a field seems to be: only what a number prints as is a number."""
    if _INTEGER.fullmatch(text):
        return int(text) if len(text) < 19 else Number(text)
    if _FLOAT.fullmatch(text):
        return Number(text)
    return _BOOLS.get(text.lower(), text)
