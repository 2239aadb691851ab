"""The engine of a deployed project: ClickHouse SQL, translated, on Athena over the lake.

Answers are the bytes that ClickHouse would write: see `martlet.answers`. What is known of the rows
decides which days are read, so a translation is kept as long as that stays the same.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from martlet.answers import Statistics, check_answer, write_answer
from martlet.aws.athena import Answer, Athena
from martlet.aws.known import Known
from martlet.engines.base import Result
from martlet.errors import NotAvailableError, ResultTooLargeError
from martlet.model import Project
from martlet.query import QueryBuilder
from martlet.translate.translator import Translator
from martlet.translations import lake_tables, with_secrets

# Of a result's texts. They and the answer made of them are in a function's memory several times.
MAX_RESULT_BYTES = 32 * 1024 * 1024


class LakeEngine:
    """Runs a project's queries on Athena; see `martlet.engines.base.Engine`."""

    def __init__(
        self,
        project: Project,
        athena: Athena,
        *,
        queries: QueryBuilder | None = None,
        known: Callable[[], Known] = Known,
    ) -> None:
        """Translate nothing yet.

        Args:
            project: whose tables are in the athena's database.
            athena: the work group.
            queries: of the project, if they are made already.
            known: asked for each query, so it must remember its answer.
        """
        self.project = project
        self.queries = queries or QueryBuilder(project)
        self.athena = athena
        self.timeout_s = project.settings.query_timeout_s
        self._known = known
        self._seen: Known | None = None
        self._translator: Translator | None = None

    def within(self, seconds: float) -> "_Timed":
        """Return this engine for one request that must be answered in so many seconds."""
        return _Timed(self, min(self.timeout_s, seconds))

    def execute(
        self,
        sql: str,
        *,
        format: str,
        settings: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        is_isolated: bool = False,
        max_age_s: float = 0,
        timeout_s: float | None = None,
    ) -> Result:
        """Run one SELECT on Athena; see `martlet.engines.base.Engine.execute`.

        `timeout_s` is the project's if it is not given. Settings that do not change an answer's
        bytes, such as `max_threads`, say nothing to Athena. No table is found by another name than
        the translator's, so there is nothing to isolate. Athena counts ages in minutes: below one
        nothing is reused.

        Raises:
            UnsupportedError: something in the query has no translation.
            NotAvailableError: the format is not written here.
        """
        translation = self.translator().translate(with_secrets(sql, parameters or {}))
        check_answer(translation.columns, format=format)
        most = min(self.project.settings.max_result_bytes, MAX_RESULT_BYTES)
        answer = self.athena.run(
            translation.sql,
            timeout_s=self.timeout_s if timeout_s is None else timeout_s,
            max_bytes=most,
            max_age_minutes=int(max_age_s // 60),
        )
        execution = answer.execution
        elapsed_s = execution.total_ms / 1000
        body = write_answer(
            translation.columns,
            answer.rows,
            format=format,
            has_totals=translation.has_totals,
            settings={**self.project.settings.clickhouse, **(settings or {})},
            statistics=Statistics(elapsed_s, bytes_read=execution.scanned_bytes),
        )
        if len(body) > self.project.settings.max_result_bytes:
            raise ResultTooLargeError(
                f"[Error] Limit for result exceeded, max bytes: {most / 2**20:.2f} MiB,"
                f" current bytes: {len(body) / 2**20:.2f} MiB"
            )
        rows = len(answer.rows)
        return Result(
            body,
            rows - 1 if translation.has_totals and rows else rows,
            rows_read=0,
            bytes_read=execution.scanned_bytes,
            elapsed_s=elapsed_s,
            headers=headers_of(answer),
        )

    def columns(
        self, sql: str, *, parameters: Mapping[str, str] | None = None
    ) -> list[tuple[str, str]]:
        """Return the columns of a SELECT; see `martlet.engines.base.Engine.columns`.

        Raises:
            UnsupportedError: something in the query has no translation.
        """
        translation = self.translator().translate(with_secrets(sql, parameters or {}))
        return [(name, str(kind)) for name, kind in translation.columns]

    def explain(
        self,
        sql: str,
        *,
        parameters: Mapping[str, str] | None = None,
        is_isolated: bool = False,
    ) -> str:
        """Refuse: Athena's plan is of another query, and takes as long as one."""
        raise NotAvailableError("The plan of a query is not available on AWS")

    def translator(self) -> Translator:
        """Return the translator for what is known now."""
        known = self._known()
        if self._translator is None or known != self._seen:
            tables = lake_tables(
                self.project, self.queries, partitions=known.partitions, added=known.added
            )
            self._translator = Translator(
                tables, join_use_nulls=self.project.settings.join_use_nulls, text_answers=True
            )
            self._seen = known
        return self._translator


def headers_of(answer: Answer) -> dict[str, str]:
    """Return what Athena says of a query: its id, what it scanned, and where the time went.

    ClickHouse's `statistics` in the body keeps its own members, which clients know.
    """
    execution = answer.execution
    times = {
        "queue": execution.queue_ms, "plan": execution.plan_ms,
        "run": execution.run_ms, "total": execution.total_ms,
    }  # fmt: skip
    return {
        "x-athena-query-id": execution.id,
        "x-athena-scanned-bytes": str(execution.scanned_bytes),
        "x-athena-reused": str(execution.is_reused).lower(),
        "server-timing": ", ".join(f"{name};dur={ms}" for name, ms in times.items()),
    }


@dataclass(frozen=True, slots=True)
class _Timed:
    """A `LakeEngine` with another deadline."""

    engine: LakeEngine
    timeout_s: float

    def execute(
        self,
        sql: str,
        *,
        format: str,
        settings: Mapping[str, str] | None = None,
        parameters: Mapping[str, str] | None = None,
        is_isolated: bool = False,
        max_age_s: float = 0,
    ) -> Result:
        return self.engine.execute(
            sql, format=format, settings=settings, parameters=parameters, max_age_s=max_age_s,
            timeout_s=self.timeout_s,
        )  # fmt: skip

    def explain(
        self,
        sql: str,
        *,
        parameters: Mapping[str, str] | None = None,
        is_isolated: bool = False,
    ) -> str:
        return self.engine.explain(sql)

    def columns(
        self, sql: str, *, parameters: Mapping[str, str] | None = None
    ) -> list[tuple[str, str]]:
        return self.engine.columns(sql, parameters=parameters)
