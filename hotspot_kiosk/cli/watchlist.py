"""`hotspot watchlist`: lists of faces for kiosks without a link; made and sent at the hub, installed by hand at a kiosk."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from hotspot_kiosk import files
from hotspot_kiosk.audit import Journal
from hotspot_kiosk.audit_chain import Deed, printable
from hotspot_kiosk.cli.hub import open_store
from hotspot_kiosk.cli.hub_journal import open_journal
from hotspot_kiosk.cli.options import config_option, json_option, list_out
from hotspot_kiosk.config import HubConfig, KioskConfig, load
from hotspot_kiosk.errors import ConfigError, Refused
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.watchlist import Lists, Wish, chosen
from hotspot_kiosk.inference.face import NAME as FACE
from hotspot_kiosk.keyring import Trust, load_peers, load_private
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.link.orders import ORDERS, Orders
from hotspot_kiosk.kiosk.watchlists import Watchlists
from hotspot_kiosk.seal import PrivateKeys
from hotspot_kiosk.wire import OrderKind

PATH = click.Path(path_type=Path, dir_okay=False)


@click.group("watchlist")
def command() -> None:
    """Whom a kiosk without a link refers to an officer. Case ids and faces, never names; off unless an operation permits it."""


@command.command()
@config_option
@click.option("--operation", "name", required=True, help="For which signed operation; it must say watchlist = true.")  # fmt: skip
@click.option("--cases", type=PATH, required=True, help="A text file: one reference of the gallery a line.")
@click.option("--law", required=True, help="What allows this list, in one line.")
@click.option("--days", type=click.IntRange(1, 31), default=7, show_default=True, help="Until when at most; never longer than the operation.")  # fmt: skip
@click.option("--fpir", type=float, default=0.01, show_default=True, help="Of people who are not on it, this share at most may be referred.")  # fmt: skip
@click.option("--least-score", type=float, help="A score that you measured for this FPIR with your own cameras; else it follows from the manifest's calibration.")  # fmt: skip
def build(
    config: Path, name: str, cases: Path, law: str, days: int, fpir: float, least_score: float | None
) -> None:
    """Make the next list out of the gallery, sealed for each kiosk of the operation. Nothing is sent yet."""
    table = load(config, HubConfig)
    own, lists = _lists(table)
    operation = assembly.operations(table, own).get(name)
    if operation is None:
        raise Refused(f"this hub knows no signed operation {name}; put its file into [hub] operations")
    wish = Wish(operation, law, days, fpir, least_score)
    people = chosen(open_store(config).gallery.entries(), _named(cases))
    other = {face.model for _, faces in people for face in faces} - {FACE}
    if other:
        raise Refused(
            f"faces of the model {min(other)} cannot be compared at kiosks, which use {FACE}; enrol these people anew"
        )
    line = assembly.face_calibration(table)
    note = lists.build(wish, people, line, load_peers(table.keys.peers), datetime.now(UTC))
    ground = printable(
        f"edition {note.edition}, {note.cases} cases, until {note.expires:%Y-%m-%d %H:%M}, {law}"
    )
    open_journal(config).write(Deed.WATCHLIST, "maintainer", operation.id, ground)
    beyond = "" if note.measured else f"; the score {note.least:.3f} is extrapolated: {line.source}"
    click.echo(
        f"Edition {note.edition}: {note.cases} cases, sealed for {len(note.devices)} kiosks, until {note.expires:%Y-%m-%d %H:%M} UTC{beyond}."
    )


@command.command()
@config_option
@json_option
def show(config: Path, as_json: bool) -> None:
    """The lists that were made, and which kiosk has taken or destroyed its own; no case is shown."""
    table = load(config, HubConfig)
    _, lists = _lists(table)
    rows = [
        {
            "edition": note.edition,
            "operation": note.operation,
            "device": device,
            "until": note.expires.isoformat(timespec="minutes"),
            "cases": note.cases,
            "fpir": note.fpir,
            "least score": round(note.least, 4),
            "measured": note.measured,
            "stands": _stands(table, device) if place == 0 else "replaced",
        }
        for place, note in enumerate(lists.notes())
        for device in note.devices
    ]
    list_out(rows, as_json, "No watchlist was made.")


@command.command()
@config_option
def send(config: Path) -> None:
    """Let the newest list go to its kiosks over the link, in parts; a kiosk proves each of them."""
    table = load(config, HubConfig)
    _, lists = _lists(table)
    note = lists.send(_book(table), datetime.now(UTC))
    swept = lists.sweep(datetime.now(UTC))
    about = printable(f"watchlist edition {note.edition} to {len(note.devices)} kiosks")
    open_journal(config).write(Deed.ORDERED, "maintainer", note.operation, about)
    click.echo(
        f"Edition {note.edition} waits for {len(note.devices)} kiosks; {swept} sealed lists that were over are erased."
    )


@command.command()
@config_option
@click.option("--device", type=int, required=True, help="The kiosk's number.")
@click.confirmation_option(
    prompt="The kiosk will destroy its watchlist as soon as it has a link. Give the order?"
)
def forget(config: Path, device: int) -> None:
    """Order a kiosk to destroy its list; its signed proof is kept."""
    table = load(config, HubConfig)
    _, lists = _lists(table)
    if device not in load_peers(table.keys.peers):
        raise Refused(f"device {device} is not admitted: its .pub file is not among the peers")
    number = lists.forget(_book(table), device, datetime.now(UTC))
    ground = f"{OrderKind.FORGET}, order {number}"
    open_journal(config).write(Deed.ORDERED, "maintainer", f"device/{device}", ground)
    click.echo(f"Order {number} waits for device {device}: {OrderKind.FORGET}.")


@command.command()
@config_option
@click.argument("file", type=PATH)
def install(config: Path, file: Path) -> None:
    """At a kiosk: take its sealed list from a stick; it may run meanwhile."""
    table = load(config, KioskConfig)
    own, clock, beside = load_private(table.keys.own), Clock(), table.outbox.path
    orders = Orders(beside.with_name(ORDERS), table.kiosk.device)
    trust = Trust(table.keys.peers)
    lists = Watchlists(beside, own, trust, clock, lambda: orders.memory, FACE)
    fresh = lists.install(files.read(file))
    journal = Journal(beside.with_name("journal"), own, clock.now)
    journal.write(Deed.INSTALLED, "maintainer", "watchlist", f"edition {fresh.edition}")
    click.echo(
        f"Watchlist edition {fresh.edition} for {fresh.operation}: {len(fresh.cases)} cases, until {fresh.expires:%Y-%m-%d %H:%M} UTC."
    )


def _lists(table: HubConfig) -> tuple[PrivateKeys, Lists]:
    own = load_private(table.keys.own)
    return own, Lists(table.hub.watchlists, own)


def _book(table: HubConfig) -> OrderBook:
    if table.hub.orders is None:
        raise ConfigError(
            "[hub] orders is missing: carry the sealed lists by hand, hotspot watchlist install"
        )
    return OrderBook(table.hub.orders)


def _stands(table: HubConfig, device: int) -> str:
    if table.hub.orders is None:
        return "carried by hand"
    book = OrderBook(table.hub.orders)
    parts, taken = book.numbers(device, OrderKind.WATCHLIST)
    orders, gone = book.numbers(device, OrderKind.FORGET)
    if orders:
        return "to be destroyed"
    if parts:
        return f"{len(parts)} parts wait"
    if not taken:
        return "destroyed, proven" if gone else "not sent"
    return "destroyed, proven" if gone and gone[-1] > taken[-1] else "taken, proven"


def _named(path: Path) -> list[str]:
    try:
        lines = files.read(path).decode().splitlines()
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is no text: write one reference a line") from None
    return [line.strip() for line in lines if line.strip()]
