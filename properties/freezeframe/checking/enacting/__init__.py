"""Letting a recorded run of the model happen on hosts, to see what comes of it.

It owns the names that others may use.
"""

from .enact import ENACT_MS, enacted
from .stages import Stage, adapter_stage, simulated_stage

__all__ = ["ENACT_MS", "Stage", "adapter_stage", "enacted", "simulated_stage"]
