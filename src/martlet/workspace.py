"""A project that is running: its tables in the engine, its queries, tokens and ways in."""

import logging
import os
import shutil
from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import NamedTemporaryFile

from martlet.cache import Cache
from martlet.deployments import Deployments, Published
from martlet.engines.clickhouse import ClickHouse
from martlet.engines.stored import Stored, stored_tables
from martlet.errors import (
    ConflictError,
    ProjectError,
    QueryError,
    RequestError,
    TooLargeError,
)
from martlet.filters import filter_errors
from martlet.generations import Generations, OvertakenError, Successor
from martlet.guests import Guests
from martlet.idempotency import Key
from martlet.ingest.rows import RowCoder, Sent
from martlet.ingest.sinks import Appended, Batch, ClickHouseSink
from martlet.jobstore import Jobs
from martlet.journal import Journal
from martlet.model import Datasource, Project
from martlet.once import Once, mend
from martlet.query import Query, QueryBuilder
from martlet.schema import Applied, SchemaChange, apply_schema, is_current, stored_definitions
from martlet.service_records import Records
from martlet.service_tables import SERVICE_TABLES, reads_service
from martlet.snapshots import Snapshots
from martlet.sql.lexer import quote_identifier
from martlet.staging import TRIES, recover
from martlet.tokens import Names, TokenStore, declared_scopes
from martlet.variables import Variables
from martlet.versions import Versions
from martlet.views import feeds

log = logging.getLogger("martlet")


