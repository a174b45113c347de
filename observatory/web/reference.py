"""Lists what the figures rest on: tables to take away, checks, issues, sources, changes."""

import gzip
import shutil
from pathlib import Path
from typing import Any

import polars as pl

from observatory.disclosure.withholding import names_anyone
from observatory.metadata.cells import as_cells
from observatory.metadata.dictionary import secrecy_sentence
from observatory.metadata.french import VALUES
from observatory.metadata.french_rules import say_rule, say_why
from observatory.metadata.tables import CAVEATS
from observatory.release.manifest import read_changes_by_theme
from observatory.release.published import Published
from observatory.web.facts import is_aggregate
from observatory.web.listings import (
    Head,
    Listing,
    amount,
    coded,
    make_listing,
    show_day,
    show_number,
    show_or_hidden,
    show_yes_or_no,
    word,
)

DICTIONARY = "dictionary.csv"
# bytes; the issues of a département, line by line, are four times that
LONGEST_CSV = 15_000_000
PACKED_LEVEL = 5
FLOWS = "labour_offer_flows_by_bassin"
LOST_CODES = {
    "unlinked_rome_code": "ne mène à aucun métier",
    "unsplit_rome_code": "mène à plusieurs métiers, non réparti",
}
COUNTED = {"name": pl.String} | dict.fromkeys(
    ("before", "after", "added", "removed", "changed"), pl.Int64
)


def describe_tables(published: Published) -> list[dict[str, Any]]:
    """Describe every published table, theme by theme, with its dictionary and caveats."""
    about = published.manifest.by_name
    return [
        {
            "name": name,
            "csv": name_csv(published, name),
            "contract": contract,
            "theme": VALUES["theme"][contract.theme],
            "grain": contract.grain.fr,
            "period": contract.reference_period.fr,
            "rows": show_number(published.table(name).height),
            "caveats": [CAVEATS[c].fr for c in contract.caveats],
            "secrecy": secrecy_sentence(contract).fr,
            "sources": published.sources_of(name),
            "missing": about[name].missing_optional_sources,
            "has_facts": is_aggregate(contract) and published.has(name),
            "columns": [
                {
                    "name": c.name,
                    "label": c.label,
                    "fr": c.fr,
                    "unit": c.unit.fr if c.unit else "",
                    "null": c.null_means.fr if c.null_means else "",
                }
                for c in contract.columns
                if c.kind != "geometry"
            ],
        }
        for name, contract in published.contracts.items()
    ]


def name_csv(published: Published, name: str) -> str:
    """The CSV file of a table on the site: packed where it is too long to be opened as it is."""
    is_long = (published.folder / f"{name}.csv").stat().st_size > LONGEST_CSV
    return f"{name}.csv.gz" if is_long else f"{name}.csv"


def write_tables(published: Published, folder: Path) -> None:
    """Write CSV and Parquet of every table, without firms that may not be shown today."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, contract in published.contracts.items():
        for kind in ("csv", "parquet"):
            target = folder / f"{name}.{kind}"
            if not names_anyone(contract):
                shutil.copyfile(published.folder / target.name, target)
            elif kind == "csv":
                cells = as_cells(published.table(name))
                cells.write_csv(target, line_terminator="\r\n", include_bom=True)
            elif contract.is_spatial:
                published.shapes(name).to_parquet(target, schema_version="1.1.0")
            else:
                published.table(name).write_parquet(target)
        if name_csv(published, name).endswith(".gz"):
            _pack(folder / f"{name}.csv")
    shutil.copyfile(published.folder / DICTIONARY, folder / DICTIONARY)


def _pack(path: Path) -> None:
    """Put a gzip in the place of a file, the same bytes each time."""
    with (
        path.open("rb") as plain,
        path.with_name(f"{path.name}.gz").open("wb") as target,
        gzip.GzipFile("", "wb", PACKED_LEVEL, target, mtime=0) as packed,
    ):
        shutil.copyfileobj(plain, packed, 2**20)
    path.unlink()


def list_checks(published: Published, *, is_failed: bool = False) -> Listing:
    """List every rule in French words, or those that failed alone."""
    rows = published.table("quality_checks").sort("is_passed", "subject", "rule")
    shown = rows.filter(~pl.col("is_passed")) if is_failed else rows
    titles = _title_subjects(published)
    heads = (
        word("Sujet", "subject", show=lambda name: titles.get(name, name), is_filter=True),
        word("Règle", "rule", show=say_rule),
        Head(title="Pourquoi", columns=("rule", "because"), show=say_why),
        word("Bloquante", "is_blocking", show=show_yes_or_no, is_filter=True),
        word("Tenue", "is_passed", show=show_yes_or_no, is_filter=True),
        amount("Écarts", "unexpected_count"),
    )
    name, caption = (
        ("non-tenus", "Contrôles non tenus")
        if is_failed
        else ("controles", "Contrôles de la publication")
    )
    return make_listing(name, caption, heads, shown)


def _title_subjects(published: Published) -> dict[str, str]:
    """The French title of each table and source that something is said of."""
    sources = published.table("quality_sources").select("source_key", "title").unique("source_key")
    tables = {name: contract.title_fr for name, contract in published.contracts.items()}
    clean = {f"clean_{key.replace('/', '__')}": title for key, title in sources.iter_rows()}
    return {**clean, **tables}


def sum_up(published: Published) -> dict[str, Any]:
    """What the page says in one paragraph: checks, failures, issues, late sources."""
    checks = published.table("quality_checks")
    types = published.table("quality_issue_types")
    sources = published.table("quality_sources")
    rejected = types.filter(pl.col("severity") == "error") if types.height else types
    return {
        "checks": checks.height,
        "tables": len(published.contracts),
        "failed": checks.filter(~pl.col("is_passed")).height,
        "files": sources.height,
        "late": sources.filter(pl.col("is_overdue").fill_null(value=False)).height,
        "issues": int(types["issue_count"].sum()) if types.height else 0,
        "rejected": int(rejected["issue_count"].sum()) if rejected.height else 0,
    }


def list_issue_types(published: Published) -> Listing:
    """List the types of issues found in producers' files, the most frequent first."""
    rows = published.table("quality_issue_types").sort("issue_count", descending=True)
    heads = (
        word("Type", "issue_type"),
        coded("Gravité", "severity"),
        word("Ce que cela veut dire", "meaning_fr"),
        word("Ce qui est à faire", "remedy_fr"),
        coded("Qui peut corriger", "responsible"),
        amount("Anomalies", "issue_count"),
    )
    return make_listing("types-d-anomalies", "Anomalies des fichiers reçus, par type", heads, rows)


