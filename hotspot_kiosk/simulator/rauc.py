"""RAUC's D-Bus service as the far end of the wire: two slots, a boot loader's memory, faults on request.

It keeps the promises of RAUC 1.13 with activate-installed=false (one installation at a time, progress, Completed, LastError, no word
that it does not know) and writes no disk.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from jeepney import DBusAddress, HeaderFields, Message, MessageType, new_error, new_method_return, new_signal
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import unwrap_msg

NAME = "de.pengutronix.rauc"
INTERFACE = "de.pengutronix.rauc.Installer"
EMITTER = DBusAddress("/", interface=INTERFACE)
KNOWN = frozenset(
    {"ignore-compatible", "ignore-version-limit", "transaction-id", "tls-ca", "tls-cert", "tls-key"}
)
FAILED = "org.gtk.GDBus.UnmappedGError.Quark._rauc_5finstaller_5ferror_5fquark.Code0"


@dataclass
class Slots:
    """What the boot loader knows. versions: by slot; bundles: version and manifest by URL; refusal: of the next installation. manifests: by which
    each slot was written. exchanged: the manifest of another bundle that the server gives out once this one was looked at.
    """

    versions: dict[str, str]
    bundles: dict[str, tuple[str, str]] = field(default_factory=dict)
    booted: str = "A"
    primary: str = "A"
    good: set[str] = field(default_factory=lambda: {"A"})
    refusal: str = ""
    manifests: dict[str, str] = field(default_factory=dict)
    exchanged: str = ""
    installs: list[str] = field(default_factory=list)

    @property
    def other(self) -> str:
        """The slot that does not run."""
        return "B" if self.booted == "A" else "A"

    def restart(self) -> None:
        """What the machine does when it is started anew."""
        self.booted = self.primary

    def install(self, url: str, manifest: str) -> str:
        """All that the agent has done: look, write, start from there next; returns why not, or nothing."""
        if why := self.write(url):
            return why
        if self.manifests[self.other] != manifest:
            return "the bundle's manifest is not the one that was named"
        self.mark("active", "other")
        return ""

    def write(self, url: str) -> str:
        """Write the other slot; returns why not, or nothing."""
        self.installs.append(url)
        if self.refusal:
            return self.refusal
        version, digest = self.bundles.get(url, ("", ""))
        if not version:
            return "bundle access failed: 404 Not Found"
        self.versions[self.other], self.manifests[self.other] = version, self.exchanged or digest
        self.good.discard(self.other)
        return ""

    def mark(self, state: str, slot: str = "booted") -> None:
        """Mark the booted slot, or the other one as the one to start from."""
        if slot == "other":
            if state != "active":
                raise ValueError("this service only starts from the other slot")
            self.primary = self.other
        elif state == "good":
            self.good.add(self.booted)
        elif state == "active":
            self.primary = self.booted
        else:
            self.good.discard(self.booted)
            self.primary = self.other


class RaucService:
    """The service, on a bus, in a thread of its own, until `close`."""

    def __init__(self, bus: str, slots: Slots) -> None:
        self.slots = slots
        self._error = ""
        self._progress = 0
        self._connection = open_dbus_connection(bus=bus)
        unwrap_msg(self._connection.send_and_get_reply(message_bus.RequestName(NAME)))
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="rauc")
        self._thread.start()

    def close(self) -> None:
        """Leave the bus."""
        self._stop.set()
        self._thread.join()
        self._connection.close()

    def _serve(self) -> None:
        while not self._stop.is_set():
            try:
                message = self._connection.receive(timeout=0.05)
            except TimeoutError:
                continue
            if message.header.message_type is MessageType.method_call:
                _answer(self._connection, message, self._methods())

    def _methods(self) -> dict[str, Callable[[Message], tuple[str, tuple[Any, ...]]]]:
        return {
            "Get": self._get,
            "Mark": self._mark,
            "InstallBundle": self._install,
            "InspectBundle": self._inspect,
            "GetSlotStatus": self._slots,
        }

    def _get(self, message: Message) -> tuple[str, tuple[Any, ...]]:
        values = {
            "BootSlot": ("s", self.slots.booted),
            "Progress": ("(isi)", (self._progress, "", 1)),
            "LastError": ("s", self._error),
            "Operation": ("s", "idle"),
        }
        return "v", (values[message.body[1]],)

    def _mark(self, message: Message) -> tuple[str, tuple[Any, ...]]:
        state, slot = message.body
        if slot not in ("booted", "other"):
            raise ValueError(f"there is no slot {slot}")
        self.slots.mark(state, slot)
        return "ss", (f"rootfs.{self.slots.booted}", "marked")

    def _inspect(self, message: Message) -> tuple[str, tuple[Any, ...]]:
        url, options = message.body
        _check_known(options)
        if self.slots.refusal:
            raise ValueError(self.slots.refusal)
        version, digest = self.slots.bundles.get(url, ("", ""))
        if not version:
            raise ValueError("bundle access failed: 404 Not Found")
        return "a{sv}", ({"manifest-hash": ("s", digest), "update": ("a{sv}", {"version": ("s", version)})},)

    def _slots(self, _message: Message) -> tuple[str, tuple[Any, ...]]:
        found = [
            (
                f"{what}.{slot}",
                {
                    "state": ("s", "inactive" if slot != self.slots.booted else of_booted),
                    "bundle.hash": ("s", self.slots.manifests.get(slot, "")),
                },
            )
            for slot in sorted(self.slots.versions)
            for what, of_booted in (("rootfs", "booted"), ("boot", "active"))
        ]
        return "a(sa{sv})", (found,)

    def _install(self, message: Message) -> tuple[str, tuple[Any, ...]]:
        url, options = message.body
        _check_known(options)
        self._error = self.slots.write(url)
        self._progress = 100
        threading.Timer(0.02, self._complete).start()
        return "", ()

    def _complete(self) -> None:
        self._connection.send(new_signal(EMITTER, "Completed", "i", (1 if self._error else 0,)))


def _check_known(options: dict[str, Any]) -> None:
    if unknown := options.keys() - KNOWN:
        raise ValueError(f"Unsupported key: {min(unknown)}")


def _answer(
    connection: DBusConnection,
    message: Message,
    methods: dict[str, Callable[[Message], tuple[str, tuple[Any, ...]]]],
) -> None:
    method = methods.get(message.header.fields.get(HeaderFields.member, ""))
    try:
        if method is None:
            raise ValueError("there is no such method")
        signature, body = method(message)
        connection.send(new_method_return(message, signature or None, body))
    except (ValueError, KeyError) as error:
        connection.send(new_error(message, FAILED, "s", (str(error),)))
