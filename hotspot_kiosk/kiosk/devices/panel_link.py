"""The line to the panel: requests that are repeated until answered, events that are answered as they come.

It knows frames, numbers and words, no lights and no rules. The panel carries a repeated request out
once. One thread calls.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from hotspot_kiosk.errors import BadBytes, DeviceLost, Refused
from hotspot_kiosk.kiosk.devices.panel_frames import Frame, FrameReader
from hotspot_kiosk.kiosk.devices.panel_protocol import (
    ANSWER,
    REFUSAL,
    ButtonEvent,
    Happening,
    LampHotEvent,
    Message,
    PowerStepEvent,
    Refusal,
    SupplyEvent,
    TamperEvent,
)
from hotspot_kiosk.kiosk.devices.panel_record import Record

R = TypeVar("R", bound=Record)
PanelEvent = ButtonEvent | TamperEvent | SupplyEvent | PowerStepEvent | LampHotEvent
EVENTS: dict[int, type[PanelEvent]] = {
    Happening.BUTTON: ButtonEvent,
    Happening.TAMPER: TamperEvent,
    Happening.SUPPLY: SupplyEvent,
    Happening.POWER_STEP: PowerStepEvent,
    Happening.LAMP_HOT: LampHotEvent,
}
WHY: dict[int, str] = {
    Refusal.UNKNOWN: "it does not know this request; update its firmware",
    Refusal.LENGTH: "the request has another length there; update its firmware",
    Refusal.VALUE: "a value is out of range",
    Refusal.STATE: "it cannot do this now",
    Refusal.IMAGE_SIZE: "this is no image that fits into a slot",
    Refusal.IMAGE_BOARD: "the image is for another board",
    Refusal.IMAGE_OLD: "the image is older than what it may go back to; take a newer one",
    Refusal.FLASH: "its flash cannot be written; replace the panel",
    Refusal.LID_OPEN: "the lid is open or the inside is lit; close the box first",
    Refusal.BUSY: "the computer is being stopped already",
}
TRIES = 4
PATIENCE_S = 0.25
READ_AT_MOST = 4096


class Wire(Protocol):
    """What is needed of a serial port; `read` waits no longer than a fraction of `PATIENCE_S`."""

    def read(self, size: int) -> bytes:
        """What came, at most `size` bytes; nothing after a while."""

    def write(self, data: bytes) -> object:
        """Send."""


class PanelLink:
    """`on_event` is called for every event once, from `ask` and `listen`. `now` counts seconds."""

    def __init__(self, wire: Wire, now: Callable[[], float], on_event: Callable[[PanelEvent], None]) -> None:
        self._wire = wire
        self._now = now
        self._on_event = on_event
        self._reader = FrameReader()
        self._sequence = 0
        self._newest_event: tuple[int, int] | None = None

    @property
    def rejected(self) -> int:
        """How much came that was no frame."""
        return self._reader.rejected

    def ask(self, message: Message, request: Record, reply: type[R], patience_s: float = PATIENCE_S) -> R:
        """The panel's answer. Raises DeviceLost if none comes, Refused with its reason, BadBytes."""
        self._sequence = (self._sequence + 1) % 256
        if message is Message.HELLO:
            self._newest_event = None
        frame = Frame(message, self._sequence, request.encode())
        for _ in range(TRIES):
            self._write(frame)
            answer = self._await(frame, patience_s)
            if answer is not None:
                return self._checked(answer, message, reply)
        raise DeviceLost("the panel does not answer; check its cable and power")

    def listen(self, seconds: float) -> None:
        """Take in events for a while."""
        end = self._now() + seconds
        while self._now() < end:
            for frame in self._read():
                self._event(frame)

    def _await(self, asked: Frame, patience_s: float) -> Frame | None:
        end = self._now() + patience_s
        found: Frame | None = None
        while found is None and self._now() < end:
            for frame in self._read():
                if (
                    frame.sequence == asked.sequence
                    and frame.kind & ~REFUSAL == asked.kind
                    and frame.kind & ANSWER
                ):
                    found = frame
                else:
                    self._event(frame)
        return found

    def _checked(self, answer: Frame, message: Message, reply: type[R]) -> R:
        if answer.kind & REFUSAL != REFUSAL:
            return reply.decode(answer.body)
        if len(answer.body) != 1:
            raise BadBytes("the panel refuses without a reason; update its firmware")
        if answer.body[0] == Refusal.SCHEMA:
            raise DeviceLost("the panel started anew, or speaks another version")
        why = WHY.get(answer.body[0], f"reason {answer.body[0]}")
        raise Refused(f"the panel refuses {message.name.lower().replace('_', ' ')}: {why}")

    def _event(self, frame: Frame) -> None:
        kind = EVENTS.get(frame.kind)
        if kind is None:
            return
        try:
            event = kind.decode(frame.body)
        except BadBytes:
            return
        self._write(Frame(frame.kind | ANSWER, frame.sequence))
        if self._newest_event != (frame.kind, frame.sequence):
            self._newest_event = (frame.kind, frame.sequence)
            self._on_event(event)

    def _read(self) -> list[Frame]:
        try:
            return self._reader.feed(self._wire.read(READ_AT_MOST))
        except OSError as error:
            raise DeviceLost("the panel's line is gone; check the cable") from error

    def _write(self, frame: Frame) -> None:
        try:
            self._wire.write(frame.encode())
        except OSError as error:
            raise DeviceLost("the panel's line is gone; check the cable") from error
