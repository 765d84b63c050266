"""Statements, their lines, and files on their way in, as the contract tells them. It decides nothing."""

from bihuan.reconciler.v1 import statement_pb2, statement_service_pb2

from services.reconciler.convert.basics import day, line_id, money, sums, timestamp
from services.reconciler.domain.upload import Progress, Sent, Vouched
from services.reconciler.tables import StatementLineRow, StatementRow


def statement(row: StatementRow) -> statement_pb2.Statement:
    """A statement as the contract tells it."""
    return statement_pb2.Statement(
        statement_id=row.statement_id,
        file_sha256=row.file_sha256,
        file_name=row.file_name,
        size_bytes=row.size_bytes,
        channel=row.channel,
        account_no=row.account_no,
        business_date=row.business_date.isoformat(),
        first_date=(row.first_date or row.business_date).isoformat(),
        last_date=(row.last_date or row.business_date).isoformat(),
        profile_id=row.profile_id,
        profile_version=row.profile_version,
        encoding=row.encoding,
        rows=statement_pb2.RowCounts(
            booked=row.booked_rows,
            neutral=row.neutral_rows,
            frame=row.frame_rows,
            quarantined=row.quarantined_rows,
        ),
        sums_in=sums(row.sums_in),
        sums_out=sums(row.sums_out),
        controls=[statement_pb2.ControlTotal(**control) for control in row.controls],
        known_rows=row.known_rows,
        late_rows=row.late_rows,
        create_time=timestamp(row.create_time),
        vouched_by=row.vouched_by,
        vouched_reason=row.vouched_reason,
    )


def statement_line(row: StatementLineRow) -> statement_pb2.StatementLine:
    """A line as the contract tells it."""
    return statement_pb2.StatementLine(
        line_id=line_id(row.statement_id, row.line_no),
        statement_id=row.statement_id,
        line_no=row.line_no,
        kind=statement_pb2.StatementLine.Kind.Value(f"KIND_{row.kind}"),
        channel_txn_no=row.channel_txn_no,
        merchant_order_no=row.merchant_order_no,
        channel_refund_no=row.channel_refund_no,
        merchant_refund_no=row.merchant_refund_no,
        amount=money(row.currency_code, row.amount_minor),
        book_time=timestamp(row.book_time) if row.book_time else None,
        book_local=row.book_local,
        business_date=row.business_date.isoformat(),
        status=row.status,
        fee_text=row.fee_text,
        account_no=row.account_no,
        entry_ref=row.entry_ref,
        original_txn_no=row.original_txn_no,
        value_date=day(row.value_date),
        balance_after=money(row.currency_code, row.balance_after_minor),
        reversal=row.reversal,
        late=row.late,
        byte_offset=row.byte_offset,
        byte_size=row.byte_size,
    )


def sent(header: statement_service_pb2.StatementHeader) -> Sent:
    """What a caller says of a file."""
    vouched = Vouched(header.vouched_by, header.reason) if header.keep_equal_lines else None
    return Sent(
        header.request_id,
        header.file_name,
        header.channel,
        header.profile_id,
        account_no=header.account_no,
        vouched=vouched,
    )


def upload(progress: Progress) -> statement_service_pb2.GetUploadResponse:
    """An upload as the contract tells it."""
    return statement_service_pb2.GetUploadResponse(
        received_bytes=progress.received_bytes,
        expire_time=timestamp(progress.expire_time) if progress.expire_time else None,
        statement_id=progress.statement_id,
    )
