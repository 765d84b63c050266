"""Entity tags: what a caller has is not sent again, and what somebody else changed is not overwritten."""

import httpx
import pytest
from bihuan.invoice_sync.v1 import merchant_pb2, merchant_service_pb2
from bihuan.payments.v1 import bill_pb2, bill_service_pb2, payment_pb2, payment_service_pb2

from chassis.errors import Kind, plain_fault
from chassis.versions import must_be_at
from services.gateway import conditions, contract, entity_tags
from services.gateway.watch import can_be_watched

PAYMENT = "/v1/payments/pay_1"
PROFILE = "/v1/merchants/m_1/profile"
KEY = {"idempotency-key": "close-0001"}
SELLER = {"issuePolicy": "ISSUE_POLICY_ON_SUCCESS", "sellerName": "江城水务", "sellerTaxId": "91420100MA4K0DEM01"}


@pytest.fixture
def payment(upstream):
    one = payment_pb2.Payment(payment_id="pay_1", merchant_id="m_1", payer_name="张三", version=1)

    async def answer(request, context):
        return payment_service_pb2.GetPaymentResponse(payment=one)

    upstream.answers["GetPayment"] = answer
    return one


@pytest.fixture
def profile(upstream):
    """A profile at version 3, whose service compares no versions itself: what reaches it is looked at."""

    async def answer(request, context):
        one = merchant_pb2.MerchantProfile(merchant_id="m_1", seller_name="江城水务", version=3)
        return merchant_service_pb2.GetMerchantProfileResponse(profile=one)

    upstream.answers["GetMerchantProfile"] = answer


