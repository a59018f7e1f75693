"""Numba's machine code of every kernel for one processor, as an object file that calls nothing of Python.

It is the code numba would run itself; only what calls it is made here: a function that takes and gives its values in
rows of eight-byte slots (`library`). Loaded by `build` alone, in a process that was told the processor before.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
from llvmlite import binding, ir
from numba import from_dtype, types
from numba.core.compiler import Flags, compile_extra
from numba.core.compiler_lock import global_compiler_lock
from numba.core.cpu_options import FastMathOptions
from numba.core.registry import cpu_target
from numba.core.runtime.nrtdynmod import create_nrt_module
from numba.np.arrayobj import make_array, populate_array

from hotspot_kiosk.kernels import SIGNATURE
from hotspot_kiosk.kernels.library import MODULES
from hotspot_kiosk.kernels.signature import Kind, parse

FIELDS = {"data": 16, "shape": 32, "strides": 40}
"""Where NumPy's array keeps them, in bytes (`memory.c` says them in C)."""
WORD, CODE = ir.IntType(64), ir.IntType(32)


def emit(processor: str, made: str) -> None:
    """Write the object file. Only in a process that was told the same processor before numba was loaded."""
    target = cpu_target.target_context.with_aot_codegen("kernels", cpu_name=processor)
    kernels = dict(_entries())
    with global_compiler_lock:
        library = target.codegen().create_library("kernels")
        module, _ = create_nrt_module(target)
        library.add_ir_module(module)
        callers = library.create_ir_module("callers")
        for name, dispatcher in kernels.items():
            compiled = _compiled(target, dispatcher)
            library.add_linking_library(compiled.library)
            _Caller(target, callers, name).calls(compiled.fndesc)
        library.add_ir_module(callers)
        library.finalize()
        _keep(library, set(kernels))
        Path(made).write_bytes(library.emit_native_object())


def _entries() -> Iterator[tuple[str, Any]]:
    """The kernels that Python calls, by name."""
    for module in map(import_module, MODULES):
        for found in vars(module).values():
            function: Any = getattr(found, "py_func", None)
            if getattr(function, SIGNATURE, "") and function.__module__ == module.__name__:
                yield f"{module.__name__}.{function.__name__}", found


def _compiled(target: Any, dispatcher: Any) -> Any:
    """A kernel with what it calls, as numba compiles it: code, and a description."""
    signature = parse(getattr(dispatcher.py_func, SIGNATURE))
    flags = Flags()
    flags.no_compile = flags.no_cpython_wrapper = flags.no_cfunc_wrapper = flags.nrt = True
    flags.fastmath = FastMathOptions(dispatcher.targetoptions["fastmath"])
    flags.error_model = dispatcher.targetoptions["error_model"]
    taken, given = ([_type(kind) for kind in kinds] for kinds in (signature.taken, signature.given))
    result = types.Tuple(given) if len(given) > 1 else given[0] if given else types.none
    typing = cpu_target.typing_context
    return compile_extra(typing, target, dispatcher.py_func, tuple(taken), result, flags, {})


def _type(kind: Kind) -> Any:
    number = from_dtype(np.dtype(kind.code))
    return types.Array(number, kind.axes, "C" if kind.whole else "A") if kind.axes else number


class _Caller:
    """`int name(const int64_t *values, int64_t *results)`: 0, or 1 where the kernel raised."""

    def __init__(self, target: Any, module: Any, name: str) -> None:
        self._target, self._module = target, module
        slots = WORD.as_pointer()
        function = ir.Function(module, ir.FunctionType(CODE, [slots, slots]), name)
        self._builder = ir.IRBuilder(function.append_basic_block("entry"))
        self._values, self._results = function.args

    def calls(self, described: Any) -> None:
        """Take the values out of their slots, call, and put what came into the slots of the results."""
        builder, convention = self._builder, self._target.call_conv
        given, taken = described.restype, described.argtypes
        callee = ir.Function(self._module, convention.get_function_type(given, taken), described.mangled_name)
        values = [self._taken(_slot(builder, self._values, k), kind) for k, kind in enumerate(taken)]
        status, result = convention.call_function(builder, callee, given, taken, values)
        with builder.if_then(status.is_error, likely=False):
            builder.ret(CODE(1))
        for k, word in enumerate(self._words(result, given)):
            slot = _slot(builder, self._results, k)
            builder.store(word, builder.bitcast(slot, word.type.as_pointer()))
        builder.ret(CODE(0))

    def _taken(self, slot: Any, kind: Any) -> Any:
        """A value out of its slot; for an array NumPy's own object stands there."""
        builder = self._builder
        if kind == types.float64:
            return builder.load(builder.bitcast(slot, ir.DoubleType().as_pointer()))
        word = builder.load(slot)
        if kind == types.boolean:
            return builder.icmp_signed("!=", word, WORD(0))
        return self._array(word, kind) if isinstance(kind, types.Array) else word

    def _array(self, address: Any, kind: Any) -> Any:
        """Numba's array out of the fields of NumPy's, whose memory is not numba's to count."""
        element = self._target.get_data_type(kind.dtype)
        made = make_array(kind)(self._target, self._builder)
        populate_array(
            made,
            data=self._builder.inttoptr(self._field(address, "data"), element.as_pointer()),
            shape=self._several(address, "shape", kind.ndim),
            strides=self._several(address, "strides", kind.ndim),
            itemsize=WORD(self._target.get_abi_sizeof(element)),
            meminfo=None,
        )
        return made._getvalue()

    def _field(self, address: Any, name: str) -> Any:
        place = self._builder.add(address, WORD(FIELDS[name]))
        return self._builder.load(self._builder.inttoptr(place, WORD.as_pointer()))

    def _several(self, address: Any, name: str, count: int) -> list[Any]:
        begin = self._builder.inttoptr(self._field(address, name), WORD.as_pointer())
        return [self._builder.load(_slot(self._builder, begin, k)) for k in range(count)]

    def _words(self, value: Any, kind: Any) -> Iterator[Any]:
        """Of a result: an array's memory, begin and sizes; a number; all of a tuple; none of nothing."""
        builder = self._builder
        if isinstance(kind, types.BaseTuple):
            for k, each in enumerate(kind):
                yield from self._words(builder.extract_value(value, k), each)
        elif isinstance(kind, types.Array):
            array = make_array(kind)(self._target, builder, value)
            yield builder.ptrtoint(array.meminfo, WORD)
            yield builder.ptrtoint(array.data, WORD)
            yield from (builder.extract_value(array.shape, k) for k in range(kind.ndim))
        elif kind != types.none:
            yield builder.zext(value, WORD) if kind == types.boolean else value


def _slot(builder: Any, slots: Any, k: int) -> Any:
    return builder.gep(slots, [WORD(k)])


def _keep(library: Any, names: set[str]) -> None:
    """Drop what only Python's own way of calling would need; some of its names hold addresses, others each time."""
    module = library._final_module
    for variable in module.global_variables:
        if not variable.is_declaration:
            variable.linkage = "internal"
    for function in module.functions:
        if not function.is_declaration and function.name not in names:
            function.linkage = "internal"
    dropping = binding.create_new_module_pass_manager()
    dropping.add_global_dead_code_eliminate_pass()
    options = binding.create_pipeline_tuning_options()
    dropping.run(module, binding.create_pass_builder(library.codegen._tm, options))
