"""The web observatory: static pages made from the current release."""

from observatory.web.building import SITE, build_site

__all__ = ["SITE", "build_site"]
