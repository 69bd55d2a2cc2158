"""The entry point: what must answer at once is answered here, before anything else is imported.

dli --version ─▶ here      dli --complete WORDS ─▶ complete      all else ─▶ main.run
"""

from __future__ import annotations

import os
import sys


def main() -> int:
    """Run the command line of this process; the exit code."""
    words = sys.argv[1:]
    if words in (["--version"], ["-V"]):
        from dli_core import __version__  # noqa: PLC0415 - only when asked for; imports nothing else

        sys.stdout.write(f"dli {__version__}\n")
        return 0
    if words[:1] == ["--complete"]:
        from dli_cli.complete import main as complete  # noqa: PLC0415 - only for a shell that asks

        return complete(words[1:])
    import gc  # noqa: PLC0415 - the answers above need none

    gc.set_threshold(100_000)  # imports make many objects and next to no garbage: 4 % of a small run
    # Nobody's plugin watches our models; to look for one, Pydantic reads the metadata of every installed package.
    os.environ.setdefault("PYDANTIC_DISABLE_PLUGINS", "1")
    try:
        from dli_cli.main import run  # noqa: PLC0415 - typer and all that follows
    except KeyboardInterrupt:  # Ctrl-C while importing; from here on main.run handles it
        return 130
    return run(words)


if __name__ == "__main__":
    sys.exit(main())
