"""Looks at hosts now and then, so that nothing depends on an event that may be lost.

Owns when to look and which of what was seen is news. It must not know what is done about it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from freezeframe.adapters.errors import AdapterError
from freezeframe.observation import Record, SightChanged
from freezeframe.protocol.components import Host

from .course import Course
from .explaining import goal_of
from .rulebook import Rulebook
from .sites import News, Site

FAR_MS: Final = 2**62


class Lookout:
    """Looks at hosts under maintenance, and at those out of sight, as often as was promised."""

    def __init__(self, rulebook: Rulebook, sites: Mapping[str, Site]) -> None:
        """Look at `sites` as often as `poll` of the fleet promises, at most ten times a second."""
        self._rulebook, self._sites = rulebook, sites
        self._every_ms = max(rulebook.fleet.timing.poll.max_ms, 100)
        self._looked_ms = -FAR_MS

    def is_due(self, course: Course, now_ms: int) -> bool:
        """Whether it is time to look."""
        return self.next_ms(course, now_ms) <= now_ms

    def next_ms(self, course: Course, now_ms: int) -> int:
        """When to look next; far away while there is nothing to look at."""
        if not any(True for _ in self._busy(course)):
            return FAR_MS
        return max(now_ms, self._looked_ms + self._every_ms)

    def look(self, course: Course, *, everywhere: bool = False) -> Iterator[News]:
        """What is news to `course`, on busy hosts or `everywhere`."""
        names = list(self._sites) if everywhere else list(self._busy(course))
        for name in names:
            site = self._sites[name]
            self._looked_ms = site.hypervisor.clock.monotonic_ms()
            try:
                site.listen()
                seen = list(site.look())
            except AdapterError as error:
                if name not in course.blind:
                    yield News(name, SightChanged(is_in_sight=False, why=error.text))
                continue
            if name in course.blind:
                yield News(name, SightChanged(is_in_sight=True))
            for news in seen:
                if everywhere or self._is_news(course, news):
                    yield news

    def _busy(self, course: Course) -> Iterator[str]:
        for (name,), host in self._rulebook.components(course.state, Host).items():
            if name in course.blind or (host.is_under_maintenance and not host.is_open):
                yield name

    def _is_news(self, course: Course, news: News) -> bool:
        record = Record("look", 1, course.at_ms or 0, 0, news.fact, news.host, news.vm)
        return goal_of(self._rulebook, course, record) is not None
