"""Sales, brownfields, consumption, permits, installations and reserves, as producers write them."""

import gzip
from pathlib import Path

import numpy as np
import orjson
import polars as pl
import shapely

from benchmarks.drawn.places import french_communes, generator
from sources.sample.land.files import geopackage, layer
from sources.sample.land.planning import installation_record
from sources.sample.land.records import DESTINATIONS, FLOWS, GEO

File = tuple[str, Path, str]
TRADE = "Local industriel. commercial ou assimilé"
PREMISES = {"": "", "1": "Maison", "2": "Appartement", "3": "Dépendance", "4": TRADE}
FRICHES = (
    *("site_id", "site_nom", "site_type", "site_identif_date", "site_actu_date", "site_url"),
    *("site_securite", "site_occupation", "site_statut", "activite_libelle", "comm_nom"),
    *("comm_insee", "bati_type", "bati_nombre", "bati_pollution", "bati_vacance"),
    *("bati_patrimoine", "bati_etat", "local_ancien_annee", "local_recent_annee", "proprio_type"),
    *("proprio_personne", "proprio_nom", "sol_pollution_existe", "sol_pollution_origine"),
    *("unite_fonciere_surface", "unite_fonciere_refcad", "urba_zone_type", "urba_zone_lib"),
    *("urba_doc_type", "source_nom", "source_url", "source_producteur", "geompoint"),
)
BLANK = pl.lit(None, pl.String)
PERMIT_PEOPLE, FACILITY_PEOPLE = 120, 1_500


def write_sales(folder: Path, department: str, lines: pl.DataFrame) -> list[File]:
    """geo-DVF: a packed file a year, 40 columns; one line in sixty stands twice."""
    rng = generator("sales", "twice", department)
    again = lines.filter(pl.Series(rng.random(len(lines)) < 1 / 60))
    every = pl.concat([lines, again]).sort("date", "code", "sale", maintain_order=True)
    name = pl.struct("code", "sale").rank("dense")
    known = {
        "id_mutation": pl.format("{}-{}", pl.col("date").dt.year(), name + 500_000),
        "date_mutation": pl.col("date").cast(pl.String),
        "numero_disposition": pl.lit("000001"),
        "nature_mutation": pl.col("nature"),
        "valeur_fonciere": pl.col("price"),
        "adresse_numero": pl.col("sale") % 80 + 1,
        "adresse_nom_voie": pl.lit("RUE IMAGINAIRE"),
        "adresse_code_voie": pl.lit("0105"),
        "code_postal": pl.col("department") + "000",
        "code_commune": pl.col("code"),
        "nom_commune": pl.lit("Commune fictive"),
        "code_departement": pl.col("department"),
        "id_parcelle": pl.col("parcel_id"),
        "nombre_lots": pl.lit(0),
        "code_type_local": pl.col("local"),
        "type_local": pl.col("local").replace_strict(PREMISES),
        "surface_reelle_bati": pl.col("built_m2"),
        "code_nature_culture": pl.col("land"),
        "nature_culture": pl.lit("sols"),
        "surface_terrain": pl.col("land_m2"),
        "longitude": pl.col("longitude"),
        "latitude": pl.col("latitude"),
    }
    frame = every.select("date", *(known.get(h, BLANK).alias(h) for h in GEO))
    found: list[File] = []
    for (year,), own in frame.group_by(pl.col("date").dt.year(), maintain_order=True):
        path = folder / f"dvf-{year}-{department}.csv.gz"
        text = own.drop("date").write_csv(quote_style="never").encode()
        path.write_bytes(gzip.compress(text, 4, mtime=0))
        found.append(("dgfip/dvf_geolocated", path, f"{year}.{department}"))
    return found


def write_records(
    folder: Path,
    departments: list[str],
    scale: float,
    brownfields: pl.DataFrame,
    parks: pl.DataFrame,
) -> list[File]:
    """Files that are one for all départements: list of brownfields, flows, permits and others.

    ``parks`` are places (x, y, commune_code) of establishments in parks.
    """
    own = french_communes().filter(
        pl.col("department_code").is_in(departments), pl.col("commune_type") == "COM"
    )
    return [
        ("cerema/brownfields", _brownfields(folder, brownfields), "2025"),
        ("cerema/land_consumption", _consumption(folder, own), "2025"),
        ("sdes/sitadel_premises", _premises(folder, own, scale), "2025"),
        ("georisques/installations", _installations(folder, parks, own, scale), "2026"),
        ("inpn/protected_areas", _protected(folder, parks), "2026"),
        ("survey/occupation", _survey(folder, brownfields), "2025"),
    ]


def _brownfields(folder: Path, rows: pl.DataFrame) -> Path:
    """The national file: parcels in braces, numbers as 1.0, most columns blank."""
    known = {
        "site_id": pl.format("{}_9{}", "commune_code", pl.int_range(pl.len())),
        "site_nom": pl.format("Friche imaginaire {}", pl.int_range(pl.len())),
        "site_type": pl.lit("friche industrielle"),
        "site_identif_date": pl.lit("2024-03-01"),
        "site_actu_date": pl.lit("2025-03-01"),
        "site_statut": pl.when("is_real")
        .then(pl.lit("friche sans projet"))
        .otherwise(pl.lit("friche potentielle")),
        "comm_nom": pl.lit("COMMUNE FICTIVE"),
        "comm_insee": pl.col("commune_code"),
        "bati_nombre": pl.lit("1.0"),
        "bati_pollution": pl.lit("inconnu"),
        "proprio_personne": pl.lit("personne morale"),
        "sol_pollution_existe": pl.lit("pollution supposée"),
        "unite_fonciere_surface": pl.col("area"),
        "unite_fonciere_refcad": pl.col("parcels"),
        "urba_zone_type": pl.lit("U"),
        "urba_doc_type": pl.lit("PLU"),
        "source_nom": pl.lit("données inventées"),
        "source_producteur": pl.lit("données inventées"),
        "geompoint": pl.format("POINT ({} {})", "longitude", "latitude"),
    }
    path = folder / "cartofriches-2025.csv"
    frame = rows.select(known.get(h, BLANK).alias(h) for h in FRICHES)
    frame.write_csv(path, separator=";")
    return path


