"""Editions of the legal list of occupations in shortage: which text, since when, until when.

Source: article L. 414-13 of the Ceseda; arrêté of 1 April 2021, amended by that of 1 March 2024
(Journal officiel of 2 March 2024); arrêté of 21 May 2025 (NOR TSSD2508346A, Journal officiel of
22 May 2025), which replaces it. A list stays in force until another text replaces it.
"""

import datetime as dt
import re
from collections.abc import Mapping

import polars as pl

from observatory.errors import InputError

EDITIONS = {
    dt.date(2021, 4, 1): "Arrêté du 1er avril 2021",
    dt.date(2024, 3, 1): "Arrêté du 1er avril 2021, modifié par celui du 1er mars 2024",
    dt.date(2025, 5, 21): "Arrêté du 21 mai 2025 (NOR TSSD2508346A, JORFTEXT000051643488)",
}
DATED = re.compile(r"^(20\d\d)(?:-(\d\d))?(?:-(\d\d))?$")
SCHEMA = pl.Schema(
    {
        "source_sha256": pl.String(),
        "list_date": pl.Date(),
        "list_label": pl.String(),
        "replaced_date": pl.Date(),
        "list_status": pl.String(),
    }
)


def date_editions(vintages: Mapping[str, str], as_of: dt.date) -> pl.DataFrame:
    """Date each file of the list by its vintage, and tell whether its text is in force.

    ``vintages`` are those of the files, by hash. A text that nobody here knows yet is dated by the
    vintage itself, and replaces those before it. Raises InputError for a vintage that is no date,
    and where two files are of one edition.
    """
    dates = {sha: _date_of(vintage) for sha, vintage in vintages.items()}
    for date in set(dates.values()):
        if len(same := sorted(vintages[sha] for sha, d in dates.items() if d == date)) > 1:
            msg = (
                f"ministere_travail/shortage_list: {' and '.join(same)} are the same edition: "
                "withdraw one (`observatory archive withdraw`)."
            )
            raise InputError(msg)
    known = sorted({*EDITIONS, *dates.values()})
    rows = []
    for sha, date in dates.items():
        replaced = next((later for later in known if later > date), None)
        is_over = replaced is not None and replaced <= as_of
        status = "to_come" if date > as_of else "superseded" if is_over else "in_force"
        label = EDITIONS.get(date, f"Texte du {date:%d/%m/%Y}, d'après le millésime du fichier")
        rows.append((sha, date, label, replaced, status))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row")


def _date_of(vintage: str) -> dt.date:
    """The day of the known text that a vintage names, or its own first day."""
    found = DATED.match(vintage)
    known = [day for day in EDITIONS if found and day.isoformat().startswith(vintage)]
    if known:
        return known[-1]
    try:
        year, month, day = (int(part or 1) for part in found.groups()) if found else (0, 0, 0)
        return dt.date(year, month, day)
    except ValueError:
        msg = (
            f"ministere_travail/shortage_list: vintage {vintage!r}: expected the day or month of "
            "the text, such as 2025-05-21: withdraw the file and hand it over again."
        )
        raise InputError(msg) from None
