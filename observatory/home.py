"""The home folder: Dagster's own instance, kept apart from any other on the machine."""

import os

from observatory.errors import InputError
from observatory.settings import Settings

DAGSTER_YAML = """\
telemetry:
  enabled: false
run_retries:
  enabled: false
"""


def prepare_home(settings: Settings) -> None:
    """Create the home and point Dagster at the instance inside it, telemetry off."""
    instance = settings.home / "dagster"
    try:
        instance.mkdir(parents=True, exist_ok=True)
        configuration = instance / "dagster.yaml"
        if not configuration.exists():
            configuration.write_text(DAGSTER_YAML, "utf-8")
    except OSError as error:
        msg = f"OBSERVATORY_HOME={settings.home}: cannot be used as a folder ({error.strerror})."
        raise InputError(msg) from None
    os.environ["DAGSTER_HOME"] = str(instance)
    os.environ.setdefault("DAGSTER_DISABLE_TELEMETRY", "1")
