"""Publishes prepared drafts, and breaks at a step it is told: run by ``tests.faults.release``.

Reads one JSON order per line on standard input; forks for each, so that imports are paid once.
Nothing here runs a thread before it forks.
"""

import json
import os
import signal
import sys
import threading
import time
from pathlib import Path

import geopandas as gpd
import polars as pl
import shapely

from observatory.database import plain, postgres  # noqa: F401
from observatory.errors import ObservatoryError
from observatory.metadata.tables import Column, Table
from observatory.metadata.texts import Text
from observatory.metadata.units import RANK
from observatory.pipeline.audits import RuleResult, store_audit
from observatory.pipeline.drafts import as_contract
from observatory.release.history import prune
from observatory.release.journal import Journal
from observatory.release.publishing import publish
from observatory.settings import load_settings
from observatory.storage.frames import Store

ROWS = 400
KILLED, REFUSED, DONE = -9, 3, 0


def table(name: str, *, spatial: bool = False) -> Table:
    def column(name: str, kind: str, **more: object) -> Column:
        texts = {"label": name, "fr": name, "en": name}
        return Column(name=name, kind=kind, sensitive=False, **texts, **more)  # type: ignore[arg-type]

    shape = (column("geometry", "geometry"),) if spatial else ()
    return Table(
        name=name,
        title_fr=name,
        title_en=name,
        grain=Text(fr="Une ligne par EPCI", en="One row per EPCI"),
        key=("row_code",),
        columns=(
            column("row_code", "code"),
            column("version", "integer", unit=RANK),
            column("is_fictitious", "boolean"),
            *shape,
        ),
        sources=(),
        licence="Licence Ouverte 2.0",
        reference_period=Text(fr="Année civile", en="Calendar year"),
        publish_level="public",
        secrecy="no_figures_on_firms",
        geometry_type="Polygon" if spatial else None,
        crs="EPSG:2154" if spatial else None,
    )


TABLES = [table("labour_a"), table("labour_b"), table("labour_shapes", spatial=True)]


def prepare(version: int) -> None:
    """Drafts that all say ``version``, each with a stored, passing audit."""
    settings = load_settings()
    store = Store.of(settings)
    rows = pl.DataFrame({"row_code": [f"{i:05d}" for i in range(ROWS)]}).with_columns(
        version=pl.lit(version)
    )
    for each in TABLES:
        frame = rows
        if each.is_spatial:
            shapes = shapely.box(range(ROWS), 0.0, range(1, ROWS + 1), 1.0)
            frame = gpd.GeoDataFrame(rows.to_pandas(), geometry=shapes, crs=each.crs)
        store.write(each.name, as_contract(each, frame, is_fictitious=True))
        store.remember_inputs(each.name, store.made_from(each, settings))
        passed = RuleResult(
            rule="key_is_unique",
            because="",
            is_blocking=True,
            is_passed=True,
            unexpected_count=0,
            examples=[],
        )
        store_audit(settings, each.name, store.sha256(each.name), [passed])


def break_at(order: dict) -> None:
    """Arrange for the fault of ``order`` to come when its step begins, or after a delay."""
    written = Journal.step
    steps = Path(order["steps"])

    def step(journal: Journal, name: str) -> None:
        written(journal, name)
        with steps.open("a") as file:
            file.write(name + "\n")
        if order.get("delay") is not None and name == order.get("step"):
            threading.Thread(target=_later, args=(order,), daemon=True).start()
        elif name == order.get("step"):
            _break(order)

    Journal.step = step  # type: ignore[method-assign]


def _later(order: dict) -> None:
    time.sleep(order["delay"])
    _break(order)


def _break(order: dict) -> None:
    if order["fault"] == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif order["fault"] == "disk":
        with Path(order["filler"]).open("ab", buffering=0) as filler:
            size = 2**20
            while size:
                try:
                    filler.write(b"\0" * size)
                except OSError:
                    size //= 2
    elif order["fault"] == "connection":
        import psycopg

        with psycopg.connect(order["url"], autocommit=True) as connection:
            connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'postgres'"
                " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
            )


def obey(order: dict) -> int:
    os.environ.update(order["environment"])
    sys.stderr = Path(order["log"]).open("a")  # noqa: SIM115
    settings = load_settings()
    try:
        if order.get("prune"):
            prune(settings, order["prune"])
            return DONE
        prepare(order["version"])
        if "fault" in order or "steps" in order:
            break_at(order)
        publish(settings, "labour", TABLES, {}, lambda _: [], {t.name: t for t in TABLES})
    except ObservatoryError as error:
        sys.stderr.write(f"{error}\n")
        return REFUSED
    return DONE


if __name__ == "__main__":
    for line in sys.stdin:
        child = os.fork()
        if child == 0:
            status = 1
            try:
                status = obey(json.loads(line))
            except BaseException:
                import traceback

                traceback.print_exc()
            finally:
                sys.stderr.flush()
                os._exit(status)
        _, status = os.waitpid(child, 0)
        code = os.waitstatus_to_exitcode(status)
        sys.stdout.write(f"{code}\n")
        sys.stdout.flush()
