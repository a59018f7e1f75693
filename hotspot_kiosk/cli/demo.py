"""`hotspot demo`: the whole way of a record on this machine, with the link cut in the middle."""

from __future__ import annotations

import signal
import sys
import tempfile
from pathlib import Path

import click

from hotspot_kiosk.demo.stage import Folders
from hotspot_kiosk.demo.story import Story

MODELS = Path(__file__).resolve().parents[2] / "models"


@click.command("demo")
@click.option("--models", type=click.Path(path_type=Path), default=MODELS, help="The models' folder.")
@click.option(
    "--keep", type=click.Path(path_type=Path), help="Leave all files of the demo in this new folder."
)
def command(models: Path, keep: Path | None) -> None:
    """The whole way of a record, with the link cut in the middle. Exits 0 if all is as expected."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    if keep is not None:
        keep.mkdir(parents=True)
        sys.exit(0 if Story(Folders(keep, models.resolve())).play() else 1)
    with tempfile.TemporaryDirectory(prefix="hotspot-demo-") as folder:
        sys.exit(0 if Story(Folders(Path(folder), models.resolve())).play() else 1)
