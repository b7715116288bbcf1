"""Finds the adapter for a URI among the installed ones.

Owns the entry-point group `freezeframe.adapters`, in which the name is a URI scheme and the object
a function of the URI and of `marked` that returns an `Adapter`. It must not know any adapter. The
scheme is what stands before the colon, without what follows a plus sign: `qemu` serves `qemu:///…`
and `qemu+unix:///…`, unless `qemu+unix` is registered itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from importlib.metadata import EntryPoint, entry_points
from typing import Final, Protocol

from freezeframe.adapters.errors import AdapterUriError
from freezeframe.adapters.protocol import Adapter
from freezeframe.fleet.errors import shown

GROUP: Final = "freezeframe.adapters"


class Factory(Protocol):
    """What an entry point of `GROUP` names."""

    def __call__(self, uri: str, *, marked: Collection[str] | None = None) -> Adapter:
        """Open the host at `uri`.

        `marked` names the VMs that freezeframe may touch; None leaves it to the marks on the VMs.
        """


def known_schemes() -> tuple[str, ...]:
    """The schemes of all installed adapters, in alphabetical order."""
    return tuple(sorted(_installed()))


def open_adapter(uri: str, *, marked: Collection[str] | None = None) -> Adapter:
    """Open the host at `uri`; the caller closes it.

    `marked` names the VMs that freezeframe may touch; None leaves it to the marks on the VMs.

    Raises:
        AdapterUriError: No installed adapter has the scheme; the text names those that there are.
        FreezeframeError: The adapter cannot be loaded, or the host cannot be opened.

    """
    scheme, colon, _ = uri.partition(":")
    installed = _installed()
    found = installed.get(scheme) or installed.get(scheme.partition("+")[0])
    if not colon or found is None:
        schemes = ", ".join(f"{name}:" for name in sorted(installed)) or "none is installed"
        raise AdapterUriError(
            f"adapter {shown(uri)}: expected a URI that begins with one of {schemes}; "
            "adapters are entry points of the group " + GROUP
        )
    factory: Factory = _loaded(found)
    return factory(uri, marked=marked)


def _installed() -> Mapping[str, EntryPoint]:
    return {each.name: each for each in entry_points(group=GROUP)}


def _loaded(found: EntryPoint) -> Factory:
    try:
        loaded = found.load()
    except (ImportError, AttributeError) as error:
        raise AdapterUriError(
            f"adapter {found.name}: expected {found.value} to be importable, found: {error}"
        ) from error
    if not callable(loaded):
        raise AdapterUriError(
            f"adapter {found.name}: expected {found.value} to be a function, found {loaded!r}"
        )
    factory: Factory = loaded
    return factory
