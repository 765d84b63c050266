"""Why a file is refused whole: each code with its rule and its cure, in both languages. It reads no file."""

from dataclasses import dataclass

from chassis.errors import Fault, FieldFault, Kind

VALUE_LENGTH_MAX = 80


@dataclass(frozen=True, slots=True)
class Rule:
    """What a file has to keep to, and what to do when it does not."""

    rule: str
    rule_zh: str
    cure: str
    cure_zh: str


def refused(code: str, row: int | None = None, column: str | None = None, value: str | None = None) -> Fault:
    """The fault of that code at that place; `value` is cut to 80 characters and holds no name and no number of anyone.

    Its one field violation has the code as its rule, so that a program need not read the sentence.
    """
    rule = RULES[code]
    at = ", ".join(
        part for part in (f"row {row}" if row else "", f"column {column}" if column else "", _shown(value)) if part
    )
    at_zh = "，".join(
        part for part in (f"第 {row} 行" if row else "", f"{column} 列" if column else "", _shown(value)) if part
    )
    message = f"{rule.rule}{f' ({at})' if at else ''}: {rule.cure}"
    message_zh = f"{rule.rule_zh}{f'（{at_zh}）' if at_zh else ''}：{rule.cure_zh}"
    return Fault(
        Kind.INVALID,
        "BULK_FILE_REFUSED",
        message,
        message_zh,
        fields=(FieldFault("file", code, message, message_zh),),
        metadata={
            "code": code,
            "row": str(row or ""),
            "column": column or "",
            "value": _shown(value),
            "rule": rule.rule,
            "rule_zh": rule.rule_zh,
            "cure": rule.cure,
            "cure_zh": rule.cure_zh,
        },
    )


def _shown(value: str | None) -> str:
    return "".join(sign for sign in value if sign.isprintable())[:VALUE_LENGTH_MAX] if value else ""


_SAVE = (
    "save the sheet alone as a new workbook or as CSV, and send that",
    "请将该工作表单独另存为新的工作簿或 CSV 后上传",
)
_VALUES = ("put the values in place of what computes them", "请将公式粘贴为数值后上传")
_SPLIT = ("send it in several files", "请拆分为多个文件上传")

RULES: dict[str, Rule] = {
    "EMPTY": Rule("a file has a header and at least one row below it", "文件须有表头和至少一行数据", *_SAVE),
    "NOT_A_TABLE": Rule("a file is CSV text or an .xlsx workbook", "文件须为 CSV 文本或 .xlsx 工作簿", *_SAVE),
    "DAMAGED": Rule("a workbook can be opened", "工作簿无法打开或已损坏", *_SAVE),
    "PASSWORD": Rule("a workbook has no password", "工作簿带有密码", *_SAVE),
    "FORMULA": Rule("a cell holds a value and nothing that computes one", "单元格含有公式", *_VALUES),
    "MACRO": Rule("a workbook has no macros and no embedded programs", "工作簿含有宏或嵌入对象", *_SAVE),
    "EXTERNAL_REFERENCE": Rule("nothing in a workbook refers out of it", "工作簿引用了外部文件或数据源", *_SAVE),
    "XML_ENTITY": Rule(
        "no part of a workbook has a document type or entities", "文件含有 XML 文档类型声明或实体", *_SAVE
    ),
    "ARCHIVE_PATH": Rule("the parts of a workbook stay within it", "工作簿内含有越界的路径", *_SAVE),
    "ZIP_BOMB": Rule("a workbook does not unpack to far more than it is", "工作簿解压后过大", *_SAVE),
    "TOO_MANY_ROWS": Rule("a file has at most 10,000 rows below its header", "数据行数超过 10,000 行", *_SPLIT),
    "TOO_MANY_COLUMNS": Rule("a file has at most 32 columns", "列数超过 32 列", *_SAVE),
    "TOO_MANY_BYTES": Rule("a file has at most 8 MiB", "文件超过 8 MiB", *_SPLIT),
    "CELL_TOO_LONG": Rule("a cell has at most 1,000 characters", "单元格内容超过 1,000 个字符", *_SAVE),
    "ENCODING": Rule("a text is written in UTF-8 or GB 18030", "文本须为 UTF-8 或 GB 18030 编码", *_SAVE),
    "QUOTES": Rule("each quote that begins a cell ends it", "单元格引号不成对", *_SAVE),
    "SHEETS": Rule("a workbook has rows on one sheet only", "工作簿的多个工作表含有数据", *_SAVE),
    "HEADER": Rule(
        "the first row names payment_id 支付单号 or merchant_order_no 商户订单号, and buyer_title 发票抬头",
        "首行须包含 支付单号（payment_id）或 商户订单号（merchant_order_no），以及 发票抬头（buyer_title）",
        "name the columns in the first row, each once and none that is not known",
        "请在首行填写列名，每列一次，不含未知列名",
    ),
    "TIME": Rule("a file is read within its time", "读取文件超过时限", *_SPLIT),
}
