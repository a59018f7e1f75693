"""What officers here found about candidates, on disk until the hub's signed word that it has it.

The words themselves are sealed for the hub; in clear lie only ids: which record, which candidate, who, and what.
The file's name begins like the outbox's, so that an erasure destroys both.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

from hotspot_kiosk.policy import Finding, Vote
from hotspot_kiosk.sqlite import SqliteFile
from hotspot_kiosk.terms import Tcn

SUFFIX = ".findings"
SCHEMA = """
CREATE TABLE IF NOT EXISTS finding (
    tcn TEXT NOT NULL, reference TEXT NOT NULL, officer TEXT NOT NULL, finding TEXT NOT NULL, at TEXT NOT NULL,
    digest BLOB NOT NULL UNIQUE, envelope BLOB, refused TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (tcn, reference, officer)
) STRICT;
"""


@dataclass(frozen=True, slots=True)
class Said:
    """One finding. told: whether the hub took it; refused: why it did not, for good."""

    tcn: Tcn
    reference: str
    officer: str
    finding: Finding
    told: bool
    refused: str = ""


@dataclass(frozen=True, slots=True)
class Untold:
    """One that the hub does not have yet."""

    tcn: Tcn
    envelope: bytes = field(repr=False)


class Findings:
    """The findings of one kiosk. Any thread may call; every method may raise StorageFailed."""

    def __init__(self, path: Path) -> None:
        """`path`: the outbox's file; the findings lie beside it."""
        self._file = SqliteFile(path.with_name(path.name + SUFFIX), SCHEMA, "kiosk's findings", 1024)

    def put(self, tcn: Tcn, reference: str, vote: Vote, envelope: bytes, at: datetime) -> bool:
        """Keep one; False if this person has said something about this candidate before."""
        row = (tcn, reference, vote.officer, vote.finding, at.astimezone(UTC).isoformat())
        digest = sha256(envelope).digest()
        return bool(
            self._file.update(
                "INSERT INTO finding VALUES (?, ?, ?, ?, ?, ?, ?, '') ON CONFLICT DO NOTHING",
                (*row, digest, envelope),
            )
        )

    def of(self, tcn: Tcn) -> tuple[Said, ...]:
        """All about one record, in order."""
        query = "SELECT reference, officer, finding, envelope IS NULL, refused FROM finding WHERE tcn = ? ORDER BY at"
        rows = self._file.rows(query, (tcn,))
        return tuple(Said(tcn, r[0], r[1], Finding(r[2]), bool(r[3]) and not r[4], r[4]) for r in rows)

    def untold(self) -> tuple[Untold, ...]:
        """What the hub must still be told, oldest first."""
        rows = self._file.rows("SELECT tcn, envelope FROM finding WHERE envelope IS NOT NULL ORDER BY at", ())
        return tuple(Untold(Tcn(tcn), bytes(envelope)) for tcn, envelope in rows)

    def settle(self, digest: bytes, refused: str = "") -> bool:
        """The hub took the finding with this digest, or will not; False if it is not known or was settled."""
        statement = (
            "UPDATE finding SET envelope = NULL, refused = ? WHERE digest = ? AND envelope IS NOT NULL"
        )
        return bool(self._file.update(statement, (refused, digest)))

    def close(self) -> None:
        """Give the file back."""
        self._file.close()
