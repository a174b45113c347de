"""GeoJSON in columns, some megabytes at a time, where it is as plain as most producers write it.

The text of the features is cut between two of them and handed to Arrow's reader. Cuts are looked
for, not parsed: one in a wrong place leaves text that is no JSON, so that what is read is what is
written. What is not plain (attributes that hold others, shapes of several depths, numbers that are
none) is odd, and left to GDAL. Runs in the sandbox, and imports as little as it can.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.json

BLOCK, SURVEYED = 2**24, 2**20
LARGEST_HEAD, LARGEST_END, LARGEST_FEATURE = 2**16, 2**22, 2**25
EXACT_BELOW, MOST_ATTRIBUTES = 2**53, 1_000
# how deep the coordinates of one shape lie; those of several together lie one deeper
DEPTHS = {"Point": 1, "LineString": 2, "Polygon": 3}
DIMENSIONS = (2, 3)
MEMBERS = {"type", "id", "geometry", "properties", "bbox"}
DRAWN = ("coordinates", "parts")
SHAPE = {"type", "coordinates", "parts", "bbox"}
HEAD = re.compile(rb'"features"\s*:\s*\[\s*(?=\{)')
# no quote of these stands within a text: it would end it, and a letter follow
CUT = re.compile(rb'\}\s*,\s*(?=\{\s*"(?:type|id|geometry|properties|bbox)"\s*:)')
SEVERAL = re.compile(
    rb'("type"(?<!\\"type")\s*:\s*"Multi(?:Point|LineString|Polygon)"\s*,\s*)"coordinates"(?=\s*:)'
)
KIND = re.compile(rb'"geometry"\s*:\s*\{\s*"type"\s*:\s*"(?:Multi)?(Point|LineString|Polygon)"')
NUL = rb"\u0000"
Kinds = dict[str, pa.DataType]


class OddError(Exception):
    """A GeoJSON that is not plain."""


class Outline(NamedTuple):
    """What stands above the features, where all but the last are, the last, and what is below."""

    above: bytes
    begin: int
    end: int
    last: bytes
    below: bytes


class Form(NamedTuple):
    """What the features are made of: kinds of attributes, and of shapes."""

    attributes: Kinds
    shape: str


def survey_features(file: str, to: str) -> list[str] | None:
    """The attributes of the first features; None where the file is not plain.

    To ``to`` goes the file with its last feature alone: all that it says of itself.
    """
    with contextlib.suppress(OddError), Path(file).open("rb") as opened:
        outline = _outline(opened)
        names = list(_form(opened, outline).attributes)
        Path(to).write_bytes(outline.above + outline.last + outline.below)
        return names
    return None


def read_features(
    file: str, names: list[str], to: str, judge: Callable[[Any, int, int], None]
) -> dict[str, Any] | None:
    """Attributes of these ``names`` and coordinates, as Arrow; None where the file is not plain.

    The answer has the kind of the shapes and all attributes that were seen. ``judge`` is told each
    block, and how many rows and bytes there are up to its end.
    """
    with contextlib.suppress(OddError), Path(file).open("rb") as opened:
        outline = _outline(opened)
        form = _form(opened, outline)
        wanted = Form({name: _plain_kind(form, name) for name in names}, form.shape)
        seen = dict.fromkeys(form.attributes)
        rows = size = 0
        with pa.OSFile(to, "wb") as target, pa.ipc.new_file(target, _schema(wanted)) as out:
            for block in _blocks(opened, outline, BLOCK):
                found = _parsed(block, wanted)
                seen |= dict.fromkeys(_names(found))
                batch = _batch(found, wanted)
                rows, size = rows + batch.num_rows, size + batch.nbytes
                judge(batch, rows, size)
                out.write_batch(batch)
        return {"shape": form.shape, "names": list(seen)}
    return None


def _outline(file: BinaryIO) -> Outline:
    above = HEAD.search(file.read(LARGEST_HEAD))
    if above is None:
        raise OddError
    begin = above.end()
    since = max(begin, file.seek(0, 2) - LARGEST_END)
    file.seek(since)
    ending = file.read()
    end, at = begin, 0
    for cut in CUT.finditer(ending):
        end, at = since + cut.start() + 1, cut.end()
    if not at and since > begin:
        raise OddError
    last = ending[at:]
    try:
        opened = json.loads(above.string[:begin] + b"]}")
        whole = json.loads(above.string[:begin] + last, object_pairs_hook=_once)
        text = last.decode()
        length = len(text[: json.JSONDecoder().raw_decode(text)[1]].encode())
    except (ValueError, RecursionError):
        raise OddError from None
    is_plain = isinstance(whole, dict) and whole.get("type") == "FeatureCollection"
    if not is_plain or [*opened][-1] != "features" or len(whole["features"]) != 1:
        raise OddError
    return Outline(above.string[:begin], begin, end, last[:length], last[length:])


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    record = dict(pairs)
    if len(record) < len(pairs):
        raise OddError
    return record


def _blocks(file: BinaryIO, outline: Outline, size: int) -> Iterator[bytes]:
    """The text of whole features, about ``size`` at a time; the last feature by itself."""
    file.seek(outline.begin)
    left, rest = outline.end - outline.begin, b""
    while left:
        text = rest + file.read(min(size, left))
        left -= len(text) - len(rest)
        cut = _last_cut(text) if left else None
        if cut:
            yield text[: cut.start() + 1]
            rest = text[cut.end() :]
        elif left:
            if len(text) > LARGEST_FEATURE:
                raise OddError
            rest = text
        else:
            yield text
    yield outline.last


def _last_cut(text: bytes) -> re.Match[bytes] | None:
    reach = 2**14
    while reach < 8 * len(text):
        if cuts := list(CUT.finditer(text, max(0, len(text) - reach))):
            return cuts[-1]
        reach *= 8
    return None


def _form(file: BinaryIO, outline: Outline) -> Form:
    """What the first features, and the last, are made of."""
    blocks = [next(_blocks(file, outline, SURVEYED)), outline.last]
    shape = next((found[1].decode() for b in blocks if (found := KIND.search(b))), None)
    if shape is None:
        raise OddError
    kinds: Kinds = {}
    for block in blocks:
        for field in _parsed(block, Form({}, shape)).schema.field("properties").type:
            known = kinds.get(field.name, pa.null())
            kinds[field.name] = field.type if known in {pa.null(), pa.int64()} else known
    if len(kinds) > MOST_ATTRIBUTES:
        raise OddError
    return Form(kinds, shape)


def _plain_kind(form: Form, name: str) -> pa.DataType:
    """How an attribute is read: as text, a number or a truth; days are what was written."""
    kind = form.attributes.get(name, pa.null())
    if pa.types.is_null(kind) or pa.types.is_timestamp(kind):
        return pa.string()
    if kind not in {pa.string(), pa.int64(), pa.float64(), pa.bool_()}:
        raise OddError
    return kind


def _drawn(form: Form) -> list[pa.Field]:
    """The coordinates of one shape, and those of several together."""
    kind: pa.DataType = pa.float64()
    for _ in range(DEPTHS[form.shape]):
        kind = pa.list_(kind)
    return [pa.field("coordinates", kind), pa.field("parts", pa.list_(kind))]


def _schema(form: Form) -> pa.Schema:
    return pa.schema([*form.attributes.items(), *_drawn(form)])


def _names(table: pa.Table) -> list[str]:
    """The attributes of features; their own identifier is one where no other is called so."""
    own = [field.name for field in table.schema.field("properties").type]
    return own if "id" in own or table["id"].null_count == len(table) else [*own, "id"]


def _parsed(block: bytes, form: Form) -> pa.Table:
    """The features of a block, their members as ``form`` says; OddError where they are not plain.

    Arrow takes each for a line of its own: how many there are is told by the cuts between them.
    """
    lines, cuts = CUT.subn(b"}\n", block)
    lines = SEVERAL.sub(rb'\1"parts"', lines)
    members = {
        "type": pa.string(),
        "id": pa.string(),
        "geometry": pa.struct([pa.field("type", pa.string()), *_drawn(form)]),
        "properties": pa.struct(list(form.attributes.items())),
    }
    try:
        table = pa.json.read_json(
            pa.BufferReader(lines),
            pa.json.ReadOptions(use_threads=False, block_size=len(lines) + 1),
            pa.json.ParseOptions(explicit_schema=pa.schema(members), newlines_in_values=True),
        ).combine_chunks()
    except pa.ArrowException:
        raise OddError from None
    is_feature = pc.fill_null(pc.equal(table["type"], "Feature"), fill_value=False)
    if (
        NUL in block
        or len(table) != cuts + 1
        or not {*table.column_names} <= MEMBERS
        or table["properties"].null_count
        or not pc.all(is_feature).as_py()
    ):
        raise OddError
    return table


def _batch(table: pa.Table, form: Form) -> pa.RecordBatch:
    """The attributes and coordinates that ``form`` names."""
    inside, shape = (table[name].chunk(0) for name in ("properties", "geometry"))
    attributes = [inside.field(name) for name in form.attributes]
    if not all(_is_exact(values) for values in attributes):
        raise OddError
    if "id" in form.attributes and table["id"].null_count < len(table):
        own = inside.field("id")
        if own.null_count:  # the feature's own identifier would stand in its place
            raise OddError
    kinds, *drawn = (pc.struct_field(shape, name) for name in ("type", *DRAWN))
    known = [
        pc.fill_null(pc.equal(kinds, kind), fill_value=False)
        for kind in (form.shape, f"Multi{form.shape}")
    ]
    is_plain = (
        {field.name for field in shape.type} <= SHAPE
        and all(k.equals(d.is_valid()) for k, d in zip(known, drawn, strict=True))
        and pc.or_(*known).equals(shape.is_valid())
        and all(map(_are_whole, drawn))
    )
    if not is_plain:
        raise OddError
    return pa.RecordBatch.from_arrays([*attributes, *drawn], schema=_schema(form))


def _is_exact(values: pa.Array) -> bool:
    """Whether numbers are such, and none so large that decimals do not tell it from the next."""
    if not pa.types.is_floating(values.type):
        return True
    return pc.all(pc.less(pc.abs(values), EXACT_BELOW)).as_py() in {True, None}


def _are_whole(shapes: pa.Array) -> bool:
    """Whether no shape lacks a ring, a point or a number."""
    inside = shapes.drop_null()
    if not len(inside):
        return True
    lengths = {"min": 0, "max": 0}
    while pa.types.is_list(inside.type):
        lengths = pc.min_max(pc.list_value_length(inside)).as_py()
        if inside.null_count or not lengths["min"]:
            return False
        inside = inside.flatten()
    is_point = lengths["min"] == lengths["max"] and lengths["max"] in DIMENSIONS
    return is_point and not inside.null_count and pc.all(pc.is_finite(inside)).as_py() is True
