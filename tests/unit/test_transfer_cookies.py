"""A cookie goes where it belongs, and what a site sets comes back whole."""

from __future__ import annotations

import pytest

from pytest_edgepool.downloads.cookies import Cookie, Jar, set_by

URL = "https://acme.coupahost.com/attachment/1"


@pytest.mark.parametrize(
    ("domain", "path", "url", "belongs"),
    [
        ("acme.test", "/", "https://acme.test/x", True),
        ("acme.test", "/", "https://www.acme.test/x", False),
        (".acme.test", "/", "https://www.acme.test/x", True),
        (".acme.test", "/", "https://acme.test", True),
        (".acme.test", "/", "https://notacme.test/x", False),
        ("acme.test", "/a", "https://acme.test/a", True),
        ("acme.test", "/a", "https://acme.test/a/b", True),
        ("acme.test", "/a/", "https://acme.test/a/b", True),
        ("acme.test", "/a", "https://acme.test/ab", False),
    ],
)
def test_a_cookie_belongs_to_its_domain_and_path(domain: str, path: str, url: str, *, belongs: bool) -> None:
    """RFC 6265, 5.1.3 and 5.1.4."""
    assert Cookie(name="a", value="1", domain=domain, path=path).belongs_to(url) is belongs


def test_a_secure_cookie_goes_over_tls_only() -> None:
    """Also to its own host."""
    cookie = Cookie(name="a", value="1", domain="acme.test", is_secure=True)
    assert cookie.belongs_to("https://acme.test/")
    assert not cookie.belongs_to("http://acme.test/")


def test_the_longest_path_comes_first() -> None:
    """RFC 6265, 5.4."""
    jar = Jar((Cookie(name="a", value="1", domain="x.test"), Cookie(name="a", value="2", domain="x.test", path="/p")))
    assert jar.header_for("https://x.test/p/q") == "a=2; a=1"
    assert jar.header_for("https://other.test/p/q") == ""


def test_what_a_site_sets_is_read_whole() -> None:
    """Name, value, place, and what guards it."""
    header = "_coupa_session=a=b; Path=/; Domain=coupahost.com; Secure; HttpOnly; SameSite=lax"
    cookie = set_by(header, URL)
    assert cookie == Cookie(
        name="_coupa_session", value="a=b", domain=".coupahost.com", is_secure=True, is_http_only=True, same_site="Lax"
    )


def test_a_cookie_without_a_place_is_that_hosts_and_folders() -> None:
    """RFC 6265, 5.1.4 and 5.3."""
    cookie = set_by("a=1", URL)
    assert cookie is not None
    assert (cookie.domain, cookie.path, cookie.expires_at) == ("acme.coupahost.com", "/attachment", None)


@pytest.mark.parametrize("header", ["a=1; Max-Age=3600", "a=1; Expires=Fri, 31 Dec 2066 23:59:59 GMT"])
def test_a_cookie_that_outlives_the_browser_stays_one(header: str) -> None:
    """Else signing in again would be needed after each run."""
    cookie = set_by(header, URL)
    assert cookie is not None
    assert cookie.expires_at is not None


@pytest.mark.parametrize(
    "header",
    [
        "a=1; Max-Age=0",
        "a=1; Max-Age=-1",
        "a=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
        "a=",
        "a",
        "=1",
        "a=1; Domain=other.test",
        "a=1; Domain=evilcoupahost.com",
    ],
)
def test_what_deletes_or_is_for_others_is_not_kept(header: str) -> None:
    """The browser hears of a sign-out when it asks itself."""
    assert set_by(header, URL) is None


def test_only_what_is_new_is_told() -> None:
    """A site that repeats its cookie in each answer has changed nothing."""
    jar = Jar((Cookie(name="a", value="1", domain="acme.coupahost.com"),))
    jar.take(["a=1; Path=/"], URL)
    assert jar.changed == ()
    jar.take(["a=2; Path=/", "b=3; Path=/"], URL)
    assert {each.name: each.value for each in jar.changed} == {"a": "2", "b": "3"}
    assert jar.header_for(URL) == "a=2; b=3"


def test_a_value_is_not_shown() -> None:
    """A traceback or a failed assert must not tell it."""
    assert "CANARY" not in repr(Cookie(name="a", value="CANARY", domain="x.test"))
