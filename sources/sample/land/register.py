"""Writes the Sirene files of the sample and answers of the geocoder, in their real layouts."""

from pathlib import Path

import numpy as np
import polars as pl

from sources.sample.land.cadastre import LEGAL_FORMS, owners
from sources.sample.land.files import packed, to_web
from sources.sample.land.occupiers import establishments
from sources.sample.world import FICTITIOUS, generator

VINTAGE = "2026-01"
PROCESSED = "2026-01-01T00:00:00"
ADDRESS = (
    "complementAdresse",
    "numeroVoie",
    "indiceRepetition",
    "typeVoie",
    "libelleVoie",
    "codePostal",
    "libelleCommune",
    "libelleCommuneEtranger",
    "distributionSpeciale",
    "codeCommune",
    "codeCedex",
    "libelleCedex",
    "codePaysEtranger",
    "libellePaysEtranger",
)
NOT_DIFFUSED = "[ND]"
# NAF 2025 has no division 45
NAF_2025 = {"45.20A": "95.31Y", "45.11Z": "47.81Y"}
# what owners do, by kind: their activity is that of the legal unit
OWNER_ACTIVITIES = {
    "company": ("25.62B", "46.90Z", "68.20B", "41.10C", "68.32A", "64.20Z"),
    "civil_company": ("68.20B",),
    "public_body": ("84.11Z",),
    "association": ("94.99Z",),
    "co_ownership": ("81.10Z",),
}


def write_stock(folder: Path) -> list[tuple[Path, str]]:
    """StockEtablissement in Parquet: 48 columns and the NAF 2025 one, all text."""
    own = _with_arrondissements(establishments())
    partial, street = pl.col("diffusion") == "P", pl.col("street").cast(pl.String)
    # who closed early keeps the code of the nomenclature of that time
    is_old = (pl.col("seen_closed") & (pl.col("closed") < "2009")).fill_null(value=False)
    known = {
        "codeCommune": pl.col("cadastre_commune"),
        "codePostal": pl.when(partial).then(pl.lit(NOT_DIFFUSED)).otherwise(pl.lit("13000")),
        "typeVoie": pl.when(partial).then(pl.lit(NOT_DIFFUSED)).otherwise(pl.lit("RUE")),
        "libelleVoie": pl.when(partial)
        .then(pl.lit(NOT_DIFFUSED))
        .otherwise(pl.format("IMAGINAIRE {}", street.fill_null("ANCIENNE"))),
        "numeroVoie": pl.when(partial).then(pl.lit(NOT_DIFFUSED)).otherwise(pl.lit("1")),
    }
    blank = pl.lit(None, pl.String)
    frame = own.select(
        "siren",
        pl.col("siret").str.slice(9).alias("nic"),
        "siret",
        pl.col("diffusion").alias("statutDiffusionEtablissement"),
        pl.col("created").alias("dateCreationEtablissement"),
        pl.col("size_class").alias("trancheEffectifsEtablissement"),
        pl.when(pl.col("size_class") != "NN")
        .then(pl.lit("2023"))
        .alias("anneeEffectifsEtablissement"),
        blank.alias("activitePrincipaleRegistreMetiersEtablissement"),
        pl.lit(PROCESSED).alias("dateDernierTraitementEtablissement"),
        pl.lit("true").alias("etablissementSiege"),
        pl.lit("1").alias("nombrePeriodesEtablissement"),
        *(known.get(n, blank).alias(f"{n}Etablissement") for n in ADDRESS),
        *(blank.alias(f"{n}2Etablissement") for n in ADDRESS),
        pl.when("seen_closed").then("closed").otherwise("created").alias("dateDebut"),
        pl.when("seen_closed")
        .then(pl.lit("F"))
        .otherwise(pl.lit("A"))
        .alias("etatAdministratifEtablissement"),
        *(blank.alias(f"enseigne{i}Etablissement") for i in (1, 2, 3)),
        blank.alias("denominationUsuelleEtablissement"),
        pl.when(is_old)
        .then(pl.lit("28.5D"))
        .otherwise("activity")
        .alias("activitePrincipaleEtablissement"),
        pl.when(is_old)
        .then(pl.lit("NAFRev1"))
        .otherwise(pl.lit("NAFRev2"))
        .alias("nomenclatureActivitePrincipaleEtablissement"),
        pl.lit("O").alias("caractereEmployeurEtablissement"),
        pl.when(~is_old)
        .then(pl.col("activity").replace(NAF_2025))
        .alias("activitePrincipaleNAF25Etablissement"),
    )
    path = folder / f"StockEtablissement_{FICTITIOUS}.parquet"
    frame.write_parquet(path)
    return [(path, VINTAGE)]


