"""How pytest finds the suite when the package is asked for by its name.

Owns the collector that stands where the package is. It must not know what the tests do.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest

from freezeframe.fleet import FreezeframeError

from .plugin import ADAPTER


class SuiteDirectory(pytest.Directory):
    """Holds the one class that judges the adapter of `--adapter`."""

    def collect(self) -> Iterator[pytest.Collector]:
        """Yield it, once the host was seen to be fit; else say in one line what is missing."""
        from .benches import bench_of_options  # noqa: PLC0415 (pytest reads this in every run)

        if not self.config.option.adapter:
            raise self.CollectError(
                f"expected --adapter URI or {ADAPTER} to name a host, found neither; "
                "try --adapter simulated:"
            )
        try:
            bench_of_options(self.config)
        except FreezeframeError as error:
            raise self.CollectError(str(error)) from error
        # Imported by its own name: by its path pytest would make a second copy of the package.
        module = pytest.Module.from_parent(
            self, path=self.path / "command.py", nodeid="conformance"
        )
        module.obj = import_module(".command", __package__)
        yield module
