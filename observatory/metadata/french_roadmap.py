"""How codes of the roadmap are written for French readers."""

ROADMAP_VALUES: dict[str, dict[str, str]] = {
    "kpi_kind": {
        "realisation": "réalisation (déclarée)",
        "resultat": "résultat (calculé)",
        "contexte": "contexte (non imputable)",
    },
    "kpi_status": {
        "reached": "atteint",
        "progressing": "en progrès",
        "stable": "stable",
        "receding": "en recul",
        "no_target": "sans cible",
        "no_data": "sans donnée",
    },
    "kpi_phase": {"tracking": "suivi", "review": "bilan"},
    "kpi_direction": {"up": "une hausse serait un progrès", "down": "une baisse serait un progrès"},
    "kpi_method": {"query": "calculé", "declaration": "déclaré"},
    "kpi_evolution": {
        "up": "en hausse",
        "down": "en baisse",
        "same": "sans changement",
        "unclear": "non tranchée (fourchettes qui se recouvrent)",
    },
    "missing_value_reason": {
        "table_missing": "la table lue n'a pas été publiée",
        "table_silent": "la table publiée n'a pas de valeur pour cette zone",
        "not_declared": "rien n'a été déclaré",
        "source_gone": "la source ne donne plus rien : dernière valeur publiée",
    },
    "weather": {
        "soleil": "soleil",
        "couvert": "couvert",
        "nuage": "nuage",
        "orage": "orage",
        "non_renseignee": "non renseignée",
    },
    "energy": {"electricity": "électricité", "gas": "gaz"},
    "energy_sector": {
        "residential": "résidentiel",
        "tertiary": "tertiaire",
        "industry": "industrie",
        "agriculture": "agriculture",
        "unknown": "inconnu",
    },
    "value_type": {"vi": "initiale", "va": "actuelle", "vc": "cible"},
}
