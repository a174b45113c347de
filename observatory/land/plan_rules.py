"""Reads what plans say of their zones: rules of risk plans, and types told by labels alone.

Sources: code de l'environnement L562-1 and L515-16 (forbidden, or under prescriptions; sectors of
délaissement and expropriation lie within forbidden zones); COVADIS, standard PPR 1.0
(Ref_Typereg_ZonePPR); CNIG, Géostandards Risques, profil PPR (TypeReglementUrba, whose 05 to 07 are
not those of COVADIS); code de l'urbanisme R151-17 to R151-25; CNIG, standard PLU (TypeZone and
EtatDocument).
"""

import datetime as dt

import polars as pl

FORBIDDEN, CONDITIONAL, NOTHING, UNKNOWN = (
    "forbidden",
    "conditional",
    "none_known",
    "undetermined",
)
# 00 recommandation (PPRT), 01 prescriptions hors zone d'aléa, 02 prescriptions, 03 interdiction,
# 04 interdiction stricte, 05 délaissement possible, 06 expropriation possible
COVADIS_RULES = {
    "00": NOTHING,
    "01": CONDITIONAL,
    "02": CONDITIONAL,
    "03": FORBIDDEN,
    "04": FORBIDDEN,
    "05": FORBIDDEN,
    "06": FORBIDDEN,
}
# 05 recommandations, 06 zone grisée (the plant that the plan is about, and nobody else), 07 aléa
# exceptionnel (for the time of a crisis)
CNIG_RULES = {**COVADIS_RULES, "05": NOTHING, "07": CONDITIONAL}
# how the names that regulations give their zones begin; the first that is found decides
BEGINS = r"(?i)^\s*((zone|secteur)s?\s+)?(d['’]\s*|de\s+|soumise?s?\s+à\s+)?"
SAID = (
    (r"(inconstructible|interdi|rouge|gris[ée]e|d[ée]laissement|expropriation)", FORBIDDEN),
    (r"recommandation", NOTHING),
    (r"(prescription|autoris|constructible|constructions? possible|bleue?s?\b)", CONDITIONAL),
)
RED_CODE = r"^(R[ _\-]?\d*[a-z]?|r)$"
BLUE_CODE = r"(?i)^B[ _\-]?\d*[a-z]?$"
# the kinds of zones that local plans have, as the standard writes them; Ah, Nh and Nd of older ones
ZONE_TYPES = ("U", "AUc", "AUs", "A", "Ah", "N", "Nh", "Nd")
ZONE_WORD = r"(?i)^(zone|secteur)\s+"


# states of a document in the standard PLU: 01 en cours de procédure, 02 arrêté, 04 annulé, 05
# remplacé, 06 abrogé, 09 caduc; in force are 03 opposable, 07 approuvé, and what is left of 08
# (partiellement annulé)
OUT_OF_FORCE = ("01", "02", "04", "05", "06", "09")
IN_FORCE = ("03", "07", "08")
# what is left of a plan in part binds; "non opposable" and "n'est plus en vigueur" do not
IN_PART = "partiel"
ENDED_WORDS = r"\b(non|pas|plus)\b|annul|remplac|abrog|caduc|perime|suspen|retir"
IN_FORCE_WORDS = r"opposable|en vigueur|^approuv|anticip"
TO_COME_WORDS = r"^(pre|de.?pre)scri|elabor|en cours|^arrete"


def is_in_force(state: pl.Expr, ended: pl.Expr, *, today: dt.date) -> pl.Expr:
    """Whether a plan binds ``today``: by its state, coded or in words, and the day that ended it.

    Null where it says neither, or a state that is not known.
    """
    plain = state.str.normalize("NFD").str.replace_all(r"\p{M}", "").str.to_lowercase()
    code = plain.str.replace(r"\.0+$", "").str.zfill(2)
    return (
        pl.when(ended <= today)
        .then(pl.lit(value=False))
        .when(code.is_in(IN_FORCE) | plain.str.contains(IN_PART))
        .then(pl.lit(value=True))
        .when(code.is_in(OUT_OF_FORCE) | plain.str.contains(ENDED_WORDS))
        .then(pl.lit(value=False))
        .when(plain.str.contains(IN_FORCE_WORDS))
        .then(pl.lit(value=True))
        .when(plain.str.contains(TO_COME_WORDS))
        .then(pl.lit(value=False))
    )


def classify_plan_zone(
    covadis_rule: pl.Expr, cnig_rule: pl.Expr, zone_name: pl.Expr, zone_label: pl.Expr
) -> pl.Expr:
    """Classify a zone of a risk plan: forbidden, conditional, none_known or undetermined.

    By its rule, coded as one of the two standards has it or in words; where no rule is stated, by
    the name that the regulation gives the zone, then by a code that says red or blue. A code that
    is in neither list is undetermined: so is a zone that says nothing.
    """
    stated = pl.coalesce(covadis_rule, cnig_rule)
    coded = pl.coalesce(_coded(covadis_rule, COVADIS_RULES), _coded(cnig_rule, CNIG_RULES))
    by_rule = pl.coalesce(coded, _in_words(stated))
    by_name = pl.coalesce(_in_words(zone_name), _in_words(zone_label), _in_colour(zone_label))
    known = pl.when(stated.is_not_null()).then(by_rule).otherwise(by_name)
    return known.fill_null(UNKNOWN)


def _coded(rule: pl.Expr, effects: dict[str, str]) -> pl.Expr:
    code = rule.str.replace(r"\.0+$", "").str.zfill(2)
    return code.replace_strict(effects, default=None, return_dtype=pl.String)


def _in_words(text: pl.Expr) -> pl.Expr:
    said = [
        pl.when(text.str.contains(BEGINS + words)).then(pl.lit(effect)) for words, effect in SAID
    ]
    return pl.coalesce(said)


def _in_colour(code: pl.Expr) -> pl.Expr:
    return (
        pl.when(code.str.contains(RED_CODE))
        .then(pl.lit(FORBIDDEN))
        .when(code.str.contains(BLUE_CODE))
        .then(pl.lit(CONDITIONAL))
    )


def zone_type_of_label(label: pl.Expr) -> pl.Expr:
    """Tell the type of a local plan's zone by its label, where that is certain; null elsewhere.

    ``UE1`` is U, ``1AUx`` AUc and ``2AUE`` AUs, ``Ap`` A, ``Nl`` N. ``AU`` is for zones that may be
    open or not (``AUe``, ``AU1``), null for letters of former POS that mean other zones (``NA``,
    ``NB``, ``NC``, ``ND``), and for all that begins otherwise.
    """
    text = label.str.replace(ZONE_WORD, "").str.replace_all(r"[\s_\-.]+", "")
    return (
        pl.when(text.str.contains(r"^(1|I)AU([^s]|s.|$)"))
        .then(pl.lit("AUc"))
        .when(text.str.contains(r"^(2|II)AU"))
        .then(pl.lit("AUs"))
        .when(text.str.contains(r"^(\d|I{3})?AU"))
        .then(pl.lit("AU"))
        .when(text.str.contains(r"^U([A-Za-z0-9].*)?$"))
        .then(pl.lit("U"))
        .when(text.str.contains(r"^A([a-tv-z0-9][a-z0-9]{0,3}|[A-TV-Z]\w?|gricoles?)?$"))
        .then(pl.lit("A"))
        .when(text.str.contains(r"^N([a-z0-9].*|[E-Z]\w*)?$"))
        .then(pl.lit("N"))
    )
