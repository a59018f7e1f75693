"""RAUC over a real D-Bus, with a service of ours at its far end."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from private_bus import bus
from updating import MANIFEST, NEW, OLD

from hotspot_kiosk.errors import DeviceLost, Refused
from hotspot_kiosk.kiosk.update.rauc import ACTIVE, BAD, GOOD, Rauc
from hotspot_kiosk.simulator.rauc import RaucService, Slots

URL = "https://hub/b.raucb"


@pytest.fixture
def address() -> Iterator[str]:
    with tempfile.TemporaryDirectory(prefix="bus") as folder, bus(Path(folder)) as address:
        yield address


@pytest.fixture
def service(address: str) -> Iterator[RaucService]:
    service = RaucService(address, Slots({"A": OLD, "B": "0"}, {URL: (NEW, MANIFEST)}))
    yield service
    service.close()


def nothing(_percent: int) -> None:
    """Progress that nobody looks at."""


def test_a_bundle_is_written_into_the_other_slot(address: str, service: RaucService) -> None:
    """From which the machine starts next."""
    rauc = Rauc(address)
    assert rauc.slot() == "A"
    rauc.install(URL, MANIFEST, nothing)
    assert (service.slots.versions["B"], service.slots.primary) == (NEW, "B")


def test_another_bundle_than_the_signed_one_is_refused(address: str, service: RaucService) -> None:
    """Though its own signature may hold: RAUC is told which manifest the hub meant."""
    with pytest.raises(Refused, match="manifest"):
        Rauc(address).install(URL, "cd" * 32, nothing)
    assert (service.slots.primary, service.slots.installs) == ("A", [])


def test_a_bundle_that_was_exchanged_after_the_look_is_not_started_from(
    address: str, service: RaucService
) -> None:
    """It may be well signed; the slot is written, and stays the one that does not run."""
    service.slots.exchanged = "cd" * 32
    with pytest.raises(Refused, match="exchanged"):
        Rauc(address).install(URL, MANIFEST, nothing)
    assert (service.slots.primary, service.slots.installs) == ("A", [URL])


def test_what_rauc_says_against_a_bundle_is_handed_on(address: str, service: RaucService) -> None:
    """In its own words, for the hub's people."""
    service.slots.refusal = "signature verification failed: self-signed certificate"
    with pytest.raises(Refused, match="self-signed certificate"):
        Rauc(address).install(URL, MANIFEST, nothing)


def test_the_running_slot_is_marked(address: str, service: RaucService) -> None:
    """Good, bad, or the one to start from."""
    rauc = Rauc(address)
    service.slots.primary = "B"
    rauc.mark(ACTIVE)
    assert service.slots.primary == "A"
    rauc.mark(BAD)
    assert service.slots.primary == "B"
    rauc.mark(GOOD)
    assert service.slots.good == {"A"}


def test_a_rauc_that_is_not_there_is_a_lost_device(address: str) -> None:
    """On a bus without it, and without a bus."""
    for bus_address in (address, "unix:path=/nonexistent/bus"):
        with pytest.raises(DeviceLost, match=r"rauc\.service"):
            Rauc(bus_address).slot()
