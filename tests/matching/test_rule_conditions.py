import pytest

from services.reconciler.rules.condition import LENGTH_MAX, ConditionRefused, parse_condition

COLUMNS = {"p": {"amount_minor", "state", "channel_txn_no"}, "l": {"amount_minor", "channel_txn_no"}}


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("abs(p.amount_minor - l.amount_minor) <= 5", "ABS(p.amount_minor - l.amount_minor) <= 5"),
        ("p.channel_txn_no IS NULL OR l.channel_txn_no = ''", "p.channel_txn_no IS NULL OR l.channel_txn_no = ''"),
        ("p.state NOT IN ('CLOSED', 'FAILED')", "NOT p.state IN ('CLOSED', 'FAILED')"),
        ("p.amount_minor BETWEEN 1 AND 100", "p.amount_minor BETWEEN 1 AND 100"),
        ("NOT (p.state = '成功')", "NOT (p.state = '成功')"),
        ("coalesce(p.amount_minor, 0) <> -l.amount_minor", "COALESCE(p.amount_minor, 0) <> -l.amount_minor"),
        ("length(p.channel_txn_no) >= 8", "LENGTH(p.channel_txn_no) >= 8"),
    ],
)
def test_a_condition_of_known_columns_reads_the_same_in_every_dialect(text: str, written: str) -> None:
    tree = parse_condition(text, COLUMNS)

    assert {tree.sql(dialect=dialect) for dialect in ("duckdb", "postgres", "spark")} == {written}


HOSTILE = [
    "p.amount_minor IN (SELECT 1)",
    "EXISTS (SELECT 1 FROM payments)",
    "(SELECT count(*) FROM read_csv('/etc/passwd')) > 0",
    "p.state = getenv('HOME')",
    "pg_sleep(10) IS NULL",
    "COLUMNS(*) = 1",
    "p.* IS NULL",
    "p.amount_minor::varchar = '1'",
    "CAST(p.amount_minor AS varchar) = '1'",
    "regexp_matches(p.state, '(a+)+$')",
    "p.state LIKE '%a%'",
    "p.amount_minor = 1 UNION SELECT 1",
    "p.amount_minor = 1; DROP TABLE payments",
    "p.amount_minor = 1 -- and more",
    "p.amount_minor = 1 /* hidden */ OR TRUE",
    'p."amount_minor" = 1',
    "p.amount_minor / 0 = 1",
    "p.amount_minor % 2 = 0",
    "p.amount_minor = 1.5",
    "p.amount_minor = 99999999999999999999",
    "p.state = $secret",
    "p.state = :cutoff",
    "p.state = current_user",
    "now() > p.amount_minor",
    "main.p.state = 'x'",
    "amount_minor = 1",
    "p.password = 'x'",
    "x.amount_minor = 1",
    "p.state = lambda(x)",
    "list_transform([1], x -> x) = [1]",
    "p.state COLLATE NOCASE = 'x'",
    "p.state = e'\\x41'",
    "sum(p.amount_minor) OVER () > 1",
    "p.state || p.state = 'x'",
    "p.amount_minor",
    "p.amount_minor + 1",
    "p.amount_minor = '1'",
    "p.state = 1",
    "p.state > p.amount_minor",
    "p.state AND TRUE",
    "p.amount_minor * p.amount_minor > 1",
    "p.amount_minor * 1000000 > 1",
    "p.amount_minor * 1000 * 1000 > 1",
    "length(p.amount_minor) > 1",
    "coalesce(p.state, 1) = 1",
    "'x'",
    "",
    "p.amount_minor = ",
    "p.state = '\x00'",
    "(" * 200 + "p.amount_minor = 1" + ")" * 200,
    "NOT " * 90 + "p.amount_minor = 1",
    " OR ".join(["p.amount_minor = 1"] * 25),
    "p.amount_minor = " + "1 + " * 90 + "1",
    "-" * 60 + "p.amount_minor = 1",
    "p.state = '" + "x" * LENGTH_MAX + "'",
]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_what_could_reach_beyond_the_row_or_run_long_is_refused(text: str) -> None:
    with pytest.raises(ConditionRefused):
        parse_condition(text, COLUMNS)
