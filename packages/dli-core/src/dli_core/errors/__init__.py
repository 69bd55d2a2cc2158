"""Errors as data: codes, the exception tree, and their texts in English and Korean."""

from dli_core.errors.base import (
    CatalogError,
    ConfigurationError,
    DLIError,
    DLIValidationError,
    ExecutionError,
    LineageError,
    NotFoundError,
    QualityError,
    ServerError,
    TranspileError,
    WorkflowError,
    WorkflowNotFoundError,
    error,
)
from dli_core.errors.codes import ErrorCode

__all__ = [
    "CatalogError",
    "ConfigurationError",
    "DLIError",
    "DLIValidationError",
    "ErrorCode",
    "ExecutionError",
    "LineageError",
    "NotFoundError",
    "QualityError",
    "ServerError",
    "TranspileError",
    "WorkflowError",
    "WorkflowNotFoundError",
    "error",
]
