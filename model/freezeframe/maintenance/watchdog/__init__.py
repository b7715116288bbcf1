"""A small process that resumes what the controller paused, when the controller does not.

Owns the process, its decisions, and the controller's end of it. It must not know how hosts are
chosen, nor what is judged.
"""

from .leases import Beneath, Bounds, Lease, Move, WatchdogError, bounds_of, next_move

__all__ = ["Beneath", "Bounds", "Lease", "Move", "WatchdogError", "bounds_of", "next_move"]