# Jobs that change stored rows have this long to end before a project takes the place of another.
_JOBS_GRACE_S = 30.0


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Live:
    """A project with all that is derived from it; replaced as a whole when the files change.

    Its tables are there as long as anybody has it.
    """

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
        journal: Journal | None = None,
        variables: Variables | None = None,
    ) -> None:
        """Bring the engine's tables to the project's state; `open` builds the parts.

        Args:
            project: to be the live one.
            engine: open.
            tokens: of the workspace.
            jobs: those of before; without them they end with this object.
            folder: for files on their way into tables, else the system's own.
            journal: of what is stored once; without it that ends with this object.
            variables: values for `tb_secret`; without them they end with this object.

        Raises:
            ProjectError: the project has errors.
            ConflictError: stored rows do not fit a data source as it is written now.
        """
        self.engine = engine
        self.cache = Cache(engine)
        self.generations = Generations(engine)
        self.guests = Guests(engine, self.generations.base, lambda: self.live.project, type(self))
        self.tokens = tokens
        self.once = Once(journal or Journal())
        self.sink = ClickHouseSink(engine.writer, versions=engine.versions, once=self.once)
        # Rows into tables that nobody reads yet: they hold no commit, and none holds them.
        self.stage_sink = ClickHouseSink(engine.writer)
        self.jobs = jobs or Jobs()
        self.records = Records(
            engine,
            first=self.generations.base,
            workspace_id=tokens.workspace_id,
            project=lambda: self.live.project,
        )
        self.folder = folder
        self.snapshots = Snapshots(folder.parent) if folder else None
        self.variables = variables or Variables()
        try:
            recover(engine)
            self.once.recover(engine.writer)
            self.apply(project)
            self.deployments = Deployments(self)
            self.generations.forget_others(self.deployments.databases())
            self.records.follow(self.jobs)
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
        path = data_folder / "clickhouse"
        path.mkdir(parents=True, exist_ok=True)
        journal = Journal(path / "journal.sqlite")  # gone when the rows are
        if journal.left():
            mend(path)
        engine = ClickHouse(path, settings=project.settings)
        tokens = TokenStore(data_folder / "tokens.json", admin_token=admin_token)
        folder = data_folder / "incoming"
        shutil.rmtree(folder, ignore_errors=True)  # of a server that was killed
        folder.mkdir(parents=True)
        jobs = Jobs(data_folder / "jobs.jsonl")
        variables = Variables(data_folder / "variables.json")
        return cls(
            project,
            engine=engine,
            tokens=tokens,
            jobs=jobs,
            folder=folder,
            journal=journal,
            variables=variables,
        )

    def apply(
        self,
        project: Project,
        *,
        destructive: bool = False,
        removed: Collection[str] = (),
        unfilled: Collection[str] = (),
        note: Mapping[str, object] | None = None,
    ) -> list[SchemaChange]:
        """Make the project the live one; on an error the one before stays.

        No request sees anything between the two.

        Args:
            project: to be the live one.
            destructive: whether stored values may be given up where it has no place for them.
            removed: data sources whose rows are dropped; those of others that it lacks stay.
            unfilled: materialized pipes whose targets get no stored rows when they are made.
            note: kept with it on the disk; without it the one of before stays.

        Returns:
            What was changed in the engine.

        Raises:
            ProjectError: the project has errors.
            ConflictError: stored rows do not fit it, or a job that changes rows does not end.
        """
        project = self.variables.over(project)
        queries = QueryBuilder(project, database=self.engine.database)
        if errors := queries.check():
            raise ProjectError(errors)
        coders = {name: RowCoder(source) for name, source in project.datasources.items()}
        note = self.generations.note if note is None else note
        is_new = not hasattr(self, "live") and not stored_definitions(self.engine)
        if is_new or (not removed and is_current(self.engine, project, queries)):
            made = self._apply_here(project, queries, coders, note)
        else:
            with self.engine.gate.alone(_JOBS_GRACE_S) as is_alone:
                if not is_alone:
                    raise ConflictError(
                        "A job changes stored rows: the project before goes on",
                        hint="try it again when the job is done, or cancel it",
                    )
                made = self._apply_apart(project, coders, destructive, removed, unfilled, note)
        self.records.schema(made)
        if any(reads_service(node.sql) for pipe in project.pipes.values() for node in pipe.nodes):
            self.records.flush(SERVICE_TABLES)  # so that their columns are known
        self.tokens.sync(
            declared_scopes(project), Names(self.resource, self.live.project.datasources)
        )
        return made

    def _apply_here(
        self,
        project: Project,
        queries: QueryBuilder,
        coders: dict[str, RowCoder],
        note: Mapping[str, object],
    ) -> list[SchemaChange]:
        """Make a project live whose tables are the live ones, or that is the first."""
        with self.sink.paused(settled=False), self.versions.changing_project():
            before = self.engine.settings
            try:
                self.engine.configure(project.settings)
                applied = apply_schema(self.engine, project, queries)
                self._forget_before(applied)
                if errors := filter_errors(self.engine, project.datasources.values()):
                    raise ProjectError(errors)
                if note != self.generations.note:
                    self.generations.publish(self.engine.database, note)
            except BaseException:
                self.engine.configure(before)
                raise
            self._put(project, queries, coders, applied)
        return applied.made

    def _apply_apart(
        self,
        project: Project,
        coders: dict[str, RowCoder],
        destructive: bool,
        removed: Collection[str],
        unfilled: Collection[str],
        note: Mapping[str, object],
    ) -> list[SchemaChange]:
        """Make a project live with tables that are made beside the live ones."""
        for attempt in range(1, TRIES + 1):
            try:
                with Successor(
                    self.generations,
                    project,
                    self.sink,
                    destructive=destructive,
                    removed=removed,
                    unfilled=unfilled,
                ) as successor:
                    if errors := filter_errors(successor.engine, project.datasources.values()):
                        raise ProjectError(errors)
                    self._switch(successor, coders, note)
                    return successor.applied.made
            except OvertakenError:
                if attempt == TRIES:
                    raise
        raise AssertionError

    def _switch(
        self, successor: Successor, coders: dict[str, RowCoder], note: Mapping[str, object]
    ) -> None:
        def publish() -> None:
            self._forget_before(successor.applied)
            self.generations.publish(successor.name, note)
            successor.keep()
            self.generations.step("published")

        # So that what the file will point to is on the disk, of which ClickHouse syncs rows alone.
        os.sync()
        before, old = self.engine.database, getattr(self, "live", None)
        with self.sink.paused(), self.versions.changing_project():
            successor.catch_up()
            self.generations.step("caught up")
            self.engine.move(successor.name, successor.project.settings, publish)
            self._put(successor.project, successor.queries, coders, successor.applied)
        if old is not None:
            self.generations.drop_after(before, old)

    def _forget_before(self, applied: Applied) -> None:
        """Forget the ids of data sources of before that had the names of new ones."""
        for change in applied.made:
            if change.kind == "created":
                self.sink.forget(change.resource)

    def _put(
        self,
        project: Project,
        queries: QueryBuilder,
        coders: dict[str, RowCoder],
        applied: Applied,
    ) -> None:
        """Let requests see a project whose tables are the engine's; writes are held."""
        self.sink.trials = applied.trials
        self.versions.follow(feeds(project, queries))
        self.cache.use(project)
        self.once.configure(project.settings)
        self.records.configure(project.settings)
        self.live = Live(replace(project, datasources=applied.datasources), queries, coders)

    @property
    def versions(self) -> Versions:
        """Versions of the project's tables."""
        return self.engine.versions

    @property
    def name(self) -> str:
        """The workspace's name: its folder's."""
        return self.live.project.root.resolve().name

    def prepare(self, query: Query) -> None:
        """Have the service data sources that a query reads be there, with all that has happened."""
        if read := query.datasources & SERVICE_TABLES.keys():
            self.records.flush(read)

    def published(self, deployment: str) -> Published:
        """Return the project of a deployment that is live or staging.

        Raises:
            NotFoundError: it is neither.
        """
        return self.deployments.published(deployment)

    def resource(self, name: str) -> str:
        """Return the name of the data source that a name stands for, Classic's with a version."""
        return self.live.project.resource(name)

    def datasource(self, name: str) -> Datasource:
        """Return a data source by name.

        Raises:
            NotFoundError: the project has none of that name.
        """
        return self.live.project.datasource(name)

    def stored(self, sources: Sequence[Datasource]) -> dict[str, Stored]:
        """Return what is known of the tables and quarantines of data sources, by their names.

        Raises:
            NotFoundError: one is gone: the files were changed meanwhile.
        """
        names = [name for source in sources for name in (source.name, source.quarantine)]
        is_untyped = any(column.type is None for s in sources for column in s.columns)
        return stored_tables(self.engine, names, with_types=is_untyped)

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
        key: Key | None = None,
    ) -> Future[Appended]:
        """Type the events of a body and store them; the future is done when they are committed.

        Args:
            datasource: the project's, or one made of it that is read in another way.
            body: decoded.
            format: `ndjson` or `json`.
            sent: what the body was made of.
            import_id: for rows in the quarantine.
            key: with which they are stored once.

        Raises:
            IdempotencyError: the key is another request's.
            RequestError: the body has no events, or is not in that format.
        """

        def code() -> Batch:
            live = self.live
            own = live.project.datasources.get(datasource.name)
            is_own = datasource is own or datasource == own
            coder = live.coders[datasource.name] if is_own else RowCoder(datasource)
            coded = coder.code(body, format, sent=sent)

            def renew(batch: Batch) -> Batch:
                """Type the events again if their data source has changed since."""
                if self.live is live or self.live.project.datasources.get(datasource.name) == own:
                    return batch
                return self._renewed(datasource, is_own, body, format, sent, batch)

            return Batch(coded.block(), coded.accepted, coded.refused, import_id, key, renew)

        def append() -> Future[Appended]:
            return self.sink.append(datasource.name, code())

        return append() if key is None else self.once.run(key, append)

    def _renewed(
        self,
        datasource: Datasource,
        is_own: bool,
        body: bytes,
        format: str,
        sent: Sent | None,
        batch: Batch,
    ) -> Batch:
        """Return a batch that was typed for a project before as the live one has it.

        Raises:
            NotFoundError: the live one does not have its data source.
            ConflictError: nobody knows how it is read now.
        """
        now = self.datasource(datasource.name)
        if not is_own:
            raise ConflictError(
                f"The data source '{now.name}' has just changed: nothing was stored",
                hint="send the rows again",
            )
        coded = self.live.coders[now.name].code(body, format, sent=sent)
        return replace(
            batch, block=coded.block(), count=coded.accepted, refused=coded.refused, renew=None
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

    def take_snapshot(self) -> Path:
        """Return a folder with the data folder as it is now; see `Snapshots`.

        Raises:
            ConflictError: there is no data folder.
            EngineError: it cannot be made.
        """
        if self.snapshots is None:
            raise ConflictError("The server has no data folder of its own")
        return self.snapshots.take(
            self.engine,
            self.sink,
            lambda: {self.engine.database, *self.deployments.databases(), self.records.database},
        )

    def close(self) -> None:
        """Commit what was accepted and free the data folder; jobs are interrupted."""
        self.guests.close()
        self.jobs.close()
        self.stage_sink.close()
        self.sink.close()
        self.records.close()
        self.once.journal.close()
        self.generations.close()
        self.engine.close()
