"""`.connection` files: the same text to both sides."""

import pytest
from tests.files.generate_pipe import connections
from tests.files.reading import read
from tests.vendor.test_pipe import drawn

from martlet.model import Connection

SECRETS = {"a_secret": "a value"}
_TAGS = {
    '{{ tb_secret("a_secret") }}': "a value",
    '{{ tb_secret("no_secret", "a default") }}': "a default",
}


def shape(text: str) -> dict[str, str] | None:
    """Return type, settings and description of a connection, None for a file that is refused."""
    found, _ = read(text, "connection")
    if not isinstance(found, Connection):
        return None
    known = {**found.settings, "description": found.description, "type": found.type}
    return {key: _plain(_TAGS.get(value, value)) for key, value in known.items()}


def vendors(answer) -> dict[str, str] | None:
    if "error" in answer:
        return None
    (node,) = answer["value"]["nodes"]
    known = {"description": "", "type": "", **node}
    known["type"] = known["type"].lower()
    return {key: _plain(value) for key, value in known.items() if key != "name"}


def _plain(text: str) -> str:
    """Return a text without the indentation of its lines."""
    return "\n".join(line.strip() for line in text.split("\n"))


def test_generated_connections(forward):
    texts = drawn(connections(), 60, 1)
    answers = forward.ask_all(
        [{"ask": "connection", "content": text, "secrets": SECRETS} for text in texts]
    )
    for text, answer in zip(texts, answers, strict=True):
        assert shape(text) == vendors(answer), text


TEXTS = {
    "TYPE kafka\n": True,
    "TYPE ftp\n": True,
    "TYPE ''\n": True,
    "KAFKA_KEY a\n": True,
    "TYPE s3\nKAFKA_KEY a\n": True,
    "TYPE kafka\nTYPE s3\n": True,
    "TYPE kafka\nKAFKA_KEY ''\n": True,
    "TYPE kafka\nKAFKA_KEY a\nKAFKA_KEY b c\n": True,
    "TYPE kafka\nKAFKA_KEY a#b\n": True,
    "TYPE kafka\nKAFKA_KEY 'a#b' # c\n": True,
    "TYPE kafka\nKAFKA_SSL_CA_PEM abc\n": True,
    "TYPE kafka\nKAFKA_SSL_CA_PEM >\n    ---\n\n    # x\n      abc\n": True,
    "TYPE\n": False,
    "TYPE >\n    kafka\n": False,
    "TYPE kafka\nKAFKA_KEY\n": False,
    "TYPE kafka\nKAFKA_KEY >\n    a\n": False,
    "TYPE kafka\nKAFKA_KEY_FORMAT json\n": False,
    "TYPE kafka\nTAGS a\n": False,
    "TYPE kafka\nTOKEN a READ\n": False,
    "TYPE kafka\nFOO x\n": False,
    "TYPE gcs\nGCS_SERVICE_ACCOUNT_CREDENTIALS_JSON x\n": False,
    "TYPE gcs\nGCS_SERVICE_ACCOUNT_CREDENTIALS_JSON >\n    {}\n": False,
    "TYPE kafka\nKAFKA_KEY_AVRO_DESERIALIZATION x\n": False,
}


@pytest.mark.parametrize("text", TEXTS)
def test_accepted_and_refused(forward, text):
    ours, theirs = shape(text), vendors(forward.ask("connection", content=text))
    assert ours == theirs
    assert (ours is not None) == TEXTS[text]


def test_errors_say_the_same(forward):
    text = "TYPE kafka\nKAFKA_KEY_AVRO_DESERIALIZATION x\n"
    (error,) = read(text, "connection")[1].errors
    assert error.message in forward.ask("connection", content=text)["error"]
