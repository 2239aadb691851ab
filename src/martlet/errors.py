"""Every deliberate error of Martlet, its HTTP status, and the place it points to."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Location:
    """A place in a file: 1-based line and column, and the text of that line."""

    path: str
    line: int
    column: int = 1
    text: str = ""

    def __str__(self) -> str:
        return f"{self.path}:{self.line}:{self.column}"

    def excerpt(self) -> str:
        """Return the line with a caret under the column, or nothing when the text is unknown."""
        if not self.text.strip():
            return ""
        shown = self.text.expandtabs(1)
        return f"{self.line:>5} | {shown}\n      | {' ' * (self.column - 1)}^"


class MartletError(Exception):
    """Base of all errors that a user can cause or must act on.

    Attributes:
        status: the HTTP status with which the API answers.
        message: what is wrong, without place or advice.
        location: where in the project, if it is in a file.
        hint: what to do about it, if there is one clear thing.
    """

    status = 400

    def __init__(self, message: str, *, location: Location | None = None, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.location = location
        self.hint = hint

    def __str__(self) -> str:
        parts = [f"{self.location}: {self.message}" if self.location else self.message]
        if self.location and (excerpt := self.location.excerpt()):
            parts.append(excerpt)
        if self.hint:
            parts.append(f"hint: {self.hint}")
        return "\n".join(parts)

    def as_json(self) -> dict[str, str | int | None]:
        """Return message, file, line, column and hint for `--json` outputs."""
        return {
            "message": self.message,
            "file": self.location.path if self.location else None,
            "line": self.location.line if self.location else None,
            "column": self.location.column if self.location else None,
            "hint": self.hint or None,
        }


class DatafileError(MartletError):
    """A `.datasource`, `.pipe` or `.connection` file cannot be read or does not fit the project."""


class DatafileWarning(MartletError):  # noqa: N818  it is none
    """A form that is accepted but should be written otherwise; printed, never raised."""


class ProjectError(MartletError):
    """A project with errors, all of them.

    Attributes:
        errors: at least one, in file and line order.
    """

    def __init__(self, errors: list[MartletError]) -> None:
        super().__init__("\n\n".join(str(error) for error in errors))
        self.errors = errors


class TypeSyntaxError(MartletError):
    """A text is not a ClickHouse type that a data source can have.

    Attributes:
        offset: 0-based index in the type's text at which it stops making sense.
    """

    def __init__(self, message: str, *, offset: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.offset = offset


class LakeTypeError(MartletError):
    """A ClickHouse type has no form in Parquet, Glue and Trino that keeps its values."""


class SqlError(MartletError):
    """SQL that Martlet refuses before an engine sees it.

    Attributes:
        offset: 0-based index in the SQL text.
    """

    def __init__(self, message: str, *, offset: int = 0, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.offset = offset


class NotRunError(SqlError):
    """SQL that Tinybird runs and Martlet does not: refused when it is asked for, not at a start."""


class OutsideError(NotRunError):
    """A table function that reads from outside; Tinybird lets copy pipes alone have it."""


class UnsupportedError(SqlError):
    """ClickHouse SQL that has no translation: an error, never another answer."""


class UnsupportedFunctionError(UnsupportedError):
    """A function, or a function of these types, without a rule."""


class UnsupportedClauseError(UnsupportedError):
    """A clause or form of SELECT without a rule."""


class UnsupportedViewError(UnsupportedClauseError):
    """A materialized pipe whose rows cannot be selected where its data source is read.

    Attributes:
        pipe: its name.
    """

    pipe: str = ""


class TemplateError(MartletError):
    """A template cannot be compiled or rendered; `message` is what the caller reads.

    Attributes:
        documentation: path of the page that Tinybird's own error names, if it names one.
        offset: 0-based index into the template's text, where it is known.
    """

    documentation: str | None = None
    offset: int | None = None


class TemplateAbort(TemplateError):  # noqa: N818  the template's author calls it, it is no fault
    """`error()` or `custom_error()` in a template.

    Attributes:
        status: the status that the template asked for (400 by default).
        body: the JSON object to answer with, if the template gave one.
    """

    def __init__(self, message: str, *, status: int = 400, body: object = None) -> None:
        super().__init__(message)
        self.status = status
        self.body = body


class RequestError(MartletError):
    """The request itself is malformed: parameters, headers, body."""


class TokenError(MartletError):
    """No token, an unknown one, or one that does not allow the operation."""

    status = 403


class NotFoundError(MartletError):
    """The resource named in the request does not exist."""

    status = 404


class MethodError(MartletError):
    """The path exists, but not with this method.

    Attributes:
        allowed: the methods that it has.
    """

    status = 405

    def __init__(self, message: str, *, allowed: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.allowed = allowed


class RateLimitError(MartletError):
    """The token has made more requests than it may.

    Attributes:
        headers: when to try again, for the answer.
    """

    status = 429

    def __init__(self, message: str, *, headers: Mapping[str, str]) -> None:
        super().__init__(message)
        self.headers = headers


class NotAvailableError(MartletError):
    """The API has the operation, but not where the request was sent to."""

    status = 501


class ConflictError(MartletError):
    """The operation does not fit the state of the resource."""

    status = 409


class TooLargeError(MartletError):
    """A body, row or result above a limit; the message names the limit."""

    status = 413


class ViewError(MartletError):
    """Rows were stored, but a materialized view that reads them failed: do not send them again."""

    status = 422


class IdempotencyError(MartletError):
    """The key of a request belongs to another one; nothing was stored."""

    status = 422


class QueryError(MartletError):
    """The engine refused or failed a statement.

    Attributes:
        code: ClickHouse's error code, 0 if there is none.
    """

    def __init__(self, message: str, *, code: int = 0) -> None:
        super().__init__(message)
        self.code = code


class QueryTimeoutError(QueryError):
    """The query's time is over; the engine has stopped it."""

    status = 408


class StoppedError(QueryError):
    """The query was ended: nobody waits for its answer any more."""

    status = 499

    def __init__(self) -> None:
        super().__init__("[Error] The query was stopped: its client has left", code=394)


class ResultTooLargeError(QueryError):
    """The result is above the limit on rows or bytes."""

    status = 413


class ConfigurationError(MartletError):
    """What a deployment is told about itself is missing or wrong; the message names it."""

    status = 500


class EngineError(MartletError):
    """The engine cannot do its work now (disk, memory, shutting down): try again later."""

    status = 503
