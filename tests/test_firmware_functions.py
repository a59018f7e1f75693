"""What the panel does, seen on its pins: the real image on an emulated RP2040."""

from itertools import pairwise

import pytest
from panel_rig import Rig, booted, settled

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.kiosk.devices.panel_frames import Frame
from hotspot_kiosk.kiosk.devices.panel_protocol import (
    Button,
    ButtonEvent,
    ClearTamperReply,
    ClearTamperRequest,
    Flag,
    LampHotEvent,
    LightReply,
    LightRequest,
    Message,
    Power,
    PowerReply,
    PowerRequest,
    PowerStepEvent,
    Reason,
    Scene,
    ServiceReply,
    ServiceRequest,
    ShowReply,
    ShowRequest,
    Supply,
    SupplyEvent,
    Tamper,
    TamperEvent,
)
from hotspot_kiosk.simulator import panel_board as pins
from hotspot_kiosk.simulator.panel_board import VOLT

BRIGHT, DARK = 2000, 10
HOT_60 = 815  # converter counts of the lamp's sensor at 60 degrees


def show(rig: Rig, scene: Scene) -> None:
    rig.ask(Message.SHOW, ShowRequest(scene), ShowReply)


def picture(rig: Rig, scene: Scene) -> list[tuple[int, ...]]:
    """The ring's picture of a scene."""
    rig.board.send(Frame(Message.SHOW, 200 + scene, bytes([scene])).encode())
    rig.board.run(4, fine=True)
    return rig.board.ring


def light(rig: Rig, white: int, infrared: int, seconds: int) -> LightReply:
    return rig.ask(Message.LIGHT, LightRequest(white, infrared, seconds), LightReply)


def share_high(rig: Rig, pin: int, ms: float) -> float:
    """How much of the next milliseconds the pin is high."""
    start = rig.board.now_ms
    rig.board.run(ms)
    edges = [edge for edge in rig.board.edges(pin) if edge.at_ns >= start * 1e6]
    if not edges:
        return float(rig.board.high(pin))
    ups = [edge.at_ns for edge in edges if edge.high]
    whole = list(pairwise(ups))
    high = sum(min(e.at_ns for e in edges if not e.high and e.at_ns > up) - up for up, _ in whole)
    return high / sum(nxt - up for up, nxt in whole)


# --- tamper ---


def test_an_open_lid_raises_the_zeroise_line_at_once() -> None:
    """Within the switch's rest, and the kiosk hears of it."""
    rig = booted()
    rig.board.drive(pins.LID, True)
    rig.board.run(25)
    assert rig.board.high(pins.ZEROISE)
    rig.link.listen(0.05)
    assert rig.events == [TamperEvent(Tamper.LID, 1)]
    assert rig.beat().flags & (Flag.LID_OPEN | Flag.TAMPERED) == Flag.LID_OPEN | Flag.TAMPERED


def test_light_under_the_lid_is_tamper_too() -> None:
    """A hole instead of a lid."""
    rig = booted()
    rig.board.convert(pins.DAYLIGHT, BRIGHT)
    rig.board.run(80)
    assert rig.board.high(pins.ZEROISE)
    rig.link.listen(0.05)
    assert rig.events == [TamperEvent(Tamper.LIGHT, 1)]


def test_tamper_while_the_host_is_dead_is_kept_and_told_later() -> None:
    """Even through a power cut: the log lies in flash, the line rises again at the start."""
    rig = Rig(settled())
    rig.boot()
    rig.board.drive(pins.LID, True)
    rig.board.run(60)
    rig.board.drive(pins.LID, False)
    rig.board.run(60)
    rig.board.power_cycle()
    rig.boot()
    assert rig.board.high(pins.ZEROISE)
    assert rig.hello().tampered == 1
    assert rig.beat().flags & Flag.TAMPERED


def test_a_host_that_comes_back_hears_what_happened() -> None:
    """Without a power cut the event itself waited."""
    rig = Rig(settled())
    rig.boot()
    rig.board.drive(pins.LID, True)
    rig.board.run(60)
    rig.hello()
    rig.link.listen(0.1)
    assert TamperEvent(Tamper.LID, 1) in rig.events


def test_a_torn_word_of_the_log_counts_as_tamper() -> None:
    """A power cut in the very moment is no way round it."""
    flash = bytearray(settled())
    flash[0x33000:0x33004] = b"\xff\xff\xff\x7f"
    rig = Rig(bytes(flash))
    rig.boot()
    assert rig.board.high(pins.ZEROISE)
    assert rig.hello().tampered == 1


