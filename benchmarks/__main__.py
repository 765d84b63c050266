"""`make bench`: measures the intake of payments into benchmarks/results. QUICK=1 only proves that it still runs."""

from benchmarks import intake
from benchmarks.report import is_quick, write


def main() -> None:
    """Run the table."""
    write("intake", intake.measure(quick=is_quick()))


if __name__ == "__main__":
    main()
