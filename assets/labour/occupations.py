"""Occupations: FAP trees, ROME codes, and the ways from one to the other."""

import polars as pl

from assets.ingestion import ingest
from assets.labour.contracts.occupations import (
    FAP_BRIDGE,
    HIRINGS_BY_ROME_NAF,
    OCCUPATIONS,
    ROME_APPELLATIONS,
    ROME_CODES,
)
from assets.source_files import Fetch
from observatory.ingest.cleaning import bare_code, drop_exact_duplicates, squeeze, whole
from observatory.ingest.issues import ORIGIN, IssueLog
from observatory.labour.crosswalks import bridge_nomenclatures, expand_qualifications
from observatory.labour.rome import count_parents, link_rome_codes
from observatory.pipeline.drafts import draft_asset
from sources import CARDS
from sources.france_travail.rome import list_codes

ROME_4 = CARDS["france_travail/rome_4"]
LEVELS_OF_NOMENCLATURE = {
    "fap_2021": ("fap341", "fap228", "fap86", "fap22"),
    "fap_2009": ("fap225", "fap87", "fap22"),
}
ROME_PATTERN = r"^[A-Z]\d{4}$"
FAP_2009 = r"^[A-Z]\d[A-Z]\d\d$"
NAF = r"^\d{4}[A-Z]$"


