"""Has Hypothesis run the interleavings of an adapter.

Owns how many runs there are, and of which length. It must not know what is drawn.
"""

from __future__ import annotations

from typing import Final

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from .interleavings import Interleavings
from .rig import Rig

EXAMPLES_REAL: Final = 10
EXAMPLES_VIRTUAL: Final = 50
STEPS: Final = 30


def run_interleavings(
    rig: Rig,
    examples: int | None,
    steps: int | None,
    *,
    calls_max: int = 1,
    base: settings | None = None,
) -> int:
    """Run them, and return how many steps were made; raises what Hypothesis raises for the least
    run that it finds to differ. None leaves a number to whether time is virtual; `calls_max` is how
    many calls to one VM may be under way at once, and `base` the settings to start from instead of
    those of Hypothesis's current profile. Which of our own lines only failing runs come by is not
    explained, for it says nothing to the author of an adapter.
    """
    by_default = EXAMPLES_VIRTUAL if rig.bench.is_virtual else EXAMPLES_REAL
    phases = (base or settings()).phases

    class Machine(Interleavings):
        pass

    Machine.rig, Machine.calls_max = rig, calls_max
    chosen = settings(
        base,
        max_examples=examples or by_default,
        stateful_step_count=steps or STEPS,
        deadline=None,
        database=None,
        phases=[each for each in phases if each is not Phase.explain],
        suppress_health_check=list(HealthCheck),
        print_blob=False,
    )
    run_state_machine_as_test(Machine, settings=chosen)
    return Machine.steps
