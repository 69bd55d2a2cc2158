"""What the README, the contributing guide and the documentation say is true: commands run, paths exist."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from dli_core.config import keys
from dli_core.config.env import NAMES
from dli_core.errors import ErrorCode
from dli_core.export.formats import FORMATS
from dli_core.models.quality_rules import RULES
from dli_core.specs.find import KINDS
from dli_core.specs.schema import json_schema
from tools import docs, pages

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
DOCS = sorted((ROOT / "docs").rglob("*.md"))
MEMBERS = sorted([*ROOT.glob("packages/*/README.md"), ROOT / "crates" / "dli_fast" / "README.md"])
PAGES = [README, ROOT / "README.ko.md", ROOT / "CONTRIBUTING.md", *MEMBERS, *DOCS]
RUN = [page for page in [*MEMBERS, *DOCS] if any(block.language in {"sh", "python"} for block in pages.blocks(page))]
BIN = Path(sys.executable).parent


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def run(script: str, cwd: Path) -> str:
    """Run a script with `dli` on the path; what it printed."""
    environment = os.environ | {"PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}"}
    command = ["bash", "-c", script]
    done = subprocess.run(command, cwd=cwd, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-2000:]}"
    return done.stdout


@pytest.fixture(scope="module")
def flights(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """The folder in which the first block of the README ran, exactly as printed, and what it printed."""
    folder = tmp_path_factory.mktemp("readme")
    first = pages.blocks(README)[0]
    assert first.text.startswith("dli init --example flights")
    return folder / "flights", run(f"set -euo pipefail\n{first.text}", folder)


def test_the_first_block_of_the_readme_does_what_it_says(flights: tuple[Path, str]):
    folder, printed = flights
    assert "flights.main.departures" in printed
    assert "DATE '2013-06-01'" in printed
    assert (folder / "flights.csv").read_bytes().count(b"\n") == 336_777
    assert (folder / "flights.json").read_bytes().endswith(b"]\n")


def test_the_injection_of_the_readme_finds_nothing(flights: tuple[Path, str]):
    command = next(line for line in pages.blocks(README)[0].text.splitlines() if "OR '1'='1" in line)
    assert run(command, flights[0]).count("\n") == 1, "the header and no row"


def test_the_spec_of_the_readme_runs(flights: tuple[Path, str], tmp_path: Path):
    (tmp_path / "dli.yaml").touch()
    (tmp_path / "data").symlink_to(flights[0] / "data")
    for block in pages.blocks(README):
        if block.language in {"yaml", "sql"}:
            comment, _, text = block.text.partition("\n")
            (tmp_path / comment.strip("#- ")).write_text(text)
    printed = run("dli dataset run departures -p date=2013-06-01 -p carrier=HA --format csv", tmp_path)
    assert printed.count("\n") == 2


def test_the_program_of_the_readme_runs(flights: tuple[Path, str]):
    programs = [block for block in pages.blocks(README) if block.language == "python"]
    assert programs
    assert run(pages.script(programs), flights[0].parent).splitlines()[-1].startswith("336776 ")


def test_the_readme_opens_with_the_one_sentence():
    first = README.read_text().split("\n\n")[1]
    assert first.startswith("Run one SQL spec on DuckDB, Trino, BigQuery or your company's server by changing a flag")


def test_the_korean_readme_prints_the_same_commands_and_programs():
    def lines(page: Path) -> list[str]:
        return [re.sub(r"\s+#.*", "", line) for block in pages.blocks(page) for line in block.text.splitlines()]

    assert lines(ROOT / "README.ko.md") == lines(README)


def test_there_are_pages_to_run():
    assert {"docs/tutorial.md", "docs/templates.md", "docs/config.md", "docs/export.md"} <= {name(page) for page in RUN}


@pytest.mark.parametrize("page", RUN, ids=name)
def test_a_page_prints_what_it_promises(page: Path, tmp_path: Path):
    blocks = pages.blocks(page)
    printed = run(pages.script(blocks), tmp_path)
    assert pages.missing(blocks, printed) is None, printed


def test_a_promise_that_is_not_kept_is_found():
    promised = [pages.Block("text", None, "rows 3\nin 0.5s\n")]
    assert pages.missing(promised, "start\nrows 3\nin 12.25s\n") is None
    assert pages.missing(promised, "in 12.25s\nrows 3\n") == "in 0s"
    assert pages.missing(promised, "rows 4\nin 0.5s\n") == "rows 3"


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_path_that_is_named_exists(page: Path):
    text = page.read_text(encoding="utf-8")
    links = [link for link in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", text) if not link.startswith("http")]
    assert [link for link in links if not (page.parent / link).exists()] == []
    named = re.findall(r"`((?:packages|crates|tests|tools|benchmarks|docs|examples|\.ci)/[\w./-]+)`", text)
    assert [path for path in named if not (ROOT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_target_that_is_named_is_in_the_makefile(page: Path):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    calls = re.findall(r"(?:^|`)make ((?:[a-z]+\b ?)+)", page.read_text(encoding="utf-8"), re.MULTILINE)
    assert {word for call in calls for word in call.split()} <= targets


def test_generated_parts_hold_all_that_the_program_has():
    assert all(f"{{ #{code.value.lower()} }}" in docs.errors() for code in ErrorCode)
    assert all(f"`{name}`" in docs.formats() for name in FORMATS)
    assert all(f"`{entry.name}`" in docs.variables() for entry in NAMES)
    named = {name.replace("environments.NAME.", "") for name in re.findall(r"(?m)^\| `([^`]+)`", docs.settings())}
    assert named == {keys.join(parts) for parts, key in keys.table().items() if key.kind != "section"}


@pytest.mark.parametrize("kind", KINDS)
def test_the_page_of_a_kind_of_spec_has_every_key_of_every_block(kind: str):
    schema, page = json_schema(kind), docs.keys_of(kind)
    blocks = [schema, *(block for block in schema["$defs"].values() if "properties" in block)]
    keys_ = [(key, field["description"]) for block in blocks for key, field in block["properties"].items()]
    rows = [line for line in page.splitlines() if line.startswith("| `")]
    assert len(rows) == len(keys_) + len(RULES)
    for key, description in keys_:
        assert description.strip(), key
        assert any(row.startswith(f"| `{key}` |") and row.endswith(f"| {docs.plain(description)} |") for row in rows), (
            key
        )
    assert all(
        f"](#{target})" not in page or f"{{ #{target} }}" in page for target in re.findall(r"\]\(#(\w+)\)", page)
    )


def test_every_generated_part_has_its_place_and_every_place_its_part():
    asked = [mark for page in DOCS for mark in docs.MARK.findall(page.read_text(encoding="utf-8"))]
    assert sorted(asked) == sorted(docs.GENERATED)


def test_the_documentation_builds_strictly_and_loads_nothing_from_elsewhere(tmp_path: Path):
    command = [str(BIN / "mkdocs"), "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    built = sorted(tmp_path.rglob("*.html"))
    assert len(built) > len(DOCS)
    loaded = re.compile(r'<(?:script|link|img|iframe)\b[^>]*\b(?:src|href)="(?:https?:)?//[^"]*"')
    assert [found for page in built for found in loaded.findall(page.read_text(encoding="utf-8"))] == []
