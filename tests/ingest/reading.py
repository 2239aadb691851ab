"""ClickHouse's own reader of rows."""

import re

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import QueryError
from martlet.sql.lexer import quote_string


def read(engine: ClickHouse, type_: str, rows: dict[int, str]) -> dict[int, str]:
    """What ClickHouse's reader makes of the members of rows, by row; rows it refuses are left out."""
    body = "\n".join(f'{{"k": {number}, {members}}}' for number, members in rows.items())
    try:
        answer = engine.command(
            f"SELECT k, x FROM format(JSONEachRow, {quote_string(f'k UInt32, x {type_}')},"
            f" {quote_string(body)}) SETTINGS input_format_allow_errors_num = 1000000,"
            " date_time_input_format = 'best_effort', precise_float_parsing = 1,"
            " output_format_json_quote_denormals = 1, output_format_json_quote_64bit_integers = 0"
            " FORMAT JSONCompactEachRow"
        )
    except QueryError:  # one that is not passed over
        if len(rows) == 1:
            return {}
        items = list(rows.items())
        half = len(items) // 2
        first, second = dict(items[:half]), dict(items[half:])
        return read(engine, type_, first) | read(engine, type_, second)
    found = re.findall(r"^\[(\d+), (.*)\]$", answer, re.MULTILINE)
    return {int(number): text for number, text in found}
