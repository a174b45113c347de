"""The territory as producers are asked for it, told from the communes of the last run."""

from observatory.errors import InputError
from observatory.settings import Settings
from observatory.storage.frames import Store
from sources.addresses import NOWHERE, Where

TERRITORY_TABLES = ("geography_communes", "geography_commune_contours")


def territory(settings: Settings) -> Where:
    """The territory as producers are asked for it; empty where its communes are not known yet."""
    store, (communes_, contours_) = Store.of_any_day(settings), TERRITORY_TABLES
    if not store.has(communes_) or (communes := store.read(communes_)).is_empty():
        return NOWHERE
    local = communes.filter("is_in_territory")
    codes = local["commune_code"].sort().to_list()
    box = None
    if store.has(contours_) and len(drawn := store.read_geometry(contours_)):
        own = drawn[drawn["commune_code"].isin(codes)]
        box = tuple(own.total_bounds) if len(own) else None
    return Where(
        departments=tuple(local["department_code"].unique().sort().to_list()),
        communes=tuple(codes),
        box=box,
        bassins=tuple(local["bassin_code"].drop_nulls().unique().sort().to_list()),
        crs=store.projection.crs,
    )


def known_territory(settings: Settings) -> Where:
    """The territory; InputError where its communes are not known, before anything is asked."""
    where = territory(settings)
    if not where.communes:
        msg = (
            "The territory's communes are not known yet: materialize geography_communes and "
            "geography_commune_contours first (`observatory run`)."
        )
        raise InputError(msg)
    return where
