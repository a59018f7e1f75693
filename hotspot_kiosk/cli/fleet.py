"""`hotspot fleet`: how the kiosks are; roll an update out to them, watch it, stop it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click
import msgspec

from hotspot_kiosk import files, fleet
from hotspot_kiosk.cli.options import config_option, json_option, list_out, on_signals
from hotspot_kiosk.config import HubConfig, build_variant, load, plain
from hotspot_kiosk.errors import ConfigError, Refused
from hotspot_kiosk.hub.fleet import stick as carrying
from hotspot_kiosk.hub.fleet.fleet import Course, Courses, FleetDesk
from hotspot_kiosk.hub.fleet.fleet_http import Content, FleetHttp
from hotspot_kiosk.hub.fleet.fleet_page import page, span
from hotspot_kiosk.hub.fleet.rollout import Rollout
from hotspot_kiosk.hub.fleet.rollout_page import section
from hotspot_kiosk.hub.fleet.standings import Row, Standings
from hotspot_kiosk.hub.fleet.standings import rows as rows_of
from hotspot_kiosk.keyring import Peers, load_private
from hotspot_kiosk.seal import PublicKeys
from hotspot_kiosk.stick_update import UpdateStick

FLEET_PORT = 8888
CALLED_OFF = "a person called it off"


@click.group("fleet")
def command() -> None:
    """How the kiosks are; updates, wave by wave."""


@command.group()
def rollout() -> None:
    """Begin one, see it, stop it, let it go on."""


@command.command()
@config_option
def run(config: Path) -> None:
    """Invite kiosks, take their reports and statuses in, until told to stop; with [fleet] show page and metrics."""
    os.umask(0o077)
    tables = load(config, HubConfig)
    link = {**tables.link, "port": FLEET_PORT, **(tables.fleet.link if tables.fleet else {})}
    posts = Peers(tables.keys.peers)
    desk = FleetDesk(
        courses=_courses(config),
        board=build_variant("hotspot_kiosk.transports", "link", link, config.parent.resolve()),
        own=load_private(tables.keys.own),
        post_keys=lambda device: _known(posts, device),
        now=lambda: datetime.now(UTC),
        standings=_standings(config),
    )
    shown = _shown(tables, config) if tables.fleet else None
    on_signals(desk.stop)
    try:
        if shown is not None:
            shown.start()
            click.echo(f"page and metrics on port {shown.port}", err=True)
        desk.run()
    finally:
        if shown is not None:
            shown.close()


@command.command("list")
@config_option
@json_option
def list_kiosks(config: Path, as_json: bool) -> None:
    """Every kiosk: versions, queue, last heard, alarms; those with alarms first."""
    found = [_listed(row) for row in _rows(load(config, HubConfig), config)]
    list_out(found, as_json, "No kiosk is admitted here yet.")


@command.command("show")
@config_option
@click.argument("device", type=int)
def show_kiosk(config: Path, device: int) -> None:
    """All that one kiosk last said of itself, as JSON."""
    found = [row for row in _rows(load(config, HubConfig), config) if row.device == device]
    if not found:
        raise Refused(f"kiosk {device} is not admitted here and never said anything")
    click.echo(msgspec.json.format(msgspec.json.encode(found[0]), indent=2).decode())


@command.command("page")
@config_option
@click.option("--to", "file", type=click.Path(path_type=Path, dir_okay=False), required=True)
def write_page(config: Path, file: Path) -> None:
    """Write the fleet's page into a file."""
    now = datetime.now(UTC)
    files.replace(
        file, page(_rows(load(config, HubConfig), config), now, section(_courses(config).newest())).encode()
    )
    click.echo(f"{file}: as of {now:%Y-%m-%d %H:%M} UTC")


@rollout.command()
@config_option
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
def new(config: Path, file: Path) -> None:
    """Begin the rollout that a TOML file describes: id, version, url, manifest, devices; floor, canary, window."""
    try:
        wanted = msgspec.toml.decode(file.read_bytes(), type=Rollout)
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}") from None
    except msgspec.ValidationError as error:
        raise ConfigError(f"{file}: {plain(str(error))}") from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} cannot be read as TOML: {error}") from None
    course = _courses(config).begin(wanted, fleet.as_ms(datetime.now(UTC)))
    click.echo(
        f"{course.rollout.id} begins: {', '.join(str(len(w)) for w in wanted.waves())} kiosks, wave by wave."
    )


