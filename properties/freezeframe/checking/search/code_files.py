"""Machine code in files, which others may write at the same time.

Owns where they are and when one is whole. It must not know what the code does.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

_DIGEST_BYTES = hashlib.sha256().digest_size


def directories(source: Path) -> Iterator[Path]:
    """Where code may be kept, the best first: as numba itself does, beside the bytecode, or in the
    user's cache.
    """
    if chosen := os.environ.get("NUMBA_CACHE_DIR"):
        yield Path(chosen)
        return
    yield source.parent / "__pycache__"
    cached = os.environ.get("XDG_CACHE_HOME")
    with suppress(RuntimeError):  # there is no home
        yield (Path(cached) if cached else Path.home() / ".cache") / "freezeframe"


def read(path: Path) -> tuple[str, bytes]:
    """The name and the code that `write` wrote; raises `ValueError` if that is not whole."""
    content = path.read_bytes()
    digest, rest = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(rest).digest() != digest:
        raise ValueError(f"{path}: expected the machine code that was written, found another")
    name, _, code = rest.partition(b"\n")
    return name.decode(), code


def write(path: Path, name: str, code: bytes) -> None:
    """Write a file as a whole or not at all, for others may write it at the same time."""
    rest = name.encode() + b"\n" + code
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, scratch = tempfile.mkstemp(dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(rest).digest() + rest)
        Path(scratch).chmod(0o644)
        Path(scratch).replace(path)
    except OSError:
        Path(scratch).unlink(missing_ok=True)
        raise
