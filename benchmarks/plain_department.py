"""The same steps as the land theme in plain GeoPandas and pandas: the rival of one département.

    python -m benchmarks.plain_department FOLDER --department 13 --to OUT

FOLDER is what ``benchmarks.true_size`` drew. Written as somebody who knows GeoPandas would for one
département and these files: only the columns used, Arrow where pyogrio has it, candidates by
spatial index before each overlay, vectorised throughout. It draws the same units (owner and ground
that touches, inside sites), says who is in them, what is built, what is free, what rules forbid,
what land sells for, and writes units, establishments and prices. It checks nothing, tells of no
line that it leaves out, and makes no release.
"""

import argparse
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely

from benchmarks.measuring import tell

LAMBERT = "EPSG:2154"
CIVIL = ["6540", "6541", "6542", "6543", "6544"]
PUBLIC_GROUPS = ["1", "2", "3", "4", "9"]
BEGIN, END = pd.Timestamp("2023-01-01"), pd.Timestamp("2025-01-01")
OWNERS = {
    "Département": "dep",
    "Code Commune": "com",
    "Préfixe": "prefix",
    "Section": "section",
    "N° plan": "plan",
    "Code droit - par": "right",
    "N° SIREN - par": "owner",
    "Groupe personne - par": "group",
}
SALES = {
    "id_mutation": "str",
    "date_mutation": "str",
    "nature_mutation": "str",
    "numero_disposition": "str",
    "valeur_fonciere": "float64",
    "code_commune": "str",
    "id_parcelle": "str",
    "code_type_local": "str",
    "surface_reelle_bati": "float64",
    "code_nature_culture": "str",
    "surface_terrain": "float64",
}


def read_layer(path: Path, columns: list[str], **options: object) -> gpd.GeoDataFrame:
    """A layer in Lambert-93, shapes valid, those without any left out."""
    place = f"/vsigzip/{path}" if path.suffix == ".gz" else str(path)
    if path.suffix == ".zip":
        place = f"/vsizip/{path}"
    frame = pyogrio.read_dataframe(place, columns=columns, use_arrow=True, **options)
    frame = frame[frame.geometry.notna() & ~frame.geometry.is_empty].to_crs(LAMBERT)
    broken = ~frame.geometry.is_valid
    frame.loc[broken, frame.geometry.name] = frame.geometry[broken].make_valid()
    flat = frame.geometry.geom_type.isin(
        ["Polygon", "MultiPolygon", "LineString", "MultiLineString"]
    )
    return frame[flat].reset_index(drop=True)


def read_parcels(files: dict[str, list[Path]]) -> gpd.GeoDataFrame:
    """Parcels with the account that holds them."""
    parcels = read_layer(files["cadastre/parcels"][0], ["id", "commune", "contenance"])
    parcels = parcels[parcels["id"].str.len() == 14].drop_duplicates()
    parcels = parcels.drop_duplicates("id", keep=False)
    rows = pd.read_csv(
        files["dgfip/legal_person_parcels"][0],
        sep=";",
        encoding="latin-1",
        dtype="str",
        usecols=list(OWNERS),
    ).rename(columns=OWNERS)
    rows = rows[rows["right"] == "P"]
    rows["id"] = (
        rows["dep"]
        + rows["com"].str.zfill(3)
        + rows["prefix"].str.strip().str.zfill(3)
        + rows["section"].str.zfill(2)
        + rows["plan"].str.zfill(4)
    )
    return parcels.merge(rows.drop_duplicates("id")[["id", "owner", "group"]], on="id", how="left")


def cut_off(layer: gpd.GeoDataFrame, better: gpd.GeoSeries) -> gpd.GeoDataFrame:
    """Sites without the ground of better ones; strips along these are no site."""
    over = area_within(layer, better)
    whole, touched = layer[over < 1], layer[over >= 1]
    if touched.empty:
        return whole
    left = gpd.overlay(touched, gpd.GeoDataFrame(geometry=better), how="difference")
    parts = left.explode(ignore_index=True)
    wide = ~parts.geometry.buffer(-10, join_style="mitre").is_empty
    ground = parts[(parts.geometry.area >= 2_000) & wide]
    sites = ground.dissolve(["site_id", "site_name"], dropna=False).reset_index()
    return pd.concat([whole, sites[layer.columns]], ignore_index=True)


