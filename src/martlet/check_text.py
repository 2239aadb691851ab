"""What `martlet check` prints: the inventory, what does not run, and the verdict."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from martlet.check import Report
from martlet.errors import DatafileWarning
from martlet.inventory import Secret

# Parameters of an endpoint that are named; the others are counted.
_SHOWN = 8

_NO_TYPE = "helper"


def inventory_lines(report: Report) -> Iterator[str]:
    """Yield what each resource becomes, grouped by kind; nothing of a folder without any."""
    if not report.inventory.becomes:
        return
    groups: dict[str, list[tuple[str, str]]] = {title: [] for title, _ in _GROUPS.values()}
    for (kind, name), found in report.inventory.becomes.items():
        title, describe = _GROUPS[kind]
        groups[title].append((name, describe(found)))
    groups["tokens"] = [(name, ", ".join(s)) for name, s in report.inventory.tokens.items()]
    groups["secrets"] = [(secret.name, _secret(secret)) for secret in report.inventory.secrets]
    for title, rows in groups.items():
        if rows:
            yield f"{title} ({len(rows)})"
            yield from _aligned(rows)
            yield ""


def _aligned(rows: list[tuple[str, str]]) -> Iterator[str]:
    width = min(max(len(name) for name, _ in rows), 40)
    return (f"  {name:<{width}}  {text}".rstrip() for name, text in rows)


def _table(found: Mapping[str, Any]) -> str:
    columns = f"{found['columns']} columns" if found["columns"] else "columns of its SELECT"
    parts = [found["engine"], columns]
    if found["takes_events"]:
        parts.append("takes events")
    if found["filled_by"]:
        parts.append(f"filled by {', '.join(found['filled_by'])}")
    if found["fixture"]:
        parts.append(f"sample rows in {found['fixture']}")
    return ", ".join(parts)


def _pipe(found: Mapping[str, Any]) -> str:
    match found["type"]:
        case "endpoint":
            return f"GET {found['url']}{_parameters(found['parameters'])}"
        case "materialized view":
            return f"{', '.join(found['from'])} -> {found['to']}"
        case "copy":
            return f"copy -> {found['to']}, {found['mode']}, {found['schedule']}"
        case "sink":
            return f"sink -> {found['to']}"
        case _:
            return _NO_TYPE


def _parameters(parameters: list[Mapping[str, Any]]) -> str:
    names = [parameter["name"] for parameter in parameters]
    if len(names) > _SHOWN:
        names = [*names[:_SHOWN], f"{len(names) - _SHOWN} more"]
    return f"  ({', '.join(names)})" if names else ""


def _connection(found: Mapping[str, Any]) -> str:
    return f"{found['service']}; nothing connects to it"


_GROUPS = {
    "datasource": ("data sources", _table),
    "pipe": ("pipes", _pipe),
    "connection": ("connections", _connection),
}


def _secret(secret: Secret) -> str:
    where = ", ".join(secret.files)
    if secret.has_value:
        return f"has a value; {where}"
    return f"{'has a default' if secret.has_default else 'NO VALUE in .env'}; {where}"


def limit_lines(report: Report) -> Iterator[str]:
    """Yield what does not run or was not checked, and why."""
    if report.limits:
        yield f"does not run ({len(report.limits)})"
        for limit in report.limits:
            yield f"  {limit.name}: {limit.reason}  [{limit.location}]"
            yield f"    instead: {limit.instead}"
        yield ""
    if report.unchecked:
        yield f"not checked ({len(report.unchecked)})"
        yield from (f"  {u.pipe}: {u.reason}  [{u.location}]" for u in report.unchecked)
        yield ""


def warning_lines(report: Report) -> Iterator[str]:
    """Yield each warning; one that holds in several places is said once."""
    same: dict[tuple[str, str], list[DatafileWarning]] = {}
    for warning in report.project.warnings:
        same.setdefault((warning.message, warning.hint), []).append(warning)
    for (message, hint), warnings in same.items():
        if len(warnings) == 1:
            yield f"warning: {warnings[0]}"
            continue
        yield f"warning: {message} ({len(warnings)} times)"
        yield from (f"  {warning.location}" for warning in warnings)
        if hint:
            yield f"hint: {hint}"


def athena_lines(report: Report) -> Iterator[str]:
    """Yield each resource that does not run on Athena, and why; an error of two pipes once."""
    said: set[str] = set()
    for name, errors in report.athena.items():
        if errors:
            yield f"{name}: does not run on Athena"
        for error in errors:
            if str(error) not in said:
                said.add(str(error))
                yield f"{error}\n"


def athena_verdict(report: Report) -> str:
    """Return how much of the project runs on Athena."""
    pipes = report.project.pipes
    well = sum(not report.athena.get(name, ["error"]) for name in pipes)
    is_said = report.engine == "athena" or not any(report.athena.values())
    ask = "" if is_said else "; --engine athena says why"
    return f"athena: {well} of {len(pipes)} pipes run{ask}"


def counts(report: Report) -> str:
    """Return how many resources of each kind there are."""
    project = report.project
    kinds = Counter(pipe.type.value for pipe in project.pipes.values())
    pipes = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
    tests = f", {len(project.tests)} with tests" if project.tests else ""
    return f"{len(project.datasources)} data sources, {len(project.pipes)} pipes ({pipes}{tests})"


def error_count(report: Report) -> str:
    """Return `1 error`, `2 errors`: as many as are printed."""
    athena = report.athena.values() if report.engine == "athena" else ()
    count = len(report.errors) + len({str(error) for errors in athena for error in errors})
    return f"{count} error{'s'[: count != 1]}"
