"""`hotspot hub`: run the hub, list what it holds, take in what came on a stick."""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from hotspot_kiosk import files
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.cli import exchange, hub_provision
from hotspot_kiosk.cli.hub_journal import open_journal
from hotspot_kiosk.cli.options import config_option, json_option, list_out, on_signals
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.errors import ConfigError, Refused, StorageFailed
from hotspot_kiosk.hub import assembly, counts
from hotspot_kiosk.hub.law.retention import PURGING, Purge
from hotspot_kiosk.hub.link.orders import OrderBook
from hotspot_kiosk.hub.link.stick import Import
from hotspot_kiosk.hub.storage.store import Store
from hotspot_kiosk.hub.storage.vault import guard
from hotspot_kiosk.keyring import HUB, load_peers, load_private
from hotspot_kiosk.stick import Stick
from hotspot_kiosk.wire import OrderKind


@click.group("hub")
def command() -> None:
    """Run a hub, see what it holds."""


command.add_command(exchange.command)
command.add_command(hub_provision.command)
command.add_command(hub_provision.withdraw)
command.add_command(hub_provision.withdrawn)


@command.command()
@config_option
def run(config: Path) -> None:
    """Run the hub until it is told to stop."""
    os.umask(0o077)
    hub = assembly.build(load(config, HubConfig), config.parent.resolve())
    on_signals(hub.stop)
    hub.run()


@command.command()
@config_option
@json_option
def inbox(config: Path, as_json: bool) -> None:
    """List the record parts that the hub holds."""
    with closing(open_store(config)) as store:
        rows = [
            {
                "device": entry.key.device,
                "tcn": entry.key.tcn,
                "part": entry.key.part.value,
                "held since": entry.committed,
                "bytes": entry.size,
                "bytes received": entry.received,
                "answered": entry.answered,
            }
            for entry in store.inbox.entries()
        ]
    list_out(rows, as_json, "The hub holds no record.")


@command.command()
@config_option
@click.argument("to", type=click.Path(path_type=Path, dir_okay=False))
def backup(config: Path, to: Path) -> None:
    """Write a whole, checked copy of the hub's SQLite database to a new file; the hub may run meanwhile."""
    with closing(open_store(config)) as store:
        store.check()
        store.backup(to)
    click.echo(f"{to} holds everything that the hub held when this began.")


@command.command()
@config_option
@json_option
def status(config: Path, as_json: bool) -> None:
    """What the workers that run did not act on, why and how often, each since its start."""
    folder = load(config, HubConfig).hub.counts
    if folder is None:
        raise ConfigError("[hub] counts is missing: name a folder in which workers say what they counted")
    rows = [
        {"worker": each.worker, "since": each.since, "what": kind, "why": why, "times": times}
        for each in counts.read(folder)
        for kind, reasons in each.counts.items()
        for why, times in sorted(reasons.items(), key=lambda pair: -pair[1])
    ]
    list_out(rows, as_json, "No worker that runs has counted anything.")


@command.command()
@config_option
@click.option("--dry-run", is_flag=True, help="Only list what is due.")
@json_option
def purge(config: Path, dry_run: bool, as_json: bool) -> None:
    """Destroy the keys of records whose retention is over; a running hub does so every hour by itself."""
    with closing(open_store(config)) as store:
        purging = _purge(config, store)
        if not dry_run:
            click.echo(f"{purging.run()} records purged; the journal names them.")
            return
        rows = [
            {"tcn": each.tcn, "state": str(each.ended), "due": each.due.isoformat()}
            for each, _ in purging.due()
        ]
    list_out(rows, as_json, "Nothing is due.")


@command.command()
@config_option
@click.option("--to", type=click.Path(path_type=Path), required=True, help="A new file.")
def anchors(config: Path, to: Path) -> None:
    """Write how far kiosks' journals reached into a file, for: hotspot audit verify --anchors."""
    with closing(open_store(config)) as store:
        found = [anchor for anchor, _, _ in store.anchors.anchors()]
    if to.exists():
        raise ConfigError(f"{to} exists already; name a new file")
    files.replace(to, msgspec.json.format(msgspec.json.encode(found)) + b"\n")
    click.echo(f"{to}: {len(found)} anchors of {len({each.owner for each in found})} kiosks.")


@command.group()
def journal() -> None:
    """The hub's own journal."""


@journal.command("export")
@config_option
@click.option("--to", type=click.Path(path_type=Path), required=True, help="A new file.")
def export_(config: Path, to: Path) -> None:
    """Write the hub's whole journal into one file with a signed end line; check it with: hotspot audit verify."""
    head = open_journal(config).export(to)
    click.echo(f"{to}: up to entry {head.number}. Note this elsewhere: {head.number}:{head.digest}")


@command.command("import")
@config_option
@click.argument("folder", type=click.Path(path_type=Path))
def import_(config: Path, folder: Path) -> None:
    """Take in records from a stick, write receipts and answers onto it; the hub may run meanwhile.

    What came by radio before, or comes later, is held once.
    """
    stick, table = Stick(folder), load(config, HubConfig)
    hub = assembly.build(table, config.parent.resolve())
    kiosks = {owner: file for owner, file in load_peers(table.keys.peers).items() if owner != HUB}
    carried = Import(stick, hub.take, hub.acknowledge, kiosks, hub.ignored)
    unwritten = carried.run()
    for line in carried.tally.sentences():
        click.echo(line)
    if unwritten:
        raise StorageFailed(
            f"{unwritten}; what it brought is in, but not all receipts and answers are on it: "
            "import it again when it can be written, or let them go by radio"
        )


@command.command()
@config_option
@click.argument("kind", type=click.Choice(["revoke", "erase"]))
@click.option("--device", type=int, required=True, help="The kiosk's number.")
@click.confirmation_option(prompt="The kiosk will obey as soon as it has a link. Give the order?")
def order(config: Path, kind: str, device: int) -> None:
    """Order a kiosk to stop capturing (revoke) or to destroy its key and records (erase).

    The order waits for the kiosk; its signed proof is kept beside it.
    """
    table = load(config, HubConfig)
    if table.hub.orders is None:
        raise ConfigError("[hub] orders is missing: name a folder in which orders wait for their kiosks")
    if device not in load_peers(table.keys.peers):
        raise Refused(f"device {device} is not admitted: its .pub file is not among the peers")
    given = OrderBook(table.hub.orders).give(
        device, OrderKind(kind), load_private(table.keys.own), datetime.now(UTC)
    )
    open_journal(config).write(
        Deed.ORDERED, "maintainer", f"device/{device}", f"{kind}, order {given.number}"
    )
    click.echo(f"Order {given.number} waits for device {device}: {kind}.")


def _purge(config: Path, store: Store) -> Purge:
    table = load(config, HubConfig)
    known = assembly.operations(table, load_private(table.keys.own))
    lock = assembly.journal_folder(table, config.parent.resolve()) / PURGING
    return Purge(store, known, open_journal(config), lock, lambda: datetime.now(UTC))


def open_store(config: Path) -> Store:
    """The store that a hub's config names."""
    store = assembly.open_store(load(config, HubConfig), config.parent.resolve())
    return guard(store, lambda: datetime.now(UTC))
