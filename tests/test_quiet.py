"""A kiosk talks to its hub and to nobody else, and leaves nothing in a home."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROGRAM = """
from pathlib import Path
from hotspot_kiosk.inference.port import ModelShelf
shelf = ModelShelf(Path("models/manifest.toml"), Path("models/built"))
shelf.open("centerface")
"""


def test_opening_a_model_reports_to_nobody(models_built: Path, tmp_path: Path) -> None:
    """The library that runs the models would keep a device number and a queue of reports in the home."""
    assert models_built
    subprocess.run(
        [sys.executable, "-c", PROGRAM], cwd=ROOT, env={"HOME": str(tmp_path), "PATH": "/usr/bin"}, check=True
    )
    assert list(tmp_path.rglob("*")) == []
