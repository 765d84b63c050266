"""`python -m services.invoice_sync` runs the service."""

import uvloop

from services.invoice_sync.app import run

if __name__ == "__main__":
    uvloop.run(run())
