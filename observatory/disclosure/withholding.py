"""Remove establishments and firms whose names and figures may not be published today.

Partial diffusion at Insee (code de commerce, article R123-232) and the right to object (GDPR,
article 21) change after a release was made: a page, file or export follows the list of the day
it is written, not the list of the day of the release.
"""

import csv
import hashlib
import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from observatory.errors import InputError
from observatory.ingest.encoding import decode
from observatory.ingest.values import first_written
from observatory.metadata.cards import Layout
from observatory.metadata.tables import Table
from observatory.settings import Settings

if TYPE_CHECKING:
    from observatory.ingest.delimited import Keep
    from observatory.storage.frames import Store

REGISTER = "withheld_identifiers"
REGISTER_SOURCE = "insee/sirene_stock"
HOME_FILE = "withheld.csv"
IDENTIFIER_COLUMN = "identifier"
IDENTIFIER = re.compile(r"^[0-9]{9}(?:[0-9]{5})?$")
SIREN, SIREN_LENGTH = r"^[0-9]{9}$", 9
NAMED_LEGAL_CATEGORIES = r"^[457]\d{3}$"


def read_withheld_identifiers(settings: Settings, store: "Store | None" = None) -> pl.Series:
    """Read the SIREN and SIRET under partial diffusion or objection today, as text.

    From the frame ``withheld_identifiers`` (column ``identifier``) that the register's assets
    keep, and from ``withheld.csv`` in the home, for those who asked the observatory itself.
    ``store`` may be that of a part, of which alone it is asked then. Raises InputError where the
    register has not been read: nobody knows then who is withheld.
    """
    from observatory.storage.frames import Store

    store = store or Store.of_any_day(settings)
    if not store.has(REGISTER):
        msg = (
            "Who is under partial diffusion today is not known here: run the register's assets "
            f"({REGISTER}; `observatory run --theme land` does) before releasing a table that "
            "names anyone."
        )
        raise InputError(msg)
    lists = [store.read(REGISTER)["identifier"].cast(pl.String), read_listed_here(settings)]
    return pl.concat(lists).unique().sort()


def _read_home_list(path: Path) -> pl.Series:
    """Read the column ``identifier`` of the home's own list; others (date, reason) are not read."""
    if not path.is_file():
        msg = f"{HOME_FILE} is not a file that can be read: nobody knows then who is withheld."
        raise InputError(msg)
    text = decode(path, HOME_FILE)
    head = text.split("\n", 1)[0]
    separator = ";" if head.count(";") > head.count(",") else ","
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    codes: list[str] = []
    try:
        header = [name.strip().lower() for name in next(reader, [])]
        if header.count(IDENTIFIER_COLUMN) != 1:
            named = ", ".join(header)
            msg = f"{HOME_FILE}, line 1: expected one column “{IDENTIFIER_COLUMN}”, found {named}."
            raise InputError(msg)
        at, line = header.index(IDENTIFIER_COLUMN), reader.line_num + 1
        for row in reader:
            code = re.sub(r"\s", "", row[at]) if len(row) > at else ""
            if any(cell.strip() for cell in row):
                if not IDENTIFIER.match(code):
                    msg = f"{HOME_FILE}, line {line}: neither a SIREN (9 digits) nor a SIRET (14)."
                    raise InputError(msg)
                codes.append(code)
            line = reader.line_num + 1
    except csv.Error as error:
        msg = f"{HOME_FILE}, line {reader.line_num}: {error}."
        raise InputError(msg) from None
    return pl.Series(IDENTIFIER_COLUMN, codes, dtype=pl.String)


def read_listed_here(settings: Settings) -> pl.Series:
    """Read who asked the observatory itself, from ``withheld.csv`` in the home; none without it."""
    path = settings.home / HOME_FILE
    if path.exists() or path.is_symlink():
        return _read_home_list(path)
    return pl.Series(IDENTIFIER_COLUMN, [], dtype=pl.String)


def list_version(settings: Settings, store: "Store") -> str:
    """Tell two lists apart by what they are made from, without saying who is on them."""
    own = settings.home / HOME_FILE
    listed = own.read_bytes() if own.is_file() else b""
    noted = store.noted(REGISTER) if store.has(REGISTER) else ""
    return hashlib.sha256(noted.encode() + listed).hexdigest()[:16]


def is_withheld(code: str, withheld: pl.Series) -> pl.Expr:
    """Tell whether the SIREN or SIRET in column ``code`` is withheld, or its SIREN is."""
    listed = pl.lit(withheld).implode()
    hidden = pl.col(code).is_in(listed) | pl.col(code).str.slice(0, SIREN_LENGTH).is_in(listed)
    return hidden.fill_null(value=False)


def withhold(frame: pl.LazyFrame, table: Table, withheld: pl.Series) -> pl.LazyFrame:
    """Remove what the rows of ``table`` say of persons and firms in ``withheld``.

    Where the identifier is part of the key, the row is removed; elsewhere every column that the
    contract marks with ``identifies`` becomes null, the identifier included. A withheld SIREN
    withholds all its SIRET.
    """
    for code in sorted({c.identifies for c in table.columns if c.identifies}):
        hidden = is_withheld(code, withheld)
        if code in table.key:
            frame = frame.filter(~hidden)
            continue
        named = {c.name for c in table.columns if c.identifies == code} | {code}
        frame = frame.with_columns(
            pl.when(~hidden).then(pl.col(name)).alias(name) for name in sorted(named)
        )
    return frame


def count_withheld(frame: pl.LazyFrame, table: Table, withheld: pl.Series) -> int:
    """Count the rows that ``withhold`` removes or blanks something in."""
    codes = sorted({c.identifies for c in table.columns if c.identifies})
    named = [is_withheld(code, withheld) for code in codes]
    if not named:
        return 0
    return int(frame.select(pl.any_horizontal(named).sum()).collect().item())


def may_be_named(legal_category: pl.Expr) -> pl.Expr:
    """Tell whether the name of a legal category (Insee, four digits) may be published.

    Commercial companies (5), public bodies under commercial law (4) and under administrative
    law (7). Natural persons (1), joint ownership (2), civil companies (6), associations (9) and
    unknown ones are not.
    """
    return legal_category.str.contains(NAMED_LEGAL_CATEGORIES).fill_null(value=False)


def read_publishable_names(layout: Layout, *, name: str, siren: str, category: str) -> "Keep":
    """Let a reader leave blank, before any row is kept, the names that may not be published.

    The layout's columns ``siren`` and ``category`` tell whose name ``name`` is; without them none
    is read.
    """

    def keep(rows: pl.LazyFrame) -> pl.LazyFrame:
        headers = layout.match(rows.collect_schema().names()).columns
        shown = pl.lit(value=bool(headers[siren] and headers[category]))
        if headers[siren] and headers[category]:
            identified = first_written(headers[siren]).str.strip_chars().str.contains(SIREN)
            kind = first_written(headers[category]).str.strip_chars()
            shown = identified.fill_null(value=False) & may_be_named(kind)
        return rows.with_columns(pl.when(shown).then(h).alias(h) for h in headers[name])

    return keep


def names_anyone(table: Table) -> bool:
    """Tell whether any column of ``table`` identifies somebody."""
    return any(c.identifies for c in table.columns)
