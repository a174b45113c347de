"""What the files of a source are read on: the territory's projection, the communes in force."""

import datetime as dt
from collections.abc import Mapping

from observatory.geography.ground import Ground
from observatory.storage.frames import COMMUNES, Store

COMMUNE_CHANGES = "geography_commune_changes"
LISTED = "clean_etalab__communes"
# what a source reads that says where it is, in coordinates or by codes of communes and parcels
ON_GROUND = (COMMUNES, COMMUNE_CHANGES, LISTED)


def ground_of(store: Store, vintages: Mapping[str, str], as_of: dt.date) -> Ground:
    """The ground of a run on a day, for files of these vintages, by hash."""
    return Ground(
        projection=store.projection,
        communes=store.read(COMMUNES, ["commune_code"])["commune_code"],
        changes=store.read(COMMUNE_CHANGES, ["former_commune_code", "current_commune_code"]),
        listed_in=max(store.files(LISTED).values(), default=""),
        vintages=dict(vintages),
        as_of=as_of,
    )
