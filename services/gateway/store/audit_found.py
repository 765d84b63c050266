"""The statement that finds deeds of which no audit record tells. It writes nothing."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.gateway.domain.deed import Deed
from services.gateway.store.audit import first_id_of

# A record tells of a deed when it is of the same trace and names it. Calls with many things in them name the first ones
# alone, and then the trace has to do. Ids of records begin with their time, so that the window needs no index.
_UNNAMED = text("""
    SELECT given.place
    FROM unnest(:traces ::text[], :names ::text[]) WITH ORDINALITY AS given (trace_id, names, place)
    WHERE NOT EXISTS (
        SELECT FROM audit_record
        WHERE audit_record.record_id >= :from_id AND audit_record.record_id < :to_id
          AND audit_record.trace_id = given.trace_id
          AND (
              audit_record.method = ANY(:of_many ::text[])
              OR audit_record.resource_ids && string_to_array(given.names, E'\\n')
          )
    )
    ORDER BY given.place
""")


async def unnamed(
    session: AsyncSession, deeds: Sequence[Deed], of_many: Collection[str], from_time: datetime, to_time: datetime
) -> list[Deed]:
    """Those of some deeds of which no record of that time tells. `of_many` are methods whose records name not all."""
    found = await session.scalars(
        _UNNAMED,
        {
            "traces": [deed.trace_id for deed in deeds],
            "names": ["\n".join(filter(None, deed.resource_ids)) for deed in deeds],
            "of_many": sorted(of_many),
            "from_id": first_id_of(from_time),
            "to_id": first_id_of(to_time),
        },
    )
    return [deeds[place - 1] for place in found]
