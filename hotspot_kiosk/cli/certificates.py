"""`hotspot keys certificates`: a small PKI for the link, for trials and pilots.

Two CAs, a broker, the hub and any number of kiosks, whose certificate and key lie in one file, so that
renewing it is one rename. In the field the CAs' keys belong on a machine
without a network.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from hotspot_kiosk import seal_certificates as certificates
from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.seal_certificates import Identity, Term
from hotspot_kiosk.terms import MAX_DEVICE

REVOKED = "withdrawn.crl"


@click.command("certificates")
@click.option("--folder", type=click.Path(path_type=Path), required=True, help="Where to write.")
@click.option(
    "--hub-host",
    "hosts",
    multiple=True,
    default=("localhost", "127.0.0.1"),
    help="A name or address of the broker, as in [link] host; may be repeated.",
)
@click.option(
    "--device", "devices", multiple=True, type=click.IntRange(1, MAX_DEVICE), help="A kiosk; may be repeated."
)
@click.option("--days", default=365, show_default=True, help="How long broker, hub and kiosks hold.")
@click.option("--ca-days", default=3650, show_default=True, help="How long the two CAs hold.")
def command(folder: Path, hosts: tuple[str, ...], devices: tuple[int, ...], days: int, ca_days: int) -> None:
    """Make CAs, broker and hub unless they are there already, and a file for each kiosk."""
    now = datetime.now(UTC)
    term = Term(now, days)
    folder.mkdir(parents=True, exist_ok=True)
    broker_ca, device_ca = (_authority(folder, name, Term(now, ca_days)) for name in ("broker", "device"))
    if not (folder / "broker.pem").exists():
        _write(folder, "broker", certificates.make_broker(broker_ca, hosts, term))
    if not (folder / "hub-link.pem").exists():
        _write(folder, "hub-link", certificates.make_hub(device_ca, term))
    if not (folder / REVOKED).exists():
        _put(folder / REVOKED, certificates.revoked(device_ca, (), now), 0o644)
    for device in devices:
        made = certificates.make_kiosk(device_ca, device, term)
        _put(folder / f"kiosk-{device:05d}-link.pem", made.certificate + made.key, 0o600)


def _authority(folder: Path, name: str, term: Term) -> Identity:
    stem = f"{name}-ca"
    pem, key = folder / f"{stem}.pem", folder / f"{stem}.key"
    if pem.exists() and key.exists():
        return Identity(pem.read_bytes(), key.read_bytes())
    made = certificates.make_authority(stem, term)
    _write(folder, stem, made)
    return made


def _write(folder: Path, stem: str, identity: Identity) -> None:
    _put(folder / f"{stem}.key", identity.key, 0o600)
    _put(folder / f"{stem}.pem", identity.certificate, 0o644)


def _put(path: Path, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    except FileExistsError:
        raise ConfigError(f"{path} exists already; move it away if it is really to be replaced") from None
    with os.fdopen(descriptor, "wb") as out:
        out.write(content)
    click.echo(path)
