"""Sirene as Insee publishes it: stock, history, legal units, places, sorted by SIREN.

SIREN and SIRET fail the Luhn check. Establishments of one département lie all over the files,
as in the national ones.
"""

from pathlib import Path

import numpy as np
import polars as pl

from benchmarks.drawn.places import generator
from benchmarks.drawn.text import failing, to_web, zipped

VINTAGE = "2026-01"
NOT_DIFFUSED = "[ND]"
FIRST_OCCUPANT, LAST_OCCUPANT = 50_000_000, 99_999_999
SIRET_A_SIREN = (0.8, 0.13, 0.05, 0.02)
PARTIAL, PERSON, CIVIL = 0.05, 0.35, 0.10
ABSENT, NOWHERE = 0.03, 0.004
SIZES = ("NN", "00", "01", "02", "03", "11", "12", "21", "22", "31", "32", "41")
SIZE_SHARES = (0.62, 0.12, 0.1, 0.06, 0.04, 0.03, 0.015, 0.009, 0.003, 0.0015, 0.001, 0.0005)
ACTIVITIES = (
    *("25.62B", "28.99B", "20.59Z", "33.12Z", "22.29A", "47.11F", "47.52B", "45.11Z", "47.59A"),
    *("56.10A", "62.01Z", "70.22Z", "71.12B", "69.20Z", "82.99Z", "43.22A", "45.20A", "16.23Z"),
    *("43.21A", "95.11Z", "52.10B", "49.41A", "52.29B", "53.20Z", "46.90Z", "43.34Z", "96.02A"),
)
COMPANIES = ("5499", "5710", "5720", "5599")
STREETS = tuple(
    f"{w} IMAGINAIRE {n}" for w in ("DES LILAS", "DU PONT", "NEUVE") for n in range(130)
)
ADDRESS = (
    *("complementAdresse", "numeroVoie", "indiceRepetition", "dernierNumeroVoie"),
    *("indiceRepetitionDernierNumeroVoie", "typeVoie", "libelleVoie", "codePostal"),
    *("libelleCommune", "libelleCommuneEtranger", "distributionSpeciale", "codeCommune"),
    *("codeCedex", "libelleCedex", "codePaysEtranger", "libellePaysEtranger"),
    *("identifiantAdresse", "coordonneeLambertAbscisse", "coordonneeLambertOrdonnee"),
)
SECOND_ADDRESS = tuple(
    n for n in ADDRESS if not n.startswith(("dernier", "indiceRepetitionD", "identifiant", "coord"))
)
BLANK = pl.lit(None, pl.String)


def identified(
    own: pl.DataFrame, first: int = FIRST_OCCUPANT, last: int = LAST_OCCUPANT
) -> pl.DataFrame:
    """Establishments in the order of their SIRET, each of a legal unit, dates and forms drawn."""
    rng = generator("register", first, len(own))
    rows = own[rng.permutation(len(own))]
    size = len(rows)
    many = rng.choice(np.arange(1, 5), size, p=SIRET_A_SIREN)
    unit = np.repeat(np.arange(size), many)[:size]
    step = (last - first) // (int(unit[-1]) + 1) if size else 1
    numbers = first + unit * step
    rank = np.arange(size) - np.searchsorted(unit, unit)
    siren = failing(numbers, 9)
    nic = failing_siret(siren, rank)
    kind = rng.random(size)[unit] if size else np.empty(0)
    form = np.where(
        kind < PERSON,
        "1000",
        np.where(kind < PERSON + CIVIL, "6540", rng.choice(COMPANIES, size)[unit]),
    )
    created = rng.integers(1990, 2024, size)
    closed = np.minimum(created + rng.integers(1, 14, size), 2024)
    return rows.with_columns(
        siren=siren,
        siret=nic,
        form=pl.Series(form),
        is_partial=pl.Series(rng.random(size)[unit] < PARTIAL),
        created=_days(created, rng),
        closed=pl.when("is_closed").then(_days(np.maximum(closed, created + 1), rng)),
        activity=pl.Series(np.where(form == "6540", "68.20B", rng.choice(ACTIVITIES, size))),
        size_class=pl.Series(rng.choice(SIZES, size, p=np.array(SIZE_SHARES) / sum(SIZE_SHARES))),
        street=pl.Series(rng.integers(0, len(STREETS), size)),
        house=pl.Series(rng.integers(1, 200, size)),
        is_head=pl.Series(rank == 0),
    )


def failing_siret(siren: pl.Series, rank: np.ndarray) -> pl.Series:
    """SIRET: SIREN, rank of the establishment, a digit that fails."""
    numbers = siren.cast(pl.Int64).to_numpy() * 10_000 + rank + 1
    return failing(numbers, 14)


