"""Every table contract, by name."""

from assets.geography import contracts as geography
from assets.labour import contracts as labour
from assets.land import contracts as land
from assets.quality import contracts as quality
from observatory.metadata.tables import Table


def tables_of(module: object) -> list[Table]:
    """The contracts a module declares, in the order they stand."""
    return [value for value in vars(module).values() if isinstance(value, Table)]


GEOGRAPHY = tables_of(geography)
LABOUR = tables_of(labour)
LAND = tables_of(land)
QUALITY = tables_of(quality)
TABLES: dict[str, Table] = {table.name: table for table in (*GEOGRAPHY, *LABOUR, *LAND, *QUALITY)}
