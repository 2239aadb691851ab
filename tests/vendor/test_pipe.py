"""`.pipe` files and schedules: the same text to both sides.

`python -m tests.vendor.test_pipe --count N --seed S` compares more of them.
"""

import argparse
import random
import re
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from scripts.environments import FORWARD
from tests.files.generate_pipe import pipes
from tests.vendor.oracle import Answer, Vendor

from martlet.errors import TemplateError
from martlet.files.cron import is_cron
from martlet.files.pipe import parse_pipe
from martlet.files.source import Report, Source
from martlet.model import Node
from martlet.template.compiler import compile_template

REFUSED = "refused"
NODE = "NODE n\nSQL >\n    SELECT 1\n"
COPY = f"{NODE}TYPE copy\nTARGET_DATASOURCE d\n"
SINK = f"{NODE}TYPE sink\nEXPORT_CONNECTION_NAME c\n"

# What only we accept, by our warning, and why.
LENIENT = (
    (r"has no effect on a", "Classic accepts settings of other types"),
    (r"belongs in the \.datasource file of the target", "Classic has ENGINE in a pipe"),
    (r"belongs to Tinybird Classic", "Classic has INCLUDE, MAINTAINER and such"),
    (r"NODE stands on the same line as the description", "tutorials print it so"),
    (r"Typographic quotes", "text processors write them"),
)
# What only we refuse, by our message, and why.
STRICT = (
    (r"Empty query", "a node without SQL cannot be asked"),
    (r"is defined twice", "a node's name means one query"),
    (r"NODE needs a name", "a node without a name cannot be read"),
    (r"of type \(stream\)", "nobody knows what such a node does"),
    (r"required ones are missing", "an empty name is the name of no data source"),
    (r"the rendered SQL cannot be read", "ClickHouse could not read it either"),
    (r"Unclosed quote", "the vendor takes such a line for text of the block above"),
    (r"INCLUDE", "the file that is included is not there"),
    (r"\(engine\)|ENGINE needs a value", "Classic has ENGINE in a pipe: it ends the SQL"),
)


def read(text: str) -> tuple[dict[str, object] | str, list[str]]:
    """Return what a file says, or that it is refused, with the messages or the warnings."""
    report = Report()
    pipe = parse_pipe(Source("pipes/x.pipe", text), report)
    if pipe is None:
        return REFUSED, [error.message for error in report.errors]
    warnings = [warning.message for warning in report.warnings]
    told = " ".join(warnings)
    try:
        first = pipe.nodes[0]  # the vendor's parser renders no other
        if _is_marked(first, told):
            compile_template(first.sql, name=first.name).render_sample()
    except TemplateError as error:
        return REFUSED, [error.message]
    shape = {
        "nodes": [_node(node, told) for node in pipe.nodes],
        "tokens": [[grant.name, grant.permission] for grant in pipe.tokens],
        "tags": list(pipe.tags),
        "description": _prose(pipe.description),
    }
    return shape, warnings


def _node(node: Node, told: str) -> dict[str, str]:
    """Return a node, without what a warning tells that Forward does not do."""
    shape = {
        **node.settings,
        "name": node.name,
        "type": node.type.value,
        "description": _prose(node.description),
        "sql": ("%" if _is_marked(node, told) else "") + node.sql,
    }
    if "on_demand_compute" in shape:
        shape["on_demand_compute"] = str(shape["on_demand_compute"].lower() in _TRUE)
    return shape


def _is_marked(node: Node, told: str) -> bool:
    return node.is_template and f"node '{node.name}' has template tags, but" not in told


_TRUE = ("true", "t", "yes", "y", "on", "1")


def _prose(text: str) -> str:
    """Return a description without the indentation of its lines, which nothing depends on."""
    return "\n".join(line.strip() for line in text.split("\n"))


def vendors(answer: Answer) -> dict[str, object] | str:
    """Return the vendor's reading in the same form."""
    if "error" in answer:
        return REFUSED
    file = answer["value"]
    return {
        "nodes": [_vendors_node(node) for node in file["nodes"]],
        "tokens": [[grant["token_name"], grant["permission"]] for grant in file["tokens"]],
        "tags": [tag for tag in file["filtering_tags"] or () if tag],
        "description": _prose(file["description"] or ""),
    }


