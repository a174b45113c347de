"""Lists what pages show of the jobs and occupations of sites and communes."""

from collections.abc import Callable

import polars as pl

from observatory.crossing.sectors import ALL
from observatory.metadata.french import alphabetical, written
from observatory.release.published import Published
from observatory.web.crossing_heads import (
    FIRST,
    Page,
    left_out,
    ranged,
    sectors,
    show_class,
    show_hidden,
    show_outside,
)
from observatory.web.crossing_land import BALANCE, describe_demand
from observatory.web.figures import Figure
from observatory.web.listings import (
    Head,
    Listing,
    amount,
    coded,
    make_listing,
    show_between,
    show_share,
    show_year,
    word,
)

EMPLOYMENT = "crossing_employment_by_site"
BY_COMMUNE, BY_SITE = "crossing_occupations_by_commune", "crossing_occupations_by_site"
PLACES = "crossing_places_by_occupation"
JOBS = ("job_count_low", "job_count_high")
ESTIMATED = ("estimated_job_count_low", "estimated_job_count_high")
LEFT_OUT = ("left_out_job_count_low", "left_out_job_count_high")
SHARES = ("tension_share_low_pct", "tension_share_high_pct")
MARK = "is_sector_employee_count_suppressed"
FIGURES = (
    amount("Établissements", "establishment_count"),
    ranged("Emplois", *JOBS),
    amount("Dont effectif inconnu", "sector_unknown_size_count"),
    amount("Salariés de la commune (Urssaf)", "sector_employee_count", MARK, show=show_hidden),
    amount(
        "Hors des sites", "outside_job_count_low", "outside_job_count_high", MARK, show=show_outside
    ),
)
OCCUPATION = (
    word("Métier (FAP 2009)", "fap_label"),
    word("Code", "fap_code"),
    amount("Emplois estimés", *ESTIMATED, show=show_between),
    amount("Classe de tension", "tension_class", "tension_class_year", show=show_class),
)
SHARE = amount(
    "Part en tension (%)",
    SHARES[0],
    *SHARES,
    show=lambda _, low, high: show_share(None, low, high),
)
LEAST = "d'au moins 500 emplois"


def gather_pages(published: Published) -> list[Page]:
    """Gather the pages whose tables have rows in the release."""
    makers: list[tuple[str, Callable[[Published], Page]]] = [
        (EMPLOYMENT, describe_employment),
        (BY_COMMUNE, describe_occupations),
        (PLACES, describe_places),
        (BALANCE, describe_demand),
    ]
    return [make(published) for table, make in makers if published.has(table)]


def describe_employment(published: Published) -> Page:
    """Describe establishments and jobs of sites, and what they leave of communes' employees."""
    rows = published.table(EMPLOYMENT)
    sites = rows.filter(sector_code=ALL, place_level="site")
    return Page(
        slug="index",
        title="Emplois des sites",
        figures=_count_employment(rows, sites.height),
        picture=make_listing(
            "emplois-premiers-sites",
            f"Les {FIRST} premiers sites, par leurs emplois (borne basse, borne haute)",
            [word("Site", "place_label"), FIGURES[1], FIGURES[0]],
            sites.drop_nulls(JOBS[0]).sort(JOBS[0], "place_code", descending=True).head(FIRST),
        ),
        listings=_list_employment(rows),
        tables=(EMPLOYMENT,),
    )


def _count_employment(rows: pl.DataFrame, site_count: int) -> list[Figure]:
    communes = rows.filter(sector_code=ALL, place_level="commune")
    told = int(communes["outside_job_count_low"].is_not_null().sum())
    low, high = (int(communes[name].sum()) for name in JOBS)
    year = show_year(rows["urssaf_year"].max())  # type: ignore[arg-type]
    placed = int(communes["establishment_count"].sum())
    return [
        Figure(shown=written(site_count), said="sites", beside="avec un établissement actif"),
        Figure(
            shown=written(placed),
            said="établissements privés dans ces sites",
            beside="ni public, ni agricole, ni intérim",
        ),
        Figure(
            shown=f"{written(low)} à {written(high)}",
            said="emplois de ces sites",
            beside="par tranches d'effectif, jamais une valeur exacte",
        ),
        Figure(
            shown=f"{written(told)} sur {written(communes.height)}",
            said="communes dont on dit le reste, hors des sites",
            beside=f"salariés de {year}",
        ),
        Figure(
            shown=written(int(rows.filter(pl.col("sector_code") != ALL)[MARK].sum())),
            said="lignes masquées, par commune et secteur",
            beside="secret statistique",
        ),
    ]


def _list_employment(rows: pl.DataFrame) -> list[Listing]:
    order = alphabetical("place_label")
    level, place = coded("Niveau", "place_level", is_filter=True), word("Lieu", "place_label")
    return [
        make_listing(
            "emplois-sites",
            "Emplois par site, pôle de sites et commune",
            [level, place, word("Code", "place_code"), *FIGURES],
            rows.filter(sector_code=ALL).sort("place_level", order, "place_code"),
        ),
        make_listing(
            "emplois-secteurs",
            "Emplois des sites de chaque commune, par secteur",
            [place, sectors(is_filter=True), *FIGURES],
            rows.filter(pl.col("sector_code") != ALL, place_level="commune").sort(
                order, "sector_code"
            ),
        ),
    ]