@rollout.command()
@config_option
@json_option
def show(config: Path, as_json: bool) -> None:
    """The newest rollout, kiosk by kiosk."""
    course = _newest(config)
    rows = [
        {"device": device, "outcome": str(result.outcome), "version": result.version, "reason": result.reason}
        for device, result in sorted(course.results.items())
    ]
    state = (
        f"halted: {course.halted}"
        if course.halted
        else "done"
        if course.done
        else f"wave {len(course.opened_ms)}"
    )
    click.echo(f"{course.rollout.id}, version {course.rollout.version}: {state}", err=as_json)
    list_out(rows, as_json, "No kiosk has reported yet.")


@rollout.command()
@config_option
def halt(config: Path) -> None:
    """Stop it: kiosks that have not restarted yet stay with what they run."""
    course = _newest(config)
    if course.done or course.halted:
        raise Refused(f"rollout {course.rollout.id} is over already; nothing was changed")
    _courses(config).halt(CALLED_OFF)
    click.echo("It stops at the fleet process's next look; see: hotspot fleet rollout show")


@rollout.command()
@config_option
def resume(config: Path) -> None:
    """Begin a halted rollout anew, from its first wave, for the kiosks that have not confirmed it."""
    course = _newest(config)
    if not course.halted:
        raise Refused(f"rollout {course.rollout.id} is not halted")
    left = tuple(d for d in course.rollout.devices if course.outcomes.get(d) is not fleet.Outcome.CONFIRMED)
    if not left:
        raise Refused("every kiosk of it has confirmed the update")
    again = msgspec.structs.replace(course.rollout, devices=left)
    _courses(config).begin(again, fleet.as_ms(datetime.now(UTC)))
    click.echo(f"{again.id} begins anew with {len(left)} kiosks.")


@rollout.command()
@config_option
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option("--bundle", type=click.Path(path_type=Path, dir_okay=False), required=True, help="VERSION.raucb, its .toml beside it.")  # fmt: skip
def stick(config: Path, folder: Path, bundle: Path) -> None:
    """Write it onto a mounted stick named HOTSPOT-UPD, for kiosks whose link does not carry it; the same checks hold there."""
    own = load_private(load(config, HubConfig).keys.own)
    invited = carrying.write(UpdateStick(folder), _newest(config), bundle, own)
    click.echo(
        f"On the stick, for {len(invited)} kiosks: {', '.join(map(str, invited))}. It may be pulled once it is unmounted."
    )


def _shown(tables: HubConfig, config: Path) -> FleetHttp:
    from hotspot_kiosk.hub.fleet import metrics  # noqa: PLC0415 - only who asks for metrics needs its package

    def rows() -> list[Row]:
        return _rows(tables, config)

    def html() -> Content:
        return "text/html; charset=utf-8", page(
            rows(), datetime.now(UTC), section(_courses(config).newest())
        ).encode()

    listen = tables.fleet.listen if tables.fleet else ""
    return FleetHttp(listen, {"/": html, "/metrics": lambda: (metrics.TYPE, metrics.text(rows))})


def _standings(config: Path) -> Standings:
    return Standings(_folder(config) / "statuses")


def _rows(tables: HubConfig, config: Path) -> list[Row]:
    posts = Peers(tables.keys.peers).names
    return rows_of(_standings(config), posts, fleet.as_ms(datetime.now(UTC)))


def _listed(row: Row) -> dict[str, object]:
    return {
        "device": row.device,
        "post": row.post,
        "version": row.version,
        "waiting": row.waiting,
        "oldest": span(row.oldest_s),
        "heard": "never" if row.silent_s is None else f"{span(row.silent_s)} ago",
        "alarms": ", ".join(row.alarms),
    }


def _known(posts: Peers, device: int) -> PublicKeys:
    if device not in posts:
        raise Refused(f"kiosk {device} is not admitted here")
    return posts[device].keys()


def _courses(config: Path) -> Courses:
    return Courses(_folder(config) / "rollouts")


def _folder(config: Path) -> Path:
    return load(config, HubConfig).hub.fleet or config.parent.resolve()


def _newest(config: Path) -> Course:
    course = _courses(config).newest()
    if course is None:
        raise Refused("there is no rollout; begin one with: hotspot fleet rollout new FILE")
    return course
