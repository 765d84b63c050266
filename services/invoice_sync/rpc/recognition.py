"""RecognitionService of the contract: a file in parts, within limits, to an action and back. It decides nothing."""

from collections.abc import AsyncIterator

from bihuan.invoice_sync.v1 import recognition_service_pb2, recognition_service_pb2_grpc

from chassis.server import RpcContext
from services.invoice_sync.actions.recognize import RecognizeActions
from services.invoice_sync.convert.diagnosis import diagnosis_to_proto
from services.invoice_sync.convert.recognition import recognition_to_proto
from services.invoice_sync.recognition.program import BYTES_MAX
from services.invoice_sync.recognition.reader import refused
from services.invoice_sync.rpc.parts import bytes_into

Parts = AsyncIterator[recognition_service_pb2.DiagnoseFileRequest]


class RecognitionServicer(recognition_service_pb2_grpc.RecognitionServiceServicer):
    """RecognitionService of the contract."""

    def __init__(self, recognize: RecognizeActions) -> None:
        self._recognize = recognize

    async def DiagnoseFile(
        self, request_iterator: Parts, context: RpcContext
    ) -> recognition_service_pb2.DiagnoseFileResponse:
        content = bytearray()
        await bytes_into(content, request_iterator, BYTES_MAX, refused("TOO_LARGE"))
        made = await self._recognize.diagnose_file(bytes(content))
        return recognition_service_pb2.DiagnoseFileResponse(
            recognition=recognition_to_proto(made.recognition),
            diagnoses=[diagnosis_to_proto(each) for each in made.diagnoses],
        )
