"""`import dli`: lazy, whole, typed from outside."""

from __future__ import annotations

import ast
import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

import dli

SOURCE = Path(dli.__file__ or "")


def test_every_name_is_exported_from_where_the_checker_looks():
    imports: dict[str, str] = {}
    for node in ast.walk(ast.parse(SOURCE.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("dli"):
            for name in node.names:
                assert name.asname == name.name, f"{name.name} must be a redundant alias"
                imports[name.name] = node.module
    assert imports == dli._EXPORTS
    for exported, module in imports.items():
        assert getattr(dli, exported) is getattr(importlib.import_module(module), exported)


def test_an_unknown_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="Nope"):
        _ = dli.Nope
    with pytest.raises(ImportError):
        exec("from dli import Nope")


def test_importing_costs_nothing_heavy():
    code = "import sys, dli; print([m for m in sys.modules if m.split('.')[0] in {HEAVY}])"
    heavy = "('pydantic', 'duckdb', 'polars', 'httpx', 'sqlglot', 'typer', 'rich', 'pyarrow')"
    out = subprocess.run(
        [sys.executable, "-c", code.replace("{HEAVY}", heavy)], capture_output=True, text=True, check=True
    )
    assert out.stdout.strip() == "[]"


def test_a_run_imports_no_more_than_it_needs(tmp_path: Path):
    code = (
        "import sys; from dli import SqlAPI; SqlAPI().run('SELECT 1')\n"
        "print([m for m in ('polars', 'httpx', 'sqlglot', 'typer', 'rich', 'pyarrow', 'pydantic_settings', 'pandas')"
        " if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


TYPED = """\
from pathlib import Path
from dli import DatasetAPI, ExecutionContext, ExecutionMode, MockExecutor, QueryResult, DLIError, ExportResult, QueryExecutor

ctx = ExecutionContext(api_token="t", mock_mode=True, project_path="x")
ctx = ExecutionContext(project_path=Path("x"), execution_mode=ExecutionMode.LOCAL, dialect="bigquery", timeout=5)
executor: QueryExecutor = MockExecutor(return_value=QueryResult(rows=[{"id": 1}], row_count=1))
api = DatasetAPI(context=ctx, executor=executor)
result = api.run("a.b.c", parameters={"date": "2025-01-01"})
rows: int = result.row_count
for row in result.data:
    print(row["id"])
done: ExportResult = api.export("a.b.c", "out.csv")
with api.stream("a.b.c") as stream:
    print(stream.names)
spec = api.get("a.b.c")
if spec is not None:
    print(spec.name, spec.query_type)
try:
    api.run("x")
except DLIError as problem:
    print(problem.code.value, problem.exit_code)
"""
WRONG = {
    "an unknown name": "from dli import Nope\n",
    "an unknown keyword": "from dli import ExecutionContext\nExecutionContext(timout=3)\n",
    "a wrong type": "from dli import ExecutionContext\nExecutionContext(timeout='x')\n",
    "a missing value": "from dli import DatasetAPI\nDatasetAPI().get('a').name\n",
    "a wrong result": "from dli import DatasetAPI\nx: str = DatasetAPI().run('a').row_count\n",
}


@pytest.fixture(scope="module")
def complaints(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """What (based)pyright says in strict mode, by file; one run for all."""
    folder = tmp_path_factory.mktemp("typed")
    for name, text in {"right": TYPED, **WRONG}.items():
        (folder / f"{name.replace(' ', '_')}.py").write_text(text)
    (folder / "pyrightconfig.json").write_text('{"typeCheckingMode": "strict", "pythonVersion": "3.11"}')
    command = [sys.executable, "-m", "basedpyright", "--outputjson", "--pythonpath", sys.executable, "-p", str(folder)]
    out = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found: dict[str, list[str]] = {}
    for item in json.loads(out.stdout)["generalDiagnostics"]:
        found.setdefault(Path(item["file"]).stem, []).append(item["message"])
    return found


def test_a_user_s_code_is_strictly_typed(complaints: dict[str, list[str]]):
    assert complaints.get("right", []) == []


@pytest.mark.parametrize("kind", WRONG)
def test_a_user_s_mistake_is_seen_by_the_checker(complaints: dict[str, list[str]], kind: str):
    assert complaints.get(kind.replace(" ", "_"))
