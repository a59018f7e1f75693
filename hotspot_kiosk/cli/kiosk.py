"""`hotspot kiosk`: run the daemon, and talk to one that runs."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from hotspot_kiosk.cli.options import config_option, json_option, on_signals
from hotspot_kiosk.cli.provision import provision
from hotspot_kiosk.cli.update import self_test, update
from hotspot_kiosk.cli.web import page, screen
from hotspot_kiosk.config import KioskConfig, load
from hotspot_kiosk.keyring import load_hub, load_private
from hotspot_kiosk.kiosk import desk
from hotspot_kiosk.kiosk.clock import Clock
from hotspot_kiosk.kiosk.link.alerts import Alerts
from hotspot_kiosk.kiosk.start import Start
from hotspot_kiosk.kiosk.told import told_answer
from hotspot_kiosk.terms import LOW_CUE, Advice, RequestType

WORDS = {
    "ready": "Ready for the next person.",
    "read notice": "Please read the notice.",
    "look at camera": "Please look at the camera.",
    "face taken": "Thank you, that was it.",
    "place finger": "Please put this finger on the glass:",
    "lift finger": "Thank you. Please lift the finger.",
    "reading": "Reading the finger.",
    "again": "Please try once more.",
    "going on without": "We go on without:",
    "review": "Please check and accept.",
    "checking": "Captured. Being checked:",
    "kept, will be checked": "Captured. No link: the check starts by itself when it returns.",
    "no answer yet": "Captured. No answer yet; it comes by itself:",
    "answered": "Answer:",
    "enrolled": "Enrolled:",
    "an officer will look at it": "An officer will look at it:",
    "not enrolled": "Not enrolled:",
    "stopped": "Stopped. Nothing was kept.",
    "nothing captured": "Nothing could be captured; nothing was kept.",
    "fault": "Out of order:",
}
ADVICE = {
    Advice.NO_FACE: "Please step in front of the camera.",
    Advice.SEVERAL_FACES: "One person at a time, please.",
    Advice.TOO_FAR: "Please come closer.",
    Advice.TOO_CLOSE: "Please step back a little.",
    Advice.OUT_OF_FRAME: "Move until your whole face is in the picture.",
    Advice.LOOK_STRAIGHT: "Please look straight at the camera.",
    Advice.HEAD_UPRIGHT: "Please hold your head upright.",
    Advice.EYES: "Please let the camera see your eyes.",
    Advice.FACE_COVERED: "Please let the camera see your whole face, if you can.",
    Advice.TOO_DARK: "Please turn towards the light.",
    Advice.GLARE: "Please turn away from the bright light a little.",
    Advice.UNEVEN_LIGHT: "Please turn your face evenly towards the light.",
    Advice.HOLD_STILL: "Please hold still for a moment.",
    Advice.BACKGROUND: "A plain wall behind the person would be better.",
    Advice.ONCE_MORE: "Please look at the camera once more.",
    Advice.NO_FINGER: "Put your finger on the glass.",
    Advice.MORE_FINGER: "Put more of the finger on the glass.",
    Advice.FINGER_MIDDLE: "Put the middle of the finger on the glass.",
    Advice.PRESS_HARDER: "Press a little harder.",
    Advice.FINGER_WET: "Dry your finger and press a little less.",
    Advice.FINGER_STILL: "Hold your finger still.",
    Advice.OTHER_FINGER: "This finger was here before; give the one that is asked for.",
    Advice.SAME_FINGER: "Give the same finger as before.",
    Advice.LIFT_FINGER: "Lift your finger.",
    Advice.WIPE_GLASS: "Wipe the glass with a dry cloth, then put your finger on it.",
    Advice.ROLL_LEFT: "Roll it a little to the left.",
    Advice.ROLL_RIGHT: "Roll it a little to the right.",
    Advice.FINGERTIP: "Show a little more of the fingertip.",
    Advice.FURTHER_FORWARD: "Put it a little further forward.",
}

SECOND_LOOK = (
    "\nOfficer: please look at the person once more. If they may be under age, press cancel and call a child officer; "
    "if they are an adult: hotspot kiosk press 'looked again' --adult"
)


@click.group("kiosk")
def command() -> None:
    """Run a kiosk, start a check, see how it stands."""


@command.command()
@config_option
def run(config: Path) -> None:
    """Run the daemon until it is told to stop."""
    from hotspot_kiosk.kiosk import assembly  # noqa: PLC0415 - who asks a daemon, or updates, does not load one

    os.umask(0o077)
    tables = load(config, KioskConfig)
    start = Start(tables.kiosk.desk, Clock().now_ms)
    on_signals(start.stop)
    if why := start.run(lambda: assembly.build(tables, config.parent.resolve())):
        raise SystemExit(f"hotspot: the kiosk stopped: {why}")


@command.command()
@config_option
@json_option
@click.option("--adult", is_flag=True, help="I attest that the person is 18 or older.")
@click.option("--officer", default="", help="The id of who checks; an operation may name those who may.")
@click.option(
    "--tot", type=click.Choice(list(RequestType)), help="Kind of search; the operation's by default."
)
@click.option("--notice-read", is_flag=True, help="The notice was shown to its end; do not wait for Enter.")
@click.option(
    "--origin", "origins", multiple=True, metavar="SYR", help="A claimed or known country of origin."
)
@click.option(
    "--renews",
    default="",
    metavar="TCN",
    help="A reception: the encounter in which they were enrolled before.",
)
@click.option("--protection", is_flag=True, help="The person seeks protection.")
def check(
    config: Path,
    as_json: bool,
    adult: bool,
    officer: str,
    tot: str | None,
    notice_read: bool,
    origins: tuple[str, ...],
    protection: bool,
    renews: str,
) -> None:
    """Check one person: start a session and show what happens until it is over.

    Origin and protection go into the sealed record for the hub's shields, and are kept and shown nowhere here.
    Exits 0 if the person was captured, 2 if not.
    """
    path = load(config, KioskConfig).kiosk.desk
    heard = desk.watch(path)
    next(heard, None)
    asked = RequestType(tot) if tot else None
    begin = desk.Ask(
        "begin",
        adult=adult,
        officer=officer,
        tot=asked,
        origins=origins,
        protection=protection,
        renews=renews,
    )
    desk.ask(path, begin)
    if not notice_read:
        click.prompt("Show the notice to its end, then press Enter", default="", show_default=False)
    desk.ask(path, desk.Ask("notice read"))
    captured = False
    for told in heard:
        say(told, as_json)
        captured = captured or told.kind == "stored"
        if told.kind == "status" and told.state in ("done", "idle", "fault"):
            raise SystemExit(0 if captured else 2)


@command.command()
@config_option
@json_option
def watch(config: Path, as_json: bool) -> None:
    """Show everything that happens at the kiosk until interrupted."""
    for told in desk.watch(load(config, KioskConfig).kiosk.desk):
        say(told, as_json)


@command.command()
@config_option
@json_option
def status(config: Path, as_json: bool) -> None:
    """How the kiosk stands: state, link, records that wait, faults."""
    say(desk.ask(load(config, KioskConfig).kiosk.desk, desk.Ask("status")), as_json)


@command.command()
@config_option
@json_option
def alerts(config: Path, as_json: bool) -> None:
    """Alerts that count now: people who were checked at another post of the operation and have left it."""
    table = load(config, KioskConfig)
    hub, own = load_hub(table.keys.peers), load_private(table.keys.own)
    for alert in Alerts(table.outbox.path, own).current(datetime.now(UTC), hub):
        say(told_answer(alert, table.kiosk.device), as_json)


@command.command()
@config_option
@click.argument("button", type=click.Choice(["notice read", "accept", "retake", "cancel", "looked again"]))
@click.option("--adult", is_flag=True, help="With 'looked again': I attest that the person is 18 or older.")
@click.option("--officer", default="", help="With 'looked again': the id of who looked.")
def press(config: Path, button: str, adult: bool, officer: str) -> None:
    """Press a button of the session that runs."""
    request = desk.Ask(button, adult=adult, officer=officer)  # type: ignore[arg-type]
    desk.ask(load(config, KioskConfig).kiosk.desk, request)


def say(told: desk.Told, as_json: bool) -> None:
    """One line for a person, or the JSON object."""
    click.echo(desk.line(told).decode().strip() if as_json else words(told))


def words(told: desk.Told) -> str:
    """What was told, in plain words; of a training each line says so."""
    return (
        "\n".join(f"TRAINING | {each}" for each in _plain(told).splitlines())
        if told.training
        else _plain(told)
    )


def _plain(told: desk.Told) -> str:
    if told.kind == "show":
        detail = ADVICE[Advice(told.detail)] if told.detail in ADVICE else told.detail
        hint = ADVICE[Advice(told.hint)] if told.hint in ADVICE else ""
        return f"{WORDS.get(told.prompt, told.prompt)} {detail} {hint}".strip()
    if told.kind == "status":
        link = "up" if told.link else "down"
        faults = f", out of order: {', '.join(told.faults)}" if told.faults else ""
        looks = f", {told.quarantined} to look at" if told.quarantined else ""
        note = f"; {told.note}" if told.note else ""
        waits = "" if told.waiting is None else f", {told.waiting} waiting"
        doubts = f", {sum(told.ignored.values())} messages not believed" if told.ignored else ""
        second = _about_face(told) + (SECOND_LOOK if told.second_look else "")
        return f"[{told.state}, link {link}{waits}{looks}{doubts}{faults}{note}]{second}"
    if told.kind in ("answer", "alert"):
        named = f" ({', '.join(told.candidates)})" if told.candidates else ""
        again = f", edition {told.edition}" if told.edition > 1 else ""
        return f"{told.tcn}{again}: {told.decision}{named} {told.note}{_late(told)}".strip()
    return f"{told.kind}: {told.tcn}{told.detail}"


def _about_face(told: desk.Told) -> str:
    """What is said of the face, for the officer; a low cue is a reason to look, and no finding."""
    low = [name for name, score in told.presentation.items() if score < LOW_CUE]
    look = (
        f"\nOfficer: please look whether a face is before the camera, not a picture ({', '.join(low)})."
        if low
        else ""
    )
    why = f"\nThe portrait claims no SAP: {told.portrait}." if told.portrait else ""
    return look + why


def _late(told: desk.Told) -> str:
    if told.seen is None or told.expires is None:
        return ""
    moments = [f"{moment.astimezone():%Y-%m-%d %H:%M}" for moment in (told.seen, told.expires)]
    return f" [last seen at {told.post}, {moments[0]}; counts until {moments[1]}]"


command.add_command(page)
command.add_command(screen)
command.add_command(update)
command.add_command(self_test)
command.add_command(provision)
