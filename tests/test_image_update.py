"""The image, updated: over HTTPS by ranges into the other system, and back whenever that system is not well.

`make test-image` builds it and names it in HOTSPOT_IMAGE; without one these tests skip. Each test finds the kiosk as the one
before left it, or, alone, a fresh one: it asks which system runs and does not expect one. Emulation is slow; nothing here
counts on a hurry. POWER_CUTS says how often the power goes during an installation (2 by default; twenty for a release).
"""

import logging
import os
import random
import re
import subprocess
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from hotspot_kiosk.fleet import Outcome
from hotspot_kiosk.torture.appliance import Appliance
from hotspot_kiosk.torture.depot import Bundle
from hotspot_kiosk.torture.machine import IMAGE_BUILD

log = logging.getLogger(__name__)
IMAGE = os.environ.get("HOTSPOT_IMAGE", "")
POWER_CUTS = int(os.environ.get("POWER_CUTS", "2"))
OTHER = {"A": "B", "B": "A"}
MOST_BEGINNINGS = 4  # at a fifth the agent would give it up
CLOSED = 9  # a port that the kiosk's firewall lets nothing through to

pytestmark = [
    pytest.mark.skipif(not IMAGE, reason="no image was named: run make test-image"),
    pytest.mark.timeout(4 * 3600),
]


@pytest.fixture(scope="module")
def kiosk(tmp_path_factory: pytest.TempPathFactory, models_built: Path) -> Iterator[Appliance]:
    """Set up by a stick on a fresh card, and well."""
    with Appliance(tmp_path_factory.mktemp("appliance"), people=False) as appliance:
        appliance.insert(Path(IMAGE), data_mib=512)
        appliance.machine.start()
        appliance.await_ready()
        appliance.await_link()
        appliance.await_well()
        yield appliance


def variant(name: str) -> Bundle:
    """A signed bundle of another system; made if it is not there yet."""
    made = subprocess.run([IMAGE_BUILD / "variant", name], stdout=subprocess.PIPE, text=True, check=True)
    return described(Path(made.stdout.strip()))


def described(file: Path) -> Bundle:
    """A bundle by the words beside it."""
    words = tomllib.loads(file.with_suffix(".toml").read_text("utf-8"))
    return Bundle(file, words["version"], words["manifest"])


def small(folder: Path, version: str, keys: Path | None = None) -> Bundle:
    """A bundle that would be refused for what it is, long before its content is looked at.

    Its version runs nowhere: what runs already is confirmed and not looked at.
    """
    folder.mkdir()
    chance = random.Random(version)  # RAUC makes no bundle out of nothing but zeros
    for name in ("root.img", "boot.vfat"):
        (folder / name).write_bytes(chance.randbytes(1 << 16))
    (folder / "bom.cdx.json").write_text('{\n"name": "hotspot-virt",\n}\n')
    signed = {"CERT": str(keys / "signer.pem"), "KEY": str(keys / "signer.key")} if keys else {}
    file = folder / f"{version}.raucb"
    subprocess.run(
        [IMAGE_BUILD / "bundle", folder, version, file],
        env={**os.environ, **signed},
        check=True,
        capture_output=True,
    )
    return described(file)


def updated(kiosk: Appliance) -> None:
    """Update to the next version and see it confirmed."""
    kiosk.depot.offer(variant("next"))
    kiosk.depot.await_outcome(Outcome.CONFIRMED)
    kiosk.await_well()


def another(kiosk: Appliance) -> Bundle:
    """The one of two versions that does not run."""
    fresh = variant("next")
    return fresh if kiosk.version() != fresh.version else variant("plain")


def boots(kiosk: Appliance) -> list[str]:
    """The systems that U-Boot chose since the power came, in order."""
    return re.findall(r"hotspot: system ([AB]), tries left", kiosk.machine.console())


