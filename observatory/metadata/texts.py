"""What is said to readers, in French and English beside each other."""

from dataclasses import dataclass

from observatory.errors import DeclarationError


@dataclass(frozen=True, kw_only=True)
class Text:
    """One phrase in both languages.

    As what null means, ``without`` names sources by groups: null wherever nobody handed over any
    source of one of the groups. ``is_only_absence``: null exactly there, so that a source which is
    there and holds nothing gives zero.
    """

    fr: str
    en: str
    without: tuple[tuple[str, ...], ...] = ()
    is_only_absence: bool = False

    def __post_init__(self) -> None:
        if not (self.fr and self.en):
            msg = f"a text is said in French and in English: {self.fr or self.en!r}"
            raise DeclarationError(msg)

    def __or__(self, other: "Text") -> "Text":
        """Either of two meanings."""
        return Text(
            fr=f"{self.fr} ; ou {other.fr}",
            en=f"{self.en}; or {other.en}",
            without=self.without + other.without,
        )


def not_handed_over(*without: tuple[str, ...], fr: str, en: str) -> Text:
    """Null exactly where no source of one of the groups was handed over."""
    return Text(fr=fr, en=en, without=without, is_only_absence=True)
