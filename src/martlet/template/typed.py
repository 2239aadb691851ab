"""Typed parameters: `Int32(x, 5)`, `Array(x, 'String')` and what their values may be.

To add a type, add a row to `TYPES`. Both the value and the default of a parameter are checked.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from martlet.template.run import Evaluate, Run
from martlet.template.values import (
    SAMPLE,
    Fragment,
    Sample,
    TypedFloat,
    TypedInt,
    escape,
    failure,
    is_text,
    to_sql,
    typed_float,
    typed_int,
)
from martlet.types import FAMILIES


@dataclass(frozen=True, slots=True)
class Type:
    """A type function.

    Attributes:
        convert: checks a value and returns what the template works with; raises ValueError.
        element: the same for an element of an array, where numbers are bare.
        placeholder: stands for a missing value while a template is checked.
        label: how errors call it.
        is_text: whether an element prints in quotes, and an empty text can be one.
        is_listed: whether documentation and the error for missing parameters list it.
        is_counted: whether the error for an element of an array says which one it is.
        is_required: whether a missing value without default is an error.
    """

    convert: Callable[[object], object]
    element: Callable[[object], object]
    placeholder: object
    label: str
    is_text: bool = False
    is_listed: bool = True
    is_counted: bool = True
    is_required: bool = True


_SIGNED = re.compile(r"[+-]?\d+$")
_UNSIGNED = re.compile(r"\d+$")
# UInt128 and UInt256 take `+5` and `-0`: measured.
_WITHOUT_SIGN = ("UInt8", "UInt16", "UInt32", "UInt64")


def _integer(name: str) -> Callable[[object], int]:
    family = FAMILIES[name]
    least, greatest = family.least, family.greatest
    assert least is not None
    assert greatest is not None
    pattern = _UNSIGNED if name in _WITHOUT_SIGN else _SIGNED

    def convert(value: object) -> int:
        text = str(value)
        if not pattern.match(text):
            raise ValueError(text)
        number = int(text)
        if not least <= number <= greatest:
            raise ValueError(text)
        return number

    return convert


def _float(value: object) -> float:
    text = str(value)
    if "_" in text:
        raise ValueError(text)
    return float(text)


def _string(value: object) -> str:
    return str(value)


def _boolean(value: object) -> int:
    if isinstance(value, str):
        return int(value.lower() not in ("", "0", "false"))
    return int(bool(value))


def _matching(*patterns: str) -> Callable[[object], str]:
    compiled = re.compile("|".join(patterns))

    def convert(value: object) -> str:
        text = str(value)
        if not compiled.match(text):
            raise ValueError(text)
        return text

    return convert


_date = _matching(r"\d{4}-\d{2}-\d{2}$")
_MOMENT = r"\d{4}.\d{2}.\d{2}(?:T|\s)\d{2}:\d{2}:\d{2}"
_DOTTED = r"\d{2}.\d{2}.\d{4}.\d{1,2}:\d{1,2}:\d{1,2}"
_datetime = _matching(_MOMENT, _DOTTED)
_datetime64 = _matching(rf"{_MOMENT}.\d{{3}}", rf"{_DOTTED}.\d{{3}}")


def _printed_integer(name: str) -> Type:
    made, convert = typed_int(f"to{name}"), _integer(name)
    return Type(lambda value: made(convert(value)), convert, made(0), name)


def _printed_float(name: str) -> Type:
    made = typed_float(f"to{name}")
    return Type(lambda value: made(_float(value)), _float, made(0.0), name)


_BITS = (8, 16, 32, 64, 128, 256)
_BARE = Type(_integer("Int32"), _integer("Int32"), 0, "Int32", is_listed=False, is_counted=False)

TYPES: Final[dict[object, Type]] = {
    "String": Type(_string, _string, SAMPLE, "String", is_text=True, is_counted=False),
    **{name: _printed_integer(name) for bits in _BITS for name in (f"Int{bits}", f"UInt{bits}")},
    "Int": _BARE,
    "Integer": _BARE,
    "Float32": _printed_float("Float32"),
    "Float64": _printed_float("Float64"),
    "Boolean": Type(_boolean, _boolean, 0, "Boolean", is_required=False),
    "Date": Type(_date, _date, "2019-01-01", "Date", is_text=True),
    "DateTime": Type(_datetime, _datetime, "2019-01-01 00:00:00", "DateTime", is_text=True),
    "DateTime64": Type(
        _datetime64, _datetime64, "2019-01-01 00:00:00.000", "DateTime64", is_text=True
    ),
}

PARAMETERS: Final = (
    "name", "default", "defined", "required", "description", "enum", "example", "format"
)  # fmt: skip
ARRAY_PARAMETERS: Final = ("name", "_type", *PARAMETERS[1:])
BOOLEAN_PARAMETERS: Final = ("name", "default")


def _invalid(value: object, label: str) -> Exception:
    return failure(f"Error validating '{value}' to type {label}")


def typed_value(
    type_: Type,
    value: Evaluate,
    default: Evaluate | None,
    defined: Evaluate | None,
) -> Evaluate:
    """Return the closure of a type function.

    Args:
        type_: the row of `TYPES`.
        value: the first argument.
        default: that argument, None if not written.
        defined: that argument, None if not written.
    """
    convert, placeholder = type_.convert, type_.placeholder

    def evaluate(run: Run) -> object:
        given = value(run)
        if given is None or type(given) is Sample:
            given = default(run) if default is not None else None
            if given is None or type(given) is Sample or (run.is_sample and not given):
                if run.is_sample or not type_.is_required:
                    return placeholder
                if defined is not None and not defined(run):
                    return None
                raise run.missing()
        try:
            return convert(given)
        except (ValueError, OverflowError):
            raise _invalid(given, type_.label) from None

    return evaluate


def elements(run: Run, value: object, type_name: str) -> list[object]:
    """Return what the template works with instead of a value that an `Array` has.

    Tinybird reads the rendered array as a Python list: a backslash stays where Python has no such
    escape, before `%`, a backtick and 0x1A (measured).

    Raises:
        TemplateError: not text or a list, or an element is not of the type.
    """
    items = _elements(run, value, type_name)
    if any(isinstance(item, float) and not math.isfinite(item) for item in items):
        raise failure("Python has no literal of this number")
    return [_KEPT.sub(_escaped, item) if isinstance(item, str) else item for item in items]


_KEPT: Final = re.compile("[%`\x1a]")


def _escaped(found: re.Match[str]) -> str:
    return escape(found[0])


def _elements(run: Run, value: object, type_name: object) -> list[object]:
    """Return the elements of an array: CSV text without trimming, or a list.

    What names no type leaves them as they are.
    """
    if is_text(value):
        items: list[object] = [*value.split(",")]
    elif isinstance(value, list):
        items = value
    else:
        raise failure("transform type function Array is not well defined")
    run.spend(len(items))
    type_ = TYPES.get(type_name)
    if type_ is None:
        return items
    result = []
    for index, item in enumerate(items):
        if item is None and not type_.is_counted:
            raise run.missing()
        try:
            result.append(type_.element(item))
        except (ValueError, OverflowError):
            if not type_.is_counted:
                raise _invalid(item, type_.label) from None
            shown = "empty string" if item == "" else item
            raise failure(
                f"Error validating [{value}][{index}] ({shown}) to type {type_name}"
            ) from None
    return result


def _printed(item: object) -> str:
    if item is None:
        raise failure('expression "None" evaluated to null')
    return repr(item) if isinstance(item, TypedInt | TypedFloat) else to_sql(item)


def _placeholder(type_name: object) -> object:
    type_ = TYPES.get(type_name, TYPES["String"])
    if type_.label == "String":
        return ""
    if type_.is_text:
        return [type_.placeholder] * 2
    return [0.0, 0.0] if "Float" in type_.label else [0, 0]


def array(
    type_name: object,
    value: Evaluate,
    default: Evaluate | None,
    defined: Evaluate | None,
) -> Evaluate:
    """Return the closure of `Array(...)`."""

    def evaluate(run: Run) -> object:
        given = value(run)
        if given is None or type(given) is Sample:
            given = default(run) if default is not None else None
            if given is None or type(given) is Sample or (run.is_sample and not given):
                if run.is_sample:
                    given = _placeholder(type_name)
                elif defined is not None and not defined(run):
                    return None
                else:
                    raise run.missing()
        items = _elements(run, given, type_name)
        return Fragment(f"[{','.join(map(_printed, items))}]")

    return evaluate
