"""`hotspot enrolment`: who is enrolled in the national galleries; possible duplicates; erasure by order."""

from __future__ import annotations

import json
from contextlib import AbstractContextManager
from datetime import UTC
from pathlib import Path
from typing import Any

import click

from hotspot_kiosk import files
from hotspot_kiosk.cli.options import config_option, json_option, list_out
from hotspot_kiosk.cli.signing import key_option, person
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.decision import What
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.law.retention import Purge
from hotspot_kiosk.hub.reception import side_by_side
from hotspot_kiosk.hub.reception.enrolment_case import Alike, Wish
from hotspot_kiosk.hub.reception.reception import Desk
from hotspot_kiosk.terms import Tcn

tcn_argument = click.argument("tcn")


@click.group("enrolment")
def command() -> None:
    """Enrolments of reception centres. Who may be enrolled already is looked at by different people."""


@command.command("list")
@config_option
@json_option
@click.option("--open", "only_open", is_flag=True, help="Only those that wait for people to look.")
def list_(config: Path, as_json: bool, only_open: bool) -> None:
    """List all enrolments, each kiosk's newest first."""
    with _open(config) as (desk, _):
        rows = [_row(each) for each in desk.all() if not only_open or not each.over]
    list_out(rows, as_json, "There is no enrolment.")


@command.command()
@config_option
@json_option
@tcn_argument
def show(config: Path, as_json: bool, tcn: str) -> None:
    """Show one enrolment: who may be the same person, what people found, what stands in the gallery."""
    with _open(config) as (desk, _):
        found = desk.wish(Tcn(tcn))
        editions = [f"{row.edition}: {row.tcn} ({row.enrolled[:10]})" for row in desk.editions(found)]
    told = _row(found) | {
        "alike": [_alike(each) for each in found.compared.found] if found.compared else [],
        "said": [
            {
                "officer": said.officer,
                "same as": said.same_as or "nobody",
                "reason": said.reason,
                "signed": "with their own key" if said.signed else f"in at kiosk {found.tcn.device}",
            }
            for said in found.said
        ],
        "editions": editions,
    }
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    for key, value in told.items():
        for line in value if isinstance(value, list) else [value]:
            words = "; ".join(f"{k}: {v}" for k, v in line.items()) if isinstance(line, dict) else line
            click.echo(f"{key:>12}  {words}")


@command.command()
@config_option
@tcn_argument
@key_option
@click.option(
    "--in",
    "folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=Path("/dev/shm"),  # noqa: S108 - a new name there, for this user alone
    show_default=True,
    help="A folder that lies in memory.",
)
def look(config: Path, tcn: str, key: Path, folder: Path) -> None:
    """Compare the pictures, side by side, in a page for you alone. It is erased when you have looked."""
    by = person(config, key, What.LOOK, tcn)
    with _open(config) as (desk, _):
        shown = list(side_by_side.sheets(desk, Tcn(tcn)))
        desk.looked(Tcn(tcn), by)
    text = side_by_side.page(Tcn(tcn), shown)
    with files.for_now(folder, f"{tcn}-", ".html", text.encode()) as page:
        click.echo(f"{page}  open it in a browser that keeps nothing")
        click.prompt("Press Enter when you have looked", default="", show_default=False, prompt_suffix=". ")
    click.echo("The page is erased. Say what you saw with: hotspot enrolment decide")


@command.command()
@config_option
@tcn_argument
@key_option
@click.option("--same-as", default="", metavar="IDENTITY", help="It is this person, as `show` lists them.")
@click.option("--nobody", is_flag=True, help="It is nobody of those found.")
@click.option("--reason", required=True, help="What you compared and what you saw.")
def decide(config: Path, tcn: str, key: Path, same_as: str, nobody: bool, reason: str) -> None:
    """Say whether it is somebody who is enrolled already. A running hub then enrols, or waits for another."""
    if bool(same_as) == nobody:
        raise click.UsageError("say either --same-as IDENTITY or --nobody")
    by = person(config, key, What.SAME if same_as else What.OTHER, tcn, same_as, reason)
    with _open(config) as (desk, _):
        settled = desk.say(Tcn(tcn), by, Tcn(same_as) if same_as else None, reason)
    if settled is None:
        click.echo(f"{tcn}: noted; another person must look.")
    elif settled.same_as is not None:
        click.echo(f"{tcn}: the same person as {settled.same_as}; the hub adds the new samples to theirs.")
    else:
        click.echo(f"{tcn}: nobody of those found; the hub enrols a new person.")


@command.command()
@config_option
@tcn_argument
@key_option
@click.option("--reason", required=True, help="Who ordered it and on what ground.")
@click.confirmation_option(prompt="All that is enrolled of this person goes, for good. Erase it?")
def erase(config: Path, tcn: str, key: Path, reason: str) -> None:
    """Erase a person's enrolments by order, all editions, with their records' keys."""
    by = person(config, key, What.WITHDRAW, tcn, reason=reason)
    with _open(config) as (desk, purge):
        gone = desk.withdraw(Tcn(tcn), by, reason)
        purge.run()
        left = [each for each in gone if desk.held(each) is not None]
    if left:
        raise Refused(
            f"ordered; records are being purged at this moment, and {', '.join(left)} goes with the next purge"
        )
    click.echo(f"Erased: {', '.join(gone)}; the journal names them.")


def _open(config: Path) -> AbstractContextManager[tuple[Desk, Purge]]:
    return assembly.open_enrolments(load(config, HubConfig), config.parent.resolve())


def _row(found: Wish) -> dict[str, Any]:
    asked, done = found.requested, found.enrolled
    return {
        "tcn": found.tcn,
        "operation": found.operation,
        "post": asked.post if asked else "",
        "captured": f"{asked.captured.astimezone(UTC):%Y-%m-%d %H:%M}" if asked else "",
        "stands": found.decision.value if found.decision else "not looked at yet",
        "identity": done.identity if done else "",
        "edition": done.edition if done else "",
        "renews": asked.renews if asked else "",
        "why": found.turned.why if found.turned else found.withdrawn.reason if found.withdrawn else "",
    }


def _alike(each: Alike) -> dict[str, Any]:
    return {
        "identity": each.identity,
        "score": "named by the officer" if each.score is None else round(each.score, 1),
        "strong": each.strong,
        "made of": ", ".join(f"{what} {odds:+.1f}" for what, odds in each.why),
    }
