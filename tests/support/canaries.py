"""Secrets that give themselves away: thirty-odd values, each planted in another place, and the search for them.

    world(folder) ─▶ a project, a home, an environment full of secrets        leaks(text) ─▶ the names of those in it

A canary is found raw, in pieces, and as base64 or hex: its heart is of letters and digits, which JSON, URLs, SQL and
Python leave as they are.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_NAMES = [
    "user_api_key",
    "user_password",
    "server_url",
    "trino_url",
    "session_credential",
    "var_password",
    "var_token",
    "duckdb_setting",
    "environment_token",
    "endpoint_url",
    "private_api_key",
    "nested_var",
    "env_file_foreign",
    "env_file_token",
    "env_file_var",
    "environment_key",
    "environment_password",
    "environment_allowed",
    "environment_foreign",
    "environment_url",
    "parameter_string",
    "parameter_item",
    "parameter_last_item",
    "parameter_lines",
    "parameter_number",
    "parameter_default",
    "ad_hoc_parameter",
    "context_token",
    "context_url",
    "context_parameter",
    "database_url",
    "set_api_key",
    "set_url",
    "yaml_anchor",
    "wrong_url",
    "wrong_setting",
    "side_statement",
    "identifier_parameter",
]
_NUMBER = "9081726354453627"


def _heart(index: int) -> str:
    return f"cAnArY{index:02d}hXq7Zk"


HEARTS = {name: _heart(index) for index, name in enumerate(_NAMES)} | {"parameter_number": _NUMBER}


def canary(name: str) -> str:
    """The secret that is planted at this place."""
    heart = HEARTS[name]
    return {
        "parameter_string": f'{heart}\'s "own" \\ 100%',
        "parameter_lines": f"-----BEGIN KEY-----\n{heart}one\n{heart}two's\n-----END KEY-----",
        "parameter_item": f"{heart}, and more",
        "var_password": f"{heart}'한글",
        "environment_allowed": f"{heart}' /+?&",
        "yaml_anchor": f"&{heart}",
        "parameter_number": heart,
        "server_url": heart,
    }.get(name, heart)


@dataclass(frozen=True)
class World:
    """A project and a home, with secrets in every layer."""

    project: Path
    home: Path
    environ: dict[str, str]
    planted: frozenset[Path]

    def written(self) -> Iterator[Path]:
        """Files below project and home that were not planted: those that DLI wrote."""
        for base in (self.project, self.home):
            yield from (path for path in base.rglob("*") if path.is_file() and path not in self.planted)


def world(folder: Path) -> World:
    """Plant them."""
    project, home = folder / "project", folder / "home"
    files = {
        home / ".dli" / "config.yaml": (
            f"server: {{api_key: {canary('user_api_key')}}}\n"
            f"local: {{trino: {{password: {canary('user_password')}}}}}\n"
        ),
        project / "dli.yaml": f"""\
server: {{url: "https://me:{canary("server_url")}@basecamp.example.com/api"}}
local:
  duckdb: {{database: shop.duckdb, settings: {{http_proxy_password: {canary("duckdb_setting")}}}}}
  trino:
    url: "https://me:{canary("trino_url")}@trino.example.com"
    token: "${{TRINO_TOKEN}}"
    session: {{extra_credential: {canary("session_credential")}}}
  bigquery: {{api_endpoint: "https://me:{canary("endpoint_url")}@bq.example.com"}}
vars: {{db_password: "{canary("var_password")}", api_token: {canary("var_token")}, lookback: 7}}
env_vars: [DB_PASSWORD]
environments:
  prod: {{local: {{trino: {{token: {canary("environment_token")}}}}}, server: {{api_key: "${{BASECAMP_API_KEY}}"}}}}
""",
        project / ".dli.local.yaml": (
            f"server: {{api_key: {canary('private_api_key')}}}\n"
            f"vars: {{mail: {{host: smtp, password: {canary('nested_var')}}}}}\n"
        ),
        project / ".env": (
            f"AWS_SECRET_ACCESS_KEY={canary('env_file_foreign')}\nTRINO_TOKEN={canary('env_file_token')}\n"
            f"DLI_VARS__SMTP_PASSWORD={canary('env_file_var')}\n"
        ),
        **{project / name: text for name, text in _SPECS.items()},
    }
    for path, text in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    environ = {
        "HOME": str(home),
        "BASECAMP_API_KEY": canary("environment_key"),
        "DLI_LOCAL__TRINO__PASSWORD": canary("environment_password"),
        "DLI_SERVER_URL": f"https://me:{canary('environment_url')}@basecamp.example.com",
        "DB_PASSWORD": canary("environment_allowed"),
        "PGPASSWORD": canary("environment_foreign"),
    }
    return World(project, home, environ, frozenset(files))


_PARAMETERS = f"""\
parameters:
  - {{name: token, type: string, secret: true}}
  - {{name: keys, type: "list[string]", secret: true, required: false}}
  - {{name: pem, type: string, secret: true, required: false}}
  - {{name: pin, type: integer, secret: true, default: 1}}
  - {{name: fallback, type: string, secret: true, default: {HEARTS["parameter_default"]}}}
  - {{name: place, type: identifier, secret: true, default: i}}
