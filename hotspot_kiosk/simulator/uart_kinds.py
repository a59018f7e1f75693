"""The kinds of UART finger sensors that can be simulated: values only."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Personality:
    """What kind of sensor it is. `imaging_s` is how long it takes to take an image."""

    name: str
    width: int
    height: int
    packet: int = 128
    fixed_packet: bool = False
    light: bool = False
    password: bytes = bytes(4)
    address: bytes = b"\xff\xff\xff\xff"
    baud: int = 57600
    capacity: int = 200
    imaging_s: float = 0.1


PERSONALITIES = {
    kind.name: kind
    for kind in (
        Personality("r503", 192, 192, light=True),
        Personality("r305", 256, 288, capacity=980, imaging_s=0.2),
        Personality("r307", 256, 288, capacity=1000, imaging_s=0.2),
        Personality("zfm-20", 256, 288, capacity=162, imaging_s=0.3),
        Personality("packets-32", 256, 288, packet=32, fixed_packet=True),
        Personality("password", 192, 192, light=True, password=b"\x12\x34\x56\x78"),
        Personality("address", 192, 192, light=True, address=b"\x00\x00\x00\x2a"),
    )
}
