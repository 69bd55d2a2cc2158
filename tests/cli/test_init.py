"""`dli init`: a project that runs at once, and never at the cost of a file that was there."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from dli_cli import scaffold

EXAMPLES = Path(scaffold.EXAMPLES)


def files(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_new_project_runs_at_once(dli, tmp_path: Path, snapshot):
    made = dli("init", cwd=tmp_path)
    assert (made.code, made.out) == (0, "")
    snapshot("init", made.err.replace(str(tmp_path), "HERE"))
    assert dli("dataset", "validate", cwd=tmp_path).code == 0
    done = dli("dataset", "run", "hello", "-p", "name=O'Brien", "-p", "times=2", cwd=tmp_path)
    assert done.out == 'number,greeting\n1,"Hello, O\'Brien!"\n2,"Hello, O\'Brien!"\n'


def test_it_holds_what_a_project_needs(dli, tmp_path: Path):
    dli("init", str(tmp_path / "p"))
    assert set(files(tmp_path / "p")) == {
        ".dli/schemas/dataset.json",
        ".dli/schemas/metric.json",
        ".dli/schemas/quality.json",
        ".gitignore",
        ".vscode/extensions.json",
        ".vscode/settings.json",
        "datasets/dataset.hello.yaml",
        "datasets/hello.sql",
        "dli.yaml",
        "macros/greetings.sql",
    }


def test_editors_are_told_which_schema_fits_which_file(dli, tmp_path: Path):
    dli("init", cwd=tmp_path)
    told = json.loads((tmp_path / ".vscode" / "settings.json").read_text())["yaml.schemas"]
    for path, patterns in told.items():
        schema = json.loads((tmp_path / path).read_text())
        assert schema["additionalProperties"] is False
        assert patterns[0] == f"{Path(path).stem}.*.yaml"


def test_the_example_is_the_one_of_the_repository(dli, tmp_path: Path):
    assert dli("init", "demo", "--example", "flights", cwd=tmp_path).code == 0
    made = files(tmp_path / "demo")
    tracked = subprocess.run(["git", "ls-files"], cwd=EXAMPLES / "flights", capture_output=True, text=True, check=True)
    source = set(tracked.stdout.split()) - {"build.py"}
    assert source == {name for name in made if not name.startswith((".vscode/", ".dli/"))}
    assert all(made[name] == (EXAMPLES / "flights" / name).read_bytes() for name in source)
    done = dli("dataset", "run", "departures", "-p", "date=2013-07-04", "--format", "table", cwd=tmp_path / "demo")
    assert "Rows: 737" in done.out


def test_what_git_should_not_see_is_ignored(dli, tmp_path: Path):
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    dli("init", cwd=tmp_path)
    dli("dataset", "run", "hello", cwd=tmp_path)
    assert (tmp_path / "data.duckdb").exists()
    seen = subprocess.run(
        ["git", "status", "--short", "-uall"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert "dli.yaml" in seen
    assert "duckdb" not in seen


@pytest.mark.parametrize("words", [[], ["--example", "flights"]])
def test_it_never_overwrites(dli, tmp_path: Path, words: list[str]):
    (tmp_path / "dli.yaml").write_text("requires: '>=0'\n")
    first, second = dli("init", *words, cwd=tmp_path).usage
    assert first == "Error: dli.yaml exists already; nothing was written."
    assert second == "Start the project in another folder: dli init DIR."
    assert files(tmp_path) == {"dli.yaml": b"requires: '>=0'\n"}


def test_a_second_init_loses_nothing(dli, tmp_path: Path):
    dli("init", cwd=tmp_path)
    (tmp_path / "datasets" / "hello.sql").write_text("SELECT 'mine'")
    before = files(tmp_path)
    again = dli("init", cwd=tmp_path)
    assert again.code == 2
    assert again.err.startswith("Error: datasets/dataset.hello.yaml, datasets/hello.sql, dli.yaml")
    assert files(tmp_path) == before


def test_files_that_everybody_has_stay_as_they_are(dli, tmp_path: Path):
    (tmp_path / ".gitignore").write_text("mine\n")
    (tmp_path / ".vscode").mkdir()
    (tmp_path / ".vscode" / "settings.json").write_text("{}")
    done = dli("init", cwd=tmp_path)
    assert done.code == 0
    assert "Left as they were: .gitignore, .vscode/settings.json" in done.err
    assert (tmp_path / ".gitignore").read_text() == "mine\n"
    assert (tmp_path / ".vscode" / "settings.json").read_text() == "{}"


def test_a_link_to_nowhere_is_in_the_way(dli, tmp_path: Path):
    (tmp_path / "dli.yaml").symlink_to(tmp_path / "nowhere")
    assert dli("init", cwd=tmp_path).code == 2
    assert not (tmp_path / "nowhere").exists()


def test_a_file_where_a_folder_is_needed_is_in_the_way(dli, tmp_path: Path):
    (tmp_path / "datasets").write_text("")
    assert dli("init", cwd=tmp_path).code == 2
    assert files(tmp_path) == {"datasets": b""}


@pytest.mark.parametrize("name", ["file", "file/inner/deep"])
def test_a_file_is_no_folder(dli, tmp_path: Path, name: str):
    (tmp_path / "file").write_text("")
    assert "is not a folder" in dli("init", name, cwd=tmp_path).usage[0]


def test_a_disk_that_refuses_leaves_nothing_behind(dli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    original = Path.open

    def refuse(self: Path, mode: str = "r", *args, **kwargs):
        if self.name == "hello.sql" and mode == "xb":
            raise OSError(28, "No space left on device")
        return original(self, mode, *args, **kwargs)

    monkeypatch.setattr(Path, "open", refuse)
    done = dli("init", "p", cwd=tmp_path)
    assert done.code == 7
    assert done.err.startswith("[DLI-407]")
    assert files(tmp_path) == {}


@pytest.mark.parametrize(
    ("words", "said", "remedy"),
    [
        (["--example", "fligths"], "did you mean 'flights'?", "Examples: flights."),
        (["--engine", "duckbd"], "did you mean 'duckdb'?", f"Engines: {', '.join(scaffold.engines())}."),
    ],
)
def test_an_unknown_name_gets_the_nearest(dli, tmp_path: Path, words: list[str], said: str, remedy: str):
    first, second = dli("init", *words, cwd=tmp_path).usage
    assert said in first
    assert second == remedy
    assert files(tmp_path) == {}


@pytest.mark.parametrize("engine", scaffold.engines())
def test_the_block_of_every_engine_loads(dli, tmp_path: Path, engine: str):
    assert dli("init", "--engine", engine, cwd=tmp_path).code == 0
    assert dli("config", "get", "local.engine", cwd=tmp_path).out == f"{engine}\n"


def test_the_link_of_the_repository_leads_to_the_example():
    link = Path(__file__).resolve().parents[2] / "examples" / "flights"
    assert link.is_symlink()
    assert link.resolve() == EXAMPLES / "flights"
    assert (link / "build.py").is_file()
