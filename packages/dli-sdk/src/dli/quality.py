"""QualityAPI: needs the quality runner, which this version does not have."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dli_core.config import resolve
from dli_core.errors import ErrorCode, error

if TYPE_CHECKING:
    from dli.context import ExecutionContext


class QualityAPI:
    """Quality specs are read and validated; running their tests needs a later version of dli-sdk.

    Raises:
        ConfigurationError: always, in this version.
    """

    def __init__(self, context: ExecutionContext | None = None) -> None:
        settings = resolve() if context is None else context.resolve()
        raise error(ErrorCode.CONFIG_MISSING, "no_quality_runner", api="QualityAPI", mode=settings.mode.value.upper())
