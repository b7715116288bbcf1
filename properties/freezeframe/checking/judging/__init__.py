"""Judging what was recorded of a fleet, by the same promises that are asked of its model.

It owns the names that others may use.
"""

from .judge import Judge, judge
from .judgement import Judgement, PropertyJudgement, Violation

__all__ = ["Judge", "Judgement", "PropertyJudgement", "Violation", "judge"]