def list_lost_codes(published: Published) -> Listing | None:
    """List the ROME codes whose figures go to no occupation, by source; None without any."""
    lost = published.table("quality_issues").filter(pl.col("issue_type").is_in(list(LOST_CODES)))
    if lost.is_empty():
        return None
    titles = published.table("quality_sources").select("source_key", "title").unique("source_key")
    rows = lost.join(titles, on="source_key", how="left").sort("title", "issue_type", "note")
    heads = (
        word("Source", "title", is_filter=True),
        word("Ce qui manque", "issue_type", show=LOST_CODES.__getitem__, is_filter=True),
        word("Code et nombre", "note"),
    )
    return make_listing("codes-rome-sans-metier", "Codes ROME sans métier, par source", heads, rows)


def list_lost_offers(published: Published) -> Listing | None:
    """List the offers that go to no occupation, by month and bassin; None where none is counted."""
    if not published.has(FLOWS):
        return None
    rows = published.table(FLOWS).filter(pl.col("fap_level") == "none")
    if rows.is_empty():
        return None
    heads = (
        word("Mois", "month_date", show=lambda v: v.strftime("%m/%Y")),
        word("Bassin", "bassin_label"),
        *(
            amount(title, name, f"is_{name}_suppressed", show=show_or_hidden)
            for title, name in (
                ("Nouvelles", "new_offer_count"),
                ("Ouvertes en fin de mois", "open_offer_count"),
                ("Retirées", "closed_offer_count"),
            )
        ),
    )
    ordered = rows.sort("month_date", "bassin_label", descending=[True, False])
    return make_listing(
        "offres-sans-metier", "Offres sans métier, par mois et bassin", heads, ordered
    )


def list_sources(published: Published) -> Listing:
    """List the files read, their edition, and when the next is expected."""
    rows = published.table("quality_sources").sort("producer", "title", "vintage")
    heads = (
        word("Source", "title"),
        word("Producteur", "producer", is_filter=True),
        word("Millésime", "vintage"),
        coded("Rythme", "cadence", is_filter=True),
        word("Reçue le", "archived_date", show=show_day),
        amount("Lignes", "row_count"),
        word("Prochaine attendue", "next_expected_date", show=_say_awaited),
        word("En retard", "is_overdue", show=_say_overdue),
        word("Licence", "licence"),
    )
    return make_listing("sources", "Sources lues et leur fraîcheur", heads, rows)


def _say_awaited(value: Any) -> str:
    return "sans date annoncée" if value is None else show_day(value)


def _say_overdue(value: bool | None) -> str:
    return "sans date annoncée" if value is None else show_yes_or_no(value)


def list_changes(published: Published) -> Listing | None:
    """List rows added, removed and changed since the last release; None for a home's first."""
    changes = read_changes_by_theme(published.folder)
    if changes is None:
        return None
    rows = pl.DataFrame([{k: t[k] for k in COUNTED} for t in changes], schema=COUNTED)
    moved = rows.filter(pl.sum_horizontal("added", "removed", "changed") > 0)
    heads = (
        word("Table", "name"),
        amount("Lignes avant", "before"),
        amount("Lignes après", "after"),
        amount("Ajoutées", "added"),
        amount("Retirées", "removed"),
        amount("Modifiées", "changed"),
    )
    return make_listing(
        "changements", "Tables qui ont changé depuis la publication précédente", heads, moved
    )
