"""Keeps what libvirt found out about QEMU, so that not every new host has to find it out again.

Owns where that is kept; a host has it in its folder `probed`. Finding it out takes each host some
seconds. libvirt itself checks whether what it is given still fits the programs and the machine, and
does it again if not. It must not know what is in it.
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

_PLACE = "qemu/capabilities"


def hand_over(cache: Path, probed: Path) -> None:
    """Give a host, before its first guest is defined, what others have found out."""
    _copy(cache / _PLACE, probed)


def keep(cache: Path, probed: Path) -> None:
    """Keep what a host has found out."""
    _copy(probed, cache / _PLACE)


def _copy(source: Path, target: Path) -> None:
    """Copy each file whole or not at all, for others may be doing the same."""
    target.mkdir(parents=True, exist_ok=True)
    for each in source.glob("*.xml"):
        with tempfile.NamedTemporaryFile(dir=target, delete=False) as file:
            file.write(each.read_bytes())
        shutil.copystat(each, file.name)
        Path(file.name).rename(target / each.name)
