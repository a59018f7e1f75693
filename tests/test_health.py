"""A kiosk's health: what is found, who may see it, and a support bundle that holds nothing of a person or a key."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import msgspec
import numpy as np
import pytest
from health_rig import TOLD, Setup
from making import DEVICE, NOW, face_capture, tcn
from officer_rig import BROWSER, Rig

from hotspot_kiosk import fleet
from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.config import KioskConfig, load
from hotspot_kiosk.demo.stage import Folders, prepare
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk.care import checkup_running, support
from hotspot_kiosk.kiosk.care.checkup import Finding, Verdict
from hotspot_kiosk.kiosk.care.loglines import line, vocabulary
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.staff import counter
from hotspot_kiosk.seal_certificates import Term, make_authority, make_kiosk

ROOT = Path(__file__).resolve().parents[1]
OK, WARN, FAIL, NOT_HERE = Verdict
NAME, SECRET = "Zarmina Qaderi", "hunter2-secret"


@pytest.fixture
def kept(tmp_path: Path) -> Setup:
    return Setup(tmp_path / "kiosk")


def found(kept: Setup, name: str) -> Finding:
    """The finding of that name."""
    return next(each for each in kept.health.findings() if each.name == name)


def told(**changes: object) -> Told:
    """The running kiosk's word, otherwise as usual."""
    return msgspec.structs.replace(TOLD, **changes)


@pytest.mark.parametrize(
    ("name", "says", "verdict", "measured"),
    [
        ("queue", {}, OK, "2 wait, the oldest for 90 seconds"),
        ("queue", {"oldest_s": 3 * 86_400}, WARN, "the oldest for 3 days"),
        ("queue", {"waiting": 0, "oldest_s": None}, OK, "0 wait"),
        ("queue", {"waiting": None}, NOT_HERE, "cannot be read"),
        ("devices", {}, OK, "both work"),
        ("devices", {"faults": ("camera",)}, FAIL, "out of order: camera"),
        ("supply", {}, OK, "12.1 V"),
        ("supply", {"supply_mv": 10_900}, WARN, "10.9 V"),
        ("supply", {"supply_mv": 9_900}, FAIL, "9.9 V"),
        ("supply", {"supply_mv": None}, NOT_HERE, "no panel measures it"),
    ],
)
def test_what_the_running_kiosk_says_is_judged(
    name: str, says: dict[str, object], verdict: Verdict, measured: str, kept: Setup
) -> None:
    """Its queue's age, its devices, its supply; what is not well has a remedy."""
    kept.told = told(**says)
    one = found(kept, name)
    assert (one.verdict, measured in one.measured) == (verdict, True), one
    assert bool(one.remedy) == (verdict in (WARN, FAIL))


def test_a_kiosk_that_does_not_run_is_not_judged(kept: Setup) -> None:
    """What only it could say is not here."""
    kept.told = None  # type: ignore[assignment]
    assert {found(kept, name).verdict for name in ("queue", "devices", "supply", "link")} == {NOT_HERE}


@pytest.mark.parametrize(
    ("days", "verdict", "says"), [(200, OK, "ends"), (10, WARN, "ends"), (-1, FAIL, "ended")]
)
def test_the_certificates_end_is_told(days: int, verdict: Verdict, says: str, kept: Setup) -> None:
    """Two weeks before, it is warned of."""
    pair = kept.folder / "link.pem"
    authority = make_authority("test", Term(NOW - timedelta(days=400), 1000))
    pair.write_bytes(make_kiosk(authority, DEVICE, Term(NOW - timedelta(days=30), 30 + days)).certificate)
    kept.config.link["certificate"] = str(pair)
    one = found(kept, "link certificate")
    assert (one.verdict, one.measured.startswith(says)) == (verdict, True)


def test_a_certificate_that_cannot_be_read_fails(kept: Setup) -> None:
    """And says where to look."""
    kept.config.link["certificate"] = "none.pem"
    assert (found(kept, "link certificate").verdict, found(kept, "link certificate").remedy != "") == (
        FAIL,
        True,
    )


def test_the_update_and_the_versions_come_from_the_agents_word(kept: Setup) -> None:
    """What it last told the fleet's broker, kept beside its socket; without it that is what is told."""
    assert found(kept, "update").verdict is WARN
    status = fleet.Status(DEVICE, version="1.4.2", slot="B", phase="trying", floor="1.4.0")
    (kept.folder / "run" / checkup_running.STATUS).write_bytes(fleet.encode_status(status))
    one = found(kept, "update")
    assert (one.verdict, one.measured) == (WARN, "trying, version 1.4.2, floor 1.4.0")
    versions = checkup_running.versions_of(
        kept.machine, kept.config, told(panel="firmware 1.2.0 in slot A, x")
    )
    assert (versions["image"], versions["slot"]) == ("1.4.2", "B")
    assert versions["panel"] == "firmware 1.2.0 in slot A"


@pytest.fixture
def rig(tmp_path: Path, kept: Setup) -> Iterator[Rig]:
    (tmp_path / "office").mkdir()
    made = Rig(tmp_path / "office", health=kept.health)
    made.enrol()
    yield made
    made.close()


def care(rig: Rig, name: str, *, bundle: bool = False) -> counter.Cared:
    """What somebody is shown."""
    asked = counter.Care(browser=BROWSER, token=rig.enter(name), bundle=bundle)
    heard = rig.office.authority.asked(asked)
    assert isinstance(heard, counter.Cared)
    return heard


