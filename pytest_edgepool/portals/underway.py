"""Which requests a page's scripts have under way, counted in the page itself. Never holds one up or changes it.

The browser tells that only to whoever hears of every request, which costs a fifth more CPU on a page of forty parts; so
the page counts, as sites' own monitoring does. What has ended counts until its content is there, for a moment more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from selenium.webdriver.remote.webdriver import WebDriver

# Read by name: whoever reads the page asks `window[Symbol.for('edgepool.underway')]()`.
COUNTER = r"""
(() => {
  const key = Symbol.for('edgepool.underway');
  if (window[key]) { return; }
  const held = new Set();
  const answers = new Map();
  const note = (url, status) => { answers.delete(url); answers.set(url, status); };
  const begin = (url) => {
    const one = {url: '', what: 'a request', begun: performance.now(), ended: 0, readers: 0};
    try {
      const whole = new URL(url, document.baseURI);
      [one.url, one.what] = [whole.href, whole.host + whole.pathname];
    } catch (error) { /* the page's own mistake: it hears of it from the request */ }
    held.add(one);
    return one;
  };
  const end = (one) => { one.ended = performance.now(); };
  const hasCome = (one) => performance.getEntriesByName(one.url).some((entry) => entry.startTime >= one.begun - 5);
  const isOver = (one) => {
    const since = one.readers ? 0 : one.ended && performance.now() - one.ended;
    return since > 1500 || (since > 50 && hasCome(one));
  };
  // An answer is there before its content is, and the content before the page's script has it in hand.
  const bodies = new WeakMap();
  for (const name of ['text', 'json', 'blob', 'arrayBuffer', 'formData']) {
    Response.prototype[name] = new Proxy(Response.prototype[name], {
      apply(target, self, given) {
        const content = Reflect.apply(target, self, given);
        const one = bodies.get(self);
        if (one) {
          const done = () => { one.readers -= 1; end(one); };
          one.readers += 1;
          content.then(done, done);
        }
        return content;
      },
    });
  }
  const addresses = new WeakMap();
  window.fetch = new Proxy(window.fetch, {
    apply(target, self, given) {
      const asked = given[0];
      const one = begin(asked instanceof Request ? asked.url : String(asked));
      const answer = Reflect.apply(target, self, given);
      answer.then(
        (got) => { bodies.set(got, one); end(one); note(one.url, got.type === 'opaque' ? 0 : got.status); },
        (error) => { held.delete(one); if (!error || error.name !== 'AbortError') { note(one.url, -1); } });
      return answer;
    },
  });
  XMLHttpRequest.prototype.open = new Proxy(XMLHttpRequest.prototype.open, {
    apply(target, self, given) {
      addresses.set(self, String(given[1]));
      return Reflect.apply(target, self, given);
    },
  });
  XMLHttpRequest.prototype.send = new Proxy(XMLHttpRequest.prototype.send, {
    apply(target, self, given) {
      const one = begin(addresses.get(self) || '');
      self.addEventListener('loadend', () => end(one), {once: true});
      self.addEventListener('load', () => note(one.url, self.status), {once: true});
      ['error', 'timeout'].forEach((kind) => self.addEventListener(kind, () => note(one.url, -1), {once: true}));
      try {
        return Reflect.apply(target, self, given);
      } catch (error) {
        held.delete(one);
        throw error;
      }
    },
  });
  Object.defineProperty(window, Symbol.for('edgepool.answers'), {value: () => Array.from(answers).slice(-500)});
  Object.defineProperty(window, key, {value: () => {
    held.forEach((one) => { if (isOver(one)) { held.delete(one); } });
    return new Set(Array.from(held, (one) => one.what));
  }});
})();
"""

# What was pressed is kept, for whoever reads the page: `window[Symbol.for('edgepool.opened')]`.
# A page's handlers hang on any of these; some tabs are turned by the pointer alone.
_PRESS = r"""
const element = document.querySelector(arguments[0]);
if (!element) { return false; }
const opened = Symbol.for('edgepool.opened');
if (!window[opened]) { Object.defineProperty(window, opened, {value: new Set()}); }
window[opened].add(element);
element.scrollIntoView({block: 'center'});
for (const [kind, name] of [
  [PointerEvent, 'pointerdown'], [MouseEvent, 'mousedown'], [PointerEvent, 'pointerup'], [MouseEvent, 'mouseup'],
]) { element.dispatchEvent(new kind(name, {bubbles: true, cancelable: true, composed: true, button: 0})); }
element.click();
return true;
"""


def count_requests(driver: WebDriver) -> None:
    """Have every page that this tab opens from now on count its requests.

    Raises:
        selenium.common.exceptions.WebDriverException: the driver or its tab did not answer.
    """
    cast("Any", driver).execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": COUNTER})


def press(driver: WebDriver, selector: str) -> bool:
    """Click what a selector names, with requests counted from then on; return whether it was there.

    Raises:
        selenium.common.exceptions.WebDriverException: the driver or its tab did not answer.
    """
    return driver.execute_script(COUNTER + _PRESS, selector) is True
