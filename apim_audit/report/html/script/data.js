// The data blocks: the index is read now, a line when it is asked for.

function block(name) {
  return document.getElementById("data-" + name).textContent;
}

function reader(name) {
  let lines = null;
  const read = new Map();
  return (number) => {
    lines ??= block(name).split("\n");
    if (!read.has(number)) read.set(number, JSON.parse(lines[number]));
    return read.get(number);
  };
}

const index = JSON.parse(block("index"));
const placeAt = reader("places");
const checkAt = reader("checks");
const ruleAt = reader("rules");
const stackAt = reader("stacks");

// One entry for each location, in the order of the report.
const places = [];
for (const instance of index.instances) {
  for (const location of instance.locations) {
    places.push({ ...location, number: places.length, instance, several: instance.locations.length > 1 });
  }
}

const sharing = new Map();
for (const place of places) {
  if (place.stack === undefined) continue;
  if (!sharing.has(place.stack)) sharing.set(place.stack, []);
  sharing.get(place.stack).push(place);
}

function checksOf(place) {
  return placeAt(place.number).checks.map(checkAt);
}
