"""Municipal geography of France: départements, régions, arrondissements, changes of communes.

Labels follow Insee's code officiel géographique 2026 (Licence Ouverte 2.0).
"""

import polars as pl

CITIES_WITH_ARRONDISSEMENTS = {"132": "13055", "6938": "69123", "751": "75056"}
ARRONDISSEMENTS = {
    "13055": [str(code) for code in range(13201, 13217)],
    "69123": [str(code) for code in range(69381, 69390)],
    "75056": [str(code) for code in range(75101, 75121)],
}

REGIONS: dict[str, str] = {
    "01": "Guadeloupe",
    "02": "Martinique",
    "03": "Guyane",
    "04": "La Réunion",
    "06": "Mayotte",
    "11": "Île-de-France",
    "24": "Centre-Val de Loire",
    "27": "Bourgogne-Franche-Comté",
    "28": "Normandie",
    "32": "Hauts-de-France",
    "44": "Grand Est",
    "52": "Pays de la Loire",
    "53": "Bretagne",
    "75": "Nouvelle-Aquitaine",
    "76": "Occitanie",
    "84": "Auvergne-Rhône-Alpes",
    "93": "Provence-Alpes-Côte d'Azur",
    "94": "Corse",
}

# département → its label and its région; 978 is a collectivity that labour statistics count with 01
DEPARTMENTS: dict[str, tuple[str, str]] = {
    "01": ("Ain", "84"),
    "02": ("Aisne", "32"),
    "03": ("Allier", "84"),
    "04": ("Alpes-de-Haute-Provence", "93"),
    "05": ("Hautes-Alpes", "93"),
    "06": ("Alpes-Maritimes", "93"),
    "07": ("Ardèche", "84"),
    "08": ("Ardennes", "44"),
    "09": ("Ariège", "76"),
    "10": ("Aube", "44"),
    "11": ("Aude", "76"),
    "12": ("Aveyron", "76"),
    "13": ("Bouches-du-Rhône", "93"),
    "14": ("Calvados", "28"),
    "15": ("Cantal", "84"),
    "16": ("Charente", "75"),
    "17": ("Charente-Maritime", "75"),
    "18": ("Cher", "24"),
    "19": ("Corrèze", "75"),
    "21": ("Côte-d'Or", "27"),
    "22": ("Côtes-d'Armor", "53"),
    "23": ("Creuse", "75"),
    "24": ("Dordogne", "75"),
    "25": ("Doubs", "27"),
    "26": ("Drôme", "84"),
    "27": ("Eure", "28"),
    "28": ("Eure-et-Loir", "24"),
    "29": ("Finistère", "53"),
    "2A": ("Corse-du-Sud", "94"),
    "2B": ("Haute-Corse", "94"),
    "30": ("Gard", "76"),
    "31": ("Haute-Garonne", "76"),
    "32": ("Gers", "76"),
    "33": ("Gironde", "75"),
    "34": ("Hérault", "76"),
    "35": ("Ille-et-Vilaine", "53"),
    "36": ("Indre", "24"),
    "37": ("Indre-et-Loire", "24"),
    "38": ("Isère", "84"),
    "39": ("Jura", "27"),
    "40": ("Landes", "75"),
    "41": ("Loir-et-Cher", "24"),
    "42": ("Loire", "84"),
    "43": ("Haute-Loire", "84"),
    "44": ("Loire-Atlantique", "52"),
    "45": ("Loiret", "24"),
    "46": ("Lot", "76"),
    "47": ("Lot-et-Garonne", "75"),
    "48": ("Lozère", "76"),
    "49": ("Maine-et-Loire", "52"),
    "50": ("Manche", "28"),
    "51": ("Marne", "44"),
    "52": ("Haute-Marne", "44"),
    "53": ("Mayenne", "52"),
    "54": ("Meurthe-et-Moselle", "44"),
    "55": ("Meuse", "44"),
    "56": ("Morbihan", "53"),
    "57": ("Moselle", "44"),
    "58": ("Nièvre", "27"),
    "59": ("Nord", "32"),
    "60": ("Oise", "32"),
    "61": ("Orne", "28"),
    "62": ("Pas-de-Calais", "32"),
    "63": ("Puy-de-Dôme", "84"),
    "64": ("Pyrénées-Atlantiques", "75"),
    "65": ("Hautes-Pyrénées", "76"),
    "66": ("Pyrénées-Orientales", "76"),
    "67": ("Bas-Rhin", "44"),
    "68": ("Haut-Rhin", "44"),
    "69": ("Rhône", "84"),
    "70": ("Haute-Saône", "27"),
    "71": ("Saône-et-Loire", "27"),
    "72": ("Sarthe", "52"),
    "73": ("Savoie", "84"),
    "74": ("Haute-Savoie", "84"),
    "75": ("Paris", "11"),
    "76": ("Seine-Maritime", "28"),
    "77": ("Seine-et-Marne", "11"),
    "78": ("Yvelines", "11"),
    "79": ("Deux-Sèvres", "75"),
    "80": ("Somme", "32"),
    "81": ("Tarn", "76"),
    "82": ("Tarn-et-Garonne", "76"),
    "83": ("Var", "93"),
    "84": ("Vaucluse", "93"),
    "85": ("Vendée", "52"),
    "86": ("Vienne", "75"),
    "87": ("Haute-Vienne", "75"),
    "88": ("Vosges", "44"),
    "89": ("Yonne", "27"),
    "90": ("Territoire de Belfort", "27"),
    "91": ("Essonne", "11"),
    "92": ("Hauts-de-Seine", "11"),
    "93": ("Seine-Saint-Denis", "11"),
    "94": ("Val-de-Marne", "11"),
    "95": ("Val-d'Oise", "11"),
    "971": ("Guadeloupe", "01"),
    "972": ("Martinique", "02"),
    "973": ("Guyane", "03"),
    "974": ("La Réunion", "04"),
    "976": ("Mayotte", "06"),
    "978": ("Saint-Martin", "01"),
}


