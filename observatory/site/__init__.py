"""The web observatory: static pages made from the current release."""

from observatory.site.building import SITE, build_site

__all__ = ["SITE", "build_site"]
