"""`martlet smoke`: whether a running deployment takes events and shows them, by HTTP alone."""

import contextlib
import json
import math
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from martlet.api.http import new_request_id
from martlet.errors import MartletError, NotFoundError, RequestError
from martlet.files.project import load_project
from martlet.ingest.rows import RowCoder
from martlet.model import Column, NodeType
from martlet.query import QueryBuilder
from martlet.samples import sample_event
from martlet.types import Group

# Longer than the 30 s after which an HTTP API answers by itself.
_TIMEOUT_S = 40.0

# Between two looks for the events; each look is one query of each endpoint.
_FIRST_PAUSE_S = 0.2
_LONGEST_PAUSE_S = 10.0

# Endpoints that are asked; those that read the fewest data sources first.
_MAX_ENDPOINTS = 5

_NOW = {
    Group.DATE: "%Y-%m-%d",
    Group.DATETIME: "%Y-%m-%d %H:%M:%S",
    Group.DATETIME64: "%Y-%m-%d %H:%M:%S.%f",
}

Rows = list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was looked at.

    Attributes:
        ok: None for what is only announced.
        seconds: how long it took.
    """

    name: str
    ok: bool | None
    detail: str
    seconds: float = 0.0


class _FailedError(Exception):
    """A step's answer is not as it should be; the text says how."""


