"""Key columns of the labour tables: the territory, the occupation, and both."""

TERRITORY_KEY = ("territory_level", "territory_code")
OCCUPATION_KEY = ("fap_nomenclature", "fap_level", "fap_code")
# the level of each nomenclature at which occupations are surveyed, the one in use first
SURVEYED_LEVELS = {"fap_2021": "fap228", "fap_2009": "fap225"}
TERRITORY_AND_OCCUPATION = (*TERRITORY_KEY, *OCCUPATION_KEY)
