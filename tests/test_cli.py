"""The command: help, lists as JSON, and errors that are one sentence."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from making import DEVICE, NOW, STAMP, face_template, request, tcn

from hotspot_kiosk import nist
from hotspot_kiosk.cli import GROUPS
from hotspot_kiosk.contents import encode_templates
from hotspot_kiosk.demo.stage import Folders, prepare
from hotspot_kiosk.hub.storage import store_sqlite
from hotspot_kiosk.hub.storage.store import GalleryEntry, PartKey
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.terms import Part

ROOT = Path(__file__).resolve().parents[1]


def hotspot(*words: str | Path, ok: bool = True) -> str:
    """Run the command; standard output if it is to succeed, standard error if not."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", "from hotspot_kiosk.cli import main; main()", *map(str, words)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "120"},
    )
    assert (done.returncode == 0) == ok, done.stderr + done.stdout
    assert "Traceback" not in done.stderr
    return done.stdout if ok else done.stderr


@pytest.fixture
def folders(tmp_path: Path) -> Folders:
    """Keys and configs as the demo makes them; nothing runs."""
    made = Folders(tmp_path / "d", ROOT / "models")
    prepare(made, 1, 2)
    return made


def test_help_names_every_command() -> None:
    """A newcomer sees what there is."""
    text = hotspot("--help")
    for name, words in GROUPS.items():
        assert name in text
        assert words.split(",")[0] in text


@pytest.mark.parametrize("name", GROUPS)
def test_every_command_has_help(name: str) -> None:
    """No command's file is broken or mute."""
    assert "Usage:" in hotspot(name, "--help")


def test_keys_are_made_and_shown_without_themselves(tmp_path: Path) -> None:
    """Whose a key is can be seen; the key cannot."""
    hotspot("keys", "make", "kiosk", "--device", "17", "--name", "Post", "--folder", tmp_path)
    private = tmp_path / "kiosk-00017.key"
    shown = json.loads(hotspot("keys", "show", "--json", private))
    assert (shown["kind"], shown["owner"]) == ("private", "device 17")
    secret = json.loads(private.read_text())["signing_seed"]
    assert secret not in json.dumps(shown)
    assert "exists already" in hotspot(
        "keys", "make", "kiosk", "--device", "17", "--name", "Post", "--folder", tmp_path, ok=False
    )
    assert "--device" in hotspot("keys", "make", "kiosk", "--name", "x", "--folder", tmp_path, ok=False)


def test_the_outbox_is_listed_shown_requeued_and_erased(folders: Folders) -> None:
    """The officer's four verbs, each with its refusal."""
    config = folders.kiosk_config
    assert "empty" in hotspot("outbox", "list", "-c", config)
    outbox = Outbox(folders.outbox)
    outbox.put(tcn(), STAMP, [(Part.PROBE, b"sealed")])
    outbox.close()
    row = json.loads(hotspot("outbox", "list", "--json", "-c", config))
    assert (row["tcn"], row["state"]) == (tcn(), "sealed")
    assert "sealed, 6 bytes" in hotspot("outbox", "show", "-c", config, tcn())
    assert "waits to be sent" in hotspot("outbox", "erase", "--yes", "-c", config, tcn(), ok=False)
    assert "quarantined" in hotspot("outbox", "requeue", "-c", config, tcn(), ok=False)
    outbox = Outbox(folders.outbox)
    outbox.quarantine(tcn(), Part.PROBE, "the reason")
    outbox.close()
    assert "the reason" in hotspot("outbox", "show", "-c", config, tcn())
    row = json.loads(hotspot("outbox", "list", "--json", "-c", config))
    assert row["why"] == "the reason"
    assert "hotspot outbox requeue" in row["do"]
    assert "again" in hotspot("outbox", "requeue", "-c", config, tcn())
    assert "not a transaction" in hotspot("outbox", "show", "-c", config, "nonsense", ok=False)
    assert "no record" in hotspot("outbox", "show", "-c", config, tcn(2), ok=False)


def test_the_hubs_lists_are_json_too(folders: Folders) -> None:
    """Inbox and gallery, one object a line."""
    store = store_sqlite.build(store_sqlite.Options(path=folders.root / "hub" / "hub.db"))
    store.inbox.commit(PartKey(DEVICE, tcn(), Part.PROBE), b"envelope", NOW)
    store.gallery.put(GalleryEntry("CASE-1", "2026", encode_templates((face_template(),))))
    assert json.loads(hotspot("hub", "inbox", "--json", "-c", folders.hub_config))["tcn"] == tcn()
    listed = json.loads(hotspot("gallery", "list", "--json", "-c", folders.hub_config))
    assert listed["reference"] == "CASE-1"
    assert "erased" in hotspot("gallery", "erase", "--yes", "-c", folders.hub_config, "CASE-1")
    assert "no reference" in hotspot(
        "gallery", "erase", "--yes", "-c", folders.hub_config, "CASE-1", ok=False
    )


def test_an_evidence_file_is_shown_without_its_images(tmp_path: Path) -> None:
    """Fields in words; damaged files in one sentence."""
    file = tmp_path / "record.an2"
    file.write_bytes(nist.pack(request(), nist.Agency("XPO", "DEMO")))
    text = hotspot("nist", "show", file)
    assert tcn() in text
    assert "NPS" in text
    assert json.loads(hotspot("nist", "show", "--json", file))["tcn"] == tcn()
    file.write_bytes(file.read_bytes()[:500])
    assert hotspot("nist", "show", file, ok=False).startswith("hotspot: ")
    assert "cannot be read" in hotspot("nist", "show", tmp_path / "nothing", ok=False)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("[kiosk]", "[kiosk]\ncolour = 1", "colour"),
        ("device = 17", 'device = "x"', "device"),
        ("device = 17", "device = 18", "belongs to device 17"),
        ('own = "kiosk.key"', 'own = "nothing.key"', "hotspot keys make"),
        ('driver = "mqtt"', 'driver = "pigeon"', "pigeon"),
        ('driver = "folder"', 'driver = "folder"\nzoom = 2', "zoom"),
        ("/built", "/nowhere", "make models"),
        ("[operation]", "[operation", "TOML"),
    ],
)
def test_a_wrong_config_refuses_to_start_with_a_sentence(
    folders: Folders, old: str, new: str, said: str
) -> None:
    """What is wrong is named, and what to do; nothing is half started."""
    text = folders.kiosk_config.read_text()
    assert old in text
    folders.kiosk_config.write_text(text.replace(old, new, 1))
    error = hotspot("kiosk", "run", "-c", folders.kiosk_config, ok=False)
    assert error.startswith("hotspot: ")
    assert said in error
    assert not folders.desk.exists()


def test_a_missing_sensor_refuses_to_start(folders: Folders, models_built: Path) -> None:
    """A kiosk without its sensor is no kiosk."""
    assert models_built
    error = hotspot("kiosk", "run", "-c", folders.kiosk_config, ok=False)
    assert "hotspot: " in error
    assert "serial" in error


def test_asking_a_kiosk_that_does_not_run_says_so(folders: Folders) -> None:
    """Not a stack of Python, a sentence."""
    error = hotspot("kiosk", "status", "-c", folders.kiosk_config, ok=False)
    assert "no kiosk answers" in error


def test_unknown_benches_are_named() -> None:
    """And the known ones, too."""
    assert "path" in hotspot("bench", "nonsense", ok=False)
