"""Whatever data, names and errors hold, a terminal obeys none of it: it is shown as its escapes, and the lines stay whole."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from dli_core.errors.show import columns

HOSTILE = {
    "colour": "\x1b[31mred\x1b[0m",
    "clear the screen": "\x1b[2J\x1b[H",
    "clipboard (OSC 52)": "\x1b]52;c;cm0gLXJmIC8=\x07",
    "title (OSC 0)": "\x1b]0;owned\x1b\\",
    "link (OSC 8)": "\x1b]8;;http://evil\x1b\\click\x1b]8;;\x1b\\",
    "one-byte CSI": "\x9b31m",
    "bell": "\a\a\a",
    "backspaces": "safe\b\b\b\bevil",
    "carriage return": "long and harmless\rrm",
    "line end of Windows": "one\r\ntwo",
    "line separator": "one\u2028two\u2029three\x85four",
    "tab": "a\tb",
    "vertical tab and form feed": "a\vb\fc",
    "delete": "a\x7fb",
    "unit separator": "a\x1fb",
    "markup of rich": "[/foo] [red]x[/red] [link=http://evil]y[/link]",
    "format of Python": "{0} {name!r} %s %(a)s ${HOME}",
    "right to left": "\u202egnp.exe",
    "isolates": "\u2066a\u2069\u200f",
    "zero width": "pass\u200bword\u200d\ufeff",
    "soft hyphen": "ad\u00admin",
    "tags": "a\U000e0041\U000e0042",
    "no-break space": "a\u00a0b\u3000c",
    "private and unassigned": "\ue000\uf8ff\u0378",
    "marks without end": "z" + "\u0310\u0489" * 40,
    "wide": "한글" * 60 + "🙂" * 20,
    "jamo": "\u1112\u1161\u11ab\u1100\u1173\u11af" * 30,
    "very long": "x" * 100_000,
    "box": "│ fake │\n└──────┘",
    "null": "NULL",
}


@pytest.fixture(autouse=True)
def _own_journal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def harmless(text: str) -> None:
    """Nothing in it is obeyed, and it is UTF-8."""
    for line in text.split("\n"):
        assert line.isprintable(), f"{line!r}"


def sql_text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


@pytest.mark.parametrize("name", HOSTILE)
def test_a_cell_is_shown_and_not_obeyed(dli, name: str):
    value = HOSTILE[name]
    sql = f"SELECT 1 AS n, {sql_text(value)} AS cell, [{sql_text(value[:500])}] AS items, {{'a': {sql_text(value[:500])}}} AS s"
    done = dli("run", "-f", "-", "--format", "table", stdin=sql)
    assert done.code == 0, done.err
    harmless(done.out)
    harmless(done.err)
    lines = done.out.splitlines()
    assert len(lines) == 9  # one row is one line
    assert {columns(line) for line in lines} == {columns(lines[0])}
    assert columns(lines[0]) <= 80


def test_what_is_not_seen_is_shown_as_its_escape(dli):
    done = dli("run", "SELECT chr(27) || '[31m' AS a, chr(8238) || 'x' AS b, chr(13) AS c", "--format", "table")
    cells = [cell.strip() for cell in done.out.splitlines()[7].split("│")]
    assert cells == ["", "\\x1b[31m", "\\u202ex", "\\r", ""]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_of_a_column_is_shown_and_not_obeyed(dli, name: str):
    value = HOSTILE[name][:1000]
    quoted = '"' + value.replace('"', '""') + '"'
    done = dli("run", "-f", "-", "--format", "table", stdin=f"SELECT 1 AS {quoted}, 'x' AS other")
    assert done.code == 0, done.err
    harmless(done.out)
    assert {columns(line) for line in done.out.splitlines()} == {columns(done.out.splitlines()[0])}
    dry = dli("run", "-f", "-", "--dry-run", stdin=f"SELECT 1 AS {quoted}")
    harmless(dry.err)


@pytest.mark.parametrize("name", HOSTILE)
def test_an_error_is_shown_and_not_obeyed(dli, name: str):
    value, lang = HOSTILE[name], "ko" if list(HOSTILE).index(name) % 2 else "en"
    sql = f"SELECT error({sql_text(value)})"
    for words in (["--format", "table"], ["--format", "csv"]):
        done = dli("run", "-f", "-", *words, stdin=sql, env={"DLI_LANG": lang})
        assert (done.code, done.out) == (1, "")
        harmless(done.err)
        assert len(done.err) < 12_000
    wrong = dli(
        "run", "-f", "-", stdin=f"SELECT {sql_text(value)} FROM FROM", env={"DLI_LANG": lang}
    )  # quoted in the excerpt
    assert wrong.code == 1
    harmless(wrong.err)
    shown = dli("jobs", "list").out + dli("jobs", "list", "--format", "json").out
    harmless(shown)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_spec_is_shown_and_not_obeyed(dli, project: Path, name: str):
    value = HOSTILE[name]
    text = json.dumps(value)  # YAML reads it
    (project / "dataset.a.yaml").write_text(
        f"name: a.b.c\ndescription: {text}\nowner: {text}\ntags: [{text}]\nversions: {{note: {text}}}\n"
        f"parameters:\n  - {{name: p, description: {text}, default: {text}, allowed: [{text}]}}\n"
        f"schema: [{{name: {text}, type: string, description: {text}}}]\n"
        f"pre_statements: [{{name: {text}, sql: {text}}}]\nquery_type: DML\nquery_statement: SELECT 1\n"
    )
    (project / "dataset.broken.yaml").write_text(f"name: {text}\n{text}: 1\nquery_type: {text}\n")
    for words in (
        ["list"],
        ["get", "a.b.c"],
        ["validate"],
        ["validate", "--format", "json"],
        ["get", "broken"],
        ["get", value[:200]],
        ["run", "a.b.c", "-p", f"p={value[:100]}!"],
        ["run", "a.b.c", "-p", f"{value[:100]}=1"],
    ):
        done = dli("dataset", *words, cwd=project)
        harmless(done.out)
        harmless(done.err)
        assert "Traceback" not in done.err


@pytest.mark.parametrize("name", HOSTILE)
def test_a_configuration_is_shown_and_not_obeyed(dli, project: Path, name: str):
    value = HOSTILE[name][:1000]
    text = json.dumps(value)
    (project / "dli.yaml").write_text(
        f"vars: {{a: {text}, {text}: 1}}\nlocal: {{duckdb: {{database: ':memory:', settings: {{}}}}}}\n"
        f"environments: {{{text}: {{}}}}\n"
    )
    for words in (
        ["show"],
        ["show", "--origin"],
        ["show", "--format", "json"],
        ["get", "vars"],
        ["get", value],
        ["check"],
        ["show", "--env", "nowhere"],
        ["set", value, value],
        ["set", "execution.timeout", value],
    ):
        done = dli("config", *words, cwd=project)
        harmless(done.out)
        harmless(done.err)
    (project / "dli.yaml").write_text(f"{text}: {text}\nexecution: {{timeout: {text}}}\n")
    harmless(dli("config", "show", cwd=project).err)


@pytest.mark.parametrize("name", [name for name, value in HOSTILE.items() if len(value.encode()) < 200])
def test_a_file_is_named_and_not_obeyed(dli, project: Path, name: str):
    file = f"{HOSTILE[name]}.csv".replace("/", "_")
    for words in (
        ["run", "SELECT 1 AS a", "-o", file, "--receipt"],
        ["run", "SELECT 1 AS a", "-o", f"no/{file}"],
        ["run", "-f", f"no-{file}"],
        ["verify", file],
        ["verify", f"no-{file}"],
        ["-C", f"no-{file}", "dataset", "list"],
        ["run", f"SELECT * FROM {sql_text(f'no-{file}')}"],
        [HOSTILE[name]],
        ["dataset", "list", f"--{HOSTILE[name]}"],
        ["run", "1", "--format", HOSTILE[name]],
        ["explain", HOSTILE[name]],
        ["jobs", "show", HOSTILE[name]],
        ["init", "new", "--example", HOSTILE[name]],
    ):
        done = dli(*words, cwd=project)
        harmless(done.out)
        harmless(done.err)
        assert "Traceback" not in done.err


def test_the_names_that_a_shell_completes_are_whole_lines(program, project: Path):
    (project / "dataset.a.yaml").write_text('name: "a.b.\\u001b[31mx"\n')
    (project / "dataset.b.yaml").write_text("name: a.b.\x1b[31my\nquery_statement: SELECT 1\n")
    done = program("--complete", "dataset", "run", "", cwd=project)
    harmless(done.out)


def test_a_terminal_gets_nothing_that_it_obeys(terminal, tmp_path: Path):
    value = "".join(
        HOSTILE[name] for name in ("colour", "clipboard (OSC 52)", "bell", "right to left", "carriage return")
    )
    (tmp_path / "q.sql").write_text(f"SELECT {sql_text(value)} AS a")
    done = terminal("run", "-f", "q.sql", cwd=tmp_path, env={"TERM": "xterm"})
    assert done.code == 0
    harmless(done.out)
    assert re.search(r"\\x1b\[31m", done.out)
    (tmp_path / "dli.yaml").write_text(f"vars: {{a: {json.dumps(value)}}}\n")
    for words in (["config", "get", "vars.a"], ["run", "-f", "q.sql", "--dry-run"]):
        done = terminal(*words, cwd=tmp_path, env={"TERM": "xterm"})
        harmless(done.out)
        assert re.search(r"\\x1b\[31m", done.out)


def test_a_pipe_gets_values_and_sql_as_they_are(dli, project: Path):
    value = HOSTILE["colour"]
    (project / "dli.yaml").write_text(f"vars: {{a: {json.dumps(value)}}}\n")
    assert dli("config", "get", "vars.a", cwd=project).out == f"{value}\n"
    assert dli("run", f"SELECT '{value}'", "--dry-run", cwd=project).out == f"SELECT '{value}'\n"
