"""The rivals answer in our columns, for every row, and find what they are known to find."""

import pyarrow.parquet as pq
import pytest

from accuracy.matching.generate import Data, generate
from accuracy.matching.peers import PEERS
from accuracy.matching.published import published
from accuracy.matching.run import run
from accuracy.matching.score import score
from accuracy.matching.truth import NOISES
from services.reconciler.matching.frames import RESULTS

pytestmark = pytest.mark.filterwarnings("ignore")  # theirs


@pytest.fixture(scope="module")
def made(tmp_path_factory) -> Data:
    return generate(tmp_path_factory.mktemp("made"), seed=2, size=500, noise=NOISES["payer"])


@pytest.mark.parametrize("name", PEERS)
def test_a_rival_places_every_row_once_and_links_most_of_the_clean_ones(made, tmp_path, name):
    results = PEERS[name].match(made, tmp_path)

    judged = score(made, results)

    assert pq.read_schema(results).equals(RESULTS)
    assert judged.conserved
    clean = next(one for one in judged.classes if one.name == "CLEAN")
    assert clean.found >= 0.97 * clean.links
    assert judged.false_alarms_per_10k < 300


def test_ours_beside_a_rival_in_one_table_with_the_worst_of_each_metric():
    cases = list(run([1, 2], ["payer"], [400], peers=["key_join"]))

    assert [(case.matcher, case.seed) for case in cases] == [
        ("bihuan", 1),
        ("key_join", 1),
        ("bihuan", 2),
    ]
    ours = [case.score for case in cases if case.matcher == "bihuan"]
    found = {one.metric: one for one in published(cases)}
    assert found["auto_post_recall"].value == min(one.auto_post_recall for one in ours)
    assert found["auto_post_recall"].rival.startswith("key_join 0.")
    assert (found["wrong_auto_posts"].value, found["wrong_auto_posts"].holds()) == (0, True)
    assert "recall_payer_10k" not in found, "it is a metric of another size"
