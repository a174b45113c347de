"""Measures areas that forbid building, areas under conditions, and what is not known.

Sources: code de l'urbanisme R151-17 to R151-26 (zones U, AU, A, N); code de l'environnement
L562-1 (risk plans: forbidden, or under prescriptions); easement categories PM1 and PM3 of the
Géoportail de l'urbanisme. What the zones of risk plans say is told by ``plan_rules``. A list of
plans by commune is no area: a plan known without a polygon leaves the answer open.
"""

import numpy as np
import polars as pl

from observatory.land.density import measure_overlap_m2

OUTCOMES = ("forbidden", "conditional", "none_known", "undetermined")
FORBIDDEN_SHARE = 0.5
TRACE_SHARE = 0.01
# zones whose plan keeps firms out; a closed AU zone opens only once the plan is changed
FORBIDDING_ZONES = r"^(A|N)([a-z]|$)|^Zn[cC]|^ZnC"
KNOWN_ZONES = r"^(U|A|N|\d?AU|Z[cCn])"
URBAN_ZONES = r"^(U|\d?AU|Z[cC]a)"
FUTURE_ZONES = r"^\d?AU"
CLOSED_ZONES = r"^(AUs|2AU)"
CLOSED_LABELS = r"(?i)^(2 ?-?AU|II ?-?AU)|AUs$"
# U or AU, then the letter that plans use for firms (E, X, I, Y, Z), alone or numbered; UEq and the
# like are public facilities, UE2a is not
ECONOMIC_LABEL = r"(?i)^\d?(i{0,2}au|u)(e|x|i|y|z|ae|ac)([0-9]|[a-d]?[0-9]*$|$)"
# the same letters in a sector of a zone A or N: a place for firms of limited size (L151-13)
SECTOR_LABEL = r"(?i)^(a|n)(e|x|i|y|z|ae|xi)[0-9]*$"
ECONOMIC_DESTINATION = "02"
UNSAID_DESTINATIONS = ("00", "99")
# words of a zone's title, in lower case and without accents
_FIRMS = (
    r"activites? (economi|industriel|artisan|commercial|tertiair|logisti|productiv)|economique"
    r"|(zones?|parcs?|poles?|secteurs?|espaces?|vocation|accueil|extension|developpement) "
    r"((urbaine?s?|future|principale?|a vocation|a dominante|dediee?s?|destinee?s?|reservee?s?) )*"
    r"(aux |des |de |d.|a )?(l.accueil )?(des |de |d.)?activites?"
    r"|industri|artisan|logisti|entrepots?|portuaire|aeroport|technopol"
    r"|(zone|vocation|dominante|pole) commerciale?|bureaux|tertiaire|implantation d.entreprises"
)
# activities that are no business, and what is said not to be there
_NOT_FIRMS = (
    r"activites? (liees? a l.agricole|economiques? agricoles?|agricoles?|agro\w*|pastorales?"
    r"|forestieres?|sportives?|de sports?|de loisirs?|de plein air|scolaires?|culturelles?"
    r"|equestres?|associatives?|cultuelles?|hospitalieres?)"
    r"|(sans|hors|interdi\w*|exclu\w*|incompatibles? avec) [^.,;]{0,40}"
    r"(activites?|industri\w*|artisan\w*)"
    r"|(activites?|industri\w*|artisan\w*) [^.,;]{0,20}interdi\w*"
    r"|potentiel [^.;]*"
)
# zones of houses are never for firms; mixed ones are, where their label and title say so together
_HOUSES = r"pavillon|residentiel|lotissements? d.habitation|villas?\b|maisons? individuelles?"
_TOWN = r"habita|logement|centre.(ville|bourg|ancien)|centralite|village|hameau|faubourg"
_PUBLIC = (
    r"equipement|loisir|sport|camping|scolaire|hospitali|cimetiere|espaces? verts?|ecologi|humide"
    r"|inond|proteg|remarquable|strict|inconstructible"
)


def classify_zone(
    zone_type: pl.Expr, zone_label: pl.Expr, long_label: pl.Expr, destination: pl.Expr
) -> pl.Expr:
    """Classify a zone of a local plan (``typezone``) by what it does to firms.

    A sector for firms in a zone A or N takes them under conditions where the plan says what it is
    for; by its label alone that is undetermined, as is a zone of a type that is not known.
    """
    is_sector = zone_label.str.contains(SECTOR_LABEL).fill_null(value=False)
    title = _plain(long_label)
    of_firms = title.str.replace_all(_NOT_FIRMS, "")
    names = _says(title, r"stecal|taille et (de )?capacite")
    is_stated = _states_firms(destination)
    is_confirmed = pl.coalesce(is_stated, (is_sector | names) & _says(of_firms, _FIRMS))
    is_silent = is_stated.is_null() & ~_says(title, f"{_HOUSES}|{_TOWN}|{_PUBLIC}")
    outer = zone_type.str.contains(FORBIDDING_ZONES)
    return (
        pl.when(is_closed_zone(zone_type, zone_label) | (outer & is_confirmed))
        .then(pl.lit("conditional"))
        .when(outer & is_sector & is_silent | ~zone_type.str.contains(KNOWN_ZONES))
        .then(pl.lit("undetermined"))
        .when(outer)
        .then(pl.lit("forbidden"))
        .otherwise(pl.lit("none_known"))
    )