class Smoke:
    """A check of one running API; every step is told as soon as it is done."""

    def __init__(
        self,
        url: str,
        token: str,
        folder: Path,
        *,
        deadline_s: float,
        say: Callable[[Step], None],
        endpoints: Sequence[str] = (),
    ) -> None:
        """Read the project, which knows the data sources and endpoints that are there.

        Args:
            url: of the API, without a path.
            token: the admin token, or one that may append and read what is looked at.
            folder: the project's folder.
            deadline_s: seconds to wait until events are seen.
            say: called with every step.
            endpoints: which to ask, with their parameters as `pipe?name=value`; else up to five
                that need none.

        Raises:
            RequestError: the URL is not one of HTTP.
            ProjectError: the project has errors.
        """
        if not url.startswith(("http://", "https://")):
            raise RequestError(f"{url!r} is not a URL", hint="give https://..., without a path")
        self.url = url.rstrip("/")
        self.steps: list[Step] = []
        self._token = token
        self._chosen = tuple(endpoints)
        self._deadline_s = deadline_s
        self._say = say
        self._project = load_project(folder)

    @property
    def ok(self) -> bool:
        return all(step.ok is not False for step in self.steps)

    def as_json(self) -> dict[str, object]:
        """Return one object: `ok`, `url`, and in `steps` what was done, with seconds."""
        steps = [
            {"name": s.name, "ok": s.ok, "detail": s.detail, "seconds": round(s.seconds, 3)}
            for s in self.steps
        ]
        return {"ok": self.ok, "url": self.url, "steps": steps}

    def read(self) -> None:
        """Look at health, the refusal of strangers, and endpoints; write nothing."""
        if self._begin():
            self._answers(self._endpoints(None))

    def write_and_read(self, datasource: str | None, *, count: int) -> None:
        """Post events to a data source, and wait until an endpoint shows all of them.

        Args:
            datasource: None for the first of those that an endpoint reads most directly.
            count: how many events.

        Raises:
            NotFoundError: the project has no such data source.
            RequestError: no event can be made for it, or `count` is not positive.
        """
        if count < 1:
            raise RequestError(f"--events is 1 or more, not {count}")
        marker = f"smoke-{new_request_id()}"
        name, events = self._events(datasource, marker, count)
        if not self._begin():
            return
        before = self._answers(self._endpoints(name))
        said = f"{count} events and a line that is no JSON to {name}, marked {marker}"
        self._tell(Step("post", None, f"{said}; they stay there"))
        sent = time.monotonic()
        if self._step("accepted", lambda: self._post(name, events, marker)):
            self._step("seen", lambda: self._wait(before, marker, count, sent))

    def _begin(self) -> bool:
        return self._step("health", self._health) and self._step("tokens", self._strangers)

    def _tell(self, step: Step) -> None:
        self.steps.append(step)
        self._say(step)

    def _step(self, name: str, work: Callable[[], str]) -> bool:
        begun = time.monotonic()
        try:
            ok, detail = True, work()
        except (_FailedError, OSError) as error:
            ok, detail = False, str(error)
        self._tell(Step(name, ok, detail, time.monotonic() - begun))
        return ok

    # steps

    def _health(self) -> str:
        self._require(200, "GET", "/v0/health", token=None)
        return "answers"

    def _strangers(self) -> str:
        for token in (None, "unknown"):
            self._require(403, "GET", "/v0/pipes/none.json", token=token)
        return "a request without a token and one with an unknown token are refused"

    def _answers(self, endpoints: list[str]) -> dict[str, Rows]:
        """Call endpoints, and return the rows of those that answer."""
        rows: dict[str, Rows] = {}

        def ask(pipe: str) -> str:
            rows[pipe] = self._rows(pipe)
            return f"{len(rows[pipe])} rows"

        for pipe in endpoints:
            self._step(f"endpoint {pipe}", lambda pipe=pipe: ask(pipe))  # type: ignore[misc]
        return rows

    def _post(self, name: str, events: list[str], marker: str) -> str:
        body = "\n".join([*events, f"{marker} is no JSON"]).encode()
        content = self._require(202, "POST", f"/v0/events?name={quote(name)}", body)
        wanted = {"successful_rows": len(events), "quarantined_rows": 1}
        if content != wanted:
            raise _FailedError(f"answered {json.dumps(content)}, not {json.dumps(wanted)}")
        return f"{len(events)} rows taken, 1 in quarantine"

    def _wait(self, before: Mapping[str, Rows], marker: str, count: int, sent: float) -> str:
        """Ask endpoints until one shows all events."""
        if not before:
            raise _FailedError(
                "no endpoint that reads the data source answers without parameters: name one with"
                " --endpoint 'pipe?parameter=value'"
            )
        pause_s = _FIRST_PAUSE_S
        shown: dict[str, str] = {}
        while True:
            for pipe, rows in before.items():
                try:
                    numbers = _seen(rows, self._rows(pipe), marker)
                except (_FailedError, OSError) as error:  # a throttle, say
                    shown[pipe] = str(error)
                    continue
                age_s = time.monotonic() - sent
                if count in numbers:
                    return f"{pipe} shows {count} events, {age_s:.1f} s after they were posted"
                shown[pipe] = f"{pipe} {sorted(set(numbers))}"
            age_s = time.monotonic() - sent
            if age_s + pause_s > self._deadline_s:
                raise _FailedError(
                    f"no endpoint shows {count} events after {age_s:.0f} s;"
                    f" what rose: {', '.join(shown.values())}"
                )
            threading.Event().wait(pause_s)
            pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    # events and endpoints

    def _events(self, wanted: str | None, marker: str, count: int) -> tuple[str, list[str]]:
        """Return a data source and events for it."""
        sources = self._project.datasources
        if wanted is not None and wanted not in sources:
            raise NotFoundError(
                f"The project has no data source '{wanted}'",
                hint=f"it has {', '.join(sorted(sources)) or 'none'}",
            )
        names = sorted(sources, key=lambda name: (self._directness(name), name))
        for name in names if wanted is None else [wanted]:
            coder = RowCoder(sources[name])
            if not (sample := sample_event(self._project, name, coder)):
                continue
            events = []
            for number in range(count):
                event = json.loads(sample)
                for column, value in _changes(sources[name].columns, f"{marker}-{number}"):
                    changed = json.dumps(_with(event, column, value))
                    if coder.code(changed.encode()).accepted == 1:
                        event = json.loads(changed)
                events.append(json.dumps(event))
            return name, events
        raise RequestError("No event could be made for a data source", hint="--no-write only reads")

    def _endpoints(self, datasource: str | None) -> list[str]:
        """Return endpoints that need no parameters, those that read a data source alone first."""
        if self._chosen:
            return list(self._chosen)
        found = [
            (len(read), name)
            for name, read in self._reads.items()
            if datasource is None or datasource in read
        ]
        return [name for _, name in sorted(found)[:_MAX_ENDPOINTS]]

    def _directness(self, datasource: str) -> float:
        """Return how many data sources the simplest endpoint reads that reads this one.

        What joins others need not show an event that matches nothing there.
        """
        return min((len(r) for r in self._reads.values() if datasource in r), default=math.inf)

    @cached_property
    def _reads(self) -> dict[str, frozenset[str]]:
        """The data sources that each endpoint reads, of those that need no parameters."""
        queries = QueryBuilder(self._project)
        reads = {}
        for pipe in self._project.pipes.values():
            if pipe.type is NodeType.ENDPOINT:
                with contextlib.suppress(MartletError):  # a parameter is required
                    reads[pipe.name] = queries.build(pipe, {}).datasources
        return reads

    # HTTP

    def _rows(self, pipe: str) -> Rows:
        name, mark, parameters = pipe.partition("?")
        content = self._require(200, "GET", f"/v0/pipes/{quote(name)}.json{mark}{parameters}")
        rows = content.get("data") if isinstance(content, dict) else None
        if not isinstance(rows, list):
            raise _FailedError(f"{pipe} answers without rows")
        return rows

    def _require(
        self, status: int, method: str, path: str, body: bytes | None = None, token: str | None = ""
    ) -> Any:  # noqa: ANN401  JSON
        """Return the JSON of an answer that has this status; the token is ours unless given."""
        request = urllib.request.Request(self.url + path, body, method=method)  # noqa: S310  see __init__
        if token is not None:
            # A large answer is a redirect to S3, which must not get the token.
            request.add_unredirected_header("Authorization", f"Bearer {token or self._token}")
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT_S) as response:  # noqa: S310
                found, text = response.status, response.read()
        except urllib.error.HTTPError as error:
            with error:
                found, text = error.code, error.read()
        if found != status:
            said = text[:300].decode(errors="replace")
            raise _FailedError(f"{method} {path} is answered {found}, not {status}: {said}")
        try:
            return json.loads(text)
        except ValueError as error:
            raise _FailedError(f"{method} {path} is not answered in JSON") from error


