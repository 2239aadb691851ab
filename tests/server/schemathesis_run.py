"""Requests that schemathesis makes of OpenAPI documents, and whether the answers are as they say.

`python -m tests.server.schemathesis_run --examples 5000 --seed 7` runs many of them.
"""

import argparse
import tempfile
from collections import Counter
from pathlib import Path

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.config import GenerationConfig, SchemathesisConfig
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    positive_data_acceptance,
    response_schema_conformance,
    status_code_conformance,
)
from tests.server.api_document import document
from tests.server.conftest import write_files
from tests.server.process import TOKEN, Server

TIMEOUT_S = 30.0
# Said of themselves by operations that are for AWS, and by a server that is busy.
DELIBERATE = {501, 503}

TYPED = """\
SCHEMA >
    id String `json:$.id`,
    n Nullable(Int64) `json:$.n`,
    at DateTime64(3) `json:$.at` DEFAULT now(),
    list Array(Int32) `json:$.list`

ENGINE MergeTree
ENGINE_SORTING_KEY id
"""
PARAMETERS = """\
NODE n
SQL >
    %
    SELECT {{String(text, 'all', description='Any')}} AS text,
        {{String(kind, 'a', enum=['a', 'b'])}} AS kind,
        {{Int8(tiny, 1)}} AS tiny, {{UInt32(many, 7)}} AS many,
        {{Float64(rate, 0.5)}} AS rate, {{Boolean(flag, True)}} AS flag,
        {{Date(day, '2025-01-31')}} AS day, {{DateTime(at, '2025-01-31 10:00:00')}} AS at,
        {{DateTime64(exact, '2025-01-31 10:00:00.123')}} AS exact,
        {{Array(names, 'String', 'a,b')}} AS names,
        {% if defined(only) %} {{Int32(only)}} {% else %} 0 {% end %} AS given
    FROM (SELECT id, n FROM typed UNION ALL SELECT 'x', 1)
    LIMIT {{Int32(limit, 10)}}
TYPE endpoint
"""
NEEDS = """\
NODE n
SQL >
    %
    {% if not defined(who) %}{{error('who is needed')}}{% end %}
    SELECT {{String(who)}} AS who, {{UInt16(amount, required=True)}} AS amount
TYPE endpoint
"""
CHOSEN = """\
NODE n
SQL >
    %
    SELECT {{columns(some, 'id,n')}}, {{column(by, 'n')}} AS chosen,
        {{Array(ids, 'Int32', '1,2')}} AS ids, {{UInt64(vast, 7)}} AS vast, {{Int256(other, 7)}} AS other
    FROM events LIMIT 3
TYPE endpoint
"""
PROJECT = {
    "datasources/events.datasource": TYPED,
    "datasources/typed.datasource": TYPED,
    "datasources/copied.datasource": TYPED,
    "pipes/parameters.pipe": 'TOKEN "reader" READ\n\n' + PARAMETERS,
    "pipes/needs.pipe": NEEDS,
    "pipes/chosen.pipe": CHOSEN,
    "pipes/plain.pipe": "NODE n\nSQL >\n    SELECT * FROM events LIMIT 5\nTYPE endpoint\n",
    "pipes/copying.pipe": "NODE n\nSQL >\n    SELECT * FROM events\nTYPE copy\nTARGET_DATASOURCE copied\n",
    "martlet.toml": "[settings]\nquery_timeout_s = 10\n",
}

# Endpoints of which the server's document tells all that they refuse.
TOLD_WHOLE = ("/v0/pipes/parameters.json", "/v0/pipes/needs.json")

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


def start(root: Path) -> Server:
    """Start a server of `PROJECT` with a row in its table."""
    server = Server(write_files(root, PROJECT), "--log-format", "json").wait_ready()
    server.post("typed", {"id": "a", "n": 1, "at": "2025-01-31 10:00:00", "list": [1]})
    return server


def documents(server: Server) -> dict[str, dict]:
    """Return the documents to ask by: the server's own, and that of the whole API."""
    return {"endpoints": server.get("/v0/pipes/openapi.json").json(), "api": document()}


def fuzz(server: Server, content: dict, *, examples: int, seed_number: int = 0) -> Counter[int]:
    """Ask what a document has, with good and bad values; return the statuses of the answers.

    Args:
        server: it is left with rows and tokens that it did not have.
        content: the document.
        examples: of requests for each of its operations.
        seed_number: 0 for the same requests each time.
    """
    statuses: Counter[int] = Counter()
    failures: list[str] = []
    generation = GenerationConfig(with_security_parameters=False)
    config = SchemathesisConfig(projects=None)
    config.projects.default.generation = generation
    schema = schemathesis.openapi.from_dict(content, config=config)
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {TOKEN}"

    def ask(case: schemathesis.Case) -> None:
        response = case.call(
            base_url=f"http://127.0.0.1:{server.port}", session=session, timeout=TIMEOUT_S,
            allow_redirects=False,
        )  # fmt: skip
        statuses[response.status_code] += 1
        if response.status_code in DELIBERATE:
            return
        is_whole = case.operation.path in TOLD_WHOLE
        case.validate_response(
            response, checks=[*CHECKS, positive_data_acceptance] if is_whole else CHECKS
        )

    for result in schema.get_all_operations():
        operation = result.ok()
        cases = st.one_of(
            operation.as_strategy(generation_mode=GenerationMode.POSITIVE),
            operation.as_strategy(generation_mode=GenerationMode.NEGATIVE),
        )
        run = settings(
            max_examples=examples, deadline=None, derandomize=not seed_number, database=None,
            suppress_health_check=list(HealthCheck), phases=[Phase.generate, Phase.shrink],
        )(given(cases)(ask))  # fmt: skip
        if seed_number:
            run = seed(seed_number)(run)
        try:
            run()
        except (AssertionError, requests.RequestException, FailureGroup) as failure:
            # all operations are asked, whatever one of them does
            failures.append(f"{operation.label}: {explain(failure)}")
    assert not failures, "\n\n".join(failures)
    return statuses


def explain(failure: BaseException) -> str:
    """Return what a failure says, with those that it is made of."""
    parts = getattr(failure, "exceptions", ())
    return "\n".join([str(failure), *(str(part) for part in parts)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--examples", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = start(Path(folder))
        try:
            for name, content in documents(server).items():
                try:
                    found = fuzz(
                        server, content, examples=options.examples, seed_number=options.seed
                    )
                    print(f"{name}: {sum(found.values())} requests, {dict(sorted(found.items()))}")
                except AssertionError as failure:
                    print(f"{name}: {failure}")
        finally:
            server.close()
            print("\n".join(each for each in server.err.lines if '"error"' in each)[:3000])


if __name__ == "__main__":
    main()
