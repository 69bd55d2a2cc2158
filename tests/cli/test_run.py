"""`dli run`, `dli dataset run`, `dli metric run`: with what, where, and what becomes of the rows."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

LOCAL = "Execution: LOCAL (DuckDB)"


def test_rows_go_to_stdout_as_csv_when_nobody_watches(dli):
    done = dli("run", "SELECT 1 AS a, 'x,y' AS b UNION ALL SELECT 2, NULL ORDER BY a")
    assert (done.code, done.out, done.err) == (0, 'a,b\n1,"x,y"\n2,\n', "")


@pytest.mark.parametrize(
    ("name", "out"),
    [("csv", "a\n1\n"), ("ndjson", '{"a":1}\n'), ("json", '[\n{"a":1}\n]\n')],
)
def test_each_data_format_goes_to_stdout(dli, name: str, out: str):
    done = dli("run", "SELECT 1 AS a", "--format", name)
    assert (done.code, done.out, done.err) == (0, out, "")


def test_a_dash_is_stdout(dli):
    assert dli("run", "SELECT 1 AS a", "-o", "-", "--format", "ndjson").out == '{"a":1}\n'


def test_the_table_can_be_asked_for(dli, snapshot):
    done = dli("run", "SELECT 1234567 AS big, 'text' AS t, NULL AS n", "--format", "table")
    assert (done.code, done.err) == (0, "")
    snapshot("run-table", done.out)


def test_a_dataset_is_shown_in_the_box_of_the_seed(dli, flights: Path, snapshot):
    done = dli("dataset", "run", "departures", "--format", "table", cwd=flights)
    assert done.code == 0
    snapshot("dataset-run-departures", done.out)
    snapshot("dataset-run-departures-stderr", done.err)


def test_a_wide_dataset_is_cut_to_the_screen(dli, flights: Path, snapshot):
    done = dli("dataset", "run", "all_flights", "--format", "table", cwd=flights)
    assert done.code == 0
    assert max(map(len, done.out.splitlines())) == 80
    assert done.err.splitlines()[0] == "10,000+ rows; -o FILE writes all"
    snapshot("dataset-run-all-flights", done.out)


def test_a_metric_is_shown_with_its_own_word(dli, flights: Path, snapshot):
    done = dli("metric", "run", "punctuality", "--format", "table", cwd=flights)
    assert (done.code, done.err) == (0, "")
    snapshot("metric-run-punctuality", done.out)


@pytest.mark.parametrize(("rows", "known"), [("5", "5+"), ("0", "25,000"), ("25000", "25,000"), ("24999", "24,999+")])
def test_rows_limits_what_is_fetched(dli, rows: str, known: str):
    done = dli("run", "SELECT * FROM range(25000)", "--format", "table", "--rows", rows)
    assert f"Rows: {known} " in done.out
    assert ("+ rows; -o FILE writes all" in done.err) == known.endswith("+")


def test_a_preview_cancels_the_rest(dli):
    done = dli("run", "SELECT * FROM range(100000000000)", "--format", "table", "--rows", "10")
    assert done.code == 0
    assert "Rows: 10+" in done.out


def test_a_parameter_is_data_whatever_it_holds(dli, flights: Path):
    done = dli("dataset", "run", "departures", "-p", "carrier=UA' OR '1'='1", "--format", "json", cwd=flights)
    assert (done.code, done.out) == (0, "[]\n")


def test_a_repeated_parameter_is_a_list(dli, flights: Path):
    done = dli("dataset", "run", "departures", "-p", "origins=JFK", "-p", "origins=LGA", cwd=flights)
    assert {row["origin"] for row in csv.DictReader(io.StringIO(done.out))} == {"JFK", "LGA"}


def test_null_and_empty_are_two_values(dli):
    words = ["run", "SELECT {{ a }} AS a, {{ b }} AS b", "-p", "a:null", "-p", "b="]
    assert dli(*words).out == 'a,b\n,""\n'


def test_the_type_of_a_parameter_stands_in_place(dli):
    words = ["run", "SELECT {{ d }} AS d, {{ n }} + 1 AS n", "-p", "d:date=2013-07-04", "-p", "n:integer=41"]
    assert dli(*words).out == "d,n\n2013-07-04,42\n"


def test_a_wrong_parameter_names_the_line_of_the_spec(dli, flights: Path):
    done = dli("dataset", "run", "departures", "-p", "date=soon", cwd=flights)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith("[DLI-203]")
    assert "datasets/dataset.departures.yaml:7:5" in done.err
    assert "7 |   - name: date" in done.err


def test_ds_is_the_date_that_was_given(dli):
    assert dli("run", "SELECT '{{ ds }}' AS d", "--ds", "2025-01-31").out == "d\n2025-01-31\n"
    missing = dli("run", "SELECT '{{ ds }}' AS d")
    assert missing.code == 2
    assert missing.err.startswith("[DLI-203]")


def test_a_file_is_written_and_nothing_stands_on_stdout(dli, flights: Path):
    done = dli("dataset", "run", "all_flights", "-o", "out.csv", cwd=flights)
    assert (done.code, done.out) == (0, "")
    lines = done.err.splitlines()
    assert lines[:2] == ["Dataset: flights.main.all_flights", LOCAL]
    assert lines[2].endswith("s | Rows: 336,776 | Size: 35.0 MB")
    assert lines[3] == "✓ Results saved to: out.csv"
    with (flights / "out.csv").open() as file:
        assert sum(1 for _ in file) == 336_777


@pytest.mark.parametrize(
    ("name", "start"), [("o.json", b"[\n{"), ("o.ndjson", b"{"), ("o.csv.gz", b"\x1f\x8b"), ("o.csv.zst", b"\x28\xb5")]
)
def test_the_suffix_says_the_format(dli, tmp_path: Path, name: str, start: bytes):
    assert dli("run", "SELECT 1 AS a", "-o", name, cwd=tmp_path).code == 0
    assert (tmp_path / name).read_bytes().startswith(start)


def test_options_shape_the_csv(dli, tmp_path: Path):
    sql = "SELECT '=1+1' AS a, NULL AS b"
    words = ["--csv-safe", "--bom", "--null", "NULL", "--delimiter", "tab"]
    assert dli("run", sql, "-o", "o.csv", *words, cwd=tmp_path).code == 0
    assert (tmp_path / "o.csv").read_bytes() == b"\xef\xbb\xbfa\tb\n'=1+1\tNULL\n"


def test_big_numbers_can_be_quoted_in_json(dli):
    done = dli("run", "SELECT 9007199254740993 AS n", "--format", "ndjson", "--json-numbers", "string")
    assert done.out == '{"n":"9007199254740993"}\n'


@pytest.mark.parametrize("words", [["--bom", "--format", "json"], ["--json-numbers", "string"]])
def test_an_option_of_another_format_is_refused_before_anything_runs(dli, tmp_path: Path, words: list[str]):
    done = dli("run", "SELECT error('it ran')", *words, cwd=tmp_path)
    assert done.code == 2
    assert done.err.startswith("[DLI-001]")


def test_a_receipt_lies_beside_the_file_or_where_it_was_asked_for(dli, tmp_path: Path):
    assert dli("run", "SELECT 1 AS a", "-o", "a.csv", "--receipt", cwd=tmp_path).err.endswith(
        "✓ Results saved to: a.csv\n✓ Receipt saved to: a.csv.receipt.json\n"
    )
    assert dli("run", "SELECT 1 AS a", "--receipt=b.receipt", "-o", "b.csv", cwd=tmp_path).code == 0
    assert json.loads((tmp_path / "b.receipt").read_text())["rows"] == 1
    assert json.loads((tmp_path / "a.csv.receipt.json").read_text())["complete"] is True


def test_a_folder_that_is_not_there_costs_no_query(dli, tmp_path: Path):
    done = dli("run", "SELECT error('it ran')", "-o", str(tmp_path / "no" / "o.csv"))
    assert done.code == 7
    assert done.err.startswith("[DLI-407]")


def test_an_old_file_survives_a_query_that_fails(dli, tmp_path: Path):
    (tmp_path / "o.csv").write_text("old")
    done = dli(
        "run",
        "SELECT CASE WHEN i < 999999 THEN i ELSE error('late') END FROM range(1000000) t(i)",
        "-o",
        "o.csv",
        cwd=tmp_path,
    )
    assert done.code == 1
    assert (tmp_path / "o.csv").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["o.csv"]


def test_dml_tells_the_rows_that_it_changed(dli, flights: Path, snapshot):
    done = dli("dataset", "run", "daily_summary", cwd=flights)
    assert (done.code, done.out) == (0, "")
    snapshot("dataset-run-daily-summary", done.err)
    again = dli("run", "SELECT count(*) AS n FROM daily_summary", cwd=flights)
    assert again.out == "n\n1095\n"


def test_the_database_is_closed_when_the_command_ends(program, flights: Path):
    assert program("dataset", "run", "daily_summary", cwd=flights).code == 0
    assert (flights / "flights.duckdb").exists()
    assert not (flights / "flights.duckdb.wal").exists()


@pytest.mark.parametrize("words", [["dataset", "run", "daily_summary"], ["run", "CREATE TABLE t AS SELECT 1 AS a"]])
def test_dml_is_not_run_for_a_file(dli, flights: Path, words: list[str]):
    done = dli(*words, "-o", "out.csv", cwd=flights)
    assert done.code != 0
    assert not (flights / "out.csv").exists()
    assert dli("run", "SELECT count(*) AS n FROM information_schema.tables", cwd=flights).out == "n\n0\n"


def test_a_dry_run_prints_the_sql_and_runs_nothing(dli, flights: Path, snapshot):
    done = dli("dataset", "run", "departures", "--dry-run", cwd=flights)
    assert done.code == 0
    snapshot("dry-run", done.out)
    assert done.err.startswith("✓ Checked by DuckDB; ")
    assert done.err.endswith("Nothing was run.\n")


def test_a_dry_run_of_dml_prints_every_statement_in_order(dli, flights: Path, snapshot):
    done = dli("dataset", "run", "daily_summary", "--dry-run", cwd=flights)
    assert done.code == 0
    snapshot("dry-run-dml", done.out)
    assert dli("run", "SELECT count(*) AS n FROM information_schema.tables", cwd=flights).out == "n\n0\n"


def test_a_dry_run_that_finds_a_mistake_speaks_of_no_job(dli, flights: Path):
    done = dli("run", "SELECT * FROM nowhere", "--dry-run", cwd=flights)
    assert done.code == 1
    assert "Job" not in done.err
    assert "dli jobs" not in done.err


def test_a_dry_run_advises_no_dry_run(dli, flights: Path):
    sql = "SELECT * FROM nowhere"
    assert "--dry-run" in dli("run", sql, cwd=flights).err
    assert "--dry-run" not in dli("run", sql, "--dry-run", cwd=flights).err


def test_a_dry_run_makes_no_database(dli, flights: Path):
    for sql in ("SELECT 1 AS a", "CREATE TABLE t AS SELECT 1 AS a", "SELECT * FROM nowhere"):
        dli("run", sql, "--dry-run", cwd=flights)
    assert dli("dataset", "run", "departures", "--dry-run", cwd=flights).code == 0
    assert not list(flights.glob("*.duckdb*"))
    assert dli("run", "CREATE TABLE t AS SELECT 1 AS a", cwd=flights).code == 0
    assert dli("run", "SELECT a FROM t", "--dry-run", cwd=flights).code == 0


def test_a_dry_run_of_wrong_sql_is_exit_code_1(dli):
    done = dli("run", "SELECT * FROM nowhere", "--dry-run")
    assert (done.code, done.out) == (1, "SELECT * FROM nowhere\n")
    assert done.err.startswith("[DLI-")


def test_a_dry_run_executes_nothing_whatever_the_text(dli, tmp_path: Path):
    target = tmp_path / "made.csv"
    dli("run", f"SELECT 1; COPY (SELECT 1) TO '{target}'", "--dry-run")
    dli("run", f"COPY (SELECT 1) TO '{target}'", "--dry-run")
    assert not target.exists()


def test_sql_comes_from_a_file_or_from_stdin(dli, tmp_path: Path):
    (tmp_path / "q.sql").write_text("\ufeffSELECT 7 AS a")
    assert dli("run", "-f", "q.sql", cwd=tmp_path).out == "a\n7\n"
    assert dli("run", stdin="SELECT 8 AS a").out == "a\n8\n"
    assert dli("run", "-f", "-", stdin="SELECT 9 AS a").out == "a\n9\n"


@pytest.mark.parametrize("locale", ["C", "C.UTF-8"])
def test_what_is_piped_in_is_utf_8_whatever_the_locale(program, locale: str):
    env = {"LC_ALL": locale, "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    good = program("run", stdin="\ufeffSELECT '한글' AS a".encode(), env=env)
    assert (good.code, good.out) == (0, "a\n한글\n")
    bad = program("run", stdin=b"SELECT '\xff'", env=env)
    assert bad.code == 2
    assert bad.err.startswith("[DLI-105]")
    shown = program("run", "--format", "table", stdin="SELECT '한글' AS a".encode(), env=env)
    assert "│ 한글" in shown.out


def test_a_file_of_sql_that_is_not_there_is_named(dli, tmp_path: Path):
    done = dli("run", "-f", "no.sql", cwd=tmp_path)
    assert done.code == 2
    assert done.err.startswith("[DLI-105] File not found: no.sql")


def test_a_folder_as_a_file_of_sql_is_a_mistake(dli, tmp_path: Path):
    assert "cannot be read" in dli("run", "-f", ".", cwd=tmp_path).usage[0]


@pytest.mark.parametrize("words", [["run", "-f", "bad.sql"], ["run"]])
def test_sql_that_is_no_utf_8_is_an_error(dli, tmp_path: Path, words: list[str]):
    (tmp_path / "bad.sql").write_bytes(b"SELECT '\xff'")
    done = dli(*words, cwd=tmp_path, stdin=b"SELECT '\xff'")
    assert done.code == 2
    assert done.err.startswith("[DLI-105]")


@pytest.mark.parametrize("name", ["departures", "flights.main.departures", "  departures\n", "departurs"])
def test_the_name_of_a_spec_is_no_sql(dli, flights: Path, name: str):
    assert "did you mean 'dli dataset run flights.main.departures'?" in dli("run", name, cwd=flights).usage[0]


def test_a_statement_of_one_word_is_run(dli, flights: Path):
    done = dli("run", "CHECKPOINT", cwd=flights)
    assert done.code == 0


@pytest.mark.parametrize(
    ("sql", "code", "start"),
    [
        ("SELEC 1", 1, "[DLI-405]"),
        ("SELECT * FROM nowhere", 1, "[DLI-405]"),
        ("SELECT error('boom')", 1, "[DLI-4"),
        ("SELECT {{ nobody }}", 2, "[DLI-304]"),
        ("SELECT 1; SELECT 2", 2, "[DLI-204]"),
        ("", 2, "[DLI-204]"),
    ],
)
def test_wrong_sql_ends_with_the_exit_code_of_its_error(dli, sql: str, code: int, start: str):
    done = dli("run", sql)
    assert (done.code, done.out) == (code, "")
    assert done.err.startswith(start)
    assert "Traceback" not in done.err


def test_a_timeout_is_exit_code_4(dli):
    done = dli("run", "SELECT count(*) FROM range(100000000000) a, range(1000)", "--timeout", "1")
    assert done.code == 4
    assert done.err.startswith("[DLI-402]")


@pytest.mark.parametrize("words", [["--server"], ["--specs", "server"]])
def test_that_there_is_no_client_of_a_server_is_told_before_an_address_is_asked_for(dli, flights, words: list[str]):
    done = dli("dataset", "run", "departures", *words, cwd=flights)
    assert done.code == 2
    assert re.match(
        r"\[DLI-001\] \S+ needs a client of the Basecamp Server, and this version of DLI has none", done.err
    )


def test_local_wins_over_the_layers(dli, flights: Path):
    words = ["dataset", "run", "departures", "--format", "ndjson"]
    assert dli(*words, cwd=flights, env={"DLI_EXECUTION_MODE": "server"}).code == 2
    assert dli(*words, "--local", cwd=flights, env={"DLI_EXECUTION_MODE": "server"}).code == 0


def test_mock_mode_runs_nothing_and_is_named_in_the_box(dli, flights: Path):
    done = dli("dataset", "run", "departures", "--format", "table", cwd=flights, env={"DLI_EXECUTION_MODE": "mock"})
    assert done.code == 0
    assert "Execution: MOCK (Mock)" in done.out


def test_an_engine_that_does_not_exist_is_a_wrong_option(dli):
    done = dli("run", "SELECT 1", "--engine", "duckbd")
    assert done.code == 2
    assert done.err.startswith("[DLI-001]")


def test_an_environment_is_named_in_the_box(dli, project: Path):
    (project / "dli.yaml").write_text("environments: {dev: {vars: {x: 1}}}\n")
    done = dli("run", "SELECT {{ var('x') }} AS x", "--env", "dev", "--format", "table", cwd=project)
    assert "Execution: LOCAL (DuckDB) | Environment: dev" in done.out
    assert dli("run", "SELECT 1", "--env", "prod", cwd=project).err.startswith("[DLI-004]")


def test_a_protected_environment_wants_yes_where_nobody_can_be_asked(dli, project: Path):
    (project / "dli.yaml").write_text("environments: {prod: {protected: true}}\n")
    words = ["run", "CREATE TABLE t AS SELECT 1 AS a", "--env", "prod"]
    refused = dli(*words, cwd=project)
    assert refused.code == 3
    assert refused.err.startswith("[DLI-404]")
    assert dli(*words, "--yes", cwd=project).code == 0
    assert dli("run", "SELECT 1", "--env", "prod", cwd=project).code == 0


def test_errors_are_korean_for_who_reads_korean(dli, flights: Path, snapshot):
    done = dli("dataset", "run", "departure", cwd=flights, env={"DLI_LANG": "ko"})
    assert done.code == 2
    snapshot("not-found-ko", done.err.replace(str(flights), "PROJECT"))
    assert (
        dli("run", "SELEC 1", env={"LC_ALL": "ko_KR.UTF-8"}).err.splitlines()[0]
        != dli("run", "SELEC 1").err.splitlines()[0]
    )


def test_data_cannot_command_the_terminal(dli):
    done = dli("run", "SELECT chr(27) || ']0;title' || chr(7) AS a, '한글' AS b", "--format", "table")
    assert "\x1b" not in done.out
    assert "\\x1b]0;title\\x07" in done.out
    bad = dli("run", "SELECT \x1b[31m")
    assert "\x1b" not in bad.err


def test_a_name_is_enough_by_its_last_part_and_an_unknown_one_gets_the_nearest(dli, flights: Path):
    done = dli("dataset", "run", "depature", cwd=flights)
    assert done.code == 2
    assert "Did you mean 'flights.main.departures'?" in done.err


def test_warnings_of_a_run_stand_on_stderr(dli, spec, project: Path):
    spec(
        "dataset.a.yaml",
        "name: a.b.a\nquery_statement: SELECT 1 AS x\n"
        "post_statements: [{name: tidy, sql: DROP TABLE nowhere, continue_on_error: true}]\n",
    )
    done = dli("dataset", "run", "a", cwd=project)
    assert (done.code, done.out) == (0, "x\n1\n")
    assert done.err.startswith("Warning: tidy:")
