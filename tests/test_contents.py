"""What lies inside envelopes: there and back, at most 10 KB, damaged bytes refused."""

import dataclasses
import zlib
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from making import HUB, KIOSK, NOW, face_capture, face_template, finger_capture, finger_template, request, tcn

from hotspot_kiosk import contents, seal
from hotspot_kiosk.compare.face import FaceComparator
from hotspot_kiosk.compare.port import Calibration
from hotspot_kiosk.errors import BadBytes
from hotspot_kiosk.policy import Shielded
from hotspot_kiosk.terms import (
    Answer,
    AnswerType,
    Candidate,
    Decision,
    FaceTemplate,
    FingerPosition,
    FingerTemplate,
    Late,
    Template,
)


def same(a: Template, b: Template) -> bool:
    """Equal but for the rounding of face vectors."""
    if isinstance(a, FaceTemplate) and isinstance(b, FaceTemplate):
        half_a_step = float(np.abs(a.vector).max()) / 254
        return a.model == b.model and bool(np.allclose(a.vector, b.vector, atol=half_a_step + 1e-6))
    assert isinstance(a, FingerTemplate)
    assert isinstance(b, FingerTemplate)
    arrays = all(np.array_equal(getattr(a, n), getattr(b, n)) for n in ("minutiae", "area", "ridges"))
    return arrays and (a.model, a.position, a.ppi, a.width) == (b.model, b.position, b.ppi, b.width)


def test_a_probe_comes_back() -> None:
    """Context and templates survive the way."""
    asked = request()
    probe = contents.decode(contents.encode(asked))
    assert (probe.tcn, probe.tot, probe.post, probe.operation) == (asked.tcn, asked.tot, asked.post, "OP-1")
    assert probe.stamp == asked.stamp
    for capture, template in zip(asked.captures, probe.templates, strict=True):
        assert same(capture.template, template)


@pytest.mark.parametrize("fingers", [1, 2, 4, 10])
def test_a_sealed_probe_takes_at_most_10_kb(fingers: int) -> None:
    """Ten fingers, too: the ridge pictures of the last stay behind, minutiae never do."""
    captures = tuple(finger_capture(i, FingerPosition(i), score=50 + i) for i in range(1, fingers + 1))
    asked = dataclasses.replace(request(), captures=captures)
    body = contents.encode(asked)
    assert len(seal.seal(body, tcn(), "probe", HUB.public(), KIOSK)) <= 10_240
    templates = contents.decode(body).templates
    assert len(templates) == fingers
    full = [t for t in templates if isinstance(t, FingerTemplate) and t.ridges.size]
    assert full
    assert [t.position for t in full] == list(range(1, len(full) + 1))


def test_a_probe_that_cannot_fit_is_refused() -> None:
    """A clear error at the kiosk instead of a message that no hub takes."""
    captures = tuple(finger_capture(i, FingerPosition(i % 10 + 1)) for i in range(120))
    with pytest.raises(BadBytes, match="10 KB"):
        contents.encode(dataclasses.replace(request(), captures=captures))


def test_a_reply_key_comes_back_whole_or_not_at_all() -> None:
    """32 bytes or none: the hub never seals under a part of a key."""
    assert contents.decode(contents.encode(request())).reply_key == b""
    assert contents.decode(contents.encode(request(), b"k" * 32)).reply_key == b"k" * 32
    with pytest.raises(BadBytes, match="reply key"):
        contents.decode(contents.encode(request(), b"k" * 31))
    assert "kkk" not in repr(contents.decode(contents.encode(request(), b"k" * 32)))


def test_rounding_a_face_for_the_link_hardly_moves_its_score() -> None:
    """Pairs at distances from 0.1 to 1.4: the score, minus the distance, moves by less than 0.003."""
    comparator = FaceComparator(Calibration(-1.0, 0.0, 1.0, "test"))
    rng = np.random.default_rng(3)
    for distance in np.linspace(0.1, 1.4, 40):
        vector = face_template(int(distance * 1000)).vector
        step = rng.normal(size=128)
        other = (vector + distance * step / np.linalg.norm(step)).astype(np.float32)
        capture = dataclasses.replace(face_capture(), template=FaceTemplate("test-face", vector))
        sent = contents.decode(
            contents.encode(dataclasses.replace(request(), captures=(capture,)))
        ).templates[0]
        assert isinstance(sent, FaceTemplate)
        moved = comparator.scores(sent.vector, other[None])[0] + float(np.linalg.norm(vector - other))
        assert abs(moved) < 0.003


