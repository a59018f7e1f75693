"""A program: fingers are read and compared with kernels that numba compiles, and the calls are kept: FILE.

Of each kernel the first few: its name, what it took, what it gave, and what it left in what it took.
"""

from __future__ import annotations

import copy
import pickle
import sys
from collections import Counter
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

MOST = 12
Call = tuple[str, tuple[Any, ...], Any, tuple[Any, ...]]


def entries() -> dict[str, Any]:
    """The kernels that Python calls, by their dotted names, as numba has them."""
    from hotspot_kiosk.kernels import SIGNATURE
    from hotspot_kiosk.kernels.library import MODULES

    modules = {name: vars(import_module(name)) for name in MODULES}
    return {
        f"{name}.{key}": found
        for name, module in modules.items()
        for key, found in module.items()
        if getattr(getattr(found, "py_func", None), SIGNATURE, "") and found.py_func.__module__ == name
    }


def recorded(name: str, kernel: Any, calls: list[Call], seen: Counter[str]) -> Callable[..., Any]:
    """The same kernel; the first calls are kept."""

    def call(*arguments: Any) -> Any:
        seen[name] += 1
        if seen[name] > MOST:
            return kernel(*arguments)
        before = copy.deepcopy(arguments)
        given = kernel(*arguments)
        calls.append((name, before, copy.deepcopy(given), copy.deepcopy(arguments)))
        return given

    return call


def story() -> None:
    """Every kernel is called by what calls it at a kiosk or a hub."""
    from prints import small, whole

    from hotspot_kiosk import ridge_code
    from hotspot_kiosk.compare.finger import compare, prepare
    from hotspot_kiosk.compare.finger_prepared import stow
    from hotspot_kiosk.compare.finger_sketch import shortlist, sketches

    probe = prepare(small(1, 1))
    for other in (whole(1, 0), small(2, 1)):
        compare(probe, prepare(other))
    shortlist(probe, sketches([stow(each) for each in (whole(1, 0), small(1, 2), small(2, 1))]), 2)
    rows, columns = np.indices((80, 90))
    picture = np.sin(rows / 2 + columns / 9) > 0
    ridge_code.decode(ridge_code.encode(picture), picture.shape)


def main() -> None:
    """Replace each kernel wherever it is known by its name, and run the story."""
    import prints  # noqa: F401 - whatever calls kernels is loaded now

    calls: list[Call] = []
    seen: Counter[str] = Counter()
    import_module("hotspot_kiosk.compare.finger_sketch")
    kernels = entries()
    own = [vars(module) for name, module in sys.modules.items() if name.startswith("hotspot_kiosk")]
    for name, kernel in kernels.items():
        stand_in = recorded(name, kernel, calls, seen)
        for module in own:
            for key in [key for key, found in module.items() if found is kernel]:
                module[key] = stand_in
    story()
    Path(sys.argv[1]).write_bytes(pickle.dumps(calls))


if __name__ == "__main__":
    main()
