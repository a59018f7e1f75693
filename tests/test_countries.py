"""Countries: one, whichever way it is written; what cannot be read is never taken for another one."""

from pathlib import Path

import pytest

from hotspot_kiosk.countries import _ASSIGNED, _OTHERS, NOBODYS, ORGANISATIONS, UNREADABLE, country, same

ZONES = Path("/usr/share/zoneinfo/iso3166.tab")


def test_every_country_is_one_whichever_way_it_is_written() -> None:
    """Two letters, three, a number, in small letters, with an agency behind it; no code is that of two."""
    rows = [(row[:2], row[2:5], row[5:]) for row in _ASSIGNED.split()]
    assert len(rows) == 249
    codes = [code for row in rows for code in row]
    assert len(set(codes)) == len(codes)
    for two, three, number in rows:
        written = (two, three, number, two.lower(), f" {three} ", f"{two}/AGENCY", str(int(number)))
        assert {country(each) for each in written} == {three}


def test_other_codes_mean_countries_of_today_and_hide_none() -> None:
    """No alias stands in the way of an assigned code."""
    assigned = {code for row in _ASSIGNED.split() for code in (row[:2], row[2:5])}
    assert not assigned.intersection(_OTHERS)
    assert not assigned.intersection(ORGANISATIONS | NOBODYS)
    assert {country(code) for code in ("UK", "GBD", "gb")} == {"GBR"}
    assert country("D") == "DEU"


@pytest.mark.skipif(not ZONES.exists(), reason="this machine has no list to compare with")
def test_the_table_has_every_country_of_the_machines_own_list() -> None:
    """Alpha-2 codes of the time zone database."""
    lines = ZONES.read_text("utf-8").splitlines()
    codes = {line.split("\t")[0] for line in lines if line and not line.startswith("#")}
    assert not {code for code in codes if country(code) == UNREADABLE}


@pytest.mark.parametrize(
    "code", ["QQ", "YUG", "SCG", "SUN", "S1", "?", "1000", "SYRIA", "ÄT", "AT-1", "\x00"]
)
def test_what_is_no_code_is_unreadable(code: str) -> None:
    """Never empty, which would mean that nothing was told."""
    assert country(code) == UNREADABLE


@pytest.mark.parametrize("code", ["", " ", "XPO", "xxx", "UNO"])
def test_what_names_no_country_is_empty(code: str) -> None:
    """Nothing, or a body that is none."""
    assert country(code) == ""


def test_two_codes_are_the_same_by_what_they_mean_or_letter_for_letter() -> None:
    """Two that cannot be read are the same only where they are written alike."""
    assert same("SY", "SYR")
    assert same("QZX", "qzx ")
    assert not same("?", "??")
    assert not same("XPO", "UNO")
    assert not same("", "")
