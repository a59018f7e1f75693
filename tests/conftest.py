"""Fixtures that several subjects share; each skips with a reason where its files are missing."""

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from mosquitto import Mosquitto, find

from hotspot_kiosk.demo.postgres import NoPostgres, Postgres

ROOT = Path(__file__).resolve().parents[1]
COUNTER = itertools.count()

# A property holds on a slow machine, too: how long its examples take says nothing of it.
settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")


@pytest.fixture(scope="session")
def models_built() -> Path:
    """The folder of built models and pictures."""
    folder = ROOT / "models" / "built"
    if not (folder / "pictures").is_dir():
        pytest.skip("the models are not built: run `make models`")
    return folder


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Public research images, kept beside the project and never in it."""
    folder = ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no test data beside the project (../shared/data)")
    return folder


@pytest.fixture
def mosquitto(tmp_path: Path) -> Iterator[Mosquitto]:
    """A running Mosquitto without a memory: what it forgets, the outbox remembers."""
    if find() is None:
        pytest.skip("Mosquitto is not installed: run `make test`, or apt-get install mosquitto")
    broker = Mosquitto(tmp_path)
    broker.start()
    yield broker
    broker.stop()


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """One PostgreSQL for the whole run; each test that uses it makes a schema of its own."""
    try:
        server = Postgres()
    except NoPostgres as error:
        pytest.skip(str(error))
    try:
        server.start()
        yield server
    finally:
        server.remove()


@pytest.fixture
def schema(postgres: Postgres) -> str:
    """How to connect to an empty schema."""
    name = f"t{next(COUNTER)}"
    postgres.sql(f"CREATE SCHEMA {name}")
    return postgres.dsn(name)
