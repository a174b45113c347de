"""Settings of one run: the environment's, with what may be changed for one run alone."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, TypeAlias

import dagster as dg
from pydantic import Field

from observatory.home import require_world
from observatory.settings import Settings, load_settings
from observatory.storage.frames import Store

RunSettings: TypeAlias = dg.ResourceParam[Settings]


class Input(StrEnum):
    """Where the bytes come from."""

    sample = "sample"
    archive = "archive"
    live = "live"


class SettingsOfRun(dg.ConfigurableResource):
    """What the launchpad asks for: input, territory, day. All else comes from the environment."""

    input: Input = Field(default=Input.sample, description="Where the bytes come from.")
    territory: str = Field(
        description="An EPCI SIREN, départements separated by commas, a région (R93), or FR.",
        default="200054807",
    )
    day: str | None = Field(
        default=None,
        description="Day from which ages of figures are counted (2026-11-26); today where blank.",
    )

    @classmethod
    def of(cls, settings: Settings) -> "SettingsOfRun":
        """The form, filled in with the settings of the environment."""
        day = settings.as_of.isoformat() if settings.is_day_pinned else None
        return cls(input=Input(settings.input), territory=settings.territory, day=day)

    def create_resource(self, context: dg.InitResourceContext) -> Settings:
        """The settings of this run, which its tags name."""
        changed = {"input": self.input.value, "territory": self.territory}
        settings = load_settings(**changed, **({"as_of": self.day} if self.day else {}))
        require_world(settings)
        if context.run is not None and context.instance is not None:
            context.instance.add_run_tags(context.run.run_id, run_tags(settings))
        return settings


def settings_of(run_config: Mapping[str, Any]) -> Settings:
    """The settings of a run by what its launch has changed."""
    given = run_config.get("resources", {}).get("settings", {}).get("config", {})
    named = {"as_of" if name == "day" else name: value for name, value in given.items() if value}
    return load_settings(**named)


@dg.resource(required_resource_keys={"settings"})
def store_of_run(context: dg.InitResourceContext) -> Store:
    """Where the steps of a run find each other's frames."""
    return Store.of(context.resources.settings)


def run_tags(settings: Settings) -> dict[str, str]:
    """What the runs page shows of a run: its input, its territory and its day."""
    return {
        "observatory/input": settings.input,
        "observatory/territory": settings.territory.replace(",", "-"),
        "observatory/day": settings.as_of.isoformat(),
    }
