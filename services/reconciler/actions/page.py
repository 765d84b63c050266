"""A page of a list whose rows have one sortable id. It reads nothing itself."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from chassis import paging

T = TypeVar("T")
_SIZE_DEFAULT = 50


@dataclass(frozen=True, slots=True)
class PageRequest:
    """How many rows at most (0 means 50), behind the page that gave the token."""

    size: int
    token: str

    @property
    def limit(self) -> int:
        """How many rows to read: one more than the page has, which tells whether there is another."""
        return (self.size or _SIZE_DEFAULT) + 1

    def after(self, list_name: str) -> str:
        """The id behind which the page begins; empty for the first. Raises Fault INVALID_PAGE_TOKEN."""
        key = paging.decode(list_name, self.token)
        return key[0] if key else ""

    def after_number(self, list_name: str) -> int:
        """The same for rows that are told by a whole number; 0 for the first page."""
        text = self.after(list_name) or "0"
        if not text.isdecimal():
            raise paging.wrong_token()
        return int(text)

    def page(self, list_name: str, rows: Sequence[T], key: Callable[[T], str]) -> "Page[T]":
        """The page that these rows make, being up to `limit`."""
        return self.page_by(list_name, rows, lambda row: (key(row),))

    def page_by(self, list_name: str, rows: Sequence[T], key: Callable[[T], tuple[str, ...]]) -> "Page[T]":
        """The same for rows that are told by several values."""
        if len(rows) < self.limit:
            return Page(tuple(rows), "")
        shown = rows[:-1]
        return Page(tuple(shown), paging.encode(list_name, key(shown[-1])))


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Rows, and the token of the next page; empty on the last."""

    rows: tuple[T, ...]
    next_page_token: str
