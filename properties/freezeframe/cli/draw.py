"""`freezeframe draw`: where the diagrams go, and whether those that are there are up to date.

Owns the options and the exit codes. It must not know what is drawn, nor how drift is told.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from .commands import CONTEXT
from .console import complain, say

DEFAULT_FOLDER: Final = Path("diagrams")
POLICY: Final = "one-update-domain"

_EXIT_DRIFT: Final = 1
_EXIT_INCOMPLETE: Final = 3


@click.command(
    context_settings=CONTEXT,
    epilog="""\b
Examples:
  freezeframe draw
  freezeframe draw --output docs/diagrams
  freezeframe draw --check

DOT and Mermaid are compared byte for byte. The layout of an SVG differs from one version of dot
to the next, so an SVG is up to date if it was drawn from the same DOT and not changed since; it
carries the digests of both, and --check needs no dot.

\b
Exit codes: 0 written, or up to date; 1 some file is out of date; 2 bad
usage; 3 no SVG, because there is no program dot.""",
)
@click.option(
    "--output",
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    default=DEFAULT_FOLDER,
    show_default=True,
    help="The folder of the files.",
)
@click.option("--check", "is_check", is_flag=True, help="Write nothing; fail if a file is stale.")
@click.pass_context
def draw(ctx: click.Context, output: Path, *, is_check: bool) -> None:
    """Draw the lifecycles, the composition and the layers.

    Each becomes DIR/NAME.dot, DIR/NAME.svg and, for READMEs, DIR/NAME.mmd (Mermaid). They are drawn
    from the tables, the rules and the code themselves.
    """
    from freezeframe.reporting import diagrams  # noqa: PLC0415 (help does without)

    drawings = diagrams.drawings(POLICY)
    if is_check:
        drift = diagrams.drift_in(drawings, output)
        for each in drift:
            complain(str(each))
        if drift:
            option = "" if output == DEFAULT_FOLDER else f" --output {output}"
            complain(f"Out of date: {len(drift)}. Draw again: freezeframe draw{option}")
            ctx.exit(_EXIT_DRIFT)
        say(f"{output}: {len(drawings)} diagrams are up to date.\n")
        return
    try:
        diagrams.write_drawings(drawings, output)
    except diagrams.NoDotError as error:
        complain(f"{error}. DOT and Mermaid are in {output}.")
        ctx.exit(_EXIT_INCOMPLETE)
    say(f"{output}: {len(drawings)} diagrams written, each as DOT, SVG and Mermaid.\n")
