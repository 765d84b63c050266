import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chassis import paging
from chassis.errors import Fault

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)


@given(filter_text=texts, key=st.lists(texts, min_size=1, max_size=3).map(tuple))
def test_a_token_gives_back_the_key_that_it_was_made_from(filter_text, key):
    assert paging.decode(filter_text, paging.encode(filter_text, key)) == key


def test_the_first_page_has_no_token_and_no_key():
    assert paging.decode("merchant=m1", "") == ()


def test_a_token_is_refused_for_another_filter():
    token = paging.encode("merchant=m1", ("2026-03-01T00:00:00+00:00", "pay_1"))

    with pytest.raises(Fault) as refused:
        paging.decode("merchant=m2", token)

    assert refused.value.reason == "INVALID_PAGE_TOKEN"


@pytest.mark.parametrize(
    "token",
    ["x", "令牌", "!!!!", "AAAA", base64.urlsafe_b64encode(b"\0" * 12 + b'["pay_1"]').decode()],
)
def test_what_never_was_a_token_is_refused(token):
    with pytest.raises(Fault) as refused:
        paging.decode("", token)

    assert refused.value.reason == "INVALID_PAGE_TOKEN"


def test_a_token_that_was_altered_is_refused():
    raw = base64.urlsafe_b64decode(paging.encode("f", ("pay_1",)))
    altered = base64.urlsafe_b64encode(raw.replace(b"pay_1", b"pay_2")).decode()

    with pytest.raises(Fault) as refused:
        paging.decode("f", altered)

    assert refused.value.reason == "INVALID_PAGE_TOKEN"


def test_a_list_by_id_goes_on_behind_its_last_id_and_takes_no_longer_key():
    assert paging.last_id("all", "") == ""
    assert paging.last_id("all", paging.encode("all", ("pay_1",))) == "pay_1"
    with pytest.raises(Fault, match="page_token"):
        paging.last_id("all", paging.encode("all", ("pay_1", "pay_2")))
