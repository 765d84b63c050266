"""`python -m services.channel_sandbox`."""

import uvloop

from services.channel_sandbox.app import run

if __name__ == "__main__":
    uvloop.run(run())
