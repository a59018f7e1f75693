"""The tables of shields in the hub's README: every rule of `policy` stands there, and is asked where they say."""

import inspect
import re
from pathlib import Path

import pytest

from hotspot_kiosk import policy

PACKAGE = Path(policy.__file__).parents[1]
README = PACKAGE / "hub" / "README.md"
HEAD = "| rule | source | in `policy` | asked at |"
RULE = re.compile(r"`policy\.([a-z_]+)`")
PLACE = re.compile(r"`([a-z_/]+\.py)`")
PUBLIC = {
    name
    for name, each in inspect.getmembers(policy, inspect.isfunction)
    if name in policy.__all__ and each.__module__.startswith(policy.__name__)
}


def rows() -> list[list[str]]:
    """The rows of the table of checks: rule, source, names in `policy`, places."""
    table, _, _ = README.read_text("utf-8").partition(HEAD)[2].strip().partition("\n\n")
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()[1:]]


def asks(place: str, rule: str) -> bool:
    """Whether that file calls that rule."""
    return bool(re.search(rf"\b{rule}\(", (PACKAGE / place).read_text("utf-8")))


def test_every_rule_stands_in_a_table() -> None:
    """Whoever adds a shield says there whom it shields, by which source, and where it stands; and no rule is named that is none."""
    assert set(RULE.findall(README.read_text("utf-8"))) == PUBLIC


@pytest.mark.parametrize("row", rows(), ids=lambda row: row[0][:40])
def test_each_rule_is_asked_where_its_row_says(row: list[str]) -> None:
    """Each place exists and asks one of the rules; each rule is asked at one of the places."""
    assert len(row) == 4
    assert all(row)
    rules, places = RULE.findall(row[2]), PLACE.findall(row[3])
    assert [rule for rule in rules if not any(asks(place, rule) for place in places)] == []
    assert [place for place in places if not any(asks(place, rule) for rule in rules)] == []


def test_no_rule_is_hidden() -> None:
    """What any file of the package lets others call stands among its words."""
    hidden = {"spelled", "may_be_fled", "is_nowhere"}  # parts of rules
    for file in Path(policy.__file__).parent.glob("*.py"):
        names = re.findall(r"^def ([a-z]\w+)", file.read_text("utf-8"), re.M)
        assert set(names) - hidden <= set(policy.__all__)


def test_the_table_is_read() -> None:
    """The patterns above find what they are meant to find."""
    assert len(rows()) > 12
    assert all(RULE.findall(row[2]) and PLACE.findall(row[3]) for row in rows())
    assert len(PUBLIC) > 20
