"""The web observatory: static pages made from the current release."""

from observatory.web.building import SITE_FOLDER, build_site

__all__ = ["SITE_FOLDER", "build_site"]
