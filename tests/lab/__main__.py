"""Brings a lab up or down from the command line: `python -m tests.lab --help`.

Owns the arguments and what is printed. It must not know how a lab is built.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import get_args

from .domain import MEMORY_MIB, Ram
from .errors import LabError
from .image import CACHE_VARIABLE, image
from .laboratory import Lab, attach, down, up
from .requirements import require_a_lab


def main() -> int:
    """Do what the arguments say; return the exit code, 2 where it could not be done."""
    arguments = _parser().parse_args()
    try:
        match arguments.command:
            case "up":
                _tell(
                    up(
                        arguments.directory,
                        hosts=arguments.hosts,
                        guests=arguments.guests,
                        update_domains=arguments.update_domains,
                        unmarked=arguments.unmarked,
                        ram=arguments.ram,
                        memory_mib=arguments.memory_mib,
                        cache=arguments.cache,
                    )
                )
            case "down":
                found = down(arguments.directory)
                _say("the lab is down" if found else f"no lab in {arguments.directory}")
            case "show":
                _tell(attach(arguments.directory))
            case "build":
                require_a_lab()
                built = image(arguments.cache)
                _say(f"{built.kernel}\n{built.initramfs}")
    except LabError as error:
        sys.stderr.write(f"lab: {error}\n")
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m tests.lab",
        description="libvirt hosts with witness guests, all on this machine",
    )
    commands = parser.add_subparsers(dest="command", required=True)
    build = commands.add_parser("build", help="build the witness guest, unless it is kept already")
    start = commands.add_parser("up", help="bring a lab up; whatever fails, nothing is left")
    start.add_argument("--hosts", type=int, default=2, help="how many hosts (default 2)")
    start.add_argument("--guests", type=int, default=1, help="guests of each host (default 1)")
    start.add_argument(
        "--update-domains", type=int, help="of each set (default: one a host)", metavar="N"
    )
    start.add_argument(
        "--unmarked", type=int, default=0, help="further guests that are not marked", metavar="N"
    )
    start.add_argument("--ram", choices=get_args(Ram), default="file", help="what backs their RAM")
    start.add_argument("--memory-mib", type=int, default=MEMORY_MIB, help="RAM of each, in MiB")
    for each in (build, start):
        each.add_argument(
            "--cache",
            type=Path,
            help=f"folder where the built guest is kept (default ${CACHE_VARIABLE})",
        )
    start.add_argument("--directory", type=Path, required=True, help="a folder, new or empty")
    for name, text in (("down", "take a lab down; harmless if there is none"), ("show", "list it")):
        commands.add_parser(name, help=text).add_argument("directory", type=Path)
    return parser


def _tell(lab: Lab) -> None:
    for host in lab.hosts:
        names = " ".join(guest.name for guest in lab.guests if guest.host == host)
        _say(f"{host.name}  {host.uri}  {names}")
    _say(f"fleet  {lab.fleet_file}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    sys.exit(main())