def _days(year: np.ndarray, rng: np.random.Generator) -> pl.Series:
    day = (year - 1970).astype("datetime64[Y]").astype("datetime64[D]")
    return pl.Series(day + rng.integers(0, 365, len(year))).cast(pl.String)


def stock(own: pl.DataFrame) -> pl.DataFrame:
    """StockEtablissement: every column of the producer, all text."""
    shown = ~pl.col("is_partial")

    def told(value: pl.Expr) -> pl.Expr:
        return pl.when(shown).then(value).otherwise(pl.lit(NOT_DIFFUSED))

    streets = pl.Series(STREETS)
    known = {
        "numeroVoie": told(pl.col("house").cast(pl.String)),
        "typeVoie": told(pl.lit("RUE")),
        "libelleVoie": told(pl.col("street").replace_strict(range(len(streets)), streets)),
        "codePostal": told(pl.col("commune_code").str.slice(0, 2) + "000"),
        "libelleCommune": pl.lit("COMMUNE FICTIVE"),
        "codeCommune": pl.col("commune_code"),
        "identifiantAdresse": told(pl.format("{}_{}", "commune_code", "street")),
    }
    return own.select(
        "siren",
        pl.col("siret").str.slice(9).alias("nic"),
        "siret",
        pl.when(shown)
        .then(pl.lit("O"))
        .otherwise(pl.lit("P"))
        .alias("statutDiffusionEtablissement"),
        pl.col("created").alias("dateCreationEtablissement"),
        pl.col("size_class").alias("trancheEffectifsEtablissement"),
        pl.when(pl.col("size_class") != "NN")
        .then(pl.lit("2023"))
        .alias("anneeEffectifsEtablissement"),
        BLANK.alias("activitePrincipaleRegistreMetiersEtablissement"),
        pl.lit("2025-11-03T08:12:44.000").alias("dateDernierTraitementEtablissement"),
        pl.when("is_head")
        .then(pl.lit("true"))
        .otherwise(pl.lit("false"))
        .alias("etablissementSiege"),
        pl.when("is_closed")
        .then(pl.lit("2"))
        .otherwise(pl.lit("1"))
        .alias("nombrePeriodesEtablissement"),
        *(known.get(n, BLANK).alias(f"{n}Etablissement") for n in ADDRESS),
        *(BLANK.alias(f"{n}2Etablissement") for n in SECOND_ADDRESS),
        pl.coalesce("closed", "created").alias("dateDebut"),
        pl.when("is_closed")
        .then(pl.lit("F"))
        .otherwise(pl.lit("A"))
        .alias("etatAdministratifEtablissement"),
        *(BLANK.alias(f"enseigne{i}Etablissement") for i in (1, 2, 3)),
        BLANK.alias("denominationUsuelleEtablissement"),
        pl.col("activity").alias("activitePrincipaleEtablissement"),
        pl.lit("NAFRev2").alias("nomenclatureActivitePrincipaleEtablissement"),
        pl.lit("O").alias("caractereEmployeurEtablissement"),
        pl.col("activity").alias("activitePrincipaleNAF25Etablissement"),
    )


def history(own: pl.DataFrame) -> pl.DataFrame:
    """StockEtablissementHistorique: one row an establishment and period."""
    begun = own.select(
        "siren", "siret", dateFin=pl.col("closed"), dateDebut=pl.col("created"), state=pl.lit("A")
    )
    ended = own.filter("is_closed").select(
        "siren", "siret", dateFin=BLANK, dateDebut=pl.col("closed"), state=pl.lit("F")
    )
    no = pl.lit("false")
    return (
        pl.concat([begun, ended])
        .sort("siret", "dateDebut")
        .select(
            "siren",
            pl.col("siret").str.slice(9).alias("nic"),
            "siret",
            "dateFin",
            "dateDebut",
            pl.col("state").alias("etatAdministratifEtablissement"),
            pl.lit("true").alias("changementEtatAdministratifEtablissement"),
            *(BLANK.alias(f"enseigne{i}Etablissement") for i in (1, 2, 3)),
            no.alias("changementEnseigneEtablissement"),
            BLANK.alias("denominationUsuelleEtablissement"),
            no.alias("changementDenominationUsuelleEtablissement"),
            BLANK.alias("activitePrincipaleEtablissement"),
            BLANK.alias("nomenclatureActivitePrincipaleEtablissement"),
            no.alias("changementActivitePrincipaleEtablissement"),
            pl.lit("O").alias("caractereEmployeurEtablissement"),
            no.alias("changementCaractereEmployeurEtablissement"),
        )
    )


