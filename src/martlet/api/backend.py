"""What the operations need of the place they run in: an open data folder, or an AWS account."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # a place that only writes loads nothing that reads
    from martlet.access import Access
    from martlet.api.recording import Recorder
    from martlet.cache import Cache
    from martlet.engines.base import Engine
    from martlet.engines.stored import Stored
    from martlet.idempotency import Key
    from martlet.ingest.rows import Sent
    from martlet.ingest.sinks import Appended
    from martlet.model import Datasource, Project
    from martlet.query import Query, QueryBuilder


class Tokens(Protocol):
    """The tokens of a workspace."""

    @property
    def workspace_id(self) -> str: ...

    def find(self, value: str | None) -> "Access":
        """Return what the token of a value allows, with what its rate limit says.

        Raises:
            TokenError: there is no value, or no token has it.
            RateLimitError: the token has made more requests than it may.
        """
        ...


class Backend(Protocol):
    """What every operation needs."""

    @property
    def tokens(self) -> Tokens: ...

    @property
    def records(self) -> "Recorder | None":
        """Takes records of requests where they are kept."""
        ...


class Writing(Backend, Protocol):
    """Where events go."""

    @property
    def max_decoded_bytes(self) -> int:
        """Of a file, without its compression."""
        ...

    def resource(self, name: str) -> str:
        """Return the name of the data source that a name stands for, which need not exist."""
        ...

    def datasource(self, name: str) -> "Datasource":
        """Return a data source by name.

        Raises:
            NotFoundError: the project has none of that name.
        """
        ...

    def append(
        self,
        datasource: "Datasource",
        body: bytes,
        format: str,
        *,
        sent: "Sent | None" = None,
        key: "Key | None" = None,
    ) -> "Future[Appended]":
        """Type the events of a body and store them.

        Args:
            datasource: the project's, or one made of it that is read in another way.
            body: decoded.
            format: `ndjson` or `json`.
            sent: what the body was made of.
            key: with which they are stored once; it knows afterwards whether they were before.

        Returns:
            A future, done when the rows are where they cannot be lost.

        Raises:
            IdempotencyError: the key is another request's.
            RequestError: the body has no events, or is not in that format.
        """
        ...

    def read_parquet(self, content: bytes, *, max_bytes: int) -> bytes:
        """Return the rows of a Parquet file as NDJSON.

        Raises:
            RequestError: the file is none.
            TooLargeError: its rows are above the limit.
            NotAvailableError: nothing here reads Parquet.
        """
        ...


class Published(Protocol):
    """A project at one moment; what a request has got of it stays as it is."""

    @property
    def project(self) -> "Project": ...

    @property
    def queries(self) -> "QueryBuilder": ...


class Reading(Backend, Protocol):
    """Where pipes run."""

    @property
    def name(self) -> str:
        """Return the workspace's name."""
        ...

    @property
    def live(self) -> Published: ...

    def published(self, deployment: str) -> Published:
        """Return the project of a deployment that is live or staging.

        Raises:
            NotFoundError: it is neither.
            NotAvailableError: there is no staging here.
        """
        ...

    @property
    def engine(self) -> "Engine": ...

    @property
    def cache(self) -> "Cache | None":
        """Runs the engine's queries where answers are shared."""
        ...

    def resource(self, name: str) -> str:
        """Return the name of the data source that a name stands for, which need not exist."""
        ...

    def datasource(self, name: str) -> "Datasource":
        """Return a data source by name.

        Raises:
            NotFoundError: the project has none of that name.
        """
        ...

    def stored(self, sources: "Sequence[Datasource]") -> "Mapping[str, Stored]":
        """Return what is known of the tables and quarantines of data sources, by their names.

        Raises:
            NotFoundError: one is gone: the files were changed meanwhile.
        """
        ...

    def prepare(self, query: "Query") -> None:
        """Have what a query reads be there: service data sources are written in the background."""
        ...