def _vendors_node(node: dict[str, object]) -> dict[str, str]:
    shape = {"type": "standard", "description": "", "sql": "", **node}
    shape["type"] = shape["type"] or "standard"
    shape["description"] = _prose(str(shape["description"]))
    if "mode" in shape:
        shape["copy_mode"] = shape.pop("mode")
    if "on_demand_compute" in shape:
        shape["on_demand_compute"] = str(str(shape["on_demand_compute"]).lower() in _TRUE)
    sql = str(shape["sql"])
    if sql.startswith("%"):  # the rest of its line counts if there is something in it
        rest, _, others = sql[1:].partition("\n")
        shape["sql"] = "%" + (sql[1:] if rest.strip() else others)
    return {key: str(value) for key, value in shape.items()}


def differences(vendor: Vendor, texts: Sequence[str]) -> Iterator[tuple[str, object, object]]:
    """Yield the texts that are read otherwise, with both readings, without what is on purpose."""
    answers = vendor.ask_all([{"ask": "pipe", "content": text} for text in texts])
    for text, answer in zip(texts, answers, strict=True):
        found, said = read(text)
        expected = vendors(answer)
        if found == expected or not text:
            continue
        known = LENIENT if expected == REFUSED else STRICT if found == REFUSED else ()
        if not any(re.search(pattern, line) for pattern, _ in known for line in said):
            yield text, (found, said), answer.get("error", expected)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    """A valid file with a line or a word lost, doubled, moved or broken."""
    lines = draw(pipes()).splitlines()
    for _ in range(draw(st.integers(1, 2))):
        at = draw(st.integers(0, len(lines) - 1))
        other = draw(st.integers(0, len(lines) - 1))
        change = draw(st.sampled_from(("drop", "double", "swap", "word", "indent")))
        if change == "drop":
            lines[at : at + 1] = [] if len(lines) > 1 else lines
        elif change == "double":
            lines.insert(other, lines[at])
        elif change == "swap":
            lines[at], lines[other] = lines[other], lines[at]
        elif change == "indent":
            lines[at] = draw(st.sampled_from(("", "    ", "\t"))) + lines[at].lstrip()
        else:
            words = lines[at].split(" ")
            words[draw(st.integers(0, len(words) - 1))] = draw(st.sampled_from(_GARBAGE))
            lines[at] = " ".join(words)
    return "\n".join(lines) + "\n"


_GARBAGE = (
    "", "x", "TYPE", "NODE", "SQL", ">", "%", "{{", "#", "-- y", "READ", "''", "copy", "sink",
    "endpoint", "stream", "TARGET_DATASOURCE d", "EXPORT_KAFKA_TOPIC t", "COPY_MODE", "FROM",
    "EXPORT_SERVICE", "VERSION", "SCOPE s", "CACHE", "{% end %}", "{{Int8(a)}}", "é",
)  # fmt: skip


