"""The adapter against the model, through every interleaving that Hypothesis draws."""

from __future__ import annotations

from freezeframe.adapters import Capability
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig

from .base import SuiteBase


class InterleavingTests(SuiteBase):
    """Calls to all VMs that overlap in any order."""

    @needs(Capability.PAUSE)
    def test_interleavings_agree_with_the_model(self, rig: Rig) -> None:
        """Whatever order calls to all VMs are made in, answers, states and changes are those of the
        model, and every promise of the catalogue is kept.
        """
        self._run(rig, calls_max=1)

    @needs(Capability.PAUSE)
    def test_racing_calls_agree_with_the_model(self, rig: Rig) -> None:
        """Calls to one VM that overlap are answered, and leave it, as if they had come in turn."""
        self._run(rig, calls_max=3)

    def _run(self, rig: Rig, calls_max: int) -> None:
        from freezeframe.conformance.hunting import run_interleavings  # noqa: PLC0415 (slow to import)

        options = self._options
        steps = run_interleavings(rig, options.examples, options.steps, calls_max=calls_max)
        rig.notes.facts["steps"] = str(steps)
