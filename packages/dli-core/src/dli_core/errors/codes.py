"""Every error code of DLI: one row a code, with its class, exit code and HTTP status.

The names and numbers are a promise to users (scripts match on them); the texts are in text.en.toml and text.ko.toml.
The exit code is a column here and never derived from the number.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self


class ErrorCode(StrEnum):
    """`ErrorCode.EXECUTION_CONNECTION.value == "DLI-403"`."""

    exit_code: int
    http_status: int
    kind: str

    # The defaults are for type checkers alone, to whom ErrorCode("DLI-403") is a call of this.
    def __new__(cls, code: str, kind: str = "", exit_code: int = 1, http_status: int = 500) -> Self:
        member = str.__new__(cls, code)
        member._value_ = code
        member.kind = kind
        member.exit_code = exit_code
        member.http_status = http_status
        return member

    CONFIG_INVALID = "DLI-001", "ConfigurationError", 2, 400
    CONFIG_NOT_FOUND = "DLI-002", "ConfigurationError", 2, 404
    CONFIG_MISSING = "DLI-003", "ConfigurationError", 2, 400
    CONFIG_ENV_NOT_FOUND = "DLI-004", "ConfigurationError", 2, 404
    CONFIG_TEMPLATE = "DLI-005", "ConfigurationError", 2, 400
    CONFIG_WRITE_FAILED = "DLI-006", "ConfigurationError", 7, 500

    DATASET_NOT_FOUND = "DLI-101", "NotFoundError", 2, 404
    METRIC_NOT_FOUND = "DLI-102", "NotFoundError", 2, 404
    TABLE_NOT_FOUND = "DLI-103", "NotFoundError", 2, 404
    PARAMETER_NOT_FOUND = "DLI-104", "NotFoundError", 2, 404
    FILE_NOT_FOUND = "DLI-105", "NotFoundError", 2, 404

    VALIDATION_FAILED = "DLI-201", "DLIValidationError", 2, 422
    SPEC_PARSE = "DLI-202", "DLIValidationError", 2, 422
    PARAMETER_INVALID = "DLI-203", "DLIValidationError", 2, 422
    SQL_SYNTAX = "DLI-204", "DLIValidationError", 2, 422
    UNSAFE_INPUT = "DLI-205", "DLIValidationError", 2, 422

    TRANSPILE_FAILED = "DLI-301", "TranspileError", 2, 422
    METRIC_EXPANSION = "DLI-302", "TranspileError", 2, 422
    UNSUPPORTED_CONSTRUCT = "DLI-303", "TranspileError", 2, 422
    TEMPLATE = "DLI-304", "TranspileError", 2, 422

    EXECUTION_FAILED = "DLI-401", "ExecutionError", 1, 500
    EXECUTION_TIMEOUT = "DLI-402", "ExecutionError", 4, 504
    EXECUTION_CONNECTION = "DLI-403", "ExecutionError", 3, 502
    EXECUTION_PERMISSION = "DLI-404", "ExecutionError", 3, 403
    EXECUTION_QUERY = "DLI-405", "ExecutionError", 1, 422
    EXECUTION_CANCELLED = "DLI-406", "ExecutionError", 130, 409
    OUTPUT_FAILED = "DLI-407", "ExecutionError", 7, 500
    RESULT_INCOMPLETE = "DLI-408", "ExecutionError", 1, 502
    OUTCOME_UNKNOWN = "DLI-409", "ExecutionError", 6, 502
    BUDGET_EXCEEDED = "DLI-410", "ExecutionError", 1, 422

    SERVER_UNREACHABLE = "DLI-501", "ServerError", 3, 502
    SERVER_AUTH_FAILED = "DLI-502", "ServerError", 3, 401
    SERVER_ERROR = "DLI-503", "ServerError", 5, 500
    SERVER_EXECUTION = "DLI-504", "ServerError", 5, 500

    QUALITY_SPEC_NOT_FOUND = "DLI-601", "QualityError", 2, 404
    QUALITY_SPEC_PARSE = "DLI-602", "QualityError", 2, 422
    QUALITY_TARGET_NOT_FOUND = "DLI-603", "QualityError", 2, 404
    QUALITY_TEST_EXECUTION = "DLI-604", "QualityError", 1, 500
    QUALITY_TEST_TIMEOUT = "DLI-605", "QualityError", 4, 504
    QUALITY_NOT_FOUND = "DLI-606", "QualityError", 2, 404

    CATALOG_CONNECTION_ERROR = "DLI-701", "CatalogError", 3, 502
    CATALOG_TABLE_NOT_FOUND = "DLI-702", "CatalogError", 2, 404
    CATALOG_INVALID_IDENTIFIER = "DLI-703", "CatalogError", 2, 422

    WORKFLOW_NOT_FOUND = "DLI-800", "WorkflowNotFoundError", 2, 404
    WORKFLOW_REGISTRATION_FAILED = "DLI-801", "WorkflowError", 1, 500
    WORKFLOW_EXECUTION_FAILED = "DLI-802", "WorkflowError", 1, 500
    WORKFLOW_PERMISSION_DENIED = "DLI-803", "WorkflowError", 2, 403
    WORKFLOW_ALREADY_EXISTS = "DLI-804", "WorkflowError", 2, 409
    WORKFLOW_INVALID_CRON = "DLI-805", "WorkflowError", 2, 422
    WORKFLOW_OVERRIDDEN = "DLI-806", "WorkflowError", 2, 409
    WORKFLOW_INVALID_STATE = "DLI-807", "WorkflowError", 2, 409
    WORKFLOW_UNREGISTER_FAILED = "DLI-808", "WorkflowError", 1, 500

    LINEAGE_NOT_FOUND = "DLI-900", "LineageError", 2, 404
    LINEAGE_CYCLE = "DLI-901", "LineageError", 2, 422

    @classmethod
    def parse(cls, text: str) -> ErrorCode | None:
        """The code that a person means by `DLI-403`, `dli-403`, `403` or `EXECUTION_CONNECTION`."""
        name = text.strip().upper().replace("-", "_")
        number = name.removeprefix("DLI_")
        if number.isascii() and number.isdigit():
            return next((code for code in cls if code.value == f"DLI-{number:0>3}"), None)
        return cls.__members__.get(name)
