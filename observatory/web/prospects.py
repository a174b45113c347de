"""Gathers what an occupation pays, how old it is, what is projected and what the law lists."""

import functools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import polars as pl

from observatory.geography.cog import DEPARTMENTS, REGIONS
from observatory.labour.crosswalks import plain_title
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
MERGED_FROM = 2000
MERGED = (
    " (dernière tranche : deux du producteur réunies, que ses salaires médians contredisent comme "
    "si leurs libellés étaient intervertis)"
)


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One published fact: what it says, for when, of which occupation, by whom."""

    title: str
    said: str
    period: str
    occupation: str
    source: str


@dataclass(frozen=True, kw_only=True)
class Named:
    """An occupation of one nomenclature; of FAP 2009, its family (FAP87) too."""

    nomenclature: str
    code: str
    label: str | None
    family: str | None = None

    @property
    def name(self) -> str:
        """How the occupation is named beside a fact."""
        return f"{self.label or 'Métier'} ({self.code}, {self.nomenclature_fr})"

    @property
    def nomenclature_fr(self) -> str:
        """The nomenclature in words."""
        return self.nomenclature.upper().replace("_", " ")


@dataclass(frozen=True, kw_only=True, eq=False)
class Prospects:
    """The tables that were released, the territory's régions, FAP 2009 occupations by title."""

    tables: dict[str, pl.DataFrame]
    regions: list[str]
    old: dict[str, list[Named]]

    @functools.cached_property
    def shortage_lists(self) -> list[dict[str, Any]]:
        """Rows of the lists of the law; none where none was released."""
        return self.tables["labour_shortage_list"].to_dicts()

    def rows(self, table: str, **wanted: str | None) -> list[dict[str, Any]]:
        """Rows of a table by the values of columns; none where it was not released."""
        parts = self._parts(table, tuple(wanted))
        return list(parts.get(tuple(wanted.values()), ()))

    @functools.cache  # noqa: B019
    def _parts(
        self, table: str, columns: tuple[str, ...]
    ) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
        parts: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
        for row in self.tables[table].iter_rows(named=True):
            parts.setdefault(tuple(row[column] for column in columns), []).append(row)
        return parts


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


def _list_old(published: Published) -> dict[str, list[Named]]:
    """List FAP 2009 occupations by title, written without case, accents and punctuation."""
    tree, named = published.table("labour_occupations"), dict[str, list[Named]]()
    if tree.is_empty():
        return named
    rows = tree.filter(pl.col("fap_nomenclature") == OLD[0], pl.col("fap_level") == OLD[1])
    told = rows.select(
        "fap_code", "fap_label", "parent_fap_code", _title=plain_title(pl.col("fap_label"))
    )
    for code, label, family, title in told.iter_rows():
        named.setdefault(title, []).append(
            Named(nomenclature=OLD[0], code=code, label=label, family=family)
        )
    return named


def find_old(known: Prospects, own: Named) -> Named | None:
    """Find the FAP 2009 occupation: itself, or the only one of the same title; else none."""
    if own.nomenclature == OLD[0]:
        every = (old for same in known.old.values() for old in same)
        return next((old for old in every if old.code == own.code), None)
    same = known.old.get(pl.select(plain_title(pl.lit(own.label or ""))).item(), [])
    return same[0] if len(same) == 1 else None


def list_facts(known: Prospects, nomenclature: str, code: str, label: str | None) -> list[Fact]:
    """List the facts of an occupation, each with its period, nomenclature and source.

    A source in FAP 2009 is shown for an occupation of FAP 2021 where both have one title, under
    the name of the former; nothing is carried over by a bridge.
    """
    own = Named(nomenclature=nomenclature, code=code, label=label)
    old = find_old(known, own)
    facts = [*_pay(known, old), *_age(known, old)] if old else []
    for region in known.regions:
        facts += _pay_here(known, own, old, region)
        facts += _projected(known, old, region) if old else []
        facts += _listed(known, own, old, region)
    return facts


def _years(row: dict[str, Any]) -> str:
    return f"{row['period_first_year']}-{row['period_last_year']}"


