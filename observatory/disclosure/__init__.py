"""What may not be told: statistical secrecy, and who must not be named today."""
