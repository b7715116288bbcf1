"""`freezeframe run`: what may be asked for, and how a maintenance is begun, shown and ended.

Owns the options, Ctrl-C and the exit code. It must not know how a maintenance is run, nor how its
lines look.
"""

from __future__ import annotations

import contextlib
import signal
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from freezeframe.fleet import Fleet, FreezeframeError

from .commands import CONTEXT
from .console import complain, is_terminal, page_width, refuse_outputs, say, show, write_file
from .names import find_fleet, find_policy
from .options import policy_option
from .serving import tell_unread, tell_where

if TYPE_CHECKING:
    from freezeframe.maintenance.driver import Runner
    from freezeframe.maintenance.ports import Notices
    from freezeframe.maintenance.standing import Standing
    from freezeframe.observation import Record
    from freezeframe.protocol.policies import Policy
    from freezeframe.scheduled_events.service import Listener

    from .run_view import Board

_REFRESHES_A_SECOND: Final = 4
_CUT_SHORT: Final = "Cut short: whatever is paused, the watchdog resumes within the limit."
_INCOMPLETE: Final = 3


@click.command(
    context_settings=CONTEXT,
    epilog="""\b
Examples:
  freezeframe run fleet.toml --dry-run
  freezeframe run fleet.toml --trace run.jsonl
  freezeframe run fleet.toml --resume
  freezeframe run fleet.toml --status
  freezeframe run fleet.toml --serve-events 169.254.169.254
\b
Exit codes: 0 every host runs the new software, 1 a promise was broken or a
failure halted the rollout, 2 bad input or usage, 3 ended before it was done.""",
)
@click.argument("fleet")
@policy_option()
@click.option(
    "--journal",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where every step is kept; default: beside the fleet file.",
)
@click.option("--dry-run", is_flag=True, help="Show every step with its time; touch nothing.")
@click.option("--resume", is_flag=True, help="Go on where it stood; clears the alarm, if any.")
@click.option("--status", is_flag=True, help="Show how it stands, also while it runs.")
@click.option(
    "--trace",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the whole history as JSON lines, for replay.",
)
@click.option(
    "--serve-events",
    "places",
    metavar="WHERE",
    multiple=True,
    help="Tell guests, and hear their approvals, at ADDRESS[:PORT][=VM] or unix:PATH=VM.",
)
@click.pass_context
def run(  # noqa: PLR0917 (click calls it by name)
    ctx: click.Context,
    fleet: str,
    policy: str,
    journal: Path | None,
    dry_run: bool,  # noqa: FBT001 (likewise)
    resume: bool,  # noqa: FBT001 (likewise)
    status: bool,  # noqa: FBT001 (likewise)
    trace: Path | None,
    places: tuple[str, ...],
) -> None:
    """Maintain the hosts of FLEET, a fleet file, one update domain at a time.

    Each host needs a uri, an update_command and a rollback_command. Only VMs that are marked for
    freezeframe are touched. Ctrl-C finishes the hosts that are begun, and begins no other.
    """
    if dry_run + resume + status > 1:
        raise click.UsageError("--dry-run, --resume and --status exclude each other")
    if places and (dry_run or status):
        raise click.UsageError("--serve-events is for a run, not for --dry-run or --status")
    path = journal or Path(fleet).with_suffix(".journal")
    refuse_outputs((("--trace", trace),), {"FLEET": fleet, "--journal": path})
    chosen, by = find_fleet(fleet), find_policy(policy)
    if status:
        _show_status(chosen, path)
    elif dry_run:
        from .dry_run import dry_run as rehearse  # noqa: PLC0415 (only this needs a simulation)

        ctx.exit(rehearse(chosen, by, trace))
    else:
        told = _guests_told(chosen, places, path) if places else None
        ctx.exit(_run(chosen, by, path, told, is_resumed=resume, trace=trace))


def _guests_told(
    fleet: Fleet, places: Sequence[str], path: Path
) -> contextlib.AbstractContextManager[Notices]:
    """Scheduled events served at `places` once it is entered, kept beside the journal at `path`."""
    from freezeframe.scheduled_events.service import guests_told, parse_listener  # noqa: PLC0415 (likewise)

    return guests_told(
        fleet,
        tuple(map(parse_listener, places)),
        path.with_name(f"{path.name}.events"),
        tell_where=_tell_where,
        tell_unread=tell_unread,
    )


def _tell_where(listeners: Sequence[Listener]) -> None:
    say("Guests are told by scheduled events:\n\n")
    tell_where(listeners)
    say("\n")


