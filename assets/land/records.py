"""Land consumption, permits and surveys: typed, coded, and what they could not say."""

import polars as pl

from assets.ground import ON_GROUND
from assets.ingestion import ingest
from assets.land.contracts.figures import CONSUMPTION_BY_COMMUNE
from observatory.errors import InputError
from observatory.geography.cog import commune_of_arrondissement, is_arrondissement
from observatory.geography.territories import keep_whole_epci
from observatory.ingest.cleaning import number, read_days, squeeze, whole
from observatory.ingest.issues import LINE, ORIGIN, IssueLog
from observatory.ingest.restating import (
    repaired_commune,
    restate_codes,
    restate_lists,
    restate_parcels,
)
from observatory.ingest.values import each_as_text
from observatory.land.parcels import PARCEL_PATTERN, build_parcel_id
from observatory.land.sums import sum_steadily
from observatory.metadata.cards import normalise
from observatory.pipeline.drafts import draft_asset
from sources import CARDS

CONSUMPTION = CARDS["cerema/land_consumption"]
PREMISES = CARDS["sdes/sitadel_premises"]
SURVEY = CARDS["survey/occupation"]
DESTINATIONS = {
    "act": "activity",
    "hab": "housing",
    "mix": "mixed",
    "rou": "road",
    "fer": "rail",
    "inc": "unknown",
}
ROUNDING_M2 = -2
PERMITS = {"2": "authorised", "4": "cancelled", "5": "begun", "6": "finished"}
FIRMS_USES = ("3", "4", "6", "8")  # office, retail, industry, warehouse
SEEN = {
    "occupe": "occupied",
    "occupied": "occupied",
    "vacant": "vacant",
    "friche": "vacant",
    "inoccupe": "free",
    "libre": "free",
    "free": "free",
}
ORIGINS = {
    "enquete": "survey",
    "survey": "survey",
    "declaration": "declaration",
    "epci": "epci_inventory",
    "inventaire": "epci_inventory",
}


