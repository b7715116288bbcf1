"""`freezeframe replay`: what may be asked for, and where the answers go.

Owns the options, and which fleet and policy a history is judged by. It must not know how it is
judged, nor how the answer is told.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from freezeframe.fleet import Fleet, FreezeframeError, parse_fleet

from .commands import CONTEXT
from .console import STDOUT, page_width, refuse_outputs, say, show, write_file
from .names import blamed_on, find_fleet, find_policy
from .options import DEFAULT_POLICY

if TYPE_CHECKING:
    from freezeframe.checking.judging.placing import Placement
    from freezeframe.observation import History
    from freezeframe.protocol.policies import Policy

_SIMULATED: Final = "simulated:"
_PLACEMENT: Final = re.compile(r"(?P<vm>[^=]+)=(?P<set>.+):(?P<domain>\d{1,2})")


def _show_schema(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 (click's signature)
    if value:
        from freezeframe.observation.schema import records_schema  # noqa: PLC0415 (only this needs it)

        say(json.dumps(records_schema(), indent=2) + "\n")
        ctx.exit()


@click.command(
    context_settings=CONTEXT,
    epilog="""\b
Examples:
  freezeframe check single --without give_up/the-update-is-overdue --trace run.jsonl
  freezeframe replay run.jsonl
  freezeframe replay run.jsonl --adapter simulated:
  freezeframe replay run.jsonl --fleet fleet.toml --json - | jq .verdict
  freezeframe replay watched.jsonl --placement web-0=web:0 --placement web-1=web:1
