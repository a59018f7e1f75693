"""The three fonts that the pages name are enough: no sign of any language is missing, on paper and in a real Chromium."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pages_rig import BROWSER, FLAGS, Kiosk, Pages, until
from PIL import ImageFont

from hotspot_kiosk.kiosk.web import languages
from hotspot_kiosk.kiosk.web.words_officer import FOLDER as OFFICERS

NOTO = Path("/usr/share/fonts/truetype/noto")  # Debian's fonts-noto-core, which the package recommends
FAMILIES = {
    "Noto Sans": "NotoSans",
    "Noto Naskh Arabic": "NotoNaskhArabic",
    "Noto Nastaliq Urdu": "NotoNastaliqUrdu",
}
MISSING = "\U0010fffe"
NOT_DRAWN = {"\u200c", "\u200d", "\u200e", "\u200f", "\u2066", "\u2067", "\u2068", "\u2069", "\ufeff"}
ARABIC = {"ar", "fa", "prs", "ps", "ckb"}
CODES = sorted(path.stem for path in languages.FOLDER.glob("*.ftl"))
FONTS = """\
<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig><dir>{folder}/fonts</dir><cachedir>{folder}/cache</cachedir></fontconfig>
"""

if not all((NOTO / f"{name}-Regular.ttf").is_file() for name in FAMILIES.values()):
    pytest.skip("the pages' fonts are missing: apt-get install fonts-noto-core", allow_module_level=True)


class Font:
    """What one font can draw."""

    def __init__(self, name: str) -> None:
        self._font = ImageFont.truetype(NOTO / f"{name}-Regular.ttf", 40)
        self._box = self._drawn(MISSING)

    def has(self, sign: str) -> bool:
        """Whether it is more than the box that stands for a missing one."""
        return self._drawn(sign) != self._box

    def _drawn(self, sign: str) -> bytes:
        mask = self._font.getmask(sign)
        return bytes(mask) + repr(mask.size).encode()


def chain(code: str) -> tuple[str, ...]:
    """The fonts that the style names for a language, in order."""
    first = "Noto Nastaliq Urdu" if code == "ur" else "Noto Naskh Arabic"
    return (first, "Noto Sans") if code in ARABIC | {"ur"} else ("Noto Sans",)


@pytest.fixture(scope="module")
def fonts() -> dict[str, Font]:
    """All three."""
    return {family: Font(name) for family, name in FAMILIES.items()}


def test_a_missing_sign_is_seen(fonts: dict[str, Font]) -> None:
    """What is asked below can fail: no font here has Ethiopic or Han signs, and Latin has no Arabic."""
    assert fonts["Noto Sans"].has("a")
    assert not fonts["Noto Sans"].has("\u1230")
    assert not fonts["Noto Sans"].has("\u0633")
    assert not fonts["Noto Naskh Arabic"].has("\u4eba")


@pytest.mark.parametrize("folder", [languages.FOLDER, OFFICERS], ids=["people", "officers"])
@pytest.mark.parametrize("code", CODES)
def test_no_sign_of_a_language_is_missing(code: str, folder: Path, fonts: dict[str, Font]) -> None:
    """Every sign of a language's file is drawn by one of the fonts that the pages' style names for it."""
    lines = (folder / f"{code}.ftl").read_text("utf-8").splitlines()
    said = {sign for line in lines if not line.startswith("#") for sign in line if sign.isprintable()}
    named = [fonts[family] for family in chain(code)]
    lacking = sorted(sign for sign in said - NOT_DRAWN - {" "} if not any(font.has(sign) for font in named))
    assert lacking == []


def test_the_style_names_these_fonts() -> None:
    """Both styles, for people and for officers."""
    for name in ("page.css", "officer.css"):
        style = (languages.FOLDER.parent / "static" / name).read_text()
        for family in FAMILIES:
            assert f'"{family}"' in style, name


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """The pages in a Chromium that has no other fonts than these."""
    playwright = pytest.importorskip("playwright.sync_api", reason="Playwright is not installed")
    pytest.importorskip("starlette", reason="the pages' packages are not installed")
    if BROWSER is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    with tempfile.TemporaryDirectory(dir="/tmp") as made, playwright.sync_playwright() as play:
        folder = Path(made)
        (folder / "fonts").mkdir()
        for name in FAMILIES.values():
            for weight in ("Regular", "Bold"):
                (folder / "fonts" / f"{name}-{weight}.ttf").symlink_to(NOTO / f"{name}-{weight}.ttf")
        (folder / "fonts.conf").write_text(FONTS.format(folder=folder))
        kiosk = Kiosk(folder)
        kiosk.start()
        pages = Pages(folder, kiosk.path)
        pages.start()
        alone = os.environ | {"FONTCONFIG_FILE": str(folder / "fonts.conf")}
        browser = play.chromium.launch(executable_path=BROWSER, args=FLAGS, env=alone)
        shown = browser.new_page()
        until(lambda: shown.goto(pages.url).status == 200)
        yield shown
        browser.close()
        pages.close()
        kiosk.close()


@pytest.mark.parametrize("code", CODES)
def test_a_browser_with_these_fonts_draws_every_language(page: Any, code: str) -> None:
    """The words of the page are drawn with the fonts that the style names, and with no other."""
    page.locator(f'button[name="code"][value="{code}"]').click()
    page.locator("section.wait").wait_for()
    line = page.context.new_cdp_session(page)
    for domain in ("DOM", "CSS"):
        line.send(f"{domain}.enable")
    root = line.send("DOM.getDocument")["root"]["nodeId"]
    found = line.send("DOM.querySelectorAll", {"nodeId": root, "selector": "h1, button span"})
    used = {
        font["familyName"]
        for node in found["nodeIds"]
        for font in line.send("CSS.getPlatformFontsForNode", {"nodeId": node})["fonts"]
    }
    line.detach()
    page.locator('header button[name="code"]').click()
    page.locator(".languages").wait_for()
    assert used
    assert used <= set(chain(code))
