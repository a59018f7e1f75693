"""The compiled kernels: the same numbers as numba's, nothing taken that they were not made for, nothing kept."""

from __future__ import annotations

import ast
import os
import pickle
import struct
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hotspot_kiosk.compare.finger_laying import spread
from hotspot_kiosk.kernels.library import (
    BUILT,
    CHOICE,
    MODULES,
    PACKAGE,
    Library,
    fitting,
    place,
    runnable,
    which,
)
from hotspot_kiosk.kernels.signature import Kind, parse

TESTS = Path(__file__).parent


def built() -> Library:
    """The library under test."""
    here = fitting()
    if here is None:
        pytest.skip("no kernels are compiled here: make kernels")
    return here


def as_numba_calls(folder: Path, processor: str) -> list[Any]:
    """Calls of every kernel that numba compiles for the same processor, with what came of them."""
    kept = folder / "calls"
    own = {CHOICE: "numba", "NUMBA_CPU_NAME": processor, "NUMBA_CPU_FEATURES": "", "PYTHONPATH": str(TESTS)}
    subprocess.run([sys.executable, TESTS / "kernel_calls.py", kept], env=os.environ | own, check=True)
    calls: list[Any] = pickle.loads(kept.read_bytes())
    return calls


def same(one: Any, other: Any) -> bool:
    """To the last bit."""
    if isinstance(one, tuple):
        return isinstance(other, tuple) and len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, np.ndarray):
        return one.dtype == other.dtype and one.shape == other.shape and one.tobytes() == other.tobytes()
    return bool(one == other and type(one) is type(other))


def signatures() -> dict[str, str]:
    """What the sources say that each kernel called by Python takes and gives."""
    said = {}
    for module in MODULES:
        for node in source_of(module).body:
            if isinstance(node, ast.FunctionDef):
                for call in node.decorator_list:
                    if isinstance(call, ast.Call) and call.args:
                        said[f"{module}.{node.name}"] = ast.literal_eval(call.args[0])
    return said


def source_of(module: str) -> ast.Module:
    """A module of ours, read."""
    return ast.parse((PACKAGE.parent / (module.replace(".", "/") + ".py")).read_text("utf-8"))


def test_every_kernel_gives_what_numba_gives_to_the_last_bit(tmp_path: Path) -> None:
    """Results and what is written in place; called by real reading, comparing and searching of fingers."""
    here = built()
    calls = as_numba_calls(tmp_path, here.processor)
    assert {name for name, *_ in calls} == set(signatures())
    for name, taken, given, left in calls:
        entry = here.entry(name, signatures()[name])
        assert same(entry(*taken), given), name
        assert same(taken, left), name


def test_where_kernels_are_is_said_and_what_they_are_frozen_with_lies_there() -> None:
    """A number that a kernel was compiled with and that changes makes the library another."""
    decorated = {
        "hotspot_kiosk." + ".".join(path.relative_to(PACKAGE).with_suffix("").parts)
        for path in PACKAGE.rglob("*.py")
        if "\n@kernel(" in path.read_text("utf-8")
    }
    assert decorated == set(MODULES)
    for name in MODULES:
        for node in source_of(name).body:
            if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("hotspot_kiosk"):
                assert node.module in {*MODULES, "hotspot_kiosk.kernels"}, f"{name} imports {node.module}"


