"""The command that serves partners, over a hub's real store: a check goes out, its hit becomes part of the case."""

from __future__ import annotations

import dataclasses
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
from exchanging import PARTNER, file_of, operation, responder, tcn
from making import request
from nistfiles import of_face

from hotspot_kiosk import contents, seal
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.storage import store_sqlite
from hotspot_kiosk.hub.storage.store import PartKey
from hotspot_kiosk.hub.storage.vault import guard
from hotspot_kiosk.keyring import load_private, make_pair
from hotspot_kiosk.operation import sign
from hotspot_kiosk.policy import Shielded
from hotspot_kiosk.simulator.biohub_folder import FolderClient
from hotspot_kiosk.terms import Decision, Part

CONFIG = f"""
hub = {{ name = "hub", operations = "operations" }}
keys = {{ own = "hub.key", peers = "peers" }}
models = {{ manifest = "m", folder = "f" }}
link = {{ driver = "loopback" }}
store = {{ driver = "store_sqlite", path = "hub.db" }}
[exchange.{PARTNER}]
driver = "folder"
state = "state"
outbox = "outbox"
answers = "answers"
settle_s = 0
poll_s = 0.1
"""


def hold(root: Path, part: Part, content: bytes) -> None:
    """A part of a record came."""
    envelope = seal.seal(
        content,
        tcn(),
        part,
        load_private(root / "hub.key").public(),
        load_private(root / "peers" / "kiosk-1.key"),
    )
    store = guard(store_sqlite.build(store_sqlite.Options(path=root / "hub.db")), lambda: datetime.now(UTC))
    store.inbox.commit(PartKey(1, tcn(), part), envelope, datetime.now(UTC))
    store.close()


def test_a_check_goes_to_its_partner_and_the_hit_is_part_of_its_case(tmp_path: Path) -> None:
    """Two processes beside each other: the partner's clerk, and whoever asks for the case."""
    path = tmp_path / "hub.toml"
    path.write_text(CONFIG)
    make_pair(tmp_path, "hub", 0, "hub", bytes(128))
    make_pair(tmp_path / "peers", "kiosk-1", 1, "GATE-1", b"1" * 128)
    now = datetime.now(UTC)
    under = msgspec.structs.replace(operation(), begins=now - timedelta(days=1), ends=now + timedelta(days=1))
    (tmp_path / "operations").mkdir()
    (tmp_path / "operations" / "one.op").write_bytes(sign(under, load_private(tmp_path / "hub.key")))
    stamp = dataclasses.replace(request().stamp, wall=now)
    asked = dataclasses.replace(request(), tcn=tcn(), post="GATE-1", operation="OP-1", stamp=stamp)
    hold(tmp_path, Part.PROBE, contents.encode(asked, b"", Shielded(frozenset({"SYR"}))))
    hold(tmp_path, Part.EVIDENCE, file_of(of_face()))
    book = assembly.open_book(load(path, HubConfig), tmp_path)
    book.search(tcn(), book.asked(tcn()), Decision.NO_HIT, ())
    stop = threading.Event()
    far = FolderClient(tmp_path, responder("hit", time.monotonic))
    partner = threading.Thread(target=far.run, args=(stop,))
    partner.start()
    main = "from hotspot_kiosk.cli import main; main()"
    command = [sys.executable, "-c", main, "hub", "exchange", "serve", "-c", str(path)]
    with subprocess.Popen(command) as process:
        end = time.monotonic() + 60
        while not book.case(tcn()).possible and time.monotonic() < end and process.poll() is None:
            time.sleep(0.05)
        process.terminate()
    stop.set()
    partner.join()
    (possible,) = book.case(tcn()).possible
    assert (possible.partner, possible.verified) == (PARTNER, False)
    assert process.returncode == 0
    assert "SYR" not in "".join(each.read_text() for each in (tmp_path / "journal").glob("*.jsonl"))
