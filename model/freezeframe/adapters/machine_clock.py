"""The clocks of this machine.

Owns which clock of the system counts as the monotonic one: CLOCK_BOOTTIME, which goes on while the
machine sleeps, as the pause of a VM elsewhere does, and which all processes of one boot share. It
begins anew at each boot, so whoever keeps its times keeps `boot_id` beside them.
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import Final

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")


class MachineClock:
    """The clocks of this machine; fills `Clock`."""

    def monotonic_ms(self) -> int:
        """See `Clock`."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // 1_000_000

    def wall_ms(self) -> int:
        """See `Clock`."""
        return time.time_ns() // 1_000_000

    def wait_ms(self, duration_ms: int) -> None:
        """See `Clock`."""
        time.sleep(duration_ms / 1000)


def boot_id() -> str:
    """What tells this boot of the machine from every other. Source: random(4)."""
    return _BOOT_ID.read_text(encoding="ascii").strip()
