"""The receipt: a JSON file that proves what an export contains, and its check.

    ExportResult ─▶ Receipt ─▶ out.csv.receipt.json          verify(out.csv) ─▶ size and sha256 of the bytes on disk
"""

from __future__ import annotations

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
from dli_core.export.publish import output_errors, sealed

if TYPE_CHECKING:
    from dli_core.engines.stream import QueryStream
    from dli_core.models.result import ExportResult

VERSION = 1


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


class Verdict(str, Enum):
    """What `verify` found."""

    MATCH = "match"
    MISMATCH = "mismatch"  # the file is not what the receipt says
    STALE = "stale"  # the file is newer than the receipt: it is an earlier export's
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


def receipt_path(path: Path) -> Path:
    """Where the receipt of `path` lies unless it was put elsewhere."""
    return path.with_name(path.name + ".receipt.json")


def write_receipt(path: Path, receipt: Receipt) -> None:
    """Write it, sealed as the export itself is."""
    data = json.dumps(receipt.model_dump(mode="json"), indent=2, ensure_ascii=False, default=str) + "\n"
    with sealed(path) as output:
        with output_errors(path):
            view = memoryview(data.encode())
            while view:
                view = view[os.write(output.fd, view) :]
        output.seal()


def verify(path: Path, receipt: Path | None = None) -> Verification:
    """Compare the bytes of `path` with its receipt.

    Raises DLI-105 when `path` does not exist, DLI-201 when the receipt cannot be read as one.
    """
    where = receipt or receipt_path(path)
    if not path.is_file():
        raise error(ErrorCode.FILE_NOT_FOUND, path=str(path))
    try:
        expected = Receipt.model_validate_json(where.read_bytes())
    except FileNotFoundError:
        return Verification(verdict=Verdict.NO_RECEIPT, path=path, receipt=where)
    except (ValidationError, OSError) as problem:
        raise error(ErrorCode.VALIDATION_FAILED, "receipt", path=str(where), cause=problem) from problem
    with path.open("rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
        size = os.fstat(file.fileno()).st_size
    if (size, found) == (expected.bytes, expected.sha256) and expected.complete:
        verdict = Verdict.MATCH
    else:
        # A receipt is sealed after its file: a file that is newer was written by a later export without one.
        newer = path.stat().st_mtime_ns > where.stat().st_mtime_ns
        verdict = Verdict.STALE if newer else Verdict.MISMATCH
    return Verification(
        verdict=verdict, path=path, receipt=where, expected=expected, bytes=size, sha256=found
    )
