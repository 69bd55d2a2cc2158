"""Which files are specs, and what may lie under their names: nothing hangs, crashes, or is taken for another."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from dli_core.errors import DLIError, ErrorCode
from dli_core.specs.find import SpecFile, find_specs, kind_of, misnamed
from dli_core.specs.load import load_files, load_project, load_spec
from dli_core.specs.read import LARGEST, read_bytes
from tests.support.specs import HEAD, load, refused, told, write


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("dataset.orders.yaml", "dataset"),
        ("metric.a.b.c.yml", "metric"),
        ("quality.orders.yaml", "quality"),
        ("dataset.yaml", None),
        ("dataset..yaml", None),
        ("datasets.orders.yaml", None),
        ("dataset.orders.yaml.bak", None),
        ("dataset.orders.json", None),
        ("Dataset.orders.yaml", None),
        ("my.dataset.orders.yaml", None),
        ("dli.yaml", None),
    ],
)
def test_the_name_of_a_file_says_its_kind(name: str, kind: str | None):
    assert kind_of(name) == kind


def test_specs_are_found_below_the_root_in_order_of_their_paths(tmp_path: Path):
    names = ["b/dataset.x.yaml", "a/metric.y.yml", "dataset.z.yaml", "a/b/c/quality.q.yaml"]
    others = [".git/dataset.x.yaml", "node_modules/dataset.x.yaml", ".venv/lib/dataset.x.yaml", "target/dataset.x.yaml"]
    write(tmp_path, dict.fromkeys([*names, *others, "a/dataset.yaml", "a/readme.md"], HEAD))
    found = [str(file.path.relative_to(tmp_path)) for file in find_specs(tmp_path)]
    assert found == ["a/b/c/quality.q.yaml", "a/metric.y.yml", "b/dataset.x.yaml", "dataset.z.yaml"]


def test_a_folder_named_like_a_spec_is_a_folder(tmp_path: Path):
    write(tmp_path, {"dataset.x.yaml/dataset.y.yaml": HEAD})
    assert [spec.name for spec in load_project(tmp_path).specs] == ["a.b.c"]


def test_a_link_to_a_folder_is_not_followed(tmp_path: Path):
    write(tmp_path, {"real/dataset.x.yaml": HEAD})
    (tmp_path / "again").symlink_to(tmp_path / "real", target_is_directory=True)
    (tmp_path / "real" / "loop").symlink_to(tmp_path, target_is_directory=True)
    assert len(find_specs(tmp_path)) == 1


def test_a_link_to_a_file_is_that_file(tmp_path: Path):
    write(tmp_path, {"shared/orders.yaml": HEAD})
    (tmp_path / "dataset.x.yaml").symlink_to(tmp_path / "shared" / "orders.yaml")
    assert [spec.source.relative for spec in load_project(tmp_path).specs if spec.source] == ["dataset.x.yaml"]


def test_a_link_to_nothing_is_a_problem(tmp_path: Path):
    (tmp_path / "dataset.x.yaml").symlink_to(tmp_path / "nowhere")
    (tmp_path / "dataset.y.yaml").symlink_to(tmp_path / "dataset.y.yaml")
    assert told(load_project(tmp_path)) == [
        "dataset.x.yaml:1:1 the file cannot be read: no such file or directory",
        "dataset.y.yaml:1:1 the file cannot be read: too many levels of symbolic links",
    ]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_problem(tmp_path: Path):
    write(tmp_path, {"dataset.x.yaml": HEAD, "dataset.y.yaml": HEAD})
    (tmp_path / "dataset.x.yaml").chmod(0)
    project = load_project(tmp_path)
    assert told(project) == ["dataset.x.yaml:1:1 the file cannot be read: permission denied"]
    assert len(project.specs) == 1


def test_a_pipe_is_no_file_and_nobody_waits_for_it(tmp_path: Path):
    os.mkfifo(tmp_path / "dataset.x.yaml")
    (tmp_path / "dataset.y.yaml").symlink_to("/dev/zero")
    (tmp_path / "dataset.z.yaml").symlink_to("/dev/tty")
    before = time.monotonic()
    problems = told(load_project(tmp_path))
    assert time.monotonic() - before < 1
    assert [line.partition(" ")[0] for line in problems] == [f"dataset.{n}.yaml:1:1" for n in "xyz"]
    assert problems[0] == "dataset.x.yaml:1:1 this is no file"
    assert problems[1] == "dataset.y.yaml:1:1 this is no file"


def test_a_file_that_is_gone_when_it_is_read_is_no_spec_and_no_problem(tmp_path: Path):
    write(tmp_path, {"dataset.x.yaml": HEAD, "dataset.y.yaml": HEAD})
    files = find_specs(tmp_path)
    (tmp_path / "dataset.x.yaml").unlink()
    project = load_files(tmp_path, files)
    assert ([spec.name for spec in project.specs], project.problems) == (["a.b.c"], [])


def test_a_file_that_is_asked_for_and_missing_is_an_error(tmp_path: Path):
    with pytest.raises(DLIError) as caught:
        load_spec(SpecFile("dataset", tmp_path / "dataset.x.yaml"), tmp_path)
    assert caught.value.code is ErrorCode.SPEC_PARSE
    assert caught.value.details["path"] == "dataset.x.yaml"
    assert str(tmp_path) not in str(caught.value.details)


def test_a_file_has_at_most_one_mebibyte(tmp_path: Path):
    text = HEAD + "description: >\n  "
    assert load(tmp_path, {"dataset.x.yaml": text + "x" * (LARGEST - len(text))}).problems == []
    big = text + "x" * (2 * LARGEST - len(text))
    assert refused(tmp_path, big) == ["1:1 the file has 2,097,152 bytes, and a spec has at most 1,048,576"]


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc on this machine")
def test_a_file_that_hides_its_size_is_read_whole():
    assert read_bytes(Path("/proc/self/status")).startswith(b"Name:")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"", "1:1 the file is empty: write at least a name and a query"),
        (b"\n# only a comment\n", "1:1 the file is empty: write at least a name and a query"),
        (b"null", "1:1 the file is empty: write at least a name and a query"),
        (b"- a\n", "1:1 the file does not hold keys and values"),
        (b"just text", "1:1 the file does not hold keys and values"),
        (b"name: a.b.c\nname: a.b.d\nquery_statement: s\n", "2:1 the key 'name' stands twice in this mapping: first at line 1, column 1"),
        (b"name: a.b.c\nquery_statement: s\nversions: [{a: 1, a: 2}]\n",
         "3:19 the key 'a' stands twice in this mapping: first at line 3, column 13"),
        (b"name: a.b.c\nowner: \xff\n", "2:8 the byte 0xff is not UTF-8; save the file as UTF-8"),
        ("name: a.b.c\n".encode("utf-16"), "1:1 the file is UTF-16; save it as UTF-8"),
        (b"name: a\x00b\n", "1:8 the character U+0000 is not allowed in YAML; write it as an escape in quotes"),
        (b"a: &a [x]\nb: *a\n", "1:4 the anchor &a is not allowed; write the value out, or quote it if it is text"),
        (b"b: *a\n", "1:4 *a is an alias, which is not allowed; write the value out, or quote it if it is text"),
        (b"x:\n  <<: {a: 1}\n", "2:3 the merge key << is not allowed; write the keys out, or quote it if it is a name"),
        (b"x: !!python/name:os.x\n", "1:4 the tag !!python/name:os.x is not allowed; quote the value if it is text"),
        (b"x: " + b"[" * 200_000, "1:68 nested deeper than 64 levels"),
        (b"x: " + b"{a: " * 100_000, "1:256 nested deeper than 64 levels"),
        (b"".join(b" " * n + b"a:\n" for n in range(1_000)), "65:65 nested deeper than 64 levels"),
        (b"x: " + b"9" * 500_000, "1:4 a number of 500000 digits; at most 640 are read"),
        (b"name: a.b.c\n---\nname: a.b.d\n", "2:1 a second document starts here; a file holds one (remove the '---')"),
    ],
)  # fmt: skip
def test_hostile_or_broken_yaml_is_refused_at_once(tmp_path: Path, data: bytes, problem: str):
    before = time.process_time()
    assert refused(tmp_path, data) == [problem]
    assert time.process_time() - before < 1


def test_deep_notes_are_read_down_to_the_limit(tmp_path: Path):
    write(tmp_path, {"dataset.x.yaml": f"{HEAD}versions: {'[' * 60}{']' * 60}\n"})
    assert load_project(tmp_path).problems == []


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("dataset.yaml", "dataset"),
        ("dataset-orders.yaml", "dataset"),
        ("datasets.orders.yml", "dataset"),
        ("Metric.orders.yaml", "metric"),
        ("quality_a.yaml", "quality"),
    ],
)
def test_a_spec_under_nearly_a_name_of_one_is_noticed(tmp_path: Path, name: str, kind: str):
    write(tmp_path, {f"a/{name}": "name: a.b.c\nquery_file: x\n"})
    assert [*misnamed(tmp_path)] == [(f"a/{name}", kind)]


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("metrics.yaml", "prometheus: {scrape: 5}\n"),
        ("quality.yaml", "name: ci\non: push\n"),
        ("orders.dataset.yaml", "name: a.b.c\nquery_file: x\n"),
        ("dataset.orders.yaml", "name: a.b.c\nquery_file: x\n"),
    ],
)
def test_other_files_are_left_alone(tmp_path: Path, name: str, text: str):
    write(tmp_path, {name: text})
    assert not [*misnamed(tmp_path)]
