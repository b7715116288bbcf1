"""Maintains a fleet: hears what happened, decides, keeps it, and acts, one step after the other.

Owns the order of these and nothing else: what follows from news is `following`'s affair, what is
decided `deciding`'s, what is asked for `errands`'. One thread; time passes only in `Timekeeper`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Final

from freezeframe.lifecycles import HostStatus
from freezeframe.observation import (
    AlarmSeen,
    ControllerStarted,
    EventSeen,
    Fact,
    HostSeen,
    HostTold,
    Outcome,
    Record,
    StepTaken,
    Told,
)
from freezeframe.protocol import Actor, State
from freezeframe.protocol.components import VM, Alarm, Host

from .board import Board
from .course import Course, Divergence, Followed, Tolerance
from .deciding import Decision, decide
from .errands import Errand, deadline_ms, wanted
from .events import Events
from .following import STANDARD_TOLERANCE, follow, follow_all
from .lookout import Lookout
from .passing import let_pass, next_look_ms
from .ports import Journal, Notices, Timekeeper
from .preflight import refuse_unfit
from .rulebook import Rulebook
from .sites import News, Site
from .standing import Standing, standing_of

SOURCE: Final = "controller"
"""Who the records of a runner are from."""

RETRY_MS: Final = 250
"""How soon something is asked again that was refused or whose outcome is unknown."""

IDLE_MS: Final = 60_000
"""How long the runner waits at most without a look at anything."""


Entry = tuple[Fact, str | None, str | None]
"""A fact, and the host and the VM that it is about."""


class Runner:
    """Maintains the fleet of `rulebook` by `sites`, which has every host of it by name.

    `course` is where the maintenance stands, and `divergences` all that was not as the model allows
    since this runner started. `preference` names hosts in the order in which they are begun where
    the rules leave the choice.
    """

    def __init__(
        self,
        rulebook: Rulebook,
        sites: Mapping[str, Site],
        journal: Journal,
        notices: Notices,
        time: Timekeeper,
        *,
        preference: Sequence[str] = (),
        tolerance: Tolerance = STANDARD_TOLERANCE,
    ) -> None:
        """Take up what `journal` tells, or begin; nothing is asked of anybody yet."""
        self._rulebook, self._sites, self._journal = rulebook, sites, journal
        self._time, self._preference, self._tolerance = time, preference, tolerance
        kept = journal.records()
        self._is_fresh = not kept
        self._is_ending = False
        self._sequence = max((each.sequence for each in kept if each.source == SOURCE), default=0)
        self._not_before_ms: dict[Errand, int] = {}
        self._lookout = Lookout(rulebook, sites)
        self._board = Board(rulebook, kept)
        self._events = Events(rulebook, notices, self._board, time)
        self.course: Course = follow_all(rulebook, kept, tolerance=tolerance).course
        self.divergences: list[Divergence] = []

    def start(self) -> None:
        """Look at everything before anything is done.

        Raises:
            UnfitError: Hosts or VMs are not as the fleet file says, and no maintenance has begun;
                nothing was written or paused.

        """
        if self._is_fresh:
            refuse_unfit(self._rulebook.fleet, self._sites)
        self._keep([(ControllerStarted(), None, None)])
        self._hear(self._lookout.look(self.course, everywhere=True))
        self._events.show_again(self.course.state)

    def step(self) -> Standing:
        """Hear, decide and act once; where there is nothing to do, wait until there may be."""
        heard = self._hear(self._news())
        self._go_on(
            let_pass(self._rulebook, self.course, self._time.monotonic_ms(), self._tolerance)
        )
        is_ending = self._is_ending
        decision = decide(
            self._rulebook,
            self.course,
            self._preference,
            begins_nothing=is_ending,
            waits=self._events.waits(self.course.state),
        )
        acted = self._act(decision)
        standing = self._standing(decision)
        if standing is Standing.GOING_ON and not heard and not acted:
            self._wait(decision, is_ending=is_ending)
        return standing

    def run(self) -> Standing:
        """Go on until there is nothing more to do."""
        while (standing := self.step()) is Standing.GOING_ON:
            pass
        return standing

    def end(self) -> None:
        """Begin no further host, and end when those that are begun are done; from any thread, or
        from the handler of a signal.
        """
        self._is_ending = True

    def clear_alarm(self) -> None:
        """Take it that an operator has looked at what failed, if anything: the rollout goes on.

        Hosts that lost power and are in sight again count as repaired, and guest agents that did
        not answer as mended.
        """
        facts: list[Entry] = [
            (StepTaken(Actor.OPERATOR, step), None, None) for step in self._mended()
        ]
        for (name,), host in self._rulebook.components(self.course.state, Host).items():
            if host.status is HostStatus.OUT_OF_SERVICE and name not in self.course.blind:
                facts.append((HostSeen(HostStatus.IN_SERVICE, host.has_new_software), name, None))
        if self._rulebook.component(self.course.state, Alarm).is_raised:
            facts.append((AlarmSeen(is_raised=False), None, None))
        self._keep(facts)

    def _mended(self) -> Iterator[str]:
        """What an operator does to the VMs whose agent did not answer."""
        for (name,), vm in self._rulebook.components(self.course.state, VM).items():
            slot = self._rulebook.slot(VM, name)
            if vm.agent_answers or slot is None:
                continue
            for step in self._rulebook.about(slot, {Actor.OPERATOR}):
                if name in step.subjects and self._rulebook.holds(self.course.state, step):
                    yield str(step)

    def _news(self) -> Iterator[News]:
        for site in self._sites.values():
            yield from site.news()
        for host, event in self._events.approvals():
            yield News(host, event)
        if self._lookout.is_due(self.course, self._time.monotonic_ms()):
            yield from self._lookout.look(self.course)

    def _hear(self, news: Iterable[News]) -> bool:
        """Keep what came; whether anything did."""
        found = list(news)
        before = self.course
        for each in found:
            if isinstance(each.fact, Told | HostTold) and each.fact.outcome in _LATER:
                errand = Errand(each.fact.operation, each.host, each.vm)
                self._not_before_ms[errand] = self._time.monotonic_ms() + RETRY_MS
        facts: list[Entry] = [(each.fact, each.host, each.vm) for each in found]
        facts += [alarm for each in found for alarm in _memory_alarms(before, each)]
        if not self._rulebook.component(before.state, Alarm).is_raised:
            calls = [AlarmSeen(is_raised=True, why=each.alarm) for each in found if each.alarm]
            facts += [(call, None, None) for call in calls]
        self._keep(facts)  # at once, lest a death in between lose an alarm
        self._keep(list(self._due(self.course.state)))
        return bool(found)

    def _act(self, decision: Decision) -> bool:
        """Keep what was decided, and only then do it; whether there was anything."""
        errands = [each for each in self._open(decision.state) if self._is_time(each)]
        facts = list(self._told(decision))
        facts += [(_request(each), each.host, each.vm) for each in errands]
        self._keep(facts)
        self._forget(set(wanted(self._rulebook, self.course)))
        for errand in errands:
            limit_ms = deadline_ms(self._rulebook.fleet, errand)
            self._sites[errand.host].begin(errand, deadline_ms=limit_ms)
        return bool(facts)

    def _forget(self, still: Collection[Errand]) -> None:
        """Await no more what hosts were asked for and is wanted no longer."""
        for site in self._sites.values():
            for errand in site.under_way:
                if errand.vm is None and errand not in still:
                    site.forget(errand)

    def _told(self, decision: Decision) -> Iterator[Entry]:
        state = self.course.state
        for instance in decision.steps:
            after = self._rulebook.take(state, instance)
            assert after is not None, "only enabled steps are decided"  # noqa: S101
            yield StepTaken(Actor.CONTROLLER, str(instance)), None, None
            yield from self._due(after)
            state = after

    def _due(self, state: State) -> Iterator[Entry]:
        """What others are to be shown now that the maintenance is in `state`."""
        for fact, host in self._board.take_due(state, self._time.wall_ms()):
            yield fact, host, None

    def _open(self, state: State) -> Iterator[Errand]:
        """What is wanted in `state` and not under way."""
        for errand in wanted(self._rulebook, self.course, state):
            if errand not in self._sites[errand.host].under_way:
                yield errand

    def _is_time(self, errand: Errand) -> bool:
        return self._not_before_ms.get(errand, 0) <= self._time.monotonic_ms()

    def _keep(self, facts: Sequence[Entry]) -> None:
        """Make facts durable, and go on from what follows from them."""
        if not facts:
            return
        now_ms, wall_ms = self._time.monotonic_ms(), self._time.wall_ms()
        records = [
            Record(SOURCE, self._sequence + number, now_ms, wall_ms, fact, host, vm)
            for number, (fact, host, vm) in enumerate(facts, start=1)
        ]
        self._journal.append(records)
        self._sequence += len(records)
        for record in records:
            self._board.note(record)
            self._go_on(follow(self._rulebook, self.course, record, self._tolerance))
            if isinstance(record.fact, EventSeen) and record.host is not None:
                self._events.show(self.course.state, record.host, record.fact)

    def _go_on(self, followed: Followed) -> None:
        self.course = followed.course
        self.divergences += followed.divergences

    def _standing(self, decision: Decision) -> Standing:
        """How the maintenance stands; where it halts for want of sight, the alarm tells so."""
        is_asking = any(site.under_way for site in self._sites.values())
        standing = standing_of(
            self._rulebook, self.course, decision, is_ending=self._is_ending, is_asking=is_asking
        )
        is_alarmed = self._rulebook.component(self.course.state, Alarm).is_raised
        if standing is Standing.HALTED and not is_alarmed:
            why = f"out of sight: {', '.join(sorted(self.course.blind))}"
            self._keep([(AlarmSeen(is_raised=True, why=why), None, None)])
        return standing

    def _wait(self, decision: Decision, *, is_ending: bool) -> None:
        """Wait until there may be more to do than was decided, be it because it is to end."""
        now_ms = self._time.monotonic_ms()
        times_ms = [now_ms + IDLE_MS, self._lookout.next_ms(self.course, now_ms)]
        times_ms += [each for each in self._not_before_ms.values() if each > now_ms]
        late_ms = next_look_ms(self.course, self._tolerance)
        times_ms += [each for each in (decision.look_again_ms, late_ms) if each is not None]
        self._time.run_until(
            lambda: self._is_ending > is_ending or self._has_news(),
            within_ms=max(0, min(times_ms) - now_ms),
        )

    def _has_news(self) -> bool:
        is_told = any(site.has_news() for site in self._sites.values())
        return is_told or any(self._events.approvals())


_LATER: Final = frozenset({Outcome.REFUSED, Outcome.UNKNOWN})


def _memory_alarms(before: Course, news: News) -> Iterator[Entry]:
    """An alarm, if `news` tells that memory is not as it was `before`."""
    check = before.checks.get(news.vm or "")
    if check is not None and check.is_belied_by(news.fact):
        why = f"the memory of {news.vm} changed while it was paused"
        yield AlarmSeen(is_raised=True, why=why), None, None


def _request(errand: Errand) -> Fact:
    form = HostTold if errand.vm is None else Told
    return form(errand.operation, Outcome.REQUESTED)
