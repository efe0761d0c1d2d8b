"""The objects of the protocol: a table of fields for each request and each event, from its msgspec struct.

What a field means is the comment `#:` behind it, or above it where the line is too long; what an object is
for is its docstring. A field without such a comment is an error, so that none gets onto the wire that the
documentation does not know.
"""

import inspect
import io
import re
import tokenize
from collections.abc import Iterator, Sequence
from typing import Any, Final

import msgspec
from msgspec import inspect as types

from chatd.protocol.requests import Hello
from chatd.protocol.vocabulary import REQUESTS, WIRE_EVENTS
from tools.docs.marks import table

_HEAD: Final = ("field", "type", "default", "what it means")
_MARK: Final = "#:"


def requests() -> str:
    """What a client can send, the first object first."""
    return _objects((Hello, *(one for one in REQUESTS if one is not Hello)))


def events() -> str:
    """What the server sends."""
    return _objects(WIRE_EVENTS.__args__)


def _objects(structs: Sequence[type[msgspec.Struct]]) -> str:
    return "\n".join(described(struct) for struct in structs)


def described(struct: type[msgspec.Struct]) -> str:
    """The heading, the sentences and the fields of one object."""
    rows = list(_rows(struct))
    fields = table(_HEAD, rows) if rows else "It has no fields.\n"
    text = re.sub(r"\s+", " ", inspect.getdoc(struct) or "")
    return f"### `{struct.__struct_config__.tag}`\n{text}\n\n{fields}"


def _rows(struct: type[msgspec.Struct], before: str = "") -> Iterator[tuple[str, ...]]:
    """A row a field, and below it those of the objects that it holds. Raises ValueError for a field without
    a comment."""
    told = meanings(struct)
    info = types.type_info(struct)
    assert isinstance(info, types.StructType)
    for field in sorted(info.fields, key=lambda field: not field.required):
        if field.name not in told:
            raise ValueError(f"{struct.__name__}.{field.name} has no comment that says what it means")
        path = f"{before}{field.encode_name}"
        kind = _without_none(field.type)
        yield f"`{path}`", _word(kind), _default(field), told[field.name]
        item = kind.item_type if isinstance(kind, _LISTS) else kind
        if isinstance(item, types.StructType) and item.tag is None:
            yield from _rows(item.cls, f"{path}[]." if item is not kind else f"{path}.")


def meanings(struct: type[msgspec.Struct]) -> dict[str, str]:
    """What the comments say of each field, those that are inherited included."""
    told: dict[str, str] = {}
    for each in reversed(struct.__mro__):
        if issubclass(each, msgspec.Struct) and each is not msgspec.Struct:
            told |= _comments(inspect.getsource(each))
    return told


def _comments(source: str) -> dict[str, str]:
    """Field → its comment."""
    told: dict[str, str] = {}
    above: list[str] = []
    name = ""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT and token.string.startswith(_MARK):
            text = token.string.removeprefix(_MARK).strip()
            if token.line.lstrip().startswith(_MARK):
                above.append(text)
            else:
                told[name] = text
        elif token.type == tokenize.NAME and (field := re.match(r" {4}(\w+): ", token.line)):
            name = field[1]
            if above:
                told[name] = " ".join(above)
                above = []
    return told


_LISTS: Final = (types.ListType, types.CollectionType)


def _word(kind: types.Type) -> str:
    """As JSON calls it."""
    if isinstance(kind, _LISTS):
        item = kind.item_type
        return f"list of {_word(item)}" if isinstance(item, types.UnionType) else f"list of {_word(item)}s"
    if isinstance(kind, types.UnionType):
        return ", ".join(_word(each) for each in kind.types)
    if isinstance(kind, types.LiteralType):
        return ", ".join(f'`"{value}"`' for value in kind.values)
    if isinstance(kind, types.StructType):
        return "object" if kind.tag is None else f"`{kind.tag}`"
    if isinstance(kind, types.DictType):
        return f"object: {_word(kind.value_type)} by {_word(kind.key_type)}"
    if isinstance(kind, types.IntType):
        return f"integer, {kind.ge} or more" if kind.ge is not None and kind.ge > 0 else "integer"
    return {types.StrType: "string", types.BoolType: "boolean", types.NoneType: "null"}[type(kind)]


def _without_none(kind: types.Type) -> types.Type:
    """The type that a field has where it is there."""
    if not isinstance(kind, types.UnionType):
        return kind
    left = [each for each in kind.types if not isinstance(each, types.NoneType)]
    return left[0] if len(left) == 1 else kind


def _default(field: types.Field) -> str:
    """What a reader takes a field for that is not there."""
    value: Any = field.default
    if field.required:
        return "required"
    return "none" if value is None else f"`{msgspec.json.encode(value).decode()}`"
