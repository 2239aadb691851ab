"""What datafiles of Tinybird Classic say in another way than today's.

Classic gave a resource with `VERSION 3` the name `events__v3`: other files and clients use it.
"""

import re
from collections.abc import Mapping
from dataclasses import replace

from martlet.files.checks import Found
from martlet.model import Datasource, Node, Pipe


def versioned_names(found: Found) -> dict[str, str]:
    """Return name with version -> name of the file, where no other file has that name."""
    resources: list[Datasource | Pipe] = [*found.datasources.values(), *found.pipes.values()]
    names = {
        f"{resource.name}__v{resource.file_version}": resource.name
        for resource in resources
        if resource.file_version is not None
    }
    return {name: plain for name, plain in names.items() if not found.has(name)}


def use_plain_names(found: Found, names: Mapping[str, str]) -> None:
    """Write the names of files into all pipes in place of names with versions."""
    if names:
        pattern = re.compile(rf"\b(?:{'|'.join(names)})\b")
        for pipe in found.pipes.values():
            found.pipes[pipe.name] = _plain(pipe, pattern, names)


def _plain(pipe: Pipe, pattern: re.Pattern[str], names: Mapping[str, str]) -> Pipe:
    def plain(node: Node) -> Node:
        return replace(
            node,
            sql=pattern.sub(lambda match: names[match[0]], node.sql),
            settings={key: names.get(value, value) for key, value in node.settings.items()},
        )

    return replace(pipe, nodes=tuple(plain(node) for node in pipe.nodes))
