"""What a new machine knows of its bureau: a folder with the hub's public key, the broker's CA and the way there.

All of it is public; it comes with the image or on the stick. Whoever exchanges it changes the code that people compare.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hotspot_kiosk import files
from hotspot_kiosk.errors import ConfigError, Refused
from hotspot_kiosk.keyring import load_hub
from hotspot_kiosk.seal import Ring

HUB_KEY, BROKER_CA, WAY = "hub.pub", "broker-ca.pem", "bureau.toml"
NAMES = (HUB_KEY, BROKER_CA, WAY)


@dataclass(frozen=True, slots=True)
class Bureau:
    """The folder, read. link: [link] of bureau.toml as it stands there."""

    folder: Path
    hub: Ring
    link: Mapping[str, Any]


def read(folder: Path) -> Bureau:
    """The bureau of a folder. Raises ConfigError, KeyMissing or Refused with what to do."""
    missing = [name for name in NAMES if not (folder / name).is_file()]
    if missing:
        raise Refused(
            f"{folder} lacks {', '.join(missing)}: it comes with the bureau's image, or on a stick of "
            "hotspot hub provision stick"
        )
    try:
        link = tomllib.loads(files.read(folder / WAY).decode("utf-8")).get("link", {})
    except (ValueError, RecursionError) as error:
        raise ConfigError(f"{folder / WAY} cannot be read as TOML: {error}") from None
    if not isinstance(link, dict):
        raise ConfigError(f"{folder / WAY}: [link] must be a table")
    return Bureau(folder, load_hub(folder), link)
