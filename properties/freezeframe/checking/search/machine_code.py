"""Loops as machine code: compiled by numba, and loaded by LLVM alone.

Owns what is relied upon of numba and LLVM. It must not know where code is kept, nor what it does.
"""

from __future__ import annotations

import ctypes
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from itertools import count
from types import FunctionType
from typing import Any

import numpy as np

Shape = Any
"""What machine code must know of an argument: `"int"`, the type and the number of dimensions of an
array, or a tuple of these.
"""

Pointers = ctypes.POINTER(ctypes.c_void_p)
Numbers = ctypes.POINTER(ctypes.c_int64)
Entry = Callable[[Any, Any], None]

_PROTOTYPE = ctypes.CFUNCTYPE(None, Pointers, Numbers)

_FOR_ERRORS = (
    r"Py\w+|NRT_Free|NRT_MemInfo_call_dtor"
    r"|numba_(?:do_raise|gil_ensure|gil_release|runtime_build_excinfo_struct|unpickle)"
)
"""What numba's code calls only where an error is raised or an array's own memory is freed: never in
these loops. LLVM alone does not have it.
"""

_CALLED = re.compile(rf"^declare (.* @(?:{_FOR_ERRORS})\(.*)$", re.MULTILINE)
_NAMED = re.compile(r"^(@PyExc_\w+ = )external (global \S+)", re.MULTILINE)

DIFFERS = (AttributeError, ImportError, NotImplementedError, RuntimeError, TypeError)
"""What is raised where numba or LLVM is not as it is relied upon here."""


@dataclass(frozen=True)
class Helper:
    """A function that loops call, and other helpers."""

    function: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:  # noqa: ANN401
        """Do in Python what loops do in machine code."""
        return self.function(*arguments)


def compiled(
    function: Callable[..., Any], shapes: tuple[Shape, ...], results: int
) -> tuple[str, bytes]:
    """The name of a loop among the symbols of its code, and code that needs LLVM alone.

    Raises one of `DIFFERS` if this numba and this LLVM do not give such code.
    """
    callback = _callback(function, shapes, results)
    text = _CALLED.sub(r"define \1 { call void @llvm.trap() unreachable }", callback.inspect_llvm())
    text = _NAMED.sub(r"\1internal \2 0", text)
    module = llvm().parse_assembly(f"{text}\ndeclare void @llvm.trap()\n")
    module.verify()
    for each in (*module.functions, *module.global_variables):
        if each.is_declaration and not each.name.startswith("llvm."):
            raise RuntimeError(f"expected machine code that does without {each.name}")
    return callback.native_name, _target_machine().emit_object(module)


def loaded(name: str, code: bytes) -> Entry:
    """The function called `name` in code that `compiled` gave, on a machine like this.

    Raises one of `DIFFERS` if this LLVM does not load it.
    """
    engine = llvm().create_mcjit_compiler(llvm().parse_assembly(""), _target_machine())
    engine.add_object_file(llvm().ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    address = engine.get_function_address(name)
    if not address:
        raise RuntimeError(f"expected {name} in the machine code, found no such function")
    return _PROTOTYPE(address)


def compiled_in_place(
    function: Callable[..., Any], shapes: tuple[Shape, ...], results: int
) -> Entry:
    """The same function as numba itself offers it, for this process only."""
    return _PROTOTYPE(_callback(function, shapes, results).address)


@cache
def _callback(function: Callable[..., Any], shapes: tuple[Shape, ...], results: int) -> Any:  # noqa: ANN401
    """What numba makes of a loop; it owns its code, which must live as long as it may be called."""
    numba = _numba()
    names = {"loop": _jitted(function), "carray": numba.carray, "numpy": np}
    exec(_entry_text(shapes, results), names)  # noqa: S102 (the text is our own)
    types = numba.types
    signature = types.void(types.CPointer(types.voidptr), types.CPointer(types.int64))
    return numba.cfunc(signature, nopython=True, error_model="numpy")(names["entry"])


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


def _numba() -> Any:  # noqa: ANN401
    """The compiler, whose import only the first run on a machine pays for."""
    return import_module("numba")


@cache
def llvm() -> Any:  # noqa: ANN401
    """LLVM, ready for this machine."""
    from llvmlite import binding  # noqa: PLC0415 (takes a tenth of a second)

    binding.initialize_native_target()
    binding.initialize_native_asmprinter()
    return binding


def _target_machine() -> Any:  # noqa: ANN401
    binding = llvm()
    return binding.Target.from_triple(binding.get_process_triple()).create_target_machine(
        cpu=binding.get_host_cpu_name(),
        features=binding.get_host_cpu_features().flatten(),
        opt=3,
        jit=True,
    )


_engines: list[Any] = []
"""Own the machine code, which must live as long as it may be called."""
