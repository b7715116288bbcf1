"""The conformance suite in a process on the host itself; `test_inside.py` has it run there.

The guests are brought up here as well, by the same driver. A connection is kept open all the time:
libvirt ends an embedded driver with the last one.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar

import pytest

from freezeframe.adapters import Adapter, open_adapter
from freezeframe.adapters.libvirt import LibvirtAdapter
from freezeframe.conformance import AdapterSuite

from . import probed
from .domain import Port, domain_xml
from .image import default_cache, image
from .layout import HostFolder
from .means import GuestMeans, Witnesses
from .recorder import Recorder
from .ways import Way, way

FOLDER_VARIABLE = "FREEZEFRAME_LAB_FOLDER"
"""Environment variable that names the host's folder."""

WAY_VARIABLE = "FREEZEFRAME_LAB_WAY"
"""Environment variable that names the way to libvirt: see `ways`."""

_TURN_SECONDS = 0.2


class TestInside(AdapterSuite):
    """The adapter of libvirt on this very host."""

    _folder: ClassVar[HostFolder]
    _way: ClassVar[Way]
    _witnesses: ClassVar[Witnesses]

    @pytest.fixture(autouse=True, scope="class")
    @classmethod
    def use_guests(cls) -> Iterator[None]:
        """Have guests to test; they end with the host."""
        cls._folder = folder = HostFolder(Path(os.environ[FOLDER_VARIABLE]))
        cls._way = way(os.environ[WAY_VARIABLE], folder)
        names = folder.guests()
        cls._witnesses = Witnesses({name: folder.beats(name) for name in names})
        with recorded(folder, names):
            keeper = open_adapter(cls._way.uri)
            try:
                cls._bring_up(cls._beside(keeper), names)
                yield
            finally:
                keeper.close()

    def open(self, marked: Collection[str] | None = None) -> Adapter:
        """See `AdapterSuite`."""
        return open_adapter(self._way.uri, marked=marked)

    def means(self, adapter: Adapter) -> object:
        """See `AdapterSuite`."""
        return self._beside(adapter)

    @classmethod
    def _beside(cls, adapter: Adapter) -> GuestMeans:
        assert isinstance(adapter, LibvirtAdapter)
        return GuestMeans(adapter, cls._witnesses, cls._pid_of)

    @classmethod
    def _pid_of(cls, name: str) -> int:
        return int((cls._way.pids / f"{name}.pid").read_text(encoding="ascii"))

    @classmethod
    def _bring_up(cls, means: GuestMeans, names: list[str]) -> None:
        for name in names:
            means.define(name, cls._definition(name))
        probed.keep(default_cache(), cls._way.probed)
        for name in names:
            means.await_guest(name, "")

    @classmethod
    def _definition(cls, name: str) -> str:
        """The XML of a guest; those whose name says so are not marked."""
        return domain_xml(
            name,
            image(),
            Port("file", cls._folder.console(name)),
            Port("unix", cls._folder.socket(name)),
            placement=None if name.startswith("unmarked") else ("set1", 0),
            has_bridge=cls._way.is_root,
        )


@contextmanager
def recorded(folder: HostFolder, names: list[str]) -> Iterator[None]:
    """Record what the guests report."""
    recorder = Recorder((folder.socket(name), folder.beats(name)) for name in names)
    is_over = threading.Event()

    def record() -> None:
        while not is_over.is_set():
            recorder.step(_TURN_SECONDS)

    recording = threading.Thread(target=record)
    recording.start()
    try:
        yield
    finally:
        is_over.set()
        recording.join()
        recorder.close()
