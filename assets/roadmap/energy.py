"""Electricity and gas by commune and sector, from Agence ORE's yearly export."""

import polars as pl

from assets.ground import ON_GROUND
from assets.ingestion import Scope, ingest
from assets.roadmap.contracts.sources import ENERGY_BY_COMMUNE
from observatory.geography.cog import department_of
from observatory.ingest.cleaning import (
    bare_code,
    drop_exact_duplicates,
    number,
    reject_conflicting_duplicates,
    squeeze,
    whole,
)
from observatory.ingest.delimited import Keep
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.ingest.restating import restate_codes
from observatory.metadata.cards import normalise
from observatory.pipeline.drafts import draft_asset
from observatory.storage.frames import Store
from sources import CARDS

ENERGIES = {"electricite": "electricity", "gaz": "gas"}
SECTORS = {
    "residentiel": "residential",
    "tertiaire": "tertiary",
    "industrie": "industry",
    "agriculture": "agriculture",
    "inconnu": "unknown",
}
HIDDEN = "NC"
KEY = ("operator", "energy", "year", "commune_code", "energy_sector")


def _within(store: Store) -> Keep:
    """Rows of the territory's départements: the national file is above 800 MB."""
    departments = store.departments()

    def keep(rows: pl.LazyFrame) -> pl.LazyFrame:
        names = rows.collect_schema().names()
        code = next((n for n in names if normalise(n) == "code_commune"), None)
        if code is None:
            return rows
        return rows.filter(department_of(bare_code(code).str.zfill(5)).is_in(departments))

    return keep


def _coded(column: str, codes: dict[str, str]) -> pl.Expr:
    plain = squeeze(column).str.normalize("NFKD").str.replace_all(r"[^A-Za-z]", "")
    return plain.str.to_lowercase().replace_strict(codes, default=None, return_dtype=pl.String)


def clean_energy(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Rows by operator, energy, year, commune in force and sector; « NC » or blank is hidden."""
    rows = drop_exact_duplicates(rows, log, column="commune_code")
    for column, codes in (("energy", ENERGIES), ("energy_sector", SECTORS)):
        rows = log.reject(
            rows, _coded(column, codes).is_null(), column=column, issue_type="unknown_code"
        )
    rows = log.reject(rows, whole("year").is_null(), column="year", issue_type="missing_value")
    written = squeeze("consumption").str.to_uppercase()
    is_hidden = written.is_null() | (written == HIDDEN)
    unread = number("consumption").is_null() & ~is_hidden
    rows = log.reject(rows, unread, column="consumption", issue_type="unknown_mark")
    rows = reject_conflicting_duplicates(rows, log, key=KEY, column="commune_code")
    rows = restate_codes(rows, log)
    return rows.select(
        *ORIGIN,
        operator=squeeze("operator"),
        energy=_coded("energy", ENERGIES),
        year=whole("year"),
        commune_code="commune_code",
        energy_sector=_coded("energy_sector", SECTORS),
        consumption_mwh=number("consumption"),
    )


energy = ingest(
    CARDS["ore/energy_by_commune"], clean_energy, Scope(reads=ON_GROUND, within=_within)
)


@draft_asset(ENERGY_BY_COMMUNE)
def roadmap_energy_by_commune(
    clean_ore__energy_by_commune: pl.DataFrame, geography_communes: pl.DataFrame
) -> pl.DataFrame:
    """Communes of the territory; operators are summed, what is hidden is counted."""
    places = geography_communes.filter("is_in_territory").select(
        "commune_code", "commune_label", "epci_code"
    )
    value = pl.col("consumption_mwh")
    return (
        clean_ore__energy_by_commune.join(places, on="commune_code", maintain_order="left")
        .group_by(
            "year",
            "commune_code",
            "commune_label",
            "epci_code",
            "energy",
            "energy_sector",
            maintain_order=True,
        )
        .agg(
            operator_count=pl.col("operator").n_unique().cast(pl.Int64),
            hidden_operator_count=value.is_null().sum().cast(pl.Int64),
            known_consumption_mwh=pl.when(value.is_not_null().any()).then(value.sum()),
            source_sha256=pl.col("source_sha256").first(),
        )
    )
