"""A table's rows behind a filter, in the place of the table: the edits of the query around it."""

from collections.abc import Iterator

from martlet.errors import SqlError
from martlet.sql.tables import Edit, TableReference, put


def filtered(
    sql: str,
    reference: TableReference,
    *,
    table: str,
    condition: str,
    has_parts: bool,
    is_view: bool,
) -> Iterator[Edit]:
    """Yield the edits that let a query see only some rows of a table.

    In MergeTree the condition is a PREWHERE: ClickHouse evaluates that before anything else of the
    query, so that no other row is in an error's text (measured on chDB 26.9; a WHERE is merged with
    conditions from outside where the setting `query_plan_merge_filters` is on). With FINAL it is a
    WHERE, behind the choice of the last rows.

    Args:
        sql: the query.
        reference: the table in it.
        table: the table as SQL.
        condition: one expression over its columns.
        has_parts: whether the table is of the MergeTree family.
        is_view: put it into `view()`, whose text sees no names of the query around it: an alias of
            a lambda there, `WITH (a, b) -> 1 AS equals`, replaces functions in subqueries.

    Raises:
        SqlError: PREWHERE cannot be a WHERE here.
    """
    modifiers = ""
    if reference.modifiers is not None:
        start, end = reference.modifiers
        modifiers = f" {sql[start:end]}"
        yield Edit(start, end, "")
    word = "PREWHERE" if has_parts and not reference.is_final else "WHERE"
    inner = f"SELECT * FROM {table}{modifiers} {word} (\n{condition}\n)"  # noqa: S608  parsed
    yield put(reference, as_source(inner, reference, is_view=is_view))
    if has_parts:
        yield from _without_prewhere(reference)


def as_source(inner: str, reference: TableReference, *, is_view: bool) -> str:
    """Return a SELECT as what stands in the place of a table."""
    if not is_view:
        return f"(\n{inner}\n)"
    # Behind IN a table function would be a function.
    view = f"view(\n{inner}\n)"
    return f"(SELECT * FROM {view})" if reference.after_in else view  # noqa: S608  our own text


def _without_prewhere(reference: TableReference) -> Iterator[Edit]:
    """Make PREWHERE a WHERE, since a subquery has none."""
    clauses = reference.clauses
    if clauses is None or clauses.prewhere is None:
        return
    if clauses.keeps_right:
        raise SqlError(
            f"PREWHERE before RIGHT or FULL JOIN does not work where a token sees only some rows of"
            f" '{reference.name}'",
            offset=clauses.prewhere[0],
            hint="filter in a subquery",
        )
    if clauses.where is None:
        yield Edit(*clauses.prewhere, "WHERE")
        return
    yield Edit(*clauses.prewhere, "WHERE (")
    yield Edit(*clauses.where, ") AND (")
    yield Edit(clauses.where_end, clauses.where_end, ")")
