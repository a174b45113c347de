"""The dictionary of published tables, projected from their contracts: rows, CSV and HTML."""

from collections.abc import Sequence
from pathlib import Path

import polars as pl
from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from observatory.metadata.cards import Card
from observatory.metadata.cells import as_cells
from observatory.metadata.manifest import Manifest
from observatory.metadata.tables import CAVEATS, EXEMPTIONS, Column, Secrecy, Table
from observatory.metadata.texts import Text

OPEN = "Licence Ouverte 2.0"
BASES = {
    "firms": Text(fr="statistiques sur des entreprises", en="statistics on firms"),
    "sales": Text(fr="statistiques sur des ventes", en="statistics on sales"),
    "offers": Text(fr="statistiques sur des offres", en="statistics on offers"),
    "applicants": Text(fr="permis, par demandeur distinct", en="permits, by distinct applicant"),
}


def dictionary_rows(tables: Sequence[Table]) -> pl.DataFrame:
    """One row per table and column, in French and English."""
    return pl.DataFrame(
        [
            {
                "table": table.name,
                "table_title_fr": table.title_fr,
                "table_title_en": table.title_en,
                "rank": rank,
                "column": column.name,
                "kind": column.kind,
                "is_key": column.name in table.key,
                "label_fr": column.label,
                "description_fr": column.fr,
                "description_en": column.en,
                "unit_fr": column.unit.fr if column.unit else None,
                "unit_en": column.unit.en if column.unit else None,
                "null_means_fr": column.null_means.fr if column.null_means else None,
                "null_means_en": column.null_means.en if column.null_means else None,
                "allowed_values": ", ".join(column.allowed) or None,
                "pattern": column.pattern,
                "minimum": column.minimum,
                "maximum": column.maximum,
                "licence": table.licence,
            }
            for table in tables
            for rank, column in enumerate(table.columns, start=1)
        ],
        infer_schema_length=None,
    )


def table_comment(table: Table, notice: str | None = None, warnings: Sequence[str] = ()) -> str:
    """All that a reader of the database must know of a table, in one comment."""
    caveats = " ".join(CAVEATS[c].fr for c in table.caveats)
    parts = [
        f"{table.title_fr}{f' ({notice})' if notice else ''}. {table.grain.fr}.",
        f"Période : {table.reference_period.fr}.",
        f"Sources : {', '.join(table.all_sources) or 'aucune'}. Licence : {table.licence}.",
        f"{caveats}" if caveats else "",
        f"Avertissements : {', '.join(warnings)}." if warnings else "",
        f"/ {table.title_en}. {table.grain.en}. Period: {table.reference_period.en}.",
    ]
    return " ".join(part for part in parts if part)


def column_comment(column: Column) -> str:
    """Meaning, unit and what null means, in French then English."""
    unit = f" [{column.unit.fr}]" if column.unit else ""
    null = f" Nul : {column.null_means.fr}." if column.null_means else ""
    english = f" Null: {column.null_means.en}." if column.null_means else ""
    return f"{column.label} : {column.fr}{unit}{null} / {column.en}{english}"


def secrecy_sentence(table: Table) -> Text:
    """What statistical secrecy does to a table, in French and English."""
    if isinstance(table.secrecy, str):
        return EXEMPTIONS[table.secrecy]
    told = [_told(rule) for rule in table.secrecy]
    return Text(fr=" ; ".join(t.fr for t in told), en="; ".join(t.en for t in told))


def _told(rule: Secrecy) -> Text:
    """What one rule hides, and by which relations hidden figures are attacked before release."""
    basis, names = BASES[rule.basis], ", ".join((*rule.figures, *rule.derived))
    attacks = [text for is_played, text in _attacks(rule) if is_played]
    fr, en = ", ".join(t.fr for t in attacks), ", ".join(t.en for t in attacks)
    return Text(
        fr=f"secret appliqué ({basis.fr}) à {names}" + (f" ; attaqué par : {fr}" if fr else ""),
        en=f"secrecy applied ({basis.en}) to {names}" + (f"; attacked by: {en}" if en else ""),
    )


def _attacks(rule: Secrecy) -> tuple[tuple[bool, Text], ...]:
    is_nested = bool(rule.parents)
    return (
        (bool(rule.totals) or (is_nested and bool(rule.measures)), Text(fr="totaux", en="totals")),
        (
            is_nested and bool(rule.statistics),
            Text(fr="reste d'un territoire", en="the rest of a territory"),
        ),
        (
            rule.flow is not None,
            Text(fr="mois qui se suivent", en="months that follow each other"),
        ),
        (
            bool(rule.flow or rule.window),
            Text(fr="publication précédente", en="the last release"),
        ),
    )


def resulting_licence(licences: Sequence[str]) -> str:
    """The licence of what is made from sources under ``licences``.

    ODbL where any is; else the producer's own where one has such; else the open licence.
    """
    share_alike = sorted({licence for licence in licences if "odbl" in licence.lower()})
    own = sorted({licence for licence in licences if licence != OPEN} - {*share_alike})
    return next(iter([*share_alike, *own]), OPEN)


def write_dictionary(
    folder: Path,
    tables: Sequence[Table],
    cards: dict[str, Card],
    manifest: Manifest,
) -> None:
    """``dictionary.csv`` for programmes and ``dictionary.html`` for people."""
    rows = dictionary_rows(tables)
    as_cells(rows).write_csv(folder / "dictionary.csv", line_terminator="\r\n")
    environment = Environment(
        loader=PackageLoader("observatory.metadata", ""),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    page = environment.get_template("dictionary.html").render(
        manifest=manifest,
        tables=tables,
        described=manifest.by_name,
        cards=cards,
        caveats=CAVEATS,
        secrecy={t.name: secrecy_sentence(t) for t in tables},
    )
    (folder / "dictionary.html").write_text(page, "utf-8")
