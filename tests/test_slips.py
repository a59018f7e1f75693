"""A slip as the kiosk writes it: what stands on it in every language, that its code reads back, and what never does."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner, Result
from making import DEVICE, HUB, KIOSK, NOW, STAMP, operation, public_file, tcn
from pages_rig import CONFIG

from hotspot_kiosk import nist, policy, slip
from hotspot_kiosk.audit_chain import Deed, Entry, read
from hotspot_kiosk.cli import door
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.hub.law.tries import MOST_OF_ALL, MOST_OF_ONE, TRIES, Tries
from hotspot_kiosk.keyring import load_private, make_pair, save_public
from hotspot_kiosk.kiosk import slips
from hotspot_kiosk.kiosk.storage.outbox import Outbox
from hotspot_kiosk.operation import Kind, Retention, Rights, sign
from hotspot_kiosk.seal_answer import reply_key
from hotspot_kiosk.terms import Part, Tcn

web = pytest.importorskip("hotspot_kiosk.kiosk.web.slips", reason="the pages' packages are not installed")
words = pytest.importorskip("hotspot_kiosk.kiosk.web.words")
languages = pytest.importorskip("hotspot_kiosk.kiosk.web.languages")
AGENCY = nist.Agency("ALB", "POLICE")
CODES = [each.code for each in languages.Languages().all()]
PAPER = slips.write(tcn(), operation(rights=Rights(ask_at="Main street <1>", authority="A&B")), KIOSK, AGENCY)


def test_it_says_who_holds_the_data_and_how_long() -> None:
    """The operation's words, or else the kiosk's agency; the longest time of any way a check may end."""
    assert (PAPER.controller, PAPER.days) == ("POLICE, ALB", 30)
    named = operation(rights=Rights(controller="Bureau"), retention=Retention(no_hit_hours=25, hit_days=90))
    paper = slips.write(tcn(), named, KIOSK, AGENCY)
    assert (paper.controller, paper.days) == ("Bureau", 90)


@pytest.mark.parametrize("kind", list(Kind))
def test_how_long_never_tells_how_it_ended(kind: Kind) -> None:
    """It is the same for every record of an operation."""
    rule = Retention(no_hit_hours=1, unanswered_days=3, hit_days=7, enrolled_days=20)
    longest = 20 if kind is Kind.RECEPTION else 7
    assert policy.kept_at_most(rule, kind) == timedelta(days=longest)


def test_another_kiosks_slip_is_not_written() -> None:
    """Its keys are not here, so the number would be wrong."""
    with pytest.raises(Refused, match="written there"):
        slips.write(tcn(device=18), operation(), KIOSK, AGENCY)


@pytest.mark.parametrize("code", CODES)
def test_every_language_has_a_sheet(code: str) -> None:
    """All its own words, in its direction; what an operation says is escaped."""
    language = languages.Languages().get(code)
    sheet = words.Writer().sheet(PAPER, language)
    assert f'<html lang="{code}" dir="{language.direction}">' in sheet
    assert PAPER.number in sheet
    assert "Main street &lt;1&gt;" in sheet
    assert "A&amp;B" in sheet
    for message in ("slip-title", "slip-rights", "slip-nothing", "slip-keep"):
        assert language.text(message) in sheet
        assert code == "en" or message in language.own


def test_its_code_is_read_by_a_scanner() -> None:
    """The QR code on it gives the very number, in no more modules than its 33 characters need."""
    path = str(web.qr(PAPER.number)).split('stroke="#000" d="')[1].split('"')[0]
    picture = drawn(path, 29 + 8)
    found, _, _ = cv2.QRCodeDetector().detectAndDecode(picture)
    assert slip.read(found) == slip.encounter(tcn(), reply_key(KIOSK, tcn()))


def drawn(path: str, modules: int) -> np.ndarray:
    """The picture of a path of horizontal strokes, ten pixels a module."""
    picture = np.full((modules * 10, modules * 10), 255, np.uint8)
    x = y = 0.0
    for letter, words in re.findall(r"([Mmh])([-0-9. ]+)", path):
        numbers = [float(each) for each in re.findall(r"-?[0-9.]+", words)]
        if letter == "h":
            picture[int(y - 0.5) * 10 : int(y + 0.5) * 10, int(x) * 10 : int(x + numbers[0]) * 10] = 0
            x += numbers[0]
        else:
            x, y = (numbers[0], numbers[1]) if letter == "M" else (x + numbers[0], y + numbers[1])
    return picture


class Kiosk:
    """A kiosk's folder, and `subject slip` as its maintainer types it."""

    def __init__(self, root: Path) -> None:
        self.root, self.config = root, root / "kiosk.toml"
        (root / "peers").mkdir()
        save_public(root / "peers" / "hub.pub", public_file(HUB))
        make_pair(root, "kiosk", DEVICE, "Green line 4", bytes(range(128)))
        (root / "operation.op").write_bytes(sign(operation(), HUB))
        self.config.write_text(CONFIG.format(desk=root / "desk", port=8080, subject_s=45.0, more=""))
        self.outbox = Outbox(root / "outbox.db")

    def keep(self, counter: int, *, held: bool) -> Tcn:
        """A record, which the hub acknowledged or not."""
        number = tcn(counter)
        self.outbox.put(number, STAMP, [(part, b"sealed") for part in Part])
        if held:
            self.outbox.receipt(number, Part.PROBE, self.outbox.digest(number, Part.PROBE), NOW)
        return number

    def ask(self, number: Tcn, name: str = "slip.html") -> Result:
        """The command."""
        command = [
            "subject",
            "slip",
            "-c",
            str(self.config),
            "--language",
            "fa",
            "--to",
            str(self.root / name),
        ]
        return CliRunner().invoke(door, [*command, number])

    def journal(self) -> list[tuple[str, str]]:
        """What it says of slips: about which record, what."""
        paths = sorted((self.root / "journal").glob("*.jsonl"))
        lines = [read(line) for path in paths for line in path.read_bytes().splitlines()]
        return [(e.about, e.ground) for e in lines if isinstance(e, Entry) and e.what is Deed.SLIP]


