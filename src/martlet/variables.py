"""Values for `tb_secret` that the API was given, in a file of the data folder."""

import json
import threading
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from martlet.disk import write_whole
from martlet.errors import ConflictError, EngineError, NotFoundError, RequestError
from martlet.model import Project
from martlet.template.functions import SECRET_NAME

# As Tinybird has them: https://www.tinybird.co/docs/api-reference/environment-variables-api
MAX_VARIABLES = 100
MAX_VALUE_BYTES = 8 * 1024
MAX_NAME = 200


@dataclass(frozen=True, slots=True)
class Variable:
    """One value.

    Attributes:
        created_at: UTC, as the API tells it; so is `updated_at`.
        edited_by: name of the token that has set it last.
    """

    name: str
    value: str
    created_at: str
    updated_at: str
    edited_by: str

    def __repr__(self) -> str:
        return f"Variable({self.name!r})"


class Variables:
    """The variables of a workspace; a change is durable, and seen by the next query, at once."""

    def __init__(self, path: Path | None = None) -> None:
        """Read the file.

        Args:
            path: the JSON file, which only its owner can read; without it they end with this.

        Raises:
            EngineError: the file is there but has no variables.
        """
        self._path = path
        self._lock = threading.Lock()
        self._known: Mapping[str, Variable] = _read(path) if path is not None else {}

    def all(self) -> list[Variable]:
        """Return all variables, by name."""
        return [self._known[name] for name in sorted(self._known)]

    def get(self, name: str) -> Variable:
        """Return a variable.

        Raises:
            NotFoundError: there is none of that name.
        """
        found = self._known.get(name)
        if found is None:
            raise NotFoundError(f"The variable '{name[:80]}' does not exist")
        return found

    def create(self, name: str, value: str, *, by: str) -> Variable:
        """Make a variable.

        Args:
            name: letters, digits and underscores.
            value: of at most `MAX_VALUE_BYTES`.
            by: the token's name.

        Raises:
            RequestError: a name or value that none can have, or there are too many.
            ConflictError: there is one of that name.
            EngineError: it cannot be stored.
        """
        if not SECRET_NAME.fullmatch(name) or len(name) > MAX_NAME:
            raise RequestError(
                f"A variable's name has letters, digits and underscores, {MAX_NAME} at most"
            )
        _check(value)
        with self._lock:
            if name in self._known:
                raise ConflictError(
                    f"The variable '{name}' exists already", hint=f"PUT /v0/variables/{name}"
                )
            if len(self._known) >= MAX_VARIABLES:
                raise RequestError(f"There are {MAX_VARIABLES} variables already, the most")
            now = _now()
            return self._put(Variable(name, value, now, now, by))

    def change(self, name: str, value: str, *, by: str) -> Variable:
        """Give a variable another value.

        Raises:
            NotFoundError: there is none of that name.
            RequestError: a value that none can have.
            EngineError: it cannot be stored.
        """
        _check(value)
        with self._lock:
            changed = replace(self.get(name), value=value, updated_at=_now(), edited_by=by)
            return self._put(changed)

    def remove(self, name: str) -> None:
        """Remove a variable; what the project's files set for its name holds again.

        Raises:
            NotFoundError: there is none of that name.
            EngineError: that cannot be stored.
        """
        with self._lock:
            self.get(name)
            self._write({other: each for other, each in self._known.items() if other != name})

    def _put(self, variable: Variable) -> Variable:
        self._write({**self._known, variable.name: variable})
        return variable

    def _write(self, known: Mapping[str, Variable]) -> None:
        if self._path is not None:
            content = {"variables": [asdict(each) for each in known.values()]}
            try:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                write_whole(self._path, json.dumps(content, indent=2).encode(), is_private=True)
            except OSError as error:
                raise EngineError(f"Variables cannot be stored: {error.strerror}") from error
        self._known = known

    def over(self, project: Project) -> Project:
        """Return a project whose secrets are these, above those of its files."""
        if isinstance(project.secrets, _Secrets):
            return project
        return replace(project, secrets=_Secrets(self, project.secrets))

    def value(self, name: str) -> str | None:
        """Return a value, None where there is none."""
        found = self._known.get(name)
        return None if found is None else found.value

    def names(self) -> list[str]:
        """Return the names."""
        return list(self._known)


class _Secrets(Mapping[str, str]):
    """The variables as they are now, above others."""

    def __init__(self, variables: Variables, others: Mapping[str, str]) -> None:
        self._variables, self._others = variables, others

    def __getitem__(self, name: str) -> str:
        value = self._variables.value(name)
        return self._others[name] if value is None else value

    def __iter__(self) -> Iterator[str]:
        return iter(dict.fromkeys((*self._variables.names(), *self._others)))

    def __len__(self) -> int:
        return sum(1 for _ in self)

    def __repr__(self) -> str:
        return "_Secrets(...)"


def _check(value: str) -> None:
    if len(value.encode()) > MAX_VALUE_BYTES:
        raise RequestError(f"A variable's value has {MAX_VALUE_BYTES} bytes at most")


def _read(path: Path) -> dict[str, Variable]:
    try:
        content = json.loads(path.read_text())
        found = [Variable(**each) for each in content["variables"]]
        if not all(isinstance(text, str) for each in found for text in asdict(each).values()):
            raise ValueError("a value that is no text")
        path.chmod(0o600)
    except FileNotFoundError:
        return {}
    except (ValueError, KeyError, TypeError) as error:
        raise EngineError(
            f"{path} does not hold variables: {type(error).__name__}",  # an error's text may be one
            hint="remove it, or put back the file that was there",
        ) from None
    return {each.name: each for each in found}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.%f")
