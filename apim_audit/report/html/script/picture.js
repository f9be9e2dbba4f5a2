// The picture of a rule stack: rules from top to bottom, a lane for each required flow.

const HEAD = 74, ROW = 42, TOLD = 18, RUN = 28, PAD = 7;
const measure = document.createElement("canvas").getContext("2d");

function fitted(text, font, width) {
  const shown = clip(text, 400);
  measure.font = font;
  if (measure.measureText(shown).width <= width) return shown;
  let low = 0, high = shown.length;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (measure.measureText(shown.slice(0, middle) + "…").width <= width) low = middle;
    else high = middle - 1;
  }
  return shown.slice(0, low) + "…";
}

function layout(picture, width, all) {
  const narrow = width < 620;
  const lane = narrow ? 80 : Math.max(88, Math.min(120, (width - 430) / Math.max(picture.lanes.length, 1)));
  const left = narrow ? 164 : Math.max(400, Math.min(760, width - picture.lanes.length * lane));
  const rows = folded(picture.rows, all);
  let y = HEAD;
  for (const row of rows) {
    row.y = y;
    row.height = row.run ? RUN : ROW + (row.told.length ? row.told.length * TOLD + PAD : 0);
    y += row.height;
  }
  const end = left + picture.lanes.length * lane;
  return { narrow, lane, left, rows, height: y + 2, width: Math.max(end + 1, Math.min(width, narrow ? 0 : end + 1)) };
}

function draw(picture, width, all, title) {
  const plan = layout(picture, width, all);
  const svg = s("svg", { class: plan.narrow ? "picture narrow" : "picture", role: "img", "aria-label": title, viewBox: `0 0 ${plan.width} ${plan.height}`, width: plan.width, height: plan.height });
  for (const row of plan.rows) svg.append(row.run ? drawRun(row, plan) : drawRow(row, plan));
  picture.lanes.forEach((lane, column) => svg.append(drawLane(lane, column, plan)));
  // What is told of a rule may be longer than its column: it stands before the lanes.
  for (const row of plan.rows) {
    (row.told || []).forEach((told, number) => svg.append(drawTold(told, row, row.y + ROW + number * TOLD, plan)));
  }
  return svg;
}

function drawRun(row, plan) {
  const [first, end] = [row.run[0].rule.priority, row.run[row.run.length - 1].rule.priority];
  const words = plan.narrow ? `${row.run.length} rules` : `${row.run.length} rules, ${first} to ${end}, that decide none of these flows`;
  return s("g", {},
    s("line", { class: "rule-line", x1: 0, x2: plan.width, y1: row.y, y2: row.y }),
    s("text", { class: "p-run", x: plan.narrow ? 8 : 104, y: row.y + 18 }, words),
    plan.narrow ? [] : s("text", { class: "p-dots", x: 44, y: row.y + 18 }, "⋮"));
}

function drawRow(row, plan) {
  const { rule, y } = row;
  const group = s("g", { class: "p-row" });
  if (tintOf(row)) group.append(s("rect", { class: `tint ${tintOf(row)}`, x: 0, y, width: plan.width, height: row.height }));
  group.append(s("line", { class: "rule-line", x1: 0, x2: plan.width, y1: y, y2: y }));
  group.append(s("title", {}, `${rule.name} (${rule.priority}, ${rule.access}): ${clip(matches(rule), 1000)}`));
  const deny = rule.access === "Deny";
  const faint = row.met ? "" : " faint";
  group.append(s("text", { class: "p-number" + faint, x: plan.narrow ? 8 : 44, y: y + 18 }, String(rule.priority)));
  group.append(s("text", { class: (deny ? "p-deny" : "p-allow") + faint, x: 54, y: y + 18 }, plan.narrow ? rule.access : rule.access === "AlwaysAllow" ? "Always" : rule.access));
  const marks = [rule.admin && "admin rule", rule.default && "default rule", rule.perhaps && "perhaps not in force"].filter(Boolean).join(", ");
  if (plan.narrow) {
    group.append(s("text", { class: "p-name" + faint, x: 8, y: y + 34 }, fitted(rule.name, "600 13px system-ui", plan.left - 16)));
  } else {
    const room = plan.left - 116;
    const name = fitted(rule.name, "600 13px system-ui", marks ? room - 110 : room);
    group.append(s("text", { class: "p-name" + faint, x: 104, y: y + 18 }, name, marks && s("tspan", { class: "p-mark", dx: 8 }, marks)));
    group.append(s("text", { class: "p-match" + faint, x: 104, y: y + 34 }, fitted(matches(rule), "12px system-ui", room)));
  }
  return group;
}

// A rule that drops a required flow is as loud as the worst of its gaps.
function tintOf(row) {
  const severity = SEVERITIES.find((each) => row.denies.some((lane) => lane.open && lane.check.severity === each));
  return severity ? `s-${severity}` : "";
}

const MARKS = { deny: "✕", default: "!", pinned: "!", allow: "✓", lost: "⊘", near: "→" };

function drawTold(told, row, y, plan) {
  const x = plan.narrow ? 8 : 104;
  const text = `${MARKS[told.kind]}  ${told.text}`;
  return s("text", { class: `p-told t-${told.kind}${tintOf(row) ? ` on-tint ${tintOf(row)}` : ""}`, x, y: y + 11 }, fitted(text, "12px system-ui", plan.width - x - 4), s("title", {}, clip(told.text, 1000)));
}

