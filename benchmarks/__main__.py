"""`make bench`: runs every table and writes benchmarks/results. QUICK=1 only proves that each still runs."""

from benchmarks import intake, matching
from benchmarks.report import is_quick, write


def main() -> None:
    """Run the tables in turn."""
    quick = is_quick()
    write("matching", matching.measure(quick=quick))
    write("intake", intake.measure(quick=quick))


if __name__ == "__main__":
    main()
