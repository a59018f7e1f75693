"""One TOML file per process, checked whole before anything starts.

An unknown key, a wrong type or an impossible value refuses with a sentence that names the key and
the remedy. Relative paths count from the file's own folder. Says nothing about what a driver does.
"""

from hotspot_kiosk.config.hub import HubConfig
from hotspot_kiosk.config.kiosk import (
    KioskConfig,
    OutboxLimits,
    Page,
    SessionPlan,
    Tablet,
    TamperPlan,
    UpdatePlan,
)
from hotspot_kiosk.config.reading import CREDENTIALS, build_variant, convert, load, plain
from hotspot_kiosk.config.table import AGENCY, COUNTRY, EXACT, Models, Section, Table, exact, within

__all__ = [
    "AGENCY",
    "COUNTRY",
    "CREDENTIALS",
    "EXACT",
    "HubConfig",
    "KioskConfig",
    "Models",
    "OutboxLimits",
    "Page",
    "Section",
    "SessionPlan",
    "Table",
    "Tablet",
    "TamperPlan",
    "UpdatePlan",
    "build_variant",
    "convert",
    "exact",
    "load",
    "plain",
    "within",
]
