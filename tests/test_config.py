"""The config file: what fits is read, and what does not is refused with a sentence that says what to change."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hotspot_kiosk import nist
from hotspot_kiosk.config import HubConfig, KioskConfig, build_variant, convert, load
from hotspot_kiosk.errors import BadBytes, ConfigError
from hotspot_kiosk.kiosk import assembly
from hotspot_kiosk.kiosk.devices.folder import FolderCamera

DEVICES = "hotspot_kiosk.kiosk.devices"
KIOSK = """\
[kiosk]
device = 17
post = "Green line 4"
country = "ALB"
agency = "BORDER-POLICE"
desk = "/run/hotspot/desk"

[keys]
own = "keys/kiosk.key"
peers = "keys/peers"

[models]
manifest = "models/manifest.toml"
folder = "models/built"

[camera]
driver = "folder"
path = "camera"

[finger]
driver = "uart_finger"
port = "/dev/serial0"

[link]
driver = "mqtt"
host = "hub.example"

[outbox]
path = "outbox.db"

[session]
touches = 2

[operation]
file = "operation.op"
"""
HUB = """\
[hub]
name = "Bureau"
[keys]
own = "hub.key"
peers = "peers"
[models]
manifest = "models/manifest.toml"
folder = "models/built"
[link]
driver = "mqtt"
[store]
driver = "store_sqlite"
path = "hub.db"
[decision]
no_hit = 2.5
"""


def refused(tmp_path: Path, text: str, kind: type[Any] = KioskConfig) -> str:
    """The sentence with which a file of that text is refused."""
    file = tmp_path / "config.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(ConfigError) as caught:
        load(file, kind)
    assert str(file) in str(caught.value)
    return str(caught.value)


def with_line(table: str, line: str, text: str = KIOSK) -> str:
    """The text with a line in that table, instead of the one that set the same key before."""
    key = line.partition("=")[0].strip()
    head, mark, rest = text.partition(f"[{table}]\n")
    body, stop, tail = rest.partition("\n[")
    body = "\n".join(old for old in body.split("\n") if old.partition("=")[0].strip() != key)
    return f"{head}{mark}{line}\n{body}{stop}{tail}"


def test_a_kiosk_is_read(tmp_path: Path) -> None:
    """Every setting arrives, and those left out have their defaults."""
    (tmp_path / "kiosk.toml").write_text(KIOSK)
    config = load(tmp_path / "kiosk.toml", KioskConfig)
    assert (config.kiosk.device, config.kiosk.post) == (17, "Green line 4")
    assert (config.session.touches, config.session.attempts, config.models.threads) == (2, 3, 2)
    assert config.operation.file == tmp_path / "operation.op"
    assert config.camera == {"driver": "folder", "path": "camera"}


def test_a_hub_is_read(tmp_path: Path) -> None:
    """A hub has its own tables."""
    (tmp_path / "hub.toml").write_text(HUB)
    config = load(tmp_path / "hub.toml", HubConfig)
    assert (config.hub.name, config.decision.no_hit, config.decision.candidates) == ("Bureau", 2.5, 5)


def test_paths_count_from_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A relative path starts at the config's folder, wherever the process runs; an absolute one is kept."""
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "kiosk.toml").write_text(KIOSK)
    monkeypatch.chdir(tmp_path)
    config = load(Path("here/kiosk.toml"), KioskConfig)
    assert config.keys.own == tmp_path / "here" / "keys" / "kiosk.key"
    assert config.kiosk.desk == Path("/run/hotspot/desk")


def test_a_key_may_lie_where_systemd_opens_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a file to destroy instead; without systemd a sentence says why it is not there."""
    sealed = 'own = "$CREDENTIALS_DIRECTORY/kiosk.key"\nsealed = "kiosk.key.cred"'
    text = with_line("keys", sealed)
    monkeypatch.delenv("CREDENTIALS_DIRECTORY", raising=False)
    assert "only while systemd runs the unit" in refused(tmp_path, text)
    monkeypatch.setenv("CREDENTIALS_DIRECTORY", "/run/credentials/x")
    config = load(tmp_path / "config.toml", KioskConfig)
    assert config.keys.own == Path("/run/credentials/x/kiosk.key")
    assert assembly.remains(config, tmp_path).keys == (tmp_path / "kiosk.key.cred",)


def test_a_drivers_path_counts_from_the_file(tmp_path: Path) -> None:
    """So do the paths of a driver's own options."""
    (tmp_path / "pictures").mkdir()
    camera = build_variant(DEVICES, "camera", {"driver": "folder", "path": "pictures"}, tmp_path)
    assert isinstance(camera, FolderCamera)
    assert camera.open() == "folder"


TABLES = ["kiosk", "keys", "models", "outbox", "session", "operation"]


@pytest.mark.parametrize("table", TABLES)
def test_an_unknown_key_is_named_with_its_table(table: str, tmp_path: Path) -> None:
    """A misspelt key is refused wherever it stands."""
    said = refused(tmp_path, with_line(table, "mispelt = 1"))
    assert "there is no setting called `mispelt`" in said
    assert f"table {table}" in said


