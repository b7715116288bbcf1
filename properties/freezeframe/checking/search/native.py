"""Loops over arrays in machine code, which start without their compiler.

A loop is written in Python, in the part of it that numba knows, and compiled when it is first
called on a machine. Its machine code is kept, and the next process loads that with LLVM alone:
numba's import and the making of its registries take longer than most searches. Where numba or LLVM
is not as that relies upon, each process compiles for itself, with the same answers. Owns when kept
code is stale. It must not know what a loop does.
"""

from __future__ import annotations

import ctypes
import hashlib
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import cache
from operator import is_
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from . import machine_code
from .code_files import directories, read, write
from .machine_code import DIFFERS, Entry, Shape, compiled, compiled_in_place, llvm, loaded

Array = npt.NDArray[Any]

_LOG = logging.getLogger(__name__)


class Native:
    """A loop in machine code.

    It takes integers, contiguous arrays, and tuples of such arrays. It returns as many integers as
    `results` says: none, one, or a tuple of several.
    """

    def __init__(self, function: Callable[..., Any], results: int) -> None:
        """Compile nothing yet."""
        self.function = function
        self.results = results
        self.__doc__ = function.__doc__
        self._source = Path(function.__code__.co_filename)
        self._entries: dict[tuple[Shape, ...], Entry] = {}

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401
        """Run the loop once."""
        return Calls(self)(*arguments)

    def entry(self, shapes: tuple[Shape, ...]) -> Entry:
        """The machine code for arguments of these shapes."""
        found = self._entries.get(shapes)
        if found is None:
            try:
                found = loaded(*self._machine_code(shapes))
            except DIFFERS as difference:
                _tell(str(difference))
                found = compiled_in_place(self.function, shapes, self.results)
            self._entries[shapes] = found
        return found

    def _machine_code(self, shapes: tuple[Shape, ...]) -> tuple[str, bytes]:
        """The name of the loop and its code, from an earlier process if one left it."""
        file = f"{self.function.__name__}-{self._key(shapes)}.o"
        for directory in directories(self._source):
            with suppress(OSError, ValueError):
                return read(directory / file)
        name, code = compiled(self.function, shapes, self.results)
        for directory in directories(self._source):
            with suppress(OSError):
                write(directory / file, name, code)
                break
        return name, code

    def _key(self, shapes: tuple[Shape, ...]) -> str:
        """What the machine code depends on."""
        import llvmlite  # noqa: PLC0415 (its import waits until a search begins)

        binding = llvm()
        sources = (*map(Path, (__file__, machine_code.__file__)), self._source)
        known = hashlib.sha256()
        for each in (
            *(path.read_bytes() for path in sources),
            llvmlite.__version__,
            binding.get_process_triple(),
            binding.get_host_cpu_name(),
            binding.get_host_cpu_features().flatten(),
            shapes,
        ):
            known.update(repr(each).encode())
        return known.hexdigest()[:32]


class Calls:
    """Many calls of one loop with the same arrays, which are looked at only where they change."""

    def __init__(self, loop: Native) -> None:
        """Begin without arrays."""
        self._loop = loop
        self._arrays: list[Array] = []
        self._is_bound = False

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401
        """Run the loop."""
        arrays: list[Array] = []
        integers: list[int] = []
        for each in arguments:
            if type(each) is tuple:
                arrays += each
            elif isinstance(each, np.ndarray):
                arrays.append(each)
            else:
                integers.append(each)
        if not self._is_bound or not all(map(is_, arrays, self._arrays)):
            self._bind(arguments, arrays, integers)
        self._numbers[: len(integers)] = integers  # type: ignore[assignment]
        self._entry(self._pointers, self._numbers)
        results = self._numbers[-self._loop.results :] if self._loop.results else [None]
        return results[0] if len(results) == 1 else tuple(results)

    def _bind(self, arguments: Sequence[Any], arrays: list[Array], integers: Sequence[int]) -> None:
        for each in arrays:
            if not each.flags.c_contiguous:
                raise ValueError(f"expected contiguous arrays, found strides {each.strides}")
        extents = [extent for each in arrays for extent in each.shape]
        numbers = [*integers, *extents, *[0] * self._loop.results]
        self._arrays = arrays
        self._pointers = (ctypes.c_void_p * len(arrays))(*(each.ctypes.data for each in arrays))
        self._numbers = (ctypes.c_int64 * len(numbers))(*numbers)
        self._entry = self._loop.entry(tuple(_shape(each) for each in arguments))
        self._is_bound = True


def native(*, results: int) -> Callable[[Callable[..., Any]], Native]:
    """Declare the decorated function as a loop that returns so many integers."""
    return lambda function: Native(function, results)


def _shape(argument: Any) -> Shape:  # noqa: ANN401
    if isinstance(argument, tuple):
        return tuple(_shape(each) for each in argument)
    return (argument.dtype.name, argument.ndim) if isinstance(argument, np.ndarray) else "int"


@cache
def _tell(difference: str) -> None:
    _LOG.warning(
        "Machine code of the search cannot be kept, so each start compiles it for some seconds; "
        "the answers are the same. Other versions of numba and llvmlite may do better: %s",
        difference,
    )
