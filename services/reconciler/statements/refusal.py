"""Why a statement file is not taken, and what its sender can do. Every code has its four sentences here."""

from typing import NamedTuple

from services.reconciler.domain.statement import StatementFault

VALUE_LENGTH_MAX = 80


class Rule(NamedTuple):
    """What must hold and how to cure it, in English and in Chinese."""

    rule: str
    cure: str
    rule_zh: str
    cure_zh: str


class StatementRefused(Exception):
    """The file, or the row at hand, is not taken. `fault` says why; its parts are attributes here too."""

    def __init__(
        self, code: str, *, line: int | None = None, column: str | None = None, value: str | None = None
    ) -> None:
        self.fault = fault_of(code, line=line, column=column, value=value)
        self.code, self.line, self.column, self.value = code, line, column, self.fault.value
        self.rule, self.cure, self.rule_zh, self.cure_zh = RULES[code]
        super().__init__(self._sentence())

    def _sentence(self) -> str:
        places = (("line", self.line), ("column", self.column), ("value", self.value))
        where = ", ".join(f"{name} {place!r}" for name, place in places if place is not None)
        return f"{self.code}{f' ({where})' if where else ''}: {self.rule}; {self.cure}"


class DraftFits(StatementRefused):
    """No active profile claims the file, though a draft does; it is not for want of another draft."""

    def __init__(self, names: str) -> None:
        super().__init__("E-PROFILE-NONE", value=f"profile {names} fits and is a draft: set status: active")


def fault_of(
    code: str, *, line: int | None = None, column: str | None = None, value: str | None = None
) -> StatementFault:
    """The fault of that code at that place; `value` is cut to 80 characters."""
    return StatementFault(code, line, column, value if value is None else value[:VALUE_LENGTH_MAX], *RULES[code])


def sheet_left_out(sheet: str, rows: int) -> StatementFault:
    """The fault of a workbook that has rows on a sheet beside the one that is read: they would be lost unseen."""
    value = f"{rows} {'row that is' if rows == 1 else 'rows that are'} not read"
    return StatementFault("E-FRAME", None, sheet[:VALUE_LENGTH_MAX], value, *_SHEET_LEFT_OUT)


_AGAIN = ("download the file again from the channel and do not edit it", "请从渠道重新下载原始文件，不要编辑")
_VERSION = ("the profile of this layout needs a new version", "需要为该版式发布新的解析规则版本")


def _rule(rule: str, rule_zh: str, cure: tuple[str, str]) -> Rule:
    return Rule(rule, cure[0], rule_zh, cure[1])


_SHEET_LEFT_OUT = _rule(
    "a workbook has rows on one sheet only, unless its profile names the sheet that is read",
    "工作簿的多个工作表含有数据，而解析规则未指明读取哪一个",
    (
        "save each sheet as a file of its own, or name the sheet in the profile",
        "请将各工作表分别另存为单独的文件，或在解析规则中指明工作表",
    ),
)