def _consumption(folder: Path, communes: pl.DataFrame) -> Path:
    """conso_com.csv: yearly flows by destination and their total, with a byte-order mark."""
    rng = generator("consumption", *communes["department_code"].unique().sort())
    weight = communes["population_count"].to_numpy() ** 0.45
    columns: dict[str, pl.Series] = {
        "idcom": communes["commune_code"],
        "idcomtxt": communes["commune_label"],
        "iddep": communes["department_code"],
    }
    whole = np.zeros(len(communes), dtype=np.int64)
    for year in FLOWS:
        a, b = year % 100, (year + 1) % 100
        pace = 90 * weight * np.exp(rng.normal(0, 0.6, len(communes)))
        shares = rng.dirichlet([5, 2.6, 0.5, 0.6, 0.1, 0.4], len(communes))
        flows = np.round(pace[:, None] * shares).astype(np.int64)
        columns[f"naf{a}art{b}"] = pl.Series(flows.sum(axis=1))
        columns |= {
            f"art{a}{name}{b}": pl.Series(flows[:, at]) for at, name in enumerate(DESTINATIONS)
        }
        whole += flows.sum(axis=1)
    path = folder / "conso_com.csv"
    frame = pl.DataFrame({**columns, "naf11art25": pl.Series(whole)})
    path.write_bytes(b"\xef\xbb\xbf" + frame.write_csv().encode())
    return path


def _premises(folder: Path, communes: pl.DataFrame, scale: float) -> Path:
    """Sitadel: permits for premises, the columns that are read among its 109."""
    rng = generator("premises", *communes["department_code"].unique().sort())
    size = max(20, int(scale * communes["population_count"].sum() / PERMIT_PEOPLE))
    weight = communes["population_count"].to_numpy()
    at = rng.choice(len(communes), size, p=weight / weight.sum())
    named = rng.random(size) < 2 / 3
    frame = communes[at].select(
        REG="region_code",
        DEP="department_code",
        COMM="commune_code",
        TYPE_DAU=pl.lit("PC"),
        NUM_DAU=pl.format("PC{}INV{}", "department_code", pl.int_range(pl.len())),
        ETAT_DAU=pl.Series(rng.choice(["2", "4", "5", "6"], size, p=[0.35, 0.12, 0.2, 0.33])),
        DATE_REELLE_AUTORISATION=pl.Series([f"{y}-05-12" for y in rng.integers(2014, 2026, size)]),
        DESTINATION_PRINCIPALE=pl.Series(rng.choice([*"34568"], size)),
        SURF_LOC_CREEE=pl.Series(rng.integers(80, 9_000, size)),
        SIREN_DEM=pl.when(pl.Series(named)).then(
            pl.Series(rng.integers(0, 10**6, size))
            .cast(pl.String)
            .str.zfill(7)
            .str.pad_start(9, "9")
        ),
    )
    path = folder / "sitadel-locaux-2025.csv"
    frame.write_csv(path, separator=";")
    return path


def _installations(folder: Path, parks: pl.DataFrame, communes: pl.DataFrame, scale: float) -> Path:
    """Records of the Géorisques API; the first has no coordinates."""
    rng = generator("installations", len(parks))
    size = min(
        len(parks), max(3, int(scale * communes["population_count"].sum() / FACILITY_PEOPLE))
    )
    own = parks[np.sort(rng.choice(len(parks), size, replace=False))]
    seveso = rng.choice(
        ["Non Seveso", "Seveso seuil bas", "Seveso seuil haut"], size, p=[0.92, 0.04, 0.04]
    )
    rows = own.with_columns(seveso=pl.Series(seveso.astype(str))).to_dicts()
    records = [installation_record(rank, row) for rank, row in enumerate(rows)]
    path = folder / "installations_classees.json"
    path.write_bytes(orjson.dumps(records))
    return path


def _protected(folder: Path, parks: pl.DataFrame) -> Path:
    """Protected areas, which reach into some parks."""
    rng = generator("protected", len(parks))
    size = min(len(parks), max(2, len(parks) // 400))
    own = parks[rng.choice(len(parks), size, replace=False)].select("x", "y").to_numpy()
    middle = own + rng.normal(0, 900, own.shape)
    shapes = shapely.buffer(shapely.points(middle), rng.uniform(150, 700, size), quad_segs=30)
    names = [f"Réserve imaginaire {i}" for i in range(size)]
    rows = pl.DataFrame({"nom_site": names}).with_columns(type=pl.lit("réserve"))
    path = folder / "espaces-proteges.gpkg"
    return geopackage(path, layer(rows, shapes), "espaces_proteges")


def _survey(folder: Path, brownfields: pl.DataFrame) -> Path:
    """The observatory's own form: some parcels of listed brownfields seen on foot."""
    first = brownfields["parcels"].str.strip_chars("{}").str.split(",").list.first()
    lines = ["parcel_id;state;observed_on;origin;note"]
    lines += [f"{parcel};vacant;2025-10-14;enquête;relevé inventé" for parcel in first[::4]]
    path = folder / "enquete-occupation-2025.csv"
    path.write_text("\n".join([*lines, ""]), "utf-8")
    return path
