"""What was not believed is counted where people can see it: at the kiosk's desk and at the hub."""

import json
import os
from collections import Counter
from pathlib import Path

import pytest
from click.testing import CliRunner
from making import NOW

from hotspot_kiosk.cli import hub, kiosk
from hotspot_kiosk.errors import StorageFailed
from hotspot_kiosk.hub.counts import Counts, read
from hotspot_kiosk.kiosk.desk import Told

NOBODY = 2**22 + 1  # above the highest process number that Linux gives
CONFIG = """\
[hub]
name = "Bureau"
counts = "counts"
[keys]
own = "hub.key"
peers = "peers"
[models]
manifest = "models/manifest.toml"
folder = "models/built"
[link]
driver = "mqtt"
[store]
driver = "store_sqlite"
path = "hub.db"
"""


def test_counts_are_written_when_they_change_and_read_while_the_worker_lives(tmp_path: Path) -> None:
    """A worker that is gone is passed over, and its file removed by the next."""
    ignored = Counter({"a signature does not verify": 2})
    mine = Counts(tmp_path, os.getpid(), NOW, {"ignored": ignored})
    mine.write()
    before = (tmp_path / f"{os.getpid()}.json").stat().st_mtime_ns
    mine.write()
    assert (tmp_path / f"{os.getpid()}.json").stat().st_mtime_ns == before
    ignored["another"] += 1
    mine.write()
    gone = tmp_path / f"{NOBODY}.json"
    gone.write_text("whatever")
    (found,) = read(tmp_path)
    assert found.counts == {"ignored": {"a signature does not verify": 2, "another": 1}}
    Counts(tmp_path, os.getpid(), NOW, {})
    assert not gone.exists()


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """With what to do."""
    (tmp_path / f"{os.getpid()}.json").write_text("torn")
    with pytest.raises(StorageFailed, match="remove it"):
        read(tmp_path)


def test_a_disk_that_does_not_work_stops_no_worker(tmp_path: Path) -> None:
    """Counting is not what a hub is for."""
    counts = Counts(tmp_path / "counts", os.getpid(), NOW, {"ignored": {"x": 1}})
    (tmp_path / "counts").rmdir()
    counts.write()
    assert not (tmp_path / "counts").exists()


def test_the_hubs_command_shows_them(tmp_path: Path) -> None:
    """A line a reason."""
    config = tmp_path / "hub.toml"
    config.write_text(CONFIG)
    Counts(tmp_path / "counts", os.getpid(), NOW, {"ignored": {"noise": 3}, "repeated": {}}).write()
    run = CliRunner().invoke(hub.command, ["status", "--json", "-c", str(config)], catch_exceptions=False)
    (row,) = [json.loads(line) for line in run.output.splitlines()]
    assert (row["what"], row["why"], row["times"]) == ("ignored", "noise", 3)


def test_the_kiosks_status_says_how_many_messages_were_not_believed() -> None:
    """In words for a person; each reason in JSON."""
    told = Told(kind="status", state="idle", link=True, waiting=0, ignored={"noise": 2, "forged": 1})
    assert "3 messages not believed" in kiosk.words(told)
    assert "believed" not in kiosk.words(Told(kind="status", state="idle", link=True, waiting=0))
