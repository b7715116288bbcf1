"""The suite that comes with the package: each promise checked exhaustively, and the fleet run by
Hypothesis.

Owns what pytest's items do and what they print. It must not know how anything is decided.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from freezeframe.checking.plugin import summary_key
from freezeframe.fleet import DEFAULT_EXAMPLE, FreezeframeError
from freezeframe.properties import ALL, Property
from freezeframe.protocol.policies import DEFAULT_POLICY
from freezeframe.reporting import CheckResult, PropertyResult, Verdict
from freezeframe.reporting.timeline import render_counterexample

from .testing import Subject, steps_for, subject


class FleetDirectory(pytest.Directory):
    """Stands where the package is, and holds the fleet file."""

    def collect(self) -> Iterator[pytest.Collector]:
        """Yield the one fleet."""
        given = self.config.option.fleet
        if given is None:
            examples = resources.files("freezeframe.fleet") / "examples"
            path = Path(str(examples / f"{DEFAULT_EXAMPLE}.toml"))
        else:
            path = self.config.invocation_params.dir / given
        yield FleetFile.from_parent(self, path=path, nodeid=path.name)


class FleetFile(pytest.File):
    """A fleet under a policy: an item for each promise, and one for Hypothesis."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield the items; a mistake in the file or an option is told without a traceback."""
        try:
            self.subject  # noqa: B018 (read for its mistakes)
        except FreezeframeError as error:
            raise self.CollectError(str(error)) from error
        for prop in ALL:
            yield PromiseItem.from_parent(self, name=prop.name, prop=prop)
        yield MachineItem.from_parent(self, name="hypothesis")

    @cached_property
    def subject(self) -> Subject:
        """The fleet, the policy and the guards that the options name."""
        options = self.config.option
        return subject(self.path, options.policy or DEFAULT_POLICY, options.without)

    @cached_property
    def result(self) -> CheckResult:
        """The exhaustive check of all promises, done once."""
        from freezeframe.checking.check import check  # noqa: PLC0415 (slow to import; a mistake in the file comes first)
        from freezeframe.checking.search.explorer import MAX_STATES_DEFAULT  # noqa: PLC0415 (likewise)

        return check(
            self.subject.fleet,
            self.subject.policy,
            ALL,
            without=self.subject.without,
            max_states=self.config.option.max_states or MAX_STATES_DEFAULT,
        )

    @property
    def result_if_done(self) -> CheckResult | None:
        """The exhaustive check, if a promise was asked for."""
        return self.__dict__.get("result")


class Broken(Exception):  # noqa: N818 (a verdict, not an error)
    """A promise is broken; the text is the page to print."""


class _Item(pytest.Item):
    """An item of a fleet, which prints a page where others print a traceback."""

    parent: FleetFile

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:  # noqa: ANN401
        """The page of a broken promise; anything else as pytest has it."""
        if isinstance(excinfo.value, Broken):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, None, str]:
        """Where pytest says that the item is."""
        return self.path, None, self.name


class PromiseItem(_Item):
    """One promise, decided by exploring everything."""

    def __init__(self, *, prop: Property, **options: Any) -> None:  # noqa: ANN401
        """Ask about `prop`."""
        super().__init__(**options)
        self.property = prop

    def runtest(self) -> None:
        """Pass only if the promise holds everywhere; skip if that was not decided."""
        result = self.parent.result
        mine = next(each for each in result.properties if each.name == self.property.name)
        if mine.verdict is Verdict.VIOLATED:
            raise Broken(_page(mine, result))
        if mine.verdict is Verdict.INCOMPLETE:
            explored = result.states - result.frontier
            pytest.skip(
                f"incomplete: explored {explored:,} states, {result.frontier:,} more were seen; "
                "no violation among them; raise --max-states"
            )


class MachineItem(_Item):
    """The fleet, run by Hypothesis under its current profile."""

    def runtest(self) -> None:
        """Fail if a run breaks a promise."""
        from hypothesis import settings  # noqa: PLC0415 (slow to import)

        from .hunting import quiet_settings, run_machine  # noqa: PLC0415 (likewise)
        from .reached import coverage_lines  # noqa: PLC0415 (likewise)

        machine = self.parent.subject.machine(uses_target=self.config.option.steer)
        chosen = settings(
            quiet_settings(), stateful_step_count=steps_for(self.parent.subject.fleet)
        )
        broken = run_machine(machine, chosen)
        lines = coverage_lines(machine.kit.lookup, machine.kit.reached, self.parent.result_if_done)
        self.config.stash.setdefault(summary_key, []).extend(lines)
        if broken is not None:
            self.add_report_section("call", "program", broken.program)
            raise Broken(str(broken))


def _page(broken: PropertyResult, result: CheckResult) -> str:
    if broken.counterexample is None:
        return f"Broken: {broken.promise}\n        true in none of {result.states:,} states\n"
    return render_counterexample(
        broken.counterexample, promise=broken.promise, limit_seconds=broken.limit_seconds
    )
