"""The kiosk's side of the panel, against the real firmware behind a pseudo-terminal."""

import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from panel_cuts import foreign
from panel_rig import Rig, booted, settled

from hotspot_kiosk.cli.panel import command as panel_command
from hotspot_kiosk.config import build_variant, convert
from hotspot_kiosk.errors import ConfigError, DeviceLost, Refused, WrongDevice
from hotspot_kiosk.kiosk.devices.panel import Options, UartPanel, build
from hotspot_kiosk.kiosk.devices.panel_link import PanelEvent
from hotspot_kiosk.kiosk.devices.panel_protocol import (
    Button,
    ButtonEvent,
    Message,
    Scene,
    ServiceReply,
    ServiceRequest,
)
from hotspot_kiosk.kiosk.events import Prompt
from hotspot_kiosk.kiosk.guard import SCENES, Ears, Guard
from hotspot_kiosk.simulator import panel_board as pins
from hotspot_kiosk.simulator.panel_board import PanelBoard
from hotspot_kiosk.simulator.panel_pty import PanelPty

PATIENCE_S = 60.0


def until(true: Callable[[], object]) -> None:
    """Wait for a condition; fails after a long time only."""
    end = time.monotonic() + PATIENCE_S
    while not true():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.01)


@contextlib.contextmanager
def behind(board: PanelBoard, port: Path, speed: float = 1.0) -> Iterator[PanelPty]:
    """The board at a port, for a while."""
    pty = PanelPty(board, port, speed)
    try:
        yield pty
    finally:
        pty.close()


@contextlib.contextmanager
def guarded(port: Path, heard: "Heard", limit_s: int = 30, stuck_s: float = 1e9) -> Iterator[Guard]:
    """A guard over the panel at a port, for a while."""
    guard = Guard(build(Options(port=port, limit_s=limit_s)), heard.ears(), beat_s=0.1, stuck_s=stuck_s)
    guard.start()
    try:
        yield guard
    finally:
        guard.close()


class Heard:
    """What a guard told."""

    def __init__(self) -> None:
        self.buttons: list[int] = []
        self.openings: list[str] = []
        self.alarms: list[str] = []
        self.faults: list[str] = []

    def ears(self) -> Ears:
        return Ears(self.buttons.append, self.openings.append, self.alarms.append, self.faults.append)


@pytest.fixture
def port(tmp_path: Path) -> Path:
    """Where the panel's port will be."""
    return tmp_path / "panel"


@pytest.fixture
def pty(port: Path) -> Iterator[PanelPty]:
    """A panel that has started, behind its port."""
    rig = booted()
    pty = PanelPty(rig.board, port)
    yield pty
    pty.close()


@pytest.fixture
def panel(pty: PanelPty, port: Path) -> Iterator[UartPanel]:
    """The driver, unopened."""
    panel = build(Options(port=port, limit_s=5))
    yield panel
    panel.close()


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def guard(panel: UartPanel, heard: Heard) -> Iterator[Guard]:
    """A running guard whose kiosk lives."""
    guard = Guard(panel, heard.ears(), beat_s=0.3, stuck_s=1e9)
    guard.start()
    yield guard
    guard.close()
    assert heard.faults == []


def test_a_panel_says_who_it_is(panel: UartPanel) -> None:
    """Over a serial port, through the real driver."""
    assert panel.open(lambda event: None) == (
        "firmware 1.0.0 in slot A (confirmed, signed by the development key), started by power on, opened 0 times"
    )
    assert panel.beat(watched=True).flags == 0


def test_events_come_up(panel: UartPanel, pty: PanelPty) -> None:
    """While somebody listens."""
    events: list[PanelEvent] = []
    panel.open(events.append)
    with pty.board_at_rest() as board:
        board.drive(pins.LANGUAGE, False)
    end = time.monotonic() + PATIENCE_S
    while not events and time.monotonic() < end:
        panel.listen(0.05)
    assert events == [ButtonEvent(Button.LANGUAGE)]


