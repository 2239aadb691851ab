"""Rendering beside the vendor's own, PyPI `tinybird`, of the same templates with the same values.

Each side renders in a process of its own, in turn; ours is this one, the vendor's runs in the
environment of `tests/vendor`. A first rendering is of a text that was not seen before: the
template behind a comment with another number. Times are processor time, the best of seven turns:
what else runs on the machine disturbs single ones.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager

from scripts.environments import FORWARD
from tests.vendor.oracle import Vendor

from bench.process import ROOT
from martlet.files.project import load_project
from martlet.template.compiler import compile_template

ROUNDS = 7
REPEATS = 60

_HEAVY = """
SELECT {% if defined(metrics) %}{{columns(metrics, 'a,b')}}{% else %}count() c{% end %}
FROM events
WHERE day BETWEEN {{Date(start, '2025-01-01', description='first day')}}
  AND {{Date(end, '2025-12-31', required=False)}}
{% if defined(kinds) and kinds != [''] %} AND kind IN {{Array(kinds, 'String')}} {% end %}
{% if defined(country) %} AND country = {{String(country)}} {% end %}
{% for last, key in enumerate_with_last(split_to_array(keys, 'x,y,z')) %}
  AND has(tags, {{String(key)}}) {% if not last %}/* and */{% end %}
{% end %}
{% if Int32(min_revenue, 0) > 0 %} AND revenue > {{Float64(min_revenue, 0)}} {% end %}
ORDER BY {{column(sort, 'day')}} LIMIT {{Int32(limit, 100)}} OFFSET {{Int32(page, 0) * 100}}
"""


# Nodes of this repository's endpoints, and a template with all kinds of tags.
PIPES: Mapping[str, Mapping[str, str]] = {
    "campaign_stats": {},
    "campaign_performance_by_platform": {
        "start_date": "2025-01-01 00:00:00",
        "end_date": "2025-12-31 00:00:00",
    },
}
HEAVY = "all kinds of tags"
NAMES = (*PIPES, HEAVY)


def cases() -> Iterator[tuple[str, str, Mapping[str, str]]]:
    """Yield names, templates and values."""
    project = load_project(ROOT, environment={})
    for pipe, values in PIPES.items():
        yield pipe, next(node.sql for node in project.pipes[pipe].nodes if node.is_template), values
    given = {
        "kinds": "a,b",
        "country": "ES",
        "start": "2025-02-01",
        "min_revenue": "5",
        "page": "2",
    }
    yield HEAVY, _HEAVY, given


def measure(add: Callable[[str, float], None]) -> None:
    """Add seconds of first and repeated renderings on both sides."""
    number = 0
    with _vendor() as vendor:
        for name, sql, values in cases():
            _same(vendor, sql, values)
            for kind, ours_of in (("first", _first), ("again", _again)):
                ours, theirs = [], []
                for _ in range(ROUNDS):
                    texts = []
                    for _ in range(REPEATS):
                        number += kind == "first"
                        texts.append(f"{sql}-- {number}\n")
                    ours.append(ours_of(texts, values))
                    theirs.append(
                        vendor.ask("seconds", sqls=texts, variables=values)["value"] / REPEATS
                    )
                add(f"martlet {kind} {name}", min(ours))
                add(f"vendor {kind} {name}", min(theirs))


@contextmanager
def _vendor() -> Iterator[Vendor]:
    FORWARD.install()
    vendor = Vendor(FORWARD)
    try:
        yield vendor
    finally:
        vendor.close()


def _same(vendor: Vendor, sql: str, values: Mapping[str, str]) -> None:
    """Both sides must do the same work."""
    ours = compile_template(sql).render(values).sql
    theirs = vendor.ask("render", sql=sql, variables=values)["value"]["sql"]
    if ours != theirs:
        raise ValueError(f"{ours!r} is not the vendor's {theirs!r}")


def _first(texts: Sequence[str], values: Mapping[str, str]) -> float:
    begun = time.process_time()
    for text in texts:
        compile_template(text).render(values)
    return (time.process_time() - begun) / len(texts)


def _again(texts: Sequence[str], values: Mapping[str, str]) -> float:
    template = compile_template(texts[0])
    begun = time.process_time()
    for _ in texts:
        template.render(values)
    return (time.process_time() - begun) / len(texts)
