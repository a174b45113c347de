"""Keeps what steps hand to each other in the store."""

from pathlib import Path

import dagster as dg
import geopandas as gpd

from observatory.storage.frames import Frame, Store


class ParquetIOManager(dg.ConfigurableIOManager):
    """Keeps each asset as ``<root>/<asset name>.parquet``."""

    root: str

    def handle_output(self, context: dg.OutputContext, obj: Frame) -> None:
        """Write the frame and say how many rows it has."""
        Store(Path(self.root)).write(context.asset_key.to_user_string(), obj)
        context.add_output_metadata({"dagster/row_count": len(obj)})

    def load_input(self, context: dg.InputContext) -> Frame:
        """Read the frame as the type the step asks for."""
        store, name = Store(Path(self.root)), context.asset_key.to_user_string()
        if context.dagster_type.typing_type is gpd.GeoDataFrame:
            return store.read_geometry(name)
        return store.read(name)
