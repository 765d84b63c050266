"""The mail that brings a buyer an invoice's papers, in Chinese and English, and the reports about it that come back.

It sends nothing. A report (DSN, RFC 3464) is of a mail of ours when it returns our Message-ID.
"""

import html
import re
from dataclasses import dataclass
from datetime import datetime
from email import message_from_bytes, policy
from email.message import EmailMessage, Message
from email.utils import format_datetime

from services.invoice_sync.domain.delivery import Reported

REPORT_BYTES_MAX = 1024 * 1024
_PARTS_MAX = 100
_MESSAGE_ID = re.compile(r"<(dlv_[0-9a-f]{32})@[^<>\s]{1,255}>")
_STATUS = re.compile(r"[245]\.\d{1,3}\.\d{1,3}")
_TEXT_CHARS_MAX = 200


@dataclass(frozen=True, slots=True)
class Notice:
    """What a mail says. `red` for an invoice that takes back; `link` is empty where buyers have none."""

    delivery_id: str
    sender: str
    seller_name: str
    invoice_number: str
    issue_date: str
    amount: str
    red: bool
    link: str
    xml: bytes
    pdf: bytes | None
    now: datetime


@dataclass(frozen=True, slots=True)
class Report:
    """What a report says about one of our mails; `detail` is the other side's own words, cut short."""

    delivery_id: str
    reported: Reported
    status: str
    detail: str


def mail_of(notice: Notice, address: str) -> EmailMessage:
    """The mail: text in both languages, plain and as HTML, with XML and PDF. Its Message-ID is the delivery's."""
    mail = EmailMessage(policy=policy.SMTP)
    kind_zh, kind = ("红字发票", "red-letter invoice") if notice.red else ("发票", "invoice")
    mail["From"] = notice.sender
    mail["To"] = address
    mail["Subject"] = f"您的{kind_zh} {notice.invoice_number} / Your {kind} {notice.invoice_number}"
    mail["Date"] = format_datetime(notice.now)
    mail["Message-ID"] = message_id(notice.delivery_id, notice.sender)
    mail["Auto-Submitted"] = "auto-generated"
    paragraphs = _paragraphs(notice, kind_zh, kind)
    mail.set_content("\n\n".join(paragraphs) + "\n", cte="base64")
    mail.add_alternative(_as_html(paragraphs, notice.link), subtype="html", cte="base64")
    mail.add_attachment(notice.xml, maintype="application", subtype="xml", filename=f"{notice.invoice_number}.xml")
    if notice.pdf is not None:
        mail.add_attachment(notice.pdf, maintype="application", subtype="pdf", filename=f"{notice.invoice_number}.pdf")
    return mail


def message_id(delivery_id: str, sender: str) -> str:
    """The Message-ID of a delivery, the same at each try."""
    return f"<{delivery_id}@{sender.rpartition('@')[2].rstrip('>')}>"


def read_report(raw: bytes) -> Report | None:
    """What a report says about a mail of ours; None when it is no report, or is about none of ours."""
    if len(raw) > REPORT_BYTES_MAX:
        return None
    mail = message_from_bytes(raw, policy=policy.default)
    parts = list(_walked(mail))
    found = next((found for part in parts if (found := _MESSAGE_ID.search(_returned(part)))), None)
    fields = next((part for part in parts if part.get_content_type() == "message/delivery-status"), None)
    if found is None or fields is None:
        return None
    blocks = fields.get_payload()
    for block in blocks if isinstance(blocks, list) else []:
        if isinstance(block, Message) and (action := str(block.get("Action", "")).strip().lower()):
            if action not in {each.value for each in Reported}:
                return None
            status = _STATUS.search(str(block.get("Status", "")))
            detail = " ".join(str(block.get("Diagnostic-Code", "")).split())[:_TEXT_CHARS_MAX]
            return Report(found[1], Reported(action), status[0] if status else "", detail)
    return None


def _paragraphs(notice: Notice, kind_zh: str, kind: str) -> list[str]:
    link_zh = f"状态与预计时间可随时查看（无需登录）：{notice.link}" if notice.link else ""
    link = f"Its state and what is next, without a login: {notice.link}" if notice.link else ""
    paragraphs = [
        "您好：",
        (
            f"{notice.seller_name}为您开具的{kind_zh}已入税务系统。发票号码 {notice.invoice_number}，"
            f"开票日期 {notice.issue_date}，价税合计 {notice.amount}。"
        ),
        "附件中的 XML 文件为数电发票原件，请妥善保存；PDF 文件为据此生成的副本，仅供查阅。",
        link_zh,
        "Hello,",
        (
            f"the {kind} of {notice.seller_name} stands in the tax authority's system: "
            f"number {notice.invoice_number}, day {notice.issue_date}, total {notice.amount}."
        ),
        "The XML that is attached is the original: keep it. The PDF is a copy made of it, for reading.",
        link,
    ]
    return [each for each in paragraphs if each]


def _as_html(paragraphs: list[str], link: str) -> str:
    shown = [html.escape(each) for each in paragraphs]
    if link:
        escaped = html.escape(link)
        anchor = f'<a href="{escaped}" rel="noreferrer noopener">{escaped}</a>'
        shown = [each.replace(escaped, anchor) for each in shown]
    body = "".join(f"<p>{each}</p>" for each in shown)
    return f'<!doctype html><html lang="zh"><head><meta charset="utf-8"></head><body>{body}</body></html>'


def _walked(mail: Message) -> list[Message]:
    walked: list[Message] = []
    for part in mail.walk():
        walked.append(part)
        if len(walked) >= _PARTS_MAX:
            break
    return walked


def _returned(part: Message) -> str:
    """The headers of the mail that a part returns; empty for one that returns none."""
    if part.get_content_type() == "message/rfc822":
        inner = part.get_payload()
        first = inner[0] if isinstance(inner, list) and inner else None
        return str(first.get("Message-ID", "")) if isinstance(first, Message) else ""
    if part.get_content_type() == "text/rfc822-headers":
        raw = part.get_payload(decode=True)
        returned = message_from_bytes(raw, policy=policy.default) if isinstance(raw, bytes) else None
        return str(returned.get("Message-ID", "")) if returned is not None else ""
    return ""
