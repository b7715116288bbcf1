"""`freezeframe explain`: what each guard is for.

Owns the options. It must not know how harm is found, nor how a page is laid out.
"""

from __future__ import annotations

import sys
from typing import Final

import click

from .commands import CONTEXT
from .console import complain, is_terminal, page_width, show
from .names import blamed_on, find_fleet, find_policy
from .options import policy_option
from .progress import ProgressLine

MAX_STATES_DEFAULT: Final = 2_000_000


@click.command(
    context_settings=CONTEXT,
    epilog="""\b
Examples:
  freezeframe explain                   in small fleets made for the purpose
  freezeframe explain two-tiers         in an example
  freezeframe explain fleet.toml        in a fleet of your own
\b
A guard is redundant if nothing breaks without it, in the fleets looked at.
Exit codes: 0 every guard was decided, 1 the fleet breaks a promise even with
every guard in place, 2 bad input or usage, 3 some guard is undecided.""",
)
@click.argument("fleet", required=False)
@policy_option()
@click.option(
    "--max-states",
    metavar="N",
    type=click.IntRange(min=1),
    default=MAX_STATES_DEFAULT,
    show_default=True,
    help="Stop each search when it knows so many states.",
)
@click.pass_context
def explain(ctx: click.Context, fleet: str | None, policy: str, max_states: int) -> None:
    """Say what each guard is for: drop it, and show the shortest harm.

    FLEET is a fleet file or the name of an example. Without it, small fleets are used in which
    every guard matters if it matters anywhere.
    """
    chosen_policy = find_policy(policy)
    fleets = None if fleet is None else {fleet: find_fleet(fleet)}

    from freezeframe.checking.explain import explain as run_explain  # noqa: PLC0415 (names are judged first)
    from freezeframe.checking.small_fleets import SMALL_FLEETS  # noqa: PLC0415 (likewise)
    from freezeframe.reporting.advice import Command, options_of  # noqa: PLC0415 (likewise)
    from freezeframe.reporting.purposes import (  # noqa: PLC0415 (likewise)
        GuardPurpose,
        purpose_lines,
        summary_lines,
    )

    command = Command(fleet or "", options_of(policy, (), ()))
    width = page_width()
    told: list[GuardPurpose] = []
    line = ProgressLine()

    def tell(purpose: GuardPurpose) -> None:
        line.clear()
        show(purpose_lines(purpose, told[-1] if told else None, command, width=width))
        told.append(purpose)

    looked_at = SMALL_FLEETS if fleets is None else fleets
    if not is_terminal(sys.stderr):  # where no line of progress is drawn
        complain(
            f"Checking {', '.join(looked_at)} with every guard in place, then without each in turn."
        )
    with blamed_on(policy), line:
        explanation = run_explain(
            looked_at,
            chosen_policy,
            max_states=max_states,
            watcher=line.watch,
            announce=line.begin,
            tell=tell,
        )
    show(summary_lines(explanation, command, width=width))
    ctx.exit(explanation.verdict.exit_code)