@pytest.fixture
def kiosk(tmp_path: Path) -> Iterator[Kiosk]:
    """Nothing was captured yet."""
    made = Kiosk(tmp_path)
    yield made
    made.outbox.close()


def test_a_lost_slip_is_written_again(kiosk: Kiosk) -> None:
    """By the command at the kiosk, into a file that only its owner reads; an existing one stays; the journal says so."""
    number = kiosk.keep(1, held=True)
    done = kiosk.ask(number)
    assert done.exit_code == 0, done.output
    own, to = load_private(kiosk.root / "kiosk.key"), kiosk.root / "slip.html"
    assert slip.encounter(number, reply_key(own, number)).number in to.read_text("utf-8")
    assert to.stat().st_mode & 0o077 == 0
    assert kiosk.ask(number).exit_code == 1
    assert kiosk.journal() == [(number, "written again")]


def test_no_slip_is_written_for_what_the_hub_does_not_hold(kiosk: Kiosk) -> None:
    """Never captured, still on its way, of another kiosk: the same words, no file, a line each; the hub's receipt opens it."""
    waits = kiosk.keep(2, held=False)
    said = {str(kiosk.ask(number).exception) for number in (tcn(9), waits, tcn(device=18))}
    assert len(said) == 1
    assert "no slip can be written" in said.pop()
    assert not (kiosk.root / "slip.html").exists()
    assert [ground for _, ground in kiosk.journal()] == ["refused"] * 3
    kiosk.outbox.receipt(waits, Part.PROBE, kiosk.outbox.digest(waits, Part.PROBE), NOW)
    assert kiosk.ask(waits).exit_code == 0


def test_who_tries_numbers_at_a_kiosk_is_stopped(kiosk: Kiosk) -> None:
    """After so many nobody is told anything, of a record that is there as little as of one that is not."""
    there = kiosk.keep(1, held=True)
    tries = Tries(kiosk.root / TRIES)
    for counter in range(MOST_OF_ALL):
        tries.begin(tcn(100 + counter), datetime.now(UTC))
    answers = {str(kiosk.ask(number).exception) for number in (there, tcn(77))}
    assert len(answers) == 1
    assert "wait an hour" in answers.pop()
    assert not (kiosk.root / "slip.html").exists()


def test_slips_that_were_right_count_too(kiosk: Kiosk) -> None:
    """Who counts through the numbers learns from every slip that there is such a record."""
    there = kiosk.keep(1, held=True)
    for number in range(MOST_OF_ONE):
        assert kiosk.ask(there, f"{number}.html").exit_code == 0
    assert "wait an hour" in str(kiosk.ask(there, "more.html").exception)
