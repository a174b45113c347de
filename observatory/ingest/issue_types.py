"""Types of issues that cleaning may find: what each means and what to do about it."""

from dataclasses import dataclass
from typing import Literal

from observatory.metadata.texts import Text

Severity = Literal["error", "warning", "notice"]
Responsible = Literal["producer", "observatory"]


@dataclass(frozen=True, kw_only=True)
class IssueType:
    """What an issue means, how grave it is and who can mend it."""

    severity: Severity
    meaning: Text
    remedy: Text
    responsible: Responsible


def _issue(
    severity: Severity,
    fr: str,
    en: str,
    remedy_fr: str = "Rien à faire.",
    remedy_en: str = "Nothing to do.",
    responsible: Responsible = "producer",
) -> IssueType:
    return IssueType(
        severity=severity,
        meaning=Text(fr=fr, en=en),
        remedy=Text(fr=remedy_fr, en=remedy_en),
        responsible=responsible,
    )


ISSUE_TYPES: dict[str, IssueType] = {
    "unknown_mark": _issue(
        "error",
        "Une valeur n'est ni un nombre ni une marque connue de cette source.",
        "A value is neither a number nor a mark this source is known to use.",
        "Lire les notes du producteur ; si la marque est légitime, l'apprendre au nettoyage.",
        "Read the producer's notes; if the mark is legitimate, teach the cleaning about it.",
        responsible="observatory",
    ),
    "missing_value": _issue(
        "error",
        "Une valeur indispensable à la ligne est vide.",
        "A value that the row cannot do without is blank.",
        "Demander la valeur au producteur, ou corriger le fichier et le fournir à nouveau.",
        "Ask the producer for the value, or correct the file and hand it over again.",
    ),
    "unknown_code": _issue(
        "warning",
        "Un code n'est pas dans sa nomenclature.",
        "A code is not in its nomenclature.",
        "Comparer le millésime de la nomenclature à celui du fichier.",
        "Check the vintage of the nomenclature against that of the file.",
    ),
    "exact_duplicate": _issue(
        "notice",
        "La même ligne figure deux fois ; la première est gardée.",
        "The same row stands twice; the first is kept.",
    ),
    "not_a_class": _issue(
        "warning",
        "Un facteur contient un nombre qui n'est pas une classe de 1 à 5 ; il est laissé vide.",
        "A factor holds a number that is not a class from 1 to 5; it is left blank.",
        "Vérifier dans les notes du producteur ce que la colonne contient dans cette édition.",
        "Check in the producer's notes what the column holds in this edition.",
        responsible="observatory",
    ),
    "unreadable_column": _issue(
        "error",
        "La plupart des valeurs d'une colonne du fichier ne se lisent pas comme cette colonne : "
        "des nombres où l'on attend des classes de 1 à 5, ou du texte.",
        "Most values of a column of the file cannot be read as that column: numbers where classes "
        "from 1 to 5 are expected, or text.",
        "Lire dans les notes du producteur ce que la colonne contient dans cette édition, puis "
        "l'apprendre à la fiche de la source.",
        "Read in the producer's notes what the column holds in this edition, then teach the "
        "source card about it.",
        responsible="observatory",
    ),
    "missing_factor": _issue(
        "error",
        "Une feuille n'a pas de colonne pour un facteur, ni indicateur ni classe. Simple "
        "avertissement pour un extrait à plat qui n'a aucun facteur.",
        "A sheet has no column for a factor, neither index nor class. A mere warning of a flat "
        "extract that has no factor at all.",
        "Vérifier si le producteur a renommé la colonne ; si oui, l'apprendre à la fiche.",
        "See whether the producer renamed the column; if so, teach the source card about it.",
        responsible="observatory",
    ),
    "unplaced_rows": _issue(
        "error",
        "Des lignes d'une feuille ne disent pas de quel territoire elles sont, ou d'un niveau que "
        "l'observatoire ne lit pas : aucune n'est prise pour celle d'un territoire plus large.",
        "Rows of a sheet do not say which territory they are of, or are of a level that the "
        "observatory does not read: none is taken for that of a wider territory.",
        "La note dit la colonne attendue : si le producteur l'a renommée, l'apprendre à la fiche ; "
        "si le niveau n'est pas lu, retirer la feuille et fournir le fichier à nouveau.",
        "The note says which column is expected: if the producer renamed it, teach the source card "
        "about it; if the level is not read, take the sheet out and hand the file over again.",
        responsible="observatory",
    ),
    "contradictory_duplicate": _issue(
        "warning",
        "Un même identifiant figure plusieurs fois, et les lignes se contredisent : celle que le "
        "producteur a traitée en dernier est servie, les autres sont écartées.",
        "One identifier stands several times and the rows disagree: the one that the producer "
        "treated last serves, the others are left out.",
        "Demander au producteur quelle ligne est juste.",
        "Ask the producer which row is right.",
    ),
    "former_nomenclature": _issue(
        "notice",
        "Le code d'activité est d'une nomenclature qui n'est plus en vigueur (NAF 1993, NAF rév. "
        "1, NAP) : il est gardé sous son nom et ne dit pas de vocation.",
        "The code of the activity is of a nomenclature no longer in force (NAF 1993, NAF rév. 1, "
        "NAP): it is kept under its name and tells no vocation.",
    ),
    "conflicting_duplicate": _issue(
        "warning",
        "Des lignes de même clé se contredisent : aucune n'est sûre, toutes sont écartées.",
        "Rows with the same key disagree: none of them can be trusted, all are left out.",
        "Demander au producteur quelle ligne est juste.",
        "Ask the producer which row is right.",
    ),
    "several_counts": _issue(
        "warning",
        "Une commune porte plusieurs chiffres le même mois : additionnés si elle est née d'une "
        "fusion et que chaque partie a le sien, sans quoi aucun n'est retenu (count_evidence).",
        "A commune has several counts in one month: added up if it was born of a merger and each "
        "part has its own, else none is kept (count_evidence).",
        "Demander au producteur quelle ligne est celle de la commune.",
        "Ask the producer which row is that of the commune.",
    ),
    "repeated_identifier": _issue(
        "warning",
        "Plusieurs objets d'un même fichier portent le même identifiant : tous sont gardés, chacun "
        "sous un nom à lui.",
        "Several objects of one file bear one identifier: all are kept, each under a name of its "
        "own.",
        "Demander au producteur l'identifiant de chacun.",
        "Ask the producer for the identifier of each.",
    ),
    "header_line": _issue(
        "notice",
        "Un titre ou un sous-titre dans le tableau, non un enregistrement.",
        "A title or subtitle inside the table, not a record.",
    ),
    "not_in_scope": _issue(
        "notice",
        "Un enregistrement d'un autre niveau que celui pour lequel la source est lue.",
        "A record of another level than the one this source is read for.",
    ),
    "contradictory_year": _issue(
        "error",
        "L'année de la ligne n'est pas celle des colonnes du fichier.",
        "The year of the row is not that of the file's own columns.",
        "Demander au producteur de quelle année sont les lignes.",
        "Ask the producer which year the rows are of.",
    ),
    "future_date": _issue(
        "error",
        "Une date postérieure au jour où le fichier est lu : la ligne est écartée.",
        "A day later than the one on which the file is read: the row is left out.",
        "Demander au producteur la date juste.",
        "Ask the producer for the right day.",
    ),
    "dates_out_of_order": _issue(
        "error",
        "Les dates d'un inventaire ne se suivent pas : lancement, consultation de trente jours, "
        "arrêté, celui-ci après le 24 août 2021.",
        "The days of an inventory are out of order: start, consultation of thirty days, arrêté, "
        "this one after 24 August 2021.",
        "Vérifier les dates dans le fichier de l'EPCI.",
        "Check the days in the EPCI's file.",
    ),
    "contradictory_bands": _issue(
        "warning",
        "Les deux dernières tranches de salaire contredisent les salaires médians du même "
        "producteur, comme si leurs libellés étaient intervertis : elles sont réunies en une, dont "
        "la part est juste dans les deux cas.",
        "The last two bands of pay contradict the median pay of the same producer, as if their "
        "labels were swapped: they are merged into one, whose share is right either way.",
        "Demander au producteur quel libellé est celui de quelle part.",
        "Ask the producer which label is that of which share.",
    ),
    "corrected_value": _issue(
        "notice",
        "Une valeur reconnue fausse a été remplacée, pour une raison et sur une preuve publiées.",
        "A value known to be wrong was replaced, for a reason and by evidence that are published.",
        "Demander au producteur de corriger son fichier ; la correction le signale alors et est "
        "retirée.",
        "Ask the producer to mend its file; the correction then says so and is removed.",
    ),
    "repaired_code": _issue(
        "notice",
        "Un code a été remis sous sa forme normale (zéro initial, décimale).",
        "A code was restored to its standard form (leading zero, decimal).",
    ),
    "type_told_by_label": _issue(
        "notice",
        "Le type d'une zone manque, ou n'est pas de sa liste : son libellé le dit avec certitude.",
        "The type of a zone is missing, or not of its list: its label tells it for certain.",
        "Demander au producteur le document au standard.",
        "Ask the producer for the document in the standard.",
    ),
    "spreadsheet_date": _issue(
        "notice",
        "Une date est écrite jj/mm/aaaa, comme un tableur l'enregistre : elle a été lue ainsi.",
        "A date is written dd/mm/yyyy, as a spreadsheet saves it: it was read as such.",
        "Remettre le fichier du producteur, non celui qu'un tableur a enregistré.",
        "Hand over the producer's file, not the one that a spreadsheet saved.",
        responsible="observatory",
    ),
    "restated_code": _issue(
        "notice",
        "Le code d'une commune fusionnée, ou la parcelle d'une telle commune, est lu sous le code "
        "en vigueur.",
        "The code of a merged commune, or a parcel of one, is read under the code in force.",
    ),
    "split_commune": _issue(
        "warning",
        "Le code d'une commune scindée depuis ne dit pas de quelle commune en vigueur est la "
        "ligne : elle n'est attribuée à aucune.",
        "The code of a commune that was split since does not tell of which commune in force the "
        "row is: it is given to none.",
        "Fournir une édition du fichier postérieure à la scission.",
        "Hand over an edition of the file that is younger than the split.",
    ),
    "repaired_text": _issue(
        "notice",
        "Des espaces en trop ont été retirés d'un libellé.",
        "Surplus blanks were removed from a label.",
    ),
    "repaired_geometry": _issue(
        "notice",
        "Une géométrie invalide a été rendue valide sans déplacer son contour.",
        "An invalid geometry was made valid without moving its outline.",
    ),
    "repaired_coordinates": _issue(
        "notice",
        "Des coordonnées étaient dans un autre ordre ou système ; elles ont été rétablies avec "
        "certitude.",
        "Coordinates were written in another order or system; they were put right for certain.",
    ),
    "no_coordinates": _issue(
        "notice",
        "Une ligne est sans coordonnées, ou à celles de nulle part (0, 0) : elle est située "
        "autrement.",
        "A row has no coordinates, or those of nowhere (0, 0): it is located by other means.",
    ),
    "outside_france": _issue(
        "warning",
        "Une forme est hors de la partie de la France où est le territoire (métropole, ou son "
        "département d'outre-mer) : sa projection n'est pas celle qu'elle nomme, ou elle est "
        "d'ailleurs.",
        "A shape lies outside of the part of France that the territory is in (metropolitan, or its "
        "overseas département): its projection is not the one it names, or it is of elsewhere.",
        "Demander au producteur la projection du fichier, ou l'exporter à nouveau dans celle du "
        "territoire.",
        "Ask the producer which projection the file is in, or export it again in the territory's.",
    ),
    "outside_commune": _issue(
        "warning",
        "Un point ou un contour est à plus d'un kilomètre de la commune que la ligne nomme : la "
        "ligne est gardée, sans emplacement.",
        "A point or an outline lies more than a kilometre away from the commune that its row "
        "names: the row is kept, without a place.",
        "Demander au producteur laquelle des deux est juste.",
        "Ask the producer which of both is right.",
    ),
    "unnamed_projection": _issue(
        "notice",
        "Le fichier nomme sa projection en toutes lettres, sans code ; elle en a été déduite.",
        "The file names its projection in words alone, without a code; it was told by them.",
    ),
    "no_bassin": _issue(
        "notice",
        "Un enregistrement ne nomme ni commune ni point utilisable : il ne compte dans aucun "
        "bassin.",
        "A record names no commune and no usable point: it counts in no bassin.",
    ),
    "outside_zoning": _issue(
        "notice",
        "Un enregistrement est dans une commune qui n'a pas de bassin dans le zonage remis.",
        "A record lies in a commune that has no bassin in the zoning handed over.",
        "Remettre le zonage des bassins de l'année.",
        "Hand over the zoning of bassins of the year.",
        responsible="observatory",
    ),
    "unlinked_rome_code": _issue(
        "warning",
        "Un code ROME ne mène à aucun métier (FAP) : ce qui le porte n'est compté dans aucun.",
        "A ROME code leads to no occupation (FAP): what bears it is counted in none.",
        "Remettre la liste des appellations du ROME 4.0 (france_travail/rome_appellations).",
        "Hand over the list of appellations of ROME 4.0 (france_travail/rome_appellations).",
        responsible="observatory",
    ),
    "unmatched_code": _issue(
        "notice",
        "La liste dit elle-même qu'aucun code ne répond à celui-ci.",
        "The list itself says that no code answers to this one.",
    ),
    "unsplit_rome_code": _issue(
        "warning",
        "Un code ROME mène à plusieurs métiers, et moins de 30 offres disent leur qualification "
        "pour le répartir : ce qui le porte sans la dire n'est compté dans aucun.",
        "A ROME code leads to several occupations, and fewer than 30 offers state a qualification "
        "to split it by: what bears it and states none is counted in none.",
        "Remettre ou récupérer des relevés d'offres (france_travail/offers).",
        "Hand over or fetch snapshots of offers (france_travail/offers).",
        responsible="observatory",
    ),
    "said_twice": _issue(
        "notice",
        "Une offre répète celle d'un même employeur, au même endroit : elle n'est pas comptée.",
        "An offer repeats one of the same employer in the same place: it is not counted.",
    ),
    "snapshot_out_of_turn": _issue(
        "warning",
        "Un relevé d'offres est d'un jour antérieur au dernier déjà compté : il ne l'est pas.",
        "A snapshot of offers is of a day before the last one counted: it is not counted.",
        "Remettre les relevés dans l'ordre des jours.",
        "Hand snapshots over in the order of their days.",
        responsible="observatory",
    ),
    "commune_centre": _issue(
        "notice",
        "Un point vaut pour toute une commune, non pour un lieu : il ne situe rien.",
        "A point stands for a whole commune, not for a place in it: it locates nothing.",
    ),
    "area_differs": _issue(
        "notice",
        "La contenance et la surface dessinée diffèrent de plus d'un quart ; les deux sont "
        "gardées.",
        "The area on paper and the area drawn differ by more than a quarter; both are kept.",
        "Rien à faire : les chiffres viennent de la surface dessinée.",
        "Nothing to do: the area drawn is the one that figures are made from.",
    ),
    "ambiguous_sale": _issue(
        "warning",
        "Des lignes d'une même vente en sont peut-être deux, ou une sous deux prix : elles ne "
        "servent à aucun prix.",
        "Lines under one sale may be two sales, or one sale under two prices: they price nothing.",
    ),
    "sales_told_apart": _issue(
        "notice",
        "Un identifiant réunit des ventes d'un même jour et d'un même prix ; la suite des lignes "
        "du fichier les distingue.",
        "One identifier holds sales of one day and one price; the run of the file's lines tells "
        "them apart.",
    ),
    "parcel_in_pieces": _issue(
        "notice",
        "Une parcelle est dessinée en plusieurs morceaux qui ne se recouvrent pas ; ils sont "
        "réunis.",
        "A parcel is drawn in several pieces that do not overlap; they are put together.",
    ),
    "older_plan": _issue(
        "notice",
        "Un document d'urbanisme approuvé plus tard couvre ce lieu ; c'est lui qui le sert.",
        "A local plan approved later covers this place, and serves it.",
    ),
    "plan_not_in_force": _issue(
        "notice",
        "Une zone est d'un plan qui n'est pas en vigueur (prescrit, annulé, remplacé, abrogé, "
        "caduc) : elle n'autorise ni n'interdit rien.",
        "A zone is of a plan that is not in force (prescribed, annulled, replaced, abrogated, "
        "lapsed): it allows and forbids nothing.",
        "Fournir le zonage du document en vigueur.",
        "Hand over the zoning of the document in force.",
    ),
    "older_edition": _issue(
        "notice",
        "Une édition plus récente du même fichier couvre ce lieu ; c'est elle qui le sert.",
        "A younger edition of the same file covers this place, and serves it.",
    ),
    "overlapping_area": _issue(
        "notice",
        "Deux surfaces d'une source se recouvrent ; chaque mètre carré est compté une fois.",
        "Two areas of one source overlap; each square metre is counted once.",
        "Demander au producteur quel contour est juste.",
        "Ask the producer which outline is right.",
    ),
    "overlapping_perimeter": _issue(
        "notice",
        "Le périmètre en recouvre un autre, d'une meilleure source ou plus petit : ce qu'ils ont "
        "en commun est laissé à l'autre, et une lisière trop étroite n'est pas un site.",
        "The perimeter overlaps another, of a better source or smaller: what they share is left to "
        "the other, and a border that is too thin is no site.",
        "Vérifier lequel des deux contours est juste.",
        "Check which of the two outlines is right.",
    ),
    "unusable_geometry": _issue(
        "error",
        "Une géométrie est vide ou ne peut pas être rendue valide.",
        "A geometry is empty or cannot be made valid.",
        "Demander la forme au producteur, ou fournir un fichier corrigé.",
        "Ask the producer for the shape, or hand over a corrected file.",
    ),
}
