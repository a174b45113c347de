"""What may be changed for one run: a form in the launchpad, tags, and no frame of another run."""

from pathlib import Path
from typing import Any

import dagster as dg
import pytest

from observatory.definitions import definitions
from observatory.errors import InputError
from observatory.home import prepare_home, require_world
from observatory.settings import load_settings
from tests.homes import command_in


@pytest.fixture
def settings(sample_home: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("OBSERVATORY_HOME", str(sample_home))
    found = load_settings()
    prepare_home(found)
    return found


def run_of(settings: Any, asset: str, **form: str) -> tuple[Any, dict[str, str]]:
    """One asset run alone as from the launchpad, and the tags of its run."""
    job = definitions(settings).resolve_job_def("labour")
    config = {"resources": {"settings": {"config": form}}} if form else {}
    with dg.DagsterInstance.get() as instance:
        done = job.execute_in_process(
            instance=instance,
            asset_selection=[dg.AssetKey(asset)],
            run_config=config,
            raise_on_error=False,
        )
        run = instance.get_run_by_id(done.run_id)
    assert run is not None
    return done, run.tags


def test_a_run_is_tagged_with_its_settings(settings: Any) -> None:
    done, tags = run_of(settings, "geography_bassins")
    assert done.success
    assert tags["observatory/territory"] == "200054807"
    assert tags["observatory/input"] == "sample"
    assert tags["observatory/day"] == settings.as_of.isoformat()


def test_a_run_that_releases_is_tagged_with_its_release(settings: Any) -> None:
    with dg.DagsterInstance.get() as instance:
        tags = [run.tags for run in instance.get_runs()]
    named = ("observatory/labour_release", "observatory/crossing_release")
    released = {told[name] for told in tags for name in named if name in told}
    every = {path.name for path in settings.releases.glob("2*")}
    assert released == every
    assert settings.current.resolve().name in released


def test_a_frame_of_another_territory_is_refused_and_both_are_named(settings: Any) -> None:
    done, tags = run_of(settings, "geography_bassins", territory="84")
    assert not done.success
    assert tags["observatory/territory"] == "84"
    (failed,) = [e for e in done.all_events if e.event_type_value == "STEP_FAILURE"]
    error = failed.event_specific_data.error
    while error.cause is not None:
        error = error.cause
    assert error.cls_name == "InputError"
    assert "geography_communes was made for territory 200054807" in error.message
    assert "this run is for territory 84" in error.message


def test_a_day_that_was_asked_for_does_not_meet_todays_frames(settings: Any) -> None:
    done, _ = run_of(settings, "geography_bassins", day="2025-01-31")
    assert not done.success


def test_the_form_of_the_launchpad_has_input_territory_and_day(settings: Any) -> None:
    (resource,) = [
        field
        for name, field in definitions(settings)
        .resolve_job_def("labour")
        .run_config_schema.config_type.fields["resources"]
        .config_type.fields.items()
        if name == "settings"
    ]
    form = resource.config_type.fields["config"].config_type.fields
    assert set(form) == {"input", "territory", "day"}
    assert form["territory"].default_value == "200054807"


def test_a_home_belongs_to_one_world(home: Path) -> None:
    settings = load_settings()
    require_world(settings)
    require_world(settings)
    with pytest.raises(InputError, match=r"embedded scenario .* OBSERVATORY_HOME="):
        require_world(settings, "real")


def test_a_real_file_is_not_handed_over_to_a_home_of_the_scenario(
    sample_home: Path, tmp_path: Path
) -> None:
    file = tmp_path / "naf.csv"
    file.write_text("ROME code;ROME label;NAF code;NAF label;hirings\n")
    from sources.sample.nomenclatures import write_rome_naf

    (tmp_path / "rome").mkdir()
    written = write_rome_naf(tmp_path / "rome")
    real = written.rename(tmp_path / "rome_naf_2024.csv")
    done = command_in(sample_home)("archive", "add", "labonneboite/rome_naf", str(real))
    assert done.returncode == 2
    assert "holds the embedded scenario" in done.stderr
