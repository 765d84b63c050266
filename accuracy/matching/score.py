"""Judges any results against the truth: what was posted wrongly, what was found, what was told. It repairs nothing.

All counting is SQL over the files, so that ten million rows are scored in bounded memory.
"""

# SQL of our own names

import tempfile
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import duckdb

from accuracy.matching.generate import Data
from accuracy.matching.truth import POSTABLE


@dataclass(frozen=True, slots=True)
class ClassScore:
    """One class of clusters; `right` are those in which all links were found and every row bears a right label."""

    name: str
    clusters: int
    links: int
    found: int
    posted: int
    wrong_posts: int
    right: int
    mistaken_for: str  # the wrong label that its rows bore most often; "" for none


@dataclass(frozen=True, slots=True)
class Score:
    """The measures of one result. Shares are of 1 and are 1 where there was nothing to find."""

    payments: int
    lines: int
    conserved: bool  # every row once, none that was not given, and the sums of both sides
    wrong_auto_posts: int  # posted groups of which anything is untrue
    wrong_auto_posts_minor: int  # the lines in them
    auto_post_precision: float  # of the money posted
    false_links: int  # posted or suggested pairs that are not the same money
    link_precision: float
    link_recall: float  # posted, suggested, or shown as a pair with its difference
    link_f1: float
    recall_identifiers: float  # of classes in which numbers tell the truth
    exact_clusters: float  # all links of a cluster found, and none beside them
    auto_post_recall: float  # of links that may be posted
    ambiguous_shown: float  # of clusters that nothing decides: every candidate, in one group
    false_alarms: int  # clean and harmless clusters with an exception
    false_alarms_per_10k: float
    missed_faults: int  # faulty clusters without any sign
    classes: tuple[ClassScore, ...]

    def as_dict(self) -> dict[str, Any]:
        """All of it, for JSON."""
        return asdict(self)


def score(data: Data, results: Path) -> Score:
    """Judge one results.parquet. Wrong rows count as wrong; nothing in them makes this fail but missing columns."""
    with tempfile.TemporaryDirectory(dir=results.parent) as spill, duckdb.connect() as db:
        db.execute("SET memory_limit = '4GiB'")
        db.execute(f"SET temp_directory = '{spill}'")
        db.execute("SET preserve_insertion_order = false")
        _load(db, data, results)
        _count_pairs(db)
        _judge_groups(db)
        _judge_clusters(db)
        return _score(db)


def _load(db: duckdb.DuckDBPyConnection, data: Data, results: Path) -> None:
    db.execute(
        f"""
        CREATE TABLE truth AS SELECT cluster, class, must, decoy_of, identified, ambiguous, twin, postable
        FROM read_parquet('{data.truth}')"""
    )
    db.execute(
        f"""
        CREATE TABLE results AS SELECT side, id, group_id, disposition, CASE
            WHEN COALESCE(exception_class, '') <> '' THEN exception_class
            WHEN disposition IN ('MATCHED', 'SUGGESTED') THEN 'OK'
            WHEN disposition = 'IGNORED_BY_RULE' THEN 'IGNORED'
            ELSE disposition END AS label
        FROM read_parquet('{results}')"""
    )
    rows = " UNION ALL ".join(
        f"""SELECT '{side}' AS side, cluster, UNNEST({name}_ids) AS id, UNNEST({name}_groups) AS true_group,
            UNNEST({name}_accepts) AS accepts FROM read_parquet('{data.truth}')"""
        for side, name in (("P", "payment"), ("L", "line"))
    )
    amounts = f"""
        SELECT 'P' AS side, payment_id AS id, amount_minor FROM read_parquet('{data.payments}')
        UNION ALL SELECT 'L', line_id, amount_minor FROM read_parquet('{data.lines}')"""
    db.execute(f"CREATE TABLE given AS {amounts}")
    db.execute(
        f"""
        CREATE TABLE row AS
        SELECT t.side, t.id, t.cluster, t.true_group, t.accepts, a.amount_minor, r.group_id,
               COALESCE(r.disposition, 'LOST') AS disposition, COALESCE(r.label, 'LOST') AS label,
               COALESCE(list_contains(string_split(t.accepts, '|'), r.label), FALSE) AS is_right
        FROM ({rows}) AS t LEFT JOIN given AS a ON a.side = t.side AND a.id = t.id
        LEFT JOIN results AS r ON r.side = t.side AND r.id = t.id"""
    )