def test_a_port_that_is_not_there_is_a_lost_device(tmp_path: Path) -> None:
    """In a sentence that names it."""
    with pytest.raises(DeviceLost, match="nowhere"):
        build(Options(port=tmp_path / "nowhere")).open(lambda event: None)


def test_a_panel_of_another_version_is_refused_with_the_remedy(port: Path) -> None:
    """It was built from another schema."""
    rig = Rig(foreign())
    rig.boot()
    with behind(rig.board, port):
        panel = build(Options(port=port))
        with pytest.raises(WrongDevice, match="hotspot panel install"):
            panel.open(lambda event: None)
        panel.close()


def test_options_out_of_range_are_refused() -> None:
    """Before anything starts."""
    with pytest.raises(ConfigError, match="limit_s must be 5 to 600"):
        convert({"port": "x", "limit_s": 1}, Options, "[panel]", Path())
    with pytest.raises(ConfigError, match="infrared must be 0 to 60"):
        convert({"port": "x", "infrared": 80}, Options, "[panel]", Path())


def test_every_prompt_has_a_scene_and_answers_look_alike() -> None:
    """No light tells the bystanders what the answer was."""
    assert set(SCENES) == set(Prompt)
    assert {SCENES[prompt] for prompt in (Prompt.ANSWERED, Prompt.KEPT, Prompt.LATE)} == {Scene.DONE}
    assert Scene.FAULT not in {SCENES[prompt] for prompt in Prompt if prompt is not Prompt.FAULT}


def test_the_panel_follows_the_session(guard: Guard, pty: PanelPty) -> None:
    """The face light goes on to look at the camera, and off afterwards."""
    guard.show(Prompt.LOOK_AT_CAMERA)
    until(lambda: lit(pty))
    guard.show(Prompt.PLACE_FINGER)
    until(lambda: not lit(pty))


def lit(pty: PanelPty) -> bool:
    """Whether the white light's pin moved in the last 5 ms."""
    with pty.board_at_rest() as board:
        return any(edge.at_ns > (board.now_ms - 5) * 1e6 for edge in board.edges(pins.WHITE))


def test_a_press_is_told_once(guard: Guard, heard: Heard, pty: PanelPty) -> None:
    """By its button."""
    with pty.board_at_rest() as board:
        board.drive(pins.HELP, False)
    until(lambda: heard.buttons)
    assert heard.buttons == [Button.HELP]


def test_an_opened_lid_is_told_once(guard: Guard, heard: Heard, pty: PanelPty) -> None:
    """Though event and beat both know of it."""
    with pty.board_at_rest() as board:
        board.drive(pins.LID, True)
    until(lambda: heard.openings)
    with pty.board_at_rest() as board:
        start = board.now_ms
    until(lambda: pty._board.now_ms > start + 700)
    assert heard.openings == ["the lid"]


def test_a_lid_opened_while_nobody_listened_is_told_at_the_start(port: Path, heard: Heard) -> None:
    """Before a power cut even: the panel remembers."""
    rig = Rig(settled())
    rig.boot()
    rig.board.drive(pins.LID, True)
    rig.board.run(50)
    rig.board.drive(pins.LID, False)
    rig.board.power_cycle()
    rig.boot()
    with behind(rig.board, port), guarded(port, heard):
        until(lambda: heard.openings)
    assert heard.openings == ["the box, while nobody listened"]


def test_a_maintainers_visit_is_an_alarm_and_no_more(port: Path, heard: Heard) -> None:
    """Announced beforehand; nothing is to be destroyed."""
    rig = booted()
    rig.ask(Message.SERVICE, ServiceRequest(5), ServiceReply)
    with behind(rig.board, port) as pty, guarded(port, heard):
        with pty.board_at_rest() as board:
            board.drive(pins.LID, True)
        until(lambda: heard.alarms)
    assert heard.alarms == ["opened during a maintainer's visit: the lid"]
    assert heard.openings == []


