"""The keys of a fleet file, and what each of them may hold.

Owns the judgement of one value at a time; what values must be together is `consistency`'s affair.
It knows neither text nor lines. It imports pydantic, so `document` imports it only to read a file.
"""

from __future__ import annotations

from dataclasses import fields
from decimal import Decimal
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetPydanticSchema,
    PlainValidator,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    create_model,
)
from pydantic_core import PydanticCustomError
from pydantic_core.core_schema import no_info_after_validator_function

from freezeframe.fleet.errors import shown
from freezeframe.fleet.model import (
    FAULT_DOMAINS_MAX,
    UPDATE_DOMAINS_MAX,
    CustomerActions,
    Faults,
    Limits,
    OperatorActions,
    Span,
    Timing,
    Tolerance,
    Update,
    UpdateKind,
)

if TYPE_CHECKING:
    from collections.abc import Callable

SECONDS_MAX = 30 * 24 * 3600
"""Longest duration that a file may name: thirty days, far beyond any maintenance of one host."""

COUNT_MAX = 1_000
"""Most of any fault, action or attempt; a budget beyond it is a slip of the keyboard."""

NAME_MAX = 255
"""Longest name. Source: longest file name on Linux, which libvirt gives a domain's file."""

URI_MAX = 2_000
"""Longest URI of an adapter, which may hold the path of a socket."""

_STRICT = ConfigDict(strict=True, extra="forbid")


def _expected(text: str, is_valid: Callable[[Any], bool] = lambda _: True) -> WrapValidator:
    """Refuse what the type or `is_valid` refuses, saying that `text` was expected."""

    def check(value: object, accept: ValidatorFunctionWrapHandler) -> object:
        try:
            accepted = accept(value)
        except ValueError:
            accepted, refused = None, True
        else:
            refused = not is_valid(accepted)
        if refused:
            raise PydanticCustomError("expected", "{text}", {"text": text})
        return accepted

    return WrapValidator(check)


def _whole(low: int, high: int) -> WrapValidator:
    return _expected(f"a whole number from {low} to {high}", lambda number: low <= number <= high)


