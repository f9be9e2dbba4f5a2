// What happens to each required flow on its way down the rules: the model of a picture, without any drawing.

const SIDES = { Allow: "allow", AlwaysAllow: "allow", Deny: "deny" };

// Lanes of one direction: those of all locations that share the rules, the same evidence once.
function lanesOf(place, stack, direction) {
  const rules = stack.rules.map(ruleAt).filter((rule) => rule.direction === direction);
  const found = new Map();
  const others = sharing.get(place.stack).filter((each) => each !== place);
  for (const each of [place, ...others]) {
    for (const check of checksOf(each)) {
      if (check.direction !== direction || check.verdict === "not-applicable") continue;
      const key = JSON.stringify([check.requirement, check.verdict, check.severity, check.decidedBy, check.shadowed, Boolean(check.waiver), Boolean(check.known)]);
      if (!found.has(key)) found.set(key, { check, places: [], nodes: new Map() });
      found.get(key).places.push(each);
    }
  }
  const lanes = gapFirst([...found.values()].map((lane) => ({ ...lane.check, lane }))).map((each) => each.lane);
  lanes.forEach((lane) => placeNodes(lane, rules));
  return { rules, lanes: lanes.slice(0, 40), left: Math.max(lanes.length - 40, 0), rows: rowsOf(rules, lanes.slice(0, 40)) };
}

function find(rules, wanted) {
  return rules.findIndex((rule) => rule.name === wanted.name && rule.priority === wanted.priority);
}

function placeNodes(lane, rules) {
  const { check } = lane;
  for (const decider of check.decidedBy || []) {
    const at = find(rules, decider);
    if (at < 0) continue;
    const side = SIDES[decider.access] || "deny";
    lane.nodes.set(at, side === "deny" ? "deny" : decider.default ? "default" : check.verdict === "pinned" ? "pinned" : "allow");
  }
  lane.end = Math.max(-1, ...lane.nodes.keys());
  // That a default rule is not reached goes without saying.
  lane.lost = (check.shadowed || []).map((rule) => find(rules, rule)).filter((at) => at >= 0 && !rules[at].default);
  lane.deniers = [...lane.nodes].filter(([, kind]) => kind === "deny").map(([at]) => at);
  lane.open = isOpen(check);
  lane.attention = needsAttention(check);
  lane.unsure = check.verdict === "unknown" || Boolean(check.orElse);
}

// The rows of a picture: each rule with what is to be said under it.
function rowsOf(rules, lanes) {
  const rows = rules.map((rule, at) => ({ rule, at, told: [], hints: [], met: false, denies: [] }));
  for (const lane of lanes) {
    for (const [at, kind] of lane.nodes) {
      rows[at].met = true;
      if (kind === "deny" && lane.attention) rows[at].denies.push(lane);
    }
    for (const at of lane.lost) {
      rows[at].met = true;
      hint(rows[at], "lost", lane, lostText(lane, at, rules));
    }
    tellWitness(lane, rules, rows);
    for (const near of lane.check.nearMisses || []) {
      const at = find(rules, near);
      if (at >= 0) {
        rows[at].met = true;
        hint(rows[at], "near", lane, near.message.replace(`\`${near.name}\` `, "").replaceAll("`", ""));
      }
    }
  }
  for (const row of rows) {
    row.told.push(...row.hints.map(({ kind, ids, words }) => ({ kind, text: `${[...ids].join(", ")}: ${words}` })));
  }
  return rows;
}

// What is the same for several flows is told once.
function hint(row, kind, lane, words) {
  let same = row.hints.find((each) => each.kind === kind && each.words === words);
  if (!same) row.hints.push(same = { kind, words, ids: new Set() });
  same.ids.add(lane.check.requirement);
}

function lostText(lane, at, rules) {
  const above = lane.deniers.filter((each) => each < at).map((each) => `${rules[each].name} (${rules[each].priority})`);
  const part = lane.nodes.has(at) ? "part never arrives" : "never arrives";
  return `${part}, lost to ${above.join(", ") || "a rule above"}`;
}

function tellWitness(lane, rules, rows) {
  const { witness, requirement } = lane.check;
  if (!witness || !lane.attention) return;
  const at = rules.findIndex((rule, place) => rule.name === witness.decidedBy && lane.nodes.has(place));
  if (at < 0) return;
  const fate = { deny: "dropped", default: "by default only", pinned: "by addresses only", allow: "allowed" }[lane.nodes.get(at)];
  const condition = witness.assuming ? `, if ${witness.assuming.join(" and ")}` : "";
  rows[at].told.push({ kind: lane.nodes.get(at), text: `${requirement}: ${ends(witness)} ${fate}${condition}` });
}

// Runs of rules that decide nothing are drawn as one row, unless all are asked for.
function folded(rows, all) {
  const drawn = [];
  for (let at = 0; at < rows.length;) {
    let end = at;
    while (end < rows.length && !rows[end].met && !rows[end].rule.default) end += 1;
    if (!all && end - at > 2) drawn.push({ run: rows.slice(at, end) });
    else drawn.push(...rows.slice(at, end));
    at = end;
    if (at < rows.length) drawn.push(rows[at++]);
  }
  return drawn;
}

// What a lane has to say of one rule, for the table and for titles.
function fateAt(lane, at) {
  if (at < 0) return "it cannot be told which rule decides";
  const kind = lane.nodes.get(at);
  const lost = lane.lost.includes(at);
  const some = lane.unsure ? " in some case" : "";
  if (kind === "deny") return `denied${some}`;
  if (kind === "default") return `allowed by default${some}`;
  if (kind === "pinned") return `allowed by addresses${some}`;
  if (kind === "allow") return `allowed${some}${lost ? ", part lost above" : ""}`;
  if (lost) return "lost above";
  return lane.end >= 0 && at > lane.end ? "not reached" : "passes by";
}
