"""Run one command and print its CPU seconds, peak memory and exit code, as JSON.

A process of its own, and a small one: the kernel counts the memory of whoever started a command as the command's, until
it has its own. Started by `measure.child`.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys

process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
process.returncode = os.waitstatus_to_exitcode(status)
found = {"seconds": usage.ru_utime + usage.ru_stime, "peak": usage.ru_maxrss / 1024, "code": process.returncode}
print(json.dumps(found))
