"""The door: the `hotspot` command. One file a group; a group's file is read when it is used."""

from __future__ import annotations

import logging
import sys
from importlib import import_module

import click

from hotspot_kiosk import __version__
from hotspot_kiosk.errors import HotspotError

GROUPS = {
    "kiosk": "Run a kiosk, start a check, see how it stands.",
    "web": "Serve a kiosk's pages, run its screen.",
    "doctor": "Examine this machine: what only the board itself can show.",
    "support": "A bundle for whoever helps, without anything of a person.",
    "hub": "Run a hub, see what it holds.",
    "case": "What became of checks: two people on a possible match, the legal officer's queue.",
    "subject": "The slip of a person who was checked; what is held about them, and its erasure.",
    "enrolment": "Who is enrolled, possible duplicates, erasure by order.",
    "officer": "Who may decide what: make a key, add, list and revoke people.",
    "fleet": "How the kiosks are: versions, queue, alarms; roll updates out to them, wave by wave.",
    "operation": "Write, sign, show and install the operation without which nobody is checked.",
    "outbox": "Look after the sealed records of a kiosk.",
    "gallery": "Look after the references of a hub.",
    "watchlist": "Whom a kiosk without a link refers to an officer: make, send, destroy.",
    "keys": "Make and show keys.",
    "audit": "Show and verify the signed journals.",
    "languages": "What each language of the pages still lacks: translations, reviews, voices.",
    "nist": "Look into ANSI/NIST-ITL files, check and convert them.",
    "devices": "Record a sensor's session, without a finger in it.",
    "panel": "Look at the panel, update it, announce a maintainer's visit.",
    "simulate": "The far end of a wire: a sensor that is not there, on a pty.",
    "training": "Officers practise on the real pages, with people who do not exist.",
    "demo": "The whole way of a record, with the link cut in the middle.",
    "soak": "Hours of the finger sensor in minutes, faults included: leaks, wrong images, what stays broken.",
    "torture": "Power cuts, kills, bad links, full disks: count what was lost.",
    "finger": "Several touches of one finger as one picture, for the eye.",
    "models": "List, build, verify and measure the models.",
    "calibrate": "What face scores mean before your own cameras: log-odds, thresholds for a stated FMR.",
    "bench": "Measure; one JSON object a figure.",
}


class Door(click.Group):
    """Finds a command in the file of its name."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """In the order of GROUPS."""
        return list(GROUPS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Read the command's file."""
        if cmd_name not in GROUPS:
            return None
        command: click.Command = import_module(f"hotspot_kiosk.cli.{cmd_name}").command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """One line each, without reading their files."""
        with formatter.section("Commands"):
            formatter.write_dl(list(GROUPS.items()))


@click.command(cls=Door, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__)
@click.option("-v", "--verbose", is_flag=True, help="Say more about what happens.")
def door(verbose: bool) -> None:
    """HOTSPOT kiosk: capture at a post, seal, buffer, send; match at the hub, answer.

    A search is never an enrolment. A hit is a possible match: two people verify it.
    """
    logging.basicConfig(
        level=logging.DEBUG if verbose else logging.INFO,
        format="%(asctime)s %(levelname)-7s %(name)s: %(message)s",
        stream=sys.stderr,
    )
    logging.getLogger("numba").setLevel(logging.WARNING)


def main() -> None:
    """Run the command; an error of ours is one sentence, not a traceback."""
    try:
        door(standalone_mode=True)
    except HotspotError as error:
        click.echo(f"hotspot: {error}", err=True)
        sys.exit(1)
