"""Wrong metadata services: each tells or hears what its tenants did not say."""

from __future__ import annotations

from freezeframe.lifecycles import EventStatus
from freezeframe.protocol.components import ScheduledEvent
from freezeframe.protocol.language import require

from .changed import Changed


def _approve_whosever_it_is(event: ScheduledEvent) -> None:
    require(event.status is EventStatus.SCHEDULED, "the event waits for approval")
    event.hear(is_from_tenant=True)


class TakesApprovalsFromAnybody(Changed):
    """A service that does not ask whose event it is that a guest approves."""

    changes = {"approve_for_another": {"head": _approve_whosever_it_is}}  # noqa: RUF012 (never written)