RULES: dict[str, Rule] = {
    "E-EMPTY": _rule("the file has no bytes", "文件为空", _AGAIN),
    "E-TOO-LARGE": _rule(
        "the file exceeds a limit of size, lines, line length or columns",
        "文件大小、行数、行长或列数超过上限",
        ("send one day of one account a file", "请按单日、单账户分文件提交"),
    ),
    "E-CONTAINER": _rule(
        "a statement is text, XML, a workbook, or one of these in a zip or gzip that is sound and open",
        "对账文件应为文本、XML、工作簿，或其完好且未加密的 zip、gzip 压缩包",
        ("send the statement itself, without a password", "请提交解压且无密码的对账文件"),
    ),
    "E-CONTAINER-LIMIT": _rule(
        "an archive or workbook stays within its limits of members and of size when unpacked",
        "压缩包或工作簿的成员数或解压后大小超过上限",
        _AGAIN,
    ),
    "E-FORMULA": _rule(
        "a cell of a workbook holds what the channel wrote, not a formula or the error of one",
        "工作簿单元格含公式或公式错误，不是渠道写入的数据",
        _AGAIN,
    ),
    "E-XML": _rule(
        "XML is well formed, and has no document type, no entity of its own and no extreme depth",
        "XML 格式有误，或含有文档类型声明、自定义实体、过深的嵌套",
        _AGAIN,
    ),
    "E-ENC-UNSUPPORTED": _rule(
        "the file is written in UTF-32",
        "文件编码为 UTF-32",
        ("send the channel's own file, in UTF-8 or GBK", "请提交渠道原始文件（UTF-8 或 GBK 编码）"),
    ),
    "E-ENC-AMBIGUOUS": _rule(
        "the bytes say in which encoding the file is, or a profile does",
        "无法从内容确定文件编码",
        ("name the profile of the file", "请指明该文件的解析规则"),
    ),
    "E-ENC-MIXED": _rule("the lines of a file share one encoding", "文件内混用了多种编码", _AGAIN),
    "E-ENC-INVALID": _rule("every byte must be valid in the file's encoding", "存在不符合文件编码的字节", _AGAIN),
    "E-BOM": _rule(
        "a byte order mark stands at the start of a file, and nowhere else",
        "文件中部出现字节顺序标记，疑为多个文件拼接",
        _AGAIN,
    ),
    "E-NUL": _rule("a text has no NUL byte", "文本文件中出现了 NUL 字节", _AGAIN),
    "E-PROFILE-NONE": _rule(
        "the file begins as one of the layouts that are known",
        "文件不符合任何已知的账单版式",
        (
            "send the channel's own file as downloaded; for a new layout, confirm the profile that the check proposes",
            "请提交渠道原始文件；新版式请确认预检给出的解析规则草案",
        ),
    ),
    "E-PROFILE-MANY": _rule(
        "exactly one layout may claim a file",
        "多个版式同时匹配该文件",
        ("make the detection of these profiles disjoint", "请修改解析规则，使其识别条件互斥"),
    ),
    "E-FRAME": _rule(
        "above and below its rows a file has the lines of its layout, and nothing else",
        "明细前后的行与版式不符，或结尾之后还有内容",
        _AGAIN,
    ),
    "E-TRUNCATED": _rule("the file must reach the end mark of its layout", "文件不完整，缺少结尾标记", _AGAIN),
    "E-HEADER-MISSING": _rule("the layout needs this column", "表头缺少必需的列", _VERSION),
    "E-HEADER-DUPLICATE": _rule("a column stands once in a header", "表头中有重复的列", _AGAIN),
    "E-CELL-PREFIX": _rule("every cell of this layout begins with its prefix", "单元格缺少版式规定的前缀字符", _AGAIN),
    "E-QUOTE": _rule("a quote that begins a cell ends before the next delimiter", "单元格引号不成对", _AGAIN),
    "E-CELL-FORM": _rule(
        "a cell is written in the form of its layout, without control or full-width characters in numbers",
        "单元格内容与版式不符，或单号含控制字符、全角字符",
        _AGAIN,
    ),
    "E-CELL-EMPTY": _rule("a line of this kind needs this cell filled", "该类记录的此列不能为空", _AGAIN),
    "E-WIDTH": _rule("a row has as many cells as its header", "行的列数与表头不一致", _AGAIN),
    "E-DATE": _rule("a time is written in the form of the layout", "时间格式与版式不符", _AGAIN),
    "E-AMOUNT": _rule(
        "an amount is a plain decimal that its currency can hold, with the sign of its kind",
        "金额不是合法的十进制数、小数位超出币种精度，或正负号与业务类型不符",
        (
            "download the file again from the channel and do not edit it, or correct the profile if the file is right",
            "请从渠道重新下载原始文件，不要编辑；若文件无误，请更正解析规则",
        ),
    ),
    "E-CURRENCY": _rule("a currency is a code of ISO 4217", "币种不是 ISO 4217 代码", _AGAIN),
    "E-STATUS-UNKNOWN": _rule("the layout knows every status it books", "出现版式未定义的交易状态", _VERSION),
    "E-EXCEL-PRECISION": _rule(
        "a number of a transaction keeps all its digits, a spreadsheet has rounded this one",
        "单号被电子表格改写为科学计数法，位数已丢失",
        _AGAIN,
    ),
    "E-ACCOUNT-MIXED": _rule(
        "a file speaks of one account",
        "文件中出现多个商户号",
        ("send one account a file", "请按商户号分文件提交"),
    ),
    "E-PERIOD": _rule(
        "every line belongs to the business date of its file",
        "记录不属于该文件的账单日",
        ("send one business date a file", "请按账单日分文件提交"),
    ),
    "E-PERIOD-LONG": _rule(
        "the period that a file states is within one business date",
        "文件声明的起止时间不在同一账单日内",
        ("send one business date a file", "请按账单日分文件提交"),
    ),
    "E-DAY-UNKNOWN": _rule(
        "a file without lines must state its day",
        "空账单未声明账单日",
        ("nothing is to be reconciled from it; record the day as empty", "该文件无可对账内容，请将当日登记为无交易"),
    ),
    "E-CONTROL-COUNT": _rule(
        "the count that the file declares is the count of its lines", "声明笔数与明细笔数不符", _AGAIN
    ),
    "E-CONTROL-SUM": _rule("the sum that the file declares is the sum of its lines", "声明金额与明细合计不符", _AGAIN),
    "E-BALANCE": _rule(
        "a balance and the entries after it give the next balance, in one currency",
        "余额与发生额不连续，或币种不一致",
        _AGAIN,
    ),
    "W-REPLACEMENT-CHAR": _rule(
        "a text has no character that was lost on its way",
        "文本含替换字符或私用区字符，原文可能已丢失",
        ("compare the text with the channel's", "请与渠道原文核对"),
    ),
    "W-RAGGED": _rule(
        "a row that ends early has nothing in its last columns",
        "该行列数少于表头，缺少的列按空处理",
        ("compare the row with the channel's", "请与渠道原文核对"),
    ),
    "W-DATE-ORDER-AMBIGUOUS": _rule(
        "some date of the file tells the order of day and month",
        "文件中没有日期能区分日与月的先后，按版式首选顺序理解",
        ("check one date with the channel", "请与渠道核对一个日期"),
    ),
    "W-OUT-OF-PERIOD": _rule(
        "a line lies in the period that its file states",
        "记录不在文件声明的起止时间内",
        ("check the period of the export", "请核对导出的起止时间"),
    ),
    "W-VALUE-DATE": _rule(
        "a value date that no calendar has stands for the end of its month",
        "起息日在日历中不存在，按月末理解",
        ("check the value date of this entry", "请核对该笔的起息日"),
    ),
    "W-ENC-ASSUMED": _rule(
        "the words of a file are in one encoding only; of those that fit, the layout's first is taken",
        "有多种编码符合该文件的文字，按版式首选编码理解",
        ("compare the names in it with the bank's", "请核对文件中的户名等文字"),
    ),
    "W-CURRENCY-ASSUMED": _rule(
        "a file that names no currency is in the one that its standard gives",
        "文件未声明币种，按标准默认币种理解",
        ("check the currency of the account", "请核对账户币种"),
    ),
    "W-SECURITIES": _rule(
        "an investment account is read for its cash entries only",
        "投资账户仅读取资金流水，证券交易未读取",
        ("reconcile securities elsewhere", "证券交易请另行核对"),
    ),
    "E-CHANNEL-NEEDED": _rule(
        "a layout that many channels use does not tell the channel",
        "通用版式不说明所属渠道",
        ("name the channel when you send the file", "提交时请指明渠道"),
    ),
    "E-CHANNEL": _rule(
        "the file is of the channel that its sender names",
        "文件版式不属于所指明的渠道",
        ("send the file of that channel, or name no channel", "请提交该渠道的文件，或不指明渠道"),
    ),
    "E-DAY": _rule(
        "the file covers the business date that it was asked for",
        "文件未覆盖所要求的业务日期",
        ("ask the channel for the file of that day", "请向渠道索取该日的文件"),
    ),
    "E-ACCOUNT": _rule(
        "the file is of the account that it was asked for",
        "文件不属于所要求的账户",
        ("ask the channel for the file of that account", "请向渠道索取该账户的文件"),
    ),
    "E-PROFILE-STATUS": _rule(
        "only an active profile loads money",
        "该解析规则未启用，不可用于入账",
        ("have the profile confirmed and made active", "请确认并启用该解析规则"),
    ),
    "E-DUP-KEY": _rule(
        "a line that was loaded before says the same as before",
        "该记录此前已载入，但金额、币种或状态与此前不同",
        ("ask the channel which of the two is right", "请向渠道核实以哪一条为准"),
    ),
    "E-TIME": _rule(
        "a file is read within the time that is set for it",
        "读取文件超过时限",
        ("send fewer lines a file", "请拆分为较小的文件后提交"),
    ),
}
