"""The client: one attribute for each area of the contract, which is loaded when it is first used.

Made from the contract by `python -m client.generate`; edit the contract instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .transport import AsyncTransport, Transport

if TYPE_CHECKING:
    from .gateway import AsyncGateway, Gateway
    from .invoice_sync import AsyncInvoiceSync, InvoiceSync
    from .payments import AsyncPayments, Payments
    from .reconciler import AsyncReconciler, Reconciler


class Client(Transport):
    """One gateway, blocking. Repeats what may be repeated, within each call's deadline."""

    @property
    def gateway(self) -> Gateway:
        """The calls of gateway."""
        from .gateway import Gateway  # noqa: PLC0415

        return Gateway(self)

    @property
    def invoice_sync(self) -> InvoiceSync:
        """The calls of invoice_sync."""
        from .invoice_sync import InvoiceSync  # noqa: PLC0415

        return InvoiceSync(self)

    @property
    def payments(self) -> Payments:
        """The calls of payments."""
        from .payments import Payments  # noqa: PLC0415

        return Payments(self)

    @property
    def reconciler(self) -> Reconciler:
        """The calls of reconciler."""
        from .reconciler import Reconciler  # noqa: PLC0415

        return Reconciler(self)


class AsyncClient(AsyncTransport):
    """One gateway, for asyncio. Repeats what may be repeated, within each call's deadline."""

    @property
    def gateway(self) -> AsyncGateway:
        """The calls of gateway."""
        from .gateway import AsyncGateway  # noqa: PLC0415

        return AsyncGateway(self)

    @property
    def invoice_sync(self) -> AsyncInvoiceSync:
        """The calls of invoice_sync."""
        from .invoice_sync import AsyncInvoiceSync  # noqa: PLC0415

        return AsyncInvoiceSync(self)

    @property
    def payments(self) -> AsyncPayments:
        """The calls of payments."""
        from .payments import AsyncPayments  # noqa: PLC0415

        return AsyncPayments(self)

    @property
    def reconciler(self) -> AsyncReconciler:
        """The calls of reconciler."""
        from .reconciler import AsyncReconciler  # noqa: PLC0415

        return AsyncReconciler(self)
