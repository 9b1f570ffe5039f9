"""What is secret in an address, a header or a message is not kept."""

from __future__ import annotations

import pytest

from pytest_edgepool.redact import origin_of, plain_url, redacted

CANARY = "CANARY"


@pytest.mark.parametrize(
    ("url", "plain"),
    [
        ("https://x.test/a/b.pdf", "https://x.test/a/b.pdf"),
        ("https://x.test/a?token=CANARY&x=1", "https://x.test/a"),
        ("https://x.test/a#CANARY", "https://x.test/a"),
        ("https://me:CANARY@x.test:8443/a", "https://x.test:8443/a"),
        ("https://CANARY@x.test/a", "https://x.test/a"),
        ("https://a@b:CANARY@x.test/a", "https://x.test/a"),
        ("https://x.test/a;jsessionid=CANARY/b;v=CANARY?x", "https://x.test/a/b"),
        ("/attachments/1?key=CANARY", "/attachments/1"),
        ("data:text/plain,CANARY", "data:"),
        ("blob:https://x.test/CANARY", "blob:"),
        ("javascript:CANARY", "javascript:"),
        ("https://[CANARY", "(an address that cannot be read)"),
        ("", ""),
    ],
)
def test_a_plain_url_holds_no_secret(url: str, plain: str) -> None:
    """Place and path stay; password, parameters, query, fragment and carried content go."""
    assert plain_url(url) == plain


@pytest.mark.parametrize(
    "text",
    [
        "https://x.test/a?token=CANARY",
        "https://x.test/a?CANARY",
        "https://x.test?CANARY",
        "https://x.test/a#access_token=CANARY",
        "https://x.test/a?q=it's&token=CANARY",
        "https://x.test/it's?token=CANARY",
        "https://me:CANARY@x.test/a",
        "https://CANARY@x.test/a",
        "https://a@b:CANARY@x.test",
        "wss://x.test/a?t=CANARY",
        "https://x.test/a;jsessionid=CANARY",
        "https://x.test/a;jsessionid=CANARY?b=c",
        "see (https://x.test/a?t=CANARY) for more",
        'href="https://x.test/a?t=CANARY"',
        "['https://x.test/a?t=CANARY', 2]",
        "/attachments/1?key=CANARY",
        "/attachments/1?CANARY",
        "/attachments/1#CANARY",
        "/attachments/1;sid=CANARY",
        "attachment_file?key=CANARY",
        "?key=CANARY",
        "?a=1&key=CANARY",
        "#id_token=CANARY",
        "data:text/plain;base64,CANARY",
        "blob:https://x.test/CANARY",
        "javascript:alert('CANARY')",
        "Cookie: a=b; session=CANARY",
        "set-cookie: session=CANARY; HttpOnly",
        "'cookie': 'session=CANARY'",
        "Authorization: Bearer CANARY",
        "Proxy-Authorization=Basic CANARY",
        "HTTPS://X.TEST/A?T=CANARY",
    ],
)
def test_no_text_keeps_a_secret(text: str) -> None:
    """Wherever in a message an address or header stands, its secret part is gone."""
    assert CANARY not in redacted(f"it failed: {text}")
    assert CANARY not in redacted(text)
    assert CANARY not in redacted(f"first {text} then\n{text}")


@pytest.mark.parametrize(
    "text",
    [
        "PO 15262984: a page came instead of a file",
        "https://x.test/order_headers/15262984 did not answer (net::ERR_TIMED_OUT)",
        "was it /var/a.pdf? no",
        "3 of 5 files; 2 are missing",
        "D:\\people\\me\\downloads",
        "10:30:05 gw0: ready",
        "",
    ],
)
def test_what_is_not_secret_stays(text: str) -> None:
    """A message says as much as before where it held no secret."""
    assert redacted(text) == text


def test_the_place_stays_readable() -> None:
    """Who reads a log still sees where it was."""
    text = redacted("GET https://me:CANARY@x.test/a/b.pdf?token=CANARY failed")
    assert text == "GET https://x.test/a/b.pdf?… failed"


def test_redacting_again_changes_nothing() -> None:
    """What passes two doors is the same as after one."""
    once = redacted("https://x.test/a?b=c /d?e=f cookie: g=h")
    assert redacted(once) == once


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        ("https://X.test/a?b", "https://x.test"),
        ("https://me:CANARY@x.test:8443/", "https://x.test:8443"),
        ("HTTP://x.test", "http://x.test"),
        ("https://[broken", ""),
    ],
)
def test_an_origin_is_scheme_host_and_port(url: str, origin: str) -> None:
    """Two spellings of one site are one site, and no password is in its name."""
    assert origin_of(url) == origin
