"""Invented départements of true size, in the layouts of the producers' files."""
