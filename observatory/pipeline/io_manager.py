"""Keeps what steps hand to each other; refuses what other settings of a run have made."""

import dagster as dg
import polars as pl

from observatory.settings import Settings
from observatory.storage.frames import Coverage, Frame, HandedOver, Store


class ParquetIOManager(dg.IOManager):
    """Keeps each asset as ``<work folder>/<asset name>.parquet``."""

    def __init__(self, settings: Settings) -> None:
        self.store = Store.of(settings)

    def handle_output(self, context: dg.OutputContext, obj: Frame | HandedOver) -> None:
        """Write the frame with the settings it was made under, and say how many rows it has."""
        handed_over = obj if isinstance(obj, HandedOver) else None
        rows = obj.rows if isinstance(obj, HandedOver) else obj
        self.store.write(context.asset_key.to_user_string(), rows, handed_over=handed_over)
        context.add_output_metadata({"dagster/row_count": len(rows)})

    def load_input(self, context: dg.InputContext) -> Frame | Coverage:
        """Read the frame as the type the step asks for; no rows where it asks for ``Coverage``.

        Raises InputError where it was made for another territory or day than this run's.
        """
        name, wanted = context.asset_key.to_user_string(), context.dagster_type.typing_type
        if wanted is Coverage:
            return self.store.read_coverage(name)
        if wanted is HandedOver:
            return self.store.read_handed_over(name)
        if wanted is pl.DataFrame:
            return self.store.read(name)
        return self.store.read_as_kept(name)


@dg.io_manager(required_resource_keys={"settings"})
def parquet_io_manager(context: dg.InitResourceContext) -> ParquetIOManager:
    """The store of the run's own settings."""
    return ParquetIOManager(context.resources.settings)
