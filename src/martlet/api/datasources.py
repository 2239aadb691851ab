"""Operations that tell of data sources: the list, one of them, its file."""

import re
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache

from martlet.access import READ_DATASOURCE, Access
from martlet.api.backend import Reading
from martlet.api.http import Request, Response, authenticate, json_response
from martlet.catalog import stored_columns
from martlet.engines.stored import Stored
from martlet.files.text import column_text, datasource_text, has_include
from martlet.files.writing import canonical
from martlet.ids import resource_id
from martlet.model import Column, Datasource, Project
from martlet.query import QueryBuilder

Object = dict[str, object]

_EXTENSION = ".datasource"

# What each of a list has, whatever is asked for: clients fail without.
_ALWAYS = frozenset(
    ("id", "name", "engine", "indexes", "new_columns_detected", "quarantine_rows"),
)

# What a data source with one of these settings is filled by; the first that it has counts.
_TYPES = {
    "kafka_topic": "kafka",
    "import_bucket_uri": "s3",
    "import_table_arn": "dynamodb",
    "pg_table": "postgres",
}


def list_datasources(backend: Reading, request: Request) -> Response:
    """`GET /v0/datasources[?attrs=name,engine]`: the data sources that the token may read."""
    access = authenticate(backend, request)
    project = backend.live.project
    shown = [s for s in project.datasources.values() if access.may_read_datasource(s.name)]
    described = _Description(backend, access).of(shown)
    for source, item in zip(shown, described, strict=True):
        item["engine"] = _listed_engine(source)
    names = {name.strip() for name in request.query.get("attrs", "").split(",")} - {""}
    if names:
        names |= _ALWAYS
        described = [{k: v for k, v in item.items() if k in names} for item in described]
    return json_response({"datasources": described})


def read_datasource(backend: Reading, request: Request, name: str) -> Response:
    """`GET /v0/datasources/<name or id>`: columns, engine, rows and bytes; with `.datasource` its file."""  # noqa: E501  one line of the table of routes
    access = authenticate(backend, request)
    if name.endswith(_EXTENSION):
        found = _readable(backend, access, name.removesuffix(_EXTENSION))
        text = datafile(backend.live.project, found)
        # Without a charset: Tinybird's command takes it for JSON otherwise (measured).
        return Response(200, text.encode(), "text/plain")
    found = _readable(backend, access, name)
    described = _Description(backend, access).of([found])[0]
    # Clients compare it with a file, as a text.
    schema = ",".join(map(column_text, found.columns))
    return json_response({**described, "schema": {"sql_schema": schema}})


def _readable(backend: Reading, access: Access, name: str) -> Datasource:
    """Return the data source of a name or id.

    Raises:
        TokenError: it may not be read, or there is none and the token reads some alone.
        NotFoundError: there is none.
    """
    if not access.may_read_datasource(backend.resource(name)):
        access.require(READ_DATASOURCE, name)
    return backend.datasource(name)


def datafile(project: Project, datasource: Datasource) -> str:
    """Return the text of a data source's file as it was read, in its canonical form.

    One that stands in no file of its own, as the target of a Classic pipe, or not in one alone, is
    written anew.
    """
    path = datasource.location.path
    text = project.texts.get(path)
    if text is None or not path.endswith(_EXTENSION):
        return datasource_text(datasource)
    # Tokens of another workspace's data source are not ours. Settings of connectors have the values
    # of secrets by now.
    is_whole = not has_include(text) and not path.startswith("vendor/")
    if not is_whole and not datasource.connector:
        return datasource_text(datasource)
    return canonical(path, text, "datasource")


