// The same picture in words, as a table.

function stackTable(picture, caption) {
  const heads = ["Priority", "Rule", "Access", "Protocol", "Source", "Destination"].map((name) => h("th", { scope: "col" }, name));
  const lanes = picture.lanes.map((lane) => h("th", { scope: "col" }, `${lane.check.requirement} (${flow(lane.check)}): ${lane.check.verdict}`));
  return h("table", {},
    h("caption", {}, caption),
    h("thead", {}, h("tr", {}, heads, lanes)),
    h("tbody", {}, picture.rows.map((row) => tableRow(row, picture.lanes))));
}

function tableRow({ rule, at }, lanes) {
  const marks = [rule.admin && "admin rule", rule.default && "default rule", rule.perhaps && "perhaps not in force"].filter(Boolean).join(", ");
  return h("tr", {},
    h("td", { class: "number" }, rule.priority),
    h("th", { scope: "row" }, rule.name, marks && ` (${marks})`),
    h("td", {}, rule.access),
    h("td", {}, rule.protocol === "*" ? "any" : rule.protocol),
    h("td", {}, side(rule.source, rule.sourcePorts)),
    h("td", {}, side(rule.destination, rule.destinationPorts)),
    lanes.map((lane) => h("td", {}, fateAt(lane, at))));
}

function side(addresses, ports) {
  return `${addresses || "nothing"} · ${ports === "*" ? "all ports" : `ports ${ports}`}`;
}
