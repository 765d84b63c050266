"""The way to each source's files, by what its declaration names."""

from collections.abc import Sequence

from services.reconciler.fetch import Fetcher, FetchLimits
from services.reconciler.fetch.https import HttpsFetcher
from services.reconciler.fetch.sftp import SftpFetcher
from services.reconciler.fetch.source import FetchSource


def fetchers_of(sources: Sequence[FetchSource], limits: FetchLimits) -> dict[str, Fetcher]:
    """A fetcher for each source, by its id."""
    return {source.id: _fetcher(source, limits) for source in sources}


def _fetcher(source: FetchSource, limits: FetchLimits) -> Fetcher:
    if source.https:
        return HttpsFetcher(source.https, limits)
    assert source.sftp, "a source has one of the two"
    return SftpFetcher(source.sftp, limits)
