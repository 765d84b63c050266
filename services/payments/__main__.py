"""`python -m services.payments` runs the service."""

import uvloop

from services.payments.app import run

if __name__ == "__main__":
    uvloop.run(run())
