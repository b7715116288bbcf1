"""What checks found, as values and in print."""

from .verdicts import (
    Change,
    CheckResult,
    Counterexample,
    Coverage,
    PropertyResult,
    TraceStep,
    Verdict,
)

__all__ = [
    "Change",
    "CheckResult",
    "Counterexample",
    "Coverage",
    "PropertyResult",
    "TraceStep",
    "Verdict",
]
