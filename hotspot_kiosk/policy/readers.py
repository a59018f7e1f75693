"""Who hears of an answer, and who first: posts of the operation, the legal officer, officers who compare pictures.

Pure rules: each lets through, raises Refused with a sentence somebody can act on, or says what must happen.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum

from hotspot_kiosk.errors import Refused
from hotspot_kiosk.operation import Kind, Operation
from hotspot_kiosk.policy.findings import may_decide
from hotspot_kiosk.policy.origins import Shielded, is_nowhere, may_be_fled


class Reader(StrEnum):
    """Who sees an answer first."""

    POST = "post"
    LEGAL = "legal officer"


def first_reader(source: str, person: Shielded) -> Reader:
    """Who sees a hit first: `source` is the country the reference came from, empty if it was not told.

    A hit that the country of origin placed, or one of unknown source about somebody who seeks
    protection, may be persecution: the legal officer sees it before the post does. So they do where
    the source is told in a way that cannot be read.
    """
    if may_be_fled(source, person) or (person.protection_sought and is_nowhere(source)):
        return Reader.LEGAL
    return Reader.POST


def may_look(operation: Operation, named: str, person: Shielded) -> None:
    """Whether a kiosk may compare this person's face with the watchlist made for operation `named`. Raises Refused.

    Only where the signed operation says so, never at a reception, and never where the legal officer may have to
    see a hit first: a kiosk that has no link cannot ask one, and a list does not say who placed its cases.
    """
    if operation.kind is not Kind.HOTSPOT or not operation.watchlist:
        raise Refused(f"operation {operation.id} permits no watchlist")
    if named != operation.id:
        raise Refused(f"this watchlist is not for operation {operation.id}")
    if person.protection_sought or person.origins:
        raise Refused("what is found about this person is for the legal officer first")


def may_see(operation: Operation, post: str) -> None:
    """Raises Refused unless the post belongs to the operation under which the check was made."""
    if post not in operation.posts:
        raise Refused("this record belongs to an operation in which this post has no part")


def may_view(operation: Operation | None, post: str, officer: str) -> str:
    """The law under which this officer there is shown a reference's face beside the person's. Raises Refused.

    A picture of somebody leaves the hub only where a comparison by people needs it (Directive (EU) 2016/680, art. 10).
    """
    if operation is None:
        raise Refused("the hub knows no such operation, so no picture leaves it; ask the bureau")
    may_see(operation, post)
    if not officer:
        raise Refused("sign in first: pictures are shown to an officer who is named")
    may_decide(operation, officer)
    if not operation.confirmation.pictures.strip():
        raise Refused(
            f"operation {operation.id} names no law under which pictures leave the hub; look at them at the bureau"
        )
    return operation.confirmation.pictures


def next_posts(operation: Operation, post: str, captured: datetime, now: datetime) -> tuple[str, ...]:
    """Who hears a late hit: the post that asked, then those after it on the route, until it expires."""
    if now - captured > timedelta(hours=operation.late_hit_hours):
        return (post,)
    return (post, *(each for each in operation.route.get(post, ()) if each != post))
