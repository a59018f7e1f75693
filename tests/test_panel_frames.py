"""The host's side of the panel's line: frames, records, and the schema that both sides are made of."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firmware.panel import schema
from hotspot_kiosk.errors import BadBytes, DeviceLost, Refused
from hotspot_kiosk.kiosk.devices import panel_protocol as words
from hotspot_kiosk.kiosk.devices.panel_frames import LONGEST_STUFFED, Frame, FrameReader, stuff, unstuff
from hotspot_kiosk.kiosk.devices.panel_link import PanelEvent, PanelLink

FRAMES = st.builds(Frame, st.integers(0, 255), st.integers(0, 255), st.binary(max_size=words.LONGEST_BODY))


def test_the_kiosks_module_is_made_from_the_schema() -> None:
    """Who changes the schema and forgets the module is told here."""
    made = schema.python_module(schema.SOURCE.read_bytes())
    assert made == schema.HERE.parents[1].joinpath(*words.__name__.split(".")).with_suffix(".py").read_text()


def test_the_c_header_carries_the_same_number() -> None:
    """Both sides are made of one file."""
    assert f"#define SCHEMA 0x{words.SCHEMA:08X}u" in schema.c_header(schema.SOURCE.read_bytes())


def test_any_change_of_the_schema_changes_its_number() -> None:
    """One byte is enough."""
    source = schema.SOURCE.read_bytes()
    assert schema.number(source) != schema.number(source + b"\n")


@given(st.binary(max_size=600))
def test_stuffing_leaves_no_zero_and_comes_back(plain: bytes) -> None:
    """COBS, of any content."""
    assert 0 not in stuff(plain)
    assert unstuff(stuff(plain)) == plain


@given(st.lists(FRAMES, max_size=5), st.integers(1, 50))
def test_frames_come_back_however_they_are_cut(frames: list[Frame], step: int) -> None:
    """A serial port gives bytes in pieces of any size."""
    line = b"".join(frame.encode() for frame in frames)
    reader = FrameReader()
    heard = [frame for at in range(0, len(line), step) for frame in reader.feed(line[at : at + step])]
    assert heard == frames
    assert reader.rejected == 0


@given(st.binary(max_size=2000), FRAMES)
def test_noise_is_passed_over_and_the_next_frame_heard(noise: bytes, frame: Frame) -> None:
    """Whatever went before, a zero byte ends it."""
    reader = FrameReader()
    reader.feed(noise + b"\0")
    assert reader.feed(frame.encode()) == [frame]


def test_an_endless_frame_fills_no_memory() -> None:
    """A line that never sends a zero is cut off."""
    reader = FrameReader()
    for _ in range(1000):
        assert reader.feed(b"\x01" * 1000) == []
    assert len(reader._buffer) <= LONGEST_STUFFED
    assert reader.feed(b"\0") == []
    assert reader.rejected == 1


def test_a_record_of_another_length_is_refused() -> None:
    """A message that is a byte too short or too long is not guessed at."""
    body = words.BeatRequest(7).encode()
    assert words.BeatRequest.decode(body) == words.BeatRequest(7)
    for bad in (body[:-1], body + b"\0"):
        with pytest.raises(BadBytes, match="BeatRequest"):
            words.BeatRequest.decode(bad)


def test_what_is_left_of_a_body_is_the_last_field() -> None:
    """A ping says back what it was given."""
    assert words.PingRequest(b"a\0b").encode() == b"a\0b"
    assert words.PingReply.decode(b"a\0b").content == b"a\0b"


class Script:
    """A far end that answers from a list; each item is what comes after a write."""

    def __init__(self, *answers: bytes) -> None:
        self.said: list[Frame] = []
        self._answers: Iterator[bytes] = iter(answers)
        self._due = b""
        self.time = 0.0

    def now(self) -> float:
        return self.time

    def read(self, size: int) -> bytes:
        self.time += 0.01
        due, self._due = self._due[:size], b""
        return due

    def write(self, data: bytes) -> int:
        self.said += FrameReader().feed(data)
        if self.said[-1].kind < words.ANSWER:
            self._due = next(self._answers, b"")
        return len(data)


def linked(script: Script) -> tuple[PanelLink, list[PanelEvent]]:
    """A link over a script, and where its events go."""
    events: list[PanelEvent] = []
    return PanelLink(script, script.now, events.append), events


def pong(sequence: int = 1, kind: int = words.Message.PING | words.ANSWER) -> bytes:
    """The answer to the first ping."""
    return Frame(kind, sequence, b"x").encode()


def test_a_lost_answer_is_asked_for_again_with_the_same_number() -> None:
    """So that the panel knows it for a repeat."""
    script = Script(b"", b"\xffnoise\0", pong())
    link, _ = linked(script)
    assert link.ask(words.Message.PING, words.PingRequest(b"x"), words.PingReply).content == b"x"
    assert [(f.kind, f.sequence) for f in script.said] == [(words.Message.PING, 1)] * 3


def test_a_silent_panel_is_lost_in_bounded_time() -> None:
    """The kiosk does not wait for ever."""
    script = Script()
    link, _ = linked(script)
    with pytest.raises(DeviceLost, match="cable"):
        link.ask(words.Message.PING, words.PingRequest(b"x"), words.PingReply)
    assert script.time < 2


def test_an_older_answer_is_not_taken_for_the_new_one() -> None:
    """Numbers match, or it is nobody's answer."""
    link, _ = linked(Script(pong(9) + pong(1)))
    assert link.ask(words.Message.PING, words.PingRequest(b"x"), words.PingReply).content == b"x"


def test_a_refusal_says_why() -> None:
    """In a sentence."""
    refusal = Frame(words.Message.SHOW | words.REFUSAL, 1, bytes([words.Refusal.VALUE])).encode()
    link, _ = linked(Script(refusal))
    with pytest.raises(Refused, match="refuses show: a value is out of range"):
        link.ask(words.Message.SHOW, words.ShowRequest(99), words.ShowReply)


def test_an_event_is_answered_each_time_and_told_once() -> None:
    """Its repeats mean only that our answer was lost."""
    event = Frame(words.Happening.BUTTON, 3, bytes([words.Button.HELP])).encode()
    script = Script(event + event + pong())
    link, events = linked(script)
    link.ask(words.Message.PING, words.PingRequest(b"x"), words.PingReply)
    assert events == [words.ButtonEvent(words.Button.HELP)]
    answers = [f for f in script.said if f.kind == words.Happening.BUTTON | words.ANSWER]
    assert [f.sequence for f in answers] == [3, 3]


def test_every_event_has_its_record() -> None:
    """None can come that nobody understands."""
    from hotspot_kiosk.kiosk.devices.panel_link import EVENTS

    assert set(EVENTS) == set(words.Happening)
