"""Partners out of a config, and the command that looks after them."""

from __future__ import annotations

import json
import random
import threading
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from exchanging import NOW, PARTNER, Lines, Memory, outgoing, responder, tcn

from hotspot_kiosk.cli import door
from hotspot_kiosk.errors import ConfigError, Refused
from hotspot_kiosk.hub.exchange.office import lanes, work
from hotspot_kiosk.hub.exchange.port import Incoming
from hotspot_kiosk.keyring import make_pair
from hotspot_kiosk.nist import Encoding
from hotspot_kiosk.policy import Partner
from hotspot_kiosk.simulator.biohub_folder import FolderClient

FOLDER = {"driver": "folder", "state": "state", "outbox": "outbox", "answers": "answers", "settle_s": 0.0}


def folders(tmp: Path) -> None:
    """What the partner's client would have made."""
    for name in ("outbox", "answers"):
        (tmp / name).mkdir(exist_ok=True)


def test_a_partner_is_interpol_unless_its_table_says_otherwise(tmp_path: Path) -> None:
    """Traditional encoding, no country."""
    (lane,) = lanes({"biohub": FOLDER}, tmp_path)
    assert lane.table.terms.kind is Partner.INTERPOL
    assert lane.table.terms.encoding is Encoding.TRADITIONAL


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"driver": "pigeon"}, "pigeon"),
        ({"driver": "clerk"}, "clerk"),
        ({"kind": "national system"}, "country"),
        ({"country": "MKD"}, "national system"),
        ({"poll_s": 0}, "poll_s"),
        ({"encoding": "json"}, "json"),
        ({"settle_s": 1000}, "settle_s"),
        ({"outbux": "x"}, "outbux"),
        ({"outbox": "nowhere"}, "nowhere"),
    ],
)
def test_a_table_that_cannot_be_used_is_refused_with_words(
    tmp_path: Path, change: dict[str, Any], words: str
) -> None:
    """Naming the key."""
    folders(tmp_path)
    with pytest.raises(ConfigError, match=words):
        [lane.exchange() for lane in lanes({"biohub": FOLDER | change}, tmp_path)]


def test_two_partners_never_share_a_folder(tmp_path: Path) -> None:
    """What one left could be taken for the other's."""
    with pytest.raises(ConfigError, match="state"):
        lanes({"one": FOLDER, "two": FOLDER}, tmp_path)


def test_a_partner_is_served_by_one_process_at_a_time(tmp_path: Path) -> None:
    """A second one is told."""
    (lane,) = lanes({"biohub": FOLDER}, tmp_path)
    with lane.alone(), pytest.raises(Refused, match="another process"), lane.alone():
        pass


def test_a_clerk_works_in_a_thread_until_it_is_told_to_stop(tmp_path: Path) -> None:
    """A check goes, its answer comes back, by itself."""
    folders(tmp_path)
    (lane,) = lanes({PARTNER: FOLDER | {"poll_s": 0.1}}, tmp_path)
    stop, got = threading.Event(), threading.Event()

    class Listening(Memory):
        """Says when there is an answer."""

        def replied(self, partner: str, answer: Any, at: Any) -> bool:
            known = super().replied(partner, answer, at)
            got.set()
            return known

    desk = Listening([outgoing()])
    clerk = lane.clerk(desk, Lines(), lambda: NOW, random.Random(1))
    far = FolderClient(tmp_path, responder("hit", lambda: 0.0))
    threads = [
        threading.Thread(target=work, args=([clerk], stop)),
        threading.Thread(target=far.run, args=(stop,)),
    ]
    for thread in threads:
        thread.start()
    assert got.wait(60)
    stop.set()
    for thread in threads:
        thread.join()
    assert set(desk.was_sent) == {tcn()}


def test_a_clerk_that_fails_ends_all_and_says_so(tmp_path: Path) -> None:
    """The service manager starts them again; nothing goes on half."""
    folders(tmp_path)
    (lane,) = lanes({PARTNER: FOLDER}, tmp_path)

    class Broken(Memory):
        """Cannot say what is due."""

        def due(self, partner: str, most: int) -> Any:
            raise RuntimeError("a defect")

    clerk = lane.clerk(Broken(), Lines(), lambda: NOW, random.Random(1))
    with pytest.raises(RuntimeError, match="a defect"):
        work([clerk], threading.Event())


def config(tmp: Path) -> Path:
    """A hub's config with one partner."""
    make_pair(tmp, "hub", 0, "hub", bytes(128))
    path = tmp / "hub.toml"
    path.write_text(
        f"""
[hub]
name = "hub"
[keys]
own = "hub.key"
peers = "peers"
[models]
manifest = "m"
folder = "f"
[link]
driver = "loopback"
[store]
driver = "store_sqlite"
path = "hub.db"
[exchange.{PARTNER}]
driver = "folder"
state = "state"
outbox = "outbox"
answers = "answers"
"""
    )
    return path


def run(*words: str) -> Any:
    """The command."""
    return CliRunner().invoke(door, ["hub", "exchange", *words], catch_exceptions=False)


def test_the_command_shows_a_stopped_lane_and_opens_it_with_a_reason(tmp_path: Path) -> None:
    """Its exit status tells a monitor; the reason goes into the journal."""
    path = config(tmp_path)
    where = ("-c", str(path))
    (lane,) = lanes({PARTNER: FOLDER}, tmp_path)
    assert run("status", *where).exit_code == 0
    lane.shelf.stop("error 003")
    shown = run("status", *where, "--json")
    assert shown.exit_code == 1
    assert json.loads(shown.output)["stopped"] == "error 003"
    assert run("open", *where, PARTNER).exit_code == 2
    assert "open again" in run("open", *where, PARTNER, "--reason", "contract renewed").output
    assert lane.shelf.stopped == ""
    assert "contract renewed" in next((tmp_path / "journal").glob("*.jsonl")).read_text()


def test_the_command_lists_what_was_set_aside(tmp_path: Path) -> None:
    """With the reason."""
    path = config(tmp_path)
    (lane,) = lanes({PARTNER: FOLDER}, tmp_path)
    lane.shelf.put_aside(Incoming("x.nist", b"?"), "it cannot be read")
    assert "it cannot be read" in run("aside", "-c", str(path), PARTNER).output
    assert run("status", "-c", str(path)).exit_code == 1
