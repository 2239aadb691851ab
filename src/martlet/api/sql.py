"""The Query API: SQL in a request, over the data sources and pipes that its token may read."""

from martlet.api.backend import Reading
from martlet.api.http import Answer, Request, authenticate
from martlet.api.queries import (
    answer_query,
    explained,
    published,
    request_values,
    take_flag,
    take_text,
)
from martlet.errors import RequestError
from martlet.formats import QUERY_FORMATS
from martlet.query import find_pipe

_FORMATS = {name.lower(): name for name in QUERY_FORMATS}


def run_sql(backend: Reading, request: Request) -> Answer:
    """`GET|POST /v0/sql?q=<SELECT>[&pipeline=<pipe>][&<parameters>]`: the rows of a query.

    `FORMAT` at the end of the SQL is the answer's format, JSON without it.
    """
    access = authenticate(backend, request)
    values = request_values(request)
    sql = take_text(values, "q")
    if sql is None:
        raise RequestError("The parameter 'q' is missing: it is the SQL to run")
    live = published(backend, request)
    pipeline = take_text(values, "pipeline")
    is_explained = take_flag(values, "explain")
    query = live.queries.build_sql(
        sql,
        values,
        access=access,
        pipe=find_pipe(live.project, pipeline) if pipeline else None,
        has_tail=True,
    )
    if is_explained:
        return explained(backend, request, query)
    format = _FORMATS.get((query.format or "JSON").lower())
    if format is None:
        raise RequestError(
            f"FORMAT {query.format[:40]} is not available; use one of {', '.join(QUERY_FORMATS)}"
        )
    return answer_query(
        backend, request, query, access=access, values=values,
        format=format, media_type=QUERY_FORMATS[format],
    )  # fmt: skip