@pytest.mark.parametrize("table", ["hub", "keys", "models", "decision"])
def test_an_unknown_key_of_a_hub_is_named(table: str, tmp_path: Path) -> None:
    """The hub's tables are as strict."""
    assert "`mispelt`" in refused(tmp_path, with_line(table, "mispelt = 1", HUB), HubConfig)


def test_an_unknown_table_is_named(tmp_path: Path) -> None:
    """A whole table that nobody reads is refused."""
    assert "`finger_sensor`" in refused(tmp_path, KIOSK + "[finger_sensor]\n")


@pytest.mark.parametrize("table", ["kiosk", "keys", "models", "camera", "finger", "link", "outbox"])
def test_a_missing_table_is_named(table: str, tmp_path: Path) -> None:
    """A table that must be there is missed by name."""
    text = "\n[".join(part for part in KIOSK.split("\n[") if not part.lstrip("[").startswith(f"{table}]"))
    text = text if text.startswith("[") else f"[{text}"
    assert tomllib.loads(text).keys() == tomllib.loads(KIOSK).keys() - {table}
    assert f"this setting is missing: `{table}`" in refused(tmp_path, text)


def test_a_missing_key_is_named_with_its_table(tmp_path: Path) -> None:
    """A setting without a default is missed by name."""
    said = refused(tmp_path, KIOSK.replace("device = 17\n", ""))
    assert "this setting is missing: `device`" in said
    assert "table kiosk" in said


IMPOSSIBLE = [
    ("kiosk", "device = 0", "device must be 1 to 99999"),
    ("kiosk", "device = 100000", "device must be 1 to 99999"),
    ("kiosk", 'device = "17"', "table kiosk.device"),
    ("kiosk", "device = true", "table kiosk.device"),
    ("kiosk", "device = 1.5", "table kiosk.device"),
    ("kiosk", 'post = ""', "post must be 1 to 32 plain ASCII characters"),
    ("kiosk", f'post = "{"x" * 33}"', "post must be 1 to 32"),
    ("kiosk", 'post = "Grüne Linie"', "post must be 1 to 32 plain ASCII"),
    ("kiosk", 'post = "line\\n4"', "post must be 1 to 32 plain ASCII"),
    ("kiosk", 'post = " line 4"', "post must be 1 to 32 plain ASCII"),
    ("kiosk", 'post = "line 4 "', "post must be 1 to 32 plain ASCII"),
    ("kiosk", 'country = "al"', "country must be three capital letters"),
    ("kiosk", 'country = "ALBA"', "country must be three capital letters"),
    ("kiosk", 'agency = ""', "agency must be 1 to 31 capital letters"),
    ("kiosk", 'agency = "Border Police"', "agency must be 1 to 31 capital letters"),
    ("kiosk", f'agency = "{"X" * 32}"', "agency must be 1 to 31"),
    ("kiosk", "desk = 5", "table kiosk.desk"),
    ("operation", "file = 5", "table operation.file"),
    ("models", "threads = 0", "threads must be 1 to 64"),
    ("outbox", "most_records = 0", "most_records must be 1 to"),
    ("outbox", "free_mib = -1", "free_mib must be 0 to"),
    ("session", "touches = 0", "touches must be 1 to 5"),
    ("session", "attempts = 11", "attempts must be 1 to 10"),
    ("session", "face_quality = 101", "face_quality must be 0 to 100"),
    ("session", "finger_quality = -1", "finger_quality must be 0 to 100"),
    ("session", "subject_s = 0", "subject_s must be 1 to 3600"),
    ("session", "subject_s = nan", "subject_s must be 1 to 3600"),
    ("session", "answer_s = inf", "answer_s must be 1 to 3600"),
]


@pytest.mark.parametrize(
    ("table", "line", "sentence"), IMPOSSIBLE, ids=[f"{t}-{x}" for t, x, _ in IMPOSSIBLE]
)
def test_an_impossible_value_says_what_is_possible(
    table: str, line: str, sentence: str, tmp_path: Path
) -> None:
    """A value that cannot be is refused with its key, its table and what it may be."""
    said = refused(tmp_path, with_line(table, line))
    assert sentence in said
    assert f"(table {table}" in said


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("no_hit = 7.5", "no_hit must be -100 or more, and not above possible_match"),
        ("no_hit = nan", "no_hit must be"),
        ("possible_match = inf", "possible_match must be -100 to 100"),
        ("candidates = 0", "candidates must be 1 to 100"),
    ],
)
def test_impossible_thresholds_are_refused(line: str, sentence: str, tmp_path: Path) -> None:
    """The hub's thresholds must be numbers in their order."""
    assert sentence in refused(tmp_path, with_line("decision", line, HUB), HubConfig)


