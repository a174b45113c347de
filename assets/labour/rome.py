"""ROME to FAP: the one crosswalk, its weights, and what it does not lead anywhere."""

import polars as pl

from assets.labour.contracts.occupations import ROME_FAP_CROSSWALK
from assets.labour.occupations import levelled_links, with_fap_labels
from assets.labour.offers import LEDGER_NODE, read_ledger, snapshots
from observatory.ingest.issues import ACROSS, IssueLog
from observatory.labour.crosswalks import weigh_rome_codes
from observatory.labour.offer_flows import SURVEYED, select_qualified
from observatory.labour.rome import LINK_SCHEMA
from observatory.pipeline.drafts import draft_asset
from observatory.pipeline.run_settings import RunSettings
from observatory.pipeline.steps import Made, Out, step
from observatory.settings import Settings

TEN = 10


@draft_asset(ROME_FAP_CROSSWALK, deps=[LEDGER_NODE])
def labour_rome_fap_crosswalk(
    clean_dares__rome_fap_2021: pl.DataFrame,
    clean_dares__rome_fap_2009: pl.DataFrame,
    labour_occupations: pl.DataFrame,
    labour_rome_codes: pl.DataFrame,
    settings: RunSettings,
) -> pl.DataFrame:
    """Every ROME code that leads to an occupation, and how it is split over several."""
    links = levelled_links(clean_dares__rome_fap_2021, clean_dares__rome_fap_2009)
    codes = with_own_codes(labour_rome_codes, links["rome_code"].unique())
    ledger, _, days = read_ledger(settings)
    offers = select_qualified(ledger, days).join(
        codes.select("rome_code", "linked_rome_code"), on="rome_code", how="inner"
    )
    weights = weigh_rome_codes(
        links,
        offers.select("qualification_code", rome_code="linked_rome_code"),
        least=settings.secrecy_least_offers,
    )
    led = codes.join(
        weights.rename({"rome_code": "linked_rome_code"}), on="linked_rome_code", how="inner"
    )
    of_version_3 = pl.col("rome_code").is_in(links["rome_code"].unique().implode())
    return with_fap_labels(led.with_columns(is_rome_3_code=of_version_3), labour_occupations)


def with_own_codes(rome: pl.DataFrame, known: pl.Series) -> pl.DataFrame:
    """Each linked code once, its last title with it; codes of a crosswalk alone are themselves."""
    columns = [*LINK_SCHEMA.names(), "rome_label"]
    listed = (
        rome.sort("rome_version").unique("rome_code", keep="last").drop_nulls("linked_rome_code")
    )
    rest = known.alias("rome_code").to_frame().join(listed, on="rome_code", how="anti")
    own = rest.with_columns(
        linked_rome_code="rome_code",
        link_source=pl.lit("same_code"),
        link_share_pct=pl.lit(None, pl.Float64),
        rome_label=pl.lit(None, pl.String),
    )
    return pl.concat([listed.select(columns), own.select(columns)])


@step(
    Out(
        name=ACROSS,
        group="issues",
        tags={"layer": "issues"},
        description="What shows only where sources meet: ROME codes of each that lead to no "
        "occupation, or are not split over those they lead to, with how many records they have; "
        "offers that are copies, and snapshots that came out of turn.",
    ),
    deps=[LEDGER_NODE],
)
def issues_across_sources(
    labour_rome_fap_crosswalk: pl.DataFrame,
    clean_france_travail__rome: pl.DataFrame,
    clean_france_travail__rome_4: pl.DataFrame,
    clean_france_travail__rome_appellations: pl.DataFrame,
    clean_france_travail__rome_mobilities: pl.DataFrame,
    clean_france_travail__labour_market: pl.DataFrame,
    clean_france_travail__offers: pl.DataFrame,
    clean_labonneboite__rome_naf: pl.DataFrame,
    settings: RunSettings,
) -> Made:
    """One line per source and code."""
    log = IssueLog()
    for rows in (
        clean_france_travail__rome,
        clean_france_travail__rome_4,
        clean_france_travail__rome_appellations,
        clean_france_travail__rome_mobilities,
        clean_labonneboite__rome_naf,
    ):
        log_lost_codes(rows, labour_rome_fap_crosswalk, log)
    log_lost_codes(clean_france_travail__labour_market, labour_rome_fap_crosswalk, log, split=True)
    offers = clean_france_travail__offers
    once = offers.unique("offer_id", keep="last", maintain_order=True)
    log_lost_codes(once, labour_rome_fap_crosswalk, log, split=True, in_tens=True)
    log_uncounted(offers, settings, log)
    found = log.table()
    return Made(rows=found, metadata={"codes": found.height})