def test_a_probe_of_an_older_kiosk_still_comes_in() -> None:
    """Its templates as a gallery keeps them, and no reply key."""
    plain = msgspec.msgpack.decode(zlib.decompress(contents.encode(request())))
    given_ = (face_template(), finger_template())
    old = msgspec.msgpack.decode(zlib.decompress(contents.encode_templates(given_)))
    body = zlib.compress(msgspec.msgpack.encode([*plain[:7], old, *plain[8:9]]))
    probe = contents.decode(body)
    assert probe.reply_key == b""
    assert all(same(a, b) for a, b in zip(given_, probe.templates, strict=True))


def test_a_probe_of_very_many_templates_is_refused() -> None:
    """Pictures of nothing are small to send and dear to read."""
    plain = msgspec.msgpack.decode(zlib.decompress(contents.encode(request())))
    plain[7] = [plain[7][0]] * (contents.MOST_TEMPLATES + 1)
    with pytest.raises(BadBytes, match="more templates"):
        contents.decode(zlib.compress(msgspec.msgpack.encode(plain)))


@pytest.mark.parametrize("step", [0.0, -1.0, float("nan"), float("inf"), 1e30])
def test_a_face_of_impossible_steps_is_refused(step: float) -> None:
    """No vector of zeros, of infinities or of nothing."""
    plain = msgspec.msgpack.decode(zlib.decompress(contents.encode(request())))
    faces = [item for item in plain[7] if item[0] == "g"]
    assert len(faces) == 1
    faces[0][2] = step
    with pytest.raises(BadBytes, match="no numbers"):
        contents.decode(zlib.compress(msgspec.msgpack.encode(plain)))


def test_templates_come_back_from_a_gallery() -> None:
    """A gallery's row is exact but for float16."""
    given_ = (face_template(), finger_template())
    back = contents.decode_templates(contents.encode_templates(given_))
    assert all(same(a, b) for a, b in zip(given_, back, strict=True))


def test_an_answer_comes_back() -> None:
    """Decision, candidates and time survive."""
    answer = Answer(
        tcn(), AnswerType.SRE, Decision.POSSIBLE_MATCH, (Candidate("CASE-1", 1, 12.25),), NOW, "note"
    )
    assert contents.decode_answer(contents.encode_answer(answer)) == answer


def test_an_answers_length_does_not_tell_whether_anybody_was_found() -> None:
    """Nobody, one candidate and two take the same bytes; a long note takes one step more."""
    found = tuple(Candidate(f"CASE-2026-00012{rank}", rank, 9.5 - rank) for rank in (1, 2))
    answers = [
        Answer(tcn(), AnswerType.SRE, decision, found[:count], NOW)
        for count, decision in enumerate((Decision.NO_HIT, Decision.UNDECIDED, Decision.POSSIBLE_MATCH))
    ]
    assert {len(contents.encode_answer(answer)) for answer in answers} == {contents.ANSWER_STEP}
    noted = dataclasses.replace(answers[0], note="".join(map(chr, range(32, 127))) * 2)
    assert len(contents.encode_answer(noted)) == 2 * contents.ANSWER_STEP


@given(st.binary(max_size=300))
@example(b"\x90")
def test_noise_is_no_probe(noise: bytes) -> None:
    """Bytes from outside give BadBytes, compressed or not."""
    for data in (noise, zlib.compress(noise)):
        for decode in (contents.decode, contents.decode_answer, contents.decode_templates):
            with pytest.raises(BadBytes):
                decode(data)