def test_tamper_is_cleared_only_with_the_lid_closed_and_stays_counted() -> None:
    """And the clearing outlasts a power cut, too."""
    rig = booted()
    rig.board.drive(pins.LID, True)
    rig.board.run(50)
    with pytest.raises(Refused, match="close the box"):
        rig.ask(Message.CLEAR_TAMPER, ClearTamperRequest(), ClearTamperReply)
    rig.board.drive(pins.LID, False)
    rig.board.run(50)
    rig.ask(Message.CLEAR_TAMPER, ClearTamperRequest(), ClearTamperReply)
    rig.board.run(5)
    assert not rig.board.high(pins.ZEROISE)
    rig.board.power_cycle()
    rig.boot()
    assert not rig.board.high(pins.ZEROISE)
    assert rig.hello().tampered == 1


def test_a_maintainers_visit_is_told_and_destroys_nothing() -> None:
    """Announced over the line beforehand."""
    rig = booted()
    rig.ask(Message.SERVICE, ServiceRequest(10), ServiceReply)
    rig.board.drive(pins.LID, True)
    rig.board.run(50)
    assert not rig.board.high(pins.ZEROISE)
    rig.link.listen(0.05)
    assert rig.events == [TamperEvent(Tamper.LID, 0)]


def test_a_quiet_start_tells_of_nothing() -> None:
    """No spurious tamper, button or edge of a line while the pins come up."""
    rig = booted()
    rig.link.listen(0.1)
    assert rig.events == []
    assert not [
        rig.board.edges(pin) for pin in (pins.ZEROISE, pins.CUT, pins.SHUTDOWN) if rig.board.edges(pin)
    ]


# --- buttons, ring, buzzer ---


def test_a_bouncing_button_is_one_press() -> None:
    """Contacts bounce for a few milliseconds."""
    rig = booted()
    for level in (False, True, False, True, False):
        rig.board.drive(pins.HELP, level)
        rig.board.run(2)
    rig.board.run(60)
    rig.board.drive(pins.HELP, True)
    rig.link.listen(0.06)
    assert rig.events == [ButtonEvent(Button.HELP)]


@pytest.mark.parametrize(
    ("pin", "button"),
    [(pins.START, Button.START), (pins.LANGUAGE, Button.LANGUAGE), (pins.HELP, Button.HELP)],
)
def test_each_button_says_its_name(pin: int, button: Button) -> None:
    """Wired as the table says."""
    rig = booted()
    rig.board.drive(pin, False)
    rig.link.listen(0.04)
    assert rig.events == [ButtonEvent(button)]


def test_the_ring_shows_the_scene() -> None:
    """Sixteen lights over one PIO pin, as an LED would decode them."""
    rig = booted()
    assert picture(rig, Scene.DONE) == [(0, 40, 0)] * 16
    assert picture(rig, Scene.FINGER) == [(0, 0, 48)] * 16


def test_a_turning_picture_turns() -> None:
    """Four lights run round."""
    rig = booted()
    first = picture(rig, Scene.BUSY)
    rig.board.run(95)
    rig.board.run(8, fine=True)
    assert first.count((24, 24, 24)) == rig.board.ring.count((24, 24, 24)) == 4
    assert rig.board.ring == first[-1:] + first[:-1]


def test_the_buzzer_plays_once_and_rests() -> None:
    """880 hertz for a tenth of a second."""
    rig = booted()
    show(rig, Scene.LOOK)
    rig.board.run(250)
    ups = [edge.at_ns for edge in rig.board.edges(pins.BUZZER) if edge.high]
    period = (ups[-1] - ups[0]) / (len(ups) - 1)
    assert 1e9 / period == pytest.approx(880, rel=0.01)
    assert 80 < len(ups) < 95
    assert not rig.board.high(pins.BUZZER)


# --- face light ---


def test_the_face_light_has_the_wanted_share_and_goes_out_by_itself() -> None:
    """White and infrared from one slice; nobody has to remember to switch it off."""
    rig = booted()
    assert light(rig, 50, 25, 1) == LightReply(50, 25)
    rig.board.run(2)
    assert share_high(rig, pins.WHITE, 1) == pytest.approx(0.5, abs=0.01)
    assert share_high(rig, pins.INFRARED, 1) == pytest.approx(0.25, abs=0.01)
    rig.board.run(1000)
    assert not rig.board.high(pins.WHITE)
    assert share_high(rig, pins.WHITE, 5) == 0


