"""Filters of rows that tokens have, tried on their tables."""

from collections.abc import Iterable

from martlet.conditions import check_condition
from martlet.engines.clickhouse import ClickHouse
from martlet.errors import DatafileError, MartletError, RequestError
from martlet.model import Datasource


def check_filter(engine: ClickHouse, datasource: str, filter: str) -> None:
    """Ask ClickHouse whether a parsed filter fits a data source.

    Raises:
        RequestError: it does not.
    """
    check_condition(
        filter,
        datasource,
        lambda sql: engine.execute(sql, format="TSVRaw").body,
        f"The filter of '{datasource}'",
    )


def filter_errors(engine: ClickHouse, sources: Iterable[Datasource]) -> list[MartletError]:
    """Return what is wrong with the filters that are declared for data sources."""
    errors: list[MartletError] = []
    for source in sources:
        for grant in source.tokens:
            try:
                if grant.filter:
                    check_filter(engine, source.name, grant.filter)
            except RequestError as error:
                errors.append(DatafileError(error.message, location=grant.location))
    return errors