def _pay(known: Prospects, old: Named) -> Iterator[Fact]:
    """Yield the last median, and the spread where all bands are known."""
    medians = known.rows("labour_median_pay", fap_level=OLD[1], fap_code=old.code)
    told = (row for row in medians if row["median_pay_eur"] is not None)
    for row in sorted(told, key=lambda r: int(r["period_last_year"]))[-1:]:
        said = f"{show_number(row['median_pay_eur'])} € {FULL_TIME}"
        yield Fact(
            title="Salaire médian",
            said=said,
            period=_years(row),
            occupation=old.name,
            source=PORTRAITS,
        )
    bands = known.rows("labour_pay_bands", fap_level=OLD[1], fap_code=old.code)
    bands.sort(key=lambda r: float(r["pay_from_eur"]))
    if bands and all(row["pay_band_share_pct"] is not None for row in bands):
        each = [f"{r['pay_band']} : {show_number(r['pay_band_share_pct'])} %" for r in bands]
        is_merged = bands[-1]["pay_from_eur"] == MERGED_FROM
        yield Fact(
            title=f"Répartition des salaires {FULL_TIME}",
            said=" ; ".join(each) + (MERGED if is_merged else ""),
            period=_years(bands[0]),
            occupation=old.name,
            source=PORTRAITS,
        )


def _pay_here(known: Prospects, own: Named, old: Named | None, region: str) -> Iterator[Fact]:
    """Yield the amounts of France Travail in a région, of the last period."""
    for asked in {named.nomenclature: named for named in (own, old) if named}.values():
        every = known.rows(
            "labour_pay_by_territory",
            territory_level="region",
            territory_code=region,
            activity_kind=asked.nomenclature,
            activity_code=asked.code,
        )
        rows = [row for row in every if row["pay_amount"] is not None]
        last = max((str(row["pay_period_code"]) for row in rows), default="")
        amounts = sorted(
            f"{row['pay_amount_code']} : {show_number(row['pay_amount'])} €"
            for row in rows
            if row["pay_period_code"] == last
        )
        if amounts:
            yield Fact(
                title=f"Salaires, {REGIONS[region]} (codes du producteur, sens non confirmé)",
                said=" ; ".join(amounts),
                period=last,
                occupation=asked.name,
                source="France Travail, Marché du travail",
            )


def _age(known: Prospects, old: Named) -> Iterator[Fact]:
    for row in known.rows("labour_older_workers", fap_level=OLD[1], fap_code=old.code):
        if row["aged_50_share_pct"] is None:
            continue
        yield Fact(
            title="Âge des personnes en emploi",
            said=f"50 ans ou plus : {show_number(row['aged_50_share_pct'])} % ; "
            f"55 ans ou plus : {show_number(row['aged_55_share_pct'])} %",
            period=_years(row),
            occupation=old.name,
            source=PORTRAITS,
        )


def _projected(known: Prospects, old: Named, region: str) -> Iterator[Fact]:
    """Yield the projection of the occupation's family (FAP87), as it is published."""
    if old.family is None:
        return
    for row in known.rows(
        "labour_job_projections", region_code=region, projected_fap_code=old.family
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


def _listed(known: Prospects, own: Named, old: Named | None, region: str) -> Iterator[Fact]:
    """Yield whether the last list that was handed over has the occupation in the région."""
    lists = known.shortage_lists
    last = max((row["list_date"] for row in lists), default=None)
    edition = [row for row in lists if row["list_date"] == last]
    here = {("region", region): "inscrit", ("country", "FR"): "inscrit pour toute la France"}
    is_covered = any(row["territory_code"] == region for row in edition)
    otherwise = "non inscrit" if is_covered else "la liste ne dit rien de cette région"
    for asked in (own, old):
        if not edition or not asked or asked.nomenclature != edition[0]["fap_nomenclature"]:
            continue
        found = {
            here[place]
            for row in edition
            if row["fap_code"] in {asked.code, asked.code[:3]}
            and (place := (row["territory_level"], row["territory_code"])) in here
        }
        yield Fact(
            title=f"Liste légale (art. L. 414-13 Ceseda), {REGIONS[region]}",
            said=" ; ".join(sorted(found)) or otherwise,
            period=_in_force(edition[0]),
            occupation=asked.name,
            source=str(edition[0]["list_label"]),
        )
        return


def _in_force(row: dict[str, Any]) -> str:
    """Say of which day a list is, and whether another replaced it."""
    status = french_value("list_status", row["list_status"])
    until = f" par le texte du {show_day(row['replaced_date'])}"
    is_over = row["list_status"] == "superseded"
    return f"liste du {show_day(row['list_date'])}, {status}{until if is_over else ''}"
