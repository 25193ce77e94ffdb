"""A device that listens to head office's feed, in a test."""

from numbered import number_all_marks
from rights_office import NOW, Office

from sync.hub.feeding import page_for
from sync.hub.registry import DeviceRow
from sync.messages import FeedItem, FeedPage, FeedRequest, FeedScope, decode_feed, encode_feed

__all__ = ["Listener"]


class Listener:
    """A device that listens to the feed."""

    def __init__(self, books: Office, device: DeviceRow, scope: FeedScope = "all") -> None:
        self.books = books
        self.device = device
        self.scope = scope
        self.cursor = 0
        self.generation = 0
        self.run: str | None = None
        self.pages = 0
        self.page: FeedPage | None = None
        """The newest."""

    def hear(self, *, at_most: int = 200) -> list[FeedItem]:
        """Listen until there is no more."""
        number_all_marks(self.books.c)
        heard: list[FeedItem] = []
        more = True
        while more:
            request = FeedRequest(
                nonce="n",
                cursor=self.cursor,
                generation=self.generation,
                scope=self.scope,
                run=self.run,
            )
            page, items = page_for(self.books.c, self.device, request, now=NOW, at_most=at_most)
            assert len(items) <= at_most
            assert decode_feed(encode_feed(page, items)) == (page, items)
            heard += items
            more, self.cursor, self.generation = page.more, page.cursor, page.generation
            self.run, self.page = page.run, page
            self.pages += 1
        return heard

    def look_up(self, token: str) -> list[FeedItem]:
        """Ask for one card."""
        request = FeedRequest(nonce="n", cursor=self.cursor, scope=self.scope, token=token)
        page, items = page_for(self.books.c, self.device, request, now=NOW)
        assert (page.cursor, page.token, page.more) == (self.cursor, token, False)
        return list(items)
