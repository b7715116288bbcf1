"""What checks found, as values and in print.

It owns the names that others may use. What writes pages, JSON and traces is in the modules beside
it, which only those import who print.
"""

from .verdicts import (
    Change,
    CheckResult,
    Counterexample,
    Coverage,
    Ending,
    PropertyResult,
    TraceStep,
    Verdict,
)

__all__ = [
    "Change",
    "CheckResult",
    "Counterexample",
    "Coverage",
    "Ending",
    "PropertyResult",
    "TraceStep",
    "Verdict",
]
