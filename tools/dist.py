"""Wheels and source distributions of every package, into dist/.

    crates/dli_fast ─ maturin, zig ─▶ one wheel per platform, for any Python ≥ 3.11      ┐
                                      and its sdist                                      ├─▶ dist/
    packages/* ────── uv build ─────▶ an sdist, and the wheel that is made from it       ┘

On Linux the extension is linked by zig against glibc 2.28, so that one wheel runs on every distribution since 2018.
The other architecture is built as well where `rustup target add` brought its standard library.
"""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
CRATE = ROOT / "crates" / "dli_fast"
PURE = ("dli-core", "dli-sdk", "dli-cli")
COMPATIBILITY = "manylinux_2_28"
LINUX = ("x86_64-unknown-linux-gnu", "aarch64-unknown-linux-gnu")


def run(*command: str | Path, cwd: Path = ROOT) -> None:
    print("+", *command, flush=True)
    subprocess.run(command, cwd=cwd, check=True)


def targets(*, own_only: bool) -> list[str]:
    """This machine's target first, then every other Linux target whose standard library is here."""
    own = f"{platform.machine()}-unknown-linux-gnu"
    if own_only:
        return [own]
    others = []
    for target in LINUX:
        if target == own:
            continue
        answer = subprocess.run(
            ["rustc", "--print", "target-libdir", "--target", target], capture_output=True, text=True, check=True
        )
        if any(Path(answer.stdout.strip()).glob("libstd-*")):
            others.append(target)
        else:
            print(f"no wheel for {target}: `rustup target add {target}` makes it possible", flush=True)
    return [own, *others]


def extension(*, own_only: bool) -> None:
    maturin: list[str | Path] = [Path(sys.executable).parent / "maturin"]
    if sys.platform == "linux":
        portable = ["--zig", "--compatibility", COMPATIBILITY]
        for target in targets(own_only=own_only):
            run(*maturin, "build", "--release", "--locked", "--out", DIST, *portable, "--target", target, cwd=CRATE)
    else:
        run(*maturin, "build", "--release", "--locked", "--out", DIST, cwd=CRATE)
    run(*maturin, "sdist", "--out", DIST, cwd=CRATE)


def main() -> int:
    """Build all; what is in dist/ afterwards is of one version and nothing else."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--uv", default="uv", help="the uv to build with")
    parser.add_argument("--own", action="store_true", help="the wheel of this machine's architecture only")
    given = parser.parse_args()
    uv = given.uv
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    extension(own_only=given.own)
    for package in PURE:
        run(uv, "build", "--package", package, "--out-dir", DIST)
    (DIST / ".gitignore").unlink(missing_ok=True)  # uv writes one; the repository has its own
    for path in sorted(DIST.iterdir()):
        print(f"{path.stat().st_size:>10,}  {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