class _Description:
    """What a token is told of data sources."""

    def __init__(self, backend: Reading, access: Access) -> None:
        self._backend = backend
        self._live = backend.live
        self._access = access

    def of(self, datasources: list[Datasource]) -> list[Object]:
        """Return the objects of data sources."""
        if not datasources:
            return []
        tables = self._backend.stored(datasources)
        readers = _readers(self._live.queries)
        return [self._one(source, tables, readers) for source in datasources]

    def _one(
        self, source: Datasource, tables: Mapping[str, Stored], readers: Mapping[str, list[str]]
    ) -> Object:
        table, refused = tables[source.name], tables[source.quarantine]
        # Counts of rows that the token cannot see would tell of them.
        sees_all = not self._access.filter_of(source.name)
        used_by = [
            {"id": resource_id("pipe", pipe), "name": pipe}
            for pipe in readers.get(source.name, [])
            if self._access.may_read_pipe(pipe)
        ]
        return {
            "id": resource_id("datasource", source.name),
            "name": source.name,
            "cluster": "martlet",
            "tags": dict(_tag(text) for text in source.tags),
            "created_at": _time(table.created_at),
            "updated_at": _time(table.updated_at),
            "replicated": False,
            "version": source.file_version or 0,
            "project": None,
            "headers": {},
            "shared_with": list(source.shared_with),
            "engine": _engine(source),
            "description": source.description,
            "used_by": used_by,
            "type": _type(source),
            "columns": [_column(column, table.types) for column in stored_columns(source)],
            "indexes": [
                {"name": x.name, "expr": x.expression, "type_full": x.type,
                 "granularity": x.granularity}
                for x in source.indexes
            ],
            "statistics": {
                "bytes": table.bytes if sees_all else None,
                "row_count": table.rows if sees_all else None,
            },
            "quarantine_rows": refused.rows if sees_all else None,
            "new_columns_detected": {},  # columns come from files alone
        }  # fmt: skip


def _time(moment: datetime | None) -> str | None:
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f") if moment else None


def _tag(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), value.strip()


def _engine(source: Datasource) -> Object:
    engine = source.engine
    keys = ("sorting_key", "partition_key", "primary_key", "sampling_key", "ttl", "settings", "ver",
            "is_deleted", "columns", "sign", "version", "join_strictness", "join_type",
            "key_columns")  # fmt: skip
    always = ("sorting_key", "partition_key", "primary_key")
    found = {key: getattr(engine, key) for key in keys}
    return {
        "engine": engine.name,
        **{key: text for key, text in found.items() if text or key in always},
    }


def _listed_engine(source: Datasource) -> Object:
    """Return a list's other form of an engine: with other names or more keys clients fail."""
    engine = source.engine
    return {
        "engine": engine.name,
        "engine_sorting_key": engine.sorting_key,
        "engine_partition_key": engine.partition_key,
        "engine_primary_key": engine.primary_key,
    }


def _type(source: Datasource) -> str:
    of_connector = next((kind for key, kind in _TYPES.items() if key in source.connector), None)
    if of_connector:
        return of_connector
    return "ndjson" if any(column.json_path for column in source.columns) else "csv"


def _column(column: Column, types: Mapping[str, str]) -> Object:
    """Return a column; as in the vendor's packages, Nullable is not part of its type."""
    text = str(column.type) if column.type else types.get(column.name, "")
    inner = re.fullmatch(r"Nullable\((.*)\)", text, re.DOTALL)
    return {
        "name": column.name,
        "type": inner[1] if inner else text,
        "codec": column.codec and f"CODEC({column.codec})",
        "default_value": column.default and f"DEFAULT {column.default}",
        "jsonpath": column.json_path,
        "nullable": inner is not None,
        "normalized_name": column.name,
    }


@lru_cache(maxsize=2)  # of the live project and the one before: it renders all templates
def _readers(queries: QueryBuilder) -> Mapping[str, list[str]]:
    """Return the pipes that read each data source in a node of their own."""
    readers: dict[str, list[str]] = {}
    for pipe in queries.project.pipes.values():
        names = {name for node in pipe.nodes for name in queries.datasources(pipe, node)}
        for name in names:
            readers.setdefault(name, []).append(pipe.name)
    return readers
