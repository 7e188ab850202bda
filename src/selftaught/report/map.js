// The map answers: the item under the pointer, its neighbours on a click, colours by any column, some values alone.
(() => {
"use strict";
const part = name => document.getElementById(`map-${name}`);
const data = JSON.parse(part("data").textContent), stage = part("stage"), card = part("card"), detail = part("chosen");
const unpack = text => new Uint16Array(Uint8Array.from(atob(text), letter => letter.charCodeAt(0)).buffer);
const near = data.near ? unpack(data.near) : [], beside = near.length / data.count, noun = stage.dataset.noun;
const colourings = data.colourings.map(each => ({...each, codes: unpack(each.codes)}));
const joined = new Map();
if (data.links) {
  const pairs = unpack(data.links);
  for (let place = 0; place < pairs.length; place += 2)
    for (const [a, b] of [[pairs[place], pairs[place + 1]], [pairs[place + 1], pairs[place]]])
      joined.set(a, [...(joined.get(a) || []), b]);
}
const panels = [...stage.querySelectorAll(".panels svg")].map((svg, place) => {
  const whole = [0, 0, svg.viewBox.baseVal.width, svg.viewBox.baseVal.height];
  const places = Float32Array.from(unpack(data.panels[place].places), each => each / data.perUnit);
  return {svg, whole, places, view: [...whole], names: data.panels[place].names, marks: drawn("g", "marks")};
});
const density = Math.min(1, Math.sqrt(2500 / data.count));
const only = new Set();
let by = 0, pointed = -1, chosen = -1, soon = 0;

// --- drawing ---------------------------------------------------------------------------------------------------------

function drawn(tag, kind, attributes = {}) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  node.setAttribute("class", kind);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}
function make(tag, kind, ...inside) {
  const node = document.createElement(tag);
  if (kind) node.className = kind;
  node.append(...inside);
  return node;
}
const MARKERS = [
  s => `m${-3.3 * s} 0a${3.3 * s} ${3.3 * s} 0 1 0 ${6.6 * s} 0a${3.3 * s} ${3.3 * s} 0 1 0 ${-6.6 * s} 0z`,
  s => `m${-2.9 * s} ${-2.9 * s}h${5.8 * s}v${5.8 * s}h${-5.8 * s}z`,
  s => `m0 ${-4 * s}l${3.7 * s} ${6.6 * s}h${-7.4 * s}z`,
  s => `m0 ${-4.2 * s}l${4.2 * s} ${4.2 * s} ${-4.2 * s} ${4.2 * s} ${-4.2 * s} ${-4.2 * s}z`,
];
const marker = (style, size) => MARKERS[style[1]](size).replace(/\d+\.\d+/g, each => (+each).toFixed(2));
const seen = row => !only.size || only.has(colourings[by].codes[row]);
const zoomOf = panel => panel.whole[2] / panel.view[2];

function draw(panel) {
  const {codes, values, styles} = colourings[by], zoom = zoomOf(panel);
  const shapes = styles.map(style => marker(style, density / Math.sqrt(zoom))), points = values.map(() => []);
  for (let row = 0; row < data.count; row++)
    points[codes[row]].push(`M${panel.places[2 * row].toFixed(1)} ${panel.places[2 * row + 1].toFixed(1)}${shapes[codes[row]]}`);
  const faint = code => only.size > 0 && !only.has(code);
  const layers = values.map((_, code) =>
    drawn("path", `points ${styles[code][0]}${faint(code) ? " faint" : ""}`, {d: points[code].join("")}));
  const shown = panel.names[by].length > 20 ? [] : panel.names[by].filter(([name]) => !faint(values.indexOf(name)));
  const names = shown.map(([name, x, y]) => {
    const text = drawn("text", "", {x, y, style: `--zoom:${zoom}`});
    text.textContent = name;
    return text;
  });
  layers.reverse().sort((a, b) => b.classList.contains("faint") - a.classList.contains("faint"));
  panel.svg.setAttribute("viewBox", panel.view.join(" "));
  panel.svg.classList.toggle("zoomed", zoom > 1);
  panel.svg.replaceChildren(...layers, ...names, panel.marks);
}
function mark() {
  for (const panel of panels) {
    const size = 7 / Math.sqrt(zoomOf(panel)), at = row => [panel.places[2 * row], panel.places[2 * row + 1]];
    const line = (kind, a, b) => drawn("path", kind, {d: `M${at(a)}L${at(b)}`});
    const ring = (kind, row) => drawn("circle", kind, {cx: at(row)[0], cy: at(row)[1], r: size});
    const parts = [];
    for (const row of new Set([pointed, chosen])) {
      if (row < 0) continue;
      for (const other of joined.get(row) || []) parts.push(line("edge", row, other));
      if (row === chosen) for (const other of nearest(row)) parts.push(line("to", row, other), ring("near", other));
      parts.push(ring(row === chosen ? "chosen" : "pointed", row));
    }
    panel.marks.replaceChildren(...parts);
  }
}
function redraw() { panels.forEach(draw); mark(); }

// --- items -----------------------------------------------------------------------------------------------------------

const nearest = row => [...near.slice(row * beside, (row + 1) * beside)];
const titled = row => data.names.length ? `${noun} ${data.names[row]}` : `${noun} ${row + 1}`;
const valueOf = (colouring, row) => colouring.exact.length ? colouring.exact[row] : colouring.values[colouring.codes[row]];
const facts = row => colourings.filter(each => each.name).map(each => `${each.name}: ${valueOf(each, row)}`);
const told = row => [titled(row), ...facts(row), ...(data.words.length ? [data.words[row]] : [])].join(", ");

if (data.sheets) stage.append(make("style", "",
  data.sheets.addresses.map((address, place) => `.sheet-${place}{background-image:url(${address})}`).join("")));

function picture(row, pixels) {
  const {width, height, across} = data.sheets, factor = pixels / Math.max(width, height), place = row % across ** 2;
  const tile = make("span", `tile sheet-${Math.floor(row / across ** 2)}`);
  tile.setAttribute("role", "img");
  tile.setAttribute("aria-label", titled(row));
  tile.style.cssText = `width:${width * factor}px;height:${height * factor}px;background-size:${across * width * factor}px auto;`
    + `background-position:${-(place % across) * width * factor}px ${-Math.floor(place / across) * height * factor}px`;
  return tile;
}
const player = new Audio();
function play(row) {
  if (!(row in data.sounds)) return;
  if (!player.paused && player.dataset.row === String(row)) return player.pause();
  player.dataset.row = row;
  player.src = `data:audio/wav;base64,${data.sounds[row]}`;
  player.play();
}
function playButton(row) {
  const button = make("button", "play", "▶ play");
  button.type = "button";
  button.setAttribute("aria-label", `Play ${titled(row)}`);
  button.addEventListener("click", () => play(row));
  return button;
}
const looks = (row, pixels) => [
  ...(data.sheets ? [picture(row, pixels)] : []),
  ...(data.words.length ? [make("p", "words", data.words[row])] : []),
];
function about(row, pixels) {
  const sound = row in data.sounds ? [playButton(row)] : [];
  return [...looks(row, pixels), ...sound,
    make("p", "facts-of", make("strong", "", titled(row)), ...facts(row).map(fact => make("span", "", fact)))];
}
function other(row) {
  const button = make("button", "item", ...looks(row, 64), make("small", "", colourings[0].name ? valueOf(colourings[0], row) : titled(row)));
  button.type = "button";
  button.setAttribute("aria-label", told(row));
  button.addEventListener("click", () => choose(row));
  return make("li", "", button, ...(row in data.sounds ? [playButton(row)] : []));
}
function list(title, rows) {
  return rows.length ? [make("h3", "", title), make("ul", "items", ...rows.map(other))] : [];
}

// --- pointing and choosing -------------------------------------------------------------------------------------------

function point(row, panel) {
  if (row !== pointed) {
    pointed = row;
    mark();
    if (row >= 0) card.replaceChildren(...about(row, 112));
  }
  card.hidden = row < 0 || !panel;
  if (card.hidden) return;
  const spot = new DOMPoint(panel.places[2 * row], panel.places[2 * row + 1]).matrixTransform(panel.svg.getScreenCTM());
  const side = card.offsetWidth, height = card.offsetHeight, room = document.documentElement.clientWidth;
  const left = spot.x + 14 + side < room ? spot.x + 14 : spot.x - 14 - side;
  card.style.left = `${Math.max(8, Math.min(left, room - side - 8))}px`;
  card.style.top = `${Math.max(8, Math.min(spot.y - height / 2, window.innerHeight - height - 8))}px`;
}
function choose(row) {
  chosen = row;
  point(-1);
  mark();
  detail.hidden = row < 0;
  if (row < 0) return detail.replaceChildren();
  const close = make("button", "close", "close");
  close.type = "button";
  close.addEventListener("click", () => choose(-1));
  const edges = (joined.get(row) || []).slice(0, 24);
  detail.replaceChildren(close, make("div", "about", ...about(row, 112)),
    ...list("Nearest to the encoder, by cosine", nearest(row)), ...list("Joined by edges", edges));
  part("said").textContent = `Chosen: ${told(row)}. ${nearest(row).length} neighbours are listed below the map.`;
}
function under(panel, event) {
  const matrix = panel.svg.getScreenCTM(), {x, y} = new DOMPoint(event.clientX, event.clientY).matrixTransform(matrix.inverse());
  let best = -1, least = (18 / matrix.a) ** 2;
  for (let row = 0; row < data.count; row++) {
    const distance = (panel.places[2 * row] - x) ** 2 + (panel.places[2 * row + 1] - y) ** 2;
    if (distance < least && seen(row)) [best, least] = [row, distance];
  }
  return best;
}
function later(row, panel) {  // a card with a play button must not slip away while the pointer moves to it
  clearTimeout(soon);
  if (card.hidden || !Object.keys(data.sounds).length) point(row, panel);
  else soon = setTimeout(() => point(row, panel), 250);
}
function stepFrom(panel, dx, dy) {
  const from = pointed >= 0 ? pointed : chosen;
  const [x, y] = from >= 0 ? [panel.places[2 * from], panel.places[2 * from + 1]]
    : [panel.view[0] + panel.view[2] / 2, panel.view[1] + panel.view[3] / 2];
  let best = from, least = Infinity;
  for (let row = 0; row < data.count; row++) {
    const right = panel.places[2 * row] - x, down = panel.places[2 * row + 1] - y;
    const along = right * dx + down * dy, aside = Math.abs(right * dy) + Math.abs(down * dx);
    const cost = from < 0 ? Math.hypot(right, down) : along + 2 * aside;
    if (row !== from && seen(row) && (from < 0 || along > 0) && cost < least) [best, least] = [row, cost];
  }
  if (best < 0) return;
  point(best, panel);
  part("said").textContent = told(best);
}
function zoomTo(panel, factor, x, y) {
  const [, , width, height] = panel.whole, zoom = factor ? Math.min(16, Math.max(1, zoomOf(panel) * factor)) : 1;
  const ratio = width / zoom / panel.view[2];
  const left = x - (x - panel.view[0]) * ratio, top = y - (y - panel.view[1]) * ratio;
  shift(panel, [left, top, width / zoom, height / zoom]);
  draw(panel);
  mark();
}
function shift(panel, [x, y, width, height]) {
  panel.view = [Math.max(0, Math.min(x, panel.whole[2] - width)), Math.max(0, Math.min(y, panel.whole[3] - height)), width, height];
  panel.svg.setAttribute("viewBox", panel.view.join(" "));
}
function zoomAll(factor) {
  for (const panel of panels) {
    const row = chosen >= 0 ? chosen : pointed;
    const [x, y] = row >= 0 ? [panel.places[2 * row], panel.places[2 * row + 1]]
      : [panel.view[0] + panel.view[2] / 2, panel.view[1] + panel.view[3] / 2];
    zoomTo(panel, factor, x, y);
  }
  point(-1);
}
const WAYS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1]};
function onKey(panel, event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const {key} = event;
  if (key in WAYS) stepFrom(panel, ...WAYS[key]);
  else if ((key === "Enter" || key === " ") && pointed >= 0) choose(pointed);
  else if (key === "Escape") { point(-1); choose(-1); }
  else if (key === "p") play(pointed >= 0 ? pointed : chosen);
  else if (key === "+" || key === "=") zoomAll(1.6);
  else if (key === "-") zoomAll(1 / 1.6);
  else if (key === "0") zoomAll(0);
  else return;
  event.preventDefault();
}
for (const panel of panels) {
  const {svg} = panel;
  let held = null, moved = false;
  svg.setAttribute("role", "application");
  svg.setAttribute("tabindex", "0");
  svg.setAttribute("aria-describedby", "map-help");
  svg.addEventListener("pointerdown", event => { held = [event.clientX, event.clientY, ...panel.view]; moved = false; });
  svg.addEventListener("pointermove", event => {
    if (held && event.buttons && zoomOf(panel) > 1) {
      const scale = svg.getScreenCTM().a, right = event.clientX - held[0], down = event.clientY - held[1];
      moved = moved || Math.hypot(right, down) > 4;
      if (moved) { shift(panel, [held[2] - right / scale, held[3] - down / scale, held[4], held[5]]); point(-1); }
    } else if (event.pointerType !== "touch") later(under(panel, event), panel);
  });
  svg.addEventListener("pointerleave", () => later(-1));
  svg.addEventListener("click", event => { if (!moved) choose(under(panel, event)); });
  svg.addEventListener("keydown", event => onKey(panel, event));
  svg.addEventListener("blur", () => point(-1));
  svg.addEventListener("wheel", event => {
    if (!event.ctrlKey && !event.metaKey) return;
    event.preventDefault();
    const {x, y} = new DOMPoint(event.clientX, event.clientY).matrixTransform(svg.getScreenCTM().inverse());
    zoomTo(panel, Math.exp(-event.deltaY / 200), x, y);
  }, {passive: false});
}
card.addEventListener("pointerenter", () => clearTimeout(soon));
card.addEventListener("pointerleave", () => point(-1));
window.addEventListener("scroll", () => { if (!card.hidden) point(-1); }, {passive: true});

