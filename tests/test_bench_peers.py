"""Peers of the bench: asked over a pipe, measured on the same pairs as ours, left out with a reason where absent."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest
from prints import touch

from hotspot_kiosk.bench import face_set, finger
from hotspot_kiosk.bench.peers import dlib_face, nbis, pipe
from hotspot_kiosk.bench.set_options import SetOptions
from hotspot_kiosk.errors import ModelError
from hotspot_kiosk.inference.detect import FaceDetector
from hotspot_kiosk.inference.port import ModelShelf
from hotspot_kiosk.pictures import decode, read
from hotspot_kiosk.simulator.finger_touch import FULL
from models.build import MANIFEST

ECHO = """
import sys
from hotspot_kiosk.bench.peers.pipe import serve
def answer(question):
    print("a library's chatter")
    if question == b"die":
        sys.exit("it fell over")
    return question[::-1]
serve(answer)
"""


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[pipe.Child]:
    """A process that says everything backwards, and prints between."""
    (tmp_path / "backwards.py").write_text(ECHO)
    with pipe.Child("backwards", [], tmp_path) as child:
        yield child


@pytest.fixture(scope="module")
def peers() -> Path:
    """Where the peers are, if `make peers` was run here."""
    return pipe.cache()


@pytest.fixture
def bozorth(peers: Path) -> Iterator[nbis.Nbis]:
    """NBIS in its process; skips with the reason."""
    try:
        child = nbis.start(peers)
    except ModelError as error:
        pytest.skip(str(error))
    with child:
        yield nbis.Nbis(child)


def test_answers_come_whole_and_chatter_is_no_answer(echo: pipe.Child) -> None:
    """Also empty ones, and ones larger than a pipe holds."""
    large = bytes(range(256)) * 4096
    assert [echo.ask(text) for text in (b"abc", b"", large)] == [b"cba", b"", large[::-1]]


def test_a_peer_that_falls_over_is_said_so(echo: pipe.Child) -> None:
    """Not waited for."""
    with pytest.raises(ModelError, match="ended before it answered"):
        echo.ask(b"die")


def test_an_absent_peer_leaves_a_reason(tmp_path: Path) -> None:
    """The one its fetching left, or that it was not fetched; and what to do."""
    for start in (nbis.start, dlib_face.start):
        with pytest.raises(ModelError, match=r"not fetched yet \(run `make peers`\)"):
            start(tmp_path)
    (tmp_path / "nbis.missing").write_text("no C compiler\n")
    with pytest.raises(ModelError, match="no C compiler"):
        nbis.start(tmp_path)


def test_without_a_peer_the_bench_goes_on(tmp_path: Path) -> None:
    """The reason is said once, and no template comes."""
    said: list[str] = []
    with face_set.peer_at(tmp_path, said.append) as peer:
        assert peer is None
    assert len(said) == 1
    with face_set.peer_at(None, said.append) as peer:
        assert peer is None
    assert len(said) == 1


def test_bozorth_tells_two_fingers_apart(bozorth: nbis.Nbis) -> None:
    """Two impressions of one finger score higher than two fingers; a picture without ridges scores nothing."""
    one, same, other = (
        bozorth.template(touch(person, seed, FULL)) for person, seed in ((1, 0), (1, 1), (2, 0))
    )
    assert bozorth.compare(one, same) > 2 * bozorth.compare(one, other)
    blank = bozorth.template(np.full((200, 200), 255, np.uint8))
    assert bozorth.compare(blank, one) == 0
    assert bozorth.count == 3
    assert bozorth.seconds > 0


def test_both_stand_in_one_table(bozorth: nbis.Nbis, peers: Path, tmp_path: Path) -> None:
    """Every condition of ours has the peer's beside it, of as many comparisons; the plot holds both."""
    for person in (1, 2):
        for seed in range(2):
            cv2.imwrite(str(tmp_path / f"{person}_{seed}.png"), touch(person, seed, FULL))
    options = SetOptions(tmp_path, tmp_path / "report", "160x160x4", 1, peers)
    shown = {each.figure: each for each in finger.run_set(options, lambda _: None)}
    ours = {name: each for name, each in shown.items() if not name.endswith(nbis.NAME)}
    assert len(ours) * 2 == len(shown)
    assert all(shown[f"{name}, {nbis.NAME}"].n == each.n for name, each in ours.items())
    assert nbis.NAME in (tmp_path / "report" / "det.svg").read_text("utf-8")


def test_dlib_agrees_with_its_network_as_onnx(peers: Path, models_built: Path) -> None:
    """Its own box, points and chip change the template, but one person stays nearer than another."""
    shelf = ModelShelf(MANIFEST, models_built, threads=1)
    detector = FaceDetector(shelf.open("centerface"))
    shown = [decode(read(path)) for path in sorted((models_built / "pictures").glob("portrait_*"))[:2]]
    shown.append(np.ascontiguousarray(shown[0][:, ::-1]))
    try:
        child = dlib_face.start(peers)
    except ModelError as error:
        pytest.skip(str(error))
    with child:
        peer = dlib_face.Dlib(child)
        one, other, mirrored = (peer.template(each, detector.detect(each)[0].box) for each in shown)
    assert one.shape == (128,)
    assert np.linalg.norm(one - mirrored) < 0.6 < np.linalg.norm(one - other)