function laneClass(lane) {
  const fine = lane.check.verdict === "compliant" || (lane.check.verdict === "default-only" && lane.check.level === "required");
  const state = lane.open ? `s-${lane.check.severity}` : fine && !lane.attention ? "s-none" : "s-settled";
  return `lane ${state}${lane.unsure ? " unsure" : ""}`;
}

function drawLane(lane, column, plan) {
  const x = plan.left + plan.lane * (column + 0.5);
  const group = s("g", { class: laneClass(lane) });
  group.append(drawHead(lane, x, plan));
  const at = (number) => plan.rows.find((row) => !row.run && row.at === number);
  const middle = (row) => row.y + ROW / 2;
  const ended = lane.end >= 0 ? at(lane.end) : null;
  group.append(s("line", { class: "way", x1: x, x2: x, y1: HEAD - 6, y2: ended ? middle(ended) : plan.height - ROW / 2 }));
  const lost = lane.lost.filter((number) => !lane.nodes.has(number));
  if (lost.length && lane.deniers.length) {
    group.append(s("line", { class: "never", x1: x, x2: x, y1: middle(at(Math.max(...lane.deniers.filter((each) => each < Math.max(...lost)), lane.deniers[0]))), y2: middle(at(Math.max(...lost))) }));
  }
  for (const number of lost) group.append(node("lost", x, middle(at(number)), lane, number));
  for (const [number, kind] of lane.nodes) group.append(node(kind, x, middle(at(number)), lane, number));
  if (lane.end < 0) group.append(node("open", x, plan.height - ROW / 2, lane, -1));
  return group;
}

function drawHead(lane, x, plan) {
  const { check } = lane;
  const head = s("g", {});
  const where = lane.places.slice(0, 5).map((place) => clip(placeName(place), 60)).join(", ") + (lane.places.length > 5 ? " and more" : "");
  const full = `${check.requirement}: ${flow(check)}: ${check.verdict} (${where})`;
  const width = plan.lane - 6;
  const few = lane.places.length > 1 ? ` ×${lane.places.length}` : "";
  head.append(s("title", {}, full));
  head.append(s("text", { class: "p-ports", x, y: 14 }, fitted(`${check.protocol.toUpperCase()} ${ports(check)}${few}`, "600 12px system-ui", width)));
  const words = wrapped(check.requirement, width, plan);
  if (check.level !== "required" && words.length === 1) words.push(check.level);
  words.forEach((line, number) => head.append(s("text", { class: plan.narrow ? "p-id small" : "p-id", x, y: 29 + number * 13 }, line)));
  head.append(s("text", { class: "p-verdict", x, y: 59 }, fitted(check.waiver ? "waived" : check.known ? "known gap" : check.verdict, "600 11px system-ui", width)));
  return head;
}

function wrapped(id, width, plan) {
  const font = plan.narrow ? "10px system-ui" : "11px system-ui";
  measure.font = font;
  if (measure.measureText(id).width <= width) return [id];
  const words = id.split(/(?<=-)/);
  let line = "";
  while (words.length && measure.measureText(line + words[0]).width <= width) line += words.shift();
  return line ? [line, fitted(words.join(""), font, width)] : [fitted(id, font, width)];
}

const SHAPES = {
  allow: () => [s("circle", { r: 9 }), s("path", { d: "M-4 .3l2.7 2.7 5-5.6" })],
  default: () => [s("circle", { r: 9 }), s("path", { d: "M-4 .3l2.7 2.7 5-5.6" })],
  pinned: () => [s("path", { class: "body", d: "M0-11L11 0 0 11-11 0z" }), s("path", { d: "M-4 .3l2.7 2.7 5-5.6" })],
  deny: () => [s("rect", { x: -9.5, y: -9.5, width: 19, height: 19, rx: 3 }), s("path", { d: "M-4-4l8 8M4-4l-8 8" })],
  open: () => [s("path", { class: "body", d: "M0-12L12 0 0 12-12 0z" }), s("path", { d: "M-2.6-1.8C-2.6-5.4 3-5.2 3-2 3 .2 0 .2 0 2.2M0 5.6v.3" })],
  lost: () => [s("circle", { r: 8 }), s("path", { d: "M-5.5 5.5l11-11" })],
};

function node(kind, x, y, lane, number) {
  return s("g", { class: `node n-${kind}`, transform: `translate(${x} ${y})` },
    s("title", {}, `${lane.check.requirement}: ${fateAt(lane, number)}`), SHAPES[kind]());
}

const LEGEND = [["allow", "allowed here"], ["deny", "denied here"], ["default", "allowed by a default rule"], ["pinned", "allowed by addresses only"], ["lost", "would allow, never reached"]];

function legend(picture) {
  const used = new Set(picture.lanes.flatMap((lane) => [...lane.nodes.values(), ...(lane.lost.length ? ["lost"] : [])]));
  const items = LEGEND.filter(([kind]) => used.has(kind)).map(([kind, words]) =>
    h("li", {}, s("svg", { class: "key", viewBox: "-12 -12 24 24", "aria-hidden": "true", focusable: "false" }, s("g", { class: `lane s-${kind === "pinned" || (kind === "default" && picture.lanes.some((lane) => lane.open && [...lane.nodes.values()].includes("default"))) ? "warning" : "none"}` }, s("g", { class: `node n-${kind}` }, SHAPES[kind]()))), words));
  if (picture.lanes.some((lane) => lane.unsure)) items.push(h("li", {}, s("svg", { class: "key", viewBox: "-12 -12 24 24", "aria-hidden": "true", focusable: "false" }, s("line", { class: "way-key", y1: -11, y2: 11 })), "in some case only"));
  return h("ul", { class: "legend" }, items);
}
