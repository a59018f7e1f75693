"""How often each security key has signed, as it said itself: a count that goes back is the mark of a copied key.

Kept on disk (WebAuthn Level 2, 6.1.1 and 7.2 step 21). Keys that do not count say 0 for ever; nothing is known of those.
"""

from __future__ import annotations

import logging
import threading
from hashlib import sha256
from pathlib import Path

import msgspec

from hotspot_kiosk import files
from hotspot_kiosk.errors import Refused

log = logging.getLogger(__name__)
WENT_BACK = (
    "this security key has counted backwards, so there may be a copy of it: sign in with your PIN, and give the "
    "key to the bureau"
)
_decoder = msgspec.json.Decoder(dict[str, int])


class SignCounts:
    """The highest count of each key. Any thread may call."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._highest = _read(path)

    def used(self, credential: bytes, count: int) -> None:
        """A key has signed; its count is on disk when this returns. Raises Refused if it went back, StorageFailed."""
        name = sha256(credential).hexdigest()
        with self._lock:
            before = self._highest.get(name, 0)
            if count == before == 0:
                return
            if count <= before:
                raise Refused(WENT_BACK)
            highest = {**self._highest, name: count}
            files.replace(self._path, msgspec.json.encode(highest))
            self._highest = highest


def _read(path: Path) -> dict[str, int]:
    """What was kept; a file that cannot be read is told of, and counting begins anew."""
    try:
        return _decoder.decode(path.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, msgspec.DecodeError, UnicodeDecodeError) as error:
        log.error("the counts of security keys in %s cannot be read and begin anew: %s", path, error)
        return {}
