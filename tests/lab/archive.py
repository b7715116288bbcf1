"""Writes the archive that Linux unpacks as its first file system.

Owns the format, cpio "newc" as the kernel's `Documentation/driver-api/early-userspace/
buffer-format.rst` has it. Equal input gives equal bytes. It must not know what is put in.
"""

from __future__ import annotations

import stat
from itertools import count
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ALIGNMENT = 4


def initramfs(files: Mapping[str, tuple[int, bytes]], links: Mapping[str, str]) -> bytes:
    """Return an archive of `files` (path to mode and content) and symbolic `links`.

    Paths are relative to the root; the folders they need are added. It is not compressed, because
    an emulated processor would take a second longer to boot.
    """
    entries = {path: (stat.S_IFREG | mode, content) for path, (mode, content) in files.items()}
    entries |= {path: (stat.S_IFLNK | 0o777, target.encode()) for path, target in links.items()}
    folders = {path for each in entries for path in _above(each)}
    entries |= dict.fromkeys(folders, (stat.S_IFDIR | 0o755, b""))
    numbers = count(1)
    body = b"".join(
        _entry(next(numbers), path, *entries[path])
        for path in sorted(entries)  # a folder sorts before what is in it
    )
    return body + _entry(0, "TRAILER!!!", 0, b"")


def _above(path: str) -> Iterator[str]:
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path


def _entry(number: int, path: str, mode: int, content: bytes) -> bytes:
    name = path.encode() + b"\0"
    links, root, then = 1, 0, 0
    device = (0, 0, 0, 0)
    fields = (number, mode, root, root, links, then, len(content), *device, len(name), 0)
    header = b"070701" + b"".join(b"%08X" % each for each in fields)
    return _padded(header + name) + _padded(content)


def _padded(part: bytes) -> bytes:
    return part + bytes(-len(part) % _ALIGNMENT)
