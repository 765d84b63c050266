"""The engines whose SQL the compiler can write. The text differs, the result does not."""

from enum import StrEnum


class Dialect(StrEnum):
    """A dialect by the name that sqlglot gives it."""

    DUCKDB = "duckdb"
    POSTGRES = "postgres"
    SPARK = "spark"
