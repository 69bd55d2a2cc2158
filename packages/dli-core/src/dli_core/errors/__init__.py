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
from dli_core.errors.text import Description, Explanation, describe, explain, language

__all__ = [
    "CatalogError",
    "ConfigurationError",
    "DLIError",
    "DLIValidationError",
    "Description",
    "ErrorCode",
    "ExecutionError",
    "Explanation",
    "LineageError",
    "NotFoundError",
    "QualityError",
    "ServerError",
    "TranspileError",
    "WorkflowError",
    "WorkflowNotFoundError",
    "describe",
    "error",
    "explain",
    "language",
]
