"""What the READMEs name exists: files, commands, targets of make."""

import re
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from hotspot_kiosk.cli import door

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "hotspot_kiosk"
PAGES = [
    page
    for page in sorted(ROOT.rglob("*.md"))
    if not any(part.startswith(".") or part in ("build", "built", "node_modules") for part in page.parts)
    and page.name != "CHANGELOG.md"
]
QUOTED = re.compile(r"`([^`\n]+)`")
FILE = re.compile(r"[a-z_][\w/-]*\.(?:py|c|h)")
ANYWHERE = {
    path.name for folder in (PACKAGE, ROOT / "models", ROOT / "tests") for path in folder.rglob("*.py")
}
TARGETS = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.M))


def named(page: Path) -> Iterator[str]:
    """Everything in code quotes."""
    yield from QUOTED.findall(page.read_text("utf-8"))


def roots(page: Path) -> Iterator[Path]:
    """Where a path may count from: the page's folder, the package, the repository."""
    yield from (page.parent, PACKAGE, ROOT)


def exists(page: Path, name: str) -> bool:
    """Whether a file of that name stands where it may be meant; a bare name may be anywhere below the page."""
    if any((root / name).exists() for root in roots(page)):
        return True
    return name in ANYWHERE


def is_command(words: list[str]) -> bool:
    """Whether the words lead to a command, as far as they are names."""
    context = click.Context(door)
    command: click.Command = door
    for word in words:
        if not isinstance(command, click.Group) or not re.fullmatch(r"[a-z][a-z-]*", word):
            return True
        found = command.get_command(context, word)
        if found is None:
            return False
        command = found
    return True


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_files_that_a_readme_names_exist(page: Path) -> None:
    """A stranger who follows the page finds what it speaks of."""
    names = [name for name in named(page) if FILE.fullmatch(name)]
    assert [name for name in names if not exists(page, name)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_that_a_readme_names_exist(page: Path) -> None:
    """`hotspot a b` and each of `hotspot a b|c` is a command, `make x` a target."""
    missing = []
    for name in named(page):
        first, *words = name.split()
        if first == "make" and words and re.fullmatch(r"[a-z-]+", words[0]) and words[0] not in TARGETS:
            missing.append(name)
        if first == "hotspot" and words:
            group, *rest = words
            choices = rest[0].split("|") if rest else [""]
            missing += [name for one in choices if not is_command([group, *([one] if one else [])])]
    assert missing == []


def test_something_is_looked_at() -> None:
    """The patterns above find what they are meant to find."""
    found = [name for page in PAGES for name in named(page)]
    assert len([name for name in found if FILE.fullmatch(name)]) > 50
    assert len([name for name in found if name.startswith("hotspot ")]) > 30
