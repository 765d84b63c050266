"""The client: one attribute for each area of the contract.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from .gateway import AsyncGateway, Gateway
from .invoice_sync import AsyncInvoiceSync, InvoiceSync
from .payments import AsyncPayments, Payments
from .reconciler import AsyncReconciler, Reconciler
from .transport import AsyncTransport, Transport


class Client(Transport):
    """One gateway, blocking. Repeats what may be repeated, within each call's deadline."""

    @property
    def gateway(self) -> Gateway:
        """The calls of gateway."""
        return Gateway(self)

    @property
    def invoice_sync(self) -> InvoiceSync:
        """The calls of invoice_sync."""
        return InvoiceSync(self)

    @property
    def payments(self) -> Payments:
        """The calls of payments."""
        return Payments(self)

    @property
    def reconciler(self) -> Reconciler:
        """The calls of reconciler."""
        return Reconciler(self)


class AsyncClient(AsyncTransport):
    """One gateway, for asyncio. Repeats what may be repeated, within each call's deadline."""

    @property
    def gateway(self) -> AsyncGateway:
        """The calls of gateway."""
        return AsyncGateway(self)

    @property
    def invoice_sync(self) -> AsyncInvoiceSync:
        """The calls of invoice_sync."""
        return AsyncInvoiceSync(self)

    @property
    def payments(self) -> AsyncPayments:
        """The calls of payments."""
        return AsyncPayments(self)

    @property
    def reconciler(self) -> AsyncReconciler:
        """The calls of reconciler."""
        return AsyncReconciler(self)