@given(
    post=st.text(max_size=34), country=st.text("ABz/", max_size=4), agency=st.text("AZ09- a/", max_size=33)
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_starts_can_be_packed(post: str, country: str, agency: str, tmp_path: Path) -> None:
    """A name is let in exactly if the evidence's file takes it."""
    tables = tomllib.loads(KIOSK)
    tables["kiosk"] |= {"post": post, "country": country, "agency": agency}
    try:
        convert(tables, KioskConfig, "here", tmp_path)
        let_in = True
    except ConfigError:
        let_in = False
    try:
        nist.Agency(country, agency)
        packs = nist.EXACT.fullmatch(post) is not None
    except BadBytes:
        packs = False
    assert let_in == packs


UNREADABLE = {
    "no TOML": b"[kiosk\n",
    "a key twice": b"a = 1\na = 2\n",
    "no text": b"\xff\xfe\x00",
    "zeros": bytes(100),
    "a long number": b"a = " + b"9" * 5000,
    "too deep": b"a = " + b"[" * 5000,
    "an impossible date": b"a = 2026-13-45\n",
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_what_is_no_toml_is_refused(kind: str, tmp_path: Path) -> None:
    """A file that is not TOML is named."""
    file = tmp_path / "config.toml"
    file.write_bytes(UNREADABLE[kind])
    with pytest.raises(ConfigError, match=rf"{file} cannot be read as TOML"):
        load(file, KioskConfig)


def test_an_empty_file_says_what_is_missing(tmp_path: Path) -> None:
    """An empty file misses its first table."""
    assert "this setting is missing: `kiosk`" in refused(tmp_path, "")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """Without a file there is a sentence, not a traceback."""
    with pytest.raises(ConfigError, match=r"there is no configuration file .*nowhere\.toml"):
        load(tmp_path / "nowhere.toml", KioskConfig)


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    """A folder in the file's place is named."""
    with pytest.raises(ConfigError, match=rf"{tmp_path} cannot be read"):
        load(tmp_path, KioskConfig)


@given(st.binary(max_size=200))
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_bytes_are_refused_in_words(tmp_path: Path, data: bytes) -> None:
    """Whatever a file holds, it is one ConfigError."""
    (tmp_path / "any.toml").write_bytes(data)
    with pytest.raises(ConfigError, match=r"any\.toml"):
        load(tmp_path / "any.toml", KioskConfig)


@pytest.mark.parametrize("driver", ["port", "", "../x", "os.path", "folder.py", "a b", 5, None, ["folder"]])
def test_a_driver_must_be_a_files_name(driver: object, tmp_path: Path) -> None:
    """A driver that is no name of a file is refused with the table and where names come from."""
    with pytest.raises(
        ConfigError, match=rf'\[camera\] needs driver = "\.\.\.", the name of a file in {DEVICES}'
    ):
        build_variant(DEVICES, "camera", {"driver": driver, "path": "x"}, tmp_path)


def test_a_table_without_a_driver_is_refused(tmp_path: Path) -> None:
    """No variant is chosen silently."""
    with pytest.raises(ConfigError, match=r"\[camera\] needs driver"):
        build_variant(DEVICES, "camera", {"path": "x"}, tmp_path)


@pytest.mark.parametrize("driver", ["os", "foldr", "picamera3", "Folder"])
def test_an_unknown_driver_is_refused(driver: str, tmp_path: Path) -> None:
    """A driver that is no file of the package is refused by name, whatever else is called so."""
    with pytest.raises(ConfigError, match=rf"\[camera\] driver '{driver}' cannot be used"):
        build_variant(DEVICES, "camera", {"driver": driver, "path": "x"}, tmp_path)


@pytest.mark.parametrize("part", ["__init__", "uart_frames", "uart_finger_setup", "uart_finger_link"])
def test_a_part_of_a_driver_is_no_driver(part: str, tmp_path: Path) -> None:
    """A file of the package that builds nothing is refused."""
    with pytest.raises(ConfigError, match=rf"\[finger\] driver '{part}' is no driver"):
        build_variant(DEVICES, "finger", {"driver": part, "port": "/dev/null"}, tmp_path)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"path": "x", "colour": 1}, r"\[camera\]: there is no setting called `colour`"),
        ({}, r"\[camera\]: this setting is missing: `path`"),
        ({"path": 5}, r"\[camera\]: .*path"),
        ({"path": "x", "name": 5}, r"\[camera\]: .*name"),
    ],
)
def test_a_drivers_options_are_checked(options: dict[str, object], sentence: str, tmp_path: Path) -> None:
    """Unknown, missing and wrong options of a driver are named with its table."""
    with pytest.raises(ConfigError, match=sentence):
        build_variant(DEVICES, "camera", {"driver": "folder", **options}, tmp_path)


def test_a_default_is_for_an_option_that_the_driver_has_and_nobody_named(tmp_path: Path) -> None:
    """So that a room may offer what it knows, and every driver takes what it can use."""
    defaults = {"path": "elsewhere", "no_such_option": 1}
    named = build_variant(DEVICES, "camera", {"driver": "folder", "path": "here"}, tmp_path, defaults)
    unnamed = build_variant(DEVICES, "camera", {"driver": "folder"}, tmp_path, defaults)
    assert isinstance(named, FolderCamera)
    assert isinstance(unnamed, FolderCamera)
    assert (named._folder, unnamed._folder) == (tmp_path / "here", tmp_path / "elsewhere")