def _run(
    fleet: Fleet,
    policy: Policy,
    path: Path,
    notices: contextlib.AbstractContextManager[Notices] | None,
    *,
    is_resumed: bool,
    trace: Path | None,
) -> int:
    from freezeframe.adapters.machine_clock import MachineClock  # noqa: PLC0415 (help does without)
    from freezeframe.maintenance.planning import plan  # noqa: PLC0415 (likewise)
    from freezeframe.maintenance.session import session  # noqa: PLC0415 (likewise)

    from .run_view import Board, Lines, wall_time  # noqa: PLC0415 (likewise)
    from .run_words import announcement  # noqa: PLC0415 (likewise)

    planned = plan(fleet, policy)
    _refuse_surprise(path, is_resumed=is_resumed)
    board = Board(fleet, MachineClock().monotonic_ms)
    lines = None if is_terminal(sys.stdout) else Lines(say, wall_time)

    def tell(records: Sequence[Record]) -> None:
        board.tell(records)
        if lines is not None:
            lines.tell(records)

    preference = [host for wave in planned.waves for host in wave.hosts]
    with session(fleet, policy, path, notices=notices, preference=preference, tell=tell) as runner:
        show(announcement(planned, fleet, width=page_width()))
        with _ended_by_signals(runner), _shown(board, fleet, is_live=lines is None):
            runner.start()
            if is_resumed:
                runner.clear_alarm()
            standing = runner.run()
    return _concluded(fleet, path, standing, runner, trace)


def _refuse_surprise(path: Path, *, is_resumed: bool) -> None:
    """Refuse to go on with a maintenance unasked, and to go on with none."""
    from freezeframe.maintenance.journal_file import read_journal  # noqa: PLC0415 (help does without)

    has_begun = path.exists() and path.stat().st_size > 0 and bool(read_journal(path).records)
    if has_begun and not is_resumed:
        raise FreezeframeError(
            f"journal {path}: expected none, found one of a maintenance that has begun; go on with "
            "--resume, see how it stands with --status, or name another file with --journal"
        )
    if is_resumed and not has_begun:
        raise FreezeframeError(
            f"journal {path}: expected one of a maintenance to be resumed, found none; name it "
            "with --journal, or begin without --resume"
        )


@contextlib.contextmanager
def _ended_by_signals(runner: Runner) -> Iterator[None]:
    """Let Ctrl-C, or a request to terminate, end the maintenance in good order."""
    from freezeframe.maintenance.journal_file import JournalError  # noqa: PLC0415 (help does without)
    from freezeframe.scheduled_events import ScheduledEventsError  # noqa: PLC0415 (likewise)

    def end(*_: object) -> None:
        for each in former:
            signal.signal(each, signal.default_int_handler)
        runner.end()
        complain("Ending: hosts that are begun are finished, no other is begun; again cuts short.")

    former = {each: signal.signal(each, end) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    except KeyboardInterrupt:
        complain(f"{_CUT_SHORT} Go on with --resume.")
        raise click.exceptions.Exit(_INCOMPLETE) from None
    except (JournalError, ScheduledEventsError):
        complain(_CUT_SHORT)
        raise
    finally:
        for each, handler in former.items():
            signal.signal(each, handler)


@contextlib.contextmanager
def _shown(board: Board, fleet: Fleet, *, is_live: bool) -> Iterator[None]:
    """Have the table drawn again and again, on a terminal."""
    if not is_live:
        yield
        return
    from rich.console import Console  # noqa: PLC0415 (only a terminal pays for it)
    from rich.live import Live  # noqa: PLC0415 (likewise)

    from .run_view import table_of  # noqa: PLC0415 (likewise)

    console = Console()
    limit_seconds = fleet.limits.pause_ms / 1000
    with Live(
        console=console,
        get_renderable=lambda: table_of(
            board.rows(), limit_seconds, height_max=console.height, width_max=console.width
        ),
        refresh_per_second=_REFRESHES_A_SECOND,
    ):
        yield


def _show_status(fleet: Fleet, path: Path) -> None:
    from rich.console import Console  # noqa: PLC0415 (likewise)

    from freezeframe.adapters.machine_clock import MachineClock  # noqa: PLC0415 (help does without)
    from freezeframe.maintenance.journal_file import read_journal  # noqa: PLC0415 (likewise)

    from .run_view import Board, table_of  # noqa: PLC0415 (likewise)

    board = Board(fleet, MachineClock().monotonic_ms)
    board.tell(read_journal(path).records)
    rows = board.rows()
    Console(width=page_width()).print(
        table_of(
            rows,
            fleet.limits.pause_ms / 1000,
            height_max=len(rows) + 2,
            width_max=page_width(),
        )
    )


def _concluded(
    fleet: Fleet, path: Path, standing: Standing, runner: Runner, trace: Path | None
) -> int:
    """Judge the whole history, say what came of it, and return the exit code."""
    from freezeframe.checking.judging import judge  # noqa: PLC0415 (only the end needs it)
    from freezeframe.maintenance.journal_file import read_journal  # noqa: PLC0415 (likewise)
    from freezeframe.observation import in_order, write_records  # noqa: PLC0415 (likewise)

    from .run_words import conclusion, exit_code  # noqa: PLC0415 (likewise)

    history = read_journal(path)
    if trace is not None:
        write_file("--trace", trace, write_records(history.records, history.provenance))
    judged = judge(in_order(history.records), fleet)
    told = conclusion(
        standing, judged, runner.divergences, history.records, fleet=fleet, width=page_width()
    )
    show(told)
    return exit_code(standing, judged)
