"""`freezeframe import`: a fleet file from running libvirt hosts.

Owns the options. It must not know what libvirt is asked.
"""

from __future__ import annotations

from pathlib import Path

import click

from .commands import CONTEXT
from .console import complain, refuse_unwritable, say, write_file


@click.command(
    name="import",
    context_settings=CONTEXT,
    epilog="""\b
Examples:
  freezeframe import qemu:///system > fleet.toml
  freezeframe import --output fleet.toml \\
      qemu+ssh://host-a/system qemu+ssh://host-b/system
  freezeframe import test:///default
\b
Needs the optional extra: pip install 'freezeframe[libvirt]'.""",
)
@click.argument("uris", nargs=-1, required=True, metavar="URI...")
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Write the fleet file there instead of to standard output.",
)
def import_(uris: tuple[str, ...], output: Path | None) -> None:
    """Write a fleet file from running libvirt hosts, one URI a host.

    Nothing is changed on the hosts. Availability set and update domain are read from each domain's
    metadata; what libvirt does not know, such as fault domains and durations, is left to you.
    """
    if output is not None:
        refuse_unwritable("--output", output)

    from freezeframe.fleet import write_fleet  # noqa: PLC0415 (help does without)
    from freezeframe.fleet.libvirt_import import import_with_notes  # noqa: PLC0415 (likewise)

    imported = import_with_notes(uris)
    text = write_fleet(imported.fleet, imported.notes)
    if output is None:
        say(text)
    else:
        write_file("--output", output, text)
        complain(f"Wrote {output}; check it with: freezeframe check {output}")
