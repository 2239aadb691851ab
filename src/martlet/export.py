"""`martlet export`: the rows of data sources as Parquet or NDJSON files, with their schemas.

The rows are those of one moment, across all tables: of the data folder while no server runs, else
of a snapshot of it. ClickHouse writes the files itself, some rows at a time. Types that a format
cannot tell are written as their texts, so that `martlet append` makes the same values of them.
"""

import os
import re
import shutil
import tempfile
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from martlet.api.datasources import datafile
from martlet.catalog import stored_columns
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import ConflictError, MartletError, NotFoundError, TypeSyntaxError
from martlet.files.text import datasource_text
from martlet.generations import Generations
from martlet.model import Datasource, Project
from martlet.sql.lexer import quote_identifier, quote_string
from martlet.staging import recover
from martlet.types import ColumnType, Group, parse_type

# Names of ClickHouse's formats: to write rows in, and to count them.
FORMATS = {"parquet": ("Parquet", "Parquet"), "ndjson": ("JSONEachRow", "LineAsString")}

# Groups of a file: what is in memory is some of these.
_MEMORY = {
    "output_format_parquet_row_group_size_bytes": 32 * 1024 * 1024,
    "output_format_parquet_string_as_string": 1,
    "output_format_json_quote_denormals": 1,  # else NaN would be NULL
    "output_format_json_quote_64bit_integers": 0,
    "max_block_size": 8192,
    "max_threads": 2,
    "max_memory_usage": 2 * 1024**3,
    "max_execution_time": 0,
}


class ExportError(MartletError):
    """Data sources cannot be exported; nothing was written."""


@dataclass(slots=True)
class Exported:
    """What was written.

    Attributes:
        rows: of each table.
        left_out: why data sources are not among them, and what does not come back as it is.
    """

    rows: dict[str, int] = field(default_factory=dict)
    left_out: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def export(
    project: Project, data: Path, to: Path, *, names: Collection[str] = (), format: str = "parquet"
) -> Exported:
    """Write data sources into a new folder.

    Args:
        project: that the data folder is of.
        data: a data folder that nothing has open.
        to: the folder, which must not be there.
        names: of data sources, none for all.
        format: one of `FORMATS`.

    Raises:
        ConflictError: the folder is there.
        NotFoundError: there is no data source of a name.
        ExportError: one that is named cannot be exported, or the files cannot be written.
        EngineError: the data folder is open elsewhere.
    """
    if to.exists():
        raise ConflictError(f"{to} is there already", hint="choose another name")
    chosen = [project.datasource(name) for name in names] or list(project.datasources.values())
    to.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=f".{to.name}.", dir=to.parent))
    try:
        with _opened(project, data) as engine, tempfile.TemporaryDirectory() as links:
            link = Path(links) / "to"  # ClickHouse takes `*` in a name for any text
            link.symlink_to(draft.resolve())
            exported = Exported()
            writer = _Writer(project, engine, link, format, exported)
            for source in chosen:
                if problem := writer.problem(source):
                    if names:
                        raise ExportError(problem)
                    exported.left_out.append(problem)
                else:
                    writer.write(source)
        os.sync()
        draft.rename(to)
    except BaseException as error:
        shutil.rmtree(draft, ignore_errors=True)
        if isinstance(error, OSError):
            raise ExportError(f"The files cannot be written: {error.strerror}") from error
        raise
    return exported


@contextmanager
def _opened(project: Project, data: Path) -> Iterator[ClickHouse]:
    engine = ClickHouse(data / "clickhouse", settings=project.settings)
    try:
        engine.command("SYSTEM STOP MERGES")
        Generations(engine)  # the live database
        recover(engine)
        yield engine
    finally:
        engine.close()


