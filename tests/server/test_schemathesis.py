"""A real server asked by schemathesis for what OpenAPI documents say, with good and bad values."""

import copy
from collections.abc import Iterator

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator
from tests.server import schemathesis_run
from tests.server.api_document import document
from tests.server.process import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = schemathesis_run.start(tmp_path_factory.mktemp("asked"))
    yield server
    server.close()


def test_the_document_of_the_whole_api_is_valid():
    OpenAPIV31SpecValidator(document()).validate()


def test_endpoints_answer_as_their_document_says(server: Server):
    content = schemathesis_run.documents(server)["endpoints"]
    found = schemathesis_run.fuzz(server, content, examples=25)
    assert found[200] > 20
    assert found[400] > 20
    assert '"level": "error"' not in server.err.text


def test_the_api_answers_as_its_document_says(server: Server):
    found = schemathesis_run.fuzz(server, document(), examples=10)
    assert found[200] > 40
    assert found[400] > 40
    assert '"level": "error"' not in server.err.text


@pytest.mark.parametrize("key", ["200", "schema", "content"])
def test_an_answer_that_is_otherwise_is_found(server: Server, key: str):
    content = copy.deepcopy(document())
    content["paths"] = {"/v0/tokens": {"get": content["paths"]["/v0/tokens"]["get"]}}
    responses = content["paths"]["/v0/tokens"]["get"]["responses"]
    match key:
        case "200":
            del responses["200"]
        case "schema":
            responses["200"]["content"]["application/json"]["schema"]["required"].append("more")
        case _:
            responses["200"]["content"] = {"text/csv": {}}
    with pytest.raises(AssertionError, match="GET /v0/tokens"):
        schemathesis_run.fuzz(server, content, examples=1)
