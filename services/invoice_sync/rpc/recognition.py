"""RecognitionService of the contract: a file in parts, within limits, to an action and back. It decides nothing."""

from collections.abc import AsyncIterator

from bihuan.invoice_sync.v1 import recognition_service_pb2, recognition_service_pb2_grpc

from chassis.errors import Fault, FieldFault
from chassis.server import RpcContext
from chassis.validation import invalid
from services.invoice_sync.actions.recognize import RecognizeActions
from services.invoice_sync.convert.diagnosis import diagnosis_to_proto
from services.invoice_sync.convert.recognition import recognition_to_proto
from services.invoice_sync.recognition.program import BYTES_MAX
from services.invoice_sync.recognition.reader import refused

Parts = AsyncIterator[recognition_service_pb2.DiagnoseFileRequest]


class RecognitionServicer(recognition_service_pb2_grpc.RecognitionServiceServicer):
    """RecognitionService of the contract."""

    def __init__(self, recognize: RecognizeActions) -> None:
        self._recognize = recognize

    async def DiagnoseFile(
        self, request_iterator: Parts, context: RpcContext
    ) -> recognition_service_pb2.DiagnoseFileResponse:
        made = await self._recognize.diagnose_file(await _whole(request_iterator))
        return recognition_service_pb2.DiagnoseFileResponse(
            recognition=recognition_to_proto(made.recognition),
            diagnoses=[diagnosis_to_proto(each) for each in made.diagnoses],
        )


async def _whole(parts: Parts) -> bytes:
    """The bytes of a file whose parts come in order. Raises Fault INVALID_FIELD or FILE_REFUSED."""
    content, wanted = bytearray(), "header"
    async for part in parts:
        which = part.WhichOneof("part")
        if which == "chunk" and wanted == "bytes":
            content += part.chunk
            if len(content) > BYTES_MAX:
                raise refused("TOO_LARGE")
        elif which == "end" and wanted == "bytes":
            if part.end.size_bytes != len(content):
                break
            wanted = "nothing"
        elif which == "header" and wanted == "header":
            wanted = "bytes"
        else:
            raise _wrong(f"expected {wanted}", "分片顺序有误")
    if wanted != "nothing":
        raise _wrong("the file did not come whole: send it again", "文件未完整送达，请重新上传")
    return bytes(content)


def _wrong(message: str, message_zh: str) -> Fault:
    return invalid((FieldFault("part", "ORDER", message, message_zh),))
