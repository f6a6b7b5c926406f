"""The HTTP API over an index, and the page that searches by it."""

import asyncio
import tempfile
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Body, FastAPI, HTTPException, Query, Request
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, Response
from pydantic import BaseModel, Field

from isthmus.indexes.index import Index, Ranked
from isthmus.read import known, spoken
from isthmus.read.recognise import modality_of
from isthmus.report import visible
from isthmus.studies.find.drawing import faces
from isthmus.studies.shared import placed
from isthmus.types import IsthmusError, ItemError, Place, RequestError, reason
from isthmus.version import __version__
from isthmus.web.errors import BusyError, GoneError
from isthmus.web.media import entry, kind_of, stamp, thumbnail, webp
from isthmus.web.service import Question, Service

MOST = 200
"""Items of one answer."""
LONG = 2_000
"""Characters of a query."""
PAGE = {"": ("index.html", "text/html"), "app.js": ("app.js", "text/javascript"),
        "style.css": ("style.css", "text/css")}  # fmt: skip
MEDIA = {"content-security-policy": "default-src 'none'; sandbox"}
"""Of files that somebody else wrote: no browser runs anything in them."""


class Item(BaseModel):
    """One item found."""

    id: str = Field(description="Names the item for /media, /thumbnail and /api/place")
    file: str = Field(description="Path in the folder that was indexed")
    modality: str
    score: float = Field(description="What the list is ranked by")
    similarity: float = Field(description="Cosine to the query")
    probability: float | None = Field(None, description="That it shows what is looked for")
    place: dict[str, Any] | None = Field(
        None, description="Where in it that is, as a box, seconds or faces, if `where` was asked"
    )


class Located(BaseModel):
    """Where in an item a search is nearest."""

    place: dict[str, Any] | None = Field(description="A box, seconds or faces; null for the whole")


class Found(BaseModel):
    """An answer."""

    items: list[Item]
    searched: int
    search: str = Field(description="Names the search for /api/place")


class Asked(BaseModel):
    """A search in words."""

    query: str = Field(min_length=1, max_length=LONG)
    plus: list[str] = Field(default=[], max_length=8)
    minus: list[str] = Field(default=[], max_length=8)
    top: int = Field(default=20, ge=1, le=MOST)
    only: list[str] = []
    exclude: list[str] = []
    where: bool = Field(default=False, description="Look in each item where it is, which is slow")


class About(BaseModel):
    """What there is to search."""

    space: str
    items: dict[str, int]
    skipped: int
    takes: list[str] = Field(description="Modalities of queries")
    suffixes: list[str] = Field(description="Ends of the names of files that may be sent")


def create_app(service: Service) -> FastAPI:
    """The application; its guard stands before it, see ``serving``."""
    app = FastAPI(
        title="isthmus",
        version=__version__,
        docs_url=None,
        redoc_url=None,
        description="Search in an index of files of every modality.",
    )
    for kind, status in ((GoneError, 404), (BusyError, 503), (IsthmusError, 422)):
        app.add_exception_handler(kind, partial(_told, status))
    for router in (page_routes(), search_routes(service), place_routes(service),
                   media_routes(service)):  # fmt: skip
        app.include_router(router)
    return app


async def _told(status: int, _request: Request, error: Exception) -> Response:
    headers = {"retry-after": "1"} if status == 503 else {}
    return JSONResponse({"detail": str(error)}, status, headers)


def page_routes() -> APIRouter:
    """The page and its parts."""
    routes = APIRouter(include_in_schema=False)

    @routes.get("/", response_class=HTMLResponse)
    async def page() -> Response:
        return static("")

    @routes.get("/favicon.ico")
    async def icon() -> Response:
        return Response(status_code=204)

    @routes.get("/page/{name}")
    async def page_part(name: str) -> Response:
        return static(name)

    return routes


def search_routes(service: Service) -> APIRouter:
    """What there is, and what is nearest."""
    routes = APIRouter(prefix="/api")

    @routes.get("/index")
    async def about() -> About:
        """What there is to search."""
        index = service.index
        takes = list(service.encoders)
        ends = {end for name in takes for end in known(name).suffixes if not known(name).spoken}
        return About(
            space=index.space.name,
            items=index.counts()["items"],
            skipped=len(index.skipped),
            takes=takes,
            suffixes=sorted(ends),
        )

    @routes.post("/search")
    async def search(asked: Annotated[Asked, Body()]) -> Found:
        """Search in words."""
        if not asked.query.strip():
            raise RequestError("An empty query finds nothing.")
        if not spoken(service.encoders):
            raise RequestError("This space has no way for words: send a file.")
        more = ((sign, one) for sign, some in ((1.0, asked.plus), (-1.0, asked.minus))
                for one in some)  # fmt: skip
        parts = [(1.0, asked.query), *more]
        some = service.index.among(asked.only, asked.exclude)
        return await answered(service, Question(parts, asked.top, some), asked.where)

    @routes.post("/search/file", openapi_extra=RAW)
    async def search_file(
        request: Request,
        name: Annotated[str, Query(min_length=1, max_length=200)],
        top: Annotated[int, Query(ge=1, le=MOST)] = 20,
        only: Annotated[list[str], Query()] = [],  # noqa: B006
        where: Annotated[bool, Query()] = False,
    ) -> Found:
        """Search by a file: its bytes are the body, its name tells what it holds."""
        some, body = service.index.among(only), await request.body()
        modality, vector = await asyncio.to_thread(sent, service, name, body)
        return await answered(service, Question([(1.0, vector)], top, some, modality), where)

    return routes


