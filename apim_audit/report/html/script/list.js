// The list of locations: filters, order, rows that open, printing.

const CHUNK = 200, MOST_PRINTED = 200, PRINTED_WIDTH = 820;
const root = document.getElementById("list");
const list = h("ol", { class: "places" });
const status = h("p", { class: "status", role: "status", "aria-live": "polite" });
const more = h("button", { type: "button", class: "more" });
const rowsMade = new Map();
let shown = [], drawn = 0;

function field(label, control) {
  return h("label", {}, h("span", {}, label), control);
}

function select(name, options) {
  return h("select", { id: `f-${name}` }, options.map(([value, words]) => h("option", { value }, words)));
}

const text = h("input", { type: "search", id: "f-text", autocomplete: "off", spellcheck: "false", placeholder: "name, NSG, rule, requirement", "aria-keyshortcuts": "/" });
const verdict = select("verdict", [["", "any"], ...GAPS.filter((each) => places.some((place) => place.gaps?.some((gap) => gap[0] === each))).map((each) => [each, each]),
  ...["no open gap", "not judged"].filter((each) => places.some((place) => place.worst === each)).map((each) => [each, each])]);
const severity = select("severity", [["", "any"], ...SEVERITIES.slice(0, 4).filter((each) => places.some((place) => place.open[each])).map((each) => [each, each])]);
const subscriptions = [...new Set(index.instances.map((instance) => instance.subscriptionId))];
const subscription = select("subscription", [["", "any"], ...subscriptions.map((id) => [id, clip(id, 60)])]);
const order = select("order", [["worst", "worst first"], ["name", "by name"]]);
const clear = h("button", { type: "button" }, "Clear");

function haystack(place) {
  place.words ??= [place.instance.id, place.name, place.nsg, place.model, place.instance.sku, place.worst, ...(place.gaps || []).flat(), ...(place.rules || [])].join("\n").toLowerCase();
  return place.words;
}

function matching(place, words) {
  if (subscription.value && place.instance.subscriptionId !== subscription.value) return false;
  if (severity.value && !place.open[severity.value]) return false;
  if (verdict.value && place.worst !== verdict.value && !place.gaps?.some((gap) => gap[0] === verdict.value)) return false;
  return words.every((word) => haystack(place).includes(word));
}

function loudness(place) {
  if (place.model === undefined) return "1";
  return "0" + SEVERITIES.slice(0, 4).map((each) => String(99999 - (place.open[each] || 0)).padStart(5, "0")).join("");
}

const byWorst = places.map((place) => [loudness(place), place]).sort((a, b) => (a[0] < b[0] ? -1 : a[0] > b[0] ? 1 : a[1].number - b[1].number)).map((each) => each[1]);

function apply() {
  const words = text.value.toLowerCase().split(/\s+/).filter(Boolean);
  shown = (order.value === "worst" ? byWorst : places).filter((place) => matching(place, words));
  drawn = 0;
  list.replaceChildren();
  drawMore();
  const hidden = places.length - shown.length;
  status.textContent = hidden ? `${counted(shown.length, "location")} shown, ${hidden.toLocaleString("en")} hidden` : `${counted(shown.length, "location")} shown`;
  clear.disabled = !hidden && !text.value;
}

function drawMore(count = CHUNK) {
  const part = shown.slice(drawn, drawn + count);
  list.append(...part.map(row));
  drawn += part.length;
  const rest = shown.length - drawn;
  more.hidden = rest === 0;
  more.textContent = `Show ${Math.min(rest, CHUNK)} more of ${rest.toLocaleString("en")}`;
}

function row(place) {
  if (!rowsMade.has(place)) rowsMade.set(place, makeRow(place));
  return rowsMade.get(place);
}

function makeRow(place) {
  const kind = place.model === undefined ? "absent" : place.severity;
  const details = h("details", { id: `l${place.number}`, class: `place s-${kind}` },
    h("summary", {}, glyph(kind),
      h("span", { class: "title" }, h("h3", { class: "name" }, clip(place.instance.name, 90), place.several && h("span", { class: "where" }, ` / ${clip(place.name, 60)}`)),
        h("span", { class: "kind" }, kindOf(place))),
      h("span", { class: "found" }, foundWords(place))));
  details.addEventListener("toggle", () => open(details, place));
  return h("li", {}, details);
}

function open(details, place) {
  if (details.open && details.children.length === 1) details.append(panel(place));
}

function kindOf(place) {
  const { instance } = place;
  return [!place.several && clip(place.name, 60), place.model, clip(instance.sku, 30), instance.virtualNetworkType !== "None" && instance.virtualNetworkType, place.nsg && clip(place.nsg, 60)].filter(Boolean).join(" · ");
}

