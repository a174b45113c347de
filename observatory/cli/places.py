"""Finds the place of a release that an option names, by its code or by its name."""

from typing import TYPE_CHECKING, Literal

from observatory.geography.naming import find_code

if TYPE_CHECKING:
    import polars as pl

    from observatory.release.published import Published

COLUMNS = {
    "commune": ("geography_communes", "commune_code", "commune_label"),
    "epci": ("geography_communes", "epci_code", "epci_label"),
    "site": ("land_sites", "site_id", "site_name"),
}


def find_place(
    published: "Published", kind: Literal["commune", "epci", "site"], asked: str | None
) -> str | None:
    """Find the code of what ``--commune``, ``--epci`` or ``--site`` names; None where none does.

    Raises InputError where the release has no such place, or several of that name.
    """
    table, code, label = COLUMNS[kind]
    if asked is None or not published.has(table):
        return asked
    return find_code(asked, _names(published.table(table), code, label), where=f"--{kind}")


def _names(rows: "pl.DataFrame", code: str, label: str) -> dict[str, str | None]:
    """The name of each code; of two places of one name, that of the territory alone bears it."""
    import polars as pl

    if "is_in_territory" in rows.columns:
        is_local = pl.col("is_in_territory")
        other = ~is_local & is_local.any().over(label)
        rows = rows.with_columns(pl.when(~other).then(label))
    return dict(rows.select(code, label).drop_nulls(code).iter_rows())
