"""Whatever an authority says is kept and judged: no answer spoils those that are written together with it."""

from collections.abc import AsyncIterator

import pytest

from services.invoice_sync.domain.attempt import Operation, Outcome
from services.invoice_sync.domain.standing import SyncState
from services.invoice_sync.tax.sandbox import SandboxTaxSystem
from services.invoice_sync.tax.sandbox_answer import read_query, read_submit
from services.invoice_sync.tax.wire import Seen, instant, json_object
from tests.invoice_sync.moving import Moving, moving_system


class _Refuses(SandboxTaxSystem):
    """The real thing, which refuses one document with signs that no database takes."""

    refused_key = ""
    refusal = b""

    async def submit(self, route, document, idempotency_key):
        if idempotency_key == self.refused_key:
            return read_submit(Seen(status=422, body=json_object(self.refusal), raw=self.refusal), "0" * 64)
        return await super().submit(route, document, idempotency_key)


@pytest.fixture
async def moving(fresh_database, tmp_path) -> AsyncIterator[Moving]:
    async with moving_system(fresh_database, tmp_path, tax_class=_Refuses) as made:
        yield made


@pytest.mark.parametrize("sign", [rb"\u0000", rb"\ud800"])
async def test_a_refusal_in_signs_that_no_database_takes_is_kept_and_spoils_no_other(moving, sign):
    refused, other = await moving.issued(2)
    moving.tax.refused_key = refused.idempotency_key
    moving.tax.refusal = b'{"code": "E4007", "message": "not' + sign + b' today"}'

    await moving.upload.upload_due()

    assert [await moving.state(each) for each in (refused, other)] == [SyncState.REJECTED, SyncState.ACKED]
    (attempt,) = [each for each in await moving.attempts(refused) if each.operation is Operation.SUBMIT]
    assert attempt.answer.message == "not\ufffd today"


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-12:00", "9999-12-31T20:00:00Z"])
def test_an_instant_that_no_calendar_of_ours_has_is_none(text):
    body = {"status": "BOOKED", "key": "k", "number": "1" * 20, "document_sha256": "a" * 64, "accepted_at": text}

    answer = read_query(Seen(status=200, body={**body, "booked_at": text}), "key", "k")

    assert instant(text) is None
    assert answer.outcome is Outcome.UNKNOWN
