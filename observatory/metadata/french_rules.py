"""What each rule says and why it is there, for French readers; the rules themselves are English."""

# rule → what holds where it is kept, and why it is asked
RULES_FR: dict[str, tuple[str, str]] = {
    "required_values_are_present": (
        "Aucune case obligatoire n'est vide",
        "Le contrat de la table ne donne aucun sens au vide dans ces colonnes.",
    ),
    "table_has_rows": (
        "La table a des lignes",
        "Une table vide dirait qu'il n'y a rien ; personne ne l'a constaté.",
    ),
    "key_is_unique": (
        "Chaque ligne est seule à porter sa clé",
        "Deux lignes de même clé se contrediraient ou compteraient deux fois.",
    ),
    "changes_are_within_stated_bounds": (
        "La table a changé dans les bornes annoncées",
        (
            "Depuis la publication précédente, ni table ni colonne perdue, au plus 10 % de lignes "
            "retirées et 30 % modifiées."
        ),
    ),
    "codes_are_well_formed": (
        "Les codes ont la forme attendue",
        "Un code d'une autre forme vient d'une autre nomenclature.",
    ),
    "every_row_read_is_kept_or_rejected": (
        "Chaque ligne lue est gardée ou rejetée",
        "Rien ne se perd entre le fichier du producteur et les lignes retenues.",
    ),
    "every_value_was_understood": (
        "Chaque valeur a été comprise",
        "Une marque inconnue, ou un vide qui compte, peut cacher un changement de sens du fichier.",
    ),
    "values_are_in_range": (
        "Les valeurs sont dans leurs bornes",
        "Une valeur hors des bornes du contrat a été mal lue.",
    ),
    "values_are_known": (
        "Les valeurs sont celles de la liste",
        "Les lecteurs comptent sur ces valeurs et sur aucune autre.",
    ),
    "nothing_is_told_of_what_nobody_handed_over": (
        "Rien n'est dit de ce que personne n'a fourni",
        "Un chiffre fait sans sa source est fait de rien.",
    ),
    "only_companies_and_public_bodies_are_named": (
        "Seules des sociétés et des personnes publiques sont nommées",
        "Aucune personne physique n'est nommée, ni les sociétés civiles, qui portent des noms.",
    ),
    "secrecy_holds": (
        "Le secret statistique tient",
        "Aucun chiffre sur trop peu d'unités n'est montré, ni ne se retrouve par soustraction.",
    ),
    "every_occupation_is_in_its_nomenclature": (
        "Chaque métier est dans sa nomenclature",
        "Un code d'un autre millésime, ou mal saisi, ne compterait pour aucun métier.",
    ),
    "what_is_suppressed_is_never_read_as_a_number": (
        "Ce qui est masqué n'est jamais lu comme un nombre",
        "Un effectif masqué est vide, ses bornes sont remplies ; un effectif imprimé les égale.",
    ),
    "every_outline_is_in_france": (
        "Chaque contour est en France",
        "Des coordonnées inversées ou non projetées tombent ailleurs.",
    ),
    "every_outline_is_valid": (
        "Chaque contour est valide",
        "Cartes et croisements échouent sur une forme invalide.",
    ),
    "no_year_mixes_two_nomenclatures": (
        "Aucune année ne mêle deux nomenclatures",
        "FAP 2009 et FAP 2021 ne s'additionnent ni ne se comparent.",
    ),
    "seasonal_projects_are_at_most_all_projects": (
        "Les projets saisonniers ne dépassent pas l'ensemble",
        "L'enquête les compte parmi les projets de la même ligne.",
    ),
    "difficult_projects_are_at_most_all_projects": (
        "Les projets difficiles ne dépassent pas l'ensemble",
        "L'enquête les compte parmi les projets de la même ligne.",
    ),
    "occupations_make_the_jobs_of_their_place": (
        "Les métiers font les emplois de leur lieu",
        "Des poids perdus ou lus deux fois se verraient ici.",
    ),
    "what_is_not_known_says_why": (
        "Ce qui n'est pas connu dit pourquoi",
        "Ce qui n'a pas été regardé n'est ni zéro ni un chiffre.",
    ),
    "no_two_units_overlap": (
        "Aucune unité n'en recouvre une autre",
        "Un recouvrement compterait le sol deux fois.",
    ),
    "most_communes_have_a_bassin": (
        "Presque toutes les communes ont un bassin",
        "Seules des collectivités d'outre-mer et quelques communes divisées n'en ont pas.",
    ),
    "each_square_metre_is_in_one_state": (
        "Chaque mètre carré est dans un seul état",
        "L'offre n'est pas une somme de listes qui se recouvrent.",
    ),
    "the_survey_holds_the_whole_country": (
        "L'enquête couvre tout le pays",
        "Elle compte environ 400 bassins ; moins, c'est un extrait, sans total France.",
    ),
    "what_cannot_be_told_claims_no_confidence": (
        "Ce qui ne peut être dit n'a pas de confiance",
        "« Indéterminée » est une réponse ; elle n'a pas de classe de confiance.",
    ),
    "every_unit_lies_inside_its_site": (
        "Chaque unité est dans son site",
        "Ce qui est hors d'un site n'est pas du foncier économique.",
    ),
    "posts_to_fill_are_jobs_created_and_ends_of_career": (
        "Les postes à pourvoir sont les créations et les départs",
        "L'exercice les définit ainsi : des colonnes interverties se verraient ici.",
    ),
    "evidence_present_is_said": (
        "Les indices disponibles sont dits",
        "Les lecteurs doivent voir quels indices manquent.",
    ),
    "every_class_has_its_value": (
        "Chaque classe a sa valeur",
        "Classe et indice sont publiés ensemble.",
    ),
    "no_weight_rests_on_few_offers": (
        "Aucun poids ne repose sur peu d'offres",
        "Sous 30 offres une part est du bruit ; la part de quelques-unes parlerait de chacune.",
    ),
    "years_are_supply_over_demand": (
        "Les années sont l'offre divisée par la demande",
        "Un lecteur divise ce qui est écrit à côté.",
    ),
    "open_data_and_field_mostly_agree": (
        "Données ouvertes et terrain s'accordent le plus souvent",
        "Au-delà d'un désaccord sur quatre, la présomption ne vaut plus ici.",
    ),
    "bands_of_pay_make_the_whole": (
        "Les tranches de salaire font le tout",
        "Une tranche perdue ou lue deux fois changerait toutes les parts.",
    ),
    "a_rome_code_is_split_whole_or_not_at_all": (
        "Un code ROME est réparti en entier ou pas du tout",
        "Des poids qui ne font pas un perdent des offres ou les comptent deux fois.",
    ),
    "supplies_are_in_order": (
        "Les trois offres sont dans l'ordre",
        "L'offre basse est dans la centrale, la centrale dans la haute.",
    ),
    "sectors_make_the_whole": (
        "Les secteurs font le tout",
        "Ils pèsent l'emploi estimé : un secteur perdu ou lu deux fois les déplacerait tous.",
    ),
    "no_data_is_said_and_explained": (
        "L'absence de donnée est dite et expliquée",
        "Un zéro passerait pour une mesure.",
    ),
    "a_wider_value_says_so": (
        "Une valeur plus large se dit telle",
        "La valeur d'un territoire plus large doit le nommer.",
    ),
    "free_land_was_never_occupied": (
        "Un terrain inoccupé n'a jamais été occupé",
        "Sans activité antérieure, ce n'est pas de la vacance.",
    ),
    "one_edition_is_in_force": (
        "Une seule liste est en vigueur",
        "Une liste vaut jusqu'à ce que la suivante la remplace.",
    ),
    "ages_make_the_whole": (
        "Les âges font le tout",
        "Les parts portent sur tous les âges ; s'il en manque un, il n'y en a pas.",
    ),
    "surveyed_bassins_are_those_of_the_zoning": (
        "Les bassins enquêtés sont ceux du zonage",
        "Un code de bassin peut resservir pour un autre dans un zonage suivant.",
    ),
    "presumed_vacancy_has_evidence": (
        "La vacance présumée a un indice",
        "Vacant veut dire qu'une activité a cessé et qu'aucune ne continue.",
    ),
    "most_active_establishments_are_placed": (
        "La plupart des établissements actifs sont situés",
        "Où peu le sont, des unités bâties paraissent vides à tort.",
    ),
    "a_bridged_value_never_stands_as_a_tension": (
        "Une valeur d'une autre nomenclature n'est jamais une tension",
        "Elle n'est donnée que pour contexte.",
    ),
    "only_measured_values_are_ranked": (
        "Seules les valeurs mesurées sont classées",
        "Une valeur imputée ou plus large est « non classé » : la ranger classerait autre chose.",
    ),
    "the_larger_volume_is_the_larger": (
        "Le volume dit le plus grand l'est",
        "Les lecteurs prennent la liste au mot ; un volume absent a sa raison.",
    ),
    "no_establishment_is_under_partial_diffusion": (
        "Aucun établissement n'est en diffusion partielle",
        "Code de commerce, article R. 123-232 : rien n'en est publié.",
    ),
    "what_was_promised_adds_up": (
        "Le compte des projets promis est juste",
        "Soixante projets ont été annoncés.",
    ),
    "sectors_make_their_place": (
        "Les secteurs font leur lieu",
        "Un secteur perdu, ou un établissement compté deux fois, changerait l'estimation.",
    ),
    "what_is_looked_at_can_be_divided": (
        "Ce qui est à examiner peut être divisé",
        "Rien ne se densifie sans une partie libre, large et permise.",
    ),
    "no_rate_stands_on_few_units": (
        "Aucun taux ne repose sur peu d'unités",
        "Une part sur moins de dix unités trompe.",
    ),
    "zero_is_never_printed": (
        "Le zéro n'est jamais imprimé",
        "S'il l'était, une case masquée vaudrait de 1 à 4 et les bornes seraient plus étroites.",
    ),
    "one_value_is_the_newest": (
        "Une seule valeur est la plus récente",
        "Les pages montrent une valeur par indicateur.",
    ),
    "the_territory_has_communes": (
        "Le territoire a des communes",
        "Sans commune, rien ne serait publié comme local.",
    ),
    "bounds_contain_the_totals_the_producer_published": (
        "Les bornes contiennent les totaux du producteur",
        "Les totaux de France Travail sont entre nos bornes, sauf si la marque * est mal lue.",
    ),
    "context_has_no_target": (
        "Le contexte n'a pas de cible",
        "Nul n'est comptable de ce qui est contexte.",
    ),
    "the_median_lies_in_the_band_of_the_half": (
        "La médiane est dans la tranche de la moitié",
        "Les deux dernières tranches du producteur ne s'accordaient pas avec ses médianes.",
    ),
    "those_of_55_are_among_those_of_50": (
        "Les 55 ans et plus sont parmi les 50 ans et plus",
        "Qui a 55 ans ou plus a 50 ans ou plus.",
    ),
    "a_change_says_no_more_than_its_bounds": (
        "Une évolution n'en dit pas plus que ses bornes",
        "Entre deux effectifs masqués, seul un intervalle est connu.",
    ),
    "every_member_of_an_epci_is_a_commune_in_force": (
        "Chaque membre d'un EPCI est une commune en vigueur",
        "Communes et EPCI doivent venir du même millésime du code officiel géographique.",
    ),
    "parks_hold_no_more_jobs_than_their_commune": (
        "Les parcs n'ont pas plus d'emplois que leur commune",
        "Sinon des établissements sont mal situés, ou les tranches d'effectif sont périmées.",
    ),
    "most_occupations_are_surveyed": (
        "Presque tous les métiers sont enquêtés",
        "L'enquête en laisse quelques-uns, jamais un sur sept.",
    ),
    "every_unit_is_covered_by_its_parcels": (
        "Chaque unité est couverte par ses parcelles",
        "Une unité est faite des parcelles qu'elle nomme, et de rien d'autre.",
    ),
    "bounds_are_in_order": (
        "Les bornes de la demande se suivent",
        "Une demande basse au-dessus d'une haute : des bornes ont été prises l'une pour l'autre.",
    ),
    "vocations_make_their_place": (
        "Les vocations font leur lieu",
        "Un secteur ou un site perdu entre deux vocations se verrait ici.",
    ),
    "communes_make_the_territory": (
        "Les communes font le territoire",
        "Une commune perdue, ou un sol compté deux fois, changerait le bilan.",
    ),
    "every_occupation_is_in_tension": (
        "Chaque métier de la liste est en tension",
        "Les lecteurs prennent la liste pour celle des métiers en tension.",
    ),
    "no_count_rests_on_few_offers": (
        "Aucun compte ne repose sur peu d'offres",
        "La licence de réutilisation permet des agrégats, non des offres.",
    ),
    "what_is_hidden_is_not_zero": (
        "Ce qui est masqué n'est pas zéro",
        "« NC » est masqué par le producteur.",
    ),
    "supply_is_at_most_the_land_there_is": (
        "L'offre ne dépasse pas le terrain qui existe",
        "Plus d'offre que de terrain serait compté deux fois.",
    ),
    "progress_is_arithmetic": (
        "L'avancement se recalcule",
        "Les lecteurs le refont à la main.",
    ),
    "no_month_has_more_snapshots_than_days": (
        "Aucun mois n'a plus de relevés que de jours",
        "Un relevé compté deux fois fermerait et ouvrirait des offres qui n'ont pas bougé.",
    ),
    "states_add_up_to_units": (
        "Les états font les unités",
        "Chaque unité a un état et un seul.",
    ),
    "every_commune_of_the_file_is_found": (
        "Chaque commune du fichier est retrouvée",
        "Celles nommées par un code postal le sont par leur nom ; les autres manquent.",
    ),
    "destinations_add_up_to_the_total": (
        "Les destinations font le total",
        "Les six destinations du producteur font son total ; sinon une colonne est mal lue.",
    ),
    "printed_parts_fit_hidden_totals": (
        "Les parties imprimées tiennent dans les totaux masqués",
        "Un total masqué vaut au plus 4 : une partie plus grande trahit une marque mal lue.",
    ),
    "every_unit_is_one_valid_part": (
        "Chaque unité est d'un seul tenant et valide",
        "Le standard ne connaît pas d'unité en plusieurs morceaux.",
    ),
}


def say_rule(rule: str) -> str:
    """What holds where a rule is kept; its name where it has no French words yet."""
    return RULES_FR[rule][0] if rule in RULES_FR else rule.replace("_", " ")


def say_why(rule: str, because: str) -> str:
    """Why a rule is asked; as its author wrote it where it has no French words yet."""
    return RULES_FR[rule][1] if rule in RULES_FR else because
