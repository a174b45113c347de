"""Dagster entry point: where assets, checks, jobs and schedules meet."""

from collections.abc import Iterator
from typing import Any

import dagster as dg

# imported here because working_directory is on sys.path only while this module loads
import assets
import assets.watch
import checks
from assets.released import RELEASES
from observatory.home import prepare_home
from observatory.pipeline.code import code_version
from observatory.pipeline.history import EMBEDDED
from observatory.pipeline.run_settings import SettingsOfRun, settings_of, store_of_run
from observatory.pipeline.steps import GROUND_JOB, PARTS_JOB, STEPS
from observatory.settings import Settings, load_settings
from observatory.storage.frames import Store
from observatory.storage.leftovers import stay_at_work


def _job(name: str, *ends: str) -> Any:
    """From files to what is released of one theme, or of all, to what joins them and the site."""
    own = dg.AssetSelection.assets(*ends).upstream()
    joined = dg.AssetSelection.assets("crossing_release", "map_tiles", "site").upstream()
    selection = own | (joined - dg.AssetSelection.assets(*RELEASES).upstream())
    return dg.define_asset_job(
        name,
        selection=selection.required_multi_asset_neighbors() - IN_PARTS,
        tags={"theme": name},
        description=f"From producers' files to the release: {name}; what is made département by "
        f"département is taken as {PARTS_JOB} made it.",
    )


ASSETS = dg.load_assets_from_package_module(assets, include_specs=True)
CHECKS = dg.load_asset_checks_from_package_module(checks)
PARTED = sorted(key for step in STEPS.values() if step.is_parted for key in step.keys)
IN_PARTS = dg.AssetSelection.assets(*PARTED)
JOBS = [
    _job("labour", "labour_release"),
    _job("land", "land_cnig_deliveries"),
    _job("everything", "labour_release", "land_cnig_deliveries"),
    dg.define_asset_job(
        GROUND_JOB,
        selection=IN_PARTS.upstream().required_multi_asset_neighbors() - IN_PARTS,
        tags={"theme": "land"},
        description="What all départements rest on: communes, sites, and the files of each source.",
    ),
    dg.define_asset_job(
        PARTS_JOB,
        selection=IN_PARTS,
        tags={"theme": "land"},
        description="Parcels, establishments, units, constraints and occupation of one "
        "département.",
    ),
    dg.define_asset_job(
        "publications",
        selection=dg.AssetSelection.groups("publication"),
        description="The site, the exports and the atlas of the current release, made again.",
    ),
    *assets.watch.FETCH_JOBS.values(),
]
BY_NAME = {job.name: job for job in JOBS}
# the run that a département, and then the release, goes on from
GROUND_TAG = "observatory/ground"


@dg.run_status_sensor(
    run_status=dg.DagsterRunStatus.SUCCESS,
    monitored_jobs=[BY_NAME[GROUND_JOB], BY_NAME[PARTS_JOB]],
    request_jobs=[BY_NAME[PARTS_JOB], BY_NAME["land"]],
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Goes on with land: once its ground is made, département by département; once "
    "the last of them is made, to the release.",
)
def land_goes_on(context: dg.RunStatusSensorContext) -> Iterator[dg.RunRequest | dg.SkipReason]:
    """Ask for what follows on a run of the UI; the command line goes on by itself."""
    run, instance = context.dagster_run, context.instance
    if EMBEDDED.items() <= run.tags.items():
        yield dg.SkipReason("The command line goes on by itself.")
        return
    settings = settings_of(run.run_config)
    if run.job_name == GROUND_JOB:
        for part in Store.of(settings).departments():
            yield dg.RunRequest(
                run_key=f"{run.run_id} {part}",
                job_name=PARTS_JOB,
                partition_key=part,
                run_config=run.run_config,
                tags={GROUND_TAG: run.run_id},
            )
        return
    ground = run.tags.get(GROUND_TAG, run.run_id)
    of_ground = instance.get_runs(dg.RunsFilter(job_name=PARTS_JOB, tags={GROUND_TAG: ground}))
    newest: dict[str, dg.DagsterRun] = {}
    for each in of_ground:  # the newest first
        newest.setdefault(each.tags.get("dagster/partition", ""), each)
    if not all(each.is_success for each in newest.values()):
        yield dg.SkipReason("Other départements are being made, or one was not.")
        return
    yield dg.RunRequest(run_key=f"land {ground}", job_name="land", run_config=run.run_config)


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
        job=BY_NAME[GROUND_JOB],
        cron_schedule="0 5 25 * *",
        execution_timezone="Europe/Paris",
        description="Sirene comes out on the 1st and its geolocation about the 21st of a month.",
    ),
    dg.ScheduleDefinition(
        name="publications_daily",
        job=BY_NAME["publications"],
        cron_schedule="0 4 * * *",
        execution_timezone="Europe/Paris",
        description="Exports and atlas, where a release was made since; nothing where none was.",
    ),
    *assets.watch.FETCH_SCHEDULES,
]


def definitions(settings: Settings) -> dg.Definitions:
    """The whole graph, on the home and the input that ``settings`` name."""
    version = code_version()
    return dg.Definitions(
        assets=dg.map_asset_specs(
            lambda spec: spec.replace_attributes(code_version=version),
            ASSETS,  # type: ignore[arg-type]  # definitions are mapped as specs are
        ),
        asset_checks=CHECKS,
        jobs=JOBS,
        schedules=SCHEDULES,
        sensors=[*assets.watch.SENSORS, land_goes_on],
        resources={"settings": SettingsOfRun.of(settings), "store": store_of_run},
        # to begin a process for each step takes five times as long as the steps of a run
        executor=dg.in_process_executor,
    )


@dg.definitions
def defs() -> dg.Definitions:
    """What ``dagster dev`` loads: the graph on the environment's settings."""
    settings = load_settings()
    prepare_home(settings)
    stay_at_work(settings.home)
    return definitions(settings)
