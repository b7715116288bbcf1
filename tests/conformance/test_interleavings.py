"""Drawn interleavings agree with the model on the right adapter, and find what wrong ones do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import Phase, settings

from freezeframe.adapters.simulated import SimulatedAdapter, open_uri
from freezeframe.conformance.benches import survey
from freezeframe.conformance.hunting import run_interleavings
from freezeframe.conformance.interleavings import DifferenceError, Interleavings
from freezeframe.conformance.means import means_for
from freezeframe.conformance.rig import Access, Rig
from freezeframe.observation import Operation
from tests.faulty.adapters.clocks import SetsTheClockTwoSecondsOff
from tests.faulty.adapters.memory import LosesAPage, WritesDuringThePause
from tests.faulty.adapters.pausing import ReportsPausedWhileRunning, ResumesWhatTheCustomerPaused
from tests.faulty.adapters.refusing import PausesThePaused, SwallowsFailures
from tests.faulty.adapters.telling import LosesPauses, TellsTwice

URI = "simulated:?vms=4"


@contextmanager
def rig_of(adapter: type[SimulatedAdapter]) -> Iterator[Rig]:
    """A rig on a host of its own."""
    host = open_uri(URI).simulated

    def opened(marked: object) -> SimulatedAdapter:
        del marked
        return adapter(host, URI)

    bench = survey(opened, None, means_for)
    rig = Rig(bench, Access(opened, means_for, 10_000, 20.0))
    yield rig
    rig.close()


@pytest.mark.parametrize("calls_max", [1, 3])
def test_right_adapter_agrees_through_hundreds_of_steps(calls_max: int) -> None:
    """Ten runs of thirty steps, and the bringing back after each."""
    with rig_of(SimulatedAdapter) as rig:
        assert run_interleavings(rig, 10, 30, calls_max=calls_max) >= 200


@pytest.mark.parametrize(
    ("wrong", "calls_max", "text"),
    [
        (LosesAPage, 1, "A VM resumes with exactly the memory it was paused with"),
        (WritesDuringThePause, 1, "A VM resumes with exactly the memory it was paused with"),
        (SetsTheClockTwoSecondsOff, 1, "a VM's clock is set right"),
        (TellsTwice, 1, "expected to be told"),
        (LosesPauses, 1, "expected to be told"),
        (ReportsPausedWhileRunning, 1, "expected Failed|no order of these calls"),
        (ResumesWhatTheCustomerPaused, 1, "no order of these calls explains the answers"),
        (PausesThePaused, 3, "no order of these calls explains the answers"),
        (SwallowsFailures, 1, "expected Failed, found that it was done"),
    ],
)
def test_wrong_adapter_is_found(wrong: type[SimulatedAdapter], calls_max: int, text: str) -> None:
    """By what its fault does, told in one sentence."""
    quickly = settings(phases=[Phase.generate], derandomize=True)
    with rig_of(wrong) as rig, pytest.raises(DifferenceError, match=text):
        run_interleavings(rig, 40, 30, calls_max=calls_max, base=quickly)


def test_clock_is_set_again_of_whom_its_customer_held_before_it_was_seen_right() -> None:
    """A clock that was set falls behind anew while its customer holds the VM, in a run as at its
    end.
    """
    with rig_of(SimulatedAdapter) as rig:

        class Drawn(Interleavings):
            pass

        Drawn.rig = rig
        for is_let_go in (False, True):
            run = Drawn()
            for operation in (Operation.PAUSE, Operation.RESUME, Operation.SET_CLOCK):
                run.ask(operation, "vm-0")
            run.customer_acts("vm-0")
            run.wait(100)
            if is_let_go:
                run.customer_acts("vm-0")
            run.teardown()
