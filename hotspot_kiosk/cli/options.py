"""Options and output that several commands share."""

from __future__ import annotations

import json
import signal
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

config_option = click.option(
    "-c",
    "--config",
    "config",
    type=click.Path(path_type=Path),
    required=True,
    envvar="HOTSPOT_CONFIG",
    show_envvar=True,
    help="The TOML file of this machine.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")


def list_out(rows: Sequence[dict[str, Any]], as_json: bool, empty: str) -> None:
    """Print rows as a table, or as one JSON object a line."""
    if as_json:
        for row in rows:
            click.echo(json.dumps(row, ensure_ascii=False))
        return
    if not rows:
        click.echo(empty)
        return
    click.echo(table(rows))


def table(rows: Sequence[dict[str, Any]]) -> str:
    """Rows of the same keys as aligned columns under a head."""
    head = list(rows[0])
    cells = [head] + [["" if row[key] is None else str(row[key]) for key in head] for row in rows]
    widths = [max(len(line[column]) for line in cells) for column in range(len(head))]
    lines = ["  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in cells]
    return "\n".join(line.rstrip() for line in lines)


def on_signals(stop: Callable[[], None]) -> None:
    """Call `stop` on SIGTERM and SIGINT, from a thread of its own."""

    def handle(_number: int, _frame: object) -> None:
        threading.Thread(target=stop, name="stop").start()

    signal.signal(signal.SIGTERM, handle)
    signal.signal(signal.SIGINT, handle)