def _count_pairs(db: duckdb.DuckDBPyConnection) -> None:
    """Pairs that the results claim, by group; pairs that are true, by group of the truth."""
    for name, which in (
        ("told", "label <> 'AMBIGUOUS_MATCH' AND label <> 'MERGED_UNRESOLVED' AND disposition <> 'LOST'"),
        ("posted", "disposition = 'MATCHED'"),
    ):
        db.execute(
            f"""
            CREATE TABLE {name}_true AS
            SELECT group_id, cluster, true_group, COUNT(*) FILTER (side = 'P') * COUNT(*) FILTER (side = 'L') AS pairs
            FROM row WHERE {which} GROUP BY ALL"""
        )
        db.execute(
            f"""
            CREATE TABLE {name} AS
            SELECT group_id, COUNT(*) FILTER (side = 'P') * COUNT(*) FILTER (side = 'L') AS pairs
            FROM row WHERE {which} GROUP BY ALL"""
        )
    db.execute(
        """
        CREATE TABLE link AS
        SELECT n.cluster, n.true_group, IF(t.twin AND n.pairs > 0, 1, n.pairs) AS needed,
               LEAST(COALESCE(f.pairs, 0), needed) AS found, LEAST(COALESCE(p.pairs, 0), needed) AS posted
        FROM (SELECT cluster, true_group, COUNT(*) FILTER (side = 'P') * COUNT(*) FILTER (side = 'L') AS pairs
              FROM row GROUP BY ALL) AS n
        JOIN truth AS t ON t.cluster = n.cluster
        LEFT JOIN (SELECT cluster, true_group, SUM(pairs) AS pairs FROM told_true GROUP BY ALL) AS f
            ON f.cluster = n.cluster AND f.true_group = n.true_group
        LEFT JOIN (SELECT cluster, true_group, SUM(pairs) AS pairs FROM posted_true GROUP BY ALL) AS p
            ON p.cluster = n.cluster AND p.true_group = n.true_group
        WHERE n.pairs > 0"""
    )


def _judge_groups(db: duckdb.DuckDBPyConnection) -> None:
    """A posted group is wrong when a pair of it is untrue, when it has one side only, or when it hides a fault."""
    postable = ", ".join(f"'{label}'" for label in POSTABLE)
    db.execute(
        f"""
        CREATE TABLE posted_group AS
        SELECT r.group_id, MIN(r.cluster) AS cluster,
               COUNT(*) FILTER (r.side = 'P') AS ps, COUNT(*) FILTER (r.side = 'L') AS ls,
               BOOL_OR(NOT r.is_right OR r.label NOT IN ({postable})) AS hides,
               BOOL_OR(t.twin) AND ps * ls > 1 AS posts_twins,
               COALESCE(SUM(ABS(r.amount_minor)) FILTER (r.side = 'L'), 0) AS minor
        FROM row AS r JOIN truth AS t ON t.cluster = r.cluster WHERE r.disposition = 'MATCHED' GROUP BY r.group_id"""
    )
    db.execute(
        """
        CREATE TABLE posted_judged AS
        SELECT g.*, ps * ls <> COALESCE(p.pairs, 0) OR ps = 0 OR ls = 0 OR hides OR posts_twins AS is_wrong
        FROM posted_group AS g
        LEFT JOIN (SELECT group_id, SUM(pairs) AS pairs FROM posted_true GROUP BY ALL) AS p USING (group_id)"""
    )


def _judge_clusters(db: duckdb.DuckDBPyConnection) -> None:
    db.execute(
        """
        CREATE TABLE cluster AS
        SELECT t.*, COALESCE(l.needed, 0) AS needed, COALESCE(l.found, 0) AS found, COALESCE(l.posted, 0) AS posted,
               r.all_right AND (t.must = '' OR list_has_any(string_split(t.must, '|'), r.labels)) AS labels_right,
               r.all_right AND r.all_exceptions AND r.groups = 1 AS is_shown, r.has_exception, r.all_silent
        FROM truth AS t
        JOIN (SELECT cluster, BOOL_AND(is_right) AS all_right, LIST(DISTINCT label) AS labels,
                     BOOL_AND(disposition = 'EXCEPTION') AS all_exceptions, COUNT(DISTINCT group_id) AS groups,
                     BOOL_OR(disposition = 'EXCEPTION' OR disposition = 'LOST' OR NOT is_right) AS has_exception,
                     BOOL_AND(label = 'OK') AS all_silent
              FROM row GROUP BY cluster) AS r ON r.cluster = t.cluster
        LEFT JOIN (SELECT cluster, SUM(needed) AS needed, SUM(found) AS found, SUM(posted) AS posted
                   FROM link GROUP BY ALL) AS l ON l.cluster = t.cluster"""
    )
    db.execute(
        """
        CREATE TABLE false_pairs AS
        SELECT g.group_id, g.pairs - COALESCE(t.pairs, 0) AS pairs FROM told AS g
        LEFT JOIN (SELECT group_id, SUM(pairs) AS pairs FROM told_true GROUP BY ALL) AS t USING (group_id)
        WHERE g.pairs > COALESCE(t.pairs, 0)"""
    )


