import json
from pathlib import Path

import pytest
import requests

from resgrad.download import kaggle
from resgrad.download.kaggle import CredentialsError

BASIC = "Basic bWU6a2V5"  # base64 of me:key


def authorization(environment: dict[str, str], home: Path) -> str | None:
    """Return the header that would be sent."""
    request = requests.Request("GET", "https://host.invalid", auth=kaggle.credentials(environment, home))
    return request.prepare().headers.get("Authorization")


@pytest.fixture
def home(tmp_path: Path) -> Path:
    (tmp_path / ".kaggle").mkdir()
    return tmp_path


def test_without_credentials_nothing_is_sent(home):
    assert authorization({"KAGGLE_USERNAME": "me"}, home) is None


def test_name_and_key_come_from_the_environment(home):
    assert authorization({"KAGGLE_USERNAME": "me", "KAGGLE_KEY": "key"}, home) == BASIC


def test_name_and_key_come_from_the_file(home, tmp_path):
    (home / ".kaggle/kaggle.json").write_text(json.dumps({"username": "me", "key": "key"}))
    assert authorization({}, home) == BASIC
    assert authorization({"KAGGLE_CONFIG_DIR": str(home / ".kaggle")}, tmp_path / "nowhere") == BASIC


def test_a_token_comes_first(home):
    (home / ".kaggle/access_token").write_text("from-file\n")
    names = {"KAGGLE_USERNAME": "me", "KAGGLE_KEY": "key"}
    assert authorization(names, home) == "Bearer from-file"
    assert authorization({"KAGGLE_API_TOKEN": "from-environment", **names}, home) == "Bearer from-environment"


@pytest.mark.parametrize("text", ["secret", '["secret"]', '{"username": "secret"}', '{"username": "secret", "key": 1}'])
def test_a_malformed_file_is_named_and_not_repeated(home, text):
    (home / ".kaggle/kaggle.json").write_text(text)
    with pytest.raises(CredentialsError, match=r"kaggle\.json is not what Kaggle hands out") as caught:
        kaggle.credentials({}, home)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("token", ["se\ncret", "secrét"])
def test_a_malformed_token_is_refused_and_not_repeated(home, token):
    with pytest.raises(CredentialsError) as caught:
        kaggle.credentials({"KAGGLE_API_TOKEN": token}, home)
    assert token not in str(caught.value)
