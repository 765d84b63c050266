"""invoice_sync: its messages and its calls.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from .attempt import Attempt as Attempt
from .attempt import AttemptOperation as AttemptOperation
from .attempt import AttemptOutcome as AttemptOutcome
from .attempt_service import AsyncAttemptService, AttemptService
from .attempt_service import AttemptStatistics as AttemptStatistics
from .attempt_service import GetAttemptResponse as GetAttemptResponse
from .attempt_service import SearchAttemptsResponse as SearchAttemptsResponse
from .attempt_service import VerifyLogResponse as VerifyLogResponse
from .bulk_request import BulkRequest as BulkRequest
from .bulk_request import BulkRequestFinding as BulkRequestFinding
from .bulk_request import BulkRequestMode as BulkRequestMode
from .bulk_request import BulkRequestRow as BulkRequestRow
from .bulk_request import BulkRequestRowOutcome as BulkRequestRowOutcome
from .bulk_request import BulkRequestState as BulkRequestState
from .bulk_request_service import AsyncBulkRequestService, BulkRequestService
from .bulk_request_service import CancelBulkRequestResponse as CancelBulkRequestResponse
from .bulk_request_service import GetBulkRequestFileRequestFormat as GetBulkRequestFileRequestFormat
from .bulk_request_service import GetBulkRequestFileResponse as GetBulkRequestFileResponse
from .bulk_request_service import GetBulkRequestResponse as GetBulkRequestResponse
from .bulk_request_service import ListBulkRequestRowsResponse as ListBulkRequestRowsResponse
from .bulk_request_service import ListBulkRequestsResponse as ListBulkRequestsResponse
from .bulk_request_service import ReleaseBulkRequestResponse as ReleaseBulkRequestResponse
from .bulk_request_service import UploadBulkRequestResponse as UploadBulkRequestResponse
from .confirmation import CheckFinding as CheckFinding
from .confirmation import CheckFindingWeight as CheckFindingWeight
from .confirmation import Confirmation as Confirmation
from .confirmation import ConfirmationState as ConfirmationState
from .confirmation_service import AsyncConfirmationService, ConfirmationService
from .confirmation_service import ConfirmInvoiceRequestResponse as ConfirmInvoiceRequestResponse
from .confirmation_service import GetConfirmationResponse as GetConfirmationResponse
from .confirmation_service import ListConfirmationsResponse as ListConfirmationsResponse
from .confirmation_service import RefuseInvoiceRequestResponse as RefuseInvoiceRequestResponse
from .delivery import Delivery as Delivery
from .delivery import DeliveryState as DeliveryState
from .delivery import DeliveryStep as DeliveryStep
from .delivery_service import AsyncDeliveryService, DeliveryService
from .delivery_service import DeliverInvoiceResponse as DeliverInvoiceResponse
from .delivery_service import ListDeliveriesResponse as ListDeliveriesResponse
from .delivery_service import RecordDeliveryReportResponse as RecordDeliveryReportResponse
from .delivery_service import ResendDeliveryResponse as ResendDeliveryResponse
from .diagnosis import Diagnosis as Diagnosis
from .diagnosis import DiagnosisAction as DiagnosisAction
from .diagnosis import DiagnosisConfidence as DiagnosisConfidence
from .diagnosis import Evidence as Evidence
from .gate import Gate as Gate
from .gate import Hold as Hold
from .gate import HoldKind as HoldKind
from .gate import Probe as Probe
from .gate_service import AsyncGateService, GateService
from .gate_service import LiftHoldResponse as LiftHoldResponse
from .gate_service import ListGatesResponse as ListGatesResponse
from .gate_service import ListProbesResponse as ListProbesResponse
from .gate_service import ProbeInterfaceResponse as ProbeInterfaceResponse
from .gate_service import SetHoldResponse as SetHoldResponse
from .invoice import BrokenRule as BrokenRule
from .invoice import Invoice as Invoice
from .invoice import InvoiceKind as InvoiceKind
from .invoice import IssuePolicy as IssuePolicy
from .invoice import SyncState as SyncState
from .invoice_application import ApplicationKind as ApplicationKind
from .invoice_application import ApplicationProof as ApplicationProof
from .invoice_application import ApplicationState as ApplicationState
from .invoice_application import ApplicationStep as ApplicationStep
from .invoice_application import InvoiceApplication as InvoiceApplication
from .invoice_application import Remedy as Remedy
from .invoice_application_service import AsyncInvoiceApplicationService, InvoiceApplicationService
from .invoice_application_service import FileInvoiceApplicationResponse as FileInvoiceApplicationResponse
from .invoice_application_service import GetInvoiceApplicationResponse as GetInvoiceApplicationResponse
from .invoice_application_service import ListInvoiceApplicationsResponse as ListInvoiceApplicationsResponse
from .invoice_application_service import ProofFile as ProofFile
from .invoice_application_service import ReadApplicationProofResponse as ReadApplicationProofResponse
from .invoice_application_service import ReadReplacementCopyResponse as ReadReplacementCopyResponse
from .invoice_application_service import ReviewInvoiceApplicationResponse as ReviewInvoiceApplicationResponse
from .invoice_application_service import WithdrawInvoiceApplicationResponse as WithdrawInvoiceApplicationResponse
from .invoice_service import AsyncInvoiceService, InvoiceService
from .invoice_service import CorrectInvoiceResponse as CorrectInvoiceResponse
from .invoice_service import DiagnoseBuyerResponse as DiagnoseBuyerResponse
from .invoice_service import DiagnoseInvoiceResponse as DiagnoseInvoiceResponse
from .invoice_service import GetInvoiceResponse as GetInvoiceResponse
from .invoice_service import ListAttemptsResponse as ListAttemptsResponse
from .invoice_service import ListInvoicesResponse as ListInvoicesResponse
from .invoice_service import ListNotInSystemResponse as ListNotInSystemResponse
from .invoice_service import RequestInvoiceResponse as RequestInvoiceResponse
from .invoice_service import StateTotal as StateTotal
from .invoice_service import SummarizeInvoicesResponse as SummarizeInvoicesResponse
from .link_service import AsyncLinkService, LinkService
from .link_service import CreateLinkResponse as CreateLinkResponse
from .link_service import LinkPurpose as LinkPurpose
from .manual import Abandonment as Abandonment
from .manual import AbandonmentState as AbandonmentState
from .manual import ManualItem as ManualItem
from .manual import ManualPackage as ManualPackage
from .manual import ManualStep as ManualStep
from .manual_service import AsyncManualService, ManualService
from .manual_service import DecideAbandonmentResponse as DecideAbandonmentResponse
from .manual_service import ExportManualPackageResponse as ExportManualPackageResponse
from .manual_service import GetManualPackageResponse as GetManualPackageResponse
from .manual_service import ImportManualReceiptResponse as ImportManualReceiptResponse
from .manual_service import ListManualPackagesResponse as ListManualPackagesResponse
from .manual_service import ProposeAbandonmentResponse as ProposeAbandonmentResponse
from .manual_service import ReleaseManualPackageResponse as ReleaseManualPackageResponse
from .merchant import MerchantProfile as MerchantProfile
from .merchant_service import AsyncMerchantService, MerchantService
from .merchant_service import GetMerchantProfileResponse as GetMerchantProfileResponse
from .merchant_service import SetMerchantProfileResponse as SetMerchantProfileResponse
from .paper import ArchiveTotal as ArchiveTotal
from .paper import CopyState as CopyState
from .paper import Paper as Paper
from .paper import PaperCopy as PaperCopy
from .paper import PaperKind as PaperKind
from .paper_service import AsyncPaperService, PaperService
from .paper_service import ListPapersResponse as ListPapersResponse
from .paper_service import SummarizeArchiveResponse as SummarizeArchiveResponse
from .parity import ParityDay as ParityDay
from .parity import ParityDifference as ParityDifference
from .parity import ParityDifferenceDifferenceClass as ParityDifferenceDifferenceClass
from .parity import ParityRun as ParityRun
from .parity import ParityRunState as ParityRunState
from .parity import ParitySums as ParitySums
from .parity_service import AsyncParityService, ParityService
from .parity_service import GetParityRunResponse as GetParityRunResponse
from .parity_service import ListParityRunsResponse as ListParityRunsResponse
from .parity_service import RunParityResponse as RunParityResponse
from .recognition import ReadName as ReadName
from .recognition import ReadPlace as ReadPlace
from .recognition import ReadTaxId as ReadTaxId
from .recognition import ReadValue as ReadValue
from .recognition import Recognition as Recognition
from .recognition import RecognitionContradiction as RecognitionContradiction
from .recognition_service import AsyncRecognitionService, RecognitionService
from .recognition_service import DiagnoseFileResponse as DiagnoseFileResponse
from .red_letter import InvoiceableAmount as InvoiceableAmount
from .red_letter import RedLetter as RedLetter
from .red_letter import RedMove as RedMove
from .red_letter import RedReason as RedReason
from .red_letter import RedSide as RedSide
from .red_letter import RedState as RedState
from .red_letter import RedStep as RedStep
from .red_letter_service import AsyncRedLetterService, RedLetterService
from .red_letter_service import GetInvoiceableAmountResponse as GetInvoiceableAmountResponse
from .red_letter_service import GetRedLetterResponse as GetRedLetterResponse
from .red_letter_service import InvoiceRemainderResponse as InvoiceRemainderResponse
from .red_letter_service import ListRedLettersResponse as ListRedLettersResponse
from .red_letter_service import MoveRedLetterResponse as MoveRedLetterResponse
from .red_letter_service import RequestRedLetterResponse as RequestRedLetterResponse
from .sweep import Sweep as Sweep
from .sweep import SyncCase as SyncCase
from .sweep_service import AsyncSweepService, SweepService
from .sweep_service import ListCasesResponse as ListCasesResponse
from .sweep_service import ListSweepsResponse as ListSweepsResponse
from .sweep_service import RunSweepResponse as RunSweepResponse


class InvoiceSync(
    AttemptService,
    BulkRequestService,
    ConfirmationService,
    DeliveryService,
    GateService,
    InvoiceApplicationService,
    InvoiceService,
    LinkService,
    ManualService,
    MerchantService,
    PaperService,
    ParityService,
    RecognitionService,
    RedLetterService,
    SweepService,
):
    """The calls of invoice_sync, blocking. Each raises Refused or NoAnswer."""


class AsyncInvoiceSync(
    AsyncAttemptService,
    AsyncBulkRequestService,
    AsyncConfirmationService,
    AsyncDeliveryService,
    AsyncGateService,
    AsyncInvoiceApplicationService,
    AsyncInvoiceService,
    AsyncLinkService,
    AsyncManualService,
    AsyncMerchantService,
    AsyncPaperService,
    AsyncParityService,
    AsyncRecognitionService,
    AsyncRedLetterService,
    AsyncSweepService,
):
    """The calls of invoice_sync, for asyncio. Each raises Refused or NoAnswer."""
