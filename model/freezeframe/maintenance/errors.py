"""What keeps a maintenance from beginning or going on; each text says what to do next.

Owns the error classes.
"""

from __future__ import annotations

from freezeframe.fleet import FreezeframeError


class MaintenanceError(FreezeframeError):
    """A maintenance cannot begin, or must not go on."""


class UnfitError(MaintenanceError):
    """Hosts or VMs are not as a maintenance needs them; nothing was paused.

    `reasons` says for each what was expected and found.
    """

    def __init__(self, reasons: tuple[str, ...]) -> None:
        """Report `reasons`, one a line."""
        self.reasons = reasons
        super().__init__("\n".join((*reasons, "nothing was paused; mend this and run again")))
