"use strict";
(() => {
  const AT_ONCE = 200;
  const { orders, bars } = JSON.parse(document.getElementById("data").textContent);
  const byId = (id) => document.getElementById(id);
  const body = document.querySelector("#orders tbody");
  const chips = [...document.querySelectorAll("button.status")];
  const wanted = new Set();
  let found = orders;
  let shown = 0;

  // Text only, never markup: what a sheet or a site holds is shown as it stands.
  function make(tag, text, className) {
    const made = document.createElement(tag);
    if (text !== undefined && text !== "") made.textContent = text;
    if (className) made.className = className;
    return made;
  }
  function link(text, target) {
    if (!/^(https?:\/\/|\.\/)/i.test(target)) return make("span", text);
    const made = make("a", text);
    made.href = target;
    made.rel = "noopener noreferrer";
    made.target = "_blank";
    return made;
  }
  function size(bytes) {
    for (const [unit, factor] of [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]]) {
      if (bytes >= factor) return `${(bytes / factor).toFixed(1)} ${unit}`;
    }
    return `${bytes} B`;
  }

  // -- what is searched for ---------------------------------------------------------------------------------------

  function words(order) {
    order.words ??= [order.po, order.status, order.supplier, order.reason, order.where, order.earlier,
      ...Object.values(order.own), ...(order.files ?? []).map((file) => file[0])].join("\n").toLowerCase();
    return order.words;
  }
  function matches(order, parts, supplier) {
    return (!wanted.size || wanted.has(order.status))
      && (!supplier || (order.supplier ?? "") === supplier.slice(1))
      && parts.every((part) => words(order).includes(part));
  }
  function refresh() {
    const parts = byId("search").value.toLowerCase().split(/\s+/).filter(Boolean);
    const supplier = byId("supplier").value;
    found = orders.filter((order) => matches(order, parts, supplier));
    for (const chip of chips) chip.setAttribute("aria-pressed", String(wanted.has(chip.dataset.status)));
    byId("reset").hidden = !(wanted.size || parts.length || supplier);
    byId("count").textContent = `${found.length} of ${orders.length} rows`;
    body.replaceChildren();
    shown = 0;
    showMore(AT_ONCE);
  }
  function showMore(count) {
    const rows = document.createDocumentFragment();
    for (const order of found.slice(shown, shown + count)) rows.append(row(order));
    body.append(rows);
    shown = Math.min(shown + count, found.length);
    byId("more").hidden = shown >= found.length;
  }

  // -- rows -------------------------------------------------------------------------------------------------------

  function row(order) {
    const made = make("tr");
    const opens = make("button", order.po, "open");
    opens.type = "button";
    opens.setAttribute("aria-expanded", "false");
    opens.addEventListener("click", () => {
      const isOpen = opens.getAttribute("aria-expanded") === "true";
      opens.setAttribute("aria-expanded", String(!isOpen));
      if (isOpen) made.nextElementSibling.remove();
      else made.after(details(order));
    });
    const first = make("td");
    first.append(opens);
    const status = make("td");
    status.append(make("span", order.status, order.kind));
    const files = order.kind === "untried" ? "" : `${(order.files ?? []).length} of ${order.found ?? 0}`;
    made.append(first, status, make("td", order.supplier), make("td", files, "number"),
      make("td", order.bytes ? size(order.bytes) : "", "number"), make("td", order.at), make("td", order.reason));
    return made;
  }
  function details(order) {
    const made = make("tr", undefined, "more");
    const cell = make("td");
    cell.colSpan = 7;
    if (order.files) cell.append(filesOf(order));
    const facts = make("dl");
    const tell = (name, ...held) => {
      if (!held.some((each) => each !== undefined && each !== "")) return;
      const value = make("dd");
      value.append(...held);
      facts.append(make("dt", name), value);
    };
    if (order.folder) tell("folder", link(...order.folder));
    if (order.url) tell("page", link(order.url, order.url));
    if (order.evidence) tell("evidence", ...order.evidence.flatMap(([name, target]) => [link(name, target), " "]));
    if (order.worker) tell("worker", [order.worker, order.profile].filter(Boolean).join(", "));
    if (order.attempts) tell("tries", `${order.attempts}, ${order.seconds ?? 0} s`);
    tell("earlier", order.earlier);
    tell("sheet", order.where);
    for (const [name, value] of Object.entries(order.own)) tell(name, value);
    cell.append(facts);
    made.append(cell);
    return made;
  }
  function filesOf(order) {
    const made = make("table");
    const head = make("tr");
    for (const name of ["file", "size", "type", "SHA-256", "source", "fetched (UTC)"]) head.append(make("th", name));
    made.append(head);
    for (const [name, target, bytes, digest, type, source, at] of order.files) {
      const line = make("tr");
      const [first, hash, from] = [make("td"), make("td"), make("td")];
      first.append(link(name, target));
      hash.append(make("code", digest));
      from.append(link(source, source));
      line.append(first, make("td", size(bytes), "number"), make("td", type), hash, from, make("td", at));
      made.append(line);
    }
    return made;
  }

  // -- timeline ---------------------------------------------------------------------------------------------------

  function clock(seconds) {
    const whole = Math.round(seconds);
    const two = (number) => String(number).padStart(2, "0");
    const hours = Math.floor(whole / 3600);
    return `${hours ? `${hours}:` : ""}${two(Math.floor(whole / 60) % 60)}:${two(whole % 60)}`;
  }
  function timeline() {
    const from = bars.reduce((least, bar) => Math.min(least, bar[4]), Infinity);
    const span = Math.max(bars.reduce((most, bar) => Math.max(most, bar[5]), -Infinity) - from, 0.001);
    const lanes = new Map();
    for (const bar of bars) {
      if (!lanes.has(bar[0])) lanes.set(bar[0], []);
      lanes.get(bar[0]).push(bar);
    }
    const told = make("p");
    told.id = "told";
    const names = [...lanes.keys()].sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
    for (const name of names) byId("lanes").append(lane(name, lanes.get(name), from, span, told));
    const axis = make("div", undefined, "axis");
    for (const part of [0, 0.25, 0.5, 0.75, 1]) axis.append(make("span", clock(span * part)));
    byId("lanes").append(axis, told);
    byId("timeline").hidden = false;
  }
  function lane(name, held, from, span, told) {
    const SVG = "http://www.w3.org/2000/svg";
    const made = make("div", undefined, "lane");
    const picture = document.createElementNS(SVG, "svg");
    picture.setAttribute("viewBox", "0 0 1000 10");
    picture.setAttribute("preserveAspectRatio", "none");
    picture.setAttribute("role", "img");
    picture.setAttribute("aria-label", `${name}: ${held.length} POs`);
    held.forEach((bar, place) => {
      const drawn = document.createElementNS(SVG, "rect");
      drawn.setAttribute("class", bar[3]);
      drawn.setAttribute("x", (((bar[4] - from) / span) * 1000).toFixed(2));
      drawn.setAttribute("width", Math.max(((bar[5] - bar[4]) / span) * 1000 - 0.4, 0.6).toFixed(2));
      drawn.setAttribute("height", "10");
      drawn.dataset.place = place;
      picture.append(drawn);
    });
    picture.addEventListener("mouseover", (event) => {
      const bar = held[event.target.dataset?.place];
      if (bar) told.textContent = `${bar[0]}: ${bar[1]} ${bar[2]}, ${clock(bar[4] - from)} + ${(bar[5] - bar[4]).toFixed(1)} s`;
    });
    picture.addEventListener("click", (event) => {
      const bar = held[event.target.dataset?.place];
      if (!bar) return;
      byId("search").value = bar[1];
      refresh();
    });
    made.append(make("span", name), picture);
    return made;
  }

  // -- beginning --------------------------------------------------------------------------------------------------

  const suppliers = new Map();
  for (const { supplier = "" } of orders) suppliers.set(supplier, (suppliers.get(supplier) ?? 0) + 1);
  for (const name of [...suppliers.keys()].sort((a, b) => a.localeCompare(b))) {
    const option = make("option", `${name || "(none)"} (${suppliers.get(name)})`);
    option.value = `=${name}`; // so that "no supplier" is not "all suppliers"
    byId("supplier").append(option);
  }
  for (const chip of chips) {
    chip.addEventListener("click", () => {
      if (!wanted.delete(chip.dataset.status)) wanted.add(chip.dataset.status);
      refresh();
    });
  }
  byId("search").addEventListener("input", refresh);
  byId("supplier").addEventListener("change", refresh);
  byId("more").addEventListener("click", () => showMore(AT_ONCE));
  byId("reset").addEventListener("click", () => {
    wanted.clear();
    byId("search").value = byId("supplier").value = "";
    refresh();
  });
  document.querySelector(".filters").addEventListener("submit", (event) => event.preventDefault());
  window.addEventListener("beforeprint", () => showMore(found.length));
  if (bars.length) timeline();
  refresh();
})();
