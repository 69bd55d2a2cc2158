"""The verbs that datasets and metrics share: list, get, validate; `run` is in `dli_cli.running`.

Session.api(kind) ─▶ specs, findings ─▶ a listing for people │ JSON for programs
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import typer

from dli_cli import described, tables
from dli_cli.options import ListOptions
from dli_cli.session import Kind, Session
from dli_cli.usage import EXIT_CODE
from dli_core.errors import ErrorCode, error
from dli_core.errors.phrase import Text, counted, said
from dli_core.errors.safe import escaped

if TYPE_CHECKING:
    from dli_core.models.result import Finding
    from dli_core.models.spec import Spec, SqlSpec


def show_list(session: Session, kind: Kind, options: ListOptions) -> None:
    """Every spec of the kind; files that could not be read are named on stderr."""
    from dli.facade import problems_of  # noqa: PLC0415 - as in the session

    console = session.console
    _need_project(session)
    project = session.runner().load()
    specs = cast("list[SqlSpec]", project.of(kind))
    if options.format == "json":
        console.json([_summary(spec) for spec in specs])
    elif specs:
        rows = [[s.name, s.query_type, s.owner or "", _first_line(s.description)] for s in specs]
        heads = described.heads(("name", "type", "owner", "description"), console.language)
        width = console.width if console.on_terminal else None
        console.data("\n".join(tables.plain(heads, rows, width)))
    else:
        console.tell(f"screen.no_{kind}s", folder=session.settings.root)
    console.flush()
    broken = problems_of(project, kind)
    for line in _lines(broken, console.language):
        console.note(line)
    if broken:
        files = len({finding.path for finding in broken})
        key = "screen.file_unreadable" if files == 1 else "screen.files_unreadable"
        console.warn(Text(key, files=counted(files, "file")))


def show(session: Session, kind: Kind, name: str, options: ListOptions) -> None:
    """One spec in full."""
    spec = cast("SqlSpec", session.runner().find(kind, name))
    if options.format == "json":
        session.console.json(described.as_json(spec))
    else:
        session.console.data("\n".join(described.as_text(spec, session.console.width, session.console.language)))


def validate(session: Session, kind: Kind, names: list[str], options: ListOptions) -> None:
    """Check the named specs, or all of the kind; an error among the findings is exit code 2."""
    from dli_core.specs.validate import by_place  # noqa: PLC0415 - a run checks nothing

    console, api = session.console, session.api(kind)
    _need_project(session)
    results = api.validate_all(names)
    findings = by_place(finding for result in results for finding in result.findings)
    if options.format == "json":
        console.json({"valid": not _errors(findings), "findings": [f.model_dump(mode="json") for f in findings]})
    else:
        for line in _lines(findings, console.language):
            console.data(line)
    console.flush()
    errors, warnings = _errors(findings), len(findings) - _errors(findings)
    console.tell(
        f"screen.{'invalid' if errors else 'valid'}{'_warnings' if warnings else ''}",
        specs=counted(len(results), kind),
        errors=counted(errors, "error"),
        warnings=counted(warnings, "warning"),
    )
    if not errors:
        return
    raise typer.Exit(EXIT_CODE)


def _need_project(session: Session) -> None:
    """Without one there is nothing to list, and that is not what was expected."""
    if session.settings.root is None:
        raise error(ErrorCode.CONFIG_NOT_FOUND, "no_project", path=str(Path.cwd()))


def _errors(findings: Iterable[Finding]) -> int:
    return sum(finding.severity == "error" for finding in findings)


def _lines(findings: Iterable[Finding], lang: str) -> list[str]:
    return [_line(finding, lang) for finding in findings]


def _line(finding: Finding, lang: str) -> str:
    """`datasets/dataset.a.yaml:3:1: error: unknown key 'nmae' (DLI-202)`."""
    place = "".join(f"{part}:" for part in (finding.path, finding.line, finding.column) if part is not None)
    severity = Text(f"screen.severity_{finding.severity}").say(lang)
    return escaped(f"{place} {severity}: {said(finding.message, lang)} ({finding.code})".lstrip())


def _summary(spec: SqlSpec) -> dict[str, Any]:
    fields = ("name", "query_type", "description", "owner", "team", "domains", "tags")
    return {**spec.model_dump(mode="json", include=set(fields)), "path": _path(spec)}


def _path(spec: Spec) -> str | None:
    return spec.source.relative if spec.source else None


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]