def _changes(columns: tuple[Column, ...], marker: str) -> Iterator[tuple[Column, str]]:
    """Yield what makes an example one of now, and one that can be told from others."""
    texts = []
    for column in columns:
        if column.type is None or not column.json_path:
            continue
        group = column.type.bare.family.group
        if group in _NOW:
            yield column, datetime.now(UTC).strftime(_NOW[group])
        elif group is Group.STRING:
            texts.append(column)
    # An id tells one event from another; other texts may be what endpoints choose by.
    for column in sorted(texts, key=lambda column: not column.name.endswith("id"))[:1]:
        yield column, marker


def _with(event: dict[str, Any], column: Column, value: str) -> dict[str, Any]:
    """Return an event with another value for a column, if that is read from an object's member."""
    path = column.json_path or ""
    if "[" in path:
        return event
    *outer, last = path.removeprefix("$").strip(".").split(".")
    changed: dict[str, Any] = json.loads(json.dumps(event))
    inner = changed
    for key in outer:
        deeper = inner.setdefault(key, {})
        if not isinstance(deeper, dict):
            return event
        inner = deeper
    inner[last] = value
    return changed


def _seen(before: Rows, after: Rows, marker: str) -> list[int]:
    """Return numbers of which one is how many marked events an answer shows.

    When rows have the marker, it is their number or the sum of a column of theirs, such as a
    count; else how much the number of rows, or such a sum, has risen.
    """
    marked = [row for row in after if any(isinstance(v, str) and marker in v for v in row.values())]
    if marked:
        return list(_sums(marked).values())
    old = _sums(before)
    return [number - old.get(name, 0) for name, number in _sums(after).items()]


def _sums(rows: Rows) -> dict[str, int]:
    """Return the number of rows under an empty name, and the sums of columns of whole numbers."""
    sums = {"": len(rows)}
    for name in rows[0] if rows else ():
        values = [row.get(name) for row in rows]
        if all(type(value) is int for value in values):
            sums[name] = sum(value for value in values if value is not None)
    return sums
