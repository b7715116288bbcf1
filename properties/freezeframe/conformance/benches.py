"""What is under test in one class of the suite: the adapter, its VMs, and what is beside it.

Owns which VMs may be touched, what the adapter claims, and how it is opened again. It must not know
any test.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import pytest

from freezeframe.adapters import (
    Adapter,
    Capability,
    Observes,
    Support,
    open_adapter,
)
from freezeframe.fleet import FreezeframeError
from freezeframe.lifecycles import VmStatus

from .means import ConnectsAgain, Witness, means_for
from .watching import watched

VMS_MIN: Final = 1
"""So many running VMs at least; tests that need more are skipped where there are no more."""

CLOCK_LOOK_SECONDS: Final = 0.02
OPEN_SECONDS: Final = 90.0
"""The first opening of a libvirt host probes every emulator."""


class UnfitHostError(FreezeframeError):
    """The suite cannot be run on this host; the text says what is missing."""


class Opener(Protocol):
    """Opens the host under test."""

    def __call__(self, marked: Collection[str] | None) -> Adapter:
        """A new connection; `marked` names the VMs that may be touched, None trusts the marks."""


@dataclass(frozen=True)
class Bench:
    """One host under test, as it was found at the beginning.

    `vms` are the running VMs that may be touched, `off` those that are shut off. `named` is what
    `--vm` named, None if nothing.
    """

    uri: str
    host: str
    claims: Mapping[Capability, Support]
    vms: tuple[str, ...]
    off: tuple[str, ...]
    named: tuple[str, ...] | None
    is_virtual: bool
    """Whether time passes only where somebody waits, so that waiting costs nothing."""
    has_witness: bool


class UriOpener:
    """Opens the host of a URI, and the same one again."""

    def __init__(self, uri: str) -> None:
        """Open nothing yet."""
        self._uri = uri
        self._again: ConnectsAgain | None = None

    def __call__(self, marked: Collection[str] | None) -> Adapter:
        """See `Opener`."""
        if self._again is not None:
            return self._again.connect(marked)
        adapter = open_adapter(self._uri, marked=marked)
        means = means_for(adapter)
        if isinstance(means, ConnectsAgain):
            self._again = means
        return adapter


class Options:
    """What the options of a run name."""

    def __init__(self, config: pytest.Config) -> None:
        """Read them; nothing is opened."""
        self._config = config

    @cached_property
    def opener(self) -> UriOpener:
        """Opens the host of `--adapter`.

        Raises:
            UnfitHostError: There is no such option.

        """
        uri = self._config.option.adapter
        if not uri:
            raise UnfitHostError(
                "expected --adapter URI, or a method `open` of the class, found neither"
            )
        return UriOpener(uri)

    @property
    def examples(self) -> int | None:
        """How many interleavings are run, None if nothing was said."""
        found: int | None = self._config.option.interleavings
        return found

    @property
    def steps(self) -> int | None:
        """How many steps each of them has, None if nothing was said."""
        found: int | None = self._config.option.interleaving_steps
        return found

    @property
    def named(self) -> tuple[str, ...] | None:
        """The VMs of `--vm`, None if there are none."""
        return tuple(dict.fromkeys(self._config.option.vm)) or None


_OPTIONS = pytest.StashKey[Options]()


def options_of(config: pytest.Config) -> Options:
    """The options of a run, the same however often asked."""
    return config.stash.setdefault(_OPTIONS, Options(config))


def bench_of_options(config: pytest.Config) -> Bench:
    """Look at the host of `--adapter`.

    Raises:
        FreezeframeError: It cannot be opened, or is not fit.

    """
    options = options_of(config)
    return survey(options.opener, options.named, means_for)


def survey(
    opener: Opener, named: tuple[str, ...] | None, means_of: Callable[[Adapter], object]
) -> Bench:
    """Open a host, look at it, and close it again.

    Raises:
        FreezeframeError: It cannot be opened, or is not fit.

    """
    return watched(
        lambda: _survey(opener, named, means_of), seconds=OPEN_SECONDS, what="opening the host"
    )


def _survey(
    opener: Opener, named: tuple[str, ...] | None, means_of: Callable[[Adapter], object]
) -> Bench:
    adapter = opener(named)
    try:
        if not isinstance(adapter, Observes):
            raise UnfitHostError(
                f"{adapter.uri}: expected an adapter that observes VMs, found {type(adapter)}"
            )
        states = adapter.vms(deadline_ms=round(OPEN_SECONDS * 1000))
        touchable = [state for state in states if state.is_marked]
        running = tuple(each.name for each in touchable if each.status is VmStatus.RUNNING)
        _refuse_unfit(adapter, named, {each.name: str(each) for each in states}, running)
        return Bench(
            uri=adapter.uri,
            host=adapter.host,
            claims=adapter.capabilities(running[0]),
            vms=running,
            off=tuple(each.name for each in touchable if each.status is VmStatus.STOPPED),
            named=named,
            is_virtual=_is_virtual(adapter),
            has_witness=isinstance(means_of(adapter), Witness),
        )
    finally:
        adapter.close()


def _refuse_unfit(
    adapter: Adapter,
    named: tuple[str, ...] | None,
    states: Mapping[str, str],
    running: tuple[str, ...],
) -> None:
    for name in named or ():
        if name not in states:
            known = ", ".join(states) or "none at all"
            raise UnfitHostError(f"--vm {name}: expected a VM of {adapter.uri}, found {known}")
        if name not in running:
            raise UnfitHostError(f"--vm {name}: expected it running, found it {states[name]}")
    if len(running) < VMS_MIN:
        listed = ", ".join(f"{name} {state}" for name, state in states.items()) or "no VM at all"
        raise UnfitHostError(
            f"{adapter.uri}: expected at least {VMS_MIN} running VM that is marked for "
            f"freezeframe, found {listed}; mark one, or name it with --vm NAME"
        )


def _is_virtual(adapter: Adapter) -> bool:
    before_ms = adapter.clock.monotonic_ms()
    time.sleep(CLOCK_LOOK_SECONDS)
    return adapter.clock.monotonic_ms() == before_ms
