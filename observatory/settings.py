"""Every ``OBSERVATORY_*`` setting, in one place."""

import datetime as dt
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from observatory.errors import InputError

EPCI_SIREN = re.compile(r"^\d{9}$")
DEPARTMENT = re.compile(r"^(\d{2}|2[AB]|97\d)$")
WEB_ADDRESS = re.compile(r"^https?://[\w.:\[\]-]+(/[\w.~/-]*)?$", re.ASCII)
REGION = re.compile(r"^R\d{2}$")
TERRITORY_FORMS = (
    "give the SIREN of an EPCI (nine digits), départements such as 13 or 13,84, a région with its "
    "R such as R93, or FR"
)
PARIS = ZoneInfo("Europe/Paris")
InputMode = Literal["sample", "archive", "live"]
SECRET = {
    "database_url",
    "france_travail_client_id",
    "france_travail_client_secret",
    "notify",
    "data_gouv_key",
}
SECRETS_DIR = "OBSERVATORY_SECRETS_DIR"
SECRETS_FILE = "observatory_france_travail_client_secret"


@dataclass(frozen=True, kw_only=True)
class Thresholds:
    """Fewest units by kind, and the share of one unit from which an amount is hidden."""

    firms: int = 3
    dominance_pct: float = 85
    sales: int = 5
    offers: int = 5
    applicants: int = 3

    def least(self, basis: str) -> int:
        """Fewest units of a kind."""
        return int(getattr(self, basis))

    def where_looser(self, than: "Thresholds") -> str | None:
        """Say from where these hide less than others do; None where they hide as much."""
        for name, ours in vars(self).items():
            theirs = getattr(than, name)
            if ours > theirs if name == "dominance_pct" else ours < theirs:
                return f"{name} {ours:g}, today {theirs:g}"
        return None


# how the settings are called that figures depend on
FIGURES = ("territory", "secrecy_", "coverage_", "land_")


