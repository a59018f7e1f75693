"""The operation: read strictly, signed by the hub, installed only where it belongs."""

import re
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from making import DEVICE, HUB, KIOSK, NOW, keys, operation

from hotspot_kiosk.cli import door
from hotspot_kiosk.cli.operation import TEMPLATE
from hotspot_kiosk.errors import BadBytes, ConfigError, HotspotError, Refused, SealError
from hotspot_kiosk.keyring import load_public, make_pair
from hotspot_kiosk.kiosk.installed import current, install
from hotspot_kiosk.operation import Lane, draft, sign, verify

FILLED = TEMPLATE.format(
    name="a.toml", stem="AUTUMN-26", begins="2026-11-01T00:00:00Z", ends="2026-12-01T00:00:00Z"
)
SIGNED = sign(operation(), HUB)


def test_the_template_can_be_signed_as_it_is() -> None:
    """What `hotspot operation new` writes is whole, and asks nobody but the own gallery."""
    read = draft(FILLED)
    assert (read.id, read.lanes) == ("AUTUMN-26", {Lane.LOCAL})
    assert verify(sign(read, HUB), HUB.public()) == read


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('id = "AUTUMN-26"', 'id = "Übung"', "id must be 1 to 32 plain ASCII"),
        ('id = "AUTUMN-26"\n', "", "this setting is missing: `id`"),
        ("edition = 1 ", "edition = 0 ", "edition must be 1 to"),
        ('kind = "hotspot"', 'kind = "party"', "kind"),
        (
            'legal_basis = "name the law and its article"',
            'legal_basis = " "',
            "legal_basis must say something",
        ),
        ("begins = 2026-11-01T00:00:00Z", "begins = 2026-11-01T00:00:00", "time zone"),
        ("ends = 2026-12-01", "ends = 2026-10-01", "ends must lie after begins"),
        ("ends = 2026-12-01", "ends = 2029-12-01", "at most a year"),
        ("devices = [17]", "devices = []", "at least one"),
        ("devices = [17]", "devices = [0]", "devices must be 1 to"),
        ('posts = ["Green line 4"]', "posts = []", "at least one"),
        ('tot = "NPS"', 'tot = "ATP"', "tot"),
        ("fingers = [2, 7]", "fingers = [2, 2]", "different position codes"),
        ("fingers = [2, 7]", "fingers = [11]", "fingers"),
        ("officers = []", 'officers = ["Ahmed Q"]', "never names of people"),
        ("languages", "language", "there is no setting called `language`"),
        ("people = 2", "people = 1", "the law that allows one person"),
        ("people = 2", "people = 0", "people must be 1 to"),
        ("no_hit_hours = 24", "no_hit_hours = 9999", "no_hit_hours must be"),
        ("least_fap = 45", "least_fap = 0", "least_fap must be"),
        ("[route]", '[route]\n"Harbour" = ["Green line 4"]', "route names Harbour"),
        ("[retention]", "[retention]\nforever = true", "no setting called `forever`"),
        ('kind = "hotspot"', 'kind = "reception"\ndatasets = ["AFIS"] #', "datasets"),
    ],
)
def test_what_cannot_be_is_refused_in_words(old: str, new: str, said: str) -> None:
    """Each mistake names its setting."""
    assert old in FILLED
    text = FILLED.replace(old, new, 1)
    if "datasets" in new:
        text = text.replace("datasets = []  ", "# ", 1)
    with pytest.raises(ConfigError, match=said):
        draft(text)


@given(st.text(max_size=80))
@settings(max_examples=200, deadline=None)
def test_any_text_is_refused_in_words(text: str) -> None:
    """Whatever stands there, it is one ConfigError."""
    with pytest.raises(ConfigError):
        draft(text)


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_any_bytes_are_no_signed_operation(content: bytes) -> None:
    """Neither a crash nor an operation."""
    with pytest.raises((BadBytes, ConfigError)):
        verify(content, HUB.public())


@pytest.mark.parametrize("by", [KIOSK, keys(99)])
def test_only_the_hub_signs(by: object) -> None:
    """A kiosk cannot sign its own operation."""
    with pytest.raises(SealError):
        verify(sign(operation(), by), HUB.public())  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("old", "new"),
    [(b"2026-1", b"2027-1"), (b'"NPS"', b'"CPS"'), (b"Green line 4", b"Green line 5"), (b"[17]", b"[18]")],
)
def test_a_changed_operation_is_not_believed(old: bytes, new: bytes) -> None:
    """Time, kind of search, place: all of it is signed."""
    changed = msgspec.json.format(SIGNED, indent=0).replace(old, new)
    assert new in changed
    with pytest.raises((SealError, ConfigError)):
        verify(changed, HUB.public())


def test_its_layout_does_not_matter() -> None:
    """Only what it says is signed, not how it is written."""
    assert verify(msgspec.json.format(SIGNED, indent=0), HUB.public()) == operation()