function foundWords(place) {
  if (place.model === undefined) return h("span", { class: "quiet" }, "not judged");
  const counts = SEVERITIES.slice(0, 4).filter((each) => place.open[each]).map((each) => h("span", { class: `count s-${each}` }, severityWord(each, place.open[each])));
  const settled = (place.gaps || []).filter((gap) => gap[3]).length;
  if (settled) counts.push(h("span", { class: "count s-settled" }, `${settled} waived or known`));
  return [counts.length ? counts : h("span", { class: "quiet" }, "no open gap"), gapWords(place)];
}

function gapWords(place) {
  const open = gapFirst((place.gaps || []).filter((gap) => !gap[3]).map(([verdict, severity, requirement]) => ({ verdict, severity, requirement })));
  const groups = new Map();
  for (const gap of open) {
    if (!groups.has(gap.verdict)) groups.set(gap.verdict, []);
    groups.get(gap.verdict).push(gap.requirement);
  }
  const words = [...groups].map(([verdict, ids]) => `${verdict}: ${ids.slice(0, 3).join(", ")}${ids.length > 3 ? ` and ${ids.length - 3} more` : ""}`);
  return words.length > 0 && h("span", { class: "gaps" }, words.join("; "));
}

function follow() {
  const number = /^#l(\d+)$/.exec(location.hash)?.[1];
  if (number === undefined || !places[number]) return;
  if (!shown.includes(places[number])) reset();
  while (drawn < shown.length && !row(places[number]).isConnected) drawMore();
  const details = row(places[number]).firstChild;
  details.open = true;
  details.scrollIntoView();
  details.querySelector("summary").focus({ preventScroll: true });
}

function reset() {
  for (const control of [text, verdict, severity, subscription]) control.value = "";
  apply();
}

function filterBy(wanted, loudness) {
  severity.value = loudness === "none" ? "" : loudness;
  for (const control of [text, subscription]) control.value = "";
  verdict.value = wanted;
  apply();
}

// Printed is what is shown, opened: the first locations of it, where there are very many.
let before = null;

function expand() {
  if (before) return;
  before = [];
  drawMore(Infinity);
  document.querySelectorAll("main > section > details, footer > details").forEach(unfold);
  for (const place of shown.slice(0, MOST_PRINTED)) {
    const details = row(place).firstChild;
    unfold(details);
    open(details, place);
    for (const fold of details.querySelectorAll(".fold:not(.as-table)")) {
      fold.fill();
      unfold(fold);
    }
    for (const box of details.querySelectorAll(".stack > .scroll")) box.redraw(PRINTED_WIDTH);
  }
  document.body.classList.toggle("some-closed", shown.length > MOST_PRINTED);
}

function unfold(details) {
  if (details.open) return;
  details.open = true;
  before.push(details);
}

function collapse() {
  for (const details of before || []) details.open = false;
  before = null;
  for (const box of document.querySelectorAll(".stack > .scroll")) if (box.clientWidth) box.redraw();
}

function start() {
  if (!places.length) {
    root.append(h("p", {}, root.dataset.none || "There is no location to show."));
    return;
  }
  const controls = h("form", { class: "controls", role: "search", "aria-label": "Filter the locations" },
    field("Find", text), field("Verdict", verdict), field("Severity", severity), subscriptions.length > 1 && field("Subscription", subscription), field("Order", order), clear);
  controls.addEventListener("submit", (event) => event.preventDefault());
  let waiting = 0;
  text.addEventListener("input", () => { clearTimeout(waiting); waiting = setTimeout(apply, 120); });
  for (const control of [verdict, severity, subscription, order]) control.addEventListener("change", apply);
  clear.addEventListener("click", () => { reset(); text.focus(); });
  more.addEventListener("click", () => drawMore());
  root.append(controls, status, list, more, h("p", { class: "print-only" }, `Only the first ${MOST_PRINTED} locations are printed opened; filter to print others.`));
  for (const link of document.querySelectorAll("a[data-verdict]")) link.addEventListener("click", () => filterBy(link.dataset.verdict, link.dataset.severity));
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !event.ctrlKey && !event.metaKey && !/^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) { event.preventDefault(); text.focus(); text.select(); }
    if (event.key === "Escape" && event.target === text) reset();
  });
  window.addEventListener("hashchange", follow);
  window.addEventListener("beforeprint", expand);
  window.addEventListener("afterprint", collapse);
  matchMedia("print").addEventListener("change", (media) => (media.matches ? expand() : collapse()));
  apply();
  if (places.length === 1) list.querySelector("details").open = true;
  follow();
  document.documentElement.dataset.ready = Math.round(performance.now());
}

start();
