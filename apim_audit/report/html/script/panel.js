// What is told of one location when it is opened.

function panel(place) {
  const full = placeAt(place.number);
  const checks = gapFirst(checksOf(place));
  const attention = checks.filter(needsAttention);
  return h("div", { class: "panel" },
    full.reason && h("p", {}, "Not judged: ", sentence(full.reason), "."),
    pictures(place, attention),
    attention.length > 0 && h("div", { class: "cards" }, attention.map((check) => checkCard(check, place))),
    h("div", { class: "folds" }, calmPictures(place, attention), quietChecks(checks.filter((check) => !needsAttention(check)))),
    observed(full.observed), hygiene(full.hygiene),
    facts(place, full));
}

function fact(name, value) {
  return value ? h("div", {}, h("dt", {}, name), h("dd", {}, value)) : null;
}

function facts(place, full) {
  const { instance } = place;
  const shared = place.stack === undefined ? [] : sharing.get(place.stack).filter((each) => each !== place);
  return h("dl", { class: "facts" },
    fact("Instance", h("code", {}, instance.id)),
    fact("Tier", [instance.sku, instance.virtualNetworkType !== "None" && instance.virtualNetworkType].filter(Boolean).join(", ")),
    fact("Platform", [full.platformVersion, full.networkModel && full.networkModel !== full.platformVersion && `judged as ${full.networkModel}`, full.baseline && `by baseline ${full.baseline}`].filter(Boolean).join(", ")),
    fact("Subnet", full.subnetId && h("code", {}, full.subnetId)),
    fact("NSG", full.networkSecurityGroupId && h("code", {}, full.networkSecurityGroupId)),
    fact("Shared with", shared.length > 0 && sharedWith(shared)),
    fact("Written in", full.origin && originText(full.origin)));
}

function sharedWith(others) {
  const shown = others.slice(0, 12).map((each, number) => [number ? ", " : "", h("a", { href: `#l${each.number}` }, clip(placeName(each), 60))]);
  return [shown, others.length > 12 && ` and ${counted(others.length - 12, "more location")}`];
}

function originText(origin) {
  const line = origin.line ? `:${origin.line}` : "";
  return [h("code", {}, origin.file + line), origin.address && [" ", h("code", {}, origin.address)]];
}

function rulesText(rules) {
  return rules.map((rule, number) => [number ? ", " : "", h("code", {}, rule.name), ` (${[rule.priority, rule.access, rule.default && "default"].filter(Boolean).join(", ")})`]);
}

function badges(check) {
  return [
    check.level !== "required" && h("span", { class: "tag" }, check.level),
    check.raisedBy && h("span", { class: "tag" }, `required by ${check.raisedBy}`),
    check.waiver && h("span", { class: "tag strong" }, "waived"),
    check.known && h("span", { class: "tag strong" }, "known gap"),
    check.change === "caused" && h("span", { class: "tag strong" }, "caused by this change"),
    check.change === "already-there" && h("span", { class: "tag" }, "already there"),
  ];
}

function checkCard(check, place) {
  const row = index.requirements[check.row];
  const { witness, waiver } = check;
  const struck = (content) => (waiver ? h("s", {}, content) : content);
  return h("article", { class: `check s-${isOpen(check) ? check.severity : "settled"}` },
    h("h4", {}, glyph(isOpen(check) ? check.severity : "absent"), struck([h("span", { class: "verdict" }, check.verdict), " ", check.requirement]),
      " ", h("span", { class: "flow" }, flow(check)), " ", h("span", { class: "tag sev" }, check.severity === "none" ? "no severity" : check.severity), badges(check)),
    waiver && h("p", { class: "waiver" }, "Waived: ", waiver.reason, ` (${waiver.owner}, until ${waiver.expires})`),
    h("p", { class: "message" }, struck(sentence(check.message))),
    h("dl", { class: "facts" },
      fact("Decided by", check.decidedBy && rulesText(check.decidedBy)),
      fact("Never reached", check.shadowed && rulesText(check.shadowed)),
      fact("Witness", witness && [h("code", {}, packet(witness)), witness.decidedBy ? [", decided by ", h("code", {}, witness.decidedBy)] : ", no NSG filters it", witness.assuming && `, if ${witness.assuming.join(" and ")}`]),
      fact("Or else", check.orElse && check.orElse.map((other, number) => [number ? "; " : "", `${other.verdict} ${other.condition}`])),
      fact("Not known", check.verdict === "unknown" && check.reason && sentence(check.reason)),
      fact("Nearly there", check.nearMisses && h("ul", {}, check.nearMisses.map((near) => h("li", {}, sentence(near.message))))),
      fact("Change it in", check.origins && check.origins.map((each, number) => [number ? "; " : "", originText(each)])),
      fact("What to do", row && sentence(row.remedyOf[place.model] || row.remedy)),
      fact("What for", row && [sentence(row.purpose), h("span", { class: "quiet" }, ` ${row.source}`)])));
}

