"""RAUC, spoken to over D-Bus (interface de.pengutronix.rauc.Installer). The kiosk's only file that imports jeepney.

RAUC checks the bundle's signature and streams it by ranges itself; what is seen to here is that it is the bundle whose manifest
the hub signed and no other: looked at before anything is written, and again before the system that was written is the one
to start from (an image's RAUC does not decide that itself). Every call has a time limit; a RAUC that is not there is a DeviceLost.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from jeepney import DBusAddress, MatchRule, Properties, new_method_call
from jeepney.bus_messages import message_bus
from jeepney.io.blocking import DBusConnection, open_dbus_connection
from jeepney.wrappers import DBusErrorResponse, unwrap_msg

from hotspot_kiosk.errors import DeviceLost, Refused
from hotspot_kiosk.fleet import clipped

NAME = "de.pengutronix.rauc"
INTERFACE = "de.pengutronix.rauc.Installer"
INSTALLER = DBusAddress("/", bus_name=NAME, interface=INTERFACE)
CALL_S = 30.0
INSPECT_S = 300.0  # over a thin link
LOOK_S = 1.0
GOOD, BAD, ACTIVE = "good", "bad", "active"
ANOTHER = "the bundle's manifest is not the one that the hub named"


class Rauc:
    """RAUC's service on the bus at `bus` (`SYSTEM`, or an address)."""

    def __init__(self, bus: str = "SYSTEM", install_s: float = 4 * 3600.0, ca: Path | None = None) -> None:
        """ca: whose certificates a server of bundles may have; None: any that this system trusts."""
        self._bus = bus
        self._ca = ca
        self._install_s = install_s

    def slot(self) -> str:
        """The boot name of the slot that runs. Raises DeviceLost."""
        with self._connected() as connection:
            return str(_property(connection, "BootSlot"))

    def install(self, url: str, manifest: str, on_progress: Callable[[int], None]) -> None:
        """Write a bundle into the other slot; returns when it will be started from next.

        Raises DeviceLost if RAUC is not there or went, Refused with RAUC's own words if it did not install.
        """
        way = {"tls-ca": ("s", str(self._ca))} if self._ca is not None and url.startswith("https:") else {}
        with self._connected() as connection:
            (found,) = _call(connection, "InspectBundle", "sa{sv}", (url, way), INSPECT_S)
            if _text(found, "manifest-hash") != manifest:
                raise Refused(ANOTHER)
            self._write(connection, (url, way), on_progress)
            if _written(connection) != {manifest}:
                raise Refused(f"{ANOTHER}: it was exchanged while it was read")
            _call(connection, "Mark", "ss", (ACTIVE, "other"))

    def mark(self, state: str) -> None:
        """GOOD, BAD or ACTIVE for the slot that runs. Raises DeviceLost or Refused."""
        with self._connected() as connection:
            _call(connection, "Mark", "ss", (state, "booted"))

    def _write(
        self, connection: DBusConnection, what: tuple[Any, ...], on_progress: Callable[[int], None]
    ) -> None:
        rule = MatchRule(type="signal", interface=INTERFACE, member="Completed", path="/")
        unwrap_msg(connection.send_and_get_reply(message_bus.AddMatch(rule), timeout=CALL_S))
        with connection.filter(rule, bufsize=8) as done:
            _call(connection, "InstallBundle", "sa{sv}", what)
            code = self._completed(connection, done, on_progress)
        if code != 0:
            raise Refused(_why(connection, f"RAUC gave up with code {code}"))

    def _completed(self, connection: DBusConnection, done: Any, on_progress: Callable[[int], None]) -> int:
        until, last = time.monotonic() + self._install_s, -1
        while time.monotonic() < until:
            try:
                return int(connection.recv_until_filtered(done, timeout=LOOK_S).body[0])
            except TimeoutError:
                percent = int(_property(connection, "Progress")[0])
            if percent != last:
                last = percent
                on_progress(percent)
        raise DeviceLost("the installation did not end in time; the link may be too slow for the window")

    @contextmanager
    def _connected(self) -> Iterator[DBusConnection]:
        try:
            with open_dbus_connection(bus=self._bus) as connection:
                yield connection
        except DBusErrorResponse as error:
            raise _plain(error) from None
        except (OSError, EOFError, KeyError) as error:
            raise DeviceLost(
                f"RAUC cannot be reached over D-Bus ({type(error).__name__}); is rauc.service there?"
            ) from None


def _call(
    connection: DBusConnection, method: str, signature: str, values: tuple[Any, ...], limit_s: float = CALL_S
) -> tuple[Any, ...]:
    message = new_method_call(INSTALLER, method, signature, values)
    answer: tuple[Any, ...] = unwrap_msg(connection.send_and_get_reply(message, timeout=limit_s))
    return answer


def _written(connection: DBusConnection) -> set[str]:
    """The manifests by which the slots that do not run were written."""
    (slots,) = unwrap_msg(
        connection.send_and_get_reply(new_method_call(INSTALLER, "GetSlotStatus"), timeout=CALL_S)
    )
    return {_text(about, "bundle.hash") for _, about in slots if _text(about, "state") == "inactive"}


def _text(about: dict[str, tuple[str, Any]], name: str) -> str:
    return str(about.get(name, ("s", ""))[1])


def _property(connection: DBusConnection, name: str) -> Any:
    reply = connection.send_and_get_reply(Properties(INSTALLER).get(name), timeout=CALL_S)
    return unwrap_msg(reply)[0][1]


def _why(connection: DBusConnection, otherwise: str) -> str:
    return clipped(str(_property(connection, "LastError")) or otherwise)


def _plain(error: DBusErrorResponse) -> DeviceLost | Refused:
    """A service that is not there is one thing, one that says no another."""
    if error.name.startswith("org.freedesktop.DBus.Error."):
        return DeviceLost(
            f"RAUC cannot be reached over D-Bus ({error.name.rpartition('.')[2]}); is rauc.service there?"
        )
    words = [str(each) for each in error.data] if isinstance(error.data, tuple) else []
    return Refused(clipped(" ".join(words) or error.name))
