"""Tests of many things at once: many VMs, and many callers of one VM."""

from __future__ import annotations

import threading
from collections import Counter

import pytest

from freezeframe.adapters import AdapterError, Capability, Refusal, Refused
from freezeframe.conformance.needs import needs
from freezeframe.conformance.rig import Rig
from freezeframe.lifecycles import VmStatus
from freezeframe.observation import Operation

from .base import SuiteBase

CALLERS = 4
ROUNDS = 5

ASKING_MS_MAX = 100
"""Enough to begin something, by the adapter's clock, on a busy machine."""


def raced(rig: Rig, *operations: Operation) -> Counter[tuple[Operation, str]]:
    """Have each operation done on one VM by a thread of its own; counts what came of each.

    An error other than a refusal for the VM's state fails the test.
    """
    outcomes: Counter[tuple[Operation, str]] = Counter()
    wrong: list[BaseException] = []
    start = threading.Barrier(len(operations))

    def ask(operation: Operation) -> None:
        start.wait()
        try:
            rig.finish(rig.begin(operation, rig.vm))
            outcomes[operation, "done"] += 1
        except Refused as refused:
            if refused.reason is not Refusal.ILLEGAL_STATE:
                wrong.append(refused)
            outcomes[operation, "refused"] += 1
        except (AdapterError, pytest.fail.Exception) as error:
            wrong.append(error)

    threads = [threading.Thread(target=ask, args=(each,), daemon=True) for each in operations]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if wrong:
        pytest.fail(f"expected each call done or refused for the VM's state, found {wrong[0]!r}")
    return outcomes


class RacingTests(SuiteBase):
    """Concurrency."""

    @needs(Capability.PAUSE, vms=2)
    def test_many_vms_are_paused_at_once(self, rig: Rig) -> None:
        """Pauses that were begun together all complete, and so do the resumes."""
        for operation, status in (
            (Operation.PAUSE, VmStatus.PAUSED),
            (Operation.RESUME, VmStatus.RUNNING),
        ):
            for call in [rig.begin(operation, vm) for vm in rig.bench.vms]:
                rig.finish(call)
            states = rig.vms()
            assert {states[vm].status for vm in rig.bench.vms} == {status}

    @needs(Capability.PAUSE, vms=2)
    def test_asking_does_not_wait_for_the_answer(self, rig: Rig) -> None:
        """Pauses of many VMs are asked for at one moment, however long each takes."""
        began_ms = rig.now_ms()
        calls = [rig.begin(Operation.PAUSE, vm) for vm in rig.bench.vms]
        asked_ms = rig.now_ms() - began_ms
        for call in calls:
            rig.finish(call)
        assert asked_ms <= ASKING_MS_MAX * len(calls)

    @needs(Capability.PAUSE)
    def test_one_of_many_pauses_wins(self, rig: Rig) -> None:
        """Of several callers that pause one VM one succeeds, and the others are refused."""
        outcomes = raced(rig, *[Operation.PAUSE] * CALLERS)
        assert outcomes[Operation.PAUSE, "done"] == 1
        assert rig.state(rig.vm).status is VmStatus.PAUSED

    @needs(Capability.PAUSE)
    def test_one_of_many_resumes_wins(self, rig: Rig) -> None:
        """Of several callers that resume one VM one succeeds, and the others are refused."""
        rig.pause(rig.vm)
        outcomes = raced(rig, *[Operation.RESUME] * CALLERS)
        assert outcomes[Operation.RESUME, "done"] == 1
        assert rig.state(rig.vm).status is VmStatus.RUNNING

    @needs(Capability.PAUSE)
    def test_racing_pause_and_resume_end_as_if_in_turn(self, rig: Rig) -> None:
        """Whatever order they took, the VM is in the state that the last one left."""
        for _ in range(ROUNDS):
            outcomes = raced(rig, *[Operation.PAUSE, Operation.RESUME] * (CALLERS // 2))
            done = {each: outcomes[each, "done"] for each in (Operation.PAUSE, Operation.RESUME)}
            standing = done[Operation.PAUSE] - done[Operation.RESUME]
            status = rig.state(rig.vm).status
            assert standing == (status is VmStatus.PAUSED), f"{done}, and it is {status}"
            if status is VmStatus.PAUSED:
                rig.resume(rig.vm)
