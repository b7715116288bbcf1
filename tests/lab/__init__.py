"""A lab of libvirt hosts with witness guests on one machine, for tests and for contributors.

It owns the names that others use; `python -m tests.lab` is the same as a command. It changes
nothing outside of the folder it is told, needs root and Debian's packages, and says so in one line
where it cannot be had. It must not know what it is used for.
"""

from .errors import LabError, LabUnavailableError
from .host import Guest, Host
from .laboratory import Lab, attach, down, running, up
from .requirements import require_a_lab
from .witness import Beat, Observation, Pause, observe, recorded

__all__ = [
    "Beat",
    "Guest",
    "Host",
    "Lab",
    "LabError",
    "LabUnavailableError",
    "Observation",
    "Pause",
    "attach",
    "down",
    "observe",
    "recorded",
    "require_a_lab",
    "running",
    "up",
]
