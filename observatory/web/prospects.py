"""Gathers what an occupation pays, how old it is, what is projected and what the law lists."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from observatory.geography.cog import DEPARTMENTS, REGIONS
from observatory.metadata.cards import normalise
from observatory.metadata.french import french_value
from observatory.release.published import Published
from observatory.web.listings import show_day, show_decimal, show_number

OLD = ("fap_2009", "fap225")
TABLES = (
    "labour_median_pay",
    "labour_pay_bands",
    "labour_pay_by_territory",
    "labour_older_workers",
    "labour_job_projections",
    "labour_shortage_list",
)
PORTRAITS = "Dares, portraits statistiques des métiers"
FULL_TIME = "nets par mois, à temps complet"


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One published fact: what it says, for when, of which occupation, by whom."""

    title: str
    said: str
    period: str
    occupation: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Old:
    """An occupation of FAP 2009 and its family (FAP87)."""

    code: str
    label: str
    family: str | None

    @property
    def name(self) -> str:
        """How the occupation is named beside a fact."""
        return f"{self.label} ({self.code}, FAP 2009)"


@dataclass(frozen=True, kw_only=True)
class Prospects:
    """The tables that were released, the territory's régions, FAP 2009 occupations by title."""

    tables: dict[str, pl.DataFrame]
    regions: list[str]
    old: dict[str, list[Old]]

    def rows(self, table: str, *wanted: pl.Expr) -> list[dict[str, Any]]:
        """Rows of a table; none where it was not released."""
        known = self.tables[table]
        return [] if known.is_empty() else known.filter(*wanted).to_dicts()


def read_prospects(published: Published) -> Prospects | None:
    """Read the tables; None where none of their sources was handed over."""
    tables = {name: published.table(name) for name in TABLES}
    if all(table.is_empty() for table in tables.values()):
        return None
    communes, local = published.table("geography_communes"), set[str]()
    if len(communes):
        local = set(communes.filter("is_in_territory")["department_code"])
    regions = sorted({DEPARTMENTS[code][1] for code in local if code in DEPARTMENTS})
    return Prospects(tables=tables, regions=regions, old=_list_old(published))


def _list_old(published: Published) -> dict[str, list[Old]]:
    """List FAP 2009 occupations by title, written without case, accents and punctuation."""
    tree, named = published.table("labour_occupations"), dict[str, list[Old]]()
    if tree.is_empty():
        return named
    rows = tree.filter(pl.col("fap_nomenclature") == OLD[0], pl.col("fap_level") == OLD[1])
    for code, label, family in rows.select("fap_code", "fap_label", "parent_fap_code").iter_rows():
        named.setdefault(normalise(label), []).append(Old(code=code, label=label, family=family))
    return named


def find_old(known: Prospects, nomenclature: str, code: str, label: str | None) -> Old | None:
    """Find the FAP 2009 occupation: itself, or the only one of the same title; else none."""
    if nomenclature == OLD[0]:
        every = (old for same in known.old.values() for old in same)
        return next((old for old in every if old.code == code), None)
    same = known.old.get(normalise(label or ""), [])
    return same[0] if len(same) == 1 else None


def list_facts(known: Prospects, nomenclature: str, code: str, label: str | None) -> list[Fact]:
    """List the facts of an occupation, each with its period, nomenclature and source.

    A source in FAP 2009 is shown for an occupation of FAP 2021 where both have one title, under
    the name of the former; nothing is carried over by a bridge.
    """
    old = find_old(known, nomenclature, code, label)
    facts = [*_pay_here(known, nomenclature, code, old)]
    if old:
        facts += [*_pay(known, old), *_age(known, old)]
        for region in known.regions:
            facts += [*_projected(known, old, region), *_listed(known, old, region)]
    return facts


def _is(old: Old) -> pl.Expr:
    return (pl.col("fap_level") == OLD[1]) & (pl.col("fap_code") == old.code)


def _years(row: dict[str, Any]) -> str:
    return f"{row['period_first_year']}-{row['period_last_year']}"


