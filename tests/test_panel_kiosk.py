"""A whole kiosk with a panel: its own process, the real firmware at its port, and the box opened at the end."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from panel_rig import booted

from hotspot_kiosk.demo.stage import Folders, Stage
from hotspot_kiosk.errors import LinkDown
from hotspot_kiosk.kiosk.desk import Ask, Told, ask
from hotspot_kiosk.simulator import panel_board as pins
from hotspot_kiosk.simulator.panel_pty import PanelPty

MODELS = Path(__file__).resolve().parents[1] / "models"


def until(true: Callable[[], object], patience_s: float = 120) -> None:
    """Wait for a condition; fails after a long time only."""
    end = time.monotonic() + patience_s
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


@pytest.fixture
def stage(tmp_path: Path, models_built: Path) -> Iterator[Stage]:
    """Sensor and configs; no broker, no hub."""
    with Stage(Folders(tmp_path / "k", models_built.parent)) as made:
        made.start_sensor()
        yield made


@contextlib.contextmanager
def kiosk_with_panel(stage: Stage) -> Iterator[PanelPty]:
    """The kiosk runs, the panel is watched, the first beat is there."""
    port = stage.folders.root / "panel"
    with stage.folders.kiosk_config.open("a") as config:
        config.write(f'\n[panel]\ndriver = "panel"\nport = "{port}"\n\n[session]\nsubject_s = 600.0\n')
    pty = PanelPty(booted().board, port)
    try:
        stage.start_kiosk()
        yield pty
    finally:
        pty.close()


def status(stage: Stage) -> Told:
    return ask(stage.folders.desk, Ask("status"))


def gone(stage: Stage) -> bool:
    """Whether no kiosk answers any more."""
    try:
        status(stage)
    except LinkDown:
        return True
    return False


def face_light(pty: PanelPty) -> bool:
    with pty.board_at_rest() as board:
        return any(edge.at_ns > (board.now_ms - 20) * 1e6 for edge in board.edges(pins.WHITE))


def test_a_check_is_followed_and_an_opened_box_costs_the_keys(stage: Stage) -> None:
    """Start confirms the notice, the face light goes on; the lid opens, and no key is left."""
    folders = stage.folders
    with kiosk_with_panel(stage) as pty:
        ask(folders.desk, Ask("begin", adult=True))
        until(lambda: status(stage).state == "notice")
        with pty.board_at_rest() as board:
            board.drive(pins.START, False)
        until(lambda: status(stage).state == "face")
        until(lambda: face_light(pty))
        with pty.board_at_rest() as board:
            board.drive(pins.LID, True)
        until(lambda: gone(stage))
        until(lambda: "give the kiosk to its bureau" in folders.log("kiosk").read_text())
        until(lambda: not face_light(pty))
    kept = sorted(path.name for path in (folders.root / "kiosk").iterdir())
    assert "kiosk.key" not in kept
    assert "outbox.db" in kept
    assert "box was opened: the lid" in folders.log("kiosk").read_text()
