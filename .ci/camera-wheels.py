"""Put the Python packages that the camera's tests need into a folder, for Debian 13's Python, by the locks' hashes.

Usage: .venv/bin/python .ci/camera-wheels.py FOLDER
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

from packaging.requirements import Requirement

PYTHON = "3.13"
OURS = {
    *("iniconfig", "msgspec", "numpy", "opencv-python-headless", "packaging", "pillow"),
    *("pluggy", "pygments", "pytest", "pytest-timeout"),
}


def wanted(entry: str) -> bool:
    """Whether a lock's entry is one of ours, for that Python."""
    requirement = Requirement(entry.split("\\", maxsplit=1)[0].strip())
    machine = {"python_version": PYTHON, "python_full_version": f"{PYTHON}.0"}
    return requirement.name in OURS and (requirement.marker is None or requirement.marker.evaluate(machine))


def without_marker(entry: str) -> str:
    """Pip holds markers against its own Python, not against the one it installs for."""
    return re.sub(r" ; [^\\]*", " ", entry, count=1)


entries = re.findall(
    r"^\S+==[^\n]*(?:\n +--hash[^\n]*)+", Path("requirements.lock").read_text("utf-8"), re.MULTILINE
)
lock = "\n".join(without_marker(entry) for entry in entries if wanted(entry))
with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
    file.write(lock + "\n" + Path("tests/camera/requirements.lock").read_text("utf-8"))
    file.flush()
    subprocess.run(
        [
            *(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"),
            *("--only-binary=:all:", "--implementation=cp", f"--python-version={PYTHON}", "--require-hashes"),
            *("--target", sys.argv[1], "-r", file.name),
        ],
        check=True,
    )
