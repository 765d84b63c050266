"""What a document must keep to before it is frozen, so that no authority has to say it. It freezes nothing."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from chassis.money import Money
from services.invoice_sync.domain.invoice import PERSON, Party

CURRENCY = "CNY"
NAME_LENGTH_MAX = 100
ORDER_NO_LENGTH_MAX = 64
# 15, 17, 18 and 20 characters are in use (GB 32100 is the one of 18). A checksum is the authority's to judge: codes
# that fail it are said to be in use.
TAX_ID = re.compile(r"[0-9A-Z]{15,20}")
_ZONE = ZoneInfo("Asia/Shanghai")


@dataclass(frozen=True, slots=True)
class Draft:
    """What goes into a document. `buyer` without a tax id is a person."""

    amount: Money
    seller: Party
    buyer: Party
    order_no: str
    issue_date: date


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that the draft breaks: its id, the field in the contract's word, and what to do, in both languages.

    The sentences hold no name and no tax number.
    """

    rule: str
    field: str
    message: str
    message_zh: str


def broken_rules(draft: Draft, now: datetime, amount_minor_max: int | None = None) -> tuple[Broken, ...]:
    """Every rule that the draft breaks; empty when it may be frozen.

    `amount_minor_max` is what the seller may put on one invoice, in minor units; None when that is not known.
    """
    return (
        *_amount(draft.amount, amount_minor_max),
        *_seller(draft.seller),
        *_buyer(draft.buyer),
        *_order(draft.order_no),
        *_issue_date(draft.issue_date, now),
    )


def _amount(amount: Money, amount_minor_max: int | None) -> Iterator[Broken]:
    if amount.currency_code != CURRENCY:
        yield Broken(
            "CURRENCY",
            "amount",
            f"an invoice is in {CURRENCY}, not in {amount.currency_code}",
            f"发票币种须为人民币（{CURRENCY}），当前为 {amount.currency_code}",
        )
    if amount.amount_minor <= 0:
        yield Broken("AMOUNT_POSITIVE", "amount", "the amount must be above 0", "金额须大于 0")
    elif amount_minor_max is not None and amount.amount_minor > amount_minor_max:
        yield Broken(
            "AMOUNT_LIMIT",
            "amount",
            f"the amount is above the seller's limit for one invoice, {amount_minor_max} minor units",
            f"金额超过销售方单张发票限额（{amount_minor_max} 分）",
        )


def _seller(seller: Party) -> Iterator[Broken]:
    if not _is_name(seller.name):
        yield Broken("SELLER_NAME", "seller_name", _name_rule("seller's name"), _name_rule_zh("销售方名称"))
    if not TAX_ID.fullmatch(seller.tax_id):
        yield Broken("SELLER_TAX_ID", "seller_tax_id", _tax_id_rule("seller"), _tax_id_rule_zh("销售方"))


def _buyer(buyer: Party) -> Iterator[Broken]:
    if not _is_name(buyer.name):
        yield Broken("BUYER_TITLE", "buyer_title", _name_rule("title"), _name_rule_zh("发票抬头"))
    if not buyer.tax_id:
        return
    if not TAX_ID.fullmatch(buyer.tax_id):
        yield Broken("BUYER_TAX_ID", "buyer_tax_id", _tax_id_rule("buyer"), _tax_id_rule_zh("购买方"))
    if buyer.name.strip() == PERSON.name:
        yield Broken(
            "BUYER_COMPANY",
            "buyer_title",
            "a buyer with a tax id is a company: give its full name as the title, or leave the tax id out",
            f"填写了税号的购买方为企业：抬头须为企业全称，不能是“{PERSON.name}”；个人请勿填写税号",
        )


def _order(order_no: str) -> Iterator[Broken]:
    if not 0 < len(order_no) <= ORDER_NO_LENGTH_MAX or not order_no.isprintable():
        yield Broken(
            "ORDER_NO",
            "merchant_order_no",
            f"the order number must have 1 to {ORDER_NO_LENGTH_MAX} printable characters",
            f"商户订单号须为 1 至 {ORDER_NO_LENGTH_MAX} 个可见字符",
        )


def _issue_date(issue_date: date, now: datetime) -> Iterator[Broken]:
    today = now.astimezone(_ZONE).date()
    if issue_date > today:
        yield Broken(
            "ISSUE_DATE",
            "issue_date",
            f"the issue date, {issue_date}, lies ahead of today in Beijing, {today}: check the clock",
            f"开票日期 {issue_date} 晚于今天（北京时间 {today}），请检查系统时钟",
        )


def _is_name(name: str) -> bool:
    return bool(name.strip()) and len(name) <= NAME_LENGTH_MAX and name.isprintable()


def _name_rule(what: str) -> str:
    return f"the {what} must have 1 to {NAME_LENGTH_MAX} printable characters"


def _name_rule_zh(what: str) -> str:
    return f"{what}须为 1 至 {NAME_LENGTH_MAX} 个可见字符"


def _tax_id_rule(whose: str) -> str:
    return f"the {whose}'s tax id must have 15 to 20 digits and capital letters"


def _tax_id_rule_zh(whose: str) -> str:
    return f"{whose}税号须为 15 至 20 位数字或大写字母"