def clean_fap_2021(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """The tree of FAP 2021, one row per finest occupation, all its ancestors beside it."""
    return _clean_fap(rows, log, "fap_2021")


def clean_fap_2009(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """The tree of FAP 2009, one row per finest occupation, all its ancestors beside it."""
    return _clean_fap(rows, log, "fap_2009")


def _clean_fap(rows: pl.DataFrame, log: IssueLog, nomenclature: str) -> pl.DataFrame:
    names = [
        f"{level}_{part}"
        for level in LEVELS_OF_NOMENCLATURE[nomenclature]
        for part in ("code", "label")
    ]
    for name in names:
        rows = log.reject(rows, squeeze(name).is_null(), column=name, issue_type="missing_value")
    rows = drop_exact_duplicates(rows, log, column=names[0])
    codes = {n: pl.col(n).str.strip_chars() for n in names if n.endswith("_code")}
    labels = {n: squeeze(n) for n in names if n.endswith("_label")}
    return rows.select(*ORIGIN, **codes, **labels)


def clean_rome(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """ROME codes with their version: 4 where the producer names parent codes, else 3."""
    bad = ~bare_code("rome_code").str.contains(ROME_PATTERN).fill_null(value=False)
    rows = log.reject(rows, bad, column="rome_code", issue_type="unknown_mark")
    rows = log.reject(
        rows, squeeze("rome_label").is_null(), column="rome_label", issue_type="missing_value"
    )
    has_parents = pl.col("parent_rome_code").is_not_null().any().over("source_sha256")
    rows = rows.with_columns(
        rome_version=pl.when(has_parents).then(pl.lit("4")).otherwise(pl.lit("3"))
    )
    newest = pl.col("source_sha256").last().over("rome_version")
    older = pl.col("source_sha256") != newest
    rows = log.reject(rows, older, column="rome_code", issue_type="not_in_scope")
    rows = drop_exact_duplicates(rows, log, column="rome_code")
    return rows.select(
        *ORIGIN,
        rome_version="rome_version",
        rome_code=bare_code("rome_code"),
        rome_label=squeeze("rome_label"),
        parent_rome_code=bare_code("parent_rome_code"),
    )


def clean_rome_4(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Codes and labels as the interface lists them."""
    bad = ~bare_code("rome_code").str.contains(ROME_PATTERN).fill_null(value=False)
    rows = log.reject(rows, bad, column="rome_code", issue_type="unknown_mark")
    no_label = squeeze("rome_label").is_null()
    rows = log.reject(rows, no_label, column="rome_label", issue_type="missing_value")
    again = ~bare_code("rome_code").is_first_distinct()
    rows = log.reject(rows, again, column="rome_code", issue_type="exact_duplicate")
    return rows.select(*ORIGIN, rome_code=bare_code("rome_code"), rome_label=squeeze("rome_label"))


def clean_rome_appellations(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per appellation: its code of ROME 4.0, and the code of version 3 it had."""
    for column in ("rome_code", "parent_rome_code"):
        bad = ~bare_code(column).str.contains(ROME_PATTERN).fill_null(value=False)
        rows = log.reject(rows, bad, column=column, issue_type="unknown_mark")
    again = ~pl.struct("source_sha256", bare_code("appellation_code")).is_first_distinct()
    rows = log.reject(rows, again, column="appellation_code", issue_type="exact_duplicate")
    return rows.select(
        *ORIGIN,
        rome_code=bare_code("rome_code"),
        parent_rome_code=bare_code("parent_rome_code"),
        appellation_code=bare_code("appellation_code"),
        appellation_label=squeeze("appellation_label"),
        is_title=(squeeze("classification").str.to_uppercase() == "PRINCIPALE").fill_null(
            value=False
        ),
    )


def clean_rome_4_to_rome_3(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """One row per code of ROME 4.0, with the one of version 3 that the derived list names."""
    none = squeeze("linked_rome_code").is_null()
    log.add(rows.filter(none), column="rome_code", issue_type="unmatched_code", kept=True)
    for column, is_blank in (("rome_code", pl.lit(value=False)), ("linked_rome_code", none)):
        is_code = bare_code(column).str.contains(ROME_PATTERN).fill_null(value=False)
        bad = ~is_code & ~is_blank
        rows = log.reject(rows, bad, column=column, issue_type="unknown_mark")
    dominant, matched = whole("dominant_count"), whole("matched_count")
    unread = dominant.is_null() | matched.is_null() | (dominant > matched)
    rows = log.reject(rows, unread, column="matched_count", issue_type="unknown_mark")
    again = ~bare_code("rome_code").is_first_distinct()
    rows = log.reject(rows, again, column="rome_code", issue_type="exact_duplicate")
    return rows.select(
        *ORIGIN,
        rome_code=bare_code("rome_code"),
        rome_label=squeeze("rome_label"),
        linked_rome_code=bare_code("linked_rome_code"),
        share_pct=pl.when(matched > 0).then(100 * dominant / matched),
    )


def clean_rome_fap_2021(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """ROME × qualification → FAP 2021, one row per qualification."""
    return _clean_links(rows, log, "fap_2021")


def clean_rome_fap_2009(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """ROME × qualification → FAP 2009; the FAP written once holds for the lines below it.

    Titles, footnotes and lines of the PCS list carry no ROME code: they are logged as such.
    """
    written = pl.col("fap_code").str.strip_chars()
    carried = pl.when(written.str.contains(FAP_2009)).then(written).forward_fill()
    rows = rows.with_columns(fap_code=carried.over("source_sha256"))
    no_rome = squeeze("rome_code").is_null() | (pl.col("rome_code") == "ROME")
    rows = log.reject(rows, no_rome, column="rome_code", issue_type="header_line")
    return _clean_links(rows, log, "fap_2009")


def _clean_links(rows: pl.DataFrame, log: IssueLog, nomenclature: str) -> pl.DataFrame:
    bad = ~bare_code("rome_code").str.contains(ROME_PATTERN).fill_null(value=False)
    rows = log.reject(rows, bad, column="rome_code", issue_type="unknown_mark")
    rows = log.reject(
        rows, squeeze("fap_code").is_null(), column="fap_code", issue_type="missing_value"
    )
    text = pl.col("qualification").str.strip_chars()
    unknown = (text != "") & ~text.str.contains(r"^([Qq]_?)?\d{1,10}$")
    rows = log.reject(rows, unknown, column="qualification", issue_type="unknown_mark")
    rows = drop_exact_duplicates(rows, log, column="rome_code")
    return expand_qualifications(rows).select(
        *ORIGIN,
        fap_nomenclature=pl.lit(nomenclature),
        rome_code=bare_code("rome_code"),
        qualification_code="qualification_code",
        fap_code=pl.col("fap_code").str.strip_chars(),
    )


def clean_rome_naf(rows: pl.DataFrame, log: IssueLog) -> pl.DataFrame:
    """Hirings by ROME code and NAF activity."""
    for column, pattern in (("rome_code", ROME_PATTERN), ("naf_code", NAF)):
        code = bare_code(column).str.replace(".", "", literal=True)
        bad = ~code.str.contains(pattern).fill_null(value=False)
        rows = log.reject(rows, bad, column=column, issue_type="unknown_mark")
    unreadable = whole("hiring_count").is_null()
    rows = log.reject(rows, unreadable, column="hiring_count", issue_type="unknown_mark")
    rows = drop_exact_duplicates(rows, log, column="rome_code")
    return rows.select(
        *ORIGIN,
        rome_code=bare_code("rome_code"),
        rome_label=squeeze("rome_label"),
        naf_code=bare_code("naf_code").str.replace(".", "", literal=True),
        naf_label=squeeze("naf_label"),
        hiring_count=whole("hiring_count"),
    )


fap_2021 = ingest(CARDS["dares/fap_2021"], clean_fap_2021)
fap_2009 = ingest(CARDS["dares/fap_2009"], clean_fap_2009)
rome = ingest(CARDS["france_travail/rome"], clean_rome)
rome_4 = ingest(
    ROME_4,
    clean_rome_4,
    fetch=Fetch(reads=(), run=lambda s, folder, _: list_codes(ROME_4, s, folder / "rome-4.json")),
)
rome_appellations = ingest(CARDS["france_travail/rome_appellations"], clean_rome_appellations)
rome_4_to_rome_3 = ingest(CARDS["derived/rome_4_to_rome_3"], clean_rome_4_to_rome_3)
rome_fap_2021 = ingest(CARDS["dares/rome_fap_2021"], clean_rome_fap_2021)
rome_fap_2009 = ingest(CARDS["dares/rome_fap_2009"], clean_rome_fap_2009)
rome_naf = ingest(CARDS["labonneboite/rome_naf"], clean_rome_naf)


@draft_asset(OCCUPATIONS)
def labour_occupations(
    clean_dares__fap_2021: pl.DataFrame, clean_dares__fap_2009: pl.DataFrame
) -> pl.DataFrame:
    """Both nomenclatures at every level, each occupation with its parent."""
    return pl.concat(
        [
            occupation_tree(clean_dares__fap_2021, "fap_2021"),
            occupation_tree(clean_dares__fap_2009, "fap_2009"),
        ]
    )


@draft_asset(ROME_CODES)
def labour_rome_codes(
    clean_france_travail__rome: pl.DataFrame,
    clean_france_travail__rome_4: pl.DataFrame,
    clean_france_travail__rome_appellations: pl.DataFrame,
    clean_derived__rome_4_to_rome_3: pl.DataFrame,
    clean_dares__rome_fap_2021: pl.DataFrame,
    clean_dares__rome_fap_2009: pl.DataFrame,
) -> pl.DataFrame:
    """ROME codes of each version, each with the code of version 3 that leads to the FAP."""
    appellations = clean_france_travail__rome_appellations
    titles = appellations.filter("is_title").select("rome_code", rome_label="appellation_label")
    derived = clean_derived__rome_4_to_rome_3
    rome = with_listed(clean_france_travail__rome, clean_france_travail__rome_4, titles, derived)
    known = pl.concat(
        [clean_dares__rome_fap_2021["rome_code"], clean_dares__rome_fap_2009["rome_code"]]
    ).unique()
    links = link_rome_codes(rome, count_parents(appellations), derived, known)
    # what a list of version 4.0 says of a code is not said of the code of version 3
    is_old = (pl.col("rome_version") == "3") & pl.col("rome_code").is_in(known.implode())
    return rome.join(links, on="rome_code", how="left").with_columns(
        linked_rome_code=pl.when(is_old).then("rome_code").otherwise("linked_rome_code"),
        link_source=pl.when(is_old).then(pl.lit("same_code")).otherwise("link_source"),
        link_share_pct=pl.when(~is_old).then("link_share_pct"),
    )


def with_listed(handed: pl.DataFrame, *listed: pl.DataFrame) -> pl.DataFrame:
    """Codes of version 4 that other lists know, without a parent; a file's own stay."""
    columns = ["rome_version", "rome_code", "rome_label", "parent_rome_code"]
    found = handed.select(columns)
    for more in listed:
        known = found.filter(pl.col("rome_version") == "4").select("rome_code")
        fresh = more.drop_nulls("rome_label").unique("rome_code", keep="first", maintain_order=True)
        added = fresh.join(known, on="rome_code", how="anti").select(
            "rome_code",
            "rome_label",
            rome_version=pl.lit("4"),
            parent_rome_code=pl.lit(None, pl.String),
        )
        found = pl.concat([found, added.select(columns)])
    return found


@draft_asset(ROME_APPELLATIONS)
def labour_rome_appellations(clean_france_travail__rome_appellations: pl.DataFrame) -> pl.DataFrame:
    """Appellations of ROME 4.0, each with its code and the code of version 3 that it had."""
    return clean_france_travail__rome_appellations.rename({"parent_rome_code": "rome_3_code"})


@draft_asset(FAP_BRIDGE)
def labour_fap_bridge(
    labour_occupations: pl.DataFrame,
    clean_dares__rome_fap_2021: pl.DataFrame,
    clean_dares__rome_fap_2009: pl.DataFrame,
) -> pl.DataFrame:
    """Pairs of occupations of 2009 and 2021, and the rule that bridges some, for context only."""
    links = levelled_links(clean_dares__rome_fap_2021, clean_dares__rome_fap_2009)
    pairs = bridge_nomenclatures(labour_occupations, links)
    for year, level in (("2009", "fap225"), ("2021", "fap228")):
        labels = labour_occupations.filter(pl.col("fap_level") == level).select(
            pl.col("fap_code").alias(f"fap_{year}_code"),
            pl.col("fap_label").alias(f"fap_{year}_label"),
        )
        pairs = pairs.join(labels, on=f"fap_{year}_code", how="left")
    return pairs


@draft_asset(HIRINGS_BY_ROME_NAF)
def labour_hirings_by_rome_naf(
    clean_labonneboite__rome_naf: pl.DataFrame,
) -> pl.DataFrame:
    """Hirings with their share in the occupation and in the activity."""
    count = pl.col("hiring_count")
    return clean_labonneboite__rome_naf.with_columns(
        rome_hiring_share_pct=100 * count / count.sum().over("rome_code"),
        naf_hiring_share_pct=100 * count / count.sum().over("naf_code"),
    )


def occupation_tree(finest: pl.DataFrame, nomenclature: str) -> pl.DataFrame:
    """Occupations of every level with their parent, from rows that hold all ancestors."""
    levels = LEVELS_OF_NOMENCLATURE[nomenclature]
    parents: list[str | None] = [*levels[1:], None]
    frames = [
        finest.select(
            fap_nomenclature=pl.lit(nomenclature),
            fap_level=pl.lit(level),
            fap_code=f"{level}_code",
            fap_label=f"{level}_label",
            parent_fap_level=pl.lit(parent, dtype=pl.String),
            parent_fap_code=pl.col(f"{parent}_code") if parent else pl.lit(None, dtype=pl.String),
        ).unique()
        for level, parent in zip(levels, parents, strict=True)
    ]
    return pl.concat(frames)


def ancestors(occupations: pl.DataFrame) -> pl.DataFrame:
    """One row per surveyed occupation (fap225, fap228) and wider level it belongs to.

    Columns ``fap_nomenclature``, ``fap_code``, ``parent_fap_level``, ``parent_fap_code``.
    """
    columns = ["fap_nomenclature", "fap_code", "parent_fap_level", "parent_fap_code"]
    near = occupations.filter(pl.col("fap_level").is_in(["fap225", "fap228"])).select(columns)
    above = occupations.select(
        "fap_nomenclature",
        parent_fap_level="fap_level",
        parent_fap_code="fap_code",
        _level="parent_fap_level",
        _code="parent_fap_code",
    )
    far = near.join(
        above, on=["fap_nomenclature", "parent_fap_level", "parent_fap_code"], how="inner"
    ).select("fap_nomenclature", "fap_code", parent_fap_level="_level", parent_fap_code="_code")
    return pl.concat([near, far]).drop_nulls()


def levelled_links(links_2021: pl.DataFrame, links_2009: pl.DataFrame) -> pl.DataFrame:
    """ROME links at the levels others use: fap341 and fap228 (2021), fap225 (2009)."""
    columns = ["fap_nomenclature", "fap_level", "rome_code", "qualification_code", "fap_code"]
    finest = links_2021.with_columns(fap_level=pl.lit("fap341"))
    surveyed = links_2021.with_columns(
        fap_level=pl.lit("fap228"), fap_code=pl.col("fap_code").str.slice(0, 5)
    )
    old = links_2009.with_columns(fap_level=pl.lit("fap225"))
    return pl.concat([frame.select(columns) for frame in (finest, surveyed, old)]).unique()


def with_fap_labels(frame: pl.DataFrame, occupations: pl.DataFrame) -> pl.DataFrame:
    """Add ``fap_label`` by nomenclature, level and code; « Tous métiers » for all, or none."""
    key = ["fap_nomenclature", "fap_level", "fap_code"]
    named = frame.join(occupations.select(*key, "fap_label"), on=key, how="left")
    return named.with_columns(
        fap_label=pl.col("fap_level").replace_strict(
            {"all": "Tous métiers", "none": "Sans métier"}, default=pl.col("fap_label")
        )
    )
