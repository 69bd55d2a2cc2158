"""A process that exports in forked children, so that a test may kill many of them in little time.

    one JSON request a line on stdin ─▶ fork ─▶ faults armed ─▶ SqlAPI.export ─▶ its outcome, one JSON line on stdout

Run with faults.c preloaded. Everything is imported once; what a child does is what a fresh process would do.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import select
import signal
import sys
import time
from pathlib import Path
from typing import Any

from dli import SqlAPI
from dli_core.engines.duckdb import engine as _engine  # noqa: F401 - imported here, once
from dli_core.errors import DLIError
from dli_core.export import sink as _sink  # noqa: F401 - as above
from dli_core.export.options import export_options

WATCH, KILL_BEFORE, KILL_AFTER, FAIL, FAIL_ON, SHORT = range(6)
HOW = {"watch": WATCH, "kill": KILL_BEFORE, "kill-after": KILL_AFTER, "fail": FAIL, "fail-on": FAIL_ON, "short": SHORT}


def export(request: dict[str, Any], report: int) -> int:
    """In the child: the exit code of the command line for this export."""
    path = Path(request["path"])
    limit = request.get("file_size")
    if limit is not None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
    if request.get("powerless"):
        drop_capabilities()
    faults = ctypes.CDLL(None)
    faults.faults_log.restype = ctypes.c_char_p
    options = export_options(path, receipt=request.get("receipt", False))
    fault = request.get("fault", {})
    folder, kinds = os.path.realpath(request.get("folder", path.parent)), fault.get("only", "")
    how, code = HOW[fault.get("how", "watch")], fault.get("code", 0)
    faults.faults_named(int(request.get("named", False)))
    faults.faults_arm(folder.encode(), kinds.encode(), ctypes.c_long(fault.get("at", 0)), how, code)
    answer: dict[str, Any] = {}
    try:
        done = SqlAPI().export(request["sql"], path, options=options)
        answer, result = {"rows": done.rows}, 0
    except DLIError as problem:
        answer = {"error": problem.code.value, "reason": problem.details.get("reason"), "text": str(problem)}
        result = problem.exit_code
    faults.faults_arm(b"", b"", ctypes.c_long(0), WATCH, 0)
    answer["calls"] = (faults.faults_log() or b"").decode().split()
    os.write(report, json.dumps(answer).encode())
    return result


def drop_capabilities() -> None:
    """Let the rights of files count, even for root."""
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    if ctypes.CDLL(None, use_errno=True).capset(header, (ctypes.c_uint32 * 6)()):
        raise OSError(ctypes.get_errno(), "capset")


def child(request: dict[str, Any]) -> tuple[int, int]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid:
        os.close(writer)
        return pid, reader
    code = 70
    try:
        os.close(reader)
        code = export(request, writer)
    except BaseException as problem:  # noqa: BLE001 - a traceback is a finding: the test shows it
        os.write(writer, json.dumps({"error": "traceback", "text": repr(problem)}).encode())
    finally:
        os._exit(code)


def outcomes(requests: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Run all at the same time; those with `kill_after` are killed so many seconds later, unless they are done."""
    start = time.monotonic()
    running = [child(request) for request in requests]
    kills = sorted(
        (request["kill_after"], pid)
        for request, (pid, _) in zip(requests, running, strict=True)
        if "kill_after" in request
    )
    for after, pid in kills:
        time.sleep(max(0, start + after - time.monotonic()))
        os.kill(pid, signal.SIGKILL)
    return [outcome(*one) for one in running]


def outcome(pid: int, reader: int) -> dict[str, Any]:
    ready, _, _ = select.select([reader], [], [], 60)
    if not ready:
        os.kill(pid, signal.SIGKILL)
    with os.fdopen(reader, "rb") as pipe:
        text = pipe.read()
    _, status = os.waitpid(pid, 0)
    answer = json.loads(text) if text else {}
    return {**answer, "status": os.waitstatus_to_exitcode(status), "hung": not ready}


def main() -> None:
    SqlAPI()  # what a first use imports
    for line in sys.stdin:
        sys.stdout.write(json.dumps(outcomes(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
