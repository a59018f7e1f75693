"""A whole kiosk as a virtual machine: the image that image-build made, in QEMU, with its power in our hand.

It can be started, asked, cut off at any instant and started again on the same card. Only the process
that was started here is ended. Images for tests have an agent that does as root what it is told.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import subprocess
import time
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from hotspot_kiosk.errors import Temporary

IMAGE_BUILD = Path(__file__).resolve().parents[2] / "image-build"
CANNOT = 75  # what image-build's commands end with where a machine cannot do it
WORDS = 65536


class MachineFailed(Temporary):
    """The virtual board did not do what was waited for; the message ends with the last of its console."""


@dataclass(frozen=True, slots=True)
class Ran:
    """What a command in the machine came to."""

    code: int
    output: str


class Machine:
    """One virtual board with its own card, `folder`/disk.img; a context manager that cuts its power.

    `words` are further words for QEMU; it sees `folder` as /mnt/machine.
    """

    def __init__(self, folder: Path, words: Sequence[str] = ()) -> None:
        self.folder = folder
        self._words = tuple(words)
        self._process: subprocess.Popen[bytes] | None = None
        self._agent: socket.socket | None = None
        self._pending = b""
        self._asked = 0

    def __enter__(self) -> Machine:
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def insert(self, image: Path, data_mib: int = 256) -> None:
        """Put a fresh copy of an image's card in; `data_mib` is the room for the kiosk's data."""
        shutil.copyfile(image, self.folder / "disk.img")
        whole = (self.folder / "disk.img").stat().st_size
        os.truncate(self.folder / "disk.img", whole + max(0, data_mib - 256) * (1 << 20))

    def start(self) -> None:
        """Power on; returns at once."""
        for name in ("console", "console.log", "qmp", "agent"):
            (self.folder / name).unlink(missing_ok=True)
        agent = "socket,id=agent,path=/mnt/machine/agent,server=on,wait=off"
        port = (
            "-chardev",
            agent,
            "-device",
            "virtio-serial-pci",
            "-device",
            "virtserialport,chardev=agent,name=hotspot.agent",
        )
        with (self.folder / "qemu.log").open("wb") as log:
            self._process = subprocess.Popen(
                ["nice", "-n", "5", str(IMAGE_BUILD / "run"), str(self.folder), *port, *self._words],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    def cut(self) -> None:
        """Cut the power: SIGKILL, whatever the machine is doing."""
        if self._agent is not None:
            self._agent.close()
            self._agent, self._pending = None, b""
        if self._process is not None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            self._process = None

    def plug(self, name: str) -> None:
        """Put a stick in, to be read only: a file of the folder. Raises MachineFailed."""
        content = {"driver": "file", "filename": f"/mnt/machine/{name}"}
        self._tell_qemu(
            ("blockdev-add", {"driver": "raw", "node-name": "plugged", "read-only": True, "file": content}),
            ("device_add", {"driver": "usb-storage", "drive": "plugged", "id": "plugged"}),
        )

    def _tell_qemu(self, *orders: tuple[str, dict[str, object]]) -> None:
        with socket.socket(socket.AF_UNIX) as way:
            way.settimeout(60)
            way.connect(str(self.folder / "qmp"))
            said = way.makefile("rb")
            for command, words in (("qmp_capabilities", {}), *orders):
                way.sendall(json.dumps({"execute": command, "arguments": words}).encode() + b"\n")
                answers = (json.loads(line) for line in said)
                answer = next(each for each in answers if "return" in each or "error" in each)
                if "error" in answer:
                    raise MachineFailed(f"QEMU refused {command}: {answer['error']}")

    @property
    def running(self) -> bool:
        """Whether it has power."""
        return self._process is not None and self._process.poll() is None

    def console(self) -> str:
        """All that its console showed since it was started."""
        log = self.folder / "console.log"
        return log.read_text("utf-8", "replace") if log.exists() else ""

    def run(self, command: str, timeout_s: float = 120, given: bytes = b"") -> Ran:
        """Run a command in the machine as root, with `given` as its input; waits for the agent first. Raises MachineFailed."""
        self._asked += 1
        words = {
            "id": self._asked,
            "command": command,
            "input": b64encode(given).decode(),
            "timeout": timeout_s,
        }
        order = json.dumps(words).encode() + b"\n"
        ends = time.monotonic() + timeout_s + 600
        while True:
            try:
                self._connected(ends).sendall(order)
                return self._answer(self._asked, ends)
            except ConnectionError:
                self._agent = None
                self._alive(ends, f"nobody in the machine answers {command!r}")

    def await_true(self, command: str, timeout_s: float = 600) -> str:
        """Ask until a command succeeds; returns its output. Raises MachineFailed."""
        ends = time.monotonic() + timeout_s
        while (ran := self.run(command)).code:
            self._alive(ends, f"{command!r} still fails: {ran.output.strip()[-300:]}")
            time.sleep(0.5)
        return ran.output

    def _connected(self, ends: float) -> socket.socket:
        while self._agent is None:
            self._alive(ends, "the machine's agent port is not there")
            way = socket.socket(socket.AF_UNIX)
            try:
                way.connect(str(self.folder / "agent"))
                way.settimeout(1.0)
                self._agent, self._pending = way, b""
            except OSError:
                way.close()
                time.sleep(0.2)
        return self._agent

    def _answer(self, wanted: int, ends: float) -> Ran:
        while True:
            *lines, self._pending = self._pending.split(b"\n")
            for line in lines:
                said = json.loads(line)
                if said["id"] == wanted:
                    return Ran(int(said["code"]), str(said["output"]))
            self._alive(ends, "the machine's agent does not answer")
            self._pending += self._heard()

    def _heard(self) -> bytes:
        if self._agent is None:
            raise ConnectionError
        try:
            heard = self._agent.recv(WORDS)
        except TimeoutError:
            return b""
        if not heard:
            raise ConnectionError
        return heard

    def _alive(self, ends: float, what: str) -> None:
        if not self.running or time.monotonic() > ends:
            state = "too long" if self.running else "QEMU ended"
            said = (self.folder / "qemu.log").read_text("utf-8", "replace")[-300:]
            raise MachineFailed(f"{what} ({state}): {said}{self.console()[-1500:]}")
