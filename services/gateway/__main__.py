"""Starts the gateway: `python -m services.gateway`."""

import uvloop

from services.gateway.app import run

if __name__ == "__main__":
    uvloop.run(run())