def log_uncounted(offers: pl.DataFrame, settings: Settings, log: IssueLog) -> None:
    """Log the offers of each snapshot that are copies, and snapshots that are in no figure.

    A snapshot is in none that came after one of a later day was counted.
    """
    ledger, _, days = read_ledger(settings)
    copies = ledger.filter(pl.col("duplicate_date").is_not_null()).select("offer_id").unique()
    for rows in offers.partition_by("source_sha256", maintain_order=True):
        # which of two is the copy goes by identifiers that each home hashes under a key of its own
        if count := rows.join(copies, on="offer_id", how="semi").height:
            note = f"{count} lignes de ce fichier sont dans ce cas."
            log.add(rows.head(1), column="offer_id", issue_type="said_twice", kept=True, note=note)
    for entry, day in snapshots(settings):
        if day not in days.to_list():
            own = offers.filter(pl.col("source_sha256") == entry.sha256).head(1)
            note = f"Relevé du {day}."
            log.add(own, column="offer_id", issue_type="snapshot_out_of_turn", kept=True, note=note)


def log_lost_codes(
    rows: pl.DataFrame,
    crosswalk: pl.DataFrame,
    log: IssueLog,
    *,
    split: bool = False,
    in_tens: bool = False,
) -> None:
    """Log each code of ``rows`` that leads to no occupation, at its first line.

    With ``split`` also those that are not split; a record that states its qualification is not
    among them where that tells the occupation. Counts may be told in tens.
    """
    nomenclature, level = SURVEYED
    surveyed = crosswalk.filter(
        (pl.col("fap_nomenclature") == nomenclature) & (pl.col("fap_level") == level)
    )
    if rows.is_empty() or surveyed.is_empty():
        return
    unlinked = rows.join(surveyed, on="rome_code", how="anti")
    _log_codes(unlinked, "unlinked_rome_code", log, in_tens=in_tens)
    if split:
        whole = surveyed.filter(pl.col("weight").is_null())
        unsplit = rows.join(whole, on="rome_code", how="semi")
        if "qualification_code" in rows.columns:
            told = whole.select(
                "rome_code", qualification_code=pl.col("qualification_codes").str.split("")
            ).explode("qualification_code")
            unsplit = unsplit.join(told, on=["rome_code", "qualification_code"], how="anti")
        _log_codes(unsplit, "unsplit_rome_code", log, in_tens=in_tens)


def _log_codes(rows: pl.DataFrame, issue_type: str, log: IssueLog, *, in_tens: bool) -> None:
    """Log codes with how many records each has; those of few are told together, ``in_tens``.

    Of what may leave in aggregates alone, a code that comes or goes would tell of one record.
    """

    def add(own: pl.DataFrame, said: str) -> None:
        log.add(own.head(1), column="rome_code", issue_type=issue_type, kept=True, note=said)

    if in_tens:
        count = pl.len().over("rome_code")
        few, rows = rows.filter(count < TEN), rows.filter(count >= TEN)
        if not few.is_empty():
            tens = few.height // TEN * TEN
            told = f"au moins {tens}" if tens else f"moins de {TEN}"
            nameless = few.with_columns(rome_code=pl.lit(None, pl.String))
            add(nameless, f"Codes de moins de {TEN} enregistrements : {told} en tout.")
    for (code,), own in rows.group_by("rome_code", maintain_order=True):
        count_fr = f"au moins {own.height // TEN * TEN}" if in_tens else str(own.height)
        add(own, f"{code} : {count_fr} enregistrements.")
