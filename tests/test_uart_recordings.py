"""Recordings: nothing of a person or a password in them, and the driver cannot tell them from the sensor."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from uart_rig import INDEX, R503, SPEED, finger

from hotspot_kiosk import recordings
from hotspot_kiosk.cli import door
from hotspot_kiosk.errors import BadBytes, CaptureTimeout, DeviceLost
from hotspot_kiosk.kiosk.devices.port import Light
from hotspot_kiosk.kiosk.devices.uart_finger import Options, UartFingerSensor, unpack
from hotspot_kiosk.kiosk.devices.uart_finger_recording import LIFT, PLACE, record, redacted
from hotspot_kiosk.kiosk.devices.uart_finger_tap import Spoken, Tape, tapped
from hotspot_kiosk.kiosk.devices.uart_frames import Frame, Kind
from hotspot_kiosk.recordings import Answer, Exchange, Header, Noise, Packets, Recording
from hotspot_kiosk.simulator.uart_faults import Fault, Faults
from hotspot_kiosk.simulator.uart_glass import FolderGlass, pack, place_finger
from hotspot_kiosk.simulator.uart_kinds import PERSONALITIES, Personality
from hotspot_kiosk.simulator.uart_replay import Replay
from hotspot_kiosk.simulator.uart_sensor import UartSensor

FOLDER = Path(__file__).parent / "recordings"
FILES = sorted(FOLDER.glob("*.jsonl"))
HOME = b"\xff\xff\xff\xff"
HEADER = Header(recordings.FORMAT, "test")
FAULTS = (
    Fault.LOST_BYTE,
    Fault.BIT_FLIP,
    Fault.LOST_PACKET,
    Fault.LOST_END,
    Fault.STALL,
    Fault.WRONG_ADDRESS,
)


def recorded(kind: Personality, faults: tuple[Fault, ...] = (), touches: int = 1) -> Recording:
    """A session with a simulated sensor whose glass holds finger number 1 when it is asked for."""
    glass: list[np.ndarray] = []

    def say(text: str) -> None:
        glass.clear()
        if text == PLACE:
            glass.append(finger(kind, 1))

    with UartSensor(kind, lambda: glass[0] if glass else None, speed=SPEED) as sensor:
        for fault in faults:
            sensor.inject(Faults(fault, stall_s=0.5))
        tape = Tape()
        options = Options(
            port=sensor.link, password=int.from_bytes(kind.password, "big"), fastest=115200, patience_s=0.25
        )
        return record(UartFingerSensor(options, tapped(tape)), tape, touches, say, "")


def everything(recording: Recording) -> bytes:
    """Every byte a recording holds as it was."""
    held = bytearray()
    for exchange in recording.exchanges:
        held += bytes.fromhex(exchange.asked)
        for piece in exchange.came:
            held += bytes.fromhex(piece.frame) if isinstance(piece, Answer) else b""
    return bytes(held)


def test_there_is_a_recording_of_every_kind() -> None:
    """Each simulated kind has its fixture; an R307 speaks as an R305 does."""
    assert {file.stem for file in FILES} == set(PERSONALITIES) - {"r307"}


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_the_driver_plays_a_recorded_session_to_its_end(file: Path) -> None:
    """Opened, lit, touched twice, opened again: the driver asks nothing that was not recorded, and gets every image."""
    recording = recordings.load(file)
    address = next(bytes.fromhex(each.asked)[2:6] for each in recording.exchanges)
    with Replay(recording, speed=SPEED) as replay:
        driver = UartFingerSensor(Options(port=replay.link, address=int.from_bytes(address, "big")))
        grade = driver.open()
        for light in Light:
            driver.show(light)
        for _ in range(2):
            with pytest.raises(CaptureTimeout):
                driver.capture(INDEX, 0, lambda: None)
            sample = driver.capture(INDEX, 10, lambda: driver.show(Light.READING))
            image = recordings.stand_in(grade.width * grade.height // 2)
            assert np.array_equal(sample.pixels, unpack(image, grade.width, grade.height))
        driver.close()
        assert driver.open() == grade
        driver.close()
    assert grade.device == recording.header.sensor
    assert replay.strayed == []


@pytest.mark.parametrize("faults", [(), FAULTS], ids=["clean", "faulty"])
def test_no_pixels_are_kept(faults: tuple[Fault, ...]) -> None:
    """No four bytes in a row of the finger's image stand anywhere in a recording, whatever went wrong."""
    recording = recorded(R503, faults)
    image, held = pack(finger(R503, 1), 192, 192), everything(recording)
    assert sum(recordings.image_bytes(each.came) for each in recording.exchanges) >= len(image)
    pieces = {held[at : at + 4] for at in range(len(held) - 3)} - {b"\x00" * 4, HOME}
    assert not pieces & {image[at : at + 4] for at in range(len(image) - 3)}


def test_no_password_is_kept() -> None:
    """The password's bytes and digits stand nowhere in the file."""
    recording = recorded(PERSONALITIES["password"], touches=0)
    assert b"\x12\x34\x56\x78" not in everything(recording)
    assert b"12345678" not in recordings.encode(recording)


def test_no_template_is_kept() -> None:
    """Answers to commands that are not known to be harmless are kept as a number of bytes."""
    asked = Frame(Kind.COMMAND, HOME, b"\x08\x01").encode()
    template = Frame(Kind.ACK, HOME, b"\x00secret of a person").encode()
    spoken = [Spoken(0.0, 57600, True, asked), Spoken(0.1, 57600, False, template)]
    assert redacted(spoken, HEADER).exchanges == (Exchange(0.0, 57600, "", (Noise(0.0, len(template)),)),)


