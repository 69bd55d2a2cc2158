"""The enums that every room shares."""

from __future__ import annotations

from enum import Enum


class ExecutionMode(str, Enum):
    """Where SQL runs."""

    LOCAL = "local"  # we connect to the engine, with the user's own credentials
    SERVER = "server"  # the Basecamp Server runs it
    MOCK = "mock"  # an injected or empty executor, for tests


class DataSource(str, Enum):
    """Where specs are read from."""

    LOCAL = "local"
    SERVER = "server"


class ResultStatus(str, Enum):
    """How a run ended. A run that fails raises; FAILURE is for a quality test that found rows."""

    SUCCESS = "success"
    FAILURE = "failure"
    SKIPPED = "skipped"  # not reached, or only dry-run