def read_sites(files: dict[str, list[Path]]) -> gpd.GeoDataFrame:
    """Sites of the best source each, best first; what a better one holds is cut off."""
    sources = [
        (files["cnig/economic_sites"][0], ["site_id", "site_nom"], {}),
        (files["region_sud/economic_areas"][0], ["id_eae", "nom_eae"], {}),
        (files["cerema/fusac"][0], ["site_id", "site_nom"], {"layer": "fusac_site_eco"}),
        (files["ign/activity_areas"][0], ["cleabs", "toponyme", "categorie"], {}),
    ]
    chosen: gpd.GeoDataFrame | None = None
    for path, columns, options in sources:
        layer = read_layer(path, columns, **options)
        if "categorie" in layer:
            layer = layer[layer["categorie"] == "Industriel et commercial"]
        layer = layer[[columns[0], columns[1], "geometry"]].set_axis(
            ["site_id", "site_name", "geometry"], axis=1
        )
        layer = layer.set_geometry("geometry").reset_index(drop=True)
        if chosen is not None:
            layer = cut_off(layer, chosen.geometry)
        chosen = layer if chosen is None else pd.concat([chosen, layer], ignore_index=True)
    assert chosen is not None
    return chosen.assign(site=range(len(chosen)))


def area_within(frame: gpd.GeoDataFrame, others: gpd.GeoSeries) -> np.ndarray:
    """Area of each shape under any of the others."""
    own = gpd.GeoDataFrame(
        {"at": range(len(frame))}, geometry=frame.geometry.to_numpy(), crs=LAMBERT
    )
    at, other = others.sindex.query(own.geometry, predicate="intersects")
    if not len(at):
        return np.zeros(len(frame))
    pieces = own.geometry.to_numpy()[at]
    cut = shapely.intersection(pieces, others.to_numpy()[other])
    single = pd.Series(at).duplicated(keep=False).to_numpy()
    area = np.zeros(len(frame))
    np.add.at(area, at[~single], shapely.area(cut[~single]))
    if single.any():
        several = gpd.GeoDataFrame({"at": at[single]}, geometry=cut[single], crs=LAMBERT)
        merged = several.dissolve("at")
        area[merged.index.to_numpy()] += merged.geometry.area.to_numpy()
    return area