"""
_WHERE = """\
  WHERE {{ token }} <> 'x' AND {{ fallback }} <> 'x' AND {{ pin }} <> 0 AND {{ place }} >= 0
    AND {{ var('db_password') }} <> 'x' AND '{{ env_var('DB_PASSWORD') }}' <> 'x'
    {% if keys is not none %}AND 'x' NOT IN ({{ keys }}){% endif %}
    {% if pem is not none %}AND {{ pem }} <> 'x'{% endif %}
    -- {{ token }}
"""
_SPECS = {
    "dataset.good.yaml": (
        f"name: shop.main.good\n{_PARAMETERS}query_statement: |\n  SELECT i FROM range(3) t(i)\n{_WHERE}"
    ),
    # The engine quotes what it could not convert: the secret itself.
    "dataset.quoting.yaml": (
        f"name: shop.main.quoting\n{_PARAMETERS}query_statement: |\n"
        f"  SELECT i, CAST({{{{ token }}}} AS INTEGER) AS n FROM range(3) t(i)\n{_WHERE}"
    ),
    "dataset.late.yaml": (
        f"name: shop.main.late\n{_PARAMETERS}query_statement: |\n"
        "  SELECT CASE WHEN i < 499999 THEN 1 ELSE CAST({{ token }} || i AS INTEGER) END AS n\n"
        f"  FROM range(500000) t(i)\n{_WHERE}"
    ),
    "dataset.syntax.yaml": (
        f"name: shop.main.syntax\n{_PARAMETERS}query_statement: |\n"
        f"  SELECT {{{{ token }}}} {{{{ pem }}}} FORM {{{{ keys }}}} range(3) t(i)\n{_WHERE}"
    ),
    "dataset.variables.yaml": (
        "name: shop.main.variables\nquery_statement: |\n"
        "  SELECT CAST({{ var('db_password') }} || '{{ env_var('DB_PASSWORD') }}' AS INTEGER)\n"
    ),
    "dataset.dml.yaml": (
        f"name: shop.main.dml\nquery_type: DML\n{_PARAMETERS}"
        "pre_statements:\n  - {name: first, sql: 'CREATE OR REPLACE TABLE t AS SELECT {{ token }} AS a', "
        "continue_on_error: true}\n"
        "  - {name: wrong, sql: 'SELECT CAST({{ token }} AS INTEGER)', continue_on_error: true}\n"
        f"query_statement: |\n  DELETE FROM t\n  WHERE a = {{{{ token }}}} OR a = {{{{ fallback }}}}\n"
    ),
    "metric.good.yaml": (
        "name: shop.main.measured\nmetrics: [{name: n, aggregation: count, expression: '*'}]\n"
        f"{_PARAMETERS}query_statement: |\n  SELECT count(*) AS n FROM range(3) t(i)\n{_WHERE}"
    ),
}

GIVEN = (
    f"token={canary('parameter_string')}",
    f"keys={canary('parameter_item')}",
    f"keys={canary('parameter_last_item')}",
    f"pem={canary('parameter_lines')}",
    f"pin={canary('parameter_number')}",
)


def leaks(text: str | bytes) -> list[str]:
    """The names of the canaries in a text, in whatever form."""
    found = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    squeezed = re.sub(r"[\s,_]", "", found)  # numbers may be grouped, and lines broken
    return [name for name, forms in _FORMS.items() if any(form in found or form in squeezed for form in forms)]


def _forms(heart: str) -> Iterator[str]:
    yield heart
    yield heart[:10]  # the beginning of one that was cut
    yield heart.encode().hex()
    for shift in range(3):  # base64 at each alignment, without the characters that its neighbours decide
        text = base64.b64encode(b"\0" * shift + heart.encode()).decode().rstrip("=")
        yield text[4 if shift else 0 : -2]


_FORMS = {name: tuple(_forms(heart)) for name, heart in HEARTS.items()}
