"""The numeric kernels' one decorator: compiled by the build where it was, else by numba at run time.

`build` turns every kernel into one library of machine code, which `library` finds and calls, so that no program
has to load a compiler. Where there is none that fits, numba compiles the same functions when they are first
called. It may know nothing of fingers: a kernel knows numbers only.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, TypeVar, cast

from hotspot_kiosk.kernels.library import fitting

SIGNATURE = "kernel_signature"

F = TypeVar("F", bound=Callable[..., Any])


def kernel(signature: str = "", *, fastmath: bool = False, error_model: str = "python") -> Callable[[F], F]:
    """A function to be compiled. It runs without Python's lock and may call other kernels.

    signature: what comes in and goes out (`kernels.signature`), for those that Python calls; the others are
    parts of these and called by nothing else. fastmath: sums may be made in another order. error_model: "numpy"
    for a division by nought that gives infinity.
    """

    def compiled(function: F) -> F:
        found = fitting()
        if found is None:
            setattr(function, SIGNATURE, signature)
            njit = import_module("numba").njit
            return cast(F, njit(cache=True, nogil=True, fastmath=fastmath, error_model=error_model)(function))
        return (
            cast(F, found.entry(f"{function.__module__}.{function.__name__}", signature))
            if signature
            else function
        )

    return compiled


def counter() -> Any:
    """For kernels: the number of one bits of a word, by the processor's own instruction."""
    if fitting() is not None:
        return int.bit_count

    def population(_typing: Any, word: Any) -> Any:
        return word(word), lambda _context, builder, _signature, arguments: builder.ctpop(arguments[0])

    return import_module("numba.extending").intrinsic(population)
