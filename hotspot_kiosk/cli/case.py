"""`hotspot case`: what became of checks; two people on a possible match; the legal officer's queue."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from hotspot_kiosk.audit_chain import Deed, printable
from hotspot_kiosk.cli.options import config_option, json_option, list_out
from hotspot_kiosk.cli.signing import key_option, person, signer
from hotspot_kiosk.config import HubConfig, load
from hotspot_kiosk.decision import What
from hotspot_kiosk.errors import Refused
from hotspot_kiosk.hub import assembly
from hotspot_kiosk.hub.cases import route
from hotspot_kiosk.hub.cases.case import Case, Possible
from hotspot_kiosk.hub.cases.casebook import Casebook, Person
from hotspot_kiosk.hub.cases.showing import face_of
from hotspot_kiosk.policy import Finding
from hotspot_kiosk.terms import Tcn

tcn_argument = click.argument("tcn")
candidate_option = click.option("--candidate", required=True, help="Its reference, as `case show` lists it.")
reason_option = click.option("--reason", required=True, help="What you compared and what you saw.")


def deciding(command: Callable[..., None]) -> Callable[..., None]:
    """The options of a decision about a candidate: where, which, who, why, and the key that signs it."""
    for option in (reason_option, key_option, candidate_option, tcn_argument, config_option):
        command = option(command)
    return command


@click.group("case")
def command() -> None:
    """What became of checks. A hit is a possible match: different people compare the pictures."""


@command.command("list")
@config_option
@json_option
def list_(config: Path, as_json: bool) -> None:
    """List all checks, each kiosk's newest first. What is sealed to the legal officer does not show."""
    now = datetime.now(UTC)
    with closing(_open(config)) as book:
        cases = (book.case(tcn) for tcn in book.all())
        rows = [_row(book, case, now) for case in cases if not case.enrolling]
    list_out(rows, as_json, "The hub knows no check.")


@command.command()
@config_option
@json_option
@click.option(
    "--pictures",
    "folder",
    type=click.Path(path_type=Path),
    help="Put the faces to compare into this new folder; with --key.",
)
@click.option("--key", type=click.Path(path_type=Path), help="Your own key file; it signs that you look.")
@tcn_argument
def show(config: Path, as_json: bool, folder: Path | None, key: Path | None, tcn: str) -> None:
    """Show one check: its candidates with what their scores are made of, and what people found."""
    if (folder is None) != (key is None):
        raise click.UsageError("--pictures FOLDER and --key FILE go together: who looks at faces is known")
    by = person(config, key, What.LOOK, tcn) if key is not None else None
    with closing(_open(config)) as book:
        found = _shown(book, Tcn(tcn), datetime.now(UTC))
        if folder is not None and by is not None:
            found["pictures"] = _put(book, Tcn(tcn), folder, by)
    if as_json:
        click.echo(json.dumps(found, ensure_ascii=False))
        return
    for name, value in found.items():
        for line in value if isinstance(value, list) else [value]:
            click.echo(f"{name:>12}  {_plain(line)}")


@command.command()
@deciding
def confirm(**said: Any) -> None:
    """I compared the pictures: they show the same person."""
    _vote(Finding.CONFIRM, **said)


@command.command()
@deciding
def refute(**said: Any) -> None:
    """I compared the pictures: they show different people."""
    _vote(Finding.REFUTE, **said)


@command.command()
@config_option
@key_option
@click.option("--all", "everywhere", is_flag=True, help="Look into every case; it takes longer.")
@json_option
def legal(config: Path, key: Path, everywhere: bool, as_json: bool) -> None:
    """The legal officer's queue: what nobody else may see before it is released. Each look is signed and kept."""
    who, rows = signer(config, key), []
    who.check(What.LOOK_SEALED)
    with closing(_open(config)) as book:
        for case, hits in book.for_legal(everywhere=everywhere):
            book.look_sealed(case, hits, who.says(What.LOOK_SEALED, case.tcn))
            rows += [_sealed_row(case, hit) for hit in hits]
    list_out(rows, as_json, "Nothing waits for the legal officer.")


@command.command()
@deciding
def release(**said: Any) -> None:
    """Let the post see this candidate. It cannot be called back."""
    _judge(What.RELEASE, **said)


@command.command()
@deciding
def withhold(**said: Any) -> None:
    """The post is told nothing of this candidate. It may still be released later."""
    _judge(What.WITHHOLD, **said)


@command.command()
@config_option
@tcn_argument
@key_option
def left(config: Path, tcn: str, key: Path) -> None:
    """The person has left the post: a hit from now on goes to the next posts of the route, too."""
    by = person(config, key, What.LEFT, tcn)
    with closing(_open(config)) as book:
        new = book.left(Tcn(tcn), by)
    click.echo(f"{tcn}: the person has left." if new else f"{tcn}: that was known.")


