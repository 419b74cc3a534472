"""Eight numbers at once in compiled loops: vectors that numba keeps in registers.

LLVM turns them into what the processor has: one AVX register, two of NEON or SSE. Loops that must
keep a dozen of them at hand cannot be left to the automatic vectoriser. ONNX Runtime
reads half as many snapshots a second (``benchmarks/expression.py``).
"""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba.core import cgutils, types
from numba.extending import intrinsic as _intrinsic
from numba.extending import models, register_model

intrinsic: Any = _intrinsic  # what it makes is called without the context

WIDTH = 8
"""Lanes of a vector."""
ALPHA = 1.6732632423543772
"""SELU's alpha."""
SCALE = 1.0507009873554805
"""SELU's lambda."""
_FLOATS = ir.VectorType(ir.FloatType(), WIDTH)
_INTEGERS = ir.VectorType(ir.IntType(32), WIDTH)
_FUSE = ("contract",)  # a product and a sum may be one instruction
_LOG2E = 1.4426950408889634
# exp(r) for |r| <= ln(2) / 2: least squares of the relative error, which stays below 4e-9
_EXP = (1.0, 1.0, 0.4999998859, 0.1666651844, 0.0416695334, 0.008368919081, 0.001375140818)


class _Lanes(types.Type):
    def __init__(self) -> None:
        super().__init__(name="lanes8")


LANES = _Lanes()


@register_model(_Lanes)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, manager: Any, kind: Any) -> None:
        super().__init__(manager, kind, _FLOATS)


def constant(value: float) -> ir.Constant:
    """The same number in every lane, in LLVM's words."""
    return ir.Constant(_FLOATS, [value] * WIDTH)


def _pointer(context: Any, builder: Any, kind: Any, array: Any, index: Any) -> Any:
    data = cgutils.create_struct_proxy(kind)(context, builder, value=array).data
    return builder.gep(data, [index])


@intrinsic
def load(context, array, index):
    """Eight numbers of a contiguous float32 array, from an index on; no bounds are checked."""

    def build(context, builder, signature, arguments):
        at = _pointer(context, builder, signature.args[0], *arguments)
        return builder.load(builder.bitcast(at, _FLOATS.as_pointer()), align=4)

    return LANES(array, types.intp), build


@intrinsic
def store(context, array, index, value):
    """Put eight numbers into a contiguous float32 array, from an index on."""

    def build(context, builder, signature, arguments):
        array, index, value = arguments
        at = _pointer(context, builder, signature.args[0], array, index)
        builder.store(value, builder.bitcast(at, _FLOATS.as_pointer()), align=4)
        return context.get_dummy_value()

    return types.void(array, types.intp, LANES), build


@intrinsic
def spread(context, array, index):
    """One number of a contiguous float32 array in all lanes."""

    def build(context, builder, signature, arguments):
        one = builder.load(_pointer(context, builder, signature.args[0], *arguments))
        alone = builder.insert_element(
            ir.Constant(_FLOATS, ir.Undefined), one, ir.Constant(ir.IntType(32), 0)
        )
        mask = ir.Constant(ir.VectorType(ir.IntType(32), WIDTH), [0] * WIDTH)
        return builder.shuffle_vector(alone, ir.Constant(_FLOATS, ir.Undefined), mask)

    return LANES(array, types.intp), build


@intrinsic
def fma(context, a, b, c):
    """``a * b + c`` by lane."""

    def build(context, builder, signature, arguments):
        a, b, c = arguments
        return builder.fadd(builder.fmul(a, b, flags=_FUSE), c, flags=_FUSE)

    return LANES(LANES, LANES, LANES), build


@intrinsic
def add(context, a, b):
    """``a + b`` by lane."""

    def build(context, builder, signature, arguments):
        return builder.fadd(*arguments)

    return LANES(LANES, LANES), build


@intrinsic
def zero(context):
    """0 in all lanes."""

    def build(context, builder, signature, arguments):
        return constant(0.0)

    return LANES(), build


def _selu(builder: Any, x: Any) -> Any:
    """SELU of Klambauer et al. 2017 by lane, in LLVM's words."""

    kind = ir.FunctionType(_FLOATS, [_FLOATS])
    floor = cgutils.get_or_insert_function(builder.module, kind, f"llvm.floor.v{WIDTH}f32")

    def fuse(a: Any, b: Any, c: Any) -> Any:
        return builder.fadd(builder.fmul(a, b, flags=_FUSE), c, flags=_FUSE)

    positive = builder.fcmp_ordered(">", x, constant(0.0))
    low = builder.select(positive, constant(0.0), x)
    low = builder.select(builder.fcmp_ordered("<", low, constant(-80.0)), constant(-80.0), low)
    # exp(low) = 2^n exp(r)
    n = builder.call(floor, [fuse(low, constant(_LOG2E), constant(0.5))])
    r = fuse(n, constant(-0.693359375), low)
    r = fuse(n, constant(2.12194440e-4), r)
    power = constant(_EXP[-1])
    for term in _EXP[-2::-1]:
        power = fuse(power, r, constant(term))
    bits = builder.add(builder.fptosi(n, _INTEGERS), ir.Constant(_INTEGERS, [127] * WIDTH))
    bits = builder.shl(bits, ir.Constant(_INTEGERS, [23] * WIDTH))
    power = builder.fmul(power, builder.bitcast(bits, _FLOATS))
    below = fuse(power, constant(SCALE * ALPHA), constant(-SCALE * ALPHA))
    return builder.select(positive, builder.fmul(x, constant(SCALE)), below)


@intrinsic
def selu(context, x):
    """SELU by lane."""

    def build(context, builder, signature, arguments):
        return _selu(builder, arguments[0])

    return LANES(LANES), build
