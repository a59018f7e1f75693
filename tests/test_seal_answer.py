"""Answers under the key that came inside the probe: who opens them, and what does not pass for one."""

import hashlib
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from making import DEVICE, HUB, KIOSK, keys, tcn

from hotspot_kiosk import seal
from hotspot_kiosk.errors import BadBytes, SealError
from hotspot_kiosk.seal_answer import (
    MAGIC,
    OVERHEAD,
    SALT_SIZE,
    is_sealed_answer,
    open_answer,
    reply_key,
    seal_answer,
)

ANSWER = b"no hit, nobody of that face and finger"
PROBE = seal.seal(b"probe", tcn(), "probe", HUB.public(), KIOSK)
REQUEST = hashlib.sha256(PROBE).digest()
OTHER_REQUEST = hashlib.sha256(b"another probe").digest()
KEY = reply_key(KIOSK, tcn())
ENTROPY = bytes(range(32))
ENVELOPE = seal_answer(ANSWER, tcn(), REQUEST, KEY, HUB, ENTROPY)
HPKE = seal.seal(ANSWER, tcn(), "answer", KIOSK.public(), HUB)
SALT = slice(10, 10 + SALT_SIZE)


def opened(
    envelope: bytes, number: int = 1, request: bytes = REQUEST, own: seal.PrivateKeys = KIOSK
) -> bytes:
    """As the kiosk opens it."""
    return open_answer(envelope, tcn(number), request, HUB.public(), own)


def test_the_kiosk_opens_what_the_hub_sealed_under_its_key() -> None:
    """And it is small."""
    assert opened(ENVELOPE) == ANSWER
    assert len(ENVELOPE) == len(ANSWER) + OVERHEAD == len(ANSWER) + 106


def test_an_answer_of_an_older_hub_still_opens() -> None:
    """The envelope itself says which form it has."""
    assert opened(HPKE) == ANSWER
    assert (is_sealed_answer(ENVELOPE), is_sealed_answer(HPKE)) == (True, False)


def test_a_reply_key_is_the_same_after_a_restart_and_of_one_record_only() -> None:
    """Nothing is kept on disk for it."""
    again = seal.PrivateKeys(DEVICE, KIOSK.signing_seed, KIOSK.mlkem_seed, KIOSK.x25519_seed)
    assert reply_key(again, tcn()) == KEY
    assert len({KEY, reply_key(KIOSK, tcn(2)), reply_key(keys(DEVICE + 1), tcn())}) == 3
    assert not {KEY} & {KIOSK.signing_seed, KIOSK.x25519_seed, KIOSK.mlkem_seed[:32], KIOSK.mlkem_seed[32:]}


def test_another_kiosk_cannot_open_it() -> None:
    """Though it hears it and knows which record it is of."""
    with pytest.raises(SealError, match="this kiosk's keys"):
        opened(ENVELOPE, own=keys(DEVICE + 1))


def test_an_answer_to_another_record_is_refused() -> None:
    """In both forms."""
    for envelope in (ENVELOPE, HPKE):
        with pytest.raises(BadBytes, match="another record"):
            opened(envelope, number=2)


def test_a_relabelled_answer_is_refused() -> None:
    """The number in the header is signed; the hub's own signature over it would not open it either."""
    other = seal_answer(ANSWER, tcn(2), REQUEST, KEY, HUB, ENTROPY)
    relabelled = other[:10] + ENVELOPE[10:]
    with pytest.raises(SealError, match="does not verify"):
        opened(relabelled, number=2)
    with pytest.raises(SealError, match="this kiosk's keys"):
        opened(other, number=2)


def test_a_replayed_answer_fits_no_second_probe_of_the_number() -> None:
    """A kiosk that lost its outbox and used a number twice is not given the first person's answer."""
    with pytest.raises(SealError, match="does not verify"):
        opened(ENVELOPE, request=OTHER_REQUEST)


def test_the_probe_is_bound_into_the_box_and_not_only_signed_over() -> None:
    """Signed again, by the hub, for another probe: the box does not open."""
    sealed = ENVELOPE[: -seal.SIGNATURE_SIZE]
    resigned = sealed + HUB.sign(b"answer\0" + OTHER_REQUEST + sealed)
    with pytest.raises(SealError, match="this kiosk's keys"):
        opened(resigned, request=OTHER_REQUEST)


def test_who_sent_the_probe_cannot_answer_it() -> None:
    """The kiosk knows the key, and whoever steals it does: only the hub's signature makes it an answer."""
    with pytest.raises(SealError, match="does not verify"):
        opened(seal_answer(b"no hit", tcn(), REQUEST, KEY, KIOSK, ENTROPY))


