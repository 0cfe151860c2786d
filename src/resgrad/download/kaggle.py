"""Kaggle's address of PlantVillage, and the user's credentials.

Kaggle's own clients (kagglehub, kaggle-api) document the address, ``api/v1/datasets/download/<owner>/<dataset>``, and
that public sets need no account. They look for an account in this order: an access token in ``KAGGLE_API_TOKEN`` or
``~/.kaggle/access_token``, sent as a bearer token; then a user name and key in ``KAGGLE_USERNAME`` and ``KAGGLE_KEY``
or in ``kaggle.json``, sent as basic authentication.
"""

from collections.abc import Mapping
from pathlib import Path

import requests
from pydantic import TypeAdapter, ValidationError
from requests.auth import AuthBase, HTTPBasicAuth

from resgrad.common.errors import ResgradError

PLANTVILLAGE = "https://www.kaggle.com/api/v1/datasets/download/emmarex/plantdisease"
PAGE = "https://www.kaggle.com/datasets/emmarex/plantdisease"
"""The set's page for readers."""


class CredentialsError(ResgradError, ValueError):
    """There are credentials, but not in Kaggle's form; the text does not repeat them."""


class BearerToken(AuthBase):
    """Authentication with an access token."""

    def __init__(self, token: str) -> None:
        self._token = token

    def __call__(self, request: requests.PreparedRequest) -> requests.PreparedRequest:
        """Add the token to a request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        return request


def credentials(environment: Mapping[str, str], home: Path) -> AuthBase | None:
    """Find the user's Kaggle credentials; None if there are none.

    Args:
        environment: the variables named above, and ``KAGGLE_CONFIG_DIR``, the folder of ``kaggle.json``.
        home: the folder that holds ``.kaggle``.

    Raises:
        CredentialsError: there are credentials, but malformed ones.
        OSError: a file that holds them cannot be read.
    """
    if token := environment.get("KAGGLE_API_TOKEN") or _content(home / ".kaggle" / "access_token"):
        token = token.strip()
        if not (token.isascii() and token.isprintable()):
            raise CredentialsError("Kaggle's access token holds characters that no token has; copy it again.")
        return BearerToken(token)
    username, key = environment.get("KAGGLE_USERNAME"), environment.get("KAGGLE_KEY")
    if username and key:
        return _basic(username, key)
    file = Path(environment.get("KAGGLE_CONFIG_DIR") or home / ".kaggle") / "kaggle.json"
    if text := _content(file):
        try:
            values = TypeAdapter(dict[str, str]).validate_json(text)
            return _basic(values["username"], values["key"])
        except (ValidationError, KeyError):
            raise CredentialsError(
                f'{file} is not what Kaggle hands out, {{"username": "...", "key": "..."}}; download it again.'
            ) from None
    return None


def _content(file: Path) -> str | None:
    return file.read_text(encoding="utf-8", errors="replace") if file.is_file() else None


def _basic(username: str, key: str) -> HTTPBasicAuth:
    return HTTPBasicAuth(username.encode(), key.encode())