def describe_occupations(published: Published) -> Page:
    """Describe the occupations that are estimated of communes and of sites."""
    communes, sites = published.table(BY_COMMUNE), published.table(BY_SITE)
    whole = communes.filter(fap_level="all")
    return Page(
        slug="metiers",
        title="Métiers des sites",
        figures=_count_occupations(communes, sites),
        picture=make_listing(
            "metiers-part-en-tension",
            f"Les {FIRST} communes où la part d'emplois en tension est la plus haute (%)",
            [word("Commune", "commune_label"), SHARE],
            whole.drop_nulls(SHARES[0]).sort(SHARES[0], descending=True).head(FIRST),
        ),
        listings=_list_occupations(communes, sites),
        tables=(BY_COMMUNE, BY_SITE),
    )


def _count_occupations(communes: pl.DataFrame, sites: pl.DataFrame) -> list[Figure]:
    out = communes["unreconciled_sector_codes"].drop_nulls().str.split("|").explode().unique()
    first, last = communes.select("period_first_year", "period_last_year").row(0)
    occupations = communes.filter(~pl.col("fap_level").is_in(["all", "none"]))
    site_count = sites["site_id"].n_unique() if sites.height else 0
    return [
        Figure(
            shown=written(communes["commune_code"].n_unique()),
            said="communes estimées",
            beside=f"de sites {LEAST}",
        ),
        Figure(shown=written(site_count), said="sites estimés", beside=LEAST),
        Figure(
            shown=written(occupations["fap_code"].n_unique()),
            said="métiers",
            beside="FAP 2009 à 3 caractères",
        ),
        Figure(
            shown=written(out.len()),
            said="secteurs laissés de côté",
            beside=", ".join(out.sort()) or "aucun",
        ),
        Figure(
            shown=f"{first}-{last}",
            said="années des poids",
            beside="moyenne nationale, tous en emploi (Dares)",
        ),
    ]


def _list_occupations(communes: pl.DataFrame, sites: pl.DataFrame) -> list[Listing]:
    jobs = amount("Emplois", *ESTIMATED, show=show_between)
    out = [
        left_out("Secteurs non réconciliés", "unreconciled_sector_codes"),
        left_out("Secteurs de peu d'établissements", "few_firms_sector_codes"),
        amount("Emplois laissés de côté", *LEFT_OUT, show=show_between),
    ]
    lists = [
        make_listing(
            "metiers-couverture",
            "Ce que couvre l'estimation de chaque commune",
            [word("Commune", "commune_label"), jobs, SHARE, *out],
            communes.filter(fap_level="all").sort(alphabetical("commune_label")),
        )
    ]
    for rows, code, label, title, said in (
        (communes, "commune_code", "commune_label", "Commune", "dans les sites de la commune"),
        (sites, "site_id", "site_name", "Site", "dans le site"),
    ):
        if rows.height:
            own = rows.filter(pl.col("fap_level") != "all")
            named = own.sort(
                alphabetical(label), code, ESTIMATED[1], descending=[False, False, True]
            )
            heads: list[Head] = [word(title, label, is_filter=True), *OCCUPATION]
            name = "metiers-" + title.lower()
            lists.append(make_listing(name, f"Emplois estimés par métier {said}", heads, named))
    return lists


def describe_places(published: Published) -> Page:
    """Describe where each occupation in tension works."""
    rows = published.table(PLACES)
    firsts = (
        rows.filter(place_level="commune", place_rank=1)
        .sort(ESTIMATED[0], "fap_code", "place_code", descending=[True, False, False])
        .unique("fap_code", keep="first", maintain_order=True)
    )
    occupation = word("Métier (FAP 2009)", "fap_label", is_filter=True)
    heads = [
        occupation,
        OCCUPATION[3],
        coded("Niveau", "place_level", is_filter=True),
        Head(title="Lieu", columns=("place_label", "place_code"), show=lambda a, b: a or b),
        OCCUPATION[2],
        amount("Rang", "place_rank"),
    ]
    return Page(
        slug="lieux",
        title="Lieux des métiers en tension",
        figures=_count_places(rows, firsts),
        picture=make_listing(
            "lieux-premieres-communes",
            "La première commune de chaque métier en tension, par ses emplois estimés",
            [occupation, ranged("Emplois estimés", *ESTIMATED), word("Commune", "place_label")],
            firsts.head(FIRST),
        ),
        listings=[
            make_listing(
                "lieux-metiers",
                "Lieux de chaque métier en tension",
                heads,
                rows.sort(alphabetical("fap_label"), "fap_code", "place_level", "place_rank"),
            )
        ],
        tables=(PLACES,),
    )


def _count_places(rows: pl.DataFrame, firsts: pl.DataFrame) -> list[Figure]:
    levels = (("commune", "communes"), ("site", "sites"), ("pole", "pôles de sites"))
    return [
        Figure(
            shown=written(rows["fap_code"].n_unique()),
            said="métiers en tension",
            beside=f"classe de {show_year(rows['tension_class_year'].max())}",  # type: ignore[arg-type]
        ),
        *(
            Figure(
                shown=written(rows.filter(place_level=level)["place_code"].n_unique()),
                said=said,
                beside=LEAST,
            )
            for level, said in levels
        ),
        *(
            Figure(
                shown=show_between(row[ESTIMATED[0]], row[ESTIMATED[1]]),
                said=row["fap_label"] or row["fap_code"],
                beside=f"le plus d'emplois en un lieu : {row['place_label']}",
            )
            for row in firsts.head(1).to_dicts()
        ),
    ]
