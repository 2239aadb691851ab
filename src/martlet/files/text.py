"""Data sources and pipes as the text of files, for those that no file, or not one alone, has."""

import re
from collections.abc import Iterator, Sequence

from martlet.model import Column, Datasource, Node, NodeType, Pipe, TableEngine, TokenGrant

_INDENT = "    "

# The keys of an engine in the order in which they are written.
_KEYS = ("partition_key", "sorting_key", "primary_key", "sampling_key", "ttl", "ver", "is_deleted",
         "sign", "version", "columns", "settings", "join_strictness", "join_type",
         "key_columns")  # fmt: skip


_PLAIN_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def schema_text(columns: Sequence[Column]) -> str:
    """Return columns as a SCHEMA on one line, as the API's `schema` parameters are written."""
    return ", ".join(
        column_text(column, quoted=not _PLAIN_NAME.fullmatch(column.name)) for column in columns
    )


def column_text(column: Column, *, quoted: bool = True) -> str:
    """Return one column of a SCHEMA."""
    parts = [
        f"`{column.name}`" if quoted else column.name,
        str(column.type) if column.type else "",
        f"`json:{column.json_path}`" if column.json_path else "",
        f"DEFAULT {column.default}" if column.default is not None else "",
        f"CODEC({column.codec})" if column.codec is not None else "",
    ]
    return " ".join(filter(None, parts))


def datasource_text(datasource: Datasource) -> str:
    """Return a data source as a file that reads as the same.

    Grants with a filter are left out: they are of a `.token` file.
    """
    return _joined(_parts(datasource))


def pipe_text(pipe: Pipe) -> str:
    """Return a pipe as a file that reads as the same."""
    return _joined(_pipe_parts(pipe))


def has_include(text: str) -> bool:
    """Whether a file goes on in another one."""
    return _INCLUDE.search(text) is not None


_INCLUDE = re.compile(r"^INCLUDE\b", re.MULTILINE | re.IGNORECASE)


def _joined(parts: Iterator[list[str]]) -> str:
    return "\n\n".join("\n".join(part) for part in parts if part) + "\n"


def _parts(source: Datasource) -> Iterator[list[str]]:
    yield _version(source.file_version)
    yield _block("DESCRIPTION", source.description.splitlines())
    yield _tokens(source.tokens)
    yield _tags(source.tags)
    rows = [column_text(column) for column in source.columns]
    yield _block("SCHEMA", [f"{row}," for row in rows[:-1]] + rows[-1:])
    indexes = [f"INDEX {x.name} {x.expression} TYPE {x.type} GRANULARITY {x.granularity}"
               for x in source.indexes]  # fmt: skip
    yield _block("INDEXES", indexes)
    yield list(_engine(source.engine))
    yield [f'{key.upper()} "{value}"' for key, value in source.connector.items()]
    yield _block("FORWARD_QUERY", source.forward_query.splitlines())
    yield [f"BACKFILL {source.backfill}"] if source.backfill else []
    yield _block("SHARED_WITH", list(source.shared_with))


def _pipe_parts(pipe: Pipe) -> Iterator[list[str]]:
    yield _version(pipe.file_version)
    yield _block("DESCRIPTION", pipe.description.splitlines())
    yield _tokens(pipe.tokens)
    yield _tags(pipe.tags)
    yield from (list(_node(node)) for node in pipe.nodes)


def _node(node: Node) -> Iterator[str]:
    yield f"NODE {node.name}"
    yield from _block("DESCRIPTION", node.description.splitlines())
    yield from _block("SQL", ["%"] * node.is_template + node.sql.split("\n"))
    if node.type is not NodeType.STANDARD:
        yield f"TYPE {node.type.value}"
    for key, value in node.settings.items():
        if "\n" in value:
            yield from _block(key.upper(), value.split("\n"))
        else:
            shown = value if _PLAIN.fullmatch(value) else f'"{value}"'
            yield f"{key.upper()} {shown}"


_PLAIN = re.compile(r"[\w@./:-]+")


def _version(version: int | None) -> list[str]:
    return [] if version is None else [f"VERSION {version}"]


def _tokens(grants: Sequence[TokenGrant]) -> list[str]:
    return [f'TOKEN "{grant.name}" {grant.permission}' for grant in grants if not grant.filter]


def _tags(tags: Sequence[str]) -> list[str]:
    return [f'TAGS "{", ".join(tags)}"'] if tags else []


def _block(name: str, lines: list[str]) -> list[str]:
    return [f"{name} >", *(f"{_INDENT}{line}" for line in lines)] if lines else []


def _engine(engine: TableEngine) -> Iterator[str]:
    yield f'ENGINE "{engine.name}"'
    for key in _KEYS:
        text = getattr(engine, key)
        if not text:
            continue
        if '"' in text or "\n" in text or "#" in text:
            yield from _block(f"ENGINE_{key.upper()}", text.splitlines())
        else:
            yield f'ENGINE_{key.upper()} "{text}"'
