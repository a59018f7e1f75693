"""`hotspot training`: a training bench on this machine, its lessons on the officers' pages and on this terminal."""

from __future__ import annotations

import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from hotspot_kiosk import realm
from hotspot_kiosk.cli.options import on_signals
from hotspot_kiosk.demo.stage import Folders
from hotspot_kiosk.errors import ConfigError, Refused
from hotspot_kiosk.kiosk.web.coach import Stand, Word
from hotspot_kiosk.kiosk.web.mark import Mark
from hotspot_kiosk.terms import Realm
from hotspot_kiosk.training.bench import OFFICERS, PIN, Bench
from hotspot_kiosk.training.coach import Coach, ask
from hotspot_kiosk.training.lessons import ALL

MODELS = Path(__file__).resolve().parents[2] / "models"
MARK = Mark.of(training=True)
COACH = "coach"


def _default() -> Path:
    base = os.environ.get("XDG_RUNTIME_DIR") or tempfile.gettempdir()
    return Path(base) / f"hotspot-training-{os.getuid()}"


folder_option = click.option(
    "--folder",
    type=click.Path(path_type=Path),
    default=_default,
    help="Where the training lies while it runs.",
)


@click.group("training", invoke_without_command=True)
@click.pass_context
def command(context: click.Context) -> None:
    """Officers practise on the real pages; nothing of it is real, and nothing is kept."""
    if context.invoked_subcommand is None:
        context.invoke(run)


@command.command()
@folder_option
@click.option("--port", default=8090, show_default=True, help="Of the pages, on this machine only.")
@click.option(
    "--models", type=click.Path(path_type=Path, exists=True), default=MODELS, help="The models' folder."
)
@click.option("--lesson", type=click.Choice(list(ALL)), help="Begin with this one.")
def run(folder: Path, port: int, models: Path, lesson: str | None) -> None:
    """Start broker, training hub, sensor, kiosk and pages here, until told to stop."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # while it starts; then `on_signals` listens
    stop = threading.Event()
    with _fresh(folder) as root:
        click.echo(f"TRAINING. Everything starts in {root}; the first start takes a minute.")
        with Bench(Folders(root, models.resolve()), port) as bench, Coach(bench, _tell) as coach:
            click.echo(
                f"Open http://localhost:{port}/officer and sign in as {' or '.join(OFFICERS)}, PIN {PIN}."
            )
            click.echo(f"The person's screen: http://localhost:{port}/")
            if lesson is not None:
                coach.asked(Word("begin", lesson))
            on_signals(stop.set)
            stop.wait()
    click.echo("The training is over; nothing of it was kept.")


@command.command("list")
def list_() -> None:
    """The lessons there are."""
    for name in ALL:
        click.echo(f"{name:<12} {_words(f'lesson-{name}')}: {_words(f'lesson-{name}-about')}")


@command.command()
@folder_option
@click.argument("lesson", type=click.Choice(list(ALL)))
def begin(folder: Path, lesson: str) -> None:
    """Begin a lesson in the training that runs; one that is on its way ends."""
    _tell(ask(folder / COACH, Word("begin", lesson)))


@command.command()
@folder_option
@click.argument("word")
def say(folder: Path, word: str) -> None:
    """Say something to the person, as the lesson's page offers it."""
    stand = ask(folder / COACH, Word())
    if word not in stand.says:
        raise Refused(f"what can be said now: {', '.join(stand.says) or 'nothing; begin a lesson'}")
    _tell(ask(folder / COACH, Word("say", word)))


@command.command()
@folder_option
def status(folder: Path) -> None:
    """How the lesson stands."""
    _tell(ask(folder / COACH, Word()))


@command.command()
@folder_option
def stop(folder: Path) -> None:
    """End the lesson; the training goes on."""
    _tell(ask(folder / COACH, Word("stop")))


@contextmanager
def _fresh(folder: Path) -> Iterator[Path]:
    """A folder for one training, gone afterwards. What an earlier one left is taken away, anything else never."""
    if folder.exists():
        if realm.of_folder(folder) is not Realm.TRAINING:
            raise ConfigError(f"{folder} exists and is not a training's; name another with --folder")
        if (folder / "desk").exists():
            raise ConfigError(
                f"a training runs in {folder}, or was killed there; end it, or remove that folder"
            )
        shutil.rmtree(folder)
    folder.mkdir(mode=0o700, parents=True)
    realm.mark(folder)
    try:
        yield folder.resolve()
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _tell(stand: Stand) -> None:
    """A lesson as lines of a terminal."""
    for line in lines(stand):
        click.echo(line)


def lines(stand: Stand) -> list[str]:
    """How a lesson stands, in English words; each line says that it is training."""
    if not stand.lesson:
        return [f"TRAINING | {stand.problem or _words('lesson-none')}"]
    out = [_words(f"lesson-{stand.lesson}")]
    out += [
        f"{'x' if step.done else ' '} {step.number}. {_words(f'lesson-{stand.lesson}-{step.number}')}"
        for step in stand.steps
    ]
    out += [_words(f"aside-{each}") for each in stand.aside]
    out += [stand.problem] if stand.problem else []
    out += [f"say {word}: {_words(f'say-{word}')}" for word in stand.says]
    if stand.learned:
        out += [_words(f"lesson-{stand.lesson}-learned"), _words("lessons-kept")]
    return [f"TRAINING | {line}" for line in out]


def _words(message: str) -> str:
    return MARK.words("en", message)
