"""What must hold: the catalogue of promises."""

from .catalogue import ALL, PROMISES, WITNESSES
from .forms import Kind, Property, Scope

__all__ = ["ALL", "PROMISES", "WITNESSES", "Kind", "Property", "Scope"]