def test_damage_is_kept_as_damage() -> None:
    """A packet with a wrong sum, a pause and bytes that are no frame are told from sound packets."""
    asked = Frame(Kind.COMMAND, HOME, b"\x0a").encode()
    ack, sound = Frame(Kind.ACK, HOME, b"\x00").encode(), Frame(Kind.DATA, HOME, bytes(range(32))).encode()
    spoilt, end = sound[:-1] + b"\xee", Frame(Kind.END, HOME, b"\x07" * 32).encode()
    spoken = [
        Spoken(0.0, 57600, True, asked),
        Spoken(0.01, 57600, False, ack + sound + sound + spoilt + sound),
    ]
    spoken.append(Spoken(0.9, 57600, False, sound[5:] + end))
    (exchange,) = redacted(spoken, HEADER).exchanges
    assert exchange.came == (
        Answer(0.0, ack.hex()),
        Packets(0.0, 2, 32, 2),
        Packets(0.0, 2, 32, 1, sound=False),
        Packets(0.0, 2, 32, 1),
        Noise(0.89, len(sound) - 5),
        Packets(0.0, 8, 32, 1),
    )


def test_a_failed_session_is_kept() -> None:
    """A sensor that refuses the password gives a recording, with the reason in its words."""
    kind = PERSONALITIES["password"]
    with UartSensor(kind, lambda: None, speed=SPEED) as sensor:
        tape = Tape()
        said: list[str] = []
        recording = record(
            UartFingerSensor(Options(port=sensor.link), tapped(tape)), tape, 1, said.append, "mine"
        )
    assert recording.exchanges
    assert "mine; " in recording.header.words
    assert "password" in recording.header.words
    assert LIFT not in said


def test_a_damaged_recording_replays_as_damage() -> None:
    """A session with faults is played back with them, and the driver recovers the same way."""
    recording = recorded(R503, (Fault.BIT_FLIP, Fault.LOST_PACKET))
    with Replay(recording, speed=SPEED) as replay:
        driver = UartFingerSensor(Options(port=replay.link, patience_s=0.25))
        assert driver.open().width == 192
        driver.close()
    assert replay.strayed == []
    uploads = [each for each in recording.exchanges if "030a000e" in each.asked]
    assert any(not piece.sound for each in uploads for piece in each.came if isinstance(piece, Packets))


def test_what_was_not_recorded_gets_no_answer() -> None:
    """A command that the recording does not know is noted; the driver finds nobody."""
    recording = Recording(HEADER, ())
    with Replay(recording, speed=SPEED) as replay, pytest.raises(DeviceLost):
        UartFingerSensor(Options(port=replay.link, patience_s=0.05)).open()
    assert replay.strayed


@given(st.integers(1, 256), st.integers(1, 300), st.booleans())
def test_a_file_is_read_as_it_was_written(size: int, count: int, sound: bool) -> None:
    """Written and read, a recording is the same."""
    came = (Answer(0.5, "ef01"), Packets(0.0, 2, size, count, sound), Noise(0.1, count))
    recording = Recording(HEADER, (Exchange(1.5, 57600, "00", came), Exchange(2.0, 115200, "")))
    lines = recordings.encode(recording).splitlines()
    assert recordings.parse(b"\n".join(lines), "it") == recording


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        b'{"format":2,"sensor":"x"}',
        b'{"format":1,"sensor":"x","more":1}',
        b'{"format":1,"sensor":"x"}\n{"at":0,"baud":1,"asked":"zz"}',
        b'{"format":1,"sensor":"x"}\n{"at":0,"baud":1,"asked":"","came":[{"type":"packets","pause":0,"kind":7,"size":1,"count":1}]}',
    ],
    ids=["empty", "no header", "format", "unknown key", "no digits", "no packet"],
)
def test_a_file_that_is_no_recording_is_refused(data: bytes, tmp_path: Path) -> None:
    """Whatever is wrong with it, the file is named."""
    (tmp_path / "it.jsonl").write_bytes(data)
    with pytest.raises(BadBytes, match=r"it\.jsonl"):
        recordings.load(tmp_path / "it.jsonl")


@pytest.mark.parametrize("size", [18_432, 36_864])
def test_the_stand_in_is_a_picture_of_all_levels(size: int) -> None:
    """Rings of sixteen levels in which no packet equals its neighbour."""
    image = recordings.stand_in(size)
    assert len(image) == size
    assert {byte >> 4 for byte in image} | {byte & 15 for byte in image} == set(range(16))
    assert all(image[at : at + 32] != image[at + 32 : at + 64] for at in range(0, size - 32, 32))


def test_the_command_writes_a_file(tmp_path: Path) -> None:
    """`hotspot devices record` asks for a touch and leaves a recording that can be read."""
    glass = tmp_path / "glass"
    glass.mkdir()
    kind, to = R503, tmp_path / "mine.jsonl"
    put = threading.Timer(3, place_finger, (glass, finger(kind, 1)))
    with UartSensor(kind, FolderGlass(glass), speed=SPEED) as sensor:
        put.start()
        arguments = ["devices", "record", "--port", str(sensor.link), "--to", str(to), "--touches", "1"]
        result = CliRunner().invoke(door, arguments)
        put.join()
    assert result.exit_code == 0, result.output
    assert PLACE in result.output
    assert recordings.load(to).header.sensor == "uart 192x192"
