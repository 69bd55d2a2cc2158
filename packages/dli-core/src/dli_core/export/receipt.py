"""The receipt: a JSON file that proves what an export contains, and its check.

    ExportResult ─▶ Receipt ─▶ out.csv.receipt.json          verify(out.csv) ─▶ size and sha256 of the bytes on disk

A receipt is sealed after its file. When the two disagree, the file was changed or damaged, or it is a later export's:
the latter is claimed only where the file proves it, by the job that `publish` noted beside its bytes.
"""

from __future__ import annotations

import errno
import hashlib
import json
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from dli_core import __version__, marks
from dli_core.errors import ErrorCode, error
from dli_core.export.publish import receipt_path

if TYPE_CHECKING:
    from dli_core.engines.stream import QueryStream
    from dli_core.models.result import ExportResult

VERSION = 1


class _Versioned(BaseModel):
    """What receipts of all versions have."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    version: int = VERSION


class Receipt(BaseModel):
    """What was written, by whom, from what. `sha256` and `bytes` are of the file on disk, after compression."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    version: int = VERSION
    file: str
    bytes: int
    sha256: str
    rows: int
    format: str
    columns: list[tuple[str, str]]
    sql_sha256: str
    parameters: dict[str, Any]
    name: str
    engine: str
    mode: str
    job_id: str
    tool: str
    created: str
    complete: bool = True

    @classmethod
    def of(cls, result: ExportResult, stream: QueryStream) -> Receipt:
        """The receipt of an export that was sealed."""
        return cls(
            file=result.path.name,
            bytes=result.bytes,
            sha256=result.sha256,
            rows=result.rows,
            format=result.format,
            columns=list(stream.columns),
            sql_sha256=hashlib.sha256(result.sql.encode()).hexdigest(),
            parameters=stream.info.get("parameters", {}),
            name=str(stream.info.get("name", "")),
            engine=result.engine,
            mode=result.mode.value,
            job_id=result.job_id,
            tool=f"dli {__version__}",
            created=datetime.now(UTC).isoformat(timespec="seconds"),
        )

    def text(self) -> str:
        """The file: JSON for people and programs."""
        return json.dumps(self.model_dump(mode="json"), indent=2, ensure_ascii=False, default=str) + "\n"


class Verdict(str, Enum):
    """What `verify` found."""

    MATCH = "match"
    MISMATCH = "mismatch"  # the file is not what the receipt says
    STALE = "stale"  # the file is complete, and another export's: the receipt is of an earlier or a later one
    NO_RECEIPT = "no_receipt"


class Verification(BaseModel):
    """A verdict with its facts."""

    model_config = ConfigDict(frozen=True)

    verdict: Verdict
    path: Path
    receipt: Path
    expected: Receipt | None = None
    bytes: int | None = None
    sha256: str | None = None
    written: str | None = None  # when the file was last written, UTC
    later: bool | None = None  # whether that was after its receipt was


def verify(path: Path, receipt: Path | None = None) -> Verification:
    """Compare the bytes of `path` with its receipt.

    Raises DLI-105 when `path` does not exist or cannot be read, DLI-201 when the receipt cannot be read as one.
    """
    where = receipt or receipt_path(path)
    if not path.is_file():
        raise error(ErrorCode.FILE_NOT_FOUND, path=str(path))
    read = _read(where)
    if read is None:
        return Verification(verdict=Verdict.NO_RECEIPT, path=path, receipt=where)
    expected, proven = read
    found = marks.look(path)
    facts = found.facts
    later = facts.st_mtime_ns > proven
    if (facts.st_size, found.sha256) == (expected.bytes, expected.sha256) and expected.complete:
        verdict = Verdict.MATCH
    else:
        verdict = Verdict.STALE if found.is_of_another(expected.job_id, later=later) else Verdict.MISMATCH
    return Verification(
        verdict=verdict,
        path=path,
        receipt=where,
        expected=expected,
        bytes=facts.st_size,
        sha256=found.sha256,
        written=datetime.fromtimestamp(facts.st_mtime, UTC).isoformat(timespec="seconds"),
        later=later,
    )


def _read(path: Path) -> tuple[Receipt, int] | None:
    """The receipt, and when it was written (ns); None where there is none."""
    try:
        data, written = path.read_bytes(), path.stat().st_mtime_ns
        # A newer one may have other fields: its version is looked at first.
        version = _Versioned.model_validate_json(data).version
        if version > VERSION:
            raise error(ErrorCode.VALIDATION_FAILED, "receipt_version", path=str(path), version=version)
        return Receipt.model_validate_json(data), written
    except (ValidationError, OSError) as problem:
        if isinstance(problem, OSError) and problem.errno in {errno.ENOENT, errno.ENAMETOOLONG}:
            return None
        raise error(ErrorCode.VALIDATION_FAILED, "receipt", path=str(path), cause=problem) from problem
