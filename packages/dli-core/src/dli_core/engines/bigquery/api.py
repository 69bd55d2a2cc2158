"""The requests that the engine sends, one method each, over the client's own connection.

    what only reads ─▶ sent again after a failure that may pass, until its patience ends
    insert          ─▶ sent once: whether it arrived is for job.py to find out

The client's own methods send again by themselves, for ten minutes, and read JSON columns into Python values.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

from google.api_core import exceptions as api

from dli_core.engines.bigquery.errors import FOREIGN, Place, passing

Answer = dict[str, Any]

_CONNECT = 5.0  # seconds
_ANSWER = 30.0  # seconds for an answer of a moment
_HURRY = 1.5  # seconds, when somebody waits for us to give up
_FIRST_PAUSE, _LONGEST_PAUSE = 0.1, 2.0


# The library is typed in part.
_BAD_GATEWAY: Any = api.BadGateway


class StoppedError(Exception):
    """The query was stopped while a request was waited for."""


@dataclass(slots=True)
class Patience:
    """How long to go on, and what ends it early."""

    seconds: float
    stopping: threading.Event = field(default_factory=threading.Event)
    _start: float = field(default_factory=time.monotonic)
    _pause: float = _FIRST_PAUSE

    @property
    def left(self) -> float:
        """Seconds."""
        return self.seconds - (time.monotonic() - self._start)

    def wait(self) -> bool:
        """Pause, each time longer; False when there is no time left. Raises StoppedError."""
        if self._pause > self.left:
            return False
        if self.stopping.wait(self._pause):
            raise StoppedError
        self._pause = min(self._pause * 2, _LONGEST_PAUSE)
        return True


class Api:
    """The jobs of one project and location; `client` is a bigquery.Client, whose types are known in part."""

    def __init__(self, client: Any, place: Place) -> None:
        self._client = client
        # The library's own way to send requests that it has no method for.
        self._request: Callable[..., Answer] = client._connection.api_request  # noqa: SLF001
        self._jobs = f"/projects/{client.project}/jobs"
        self._queries = f"/projects/{client.project}/queries"
        self.project = str(client.project)
        self.place = place
        self._at = {"location": place.location} if place.location else {}

    def insert(self, job_id: str, configuration: Mapping[str, Any], timeout: float) -> Answer:
        """Send a job under our own id, once."""
        reference = {"projectId": self.project, "jobId": job_id, **self._at}
        body = {"jobReference": reference, "configuration": configuration}
        return self._request("POST", self._jobs, data=body, timeout=(_CONNECT, timeout))

    def start(self, configuration: Mapping[str, Any], timeout: float) -> None:
        """Send a small job of our own, under an id that BigQuery chooses, and do not wait for its end."""
        body = {"jobReference": {"projectId": self.project, **self._at}, "configuration": configuration}
        self._request("POST", self._jobs, data=body, timeout=(_CONNECT, timeout))

    def dry_run(self, configuration: Mapping[str, Any], patience: Patience) -> Answer:
        """What BigQuery says of a job without running it: no job is made."""
        body = {
            "jobReference": {"projectId": self.project, **self._at},
            "configuration": {**configuration, "dryRun": True},
        }
        return self._patient(
            lambda: self._request("POST", self._jobs, data=body, timeout=(_CONNECT, _ANSWER)), patience
        )

    def job(self, job_id: str, patience: Patience) -> Answer | None:
        """A job; None when there is none of this id."""
        try:
            return self._patient(
                lambda: self._request(
                    "GET", f"{self._jobs}/{job_id}", query_params=self._at, timeout=(_CONNECT, _ANSWER)
                ),
                patience,
            )
        except api.NotFound:
            return None

    def results(
        self, job_id: str, patience: Patience, *, most: int, wait: float = 0.0, page: str | None = None
    ) -> Answer:
        """A page of a job's rows, at most `most`; without `jobComplete` when it is not over after `wait` seconds."""
        query = {
            **self._at,
            "maxResults": most,
            "timeoutMs": round(wait * 1000),
            "formatOptions.useInt64Timestamp": "true",
            **({"pageToken": page} if page else {}),
        }
        path = f"{self._queries}/{job_id}"
        return self._patient(
            lambda: self._request("GET", path, query_params=query, timeout=(_CONNECT, wait + _ANSWER)), patience
        )

    def cancel(self, job_id: str) -> bool:
        """Ask BigQuery to stop a job; False when it does not know the job."""
        try:
            self._request("POST", f"{self._jobs}/{job_id}/cancel", query_params=self._at, timeout=(_HURRY, _HURRY))
        except api.NotFound:
            return False
        return True

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _patient(self, send: Callable[[], object], patience: Patience) -> Answer:
        while True:
            try:
                answer = send()
                if isinstance(answer, dict):
                    return cast("Answer", answer)
                message = (
                    "an answer without a body"  # which the client lets pass: a job without words, a result without rows
                )
                raise _BAD_GATEWAY(message)
            except FOREIGN as problem:
                if not passing(problem) or not patience.wait():
                    raise
