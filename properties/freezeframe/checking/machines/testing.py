"""A test class for a fleet of one's own, in two lines, and what a fleet file, a policy and guards
amount to.

Owns how what users name becomes a machine. It must not know how a machine runs.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from freezeframe.fleet import Fleet, FreezeframeError, read_fleet
from freezeframe.properties import ALL, Property
from freezeframe.protocol.policies import DEFAULT_POLICY, Policy, load_policy
from freezeframe.protocol.system import System

if TYPE_CHECKING:
    from .machine import FleetMachine

_STEPS_MIN = 40
_STEPS_MAX = 150


@dataclass(frozen=True)
class Subject:
    """A fleet under a policy, with the guards named in `without` switched off."""

    fleet: Fleet
    policy: Policy
    without: tuple[str, ...]
    properties: tuple[Property, ...] = ALL

    def machine(self, *, uses_target: bool) -> type[FleetMachine]:
        """A machine class that has reached nothing yet; for `uses_target` see `fleet_machine`."""
        from .machine import fleet_machine  # noqa: PLC0415 (imports Hypothesis)

        return fleet_machine(
            self.fleet,
            policy=self.policy,
            without=self.without,
            properties=self.properties,
            uses_target=uses_target,
        )


def subject(
    fleet: Fleet | Path,
    policy: Policy | str,
    without: Collection[str],
    properties: Sequence[Property] = ALL,
) -> Subject:
    """What is to be tested; a user's own policy module is looked for in the working directory too.

    Raises `FreezeframeError` for a fleet file that is not valid, a policy that there is not, or a
    guard that no rule of this fleet has.
    """
    found = fleet if isinstance(fleet, Fleet) else read_fleet(fleet)
    if isinstance(policy, str):
        here = str(Path.cwd())
        if ":" in policy and here not in sys.path:
            sys.path.append(here)
        policy = load_policy(policy)
    if without:
        guards = {guard for rule in System(found, policy).rules for guard in rule.guards}
        for name in without:
            if name not in guards:
                raise FreezeframeError(
                    f"without: expected a guard of a rule that this fleet has, found {name!r}; "
                    "freezeframe explain lists them"
                )
    return Subject(found, policy, tuple(without), tuple(properties))


def steps_for(fleet: Fleet) -> int:
    """How many steps a run should have: enough for most of a small fleet's maintenance."""
    return max(_STEPS_MIN, min(_STEPS_MAX, 12 * (len(fleet.vms) + len(fleet.hosts))))


def fleet_test(
    fleet: Fleet | str | Path,
    *,
    policy: Policy | str = DEFAULT_POLICY,
    without: Collection[str] = (),
    properties: Sequence[Property] = ALL,
    uses_target: bool = False,
) -> type[Any]:
    """A test class that lets Hypothesis run `fleet` under `policy`, for pytest to find.

    A relative path is taken from the directory of the file that calls. The class attribute
    `settings` may be set to Hypothesis settings; without it, the current profile counts. A failure
    prints the counterexample, and the program that shows it. Mistakes in the fleet file are told
    when the test runs. With `uses_target`, `hypothesis.target` steers the later half of the runs
    towards rules and guard outcomes that few runs met, and towards long pauses.

    Example, the whole of a `test_fleet.py`::

        from freezeframe.checking import fleet_test

        TestMyFleet = fleet_test("fleet.toml", policy="my.module:Policy")

    """
    if not isinstance(fleet, Fleet):
        caller = sys._getframe(1).f_globals.get("__file__", "")  # noqa: SLF001 (as `warnings` and `logging` do)
        fleet = Path(caller).parent / fleet

    def test_keeps_its_promises(self: Any) -> None:  # noqa: ANN401
        tested = _tested(fleet, policy, without, properties)
        _run(tested, type(self).settings, uses_target=uses_target)

    body = {"settings": None, "test_keeps_its_promises": test_keeps_its_promises}
    return type("FleetTest", (), body)


def _tested(
    fleet: Fleet | Path,
    policy: Policy | str,
    without: Collection[str],
    properties: Sequence[Property],
) -> Subject:
    import pytest  # noqa: PLC0415 (nobody else needs it)

    try:
        return subject(fleet, policy, without, properties)
    except FreezeframeError as error:
        pytest.fail(str(error), pytrace=False)


def _run(tested: Subject, chosen: Any, *, uses_target: bool) -> None:  # noqa: ANN401
    import pytest  # noqa: PLC0415 (nobody else needs it)
    from hypothesis import settings  # noqa: PLC0415 (slow to import)

    from .hunting import quiet_settings, run_machine  # noqa: PLC0415 (imports Hypothesis)

    if chosen is None:
        chosen = settings(quiet_settings(), stateful_step_count=steps_for(tested.fleet))
    broken = run_machine(tested.machine(uses_target=uses_target), chosen)
    if broken is not None:
        print(broken.program)  # noqa: T201 (pytest shows it below the failure)
        pytest.fail(str(broken), pytrace=False)