@given(st.integers(0, 10**6), st.integers(1, 255))
@settings(max_examples=300)
def test_a_changed_probe_is_refused_or_still_sane(place: int, change: int) -> None:
    """No flipped byte inside gives a crash or a template that lies outside its image."""
    plain = bytearray(zlib.decompress(contents.encode(request())))
    plain[place % len(plain)] ^= change
    try:
        probe = contents.decode(zlib.compress(bytes(plain)))
    except BadBytes:
        return
    for template in probe.templates:
        if isinstance(template, FingerTemplate):
            assert (template.minutiae[:, :2] < (template.width, template.height)).all()
        else:
            assert np.isfinite(template.vector).all()


def test_a_bomb_is_refused() -> None:
    """A small message that would fill the memory stops at a megabyte."""
    with pytest.raises(BadBytes, match="larger"):
        contents.decode(zlib.compress(b"\x00" * 50_000_000, 9))


def test_an_impossible_time_is_refused() -> None:
    """A float that is no date does not crash the hub."""
    answer = Answer(tcn(), AnswerType.SRE, Decision.NO_HIT, (), datetime(2026, 1, 1, tzinfo=UTC))
    plain = zlib.decompress(contents.encode_answer(answer))
    at = plain.index(b"\xcb")
    broken = plain[: at + 1] + b"\x7f\xef" + b"\xff" * 6 + plain[at + 9 :]
    with pytest.raises(BadBytes, match="time"):
        contents.decode_answer(zlib.compress(broken))


def test_what_is_shielded_travels_inside_the_probe_only() -> None:
    """It comes back as the one carrier there is; a probe without it is not a byte longer than before."""
    known = Shielded(frozenset({"SYR", "AFG"}), True)
    back = contents.decode(contents.encode(request(), b"k" * 32, known))
    assert (back.shielded.origins, back.shielded.protection_sought) == (known.origins, True)
    assert "SYR" not in repr(back)
    plain = contents.encode(request(), b"k" * 32)
    assert contents.encode(request(), b"k" * 32, Shielded()) == plain
    assert len(msgspec.msgpack.decode(zlib.decompress(plain))) == 10
    assert not contents.decode(plain).shielded.origins
    assert not contents.decode(plain).shielded.protection_sought


@pytest.mark.parametrize("origin", ["syria", "S1R", "", "SQ"])
def test_a_country_that_is_none_is_refused(origin: str) -> None:
    """A code that no shield can compare would shield nobody."""
    with pytest.raises(BadBytes, match="country"):
        contents.decode(contents.encode(request(), b"", Shielded(frozenset({origin, "SYR"}))))


def test_a_later_answer_comes_back() -> None:
    """Its edition, where a candidate comes from, and until when it counts."""
    late = Late("Green line 4", NOW, True, NOW + timedelta(hours=72))
    found = (Candidate("CASE-1", 1, 12.25), Candidate("XPO/1", 2, 0.0, "XPO"))
    answer = Answer(tcn(), AnswerType.SRE, Decision.POSSIBLE_MATCH, found, NOW, "note", 3, late)
    assert contents.decode_answer(contents.encode_answer(answer)) == answer


def test_a_first_answer_costs_no_byte_more_for_its_edition() -> None:
    """What a person waits for on a thin link stays as short as it was."""
    answer = Answer(tcn(), AnswerType.SRE, Decision.POSSIBLE_MATCH, (Candidate("CASE-1", 1, 9.5),), NOW)
    plain = msgspec.msgpack.decode(zlib.decompressobj().decompress(contents.encode_answer(answer)))
    assert plain == ["hka1", tcn(), "SRE", answer.decision, [["CASE-1", 1, 9.5]], NOW.timestamp(), ""]


@pytest.mark.parametrize("edition", [0, -1, contents.LARGEST_EDITION + 1])
def test_an_impossible_edition_is_refused(edition: int) -> None:
    """None could ever be replaced by it, or replace it."""
    answer = Answer(tcn(), AnswerType.SRE, Decision.NO_HIT, (), NOW, "", edition)
    with pytest.raises(BadBytes, match="edition"):
        contents.decode_answer(contents.encode_answer(answer))