def test_a_request_is_no_answer_and_an_answer_no_request() -> None:
    """Neither direction's envelope is taken for the other's."""
    with pytest.raises(BadBytes):
        opened(PROBE)
    with pytest.raises(BadBytes):
        seal.open_envelope(ENVELOPE + bytes(seal.OVERHEAD), KIOSK.public(), HUB)


def test_a_part_sealed_for_the_kiosk_is_no_answer() -> None:
    """Only what the hub sealed as an answer opens as one."""
    with pytest.raises(BadBytes, match="another record"):
        opened(seal.seal(ANSWER, tcn(), "evidence", KIOSK.public(), HUB))


@pytest.mark.parametrize("magic", [*seal.MAGICS.values(), b"HKA0", b"\0\0\0\0"])
def test_an_answer_cannot_be_passed_off_in_another_form(magic: bytes) -> None:
    """No downgrade: the form is told by bytes that are signed, never by trying."""
    with pytest.raises((BadBytes, SealError)):
        opened(magic + ENVELOPE[4:])
    with pytest.raises((BadBytes, SealError)):
        opened(MAGIC + HPKE[4:])


def test_a_hubs_signature_on_an_answer_is_none_on_anything_else() -> None:
    """Receipts, orders and HPKE envelopes have words of their own in front."""
    sealed, signature = ENVELOPE[:-64], ENVELOPE[-64:]
    HUB.public().verify(b"answer\0" + REQUEST + sealed, signature)
    for words in (b"receipt\0", b"refusal\0", b"order\0", b""):
        with pytest.raises(SealError):
            HUB.public().verify(words + REQUEST + sealed, signature)


def test_randomness_that_repeats_repeats_no_nonce() -> None:
    """Two workers, or one after a crash, whose generator stands still: another answer, another key."""
    other = seal_answer(ANSWER + b"!", tcn(), REQUEST, KEY, HUB, ENTROPY)
    again = seal_answer(ANSWER, tcn(), OTHER_REQUEST, KEY, HUB, ENTROPY)
    assert len({each[SALT] for each in (ENVELOPE, other, again)}) == 3
    assert seal_answer(ANSWER, tcn(), REQUEST, KEY, HUB, ENTROPY) == ENVELOPE


def test_two_workers_answers_to_one_probe_both_open() -> None:
    """Whichever comes first; they share no salt."""
    both = [seal_answer(ANSWER, tcn(), REQUEST, KEY, HUB, os.urandom(32)) for _ in range(2)]
    assert [opened(each) for each in both] == [ANSWER, ANSWER]
    assert both[0][SALT] != both[1][SALT]


def test_a_hub_whose_keys_change_is_believed_during_the_overlap() -> None:
    """The ring of the hub's keys serves here, too."""
    ring = seal.Ring((keys(0).public(), seal.PrivateKeys.make(0, bytes(range(128))).public()))
    assert open_answer(ENVELOPE, tcn(), REQUEST, ring, KIOSK) == ANSWER


@given(st.integers(0, len(ENVELOPE) - 1), st.integers(1, 255))
@settings(max_examples=150)
def test_no_changed_byte_goes_unnoticed(place: int, change: int) -> None:
    """Header, salt, box or signature: any byte."""
    broken = bytearray(ENVELOPE)
    broken[place] ^= change
    with pytest.raises((BadBytes, SealError)):
        opened(bytes(broken))


@given(st.binary(max_size=400))
def test_noise_is_no_answer(noise: bytes) -> None:
    """With and without the right beginning."""
    for envelope in (noise, MAGIC + noise, ENVELOPE[:10] + noise):
        with pytest.raises((BadBytes, SealError)):
            opened(envelope)


@pytest.mark.parametrize("size", [0, 4, 10, OVERHEAD - 1, len(ENVELOPE) - 1])
def test_a_cut_answer_is_refused(size: int) -> None:
    """A torn file or message does not open half."""
    with pytest.raises((BadBytes, SealError)):
        opened(ENVELOPE[:size])


def test_wrong_lengths_never_seal() -> None:
    """A short key or digest is a mistake of the caller's."""
    for request, key, entropy in (
        (b"", KEY, ENTROPY),
        (REQUEST, KEY[:16], ENTROPY),
        (REQUEST, KEY, b""),
    ):
        with pytest.raises(ValueError, match="wrong length"):
            seal_answer(ANSWER, tcn(), request, key, HUB, entropy)
