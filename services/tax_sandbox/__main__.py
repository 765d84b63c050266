"""`python -m services.tax_sandbox`."""

import uvloop

from services.tax_sandbox.app import run

if __name__ == "__main__":
    uvloop.run(run())
