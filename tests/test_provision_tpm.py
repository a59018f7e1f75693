"""A kiosk's private keys bound to a TPM: a software one stands for the chip on the board."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from newcomer_rig import POST, Bureau, Machine

from hotspot_kiosk.errors import StorageFailed
from hotspot_kiosk.keyring import load_peers, load_private
from hotspot_kiosk.kiosk.provision.safe import Creds, Kept
from hotspot_kiosk.simulator.broker import Files, free_port

NEEDED = ("swtpm", "systemd-creds", "tpm2_startup")  # the last stands for the libraries that systemd loads
pytestmark = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, NEEDED)),
    reason="needs root and Debian's packages swtpm, tpm2-tools and systemd (250 or later)",
)
PATIENCE_S = 60.0


class Chip:
    """A software TPM with a memory of its own, on two loopback ports."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir()
        port, control = _two_ports()
        self.name = f"swtpm:host=127.0.0.1,port={port}"
        ways = ["--server", f"type=tcp,port={port}", "--ctrl", f"type=tcp,port={control}"]
        state = ["--tpm2", "--tpmstate", f"dir={folder}", "--flags", "not-need-init,startup-clear"]
        self._process = subprocess.Popen(["swtpm", "socket", *state, *ways])
        ends = time.monotonic() + PATIENCE_S
        while not _listens(control):
            assert self._process.poll() is None
            assert time.monotonic() < ends, "swtpm did not start"
            time.sleep(0.05)

    def close(self) -> None:
        """Out of the board."""
        self._process.terminate()
        self._process.wait(PATIENCE_S)


def _two_ports() -> tuple[int, int]:
    """systemd's library expects the second right above the first."""
    while True:
        port = free_port()
        try:
            socket.create_server(("127.0.0.1", port + 1)).close()
        except OSError:
            continue
        return port, port + 1


def _listens(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


@pytest.fixture
def chip(tmp_path: Path) -> Iterator[Chip]:
    """The board's."""
    made = Chip(tmp_path / "chip")
    yield made
    made.close()


def test_a_kiosk_with_a_tpm_keeps_its_keys_by_it_alone(tmp_path: Path, chip: Chip) -> None:
    """From the first moment: nothing on its disk holds them in clear, and another board's TPM opens nothing."""
    bureau = Bureau(tmp_path / "hub", Files(tmp_path / "pki"))
    machine, stick = Machine(tmp_path / "new", bureau.known, seal="tpm2", tpm=chip.name), tmp_path / "stick"
    stick.mkdir()
    code = machine.code()
    first = (machine.state / "provision" / "secret").read_bytes()
    assert b"hotspot-first" not in first
    assert machine.run("--stick", str(stick)).exit_code == 0
    bureau.run("provision", "stick", str(stick))
    assert bureau.run("provision", "accept", code, "--number", "17", "--post", POST).exit_code == 0
    bureau.run("provision", "stick", str(stick))
    done = machine.run("--stick", str(stick))
    assert done.exit_code == 0, (done.output, done.exception)

    sealed = machine.state / "kiosk.key.cred"
    opened = tmp_path / "opened.key"
    opened.touch(0o600)
    opened.write_bytes(Creds(Kept.TPM, chip.name).get(sealed, "kiosk.key"))
    assert load_private(opened).public() == load_peers(bureau.folder / "peers")[17].keys()
    seed = load_private(opened).signing_seed
    kept = [path.read_bytes() for path in machine.folder.rglob("*") if path.is_file()]
    assert not [each for each in kept if b"hotspot-private" in each or seed in each]

    other = Chip(tmp_path / "another board")
    try:
        with pytest.raises(StorageFailed, match="decrypt"):
            Creds(Kept.TPM, other.name).get(sealed, "kiosk.key")
    finally:
        other.close()
