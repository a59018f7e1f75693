"""What a maintainer reads of the log: the software's own words, and nothing that came from outside."""

from __future__ import annotations

import base64
import logging
import string
from collections.abc import Iterator

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from making import face_capture, finger_capture, tcn

from hotspot_kiosk.kiosk.care.loglines import LEFT_OUT, LONGEST, Recent, vocabulary

NAMES = [
    "Ahmad",
    "Mohammad",
    "Mohammed",
    "Fatima",
    "Zahra",
    "Amina",
    "Aisha",
    "Yusuf",
    "Ibrahim",
    "Ismail",
    "Omar",
    "Karim",
    "Layla",
    "Noor",
    "Reza",
    "Khan",
    "Rezai",
    "Hussein",
    "Hassan",
    "Ali",
    "Abdullah",
    "Said",
    "Olena",
    "Oksana",
    "Taras",
    "Ivan",
    "Elena",
    "Dmitri",
    "Mehmet",
    "Ayse",
    "Besnik",
    "Arben",
    "Drita",
    "Jamshid",
    "Farrukh",
    "Gulnora",
    "Rustam",
    "Zarina",
    "Dilshod",
    "Tekle",
    "Abebe",
    "Nguyen",
    "Maria",
    "Anna",
    "Peter",
    "John",
    "Paul",
    "Mark",
    "Max",
    "Will",
    "Grant",
    "Grace",
    "Hope",
    "Frank",
    "Hameed",
    "Nazari",
    "Shinwari",
    "Barzani",
    "Talabani",
    "Haddad",
    "Kovalenko",
    "Shevchenko",
]
ROW = " ".join(map(str, np.arange(200, 256)))


@pytest.fixture
def heard() -> Iterator[Recent]:
    recent = Recent()
    recent.start()
    yield recent
    recent.close()


def shown(recent: Recent, text: str) -> str:
    """What a maintainer sees of it, in whatever part of the program it was logged."""
    logging.getLogger("hotspot_kiosk.kiosk.link.uplink").error("%s", text)
    return recent.lines()[-1].text


@pytest.mark.parametrize("name", NAMES)
def test_no_name_gets_through(name: str) -> None:
    """Alone, in capitals, joined to others, in a sentence, with a number, in quotes; small letters that are a word may."""
    words = vocabulary()
    for text in (
        name,
        name.upper(),
        f"{name}ov",
        f"{name}-Nour",
        f"{name}_1990",
        f"officer {name}: stored",
        f"'{name}'",
    ):
        assert name.lower() not in words.plain(text).lower(), words.plain(text)


@pytest.mark.parametrize(
    "text",
    [
        str(tcn(1)),
        f"{tcn(9)} stored",
        "26 000 1700 0000 1P",
        "born 1990-05-12",
        "born 12.05.1990",
        "born 12 05 1990",
        "+30 210 555 1234",
        "passport AB1234567",
        "someone@example.org",
        "10.0.17.4:8883",
        "35.337,25.144",
        ROW,
        f"array([{ROW.replace(' ', ', ')}])",
        base64.b64encode(bytes(range(60))).decode(),
        bytes(range(60)).hex(),
        "AAECAwQF",
    ],
)
def test_nothing_that_came_from_outside_gets_through(text: str) -> None:
    """Control numbers, dates, telephones, papers, addresses, places, pixels, keys: not one of their digits."""
    kept = vocabulary().plain(text)
    assert not [letter for letter in kept if letter.isdigit()], kept
    assert LEFT_OUT in kept


def test_pictures_and_templates_that_were_logged_by_mistake_say_nothing(heard: Recent) -> None:
    """Whole captures and pixels as arguments: no number is left."""
    for thing in (face_capture(), finger_capture(), face_capture().sample.pixels):
        text = shown(heard, f"captured {thing!r}")
        assert not [letter for letter in text if letter.isdigit()], text


@given(st.text(max_size=200))
def test_only_known_words_and_small_numbers_are_left(text: str) -> None:
    """Whatever is written into a line."""
    words = vocabulary()
    kept = words.plain(text)
    assert len(kept) <= LONGEST
    letters = "".join(one if one.isalpha() else " " for one in kept.replace("_", " ")).split()
    assert set(letters) <= words.words
    assert (
        max((len(part) for part in "".join(d if d.isdigit() else " " for d in kept).split()), default=0) <= 5
    )


@given(st.text(alphabet=string.ascii_letters, min_size=1, max_size=12))
def test_a_word_that_the_software_cannot_say_is_left_out(word: str) -> None:
    """As it is written: a capital makes another word."""
    words = vocabulary()
    assert words.plain(f"stored {word}") == (
        f"stored {word}" if word in words.words else f"stored {LEFT_OUT}"
    )


@pytest.mark.parametrize(
    "text",
    [
        "link lost: [Errno 113] No route to host",
        "the panel is lost, nothing watches the box: it does not answer",
        "the uplink waits 4 s for the disk: outbox.db cannot be written: No space left on device",
        "the supply is low: 11.2 V; check it",
        "kiosk 17 ready",
        "the link certificate is renewed",
    ],
)
def test_what_a_maintainer_needs_is_there(text: str) -> None:
    """The software's own sentences, with their measures, whole."""
    assert vocabulary().plain(text) == text


def test_only_the_newest_lines_are_kept(heard: Recent) -> None:
    """In order, with when, how bad and where; a foreign library's name is none of ours; a broken line is an empty one."""
    few = Recent(3)
    few.start()
    logging.getLogger("paho.someone").warning("link lost")
    for number in range(4):
        logging.getLogger("hotspot_kiosk.kiosk.daemon").error("kiosk %d ready", number)
    few.emit(logging.LogRecord("hotspot_kiosk", logging.ERROR, "", 0, "%d", ("x",), None))
    assert [each.text for each in few.lines()] == ["kiosk 2 ready", "kiosk 3 ready", ""]
    assert {each.where for each in heard.lines()} == {"other", "kiosk.daemon"}
    few.close()
    assert few.lines() == ()