class Settings(BaseSettings):
    """Read from the environment (prefix ``OBSERVATORY_``); an unusable value is an InputError."""

    model_config = SettingsConfigDict(env_prefix="OBSERVATORY_", frozen=True)

    home: Path = Field(default=Path("var"), description="Folder that holds all state.")
    input: InputMode = Field(default="sample", description="Where the bytes come from.")
    territory: str = Field(
        default="200054807",
        description="EPCI SIREN, départements separated by commas, région (R93), or FR.",
    )
    executor: Literal["in_process", "dask"] = Field(
        default="in_process",
        description="How steps run; with dask, départements on the workers of a cluster.",
    )
    dask_scheduler: str | None = Field(
        default=None, description="Scheduler of an existing Dask cluster (tcp://host:8786)."
    )
    store: str | None = Field(
        default=None,
        description="What machines share: a folder that all see, or s3://bucket/prefix.",
    )
    as_of: dt.date = Field(
        default_factory=lambda: dt.datetime.now(PARIS).date(),
        description="Day from which ages of figures are counted.",
    )
    database_url: SecretStr | None = Field(
        default=None,
        description="SQLAlchemy address of a database that receives each release too.",
    )
    reader_role: str = Field(
        default="observatory_reader",
        pattern=r"^[a-z_][a-z0-9_]{0,62}$",
        description="PostgreSQL role that may read released tables, and nothing else.",
    )
    france_travail_client_id: SecretStr | None = Field(
        default=None, description="Identifier of an application registered with France Travail."
    )
    france_travail_client_secret: SecretStr | None = Field(
        default=None, description="Secret of that application."
    )
    offers_calls_per_second: float = Field(
        default=3, gt=0, le=10, description="Pace at which job offers are asked for."
    )
    notify: SecretStr | None = Field(
        default=None,
        description="Addresses that are told of failures (Apprise: mailtos://…, jsons://…).",
    )
    hold_releases: bool = Field(
        default=False,
        description="Whether drafts wait until a release manager accepts them.",
    )
    secrecy_least_firms: int = Field(
        default=3, ge=1, description="Statistics on fewer firms are hidden."
    )
    secrecy_dominance_pct: float = Field(
        default=85, gt=0, le=100, description="An amount of which one firm makes up this is hidden."
    )
    secrecy_least_sales: int = Field(
        default=5, ge=1, description="Statistics on fewer sales are hidden."
    )
    secrecy_least_offers: int = Field(
        default=5, ge=1, description="Statistics on fewer job offers are hidden."
    )
    secrecy_least_applicants: int = Field(
        default=3, ge=1, description="Statistics on permits of fewer applicants are hidden."
    )

    coverage_floor_pct: float = Field(
        default=90,
        gt=50,
        le=100,
        description="Share of people (%) from which other areas stand for a territory.",
    )

    site_base_map: Literal["none", "ign"] = Field(
        default="none",
        description="Base map of the site's map; with ign, readers' browsers ask the IGN for it.",
    )
    site_url: str | None = Field(
        default=None, description="Public address of the site, for its map, robots and citations."
    )
    site_publisher: str | None = Field(
        default=None, description="Who publishes the site: name and postal address."
    )
    site_director: str | None = Field(
        default=None, description="Director of publication: name and function."
    )
    site_host: str | None = Field(
        default=None, description="Who hosts the site: name, address, telephone."
    )
    site_contact: str | None = Field(
        default=None, description="Whom readers write to: an address of mail or of a page."
    )
    site_accessibility: Literal["non", "partielle", "totale"] | None = Field(
        default=None, description="Conformity with the RGAA that an audit found."
    )
    site_accessibility_date: dt.date | None = Field(
        default=None, description="Day of that audit's declaration."
    )
    doi: str | None = Field(
        default=None,
        pattern=r"^10\.\d{4,9}/[^\s\"<>]+$",
        description="DOI of the releases as a whole, without its resolver (10.5281/zenodo.1234).",
    )
    data_gouv_url: str = Field(
        default="https://www.data.gouv.fr/api/1/",
        description="API that `observatory publish data-gouv` speaks to.",
    )
    data_gouv_key: SecretStr | None = Field(
        default=None, description="Key of that API, from one's profile at data.gouv.fr."
    )
    data_gouv_organization: str | None = Field(
        default=None,
        pattern=r"^[0-9a-f]{24}$",
        description="Identifier of the organization in whose name data are put there.",
    )

    land_open_class_cap: int = Field(
        default=15_000, ge=10_000, description="Most employees of the open size class (53)."
    )
    land_densifiable_from_m2: float = Field(
        default=1_500, gt=0, description="Smallest unit that is looked at for densification."
    )
    land_densifiable_below_built_pct: float = Field(
        default=30, gt=0, le=100, description="Built share from which a unit counts as full."
    )
    land_mobilisation_pct: float = Field(
        default=30, ge=0, le=100, description="Brownfield and spare land thought to be mobilised."
    )
    land_pole_distance_m: float = Field(
        default=800, gt=0, description="Sites closer than this form a pole."
    )
    land_large_site_ha: float = Field(
        default=100, gt=0, description="One-firm sites above this are set apart in totals."
    )
    land_stated_target_ha: float | None = Field(
        default=1_450, gt=0, description="Land that local debate asks for, over the years below."
    )
    land_stated_target_years: int = Field(
        default=15, ge=1, description="Years of the target that local debate states."
    )
    land_stated_target_epci: str = Field(
        default="200054807", description="EPCI that the stated target is about."
    )
    land_parcels_floor_pct: float = Field(
        default=95,
        gt=50,
        le=100,
        description="Share of the ground of sites (%) under whose parcels a total is not given.",
    )
    land_communes_floor_pct: float = Field(
        default=95,
        gt=50,
        le=100,
        description="Share of an EPCI's communes (%) under whose files its figure is not given.",
    )
    land_expected_jobs_per_year: int | None = Field(
        default=None, ge=0, description="Jobs that parks should take in a year; unknown by default."
    )

    @field_validator("territory")
    @classmethod
    def _known_form(cls, value: str) -> str:
        whole = value.strip()
        codes = list(dict.fromkeys(code.strip() for code in value.split(",")))
        if whole == "FR" or EPCI_SIREN.match(whole) or REGION.match(whole):
            return whole
        if all(DEPARTMENT.match(code) for code in codes):
            return ",".join(codes)
        raise ValueError(TERRITORY_FORMS)

    @field_validator(*sorted(SECRET))
    @classmethod
    def _blank_is_none(cls, value: SecretStr | None) -> SecretStr | None:
        return value if value and value.get_secret_value().strip() else None

    @field_validator("site_publisher", "site_director", "site_host", "site_contact")
    @classmethod
    def _blank_text_is_none(cls, value: str | None) -> str | None:
        return (value or "").strip() or None

    @field_validator("site_url", "data_gouv_url")
    @classmethod
    def _web_address(cls, value: str | None) -> str | None:
        if value is None or not value.strip():
            return None
        if not WEB_ADDRESS.match(value.strip()):
            msg = "expected an address such as https://observatoire.example/, with no ? or #"
            raise ValueError(msg)
        return value.strip().rstrip("/") + "/"

    @field_validator("home")
    @classmethod
    def _absolute(cls, value: Path) -> Path:
        try:
            home = value.expanduser().resolve()
        except RuntimeError:
            msg = "its user has no home folder on this machine"
            raise ValueError(msg) from None
        if glob := sorted(set("*?[]{}") & set(str(home))):
            msg = f"a path without {' '.join(glob)}, which stand for several paths"
            raise ValueError(msg)
        if str(value) in {"", "."} or (home.exists() and not home.is_dir()):
            msg = "expected a folder of the observatory's own"
            raise ValueError(msg)
        return home

    @property
    def thresholds(self) -> Thresholds:
        """From where statistical secrecy hides."""
        return Thresholds(
            firms=self.secrecy_least_firms,
            dominance_pct=self.secrecy_dominance_pct,
            sales=self.secrecy_least_sales,
            offers=self.secrecy_least_offers,
            applicants=self.secrecy_least_applicants,
        )

    @property
    def site(self) -> dict[str, str]:
        """What the pages say of who publishes them, and where, by name."""
        named = [n for n in type(self).model_fields if n.startswith("site_")]
        return {n: str(getattr(self, n) or "") for n in (*named, "doi")}

    @property
    def land(self) -> dict[str, object]:
        """Settings that figures on land depend on, by name."""
        return {n: getattr(self, n) for n in type(self).model_fields if n.startswith("land_")}

    @property
    def figures(self) -> dict[str, str]:
        """Settings that figures depend on, by name; of the day, its year."""
        named = {n: str(getattr(self, n)) for n in type(self).model_fields if n.startswith(FIGURES)}
        return {**named, **self.made_under, "as_of_year": str(self.as_of.year)}

    @property
    def is_day_pinned(self) -> bool:
        """Whether a day was asked for; else it is today's, and moves on."""
        return "as_of" in self.model_fields_set

    @property
    def made_under(self) -> dict[str, str]:
        """The settings that a frame of one run may not be mixed with a frame of another under."""
        day = self.as_of.isoformat() if self.is_day_pinned else "today"
        return {"territory": self.territory, "day": day}

    @property
    def is_sample(self) -> bool:
        """Whether figures come from the embedded, invented scenario."""
        return self.input == "sample"

    @property
    def world(self) -> Literal["sample", "real"]:
        """Folder name that keeps invented and real figures apart."""
        return "sample" if self.is_sample else "real"

    @property
    def work(self) -> Path:
        """Folder of the frames that steps hand to each other, drafts included."""
        return self.home / "work" / self.world

    @property
    def archive(self) -> Path:
        """Folder of producers' files, kept under their hash."""
        return self.home / "archive"

    @property
    def audits(self) -> Path:
        """Folder of stored check results, by subject and hash."""
        return self.home / "audits" / self.world

    @property
    def releases(self) -> Path:
        """Folder of immutable releases."""
        return self.home / "releases"

    @property
    def current(self) -> Path:
        """The symbolic link that is the current release."""
        return self.home / "current"


