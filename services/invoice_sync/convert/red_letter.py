"""Red letters and the money of payments, for the contract."""

from collections.abc import Sequence

from bihuan.invoice_sync.v1 import red_letter_pb2
from bihuan.type.v1 import money_pb2

from services.invoice_sync.convert.basics import money_to_proto, timestamp
from services.invoice_sync.domain.red_form import FormMove
from services.invoice_sync.domain.red_letter import RedLetter, RedReason, RedState, RedStep
from services.invoice_sync.domain.red_words import WORDS
from services.invoice_sync.store.invoiceable import Holding


def red_letter_to_proto(letter: RedLetter) -> red_letter_pb2.RedLetter:
    """A letter with the words of its state."""
    title, title_zh = WORDS[letter.state]
    return red_letter_pb2.RedLetter(
        red_letter_id=letter.red_letter_id,
        invoice_id=letter.invoice_id,
        payment_id=letter.payment_id,
        merchant_id=letter.merchant_id,
        amount=money_to_proto(letter.amount),
        reason=red_letter_pb2.RedReason.Value(f"RED_REASON_{letter.reason.value}"),
        note=letter.note,
        applied_by=red_letter_pb2.RedSide.Value(f"RED_SIDE_{letter.applied_by.value}"),
        state=_state(letter.state),
        title=title,
        title_zh=title_zh,
        operator=letter.operator,
        create_time=timestamp(letter.create_time),
        state_time=timestamp(letter.state_time),
        form_id=letter.form_id,
        expire_time=timestamp(letter.expire_time),
        red_invoice_id=letter.red_invoice_id,
        wanted_move=_move(letter.wanted_move),
        application_id=letter.application_id,
    )


def steps_to_proto(steps: Sequence[RedStep]) -> list[red_letter_pb2.RedStep]:
    """Every step."""
    return [
        red_letter_pb2.RedStep(
            step_no=each.step_no,
            step_time=timestamp(each.step_time),
            operator=each.operator,
            state=_state(each.to_state),
            move=_move(each.move),
            why=each.why,
            authority_code=each.authority_code,
            response_sha256=each.response_sha256,
        )
        for each in steps
    ]


def invoiceable_to_proto(holding: Holding, currency_code: str, merchant_id: str) -> red_letter_pb2.InvoiceableAmount:
    """The money of a payment."""

    def money(amount_minor: int) -> money_pb2.Money:
        return money_pb2.Money(currency_code=currency_code, amount_minor=amount_minor)

    return red_letter_pb2.InvoiceableAmount(
        payment_id=holding.payment_id,
        merchant_id=merchant_id,
        amount=money(holding.amount_minor),
        refunded_amount=money(holding.refunded_minor),
        invoiced_amount=money(holding.invoiced_minor),
        red_amount=money(holding.red_minor),
        red_required_amount=money(holding.red_required_minor),
        left_amount=money(holding.left_minor),
    )


def state_from_proto(state: red_letter_pb2.RedState.ValueType) -> RedState | None:
    """A state; None for the unspecified one."""
    return RedState(red_letter_pb2.RedState.Name(state).removeprefix("RED_STATE_")) if state else None


def reason_from_proto(reason: red_letter_pb2.RedReason.ValueType) -> RedReason:
    """A reason."""
    return RedReason(red_letter_pb2.RedReason.Name(reason).removeprefix("RED_REASON_"))


def move_from_proto(move: red_letter_pb2.RedMove.ValueType) -> FormMove:
    """A move."""
    return FormMove(red_letter_pb2.RedMove.Name(move).removeprefix("RED_MOVE_"))


def _state(state: RedState) -> red_letter_pb2.RedState.ValueType:
    return red_letter_pb2.RedState.Value(f"RED_STATE_{state.value}")


def _move(move: FormMove | None) -> red_letter_pb2.RedMove.ValueType:
    return red_letter_pb2.RedMove.Value(f"RED_MOVE_{move.value if move else 'UNSPECIFIED'}")
