"""A project that is running: its tables in the engine, its queries, tokens and ways in."""

import logging
import shutil
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile

from martlet.engines.clickhouse import ClickHouse
from martlet.errors import (
    MartletError,
    ProjectError,
    QueryError,
    RequestError,
    TooLargeError,
)
from martlet.filters import filter_errors
from martlet.ingest.rows import RowCoder, Sent
from martlet.ingest.sinks import Appended, Batch, ClickHouseSink
from martlet.jobstore import Jobs
from martlet.model import Datasource, Project
from martlet.query import QueryBuilder
from martlet.schema import SchemaChange, apply_schema, restore_views
from martlet.sql.lexer import quote_identifier
from martlet.staging import recover
from martlet.tokens import Names, TokenStore, declared_scopes

log = logging.getLogger("martlet")


@dataclass(frozen=True, slots=True)
class Live:
    """A project with all that is derived from it; replaced as a whole when the files change."""

    project: Project
    queries: QueryBuilder
    coders: dict[str, RowCoder]


class Workspace:
    """One project folder, open: the state behind the API.

    Requests read `live` once and work with what they got; `apply` puts another in its place.
    """

    live: Live
    # No request is too large to be sent in parts here, so there is nothing to upload to.
    uploads = None
    max_decoded_bytes = 100 * 1024 * 1024

    def __init__(
        self,
        project: Project,
        *,
        engine: ClickHouse,
        tokens: TokenStore,
        jobs: Jobs | None = None,
        folder: Path | None = None,
    ) -> None:
        """Bring the engine's tables to the project's state; `open` builds the parts.

        Args:
            project: to be the live one.
            engine: open.
            tokens: of the workspace.
            jobs: those of before; without them they end with this object.
            folder: for files on their way into tables, else the system's own.

        Raises:
            ProjectError: the project has errors.
            ConflictError: stored rows do not fit a data source as it is written now.
        """
        self.engine = engine
        self.tokens = tokens
        self.sink = ClickHouseSink(engine.writer)
        # Rows into tables that nobody reads yet: they hold no commit, and none holds them.
        self.stage_sink = ClickHouseSink(engine.writer)
        self.jobs = jobs or Jobs()
        self.folder = folder
        try:
            recover(engine)
            self.apply(project)
        except BaseException:
            self.close()
            raise

    @classmethod
    def open(
        cls, project: Project, data_folder: Path, *, admin_token: str | None = None
    ) -> "Workspace":
        """Open a data folder for a project.

        Raises:
            EngineError: the data folder cannot be opened; another server may run on it.
        """
        engine = ClickHouse(data_folder / "clickhouse", settings=project.settings)
        tokens = TokenStore(data_folder / "tokens.json", admin_token=admin_token)
        folder = data_folder / "incoming"
        shutil.rmtree(folder, ignore_errors=True)  # of a server that was killed
        folder.mkdir(parents=True)
        jobs = Jobs(data_folder / "jobs.jsonl")
        return cls(project, engine=engine, tokens=tokens, jobs=jobs, folder=folder)

    def apply(self, project: Project) -> list[SchemaChange]:
        """Make the project the live one; on an error the one before stays.

        Returns:
            What was changed in the engine.
        """
        queries = QueryBuilder(project, database=self.engine.database)
        if errors := queries.check():
            raise ProjectError(errors)
        coders = {name: RowCoder(source) for name, source in project.datasources.items()}
        with self.sink.paused():
            try:
                self.engine.configure(project.settings)
                applied = apply_schema(self.engine, project, queries)
                if errors := filter_errors(self.engine, project.datasources.values()):
                    raise ProjectError(errors)
            except BaseException:
                self._restore()
                raise
            self.sink.trials = applied.trials
            self.live = Live(replace(project, datasources=applied.datasources), queries, coders)
        self.tokens.sync(
            declared_scopes(project), Names(self.resource, self.live.project.datasources)
        )
        return applied.made

    def _restore(self) -> None:
        """Bring tables and views back to the live project, where another was begun."""
        if not hasattr(self, "live"):
            return
        project, queries = self.live.project, self.live.queries
        self.sink.trials = {}
        try:
            self.engine.configure(project.settings)
            applied = apply_schema(self.engine, project, queries)
        except MartletError:  # columns were added, say, and rows are stored: the views alone
            try:
                applied = restore_views(self.engine, project, queries)
            except MartletError:
                log.exception("the materialized views of the project before are not all there")
                return
        self.sink.trials = applied.trials

    def resource(self, name: str) -> str:
        """Return the name of the data source that a name stands for, Classic's with a version."""
        return self.live.project.resource(name)

    def datasource(self, name: str) -> Datasource:
        """Return a data source by name.

        Raises:
            NotFoundError: the project has none of that name.
        """
        return self.live.project.datasource(name)

    def count(self, table: str) -> int:
        """Return how many rows a data source or quarantine has."""
        return int(self.engine.command(f"SELECT count() FROM {quote_identifier(table)}"))

    def append(
        self,
        datasource: Datasource,
        body: bytes,
        format: str,
        *,
        sent: Sent | None = None,
        import_id: str | None = None,
    ) -> Future[Appended]:
        """Type the events of a body and store them; the future is done when they are committed.

        Args:
            datasource: the project's, or one made of it that is read in another way.
            body: decoded.
            format: `ndjson` or `json`.
            sent: what the body was made of.
            import_id: for rows in the quarantine.

        Raises:
            RequestError: the body has no events, or is not in that format.
        """
        live = self.live
        own = live.project.datasources.get(datasource.name)
        coder = live.coders[own.name] if datasource is own else RowCoder(datasource)
        coded = coder.code(body, format, sent=sent)
        return self.sink.append(
            datasource.name, Batch(coded.block(), coded.accepted, coded.refused, import_id)
        )

    def read_parquet(self, content: bytes, *, max_bytes: int) -> bytes:
        """Return the rows of a Parquet file as NDJSON.

        Raises:
            RequestError: the file is none.
            TooLargeError: its rows are above the limit.
        """
        blocks: list[bytes] = []
        with NamedTemporaryFile(suffix=".parquet") as file:
            file.write(content)
            file.flush()
            try:
                for block in self.engine.read_file(Path(file.name), "Parquet"):
                    blocks.append(block)
                    if sum(map(len, blocks)) > max_bytes:
                        raise TooLargeError(
                            f"The rows have more than {max_bytes} bytes as JSON; nothing is stored"
                        )
            except QueryError as error:
                raise RequestError(f"The file is not Parquet: {error.message}") from error
        return b"".join(blocks)

    def close(self) -> None:
        """Commit what was accepted and free the data folder; jobs are interrupted."""
        self.jobs.close()
        self.stage_sink.close()
        self.sink.close()
        self.engine.close()
