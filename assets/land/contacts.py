"""The EPCI's own file of owners and occupants, ``contacts.csv`` in the home, which never leaves it.

It names natural persons. The home's lists for the consultation alone are made from it: no step of
a run reads it, so that no frame, release, log or shared store can hold it; errors tell lines and
columns, never what they hold.
"""

import csv
import io
import os
import re

import polars as pl

from observatory.errors import InputError
from observatory.ingest.encoding import decode
from observatory.metadata.cards import normalise
from observatory.settings import Settings

HOME_FILE = "contacts.csv"
LARGEST = 2**26
# our columns, and what a file may call them
HEADERS = {
    "role": ("role", "qualite"),
    "name": ("nom", "denomination", "raison_sociale"),
    "address": ("adresse",),
    "postcode": ("code_postal",),
    "town": ("commune", "ville"),
    "email": ("courriel", "email", "mel"),
    "parcels": ("parcelle", "parcelles"),
    "unit_id": ("unite", "unit_id"),
    "code": ("siren", "siret", "siren_siret"),
}
REQUIRED = ("role", "name")
ROLES = {"proprietaire": "owner", "owner": "owner", "occupant": "occupant"}
PATTERNS = {
    "parcels": re.compile(r"^[0-9A-Z]{14}(?:[|, ]+[0-9A-Z]{14})*$"),
    "unit_id": re.compile(r"^\w{5}_TERRAIN-ECO_\w+(?:-\d+)?$", re.ASCII),
    "code": re.compile(r"^[0-9]{9}(?:[0-9]{5})?$"),
}
EXPECTED = {
    "parcels": "identifiers of parcels of 14 characters, separated by |",
    "unit_id": "the unit_id of a unit of land_units",
    "code": "a SIREN (9 digits) or a SIRET (14)",
}
CONTACTS = pl.Schema(
    {
        "line": pl.Int64(),
        "role": pl.String(),
        "name": pl.String(),
        "address": pl.String(),
        "email": pl.String(),
        "code": pl.String(),
        "unit_id": pl.String(),
        "parcels": pl.List(pl.String()),
    }
)


def read_contacts(settings: Settings) -> pl.DataFrame:
    """Read the contacts of the home, one row a line; none where there is no such file.

    Raises InputError for a header that is missing, a role, parcel, unit or SIREN that is none, and
    a line that says neither whom nor where it is about.
    """
    path = settings.home / HOME_FILE
    if not os.path.lexists(path):
        return pl.DataFrame(schema=CONTACTS)
    if path.is_symlink() or not path.is_file() or path.stat().st_size > LARGEST:
        msg = f"{HOME_FILE}: expected a small text file in the home itself, and no link."
        raise InputError(msg)
    text = decode(path, HOME_FILE)
    head = text.split("\n", 1)[0]
    reader = csv.reader(
        io.StringIO(text), delimiter=";" if ";" in head or "," not in head else ",", strict=True
    )
    try:
        places = _find_columns(next(reader, []))
        rows = [
            _read_line(row, places, reader.line_num) for row in reader if any(map(str.strip, row))
        ]
    except csv.Error:
        msg = f"{HOME_FILE}, line {reader.line_num}: a quote is not closed as CSV asks."
        raise InputError(msg) from None
    return pl.DataFrame(rows, schema=CONTACTS, orient="row")


def _find_columns(header: list[str]) -> dict[str, int]:
    """Where each of our columns stands."""
    plain = [normalise(name) for name in header]
    places: dict[str, int] = {}
    for ours, names in HEADERS.items():
        found = [at for at, name in enumerate(plain) if name in names]
        if len(found) > 1:
            msg = f"{HOME_FILE}, line 1: two columns are {names[0]}; keep one."
            raise InputError(msg)
        if found:
            places[ours] = found[0]
    for ours in REQUIRED:
        if ours not in places:
            msg = f"{HOME_FILE}, line 1: no column {HEADERS[ours][0]}; expected {_list_headers()}."
            raise InputError(msg)
    return places


def _list_headers() -> str:
    return "; ".join(names[0] for names in HEADERS.values())


def _read_line(row: list[str], places: dict[str, int], line: int) -> tuple[object, ...]:
    cells = {
        ours: " ".join(row[at].split()) if at < len(row) else "" for ours, at in places.items()
    }
    role = ROLES.get(normalise(cells["role"]))
    if role is None:
        _refuse(line, "role", "propriétaire or occupant")
    if not cells["name"]:
        _refuse(line, "name", "a name")
    told = {"code": "".join(cells.get("code", "").split())}
    told |= {name: cells.get(name, "").upper() for name in ("parcels", "unit_id")}
    for name, value in told.items():
        if value and not PATTERNS[name].match(value):
            _refuse(line, name, EXPECTED[name])
    if not any(told.values()):
        msg = f"{HOME_FILE}, line {line}: about whom? Give a parcelle, a unite or a siren."
        raise InputError(msg)
    town = " ".join(filter(None, (cells.get("postcode"), cells.get("town"))))
    address = ", ".join(filter(None, (cells.get("address"), town)))
    return (
        line,
        role,
        cells["name"],
        address or None,
        cells.get("email") or None,
        told["code"] or None,
        told["unit_id"] or None,
        re.findall(r"[0-9A-Z]{14}", told["parcels"]),
    )


def _refuse(line: int, column: str, expected: str) -> None:
    msg = f"{HOME_FILE}, line {line}, column {HEADERS[column][0]}: expected {expected}."
    raise InputError(msg)
