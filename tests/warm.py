"""Where commands begin: a process that has imported what they need of others, and is forked.

Half of what a small run takes is spent on imports, the same ones for each of a hundred commands.
A fork server of Python's own pays for them once for all tests of a worker. Polars, and all of
this project that rests on it, is left to each command: no fork survives its threads.
"""

import multiprocessing
import os
import sys
from pathlib import Path

# none that imports Polars
SLOW = (
    "click",
    "dagster",
    "dagster._core.storage.sqlite_storage",
    "geopandas",
    "great_expectations.expectations",
    "jinja2",
    "pandas",
    "psycopg",
    "pyarrow.parquet",
    "pydantic_settings",
    "pyogrio",
    "requests",
    "rich",
    "scipy.optimize",
    "scipy.sparse",
    "shapely",
    "sqlalchemy",
    "tenacity",
    "xlsxwriter",
)
FORKED = multiprocessing.get_context("forkserver")
FORKED.set_forkserver_preload([*SLOW])


def typed(arguments: list[str], environment: dict[str, str], folder: Path, said: Path) -> None:
    """Do in this process what the command does in its own; ``said`` takes what it prints."""
    if "polars" in sys.modules:
        msg = "A process with threads of Polars is not to be forked."
        raise RuntimeError(msg)
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    for name, descriptor in (("out", 1), ("err", 2)):
        file = os.open(said / name, os.O_WRONLY | os.O_CREAT)
        os.dup2(file, descriptor)
        os.close(file)
    sys.argv = ["observatory", *arguments]
    from observatory.pipeline import workers

    # processes beside it would import all anew: steps are made in threads, as in those of the UI
    workers.begin_workers = lambda *_: None
    workers.look_less_for_garbage()
    from observatory.cli.stopping import main

    main()
