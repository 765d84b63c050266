"""The days of a set one after the other, as they come: what each close says with what is there by then.

At the close of a business date its statements and those before it are there, late lines and the next day's are not.
It judges three things: nothing is ever posted wrongly, nothing posted is taken back, and what only waits is no alarm.
"""

# SQL of our own names

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb

from accuracy.matching.generate import Data
from accuracy.matching.score import score
from services.reconciler.rules.duckdb_engine import match_files
from services.reconciler.rules.engine import Asked
from services.reconciler.rules.rule_set import RuleSet

_CLOSE, _ZONE = time(10), ZoneInfo("Asia/Shanghai")
_WAITS = ("CLEAN", "CLEAN_SMALL_BANK", "CROSS_DAY", "WAITS_FOR_NEXT_FILE", "STATEMENT_MISSING")


@dataclass(frozen=True, slots=True)
class Replay:
    """What came out over all closes of one set; days are counted from a cluster's first row."""

    closes: int
    wrong_auto_posts: int  # over all closes
    taken_back: int  # groups posted at one close that a later one does not know
    alarms_while_waiting: int  # clusters that only wait for the next file, and were told as an exception before it came
    resolved_days: tuple[tuple[int, int], ...]  # days until a cluster's links stood, and how many took so long


def replay(data: Data, rule_set: RuleSet) -> Replay:
    """Close the days of the set in turn."""
    wrong = 0
    with tempfile.TemporaryDirectory(dir=data.truth.parent) as name, duckdb.connect() as db:
        db.execute("CREATE TABLE told (day VARCHAR, side VARCHAR, id VARCHAR, group_id VARCHAR, disposition VARCHAR)")
        days = _days(db, data)
        for day in days:
            there, out = _until(db, data, day, Path(name) / day), Path(name) / day / "out"
            as_of = datetime.combine(date.fromisoformat(day) + timedelta(days=1), _CLOSE, _ZONE)
            match_files(rule_set, there.payments, there.lines, out, asked=Asked(as_of=as_of))
            wrong += score(there, out / "results.parquet").wrong_auto_posts
            db.execute(
                f"""INSERT INTO told SELECT '{day}', side, id, group_id, disposition
                    FROM read_parquet('{out / "results.parquet"}')"""
            )
        db.execute(f"CREATE TABLE row AS {' UNION ALL '.join(_rows(data))}")
        return Replay(len(days), wrong, _taken_back(db), _alarms(db), tuple(_resolved(db)))


def _days(db: duckdb.DuckDBPyConnection, data: Data) -> list[str]:
    dates = " UNION ".join(f"SELECT business_date FROM read_parquet('{path}')" for path in (data.payments, data.lines))
    return [day for (day,) in db.execute(f"{dates} ORDER BY 1").fetchall()]


def _until(db: duckdb.DuckDBPyConnection, data: Data, day: str, folder: Path) -> Data:
    """The rows of this and earlier dates; the truth is the whole one."""
    folder.mkdir()
    for path in (data.payments, data.lines):
        db.execute(
            f"""COPY (SELECT * FROM read_parquet('{path}') WHERE business_date <= '{day}')
                TO '{folder / path.name}' (FORMAT parquet)"""
        )
    return Data(folder / data.payments.name, folder / data.lines.name, data.truth)


def _rows(data: Data) -> Iterator[str]:
    for side, name in (("P", "payment"), ("L", "line")):
        yield f"""SELECT '{side}' AS side, UNNEST({name}_ids) AS id, cluster, class, first_date, settled_date, needed
            FROM (SELECT *, len(list_intersect(payment_groups, line_groups)) > 0 AS needed
                  FROM read_parquet('{data.truth}'))"""


def _taken_back(db: duckdb.DuckDBPyConnection) -> int:
    """A posted group is known by its rows."""
    ((count,),) = db.execute(
        """
        WITH posted AS (
            SELECT day, group_id, string_agg(side || id, ' ' ORDER BY side, id) AS rows
            FROM told WHERE disposition = 'MATCHED' GROUP BY ALL)
        SELECT COUNT(*) FROM (SELECT MIN(day) AS first, COUNT(*) AS times FROM posted GROUP BY rows)
        WHERE times < (SELECT COUNT(DISTINCT day) FROM told WHERE day >= first)"""
    ).fetchall()
    return int(count)


def _alarms(db: duckdb.DuckDBPyConnection) -> int:
    names = ", ".join(f"'{name}'" for name in _WAITS)
    ((count,),) = db.execute(
        f"""
        SELECT COUNT(DISTINCT r.cluster) FROM row AS r JOIN told AS t ON t.side = r.side AND t.id = r.id
        WHERE r.class IN ({names}) AND t.disposition = 'EXCEPTION'
          AND (t.day < r.settled_date OR r.class IN ('WAITS_FOR_NEXT_FILE', 'STATEMENT_MISSING'))"""
    ).fetchall()
    return int(count)


def _resolved(db: duckdb.DuckDBPyConnection) -> list[tuple[int, int]]:
    """From the first day of a cluster that has links to the first close at which all its rows were posted together."""
    return db.execute(
        """
        WITH posted AS (
            SELECT r.cluster, t.day, ANY_VALUE(r.first_date) AS first_date
            FROM row AS r JOIN told AS t ON t.side = r.side AND t.id = r.id
            WHERE r.needed GROUP BY r.cluster, t.day
            HAVING BOOL_AND(t.disposition = 'MATCHED')
               AND COUNT(*) = (SELECT COUNT(*) FROM row AS w WHERE w.cluster = r.cluster))
        SELECT days, COUNT(*) FROM (
            SELECT MIN(CAST(day AS DATE)) - ANY_VALUE(CAST(first_date AS DATE)) AS days FROM posted GROUP BY cluster)
        GROUP BY days ORDER BY days"""
    ).fetchall()
