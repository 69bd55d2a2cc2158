"""The receipt: a JSON file that proves what an export contains, and its check.

    ExportResult ─▶ Receipt ─▶ out.csv.receipt.json          verify(out.csv) ─▶ size and sha256 of the bytes on disk

A receipt is sealed after its file. When the two disagree, the file was changed or damaged, or it is a later export's:
the latter is claimed only where the file proves it, by the job that `publish` noted beside its bytes.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from dli_core import __version__
from dli_core.errors import ErrorCode, error
from dli_core.export.publish import MARK, mark_of, receipt_path

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
    expected = _read(where)
    if expected is None:
        return Verification(verdict=Verdict.NO_RECEIPT, path=path, receipt=where)
    try:
        with path.open("rb") as file:
            found = hashlib.file_digest(file, "sha256").hexdigest()
            facts = os.fstat(file.fileno())
        later = facts.st_mtime_ns > where.stat().st_mtime_ns
    except OSError as problem:
        what = os.strerror(problem.errno) if problem.errno else str(problem)
        raise error(ErrorCode.FILE_NOT_FOUND, "unreadable", path=str(path), problem=what, cause=problem) from problem
    if (facts.st_size, found) == (expected.bytes, expected.sha256) and expected.complete:
        verdict = Verdict.MATCH
    else:
        verdict = Verdict.STALE if _is_of_another(path, facts, expected.job_id, later=later) else Verdict.MISMATCH
    return Verification(
        verdict=verdict,
        path=path,
        receipt=where,
        expected=expected,
        bytes=facts.st_size,
        sha256=found,
        written=datetime.fromtimestamp(facts.st_mtime, UTC).isoformat(timespec="seconds"),
        later=later,
    )


def _read(path: Path) -> Receipt | None:
    try:
        data = path.read_bytes()
        # A newer one may have other fields: its version is looked at first.
        version = _Versioned.model_validate_json(data).version
        if version > VERSION:
            raise error(ErrorCode.VALIDATION_FAILED, "receipt_version", path=str(path), version=version)
        return Receipt.model_validate_json(data)
    except (ValidationError, OSError) as problem:
        if isinstance(problem, OSError) and problem.errno in {errno.ENOENT, errno.ENAMETOOLONG}:
            return None
        raise error(ErrorCode.VALIDATION_FAILED, "receipt", path=str(path), cause=problem) from problem


def _is_of_another(path: Path, facts: os.stat_result, job_id: str, *, later: bool) -> bool:
    """Is the file whole, and written by another job? An edit, a copy and a broken disk leave no mark that fits."""
    try:
        mark = os.getxattr(path, MARK)
    except OSError as problem:
        # On a filesystem that keeps no marks, the order of the two files has to do: a later export's file is newer.
        return later and problem.errno in {errno.ENOTSUP, errno.ENOSYS}
    writer = mark.split(b" ", 1)[0].decode(errors="replace")
    return writer != job_id and mark == mark_of(writer, facts)