def _with_arrondissements(own: pl.DataFrame) -> pl.DataFrame:
    """Marseille by arrondissement, as the register writes it."""
    rng = generator("land/register")
    drawn = pl.Series([f"132{n:02d}" for n in rng.integers(1, 17, len(own))])
    return own.with_columns(
        cadastre_commune=pl.when(pl.col("commune_code") == "13055")
        .then(drawn)
        .otherwise("commune_code")
    )


def write_history(folder: Path) -> list[tuple[Path, str]]:
    """StockEtablissementHistorique as a zipped CSV: one row an establishment and period."""
    own = establishments()
    closed = own.filter("seen_closed")
    start = pl.col("created").str.replace(r"^19\d\d.*|^200[0-4].*", "1900-01-01")
    open_ = own.select(
        "siren",
        "siret",
        end=pl.when("seen_closed").then("closed"),
        start=start,
        state=pl.lit("A"),
    )
    shut = closed.select(
        "siren", "siret", end=pl.lit(None, pl.String), start="closed", state=pl.lit("F")
    )
    rows = pl.concat([open_, shut]).sort("siret", "start")
    blank = pl.lit(None, pl.String)
    frame = rows.select(
        "siren",
        pl.col("siret").str.slice(9).alias("nic"),
        "siret",
        pl.col("end").alias("dateFin"),
        pl.col("start").alias("dateDebut"),
        pl.col("state").alias("etatAdministratifEtablissement"),
        pl.lit("true").alias("changementEtatAdministratifEtablissement"),
        *(blank.alias(f"enseigne{i}Etablissement") for i in (1, 2, 3)),
        pl.lit("false").alias("changementEnseigneEtablissement"),
        blank.alias("denominationUsuelleEtablissement"),
        pl.lit("false").alias("changementDenominationUsuelleEtablissement"),
        blank.alias("activitePrincipaleEtablissement"),
        blank.alias("nomenclatureActivitePrincipaleEtablissement"),
        pl.lit("false").alias("changementActivitePrincipaleEtablissement"),
        pl.lit("O").alias("caractereEmployeurEtablissement"),
        pl.lit("false").alias("changementCaractereEmployeurEtablissement"),
    )
    path = folder / f"StockEtablissementHistorique_{FICTITIOUS}.csv"
    frame.write_csv(path)
    return [(packed(path.with_suffix(".zip"), path), VINTAGE)]


