// Elements are made here and nowhere else: text goes in as text, so that no name can become markup.

const SVG = "http://www.w3.org/2000/svg";

// What a screen would hide or obey is written out, as the other formats do: control characters, direction marks.
const UNPRINTABLE = /\p{C}|(?! )\p{Z}/gu;

function escaped(character) {
  const code = character.codePointAt(0);
  const hex = code.toString(16);
  if (code <= 0xff) return "\\x" + hex.padStart(2, "0");
  return code <= 0xffff ? "\\u" + hex.padStart(4, "0") : "\\U" + hex.padStart(8, "0");
}

function printable(text) {
  return String(text).replace(UNPRINTABLE, escaped);
}

function clip(text, length) {
  const shown = printable(text);
  return shown.length <= length ? shown : shown.slice(0, length - 1) + "…";
}

function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false || child === "") continue;
    element.append(child instanceof Node ? child : printable(child));
  }
  return element;
}

function attributes(element, named) {
  for (const [name, value] of Object.entries(named || {})) {
    if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value === true ? "" : printable(value));
  }
  return element;
}

function h(tag, named, ...children) {
  return append(attributes(document.createElement(tag), named), children);
}

function s(tag, named, ...children) {
  return append(attributes(document.createElementNS(SVG, tag), named), children);
}

function glyph(name) {
  return s("svg", { class: "glyph", "aria-hidden": "true", focusable: "false" }, s("use", { href: "#g-" + name }));
}

// Messages set names in backticks.
function sentence(text) {
  return printable(text).split(/(`[^`]*`)/).map((part) =>
    part.length > 2 && part.startsWith("`") && part.endsWith("`") ? h("code", {}, part.slice(1, -1)) : part);
}

function counted(number, thing) {
  return number === 1 ? `1 ${thing}` : `${number.toLocaleString("en")} ${thing}s`;
}

function last(id) {
  return id ? id.slice(id.lastIndexOf("/") + 1) : "";
}
