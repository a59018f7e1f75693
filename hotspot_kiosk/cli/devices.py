"""`hotspot devices`: looking at the devices of a kiosk, one by one."""

from __future__ import annotations

from pathlib import Path

import click

from hotspot_kiosk import recordings
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk.devices.uart_finger import Options, UartFingerSensor
from hotspot_kiosk.kiosk.devices.uart_finger_recording import record as record_session
from hotspot_kiosk.kiosk.devices.uart_finger_tap import Tape, tapped


@click.group("devices")
def command() -> None:
    """Look at the devices of this kiosk."""


@command.command()
@click.option(
    "--port", type=click.Path(path_type=Path), required=True, help="The serial port, as in [finger]."
)
@click.option("--to", "to", type=click.Path(path_type=Path), required=True, help="The file to write.")
@click.option("--touches", type=click.IntRange(0, 10), default=2, show_default=True)
@click.option(
    "--password",
    type=int,
    default=0,
    envvar="HOTSPOT_SENSOR_PASSWORD",
    help="The sensor's own, if it has one; never kept.",
)
@click.option("--address", type=int, default=0xFFFF_FFFF, help="The sensor's own, if it was changed.")
@click.option("--about", default="", help="Words about the sensor: its label, the adapter, the cable.")
def record(port: Path, to: Path, touches: int, password: int, address: int, about: str) -> None:
    """Record a session with a UART finger sensor, for those who have none.

    The file says what was sent and when. It has no pixels, no templates and no password: a picture of
    rings stands in for the finger. Stop the kiosk first; the port has room for one. A failed session
    is kept, too: it is worth the most.
    """
    if to.exists():
        raise Refused(f"{to} exists; choose another name")
    tape = Tape()
    sensor = UartFingerSensor(Options(port=port, password=password, address=address), tapped(tape))
    recording = record_session(sensor, tape, touches, click.echo, about)
    to.write_bytes(recordings.encode(recording))
    click.echo(f"{to}: {len(recording.exchanges)} exchanges with {recording.header.sensor}")
