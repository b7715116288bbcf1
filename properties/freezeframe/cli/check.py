"""`freezeframe check`: what may be asked for, and where the answers go.

Owns the options. It must not know how a fleet is searched, nor how a page is laid out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from .commands import CONTEXT, GroupedCommand, GroupedOption
from .console import STDOUT, complain, page_width, refuse_outputs, say, show, write_file
from .names import blamed_on, find_fleet, find_guards, find_policy, find_properties
from .options import policy_option
from .progress import ProgressLine

if TYPE_CHECKING:
    from freezeframe.checking.search.explorer import Progress
    from freezeframe.checking.search.space import Space
    from freezeframe.fleet import Fleet
    from freezeframe.reporting import CheckResult

MAX_STATES_DEFAULT: Final = 20_000_000

_FILE: Final = click.Path(path_type=Path)


@dataclass(frozen=True)
class Outputs:
    """Where the answers go besides the terminal; None is nowhere."""

    json: str | None
    trace: Path | None
    itf: Path | None
    graph: Path | None

    @property
    def json_path(self) -> Path | None:
        """The file for the JSON object, if it is to go into one."""
        return None if self.json in (None, STDOUT) else Path(str(self.json))

    def refuse_unusable(self, fleet: str | None) -> None:
        """Raise `FreezeframeError` for a file that cannot be written, that another answer goes to,
        or that is the file of the fleet, before anything is done.
        """
        outputs = (
            ("--json", self.json_path),
            ("--trace", self.trace),
            ("--itf", self.itf),
            ("--graph", self.graph),
        )
        refuse_outputs(outputs, {"FLEET": fleet})

    def write(self, result: CheckResult, fleet: Fleet) -> None:
        """Write what was asked for; says on standard error which file has nothing to hold."""
        from freezeframe.reporting.itf import itf_object  # noqa: PLC0415 (help does without)
        from freezeframe.reporting.structured import check_object  # noqa: PLC0415 (likewise)
        from freezeframe.reporting.trace import trace_text  # noqa: PLC0415 (likewise)

        if self.json is not None:
            text = json.dumps(check_object(result), indent=2) + "\n"
            if self.json_path is None:
                say(text)
            else:
                write_file("--json", self.json_path, text)
        broken = result.shortest
        if broken is None or broken.counterexample is None:
            for option, path in (("--trace", self.trace), ("--itf", self.itf)):
                if path is not None:
                    complain(f"{option}: no counterexample was found, so {path} is not written")
            return
        if self.trace is not None:
            write_file("--trace", self.trace, trace_text(result, broken, fleet))
        if self.itf is not None:
            text = json.dumps(itf_object(result, broken), indent=1) + "\n"
            write_file("--itf", self.itf, text)


class Question(GroupedOption):
    """What a check means."""

    heading = "What is asked"


class Effort(GroupedOption):
    """How far a search goes."""

    heading = "How far the search goes"


class Answer(GroupedOption):
    """What is told, and where."""

    heading = "What is told"


@click.command(
    cls=GroupedCommand,
    context_settings=CONTEXT,
    epilog="""\b
Examples:
  freezeframe check one-vm
  freezeframe check fleet.toml --property pause_within_limit
  freezeframe check --without every-vm-on-the-host-was-seen-to-stand-still
  freezeframe check fleet.toml --json - | jq .verdict
\b
Examples of fleets: one-vm, two-tiers (the default), shared-hosts,
provider-default, eventful. Exit codes: 0 every promise holds, 1 one is
violated, 2 bad input or usage, 3 incomplete.""",
)
@click.argument("fleet", required=False)
@policy_option(Question)
@click.option(
    "--property",
    "properties",
    cls=Question,
    metavar="NAME",
    multiple=True,
    help="Only this promise, by a name that the page tells; repeatable.",
)
@click.option(
    "--without",
    cls=Question,
    metavar="GUARD",
    multiple=True,
    help="Switch a guard off, by a name that explain tells; repeatable.",
)
@click.option(
    "--max-states",
    cls=Effort,
    metavar="N",
    type=click.IntRange(min=1),
    default=MAX_STATES_DEFAULT,
    show_default=True,
    help="Stop when so many states are known, of some 60 bytes each.",
)
@click.option(
    "--keep-going", cls=Effort, is_flag=True, help="Do not stop at the first broken promise."
)
@click.option(
    "--json", "json_file", cls=Answer, metavar="FILE", help="Write one JSON object; - is stdout."
)
@click.option(
    "--trace",
    cls=Answer,
    metavar="FILE",
    type=_FILE,
    help="Write the counterexample as JSON lines.",
)
@click.option(
    "--itf",
    cls=Answer,
    metavar="FILE",
    type=_FILE,
    help="Write the counterexample for ITF trace viewers.",
)
@click.option(
    "--graph",
    cls=Answer,
    metavar="FILE",
    type=_FILE,
    help="Write what was explored, up to 5,000 states, as .dot or .graphml.",
)
@click.option(
    "--coverage", cls=Answer, is_flag=True, help="Show which rules, guards and rows were reached."
)
@click.pass_context
def check(  # noqa: PLR0917 (click calls it by name)
    ctx: click.Context,
    fleet: str | None,
    policy: str,
    properties: tuple[str, ...],
    without: tuple[str, ...],
    max_states: int,
    json_file: str | None,
    trace: Path | None,
    itf: Path | None,
    graph: Path | None,
    *,
    keep_going: bool,
    coverage: bool,
) -> None:
    """Check that a fleet keeps its promises, whatever happens.

    FLEET is a fleet file or the name of an example. Every interleaving of its VMs, hosts, faults
    and times is explored. Either every promise holds in all of them, or the shortest way to break
    one is shown.
    """
    outputs = Outputs(json_file, trace, itf, graph)
    outputs.refuse_unusable(fleet)
    chosen_fleet, chosen_policy = find_fleet(fleet), find_policy(policy)
    chosen = find_properties(properties)
    guards = find_guards(without, chosen_policy)

    from freezeframe.checking.check import check as run_check  # noqa: PLC0415 (names are judged first)
    from freezeframe.checking.search.graphs import (  # noqa: PLC0415 (likewise)
        refuse_other_formats,
        refuse_too_many,
        write_graph,
    )
    from freezeframe.reporting.advice import Command, options_of  # noqa: PLC0415 (likewise)
    from freezeframe.reporting.page import check_page  # noqa: PLC0415 (likewise)

    if graph is not None:
        refuse_other_formats(graph)
    spaces: list[Space] = []
    line = ProgressLine()

    def watch(progress: Progress) -> None:
        if graph is not None:
            refuse_too_many(progress.states)
        line.watch(progress)

    with blamed_on(policy), line:
        result = run_check(
            chosen_fleet,
            chosen_policy,
            chosen,
            without=guards,
            max_states=max_states,
            stop_at_violation=not keep_going,
            watcher=watch,
            on_space=None if graph is None else spaces.append,
        )
    if line.is_interrupted:
        complain("Interrupted; this is what was explored until then.")
    outputs.write(result, chosen_fleet)
    if json_file != STDOUT:
        command = Command(fleet or "", options_of(policy, properties, guards), max_states)
        width = page_width()
        show(check_page(result, chosen_fleet, command, width=width, coverage=coverage))
    if graph is not None:
        write_graph(spaces[0], graph)
    ctx.exit(result.verdict.exit_code)