def _milliseconds(value: object) -> int:
    """Return seconds in milliseconds; floats come as Decimal, so nothing is rounded."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise ValueError  # noqa: TRY004 - pydantic turns only a ValueError into a refusal
    seconds = Decimal(value)
    if not seconds.is_finite() or not 0 <= seconds <= SECONDS_MAX:
        raise ValueError
    if seconds != seconds.quantize(Decimal("0.001")):
        raise ValueError
    return int(seconds * 1000)


def _span(value: object) -> Span:
    if not isinstance(value, list):
        raise ValueError  # noqa: TRY004 - as above
    low, high = map(_milliseconds, value)
    if low > high:
        raise ValueError
    return Span(low, high)


def _is_name(text: str) -> bool:
    return 0 < len(text) <= NAME_MAX and text.isprintable() and text == text.strip()


def _is_uri(text: str) -> bool:
    is_readable = text.isprintable() and not any(map(str.isspace, text))
    return is_readable and len(text) <= URI_MAX and text.find(":") > 0


def _is_address(text: str) -> bool:
    try:
        return text == str(ip_address(text))
    except ValueError:
        return False


def _is_command(words: list[str]) -> bool:
    """Whether a system can be asked to run it: a program, and no NUL in any word."""
    return bool(words) and bool(words[0].strip()) and not any("\0" in word for word in words)


_SECONDS = f"seconds from 0 to {SECONDS_MAX}, no finer than 0.001"
_Seconds = Annotated[int, PlainValidator(_milliseconds), _expected(_SECONDS)]
_SecondsLimit = Annotated[
    int,
    PlainValidator(_milliseconds),
    _expected(_SECONDS.replace("from 0", "above 0, up"), lambda limit_ms: limit_ms > 0),
]
_Span = Annotated[
    Span, PlainValidator(_span), _expected(f"[min, max] with min <= max, each {_SECONDS}")
]
_Count = Annotated[int, _whole(0, COUNT_MAX)]
_Name = Annotated[
    str,
    _expected(f"a name of 1 to {NAME_MAX} printable characters, no blank at its ends", _is_name),
]
_Names = Annotated[
    list[str], _expected("an array of names", lambda names: all(map(_is_name, names)))
]
_Address = Annotated[
    str,
    _expected('an IP address, such as "10.0.0.5"', _is_address),
]
_Uri = Annotated[
    str, _expected('a URI without blanks, such as "qemu+ssh://host-a/system"', _is_uri)
]
_Command = Annotated[
    list[str],
    _expected('an array of a program and its arguments, such as ["update", "--now"]', _is_command),
]
_Kind = Annotated[
    UpdateKind,
    Field(strict=False),
    _expected(f"one of {', '.join(shown(str(kind)) for kind in UpdateKind)}"),
]
_Flag = Annotated[bool, _expected("true or false")]


def file_key(field: str) -> str:
    """Return how a file spells a field of a value class: files count in seconds."""
    return field.removesuffix("_ms") + "_seconds" if field.endswith("_ms") else field


def _section(
    values: type, build: Callable[..., Any] | None = None, *, each: object = None, **special: object
) -> GetPydanticSchema:
    """Read a table whose keys are the fields of `values`, of type `each` unless in `special`.

    Only given keys reach `build` (default `values`), so defaults stay where they are declared.
    """
    keys: dict[str, Any] = {
        field.name: (special.get(field.name, each), Field(None, alias=file_key(field.name)))
        for field in fields(values)
    }
    table = create_model(values.__name__, __config__=_STRICT, **keys)

    def made(read: BaseModel) -> object:
        return (build or values)(**{name: getattr(read, name) for name in read.model_fields_set})

    return GetPydanticSchema(lambda _, get: no_info_after_validator_function(made, get(table)))


class _Table(BaseModel):
    model_config = _STRICT


class SetTable(_Table):
    """One `[[availability_sets]]`."""

    name: _Name
    update_domains: Annotated[int, _whole(1, UPDATE_DOMAINS_MAX)] | None = None
    fault_domains: Annotated[int, _whole(1, FAULT_DOMAINS_MAX)] = 2


class HostTable(_Table):
    """One `[[hosts]]`."""

    name: _Name
    fault_domain: Annotated[int, _whole(0, FAULT_DOMAINS_MAX - 1)] = 0
    update: _Kind | None = None
    uri: _Uri | None = None
    update_command: _Command = []
    rollback_command: _Command = []
    update_timeout_ms: _SecondsLimit | None = Field(None, alias="update_timeout_seconds")
    rollback_timeout_ms: _SecondsLimit | None = Field(None, alias="rollback_timeout_seconds")


class VmTable(_Table):
    """One `[[vms]]`."""

    name: _Name
    host: _Name
    availability_set: _Name | None = None
    update_domain: Annotated[int, _whole(0, UPDATE_DOMAINS_MAX - 1)] | None = None
    may_move_to: _Names = []
    preservable: _Flag = True
    exists: _Flag = True
    address: _Address | None = None
    domain: _Name | None = None


class FleetTable(_Table):
    """A whole file; sections that are value classes already are held as such."""

    name: _Name
    limits: Annotated[Limits, _section(Limits, each=_Seconds, pause_ms=_SecondsLimit)] = Limits()
    timing: Annotated[Timing, _section(Timing, each=_Span)] = Timing()
    update: Annotated[
        Update, _section(Update, kind=_Kind, attempts=Annotated[int, _whole(1, COUNT_MAX)])
    ] = Update()
    faults: Annotated[Faults, _section(Faults, each=_Count)] = Faults()
    customer: Annotated[CustomerActions, _section(CustomerActions, each=_Count)] = CustomerActions()
    operator: Annotated[OperatorActions, _section(OperatorActions, each=_Count)] = OperatorActions()
    tolerance: Annotated[dict[str, int], _section(Tolerance, dict, each=_Count)] = {}
    availability_sets: list[SetTable] = []
    hosts: list[HostTable] = []
    vms: list[VmTable] = []
