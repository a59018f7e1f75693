"""The number on a slip: nobody guesses it, a slip of the tongue shows, the hub knows it from the probe alone."""

import itertools
import random

import pytest
from making import HUB, KIOSK, keys, tcn

from hotspot_kiosk import slip
from hotspot_kiosk.errors import BadBytes, Refused
from hotspot_kiosk.seal_answer import reply_key

SHOWN = slip.encounter(tcn(), reply_key(KIOSK, tcn()))


@pytest.mark.parametrize(
    "words",
    [
        SHOWN.number,
        SHOWN.number.lower(),
        SHOWN.number.replace("-", " "),
        f" {SHOWN.number.replace('-', '')}\n",
    ],
)
def test_it_is_read_however_it_is_written(words: str) -> None:
    """Scanned, typed in small letters, with spaces or without."""
    assert slip.read(words) == SHOWN


def test_letters_that_look_like_digits_are_taken_as_such() -> None:
    """In the secret there is no I, L or O."""
    for counter in range(1, 200):
        shown = slip.encounter(tcn(counter), reply_key(KIOSK, tcn(counter)))
        plain = shown.number.replace("-", "")
        secret = plain[15:-2].replace("1", "l").replace("0", "o")
        assert slip.read(plain[:15] + secret + plain[-2:]) == shown


def test_every_single_wrong_character_shows() -> None:
    """ISO/IEC 7064 promises it; all places, all characters."""
    plain = SHOWN.number.replace("-", "")
    for place, other in itertools.product(range(len(plain)), slip.CHARACTERS):
        meant = other.translate(slip.MEANT) if 15 <= place < len(plain) - 2 else other
        if meant != plain[place]:
            with pytest.raises(BadBytes):
                slip.read(plain[:place] + other + plain[place + 1 :])


def test_every_swap_of_neighbours_shows() -> None:
    """Two groups read in the wrong order, too."""
    for counter in range(1, 100):
        plain = slip.encounter(tcn(counter), reply_key(KIOSK, tcn(counter))).number.replace("-", "")
        for place in range(len(plain) - 1):
            swapped = plain[:place] + plain[place + 1] + plain[place] + plain[place + 2 :]
            if swapped != plain:
                with pytest.raises(BadBytes):
                    slip.read(swapped)


def test_check_characters_are_the_standards() -> None:
    """The example of ISO/IEC 7064, clause 7 and annex: the whole is 1 modulo 1271."""
    plain = "ISO79"
    assert slip.check_characters(plain) == "3W"


@pytest.mark.parametrize(
    "words", ["", "-", "26000170000001X", "é" * 33, "\0" * 33, "9" * 33, "٣" * 33, "x" * 9999]
)
def test_what_is_no_number_is_refused_in_words(words: str) -> None:
    """Never a traceback."""
    with pytest.raises(BadBytes, match="read it again"):
        slip.read(words)


def test_chance_passes_no_number() -> None:
    """20,000 strings drawn at random over the alphabet: none is one, though each has the right length."""
    drawn = random.Random(7)
    for _ in range(20_000):
        words = "".join(drawn.choices(slip.CHARACTERS, k=33))
        with pytest.raises(BadBytes):
            slip.read(words)


def test_only_the_right_secret_proves_it() -> None:
    """Neither another record's, nor another kiosk's, nor that of a probe without a reply key."""
    slip.prove(SHOWN, reply_key(KIOSK, tcn()))
    for key in (reply_key(KIOSK, tcn(2)), reply_key(keys(18), tcn()), reply_key(HUB, tcn()), b""):
        with pytest.raises(Refused, match="nothing is held"):
            slip.prove(SHOWN, key)


def test_no_two_records_have_one_secret() -> None:
    """Of a thousand."""
    assert len({slip.encounter(tcn(n), reply_key(KIOSK, tcn(n))).secret for n in range(1, 1001)}) == 1000


def test_what_stays_of_it_proves_it_and_tells_nothing() -> None:
    """The mark after an erasure fits this number only, and is not the secret."""
    slip.prove_kept(SHOWN, SHOWN.kept)
    assert SHOWN.secret not in SHOWN.kept
    with pytest.raises(Refused):
        slip.prove_kept(slip.Encounter(tcn(2), SHOWN.secret), SHOWN.kept)


def test_a_repr_shows_no_secret() -> None:
    """Nor does a log."""
    assert SHOWN.secret.hex() not in repr(SHOWN)
    assert repr(SHOWN.secret) not in repr(SHOWN)