def drawn(strategy: SearchStrategy[str], count: int, number: int) -> list[str]:
    """Return so many different texts of a strategy."""
    found: dict[str, None] = {}

    @seed(number)
    @settings(
        max_examples=count, deadline=None, database=None, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(strategy)
    def draw(text: str) -> None:
        found[text] = None

    draw()
    return list(found)


@pytest.mark.parametrize("strategy", [pipes(), mutated()], ids=["valid", "mutated"])
def test_generated_pipes(forward, strategy):
    assert list(differences(forward, drawn(strategy, 60, 1))) == []


# Both refuse these with the same words, but for a place or quotes.
ERRORS = {
    "DESCRIPTION x\n": "Pipe data file must have at least one node",
    f"{NODE}TYPE foo\n": "of type (foo). Allowed node types: {",
    f"SQL >\n    SELECT 1\n{NODE}": "SQL must be called after a NODE command",
    f"TYPE endpoint\n{NODE}": "must be called after a NODE command",
    "NODE n\nSQL SELECT 1\n": "SQL must be multiline",
    "NODE n\n": 'error parsing node "n" from pipe "',
    f"TOKEN a\n{NODE}": "TOKEN takes two params: token name and permission e.g TOKEN",
    f"TOKEN a APPEND\n{NODE}": "Invalid permission APPEND for token a. Only READ is allowed",
    f"TOKEN a b READ\n{NODE}": "Invalid number of arguments for TOKEN command: 3. Expected 2",
    f"TOKEN >\n    a READ\n{NODE}": "TOKEN does not support multiline arguments",
    f"{NODE}TYPE >\n    endpoint\n": "TYPE does not support multiline arguments",
    f"CACHE 5\n{NODE}": "CACHE is not a valid option in pipe files.",
    f"{NODE}TYPE endpoint\nNODE m\nSQL >\n    SELECT 2\nTYPE endpoint\n": (
        "Multiple non-standard nodes in pipe. There can only be one"
    ),
    f"{NODE}DATASOURCE d\n": "Standard node 'n' has an invalid attribute (datasource)",
    f"{NODE}TYPE standard\nCOPY_MODE append\n": (
        "Standard node 'n' has an invalid attribute (copy_mode)"
    ),
    f"{NODE}FILTER f\n": "Standard node 'n' has an invalid attribute (filter)",
    f"{NODE}TYPE materialized\n": "required ones are missing: ['datasource']",
    f"{NODE}TYPE materialized\nDATASOURCE d\nDEPLOYMENT_METHOD swap\n": (
        "swap is not an allowed value for DEPLOYMENT_METHOD. Use one of: {'alter'}"
    ),
    f"{NODE}TYPE copy\n": (
        "Some copy node params have been provided, but the following required ones are missing: "
        "['target_datasource']"
    ),
    f"{COPY}COPY_MODE merge\n": "COPY node mode must be append or replace",
    f"{COPY}ON_DEMAND_COMPUTE maybe\n": "ON_DEMAND_COMPUTE must be true or false",
    f"{COPY}COPY_SCHEDULE @once\n": (
        "COPY node schedule must be @on-demand or a valid cron expression."
    ),
    f"{NODE}TYPE sink\n": "Sink node 'n' is missing required parameter 'export_connection_name'",
    SINK: "For Kafka sinks, provide 'export_kafka_topic'. For S3/GCS sinks, provide",
    f"{SINK}EXPORT_KAFKA_TOPIC t\n": (
        "Kafka sink node 'n' is missing required parameters: ['export_schedule']"
    ),
    f"{SINK}EXPORT_BUCKET_URI b\nEXPORT_SCHEDULE @daily\n": (
        "S3/GCS sink node 'n' is missing required parameters: ['export_file_template']"
    ),
    f"{SINK}EXPORT_BUCKET_URI b\nEXPORT_KAFKA_TOPIC t\n": (
        "Sink node 'n' has mixed Kafka and S3/GCS parameters. Use either Kafka parameters "
        "(export_kafka_topic) or S3/GCS parameters (export_bucket_uri, export_file_template), "
        "not both."
    ),
    f"{SINK}EXPORT_KAFKA_TOPIC t\nEXPORT_SCHEDULE @once\n": (
        "Sink node 'n' has invalid export_schedule '@once'. "
        "Must be @on-demand or a valid cron expression."
    ),
}


@pytest.mark.parametrize("text", ERRORS)
def test_errors_say_the_same(forward, text):
    found, messages = read(text)
    assert found == REFUSED
    assert any(ERRORS[text] in message for message in messages), messages
    assert ERRORS[text] in forward.ask("pipe", content=text)["error"]


_SETTINGS = (
    "DATASOURCE d", "DEPLOYMENT_METHOD alter", "TARGET_DATASOURCE d", "COPY_SCHEDULE @daily",
    "COPY_MODE append", "MODE replace", "ON_DEMAND_COMPUTE off", "EXPORT_CONNECTION_NAME c",
    "EXPORT_SCHEDULE @on-demand", "EXPORT_BUCKET_URI s3://b", "EXPORT_FILE_TEMPLATE t",
    "EXPORT_FORMAT csv", "EXPORT_COMPRESSION gz", "EXPORT_WRITE_STRATEGY new",
    "EXPORT_STRATEGY @new", "EXPORT_KAFKA_TOPIC t", "EXPORT_SERVICE s3", "SCOPE s", "FILTER f",
    "VERSION 1", "VERSION x", "CACHE 1", "ENGINE MergeTree", "TAGS a", "TOKEN t READ",
    "DESCRIPTION d",
)  # fmt: skip
_TYPES = (
    "", "TYPE standard\n", "TYPE ''\n", "TYPE endpoint\n", "TYPE materialized\nDATASOURCE d\n",
    "TYPE copy\nTARGET_DATASOURCE d\n",
    f"{SINK.removeprefix(NODE)}EXPORT_SCHEDULE @daily\nEXPORT_KAFKA_TOPIC t\n",
    f"{SINK.removeprefix(NODE)}EXPORT_SCHEDULE @daily\nEXPORT_BUCKET_URI s\nEXPORT_FILE_TEMPLATE t\n",
)  # fmt: skip


def test_every_setting_on_every_type(forward):
    lines = [
        form for line in _SETTINGS for form in (line, line.split()[0], f"{line.split()[0]} ''")
    ]  # fmt: skip
    texts = [f"{NODE}{kind}{line}\n" for kind in _TYPES for line in lines]
    assert list(differences(forward, texts)) == []


# What a field may have in a list, and what only alone; some of it is wrong.
_ATOMS = (
    (("*", "0", "5", "59", "60", "007", "*/5", "*/100", "*/0", "1-10/3", "50-10", "1-", "a"), ()),
    (("*", "0", "23", "24", "*/2", "22-2", "9-17", "9-17/2", "mon", "-1", "1.5"), ()),
    (("*", "1", "31", "32", "l", "L", "1-l", "*/2", "l-3", "lw"), ("?", "15W", "w1", "32w")),
    (("*", "1", "12", "13", "jan", "JAN-mar", "dec-feb", "january", "sun", "2/3"), ("?",)),
    (("*", "0", "7", "8", "mon", "MON-fri", "sat-sun", "1-5", "6-1", "jan", "*/2"),
     ("5#3", "fri#5", "1#6", "l5", "?", "l8", "mon#1,l2")),
)  # fmt: skip


def schedules(count: int, number: int) -> list[str]:
    """Return schedules of five fields, and some that have more or fewer."""
    chance = random.Random(number)
    found = ["", "@hourly", "@Daily", "@once", "@reboot", "@on-demand", "@annually", "* * * *",
             "* * * * * 0", "* * * * * 59 2030", "* * * * * * * *"]  # fmt: skip
    while len(found) < count:
        fields = ["*"] * len(_ATOMS)
        for at in chance.sample(range(len(_ATOMS)), chance.randint(1, 3)):
            listed, alone = _ATOMS[at]
            one = chance.choice((*listed, *alone))
            fields[at] = chance.choice((one, one, ",".join(chance.choices(listed, k=2))))
        found.append(" ".join(fields))
    return found


def schedule_differences(vendor: Vendor, texts: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Yield the schedules that one side takes, with whether that is the vendor's."""
    answers = vendor.ask_all(
        [{"ask": "pipe", "content": f'{COPY}COPY_SCHEDULE "{text}"\n'} for text in texts]
    )
    for text, answer in zip(texts, answers, strict=True):
        if (text in ("", "@on-demand") or is_cron(text)) != ("value" in answer):
            yield text, "value" in answer


def test_generated_schedules(forward):
    assert list(schedule_differences(forward, schedules(400, 1))) == []


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--count", type=int, default=2000)
    arguments.add_argument("--seed", type=int, default=0)
    options = arguments.parse_args()
    vendor = Vendor(FORWARD)
    for name, strategy in (("valid", pipes()), ("mutated", mutated())):
        texts = drawn(strategy, options.count, options.seed)
        found = list(differences(vendor, texts))
        print(f"{len(texts)} {name} pipes, {len(found)} differ")
        for text, ours, theirs in sorted(found, key=lambda row: len(row[0]))[:5]:
            print(f"\n{text!r}\n  ours: {ours}\n  vendor: {theirs}")
    texts = schedules(options.count, options.seed)
    found_schedules = list(schedule_differences(vendor, texts))
    print(f"{len(texts)} schedules, {len(found_schedules)} differ: {found_schedules[:20]}")
    vendor.close()


if __name__ == "__main__":
    main()
