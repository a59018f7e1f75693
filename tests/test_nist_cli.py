"""`hotspot nist show|validate|convert`: what people and scripts see."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from nistanswers import hit
from nistfiles import changed, jpeg, sample, sample_file, sample_xml, wsq
from PIL import Image

from hotspot_kiosk.cli.nist import command
from hotspot_kiosk.errors import BadBytes, ConfigError, StorageFailed
from hotspot_kiosk.nist import parse, write
from hotspot_kiosk.nist.model import Record, Transaction, make_field


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """The sample file."""
    path = tmp_path / "record.an2"
    path.write_bytes(sample_file())
    return path


def nist(*words: str | Path) -> Result:
    """Run a command."""
    return CliRunner().invoke(command, [str(word) for word in words])


def test_both_encodings_are_shown_alike(file: Path, tmp_path: Path) -> None:
    """Told apart by themselves."""
    other = tmp_path / "record.xml"
    other.write_bytes(sample_xml())
    shown = nist("show", file)
    assert shown.exit_code == 0
    assert nist("show", other).stdout == shown.stdout
    for words in ("26000170000004E", "NPS: search, non-criminal", "right index", "WSQ20, 64 x 72 pixels"):
        assert words in shown.stdout


def test_json_has_every_field_and_no_image(file: Path) -> None:
    """Paths as in the standard; subfields as lists."""
    outline = json.loads(nist("show", "--json", file).stdout)
    assert outline["tot"] == "NPS"
    assert outline["records"][3]["fields"]["14.013"] == [["2"]]
    assert "WSQ20" in outline["records"][3]["image"]
    assert len(json.dumps(outline)) < 6000


def test_an_answer_is_shown_in_words(tmp_path: Path) -> None:
    """Hit, its place, whether a person verified it."""
    path = tmp_path / "sre.xml"
    path.write_bytes(hit())
    assert "candidate 1 of 3, verified by a person" in nist("show", path).stdout


def test_images_go_to_a_new_folder(file: Path, tmp_path: Path) -> None:
    """As they are, and WSQ as PNG, too; never into a folder that is there."""
    folder = tmp_path / "images"
    assert nist("show", "--images", folder, file).exit_code == 0
    assert sorted(each.name for each in folder.iterdir()) == [
        "003-type-10.jpg",
        "004-type-14.png",
        "004-type-14.wsq",
        "005-type-14.png",
        "005-type-14.wsq",
    ]
    assert (folder / "003-type-10.jpg").read_bytes() == jpeg()
    with Image.open(folder / "004-type-14.png") as picture:
        assert picture.size == (64, 72)
    assert isinstance(nist("show", "--images", folder, file).exception, ConfigError)


def test_a_whole_file_is_found_so(file: Path) -> None:
    """Exit code 0; notices are said."""
    done = nist("validate", file)
    assert done.exit_code == 0
    assert "notice: record 4: 14.031 FAP" in done.stdout


def test_a_broken_rule_ends_with_three(tmp_path: Path) -> None:
    """Where, what, what to do; as JSON, too."""
    path = tmp_path / "broken.an2"
    path.write_bytes(write(changed(1, (38, "XYZ"))))
    done = nist("validate", path)
    assert done.exit_code == 3
    assert "error: record 2: 2.038 NAT" in done.stdout
    (finding, *_) = json.loads(nist("validate", "--json", path).stdout)
    assert (finding["severity"], finding["rule"], finding["at"]["field"]) == ("error", "MINIMAL", 38)
    assert finding["remedy"]


def test_strict_counts_warnings(tmp_path: Path) -> None:
    """A file with a warning passes, unless one is strict."""
    path = tmp_path / "warned.an2"
    path.write_bytes(write(changed(1, (35, "19800101"))))
    assert nist("validate", path).exit_code == 0
    assert nist("validate", "--strict", path).exit_code == 3


def test_damaged_pixels_are_found(tmp_path: Path) -> None:
    """A header that is whole before an image that is not; headers only, it passes."""
    record = sample().records[3]
    codes = wsq().index(b"\xff\xa6") + 5
    data = wsq()[:codes] + b"\xff" * 16 + wsq()[codes + 16 :]
    path = tmp_path / "damaged.an2"
    others = (sample().records[2], Record(14, record.fields, data), sample().records[4])
    path.write_bytes(write(Transaction((*sample().records[:2], *others))))
    done = nist("validate", path)
    assert done.exit_code == 3
    assert "error: record 4: 14.999 DATA" in done.stdout
    assert nist("validate", "--headers-only", path).exit_code == 0


def test_a_file_is_converted_there_and_back(file: Path, tmp_path: Path) -> None:
    """To XML and back to the very same bytes; nothing is written over unasked."""
    there, back = tmp_path / "record.xml", tmp_path / "back.an2"
    assert nist("convert", "--to", "xml", file, there).exit_code == 0
    assert there.read_bytes() == sample_xml()
    assert nist("convert", "--to", "traditional", there, back).exit_code == 0
    assert back.read_bytes() == sample_file()
    assert isinstance(nist("convert", "--to", "xml", file, there).exception, ConfigError)
    assert nist("convert", "--to", "xml", "--force", file, there).exit_code == 0


def test_what_is_written_is_for_nobody_else(file: Path, tmp_path: Path) -> None:
    """People's biometrics: neither a converted file nor the folder of images can be read by others."""
    out, folder = tmp_path / "record.xml", tmp_path / "images"
    nist("convert", "--to", "xml", file, out)
    nist("show", "--images", folder, file)
    assert (out.stat().st_mode & 0o77, folder.stat().st_mode & 0o77) == (0, 0)
    assert isinstance(nist("convert", "--to", "xml", file, tmp_path / "no" / "x").exception, StorageFailed)


