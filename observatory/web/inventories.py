"""Lists what pages show of the legal inventory of ZAE: steps, deadlines, units through time."""

import datetime as dt
from functools import partial
from typing import Any

import polars as pl

from observatory.metadata.french import alphabetical
from observatory.release.published import Published
from observatory.web.listings import (
    Listing,
    amount,
    coded,
    make_listing,
    show_day,
    show_hectares,
    show_yes_or_no,
    word,
)

TABLE, HISTORY = "land_inventories", "land_unit_history"


def list_inventories(published: Published) -> Listing | None:
    """List where the inventory of each ZAE stands, the nearest deadline first."""
    if not published.has(TABLE):
        return None
    rows = published.table(TABLE).sort("update_due_date", alphabetical("commune_label"), "site_id")
    day = _find_day(published)
    heads = (
        word("Zone", "site_name"),
        word("Identifiant", "site_id"),
        word("Commune", "commune_label", is_filter=True),
        amount("Unités foncières", "unit_count"),
        amount("Vues ou déclarées", "surveyed_unit_count"),
        coded("Étape", "inventory_stage", is_filter=True),
        word("Lancement", "started_date", show=show_step),
        word("Consultation", "consulted_date", show=show_step),
        word("Fin de la consultation", "consultation_until_date", show=show_step),
        word("Dernier arrêté", "last_decided_date", show=show_step),
        word("Prochain arrêté, au plus tard", "update_due_date", show=partial(show_due, day=day)),
        coded("Compté de", "due_basis"),
    )
    return make_listing("inventaires-zae", "Inventaires des ZAE", heads, rows)


def show_step(day: dt.date | None) -> str:
    """Show the day of a step; one that has not come is told by nobody."""
    return "non communiqué" if day is None else show_day(day)


def show_due(due: dt.date, *, day: dt.date) -> str:
    """Show a deadline, and that it had passed on the day of the release."""
    return f"{show_day(due)} (dépassée)" if due < day else show_day(due)


def count_late(published: Published) -> int:
    """Count the ZAE whose next arrêté was due before the release was made."""
    rows = published.table(TABLE)
    return rows.filter(pl.col("update_due_date") < _find_day(published)).height


def _find_day(published: Published) -> dt.date:
    return dt.datetime.fromisoformat(published.manifest.released_at).date()


def list_history(published: Published) -> Listing | None:
    """List the units that have changed since the earlier inventory, ground or state."""
    if not published.has(HISTORY):
        return None
    changed = pl.col("has_state_changed").fill_null(value=False) | (pl.col("unit_change") != "kept")
    rows = published.table(HISTORY).filter(changed).sort(alphabetical("commune_label"), "link_id")
    heads = (
        word("Commune", "commune_label", is_filter=True),
        coded("Devenir", "unit_change", is_filter=True),
        word("Unité antérieure", "former_unit_id"),
        word("Unité actuelle", "unit_id"),
        coded("État antérieur", "former_state"),
        coded("État actuel", "current_state"),
        coded("Confiance", "occupation_confidence"),
        word("État changé", "has_state_changed", show=show_yes_or_no),
        amount("Surface commune (ha)", "shared_m2", show=show_hectares),
    )
    return make_listing(
        "unites-d-un-inventaire-au-suivant",
        "Unités modifiées depuis l'inventaire antérieur",
        heads,
        rows,
    )


def count_changes(published: Published) -> list[dict[str, Any]]:
    """Count the units of the earlier inventory, and those of today, by what became of them."""
    if not published.has(HISTORY):
        return []
    counted = (
        published.table(HISTORY)
        .group_by("unit_change")
        .agg(
            former=pl.col("former_unit_id").drop_nulls().n_unique(),
            current=pl.col("unit_id").drop_nulls().n_unique(),
        )
    )
    return counted.sort("unit_change").to_dicts()
