"""Noise against the running image: `python tests/panel_noise.py BYTES SEED`; nothing may be accepted.

Half of it is random, half are true frames with a few bytes changed. What is answered must be a refusal:
one frame of noise in 65,536 has a right sum by chance, and none may be carried out.
"""

import random
import sys

from panel_rig import Rig, booted

from hotspot_kiosk.kiosk.devices.panel_frames import Frame, FrameReader
from hotspot_kiosk.kiosk.devices.panel_protocol import Message, PingReply, PingRequest

PIECE = 2000


def damaged(chance: random.Random) -> bytes:
    """A frame whose sum is wrong."""
    line = bytearray(
        Frame(chance.choice(list(Message)), chance.randrange(256), chance.randbytes(20)).encode()
    )
    line[chance.randrange(len(line) - 1)] ^= 1 << chance.randrange(8)
    return bytes(line)


def noise(chance: random.Random, size: int) -> bytes:
    """So many bytes of it."""
    out = bytearray()
    while len(out) < size:
        out += damaged(chance) if chance.random() < 0.5 else chance.randbytes(chance.randrange(40))
    return bytes(out[:size])


def survive(rig: Rig, size: int, seed: int) -> int:
    """Say that much noise; returns how many frames came back. Fails if the panel is not itself afterwards."""
    chance, answers = random.Random(seed), 0
    for at in range(0, size, PIECE):
        rig.board.send(noise(chance, min(PIECE, size - at)))
        while rig.board.saying:
            rig.board.run(20)
        answers += len(FrameReader().feed(rig.board.heard()))
    rig.board.send(b"\0")
    rig.board.run(5)
    assert rig.board.resets == 0
    assert rig.ask(Message.PING, PingRequest(b"still here"), PingReply).content == b"still here"
    assert rig.beat().bytes_lost == 0
    return answers


if __name__ == "__main__":
    size, seed = int(sys.argv[1]), int(sys.argv[2])
    rig = booted()
    print(
        f"{size} bytes of noise, {survive(rig, size, seed)} answered, {rig.beat().frames_bad} frames refused by their sum"
    )
