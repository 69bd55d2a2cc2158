"""One run: the statements of a plan on one session of one engine, journaled, with secrets kept out of its errors.

Plan ─▶ journal ─▶ pre … ─▶ main (tried again where that is safe) ─▶ an open QueryStream ─▶ post … ─▶ journal
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from dli_core.engines.base import Query
from dli_core.errors import DLIError, ErrorCode
from dli_core.errors.phrase import Text
from dli_core.errors.redact import scrub
from dli_core.errors.text import text_of
from dli_core.run.journal import Entry, Journal, JournaledStatement, commit_of, now

if TYPE_CHECKING:
    from dli_core.config.settings import Settings
    from dli_core.engines.base import Engine, Session, Told, WriteRefusal
    from dli_core.engines.stream import QueryStream
    from dli_core.run.plan import Plan, Statement

# Failures that may pass by themselves. Only a SELECT is sent again, and only when the engine said that it is over.
_PASSING = {ErrorCode.EXECUTION_FAILED, ErrorCode.EXECUTION_CONNECTION}
_ORIGINS = ("execution.default_mode", "local.engine", "execution.timeout")


class Execution:
    """The statements of one run, each with its own job id."""

    def __init__(
        self,
        plan: Plan,
        engine: Engine,
        settings: Settings,
        refuse: WriteRefusal | None,
        told: Told | None = None,
    ) -> None:
        self.plan = plan
        self.engine = engine
        self.warnings: list[str] = [*plan.warnings]
        self._refuse: WriteRefusal | None = refuse
        self._told = told
        self._environment = settings.environment
        self._started = time.monotonic()
        self._queries = [(statement, self._query(statement)) for statement in plan.statements]
        # A mock runs nothing: there is nothing to look up later.
        journal = Journal(settings.found.home if engine.capabilities.runs_sql else None)
        self._record = journal.start(self._entry(settings))

    def open(self) -> QueryStream:
        """Run the pre statements, submit the main one and return its open stream.

        The post statements run when its end has been proven; the session closes with the stream.
        """
        try:
            session = self.engine.session()
        except DLIError as problem:
            self._end(None, problem)
            raise
        try:
            for statement, query in self._of("pre"):
                self._execute(statement, query, session)
            stream = self._main(next(self._of("main"))[1], session)
        except BaseException as problem:
            session.close()
            if isinstance(problem, DLIError):
                self._tell(problem)
            self._end(None, problem)
            raise
        if self.plan.values.secrets:  # a column without a name of its own has that of its expression
            redact = self.plan.values.redact
            stream.columns = tuple((redact(name), kind) for name, kind in stream.columns)
            stream.watch.hide(self.plan.values.forms)  # the same for whoever reads it: the header of a file
        translate = stream.hooks.translate

        def translated(text: str) -> DLIError:
            return self._scrubbed(translate(text))

        stream.hooks = stream.hooks._replace(translate=translated)
        stream.released += [session.close, lambda: self._end(stream, stream.failure)]
        stream.warnings[:0] = self.warnings
        self.warnings = stream.warnings
        for statement, query in self._of("post"):
            stream.finish.append(partial(self._execute, statement, query, session))
        stream.started = self._started
        return stream

    def _main(self, query: Query, session: Session) -> QueryStream:
        tries = self.plan.retry_count if self.plan.query_type == "SELECT" else 0
        for left in range(tries, -1, -1):
            try:
                with self._redacted():
                    return self.engine.stream(query, session)
            except DLIError as problem:
                if not left or problem.code not in _PASSING or not problem.details.get("final"):
                    raise
                self.warnings.append(Text("run.tried_again", problem=_said(problem)))
                time.sleep(self.plan.retry_delay)
                query = replace(query, job_id=_job_id())
        raise AssertionError  # pragma: no cover - the last round returns or raises

    def _execute(self, statement: Statement, query: Query, session: Session) -> None:
        """Run one statement beside the main one to its end."""
        try:
            with self._redacted(), self.engine.stream(query, session) as stream:
                stream.collect()
        except DLIError as problem:
            if not statement.continue_on_error or problem.code is ErrorCode.EXECUTION_CANCELLED:
                problem.details.setdefault("statement", statement.name or statement.role)
                place = query.source_map.locate(1) if query.source_map and "line" not in problem.details else None
                if place:  # the engine does not say where: at least where the statement begins
                    problem.details |= {"path": place[0], "line": place[1]}
                raise
            self.warnings.append(
                Text("run.of_statement", statement=statement.name or statement.role, problem=_said(problem))
            )

    def _tell(self, problem: DLIError) -> None:
        """What a refusal is about: the engine does not know."""
        reason = problem.details.get("reason")
        if reason in {"protected", "query_type"} and self.plan.name:
            problem.details.setdefault("name", self.plan.name)
        if reason == "protected" and self._environment:
            problem.details.setdefault("environment", self._environment)

    @contextmanager
    def _redacted(self) -> Generator[None]:
        """Errors of the engine may quote values: none of a secret's leaves here, nor in what lies behind them."""
        try:
            yield
        except DLIError as problem:
            self._scrubbed(problem)
            raise

    def _scrubbed(self, problem: DLIError) -> DLIError:
        values = self.plan.values
        return scrub(problem, values.redact) if values.secrets else problem

    def _query(self, statement: Statement) -> Query:
        main = statement.role == "main"
        return Query(
            sql=statement.sql,
            job_id=_job_id(),
            timeout=self.plan.timeout,
            columns=self.plan.columns if main else (),
            budget=self.plan.budget,
            source_map=statement.source_map,
            # A statement beside the main one may change data, unless the environment is protected.
            refuse_writes=self._refuse if main or self._refuse == "protected" else None,
            told=self._told,
        )

    def _of(self, role: str) -> Iterator[tuple[Statement, Query]]:
        return (pair for pair in self._queries if pair[0].role == role)

    def _entry(self, settings: Settings) -> Entry:
        return Entry(
            id=next(self._of("main"))[1].job_id,
            name=self.plan.name,
            kind=self.plan.kind,
            mode=settings.mode.value,
            engine=self.engine.name,
            statements=[JournaledStatement(s.role, q.job_id, s.journaled, s.name) for s, q in self._queries],
            started=now(),
            parameters=self.plan.shown,
            environment=settings.environment,
            project=str(settings.root) if settings.root else None,
            commit=commit_of(settings.root),
            origins={key: str(settings.origin(key)) for key in _ORIGINS if key in settings.origins},
        )

    def _end(self, stream: QueryStream | None, problem: BaseException | None) -> None:
        facts = {} if stream is None else {"rows": stream.watch.rows if stream.affected is None else stream.affected}
        if isinstance(problem, DLIError):
            outcome = "cancelled" if problem.code is ErrorCode.EXECUTION_CANCELLED else "failed"
            self._record.end(outcome, error={"code": problem.code.value, "message": problem.message}, **facts)
        elif problem is not None:
            outcome = "failed" if isinstance(problem, Exception) else "cancelled"  # KeyboardInterrupt and its like
            self._record.end(outcome, error={"code": "", "message": type(problem).__name__}, **facts)
        else:
            self._record.end("done" if stream and stream.complete else "partial", **facts)


def _said(problem: DLIError) -> Text:
    """A failure inside of a warning."""
    return Text("run.coded", code=problem.code.value, message=text_of(problem))


def _job_id() -> str:
    return f"dli-{secrets.token_hex(16)}"