// --- what colours stand for ------------------------------------------------------------------------------------------

function showLegend() {
  const {values, styles, codes, name} = colourings[by], counts = values.map(() => 0);
  codes.forEach(code => counts[code]++);
  const entries = values.map((value, code) => {
    const icon = drawn("svg", "", {viewBox: "-5 -5 10 10", "aria-hidden": "true"});
    icon.append(drawn("path", styles[code][0], {d: `M0 0${marker(styles[code], 1)}`}));
    const button = make("button", "", icon, value, " ", make("small", "", counts[code].toLocaleString("en")));
    button.type = "button";
    button.setAttribute("aria-pressed", only.has(code));
    button.addEventListener("click", () => {
      only.delete(code) || only.add(code);
      button.setAttribute("aria-pressed", only.has(code));
      all.hidden = !only.size;
      redraw();
    });
    return make("li", "", button);
  });
  const all = make("li", "", make("button", "", "show all"));
  all.hidden = !only.size;
  all.firstChild.addEventListener("click", () => { only.clear(); showLegend(); redraw(); });
  part("legend").replaceChildren(...(name ? [...entries, all] : []));
}
const picker = part("colour");
colourings.forEach((each, place) => picker.append(new Option(each.name, place)));
picker.parentNode.hidden = colourings.length < 2;
picker.addEventListener("change", () => { by = +picker.value; only.clear(); showLegend(); redraw(); });
stage.querySelectorAll("[data-zoom]").forEach(button => button.addEventListener("click", () => zoomAll(+button.dataset.zoom)));
stage.querySelector(".map-tools").hidden = false;
showLegend();
redraw();
stage.dataset.ready = Math.round(performance.now());  // milliseconds since the page was asked for
})();