@pytest.mark.parametrize("name", ["k7", "k9"])
def test_only_a_maintainer_is_shown_it(name: str, rig: Rig) -> None:
    """Whoever else is signed in is told who may."""
    for bundle in (False, True):
        with pytest.raises(Refused, match="maintainer"):
            care(rig, name, bundle=bundle)


def test_a_maintainer_sees_findings_and_a_bundle_is_written_down(rig: Rig) -> None:
    """Looking changes nothing; what may leave the kiosk is in the journal, with who made it."""
    assert {"temperature", "queue", "models", "versions"} <= {each.name for each in care(rig, "m1").findings}
    assert Deed.SUPPORTED not in rig.journal()
    assert opened(care(rig, "m1", bundle=True).bundle)["support/versions.json"]
    assert '"support bundle made"' in rig.journal()
    assert "officer:m1" in rig.journal()


def test_a_maintainer_is_shown_nobodys_answer(rig: Rig) -> None:
    """Who mends a kiosk needs no answer to anybody's check; an officer at the same kiosk sees it."""
    rig.answered()
    assert rig.look(rig.enter("m1")).verdicts == ()
    assert len(rig.look(rig.enter("k7")).verdicts) == 1


def opened(content: bytes) -> dict[str, str]:
    """A bundle's files."""
    with tarfile.open(fileobj=io.BytesIO(content)) as archive:
        return {
            member.name: (archive.extractfile(member) or io.BytesIO()).read().decode()
            for member in archive.getmembers()
        }


def test_a_bundle_holds_no_key_no_name_and_no_biometrics(kept: Setup) -> None:
    """Planted in every place that it is made from: config, status, log. None of it is there, nor any of its digits."""
    pixels = " ".join(map(str, face_capture().sample.pixels[300, :40].ravel()))
    kept.config.link.update(
        {"host": "hub.bureau.example", "password": SECRET, "key": "/etc/hotspot/secret.key"}
    )
    kept.told = told(tcn=tcn(7), note=NAME, candidates=(NAME,), detail=pixels, portrait=NAME)
    kept.recent.start()
    try:
        log = logging.getLogger("hotspot_kiosk.kiosk.daemon")
        log.error("%s stored: %s %s", tcn(7), NAME, pixels)
        log.error("link lost: %s", SECRET)
        files = opened(kept.health.bundle())
    finally:
        kept.recent.close()
    whole = "".join(files.values())
    for planted in (
        NAME,
        *NAME.split(),
        str(tcn(7)),
        SECRET,
        "secret.key",
        "bureau",
        "Green line",
        pixels[:40],
    ):
        assert planted not in whole, planted
    assert str(kept.folder) not in whole
    assert "…/manifest.toml" in files["support/findings.json"]
    assert "link lost" in files["support/log.txt"]
    assert set(files) == {
        f"support/{name}"
        for name in (
            "README.txt",
            "findings.json",
            "versions.json",
            "counters.json",
            "settings.json",
            "log.txt",
        )
    }
    assert json.loads(files["support/counters.json"])["waiting"] == 2
    assert json.loads(files["support/settings.json"])["link"]["password"] == support.SET


def test_a_bundle_has_its_limit(kept: Setup) -> None:
    """However much was logged; the newest lines stay."""
    words, some = vocabulary(), sorted(vocabulary().words)
    random = np.random.default_rng(1)
    texts = [" ".join(random.choice(some, 60)) for _ in range(5000)]
    lines = [line(words, at, "ERROR", "hotspot_kiosk.kiosk.daemon", text) for at, text in enumerate(texts)]
    longer = [msgspec.structs.replace(each, text=each.text * 20) for each in lines]
    material = support.Material(NOW, (), {}, None, kept.config, longer)
    content = support.bundle(material)
    assert len(content) <= support.MOST_BYTES
    assert longer[-1].text in opened(content)["support/log.txt"]


def test_the_command_makes_one(tmp_path: Path) -> None:
    """Of a kiosk as the demo makes it, readable by its owner only; never over a file; no seed of its key is in it."""
    folders = Folders(tmp_path / "d", ROOT / "models")
    prepare(folders, 1, 2)
    file = tmp_path / "support.tar.gz"
    command = [
        sys.executable,
        "-W",
        "error",
        "-c",
        "from hotspot_kiosk.cli import main; main()",
        "support",
        "bundle",
    ]
    words = [*command, "-c", str(folders.kiosk_config), str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert file.stat().st_mode & 0o077 == 0
    whole = "".join(opened(file.read_bytes()).values())
    seeds = json.loads(load(folders.kiosk_config, KioskConfig).keys.own.read_text())
    assert not [each for each in seeds.values() if isinstance(each, str) and len(each) > 20 and each in whole]
    again = subprocess.run(words, capture_output=True, text=True, check=False)
    assert (again.returncode, "there already" in again.stderr) == (1, True)


@pytest.mark.parametrize(
    ("entry", "text"),
    [
        (
            {"MESSAGE": f"{tcn(3)} stored for {NAME}", "__REALTIME_TIMESTAMP": "1764590400000000"},
            "… stored for …",
        ),
        ({"MESSAGE": [1, 2, 3], "__REALTIME_TIMESTAMP": "1764590400000000"}, None),
        ({"MESSAGE": "link up", "__REALTIME_TIMESTAMP": "soon"}, None),
        ({}, None),
    ],
)
def test_a_line_of_the_systems_journal_is_filtered_too(entry: dict[str, object], text: str | None) -> None:
    """Whoever wrote it; what is no text is left out."""
    read = support.journal_line(entry)
    assert (line(vocabulary(), *read).text if read else None) == text
