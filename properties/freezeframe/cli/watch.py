"""`freezeframe watch`: what may be asked for, and when it ends.

Owns the options and the file of records. It must not know how hosts are watched, nor how anything
looks.
"""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from freezeframe.fleet import Fleet, FreezeframeError, write_fleet

from .commands import CONTEXT
from .console import complain, page_width, refuse_outputs, show
from .names import find_fleet

if TYPE_CHECKING:
    from types import FrameType

    from freezeframe.checking.watching import Happening, Watch
    from freezeframe.observation import Record

STEP_MS: Final = 100
"""How long to wait for news before what time alone has broken is looked for."""

LOOPBACK: Final = "127.0.0.1"


@click.command(
    context_settings=CONTEXT,
    epilog="""\b
Examples:
  freezeframe watch qemu+ssh://host-a/system qemu+ssh://host-b/system
  freezeframe watch --fleet fleet.toml --records seen.jsonl
  freezeframe watch qemu:///system --metrics-port 9469
\b
Ends on Ctrl-C with a summary. Exit codes: 0 every promise held, 1 one was
broken, 2 bad input or usage, 3 some VM was left paused.""",
)
@click.argument("uris", nargs=-1, metavar="[URI]...")
@click.option("--fleet", metavar="FLEET", help="Sets and domains; default: from VMs' metadata.")
@click.option(
    "--pauses",
    type=click.Choice(["any", "marked"]),
    default="any",
    show_default=True,
    help="Judge any pause that a user of the hypervisor made, or those that freezeframe marked.",
)
@click.option(
    "--records", metavar="FILE", type=click.Path(path_type=Path), help="Write every record."
)
@click.option(
    "--metrics-port",
    metavar="N",
    type=click.IntRange(0, 65535),
    help="Serve metrics for Prometheus there; 0 takes a free port.",
)
@click.option(
    "--metrics-address",
    metavar="ADDRESS",
    default=LOOPBACK,
    show_default=True,
    help="Serve metrics at this address.",
)
@click.option(
    "--seconds", metavar="N", type=click.FloatRange(min=0), help="End after so long by itself."
)
@click.pass_context
def watch(  # noqa: PLR0917 (click calls it by name)
    ctx: click.Context,
    uris: tuple[str, ...],
    fleet: str | None,
    pauses: str,
    records: Path | None,
    metrics_port: int | None,
    metrics_address: str,
    seconds: float | None,
) -> None:
    """Judge live hosts by the promises, whoever maintains them.

    Nothing is changed on the hosts. Without URI, those that the fleet file gives to its hosts are
    watched. A host that goes away is watched again when it is back, and one of the fleet file that
    is out of reach at the beginning when it can be reached. A connection that may only read is
    enough: qemu+unix:///system?socket=/run/libvirt/libvirt-sock-ro.
    """
    refuse_outputs((("--records", records),), {"--fleet": fleet})
    chosen = _fleet(uris, fleet)
    wanted = uris or tuple(host.uri for host in chosen.hosts if host.uri)
    if not wanted:
        raise FreezeframeError("watch: expected a URI, or a fleet file whose hosts have one")

    from freezeframe.checking.watching import Watch, feeds_of  # noqa: PLC0415 (mistakes are told first)

    from .replay_page import judged_lines  # noqa: PLC0415 (likewise)
    from .watch_view import WatchView  # noqa: PLC0415 (likewise)

    feeds = feeds_of(wanted, chosen, takes_any_pause=pauses == "any")
    clock = feeds[0].clock
    with ExitStack() as stack:
        for feed in feeds:
            stack.callback(feed.end)
        sink = None if records is None else stack.enter_context(_recorded(records, chosen))
        watched = Watch(feeds, chosen, sink)
        view = stack.enter_context(WatchView(watched).shown())
        tellers: list[Callable[[Happening], None]] = [view.tell]
        if metrics_port is not None:
            tellers.append(_measured(watched, metrics_address, metrics_port, stack))
        ends_at_ms = None if seconds is None else clock.monotonic_ms() + round(seconds * 1000)
        watched.begin()
        is_told_to_end = stack.enter_context(_signals())
        while not is_told_to_end():
            _tell(watched.step(clock.monotonic_ms(), STEP_MS), tellers)
            view.refresh()
            if ends_at_ms is not None and clock.monotonic_ms() >= ends_at_ms:
                break
        _tell(watched.end(clock.monotonic_ms()), tellers)
    judged = watched.judgement()
    show(judged_lines(judged, f"{chosen.name}, as watched", judged.verdict, page_width()))
    ctx.exit(judged.verdict.exit_code)


def _fleet(uris: Sequence[str], name: str | None) -> Fleet:
    if name is not None:
        return find_fleet(name)
    if not uris:
        raise FreezeframeError("watch: expected at least one URI, or --fleet")
    from freezeframe.fleet.libvirt_import import import_with_notes  # noqa: PLC0415 (may need libvirt)

    return import_with_notes(uris).fleet


def _tell(happenings: Iterator[Happening], tellers: Sequence[Callable[[Happening], None]]) -> None:
    for happening in happenings:
        for tell in tellers:
            tell(happening)


def _measured(
    watched: Watch, address: str, port: int, stack: ExitStack
) -> Callable[[Happening], None]:
    from freezeframe.reporting.metrics import PauseMetrics  # noqa: PLC0415 (only this needs it)

    from .watch_metrics import WatchMetrics  # noqa: PLC0415 (likewise)

    metrics = PauseMetrics()
    stack.callback(metrics.serve(address, port))
    complain(f"Metrics at http://{address}:{metrics.port}/metrics")
    return WatchMetrics(watched, metrics).count


@contextmanager
def _recorded(path: Path, fleet: Fleet) -> Iterator[Callable[[Record], None]]:
    """Write each record at once, so that the file tells all until whatever ends the watch."""
    from freezeframe.checking.watching import KINDS_SEEN  # noqa: PLC0415 (likewise)
    from freezeframe.observation import Provenance, header_line, record_line  # noqa: PLC0415

    def refused(error: OSError) -> FreezeframeError:
        return FreezeframeError(f"--records: cannot write {path}: {error.strerror}")

    try:
        with path.open("w", encoding="utf-8") as file:
            file.write(header_line(Provenance(kinds=KINDS_SEEN, fleet=write_fleet(fleet))) + "\n")

            def write(record: Record) -> None:
                try:
                    file.write(record_line(record) + "\n")
                    file.flush()
                except OSError as error:
                    raise refused(error) from error

            yield write
    except OSError as error:
        raise refused(error) from error


@contextmanager
def _signals() -> Iterator[Callable[[], bool]]:
    """Whether Ctrl-C was pressed, or the process was asked to end."""
    told: list[int] = []

    def tell(number: int, _: FrameType | None) -> None:
        told.append(number)

    before = {each: signal.signal(each, tell) for each in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield lambda: bool(told)
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