def _pay(known: Prospects, old: Old) -> Iterator[Fact]:
    """Yield the last median, and the spread where all bands are known."""
    medians = known.rows("labour_median_pay", _is(old), pl.col("median_pay_eur").is_not_null())
    for row in sorted(medians, key=lambda r: int(r["period_last_year"]))[-1:]:
        said = f"{show_number(row['median_pay_eur'])} € {FULL_TIME}"
        yield Fact(
            title="Salaire médian",
            said=said,
            period=_years(row),
            occupation=old.name,
            source=PORTRAITS,
        )
    bands = sorted(known.rows("labour_pay_bands", _is(old)), key=lambda r: float(r["pay_from_eur"]))
    if bands and all(row["pay_band_share_pct"] is not None for row in bands):
        each = [f"{r['pay_band']} : {show_number(r['pay_band_share_pct'])} %" for r in bands]
        yield Fact(
            title=f"Répartition des salaires {FULL_TIME}",
            said=" ; ".join(each),
            period=_years(bands[0]),
            occupation=old.name,
            source=PORTRAITS,
        )


def _pay_here(known: Prospects, nomenclature: str, code: str, old: Old | None) -> Iterator[Fact]:
    """Yield the amounts of France Travail for each région, of the last period."""
    own = {nomenclature: code} | ({OLD[0]: old.code} if old else {})
    for region in known.regions:
        for kind, activity in own.items():
            rows = known.rows(
                "labour_pay_by_territory",
                pl.col("territory_level") == "region",
                pl.col("territory_code") == region,
                pl.col("activity_kind") == kind,
                pl.col("activity_code") == activity,
                pl.col("pay_amount").is_not_null(),
            )
            last = max((str(r["pay_period_code"]) for r in rows), default="")
            amounts = [
                f"{r['pay_amount_code']} : {show_number(r['pay_amount'])} €"
                for r in rows
                if r["pay_period_code"] == last
            ]
            if amounts:
                yield Fact(
                    title=f"Salaires, {REGIONS[region]} (codes du producteur, sens non confirmé)",
                    said=" ; ".join(sorted(amounts)),
                    period=last,
                    occupation=old.name
                    if old and kind == OLD[0]
                    else f"{activity} ({kind.upper().replace('_', ' ')})",
                    source="France Travail, Marché du travail",
                )


def _age(known: Prospects, old: Old) -> Iterator[Fact]:
    for row in known.rows(
        "labour_older_workers", _is(old), pl.col("aged_50_share_pct").is_not_null()
    ):
        yield Fact(
            title="Âge des personnes en emploi",
            said=f"50 ans ou plus : {show_number(row['aged_50_share_pct'])} % ; "
            f"55 ans ou plus : {show_number(row['aged_55_share_pct'])} %",
            period=_years(row),
            occupation=old.name,
            source=PORTRAITS,
        )


def _projected(known: Prospects, old: Old, region: str) -> Iterator[Fact]:
    """Yield the projection of the occupation's family (FAP87), as it is published."""
    for row in known.rows(
        "labour_job_projections",
        pl.col("region_code") == region,
        pl.col("projected_fap_code") == old.family,
    ):
        yield Fact(
            title=f"Postes à pourvoir, {row['region_label']} (projection de "
            f"{row['projection_year']})",
            said=f"{show_decimal(row['posts_to_fill_thousands'])} milliers : emplois créés "
            f"{show_decimal(row['job_creation_thousands'])}, départs en fin de carrière "
            f"{show_decimal(row['career_end_thousands'])} ; jeunes débutants attendus "
            f"{show_decimal(abs(row['beginner_thousands']))}",
            period=_years(row),
            occupation=f"{row['projected_label']} (famille {row['projected_code']}, FAP 2009)",
            source="Dares et France Stratégie, Métiers 2030",
        )


def _listed(known: Prospects, old: Old, region: str) -> Iterator[Fact]:
    """Yield whether the last list that was handed over has the occupation in the région."""
    lists = known.rows("labour_shortage_list", pl.col("fap_nomenclature") == OLD[0])
    if not lists:
        return
    last = max(row["list_date"] for row in lists)
    edition = [row for row in lists if row["list_date"] == last]
    here = {("region", region): "inscrit", ("country", "FR"): "inscrit pour toute la France"}
    found = [
        here[place]
        for row in edition
        if row["fap_code"] == old.code
        and (place := (row["territory_level"], row["territory_code"])) in here
    ]
    status, replaced = edition[0]["list_status"], edition[0]["replaced_date"]
    until = f" par le texte du {show_day(replaced)}" if status == "superseded" else ""
    yield Fact(
        title=f"Liste légale (art. L. 414-13 Ceseda), {REGIONS[region]}",
        said=" ; ".join(sorted(set(found))) or "non inscrit",
        period=f"liste du {show_day(last)}, {french_value('list_status', status)}{until}",
        occupation=old.name,
        source=str(edition[0]["list_label"]),
    )
