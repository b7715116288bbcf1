"""Under load nothing is lost, repeated, or refused that is allowed.

The full load, a thousand VMs for a minute, is in `tests/benchmarks`.
"""

from __future__ import annotations

from .load import HASTY, run


def test_many_vms_that_poll_see_every_change_once() -> None:
    """In order, with an incarnation for each; only who asks too much is refused."""
    outcome = run(vms=100, seconds=15)
    hasty = outcome.polls.pop(HASTY)
    for vm, polls in outcome.polls.items():
        event_id = outcome.event_ids[vm]
        assert polls.documents == [
            (1, ()),
            (2, ((event_id, "Scheduled"),)),
            (3, ((event_id, "Started"),)),
            (4, ()),
        ]
        assert set(polls.statuses) == {200}
    assert set(hasty.statuses) == {200, 429}
    assert hasty.statuses[200] <= 5 * (hasty.seconds + 1)
    assert hasty.documents == [(1, ())]
