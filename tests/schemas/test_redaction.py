"""What is hidden is in no text, however a library writes it; what is not stays readable."""

from __future__ import annotations

import json

import pytest

from flowrun.schemas.redaction import hide, redacted, redacted_data, secrets_in, without_passwords


@pytest.mark.parametrize("form", ["p@ss/w0rd 'ü'", "p%40ss%2Fw0rd%20%27%C3%BC%27", "p%40ss%2Fw0rd+%27%C3%BC%27"])
def test_a_secret_is_hidden_in_each_of_its_forms(form: str) -> None:
    secret = "p@ss/w0rd 'ü'"
    hide(secret)
    for text in (form, repr(secret), json.dumps(secret), json.dumps(secret, ensure_ascii=False)):
        assert "w0rd" not in redacted(f"401: {text}, sorry")


@pytest.mark.parametrize(
    ("secret", "text", "shown"),
    [
        ("pass", "3 passed, bypass: pass", "3 passed, bypass: ***"),  # a short one only where it stands alone
        ("hunter2222", "xhunter2222x", "x***x"),
        ("abc", "abc", "abc"),  # too short to be told from other text
        ("", "abc", "abc"),
        ("long-secret and more", "long-secret and more", "***"),
    ],
)
def test_short_secrets_do_not_spoil_other_words(secret: str, text: str, shown: str) -> None:
    hide(secret)
    assert redacted(text) == shown


def test_each_line_of_a_key_is_hidden() -> None:
    hide("-----BEGIN KEY-----\nMIIEvQIBADANBgkq\n-----END KEY-----")
    assert "MIIEvQ" not in redacted("bad line MIIEvQIBADANBgkq")


def test_the_longest_secret_is_hidden_whole() -> None:
    hide("sesame-open")
    hide("sesame-open-wide")
    assert redacted("sesame-open-wide") == "***"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("cannot open rtsp://ann:pw@nvr/1, retry", "cannot open rtsp://***@nvr/1, retry"),
        ("a http://nvr.lan:80/ann:pw@x", "a http://nvr.lan:80/ann:pw@x"),
        ("user ann: pw@x", "user ann: pw@x"),
    ],
)
def test_passwords_of_addresses_are_hidden_also_unknown_ones(text: str, shown: str) -> None:
    assert without_passwords(text) == shown


def test_the_secrets_of_an_address_are_its_password_and_tokens() -> None:
    assert list(secrets_in("wss://ann:p%40ss@host/x?channel=main&api_key=k123")) == ["p%40ss", "k123"]
    assert list(secrets_in("ntfys://tk_abc@ntfy.sh/topic")) == ["tk_abc"]
    assert list(secrets_in("https://host/path?channel=main")) == []
    assert list(secrets_in("no address: a@b")) == []
    assert list(secrets_in("http://[half")) == []


def test_data_stays_data() -> None:
    hide("1234")
    data = {"1234": [1234, 0.5, None, True, ("a 1234",)], "b": b"x"}
    assert redacted_data(data) == {"***": [1234, 0.5, None, True, ["a ***"]], "b": "b'x'"}