def _told(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["reason"]


async def test_what_a_caller_has_already_is_not_sent_again_until_it_changes(peer, payment):
    first = await peer.admin.get(PAYMENT)
    known = {"if-none-match": first.headers["etag"]}

    same = await peer.admin.get(PAYMENT, headers=known)
    payment.version = 2
    other = await peer.admin.get(PAYMENT, headers=known)

    assert (same.status_code, same.content, same.headers["etag"]) == (304, b"", first.headers["etag"])
    assert same.headers["ratelimit"]
    assert (other.status_code, other.json()["payment"]["version"]) == (200, "2")
    assert other.headers["etag"] != first.headers["etag"]


@pytest.mark.parametrize("name", ["张三", ""])
async def test_masked_and_unmasked_answers_of_one_thing_have_two_tags(peer, payment, name):
    payment.payer_name = name
    made = (await peer.admin.post("/v1/apiKeys", json={"displayName": "sees", "seesUnmasked": True})).json()
    seeing = {"authorization": f"Bearer {made['token']}"}

    unmasked = await peer.plain.get(PAYMENT, headers=seeing)
    masked = await peer.plain.get(PAYMENT)
    mixed = await peer.plain.get(PAYMENT, headers={"if-none-match": unmasked.headers["etag"]})

    assert unmasked.json()["payment"]["payerName"] == name
    assert masked.headers["etag"] != unmasked.headers["etag"]
    assert mixed.status_code == 200


@pytest.mark.parametrize(
    ("known", "status"),
    [("*", 304), ('"x", {tag}', 304), ("W/{tag}", 304), ('"x"', 200), ("x", 400), ("", 400), ('"a" "b"', 400)],
)
async def test_if_none_match_is_read_as_the_standard_has_it(peer, payment, known, status):
    tag = (await peer.admin.get(PAYMENT)).headers["etag"]

    answer = await peer.admin.get(PAYMENT, headers={"if-none-match": known.format(tag=tag)})

    assert answer.status_code == status


class _Ids(dict[str, str]):
    """What stands in a path for its fields: their own names, where nothing else is given."""

    def __missing__(self, name: str) -> str:
        return name


async def test_every_get_has_a_strong_tag(peer):
    for operation in contract.load().operations:
        if can_be_watched(operation) and operation.area != "gateway":
            path = (
                operation.public_template.replace("{version}", "1")
                .replace("{sha256}", "0" * 64)
                .replace("{", "")
                .replace("}", "")
            )
            answer = await peer.admin.get(path)

            assert answer.status_code == 200, answer.text
            assert answer.headers["etag"].startswith('"')


async def test_a_head_tells_the_tag_too(peer, payment):
    tag = (await peer.admin.get(PAYMENT)).headers["etag"]

    assert (await peer.admin.head(PAYMENT)).headers["etag"] == tag


async def test_the_version_in_a_tag_goes_to_the_service_which_compares_it_in_its_own_transaction(
    peer, upstream, profile
):
    tag = (await peer.plain.get(PROFILE)).headers["etag"]

    answer = await peer.plain.put(PROFILE, json=SELLER, headers={"if-match": tag})

    assert answer.status_code == 200
    assert [call[0] for call in upstream.calls] == ["GetMerchantProfile", "SetMerchantProfile"]  # nothing in between
    assert upstream.last().profile.version == 3


async def test_a_version_that_is_no_more_is_a_412_with_the_one_that_stands(peer, upstream, profile):
    async def refuse(request, context):
        must_be_at(request.profile.version, 4)

    upstream.answers["SetMerchantProfile"] = refuse
    tag = (await peer.plain.get(PROFILE)).headers["etag"]

    answer = await peer.plain.put(PROFILE, json=SELLER, headers={"if-match": tag})

    assert _told(answer) == (412, "VERSION_MISMATCH")
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["metadata"] == {"current_version": "4"}


@pytest.mark.parametrize(
    "wanted", ['"x"', '"0.x"', '"99999999999999999999.x"', 'W/"3.x"', '"3x"', '"x", "y"', '"999999999999999999.x"']
)
async def test_a_tag_that_was_never_given_matches_nothing_and_nothing_is_done(peer, upstream, profile, wanted):
    async def cancelled(request, context):
        raise AssertionError("it was done")

    upstream.answers["CorrectInvoice"] = cancelled
    headers = {"if-match": wanted, "idempotency-key": "correct-0001"}

    answer = await peer.plain.post("/v1/invoices/inv_1:correct", json={"buyerTitle": "张三"}, headers=headers)

    assert _told(answer) == (412, "VERSION_MISMATCH")


async def test_any_that_is_there_matches_a_star_and_one_that_is_not_there_none(peer, upstream, profile):
    there = await peer.plain.put(PROFILE, json=SELLER, headers={"if-match": "*"})
    version = upstream.last().profile.version

    async def absent(request, context):
        raise plain_fault(Kind.NOT_FOUND)

    upstream.answers["GetMerchantProfile"] = absent
    away = await peer.plain.put(PROFILE, json=SELLER, headers={"if-match": "*"})

    assert (there.status_code, version) == (200, 3)
    assert _told(away) == (412, "VERSION_MISMATCH")


async def test_a_version_in_the_body_and_another_one_in_the_header_are_refused(peer, profile):
    tag = (await peer.plain.get(PROFILE)).headers["etag"]

    answer = await peer.plain.put(PROFILE, json=SELLER | {"version": "2"}, headers={"if-match": tag})

    assert _told(answer) == (400, "MALFORMED_REQUEST")
    assert [(one["field"], one["rule"]) for one in answer.json()["errors"]] == [("profile.version", "DIFFERS")]


async def test_what_has_no_version_is_looked_at_right_before_it_is_changed(peer, upstream, payment):
    upstream.answers["ClosePayment"] = lambda *_: _done(payment_service_pb2.ClosePaymentResponse())
    tag = (await peer.plain.get(PAYMENT)).headers["etag"]

    kept = await peer.plain.post(f"{PAYMENT}:close", json={}, headers=KEY | {"if-match": tag})
    payment.version = 2
    changed = await peer.plain.post(f"{PAYMENT}:close", json={}, headers=KEY | {"if-match": tag})

    assert kept.status_code == 200
    assert _told(changed) == (412, "VERSION_MISMATCH")
    assert [call[0] for call in upstream.calls].count("ClosePayment") == 1


async def test_the_tag_is_that_of_the_caller_who_changes_it(peer, upstream, payment):
    upstream.answers["ClosePayment"] = lambda *_: _done(payment_service_pb2.ClosePaymentResponse())
    made = (await peer.admin.post("/v1/apiKeys", json={"displayName": "sees", "seesUnmasked": True})).json()
    seeing = {"authorization": f"Bearer {made['token']}"}
    tag = (await peer.plain.get(PAYMENT, headers=seeing)).headers["etag"]

    own = await peer.plain.post(f"{PAYMENT}:close", json={}, headers=KEY | seeing | {"if-match": tag})
    anothers = await peer.plain.post(f"{PAYMENT}:close", json={}, headers=KEY | {"if-match": tag})

    assert (own.status_code, anothers.status_code) == (200, 412)


async def test_a_condition_that_cannot_be_kept_is_refused_and_not_forgotten(peer, upstream):
    body = {"merchantId": "m_1", "billNo": "b", "category": "CATEGORY_WATER", "amount": {"currencyCode": "CNY"}}

    asked = [
        await peer.plain.post("/v1/payments", json={}, headers={"if-match": '"1.x"', "idempotency-key": "pay-00001"}),
        await peer.plain.post("/v1/bills", json={"bill": body}, headers={"if-match": "*"}),
        await peer.plain.put(PROFILE, json=SELLER, headers={"if-none-match": "*"}),
        await peer.admin.post("/v1/statements:ingest?fileName=a", content=b"x", headers={"if-match": "*"}),
    ]

    assert [_told(one) for one in asked] == [(400, "MALFORMED_REQUEST")] * 4
    assert upstream.calls == []


async def test_who_is_not_to_see_a_thing_learns_nothing_of_its_tag(peer, upstream):
    async def of_another(request, context):
        bill = bill_pb2.Bill(merchant_id="m_2", bill_no="b", version=1)
        return bill_service_pb2.GetBillResponse(bill=bill)

    upstream.answers["GetBill"] = of_another
    scope = {"displayName": "one", "roles": ["cashier"], "merchantIds": ["m_1"], "tenantId": "t_1"}
    made = (await peer.admin.post("/v1/apiKeys", json=scope)).json()
    headers = {"authorization": f"Bearer {made['token']}", "if-match": "*"}

    foreign = await peer.plain.post("/v1/merchants/m_2/bills/b:cancel", json={"reason": "x"}, headers=headers)
    leaking = await peer.plain.post("/v1/merchants/m_1/bills/b:cancel", json={"reason": "x"}, headers=headers)

    assert _told(foreign) == (404, "NOT_FOUND")
    assert _told(leaking) == (412, "VERSION_MISMATCH")
    assert "CancelBill" not in [call[0] for call in upstream.calls]


def test_every_change_of_something_that_has_a_version_says_where_it_stands():
    operations = contract.load().operations
    got = conditions.gets(operations)
    versioned = [one for one in operations if conditions.versioned_of(one.method).request_field]

    assert len(versioned) >= 6
    for one in versioned:
        named = conditions.versioned_of(one.method)
        assert contract.field_at(one.method.input_type, named.request_field).name.endswith("version")
        assert contract.field_at(got[one.method.full_name].method.output_type, named.answer_field).name == "version"


# Things without a version, and what refuses the second of two people: each is proved by a test of its own service.
REFUSED_BY = {
    "the state of a request that is held: it is released or cancelled once": {
        "BulkRequestService.ReleaseBulkRequest",
        "BulkRequestService.CancelBulkRequest",
    },
    "the decision, which is made once": {
        "ConfirmationService.ConfirmInvoiceRequest",
        "ConfirmationService.RefuseInvoiceRequest",
        "InvoiceApplicationService.ReviewInvoiceApplication",
        "InvoiceApplicationService.WithdrawInvoiceApplication",
    },
    "the move that is wanted already, or was made": {"RedLetterService.MoveRedLetter"},
    "the state of each invoice of a package: what was taken back is not again": {"ManualService.ReleaseManualPackage"},
    "the state of a version, and a report against what decides now": {
        "RuleSetService.ActivateRuleSetVersion",
        "RuleSetService.RetireRuleSetVersion",
        "RuleSetService.StartRegression",
    },
    "what the channel answers, which is followed and not decided": {
        "PaymentService.ConfirmPayment",
        "PaymentService.ClosePayment",
        "RefundService.ConfirmRefund",
    },
    "the money that is left to invoice": {"RedLetterService.InvoiceRemainder"},
    "nothing: it adds something, and changes nothing that anybody saw": {
        "DeliveryService.DeliverInvoice",
        "WebhookService.TestWebhookEndpoint",
        "WebhookService.ReplayWebhookEvents",
        "WebhookService.ReplayWebhookDelivery",
    },
}


def test_of_what_has_no_version_its_own_state_refuses_who_comes_second():
    operations = contract.load().operations
    changed = conditions.gets(operations)
    without = {
        one.method.full_name.removeprefix(f"bihuan.{one.area}.v1.")
        for one in operations
        if one.method.full_name in changed and not conditions.versioned_of(one.method).request_field
    }

    assert without == set().union(*REFUSED_BY.values()), "say what refuses the second, or give it a version"


def test_a_tag_tells_its_version_and_one_of_another_making_none():
    tag = entity_tags.tag_of(b"{}", frozenset({1}), "12")

    assert entity_tags.version_in(tag) == "12"
    assert entity_tags.version_in(entity_tags.tag_of(b"{}", frozenset())) == ""
    assert tag != entity_tags.tag_of(b"{}", frozenset({1, 2}), "12")


async def _done(answer):
    return answer
