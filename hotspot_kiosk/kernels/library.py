"""The compiled kernels: which library fits this machine and these sources, and calling it.

A library's name holds the processor it is for and a digest of all sources it was made from: another one is never
found. Calls run without Python's lock. What is passed is checked first, as nothing behind it does.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from struct import Struct
from typing import Any

import numpy as np

from hotspot_kiosk.kernels.signature import NUMBERS, Kind, parse

PACKAGE = Path(__file__).resolve().parents[1]
BUILT = Path(__file__).with_name("built")
CHOICE = "HOTSPOT_KERNELS"
"""Environment variable: `numba` to compile at run time whatever was built."""

MODULES = (
    "hotspot_kiosk.compare.finger_bits",
    "hotspot_kiosk.compare.finger_fit",
    "hotspot_kiosk.compare.finger_laying",
    "hotspot_kiosk.compare.finger_links",
    "hotspot_kiosk.compare.finger_sketch_bits",
    "hotspot_kiosk.compare.finger_spectrum",
    "hotspot_kiosk.compare.finger_trees",
    "hotspot_kiosk.inference.minutiae",
    "hotspot_kiosk.inference.ridge_filters",
    "hotspot_kiosk.inference.thinning",
    "hotspot_kiosk.ridge_code",
)
"""Where kernels are."""

PROCESSORS: dict[str, dict[str, frozenset[str]]] = {
    "x86_64": {
        "x86-64-v3": frozenset({"avx2", "bmi1", "bmi2", "f16c", "fma", "abm", "movbe"}),
        "x86-64-v2": frozenset({"cx16", "popcnt", "sse4_1", "sse4_2", "ssse3"}),
    },
    "aarch64": {"cortex-a72": frozenset({"asimd", "fp"})},
}
"""By machine: LLVM's names of processors, the best first, and what the kernel calls the features each needs."""


@dataclass(frozen=True, slots=True)
class Library:
    """One that fits. path: of the file."""

    path: Path
    code: Any

    @property
    def processor(self) -> str:
        """What it was compiled for, in LLVM's words."""
        return self.path.stem.rpartition(".")[0]

    def entry(self, name: str, signature: str) -> Entry:
        """A kernel by its dotted name. Raises AttributeError where there is none."""
        return Entry(name, signature, self.code)


class Entry:
    """A kernel that Python calls; as many threads at once as like to."""

    def __init__(self, name: str, signature: str, code: Any) -> None:
        """code: the library as ctypes opens it."""
        parsed = parse(signature)
        self.__name__ = self._name = name
        self._call, self._hand_over = code[name], code["kernel_hand_over"]
        self._call.argtypes, self._call.restype = [ctypes.c_char_p, ctypes.c_void_p], ctypes.c_int
        self._hand_over.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.c_void_p, ctypes.c_size_t]
        self._hand_over.restype = None
        self._taken = len(parsed.taken)
        self._arrays = tuple(
            (k, np.dtype(kind.code), kind) for k, kind in enumerate(parsed.taken) if kind.axes
        )
        self._packed = Struct(
            "=" + "".join(NUMBERS.get("" if kind.axes else kind.code, "q") for kind in parsed.taken)
        )
        self._given = parsed.given
        self._found = Struct("=" + "".join(_slots(kind) for kind in parsed.given))

    def __call__(self, *arguments: Any) -> Any:
        """Raises TypeError for what the kernel does not take, ArithmeticError where it gives up."""
        if len(arguments) != self._taken:
            raise TypeError(f"{self._name} takes {self._taken} values, not {len(arguments)}")
        values = list(arguments)
        for place, element, kind in self._arrays:
            if not _fits(arguments[place], element, kind):
                raise TypeError(f"{self._name} takes another array than its value {place}")
            values[place] = id(arguments[place])
        found = (ctypes.c_byte * self._found.size)()
        if self._call(self._packed.pack(*values), found):
            raise ArithmeticError(f"{self._name} cannot go on with these numbers")
        given = self._results(self._found.unpack(found))
        return given[0] if len(given) == 1 else given or None

    def _results(self, found: tuple[Any, ...]) -> tuple[Any, ...]:
        results: list[Any] = []
        place = 0
        for kind in self._given:
            if kind.axes:
                results.append(self._array(kind, found[place : place + 2 + kind.axes]))
                place += 2 + kind.axes
            else:
                results.append(bool(found[place]) if kind.code == "b1" else found[place])
                place += 1
        return tuple(results)

    def _array(self, kind: Kind, found: tuple[int, ...]) -> Any:
        """Ours, with what the kernel left; its own memory is given back."""
        memory, begin, *shape = found
        array = np.empty(shape, kind.code)
        self._hand_over(memory, begin, id(array), array.nbytes)
        return array


def _slots(kind: Kind) -> str:
    """Of a result: an array's memory, its begin and its sizes; a number."""
    return "q" * (2 + kind.axes) if kind.axes else NUMBERS[kind.code]


def _fits(array: Any, element: np.dtype[Any], kind: Kind) -> bool:
    if not isinstance(array, np.ndarray) or array.dtype != element or array.ndim != kind.axes:
        return False
    flags = array.flags
    return (not kind.whole or flags.c_contiguous) and (not kind.written or flags.writeable)


@cache
def fitting() -> Library | None:
    """The one that fits, if there is one and nobody chose otherwise."""
    if os.environ.get(CHOICE) == "numba" or not BUILT.is_dir():
        return None
    paths = [place(processor, BUILT) for processor in runnable()]
    return next((opened(path) for path in paths if path.exists()), None)


def opened(path: Path) -> Library:
    """The library in this file. Raises OSError where it cannot be loaded or reads NumPy's arrays wrongly."""
    code = ctypes.CDLL(str(path))
    probe = np.zeros((3, 5), np.int16)
    reads = code["kernel_reads"]
    reads.argtypes = [ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int64] * 4]
    if not reads(id(probe), probe.ctypes.data, *probe.shape, *probe.strides):
        raise OSError(
            f"{path} was made for another Python or NumPy: build it anew, python -m hotspot_kiosk.kernels.build"
        )
    return Library(path, code)


def place(processor: str, folder: Path) -> Path:
    """Where the library for a processor lies, made from the sources as they are."""
    return folder / f"{processor}.{digest()}.so"


@cache
def digest() -> str:
    """Of all sources that a library is made from."""
    files = [PACKAGE.parent / (name.replace(".", "/") + ".py") for name in MODULES]
    own = sorted(path for path in Path(__file__).parent.iterdir() if path.suffix in (".py", ".c"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in files + own)).hexdigest()[:16]


def runnable() -> list[str]:
    """LLVM's names of the processors whose code runs here, the best first."""
    known = PROCESSORS.get(platform.machine(), {})
    has = _features()
    return [
        name for name in known if all(known[each] <= has for each in list(known)[list(known).index(name) :])
    ]


def _features() -> frozenset[str]:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return frozenset()
    found = (line.partition(":")[2].split() for line in lines if line.startswith(("flags", "Features")))
    return frozenset(next(found, ()))


def which() -> str:
    """What the kernels run from: LLVM's name of the processor they were compiled for, or numba."""
    found = fitting()
    return found.processor if found else "numba"
