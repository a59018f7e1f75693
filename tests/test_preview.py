"""The preview over its real socket: the newest picture, one at a time, to whoever looks, and nothing on disk."""

from __future__ import annotations

import io
import socket
import stat
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hotspot_kiosk.kiosk.capture.preview import HEAD, LONG_SIDE, SHOWN, Pixels, Preview, of


@pytest.fixture
def place() -> Iterator[Path]:
    """A path short enough for a socket."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        yield of(Path(folder) / "desk")


@pytest.fixture
def preview(place: Path) -> Iterator[Preview]:
    """One that listens."""
    opened = Preview(place)
    opened.start()
    yield opened
    opened.close()


def grey(level: int) -> Pixels:
    """A picture of one grey, twice as wide as the preview."""
    return np.full((2 * LONG_SIDE * 9 // 16, 2 * LONG_SIDE, 3), level, np.uint8)


def looking(place: Path) -> socket.socket:
    """A client."""
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    client.settimeout(0.05)
    client.connect(str(place))
    return client


def shown(client: socket.socket, show: Callable[[], None]) -> tuple[int, Image.Image]:
    """The next picture, with its moment, while `show` goes on; not yet acknowledged."""
    got, ends = b"", time.monotonic() + 60
    while len(got) < HEAD.size or len(got) < HEAD.size + HEAD.unpack(got[: HEAD.size])[0]:
        assert time.monotonic() < ends, "nothing was shown"
        show()
        try:
            got += client.recv(1 << 20)
        except TimeoutError:
            continue
    _, at = HEAD.unpack(got[: HEAD.size])
    return at, Image.open(io.BytesIO(got[HEAD.size :]))


def test_who_looks_sees_what_the_camera_sees_small(preview: Preview, place: Path) -> None:
    """A JPEG no larger than needed, with the moment it was seen at."""
    with looking(place) as client:
        at, picture = shown(client, lambda: preview.seen(grey(200), ()))
        assert max(picture.size) == LONG_SIDE
        assert picture.convert("L").getpixel((5, 5)) == pytest.approx(200, abs=3)
        assert 0 <= time.monotonic_ns() - at < 60e9


def test_nothing_is_sent_before_the_last_picture_is_on_the_screen(preview: Preview, place: Path) -> None:
    """Without its byte the far end gets no second picture; after it, one that was seen later."""
    with looking(place) as client:
        first, _ = shown(client, lambda: preview.seen(grey(10), ()))
        preview.seen(grey(99), ())
        with pytest.raises(TimeoutError):
            client.recv(1)
        client.sendall(SHOWN)
        second, picture = shown(client, lambda: preview.seen(grey(240), ()))
        assert second > first
        assert picture.convert("L").getpixel((5, 5)) == pytest.approx(240, abs=3)


def test_after_one_who_looked_comes_the_next(preview: Preview, place: Path) -> None:
    """A client that hangs up, or says something else, makes way."""
    for word in (b"", b"?"):
        with looking(place) as client:
            shown(client, lambda: preview.seen(grey(1), ()))
            client.sendall(word)
    with looking(place) as client:
        shown(client, lambda: preview.seen(grey(1), ()))


def test_only_owner_and_group_may_look(preview: Preview, place: Path) -> None:
    """The socket file has mode 0660."""
    assert stat.S_IMODE(place.stat().st_mode) == 0o660


def test_the_folder_never_holds_a_picture(preview: Preview, place: Path) -> None:
    """Beside the socket nothing appears, and the socket goes with the preview."""
    with looking(place) as client:
        shown(client, lambda: preview.seen(grey(1), ()))
        assert list(place.parent.iterdir()) == [place]
    preview.close()
    assert list(place.parent.iterdir()) == []