def test_a_visit_that_ended_before_the_kiosk_began_destroys_nothing(port: Path, heard: Heard) -> None:
    """The panel still tells of the lid that was opened in it; it did not latch it."""
    rig = booted()
    rig.ask(Message.SERVICE, ServiceRequest(1), ServiceReply)
    rig.board.drive(pins.LID, True)
    rig.board.run(50)
    rig.board.drive(pins.LID, False)
    rig.board.run(60_000)
    with behind(rig.board, port), guarded(port, heard):
        until(lambda: heard.alarms or heard.openings)
    assert heard.alarms == ["opened during a maintainer's visit: the lid"]
    assert heard.openings == []


def test_a_lost_panel_is_one_alarm_and_its_return_another(port: Path, heard: Heard) -> None:
    """The kiosk goes on meanwhile; `show` and `alive` never wait."""
    rig = booted()
    with behind(rig.board, port), guarded(port, heard) as guard:
        until(lambda: guard._shown is Scene.READY)
    heard.alarms.clear()
    with guarded(port, heard) as guard:
        guard.show(Prompt.READING)
        until(lambda: heard.alarms)
        with behind(rig.board, port):
            until(lambda: len(heard.alarms) == 2)
            until(lambda: guard._shown is Scene.BUSY)
    assert heard.alarms[0].startswith("the panel is lost, nothing watches the box")
    assert heard.alarms[1] == "the panel is back"


def test_a_kiosk_whose_loop_stands_still_is_restarted(port: Path, heard: Heard) -> None:
    """No turn, no beat; after the limit the panel asks the computer to stop. Five times as fast as life."""
    rig = booted()
    with behind(rig.board, port, speed=5) as pty, guarded(port, heard, limit_s=5, stuck_s=0.5) as guard:
        until(lambda: beaten(guard))
        until(lambda: board_asks(pty))


def beaten(guard: Guard) -> bool:
    """Whether the panel has heard one beat, without which it would watch nothing; the loop lives until then."""
    guard.alive()
    return guard.supply_mv is not None


def board_asks(pty: PanelPty) -> bool:
    with pty.board_at_rest() as board:
        return board.high(pins.SHUTDOWN)


def test_a_kiosk_that_stops_in_order_is_not_restarted(port: Path, heard: Heard) -> None:
    """The last beat says that no more will come, and the ring goes dark."""
    rig = booted()
    with behind(rig.board, port), guarded(port, heard, limit_s=20) as guard:
        until(lambda: guard._shown is Scene.READY)
    rig.board.run(21_000)
    assert not rig.board.edges(pins.SHUTDOWN)


def command(port: Path, *words: str) -> str:
    """What `hotspot panel` says."""
    done = CliRunner().invoke(panel_command, ["--port", str(port), *words], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.output


def test_a_maintainer_sees_opens_and_clears(pty: PanelPty, port: Path) -> None:
    """A visit announced, the lid opened in it; then one that was not, cleared once it is closed."""
    assert "all quiet" in command(port, "status")
    assert "30 minutes" in command(port, "service", "30")
    assert "service" in command(port, "status")
    with pty.board_at_rest() as board:
        board.drive(pins.LID, True)
        board.run(50)
    with pytest.raises(Refused, match="close it first"):
        command(port, "service", "0")
    with pty.board_at_rest() as board:
        board.drive(pins.LID, False)
        board.run(50)
    command(port, "service", "0")
    with pty.board_at_rest() as board:
        board.drive(pins.LID, True)
        board.run(50)
    assert "tampered" in command(port, "status")
    with pytest.raises(Refused, match="close the box"):
        command(port, "clear")
    with pty.board_at_rest() as board:
        board.drive(pins.LID, False)
        board.run(50)
    assert command(port, "clear").endswith("Cleared.\n")


def test_a_kiosk_builds_its_guard_from_the_config(tmp_path: Path, port: Path) -> None:
    """And names what is wrong with the table."""
    built = build_variant(
        "hotspot_kiosk.kiosk.devices", "panel", {"driver": "panel", "port": str(port)}, tmp_path
    )
    assert isinstance(built, UartPanel)
    with pytest.raises(ConfigError, match=r"\[panel\].*there is no setting called"):
        build_variant("hotspot_kiosk.kiosk.devices", "panel", {"driver": "panel", "prot": "x"}, tmp_path)
