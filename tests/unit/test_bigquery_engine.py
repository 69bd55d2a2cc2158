"""The engine over BigQuery's jobs in memory: what is sent, what is refused, and what a stream says at its end."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions as google

from dli_core.config import Override, resolve
from dli_core.config.check import check
from dli_core.engines.base import Query
from dli_core.engines.bigquery import Config
from dli_core.engines.bigquery import api as api_module
from dli_core.engines.bigquery import job as job_module
from dli_core.engines.bigquery.engine import BigQueryEngine
from dli_core.engines.bigquery.login import Login
from dli_core.engines.factory import make_engine
from dli_core.errors import DLIError, ErrorCode
from dli_core.errors.show import format_error
from tests.support.bigquery import LOST, Server, problem

SCHEMA = {"fields": [{"name": "n", "type": "INTEGER"}, {"name": "j", "type": "JSON"}]}


def page(*numbers: int, **more: Any) -> dict[str, Any]:
    return {"schema": SCHEMA, "rows": [{"f": [{"v": str(n)}, {"v": "{}"}]} for n in numbers], **more}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Server:
    found = Server()
    monkeypatch.setattr(Login, "client", lambda _self: found.client())
    monkeypatch.setattr(job_module, "_LOOKING", 0.3)
    monkeypatch.setattr(api_module, "_FIRST_PAUSE", 0.01)
    return found


def engine(folder: Path, **keys: Any) -> BigQueryEngine:
    given = {"project": "p", "api_endpoint": "http://127.0.0.1:1", **keys}
    overrides = {"local.engine": Override("bigquery", "test")}
    overrides |= {f"local.bigquery.{key}": Override(value, "test") for key, value in given.items()}
    found = make_engine(resolve(overrides, project=folder, environ={"DLI_USER_CONFIG": "off"}))
    assert isinstance(found, BigQueryEngine)
    return found


def failure(made: BigQueryEngine, sql: str, **fields: Any) -> DLIError:
    with pytest.raises(DLIError) as caught, made.stream(Query(sql, "dli-1", **fields)) as stream:
        stream.collect()
    return caught.value


def test_a_small_result_takes_three_requests(server: Server, tmp_path: Path):
    server.pages = [page(1, 2, totalRows="2")]
    server.reads = 1000
    with engine(tmp_path, labels={"team": "a"}).stream(Query("SELECT n", "dli-1", labels={"run": "b"})) as stream:
        assert stream.collect().to_dicts() == [{"n": 1, "j": "{}"}, {"n": 2, "j": "{}"}]
    assert server.requests == ["insert", "results", "get"]
    assert stream.columns == (("n", "INT64"), ("j", "JSON"))
    assert stream.json == [[1]]
    assert stream.statistics == {"statement": "SELECT", "cached": False, "bytes": 1000}
    assert {key: server.sent[0]["labels"][key] for key in ("team", "run")} == {"team": "a", "run": "b"}


def test_more_pages_come_over_rest_where_there_is_no_storage_api(server: Server, tmp_path: Path):
    server.pages = [page(1, 2, totalRows="5"), page(3, 4), page(5)]
    with engine(tmp_path).stream(Query("SELECT n", "dli-1")) as stream:
        assert [row["n"] for row in stream.collect().to_dicts()] == [1, 2, 3, 4, 5]
    assert stream.warnings == []


def test_where_the_storage_api_is_not_allowed_rest_does_it_with_a_warning(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    def denied(_self: Login) -> Any:
        raise google.PermissionDenied("bigquery.readsessions.create denied")

    monkeypatch.setattr(Login, "storage", denied)
    server.pages = [page(1, totalRows="2"), page(2)]
    with engine(tmp_path, storage_endpoint="127.0.0.1:1").stream(Query("SELECT n", "dli-1")) as stream:
        assert len(stream.collect()) == 2
    assert "bigquery.readsessions.create denied" in stream.warnings[0]


def test_a_result_with_fewer_rows_than_announced_is_incomplete(server: Server, tmp_path: Path):
    server.pages = [page(1, 2, totalRows="3")]
    found = failure(engine(tmp_path), "SELECT n")
    assert (found.code, found.details["rows"], found.details["expected"]) == (ErrorCode.RESULT_INCOMPLETE, 2, 3)


def test_a_page_that_is_lost_for_good_ends_the_stream_with_its_error(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    whole = server._results

    def cut(job: str, asked: Any) -> dict[str, Any]:
        if "pageToken" in asked:
            raise LOST
        return whole(job, asked)

    monkeypatch.setattr(server, "_results", cut)
    server.pages = [page(1, totalRows="2"), page(2)]
    found = failure(engine(tmp_path), "SELECT n", timeout=0.5)
    assert found.code in {ErrorCode.EXECUTION_CONNECTION, ErrorCode.EXECUTION_TIMEOUT}


def test_a_value_that_cannot_be_read_is_an_error_of_ours(server: Server, tmp_path: Path):
    server.pages = [{"schema": {"fields": [{"name": "x", "type": "INTERVAL"}]}, "rows": [{"f": [{"v": "soon"}]}]}]
    found = failure(engine(tmp_path), "SELECT x")
    assert (found.code, found.details["reason"]) == (ErrorCode.EXECUTION_FAILED, "bigquery_value")
    assert "soon" in format_error(found)


def test_declared_types_are_cast(server: Server, tmp_path: Path):
    server.pages = [page(1, totalRows="1")]
    query = Query("SELECT n", "dli-1", columns=(("n", "decimal(10,2)"), ("gone", "date")))
    with engine(tmp_path).stream(query) as stream:
        assert stream.collect().texts() == [["1.00", "{}"]]
    assert stream.columns == (("n", "DECIMAL(10,2)"), ("j", "JSON"))
    assert stream.warnings == ["the declared column gone is not in the result"]


def test_a_value_that_does_not_fit_its_declared_type_is_an_error_of_the_query(server: Server, tmp_path: Path):
    server.pages = [page(1000, totalRows="1")]
    found = failure(engine(tmp_path), "SELECT n", columns=(("n", "decimal(2,1)"),))
    assert (found.code, found.details["reason"]) == (ErrorCode.EXECUTION_QUERY, "declared")


def test_digits_that_duckdb_has_no_type_for_survive_the_cast_of_other_columns(server: Server, tmp_path: Path):
    most = "578960446186580977117854925043439539266.34992332820282019728792003956564819967"
    kinds = {"b": "BIGNUMERIC", "c": "BIGNUMERIC", "n": "INTEGER"}
    inner = [{"name": "x", "type": "BIGNUMERIC", "mode": "REPEATED"}]
    fields = [*({"name": n, "type": k} for n, k in kinds.items()), {"name": "s", "type": "RECORD", "fields": inner}]
    row = [most, "1.005", "1", {"f": [{"v": [{"v": "-0.5"}]}]}]
    server.pages = [{"schema": {"fields": fields}, "rows": [{"f": [{"v": value} for value in row]}], "totalRows": "1"}]
    query = Query("SELECT n", "dli-1", columns=(("n", "string"), ("c", "decimal(10,2)")))
    with engine(tmp_path).stream(query) as stream:
        found = stream.collect().texts()
    assert found == [[most, "1.01", "1", '{"x":["-0.50000000000000000000000000000000000000"]}']]


def test_json_that_is_declared_a_string_is_text(server: Server, tmp_path: Path):
    server.pages = [page(1, totalRows="1")]
    with engine(tmp_path).stream(Query("SELECT n", "dli-1", columns=(("j", "string"),))) as stream:
        stream.collect()
    assert stream.json == []


def test_dml_says_how_many_rows_it_changed(server: Server, tmp_path: Path):
    server.pages = [{"numDmlAffectedRows": "7"}]
    with engine(tmp_path).stream(Query("UPDATE t SET n = 1 WHERE TRUE", "dli-1")) as stream:
        stream.collect()
    assert (stream.returns_rows, stream.affected) == (False, 7)


def test_ddl_says_nothing(server: Server, tmp_path: Path):
    server.pages = [{}]
    with engine(tmp_path).stream(Query("CREATE TABLE t (n INT64)", "dli-1")) as stream:
        stream.collect()
    assert (stream.returns_rows, stream.affected) == (False, None)


@pytest.mark.parametrize("sql", ["DELETE FROM t WHERE TRUE", "CALL p()", "BEGIN SELECT 1; END"])
def test_a_write_is_refused_before_it_is_sent(server: Server, tmp_path: Path, sql: str):
    assert failure(engine(tmp_path), sql, refuse_writes="query_type").code is ErrorCode.VALIDATION_FAILED
    assert failure(engine(tmp_path), sql, refuse_writes="protected").code is ErrorCode.EXECUTION_PERMISSION
    assert server.ran == []


@pytest.mark.parametrize("keys", [{"budget": "1kB"}, {}])
def test_a_query_over_budget_is_refused_before_it_is_sent(server: Server, tmp_path: Path, keys: dict[str, str]):
    server.reads = 1001
    found = failure(engine(tmp_path, **keys), "SELECT n", budget=None if keys else 1000)
    assert found.code is ErrorCode.BUDGET_EXCEEDED
    assert "1 kB (1001 bytes)" in format_error(found)
    assert server.ran == []


def test_a_query_within_its_budget_is_bounded_by_bigquery_too(server: Server, tmp_path: Path):
    server.reads, server.pages = 1000, [page(1, totalRows="1")]
    with engine(tmp_path, budget="10B").stream(Query("SELECT n", "dli-1", budget=1000)) as stream:
        stream.collect()
    assert [each["query"].get("maximumBytesBilled") for each in server.sent] == [None, "1000"]
    assert server.ran == ["SELECT n"]


def test_a_dry_run_tells_columns_bytes_and_price(server: Server, tmp_path: Path):
    server.reads, server.pages = 2**40, [page()]
    found = engine(tmp_path).dry_run(Query("SELECT n", "dli-1"))
    assert (found.valid, found.checked, found.estimate) == (True, True, {"bytes": 2**40, "cost_usd": 6.25})
    assert found.columns == (("n", "INT64"), ("j", "JSON"))
    assert engine(tmp_path, price_per_tib=1.5).dry_run(Query("SELECT n", "dli-1")).estimate["cost_usd"] == 1.5
    assert server.ran == []


def test_a_dry_run_over_budget_would_not_run(server: Server, tmp_path: Path):
    server.reads = 2000
    found = engine(tmp_path, budget="1kB").dry_run(Query("SELECT n", "dli-1"))
    assert (found.valid, found.estimate["bytes"]) == (False, 2000)
    assert found.error is not None
    assert found.error["code"] == "DLI-410"


def test_a_dry_run_of_wrong_sql_says_what_is_wrong(server: Server, tmp_path: Path):
    server.before["insert"] = [lambda: (_ for _ in ()).throw(problem(google.BadRequest, "invalidQuery"))]
    found = engine(tmp_path).dry_run(Query("SELEC", "dli-1"))
    assert (found.checked, found.valid) == (True, False)
    several = engine(tmp_path).dry_run(Query("SELECT 1; DROP TABLE t", "dli-1"))
    assert several.error is not None
    assert several.error["details"]["reason"] == "several_statements"
    assert server.ran == []


def test_statements_share_a_session_from_the_first_that_needs_one(server: Server, tmp_path: Path):
    made = engine(tmp_path)
    session = made.session()
    for at, sql in enumerate(("SELECT 1", "CREATE TEMP TABLE t AS SELECT 1", "SELECT 2")):
        with made.stream(Query(sql, f"dli-{at}"), session) as stream:
            stream.collect()
    session.close()
    session.close()
    sent = [(each["query"].get("createSession"), each["query"].get("connectionProperties")) for each in server.sent]
    inside = [{"key": "session_id", "value": "session-1"}]
    assert sent == [(None, None), (True, None), (None, inside), (None, inside)]
    assert server.ran[-1] == "CALL BQ.ABORT_SESSION('session-1')"


@pytest.mark.parametrize(("dataset", "project"), [("sales", "p"), ("other-project.sales", "other-project")])
def test_tables_without_a_dataset_are_those_of_the_configured_one(
    server: Server, tmp_path: Path, dataset: str, project: str
):
    engine(tmp_path, dataset=dataset).dry_run(Query("SELECT n", "dli-1"))
    assert server.sent[0]["query"]["defaultDataset"] == {"projectId": project, "datasetId": "sales"}


def test_a_statement_alone_makes_no_session(server: Server, tmp_path: Path):
    with engine(tmp_path).stream(Query("CREATE TEMP TABLE t AS SELECT 1", "dli-1")) as stream:
        stream.collect()
    assert "createSession" not in server.sent[0]["query"]


def test_a_query_that_takes_too_long_is_cancelled(server: Server, tmp_path: Path):
    server.working.set()
    start = time.monotonic()
    assert failure(engine(tmp_path), "SELECT n", timeout=0.3).code is ErrorCode.EXECUTION_TIMEOUT
    assert time.monotonic() - start < 2
    assert server.jobs["dli-1"]["status"]["errorResult"]["reason"] == "stopped"


def test_a_write_whose_cancel_is_not_answered_has_an_unknown_outcome(server: Server, tmp_path: Path):
    server.working.set()
    server.before["cancel"] = [lambda: (_ for _ in ()).throw(LOST)] * 1000
    found = failure(engine(tmp_path), "DELETE FROM t WHERE TRUE", timeout=0.3)
    assert (found.code, found.details["job_id"]) == (ErrorCode.OUTCOME_UNKNOWN, "dli-1")


def test_a_query_is_cancelled_by_its_id_from_another_thread(server: Server, tmp_path: Path):
    server.working.set()
    made = engine(tmp_path)
    threading.Timer(0.2, made.cancel, ["dli-1"]).start()
    start = time.monotonic()
    assert failure(made, "SELECT n").code is ErrorCode.EXECUTION_CANCELLED
    assert time.monotonic() - start < 2


def test_a_query_of_another_process_is_seen_and_cancelled_by_its_id(server: Server, tmp_path: Path):
    server.jobs["dli-9"] = {"status": {"state": "RUNNING"}, "configuration": {}, "statistics": {}}
    made = engine(tmp_path)
    assert (made.running("dli-9"), made.running("dli-8")) == (True, False)
    made.cancel("dli-8")
    made.cancel("dli-9")
    assert server.jobs["dli-9"]["status"]["errorResult"]["reason"] == "stopped"
    server.jobs["dli-9"]["status"]["state"] = "DONE"
    assert not made.running("dli-9")


def test_the_check_sends_a_dry_run_and_nothing_else(server: Server, tmp_path: Path):
    engine(tmp_path).check()
    assert [each["dryRun"] for each in server.sent] == [True]
    server.before["insert"] = [lambda: (_ for _ in ()).throw(problem(google.Forbidden, "accessDenied"))]
    with pytest.raises(DLIError) as caught:
        engine(tmp_path).check()
    assert "Project: p" in format_error(caught.value)


def test_a_closed_engine_opens_again(server: Server, tmp_path: Path):
    made = engine(tmp_path)
    made.check()
    made.close()
    made.close()
    made.check()


def test_without_a_project_it_says_which_setting_is_missing(tmp_path: Path):
    found = failure(engine(tmp_path, project=None), "SELECT 1")
    assert (found.code, found.details["key"]) == (ErrorCode.CONFIG_MISSING, "local.bigquery.project")


def test_without_the_driver_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    for name in [name for name in sys.modules if name.startswith("dli_core.engines.bigquery.")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "google.api_core", None)
    with pytest.raises(DLIError) as caught:
        engine(tmp_path)
    assert 'pip install "dli-cli[bigquery]"' in format_error(caught.value)
    assert "dli-sdk[bigquery]" in format_error(caught.value)


def test_credentials_do_not_go_to_an_endpoint_in_the_clear(tmp_path: Path):
    found = failure(engine(tmp_path, api_endpoint="http://me:s3cret@bigquery.example.com"), "SELECT 1")
    assert (found.code, found.details["reason"]) == (ErrorCode.CONFIG_INVALID, "bigquery_in_the_clear")
    assert "s3cret" not in format_error(found)


@pytest.mark.parametrize(
    ("endpoint", "sent"),
    [
        (None, True),
        ("https://bigquery.example.com", True),
        ("https://127.0.0.1:9050", True),
        ("http://127.0.0.1:9050", False),
        ("http://localhost:9050/", False),
        ("http://[::1]:9050", False),
        ("http://127.0.0.1.example.com", True),
        ("http://user@127.0.0.1", True),
    ],
)
def test_an_emulator_on_this_machine_gets_no_credentials(endpoint: str | None, sent: bool):
    assert Config(api_endpoint=endpoint).sends("credentials") is sent


def test_the_check_of_the_configuration_says_nothing_of_credentials_that_are_not_sent(tmp_path: Path):
    overrides = {"local.bigquery.api_endpoint": Override("http://127.0.0.1:1", "test")}
    settings = resolve(overrides, project=tmp_path, environ={"DLI_USER_CONFIG": "off"})
    assert "local.bigquery.credentials" not in [each.name for each in check(settings, environ={})]


@pytest.mark.parametrize("content", [None, "", "[]", '{"type": "service_account", "private_key": "s3cret"}'])
def test_a_key_that_cannot_be_read_says_which_file(tmp_path: Path, content: str | None):
    key = tmp_path / "key.json"
    if content is not None:
        key.write_text(content)
    found = failure(engine(tmp_path, api_endpoint=None, credentials=str(key)), "SELECT 1")
    assert (found.code, found.details["reason"]) == (ErrorCode.CONFIG_INVALID, "bigquery_key_file")
    assert str(key) in format_error(found)
    assert "s3cret" not in format_error(found)


def test_a_file_of_another_kind_is_no_login(tmp_path: Path):
    (tmp_path / "key.json").write_text('{"type": "external_account", "credential_source": {"executable": {}}}')
    found = failure(engine(tmp_path, api_endpoint=None, credentials=str(tmp_path / "key.json")), "SELECT 1")
    assert (found.code, found.details["reason"]) == (ErrorCode.CONFIG_INVALID, "bigquery_key")


def test_no_login_at_all_is_the_block_people_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(tmp_path / "absent.json"))
    found = failure(engine(tmp_path, api_endpoint=None), "SELECT 1")
    assert format_error(found).startswith("[DLI-403] Failed to connect to BigQuery\n  Project: p\n  Location: US\n")


@pytest.mark.parametrize("value", ["ten", "10 XB", "-1"])
def test_a_budget_that_is_no_size_is_refused(tmp_path: Path, value: str):
    with pytest.raises(DLIError) as caught:
        engine(tmp_path, budget=value)
    assert caught.value.code is ErrorCode.CONFIG_INVALID


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("dataset", "a.b.c"),
        ("dataset", "a b"),
        ("storage_endpoint", "example.com:1"),
        ("storage_endpoint", "127.0.0.1"),
    ],
)
def test_a_value_of_another_shape_is_refused_in_our_words(tmp_path: Path, key: str, value: str):
    with pytest.raises(DLIError) as caught:
        engine(tmp_path, **{key: value})
    assert f"local.bigquery.{key}: must be" in str(caught.value)


def test_a_session_of_another_engine_is_refused(server: Server, tmp_path: Path):
    class Other:
        def close(self) -> None: ...

    with pytest.raises(TypeError, match="Other"):
        engine(tmp_path).stream(Query("SELECT 1", "dli-1"), Other())
