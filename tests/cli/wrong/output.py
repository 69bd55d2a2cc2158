"""Results that cannot be written where they should go."""

from __future__ import annotations

import os
import resource
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from tests.cli.wrong.case import USAGE, Wrong
from tests.support.privileges import without_privileges

ONE = ("run", "SELECT 1 AS a")
MANY = ("run", "SELECT i, 'some text' AS t FROM range(100000) r(i)")


@contextmanager
def locked_folder(folder: Path) -> Generator[None]:
    """A folder that may not be written to."""
    place = folder / "locked"
    place.mkdir(mode=0o555)
    try:
        with without_privileges():
            yield
    finally:
        place.rmdir()


@contextmanager
def small_files(folder: Path) -> Generator[None]:
    """No file may grow beyond 64 kB."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@contextmanager
def reader_that_left(folder: Path) -> Generator[None]:
    """A named pipe that nobody reads any more."""
    os.mkfifo(folder / "pipe")
    reader = os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    writer = os.open(folder / "pipe", os.O_WRONLY)
    os.dup2(writer, 63)
    os.close(writer)
    os.close(reader)
    try:
        yield
    finally:
        os.close(63)
        (folder / "pipe").unlink()


CASES = [
    Wrong("output-is-a-folder", (*ONE, "-o", "."), "DLI-407", 7),
    Wrong("output-in-no-folder", (*ONE, "-o", "no/such/out.csv"), "DLI-407", 7),
    Wrong("output-below-a-file", (*ONE, "-o", "orders.csv/out.csv"), "DLI-407", 7),
    Wrong("output-not-allowed", (*ONE, "-o", "locked/out.csv"), "DLI-407", 7, around=locked_folder),
    Wrong("output-disk-full", (*MANY, "-o", "/dev/full"), "DLI-407", 7),
    Wrong("output-too-large", (*MANY, "-o", "out.csv"), "DLI-407", 7, around=small_files),
    Wrong("output-name-too-long", (*ONE, "-o", f"{'x' * 300}.csv"), "DLI-407", 7),
    Wrong("output-reader-is-gone", (*MANY, "-o", "/dev/fd/63"), "DLI-407", 7, around=reader_that_left),
    Wrong("output-unknown-format", (*ONE, "--format", "xslx"), USAGE),
    Wrong("output-unknown-suffix", (*ONE, "-o", "out.xlsx"), "DLI-001"),
    Wrong("output-unknown-compression", (*ONE, "-o", "out.csv", "--compression", "zip"), USAGE),
    Wrong("output-compression-against-its-name", (*ONE, "-o", "out.csv.gz", "--compression", "zstd"), "DLI-001"),
    Wrong("output-compression-of-another-format", (*ONE, "-o", "o.json", "--compression", "snappy"), "DLI-001"),
    Wrong("output-option-of-another-format", (*ONE, "-o", "out.json", "--bom"), "DLI-001"),
    Wrong("output-delimiter-and-null-collide", (*ONE, "-o", "out.csv", "--null", "a,b"), "DLI-001"),
    Wrong("output-two-columns-of-one-name", ("run", "SELECT 1 AS a, 2 AS a", "-o", "out.json"), "DLI-407", 7),
    Wrong("receipt-over-its-file", (*ONE, "-o", "out.csv", "--receipt=./out.csv"), "DLI-001"),
    Wrong("receipt-of-a-device", (*ONE, "-o", "/dev/null", "--receipt"), "DLI-001"),
    Wrong("receipt-without-a-file", (*ONE, "--receipt"), USAGE),
    Wrong("receipt-is-none", ("verify", "out.csv"), "DLI-201", files={"out.csv.receipt.json": '{"hello": 1}'}),
    Wrong("receipt-of-the-future", ("verify", "out.csv"), "DLI-201", files={"out.csv.receipt.json": '{"version": 99}'}),
    Wrong("verify-what-is-not-there", ("verify", "gone.csv"), "DLI-105", files={"gone.csv.receipt.json": "{}"}),
    Wrong("table-into-a-file", (*ONE, "--format", "table", "-o", "out.csv"), USAGE),
]