def test_a_wrong_count_is_healed_by_converting(tmp_path: Path) -> None:
    """1.003 CNT is counted anew."""
    path, out = tmp_path / "count.an2", tmp_path / "out.an2"
    path.write_bytes(write(changed(0, (3, "1"))))
    assert nist("validate", path).exit_code == 3
    assert nist("convert", "--to", "traditional", path, out).exit_code == 0
    assert nist("validate", out).exit_code == 0


def test_what_would_get_lost_is_told_first(tmp_path: Path) -> None:
    """Not written, unless asked; then named."""
    path, out = tmp_path / "minutiae.an2", tmp_path / "out.xml"
    path.write_bytes(write(Transaction((*sample().records, Record(9, (make_field(2, ("7",)),))))))
    refused = nist("convert", "--to", "xml", path, out)
    assert isinstance(refused.exception, BadBytes)
    assert "the record of type 9" in str(refused.exception)
    assert not out.exists()
    done = nist("convert", "--to", "xml", "--lossy", path, out)
    assert "Left out: the record of type 9" in done.stderr
    assert [each.kind for each in parse(out.read_bytes()).records] == [1, 2, 10, 14, 14]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty; get it again"),
        (b"\x89PNG\r\n\x1a\n", "but a PNG image; ask for"),
        (b"%PDF-1.7", "but a PDF document; ask for"),
        (b"<html></html>", "begins with html; ask for"),
        (b"hello", "but something else; ask for"),
        (b"1.001:9999\x1d", "record 1 of the file is cut off or damaged; get"),
        (b"1.002:0502\x1d", "but a damaged one"),
    ],
)
def test_a_foreign_file_is_told_apart_in_a_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    """What it is, and what to do, without a traceback."""
    path = tmp_path / "foreign"
    path.write_bytes(content)
    for words in (("show",), ("validate",), ("convert", "--to", "xml")):
        more = [tmp_path / "out"] if words[0] == "convert" else []
        refused = nist(*words, path, *more).exception
        assert isinstance(refused, BadBytes)
        assert said in str(refused)
    assert isinstance(nist("show", tmp_path / "nothing").exception, BadBytes)


def test_damaged_images_are_put_out_as_they_are(tmp_path: Path) -> None:
    """What cannot be told or decoded is said, and the other images are still there."""
    odd = Record(14, sample().records[3].fields, b"no image at all")
    torn = Record(14, sample().records[4].fields, wsq().replace(b"\xff\xa6", b"\xff\xa8"))
    path, folder = tmp_path / "odd.an2", tmp_path / "images"
    path.write_bytes(write(Transaction((*sample().records[:3], odd, torn))))
    done = nist("show", "--images", folder, path)
    assert done.exit_code == 0
    assert "record 4: the image is none" in done.stderr
    assert "record 5: 14.999 DATA: a WSQ image cannot be decoded" in done.stderr
    assert sorted(each.name for each in folder.iterdir()) == [
        "003-type-10.jpg",
        "004-type-14.bin",
        "005-type-14.wsq",
    ]