def legal_units(own: pl.DataFrame, owners: pl.DataFrame) -> pl.DataFrame:
    """StockUniteLegale, 34 columns: occupants, and owners (siren, form, name)."""
    occupants = own.filter("is_head").select(
        "siren",
        "form",
        "is_partial",
        "created",
        name=pl.format("OCCUPANT FICTIF {}", pl.col("siren").str.slice(4)),
    )
    holders = owners.select(
        "siren",
        "form",
        pl.lit(value=False).alias("is_partial"),
        pl.lit("1999-03-01").alias("created"),
        "name",
    )
    rows = pl.concat([occupants, holders]).sort("siren")
    person = (pl.col("form") == "1000") | pl.col("is_partial")
    blanks = (
        *("sigleUniteLegale", "sexeUniteLegale", "prenom1UniteLegale", "prenom2UniteLegale"),
        *("prenom3UniteLegale", "prenom4UniteLegale", "prenomUsuelUniteLegale"),
        *("pseudonymeUniteLegale", "identifiantAssociationUniteLegale"),
        *("denominationUsuelle1UniteLegale", "denominationUsuelle2UniteLegale"),
        *("denominationUsuelle3UniteLegale", "nomUsageUniteLegale", "anneeEffectifsUniteLegale"),
        *("categorieEntreprise", "anneeCategorieEntreprise", "unitePurgeeUniteLegale"),
        *("economieSocialeSolidaireUniteLegale", "societeMissionUniteLegale"),
        "activitePrincipaleUniteLegale",
    )
    return rows.select(
        "siren",
        pl.when("is_partial")
        .then(pl.lit("P"))
        .otherwise(pl.lit("O"))
        .alias("statutDiffusionUniteLegale"),
        pl.col("created").alias("dateCreationUniteLegale"),
        *(BLANK.alias(n) for n in blanks),
        pl.lit("NN").alias("trancheEffectifsUniteLegale"),
        pl.lit("2025-11-03T08:12:44.000").alias("dateDernierTraitementUniteLegale"),
        pl.lit("1").alias("nombrePeriodesUniteLegale"),
        pl.col("created").alias("dateDebut"),
        pl.lit("A").alias("etatAdministratifUniteLegale"),
        pl.when(person).then(pl.lit(NOT_DIFFUSED)).alias("nomUniteLegale"),
        pl.when(~person).then("name").alias("denominationUniteLegale"),
        pl.col("form").alias("categorieJuridiqueUniteLegale"),
        pl.lit("NAFRev2").alias("nomenclatureActivitePrincipaleUniteLegale"),
        pl.lit("00012").alias("nicSiegeUniteLegale"),
        pl.lit("N").alias("caractereEmployeurUniteLegale"),
    )


def geolocated(own: pl.DataFrame) -> pl.DataFrame:
    """Coordinates with Insee's quality code; partial diffusion and some others are absent."""
    chance = generator("geolocated", len(own)).random(len(own))
    seen = own.with_columns(chance=pl.Series(chance)).filter(
        ~pl.col("is_partial"), pl.col("chance") >= ABSENT
    )
    zero = pl.col("chance") < ABSENT + NOWHERE
    web = to_web(seen.select("x", "y").to_numpy())
    outside = ("plg_qp24", "plg_zus", "plg_qp15", "plg_qva")
    good = ("qualite_qp24", "qualite_iris", "qualite_zus", "qualite_qp15", "qualite_qva")
    return seen.select(
        "siret",
        x=pl.when(zero).then(0.0).otherwise("x"),
        y=pl.when(zero).then(0.0).otherwise("y"),
        qualite_xy="quality",
        epsg=pl.lit("2154"),
        **{name: pl.lit("CSZ") for name in outside},
        plg_iris=BLANK,
        plg_code_commune="commune_code",
        distance_precision=pl.lit(0),
        **{name: pl.lit("1") for name in good},
        y_latitude=pl.Series(web[:, 1]),
        x_longitude=pl.Series(web[:, 0]),
    )


def write_register(
    folder: Path, own: pl.DataFrame, owners: pl.DataFrame
) -> list[tuple[str, Path, str]]:
    """The four files of the register: keys, paths and vintages."""
    paths = {
        "insee/sirene_stock": folder / "StockEtablissement_utf8.parquet",
        "insee/sirene_legal_units": folder / "StockUniteLegale_utf8.parquet",
        "insee/sirene_history": folder / "StockEtablissementHistorique_utf8.zip",
        "insee/sirene_geolocated": folder / "GeolocalisationEtablissement_Sirene.zip",
    }
    stock(own).write_parquet(paths["insee/sirene_stock"], row_group_size=122_880)
    legal_units(own, owners).write_parquet(
        paths["insee/sirene_legal_units"], row_group_size=122_880
    )
    with zipped(paths["insee/sirene_history"], "StockEtablissementHistorique_utf8.csv") as file:
        history(own).write_csv(file)
    with zipped(paths["insee/sirene_geolocated"], "GeolocalisationEtablissement.csv") as file:
        geolocated(own).write_csv(file, separator=";")
    return [(key, path, VINTAGE) for key, path in paths.items()]
