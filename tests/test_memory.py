"""What was freed goes back to the system."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

import pytest

from hotspot_kiosk.kiosk import memory

BLOCK, COUNT = 64 << 10, 1024  # below what the library maps one by one


def resident() -> int:
    """Bytes of this process."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="this C library has no malloc_trim")
def test_freed_memory_goes_back() -> None:
    """Blocks that the library keeps, because one above them is still in use, are the system's again."""
    held = [bytearray(b"x") * BLOCK for _ in range(COUNT)]
    before = resident()
    last = held[-1]
    del held
    memory.give_back()
    assert before - resident() > 0.8 * BLOCK * COUNT
    assert len(last) == BLOCK
