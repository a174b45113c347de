"""Headers: where they stand, which of our columns they serve, and what is said when they do not."""

import itertools
from collections.abc import Mapping, Sequence

from observatory.errors import InputError
from observatory.ingest.issues import LINE
from observatory.metadata.cards import Layout, Match, normalise

HEADER_WITHIN = 30
LONGEST_NOTE = 2
MOST_PLACES = 8
Row = Sequence[str | None]


def header_row(rows: Sequence[Row], layout: Layout) -> int | None:
    """Index of the first row that serves every required column; titles may stand above it."""
    for index, row in enumerate(rows[:HEADER_WITHIN]):
        if any(row) and not layout.match(_written(row)).missing:
            return index
    return None


def lacks_one_column(rows: Sequence[Row], layout: Layout) -> bool:
    """Whether a row serves all required columns but one: such a sheet must not be passed over."""
    every = [len(layout.match(_written(row)).missing) for row in rows[:HEADER_WITHIN] if any(row)]
    return len(layout.columns) > 1 and 1 in every


def column_names(header: Row, layout: Layout, where: str) -> list[str]:
    """A name for each column: its header as written, or ``column_<rank>`` under a blank one.

    Of headers that stand twice and serve nothing, the second has its rank as well. Raises
    InputError for one that serves a column, one that bears a name of our own, or several that would
    serve one column: to choose would be a guess.
    """
    written = [cell.strip() if cell else "" for cell in header]
    present = [name for name in written if name]
    require_served(present, layout, where)
    names = list(written)
    for at, name in enumerate(written):
        if not name or name in written[:at]:
            names[at] = _free(f"{name or 'column'}_{at + 1}", names)
    return names


def require_served(headers: Sequence[str], layout: Layout, where: str) -> Match:
    """The match of headers that serve each required column, and none twice; else InputError.

    Headers that serve nothing may repeat each other, as producers' do (« Contenance » of a parcel
    and of its subdivision).
    """
    if reserved := sorted(set(headers) & set(LINE)):
        msg = f"{where}: a column is called {reserved[0]}, a name kept for where rows stand."
        raise InputError(msg)
    if twice := sorted({h for h in served(headers, layout) if list(headers).count(h) > 1}):
        msg = f"{where}: column “{twice[0]}” stands twice."
        raise InputError(msg)
    match = layout.match(headers)
    if match.missing:
        raise InputError(not_served(where, {"the headers": headers}, layout))
    for ours, found in match.columns.items():
        if len(found) > 1:
            pattern = layout.all_columns[ours]
            msg = f"{where}: several columns look like “{pattern}”: {', '.join(found)}"
            raise InputError(msg)
    _require_whole_periods(match, where)
    return match


def served(headers: Sequence[str], layout: Layout) -> list[str]:
    """The headers that serve our columns, in their order: what is under the others is not read."""
    match = layout.match(header for header in headers if header not in LINE)
    listed = [*match.columns.values(), *(own.values() for own in match.repeated.values())]
    return list(dict.fromkeys(header for own in listed for header in own))


def _require_whole_periods(match: Match, where: str) -> None:
    """Each period has all its measures, and no year is missing between two; else InputError."""
    measures: dict[tuple[str, ...], set[str]] = {}
    for period, headers in match.repeated.items():
        measures.setdefault(tuple(group for group, _ in period), set()).update(headers)
    for period, headers in match.repeated.items():
        lacking = sorted(measures[tuple(group for group, _ in period)] - set(headers))
        if lacking:
            told = ", ".join(f"{group} {value}" for group, value in period)
            msg = (
                f"{where}: “{next(iter(headers.values()))}” is there, and no column of {told} for "
                f"{', '.join(lacking)}. If the producer renamed it, add the new spelling to the "
                "source card."
            )
            raise InputError(msg)
    single = [period[0] for period in match.repeated if len(period) == 1]
    years = sorted(int(value) for group, value in single if group == "year" and value)
    gaps = [(a, b) for a, b in itertools.pairwise(years) if b > a + 1]
    if gaps and 2 * len(gaps) < len(years):  # every second or fifth year is a rhythm, not a gap
        before, after = gaps[0]
        msg = (
            f"{where}: columns of {before} and {after} are there, and none of the years between. "
            "If the producer renamed them, add the new spelling to the source card."
        )
        raise InputError(msg)


def not_served(where: str, seen: Mapping[str, Row], layout: Layout) -> str:
    """What was looked for and what was found, by place."""
    cells = {place: _written(row) for place, row in seen.items()}
    best = max(cells.values(), key=len, default=[])
    wanted = {**layout.repeated, **layout.columns}
    missing = layout.match(best).missing or list(wanted)
    asked = ", ".join(f"{ours} (“{wanted[ours]}”)" for ours in missing)
    if not any(cells.values()):
        return f"{where}: it holds no record and names no column. Hand over a file that does."
    found = "; ".join(
        f"{place[:60]}: {', '.join(normalise(cell[:60]) for cell in row[:60]) or 'nothing'}"
        for place, row in itertools.islice(cells.items(), MOST_PLACES)
    )
    return (
        f"{where}: the expected columns were not found. Missing: {asked}. Found in {found}. "
        "If the producer renamed a column, add the new spelling to the source card."
    )


def widest(rows: Sequence[Row]) -> Row:
    """The row of the first ones that holds the most values: most likely the headers."""
    return max((_written(row) for row in rows[:HEADER_WITHIN]), key=len, default=[])


def is_note(row: Row) -> bool:
    """Whether a short row may be a foot note: a sentence, cut in two at most by a separator in it.

    So may a row that is cut in its first words; the caller sees to it that only notes follow.
    """
    values = _written(row)
    return 0 < len(values) <= LONGEST_NOTE and " " in values[0].strip()


def _written(row: Row) -> list[str]:
    return [cell for cell in row if cell]


def _free(wanted: str, taken: Sequence[str]) -> str:
    return wanted if wanted not in taken else _free(f"{wanted}_", taken)
