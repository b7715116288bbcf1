"""How a watch looks: one line an event, and on a terminal what is paused now beneath them.

It must not know hosts, nor how anything is judged.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from freezeframe.checking.watching import Happening, Watch
from freezeframe.observation import SightChanged, VmSeen
from freezeframe.reporting.record_words import fact_text, subject_text
from freezeframe.reporting.words import list_text, seconds_text

from .console import is_terminal, say

if TYPE_CHECKING:
    from rich.live import Live
    from rich.table import Table


class WatchView:
    """Shows happenings on standard output."""

    def __init__(self, watch: Watch) -> None:
        """Show what happens in `watch`."""
        self._watch = watch
        self._live: Live | None = None

    @contextmanager
    def shown(self) -> Iterator[WatchView]:
        """Keep a table at the foot of the terminal meanwhile, if there is one."""
        if not is_terminal(sys.stdout):
            yield self
            return
        from rich.live import Live  # noqa: PLC0415 (only a terminal pays for it)

        with Live(auto_refresh=False, transient=True) as self._live:
            yield self
        self._live = None

    def tell(self, happening: Happening) -> None:
        """Print its lines."""
        for line in lines_of(happening):
            if self._live is None:
                say(f"{line}\n")
            else:
                self._live.console.print(line, markup=False, highlight=False)

    def refresh(self) -> None:
        """Bring the table up to date."""
        if self._live is not None:
            self._live.update(self._table(), refresh=True)

    def _table(self) -> Table:
        from rich.table import Table  # noqa: PLC0415 (likewise)

        limit_ms = self._watch.fleet.limits.pause_ms
        table = Table("set", "domain", "host", "VM", "paused", title="paused now", box=None)
        ledger = self._watch.judge.ledger
        for vm in self._watch.fleet.vms:
            seen = ledger.vm(vm.name)
            if seen.is_paused_for_maintenance:
                style = "bold red" if seen.paused_ms > limit_ms else ""
                domain = "" if vm.update_domain is None else str(vm.update_domain)
                limit = seconds_text(limit_ms / 1000)
                text = f"{seen.paused_seconds:.1f} of {limit}"
                where = seen.host or vm.host
                table.add_row(vm.availability_set or "", domain, where, vm.name, text, style=style)
        return table


def lines_of(happening: Happening) -> Iterator[str]:
    """What is printed of a happening; nothing for what nobody waits for."""
    record = happening.record
    if record is not None and isinstance(record.fact, VmSeen | SightChanged):
        at = datetime.fromtimestamp(record.wall_ms / 1000, UTC).isoformat(timespec="milliseconds")
        ended = ""
        if happening.pause_seconds is not None:
            ended = f", after a pause of {seconds_text(happening.pause_seconds)}"
        yield f"{at}  {subject_text(record)}  {fact_text(record.fact)}{ended}"
    for broken in happening.violations:
        whose = f" for {list_text(broken.subjects)}" if broken.subjects else ""
        yield f"BROKEN {broken.property.name}{whose}: {broken.property.promise}"
