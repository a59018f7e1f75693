"""What reading a finger needs is loaded beside a kiosk that is ready already."""

import threading
import time

from hotspot_kiosk.kiosk.capture.warmth import Warmth

PATIENCE_S = 60.0


def test_it_ends_by_itself_and_nobody_waits_for_it() -> None:
    """Start and close come back at once, whatever a compiler does meanwhile; afterwards nothing of it is left."""
    faults: list[str] = []
    warmth = Warmth(faults.append)
    warmth.start()
    warmth.close()
    ends = time.monotonic() + 10 * PATIENCE_S
    while any(thread.name == "warm-up" for thread in threading.enumerate()):
        assert time.monotonic() < ends
        time.sleep(0.05)
    assert faults == []
