"""`python -m services.reconciler` serves it."""

import uvloop

from services.reconciler.app import run

if __name__ == "__main__":
    uvloop.run(run())
