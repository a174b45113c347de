"""Files of the sample that many tests read and none changes."""

import polars as pl
import pytest

from observatory.ingest.reading import read_table
from sources import CARDS
from sources.sample.tension import write_tension_2024


@pytest.fixture(scope="session")
def tension_2024(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """The rows of the workbook of the index of tension, as they are read."""
    path = write_tension_2024(tmp_path_factory.mktemp("tension"))
    return read_table(path, CARDS["dares/tension"], name=path.name, sha256="0" * 64)
