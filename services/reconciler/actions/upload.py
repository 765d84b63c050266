"""Uploads that break off: keeping what came, sealed, so that a later call goes on; and letting go of it in time."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import structlog

from chassis.clock import Clock
from chassis.crypto import KeyRing
from chassis.database import Sessions
from chassis.errors import Fault, Kind
from chassis.telemetry import traced
from services.reconciler.domain.sealed_place import CHUNK_BYTES, of_upload
from services.reconciler.domain.upload import Progress
from services.reconciler.spool import Spool
from services.reconciler.store.statement import StatementStore
from services.reconciler.store.upload import UploadStore

# What unfinished uploads may hold together; beyond it a file has to come in one call.
_KEPT_BYTES_MAX = 8 * 1024**3
_FORGOTTEN_AT_ONCE = 20
_FOR_GOOD = (Kind.INVALID, Kind.EXISTS)
_log = structlog.get_logger()


class UploadActions:
    """What can be done to uploads that have not ended."""

    def __init__(self, sessions: Sessions, ring: KeyRing, clock: Clock, keep_seconds: float) -> None:
        self._sessions = sessions
        self._ring = ring
        self._clock = clock
        self._keep_seconds = keep_seconds

    @traced
    async def get_upload(self, request_id: str) -> Progress:
        """How much has come under a request_id; nothing when there is none."""
        async with self._sessions() as session:
            loaded = await StatementStore(session).of_request(request_id)
            upload = await UploadStore(session).get(request_id, self._clock.now())
        statement_id = loaded.statement_id if loaded else ""
        if upload is None or not upload.received_bytes:
            return Progress(0, None, statement_id)
        return Progress(upload.received_bytes, upload.expire_time, statement_id)

    async def resume(self, request_id: str, resume_from_bytes: int, spool: Spool) -> "KeptUpload":
        """Put what came before into the spool; from 0 on it is sent anew, whatever came before.

        Raises Fault UPLOAD_OFFSET, with how much has come, when that is not what the caller goes on from.
        """
        kept = KeptUpload(self, request_id)
        if not resume_from_bytes:
            return kept
        now = self._clock.now()
        async with self._sessions.begin() as session:
            store = UploadStore(session)
            upload = await store.get(request_id, now)
            received = upload.received_bytes if upload else 0
            if received != resume_from_bytes:
                raise _wrong_offset(resume_from_bytes, received)
            kept.attempt = (await store.begin(request_id, self._expiry())).attempt
        kept.chunks = received // CHUNK_BYTES
        for chunk_no in range(kept.chunks):
            await spool.write(await self._opened(request_id, chunk_no))
        return kept

    async def begin(self, request_id: str) -> int:
        """Begin to keep an upload that is sent from its beginning; 0 when there is no room to keep it."""
        async with self._sessions.begin() as session:
            store = UploadStore(session)
            attempt = (await store.begin(request_id, self._expiry())).attempt
            await store.empty(request_id)
            if await store.total_bytes() < _KEPT_BYTES_MAX:
                return attempt
        _log.warning("upload is not kept: unfinished uploads hold too much", request_id=request_id)
        return 0

    async def keep(self, request_id: str, attempt: int, chunk_no: int, chunk: bytes) -> bool:
        """Keep a chunk; False when another call has taken the upload over."""
        sealed = await asyncio.to_thread(self._ring.seal, chunk, of_upload(request_id, chunk_no))
        async with self._sessions.begin() as session:
            received = (chunk_no + 1) * CHUNK_BYTES
            return await UploadStore(session).add_chunk(request_id, attempt, chunk_no, sealed, received)

    async def forget(self, request_id: str) -> None:
        """Let go of an upload that has come whole and will not be loaded."""
        async with self._sessions.begin() as session:
            await UploadStore(session).remove(request_id)

    @traced
    async def forget_uploads(self) -> int:
        """Let go of some whose time is over; how many."""
        async with self._sessions.begin() as session:
            return await UploadStore(session).remove_expired(self._clock.now(), _FORGOTTEN_AT_ONCE)

    async def _opened(self, request_id: str, chunk_no: int) -> bytes:
        async with self._sessions() as session:
            sealed = await UploadStore(session).chunk(request_id, chunk_no)
        if sealed is None:  # it ran out, or another call took it over, since we looked
            raise _wrong_offset(chunk_no * CHUNK_BYTES, 0)
        return await asyncio.to_thread(self._ring.open, sealed, of_upload(request_id, chunk_no))

    def _expiry(self) -> datetime:
        return self._clock.now() + timedelta(seconds=self._keep_seconds)


class KeptUpload:
    """One call's upload; each MiB is kept as soon as it is whole, so that a small file is not kept at all."""

    def __init__(self, uploads: UploadActions, request_id: str) -> None:
        self._uploads = uploads
        self._request_id = request_id
        self.attempt: int | None = None  # None before there is anything to keep, 0 when it is not kept
        self.chunks = 0

    async def grown(self, spool: Spool) -> None:
        """Keep what is whole and not kept yet."""
        while spool.size >= (self.chunks + 1) * CHUNK_BYTES and self.attempt != 0:
            if self.attempt is None:
                self.attempt = await self._uploads.begin(self._request_id)
                continue
            chunk = await asyncio.to_thread(spool.chunk, self.chunks)
            if not await self._uploads.keep(self._request_id, self.attempt, self.chunks, chunk):
                self.attempt = 0
            self.chunks += 1

    @contextlib.asynccontextmanager
    async def judged(self) -> AsyncIterator[None]:
        """Around what judges the whole file: what is refused for good is not kept, what may be tried again is."""
        try:
            yield
        except Fault as fault:
            if self.attempt and fault.kind in _FOR_GOOD:
                await self._uploads.forget(self._request_id)
            raise


def _wrong_offset(asked: int, received: int) -> Fault:
    return Fault(
        Kind.PRECONDITION,
        "UPLOAD_OFFSET",
        f"the upload goes on from byte {received}, not {asked}: send resume_from_bytes {received}",
        f"续传应从第 {received} 字节开始，而不是 {asked}：请以 resume_from_bytes {received} 重试",
        metadata={"received_bytes": str(received)},
    )
