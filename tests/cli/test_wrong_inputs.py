"""Wrong inputs: each ends with one clear error on stderr, nothing on stdout, the right exit code, and nothing lost.

The texts are snapshots in tests/cli/snapshots/wrong/, a file per input, in English and Korean: people read them.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from pathlib import Path

import pytest

from tests.cli.wrong import config, output, parameters, queries, specs, words
from tests.cli.wrong.case import USAGE, Wrong

CASES = [*words.CASES, *specs.CASES, *parameters.CASES, *config.CASES, *queries.CASES, *output.CASES]
_JOURNAL = ".dli/runs"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_wrong_input_is_told_and_costs_nothing(dli, case: Wrong, tmp_path: Path, snapshot):
    project, home = tmp_path / "shop", tmp_path / "home"
    project.mkdir()
    home.mkdir()
    case.write(project)
    told: dict[str, str] = {}
    with case.around(project):
        before = _files(tmp_path)
        for lang in ("en", "ko"):
            start, worked = time.monotonic(), time.process_time()
            done = dli(
                *case.words, cwd=project, stdin=case.stdin, env={"HOME": str(home), "DLI_LANG": lang, **case.env}
            )
            took, worked = time.monotonic() - start, time.process_time() - worked
            assert (done.code, done.out) == (case.exit, ""), done.err
            assert worked < case.seconds  # on a machine that does nothing else it takes no longer
            assert took < 5 * case.seconds
            told[lang] = _masked(done.err, tmp_path)
            _check(case, told[lang], lang)
        assert _files(tmp_path) == before
    snapshot(f"wrong/{case.name}", _page(case, told))


def test_there_are_many_of_them_and_each_has_its_own_name():
    assert len(CASES) >= 30
    assert [name for name, count in Counter(case.name for case in CASES).items() if count > 1] == []


def test_no_snapshot_is_left_of_an_input_that_is_gone():
    folder = Path(__file__).with_name("snapshots") / "wrong"
    assert {path.stem for path in folder.iterdir()} == {case.name for case in CASES}


def _check(case: Wrong, err: str, lang: str) -> None:
    assert "Traceback" not in err
    assert all(line.isprintable() for line in err.splitlines())
    if case.code == USAGE:
        first, second = err.splitlines()
        assert first.startswith({"en": "Error: ", "ko": "오류: "}[lang])
        assert second
    else:
        assert err.startswith(f"[{case.code}] ")
        assert len(re.findall(r"\[DLI-\d\d\d\]", err)) == 1
        assert not re.search(r"<[a-z_]+>", err.splitlines()[0]), "a placeholder was not filled"


def _files(base: Path) -> dict[str, bytes | None]:
    """Every file below the base, with what it holds; the journal of runs is kept on purpose."""
    found = {path.relative_to(base).as_posix(): path for path in base.rglob("*")}
    return {
        name: path.read_bytes() if path.is_file() else None
        for name, path in sorted(found.items())
        if not name.startswith(("home/.dli", "home/.duckdb"))
    }


def _masked(text: str, base: Path) -> str:
    """Without what differs from run to run: folders, ids, amounts of memory."""
    text = text.replace(str(base), "/home/me")
    text = re.sub(r"dli-[0-9a-f]{32}", "dli-7f3a…", text)
    text = re.sub(r"(?<=held in )\S+ \(PID \d+\)", "/usr/bin/python3 (PID 1234)", text)
    text = re.sub(r"\d+\.\d [KM]iB", "16.0 MiB", text)
    return re.sub(r"(?<=jobs show )[0-9a-f]{8}", "7f3a0c1b", text)


def _page(case: Wrong, told: dict[str, str]) -> str:
    shown = " ".join(word if word.isidentifier() or word[:1] == "-" else repr(word)[:100] for word in case.words)
    head = f"$ dli {shown}\nexit code {case.exit}\n\n"
    return head + (told["en"] if told["en"] == told["ko"] else f"{told['en']}\n{told['ko']}")