def test_an_update_is_streamed_tested_and_confirmed(kiosk: Appliance) -> None:
    """Into the system that does not run; what is the same in both is not sent."""
    bundle = variant("next")
    before = kiosk.slot()
    kiosk.depot.offer(bundle)
    kiosk.depot.await_outcome(Outcome.INSTALLED)
    sent = kiosk.depot.sent(bundle)
    kiosk.depot.await_outcome(Outcome.CONFIRMED)
    assert (kiosk.slot(), kiosk.version()) == (OTHER[before], bundle.version)
    ready = kiosk.await_ready()
    kiosk.await_link()
    kiosk.await_well()
    root = (IMAGE_BUILD / "build/variants/next/root.img").stat().st_size
    whole = bundle.file.stat().st_size
    log.warning(
        "on the wire: %d bytes, %.1f %% of the root, %.1f %% of the bundle; the new system was ready %.1f s after its kernel began",
        sent,
        100 * sent / root,
        100 * sent / whole,
        ready,
    )
    assert 0 < sent < whole


def test_a_bundle_by_another_key_is_refused(kiosk: Appliance, tmp_path: Path) -> None:
    """Signed by somebody whom the image does not know: nothing is written."""
    subprocess.run([IMAGE_BUILD / "keys", tmp_path / "keys"], check=True)
    before = kiosk.slot(), kiosk.version()
    kiosk.depot.offer(small(tmp_path / "bundle", "9.1", tmp_path / "keys"))
    result = kiosk.depot.await_outcome(Outcome.FAILED)
    assert "signature" in result.reason
    assert (kiosk.slot(), kiosk.version()) == before


def test_a_bundle_that_is_not_the_named_one_is_refused(kiosk: Appliance, tmp_path: Path) -> None:
    """Well signed, but another than the hub's invitation means."""
    bundle = small(tmp_path / "bundle", "9.1")
    kiosk.depot.offer(Bundle(bundle.file, bundle.version, "0" * 64))
    result = kiosk.depot.await_outcome(Outcome.FAILED)
    assert "manifest" in result.reason


def test_a_bundle_with_changed_bytes_is_refused(kiosk: Appliance, tmp_path: Path) -> None:
    """One bit of what is signed."""
    bundle = small(tmp_path / "bundle", "9.1")
    content = bytearray(bundle.file.read_bytes())
    content[-400] ^= 1
    bundle.file.write_bytes(content)
    kiosk.depot.offer(bundle)
    result = kiosk.depot.await_outcome(Outcome.FAILED)
    assert "signature" in result.reason


def test_an_older_version_than_the_floor_is_not_installed(kiosk: Appliance, tmp_path: Path) -> None:
    """The floor came with an invitation and holds, whatever became of that one."""
    subprocess.run([IMAGE_BUILD / "keys", tmp_path / "keys"], check=True)
    kiosk.depot.offer(small(tmp_path / "new", "9.1", tmp_path / "keys"), floor="0.0.9")
    kiosk.depot.await_outcome(Outcome.FAILED)
    kiosk.depot.offer(small(tmp_path / "old", "0.0.8"))
    result = kiosk.depot.await_outcome(Outcome.REFUSED)
    assert "floor" in result.reason


def test_a_root_with_a_changed_block_is_left_for_the_other_system(kiosk: Appliance) -> None:
    """Three tries of the damaged one, each ended by its first look at the block; then the other, by itself."""
    if kiosk.version() != variant("next").version:
        updated(kiosk)
    used = kiosk.slot()
    kiosk.machine.run(
        f"dd if=/dev/urandom of=/dev/disk/by-partlabel/root_{used.lower()} bs=4096 count=64 conv=notrunc,fsync; sync"
    )
    kiosk.machine.cut()
    kiosk.machine.start()
    kiosk.await_ready()
    assert boots(kiosk) == [used] * 3 + [OTHER[used]]
    assert kiosk.slot() == OTHER[used]
    kiosk.await_well()


