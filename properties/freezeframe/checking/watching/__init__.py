"""Judging hosts while they live, whoever maintains them.

It owns the names that others may use.
"""

from .feeds import Feed, feeds_of
from .watch import KINDS_SEEN, Happening, Watch

__all__ = ["KINDS_SEEN", "Feed", "Happening", "Watch", "feeds_of"]
