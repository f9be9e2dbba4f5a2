// The data blocks: the index is read now, a line when it is asked for.

function block(name) {
  return document.getElementById("data-" + name).textContent;
}

function reader(name, meaning = (value) => value) {
  let lines = null;
  const read = new Map();
  return (number) => {
    lines ??= block(name).split("\n");
    if (!read.has(number)) read.set(number, meaning(JSON.parse(lines[number])));
    return read.get(number);
  };
}

const index = JSON.parse(block("index"));
const placeAt = reader("places");
const checkAt = reader("checks");
const ruleAt = reader("rules", ([name, priority, direction, access, protocol, source, sourcePorts, destination, destinationPorts, byDefault, certain, admin]) =>
  ({ name, priority, direction, access, protocol, source, sourcePorts, destination, destinationPorts, default: byDefault === 1, perhaps: certain === 0, admin: admin === 1 }));
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
