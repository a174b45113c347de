"""Dagster entry point: where assets, checks, jobs and schedules meet."""

from typing import Any

import dagster as dg

# imported here because working_directory is on sys.path only while this module loads
import assets
import assets.watch
import checks
from observatory.disclosure.withholding import REGISTER
from observatory.home import prepare_home
from observatory.pipeline.code import code_version
from observatory.pipeline.execution import executor
from observatory.pipeline.run_settings import SettingsOfRun, store_of_run
from observatory.settings import Settings, load_settings
from observatory.storage.leftovers import stay_at_work


def _job(name: str, *releases: str) -> Any:
    everything = dg.AssetSelection.assets(*releases).upstream().required_multi_asset_neighbors()
    return dg.define_asset_job(
        name,
        selection=everything,
        tags={"theme": name},
        description=f"From producers' files to the release: {name}.",
    )


def _made_of_withheld() -> dg.AssetSelection:
    """All that follows from who is withheld, up to the site and the deliveries."""
    shown = dg.AssetSelection.assets("land_cnig_deliveries", "site").upstream()
    return dg.AssetSelection.assets(REGISTER).downstream() & shown


JOBS = [
    _job("labour", "labour_release"),
    _job("land", "land_cnig_deliveries"),
    _job("everything", "labour_release", "land_cnig_deliveries", "site"),
    dg.define_asset_job(
        assets.watch.FORGET,
        selection=_made_of_withheld(),
        tags={"theme": "land"},
        description="What today's list of who is withheld changes, made again and released; the "
        "releases that still held somebody go in the same step.",
    ),
    dg.define_asset_job(
        "publications",
        selection=dg.AssetSelection.groups("publication"),
        description="The site, the exports and the atlas of the current release, made again.",
    ),
    *assets.watch.FETCH_JOBS.values(),
]
SCHEDULES = [
    dg.ScheduleDefinition(
        name="labour_yearly",
        job=JOBS[0],
        cron_schedule="0 6 2 5 *",
        execution_timezone="Europe/Paris",
        description="The BMO survey and the tension index come out between February and April.",
    ),
    dg.ScheduleDefinition(
        name="labour_quarterly",
        job=JOBS[0],
        cron_schedule="0 6 2 2,8,11 *",
        execution_timezone="Europe/Paris",
        description="Job seekers by commune come out at the end of the month after each quarter.",
    ),
    dg.ScheduleDefinition(
        name="land_monthly",
        job=JOBS[1],
        cron_schedule="0 5 25 * *",
        execution_timezone="Europe/Paris",
        description="Sirene comes out on the 1st and its geolocation about the 21st of a month.",
    ),
    *assets.watch.FETCH_SCHEDULES,
]


def definitions(settings: Settings) -> dg.Definitions:
    """The whole graph, on the home and the input that ``settings`` name."""
    every = dg.load_assets_from_package_module(assets, include_specs=True)
    version = code_version()
    return dg.Definitions(
        assets=dg.map_asset_specs(
            lambda spec: spec.replace_attributes(code_version=version),
            every,  # type: ignore[arg-type]  # definitions are mapped as specs are
        ),
        asset_checks=dg.load_asset_checks_from_package_module(checks),
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=assets.watch.SENSORS,
        resources={"settings": SettingsOfRun.of(settings), "store": store_of_run},
        executor=executor(settings),
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What ``dagster dev`` loads: the graph on the environment's settings."""
    settings = load_settings()
    prepare_home(settings)
    stay_at_work(settings.home)
    return definitions(settings)
