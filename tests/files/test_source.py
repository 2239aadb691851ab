import pytest
from tests.files.reading import connection, datasource, errors, pipe, read, warnings

from martlet.errors import DatafileError
from martlet.files.source import Line, Text

KAFKA = "SCHEMA >\n    a String\nKAFKA_CONNECTION_NAME c\nKAFKA_GROUP_ID g\nKAFKA_TOPIC {}\n"


@pytest.mark.parametrize(
    ("value", "topic"),
    [
        ('{{ tb_secret("topic") }}', "events"),
        ("{{tb_secret('topic')}}", "events"),
        ('{{ tb_secret("topic", "other") }}', "events"),
        ('{{ tb_secret("absent", "other") }}', "other"),
        ('{{ tb_secret("empty") }}', ""),
        ('pre_{{ tb_secret("topic") }}', "pre_events"),
        ('"{{ tb_secret("topic") }}"', "events"),
    ],
)
def test_secrets_in_a_datasource(value, topic):
    text = KAFKA.format(value)
    found = datasource(text, secrets={"topic": "events", "empty": ""})
    assert found.connector["kafka_topic"] == topic


def test_secret_that_does_not_exist():
    text = KAFKA.format('{{ tb_secret("no") }}')
    assert errors(text, secrets={})[0] == "5:13 Cannot access secret 'no'"


def test_other_templates_are_refused_outside_of_comments():
    assert errors(KAFKA.format("{{ topic }}"), secrets={})[0] == (
        "5:13 Only tb_secret() can be used in a datasource file, not {{ topic }}"
    )
    assert datasource("# {{ topic }}\n" + KAFKA.format("x"), secrets={})


def test_a_secret_is_never_shown_and_never_makes_an_instruction():
    text = "SCHEMA >\n    a String\nENGINE_SORTING_KEY {{ tb_secret('key') }}\n"
    report = read(text, secrets={"key": "a, hunter2, b\nENGINE Null"})[1]
    error = report.errors[0]
    assert error.location is not None
    assert "hunter2" not in error.location.text
    assert 1 <= error.location.column <= len(error.location.text) + 1


def test_secrets_stay_in_connections():
    text = 'TYPE kafka\nKAFKA_BOOTSTRAP_SERVERS a:9092\nKAFKA_SECRET {{ tb_secret("k") }}\n'
    assert connection(text).settings["kafka_secret"] == '{{ tb_secret("k") }}'


def including(files):
    def include(path, name):
        if name not in files:
            raise DatafileError(f"Cannot read {name}")
        return name, files[name]

    return include


def test_include_puts_the_text_in_with_its_variables():
    include = including({"nodes.incl": "NODE $NAME\nSQL >\n    SELECT ${N}, $OTHER\n"})
    text = 'INCLUDE "nodes.incl" "NAME=first" "N=1"\nNODE last\nSQL >\n    SELECT 2\n'
    found = pipe(text, include=include)
    assert [node.name for node in found.nodes] == ["first", "last"]
    assert found.nodes[0].sql == "SELECT 1, $OTHER"
    assert (found.nodes[0].location.path, found.nodes[0].location.line) == ("nodes.incl", 1)
    assert found.nodes[1].location.line == 2
    assert warnings(text, "pipe", include=include) == ["1:1 INCLUDE belongs to Tinybird Classic"]


@pytest.mark.parametrize(
    ("text", "include", "expected"),
    [
        ("INCLUDE a.incl\n", None, "1:1 INCLUDE is not supported here"),
        ("INCLUDE\n", including({}), "1:1 INCLUDE needs the name of a file"),
        ("INCLUDE b.incl\n", including({}), "1:9 Cannot read b.incl"),
        (
            "INCLUDE a.incl\n",
            including({"a.incl": "\nINCLUDE a.incl\n"}),
            "2:9 a.incl includes itself",
        ),
        (" INCLUDE a.incl\n", including({"a.incl": ""}), "1:2 INCLUDE must not be indented"),
    ],
)
@pytest.mark.parametrize("kind", ["datasource", "pipe", "connection"])
def test_bad_includes(kind, text, include, expected):
    assert errors(text, kind, include=include)[0] == expected


def test_text_leads_back_to_the_file():
    rows = ["one", "", "three"]
    text = Text(tuple(Line("f", 7 + i, row, f"  {row}", 2) for i, row in enumerate(rows)))
    found = [(text.at(offset).line, text.at(offset).column) for offset in (0, 3, 4, 5, 9, 10, 99)]
    assert found == [(7, 3), (7, 6), (8, 3), (9, 3), (9, 7), (9, 8), (9, 8)]