def draw_units(
    parcels: gpd.GeoDataFrame, sites: gpd.GeoDataFrame
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Units (touching ground of one owner in a site) and the parcels of each."""
    near = parcels.sindex.query(sites.geometry, predicate="intersects")[1]
    close = parcels.iloc[np.unique(near)]
    close = close.assign(whole=close.geometry.area)
    cut = gpd.overlay(close, sites[["site", "geometry"]], how="intersection", keep_geom_type=True)
    area = cut.geometry.area
    cut = cut[(area >= 0.5 * cut["whole"]) | (area >= 2_000)].assign(area=area)
    cut = cut.sort_values("area", ascending=False).drop_duplicates("id")
    cut["account"] = cut["owner"].fillna(cut["id"])
    units = cut.dissolve(
        ["site", "account"], aggfunc={"commune": "first", "group": "first", "contenance": "sum"}
    )
    units = units.explode().reset_index()
    units["area_m2"] = units.geometry.area
    units = units[units["area_m2"] >= 20].reset_index(drop=True)
    units["unit"] = units.index
    spots = cut.set_geometry(cut.geometry.representative_point())
    links = gpd.sjoin(spots[["id", "geometry"]], units[["unit", "geometry"]], predicate="within")
    return units, links[["id", "unit"]].drop_duplicates("id")


def add_buildings(units: gpd.GeoDataFrame, buildings: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Footprint, share, lanes, and the free parts where a strip of 30 m fits."""
    near = np.unique(buildings.sindex.query(units.geometry, predicate="intersects")[1])
    close = buildings.geometry.iloc[near]
    units["built_m2"] = area_within(units, close)
    units["built_pct"] = 100 * units["built_m2"] / units["area_m2"]
    kept_clear = gpd.GeoDataFrame(geometry=close.buffer(5, join_style="mitre"), crs=LAMBERT)
    pairs = gpd.sjoin(kept_clear, units[["unit", "geometry"]], predicate="intersects")
    taken = pairs.dissolve("unit").geometry.reindex(units["unit"])
    free = units.geometry.difference(taken.set_axis(units.index).fillna(shapely.Polygon()))
    units["divisible"] = keep_wide(free)
    units["is_common"] = (
        units["group"].isin(PUBLIC_GROUPS) & (units["built_pct"] < 2) & are_strips(units.geometry)
    )
    return units


def keep_wide(free: gpd.GeoSeries) -> gpd.GeoSeries:
    """What of each shape is 30 m wide."""
    return free.buffer(-15, join_style="mitre").buffer(15, join_style="mitre").intersection(free)


def are_strips(shapes: gpd.GeoSeries) -> np.ndarray:
    """Shapes under 16 m wide and four times as long, straight (by the rectangle around) or bent."""
    area, around = shapes.area, shapes.minimum_rotated_rectangle()
    width, across = sides(area, shapes.length), sides(around.area, around.length)
    narrow = (width < 16) & (area >= 4 * width**2)
    return narrow & ((around.area >= 4 * across**2) | (area < 0.5 * around.area))


def sides(area: pd.Series, length: pd.Series) -> pd.Series:
    """The shorter side of the rectangle that has an area and a perimeter."""
    half = length / 2
    return (half - np.sqrt(np.maximum(half**2 - 4 * area, 0))) / 2


def read_establishments(files: dict[str, list[Path]], department: str) -> gpd.GeoDataFrame:
    """Establishments of the département that may be told of, with place and activity."""
    suffix = "Etablissement"
    stock = pd.read_parquet(
        files["insee/sirene_stock"][0],
        columns=[
            "siret",
            f"codeCommune{suffix}",
            f"statutDiffusion{suffix}",
            f"trancheEffectifs{suffix}",
            f"activitePrincipale{suffix}",
            f"etatAdministratif{suffix}",
        ],
    )
    stock.columns = ["siret", "commune", "diffusion", "size", "naf", "state"]
    stock = stock[stock["commune"].str.startswith(department) & (stock["diffusion"] == "O")]
    legal = pd.read_parquet(
        files["insee/sirene_legal_units"][0], columns=["siren", "categorieJuridiqueUniteLegale"]
    ).rename(columns={"categorieJuridiqueUniteLegale": "form"})
    places = pd.read_csv(
        files["insee/sirene_geolocated"][0],
        sep=";",
        usecols=["siret", "x", "y", "qualite_xy", "epsg"],
        dtype={"siret": "str", "qualite_xy": "str", "epsg": "str"},
        engine="pyarrow",
    )
    places["siret"] = places["siret"].astype("str").str.zfill(14)
    own = stock.assign(siren=stock["siret"].str[:9]).merge(legal, on="siren", how="left")
    own = own.merge(places, on="siret", how="left").merge(periods(files), on="siret", how="left")
    points = gpd.points_from_xy(own["x"], own["y"])
    return gpd.GeoDataFrame(own, geometry=points, crs=LAMBERT)


def periods(files: dict[str, list[Path]]) -> pd.DataFrame:
    """Whether each establishment was active in the two years that count, and when it closed."""
    history = pd.read_csv(
        files["insee/sirene_history"][0],
        usecols=["siret", "dateDebut", "dateFin", "etatAdministratifEtablissement"],
        dtype="str",
        engine="pyarrow",
    )
    open_ = history[history["etatAdministratifEtablissement"] == "A"]
    start = pd.to_datetime(open_["dateDebut"].astype("str"), errors="coerce").fillna(
        pd.Timestamp("1900-01-01")
    )
    stop = pd.to_datetime(open_["dateFin"].astype("str"), errors="coerce").fillna(
        pd.Timestamp("2200-01-01")
    )
    told = pd.DataFrame(
        {
            "siret": open_["siret"].astype("str").str.zfill(14),
            "active": (start <= END) & (stop >= BEGIN),
            "known": start <= END,
            "closed": stop,
        }
    )
    return told.groupby("siret", as_index=False).agg(
        {"active": "max", "known": "max", "closed": "max"}
    )


def place(own: gpd.GeoDataFrame, parcels: gpd.GeoDataFrame) -> pd.DataFrame:
    """Each establishment with the parcel it lies in, or the nearest within 15 m."""
    located = own[own["x"].gt(0) & own["qualite_xy"].astype("str").isin(["11", "21", "12", "22"])]
    inside = gpd.sjoin(located, parcels[["id", "geometry"]], predicate="within", how="left")
    inside = inside.drop_duplicates("siret").assign(on_it=True)
    lost = inside[inside["id"].isna()].drop(columns=["id", "index_right"])
    near = gpd.sjoin_nearest(lost, parcels[["id", "geometry"]], max_distance=15)
    return pd.concat([inside[inside["id"].notna()], near.drop_duplicates("siret")])


def add_occupation(
    units: gpd.GeoDataFrame, links: pd.DataFrame, placed: pd.DataFrame, files: dict[str, list[Path]]
) -> gpd.GeoDataFrame:
    """Occupied, vacant, free or not to be told, by the establishments of each unit."""
    firms = placed.merge(links, on="id")
    firms = firms[~firms["form"].isin(CIVIL) & firms["known"].fillna(False).astype(bool)]
    firms["on_it"] = firms["on_it"].eq(True)
    firms["exact"] = firms["qualite_xy"].astype("str").isin(["11", "21"])
    active = firms["active"].fillna(False).astype(bool)
    counts = pd.DataFrame(
        {
            "active_count": firms[active & firms["exact"]].groupby("unit").size(),
            "on_it_count": firms[active & firms["exact"] & firms["on_it"]].groupby("unit").size(),
            "street_count": firms[active & ~firms["exact"]].groupby("unit").size(),
            "closed_count": firms[~active & firms["exact"]].groupby("unit").size(),
        }
    )
    units = units.join(counts, on="unit")
    units[counts.columns] = units[counts.columns].fillna(0).astype(int)
    listed = pd.read_csv(files["cerema/brownfields"][0], sep=";", dtype="str")
    listed = listed[listed["site_statut"].isin(["friche sans projet", "friche avec projet"])]
    ids = listed["unite_fonciere_refcad"].str.strip("{}").str.split(",").explode()
    share = links["id"].isin(ids).groupby(links["unit"]).mean()
    units["is_brownfield"] = units["unit"].map(share).fillna(0) >= 0.5
    units["state"] = np.select(
        [
            units["is_common"] & (units["on_it_count"] == 0),
            units["active_count"] > 0,
            (units["closed_count"] > 0) & (units["street_count"] > 0),
            units["street_count"] > 0,
            (units["closed_count"] > 0) | units["is_brownfield"],
            units["built_pct"] < 2,
        ],
        ["common", "occupied", "undetermined", "occupied", "vacant", "free"],
        "undetermined",
    )
    return units


def add_constraints(units: gpd.GeoDataFrame, files: dict[str, list[Path]]) -> gpd.GeoDataFrame:
    """What plans and nature forbid or set conditions to; how far roads and stops are."""
    zoning = read_layer(files["gpu/zoning"][0], ["libelle", "typezone"])
    plans = read_layer(files["ddtm/risk_plans"][0], ["typereg"])
    easements = read_layer(files["gpu/easements"][0], ["suptype"])
    nature = read_layer(files["inpn/protected_areas"][0], ["nom_site"])
    roads = read_layer(files["ign/roads"][0], ["importance"])
    forbidding = zoning["typezone"].str.contains(r"^[AN](?:[a-z]|$)")
    red = plans["typereg"] == "03"
    layers = {
        "zone_forbidden_m2": zoning.geometry[forbidding],
        "zone_conditional_m2": zoning.geometry[zoning["typezone"].str.startswith("AUs")],
        "risk_forbidden_m2": plans.geometry[red],
        "risk_conditional_m2": pd.concat(
            [plans.geometry[~red], easements.geometry[easements["suptype"].isin(["pm1", "pm3"])]]
        ),
        "protected_m2": nature.geometry,
    }
    units["divisible_m2"] = measure_divisible(
        units, pd.concat([zoning.geometry[forbidding], plans.geometry[red]])
    )
    for name, shapes in layers.items():
        units[name] = area_within(units, gpd.GeoSeries(shapes, crs=LAMBERT))
    economic = zoning.geometry[zoning["libelle"].str.contains(r"^U(?:E|X|I)")]
    units["economic_m2"] = area_within(units, economic)
    stops = pd.read_csv(files["transport/stops"][0], usecols=["stop_lon", "stop_lat"])
    spots = gpd.GeoSeries.from_xy(stops["stop_lon"], stops["stop_lat"], crs="EPSG:4326").to_crs(
        LAMBERT
    )
    sites = pd.read_json(files["georisques/installations"][0])
    seveso = sites[sites["statutSeveso"].str.contains("seuil")]
    danger = gpd.GeoSeries.from_xy(
        seveso["coordonneeXAIOT"], seveso["coordonneeYAIOT"], crs=LAMBERT
    )
    units["road_m"] = distance(units, roads.geometry[roads["importance"].isin(["1", "2"])])
    units["stop_m"] = distance(units, spots)
    units["is_near_seveso"] = distance(units, danger.dropna()) <= 300
    units.attrs["economic"] = economic
    return units


def measure_divisible(units: gpd.GeoDataFrame, red: gpd.GeoSeries) -> pd.Series:
    """Largest part that is still 30 m wide once what is forbidden is taken away."""
    free = gpd.GeoSeries(units.pop("divisible"), crs=LAMBERT)
    own = gpd.GeoDataFrame({"unit": units["unit"]}, geometry=free, crs=LAMBERT)
    pairs = gpd.sjoin(gpd.GeoDataFrame(geometry=red, crs=LAMBERT), own, predicate="intersects")
    taken = pairs.dissolve("unit").geometry
    free.loc[taken.index] = keep_wide(free.loc[taken.index].difference(taken))
    parts = free.explode()
    largest = parts.area.groupby(parts.index).max()
    return largest.reindex(units.index).fillna(0.0)


def distance(units: gpd.GeoDataFrame, others: gpd.GeoSeries) -> np.ndarray:
    """Metres from each unit to the nearest of the others."""
    at, away = others.sindex.nearest(units.geometry, return_all=False, return_distance=True)
    found = np.full(len(units), np.nan)
    found[at[0]] = away
    return found


def compute_prices(
    files: dict[str, list[Path]],
    parcels: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    economic: gpd.GeoSeries,
) -> pd.DataFrame:
    """Median €/m² of land and premises of firms by commune, over five years."""
    lines = pd.concat(
        pd.read_csv(path, usecols=list(SALES), dtype=SALES)
        for path in files["dgfip/dvf_geolocated"]
    ).drop_duplicates()
    sold = parcels[parcels["id"].isin(lines["id_parcelle"])]
    areas = pd.concat([sites.geometry, economic], ignore_index=True)
    spots = sold.set_geometry(sold.geometry.representative_point())[["id", "geometry"]]
    hits = np.unique(areas.sindex.query(spots.geometry, predicate="within")[0])
    lines["in_area"] = lines["id_parcelle"].isin(spots["id"].iloc[hits])
    sales = lines.groupby("id_mutation").agg(
        nature=("nature_mutation", "first"),
        price=("valeur_fonciere", "first"),
        commune=("code_commune", "first"),
        land_m2=("surface_terrain", "sum"),
        built_m2=("surface_reelle_bati", "sum"),
        kinds=("code_type_local", lambda kinds: ",".join(sorted(set(kinds.dropna())))),
        inside=("in_area", "all"),
    )
    sales = sales[
        (sales["nature"] == "Vente") & (sales["price"] >= 100) & sales["kinds"].isin(["", "4"])
    ]
    bare = sales["kinds"] == ""
    sales = sales[~bare | sales["inside"]]
    sales["market"] = np.where(sales["kinds"] == "", "land", "premises")
    size = np.where(sales["market"] == "land", sales["land_m2"], sales["built_m2"])
    sales["eur_m2"] = sales["price"] / size
    return sales.groupby(["commune", "market", "inside"])["eur_m2"].describe().reset_index()


def listed(folder: Path, department: str) -> dict[str, list[Path]]:
    """Files of the département and those of all, by source."""
    rows = pd.read_csv(folder / "handover.tsv", sep="\t", dtype="str")
    own = rows[
        ~rows["vintage"].str.contains(".", regex=False)
        | rows["vintage"].str.endswith(f".{department}")
    ]
    return {key: [folder / name for name in part["file"]] for key, part in own.groupby("source")}


def main() -> None:
    """Draw the units of a département and write what is known of them."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", 1)[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--department", default="13")
    parser.add_argument("--to", type=Path, required=True)
    given = parser.parse_args()
    given.to.mkdir(parents=True, exist_ok=True)
    files = listed(given.folder, given.department)
    sites = read_sites(files)
    parcels = read_parcels(files)
    units, links = draw_units(parcels, sites)
    units = add_buildings(units, read_layer(files["cadastre/buildings"][0], ["type"]))
    placed = place(read_establishments(files, given.department), parcels)
    units = add_occupation(units, links, placed, files)
    units = add_constraints(units, files)
    prices = compute_prices(files, parcels, sites, units.attrs.pop("economic"))
    firms = placed.merge(links, on="id").drop(columns=["index_right"])
    units.to_file(given.to / "units.gpkg", layer="units", engine="pyogrio")
    firms.to_parquet(given.to / "establishments.parquet")
    prices.to_csv(given.to / "prices.csv", index=False)
    consumption = pd.read_csv(files["cerema/land_consumption"][0], dtype={"idcom": "str"})
    consumption.to_csv(given.to / "consumption.csv", index=False)
    tell(units=len(units), **{k: int(v) for k, v in units["state"].value_counts().items()})


if __name__ == "__main__":
    main()
