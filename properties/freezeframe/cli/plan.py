"""`freezeframe plan`: what may be asked for, and where the answers go.

Owns the options. It must not know how a plan is made, nor how it is told.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import click

from freezeframe.fleet.errors import FreezeframeError

from .commands import CONTEXT
from .console import STDOUT, complain, page_width, refuse_outputs, say, show, write_file
from .names import find_fleet, find_policy
from .options import policy_option

_DOT: Final = frozenset({".dot", ".gv"})
_DRAWN: Final = frozenset({".svg", ".png", ".pdf"})


@click.command(
    context_settings=CONTEXT,
    epilog="""\b
Examples:
  freezeframe plan fleet.toml
  freezeframe plan shared-hosts --policy one-fault-domain
  freezeframe plan fleet.toml --json - | jq .waves
  freezeframe plan fleet.toml --picture waves.svg
\b
Exit codes: 0 planned, 2 bad input or usage, or some host can never be
maintained; what would help is said.""",
)
@click.argument("fleet", required=False)
@policy_option()
@click.option("--json", "json_file", metavar="FILE", help="Write one JSON object; - is stdout.")
@click.option(
    "--picture",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Draw what forces hosts apart, as .dot, .svg, .png or .pdf.",
)
def plan(fleet: str | None, policy: str, json_file: str | None, picture: Path | None) -> None:
    """Say which hosts may be maintained at the same time, in what order, and how long it takes.

    FLEET is a fleet file or the name of an example. Hosts are apart when they carry VMs of one
    availability set in different domains; the rest may go together. For each separation it is said
    which sets force it.
    """
    json_path = None if json_file in (None, STDOUT) else Path(str(json_file))
    refuse_outputs((("--json", json_path), ("--picture", picture)), {"FLEET": fleet})
    if picture is not None and picture.suffix not in _DOT | _DRAWN:
        known = ", ".join(sorted(_DOT | _DRAWN))
        raise FreezeframeError(
            f"--picture: expected a name that ends in one of {known}, found {picture.name!r}"
        )
    chosen_fleet, chosen_policy = find_fleet(fleet), find_policy(policy)

    from freezeframe.maintenance.planning import plan as make_plan  # noqa: PLC0415 (names are judged first)

    from .plan_page import plan_dot, plan_object, plan_page  # noqa: PLC0415 (likewise)

    made = make_plan(chosen_fleet, chosen_policy)
    if json_file is not None:
        text = json.dumps(plan_object(made), indent=2) + "\n"
        if json_path is None:
            say(text)
        else:
            write_file("--json", json_path, text)
    if picture is not None:
        _draw(picture, plan_dot(made))
    if json_file != STDOUT:
        show(plan_page(made, width=page_width()))


def _draw(path: Path, dot: str) -> None:
    if path.suffix in _DOT:
        write_file("--picture", path, dot)
        return
    from graphviz import ExecutableNotFound, pipe  # noqa: PLC0415 (only a picture pays for it)

    try:
        path.write_bytes(pipe("dot", path.suffix.removeprefix("."), dot.encode()))
    except ExecutableNotFound:
        raise FreezeframeError(
            f"--picture: expected the program dot to draw {path.name}, found none; install the "
            "package graphviz, or ask for a .dot file"
        ) from None
    except OSError as error:
        raise FreezeframeError(f"--picture: cannot write {path}: {error.strerror}") from error
    complain(f"Wrote {path}.")
