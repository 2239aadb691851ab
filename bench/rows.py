"""`python -m bench.rows [seconds]`: the row coder beside `orjson.loads` of the same lines, and CSV.

Apart from `bench`, for one thread of Python says it all: in processor time, both sides in turns,
and the median of the ratios. The rows are the fixtures of this repository's project, again and
again.
"""

import csv
import io
import itertools
import sys
import time
from collections.abc import Callable
from statistics import median

import orjson

from bench.process import ROOT
from martlet.files.project import load_project
from martlet.ingest.csvrows import Dialect, by_name
from martlet.ingest.files import CsvFile
from martlet.ingest.rows import RowCoder
from martlet.model import Datasource

SIZES = (1, 100, 10_000)
_LEAST_SECONDS = 0.002


def _seconds(operation: Callable[[], object], times: int) -> float:
    begun = time.process_time()
    for _ in range(times):
        operation()
    return (time.process_time() - begun) / times


def compared(coder: RowCoder, lines: list[bytes], seconds: float) -> tuple[float, float, float]:
    """Return the coder's MB/s, those of orjson, and the median of their ratios, turn by turn."""
    body = b"\n".join(lines)

    def code() -> object:
        return coder.code(body).block()

    def load() -> object:
        return [orjson.loads(line) for line in lines]

    times = max(1, int(_LEAST_SECONDS / max(_seconds(load, 3), 1e-6)))
    coded: list[float] = []
    loaded: list[float] = []
    until = time.perf_counter() + seconds
    while not coded or time.perf_counter() < until:
        coded.append(_seconds(code, times))
        loaded.append(_seconds(load, times))
    ratio = median(load / code for load, code in zip(loaded, coded, strict=True))
    return len(body) / median(coded) / 1e6, len(body) / median(loaded) / 1e6, ratio


def csv_ratio(datasource: Datasource, coder: RowCoder, lines: list[bytes], seconds: float) -> float:
    """Return how often the processor time of NDJSON goes into that of the same rows as CSV."""
    rows = [orjson.loads(line) for line in lines]
    names = [column.name for column in datasource.columns if column.name in rows[0]]
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(names)
    for row in rows:
        values = [row.get(name) for name in names]
        texts = [v if isinstance(v, str) else orjson.dumps(v).decode() for v in values]
        writer.writerow(["" if value is None else value for value in texts])
    body, sent_as_csv = b"\n".join(lines), text.getvalue().encode()
    by_names = RowCoder(by_name(datasource))

    def code_csv() -> None:
        for part in CsvFile(datasource, Dialect(), True).bodies(io.BytesIO(sent_as_csv).read):
            by_names.code(part.data, sent=part.sent).block()

    ratios: list[float] = []
    until = time.perf_counter() + seconds
    while not ratios or time.perf_counter() < until:
        ratios.append(_seconds(code_csv, 1) / _seconds(lambda: coder.code(body).block(), 1))
    return median(ratios)


def main() -> None:
    """Print a row for each data source with a fixture and each size."""
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 2.0
    project = load_project(ROOT, environment={})
    print("| data source | columns | rows | coder MB/s | orjson MB/s | ÷ orjson | CSV ÷ NDJSON |")
    print("| --- | ---: | ---: | ---: | ---: | ---: | ---: |")
    for name, datasource in sorted(project.datasources.items()):
        fixture = ROOT / "fixtures" / f"{name}.ndjson"
        if not fixture.exists():
            continue
        lines = fixture.read_bytes().splitlines()
        coder = RowCoder(datasource)
        for size in SIZES:
            taken = list(itertools.islice(itertools.cycle(lines), size))
            ours, theirs, ratio = compared(coder, taken, seconds)
            columns = len(datasource.columns)
            as_csv = csv_ratio(datasource, coder, taken, seconds)
            print(
                f"| {name} | {columns} | {size:,} | {ours:.0f} | {theirs:.0f} | {ratio:.2f} |"
                f" {as_csv:.1f} |"
            )


if __name__ == "__main__":
    main()
