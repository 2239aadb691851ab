"""The live project with some of its files changed: small builds, one at a time."""

import re
import threading
from collections.abc import Callable, Collection, Mapping
from pathlib import PurePosixPath

from martlet.deployment_plan import Plan
from martlet.errors import ConflictError, NotAvailableError, RequestError
from martlet.model import Generation, Project
from martlet.workspace import Workspace

_SETTINGS = "martlet.toml"
_SECTION = re.compile(r"^\[settings\].*$", re.MULTILINE)
_DETECT = re.compile(r"^generation\s*=.*$", re.MULTILINE)

_alone = threading.Lock()

Changes = Mapping[str, str | None]
"""Path of a file -> its text, or None where it goes."""


def change_project(
    workspace: Workspace,
    change: Callable[[Project], Changes],
    *,
    destructive: bool = False,
    is_tried: bool = False,
    unfilled: Collection[str] = (),
) -> Plan:
    """Make the live project with other files the live one; return what that changes.

    Args:
        workspace: whose project it is.
        change: what changes of the project.
        destructive: whether stored rows go with the data sources that it removes.
        is_tried: whether nothing is made, and only errors are told.
        unfilled: materialized pipes whose targets get no stored rows when they are made.

    Raises:
        ConflictError: somebody else made another project the live one meanwhile.
        RequestError: it has errors; the project before goes on.
    """
    with _alone:  # pushes wait for each other: clients send many
        project = workspace.live.project
        changes = change(project)
        if others := sorted({*project.files} - {*project.texts}):
            raise NotAvailableError(
                f"The project has files that cannot be sent alone: {others[0]}",
                hint="send the whole project with `martlet build`",
            )
        texts = {**project.texts, **changes}
        files = {name: text for name, text in texts.items() if text is not None}
        if not any(PurePosixPath(name).suffix in (".datasource", ".pipe") for name in files):
            raise ConflictError("A project has at least one data source or pipe: this is the last")
        files |= _pinned(project)
        sent = {name: text.encode() for name, text in files.items()}
        deployments = workspace.deployments
        checked = (
            deployments.check(sent, destructive=destructive)
            if is_tried
            else deployments.build(sent, over=project, destructive=destructive, unfilled=unfilled)
        )
    if checked.errors:
        raise RequestError("\n".join(error["error"] for error in checked.errors))
    return checked.plan


def _pinned(project: Project) -> dict[str, str]:
    """Return settings in which it is written for which of Tinybird's products a project is.

    Where files alone told it, one more file or one less could tell otherwise, and pipes that nobody
    has changed would be endpoints no more.
    """
    text = project.texts.get(_SETTINGS, "")
    if (
        project.generation is Generation.DETECT
        or project.settings.generation is not Generation.DETECT
    ):
        return {}
    line = f'generation = "{project.generation.value}"'
    if _DETECT.search(text):
        return {_SETTINGS: _DETECT.sub(line, text)}
    if _SECTION.search(text):
        return {_SETTINGS: _SECTION.sub(lambda found: f"{found[0]}\n{line}", text)}
    return {_SETTINGS: f"{text.rstrip()}\n\n[settings]\n{line}\n".lstrip()}
