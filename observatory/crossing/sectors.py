"""Names the sector of an activity, and says which sectors two sources count alike.

Sources: Insee, NAF rév. 2, nomenclature agrégée A38 (groups of divisions); scope of Urssaf's
employees (private employers, neither farms nor households) and of Dares' portraits (all in work).
"""

import polars as pl

A38 = {
    "AZ": range(1, 4),
    "BZ": range(5, 10),
    "CA": range(10, 13),
    "CB": range(13, 16),
    "CC": range(16, 19),
    "CD": range(19, 20),
    "CE": range(20, 21),
    "CF": range(21, 22),
    "CG": range(22, 24),
    "CH": range(24, 26),
    "CI": range(26, 27),
    "CJ": range(27, 28),
    "CK": range(28, 29),
    "CL": range(29, 31),
    "CM": range(31, 34),
    "DZ": range(35, 36),
    "EZ": range(36, 40),
    "FZ": range(41, 44),
    "GZ": range(45, 48),
    "HZ": range(49, 54),
    "IZ": range(55, 57),
    "JA": range(58, 61),
    "JB": range(61, 62),
    "JC": range(62, 64),
    "KZ": range(64, 67),
    "LZ": range(68, 69),
    "MA": range(69, 72),
    "MB": range(72, 73),
    "MC": range(73, 76),
    "NZ": range(77, 83),
    "OZ": range(84, 85),
    "PZ": range(85, 86),
    "QA": range(86, 87),
    "QB": range(87, 89),
    "RZ": range(90, 94),
    "SZ": range(94, 97),
    "TZ": range(97, 99),
    "UZ": range(99, 100),
}
A38_FR = {
    "AZ": "Agriculture, sylviculture et pêche",
    "BZ": "Industries extractives",
    "CA": "Denrées alimentaires, boissons et tabac",
    "CB": "Textiles, habillement, cuir et chaussure",
    "CC": "Bois, papier et imprimerie",
    "CD": "Cokéfaction et raffinage",
    "CE": "Industrie chimique",
    "CF": "Industrie pharmaceutique",
    "CG": "Caoutchouc, plastique, produits minéraux non métalliques",
    "CH": "Métallurgie et produits métalliques",
    "CI": "Produits informatiques, électroniques et optiques",
    "CJ": "Équipements électriques",
    "CK": "Machines et équipements",
    "CL": "Matériels de transport",
    "CM": "Autres industries, réparation et installation",
    "DZ": "Électricité, gaz",
    "EZ": "Eau, assainissement, déchets",
    "FZ": "Construction",
    "GZ": "Commerce, réparation d'automobiles",
    "HZ": "Transports et entreposage",
    "IZ": "Hébergement et restauration",
    "JA": "Édition, audiovisuel et diffusion",
    "JB": "Télécommunications",
    "JC": "Informatique et services d'information",
    "KZ": "Finance et assurance",
    "LZ": "Activités immobilières",
    "MA": "Droit, comptabilité, gestion, architecture, ingénierie",
    "MB": "Recherche-développement",
    "MC": "Autres activités spécialisées, scientifiques et techniques",
    "NZ": "Services administratifs et de soutien",
    "OZ": "Administration publique",
    "PZ": "Enseignement",
    "QA": "Santé",
    "QB": "Hébergement médico-social, action sociale",
    "RZ": "Arts, spectacles et loisirs",
    "SZ": "Autres services",
    "TZ": "Ménages employeurs",
    "UZ": "Activités extraterritoriales",
}
UNKNOWN = "ZZ"
ALL = "TOTAL"
# farms, public administration, households: hardly any private employee of Urssaf's field; most who
# teach are paid by the State: their occupations are not those of private schools
UNRECONCILED = ("AZ", "OZ", "PZ", "TZ", "UZ", UNKNOWN)


def classify_sector(activity: pl.Expr) -> pl.Expr:
    """Name the A38 sector of a NAF code, with its point or without; « ZZ » where none fits."""
    by_division = {f"{d:02d}": code for code, divisions in A38.items() for d in divisions}
    return (
        activity.str.slice(0, 2)
        .replace_strict(by_division, default=UNKNOWN, return_dtype=pl.String)
        .fill_null(UNKNOWN)
    )
