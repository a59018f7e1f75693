"""The fleet as Prometheus reads it: https://prometheus.io/docs/practices/naming/. The only file that imports its client.

Labels name kiosks by their numbers; nothing about a person can be counted here, because no status holds it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from hotspot_kiosk.hub.fleet.standings import Row

TYPE = CONTENT_TYPE_LATEST
NUMBERS: tuple[tuple[str, str, Callable[[Row], float | None]], ...] = (
    ("up", "Whether the kiosk's link to the fleet's broker stands.", lambda row: row.here),
    ("hub_link_up", "Whether the kiosk reaches the hub for records.", lambda row: row.link),
    ("records_waiting", "Records that the hub does not hold yet.", lambda row: row.waiting),
    ("records_quarantined", "Records that need a look.", lambda row: row.quarantined),
    ("oldest_record_age_seconds", "How long the oldest record waits.", lambda row: row.oldest_s),
    ("processor_temperature_celsius", "Heat of the processor.", lambda row: row.heat_c),
    ("last_heard_age_seconds", "Since the kiosk's last word.", lambda row: row.silent_s),
)


class Fleet(Collector):
    """Asks for the rows whenever it is scraped."""

    def __init__(self, rows: Callable[[], Sequence[Row]]) -> None:
        self._rows = rows

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Every metric; a number that is not known is missing."""
        rows = self._rows()
        for name, about, of in NUMBERS:
            family = GaugeMetricFamily(f"hotspot_kiosk_{name}", about, labels=["device"])
            for row in rows:
                if (value := of(row)) is not None:
                    family.add_metric([str(row.device)], float(value))
            yield family
        yield _named("hotspot_kiosk_alarm", "What is out of order: 1 for each.", "alarm", rows, _alarms)
        yield _named("hotspot_kiosk_build_info", "Which version runs.", "version", rows, _version)


def text(rows: Callable[[], Sequence[Row]]) -> bytes:
    """What a scrape reads."""
    registry = CollectorRegistry()
    registry.register(Fleet(rows))
    return generate_latest(registry)


def _named(
    name: str, about: str, label: str, rows: Sequence[Row], of: Callable[[Row], Sequence[str]]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, about, labels=["device", label])
    for row in rows:
        for value in of(row):
            family.add_metric([str(row.device), value], 1.0)
    return family


def _alarms(row: Row) -> Sequence[str]:
    return row.alarms


def _version(row: Row) -> Sequence[str]:
    return (row.version,) if row.version else ()
