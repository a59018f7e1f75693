"""From the last sample to a partner's answer on the officer's desk, in one piece, images and all.

Sensor, kiosk, hub, its clerks and two partners, each a process of its own; a real Mosquitto behind a modelled
link of 1 Mbit/s, and another such link to the partner behind HTTPS. The same check goes to both partners.
"""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from hotspot_kiosk.bench.figure import Figure
from hotspot_kiosk.bench.link import broker
from hotspot_kiosk.cli.hub import open_store
from hotspot_kiosk.demo import texts
from hotspot_kiosk.demo.cast import Cast
from hotspot_kiosk.demo.post import Post
from hotspot_kiosk.demo.stage import DEVICE, Folders, Stage
from hotspot_kiosk.keyring import load_private
from hotspot_kiosk.operation import draft, sign
from hotspot_kiosk.simulator.broker import Files, free_port
from hotspot_kiosk.simulator.thin_link import GOOD, ThinLink
from hotspot_kiosk.terms import Part, Tcn

MODELS = Path(__file__).resolve().parents[2] / "models"
GOAL_S, RUNS = 20, 5
FOLDER, HTTPS = "FLD", "WEB"  # countries of the partners' candidates; no country has these codes
PARTNERS = """
[exchange.interpol]
driver = "folder"
state = "interpol/state"
outbox = "interpol/outbox"
answers = "interpol/answers"
settle_s = 0

[exchange.police]
driver = "https"
kind = "national system"
country = "XPO"
agency = "POLICE"
state = "police"
url = "https://localhost:{port}"
ca = "papers/broker-ca.pem"
certificate = "papers/hub.pem"
key = "papers/hub.key"
"""


def story(place: Path) -> Iterator[Figure]:
    """Several checks, one after the other. Raises NoBroker."""
    place.mkdir()
    folders = Folders(place / "stage", MODELS)
    with (
        broker(place) as port,
        _thin(port) as link,
        Stage(folders, port, link.port) as stage,
        _thin(_partners(stage)) as way,
    ):
        _name_partners(folders, way.port)
        for start in (stage.start_hub, stage.start_exchange, stage.start_sensor, stage.start_kiosk):
            start()
        spent = [_check(folders, seed) for seed in range(700, 700 + RUNS)]
    for country, name in ((FOLDER, "files, INTERPOL's law"), (HTTPS, "HTTPS, a national system")):
        yield _figure(f"{name}: last sample to the answer on the desk", [each[country] for each in spent])


def _figure(name: str, spent: list[float]) -> Figure:
    against = f"20 s of the 2019 trial; 1 Mbit/s, 50 ms round trip; worst {max(spent):.2f} s"
    return Figure("exchange", name, statistics.median(spent), "s", GOAL_S, "lower", against, len(spent))


def _check(folders: Folders, seed: int) -> dict[str, float]:
    """Seconds until each partner's candidate stands on the desk, for one person whom nobody enrolled here."""
    post, cast = Post(folders.desk, quiet=True), Cast(folders)
    post.sit_down()
    post.link(up=True)
    tcn, last_sample = post.check(cast.visit(cast.b, seed))
    found = {country: post.answer(tcn, naming=country).at - last_sample for country in (FOLDER, HTTPS)}
    _check_evidence(folders, tcn)
    return found


def _check_evidence(folders: Folders, tcn: Tcn) -> None:
    """What was measured is a check with its images: they are at the hub."""
    held = [each for each in open_store(folders.hub_config).inbox.entries() if each.key.tcn == tcn]
    if not any(each.key.part is Part.EVIDENCE for each in held):
        raise RuntimeError(f"the images of {tcn} are not at the hub")


def _partners(stage: Stage) -> int:
    """Start both; returns the port of the one behind HTTPS."""
    hub, port = stage.folders.root / "hub", free_port()
    there = hub / "interpol"
    stage.start_biohub(
        "interpol", (there / "answers").is_dir, "--folder", str(there), "--script", f"hit+source:{FOLDER}"
    )
    Files(hub / "papers")
    said = stage.folders.log("police")
    words = ("--https", str(port), "--papers", str(hub / "papers"), "--script", f"hit+source:{HTTPS}")
    stage.start_biohub("police", lambda: "https://" in said.read_text(), *words)
    return port


def _name_partners(folders: Folders, port: int) -> None:
    """An operation that may ask both, and a hub that can."""
    text = folders.hub_config.read_text().replace("[hub]\n", '[hub]\noperations = "operations"\n')
    folders.hub_config.write_text(text + PARTNERS.format(port=port))
    now = datetime.now(UTC)
    begins, ends = (f"{now + timedelta(days=days):%Y-%m-%dT%H:%M:%SZ}" for days in (-1, 30))
    words = texts.OPERATION.format(device=DEVICE, begins=begins, ends=ends)
    operation = draft(words + 'datasets = ["interpol", "police"]\n')
    signed = sign(operation, load_private(folders.root / "hub" / "hub.key"))
    (folders.root / "hub" / "operations").mkdir()
    for path in (folders.root / "hub" / "operations" / "one.op", folders.root / "kiosk" / "operation.op"):
        path.write_bytes(signed)


@contextmanager
def _thin(port: int) -> Iterator[ThinLink]:
    link = ThinLink(port, GOOD)
    try:
        yield link
    finally:
        link.close()