def test_a_system_that_fails_its_self_test_is_left_and_says_why(kiosk: Appliance) -> None:
    """A model is not what its manifest says: the new system starts, finds it, and goes."""
    before = kiosk.slot(), kiosk.version()
    kiosk.depot.offer(variant("broken"))
    result = kiosk.depot.await_outcome(Outcome.ROLLED_BACK)
    assert "models" in result.reason
    assert (kiosk.slot(), kiosk.version()) == before
    kiosk.await_ready()
    kiosk.await_well()


def test_a_system_that_hangs_is_ended_by_the_watchdog_and_left(kiosk: Appliance) -> None:
    """Nothing in it can act any more: the board's watchdog restarts it, three times; then the one before runs."""
    before = kiosk.slot(), kiosk.version()
    kiosk.depot.offer(variant("hang"))
    result = kiosk.depot.await_outcome(Outcome.ROLLED_BACK)
    assert result.reason == "it did not come up far enough to test itself"
    assert kiosk.machine.console().count("hotspot: it stands still now") == 3
    assert (kiosk.slot(), kiosk.version()) == before
    kiosk.await_ready()
    kiosk.await_well()


def test_a_system_whose_agent_never_runs_is_left(kiosk: Appliance) -> None:
    """Nobody in it calls it well or bad, and nothing hangs: the guard restarts it, three times; then the one before runs."""
    before = kiosk.slot(), kiosk.version()
    kiosk.depot.offer(variant("mute"))
    result = kiosk.depot.await_outcome(Outcome.ROLLED_BACK)
    assert result.reason == "it did not come up far enough to test itself"
    assert boots(kiosk)[-4:] == [OTHER[before[0]]] * 3 + [before[0]]
    assert (kiosk.slot(), kiosk.version()) == before
    kiosk.await_ready()
    kiosk.await_well()


def test_where_the_link_does_not_carry_it_a_stick_does(kiosk: Appliance, tmp_path: Path) -> None:
    """The same rollout, the same signatures; the machine finds it when it is plugged in, and nobody does more."""
    bundle = another(kiosk)
    kiosk.depot.offer(bundle, port=CLOSED)
    kiosk.depot.await_outcome(Outcome.INSTALLING)
    kiosk.plug_update(tmp_path)
    kiosk.depot.await_outcome(Outcome.CONFIRMED)
    assert kiosk.version() == bundle.version
    kiosk.await_ready()
    kiosk.await_well()


def test_power_cuts_during_an_installation_do_no_harm(kiosk: Appliance) -> None:
    """It starts each time, and installs anew by itself; in the end the update is there."""
    chance = random.Random(1)
    bundle, left, after = another(kiosk), 0, 0
    for _ in range(POWER_CUTS):
        if not left or kiosk.version() == bundle.version:
            bundle, left, after = another(kiosk), MOST_BEGINNINGS, 0
            kiosk.depot.offer(bundle)
        begun = kiosk.depot.await_outcome(
            Outcome.INSTALLING, Outcome.INSTALLED, Outcome.CONFIRMED, after=after
        )
        after, left = begun.sequence, left - 1
        let_pass(kiosk, chance.uniform(0, 240), after)
        kiosk.machine.cut()
        log.warning("the power went after %s", kiosk.depot.result())
        kiosk.machine.start()
        kiosk.await_ready()
    kiosk.depot.await_outcome(Outcome.CONFIRMED)
    assert kiosk.version() == bundle.version


def let_pass(kiosk: Appliance, seconds: float, sequence: int) -> None:
    """Some time, or until the kiosk reports more: a cut may come at any moment, and nothing is expected of this one."""
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        result = kiosk.depot.result()
        if result is not None and result.sequence > sequence:
            return
        time.sleep(0.2)


def test_a_full_data_partition_does_not_keep_it_from_starting(kiosk: Appliance) -> None:
    """It comes up and says what is the matter; when there is room again, all is as before."""
    kiosk.machine.run("dd if=/dev/zero of=/data/filler bs=1M; sync", 900)
    kiosk.machine.cut()
    kiosk.machine.start()
    kiosk.await_ready()
    kiosk.machine.run("rm /data/filler; sync")
    kiosk.await_link()
    kiosk.await_well()
