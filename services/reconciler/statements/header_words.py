"""The words that channels write above their columns, and the field that each most likely means.

A proposal for a person; no file is read by it. The order matters: the first words that fit win.
"""

import re
from collections.abc import Sequence

# Field: what its header says, whole; compared without case, blanks, brackets and what stands in brackets.
WORDS: dict[str, tuple[str, ...]] = {
    "book_time": (
        "交易时间",
        "交易完成时间",
        "完成时间",
        "退款申请时间",
        "记账时间",
        "发生时间",
        "交易创建时间",
        "入账时间",
        "交易日期时间",
        "交易日期",
        "交易日",
        "记账日期",
        "记账日",
        "日期",
        "时间",
        "transactiondate",
        "bookingdate",
        "createdutc",
        "created",
        "creationdate",
        "datetime",
        "date",
        "buchungstag",
        "buchungsdatum",
        "postingdate",
        "transactioncompletiondate",
    ),
    "clock": ("交易时间", "记账时间", "时间", "time", "uhrzeit"),  # beside a date without a time of day
    "value_date": (
        "起息日",
        "入账日期",
        "入账日",
        "银行记账日",
        "清算日期",
        "valuedate",
        "postingdate",
        "postdate",
        "availableonutc",
        "valuta",
    ),
    "channel_txn_no": (
        "微信支付业务单号",
        "微信订单号",
        "支付宝交易号",
        "交易订单号",
        "交易单号",
        "交易流水号",
        "流水号",
        "参考号",
        "日志号",
        "业务流水号",
        "transactionid",
        "balancetransactionid",
        "pspreference",
        "reference",
        "ref",
        "referenz",
    ),
    "merchant_order_no": (
        "商户订单号",
        "商家订单号",
        "商户单号",
        "商家单号",
        "订单号",
        "invoiceid",
        "merchantreference",
        "orderid",
    ),
    "channel_refund_no": ("微信退款单号", "退款单号", "退款流水号"),
    "merchant_refund_no": ("商户退款单号", "退款批次号/请求号", "退款请求号"),
    "entry_ref": ("资金流水单号", "账务流水号", "凭证号", "业务凭证号"),
    "in": (
        "收入金额",
        "收入",
        "贷方发生额",
        "贷方金额",
        "贷方",
        "存入",
        "存入金额",
        "记账金额收入",
        "credit",
        "netcredit",
        "deposit",
        "paidin",
    ),
    "out": (
        "支出金额",
        "支出",
        "借方发生额",
        "借方金额",
        "借方",
        "支取",
        "记账金额支出",
        "debit",
        "netdebit",
        "withdrawal",
        "paidout",
    ),
    "amount": (
        "交易金额",
        "金额",
        "实付金额",
        "收支金额",
        "发生额",
        "人民币金额",
        "入账金额",
        "结算金额",
        "应结订单金额",
        "商家实收",
        "清算金额",
        "amount",
        "transactionamount",
        "billingamount",
        "net",
        "gross",
        "betrag",
        "grosstransactionamount",
    ),
    "indicator": (
        "收/支",
        "收支类型",
        "收支",
        "借贷",
        "借/贷",
        "借贷标志",
        "transactiondebitorcredit",
        "drcr",
        "dr/cr",
    ),
    "currency": (
        "币种",
        "币别",
        "货币",
        "货币种类",
        "交易币种",
        "记账币种",
        "结算币种",
        "入账货币",
        "交易货币",
        "currency",
        "ccy",
        "billingcurrency",
        "netcurrency",
    ),
    "fee": ("手续费", "服务费", "fee", "fees", "feeamount"),
    "account_no": (
        "商户号",
        "卡号",
        "账号",
        "借记卡号",
        "卡末四位",
        "merchantaccount",
        "iban",
        "accountno",
        "accountnumber",
        "card",
    ),
    "counterparty_name": (
        "交易对方",
        "对方户名",
        "对方账户名",
        "对方名称",
        "对手信息",
        "对方",
        "name",
        "counterparty",
        "payee",
    ),
    "counterparty_account": ("对方账号", "对方账户", "对方卡号/账号", "counterpartyaccount", "fromemailaddress"),
    "remittance": (
        "摘要",
        "交易摘要",
        "附言",
        "交易附言",
        "备注",
        "用途",
        "商品说明",
        "商品名称",
        "商品",
        "description",
        "details",
        "memo",
        "verwendungszweck",
        "narrative",
        "交易描述",
        "交易说明",
        "订单标题",
    ),
    "balance_after": ("余额", "账户余额", "账户结余", "本次余额", "联机余额", "balance", "runningbalance", "saldo"),
}
_NOISE = re.compile(r"\([^)]*\)|（[^）]*）|\[[^\]]*\]|[\s_#.:：]")
_SIDE = re.compile(r"[(（](收入|支出|NC|GC)[)）]")


def fields_of(header: Sequence[str]) -> dict[str, int]:
    """The column that each field most likely stands in; no column is given to two fields, and no field is forced."""
    plain = [_plain(name) for name in header]
    found: dict[str, int] = {}
    for field, words in WORDS.items():
        columns = (plain.index(word) for word in words if word in plain)
        column = next((column for column in columns if column not in found.values()), None)
        if column is not None:
            found[field] = column
    return found


def _plain(name: str) -> str:
    """收入金额（+元） and 记账金额(收入) are told apart by what stands in the brackets of the second alone."""
    side = _SIDE.search(name)
    bare = _NOISE.sub("", name).casefold()
    return bare + side[1] if side and side[1] in ("收入", "支出") else bare
