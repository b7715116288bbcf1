"""What users' own code raised, in words: the error, and where in their code it came from.

It must not know what the code was called for.
"""

from __future__ import annotations

import sysconfig
import traceback
from pathlib import Path
from typing import Final

_OURS: Final = str(Path(__file__).parents[1])
_PYTHONS: Final = sysconfig.get_path("stdlib")
_INSTALLED: Final = sysconfig.get_path("purelib")


def told(error: BaseException) -> str:
    """The kind of an error, what it says, and the innermost line of users' code on its way, if any.

    >>> told(ValueError("no such rack"))
    'ValueError: no such rack'
    """
    text = f"{type(error).__name__}: {error}".removesuffix(": ")
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [frame for frame in frames if _is_users(frame.filename)]
    if not theirs:
        return text
    return f"{text} ({Path(theirs[-1].filename).name}, line {theirs[-1].lineno})"


def _is_users(file: str) -> bool:
    if file.startswith((_OURS, "<frozen ")):
        return False
    return file.startswith(_INSTALLED) or not file.startswith(_PYTHONS)
