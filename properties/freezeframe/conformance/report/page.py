"""The results of a run as one HTML page that needs nothing else.

Owns what the template is given. It must not know pytest.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib.resources import files

from .results import Outcome, SuiteResult


def page(suites: Sequence[SuiteResult]) -> str:
    """What `--conformance-html` writes; nothing in it is loaded from elsewhere."""
    from jinja2 import Environment, StrictUndefined  # noqa: PLC0415 (only who asks for it pays)

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["ms"] = _ms
    template = environment.from_string((files(__package__) / "page.html.j2").read_text("utf-8"))
    return template.render(suites=suites, Outcome=Outcome)


def _ms(value: float) -> str:
    return f"{value:,.1f}" if value < _WHOLE_MS else f"{value:,.0f}"


_WHOLE_MS = 100
