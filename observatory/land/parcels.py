"""Identifies cadastral parcels (14 characters) and classifies who can dispose of each.

Sources: DGFiP, notice of the files of parcels of legal persons (codes of rights and groups);
Insee, catégories juridiques and NAF. Cerema's own categories of owners (catpro) are not open: what
group, legal category and activity do not tell is not known. A parcel of natural persons is in no
open file.
"""

import polars as pl

from observatory.geography.cog import commune_of_arrondissement

PARCEL_PATTERN = r"^(?:\d{2}|2[AB])\d{6}[0-9A-Z]{2}\d{4}$"
# who can dispose of a parcel, best first: owner, lessor of a building or rehabilitation lease, bare
# owner, usufructuary, owner of an old ground lease, trustee, State, La Poste as owner, syndic; the
# others hold it for a time or manage it, for somebody whom the file may not name
DISPOSERS = ("P", "B", "V", "N", "U", "F", "C", "M", "X", "S")
LONG_LEASES = ("E", "R", "O", "T", "W")
UNKNOWN_OWNER = "natural_persons_or_unknown"
PUBLIC = ("state", "region", "department", "commune", "epci", "public_establishment")
OWNER_CATEGORIES = (
    *PUBLIC,
    "mixed_economy_company",
    "social_housing",
    "operating_company",
    "property_investor",
    "developer",
    "property_manager",
    "commercial_company",
    "civil_company",
    "association",
    "co_ownership",
    "other_legal_person",
    "several_owners",
    "natural_persons_or_unknown",
)
GROUPS = {
    "1": "state",
    "2": "region",
    "3": "department",
    "4": "commune",
    "5": "social_housing",
    "6": "mixed_economy_company",
    "7": "co_ownership",
    "8": "other_legal_person",
    "9": "public_establishment",
}
# legal categories (Insee) that say what an owner is, whatever its group
FORMS = {
    r"^734[02-9]|^735": "epci",
    r"^721|^731|^7341": "commune",
    r"^911": "co_ownership",
    r"^6521": "property_investor",
    r"^6541": "developer",
}
# those that say it where there is no group
FORMS_ALONE = {
    r"^71": "state",
    r"^7220": "department",
    r"^7230": "region",
    r"^7371|^5[56]4[67]": "social_housing",
    r"^5[456]15": "mixed_economy_company",
    r"^65": "civil_company",
    r"^5": "commercial_company",
    r"^9[23]": "association",
    r"^[47]": "public_establishment",
}
# classes and divisions of NAF rév. 2 and NAF 2025: who builds to sell, who lets or holds for others
# (a holding may own what its firms use: it tells nothing), who manages; others own what they use
DEVELOPING, HOLDING = r"^(411|681)", r"^642"
INVESTING = r"^(682|64|65|663)"
MANAGING = r"^683"


def build_parcel_id(
    department: pl.Expr, commune: pl.Expr, prefix: pl.Expr, section: pl.Expr, plan: pl.Expr
) -> pl.Expr:
    """Build the identifier from its parts: 2 + 3 + 3 + 2 + 4 characters, padded with zeros.

    Overseas the département has three characters and the commune two, told as two or three.
    """
    code, inside = department.str.strip_chars().str.zfill(2), commune.str.strip_chars()
    is_overseas = code.str.contains(r"^97\d$")
    return pl.concat_str(
        pl.when(is_overseas).then(code).otherwise(code.str.slice(0, 2)),
        pl.when(is_overseas)
        .then(inside.str.zfill(2).str.slice(-2))
        .otherwise(inside.str.zfill(3).str.slice(-3)),
        prefix.fill_null("").str.strip_chars().str.zfill(3),
        section.str.strip_chars().str.zfill(2),
        plan.str.strip_chars().str.zfill(4),
    )


def commune_of_parcel(parcel: pl.Expr) -> pl.Expr:
    """The commune in force a parcel lies in, Marseille whole."""
    return commune_of_arrondissement(parcel.str.slice(0, 5))


def classify_owner(group: pl.Expr, legal_category: pl.Expr) -> pl.Expr:
    """Classify a right holder, by its group at DGFiP, then by its legal category (Insee)."""
    by_group = group.replace_strict(GROUPS, default=None, return_dtype=pl.String)
    return pl.coalesce(
        _match(legal_category, FORMS),
        by_group,
        _match(legal_category, FORMS_ALONE),
        pl.lit("other_legal_person"),
    )


def _match(code: pl.Expr, patterns: dict[str, str]) -> pl.Expr:
    """The name of the first pattern that a code matches; null where none does."""
    found = (pl.when(code.str.contains(p)).then(pl.lit(name)) for p, name in patterns.items())
    return pl.coalesce(*found)


def classify_company(category: pl.Expr, naf: pl.Expr, naf_2025: pl.Expr) -> pl.Expr:
    """Tell companies apart by their own activity: one that owns what it uses is no investor.

    ``category`` comes from ``classify_owner``; a company of no known activity stays as it was.
    """
    activity = pl.coalesce(naf, naf_2025).str.replace(".", "", literal=True)
    told = (
        pl.when(activity.is_null() | activity.str.contains(HOLDING))
        .then(category)
        .when(activity.str.contains(DEVELOPING))
        .then(pl.lit("developer"))
        .when(activity.str.contains(INVESTING))
        .then(pl.lit("property_investor"))
        .when(activity.str.contains(MANAGING))
        .then(pl.lit("property_manager"))
        .otherwise(pl.lit("operating_company"))
    )
    return pl.when(category == "commercial_company").then(told).otherwise(category)


def find_owners(rights: pl.DataFrame) -> pl.DataFrame:
    """Find who can dispose of each parcel, and whether somebody holds a long lease on it.

    ``rights`` has ``parcel_id``, ``right``, ``owner_siren`` (null where there is none),
    ``owner_account`` (SIREN, or the number that stands for it), ``owner_category``,
    ``legal_category_code`` and ``owner_name``. Several owners of the best right are one account
    of their own, named by nobody.
    """
    rank = pl.col("right").replace_strict(
        {code: i for i, code in enumerate(DISPOSERS)}, default=None, return_dtype=pl.Int64
    )
    able = rights.with_columns(_rank=rank).drop_nulls("_rank")
    best = able.filter(pl.col("_rank") == pl.col("_rank").min().over("parcel_id"))
    holders = best.unique(["parcel_id", "owner_account"]).sort("parcel_id", "owner_account")
    alone = pl.len() == 1
    owners = holders.group_by("parcel_id", maintain_order=True).agg(
        owner_account=pl.col("owner_account").str.join("+"),
        owner_siren=pl.when(alone).then(pl.col("owner_siren").first()),
        owner_name=pl.when(alone).then(pl.col("owner_name").first()),
        legal_category_code=pl.when(alone).then(pl.col("legal_category_code").first()),
        owner_category=pl.when(alone)
        .then(pl.col("owner_category").first())
        .otherwise(pl.lit("several_owners")),
    )
    leased = rights.group_by("parcel_id").agg(
        has_long_lease=pl.col("right").is_in(LONG_LEASES).any()
    )
    return leased.join(owners, on="parcel_id", how="left").with_columns(
        pl.col("owner_category").fill_null(UNKNOWN_OWNER)
    )