def test_infrared_is_limited_for_the_eyes() -> None:
    """Whatever is asked for."""
    assert light(booted(), 0, 100, 1) == LightReply(0, 60)


def test_a_hot_lamp_is_dimmed_and_told() -> None:
    """At 60 degrees two thirds are left."""
    rig = booted()
    light(rig, 100, 0, 10)
    rig.board.convert(pins.LAMP, HOT_60)
    rig.board.run(20)
    assert share_high(rig, pins.WHITE, 1) == pytest.approx(0.66, abs=0.03)
    rig.link.listen(0.02)
    assert [type(event) for event in rig.events] == [LampHotEvent]
    assert rig.beat().flags & Flag.LAMP_LIMITED


def test_a_broken_lamp_sensor_limits_the_light() -> None:
    """A cut wire is not taken for cold."""
    rig = booted()
    rig.board.convert(pins.LAMP, 4095)
    rig.board.run(20)
    assert light(rig, 100, 0, 1) == LightReply(25, 0)


# --- power ---


def test_a_brown_out_ramp_warns_asks_and_cuts_after_halt() -> None:
    """From 12 V down: a warning, an orderly request, the cut only when the computer has halted; back at 12 V."""
    rig = booted()
    for volt in (11.6, 11.2, 10.8):
        rig.board.convert(pins.SUPPLY, volt * VOLT)
        rig.link.listen(0.02)
    assert [event.grade for event in rig.events if isinstance(event, SupplyEvent)] == [Supply.LOW]
    assert not rig.board.high(pins.SHUTDOWN)
    rig.board.convert(pins.SUPPLY, 10.2 * VOLT)
    rig.link.listen(0.6)
    assert rig.board.high(pins.SHUTDOWN)
    assert not rig.board.high(pins.CUT)
    assert PowerStepEvent(Power.ASKED_TO_STOP, Reason.SUPPLY_FAILING) in rig.events
    rig.board.drive(pins.HALTED, True)
    rig.board.run(250)
    assert rig.board.high(pins.CUT)
    rig.board.drive(pins.HALTED, False)
    rig.board.convert(pins.SUPPLY, 12 * VOLT)
    rig.board.run(5200)
    assert not rig.board.high(pins.CUT)


def test_a_dip_of_a_moment_stops_nothing() -> None:
    """A motor starts somewhere."""
    rig = booted()
    rig.board.convert(pins.SUPPLY, 9 * VOLT)
    rig.board.run(300)
    rig.board.convert(pins.SUPPLY, 12 * VOLT)
    rig.board.run(500)
    assert not rig.board.high(pins.SHUTDOWN)


def test_a_lost_heartbeat_asks_and_cycles() -> None:
    """Asked first; cut when it has halted; given back after five seconds."""
    rig = booted()
    rig.beat(limit_s=1)
    rig.board.run(1050)
    assert rig.board.high(pins.SHUTDOWN)
    rig.board.drive(pins.HALTED, True)
    rig.board.run(250)
    assert rig.board.high(pins.CUT)
    rig.board.drive(pins.HALTED, False)
    rig.board.run(5100)
    assert not rig.board.high(pins.CUT)
    assert not rig.board.high(pins.SHUTDOWN)


def test_beats_keep_it_from_that() -> None:
    """Each within the last one's limit; the last one says that no more will come."""
    rig = booted()
    for _ in range(4):
        rig.beat(limit_s=1)
        rig.board.run(600)
    rig.beat(limit_s=0)
    rig.board.run(1500)
    assert not rig.board.edges(pins.SHUTDOWN)


def test_a_panel_that_hangs_does_not_cut_the_computer() -> None:
    """Neither before its watchdog acts nor after."""
    rig = booted()
    rig.beat(limit_s=1)
    rig.board.hang()
    rig.board.run(2200)
    assert rig.board.resets == 1
    assert not rig.board.edges(pins.CUT)
    assert not rig.board.edges(pins.SHUTDOWN)


def test_a_wish_to_be_off_stays_until_start_is_pressed() -> None:
    """The only thing a button does by itself."""
    rig = booted()
    rig.ask(Message.POWER, PowerRequest(1), PowerReply)
    rig.board.run(5)
    assert rig.board.high(pins.SHUTDOWN)
    rig.board.drive(pins.HALTED, True)
    rig.board.run(250)
    rig.board.drive(pins.HALTED, False)
    rig.board.run(5200)
    assert rig.board.high(pins.CUT)
    rig.board.drive(pins.START, False)
    rig.board.run(40)
    assert not rig.board.high(pins.CUT)
