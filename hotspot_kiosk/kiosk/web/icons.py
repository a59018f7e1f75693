"""The pages' pictograms, drawn by us on a grid of 48: lines only, so that they stay clear at any size.
Faces neither smile nor frown: that is how one looks at the camera, and nobody here is asked to be glad.

Licence: this project's own. Colours come from the page's style (currentColor).
"""

from __future__ import annotations

FACE = '<circle cx="24" cy="24" r="17"/><path d="M18 20v1M30 20v1M24 22v6M18 32h12"/>'
PERSON = '<circle cx="24" cy="13" r="7"/><path d="M10 42q0-18 14-18t14 18"/>'
PALM = '<path d="M15 26V12a3 3 0 0 1 6 0v10V8a3 3 0 0 1 6 0v14V11a3 3 0 0 1 6 0v14V17a3 3 0 0 1 6 0v13q0 12-12 12-9 0-13-7l-6-9q3-4 7 0z"/>'
FINGER = '<path d="M18 42V14a6 6 0 0 1 12 0v28"/><path d="M22 16a2 2 0 0 1 4 0M21 21q3-3 6 0M21 26q3-3 6 0"/>'
DRAWN = {
    "stop": PALM,
    "globe": '<circle cx="24" cy="24" r="18"/><path d="M6 24h36M24 6q-11 18 0 36M24 6q11 18 0 36"/>',
    "speaker": '<path d="M8 19h8l10-9v28l-10-9H8zM32 18q4 6 0 12M37 13q8 11 0 22"/>',
    "yes": '<path d="M8 26l11 11L40 12"/>',
    "no": '<path d="M11 11l26 26M37 11L11 37"/>',
    "next": '<path d="M8 24h30M27 12l12 12-12 12"/>',
    "back": '<path d="M40 24H10M21 12L9 24l12 12"/>',
    "face": FACE,
    "fingers": FINGER,
    "search": '<circle cx="20" cy="20" r="13"/><path d="M30 30l12 12M15 18v1M25 18v1M15 25h10"/>',
    "sealed": '<rect x="10" y="21" width="28" height="21" rx="4"/><path d="M16 21v-6a8 8 0 0 1 16 0v6M24 29v6"/>',
    "two-people": '<circle cx="15" cy="14" r="6"/><circle cx="33" cy="14" r="6"/><path d="M4 40q0-17 11-17t9 17M24 40q-1-17 9-17t11 17"/>',
    "question": '<circle cx="24" cy="24" r="18"/><path d="M18 19q0-6 6-6t6 6q0 4-6 6v3M24 34v1"/>',
    "officer": PERSON + '<path d="M15 8h18M17 8l2-4h10l2 4"/>',
    "adult": PERSON,
    "wait": '<circle cx="24" cy="24" r="18"/><path d="M24 13v12l8 5"/>',
    "camera": '<rect x="6" y="14" width="36" height="26" rx="5"/><path d="M16 14l3-6h10l3 6"/><circle cx="24" cy="27" r="8"/>',
    "closer": FACE.replace('r="17"', 'r="12"')
    + '<path d="M3 3l8 8M3 3h6M3 3v6M45 45l-8-8M45 45h-6M45 45v-6"/>',
    "back-off": '<circle cx="24" cy="24" r="12"/><path d="M4 4l9 9M13 13H7M13 13V7M44 44l-9-9M35 35h6M35 35v6"/>',
    "one-person": PERSON + '<path d="M38 6v14M34 10l4-4"/>',
    "straight": FACE + '<path d="M24 1v8M24 39v8M1 24h8M39 24h8"/>',
    "upright": '<ellipse cx="24" cy="24" rx="13" ry="17"/><path d="M24 2v44"/>',
    "frame": '<circle cx="24" cy="24" r="11"/><path d="M4 14V4h10M34 4h10v10M44 34v10H34M14 44H4V34"/>',
    "eyes": '<path d="M4 24q20-22 40 0-20 22-40 0z"/><circle cx="24" cy="24" r="6"/>',
    "light": '<circle cx="24" cy="24" r="9"/><path d="M24 3v6M24 39v6M3 24h6M39 24h6M9 9l4 4M35 35l4 4M39 9l-4 4M13 35l-4 4"/>',
    "glare": '<circle cx="14" cy="14" r="7"/><path d="M14 1v3M1 14h3M5 5l2 2"/><circle cx="32" cy="32" r="11"/><path d="M44 4L4 44"/>',
    "still": FACE.replace('r="17"', 'r="12"') + '<path d="M4 16v16M44 16v16"/>',
    "finger-up": FINGER + '<path d="M40 34V12M34 18l6-6 6 6"/>',
    "finger-down": FINGER + '<path d="M40 12v22M34 28l6 6 6-6"/>',
    "finger-middle": FINGER + '<path d="M4 24h10M44 24H34"/>',
    "finger-dry": FINGER + '<path d="M40 8q6 9 0 12-6-3 0-12zM34 4l12 22"/>',
    "finger-left": FINGER + '<path d="M14 24H3M8 19l-5 5 5 5"/>',
    "finger-right": FINGER + '<path d="M34 24h11M40 19l5 5-5 5"/>',
    "wipe": '<path d="M6 40h36M12 30q12-14 24 0M10 16h10M28 16h10M16 10l-6 6 6 6M32 10l6 6-6 6"/>',
    "finger-still": FINGER + '<path d="M8 16v16M40 16v16"/>',
    "again": '<path d="M40 24a16 16 0 1 1-5-12M36 3v10H26"/>',
    "missing": '<path d="M18 42V30M30 42V30M18 30q6 5 12 0" /><path d="M18 24V14a6 6 0 0 1 12 0v10" stroke-dasharray="3 4"/>',
    "partly": '<path d="M18 42V14M30 42V22M18 14l6 3 6 5M18 30q6 5 12 0"/>',
    "bandaged": FINGER + '<path d="M16 18l16 8M16 26l16 8M16 34l16 8"/>',
    "cannot": FINGER + '<path d="M8 8l32 32"/>',
    "refuses": '<circle cx="24" cy="24" r="18"/><path d="M12 12l24 24"/>',
    "seat": '<circle cx="20" cy="7" r="4"/><path d="M20 12v14h12l6 14M20 18h11"/><path d="M15 22a11 11 0 1 0 15 15"/>',
    "warning": '<path d="M24 5L45 42H3zM24 18v12M24 35v1"/>',
    "training": '<path d="M3 18l21-9 21 9-21 9zM11 22v11q13 9 26 0V22M45 18v13"/>',
    "thanks": '<circle cx="24" cy="24" r="18"/><path d="M14 25l7 7 13-15"/>',
}
OF_CUE = {
    "wait-officer": "officer",
    "adult": "adult",
    "not-adult": "officer",
    "notice-1": "face",
    "notice-2": "search",
    "notice-3": "sealed",
    "notice-4": "two-people",
    "notice-5": "question",
    "notice-6": "stop",
    "enrol-1": "one-person",
    "enrol-2": "wait",
    "enrol-3": "two-people",
    "face-look": "camera",
    "finger-lift": "finger-up",
    "finger-reading": "wait",
    "going-on": "next",
    "again": "again",
    "advice-no-face": "frame",
    "advice-several-faces": "one-person",
    "advice-too-far": "closer",
    "advice-too-close": "back-off",
    "advice-look-straight": "straight",
    "advice-upright": "upright",
    "advice-whole-face": "frame",
    "advice-eyes": "eyes",
    "advice-uncover": "face",
    "advice-too-dark": "light",
    "advice-glare": "glare",
    "advice-even-light": "light",
    "advice-hold-still": "still",
    "advice-place-finger": "finger-down",
    "advice-more-finger": "finger-down",
    "advice-middle": "finger-middle",
    "advice-press-harder": "finger-down",
    "advice-dry-finger": "finger-dry",
    "advice-finger-still": "finger-still",
    "advice-other-finger": "again",
    "advice-same-finger": "again",
    "advice-wipe-glass": "wipe",
    "advice-roll-left": "finger-left",
    "advice-roll-right": "finger-right",
    "advice-fingertip": "finger-down",
    "advice-forward": "finger-up",
    "review": "question",
    "waiting": "wait",
    "done-thanks": "thanks",
    "done-kept": "sealed",
    "done-stopped": "officer",
    "done-nothing": "officer",
    "done-enrolled": "thanks",
    "done-officer": "officer",
    "done-not-enrolled": "officer",
    "fault": "warning",
    "other-screen": "warning",
}


def svg(name: str) -> str:
    """A pictogram for beside words that say the same. Raises KeyError if there is none of this name."""
    return f'<svg class="icon" viewBox="0 0 48 48" aria-hidden="true" focusable="false">{DRAWN[name]}</svg>'


def of_cue(cue: str) -> str:
    """The pictogram that belongs to a message."""
    return svg(OF_CUE.get(cue, "question"))
