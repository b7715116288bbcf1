"""What a fleet is, how its file is read and written, and examples of fleets.

It owns the names that others may use; the modules below it own everything else. It is light to
import: pydantic waits until a file is read. The import from libvirt hosts, which few need, is in
`freezeframe.fleet.libvirt_import`. It must not know what a fleet is described for.
"""

from freezeframe.fleet.document import parse_fleet, read_fleet
from freezeframe.fleet.errors import FleetError, FreezeframeError, Mistake
from freezeframe.fleet.examples import DEFAULT_EXAMPLE, example, example_names
from freezeframe.fleet.grid import FinerByDefault, finer_by_default
from freezeframe.fleet.model import (
    AvailabilitySet,
    CustomerActions,
    Faults,
    Fleet,
    Host,
    Limits,
    OperatorActions,
    Span,
    Timing,
    Tolerance,
    Update,
    UpdateKind,
    VirtualMachine,
)
from freezeframe.fleet.writer import write_fleet

__all__ = [
    "DEFAULT_EXAMPLE",
    "AvailabilitySet",
    "CustomerActions",
    "Faults",
    "FinerByDefault",
    "Fleet",
    "FleetError",
    "FreezeframeError",
    "Host",
    "Limits",
    "Mistake",
    "OperatorActions",
    "Span",
    "Timing",
    "Tolerance",
    "Update",
    "UpdateKind",
    "VirtualMachine",
    "example",
    "example_names",
    "finer_by_default",
    "parse_fleet",
    "read_fleet",
    "write_fleet",
]
