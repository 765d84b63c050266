"""What the contract calls sensitive is masked for who may not see it."""

import pytest
from bihuan.invoice_sync.v1 import invoice_pb2, invoice_service_pb2
from bihuan.options.v1 import sensitivity_pb2
from google.protobuf.message import Message

from services.gateway import contract
from services.gateway.masking import EVERY_KIND, MASKS, mask, mask_of
from tests.support.public_calls import sample

CONTRACT = contract.load()


def _fill(message: Message, secrets: list[str]) -> None:
    """Put a secret of its own into each sensitive field, and something into every field that leads to one."""
    for field in message.DESCRIPTOR.fields:
        if mask_of(field):
            secrets.append(f"SECRET{len(secrets):04}VALUE{field.number:04}")
            value = [secrets[-1]] if field.is_repeated else secrets[-1]
            getattr(message, field.name).extend(value) if field.is_repeated else setattr(message, field.name, value)
        elif field.message_type and not field.message_type.full_name.startswith("google."):
            part = getattr(message, field.name).add() if field.is_repeated else getattr(message, field.name)
            part.SetInParent()
            _fill(part, secrets)


async def test_every_sensitive_field_of_every_answer_is_masked_for_a_plain_key_and_whole_for_one_that_sees(
    peer, upstream
):
    roles = {"displayName": "may all and sees nothing", "roles": ["reviewer", "operator", "integrator"]}
    blind = {"authorization": f"Bearer {(await peer.admin.post('/v1/apiKeys', json=roles)).json()['token']}"}
    annotated = 0
    for operation in CONTRACT.operations:
        if operation.area == "gateway":
            continue
        secrets: list[str] = []
        filled = operation.answer_type()()
        _fill(filled, secrets)

        async def answer(request, context, filled=filled, operation=operation):
            if operation.method.client_streaming:
                async for _ in request:
                    pass
            return filled

        upstream.answers[operation.method.name] = answer
        path, body = sample(operation)
        texts = {}
        for name, caller in (("plain", blind), ("admin", {})):
            key = {"idempotency-key": "request-0001", **caller}
            response = await peer.admin.request(operation.verb, path, content=body, headers=key)
            assert response.status_code == 200, (operation.method.full_name, response.text)
            texts[name] = response.text
        for secret in secrets:
            assert secret not in texts["plain"], operation.method.full_name
            assert secret in texts["admin"], operation.method.full_name
        annotated += len(secrets)
    assert annotated > 10


def test_no_answer_of_the_gateway_itself_has_a_field_that_would_go_out_unmasked():
    own = [operation for operation in CONTRACT.operations if operation.area == "gateway"]
    for operation in own:
        for message in contract.reachable(operation.method.output_type):
            assert not any(mask_of(field) for field in message.fields), f"{message.full_name}: test it above"


def test_every_kind_of_secret_has_a_mask():
    assert set(MASKS) == set(sensitivity_pb2.Sensitivity.values()) - {sensitivity_pb2.SENSITIVITY_UNSPECIFIED}


@pytest.mark.parametrize(
    ("kind", "whole", "masked"),
    [
        (sensitivity_pb2.SENSITIVITY_NAME, "张三丰", "张**"),
        (sensitivity_pb2.SENSITIVITY_NAME, "张", "张**"),
        (sensitivity_pb2.SENSITIVITY_NAME, "", ""),
        (sensitivity_pb2.SENSITIVITY_TAX_ID, "91420100MA4KXXXX1A", "9142****XX1A"),
        (sensitivity_pb2.SENSITIVITY_TAX_ID, "12345678901", "****"),
        (sensitivity_pb2.SENSITIVITY_TAX_ID, "", ""),
        (sensitivity_pb2.SENSITIVITY_ACCOUNT, "6222021234567890", "****7890"),
        (sensitivity_pb2.SENSITIVITY_ACCOUNT, "1234567", "****"),
        (sensitivity_pb2.SENSITIVITY_ACCOUNT, "", ""),
    ],
)
def test_a_mask_leaves_enough_to_recognise_and_too_little_to_use(kind, whole, masked):
    assert MASKS[kind](whole) == masked


def test_what_is_not_sensitive_stays_and_what_was_not_set_stays_unset():
    invoices = [invoice_pb2.Invoice(invoice_id="inv_1", buyer_title="李四"), invoice_pb2.Invoice(invoice_id="inv_2")]
    page = invoice_service_pb2.ListInvoicesResponse(invoices=invoices, next_page_token="next")
    empty = invoice_service_pb2.GetInvoiceResponse()

    mask(page, EVERY_KIND)
    mask(empty, EVERY_KIND)

    assert [(one.invoice_id, one.buyer_title) for one in page.invoices] == [("inv_1", "李**"), ("inv_2", "")]
    assert page.next_page_token == "next"
    assert not empty.HasField("invoice")
