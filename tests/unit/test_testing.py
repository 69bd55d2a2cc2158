"""dli.testing: what users test their own code with."""

from __future__ import annotations

import doctest
from pathlib import Path

import pytest

import dli.testing
from dli import DatasetAPI, ExecutionContext
from dli.testing import Answers, assert_valid, make_project

SPEC = "name: a.b.c\nquery_statement: SELECT n FROM orders WHERE d = {{ day }}\nparameters: [{name: day, type: date}]\n"


def test_the_examples_of_the_docstrings_hold():
    assert doctest.testmod(dli.testing).failed == 0


def test_a_project_is_made_and_run_without_an_engine(tmp_path: Path):
    root = make_project(tmp_path, {"specs/dataset.c.yaml": SPEC})
    answers = Answers({"FROM orders": [{"n": 1}, {"n": 2}]})
    api = DatasetAPI(ExecutionContext(project_path=root), executor=answers)
    assert [row["n"] for row in api.run("c", parameters={"day": "2025-01-31"}).data] == [1, 2]
    assert answers.executed == ["SELECT n FROM orders WHERE d = DATE '2025-01-31'"]


def test_a_statement_without_an_answer_fails_the_test(tmp_path: Path):
    root = make_project(tmp_path, {"dataset.c.yaml": SPEC})
    with pytest.raises(AssertionError, match="no answer fits this SQL"):
        DatasetAPI(ExecutionContext(project_path=root), executor=Answers({"FROM users": []})).run(
            "c", parameters={"day": "2025-01-31"}
        )


def test_a_valid_project_passes(tmp_path: Path):
    assert_valid(make_project(tmp_path, {"dataset.c.yaml": SPEC}))


def test_every_finding_of_a_project_is_told_with_its_place(tmp_path: Path):
    root = make_project(
        tmp_path,
        {
            "dataset.c.yaml": SPEC.replace("{{ day }}", "{{ dya }}"),
            "metric.m.yaml": "name: a.b.m\nqeury_statement: SELECT 1\n",
        },
    )
    with pytest.raises(AssertionError) as caught:
        assert_valid(root)
    text = str(caught.value)
    assert "dataset.c.yaml:2:52" in text
    assert "metric.m.yaml:2:1: unknown key 'qeury_statement', did you mean 'query_statement'?" in text


def test_warnings_fail_only_where_they_are_asked_to(tmp_path: Path):
    root = make_project(
        tmp_path, {"dataset.c.yaml": "name: a.b.c\nquery_statement: SELECT 1\nparameters: [{name: x}]\n"}
    )
    assert_valid(root)
    with pytest.raises(AssertionError, match="not used"):
        assert_valid(root, warnings=True)