def clean_consumption(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per commune, year and destination (m²), the yearly total among them.

    Raises InputError where the file has no yearly flow; flows of longer spans are sums of them. A
    remainder of −1 or −2 m² is the producer's rounding; anything more negative is not understood.
    """
    since, until = 2000 + whole("since"), 2000 + whole("until")
    yearly = rows.filter(until == since + 1)
    if yearly.is_empty() and not rows.is_empty():
        msg = (
            "cerema/land_consumption: no column of yearly flows (naf22art23, art22act23…): is it "
            "conso_com.csv?"
        )
        raise InputError(msg)
    yearly = _each_commune_once(yearly, log)
    area = number("area_m2")
    total = pl.when(pl.col("destination").is_null()).then(area)
    lost = pl.format("{} m² de {} à {} ne sont comptés nulle part.", *_said_of_line(total, since))
    yearly = restate_codes(yearly, log, note=lost)
    code = pl.col("commune_code")
    bad = ~code.str.contains(r"^(?:\d{5}|2[AB]\d{3})$").fill_null(value=False)
    yearly = log.reject(yearly, bad, column="commune_code", issue_type="unknown_code")
    rounding = area < ROUNDING_M2
    unread = (area.is_null() & squeeze("area_m2").is_not_null()) | rounding
    log.add(yearly.filter(unread), column="area_m2", issue_type="unknown_mark", kept=True)
    return yearly.select(
        *LINE,
        commune_code=code,
        year=since,
        destination=pl.col("destination")
        .replace_strict(DESTINATIONS, return_dtype=pl.String)
        .fill_null("total"),
        area_m2=area,
    )


def _each_commune_once(flows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Flows without those told twice under one code, which would be summed as a merger's parts are.

    Of lines that agree the first stays; of lines that do not, none.
    """
    written = repaired_commune(pl.col("commune_code"))
    told = squeeze("area_m2").fill_null("").str.join("|")
    lines = flows.group_by(LINE, maintain_order=True).agg(
        pl.col("commune_code").first(), _of=written.first(), _told=told
    )
    # the city stands for its arrondissements where a file tells of both
    city = commune_of_arrondissement(pl.col("_of"))
    is_told = (pl.col("_of") == city).any().over("source_sha256", city)
    part = is_arrondissement(pl.col("_of")) & is_told
    lines = log.reject(lines, part, column="commune_code", issue_type="not_in_scope")
    is_coded = pl.col("_of").is_not_null()
    again = is_coded & ~pl.struct("source_sha256", "_of", "_told").is_first_distinct()
    lines = log.reject(lines, again, column="commune_code", issue_type="exact_duplicate")
    several = is_coded & pl.struct("source_sha256", "_of").is_duplicated()
    lines = log.reject(lines, several, column="commune_code", issue_type="conflicting_duplicate")
    return flows.join(lines, on=LINE, how="semi", nulls_equal=True, maintain_order="left")


def _said_of_line(total: pl.Expr, since: pl.Expr) -> tuple[pl.Expr, ...]:
    """All that a line says was consumed (m²), and the first and last year of it."""
    area = total.sum().over(LINE).round().cast(pl.Int64)
    return area, since.min().over(LINE), since.max().over(LINE)


def clean_premises(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Permits creating premises for firms: kind, year, use, state, surface.

    A line that stands twice, number of the permit included, is one permit.
    """
    rows = _drop_lines_told_twice(rows, log)
    use = squeeze("destination").str.replace(r"\.0$", "")
    rows = log.reject(
        rows,
        ~use.is_in(FIRMS_USES).fill_null(value=False),
        column="destination",
        issue_type="not_in_scope",
    )
    rows = restate_lists(rows.with_columns(_parcels=_parcels_of_permit()), log, column="_parcels")
    rows = read_days(restate_codes(rows, log), log, "authorised")
    state = squeeze("state").str.replace(r"\.0$", "")
    return rows.select(
        *ORIGIN,
        commune_code="commune_code",
        permit_type=squeeze("permit_type").str.to_uppercase(),
        permit_state=state.replace_strict(PERMITS, default=None, return_dtype=pl.String),
        authorised_date="_authorised",
        created_m2=number("created_m2"),
        land_m2=number("land_m2"),
        parcel_ids="_parcels",
        applicant_siren=squeeze("applicant_siren").str.extract(r"^(\d{9})$"),
    )


def _drop_lines_told_twice(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Lines of numbered permits, each once; without a number, like permits may well be two."""
    numbered = squeeze("permit_number").is_not_null()
    again = ~pl.struct(pl.exclude("source_sheet", "source_line")).is_first_distinct()
    return log.reject(rows, numbered & again, column="permit_number", issue_type="exact_duplicate")


def _parcels_of_permit() -> pl.Expr:
    """Up to three parcels of a permit, joined by ``|``; null where no reference is whole.

    Sitadel writes section and number, sometimes otherwise: what is no section and number is none.
    They are those of the commune, or arrondissement, that the permit names.
    """
    code = repaired_commune(squeeze("commune_code"))
    found = []
    for at in range(1, 4):
        section, plan = squeeze(f"section_{at}").str.to_uppercase(), squeeze(f"plan_{at}")
        is_whole = section.str.contains(r"^[A-Z]{1,2}$") & plan.str.contains(r"^[0-9]{1,4}$")
        parcel = build_parcel_id(code.str.slice(0, 2), code.str.slice(2), pl.lit(""), section, plan)
        found.append(pl.when(is_whole).then(parcel))
    joined = pl.concat_str(found, separator="|", ignore_nulls=True)
    return pl.when(joined != "").then(joined)


def clean_survey(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """What was seen of each parcel; a state or an origin unknown to the form is an error."""
    rows = rows.with_columns(
        _parcel=squeeze("parcel_id").str.to_uppercase(),
        _state=each_as_text(rows["state"], normalise),
        _origin=each_as_text(rows["origin"], normalise),
    )
    rows = read_days(rows, log, "observed", unread_is_kept=False)
    for column, bad, kind in (
        ("parcel_id", ~pl.col("_parcel").str.contains(PARCEL_PATTERN), "unknown_code"),
        ("state", ~pl.col("_state").is_in(list(SEEN)), "unknown_mark"),
        ("origin", ~pl.col("_origin").is_in(list(ORIGINS)), "unknown_mark"),
        ("observed", pl.col("_observed").is_null(), "unknown_mark"),
    ):
        rows = log.reject(rows, bad.fill_null(value=True), column=column, issue_type=kind)
    rows = restate_parcels(rows, log, column="_parcel")
    return rows.select(
        *ORIGIN,
        parcel_id="_parcel",
        state=pl.col("_state").replace_strict(SEEN, return_dtype=pl.String),
        is_brownfield=pl.col("_state") == "friche",
        origin=pl.col("_origin").replace_strict(ORIGINS, return_dtype=pl.String),
        observed_date="_observed",
    )


consumption = ingest(CONSUMPTION, clean_consumption, reads=ON_GROUND)
premises = ingest(PREMISES, clean_premises, reads=ON_GROUND)
survey = ingest(SURVEY, clean_survey, reads=ON_GROUND)


@draft_asset(CONSUMPTION_BY_COMMUNE)
def land_consumption_by_commune(
    clean_cerema__land_consumption: pl.DataFrame, geography_communes: pl.DataFrame
) -> pl.DataFrame:
    """Land consumed by commune of the territory, year and destination."""
    return local_consumption(clean_cerema__land_consumption, geography_communes)


def local_consumption(flows: pl.DataFrame, communes: pl.DataFrame) -> pl.DataFrame:
    """Flows of the communes of the territory, with their names.

    Those of a merged commune are the sums of its parts; unknown where one of them is.
    """
    whole = keep_whole_epci(communes).select("commune_code", _whole="epci_code")
    local = (
        communes.filter("is_in_territory")
        .select("commune_code", "commune_label", "epci_code")
        .join(whole, on="commune_code", how="left")
        .with_columns(is_whole_epci=pl.col("_whole").is_not_null())
        .drop("_whole")
    )
    area = pl.col("area_m2")
    summed = flows.group_by("commune_code", "year", "destination", maintain_order=True).agg(
        area_m2=pl.when(area.is_not_null().all()).then(sum_steadily(area))
    )
    return summed.join(local, on="commune_code")
