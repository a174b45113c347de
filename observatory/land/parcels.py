"""Identifies cadastral parcels (14 characters) and classifies who can dispose of each.

Sources: DGFiP, notice of the files of parcels of legal persons (codes of rights and groups);
Insee, catégories juridiques. A parcel of natural persons is in no open file.
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
EPCI_FORMS = r"^734[1-9]|^735"
COMMUNE_FORMS = r"^721"


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
    return (
        pl.when(legal_category.str.contains(EPCI_FORMS))
        .then(pl.lit("epci"))
        .when(legal_category.str.contains(COMMUNE_FORMS))
        .then(pl.lit("commune"))
        .when(legal_category.str.starts_with("911") | (group == "7"))
        .then(pl.lit("co_ownership"))
        .when(by_group.is_not_null())
        .then(by_group)
        .when(legal_category.str.starts_with("65"))
        .then(pl.lit("civil_company"))
        .when(legal_category.str.starts_with("5"))
        .then(pl.lit("commercial_company"))
        .when(legal_category.str.starts_with("92") | legal_category.str.starts_with("93"))
        .then(pl.lit("association"))
        .when(legal_category.str.starts_with("7") | legal_category.str.starts_with("4"))
        .then(pl.lit("public_establishment"))
        .otherwise(pl.lit("other_legal_person"))
    )


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
