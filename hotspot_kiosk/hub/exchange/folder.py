"""A partner behind two folders: an I-24/7 client picks files up in one and leaves answers in the other.

A file appears whole under its control number, and at most once, however often this process is killed: it
is written beside, then marked as given, then renamed. An answer is deleted once the hub keeps it.
"""

from __future__ import annotations

import logging
import os
import stat
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

from hotspot_kiosk.errors import ConfigError
from hotspot_kiosk.files import plainly, sync_folder, write_whole
from hotspot_kiosk.hub.exchange.port import LARGEST_ANSWER, Incoming
from hotspot_kiosk.hub.exchange.shelf import Shelf
from hotspot_kiosk.outcome_report import OutcomeReport, encode
from hotspot_kiosk.terms import Tcn

log = logging.getLogger(__name__)
OUTCOME = ".outcome.json"
MARKS_KEPT_S = 400 * 86_400.0  # longer than a record may be kept before it is sent


class Options(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """outbox: where the client picks up. answers: where it leaves what came. Both on the disk of `state`.

    settle_s: an answer counts as whole when nobody has written to it for so long; 0 for a client that renames.
    """

    state: Path
    outbox: Path
    answers: Path
    suffix: str = ".nist"
    settle_s: float = 2.0

    def __post_init__(self) -> None:
        if not 0 <= self.settle_s <= 60:
            raise ValueError("settle_s must be 0 to 60")
        if not self.suffix.startswith(".") or "/" in self.suffix:
            raise ValueError('suffix must begin with a dot, as in ".nist"')


def build(options: Options) -> FolderExchange:
    """From its config. Raises ConfigError if the folders are missing or lie on different disks."""
    return FolderExchange(options, time.time)


class FolderExchange:
    """See `Exchange`. now: seconds since 1970, as the file system tells them."""

    def __init__(self, options: Options, now: Callable[[], float]) -> None:
        self._options = options
        self._now = now
        self._shelf = Shelf(options.state)
        self._given = options.state / "given"
        with plainly(str(self._given)):
            self._given.mkdir(exist_ok=True, mode=0o700)
        for folder in (options.outbox, options.answers):
            if not folder.is_dir():
                raise ConfigError(f"there is no folder {folder}: make it, readable for the partner's client")
        if options.outbox.stat().st_dev != self._given.stat().st_dev:
            raise ConfigError(
                f"{options.outbox} and {options.state} must lie on one disk: put state beside it"
            )
        with plainly(str(self._given)):
            self._recover()

    def send(self, tcn: Tcn, content: bytes) -> None:
        """Give it to the client, unless it was given before."""
        self._give(tcn, content)

    def report(self, report: OutcomeReport) -> None:
        """Give it to the client as NAME.outcome.json, unless it was given before."""
        self._give(report.name, encode(report))

    def _give(self, name: str, content: bytes) -> None:
        mark, part = self._given / name, self._given / f"{name}.part"
        with plainly(f"the folder for {name}"):
            if not mark.exists():
                try:
                    write_whole(part, content, 0o640)
                except OSError:
                    part.with_name(f"{part.name}.new").unlink(missing_ok=True)
                    raise
                write_whole(mark, b"", 0o600)
            self._hand_over(part)

    def collect(self) -> Iterator[Incoming]:
        """Every answer that is whole, by age."""
        with plainly(str(self._options.answers)):
            found = sorted(self._settled(), key=lambda each: (each[0].st_mtime_ns, each[1].name))
        for status, path in found:
            if status.st_size > LARGEST_ANSWER:
                self._too_large(path)
                continue
            with plainly(str(path)):
                content = path.read_bytes()
            yield Incoming(path.name, content)

    def done(self, incoming: Incoming) -> None:
        """Delete it."""
        with plainly(str(self._options.answers)):
            (self._options.answers / incoming.name).unlink(missing_ok=True)
            sync_folder(self._options.answers)

    def set_aside(self, incoming: Incoming, why: str) -> None:
        """Keep it on the shelf."""
        self._shelf.put_aside(incoming, why)
        self.done(incoming)

    def close(self) -> None:
        """There is nothing to let go of."""

    def _hand_over(self, part: Path) -> None:
        """The one step that the client sees."""
        if part.exists():
            suffix = OUTCOME if "-" in part.stem else self._options.suffix
            part.rename(self._options.outbox / f"{part.stem}{suffix}")
            sync_folder(self._options.outbox)
            sync_folder(self._given)

    def _recover(self) -> None:
        """Finish what was marked, drop what was not, forget marks of long ago."""
        for path in list(self._given.iterdir()):
            if path.suffix == ".part" and path.with_suffix("").exists():
                self._hand_over(path)
            elif path.suffix or self._now() - path.stat().st_mtime > MARKS_KEPT_S:
                path.unlink(missing_ok=True)

    def _settled(self) -> Iterator[tuple[os.stat_result, Path]]:
        for path in self._options.answers.iterdir():
            status = path.lstat()
            hidden = path.name.startswith(".") or path.suffix in (".tmp", ".part", ".new")
            if hidden or not stat.S_ISREG(status.st_mode):
                continue
            if self._now() - status.st_mtime >= self._options.settle_s:
                yield status, path

    def _too_large(self, path: Path) -> None:
        log.error("%s is larger than any answer; it was set aside for the maintainer", path.name)
        self._shelf.put_aside(Incoming(path.name, b""), f"larger than {LARGEST_ANSWER} bytes; not read")
        with plainly(str(path)):
            path.unlink(missing_ok=True)
