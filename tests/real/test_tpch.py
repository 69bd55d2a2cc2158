"""TPC-H: 22 specs, written once in DuckDB's dialect, give the same bytes on DuckDB, on Trino and on an emulator of
BigQuery, over the same rows. What a translation to BigQuery gets wrong or breaks is refused, and not answered.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

import duckdb
import pytest

from dli import DatasetAPI, DLIError, ExecutionContext, SqlAPI
from dli_core.errors import ErrorCode

pytestmark = pytest.mark.real("trino", "bigquery_emulator")

SPECS = Path(__file__).parent.parent / "tpch"
QUERIES = sorted(path.stem.removeprefix("dataset.") for path in SPECS.glob("dataset.q*.yaml"))
TABLES = ("region", "nation", "supplier", "customer", "part", "partsupp", "orders", "lineitem")
REFUSED = {"q06": "decimal", "q13": "alias"}  # what of them BigQuery has not


def api(kind: type, project: Path, keys: Mapping[str, str]):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DLI_USER_CONFIG", "off")
        for key, value in keys.items():
            patch.setenv(f"DLI_{key.upper().replace('.', '__')}", value)
        return kind(ExecutionContext(project_path=project))


@pytest.fixture(scope="module")
def tables(trino, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rows of scale 0.01, from Trino's generator, as Parquet."""
    folder = tmp_path_factory.mktemp("tpch")
    (folder / "dli.yaml").touch()
    source = api(SqlAPI, folder, of_trino(trino))
    for name in TABLES:
        source.export(f"SELECT * FROM {name}", folder / f"{name}.parquet")
    return folder


def of_trino(trino) -> dict[str, str]:
    keys = {"url": trino.url, "user": "tpch", "catalog": "tpchsql", "schema": "tiny"}
    return {"local.engine": "trino"} | {f"local.trino.{key}": value for key, value in keys.items()}


@pytest.fixture(scope="module")
def of_duckdb(tables: Path) -> dict[str, str]:
    with duckdb.connect(tables / "tpch.duckdb") as connection:
        for name in TABLES:
            connection.execute(f"CREATE TABLE {name} AS FROM '{tables}/{name}.parquet'")
    return {"local.engine": "duckdb", "local.duckdb.database": str(tables / "tpch.duckdb")}


def columns(tables: Path, name: str) -> list[tuple[str, str]]:
    """Names and BigQuery's types."""
    kinds = {"BIGINT": "INT64", "INTEGER": "INT64", "VARCHAR": "STRING", "DATE": "DATE"}
    with duckdb.connect() as connection:
        found = connection.execute(f"DESCRIBE FROM '{tables}/{name}.parquet'").fetchall()
    return [(column, kinds.get(kind, "NUMERIC")) for column, kind, *_ in found]


@pytest.fixture(scope="module")
def of_bigquery(tables: Path, bigquery_emulator) -> dict[str, str]:
    from google.api_core.client_options import ClientOptions
    from google.auth.credentials import AnonymousCredentials
    from google.cloud import bigquery

    options = ClientOptions(api_endpoint=bigquery_emulator.url)
    client = bigquery.Client(bigquery_emulator.project, AnonymousCredentials(), client_options=options)
    dataset = f"tpch{uuid4().hex}"
    client.create_dataset(dataset)
    config = bigquery.LoadJobConfig(source_format=bigquery.SourceFormat.PARQUET)
    for name in TABLES:
        table = f"{client.project}.{dataset}.{name}"
        client.create_table(bigquery.Table(table, [bigquery.SchemaField(*column) for column in columns(tables, name)]))
        with (tables / f"{name}.parquet").open("rb") as source:
            client.load_table_from_file(source, table, job_config=config).result()
    client.close()
    keys = {
        "project": bigquery_emulator.project,
        "dataset": dataset,
        "api_endpoint": bigquery_emulator.url,
        "storage_endpoint": bigquery_emulator.storage,
    }
    return {"local.engine": "bigquery"} | {f"local.bigquery.{key}": value for key, value in keys.items()}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(SPECS, tmp_path_factory.mktemp("specs") / "tpch"))


def csv(project: Path, keys: Mapping[str, str], query: str) -> bytes:
    """The whole file."""
    done = api(DatasetAPI, project, keys).export(query, project / f"{keys['local.engine']}.csv")
    return done.path.read_bytes()


def test_all_queries_are_there():
    assert [f"q{number:02}" for number in range(1, 23)] == QUERIES


@pytest.mark.parametrize("query", QUERIES)
def test_a_query_gives_the_same_bytes_on_trino(query: str, project: Path, trino, of_duckdb):
    expected = csv(project, of_duckdb, query)
    assert expected.count(b"\n") > 1 or query == "q17"
    assert csv(project, of_trino(trino), query) == expected


@pytest.mark.parametrize("query", [query for query in QUERIES if query not in REFUSED])
def test_a_query_gives_the_same_bytes_on_bigquery(query: str, project: Path, of_duckdb, of_bigquery):
    assert csv(project, of_bigquery, query) == csv(project, of_duckdb, query)


@pytest.mark.parametrize("query", REFUSED)
def test_a_query_that_bigquery_takes_for_another_is_refused(query: str, project: Path, of_bigquery):
    with pytest.raises(DLIError) as caught:
        csv(project, of_bigquery, query)
    assert caught.value.code is ErrorCode.UNSUPPORTED_CONSTRUCT
    assert REFUSED[query] in str(caught.value.details)
