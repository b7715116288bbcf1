"""Scheduled events for a thousand VMs that poll once a second for a minute.

How long answers take is printed and not asserted; that none is lost or wrong is.
"""

from __future__ import annotations

from tests.scheduled_events.load import HASTY, run

from .conftest import Report

VMS = 1_000
SECONDS = 60


def test_a_thousand_vms_poll_for_a_minute(report: Report) -> None:
    """Each sees every change of its event once, and nothing is refused that is allowed."""
    outcome = run(VMS, SECONDS)
    hasty = outcome.polls.pop(HASTY)
    lives = {
        tuple((number, tuple(status for _, status in events)) for number, events in polls.documents)
        for polls in outcome.polls.values()
    }
    assert lives == {((1, ()), (2, ("Scheduled",)), (3, ("Started",)), (4, ()))}
    assert {status for polls in outcome.polls.values() for status in polls.statuses} == {200}
    assert hasty.statuses[200] <= 5 * (hasty.seconds + 1)
    requests = sum(polls.statuses.total() for polls in outcome.polls.values())
    figures = ", ".join(
        f"{name} {outcome.latency_ms(share):.1f} ms"
        for name, share in (("median", 0.5), ("95 %", 0.95), ("99 %", 0.99), ("longest", 1.0))
    )
    report(f"scheduled events: {requests:,} requests of {VMS:,} VMs in {SECONDS} s: {figures}")
    report(f"  a VM that asks 20 times a second: {dict(sorted(hasty.statuses.items()))}")
