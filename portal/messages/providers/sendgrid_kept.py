"""SendGrid's HTTP client with connections that are kept. Imports the SDK: to be imported when the first email leaves."""

from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.request import OpenerDirector, Request

from python_http_client import Client
from python_http_client.exceptions import HTTPError, err_dict
from requests import PreparedRequest, Session
from requests.adapters import HTTPAdapter

from portal.messages.providers.calling import THREADS


class Opened(NamedTuple):
    """An answer as the SDK reads it, which expects urllib's."""

    status: int
    body: bytes
    headers: Mapping[str, str]

    def getcode(self) -> int:
        return self.status

    def read(self) -> bytes:
        return self.body

    def info(self) -> Mapping[str, str]:
        return self.headers


class Kept(Client):  # type: ignore[misc]
    """The SDK builds its address step by step, with a new client for each: all of them share one session."""

    def __init__(self, *, session: Session | None = None, **options: Any) -> None:
        super().__init__(**options)
        self.session = session or _session()

    def _build_client(self, name: str | None = None) -> "Kept":
        return Kept(
            session=self.session,
            host=self.host,
            version=self._version,
            request_headers=self.request_headers,
            url_path=[*self._url_path, name] if name else self._url_path,
            append_slash=self.append_slash,
            timeout=self.timeout,
        )

    def _make_request(self, opener: OpenerDirector, request: Request, timeout: float | None = None) -> Opened:
        """Raises the SDK's own errors for answers from 300 on, and those of `requests`."""
        answer = self.session.request(
            request.get_method(),
            request.full_url,
            data=request.data,
            headers=dict(request.header_items()),
            timeout=timeout or self.timeout,
            allow_redirects=False,
        )
        if answer.status_code < 300:
            return Opened(answer.status_code, answer.content, answer.headers)
        raise err_dict.get(answer.status_code, HTTPError)(answer.status_code, answer.reason, answer.content, answer.headers)


def _session() -> Session:
    session = Session()
    session.auth = _as_it_is  # or else a ~/.netrc would take the place of the key
    session.mount("http://", HTTPAdapter(pool_maxsize=THREADS))
    session.mount("https://", HTTPAdapter(pool_maxsize=THREADS))
    return session


def _as_it_is(request: PreparedRequest) -> PreparedRequest:
    return request
