"""Where a list by id goes on. It reads no row."""

from chassis import paging


def last_id(filter_text: str, page_token: str) -> str:
    """The id after which the page begins; empty for the first page. Raises Fault INVALID_PAGE_TOKEN."""
    match paging.decode(filter_text, page_token):
        case ():
            return ""
        case (last,):
            return last
        case _:
            raise paging.wrong_token()