\b
Exit codes: 0 every promise held, 1 one was broken or the model does not
allow a step, 2 bad input or usage, 3 the history ends too early to say.""",
)
@click.argument("trace", type=click.Path(path_type=Path))
@click.option(
    "--schema",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_schema,
    help="Print the JSON Schema of a line of TRACE and exit.",
)
@click.option("--fleet", metavar="FLEET", help="A fleet file or example; default: as recorded.")
@click.option("--policy", metavar="NAME", help=f"Default: as recorded, or {DEFAULT_POLICY}.")
@click.option(
    "--placement",
    "placements",
    metavar="VM=SET:DOMAIN",
    multiple=True,
    help="The set and update domain of a VM; repeatable.",
)
@click.option(
    "--adapter",
    "adapters",
    metavar="URI",
    multiple=True,
    help="Let the run happen there and judge what was seen: simulated:, or HOST=URI for each host.",
)
@click.option(
    "--reaction-seconds",
    metavar="N",
    type=click.FloatRange(min=0),
    default=1.0,
    show_default=True,
    help="How late a step may be that the model takes at once.",
)
@click.option("--json", "json_file", metavar="FILE", help="Write one JSON object; - is stdout.")
@click.pass_context
def replay(  # noqa: PLR0917 (click calls it by name)
    ctx: click.Context,
    trace: Path,
    fleet: str | None,
    policy: str | None,
    placements: tuple[str, ...],
    adapters: tuple[str, ...],
    reaction_seconds: float,
    json_file: str | None,
) -> None:
    """Judge a recorded history by the promises, and say whether the model allows every step.

    TRACE is a journal of run, or a file of JSON lines as written by run, watch, the adapters, or
    check --trace.

    With --adapter, a counterexample of check happens once more: VMs are paused and resumed, only
    those that are marked for freezeframe, and none is left paused. What was seen is judged.
    """
    json_path = None if json_file in (None, STDOUT) else Path(str(json_file))
    refuse_outputs((("--json", json_path),), {"TRACE": trace, "--fleet": fleet})
    history = _read(trace)

    from freezeframe.checking.judging.replaying import replayed  # noqa: PLC0415 (mistakes are told first)
    from freezeframe.maintenance.course import Tolerance  # noqa: PLC0415 (likewise)

    from .replay_page import replay_object, replay_page  # noqa: PLC0415 (likewise)

    judged_by, origin = _fleet(history, fleet, placements, trace)
    if adapters:
        history = _enacted(history, judged_by, adapters)
    chosen, why_not = _policy(history, policy, is_known=not origin)
    with blamed_on(policy or ""):
        found = replayed(
            history,
            judged_by,
            chosen,
            why_no_policy=why_not,
            tolerance=Tolerance(reaction_ms=round(reaction_seconds * 1000)),
        )
    if json_file is not None:
        text = json.dumps(replay_object(found), indent=2) + "\n"
        if json_path is None:
            say(text)
        else:
            write_file("--json", json_path, text)
    if json_file != STDOUT:
        show(replay_page(found, width=page_width(), fleet_origin=origin))
    ctx.exit(found.verdict.exit_code)


def _read(trace: Path) -> History:
    from freezeframe.maintenance.journal_file import is_journal, read_journal  # noqa: PLC0415 (help does without)
    from freezeframe.observation import read_history  # noqa: PLC0415 (likewise)

    if is_journal(trace):
        return read_journal(trace)
    try:
        text = trace.read_text(encoding="utf-8")
    except OSError as error:
        raise FreezeframeError(f"TRACE: cannot read {trace}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise FreezeframeError(
            f"TRACE: {trace}: expected UTF-8, found other bytes at offset {error.start}"
        ) from error
    return read_history(text, str(trace))


def _enacted(history: History, fleet: Fleet, adapters: Sequence[str]) -> History:
    """What is seen when a run of the model happens on hosts."""
    from freezeframe.checking.enacting import adapter_stage, enacted, simulated_stage  # noqa: PLC0415 (as above)
    from freezeframe.checking.judging.retaking import is_of_the_model  # noqa: PLC0415 (as above)
    from freezeframe.observation import History, in_order  # noqa: PLC0415 (as above)

    records = in_order(history.records)
    if not is_of_the_model(records):
        raise FreezeframeError(
            "--adapter: expected a trace of freezeframe check --trace, found what others recorded"
        )
    if adapters == (_SIMULATED,):
        stage = simulated_stage(fleet, records)
    else:
        uris = dict(_host_uri(each) for each in adapters)
        stage = adapter_stage(uris, records)
    return History(history.provenance, enacted(records, stage))


def _host_uri(text: str) -> tuple[str, str]:
    host, equals, uri = text.partition("=")
    if not (host and equals and uri):
        raise FreezeframeError(f"--adapter: expected {_SIMULATED} or HOST=URI, found {text!r}")
    return host, uri


def _fleet(
    history: History, name: str | None, placements: Sequence[str], trace: Path
) -> tuple[Fleet, str]:
    """The fleet to judge by, and where it is from if that leaves something to be desired."""
    from freezeframe.checking.judging.placing import placed, widened  # noqa: PLC0415 (as above)

    told = _placements(placements)
    recorded = history.provenance.fleet
    if name is not None:
        found, origin = find_fleet(name), ""
    elif recorded:
        found, origin = parse_fleet(recorded, f"{trace}: fleet"), ""
    else:
        found = widened(Fleet(trace.name, (), ()), history.records)
        origin = "No fleet file was told: hosts and VMs are those of the records."
        if not told:
            origin += " No VM is known to be in a set; --placement or --fleet tells."
    for vm in told:
        if vm not in {each.name for each in found.vms}:
            raise FreezeframeError(f"--placement: expected a VM of the fleet, found {vm!r}")
    return placed(found, told), origin


def _placements(given: Sequence[str]) -> dict[str, Placement]:
    from freezeframe.checking.judging.placing import Placement  # noqa: PLC0415 (as above)

    found = {}
    for text in given:
        parts = _PLACEMENT.fullmatch(text)
        if parts is None:
            raise FreezeframeError(f"--placement: expected VM=SET:DOMAIN, found {text!r}")
        found[parts["vm"]] = Placement(parts["set"], int(parts["domain"]))
    return found


def _policy(history: History, name: str | None, *, is_known: bool) -> tuple[Policy | None, str]:
    """The policy to follow the steps by, or why there is none."""
    if not is_known:
        return None, "only a fleet file tells what the rules are about"
    wanted = name or history.provenance.policy or DEFAULT_POLICY
    try:
        return find_policy(wanted), ""
    except FreezeframeError as error:
        if name is not None:
            raise
        return None, f"the history is of the policy {wanted}; name it with --policy ({error})"