function pictures(place, attention) {
  const full = placeAt(place.number);
  if (place.stack === undefined) {
    return full.networkModel && h("p", { class: "quiet" }, full.networkSecurityGroupId ? "There is no picture of the rules: they could not be read." : "There is no picture of rules: the subnet has no NSG that is known.");
  }
  const stack = stackAt(place.stack);
  return [
    stack.unreadable && h("p", { class: "hint" }, "Not every rule could be read: ", sentence(stack.unreadable.join("; "))),
    DIRECTIONS.filter((direction) => isLoud(attention, direction)).map((direction) => pictureOf(lanesOf(place, stack, direction), stack, direction)),
  ];
}

const DIRECTIONS = ["Inbound", "Outbound"];

function isLoud(attention, direction) {
  return attention.some((check) => check.direction === direction);
}

// Where nothing is lost the picture is drawn when it is asked for.
function calmPictures(place, attention) {
  if (place.stack === undefined) return null;
  const stack = stackAt(place.stack);
  return DIRECTIONS.filter((direction) => !isLoud(attention, direction)).map((direction) => {
    const picture = lanesOf(place, stack, direction);
    return picture.rules.length > 0 && unfolding(`${direction} rules: ${flowsText(picture)}`, () => pictureOf(picture, stack, direction));
  });
}

function unfolding(title, make) {
  const details = h("details", { class: "fold" }, h("summary", {}, title));
  const fill = () => { if (details.children.length === 1) details.append(make()); };
  details.fill = fill;
  details.addEventListener("toggle", () => details.open && fill());
  return details;
}

function flowsText(picture) {
  const loud = picture.lanes.filter((lane) => lane.attention).length;
  if (!picture.lanes.length) return "no flow is asked for";
  return `${counted(picture.lanes.length, "flow")}, ${loud ? `${loud} with a gap or doubt` : "none with a gap or doubt"}`;
}

function pictureOf(picture, stack, direction) {
  const name = stack.nsg ? `NSG ${clip(last(stack.nsg), 80)}` : "admin rules";
  const title = `${direction} rules of ${name}`;
  const summary = flowsText(picture);
  const box = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": title });
  let all = false;
  const redraw = (width) => box.replaceChildren(draw(picture, width || box.clientWidth || 960, all, `${title}: ${summary}; the table below says the same`));
  const hidden = folded(picture.rows, false).some((row) => row.run);
  const more = hidden && h("button", { type: "button", "aria-pressed": "false" }, "Show every rule");
  if (more) more.addEventListener("click", () => { all = !all; more.setAttribute("aria-pressed", String(all)); redraw(); });
  watchWidth(box, redraw);
  return h("section", { class: "stack" },
    h("div", { class: "stack-head" }, h("h4", {}, title), h("span", { class: "quiet" }, summary, picture.left > 0 && `; ${picture.left} more not drawn`), more),
    box, legend(picture), asTable(picture, title));
}

const widths = new ResizeObserver((entries) => {
  for (const { target } of entries) {
    if (target.clientWidth && target.clientWidth !== target.drawnAt) {
      target.drawnAt = target.clientWidth;
      target.redraw();
    }
  }
});

function watchWidth(box, redraw) {
  box.redraw = redraw;
  widths.observe(box);
}

function asTable(picture, title) {
  const details = unfolding(`${title} as a table`, () => h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": `${title}, table` }, stackTable(picture, title)));
  details.classList.add("as-table");
  return details;
}

function quietChecks(checks) {
  if (!checks.length) return null;
  const rows = checks.map((check) => h("tr", {},
    h("th", { scope: "row" }, check.requirement),
    h("td", {}, check.verdict, check.level !== "required" && ` (${check.level})`),
    h("td", {}, flow(check)),
    h("td", {}, check.verdict === "compliant" && check.decidedBy ? rulesText(check.decidedBy) : sentence(check.message))));
  return unfolding(`${counted(checks.length, "other check")}: ${counts(checks)}`, () =>
    h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": "Other checks" },
      h("table", {},
        h("caption", {}, "Other checks"),
        h("thead", {}, h("tr", {}, ["Requirement", "Verdict", "Flows", "By"].map((name) => h("th", { scope: "col" }, name)))),
        h("tbody", {}, rows))));
}

function counts(checks) {
  const found = new Map();
  for (const check of checks) {
    const name = check.level === "required" || check.verdict === "compliant" ? check.verdict : `${check.verdict} (${check.level})`;
    found.set(name, (found.get(name) || 0) + 1);
  }
  return [...found].map(([name, number]) => `${number} ${name}`).join(", ");
}

function observed(found) {
  return found && h("section", { class: "besides" }, h("h4", {}, "Observed by the service itself"),
    h("ul", { class: "told" }, found.map((each) => h("li", {}, h("span", { class: "tag" }, each.standing), " ", h("b", {}, each.name), ` ${each.status}. `, sentence(each.message),
      h("span", { class: "quiet" }, each.observedAt && ` Last updated ${each.observedAt}.`, each.requirements.length > 0 && ` Bears on ${each.requirements.join(", ")}.`)))));
}

function hygiene(found) {
  return found && h("section", { class: "besides" }, h("h4", {}, "Rules that could be tidier"),
    h("ul", { class: "told" }, found.map((each) => h("li", {}, h("span", { class: "tag" }, each.kind), " ", h("code", {}, each.name), ` (${each.direction} ${each.priority}) `, sentence(each.message), each.requirement && h("span", { class: "quiet" }, ` Serves ${each.requirement}.`)))));
}
