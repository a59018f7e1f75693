"""Images for tests only: runs commands that come on a port of the virtual board, one JSON object a line, and answers likewise.

In: {"id": N, "command": "shell words", "input": BASE64, "timeout": SECONDS}. Out: {"id": N, "code": EXIT CODE, "output": TEXT}.
"""

import base64
import json
import os
import subprocess
import time
from pathlib import Path

PORT = "/dev/virtio-ports/hotspot.agent"


def answer(order: dict[str, object]) -> dict[str, object]:
    """Run one command to its end."""
    try:
        done = subprocess.run(
            ["/bin/sh", "-c", str(order["command"])],
            input=base64.b64decode(str(order["input"])),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=float(str(order["timeout"])),
            check=False,
        )
    except subprocess.TimeoutExpired as late:
        return {"id": order["id"], "code": 124, "output": (late.output or b"").decode(errors="replace")}
    return {"id": order["id"], "code": done.returncode, "output": done.stdout.decode(errors="replace")}


def serve() -> None:
    """Until the board stops."""
    while not Path(PORT).exists():
        time.sleep(0.2)
    port = os.open(PORT, os.O_RDWR)
    pending = b""
    while True:
        chunk = os.read(port, 65536)
        if not chunk:  # nobody listens at the other end
            time.sleep(0.2)
            continue
        *lines, pending = (pending + chunk).split(b"\n")
        for line in lines:
            said = memoryview(json.dumps(answer(json.loads(line))).encode() + b"\n")
            while said:
                said = said[os.write(port, said) :]


serve()
