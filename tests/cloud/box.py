"""A deployed project and an embedded server with the same events, called as one."""

import http.client
import json
import shutil
import threading
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit
from urllib.request import urlopen

from scripts import cloud as script
from scripts.trino import Server, ask
from tests.api.calls import Api
from tests.conftest import ROOT
from tests.trino.values import TYPES, edges

from martlet.api.http import Response
from martlet.aws.names import table_name
from martlet.types import ColumnType, Group, parse_type

OWN = Path(__file__).parent / "project"
PATIENCE_S = 30.0

_nothing_to_wait_for = threading.Event()


def write_project(folder: Path) -> Path:
    """Write the project that is deployed: this repository's, and what more the tests need."""
    for source in (ROOT, OWN):
        for part in ("datasources", "pipes"):
            shutil.copytree(source / part, folder / part, dirs_exist_ok=True)
    settings = (ROOT / "martlet.toml").read_text()
    (folder / "martlet.toml").write_text(f"{settings}query_timeout_s = 15\n")
    columns = ["    `id` UInt32 `json:$.id`"]
    for index, name in enumerate(TYPES):
        path = f"$.c{index}[:]" if parse_type(name).family.group in _LISTS else f"$.c{index}"
        columns.append(f"    `c{index}` {name} `json:{path}`")
    schema = ",\n".join(columns)
    (folder / "datasources" / "every_type.datasource").write_text(
        f'SCHEMA >\n{schema}\n\nENGINE "MergeTree"\nENGINE_SORTING_KEY "id"\n'
    )
    (folder / "pipes" / "every_type_rows.pipe").write_text(
        "NODE all_rows\nSQL >\n    SELECT * FROM every_type ORDER BY id\n\nTYPE endpoint\n"
    )
    return folder


_LISTS = {Group.ARRAY, Group.NESTED}


def events_of_every_type() -> list[dict[str, object]]:
    """Return events in which each value that is worth a test is there at least once."""
    values = []
    for name in TYPES:
        type_ = parse_type(name)
        values.append([_as_sent(type_, value) for value in edges(type_)])
    return [
        {"id": row, **{f"c{i}": found[row % len(found)] for i, found in enumerate(values)}}
        for row in range(max(map(len, values)))
    ]


def _as_sent(type_: ColumnType, value: object) -> object:
    """Return a value as clients send it: what JSON has numbers for as such."""
    bare = type_.bare
    group = bare.family.group
    if group is Group.INTEGER and isinstance(value, str):
        return int(value) if len(value) < 19 else value
    if group is Group.FLOAT and isinstance(value, str):
        return {"nan": -0.0, "inf": 1e21, "-inf": 1e-7}[value]  # which JSON has not
    if group is Group.DATETIME and value == "1970-01-01 00:00:00":
        return "1970-01-01 12:00:00"  # in zones ahead of UTC it is 1969 still
    if isinstance(value, list) and group is Group.ARRAY:
        return [_as_sent(bare.inner[0], item) for item in value]
    if isinstance(value, list):
        parts = zip(bare.inner, value, strict=False)
        return (
            [_as_sent(part, item) for part, item in parts]
            if group is Group.TUPLE
            else [_as_sent_fields(bare, item) for item in value]
        )
    if isinstance(value, dict):
        return _as_sent_fields(bare, value)
    return value


def _as_sent_fields(type_: ColumnType, value: object) -> object:
    if not isinstance(value, dict):
        return value
    if type_.family.group is Group.MAP:
        return {key: _as_sent(type_.inner[1], item) for key, item in value.items()}
    types = dict(zip(type_.names, type_.inner, strict=False))
    return {k: _as_sent(types[k], item) if k in types else item for k, item in value.items()}