def place_routes(service: Service) -> APIRouter:
    """Where in an item a search of late is nearest."""
    routes = APIRouter()

    @routes.get("/api/place/{search}/{part}/{row}")
    async def place(search: str, part: str, row: int) -> Located:
        """Where in an item a search is nearest."""
        found = await located(service, f"{part}/{row}", service.places.query(search))
        return Located(place=placed(found) if found else None)

    @routes.get("/faces/{search}/{part}/{row}")
    async def drawn(search: str, part: str, row: int) -> Response:
        """A picture of a mesh from two sides, the faces nearest to a search in colour."""
        found = await located(service, f"{part}/{row}", service.places.query(search))
        if found is None or found.faces is None:
            raise GoneError("There are no faces to see of this item.")
        one = entry(service.index, part, row)
        seen = await asyncio.to_thread(lambda: webp([faces(one.item, [found])]))
        return Response(seen, media_type="image/webp", headers=MEDIA)

    return routes


async def located(service: Service, item: str, query: Any) -> Place | None:
    """Where in an item a vector is nearest.

    Raises:
        GoneError: no such item.
        ItemError: it cannot be read.
        BusyError: too many wait.
    """
    part, _, row = item.partition("/")
    one = entry(service.index, part, int(row))
    return await asyncio.wrap_future(service.places.ask(item, one, query))


def media_routes(service: Service) -> APIRouter:
    """What is seen and heard of items."""
    routes = APIRouter()

    @routes.get("/thumbnail/{part}/{row}")
    async def seen(part: str, row: int) -> Response:
        """A small picture of an item (of a text its words), moving where it has sides."""
        one = entry(service.index, part, row)
        which = (str(service.index.root), one.file, one.modality, stamp(one))
        kind, data = await asyncio.to_thread(thumbnail, *which)
        return Response(data, media_type=kind, headers=MEDIA)

    @routes.get("/media/{part}/{row}")
    async def media(part: str, row: int) -> Response:
        """The file of an item."""
        one = entry(service.index, part, row)
        kind = kind_of(one.file)
        if isinstance(one.source, Path):
            return FileResponse(one.source, media_type=kind, headers=MEDIA)
        return Response(await asyncio.to_thread(one.source), media_type=kind, headers=MEDIA)

    return routes


RAW = {"requestBody": {"required": True, "content": {
    "application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}}  # fmt: skip


def static(name: str) -> Response:
    """A file of the page."""
    if name not in PAGE:
        raise HTTPException(404, f"There is no {visible(name)}.")
    file, kind = PAGE[name]
    return Response(files("isthmus.web.page").joinpath(file).read_bytes(), media_type=kind)


async def answered(service: Service, question: Question, where: bool) -> Found:
    """Ask and wait; an item that has gone or cannot be read has no place."""
    answer = await asyncio.wrap_future(service.ask(question))
    searched = sum(len(answer.index.parts[name].files) for name in question.only)
    items = [shown(answer.index, hit) for hit in answer.hits]
    for one in items if where else ():
        try:
            found = await located(service, one.id, answer.query)
        except (GoneError, ItemError):
            continue
        one.place = placed(found) if found else None
    return Found(items=items, searched=searched, search=service.places.keep(answer.query))


def shown(index: Index, hit: Ranked) -> Item:
    """An item found as the API gives it."""
    part = Path(index.record.parts[hit.modality].vectors).stem
    return Item(id=f"{part}/{hit.row}", file=hit.file, modality=hit.modality, score=hit.score,
                similarity=hit.similarity, probability=hit.probability, place=None)  # fmt: skip


def sent(service: Service, name: str, body: bytes) -> tuple[str, Any]:
    """The modality and the vector of a file that somebody sent; nothing of it is kept.

    Raises:
        ItemError: it cannot be read.
    """
    suffix = Path(name).suffix.lower()
    ends = {end for one in service.encoders for end in known(one).suffixes}
    if suffix not in ends:
        raise ItemError(f"{visible(name)} has a name that does not tell what it holds.")
    if not body:
        raise ItemError(f"{visible(name)} is empty.")
    with tempfile.TemporaryDirectory(prefix="isthmus-sent-") as folder:
        path = Path(folder) / f"sent{suffix}"
        path.write_bytes(body)
        try:
            modality = modality_of(path)
            return modality, service.encode(modality, path)
        except IsthmusError as error:
            raise ItemError(str(error).replace(str(path), visible(name))) from None
        except BaseException as error:  # a panic of a library below
            raise ItemError(f"{visible(name)} cannot be read: {reason(error)}") from None
