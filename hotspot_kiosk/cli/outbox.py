"""`hotspot outbox`: list, show, requeue and erase the sealed records of a kiosk; carry them on a stick."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from hotspot_kiosk.audit import Journal
from hotspot_kiosk.cli.options import config_option, json_option, list_out
from hotspot_kiosk.config import KioskConfig, load
from hotspot_kiosk.contents_enrolment import decode_answer
from hotspot_kiosk.errors import KeyMissing, LinkDown, Refused
from hotspot_kiosk.inference.face import NAME as FACE
from hotspot_kiosk.keyring import Trust, load_hub, load_private
from hotspot_kiosk.kiosk import assembly, desk, zeroise
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.link import stick as carrier
from hotspot_kiosk.kiosk.link.alerts import Alerts
from hotspot_kiosk.kiosk.link.ordered import installs
from hotspot_kiosk.kiosk.link.orders import ORDERS, Orders
from hotspot_kiosk.kiosk.staff.office import ROSTER
from hotspot_kiosk.kiosk.staff.roll import Roll
from hotspot_kiosk.kiosk.storage.outbox import Entry, Outbox, PartState, remedy
from hotspot_kiosk.kiosk.watchlists import Watchlists
from hotspot_kiosk.seal import PrivateKeys
from hotspot_kiosk.seal_answer import open_answer
from hotspot_kiosk.stick import Stick, Tally
from hotspot_kiosk.terms import EnrolmentAnswer, Part, Tcn
from hotspot_kiosk.wire import Order, OrderKind, decode_down

STOPPED = "because the kiosk stopped meanwhile: import the stick again"


@click.group("outbox")
def command() -> None:
    """Look after the sealed records of a kiosk."""


@command.command("list")
@config_option
@json_option
def list_(config: Path, as_json: bool) -> None:
    """List all records, newest first."""
    rows = [_row(entry) for entry in _open(config).entries()]
    list_out(rows, as_json, "The outbox is empty.")


@command.command()
@config_option
@json_option
@click.argument("tcn")
def show(config: Path, as_json: bool, tcn: str) -> None:
    """Show one record: its parts, and the answer if it came."""
    outbox = _open(config)
    entry = _find(outbox, Tcn(tcn))
    found = _row(entry)
    for part, state, size, reason in entry.parts:
        found[part.value] = f"{state}, {size} bytes{f', {reason}' if reason else ''}"
    sealed = outbox.sealed_answer(entry.tcn)
    if sealed is not None:
        found["answer"] = _answer(config, entry.tcn, outbox.digest(entry.tcn, Part.PROBE), sealed)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
    else:
        for key, value in found.items():
            click.echo(f"{key:>10}  {value}")


@command.command()
@config_option
@click.argument("tcn")
def requeue(config: Path, tcn: str) -> None:
    """Send a quarantined record again."""
    if not _open(config).requeue(Tcn(tcn)):
        raise Refused(f"nothing of record {tcn} is quarantined")
    click.echo(f"{tcn} will be sent again.")


@command.command()
@config_option
@click.argument("tcn")
@click.confirmation_option(prompt="This cannot be undone. Erase the record?")
def erase(config: Path, tcn: str) -> None:
    """Erase a held or quarantined record; one that waits to be sent is refused."""
    _open(config).erase(Tcn(tcn))
    click.echo(f"{tcn} erased.")


@command.command()
@config_option
@click.option("--to", "folder", type=click.Path(path_type=Path), required=True, help="The stick's folder.")
def export(config: Path, folder: Path) -> None:
    """Write what waits onto a stick; it waits here, too, until the hub's receipt is back.

    The kiosk may run meanwhile. Take the stick to the hub: hotspot hub import.
    """
    table, stick = load(config, KioskConfig), Stick(folder)
    try:
        own = load_private(table.keys.own)
    except KeyMissing:
        click.echo(
            "This kiosk has no keys any more; what it sealed before is written all the same.", err=True
        )
        _tell(carrier.export_bare(stick, _open(config), table.kiosk.device))
        return
    hub = load_hub(table.keys.peers)
    obeyed = _orders(table).memory.obeyed
    alerts = Alerts(table.outbox.path, own)
    _tell(carrier.export(stick, _open(config), own, hub.newest.key_id, obeyed, alerts))


@command.command("import")
@config_option
@click.argument("folder", type=click.Path(path_type=Path))
def import_(config: Path, folder: Path) -> None:
    """Take in receipts, answers and orders from a stick that was at the hub.

    A kiosk that runs acts on them itself, and shows answers at its desk.
    """
    table, stick = load(config, KioskConfig), Stick(folder)
    own = load_private(table.keys.own)

    def obeyed() -> Sequence[int]:
        return _orders(table).memory.obeyed

    try:
        desk.ask(table.kiosk.desk, desk.Ask("status"))
    except LinkDown:
        with assembly.alone(table.outbox.path.with_name("running")):
            _tell(carrier.take_in(stick, own, _returned(config, table, own).act, obeyed))
        return
    _tell(carrier.take_in(stick, own, lambda message: _handed(table.kiosk.desk, message), obeyed))


def _handed(path: Path, message: bytes) -> bool:
    """To the kiosk that runs; an order that it obeyed may have ended it, anything else was not taken in.

    Raises Refused then, and for what the kiosk does not believe.
    """
    try:
        return desk.ask(path, desk.Ask("carry", message=message)).state == "new"
    except LinkDown:
        order = decode_down(message)
        if isinstance(order, Order) and order.kind is not OrderKind.HUB_KEY:
            return True
        raise Refused(STOPPED) from None


def _returned(config: Path, table: KioskConfig, own: PrivateKeys) -> carrier.Returned:
    outbox = _open(config)

    def erase() -> None:
        outbox.close()
        zeroise.destroy(assembly.remains(table, config.parent.resolve()))

    trust = Trust(table.keys.peers)
    alerts = Alerts(table.outbox.path, own)
    journal = Journal(table.outbox.path.with_name("journal"), own, lambda: (datetime.now(UTC), False))
    roll = Roll(table.outbox.path.with_name(ROSTER), trust)
    brings = installs(roll, table.operation.file, trust, table.kiosk.device, journal)
    orders, clock = _orders(table), Clock()
    lists = Watchlists(table.outbox.path, own, trust, clock, lambda: orders.memory, FACE)
    return carrier.Returned(
        outbox, own, trust, orders, clock.stamp(), erase, alerts, watchlists=lists, installs=brings
    )


def _orders(table: KioskConfig) -> Orders:
    return Orders(table.outbox.path.with_name(ORDERS), table.kiosk.device)


def _tell(tally: Tally) -> None:
    for line in tally.sentences():
        click.echo(line)


def _open(config: Path) -> Outbox:
    table = load(config, KioskConfig).outbox
    return Outbox(table.path, table.most_records, table.free_mib << 20)


def _find(outbox: Outbox, tcn: Tcn) -> Entry:
    for entry in outbox.entries():
        if entry.tcn == tcn:
            return entry
    raise Refused(f"there is no record {tcn} in the outbox")


def _row(entry: Entry) -> dict[str, object]:
    reasons = dict.fromkeys(why for _, state, _, why in entry.parts if state is PartState.QUARANTINED)
    return {
        "tcn": entry.tcn,
        "captured": entry.captured,
        "state": str(entry.state),
        "parts": ", ".join(f"{part.value} {state}" for part, state, _, _ in entry.parts),
        "answered": entry.answered,
        "why": "; ".join(reasons),
        "do": "; ".join(dict.fromkeys(remedy(reason) for reason in reasons)),
    }


def _answer(config: Path, tcn: Tcn, probe: bytes, sealed: bytes) -> str:
    keys = load(config, KioskConfig).keys
    answer = decode_answer(open_answer(sealed, tcn, probe, load_hub(keys.peers), load_private(keys.own)))
    if isinstance(answer, EnrolmentAnswer):
        return f"{answer.decision} {answer.note}".strip()
    named = ", ".join(f"{c.rank}. {c.reference} ({c.score:+.1f})" for c in answer.candidates)
    return f"{answer.decision} {named} {answer.note}".strip()
