"""The client: the API's operations, and what makes them convenient."""

from __future__ import annotations

import os
import pathlib
from collections.abc import Callable, Iterator, Sequence
from typing import Literal

from calotype_client.generated import AnalysedUpload, ChangePageChange, Job, Operations, PhotoInList, SearchAnswer, SearchAnswerHit

Analysis = Literal["objects", "embedding", "text", "faces", "faces.detect", "faces.recognise", "pdq"]


class Client(Operations):
    """A server. Methods raise errors of `calotype_client.errors`. Thread-safe."""

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def analyze(
        self,
        photo: bytes | str | os.PathLike[str],
        *,
        only: Sequence[Analysis] | None = None,
        vectors: bool = False,
    ) -> AnalysedUpload:
        """Analyses a photo, given as bytes or as a path on this machine. The server stores nothing.

        only: the analyses to run (all)
        vectors: with the embeddings of the photo and its faces
        """
        content = photo if isinstance(photo, bytes) else pathlib.Path(photo).read_bytes()
        return self.analyze_photo(content, only=only, vectors=vectors)

    def iter_photos(self, *, order: Literal["newest", "oldest"] = "newest", page: int = 500) -> Iterator[PhotoInList]:
        """All photos, by time of capture. Photos that are added meanwhile do not shift pages."""
        cursor = None
        while True:
            answer = self.list_photos(cursor=cursor, limit=page, order=order)
            yield from answer["photos"]
            cursor = answer["next"]
            if cursor is None:
                return

    def iter_search(
        self,
        q: str,
        *,
        sort: Literal["relevance", "newest", "oldest"] | None = None,
        confident: bool = False,
        page: int = 100,
    ) -> Iterator[SearchAnswerHit]:
        """All hits of a query, page by page. `search` gives one page, with the number of all hits."""
        cursor = None
        while True:
            answer: SearchAnswer = self.search(q, limit=page, sort=sort, cursor=cursor, confident=confident)
            yield from answer["hits"]
            cursor = answer["next"]
            if cursor is None:
                return

    def iter_changes(self, since: str = "", *, page: int = 500) -> Iterator[tuple[ChangePageChange, str]]:
        """Photos that changed, each with the cursor after its page. Keep the latest cursor: it is `since` of the next call.

        since: empty for all photos, "now" for later changes only
        """
        more = True
        while more:
            answer = self.list_changes(since=since, limit=page)
            since, more = answer["next"], answer["more"]
            for change in answer["changes"]:
                yield change, since

    def follow_job(self, submit: Callable[[], Job], on_change: Callable[[Job], None] | None = None) -> Job:
        """Submits a job, waits for its end and returns it. Calls `on_change` whenever its state changes.

        submit: such as lambda: client.submit_job("scan", folders=["/photos"])
        """
        job: Job | None = None
        for event in self.events():
            if event.name == "hello":
                job = submit()  # now that the server listens, no change is missed
            if job is not None and event.name == "job" and event.data["job"] == job["job"]:
                job = self.get_job(job["job"])
                if on_change is not None:
                    on_change(job)
            if job is not None and job["state"] not in ("queued", "running"):
                return job
        return self.get_job(job["job"]) if job is not None else submit()