def _score(db: duckdb.DuckDBPyConnection) -> Score:
    wrong, wrong_minor, minor = _one(
        db,
        """SELECT COUNT(*) FILTER (is_wrong), COALESCE(SUM(minor) FILTER (is_wrong), 0), COALESCE(SUM(minor), 0)
           FROM posted_judged""",
    )
    needed, found, ids, ids_found, postable, posted = _one(
        db,
        """SELECT SUM(needed), SUM(found), SUM(needed) FILTER (identified), SUM(found) FILTER (identified),
                  SUM(needed) FILTER (postable), SUM(posted) FILTER (postable) FROM cluster""",
    )
    linked, whole, doubts, shown, harmless, alarms, missed = _one(
        db,
        """SELECT COUNT(*) FILTER (needed > 0),
                  COUNT(*) FILTER (needed > 0 AND found = needed AND NOT EXISTS (
                      SELECT 1 FROM row AS r JOIN false_pairs AS f ON f.group_id = r.group_id
                      WHERE r.cluster = cluster.cluster)),
                  COUNT(*) FILTER (ambiguous), COUNT(*) FILTER (ambiguous AND is_shown),
                  COUNT(*) FILTER (class LIKE 'CLEAN%' OR decoy_of <> ''),
                  COUNT(*) FILTER ((class LIKE 'CLEAN%' OR decoy_of <> '') AND has_exception),
                  COUNT(*) FILTER ((twin OR NOT postable) AND all_silent) FROM cluster""",
    )
    (false,) = _one(db, "SELECT COALESCE(SUM(pairs), 0) FROM false_pairs")
    precision, recall = _share(found or 0, (found or 0) + false), _share(found, needed)
    payments, lines = (_one(db, f"SELECT COUNT(*) FROM given WHERE side = '{side}'")[0] for side in "PL")
    return Score(
        payments=payments,
        lines=lines,
        conserved=_is_conserved(db),
        wrong_auto_posts=wrong,
        wrong_auto_posts_minor=int(wrong_minor),
        auto_post_precision=_share(minor - wrong_minor, minor),
        false_links=int(false),
        link_precision=precision,
        link_recall=recall,
        link_f1=_share(2 * precision * recall, precision + recall),
        recall_identifiers=_share(ids_found, ids),
        exact_clusters=_share(whole, linked),
        auto_post_recall=_share(posted, postable),
        ambiguous_shown=_share(shown, doubts),
        false_alarms=alarms,
        false_alarms_per_10k=10_000 * alarms / harmless if harmless else 0.0,
        missed_faults=missed,
        classes=_classes(db),
    )


def _is_conserved(db: duckdb.DuckDBPyConnection) -> bool:
    """The rows of the results are the rows of the input, each once, so that counts and sums are the same."""
    sums = """SELECT side, COUNT(*), COUNT(DISTINCT id), SUM(amount_minor) FROM {} GROUP BY side ORDER BY side"""
    found = "(SELECT r.side, r.id, g.amount_minor FROM results AS r LEFT JOIN given AS g USING (side, id))"
    given, told = (db.execute(sums.format(source)).fetchall() for source in ("given", found))
    return given == told


def _classes(db: duckdb.DuckDBPyConnection) -> tuple[ClassScore, ...]:
    rows = db.execute(
        """
        SELECT c.class, COUNT(*), SUM(needed), SUM(found), SUM(posted), COALESCE(ANY_VALUE(w.wrong), 0),
               COUNT(*) FILTER (IF(ambiguous, is_shown, labels_right AND found = needed)),
               COALESCE(ANY_VALUE(m.label), '')
        FROM cluster AS c
        LEFT JOIN (SELECT t.class, COUNT(*) AS wrong FROM posted_judged AS g JOIN truth AS t USING (cluster)
                   WHERE g.is_wrong GROUP BY ALL) AS w ON w.class = c.class
        LEFT JOIN (SELECT class, ARG_MAX(label || ' ' || rows, rows) AS label FROM (
                       SELECT t.class, r.label, COUNT(*) AS rows FROM row AS r JOIN truth AS t USING (cluster)
                       WHERE NOT r.is_right GROUP BY ALL) GROUP BY ALL) AS m ON m.class = c.class
        GROUP BY c.class ORDER BY c.class"""
    ).fetchall()
    names = [field.name for field in fields(ClassScore)]
    return tuple(ClassScore(**dict(zip(names, (row[0], *map(int, row[1:7]), row[7]), strict=True))) for row in rows)


def _one(db: duckdb.DuckDBPyConnection, query: str) -> tuple[Any, ...]:
    (row,) = db.execute(query).fetchall()
    return tuple(row)


def _share(part: float | None, whole: float | None) -> float:
    return float(part or 0) / float(whole) if whole else 1.0
