"""The models of specs: frozen values that can be made in code, compared, copied and sent to another process."""

from __future__ import annotations

import copy
import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from dli_core.models.dataset import DatasetSpec
from dli_core.models.metric import MetricSpec
from dli_core.models.parameter import PARAMETER_TYPES, Parameter
from dli_core.models.quality_test import QualityTest
from dli_core.models.spec import Column, Source, Spec, SqlSpec
from dli_core.models.spelling import KEYS, VALUES, alike, meant, nearest
from tests.support.specs import HEAD, dataset, write


def test_a_spec_is_made_in_code_like_in_a_file():
    spec = DatasetSpec.model_validate(
        {"name": "a.b.c", "query_statement": "SELECT 1", "schema": [{"name": "x", "type": "DATE"}]}
    )
    assert spec.schema_ == [Column(name="x", type="date")]
    assert spec.source is None
    with pytest.raises(ValidationError, match="give either query_file or query_statement"):
        SqlSpec(name="a.b.c", query_file="x", query_statement="y")
    with pytest.raises(ValidationError, match="parameter 'a' is declared twice"):
        SqlSpec(name="a.b.c", query_file="x", parameters=[Parameter(name="a"), Parameter(name="a")])
    test = QualityTest(type="not_null", column="a")
    with pytest.raises(ValidationError, match="this test is 'not_null_a' too"):
        SqlSpec(name="a.b.c", query_file="x", tests=[test, test])


def test_a_spec_is_frozen(tmp_path: Path):
    spec = dataset(tmp_path, HEAD)
    with pytest.raises(ValidationError, match="frozen"):
        spec.name = "x.y.z"  # type: ignore[misc]


def test_two_readings_of_one_file_are_equal(tmp_path: Path):
    first, second = dataset(tmp_path, HEAD), dataset(tmp_path, HEAD)
    assert first == second
    assert first != dataset(tmp_path, HEAD + "owner: x\n")


def test_a_spec_survives_a_copy_and_a_pickle(tmp_path: Path):
    spec = dataset(tmp_path, HEAD + "parameters: [{name: a, default: null}]\n")
    for twin in (copy.copy(spec), copy.deepcopy(spec), pickle.loads(pickle.dumps(spec)), spec.model_copy(deep=True)):
        assert twin == spec
        assert twin.source is not None
        assert twin.source.relative == "dataset.x.yaml"
        assert not twin.parameters[0].must_be_given


def test_a_source_knows_the_place_of_keys_and_values(tmp_path: Path):
    source = dataset(tmp_path, HEAD + "parameters:\n  - name: a\n    type: date\n").source
    assert source is not None
    assert source.place("parameters", 0, "type") == (5, 5)
    assert source.at("parameters", 0, "type") == {"path": "dataset.x.yaml", "line": 5, "column": 5}
    assert source.value_at("parameters", 0, "type") == {"path": "dataset.x.yaml", "line": 5, "column": 11}
    assert source.place("parameters", 0, "default") == source.place("parameters", 0)
    assert source.value_at("nowhere") == {"path": "dataset.x.yaml", "line": 1, "column": 1}
    assert Source(Path("x"), "x").at("name") == {"path": "x", "line": 1, "column": 1}


def test_a_spec_of_no_kind_has_the_fields_that_all_share():
    assert (Spec.kind, DatasetSpec.kind, MetricSpec.kind) == ("", "dataset", "metric")


def test_the_types_of_parameters_are_one_list():
    for kind in PARAMETER_TYPES:
        assert Parameter(name="p", type=kind).scalar == kind  # type: ignore[arg-type]
        listed = Parameter(name="p", type=f"list[{kind}]")  # type: ignore[arg-type]
        assert (listed.is_list, listed.scalar) == (True, kind)


@pytest.mark.parametrize(
    ("word", "known", "found"),
    [
        ("OWNER", ["owner"], "owner"),
        ("timeout", ["timeout_seconds", "retry_count"], "timeout_seconds"),
        ("sql", ["query_statement", "query_file"], "query_statement"),
        ("dialcet", ["dialect", "budget"], "dialect"),
        ("zzz", ["dialect", "budget"], None),
        ("", ["dialect"], None),
        ("d" * 100_000, ["dialect"], None),
    ],
)
def test_a_word_stands_for_the_nearest_one(word: str, known: list[str], found: str | None):
    assert nearest(word, known) == found


def test_a_habit_comes_before_a_likeness():
    assert alike("params", ["parameters", "param"]) == "param"
    assert meant("params", ["parameters", "param"]) == "parameters"
    assert nearest("int", ["bigint", "integer"], VALUES) == "integer"


def test_no_habit_is_the_name_of_what_it_stands_for():
    for name, habits in {**KEYS, **VALUES}.items():
        assert name not in habits
        assert len(set(habits)) == len(habits)


def test_importing_the_models_builds_none_of_them():
    code = (
        "from dli_core.models.dataset import DatasetSpec as D; before = D.__pydantic_complete__\n"
        "D(name='a.b.c', query_file='x'); print(before, D.__pydantic_complete__)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False True\n"


def test_threads_that_read_the_first_spec_at_once_all_get_it(tmp_path: Path):
    write(tmp_path, {"dataset.x.yaml": HEAD, "metric.x.yaml": HEAD})
    code = f"""
import sys, threading
from pathlib import Path
from dli_core.specs.load import load_project
sys.setswitchinterval(1e-6)
found, ready = [], threading.Barrier(16)
def read():
    ready.wait()
    found.append(len(load_project(Path({str(tmp_path)!r})).specs))
threads = [threading.Thread(target=read) for _ in range(16)]
[t.start() for t in threads]; [t.join() for t in threads]
print(found == [2] * 16)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