def write_legal_units(folder: Path) -> list[tuple[Path, str]]:
    """StockUniteLegale in Parquet: occupiers and owners; name columns of persons are blank."""
    occupiers = establishments().select(
        "siren",
        category="legal_category",
        diffusion="diffusion",
        name=pl.format("OCCUPANT FICTIF {}", pl.col("siren").str.slice(5)),
        activity="activity",
    )
    own = owners().filter(pl.col("siren").is_not_null())
    categories = {kind: form[0] for kind, form in LEGAL_FORMS.items()}
    rng = generator("land/legal_units")
    holders = own.select(
        "siren",
        category=pl.col("owner_kind").replace_strict(categories),
        diffusion=pl.Series(np.where(rng.random(len(own)) < 0.02, "P", "O")),
        name="name",
        activity=pl.Series(
            [str(rng.choice(OWNER_ACTIVITIES[kind])) for kind in own["owner_kind"]], dtype=pl.String
        ),
    )
    rows = pl.concat([occupiers, holders]).unique("siren", keep="first", maintain_order=True)
    person = (pl.col("category") == "1000") | (pl.col("diffusion") == "P")
    frame = rows.select(
        "siren",
        pl.col("diffusion").alias("statutDiffusionUniteLegale"),
        pl.when(person).then(pl.lit(NOT_DIFFUSED)).alias("nomUniteLegale"),
        pl.when(~person).then("name").alias("denominationUniteLegale"),
        pl.col("category").alias("categorieJuridiqueUniteLegale"),
        pl.lit(PROCESSED).alias("dateDernierTraitementUniteLegale"),
        pl.lit("A").alias("etatAdministratifUniteLegale"),
        pl.col("activity").alias("activitePrincipaleUniteLegale"),
        pl.lit("NAFRev2").alias("nomenclatureActivitePrincipaleUniteLegale"),
        pl.lit("NN").alias("trancheEffectifsUniteLegale"),
    )
    path = folder / f"StockUniteLegale_{FICTITIOUS}.parquet"
    frame.write_parquet(path)
    return [(path, VINTAGE)]


def write_geolocated(folder: Path) -> list[tuple[Path, str]]:
    """Coordinates with Insee's quality code; partial diffusion and some others are absent.

    But for who came under partial diffusion since: the file is a month older than the register.
    """
    shown = (pl.col("diffusion") == "O") | pl.col("is_lately_partial")
    own = establishments().filter(shown & (pl.col("dirt") != "absent"))
    longitude, latitude = to_web().transform(own["x"].to_numpy(), own["y"].to_numpy())
    zero = pl.col("dirt") == "zero"
    frame = own.select(
        "siret",
        x=pl.when(zero).then(0.0).otherwise("x"),
        y=pl.when(zero).then(0.0).otherwise("y"),
        qualite_xy="quality",
        epsg=pl.lit("2154"),
        plg_qp24=pl.lit("CSZ"),
        plg_iris=pl.lit(None, pl.String),
        plg_zus=pl.lit("CSZ"),
        plg_qp15=pl.lit("CSZ"),
        plg_qva=pl.lit("CSZ"),
        plg_code_commune="commune_code",
        distance_precision=pl.lit(0),
        qualite_qp24=pl.lit("1"),
        qualite_iris=pl.lit("1"),
        qualite_zus=pl.lit("1"),
        qualite_qp15=pl.lit("1"),
        qualite_qva=pl.lit("1"),
        y_latitude=pl.Series(np.round(latitude, 7)),
        x_longitude=pl.Series(np.round(longitude, 7)),
    )
    path = folder / f"GeolocalisationEtablissement_{FICTITIOUS}.csv"
    frame.write_csv(path, separator=";")
    return [(packed(path.with_suffix(".zip"), path), VINTAGE)]


def write_geocoding(folder: Path) -> list[tuple[Path, str]]:
    """What the address geocoder answers for establishments that are in no geolocation file."""
    own = establishments().filter((pl.col("diffusion") == "O") & (pl.col("dirt") == "absent"))
    rng = generator("land/geocoding")
    longitude, latitude = to_web().transform(own["x"].to_numpy(), own["y"].to_numpy())
    exact = rng.random(len(own)) < 0.7
    frame = own.select(
        "siret",
        adresse=pl.lit("1 RUE IMAGINAIRE"),
        citycode="commune_code",
        longitude=pl.Series(np.round(longitude, 6)),
        latitude=pl.Series(np.round(latitude, 6)),
        result_score=pl.Series(np.where(exact, 0.93, 0.51)),
        result_type=pl.Series(np.where(exact, "housenumber", "municipality")),
        result_citycode="commune_code",
    )
    path = folder / f"geocodage_{FICTITIOUS}.csv"
    frame.write_csv(path)
    return [(path, VINTAGE)]


WRITERS = {
    "insee/sirene_stock": write_stock,
    "insee/sirene_history": write_history,
    "insee/sirene_legal_units": write_legal_units,
    "insee/sirene_geolocated": write_geolocated,
    "ban/geocoding": write_geocoding,
}
