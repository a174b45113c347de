"""Key columns of the labour tables: the territory, the occupation, and both."""

TERRITORY_KEY = ("territory_level", "territory_code")
OCCUPATION_KEY = ("fap_nomenclature", "fap_level", "fap_code")
TERRITORY_AND_OCCUPATION = (*TERRITORY_KEY, *OCCUPATION_KEY)
