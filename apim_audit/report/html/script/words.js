// What is said of a check, in words.

const SEVERITIES = ["error", "warning", "undecided", "note", "none"];
const VERDICTS = ["blocked", "missing", "partial", "default-only", "pinned", "unknown", "compliant", "not-applicable"];
const GAPS = VERDICTS.slice(0, 6);

const isOpen = (check) => check.severity !== "none" && !check.waiver && !check.known;
const needsAttention = (check) => check.severity !== "none" || Boolean(check.waiver) || Boolean(check.known);

function rank(check) {
  const settled = needsAttention(check) && !isOpen(check) ? 10 : 0;
  return (settled + SEVERITIES.indexOf(check.severity)) * 10 + VERDICTS.indexOf(check.verdict);
}

function gapFirst(checks) {
  return checks.map((check, place) => [rank(check), place, check]).sort((a, b) => a[0] - b[0] || a[1] - b[1]).map((each) => each[2]);
}

function ports(check) {
  const few = (check.ports || []).filter((port) => port !== "1-65535");
  if (!few.length) return "all ports";
  return few.join(", ") + (few.length < check.ports.length ? " (stv1: all ports)" : "");
}

function flow(check) {
  if (!check.direction) return "";
  const inbound = check.direction === "Inbound";
  return `${inbound ? "In" : "Out"} ${check.protocol.toUpperCase()} ${ports(check)} ${inbound ? "from" : "to"} ${(check.peer || []).join(" and ")}`;
}

function packet(witness) {
  return `${witness.protocol.toUpperCase()} ${ends(witness)}`;
}

function ends(witness) {
  return `${witness.source}:${witness.sourcePort} → ${witness.destination}:${witness.destinationPort}`;
}

function matches(rule) {
  const protocol = rule.protocol === "*" ? "any protocol" : rule.protocol;
  const sourcePorts = rule.sourcePorts === "*" ? "" : ` ports ${rule.sourcePorts}`;
  const ports = rule.destinationPorts === "*" ? "all ports" : rule.destinationPorts;
  return `${protocol} · ${rule.source || "nothing"}${sourcePorts} → ${rule.destination || "nothing"} · ${ports}`;
}

function severityWord(severity, number) {
  return severity === "undecided" ? `${number} undecided` : counted(number, severity);
}

function placeName(place) {
  return place.several ? `${place.instance.name} / ${place.name}` : place.instance.name;
}
