"""How often a VM may ask.

Owns the counting alone. It must not know what is asked.
"""

from __future__ import annotations

from collections import deque
from typing import Final

REQUESTS_PER_SECOND: Final = 5
"""Source: Azure's Instance Metadata Service page, rate limiting: per VM, beyond it 429."""

_WINDOW_NS: Final = 1_000_000_000


class RateLimit:
    """So many requests of each VM in any second, and none of the others suffers for it."""

    def __init__(self, per_second: int = REQUESTS_PER_SECOND) -> None:
        """Allow `per_second` requests of a VM in any window of one second."""
        self._per_second = per_second
        self._allowed: dict[str, deque[int]] = {}

    def allows(self, vm: str, now_ns: int) -> bool:
        """Whether `vm` may ask at `now_ns`, of a clock that never goes back; counts it if so."""
        times = self._allowed.setdefault(vm, deque(maxlen=self._per_second))
        if len(times) == self._per_second and now_ns - times[0] < _WINDOW_NS:
            return False
        times.append(now_ns)
        return True