@dataclass(slots=True)
class _Writer:
    """Writes data sources.

    Attributes:
        to: the folder.
    """

    project: Project
    engine: ClickHouse
    to: Path
    format: str
    exported: Exported

    def problem(self, source: Datasource) -> str:
        """Return why a data source cannot be exported, empty if it can."""
        for name, text in self._columns(source.name).items():
            try:
                _expression(name, _parsed(text), self.format)
            except ExportError as error:
                return f"{source.name} is left out: its column {name} is {text}, {error.message}"
        return ""

    def write(self, source: Datasource) -> None:
        """Write a data source with its rows, and its quarantine if that has any."""
        columns = self._columns(source.name)
        self._write(source.name, self._selected(source, columns), "fixtures")
        self._put_schema(source, columns)
        self._note_floats(source.name, columns)
        if self._count(source.quarantine):
            refused = self._columns(source.quarantine)
            self._write(source.quarantine, self._selected(None, refused), "quarantine")

    def _columns(self, table: str) -> dict[str, str]:
        """Return the stored columns of a table, with their types.

        Raises:
            NotFoundError: it is not in the data folder.
        """
        rows = self.engine.rows(
            "SELECT name, type FROM system.columns WHERE database = currentDatabase()"
            f" AND table = {quote_string(table)} AND default_kind NOT IN ('ALIAS', 'MATERIALIZED')"
            " ORDER BY position"
        )
        if not rows:
            raise NotFoundError(
                f"The data folder has no table '{table}'",
                hint="it is made when the project is served",
            )
        return {str(row["name"]): str(row["type"]) for row in rows}

    def _selected(self, source: Datasource | None, columns: dict[str, str]) -> str:
        """Return the SELECT list of a table's columns."""
        nested = _nested(source, columns) if source else {}
        inside = {name for elements in nested.values() for name in elements}
        parts = [
            _expression(name, _parsed(text), self.format)
            for name, text in columns.items()
            if name not in inside
        ]
        return ", ".join([*parts, *(_zipped(name, nested[name], columns) for name in nested)])

    def _write(self, table: str, selected: str, folder: str) -> None:
        (self.to / folder).mkdir(exist_ok=True)
        path = self.to / folder / f"{table}.{self.format}"
        written, read = FORMATS[self.format]
        settings = ", ".join(f"{name} = {value}" for name, value in _MEMORY.items())
        self.engine.command_apart(
            f"INSERT INTO FUNCTION {_file(path, written)} SELECT {selected}"
            f" FROM {quote_identifier(table)} SETTINGS {settings}"
        )
        path.touch()  # there may be no rows to write
        is_empty = not path.stat().st_size
        count = "0" if is_empty else self.engine.command(
            f"SELECT count() FROM {_file(path, read)}"
        )  # fmt: skip
        rows = self._count(table)
        if int(count) != rows:
            raise ExportError(f"'{table}' has {rows} rows, and its file {count}")
        self.exported.rows[table] = rows

    def _count(self, table: str) -> int:
        return int(self.engine.command(f"SELECT count() FROM {quote_identifier(table)}"))

    def _put_schema(self, source: Datasource, columns: dict[str, str]) -> None:
        (self.to / "datasources").mkdir(exist_ok=True)
        path = self.to / "datasources" / f"{source.name}.datasource"
        is_by_name = all(column.json_path == f"$.{column.name}" for column in source.columns)
        if is_by_name and not source.connector:
            path.write_text(datafile(self.project, source))
            return
        # Rows have the columns' names, wherever they were in events.
        plain = [
            replace(column, json_path=None, type=column.type or _parsed(columns[column.name]))
            for column in stored_columns(source)
        ]
        own = replace(source, columns=tuple(plain), connector={}, forward_query="", backfill="")
        path.write_text(datasource_text(own))

    def _note_floats(self, table: str, columns: dict[str, str]) -> None:
        """Tell of numbers that JSON does not have: they do not come back."""
        for name, text in columns.items():
            if not re.fullmatch(r"(Nullable\()?Float\d+\)?", text):
                continue
            column, place = quote_identifier(name), quote_identifier(table)
            found = int(self.engine.command(f"SELECT countIf(NOT isFinite({column})) FROM {place}"))
            if found:
                self.exported.notes.append(
                    f"{table}: {found} values of {name} are infinite or no numbers, which"
                    " `martlet append` cannot send"
                )


def _file(path: Path, format: str) -> str:
    return f"file({quote_string(str(path))}, {format})"


def _parsed(text: str) -> ColumnType | None:
    try:
        return parse_type(text)
    except TypeSyntaxError:
        return None


def _expression(name: str, type_: ColumnType | None, format: str) -> str:
    """Return what a column is in a file.

    Raises:
        ExportError: it cannot be in one.
    """
    column = quote_identifier(name)
    if type_ is None:
        raise ExportError("which files cannot have")
    written = _written(type_, format)
    return column if written == str(type_) else f"CAST({column} AS {written}) AS {column}"


def _written(type_: ColumnType, format: str) -> str:
    """Return the type that a type's values have in files.

    Raises:
        ExportError: there is none.
    """
    group, inner = type_.family.group, type_.arguments
    match group:
        case Group.STATE | Group.OTHER:
            raise ExportError("whose values have no form in files that comes back")
        case Group.WRAPPER:
            (*_, last) = inner
            assert isinstance(last, ColumnType)
            text = _written(last, format)
            return f"Nullable({text})" if type_.family.name == "Nullable" else text
        case Group.ARRAY | Group.MAP | Group.TUPLE:
            if group is Group.TUPLE and not type_.names and format == "parquet":
                raise ExportError("and Parquet has no tuples without names: use --format ndjson")
            texts = [_written(each, format) for each in inner if isinstance(each, ColumnType)]
            if type_.names:
                named = zip(type_.names, texts, strict=True)
                texts = [f"{quote_identifier(name)} {text}" for name, text in named]
            return f"{type_.family.name}({', '.join(texts)})"
        case Group.FLOAT | Group.BOOL | Group.STRING:
            return str(type_)
        case Group.INTEGER if not type_.family.name.endswith(("128", "256")):
            return str(type_)
        case _:
            return "String"


def _nested(source: Datasource, columns: Collection[str]) -> dict[str, list[str]]:
    """Return the Nested columns of a data source with the columns that ClickHouse makes of them."""
    return {
        column.name: [name for name in columns if name.startswith(f"{column.name}.")]
        for column in source.columns
        if column.type is not None and column.type.family.group is Group.NESTED
    }


def _zipped(name: str, elements: Collection[str], columns: dict[str, str]) -> str:
    """Return a Nested column as the array of objects that it is in events."""
    types = []
    for element in elements:
        found = _parsed(columns[element])
        assert found is not None  # it was looked at before
        own = quote_identifier(element.removeprefix(f"{name}."))
        inner = found.arguments[0]
        assert isinstance(inner, ColumnType)
        types.append(f"{own} {_written(inner, 'parquet')}")
    arrays = ", ".join(map(quote_identifier, elements))
    kind = f"Array(Tuple({', '.join(types)}))"
    return f"CAST(arrayZip({arrays}) AS {kind}) AS {quote_identifier(name)}"
