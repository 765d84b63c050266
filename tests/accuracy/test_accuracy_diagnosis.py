"""accuracy/diagnosis: its plants still grow, and the matrix tells right from wrong."""

import json

from accuracy.diagnosis import plants_in_the_book as book
from accuracy.diagnosis import plants_not_sent as not_sent
from accuracy.diagnosis import plants_refused as refused
from accuracy.diagnosis.matrix import CAUSES, NOT_COVERED, Case, Matrix
from accuracy.diagnosis.run import run_population
from services.invoice_sync.domain.diagnosis.words import WORDS


async def test_causes_that_were_planted_in_one_population_are_each_told_as_what_they_are(postgres, tmp_path):
    matrix = Matrix([7])
    mixed = (
        book.all_went_well,
        book.its_answer_was_lost,
        book.the_book_lags,
        book.the_book_has_another_amount,
        book.another_buyer_looks_for_it,
        book.its_number_is_mistyped,
        book.nobody_ever_issued_the_number,
        refused.it_refuses_the_content,
        refused.its_seller_is_suspended,
        refused.it_was_throttled,
        not_sent.it_has_just_been_issued,
    )

    await run_population(postgres, 7, matrix, tmp_path, mixed, not_sent.STOPPED)

    assert matrix.failures == []
    assert [(case.plant, case.planted, case.given) for case in matrix.wrong] == []
    assert {"IN_SYSTEM", "A2", "A3", "A4", "A5", "B2", "C2", "C3", "D1", "D5", "D7", "E1", "E5"} <= {
        case.planted for case in matrix.cases
    }


def test_every_cause_that_has_words_is_planted_or_named_with_the_reason_why_not():
    assert set(CAUSES) == set(WORDS)
    assert set(NOT_COVERED) <= set(CAUSES)


def test_a_wrong_cause_stands_off_the_diagonal_and_in_the_file(tmp_path):
    matrix = Matrix([1], [Case("D1", "D1", "lag", 1, "inv_1"), Case("D2", "D1", "swallowed", 1, "inv_2")])

    matrix.write(tmp_path / "diagnosis.json")
    told = json.loads((tmp_path / "diagnosis.json").read_text("utf-8"))

    assert not matrix.is_diagonal
    assert (told["off_diagonal"], told["causes"], told["cases"]) == (1, 2, 2)
    assert told["matrix"]["D2"] == {"D1": 1}
    assert "D1 x 1" in matrix.table()


def test_a_cause_that_was_never_planted_is_no_success():
    assert "A1" in Matrix([1], [Case("D1", "D1", "lag", 1, "inv_1")]).missing
