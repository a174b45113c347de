"""Write the occupations with more offers than job seekers, and the reverse, as a workbook."""

import datetime as dt
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from observatory.metadata.french import french_value
from observatory.release.published import Published
from observatory.release.sheet_notes import print_wide
from observatory.release.spreadsheets import COUNT, ONE, add_formats

TABLE = "labour_offers_and_candidates"
RATIO = "offers_per_100_job_seekers"
SHOWN = ("fap_code", "fap_label", "offer_volume_count", "job_seeker_volume_count", RATIO)
WIDTHS = (12, 80, 20, 20, 20)
SAFE = {f"strings_to_{what}": False for what in ("formulas", "urls", "numbers")}


def name_volume_workbook(published: Published) -> str | None:
    """Name the list of the last quarter; None where there is none."""
    if not published.has(TABLE):
        return None
    quarter = published.table(TABLE)["quarter_code"].sort()[-1]
    return f"offres-et-demandeurs-{quarter}{published.suffix}.xlsx"


def write_volume_workbook(published: Published, folder: Path) -> Path | None:
    """Write the list of the last quarter into ``folder``; None where there is none.

    Two sheets a département, the widest gap first, then what is not known, with its reason.
    """
    name = name_volume_workbook(published)
    if name is None:
        return None
    rows, path = published.table(TABLE), folder / name
    with xlsxwriter.Workbook(path, SAFE) as book:
        released = dt.datetime.fromisoformat(published.manifest.released_at).replace(tzinfo=None)
        book.set_properties({"title": published.notice or "Observatoire", "created": released})
        _write_notes(book, published, rows)
        for (code,), local in rows.group_by("department_code", maintain_order=True):
            more = local.filter(pl.col("larger_volume") == "offers")
            ordered = more.sort(RATIO, "fap_code", descending=[True, False], nulls_last=False)
            _write_sheet(book, published, f"{code} plus d'offres", ordered)
            fewer = local.filter(pl.col("larger_volume") == "job_seekers")
            ordered = fewer.sort(RATIO, "fap_code")
            _write_sheet(book, published, f"{code} plus de demandeurs", ordered)
        _write_unknown(book, rows.filter(pl.col("missing_volume_reason").is_not_null()))
    return path


def _write_notes(book: Any, published: Published, rows: pl.DataFrame) -> None:
    contract = published.contracts[TABLE]
    equal = rows.filter(pl.col("larger_volume") == "equal").height
    lines = [
        f"{contract.title_fr} ({', '.join(sorted(set(rows['quarter_code'])))})",
        f"Publication du {published.date_fr} ({published.manifest.release_id})",
        "Un rapport de volumes, arrondis à dix par le producteur : ce n'est pas la tension.",
        "La source est trimestrielle : il n'y a pas de liste mensuelle.",
        f"Autant d'offres que de demandeurs : {equal} ; dernière feuille : volumes inconnus.",
        *(f"{c.label} : {c.fr}" for c in contract.columns if c.name in SHOWN),
        *(f"Source : {source}" for source in published.sources_of(TABLE)),
        f"Licence : {contract.licence}",
    ]
    if published.notice:
        lines.insert(0, f"{published.notice} : chiffres inventés, à ne pas citer.")
    sheet = book.add_worksheet("lisez-moi")
    sheet.set_column(0, 0, 120, book.add_format({"text_wrap": True}))
    print_wide(sheet)
    for at, line in enumerate(lines):
        sheet.set_row(at, 15 * (1 + len(line) // 120))
        sheet.write(at, 0, line)


def _write_sheet(book: Any, published: Published, name: str, rows: pl.DataFrame) -> None:
    """Write one list: a line of titles, then a line an occupation."""
    labels = {c.name: c.label for c in published.contracts[TABLE].columns}
    _write_rows(book, name, [labels[column] for column in SHOWN], rows.select(SHOWN))


def _write_unknown(book: Any, rows: pl.DataFrame) -> None:
    reason = [french_value("missing_volume_reason", code) for code in rows["missing_volume_reason"]]
    titles = ["Département", "Code FAP", "Métier", "Pourquoi un volume manque"]
    told = rows.select("department_code", "fap_code", "fap_label").with_columns(
        pl.Series("reason", reason, pl.String)
    )
    _write_rows(book, "volumes inconnus", titles, told)


def _write_rows(book: Any, name: str, titles: list[str], rows: pl.DataFrame) -> None:
    sheet = book.add_worksheet(name)
    print_wide(sheet)
    sheet.repeat_rows(0)
    sheet.freeze_panes(1, 2)
    formats = add_formats(book)
    for at, (width, column) in enumerate(zip(WIDTHS, rows.columns, strict=False)):
        shown = ONE if column == RATIO else COUNT
        sheet.set_column(at, at, width, formats[shown] if rows[column].dtype.is_numeric() else None)
    sheet.set_row(0, 50)
    sheet.write_row(0, 0, titles, formats["header"])
    if len(rows):
        sheet.autofilter(0, 0, len(rows), len(titles) - 1)
    for line, row in enumerate(rows.iter_rows(), start=1):
        for at, value in enumerate(row):
            if value is not None:
                sheet.write(line, at, value)
