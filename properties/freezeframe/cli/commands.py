"""The commands of `freezeframe`: which there are, and how each error ends.

Owns the exit codes: 0 holds, 1 violated, 2 bad input or usage, 3 incomplete. It must not know what
a command does; commands are loaded only when they are asked for, so that the first word of an
answer does not wait for the rest.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Mapping, Sequence
from typing import Final

import click

from .console import complain, prepare_streams, silence

EXIT_USAGE: Final = 2
EXIT_INCOMPLETE: Final = 3

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "check": ("check:check", "Check that a fleet keeps its promises, whatever happens."),
    "explain": ("explain:explain", "Say what each guard is for: drop it, and show the harm."),
    "plan": ("plan:plan", "Say which hosts may be maintained together, in what order."),
    "run": ("run:run", "Maintain real hosts, one update domain at a time."),
    "serve": ("serve:serve", "Serve Scheduled Events to VMs, or play a timeline of them."),
    "watch": ("watch:watch", "Judge live hosts, whoever maintains them."),
    "replay": ("replay:replay", "Judge a recorded history."),
    "draw": ("draw:draw", "Draw the lifecycles, the composition and the layers."),
    "import": ("importing:import_", "Write a fleet file from running libvirt hosts."),
}
"""Each command, with where it is found and one line about it."""

CONTEXT: Final = {"help_option_names": ["-h", "--help"]}


class GroupedOption(click.Option):
    """An option that help shows under a heading; a subclass says under which."""

    heading = "Options"


class GroupedCommand(click.Command):
    """A command with so many options that help needs headings."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the options below their headings, in the order of the first of each."""
        by_heading: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(ctx):
            record = parameter.get_help_record(ctx)
            if record is not None and isinstance(parameter, click.Option):
                heading = getattr(parameter, "heading", GroupedOption.heading)
                by_heading.setdefault(heading, []).append(record)
        for heading, records in by_heading.items():
            with formatter.section(heading):
                formatter.write_dl(records)


class Commands(click.Group):
    """A group that imports a command only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 (click's signature)
        """The names, in the order in which a newcomer needs them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 (likewise)
        """The command of that name, or None if there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        found = getattr(importlib.import_module(f"freezeframe.cli.{module}"), attribute)
        return found if isinstance(found, click.Command) else None

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the command, or say which is meant."""
        if args[0] not in COMMANDS and not args[0].startswith("-"):
            from .names import expected  # noqa: PLC0415 (only a mistake pays for it)

            raise click.UsageError(expected("command", args[0], COMMANDS), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 (likewise)
        """List the commands without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, about) for name, (_, about) in COMMANDS.items()])


def _show_version(ctx: click.Context, _: click.Parameter, value: bool) -> None:  # noqa: FBT001 (click's signature)
    if value:
        from importlib.metadata import version  # noqa: PLC0415 (only this needs it)

        click.echo(f"freezeframe {version('freezeframe')}")
        ctx.exit()


@click.command(
    cls=Commands,
    context_settings=CONTEXT,
    epilog="""\b
Examples:
  freezeframe check                     check the example fleet
  freezeframe check fleet.toml          check a fleet of your own
  freezeframe explain                   what each guard is for
  freezeframe COMMAND --help            more about a command

\b
Exit codes: 0 every promise holds, 1 one is violated, 2 bad input or
usage, 3 incomplete: nothing is violated as far as the search went.""",
)
@click.option(
    "--version",
    is_flag=True,
    expose_value=False,
    is_eager=True,
    callback=_show_version,
    help="Show the version and exit.",
)
def cli() -> None:
    """VM-preserving maintenance as state machines: checked, tested, drawn and run from one text."""


def answer(arguments: Sequence[str] | None) -> int:
    """Run the command line; returns the exit code. What users can mend is one message, no more."""
    prepare_streams()
    from freezeframe.fleet.errors import FreezeframeError  # noqa: PLC0415 (help does without)

    try:
        code = cli.main(
            None if arguments is None else list(arguments),
            prog_name="freezeframe",
            standalone_mode=False,
        )
        sys.stdout.flush()
    except click.exceptions.NoArgsIsHelpError as error:
        complain(error.format_message())
    except click.ClickException as error:
        complain(_usage_text(error))
    except FreezeframeError as error:
        complain(str(error))
    except click.Abort:  # Ctrl-C, as click tells it
        raise KeyboardInterrupt from None
    except MemoryError:
        complain("Out of memory: nothing was decided. Bound the search with --max-states.")
        return EXIT_INCOMPLETE
    except BrokenPipeError:
        silence(sys.stdout)
        return EXIT_USAGE
    else:
        return code if isinstance(code, int) else 0
    return EXIT_USAGE


def _usage_text(error: click.ClickException) -> str:
    """What is wrong, and where to read on."""
    context = getattr(error, "ctx", None)
    hint = f"\nTry '{context.command_path} --help'." if context is not None else ""
    return error.format_message() + hint