@pytest.mark.parametrize("left", ["name", "purpose", "legal_basis", "notice"])
def test_what_was_not_filled_in_is_not_signed(tmp_path: Path, left: str) -> None:
    """The command signs no template: each of its placeholders is named, and only what is left of them."""
    make_pair(tmp_path, "hub", 0, "hub", bytes(128))
    file, to = tmp_path / "a.toml", tmp_path / "a.op"
    command = ["operation", "sign", str(file), "--own", str(tmp_path / "hub.key"), "--to", str(to)]
    assert CliRunner().invoke(door, ["operation", "new", str(file)]).exit_code == 0
    blank = file.read_text()
    assert "name, purpose, legal_basis, notice" in str(CliRunner().invoke(door, command).exception)
    for key in ("name", "purpose", "legal_basis", "notice"):
        text = file.read_text()
        file.write_text(text if key == left else re.sub(f'\n{key} = "[^"]*"', f'\n{key} = "act 5"', text))
    said = str(CliRunner().invoke(door, command).exception)
    assert f"fill in first: {left};" in said
    assert not to.exists()
    file.write_text(re.sub(f'\n{left} = "[^"]*"', f'\n{left} = "act 5"', file.read_text()))
    assert CliRunner().invoke(door, command).exit_code == 0
    assert verify(to.read_bytes(), load_public(tmp_path / "hub.pub").keys()).legal_basis == "act 5"
    assert blank != file.read_text()


def test_it_is_installed_and_read_again(tmp_path: Path) -> None:
    """The file is the whole memory."""
    path = tmp_path / "new" / "operation.op"
    assert current(path, HUB.public()) is None
    install(path, SIGNED, HUB.public(), DEVICE)
    assert current(path, HUB.public()) == operation()


def test_another_kiosks_operation_is_not_installed(tmp_path: Path) -> None:
    """Nothing of it is kept."""
    with pytest.raises(Refused, match="not for kiosk 5"):
        install(tmp_path / "o", SIGNED, HUB.public(), 5)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("edition", "taken"), [(2, False), (3, False), (4, True)])
def test_an_older_operation_does_not_come_back(tmp_path: Path, edition: int, taken: bool) -> None:
    """Whoever brings an old stick changes nothing; the same file twice is no error."""
    path = tmp_path / "o"
    third = sign(operation(edition=3), HUB)
    install(path, third, HUB.public(), DEVICE)
    install(path, third, HUB.public(), DEVICE)
    other = sign(operation(edition=edition, ends=NOW + timedelta(days=9)), HUB)
    if taken:
        assert install(path, other, HUB.public(), DEVICE).edition == edition
    else:
        with pytest.raises(Refused, match="here already"):
            install(path, other, HUB.public(), DEVICE)
        assert path.read_bytes() == third


def test_a_damaged_file_refuses_with_what_to_do_and_lets_no_older_one_in(tmp_path: Path) -> None:
    """The same can be installed again, and a newer one."""
    path = tmp_path / "o"
    third = sign(operation(edition=3), HUB)
    install(path, third, HUB.public(), DEVICE)
    path.write_bytes(third[:-30])
    with pytest.raises(Refused, match="install it again"):
        current(path, HUB.public())
    for edition, name in ((2, "older"), (3, "another of the same edition")):
        with pytest.raises(Refused, match="edition 3"):
            install(path, sign(operation(edition=edition, name=name), HUB), HUB.public(), DEVICE)
    install(path, third, HUB.public(), DEVICE)
    assert current(path, HUB.public()) == operation(edition=3)
    path.write_bytes(b"torn")
    assert install(path, sign(operation(edition=4), HUB), HUB.public(), DEVICE).edition == 4


def test_an_older_operation_that_is_put_into_its_place_is_not_used(tmp_path: Path) -> None:
    """Nor installed where the newest one is gone."""
    path, older = tmp_path / "o", sign(operation(edition=2), HUB)
    install(path, sign(operation(edition=3), HUB), HUB.public(), DEVICE)
    path.write_bytes(older)
    with pytest.raises(Refused, match="older than edition 3"):
        current(path, HUB.public())
    path.unlink()
    assert current(path, HUB.public()) is None
    with pytest.raises(Refused, match="edition 3"):
        install(path, older, HUB.public(), DEVICE)


def test_where_nobody_knows_which_edition_was_damaged_none_is_taken(tmp_path: Path) -> None:
    """Until somebody at the kiosk has asked the bureau and removed the file."""
    path = tmp_path / "o"
    install(path, SIGNED, HUB.public(), DEVICE)
    path.write_bytes(b"torn")
    (tmp_path / "o.newest").write_bytes(b"torn, too")
    with pytest.raises(Refused, match="ask the bureau"):
        install(path, SIGNED, HUB.public(), DEVICE)
    path.unlink()
    install(path, SIGNED, HUB.public(), DEVICE)
    (tmp_path / "o.newest").unlink()
    with pytest.raises(Refused, match="here already"):
        install(path, sign(operation(name="another"), HUB), HUB.public(), DEVICE)
    with pytest.raises(HotspotError):
        current(tmp_path, HUB.public())
