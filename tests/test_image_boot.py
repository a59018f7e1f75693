"""The image, started: it becomes ready by itself, and a person who is checked in it is answered by a hub outside.

`make test-image` builds it and names it in HOTSPOT_IMAGE; without one these tests skip. All are of one start of one machine,
in the order in which they stand here. Everything listens on loopback.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotspot_kiosk.demo.cast import CASE_A
from hotspot_kiosk.terms import Decision
from hotspot_kiosk.torture.appliance import Appliance, memory_mib

IMAGE = os.environ.get("HOTSPOT_IMAGE", "")

pytestmark = [
    pytest.mark.skipif(not IMAGE, reason="no image was named: run make test-image"),
    pytest.mark.timeout(4 * 3600),
]


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory, models_built: Path) -> Iterator[Appliance]:
    """Started for the first time, with a card that was never used and a stick that sets it up."""
    with Appliance(tmp_path_factory.mktemp("appliance")) as appliance:
        appliance.insert(Path(IMAGE), data_mib=512)
        appliance.machine.start()
        appliance.await_ready()
        yield appliance


def test_it_becomes_ready_and_finds_its_hub(kiosk: Appliance) -> None:
    """From a blank card and a stick, without a hand."""
    kiosk.await_link()
    assert kiosk.machine.run("systemctl is-active hotspot-page").output.strip() == "active"
    failed = kiosk.machine.run("systemctl list-units --failed --no-legend --plain").output
    assert failed.strip() == ""


def test_its_pages_are_served_and_did_not_have_to_begin_again(kiosk: Appliance) -> None:
    """A unit that ends and is started again and again is active for most of the time."""
    ask = "exec 3<>/dev/tcp/127.0.0.1/8080; printf 'GET / HTTP/1.0\\r\\nHost: localhost:8080\\r\\n\\r\\n' >&3; head -n 1 <&3"
    said = kiosk.machine.await_true(f'bash -c "{ask}" 2>&1')
    assert said.split()[1][0] in "23", said
    assert kiosk.machine.run("systemctl show --value -p NRestarts hotspot-page").output.strip() == "0"


def test_the_root_is_verified_and_nothing_of_it_can_be_written(kiosk: Appliance) -> None:
    """dm-verity below, read-only above; what is written lies in memory or on the encrypted partition."""
    table = kiosk.machine.run("dmsetup table root 2>/dev/null || cat /sys/block/dm-0/dm/uuid").output
    assert "verity" in table.lower()
    assert kiosk.machine.run("touch /usr/x /etc/x").code != 0
    kinds = kiosk.machine.run("findmnt -rno TARGET,FSTYPE").output.split("\n")
    found = dict(line.split() for line in kinds if line)
    assert (found["/"], found["/var"], found["/data"]) == ("erofs", "tmpfs", "ext4")
    assert kiosk.machine.run("cat /proc/swaps | wc -l").output.strip() == "1"


def test_the_data_is_encrypted_and_has_taken_the_rest_of_the_card(kiosk: Appliance) -> None:
    """A card of 256 MiB more, and none of it is left over."""
    said = kiosk.machine.run("lsblk -brno NAME,TYPE,SIZE,MOUNTPOINTS").output
    lines = [line.split() for line in said.splitlines()]
    opened = next(line for line in lines if line[0] == "data")
    assert opened[1] == "crypt"
    assert int(opened[2]) > 480 << 20
    raw = kiosk.machine.run("head -c 6 /dev/disk/by-partlabel/data").output
    assert raw.startswith("LUKS")


def test_nobody_can_log_in(kiosk: Appliance) -> None:
    """No terminal asks, no password is set, no SSH without a maintainer's key, no port is open."""
    assert kiosk.machine.run("systemctl is-active getty.target ssh hotspot-maintainer").code != 0
    shadow = kiosk.machine.run("cut -d: -f1,2 /etc/shadow").output.split()
    assert [line for line in shadow if line.split(":")[1][:1] not in ("!", "*")] == []
    listening = kiosk.machine.run("ss -Hltn").output
    outside = [
        line
        for line in listening.splitlines()
        if not any(own in line.split()[3] for own in ("127.0.0.", "[::1]"))
    ]
    assert [line for line in outside if "LISTEN" in line and ":5355" not in line] == []


def test_the_firewall_denies_what_is_not_used(kiosk: Appliance) -> None:
    """Only the hub's ports; the same host at another port is refused before a packet leaves."""
    rules = kiosk.machine.run("nft list ruleset").output
    assert rules.count("policy drop") == 3
    other = kiosk.machine.run("timeout 20 bash -c 'exec 3<>/dev/tcp/10.0.2.2/80' 2>&1")
    assert other.code != 0
    assert "prohibited" in other.output or "unreachable" in other.output or "No route" in other.output


def test_no_radio_has_a_driver(kiosk: Appliance) -> None:
    """Neither loaded nor loadable."""
    assert (
        kiosk.machine.run("find /usr/lib/modules | grep -ciE 'bluetooth|80211|wireless'").output.strip()
        == "0"
    )


def test_the_clock_and_the_journal_leave_nothing_behind(kiosk: Appliance) -> None:
    """The journal lies in memory alone."""
    assert kiosk.machine.run("ls /run/log/journal").code == 0
    assert kiosk.machine.run("ls /var/log/journal").code != 0
    assert kiosk.machine.run("test -e /usr/lib/clock-epoch").code == 0


def test_the_daemon_fits(kiosk: Appliance) -> None:
    """All models loaded, far below what its unit allows."""
    assert memory_mib(kiosk.machine) < 600


def test_a_person_is_checked_inside_and_answered_from_outside_and_a_power_cut_loses_nothing(
    kiosk: Appliance,
) -> None:
    """Camera, sensor, models, seal, outbox and link of the image itself; the hub knows the person; then the power goes.

    It comes back by itself: the set-up, the keys and the record are there, and the boot loader was told that all was well.
    """
    answer = next(told for told in kiosk.check(kiosk.cast.a, seed=1) if told.kind == "answer")
    assert answer.decision == Decision.POSSIBLE_MATCH
    assert CASE_A in [candidate.split()[0] for candidate in answer.candidates]
    kiosk.await_well()
    kiosk.machine.cut()
    kiosk.machine.start()
    kiosk.await_ready()
    kiosk.await_link()
    listed = kiosk.machine.run(
        "/opt/hotspot/bin/hotspot outbox list --json -c /etc/hotspot/kiosk.toml"
    ).output
    assert answer.tcn in listed