def _vote(finding: Finding, config: Path, key: Path, tcn: str, candidate: str, reason: str) -> None:
    by = person(config, key, What(finding.value), tcn, candidate, reason)
    with closing(_open(config)) as book:
        stands = book.vote(Tcn(tcn), candidate, by, finding, reason)
    click.echo(f"{tcn}, {candidate}: {stands}.")


def _judge(what: What, config: Path, key: Path, tcn: str, candidate: str, reason: str) -> None:
    by, released = person(config, key, what, tcn, candidate, reason), what is What.RELEASE
    with closing(_open(config)) as book:
        book.judge(Tcn(tcn), candidate, by, released=released, reason=reason)
    click.echo(f"{tcn}, {candidate}: {'released to the post' if released else 'withheld'}.")


def _put(book: Casebook, tcn: Tcn, folder: Path, by: Person) -> list[str]:
    """The person's face and those of the candidates that may be seen; for nobody else's eyes, and to be erased after."""
    case = book.case(tcn)
    known = book.known(case, book.asked(tcn))
    seen = [each.reference for each in route.visible(case, known.person) if not each.partner]
    faces = {"person": face_of(book, tcn)} | {name: book.portrait(name) for name in seen}
    held = {name: jpeg for name, jpeg in faces.items() if jpeg}
    if folder.exists():
        raise Refused(f"{folder} is there already; name a new folder")
    book.consulted(tcn, by, What.LOOK)
    book.note(
        Deed.VIEWED, f"{by.role}:{by.id}", tcn, printable(f"at the hub: {', '.join(held) or 'none is kept'}")
    )
    folder.mkdir(mode=0o700, parents=True)
    for number, (name, jpeg) in enumerate(held.items()):
        (folder / f"{number}-{re.sub('[^A-Za-z0-9._-]', '_', name)}.jpg").write_bytes(jpeg)
    return sorted(file.name for file in folder.iterdir())


def _open(config: Path) -> Casebook:
    return assembly.open_book(load(config, HubConfig), config.parent.resolve())


def _shown(book: Casebook, tcn: Tcn, now: datetime) -> dict[str, Any]:
    case = book.case(tcn)
    if case.opened is None:
        raise Refused(f"the hub knows no check {tcn}")
    known = book.known(case, book.asked(case.tcn))
    return _row(book, case, now) | {
        "candidates": [_candidate(case, known, each) for each in route.visible(case, known.person)],
        "told to partners": [f"{each.partner}: {each.withheld or each.outcome}" for each in case.reports],
        "editions": {str(device): told.edition for device, told in sorted(case.told.items())},
    }


def _row(book: Casebook, case: Case, now: datetime) -> dict[str, Any]:
    known = book.known(case, book.asked(case.tcn))
    opened = case.opened
    answer = route.as_it_stands(case, known, now)
    return {
        "tcn": case.tcn,
        "operation": opened.operation if opened else "",
        "post": opened.post if opened else "",
        "captured": f"{route.last_seen(opened):%Y-%m-%d %H:%M}" if opened else "",
        "stands": "purged" if case.purged else answer.decision.value if answer else "",
        "waits for": ", ".join(route.waiting(case, known, now)),
        "note": answer.note if answer else "",
    }


def _sealed_row(case: Case, hit: Possible) -> dict[str, Any]:
    operation = case.opened.operation if case.opened else ""
    return {"tcn": case.tcn, "operation": operation, "candidate": hit.reference, "placed by": hit.source}


def _candidate(case: Case, known: route.Known, candidate: Possible) -> dict[str, Any]:
    return {
        "reference": candidate.reference,
        "from": candidate.partner or "own gallery",
        "placed by": candidate.source,
        "score": candidate.score,
        "made of": {what: round(odds, 2) for what, odds in candidate.why},
        "verified there": candidate.verified,
        "stands": case.outcome(candidate.reference, known.rule).value,
        "needed": known.rule.people,
        "law": known.rule.law,
        "found": [
            {
                "officer": vote.officer,
                "finding": vote.finding.value,
                "reason": vote.reason,
                "signed": "with their own key"
                if vote.proved
                else f"in at kiosk {vote.kiosk}"
                if vote.kiosk
                else "by no key that was theirs: it counts as nothing",
            }
            for vote in case.findings(candidate.reference)
        ],
    }


def _plain(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(
            f"{key}: {_plain(each)}" for key, each in value.items() if each not in ("", None, [], {})
        )
    return ", ".join(map(_plain, value)) if isinstance(value, list) else str(value)