def load_settings(**of_this_run: str) -> Settings:
    """Read the settings, or say which variable is wrong and what was expected.

    ``of_this_run`` goes before the environment: what a launch changes for one run.
    """
    known = {f"OBSERVATORY_{name.upper()}" for name in Settings.model_fields} | {SECRETS_DIR}
    unknown = sorted(n for n in os.environ if n.startswith("OBSERVATORY_") and n not in known)
    if unknown:
        msg = f"Unknown setting {unknown[0]}. Known: {', '.join(sorted(known))}."
        raise InputError(msg)
    try:
        return Settings(_secrets_dir=_secrets_dir(), **of_this_run)  # type: ignore[arg-type]
    except ValidationError as error:
        raise InputError("\n".join(map(_mistake, error.errors()))) from None


def _secrets_dir() -> Path | None:
    """Folder of files named after settings, each holding one secret; never in the project."""
    value = os.environ.get(SECRETS_DIR, "").strip()
    if not value:
        return None
    folder = Path(value).resolve()
    if not folder.is_dir():
        msg = f"{SECRETS_DIR}={value}: expected a folder of files such as {SECRETS_FILE}."
        raise InputError(msg)
    if folder.is_relative_to(Path(__file__).resolve().parents[1]):
        msg = f"{SECRETS_DIR}={value}: secrets are kept outside the project's folder."
        raise InputError(msg)
    return folder


def _mistake(error: Any) -> str:
    """Variable, value and what was expected; an address with a password is not repeated."""
    name = "_".join(str(part) for part in error["loc"])
    value = "…" if name in SECRET else repr(error["input"])
    expected = error["msg"].removeprefix("Value error, ")
    return f"OBSERVATORY_{name.upper()}={value}: {expected}"
