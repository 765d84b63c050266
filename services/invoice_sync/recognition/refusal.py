"""Why a file is not read: the names of the rules, and their sentences. It reads nothing."""

from collections.abc import Mapping

# Rule, what is wrong, and the cure; in English and Chinese.
SENTENCES: Mapping[str, tuple[str, str]] = {
    "EMPTY": ("the file is empty; send the whole file", "文件为空，请发送完整文件"),
    "TOO_LARGE": ("the file is larger than 10 MiB; send one invoice", "文件超过 10 MiB，请只发送一张发票"),
    "KIND": (
        "the file is none of XML, OFD, PDF, PNG and JPEG; send the invoice as it was received",
        "文件不是 XML、OFD、PDF、PNG 或 JPEG，请发送收到的发票原件",
    ),
    "XML_ENTITY": (
        "the XML declares a document type, entities or something outside; no invoice does: get it anew from its issuer",
        "XML 声明了文档类型、实体或外部引用，发票不含此类内容，请向开票方重新索取",
    ),
    "XML_DEPTH": (
        "the XML has too many elements or is nested too deep for an invoice; get it anew from its issuer",
        "XML 元素过多或嵌套过深，不是发票，请向开票方重新索取",
    ),
    "XML_BROKEN": ("the XML cannot be read; get it anew from its issuer", "XML 无法解析，请向开票方重新索取"),
    "ZIP_BOMB": (
        "the OFD holds far more than it is large; get it anew from its issuer",
        "OFD 解压后过大（疑似压缩炸弹），请向开票方重新索取",
    ),
    "ZIP_PATH": (
        "the OFD names a file outside itself; get it anew from its issuer",
        "OFD 含有越界的文件路径，请向开票方重新索取",
    ),
    "ENCRYPTED": ("the file has a password; send it without one", "文件有密码，请发送未加密的文件"),
    "OFD_BROKEN": ("the OFD cannot be read; get it anew from its issuer", "OFD 无法读取，请向开票方重新索取"),
    "PAGES": ("the file has more than 50 pages; send one invoice", "文件超过 50 页，请只发送一张发票"),
    "PDF_BROKEN": ("the PDF cannot be read; get it anew from its issuer", "PDF 无法读取，请向开票方重新索取"),
    "PIXELS": (
        "the picture has more than 40 million pixels; send a smaller one",
        "图片超过 4000 万像素，请发送较小的图片",
    ),
    "PICTURE": (
        "the picture cannot be read; send a PNG that is not interlaced, or a JPEG",
        "图片无法读取，请发送非隔行的 PNG 或 JPEG",
    ),
    "LIMIT": (
        "reading it took more memory or time than an invoice needs; get it anew from its issuer",
        "读取所需内存或时间超出限制，请向开票方重新索取",
    ),
}


class Refused(Exception):
    """The file is not read. `rule` is a key of SENTENCES."""

    def __init__(self, rule: str) -> None:
        assert rule in SENTENCES, f"{rule} has no sentence"
        super().__init__(SENTENCES[rule][0])
        self.rule = rule