def is_closed_zone(zone_type: pl.Expr, zone_label: pl.Expr) -> pl.Expr:
    """Whether a zone AU opens only once the plan is changed (R151-20): AUs, 2AU."""
    future = zone_type.str.contains(FUTURE_ZONES)
    said = zone_type.str.contains(r"^AU[cs]|^\dAU")
    closed = zone_type.str.contains(CLOSED_ZONES)
    labelled = zone_label.str.contains(CLOSED_LABELS).fill_null(value=False)
    return (future & pl.when(said).then(closed).otherwise(labelled)).fill_null(value=False)


def is_economic_zone(
    zone_type: pl.Expr, zone_label: pl.Expr, long_label: pl.Expr, destination: pl.Expr
) -> pl.Expr:
    """Whether a zone is meant for firms: by its destination, else by label and title together.

    Only zones U and AU are, and the sector of a carte communale for activities; a destination that
    the plan states (02: activity) decides alone. A title that names houses alone (« UE
    pavillonnaire ») goes before the label; one of firms and of something else needs a label of
    firms.
    """
    title = _plain(long_label)
    labelled = zone_label.str.contains(ECONOMIC_LABEL).fill_null(value=False)
    of_firms = title.str.replace_all(_NOT_FIRMS, "")
    firms = _says(of_firms, _FIRMS)
    named = (
        pl.when(_says(title, _HOUSES))
        .then(pl.lit(value=False))
        .when(_says(title, _TOWN))
        .then(labelled & firms)
        .when(_says(title, _PUBLIC))
        .then(labelled & _says(of_firms, r"activites?|entreprises?"))
        .otherwise(labelled | firms)
    )
    urban = zone_type.str.contains(URBAN_ZONES).fill_null(value=False)
    only_firms = zone_type.str.contains(r"^Z[cC]a").fill_null(value=False)
    return urban & pl.coalesce(_states_firms(destination), named | only_firms)


def _states_firms(destination: pl.Expr) -> pl.Expr:
    """Whether the plan states activity as the main destination; null where it states none."""
    is_stated = ~destination.is_in(UNSAID_DESTINATIONS)
    return pl.when(is_stated).then(destination.str.starts_with(ECONOMIC_DESTINATION))


def _plain(text: pl.Expr) -> pl.Expr:
    """Write a title in lower case, without accents, typographic apostrophes and double blanks."""
    bare = text.str.normalize("NFD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    return bare.str.replace_all("’", "'", literal=True).str.replace_all(r"\s+", " ")


def _says(title: pl.Expr, words: str) -> pl.Expr:
    """Whether a title has words of a kind."""
    return title.str.contains(words).fill_null(value=False)


def classify_easement(easement_type: pl.Expr) -> pl.Expr:
    """Classify a risk easement: PM1 (natural) and PM3 (technological) set conditions.

    Null for others. The easement covers the whole plan, red and blue: only the plan's own zoning
    forbids.
    """
    kind = easement_type.str.to_uppercase().str.replace_all(r"[^A-Z0-9]", "")
    return pl.when(kind.is_in(["PM1", "PM3"])).then(pl.lit("conditional"))


def measure_constraints(
    shapes: np.ndarray, effects: pl.Series, areas: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Measure the forbidden m² of each shape, and the m² under conditions outside of these."""
    forbids = (effects == "forbidden").fill_null(value=False).to_numpy()
    binds = forbids | (effects == "conditional").fill_null(value=False).to_numpy()
    red = measure_overlap_m2(shapes, areas[forbids])
    either = measure_overlap_m2(shapes, areas[binds])
    return red, np.maximum(either - red, 0)


def decide_outcome(
    *, forbidden_m2: pl.Expr, conditional_m2: pl.Expr, area_m2: pl.Expr, is_open: pl.Expr
) -> pl.Expr:
    """Decide between three outcomes, or undetermined where a plan has no polygon.

    Forbidden from half of the area (m²), conditional from a hundredth of it.
    """
    return (
        pl.when(forbidden_m2 >= FORBIDDEN_SHARE * area_m2)
        .then(pl.lit("forbidden"))
        .when(forbidden_m2 + conditional_m2 > TRACE_SHARE * area_m2)
        .then(pl.lit("conditional"))
        .when(is_open)
        .then(pl.lit("undetermined"))
        .otherwise(pl.lit("none_known"))
    )
