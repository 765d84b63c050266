"""The scorer, held against results that were scored by hand and against results that were made wrong on purpose."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from accuracy.matching.catalogue import PLANTS
from accuracy.matching.generate import Data, generate
from accuracy.matching.score import Score, score
from accuracy.matching.truth import NOISES, TRUTH
from services.reconciler.matching.frames import LINES, PAYMENTS, RESULTS

Row = dict[str, Any]
POSTED = {"OK", "CROSS_DAY", "LATE_ITEM", "REFERENCE_DAMAGED"}


def _table(rows: list[Row], schema: pa.Schema, blanks: Row) -> pa.Table:
    return pa.Table.from_pylist([blanks | row for row in rows], schema)


def _blanks(schema: pa.Schema) -> Row:
    return {field.name: "" if pa.types.is_string(field.type) else 0 for field in schema}


def _data(folder: Path, clusters: list[Row], amounts: dict[str, int]) -> Data:
    data = Data(*(folder / f"{name}.parquet" for name in ("payments", "lines", "truth")))
    sides = ((data.payments, "payment", PAYMENTS), (data.lines, "line", LINES))
    for path, side, schema in sides:
        ids = [one for cluster in clusters for one in cluster.get(f"{side}_ids", [])]
        rows = [{f"{side}_id": one, "amount_minor": amounts.get(one, 100)} for one in ids]
        pq.write_table(_table(rows, schema, _blanks(schema)), path)
    blanks = {"must": "", "decoy_of": "", "ambiguous": False, "twin": False, "postable": True, "identified": True}
    empty = {f"{side}_{name}": [] for side in ("payment", "line") for name in ("ids", "groups", "accepts")}
    rows = [blanks | empty | {"cluster": at} | cluster for at, cluster in enumerate(clusters)]
    pq.write_table(pa.Table.from_pylist(rows, TRUTH), data.truth)
    return data


def _results(folder: Path, rows: list[tuple[str, str, str, str]]) -> Path:
    """Rows of id, group, disposition and class; an id begins with p or l for its side."""
    told = [
        {"side": one[0].upper(), "id": one, "group_id": group, "disposition": disposition, "exception_class": label}
        for one, group, disposition, label in rows
    ]
    pq.write_table(_table(told, RESULTS, _blanks(RESULTS) | {"margin": None}), folder / "results.parquet")
    return folder / "results.parquet"


def _cluster(name: str, payments: str, lines: str, accepts: str = "OK", **more: Any) -> Row:
    """Rows as "p1:0 p2:1": an id and its group."""
    sides: Row = {}
    for side, text in (("payment", payments), ("line", lines)):
        pairs = [one.split(":") for one in text.split()]
        sides[f"{side}_ids"] = [one for one, _ in pairs]
        sides[f"{side}_groups"] = [int(group) for _, group in pairs]
        sides[f"{side}_accepts"] = [accepts for _ in pairs]
    return {"class": name, **sides, **more}


CLUSTERS = [
    _cluster("CLEAN", "p1:0", "l1:0"),
    _cluster("CLEAN", "p2:0", "l2:0"),
    _cluster("SPLIT", "p3:0", "l3:0 l4:0"),
    _cluster("AMOUNT_CHANNEL_OVER", "p4:0", "l5:0", "AMOUNT_CHANNEL_OVER", postable=False),
    _cluster("AMBIGUOUS", "p5:100 p6:101", "l6:200", "AMBIGUOUS_MATCH", ambiguous=True, postable=False),
    _cluster("TWINS", "p7:0 p8:1", "l7:0 l8:1", decoy_of="DUPLICATE_PAYMENT"),
    _cluster("DUPLICATE_LINE", "p9:0", "l9:0 l10:0", "OK|DUPLICATE_LINE", must="DUPLICATE_LINE", twin=True),
]
AMOUNTS = {"l7": 300, "l8": 400}
BY_HAND = [
    ("p1", "g1", "MATCHED", ""),
    ("l1", "g1", "MATCHED", ""),
    ("p2", "g2", "MATCHED", ""),
    ("l2", "g2", "MATCHED", ""),
    ("p3", "g3", "SUGGESTED", ""),
    ("l3", "g3", "SUGGESTED", ""),
    ("l4", "l4", "EXCEPTION", "CHANNEL_ONLY"),
    ("p4", "g4", "EXCEPTION", "AMOUNT_CHANNEL_OVER"),
    ("l5", "g4", "EXCEPTION", "AMOUNT_CHANNEL_OVER"),
    ("p5", "g5", "EXCEPTION", "AMBIGUOUS_MATCH"),
    ("p6", "g5", "EXCEPTION", "AMBIGUOUS_MATCH"),
    ("l6", "g5", "EXCEPTION", "AMBIGUOUS_MATCH"),
    ("p7", "g6", "MATCHED", ""),
    ("l8", "g6", "MATCHED", ""),
    ("p8", "g7", "MATCHED", ""),
    ("l7", "g7", "MATCHED", ""),
    ("p9", "g8", "MATCHED", ""),
    ("l9", "g8", "MATCHED", ""),
    ("l10", "l10", "EXCEPTION", "DUPLICATE_LINE"),
]


def test_a_result_scores_as_it_does_by_hand(tmp_path):
    judged = score(_data(tmp_path, CLUSTERS, AMOUNTS), _results(tmp_path, BY_HAND))

    # Of 8 links 1 + 1 + 1 + 1 + 1 were found; the twins were posted crosswise, 700 of 1000 minor units.
    assert (judged.payments, judged.lines, judged.conserved) == (9, 10, True)
    assert (judged.wrong_auto_posts, judged.wrong_auto_posts_minor, judged.false_links) == (2, 700, 2)
    assert judged.auto_post_precision == pytest.approx(300 / 1000)
    assert judged.link_recall == pytest.approx(5 / 8)
    assert judged.link_precision == pytest.approx(5 / 7)
    assert judged.link_f1 == pytest.approx(2 * (5 / 8) * (5 / 7) / (5 / 8 + 5 / 7))
    assert judged.recall_identifiers == pytest.approx(5 / 8)
    assert judged.exact_clusters == pytest.approx(4 / 6)
    assert judged.auto_post_recall == pytest.approx(3 / 7)
    assert (judged.ambiguous_shown, judged.false_alarms, judged.missed_faults) == (1.0, 0, 0)
    by_name = {one.name: one for one in judged.classes}
    split, twins = by_name["SPLIT"], by_name["TWINS"]
    assert (split.links, split.found, split.posted, split.right) == (2, 1, 0, 0)
    assert split.mistaken_for == "CHANNEL_ONLY 1"
    assert (twins.links, twins.found, twins.wrong_posts, twins.right) == (2, 0, 2, 0)
    assert by_name["CLEAN"].right == 2


def test_what_belongs_together_only_in_part_counts_in_part_and_a_foreign_row_is_false(tmp_path):
    rows = [("p3", "g", "SUGGESTED", ""), ("l3", "g", "SUGGESTED", ""), ("l1", "g", "SUGGESTED", "")]
    rest = [("p1", "p1", "EXCEPTION", "PLATFORM_ONLY"), ("l4", "l4", "EXCEPTION", "CHANNEL_ONLY")]

    judged = score(_data(tmp_path, [CLUSTERS[0], CLUSTERS[2]], {}), _results(tmp_path, rows + rest))

    assert (judged.false_links, judged.link_precision, judged.link_recall) == (1, 0.5, pytest.approx(1 / 3))
    assert (judged.false_alarms, judged.false_alarms_per_10k, judged.wrong_auto_posts) == (1, 10_000, 0)


# A seed of which even a small set has every class.
@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Data:
    return generate(tmp_path_factory.mktemp("made"), seed=1427, size=1200, noise=NOISES["none"])


def test_the_truth_itself_scores_full_in_every_class(made, tmp_path):
    judged = score(made, _write(tmp_path, _perfect(made)))

    assert (judged.wrong_auto_posts, judged.false_links, judged.false_alarms, judged.missed_faults) == (0, 0, 0, 0)
    shares = ("link_recall", "link_precision", "recall_identifiers", "exact_clusters", "auto_post_recall")
    assert [getattr(judged, name) for name in (*shares, "ambiguous_shown", "auto_post_precision")] == [1.0] * 7
    assert [one.name for one in judged.classes if one.right != one.clusters] == []
    assert len(judged.classes) == len(PLANTS)
    assert judged.conserved


def _first(rows: list[Row], name: str) -> Row:
    return next(row for row in rows if row["class"] == name)


def _of(rows: list[Row], name: str) -> list[Row]:
    cluster = _first(rows, name)["cluster"]
    return [row for row in rows if row["cluster"] == cluster]


def _post(rows: list[Row], group_id: str) -> None:
    for row in rows:
        row.update(disposition="MATCHED", exception_class="", group_id=group_id)


def _swap_lines(rows: list[Row]) -> None:
    one, other = (row for row in _of(rows, "TWINS") if row["side"] == "L")
    one["group_id"], other["group_id"] = other["group_id"], one["group_id"]


def _guess_a_doubt(rows: list[Row]) -> None:
    doubt = _of(rows, "AMBIGUOUS_TWO_PAYMENTS")
    _post([next(row for row in doubt if row["side"] == side) for side in "PL"], "guessed")


def _suggest_a_doubt(rows: list[Row]) -> None:
    for row in _of(rows, "AMBIGUOUS_TWO_PAYMENTS"):
        row.update(disposition="SUGGESTED", exception_class="", group_id="guessed")


def _scatter_a_doubt(rows: list[Row]) -> None:
    one = _first(rows, "AMBIGUOUS_TWO_PAYMENTS")
    one["group_id"] = one["id"]


def _hide_an_amount(rows: list[Row]) -> None:
    pair = _of(rows, "AMOUNT_CHANNEL_OVER")
    _post(pair, pair[0]["group_id"])


def _post_a_repeat(rows: list[Row]) -> None:
    _post(_of(rows, "DUPLICATE_LINE"), "all")


def _post_alone(rows: list[Row]) -> None:
    _post(_of(rows, "PLATFORM_ONLY"), "alone")


def _hide_a_double_payment(rows: list[Row]) -> None:
    for row in _of(rows, "DUPLICATE_PAYMENT"):
        row.update(disposition="MATCHED", exception_class="")


def _alarm(rows: list[Row]) -> None:
    _first(rows, "INSTALMENTS").update(disposition="EXCEPTION", exception_class="DUPLICATE_PAYMENT")


def _lose(rows: list[Row]) -> None:
    rows.remove(_first(rows, "CLEAN"))


def _double(rows: list[Row]) -> None:
    rows.append(dict(_first(rows, "CLEAN")))


def _invent(rows: list[Row]) -> None:
    _first(rows, "CLEAN")["id"] = "nobody's"


def _part(rows: list[Row]) -> None:
    one = next(row for row in _of(rows, "MERGED_NO_KEY") if row["side"] == "P")
    one.update(group_id=one["id"], disposition="EXCEPTION", exception_class="PLATFORM_ONLY")


def _only_suggest(rows: list[Row]) -> None:
    for row in _of(rows, "CLEAN"):
        row["disposition"] = "SUGGESTED"


@pytest.mark.parametrize(
    ("mutate", "worse"),
    [
        (_swap_lines, {"wrong_auto_posts": 2, "false_links": 2}),
        (_guess_a_doubt, {"wrong_auto_posts": 1, "false_links": 1}),
        (_suggest_a_doubt, {"wrong_auto_posts": 0, "false_links": 2}),
        (_scatter_a_doubt, {"wrong_auto_posts": 0, "false_links": 0}),
        (_hide_an_amount, {"wrong_auto_posts": 1, "missed_faults": 1}),
        (_post_a_repeat, {"wrong_auto_posts": 1, "missed_faults": 1}),
        (_post_alone, {"wrong_auto_posts": 1, "missed_faults": 1}),
        (_hide_a_double_payment, {"wrong_auto_posts": 0, "missed_faults": 1}),
        (_alarm, {"false_alarms": 1}),
        (_lose, {"conserved": False, "false_alarms": 1}),
        (_double, {"conserved": False}),
        (_invent, {"conserved": False, "false_alarms": 1}),
        (_part, {"wrong_auto_posts": 0, "false_alarms": 0}),
        (_only_suggest, {"wrong_auto_posts": 0, "false_alarms": 0}),
    ],
)
def test_every_way_of_being_wrong_is_seen(made, tmp_path, mutate, worse):
    rows = _perfect(made)
    mutate(rows)

    judged = score(made, _write(tmp_path, rows))

    assert {name: getattr(judged, name) for name in worse} == worse
    assert _is_full(judged) is False


def _is_full(judged: Score) -> bool:
    shares = ("link_recall", "link_precision", "exact_clusters", "auto_post_recall", "ambiguous_shown")
    counts = ("wrong_auto_posts", "false_links", "false_alarms", "missed_faults")
    full = all(getattr(judged, name) == 1.0 for name in shares) and not any(getattr(judged, name) for name in counts)
    return full and judged.conserved and all(one.right == one.clusters for one in judged.classes)


def _perfect(data: Data) -> list[Row]:
    """What somebody who knew the truth would say; with the class beside, to find rows to spoil."""
    rows: list[Row] = []
    for cluster in pq.read_table(data.truth).to_pylist():
        for side, name in (("P", "payment"), ("L", "line")):
            columns = (cluster[f"{name}_{column}"] for column in ("ids", "groups", "accepts"))
            for at, (one, group, accepts) in enumerate(zip(*columns, strict=True)):
                repeats = cluster["twin"] and side == "L" and at > 0
                label = _label(accepts, plain=cluster["twin"] and not repeats)
                told = {"OK": "", "BUFFERED": "", "IGNORED": ""}.get(label, label)
                to = "MATCHED" if label in POSTED else {"BUFFERED": "BUFFERED", "IGNORED": "IGNORED_BY_RULE"}.get(label)
                rows.append(
                    {"class": cluster["class"], "cluster": cluster["cluster"], "side": side, "id": one,
                     "group_id": one if repeats else f"{cluster['cluster']}-{0 if cluster['ambiguous'] else group}",
                     "disposition": to or "EXCEPTION", "exception_class": told}
                )  # fmt: skip
    return rows


def _label(accepts: str, *, plain: bool) -> str:
    labels = accepts.split("|")
    return labels[0] if plain else next((label for label in labels if label != "OK"), "OK")


def _write(folder: Path, rows: list[Row]) -> Path:
    told = [{name: value for name, value in row.items() if name in RESULTS.names} for row in rows]
    pq.write_table(_table(told, RESULTS, _blanks(RESULTS) | {"margin": None}), folder / "results.parquet")
    return folder / "results.parquet"
