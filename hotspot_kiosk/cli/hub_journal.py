"""What several groups of commands need of a hub: its journal, to write what a person did."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

from hotspot_kiosk.audit import Journal
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.keyring import load_private


def open_journal(config: Path) -> Journal:
    """The journal of the hub of this config."""
    table = load(config, HubConfig)
    folder = assembly.journal_folder(table, config.parent.resolve())
    return Journal(folder, load_private(table.keys.own), lambda: (datetime.now(UTC), True))
