"""The newest rollout as a part of the fleet's page: where it stands, wave by wave, and who failed and why. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from hotspot_kiosk.fleet import BAD, FINAL, Outcome
from hotspot_kiosk.hub.fleet.fleet import Course

COLUMNS = ("Wave", "Kiosks", "Invited", "Confirmed", "Under way", "Failed", "Held")
MOST_FAILURES = 20


def section(course: Course | None) -> str:
    """All of it; nothing if there never was a rollout."""
    if course is None:
        return ""
    head = "".join(f'<th scope="col">{name}</th>' for name in COLUMNS)
    waves = course.rollout.waves()
    body = "".join(_wave(number, devices, course) for number, devices in enumerate(waves, 1))
    return (
        f"<h2>Rollout {escape(course.rollout.id)}, version {escape(course.rollout.version)}</h2>"
        f'<p class="sum">{escape(state(course))}</p>'
        f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{_failures(course)}"
    )


def state(course: Course) -> str:
    """In one sentence."""
    confirmed = sum(outcome is Outcome.CONFIRMED for outcome in course.outcomes.values())
    of = f"{confirmed} of {len(course.rollout.devices)} kiosks confirmed it"
    if course.halted:
        return f"Halted: {course.halted}. {of}."
    if course.done:
        return f"Done: {of}."
    return f"Wave {len(course.opened_ms)} of {len(course.rollout.waves())}: {of}."


def _wave(number: int, devices: Sequence[int], course: Course) -> str:
    invited = number <= len(course.opened_ms)
    outcomes = Counter(course.outcomes.get(device) for device in devices)
    failed = sum(outcomes[each] for each in BAD)
    confirmed, held = outcomes[Outcome.CONFIRMED], outcomes[Outcome.HELD]
    under_way = sum(count for outcome, count in outcomes.items() if outcome not in FINAL) if invited else 0
    name = f"{number} (canaries)" if number == 1 else str(number)
    cells = (len(devices), "yes" if invited else "no", confirmed, under_way, failed, held)
    inner = "".join(f"<td>{cell}</td>" for cell in cells)
    return f'<tr class="{"bad" if failed else "ok"}"><th scope="row">{name}</th>{inner}</tr>'


def _failures(course: Course) -> str:
    failed = [(device, each) for device, each in sorted(course.results.items()) if each.outcome in BAD]
    lines = [
        f"<li>kiosk {device} {escape(str(each.outcome))}: {escape(each.reason)}; it runs {escape(each.version)}</li>"
        for device, each in failed[:MOST_FAILURES]
    ]
    more = [f"<li>and {len(failed) - MOST_FAILURES} more</li>"] if len(failed) > MOST_FAILURES else []
    return f"<ul>{''.join([*lines, *more])}</ul>" if lines else ""
