"""Frames of the UART finger sensor: noise is passed over, damage is never taken for a frame."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from hotspot_kiosk.kiosk.devices.uart_frames import Frame, FrameReader, Kind

HOME = b"\xff\xff\xff\xff"
OTHER = Frame(Kind.ACK, HOME, b"\x02")


def payloads(sizes: list[int]) -> st.SearchStrategy[bytes]:
    """Payloads of these sizes."""
    return st.sampled_from(sizes).flatmap(lambda size: st.binary(min_size=size, max_size=size))


acks = st.builds(Frame, st.just(Kind.ACK), st.just(HOME), payloads([1, 3, 5, 17, 33]))
data = st.builds(Frame, st.just(Kind.DATA), st.just(HOME), payloads([32, 64, 128, 256]))
ends = st.builds(Frame, st.just(Kind.END), st.just(HOME), payloads([7, 32, 128, 256]))
false_starts = st.sampled_from(
    [
        b"\xef",
        b"\xef\x01",
        b"\xef\x01" + HOME,
        b"\xef\x01" + HOME + b"\x02\x01\x02",
        b"\xef\x01" + HOME + b"\x07\x00\x13",
    ]
)
noise = st.one_of(st.binary(max_size=40), false_starts)


def read_all(stream: bytes, chunk: int = 9) -> list[Frame]:
    """Every frame found when the stream comes in chunks and the line then stays quiet."""
    reader, found = FrameReader(), []
    for at in range(0, len(stream), chunk):
        reader.feed(stream[at : at + chunk])
        found += taken(reader)
    for _ in range(len(stream)):
        reader.gap()
        found += taken(reader)
    return found


def taken(reader: FrameReader) -> list[Frame]:
    """What the reader gives now."""
    found = []
    while frame := reader.take():
        found.append(frame)
    return found


@given(st.lists(st.tuples(noise, st.one_of(acks, data, ends)), max_size=6), noise, st.integers(1, 300))
def test_frames_are_found_between_any_noise(
    pieces: list[tuple[bytes, Frame]], last: bytes, chunk: int
) -> None:
    """Every frame sent is found, in order, and nothing else, whatever stands between them."""
    stream = b"".join(before + frame.encode() for before, frame in pieces) + last
    assert read_all(stream, chunk) == [frame for _, frame in pieces]


@given(st.one_of(acks, data, ends))
@settings(max_examples=25, deadline=None)
def test_no_single_flipped_bit_is_accepted(frame: Frame) -> None:
    """A frame with any one bit flipped is never taken, and the frame after it is found."""
    sound = frame.encode()
    for bit in range(8 * len(sound)):
        spoilt = bytearray(sound)
        spoilt[bit // 8] ^= 1 << bit % 8
        found = [one for one in read_all(bytes(spoilt) + OTHER.encode(), 512) if one.address == HOME]
        assert found == [OTHER]


@given(st.one_of(acks, data, ends), st.data())
def test_a_cut_frame_does_not_swallow_the_next(frame: Frame, draw: st.DataObject) -> None:
    """After a frame that lost its tail, the next one is found."""
    cut = draw.draw(st.integers(1, len(frame.encode()) - 1))
    assert read_all(frame.encode()[:cut] + OTHER.encode()) == [OTHER]


@given(st.one_of(acks, data, ends), st.data())
def test_a_lost_byte_is_noticed(frame: Frame, draw: st.DataObject) -> None:
    """A frame that lost one byte is not taken for a frame of other content."""
    sound = frame.encode()
    at = draw.draw(st.integers(0, len(sound) - 1))
    found = read_all(sound[:at] + sound[at + 1 :] + OTHER.encode())
    assert found in ([OTHER], [frame, OTHER])


@given(st.one_of(acks, data, ends), st.integers(1, 300))
def test_missing_never_asks_past_the_frame(frame: Frame, chunk: int) -> None:
    """Reading exactly what is missing ends at the frame's last byte."""
    stream, reader, at = frame.encode(), FrameReader(), 0
    while reader.missing:
        step = min(reader.missing, chunk)
        assert at + step <= len(stream)
        reader.feed(stream[at : at + step])
        at += step
    assert at == len(stream)
    assert reader.take() == frame


def test_a_frame_from_elsewhere_keeps_its_address() -> None:
    """Frames of another sensor are given with their address, for the caller to refuse."""
    frame = Frame(Kind.ACK, b"\x00\x00\x00\x2a", b"\x00")
    assert read_all(frame.encode()) == [frame]


def test_payloads_stay_out_of_reprs() -> None:
    """A frame's repr shows no image bytes."""
    assert "payload" not in repr(Frame(Kind.DATA, HOME, bytes(32)))


def test_rejected_frames_are_counted() -> None:
    """A frame with a wrong sum counts as rejected."""
    reader = FrameReader()
    reader.feed(OTHER.encode()[:-1] + b"\x55")
    assert reader.take() is None
    assert reader.rejected == 1
