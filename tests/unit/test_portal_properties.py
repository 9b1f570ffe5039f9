"""Whatever a page tells, what is made of it keeps its promises."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlsplit

from hypothesis import given, settings
from hypothesis import strategies as st

from pytest_edgepool.portals.coupa import ORDER_PATH, classify
from pytest_edgepool.portals.coupa_attachments import file_key
from pytest_edgepool.portals.coupa_facts import Candidate, FailedRequest, PageFacts, SupplierLink, parse_facts
from pytest_edgepool.portals.coupa_kinds import NOT_FOUND_MARKERS
from pytest_edgepool.portals.portal import HOLDS_FILES, PageKind
from pytest_edgepool.portals.reading import union

FEW = settings(max_examples=60)
SITE = "https://acme.coupahost.com"
PATHS = [
    *("/", "/order_headers", "/order_headers/15262984", "/order_headers/new", "/requisition_headers/7", "/user/home"),
    *("/sessions/new", "/login", "/suppliers/show/1", "/attachments/7", "/attachments/7/download"),
    *("/attachment/attachment_file/type/7/a.pdf", "/attachments/7?filename=a.pdf", "/attachments/7/destroy", "//x/y"),
]
SCHEMES = [
    "https://acme.coupahost.com",
    "http://[",
    "javascript:",
    "file://",
    "data:text/plain,",
    "ftp://a",
    "https://b.test:8",
]
WORDS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [*NOT_FOUND_MARKERS, "Access denied", "Purchase Order #15262984", "a.pdf", "a.pdf file attachment"]
    ),
)
TEXTS = st.lists(WORDS, max_size=3).map(tuple)
URLS = st.one_of(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(SCHEMES),
        st.sampled_from(PATHS),
        st.sampled_from(["", "#x", "?disposition=attachment", "?id=1"]),
    ),
    st.text(max_size=8),
)
CANDIDATES = st.builds(
    Candidate,
    url=URLS,
    is_marked=st.booleans(),
    labels=TEXTS,
    titles=TEXTS,
    text=WORDS,
    is_among=st.booleans(),
    is_named=st.booleans(),
    press=st.sampled_from(["", "#a", "#b > i:nth-of-type(1)"]),
    is_download=st.booleans(),
    is_unread=st.booleans(),
    mark=st.integers(0, 3),
)
FACTS = st.builds(
    PageFacts,
    url=URLS,
    title=WORDS,
    status=st.sampled_from([0, 200, 204, 302, 304, 400, 401, 403, 404, 410, 418, 429, 500, 503, 999]),
    is_busy=st.booleans(),
    is_filling=st.booleans(),
    is_opening=st.booleans(),
    is_cut=st.booleans(),
    failed=st.lists(
        st.builds(FailedRequest, what=URLS, status=st.sampled_from([-1, 401, 404, 429, 500]), is_own=st.booleans()),
        max_size=2,
    ).map(tuple),
    own_text=WORDS,
    links=st.lists(URLS, max_size=3).map(tuple),
    underway=TEXTS,
    headings=TEXTS,
    errors=TEXTS,
    body=WORDS,
    password_fields=st.integers(0, 2),
    name_fields=st.integers(0, 2),
    sign_out_links=st.integers(0, 2),
    order_marks=st.integers(0, 2),
    suppliers=st.lists(st.builds(SupplierLink, title=WORDS, text=WORDS), max_size=2).map(tuple),
    requisitions=st.lists(URLS, max_size=3).map(tuple),
    sections=TEXTS,
    candidates=st.lists(CANDIDATES, max_size=5).map(tuple),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["url", "candidates", "headings", "status", "suppliers", "labels", "failed", "x"]), inner
        )
    ),
    max_leaves=20,
)


@FEW
@given(FACTS)
def test_every_page_has_one_kind_and_attachments_only_where_they_can_be(facts: PageFacts) -> None:
    """Each attachment is the web's or a selector, each file is there once, and nothing of it leads the tab astray."""
    page = classify(facts)
    assert page.url == facts.url
    if page.kind not in HOLDS_FILES:
        assert (page.attachments, page.sections, page.requisitions, page.underway) == ((), (), (), ())
    for each in page.attachments:
        if each.press:
            assert each.url == ""
        else:
            address = urlsplit(each.url)
            assert address.scheme in ("http", "https")
            assert address.hostname
            assert "#" not in each.url
    assert len({each.press or file_key(each.url) for each in page.attachments}) == len(page.attachments)
    assert union(page.attachments, page.attachments) == union(page.attachments)


@FEW
@given(FACTS)
def test_an_order_is_never_a_page_that_asks_for_a_password(facts: PageFacts) -> None:
    """Nor one that is still busy as a whole, or that the server calls a failure."""
    if classify(facts).kind in (*HOLDS_FILES, PageKind.HOME):
        assert not facts.password_fields
        assert not facts.is_busy
        assert facts.status < 400


@FEW
@given(FACTS)
def test_signed_out_is_never_not_found(facts: PageFacts) -> None:
    """Whatever else such a page says: a lost session read as "not found" burns a whole sheet."""
    asking = replace(facts, password_fields=1)
    assert classify(asking).kind not in (PageKind.NOT_FOUND, PageKind.NO_ACCESS, *HOLDS_FILES, PageKind.HOME)
    missing = replace(asking, url=f"{SITE}/order_headers/1", status=404, headings=NOT_FOUND_MARKERS)
    assert classify(missing).kind is PageKind.SIGNED_OUT


@FEW
@given(FACTS, st.sampled_from(["headings", "errors"]))
def test_not_found_needs_the_sites_word(facts: PageFacts, where: str) -> None:
    """No page is not found that does not say so, by its status or in its words."""
    if classify(facts).kind is PageKind.NOT_FOUND:
        said = " ".join([facts.title, facts.body, *facts.headings, *facts.errors]).casefold()
        assert facts.status in (404, 410) or any(each in said for each in NOT_FOUND_MARKERS)
    asked = replace(facts, password_fields=0, name_fields=0, status=200)
    quiet = replace(asked, **{"url": f"{SITE}/order_headers/1", where: (NOT_FOUND_MARKERS[0],), "candidates": ()})
    assert classify(quiet).kind in (PageKind.NOT_FOUND, PageKind.NO_ACCESS)


@FEW
@given(FACTS, st.text(max_size=20))
def test_any_pattern_of_addresses_is_taken(facts: PageFacts, around: str) -> None:
    """A pattern with signs that mean something elsewhere is still only a pattern."""
    classify(facts, f"/{around}{ORDER_PATH}{around}")


@FEW
@given(JSON)
def test_any_answer_of_the_script_is_a_page(raw: object) -> None:
    """A page can change what our script sees; nothing it answers makes us fail."""
    classify(parse_facts(raw))