def test_a_program_that_finds_the_library_loads_no_compiler() -> None:
    """Reading and comparing fingers without numba and LLVM."""
    built()
    program = """
import sys
from hotspot_kiosk import ridge_code
from hotspot_kiosk.compare import finger as comparing
from hotspot_kiosk.inference import finger as reading
for each in (ridge_code, comparing, reading):
    each.warm_up()
print(sorted({"llvmlite", "numba"} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    "array",
    [
        np.zeros((4, 4), np.int8),
        np.zeros((4, 4, 1), np.uint8),
        np.zeros((4, 8), np.uint8)[:, ::2],
        np.uint8(3),
        [[1, 2]],
        None,
    ],
    ids=["element", "axes", "in pieces", "number", "list", "nothing"],
)
def test_another_array_than_it_was_made_for_is_refused(array: Any) -> None:
    """Nothing behind the check would notice."""
    built()
    with pytest.raises(TypeError, match="spread takes another array"):
        spread(array, 32)


def test_what_may_not_be_written_to_is_not_written_to() -> None:
    """A kernel that works in place asks first."""
    thin = built().entry("hotspot_kiosk.inference.thinning._thin", "u1[:,::1]!, u1[::1] ->")
    picture = np.zeros((5, 5), np.uint8)
    picture.setflags(write=False)
    with pytest.raises(TypeError, match="value 0"):
        thin(picture, np.zeros(256, np.uint8))


def test_too_few_values_and_no_numbers_are_refused() -> None:
    """As Python would."""
    built()
    with pytest.raises(TypeError, match="2 values, not 1"):
        spread(np.zeros((4, 4), np.uint8))  # type: ignore[call-arg]
    with pytest.raises(struct.error, match="required argument is not an integer"):
        spread(np.zeros((4, 4), np.uint8), 1.5)  # type: ignore[arg-type]


def test_a_kernel_that_gives_up_says_so() -> None:
    """Where numba would raise ZeroDivisionError."""
    built()
    fit = import_module("hotspot_kiosk.compare.finger_laying").lay
    with pytest.raises(ArithmeticError):
        fit(np.zeros((8, 8), np.uint8), np.zeros((2, 3)), 0, 0, 32, 8)


def test_memory_of_results_is_given_back() -> None:
    """Three hundred megabytes of results in turn, of which one is kept at a time."""
    built()
    rows = np.ones((512, 512), np.uint8)
    spread(rows, 32)
    before = resident()
    for _ in range(500):
        assert spread(rows, 32).shape == (576, 131)
    assert resident() - before < 100 << 20


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text("ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_the_same_sources_make_the_same_bytes() -> None:
    """No name in the library holds an address of the process that made it: two makings differ in nothing else."""
    built()
    for processor in runnable():
        if (library := place(processor, BUILT)).exists():
            assert b"NumbaEnv" not in library.read_bytes()
            assert b"array_expr_0x" not in library.read_bytes()


def test_a_library_of_other_sources_is_not_found(tmp_path: Path) -> None:
    """Its name says what it was made from."""
    here = built()
    assert place(here.processor, BUILT) == here.path
    program = f"""
from pathlib import Path
from hotspot_kiosk.kernels import library as found
found.BUILT = Path({str(tmp_path)!r})
(found.BUILT / "{here.processor}.0123456789abcdef.so").write_bytes(b"")
print(found.which())
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "numba\n"


def test_somebody_may_choose_numba() -> None:
    """For comparing both ways."""
    program = "from hotspot_kiosk.kernels.library import which; print(which())"
    own = os.environ | {CHOICE: "numba"}
    done = subprocess.run(
        [sys.executable, "-c", program], env=own, capture_output=True, text=True, check=True
    )
    assert done.stdout == "numba\n"


@pytest.mark.parametrize("compiler", ["false", "there-is-none-of-this-name"])
def test_where_no_compiler_makes_a_library_there_is_none_and_nothing_fails(
    tmp_path: Path, compiler: str
) -> None:
    """As on a machine with gcc and without C's headers: the README's commands go on, with numba."""
    command = [sys.executable, "-m", "hotspot_kiosk.kernels.build", tmp_path]
    done = subprocess.run(
        command, env=os.environ | {"CC": compiler}, capture_output=True, text=True, check=True
    )
    assert "numba compiles at run time" in done.stderr
    assert not list(tmp_path.iterdir())


def test_it_is_said_what_the_kernels_run_from() -> None:
    """For whoever examines a machine."""
    assert built().processor == which()
    assert built().processor in runnable()


def test_a_signature_is_read() -> None:
    """Elements, axes, whether in one piece, whether written to."""
    read = parse("u1[:,::1]!, f4[:], i8 -> b1[:,:,::1], f8")
    assert read.taken == (Kind("u1", 2, whole=True, written=True), Kind("f4", 1), Kind("i8"))
    assert read.given == (Kind("b1", 3, whole=True), Kind("f8"))
    assert parse("i8 ->").given == ()


@pytest.mark.parametrize("text", ["x8", "u1", "u1[", "f8[::2]", "i8 i8", "i8,, i8"])
def test_what_says_nothing_is_no_signature(text: str) -> None:
    """Found as the module is loaded."""
    with pytest.raises(ValueError, match="no kind of value"):
        parse(text)
