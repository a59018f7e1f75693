"""TLS for thin links and clocks that may be wrong: 1.3 only, small hello, no resumption.

Broker and clients trust one CA each, and not the same: with one CA for both, OpenSSL appends the
root to every handshake (measured: 300 bytes each way). This file knows nothing of MQTT.
"""

from __future__ import annotations

import logging
import ssl
from datetime import UTC, datetime
from pathlib import Path

from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.terms import EARLIEST

log = logging.getLogger(__name__)
EPOCH = Path("/usr/lib/clock-epoch")
TLSEXT_PADDING = 0x10
NO_CHECK_TIME = ssl.VerifyFlags(0x200000)


class Floor:
    """A time that is surely past: the latest of several, all but this software's own date optional.

    `at` is a fixed one; `epoch` a file whose date is the image's, as systemd's clock-epoch; `file`
    holds one line, the last time that was learned from the hub. A wall clock before it is wrong, and
    so may be any that nobody set: `synchronised` is a file that is there once somebody did.
    """

    def __init__(
        self,
        at: str | None = None,
        file: Path | None = None,
        epoch: Path | None = None,
        synchronised: Path | None = None,
    ) -> None:
        """Raises ConfigError if `at` is no time."""
        self._file = file
        self._epoch = epoch
        self._synchronised = synchronised
        try:
            self._at = _moment(at) if at is not None else None
        except ValueError:
            raise ConfigError(f"[link] floor = {at!r} is no time: write 2026-11-23T00:00:00Z") from None

    def time(self) -> datetime:
        """The floor now; the files are read each time."""
        return max(t for t in (EARLIEST, self._at, self._made(), self._kept()) if t is not None)

    def instead_of(self, now: datetime) -> datetime | None:
        """The floor, if the clock cannot be believed; None if it can."""
        floor = self.time()
        unset = self._synchronised is not None and not self._synchronised.exists()
        return floor if unset or now < floor else None

    def _made(self) -> datetime | None:
        if self._epoch is None or not self._epoch.exists():
            return None
        return datetime.fromtimestamp(self._epoch.stat().st_mtime, UTC)

    def _kept(self) -> datetime | None:
        if self._file is None or not self._file.exists():
            return None
        try:
            return _moment(self._file.read_text("ascii").strip())
        except (ValueError, OSError) as error:
            log.warning("the last time heard from the hub cannot be read from %s: %s", self._file, error)
            return None


def context(ca: Path, own: tuple[Path, Path] | None, group: str, floor: datetime | None) -> ssl.SSLContext:
    """For one connection: trusts `ca`, shows its `own` certificate and key if any. Raises ConfigError.

    If the clock cannot be believed, pass the `floor`: dates are then not checked against the
    clock, only that the broker's certificate had not ended by the floor. That it begins later is no
    reason to refuse, for the true time is some time after the floor. The CA's dates go unchecked.
    """
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    made.minimum_version = ssl.TLSVersion.TLSv1_3
    made.options &= ~ssl.Options(TLSEXT_PADDING)
    try:
        made.load_verify_locations(ca)
        if own is not None:
            made.load_cert_chain(*own)
        made.set_ecdh_curve(group)
    except (OSError, ValueError) as error:
        raise ConfigError(f"[link] the certificates or the group cannot be used: {error}") from None
    if floor is not None:
        made.verify_flags |= NO_CHECK_TIME
    made.sslsocket_class = _socket_class(floor)
    return made


def check_end(peer: dict[str, object], floor: datetime) -> None:
    """Raises ssl.SSLCertVerificationError if this certificate (getpeercert) had ended by the floor."""
    ends = ssl.cert_time_to_seconds(str(peer["notAfter"]))
    if ends < floor.timestamp():
        raise ssl.SSLCertVerificationError("certificate verify failed: it had ended before the floor time")


def _socket_class(floor: datetime | None) -> type[ssl.SSLSocket]:
    class Checked(ssl.SSLSocket):
        """Checks the peer's dates against the floor, if any; closes when the handshake fails."""

        def do_handshake(self, block: bool = False) -> None:
            try:
                super().do_handshake(block)
                if floor is not None:
                    check_end(dict(self.getpeercert() or {}), floor)
            except OSError:
                self.close()
                raise

    return Checked


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
