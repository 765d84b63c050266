"""A small file that comes in parts: header, bytes, end, within a limit. It does not look into the file."""

from collections.abc import AsyncIterator
from typing import Any

from chassis.errors import Fault, FieldFault
from chassis.validation import invalid


async def bytes_into(content: bytearray, parts: AsyncIterator[Any], bytes_max: int, too_large: Fault) -> Any:
    """Take all parts of a message with `header`, `chunk` and `end`, in that order; the header.

    Raises Fault INVALID_FIELD when they are out of order or not whole, and `too_large` beyond the limit.
    """
    header, ended = None, False
    async for part in parts:
        which = part.WhichOneof("part")
        if ended or (header is None) != (which == "header"):
            raise _wrong("the header comes first and once, the end last", "分片顺序应为文件头、内容、结束标记")
        if which == "header":
            header = part.header
        elif which == "chunk":
            content += part.chunk
            if len(content) > bytes_max:
                raise too_large
        elif which == "end":
            ended = part.end.size_bytes == len(content)
            if not ended:
                break
    if not ended:
        raise _wrong("the file did not come whole: send it again", "文件未完整送达，请重新上传")
    return header


def _wrong(message: str, message_zh: str) -> Fault:
    return invalid((FieldFault("part", "ORDER", message, message_zh),))
