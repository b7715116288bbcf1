"""Hunting for a violation with Hypothesis, from Python.

Owns the settings under which machines are run. It must not know pytest.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.errors import HypothesisException
from hypothesis.stateful import run_state_machine_as_test

from freezeframe.fleet import Fleet
from freezeframe.properties import PROMISES, Property
from freezeframe.protocol.policies import Policy
from freezeframe.reporting import Counterexample

from .broken import Enough, Hunt, PromiseBroken
from .machine import FleetMachine, fleet_machine

MAX_EXAMPLES_DEFAULT = 400
STEPS_DEFAULT = 30

_BATCH = 80
_SEEDS_APART = 1_000

SHRINKING_RUNS_MAX = 5
"""How many runs Hypothesis may spend on shrinking; what it leaves, `shortening` does faster."""


def find_violation(
    fleet: Fleet,
    policy: Policy,
    *,
    without: Collection[str] = (),
    properties: Sequence[Property] = PROMISES,
    max_examples: int = MAX_EXAMPLES_DEFAULT,
    steps: int = STEPS_DEFAULT,
    seed_number: int = 0,
) -> Counterexample | None:
    """The counterexample that Hypothesis finds in up to `max_examples` runs of `steps` steps, or
    None.

    The same arguments try the same runs.
    """
    machine = fleet_machine(fleet, policy=policy, without=without, properties=properties)
    # Hypothesis comes back to what it tried before the more, the longer it goes on, so it begins
    # afresh.
    for batch in range(-(-max_examples // _BATCH)):
        left = max_examples - batch * _BATCH
        chosen = machine_settings(min(_BATCH, left), steps)
        broken = run_machine(machine, chosen, _SEEDS_APART * seed_number + batch)
        if broken is not None:
            return broken.counterexample
    return None


def quiet_settings() -> settings:
    """The current profile, but silent, for `PromiseBroken` tells all, and without limits that time
    machines run against.
    """
    return settings(
        deadline=None,
        suppress_health_check=list(HealthCheck),
        report_multiple_bugs=False,
        verbosity=Verbosity.quiet,
        print_blob=False,
    )


def machine_settings(max_examples: int, steps: int) -> settings:
    """Settings for a run that depends on nothing but its arguments and a seed."""
    return settings(
        quiet_settings(),
        max_examples=max_examples,
        stateful_step_count=steps,
        derandomize=True,
        database=None,
        phases=(Phase.generate, Phase.target, Phase.shrink),
    )


def run_machine(
    machine: type[FleetMachine], chosen: settings, seed_number: int | None = None
) -> PromiseBroken | None:
    """Run `machine` under the settings `chosen`; returns the promise that was broken, or None."""
    if seed_number is not None:
        chosen = settings(chosen, derandomize=False)
        seed(seed_number)(machine)
    hunt = machine.kit.hunt = Hunt(SHRINKING_RUNS_MAX)
    try:
        run_state_machine_as_test(machine, settings=chosen)
    except (Enough, PromiseBroken, HypothesisException, BaseExceptionGroup):
        # Hypothesis takes it ill when its shrinking is cut short; what it found is sound.
        if hunt.broken is None:
            raise
    finally:
        machine.kit.hunt = None
    if hunt.broken is not None:
        hunt.broken.is_draft = False
    return hunt.broken
