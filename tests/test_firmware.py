"""The real image on an emulated RP2040, from the mask ROM on: its start, its line, its hang."""

import pytest
from panel_noise import survive
from panel_rig import BoardWire, Rig, booted, first_start, settled

from hotspot_kiosk.errors import DeviceLost, Refused
from hotspot_kiosk.kiosk.devices.panel_frames import Frame, FrameReader
from hotspot_kiosk.kiosk.devices.panel_link import PanelLink
from hotspot_kiosk.kiosk.devices.panel_protocol import (
    ANSWER,
    REFUSAL,
    SCHEMA,
    BeatReply,
    BeatRequest,
    Message,
    PingReply,
    PingRequest,
    Refusal,
    ResetCause,
    ShowReply,
    ShowRequest,
    Trust,
)

NOISE_BYTES = 3000


def test_the_mask_rom_starts_the_factorys_image() -> None:
    """boot2's sum is right, the loader finds the signature genuine, the app says who it is."""
    _, said = first_start()
    assert (said.schema, said.reset_cause, said.slot, said.trust) == (
        SCHEMA,
        ResetCause.POWER_ON,
        0,
        Trust.CONFIRMED,
    )
    assert said.development_key == 1


@pytest.mark.parametrize("at", [0, 20, 51, 252, 255])
def test_a_changed_bit_of_boot2_starts_nothing(at: int) -> None:
    """The mask ROM checks its sum."""
    flash = bytearray(settled())
    flash[at] ^= 1
    rig = Rig(bytes(flash))
    rig.board.run(50)
    assert rig.board.stuck_in_rom


def test_a_second_start_needs_no_signature_check() -> None:
    """What was found genuine is remembered by its digest: the panel is back within 60 emulated milliseconds."""
    rig = Rig(settled())
    rig.boot()
    assert rig.board.now_ms < 60
    assert rig.hello().trust == Trust.CONFIRMED


def test_a_ping_comes_back_whatever_is_in_it() -> None:
    """Zeros and all; the longest, too."""
    rig = booted()
    for content in (b"", b"\0", bytes(range(256)), b"\0" * 264):
        assert rig.ask(Message.PING, PingRequest(content), PingReply).content == content


def test_a_host_with_another_schema_is_told_so() -> None:
    """HELLO is answered, everything else refused."""
    rig = booted()
    assert rig.hello(SCHEMA ^ 1).schema == SCHEMA
    with pytest.raises(DeviceLost, match="another version"):
        rig.ask(Message.SHOW, ShowRequest(1), ShowReply)


def test_a_resent_request_is_carried_out_once() -> None:
    """A wish for a power cycle that comes twice is answered twice alike, not refused as a second."""
    rig = booted()
    wish = Frame(Message.POWER, 77, b"\x02")
    assert [f.kind for f in rig.raw(wish)] == [Message.POWER | ANSWER]
    again = rig.raw(wish)
    assert Message.POWER | ANSWER in [f.kind for f in again]
    assert not [f for f in again if f.kind & REFUSAL == REFUSAL]


def test_wrong_lengths_values_and_kinds_are_refused() -> None:
    """Each with its reason."""
    rig = booted()
    for frame, why in (
        (Frame(Message.SHOW, 1, b"\x63"), Refusal.VALUE),
        (Frame(Message.SHOW, 2, b"\x01\x01"), Refusal.LENGTH),
        (Frame(Message.LIGHT, 3, b"\xff\x00\x01"), Refusal.VALUE),
        (Frame(0x3E, 4), Refusal.UNKNOWN),
        (Frame(Message.UPDATE_END, 5), Refusal.STATE),
    ):
        answers = rig.raw(frame)
        assert [(f.kind, f.body[0]) for f in answers] == [(frame.kind | REFUSAL, why)]


def test_noise_is_survived_and_nothing_of_it_accepted() -> None:
    """A short run of what `make -C firmware/panel fuzz` does with 120,000 bytes."""
    rig = booted()
    assert survive(rig, NOISE_BYTES, seed=5) == 0
    assert rig.beat().frames_bad > 0


def test_a_line_that_never_ends_a_frame_is_survived() -> None:
    """No zero for a long time."""
    rig = booted()
    rig.board.send(b"\x55" * NOISE_BYTES + b"\0" * 100)
    while rig.board.saying:
        rig.board.run(20)
    assert rig.ask(Message.PING, PingRequest(b"still here"), PingReply).content == b"still here"


def test_a_flood_of_pings_is_answered_without_loss() -> None:
    """At the line's full speed, back to back."""
    rig = booted()
    for sequence in range(100):
        rig.board.send(Frame(Message.PING, sequence, b"0123456789").encode())
    while rig.board.saying:
        rig.board.run(10)
    rig.board.run(10)
    assert [f.sequence for f in FrameReader().feed(rig.board.heard())] == list(range(100))
    assert rig.beat().bytes_lost == 0


def test_a_hang_with_interrupts_off_ends_in_a_reset_that_says_so() -> None:
    """The panel's own watchdog; the computer's power is not touched by it."""
    rig = booted()
    rig.board.hang()
    rig.board.run(2100)
    assert rig.board.resets == 1
    rig.boot(most_ms=rig.board.now_ms + 500)
    assert not rig.board.edges(7)
    said = rig.hello()
    assert (said.reset_cause, said.resets) == (ResetCause.WATCHDOG, 1)


def test_a_restart_in_mid_session_is_noticed() -> None:
    """The kiosk's next request is refused, so that it says HELLO again."""
    rig = booted()
    rig.board.reset_by_pin()
    rig.board.run(60)
    with pytest.raises(DeviceLost, match="started anew"):
        rig.beat()
    assert rig.hello().reset_cause == ResetCause.RUN_PIN
    assert isinstance(rig.beat(), BeatReply)


def test_a_panel_that_is_asked_starts_anew() -> None:
    """And says that it was asked."""
    rig = booted()
    rig.raw(Frame(Message.REBOOT, 9))
    rig.board.run(80)
    assert rig.board.resets == 1
    assert rig.hello().reset_cause == ResetCause.ASKED


def test_another_link_may_begin_with_any_number() -> None:
    """A kiosk that starts anew may use the number of the last request again."""
    rig = booted()
    rig.link.ask(Message.BEAT, BeatRequest(0), BeatReply)
    fresh = PanelLink(BoardWire(rig.board), lambda: rig.board.now_ms / 1000, rig.events.append)
    rig.link = fresh
    rig.hello()
    with pytest.raises(Refused, match="value"):
        rig.ask(Message.SHOW, ShowRequest(200), ShowReply)
