"""What Tinybird Classic says in another way than Forward: names of resources, and endpoints.

Measured with PyPI `tinybird-cli` (`tests/vendor/test_classic.py`): a push names a resource with
`VERSION 3` `events__v3`, calls a shared data source `workspace.name`, and publishes the last node
of every pipe that has no endpoint, materialized, copy or sink node.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace

from martlet.errors import Location, SqlError
from martlet.files.checks import Found
from martlet.files.source import Report
from martlet.model import Datasource, Generation, Node, NodeType, Pipe
from martlet.sql.lexer import Lexeme, lex, quote_identifier
from martlet.sql.tables import TableReference, find_tables


def versioned_names(found: Found) -> dict[str, str]:
    """Return name with version -> name of the file, where no other file has that name."""
    names = {
        f"{resource.name}__v{resource.file_version}": resource.name
        for resource in _with_version(found)
    }
    return {name: plain for name, plain in names.items() if not found.has(name)}


def use_plain_names(found: Found, names: Mapping[str, str]) -> None:
    """Write the names of resources into all pipes in place of their other names."""
    for pipe in found.pipes.values() if names else ():
        nodes = tuple(
            replace(
                node,
                sql=with_plain_names(node.sql, names),
                settings={key: names.get(value, value) for key, value in node.settings.items()},
            )
            for node in pipe.nodes
        )
        found.pipes[pipe.name] = replace(pipe, nodes=nodes)


# What a tag prints is read as a name, and a statement as a comma: a table may follow it.
_TAG = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


def _masked(tag: re.Match[str]) -> str:
    return ("x" if tag[0].startswith("{{") else ",").ljust(len(tag[0]))


def with_plain_names(sql: str, names: Mapping[str, str]) -> str:
    """Return a query that reads tables by their plain names; in the query they keep the others.

    Args:
        sql: a query, maybe with template tags; what stands in tags stays as it is.
        names: other names of tables -> their names.
    """
    if not any(name in sql for name in names):
        return sql
    try:
        lexemes = list(lex(_TAG.sub(_masked, sql)))
        references = find_tables(lexemes)
    except SqlError:
        return sql  # `check` reports it
    aliases = _aliases(references, names)
    changes = [
        (table.start, table.end, _table(table, names[table.name], aliases[table.name]))
        for table in references
        if table.name in names
    ]
    changes += _qualifiers(lexemes, aliases)
    for start, end, text in sorted(changes, reverse=True):
        sql = sql[:start] + text + sql[end:]
    return sql


def _aliases(references: list[TableReference], names: Mapping[str, str]) -> dict[str, str]:
    """Return what each other name that a query reads is called in it: `workspace.name` is `name`.

    Where another table of the query is called so already, it has its plain name.
    """
    last = {table.name: table.name.rpartition(".")[2] for table in references}
    taken = list(last.values())
    return {
        name: alias if taken.count(alias) == 1 else names[name]
        for name, alias in last.items()
        if name in names
    }


def _table(table: TableReference, plain: str, alias: str) -> str:
    if table.has_alias or table.after_in or alias == plain:
        return plain
    return f"{plain} AS {quote_identifier(alias)}"


def _qualifiers(
    lexemes: list[Lexeme], aliases: Mapping[str, str]
) -> Iterator[tuple[int, int, str]]:
    """Yield the changes of `workspace.name.` in front of columns."""
    for index in range(len(lexemes) - 3):
        first, dot, second, following = lexemes[index : index + 4]
        if dot.text == following.text == "." and first.name and second.name:
            name = f"{first.name}.{second.name}"
            if name in aliases:
                yield first.start, second.end, quote_identifier(aliases[name])


def _with_version(found: Found) -> list[Datasource | Pipe]:
    resources: list[Datasource | Pipe] = [*found.datasources.values(), *found.pipes.values()]
    return [resource for resource in resources if resource.file_version is not None]


def _node_engines(found: Found) -> Iterator[Location]:
    for pipe in found.pipes.values():
        for node in pipe.nodes:
            if "engine" in node.settings:
                yield node.setting_locations["engine"]


def _in_endpoints_folder(found: Found) -> Iterator[Location]:
    for pipe in _untyped(found):
        if pipe.location.path.startswith("endpoints/"):
            yield pipe.location


def _with_token(found: Found) -> Iterator[Location]:
    for pipe in _untyped(found):
        for grant in pipe.tokens:
            yield grant.location


def _without_types(found: Found) -> Iterator[Location]:
    untyped = _untyped(found)
    if len(untyped) == len(found.names("pipe")):
        yield from (pipe.location for pipe in untyped)


def _untyped(found: Found) -> list[Pipe]:
    return [pipe for pipe in found.pipes.values() if pipe.type is NodeType.STANDARD]


# What Forward refuses, so that one of them says enough.
_PROOF: dict[str, Callable[[Found], Iterator[Location]]] = {
    "INCLUDE": lambda found: iter(found.includes),
    "ENGINE in a pipe": _node_engines,
}
# What Forward takes, and means nothing to it.
_SIGNS: dict[str, Callable[[Found], Iterator[Location]]] = {
    "VERSION": lambda found: (resource.location for resource in _with_version(found)),
    "a pipe without TYPE in endpoints/": _in_endpoints_folder,
    "a pipe without TYPE that has a token": _with_token,
    "no TYPE in any pipe": _without_types,
}


def _is_forward(found: Found) -> bool:
    """Whether a file says what only Forward knows."""
    sources = found.datasources.values()
    nodes = (node for pipe in found.pipes.values() for node in pipe.nodes)
    return any(source.forward_query or source.backfill for source in sources) or any(
        "deployment_method" in node.settings for node in nodes
    )


def publish(found: Found, generation: Generation, report: Report) -> Generation:
    """Make endpoints of the pipes that a project of Classic publishes without saying so.

    Args:
        found: the project's resources; pipes change in it.
        generation: what `martlet.toml` says. Where the files tell it, only what a deployed project
            has of them counts, so that it is the same there.
        report: gets a warning where the files told it.

    Returns:
        What the project is one of; DETECT where no pipe depends on it.
    """
    untyped = _untyped(found)
    if not untyped or generation is Generation.FORWARD:
        return generation
    if generation is Generation.DETECT:
        signs = _PROOF if _is_forward(found) else _PROOF | _SIGNS
        told = ((name, place) for name, places in signs.items() for place in places(found))
        sign, place = next(told, ("", None))
        if place is None:
            return Generation.FORWARD
        report.warn(
            f"The project is one of Tinybird Classic, since it has {sign}: its pipes without TYPE"
            f" are endpoints, {', '.join(pipe.name for pipe in untyped)}",
            place,
            'write TYPE endpoint below their last nodes, or generation = "classic" or "forward"'
            " into [settings] of martlet.toml.",
        )
    for pipe in untyped:
        *others, last = pipe.nodes
        found.pipes[pipe.name] = replace(pipe, nodes=(*others, _endpoint(last)))
    return Generation.CLASSIC


def _endpoint(node: Node) -> Node:
    return replace(node, type=NodeType.ENDPOINT)
