"""The State's import format for tracked indicators (PILOTE, Table Schema « sans contraintes »)."""

import csv
import datetime as dt
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from observatory.errors import InputError

FIELDS = ("identifiant_indic", "zone_id", "date_valeur", "type_valeur", "valeur")
INDICATOR = re.compile(r"IND-([0-9]{3,4})")
ZONE = re.compile(
    r"D([02][1-9]|2[AB]|[1345678][0-9]|9[012345]|97[12346])"
    r"|R(0[12346]|11|2[478]|32|44|5[23]|7[56]|84|9[34])|FRANCE|France"
)
TYPES = ("vi", "va", "vc", "VI", "VA", "VC")
NOT_A_ZONE = "no zone of the format"


@dataclass(frozen=True, kw_only=True)
class Record:
    """A line of the format."""

    indicator: str
    zone: str
    date: dt.date
    type: str
    value: float | None

    @property
    def key(self) -> tuple[str, str, dt.date, str]:
        """What must stand once in a file."""
        return self.indicator, self.zone, self.date, self.type


def read_day(text: str) -> dt.date | None:
    """A day as the schema allows it (AAAA-MM-JJ or JJ/MM/AAAA); None where it is none."""
    for form in ("%Y-%m-%d", "%d/%m/%Y"):
        try:
            return dt.datetime.strptime(text, form).date()  # noqa: DTZ007
        except ValueError:
            continue
    return None


def read_file(path: Path) -> list[Record]:
    """Read a file of the format; InputError says the line, the column and what was expected."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        msg = f"{path.name}: a CSV file in UTF-8 is expected."
        raise InputError(msg) from None
    separator = ";" if text.partition("\n")[0].count(";") else ","
    reader = csv.DictReader(text.splitlines(), delimiter=separator)
    if tuple(reader.fieldnames or ()) != FIELDS:
        msg = f"{path.name}, line 1: the columns {', '.join(FIELDS)} are expected, in this order."
        raise InputError(msg)
    records = [_record(path, reader.line_num, row) for row in reader]
    keys = [record.key for record in records]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        msg = f"{path.name}: one line each is expected, {twice[0]} {twice[2]} stands twice."
        raise InputError(msg)
    return records


def _record(path: Path, line: int, row: dict[str, Any]) -> Record:
    def wrong(column: str, expected: str) -> InputError:
        return InputError(f"{path.name}, line {line}, {column}: {expected} is expected.")

    given = {name: (row.get(name) or "").strip() for name in FIELDS}
    if not INDICATOR.fullmatch(given["identifiant_indic"]):
        raise wrong("identifiant_indic", "IND- and three or four digits")
    if not ZONE.fullmatch(given["zone_id"]):
        raise wrong("zone_id", "D13, R93 or FRANCE, say,")
    date = read_day(given["date_valeur"])
    if date is None:
        raise wrong("date_valeur", "AAAA-MM-JJ or JJ/MM/AAAA")
    if given["type_valeur"] not in TYPES:
        raise wrong("type_valeur", "vi, va or vc")
    try:
        value = float(given["valeur"]) if given["valeur"] else None
    except ValueError:
        raise wrong("valeur", "a number with a point, or nothing,") from None
    return Record(
        indicator=given["identifiant_indic"],
        zone=given["zone_id"],
        date=date,
        type=given["type_valeur"].lower(),
        value=value,
    )


def records_of(
    kpis: Iterable[dict[str, Any]], indicators: dict[str, str]
) -> tuple[list[Record], list[str]]:
    """Lines of published rows, and the indicators of a zone that the format does not know.

    The format has no EPCI: a value of one is never written under another zone's code.
    """
    records: dict[tuple[str, str, dt.date, str], Record] = {}
    left_out: set[str] = set()
    for row in kpis:
        zone = row["kpi_zone_code"]
        if not ZONE.fullmatch(zone):
            left_out.add(row["kpi_code"])
            continue
        for kind, date, value in (
            ("vi", row["baseline_date"], row["baseline"]),
            ("va", row["value_date"], row["kpi_value"]),
            ("vc", row["target_date"], row["target"]),
        ):
            if date is None or value is None:
                continue
            code = indicators[row["kpi_code"]]
            record = Record(indicator=code, zone=zone, date=date, type=kind, value=value)
            records[record.key] = record
    return sorted(records.values(), key=lambda r: r.key), sorted(left_out)


def count_bounded(kpis: Iterable[dict[str, Any]]) -> int:
    """Count the values of zones of the format that are known by bounds alone: it has no place."""
    bounds = ("kpi_value_low", "kpi_value_high")
    return sum(
        1
        for row in kpis
        if ZONE.fullmatch(row["kpi_zone_code"])
        and row["kpi_value"] is None
        and any(row[bound] is not None for bound in bounds)
    )


def write_file(path: Path, records: Iterable[Record]) -> None:
    """Write lines of the format; a value is written so that it is read back equal."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(FIELDS)
        for r in records:
            value = "" if r.value is None else repr(r.value)
            writer.writerow((r.indicator, r.zone, r.date.isoformat(), r.type, value))
