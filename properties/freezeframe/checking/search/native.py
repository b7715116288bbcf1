"""Loops over arrays in machine code, which start without their compiler.

A loop is written in Python, in the part of it that numba knows, and compiled when it is first
called on a machine. Its machine code is kept, and the next process loads that with LLVM alone:
numba's import and the making of its registries take longer than most searches. Owns where the code
is kept, and when it is stale. It must not know what a loop does.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import re
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import count
from operator import is_
from pathlib import Path
from types import FunctionType
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[Any]

Shape = Any
"""What machine code must know of an argument: `"int"`, the type and the number of dimensions of an
array, or a tuple of these.
"""

Pointers = ctypes.POINTER(ctypes.c_void_p)
Numbers = ctypes.POINTER(ctypes.c_int64)
Entry = Callable[[Any, Any], None]

_DIGEST_BYTES = hashlib.sha256().digest_size

_MISSING = re.compile(r"^declare (.* @(?!llvm\.)[^(]+\([^)]*\)[^\n]*)$", re.MULTILINE)
_MISSING_DATA = re.compile(r"^(@\S+ = )external (global \S+)", re.MULTILINE)
"""What numba's code refers to for errors, which these loops do not raise."""


@dataclass(frozen=True)
class Helper:
    """A function that loops call, and other helpers."""

    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401
        """Do in Python what loops do in machine code."""
        return self.function(*arguments)


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
        self._entries: dict[tuple[Shape, ...], Entry] = {}

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401
        """Run the loop once."""
        return Calls(self)(*arguments)

    def entry(self, shapes: tuple[Shape, ...]) -> Entry:
        """The machine code for arguments of these shapes."""
        found = self._entries.get(shapes)
        if found is None:
            found = self._entries[shapes] = _loaded(*self._machine_code(shapes))
        return found

    def _machine_code(self, shapes: tuple[Shape, ...]) -> tuple[str, bytes]:
        """The name of the loop and its code, from an earlier process if one left it."""
        file = f"{self.function.__name__}-{self._key(shapes)}.o"
        for directory in _directories(Path(self.function.__code__.co_filename)):
            with suppress(OSError, ValueError):
                return _read(directory / file)
        name, code = _compiled(self.function, shapes, self.results)
        for directory in _directories(Path(self.function.__code__.co_filename)):
            with suppress(OSError):
                _write(directory / file, name, code)
                break
        return name, code

    def _key(self, shapes: tuple[Shape, ...]) -> str:
        """What the machine code depends on."""
        import llvmlite  # noqa: PLC0415 (its import waits until a search begins)

        llvm = _llvm()
        sources = (Path(__file__), Path(self.function.__code__.co_filename))
        known = hashlib.sha256()
        for each in (
            *(path.read_bytes() for path in sources),
            llvmlite.__version__,
            llvm.get_process_triple(),
            llvm.get_host_cpu_name(),
            llvm.get_host_cpu_features().flatten(),
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


def _entry_text(shapes: Sequence[Shape], results: int) -> str:
    """The program that puts the arguments together again, as `Calls` takes them apart."""
    pointer, number = count(), count()
    extent = count(sum(shape == "int" for shape in shapes))

    def spelled(shape: Shape) -> str:
        if shape == "int":
            return f"numbers[{next(number)}]"
        if not isinstance(shape[0], str):
            return "(" + "".join(f"{spelled(each)}, " for each in shape) + ")"
        extents = "".join(f"numbers[{next(extent)}], " for _ in range(shape[1]))
        return f"carray(pointers[{next(pointer)}], ({extents}), numpy.{shape[0]})"

    lines = ["def entry(pointers, numbers):"]
    lines.append(f"    result = loop({', '.join(map(spelled, shapes))})")
    where = range(first := next(extent), first + results)
    values = ["result"] if results == 1 else [f"result[{each}]" for each in range(results)]
    lines += [f"    numbers[{at}] = {value}" for at, value in zip(where, values, strict=True)]
    return "\n".join(lines)


def _jitted(function: Callable[..., Any]) -> Any:  # noqa: ANN401
    """The function as numba takes it, and so the helpers that it calls."""
    code = function.__code__
    given = {
        name: function.__globals__[name] for name in code.co_names if name in function.__globals__
    }
    names = {
        name: _jitted(value.function) if isinstance(value, Helper) else value
        for name, value in given.items()
    }
    again = FunctionType(code, names, function.__name__)
    return _numba().njit(again, error_model="numpy", no_cpython_wrapper=True)


def _compiled(
    function: Callable[..., Any], shapes: Sequence[Shape], results: int
) -> tuple[str, bytes]:
    """The name of the loop among the symbols of its code, and the code."""
    numba = _numba()
    names = {"loop": _jitted(function), "carray": numba.carray, "numpy": np}
    exec(_entry_text(shapes, results), names)  # noqa: S102 (the text is our own)
    types = numba.types
    signature = types.void(types.CPointer(types.voidptr), types.CPointer(types.int64))
    entry = numba.cfunc(signature, nopython=True, error_model="numpy")(names["entry"])
    text = _MISSING.sub(r"define \1 { call void @llvm.trap() unreachable }", entry.inspect_llvm())
    text = _MISSING_DATA.sub(r"\1internal \2 0", text)
    llvm = _llvm()
    module = llvm.parse_assembly(f"{text}\ndeclare void @llvm.trap()\n")
    module.verify()
    return entry.native_name, _target_machine(llvm).emit_object(module)


def _numba() -> Any:  # noqa: ANN401
    """The compiler, whose import only the first run on a machine pays for."""
    return import_module("numba")


@cache
def _llvm() -> Any:  # noqa: ANN401
    """LLVM, ready for this machine."""
    from llvmlite import binding  # noqa: PLC0415 (takes a tenth of a second)

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding


def _target_machine(llvm: Any) -> Any:  # noqa: ANN401
    return llvm.Target.from_triple(llvm.get_process_triple()).create_target_machine(
        cpu=llvm.get_host_cpu_name(),
        features=llvm.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
    )


_engines: list[Any] = []
"""Own the machine code, which must live as long as it may be called."""


def _loaded(name: str, code: bytes) -> Entry:
    llvm = _llvm()
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target_machine(llvm))
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    return ctypes.CFUNCTYPE(None, Pointers, Numbers)(engine.get_function_address(name))


def _directories(source: Path) -> Iterator[Path]:
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


def _read(path: Path) -> tuple[str, bytes]:
    """What `_write` wrote; raises `ValueError` if that is not whole."""
    content = path.read_bytes()
    digest, rest = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(rest).digest() != digest:
        raise ValueError(f"{path}: expected the machine code that was written, found another")
    name, _, code = rest.partition(b"\n")
    return name.decode(), code


def _write(path: Path, name: str, code: bytes) -> None:
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