def department_of(commune: pl.Expr) -> pl.Expr:
    """Département code of an Insee commune code, overseas included."""
    overseas = commune.str.starts_with("97") | commune.str.starts_with("98")
    return pl.when(overseas).then(commune.str.slice(0, 3)).otherwise(commune.str.slice(0, 2))


def commune_of_arrondissement(commune: pl.Expr) -> pl.Expr:
    """The commune of a municipal arrondissement (13201 → 13055); other codes unchanged."""
    result = commune
    for prefix, city in CITIES_WITH_ARRONDISSEMENTS.items():
        inside = commune.str.starts_with(prefix) & (commune != city)
        result = pl.when(inside).then(pl.lit(city)).otherwise(result)
    return result


def is_arrondissement(commune: pl.Expr) -> pl.Expr:
    """Whether a code is that of a municipal arrondissement of Paris, Lyon or Marseille."""
    return (commune_of_arrondissement(commune) != commune).fill_null(value=False)


def pad_code(code: pl.Expr, width: int = 2) -> pl.Expr:
    """Pad a département or région code with the leading zero that spreadsheets drop."""
    return pl.when(code.str.len_chars() < width).then(code.str.zfill(width)).otherwise(code)


def find_successors(changes: pl.DataFrame) -> pl.DataFrame:
    """Find the single successor of each code that is no longer a commune of its own.

    ``changes`` (Insee) has ``former_commune_code`` and ``current_commune_code``; a commune that was
    split has several successors and gets a null ``commune_code``, so that its figures are
    counted instead of guessed.
    """
    return (
        changes.filter(pl.col("former_commune_code") != pl.col("current_commune_code"))
        .group_by("former_commune_code")
        .agg(pl.col("current_commune_code").unique())
        .select(
            "former_commune_code",
            commune_code=pl.when(pl.col("current_commune_code").list.len() == 1).then(
                pl.col("current_commune_code").list.first()
            ),
        )
    )


def restate_communes(
    frame: pl.DataFrame, *, changes: pl.DataFrame, current: pl.Series
) -> pl.DataFrame:
    """Restate ``commune_code`` in the communes in force.

    A code in force stays; a merged commune takes its successor (rows then stand several
    times under it: the caller sums or compares); a split or unknown one becomes null.
    """
    moved = find_successors(changes).rename({"commune_code": "_successor"})
    joined = frame.join(moved, left_on="commune_code", right_on="former_commune_code", how="left")
    code = pl.col("commune_code")
    in_force = current.implode()
    return joined.with_columns(
        commune_code=pl.when(code.is_in(in_force))
        .then(code)
        .when(pl.col("_successor").is_in(in_force))
        .then(pl.col("_successor"))
    ).drop("_successor")


def find_membership(
    areas: pl.DataFrame, *, area: str, changes: pl.DataFrame, communes: pl.DataFrame
) -> pl.DataFrame:
    """Find the one ``area`` each commune in force lies in; null where none can be named.

    ``areas`` has ``commune_code`` (of an older COG) and ``area``. A commune that stands in
    the file as it is keeps its area; one made of former communes takes theirs when they
    agree; one born of a split takes that of the commune it came from.
    """
    listed = areas.select("commune_code", pl.col(area).alias("_own")).unique("commune_code")
    former = (
        changes.filter(pl.col("former_commune_code") != pl.col("current_commune_code"))
        .join(listed, left_on="former_commune_code", right_on="commune_code", how="inner")
        .group_by(pl.col("current_commune_code").alias("commune_code"))
        .agg(pl.col("_own").drop_nulls().unique().alias("_former"))
        .with_columns(
            _former=pl.when(pl.col("_former").list.len() == 1).then(pl.col("_former").list.first())
        )
    )
    return (
        communes.select("commune_code")
        .join(listed, on="commune_code", how="left")
        .join(former, on="commune_code", how="left")
        .select("commune_code", pl.coalesce("_own", "_former").alias(area))
    )
