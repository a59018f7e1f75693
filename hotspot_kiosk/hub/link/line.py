"""What a worker has heard and not yet acted on, and what of it comes next. Pure: time comes in.

Kiosks say which of their messages belong to a person who still stands there. Across all kiosks
those come first, probes before evidence, then what settles old matters, then backlog; within a
rank the kiosks take turns. Every AGEING-th message is the one that waited longest, so that no
stream of people starves the rest. An offer of backlog is let in only as fast as `Bucket` refills:
what is not asked for stays safe at its kiosk instead of lying in this worker's memory.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass
from enum import IntEnum

from hotspot_kiosk import wire
from hotspot_kiosk.terms import Part

AGEING = 8
LET_IN_PER_S, MOST_AT_ONCE = 8 << 20, 16 << 20


class Rank(IntEnum):
    """Least first."""

    LIVE_PROBE = 0
    WORD = 1
    LIVE_EVIDENCE = 2
    BACKLOG_PROBE = 3
    BACKLOG_EVIDENCE = 4
    BACKLOG_OFFER = 5


@dataclass(frozen=True, slots=True)
class Heard:
    """A message of a kiosk; `turn` numbers messages in the order of their coming."""

    turn: int
    device: int
    message: wire.Up


class Bucket:
    """Bytes of backlog that may be asked for: so many a second, at most so many at once."""

    def __init__(self, per_s: float, most: float) -> None:
        self._per_s = per_s
        self._most = most
        self._has = most
        self._at = 0.0

    def holds(self, size: int, now: float) -> bool:
        """Whether it holds as many, or all that it can hold."""
        self._has = min(self._most, self._has + self._per_s * max(0.0, now - self._at))
        self._at = now
        return self._has >= min(size, self._most)

    def take(self, size: int) -> None:
        """Take so many out."""
        self._has -= size


class Line:
    """Messages that wait. One thread at a time; `now` is seconds of one steady clock."""

    def __init__(self, bucket: Bucket | None = None) -> None:
        self._bucket = bucket or Bucket(LET_IN_PER_S, MOST_AT_ONCE)
        self._ranks: dict[Rank, OrderedDict[int, deque[Heard]]] = {rank: OrderedDict() for rank in Rank}
        self._came = 0
        self._went = 0
        self._size = 0

    def __len__(self) -> int:
        return self._size

    def put(self, device: int, message: wire.Up) -> None:
        """Stand at the end of one's rank; an offer that is made again keeps the first one's place."""
        waiting = self._ranks[rank_of(message)].setdefault(device, deque())
        if isinstance(message, wire.Offer) and any(heard.message == message for heard in waiting):
            return
        self._came += 1
        self._size += 1
        waiting.append(Heard(self._came, device, message))

    def next(self, now: float) -> Heard | None:
        """The message to act on now; None if nothing waits, or only offers for which it is too early."""
        ranks = [rank for rank in Rank if self._ranks[rank] and self._may(rank, now)]
        if not ranks:
            return None
        self._went += 1
        if self._went % AGEING == 0:
            return self._leave(*self._oldest(ranks))
        return self._leave(ranks[0], next(iter(self._ranks[ranks[0]])))

    def _may(self, rank: Rank, now: float) -> bool:
        return rank is not Rank.BACKLOG_OFFER or self._bucket.holds(self._asks(), now)

    def _asks(self) -> int:
        """The size of the largest part among those whose kiosks' turn may come."""
        heads = (waiting[0].message for waiting in self._ranks[Rank.BACKLOG_OFFER].values())
        return max(message.size for message in heads if isinstance(message, wire.Offer))

    def _oldest(self, ranks: list[Rank]) -> tuple[Rank, int]:
        places = ((rank, device) for rank in ranks for device in self._ranks[rank])
        return min(places, key=lambda place: self._ranks[place[0]][place[1]][0].turn)

    def _leave(self, rank: Rank, device: int) -> Heard:
        """The kiosk's first message of that rank; the kiosk goes to the end of the rank."""
        waiting = self._ranks[rank].pop(device)
        heard = waiting.popleft()
        if waiting:
            self._ranks[rank][device] = waiting
        self._size -= 1
        if rank is Rank.BACKLOG_OFFER and isinstance(heard.message, wire.Offer):
            self._bucket.take(heard.message.size)
        return heard


def rank_of(message: wire.Up) -> Rank:
    """Where a message stands."""
    if isinstance(message, wire.Chunk | wire.Offer):
        if message.live:
            return Rank.LIVE_PROBE if message.part is Part.PROBE else Rank.LIVE_EVIDENCE
        if isinstance(message, wire.Offer):
            return Rank.BACKLOG_OFFER
        return Rank.BACKLOG_PROBE if message.part is Part.PROBE else Rank.BACKLOG_EVIDENCE
    return Rank.WORD
