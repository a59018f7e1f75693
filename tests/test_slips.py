"""A slip as the kiosk writes it: what stands on it in every language, that its code reads back, and what never does."""

import re
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from making import DEVICE, HUB, KIOSK, operation, public_file, tcn
from pages_rig import CONFIG

from hotspot_kiosk import nist, policy, slip
from hotspot_kiosk.cli import door
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.keyring import load_private, make_pair, save_public
from hotspot_kiosk.kiosk import slips
from hotspot_kiosk.operation import Kind, Retention, Rights, sign
from hotspot_kiosk.seal_answer import reply_key

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


def test_a_lost_slip_is_written_again(tmp_path: Path) -> None:
    """By the command at the kiosk, into a file that only its owner reads; an existing one stays."""
    (tmp_path / "peers").mkdir()
    save_public(tmp_path / "peers" / "hub.pub", public_file(HUB))
    make_pair(tmp_path, "kiosk", DEVICE, "Green line 4", bytes(range(128)))
    (tmp_path / "operation.op").write_bytes(sign(operation(), HUB))
    config = tmp_path / "kiosk.toml"
    config.write_text(CONFIG.format(desk=tmp_path / "desk", port=8080, subject_s=45.0, more=""))
    to = tmp_path / "slip.html"
    command = ["subject", "slip", "-c", str(config), "--language", "fa", "--to", str(to), tcn()]
    done = CliRunner().invoke(door, command)
    assert done.exit_code == 0, done.output
    own = load_private(tmp_path / "kiosk.key")
    assert slip.encounter(tcn(), reply_key(own, tcn())).number in to.read_text("utf-8")
    assert to.stat().st_mode & 0o077 == 0
    assert CliRunner().invoke(door, command).exit_code == 1
