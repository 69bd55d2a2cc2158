"""On a terminal: the table by default, a line of progress, questions. Piped: none of it."""

from __future__ import annotations

from pathlib import Path

MANY = "SELECT i, repeat('x', 200) AS t FROM range(3000000) r(i)"


def test_a_person_gets_the_table(terminal, flights: Path):
    done = terminal("dataset", "run", "departures", cwd=flights)
    assert done.code == 0
    assert "│ Dataset: flights.main.departures" in done.out
    assert "Rows: 842" in done.out
    assert "\x1b" not in done.out


def test_the_table_fits_the_terminal(terminal, flights: Path):
    for columns in (60, 200):
        done = terminal("dataset", "run", "all_flights", cwd=flights, size=(24, columns))
        box = [line for line in done.out.splitlines() if line and line[0] in "┌│├└"]
        assert len(box) > 20
        assert {len(line) for line in box} == {columns} if columns == 60 else max(map(len, box)) <= columns


def test_a_high_terminal_shows_more_rows(terminal, flights: Path):
    rows = [
        terminal("dataset", "run", "departures", cwd=flights, size=(lines, 80)).out.count("\n") for lines in (24, 60)
    ]
    assert rows[1] > rows[0] + 20


def test_a_data_format_is_no_table_even_on_a_terminal(terminal):
    assert terminal("run", "SELECT 1 AS a", "--format", "csv").out == "a\n1\n"


def test_an_export_shows_its_progress_and_takes_it_away(terminal, tmp_path: Path):
    done = terminal("run", MANY, "-o", "out.csv", cwd=tmp_path, env={"TERM": "xterm"})
    assert done.code == 0
    assert "\r\x1b[K" in done.out
    assert " rows  " in done.out
    assert "B/s" in done.out
    assert "✓ Results saved to: out.csv" in done.out.rpartition("\x1b[K")[2]


def test_a_dumb_terminal_gets_no_progress(terminal, tmp_path: Path):
    done = terminal("run", MANY, "-o", "out.csv", cwd=tmp_path, env={"TERM": "dumb"})
    assert done.code == 0
    assert "\x1b" not in done.out


def test_nobody_watching_means_no_progress(dli, tmp_path: Path):
    done = dli("run", MANY, "-o", "out.csv", cwd=tmp_path)
    assert done.code == 0
    assert "\r" not in done.err
    assert "\x1b" not in done.err


def test_a_protected_environment_asks_for_its_name(terminal, project: Path):
    (project / "dli.yaml").write_text("environments: {prod: {protected: true}}\n")
    words = ["run", "CREATE TABLE t AS SELECT 1 AS a", "--env", "prod"]
    yes = terminal(*words, cwd=project, keys="prod\n")
    assert yes.code == 0
    assert "Type its name" in yes.out
    assert "Rows affected: 1" in yes.out
    no = terminal(*words, cwd=project, keys="yes\n")
    assert no.code == 3
    assert "[DLI-404]" in no.out


def test_sql_is_asked_for_when_there_is_none(terminal):
    done = terminal("run")
    assert done.code == 2
    assert done.out.startswith("Error: There is no SQL to run.\n")


def test_listings_fit_the_terminal(terminal, flights: Path):
    done = terminal("dataset", "list", cwd=flights)
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) <= 80
    assert "…" in done.out


def test_ctrl_c_on_the_terminal_ends_the_query(terminal):
    done = terminal(
        "run", "SELECT count(*) FROM range(100000000000) a, range(1000)", "--timeout", "60", interrupt_after=3
    )
    assert done.code == 130
    assert "[DLI-406]" in done.out