@dataclass
class Box:
    """A deployed project.

    Attributes:
        sent: rows that were accepted, by data source or quarantine.
        unsettled: those that may not be in the lake yet.
    """

    cloud: script.Cloud
    tokens: Mapping[str, str]
    sent: Counter[str] = field(default_factory=Counter)
    unsettled: set[str] = field(default_factory=set)

    def __call__(
        self,
        method: str,
        target: str,
        body: bytes | str = b"",
        headers: Mapping[str, str] | None = None,
        *,
        token: str | None = "admin",
    ) -> Response:
        """Call the deployed API; tokens are given by their names."""
        address = urlsplit(self.cloud.url)
        path, _, query = target.partition("?")
        if query:
            fields = {key: values[-1] for key, values in parse_qs(query, True).items()}
            if "token" in fields:
                fields["token"] = self.tokens.get(fields["token"], fields["token"])
            query = "?" + urlencode(fields)
        sent = dict(headers or {})
        if token is not None:
            sent["authorization"] = f"Bearer {self.tokens.get(token, token)}"
        content = body.encode() if isinstance(body, str) else body
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=90)
        try:
            connection.request(method, f"{address.path}{path}{query}", content, sent)
            answer = connection.getresponse()
            received = answer.read()
        finally:
            connection.close()
        found = {name.lower(): value for name, value in answer.getheaders()}
        return Response(answer.status, received, found.pop("content-type", ""), found)

    def get(self, target: str, **options: Any) -> Response:
        return self("GET", target, **options)

    def send(self, name: str, body: bytes | str, **options: Any) -> Response:
        """Post events."""
        return self("POST", f"/v0/events?name={name}", body, **options)

    def rows(self, sql: str) -> list[list[Any]]:
        """Return what is stored, past everything of ours."""
        server = Server(self.cloud.trino_run, 0, int(self.cloud.trino.rpartition(":")[2]), "")
        return ask(server, sql)

    def table(self, name: str) -> str:
        """Return the name of a data source or quarantine in SQL for `rows`."""
        database = self.cloud.outputs["Database"]
        return f'{script.CATALOG}."{database}"."{table_name(name)}"'

    def stored(self, name: str) -> int:
        """Return how many rows of a data source or quarantine are in the lake."""
        ((count,),) = self.rows(f"SELECT count(*) FROM {self.table(name)} WHERE {self.since}")
        return int(count)

    @property
    def since(self) -> str:
        """The condition under which Trino looks at the days of this run only."""
        return f"dt >= '{time.strftime('%Y-%m-%d', time.gmtime(time.time() - 86400))}'"

    def wait_for_rows(self) -> None:
        """Return when everything that was sent to data sources is in the lake."""
        end = time.monotonic() + PATIENCE_S
        for name in sorted(self.unsettled):
            while (found := self.stored(name)) < self.sent[name]:
                assert time.monotonic() < end, f"{found} of {self.sent[name]} rows are in {name}"
                _nothing_to_wait_for.wait(0.1)
        self.unsettled.clear()

    def sent_to(self, name: str, rows: int) -> None:
        """Note that rows were accepted for a data source or quarantine."""
        if rows:
            self.sent[name] += rows
            self.unsettled.add(name)

    def restart(self, function: str, **configuration: object) -> None:
        """Have a function begin in new processes, by a change of its configuration."""
        functions = script.client(self.cloud, "lambda")
        (found,) = (
            found
            for found in functions.list_functions()["Functions"]
            if found["FunctionName"].endswith(f"-{function}")
        )
        functions.update_function_configuration(
            FunctionName=found["FunctionName"],
            **{"MemorySize": found["MemorySize"] + 1, **configuration},
        )

    def plan(self, *faults: dict[str, Any]) -> None:
        """Plan faults between the functions and AWS, in place of those that are left."""
        self._admin("proxy", "faults", list(faults))

    def faults_left(self) -> dict[str, int]:
        """Return how many of the planned faults nothing has met with, by operation."""
        found: dict[str, int] = self._admin("proxy", "faults")
        return found

    def plan_queries(self, *faults: dict[str, Any]) -> None:
        """Plan what happens to queries."""
        self._admin("athena", "faults", list(faults))

    def calls(self) -> Counter[str]:
        """Return how often each operation was called by the functions."""
        return Counter(self._admin("proxy", "calls"))

    def queries(self) -> list[dict[str, Any]]:
        """Return all executions that Athena's stand-in has had."""
        found: list[dict[str, Any]] = self._admin("athena", "queries")
        return found

    def _admin(self, who: str, what: str, content: object = None) -> Any:
        url = f"{getattr(self.cloud, who)}/_admin/{what}"
        body = None if content is None else json.dumps(content).encode()
        with urlopen(url, body, timeout=10) as answer:
            return json.load(answer)


@dataclass
class Twins:
    """The deployed project and an embedded server: what one answers, the other must too.

    It is called as `tests.api.calls.Api`, and gives the deployed project's answers.
    """

    box: Box
    embedded: Api

    def __call__(self, method: str, target: str, *arguments: Any, **options: Any) -> Response:
        if target.startswith("/v0/pipes/"):
            self.box.wait_for_rows()
        answer = self.box(method, target, *arguments, **options)
        expected = self.embedded(method, target, *arguments, **options)
        assert (answer.status, answer.media_type) == (expected.status, expected.media_type), (
            answer.body,
            expected.body,
        )
        found, wanted = comparable(answer), comparable(expected)
        assert found == wanted, f"{target}: {found} is not {wanted}"
        if method == "POST" and target.startswith("/v0/events") and answer.status < 300:
            self._count(target, json.loads(answer.body))
        return answer

    def _count(self, target: str, counts: Mapping[str, int]) -> None:
        name = parse_qs(urlsplit(target).query)["name"][0]
        self.box.sent_to(name, counts["successful_rows"])
        self.box.sent_to(f"{name}_quarantine", counts["quarantined_rows"])

    def get(self, target: str, **options: Any) -> Response:
        return self("GET", target, **options)

    def send(self, name: str, body: bytes | str, **options: Any) -> Response:
        """Post events to both."""
        return self("POST", f"/v0/events?name={name}", body, **options)


def comparable(answer: Response) -> object:
    """Return an answer without what may differ: how it was made. `1` and `1.0` stay different."""
    if not answer.media_type.startswith("application/json"):
        return answer.body
    content = json.loads(answer.body, parse_float=lambda text: ("float", text))
    for name in ("statistics", "rows_before_limit_at_least"):
        content.pop(name, None)
    return content
