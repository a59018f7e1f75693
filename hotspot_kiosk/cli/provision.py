"""`hotspot kiosk provision`: a new machine makes its keys, shows its code, and becomes a kiosk when the hub says so."""

from __future__ import annotations

import os
import platform
from pathlib import Path
from types import MappingProxyType

import click

from hotspot_kiosk import files, provisioning
from hotspot_kiosk.cli.options import on_signals
from hotspot_kiosk.config import build_variant
from hotspot_kiosk.errors import BadBytes, Refused, SealError
from hotspot_kiosk.kiosk.clock import SYNCHRONISED
from hotspot_kiosk.kiosk.provision import bureau as bureaus
from hotspot_kiosk.kiosk.provision import safe as safes
from hotspot_kiosk.kiosk.provision.asking import Asking
from hotspot_kiosk.kiosk.provision.first import First, forget
from hotspot_kiosk.kiosk.provision.safe import Kept, Safe
from hotspot_kiosk.kiosk.provision.settling import Places, is_done, read_tables, settle
from hotspot_kiosk.stick_new import ANSWER, REQUEST, NewKiosks
from hotspot_kiosk.transports.port import Transport

PORT = 8885  # the listener that asks for no certificate
MODEL = Path("/proc/device-tree/model")
BOARD = Path(__file__).resolve().parents[1] / "kiosk" / "provision" / "board.toml"
FOLDER = click.Path(path_type=Path)
WAYS = ("auto", *(each.value for each in Kept))
STEPS = ("keys", "ask", "settle")


@click.command()
@click.option("--config", type=FOLDER, default=Path("/etc/hotspot/kiosk.toml"), show_default=True, help="Written last.")  # fmt: skip
@click.option("--state", type=FOLDER, default=Path("/var/lib/hotspot"), show_default=True, help="The daemon's own folder.")  # fmt: skip
@click.option("--desk", type=FOLDER, default=Path("/run/hotspot-desk/desk"), show_default=True, help="The daemon's socket.")  # fmt: skip
@click.option("--units", type=FOLDER, default=Path("/etc/systemd/system"), show_default=True, help="Where units learn to open a sealed key.")  # fmt: skip
@click.option("--bureau", type=FOLDER, default=Path("/etc/hotspot/bureau"), show_default=True, help="What is known of the bureau.")  # fmt: skip
@click.option("--board", type=FOLDER, default=BOARD, help="Tables of this hardware: models, camera, finger, panel.")  # fmt: skip
@click.option("--stick", type=FOLDER, help="Carry the request and bring the answer on this mounted stick.")
@click.option("--seal", type=click.Choice(WAYS), default="auto", show_default=True, help="How private keys are kept.")  # fmt: skip
@click.option("--tpm", default="", help="Another TPM than the board's, as systemd-creds names it.")
@click.option("--step", type=click.Choice(STEPS), help="One step only: keys and settle may need root, ask needs a network.")  # fmt: skip
@click.option("--anew", is_flag=True, help="Forget the keys and the request of before, and begin with new ones.")  # fmt: skip
def provision(
    config: Path,
    state: Path,
    desk: Path,
    units: Path,
    bureau: Path,
    board: Path,
    stick: Path | None,
    seal: str,
    tpm: str,
    step: str | None,
    anew: bool,
) -> None:
    """Make this machine a kiosk: keys, request, answer, configuration. Cut off anywhere, it goes on there.

    Read the code to whoever sits at the hub; they type it and give this kiosk its number.
    """
    os.umask(0o077)
    places = Places(config, state, desk, units, read_tables(files.read(board).decode(), str(board)))
    carried = NewKiosks(stick) if stick else None
    if is_done(places):
        forget(_folder(state))
        click.echo("This machine is a kiosk already; nothing is to be done.")
        return
    way = Kept(seal) if seal != "auto" else safes.best(units)
    _Way(places, _bureau(bureau, carried), safes.of(way, tpm), carried).go(step, anew)


class _Way:
    """The steps, one after another."""

    def __init__(self, places: Places, bureau: bureaus.Bureau, safe: Safe, stick: NewKiosks | None) -> None:
        self._places, self._bureau, self._safe, self._stick = places, bureau, safe, stick
        self._first = First(_folder(places.state), bureau.hub, safe)

    def go(self, step: str | None, anew: bool) -> None:
        """All steps, or one."""
        if anew and step != "ask":
            forget(_folder(self._places.state))
        if step in (None, "keys"):
            self._keys()
        if step in (None, "ask") and not self._first.answered:
            self._ask()
        if step in (None, "settle") and self._first.answered:
            self._settle()

    def _keys(self) -> None:
        self._first.begin(os.urandom(128), _about(self._safe.kept))
        click.echo(f"\n    Code of this kiosk:   {provisioning.shown(self._first.code)}\n")
        click.echo("Read it to the hub: hotspot hub provision accept CODE --number N --post NAME")

    def _ask(self) -> None:
        if self._stick is not None:
            self._carry(self._stick)
            return
        asking = Asking(self._first, _transport(self._bureau))
        on_signals(asking.stop)
        click.echo("It asks the hub, and waits until somebody there has compared the code.")
        asking.run()

    def _carry(self, stick: NewKiosks) -> None:
        code = self._first.code
        answer = stick.read(code, ANSWER)
        if answer is None:
            stick.write(code, REQUEST, self._first.request())
            click.echo("The request is on the stick. Bring it to the hub, then back, and run this again.")
            return
        try:
            refused = self._first.hear(answer)
        except (BadBytes, SealError) as error:
            raise Refused(f"the answer on the stick is not believed: {error}") from None
        if refused:
            raise Refused(f"the hub refused this kiosk: {refused}")
        if not self._first.answered:
            click.echo("The hub has the request; nobody has accepted it yet.")

    def _settle(self) -> None:
        grant, secret = self._first.open()
        settle(grant, secret, self._bureau, self._places, self._safe)
        forget(_folder(self._places.state))
        kept = "in files, as they are" if self._safe.kept is Kept.DISK else f"encrypted ({self._safe.kept})"
        click.echo(f"This is kiosk {grant.device} at {grant.post}. Its private keys are kept {kept}.")


def _folder(state: Path) -> Path:
    return state / "provision"


def _bureau(folder: Path, stick: NewKiosks | None) -> bureaus.Bureau:
    """The image's own; else the stick's, copied first, so that every step sees the same."""
    if stick is not None and not folder.is_dir():
        found = bureaus.read(stick.bureau)
        for name in bureaus.NAMES:
            with files.plainly(str(folder)):
                folder.mkdir(parents=True, exist_ok=True)
            files.write_whole(folder / name, files.read(found.folder / name))
    return bureaus.read(folder)


def _transport(bureau: bureaus.Bureau) -> Transport:
    section = {"port": PORT, **bureau.link, "anonymous": True, "ca": str(bureau.folder / bureaus.BROKER_CA)}
    defaults = MappingProxyType({"synchronised": str(SYNCHRONISED)})
    made: Transport = build_variant(
        "hotspot_kiosk.transports", "bureau.toml link", section, bureau.folder, defaults
    )
    return made


def _about(kept: Kept) -> str:
    try:
        board = MODEL.read_text("ascii").strip("\0 \n")
    except (OSError, UnicodeDecodeError):
        board = platform.machine()
    words = f"{board}, keys kept: {kept}"
    return "".join(each for each in words if each.isprintable())[: provisioning.MOST_ABOUT]
