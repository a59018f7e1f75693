"""What the kiosk does about its panel's words: a button, a warning, the opened box.

Called by the panel's thread. When the box is opened, keys go at once, while everything still runs;
records, if they shall go too, once the daemon has closed them.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from hotspot_kiosk.audit_chain import Deed
from hotspot_kiosk.config import TamperPlan
from hotspot_kiosk.errors import StorageFailed
from hotspot_kiosk.kiosk.desk import Told
from hotspot_kiosk.kiosk.devices.panel_protocol import Button
from hotspot_kiosk.kiosk.events import Accept, Event, NoticeRead
from hotspot_kiosk.kiosk.session import State
from hotspot_kiosk.kiosk.zeroise import Remains, destroy, destroy_keys

log = logging.getLogger(__name__)
GO_ON: dict[State, Event] = {State.NOTICE: NoticeRead(), State.REVIEW: Accept()}


@dataclass(frozen=True, slots=True)
class Hands:
    """What the box needs of the daemon; every call from any thread.

    `note`: a deed and its ground into the journal. `fault`: stop, and why.
    """

    state: Callable[[], State]
    put: Callable[[Event], None]
    tell: Callable[[Told], None]
    note: Callable[[Deed, str], None]
    fault: Callable[[str], None]


class Box:
    """The kiosk's box, and what it holds that may have to go."""

    def __init__(self, remains: Remains, plan: TamperPlan, hands: Hands) -> None:
        self._remains = remains
        self._plan = plan
        self._hands = hands
        self._all = False

    def pressed(self, button: int) -> None:
        """Start goes on where only a yes is awaited; what else is pressed the desk is told."""
        going_on = GO_ON.get(self._hands.state())
        if button == Button.START and going_on is not None:
            self._hands.put(going_on)
            return
        name = Button(button).name.lower() if button in set(Button) else str(button)
        self._hands.tell(Told(kind="button", detail=name))

    def warned(self, text: str) -> None:
        """Something that an officer must know."""
        log.error("alarm: %s", text)
        self._hands.tell(Told(kind="alarm", detail=text))

    def opened(self, how: str) -> None:
        """Into the journal while there is a key to sign it, then the keys, then the rest."""
        self._hands.note(Deed.OPENED, how)
        self.warned(f"the box was opened: {how}")
        plan = self._plan.destroys
        if plan == "nothing":
            return
        left = _carried_out(destroy_keys, self._remains)
        self._all = plan == "everything"
        what = "keys are" if plan == "keys" else "keys and records are"
        self._hands.fault(
            f"the box was opened: {what} destroyed; give the kiosk to its bureau. {left}".strip()
        )

    def erase(self) -> None:
        """Destroy everything when the daemon is done: the hub ordered it."""
        self._all = True

    def end(self) -> str:
        """Called when everything is closed; returns what could not be destroyed, empty if nothing is left."""
        return _carried_out(destroy, self._remains) if self._all else ""


def _carried_out(how: Callable[[Remains], None], remains: Remains) -> str:
    try:
        how(remains)
    except StorageFailed as error:
        log.critical("%s", error)
        return str(error)
    return ""
