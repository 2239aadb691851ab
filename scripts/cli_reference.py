"""Generated blocks of docs/cli.md: every command, as argparse has it."""

import argparse
from collections.abc import Callable
from functools import partial

from scripts.markdown import code, table

from martlet import cli


def command(name: str) -> str:
    """Return usage and arguments of one command, as argparse has them."""
    found = _subparsers(cli._parser())[name]
    if actions := _subparsers(found):
        parts = [_command(f"{name} {action}", parser) for action, parser in actions.items()]
        return "\n\n".join([f"`martlet {name}`: {found.description}.", *parts])
    return _command(name, found)


def _subparsers(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    groups = (a.choices for a in parser._actions if isinstance(a, argparse._SubParsersAction))
    return dict(next(groups, {}))


def _command(name: str, found: argparse.ArgumentParser) -> str:
    lines = []
    for action in found._actions:
        shown = action.option_strings[-1] if action.option_strings else str(action.metavar)
        if action.choices:
            shown += " " + "|".join(map(str, action.choices))
        elif action.option_strings and action.nargs != 0:
            shown += f" {str(action.dest).upper()}"
        default = action.default
        is_plain = default in (None, False, "", argparse.SUPPRESS) or default == []
        help_ = (action.help or "") % {"default": default} if action.help else ""
        lines.append((code(shown), "" if is_plain else code(default), help_))
    positional = [str(a.metavar) for a in found._actions if not a.option_strings]
    repeated = [f"{n} ..." if n in ("PIPE", "PATH") else n for n in positional]
    usage = " ".join(f"[{n}]" for n in ["options", *repeated])
    head = f"`martlet {name} {usage}`: {found.description}.\n\n"
    return head + table(("argument", "default", "meaning"), lines)


BLOCKS: dict[str, Callable[[], str]] = {
    f"command-{name}": partial(command, name) for name in _subparsers(cli._parser())
}
