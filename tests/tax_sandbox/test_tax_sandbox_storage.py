"""What the stand-in says and logs when its own database refuses or is gone."""

import structlog

from chassis import database
from services.tax_sandbox.routes.edge import unavailable
from tests.support.storage import NAME, refusal_of_a_name


async def test_a_row_that_the_database_refuses_is_logged_without_its_contents(postgres):
    engine = database.connect(postgres.url("postgres"), "test")
    fault = await refusal_of_a_name(engine)
    await engine.dispose()

    with structlog.testing.capture_logs(processors=[structlog.processors.format_exc_info]) as logs:
        reply = unavailable(fault)

    assert reply.status == 500
    assert [(entry["event"], entry["constraint"]) for entry in logs] == [("unhandled", "short")]
    assert NAME not in str(logs) + str(reply.body)


def test_a_database_that_cannot_be_reached_is_told_as_503():
    assert unavailable(ConnectionRefusedError()).status == 503
