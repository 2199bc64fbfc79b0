// The tab for digits: drawing, probabilities, and outputs of the first layer.

import { ask, byId, latest } from "./ask.js";
import { Bars, probability } from "./bars.js";

/** Size of the canvas and width of the pen, as on the server. */
const CANVAS = 280;
const PEN = 24;
/** Maximum number of points, as on the server. */
const MOST_POINTS = 4000;

const NAMES = [..."0123456789"];
const drawing = byId("drawing");
const pen = drawing.getContext("2d");
const hint = document.querySelector("#digits .hint");
const bars = new Bars(byId("digit-bars"), 10);
let strokes = [];
/** Index of the displayed test digit, or null for a drawing. */
let example = null;
let next = 0;
let count = 0;
/** Number of changes to the request. */
let version = 0;
let pressed = false;

function redraw() {
  const scale = drawing.width / CANVAS;
  pen.clearRect(0, 0, drawing.width, drawing.height);
  pen.lineWidth = PEN * scale;
  pen.lineCap = pen.lineJoin = "round";
  for (const stroke of strokes) {
    pen.beginPath();
    pen.moveTo(stroke[0][0] * scale, stroke[0][1] * scale);
    // A line to its own start point draws a dot.
    for (const [x, y] of stroke) pen.lineTo(x * scale, y * scale);
    pen.stroke();
  }
  hint.hidden = strokes.length > 0 || example !== null;
  byId("undo").disabled = strokes.length === 0;
}

/** Draws values from 0 to 1 as pixels of increasing opacity. */
function paint(canvas, values) {
  const context = canvas.getContext("2d");
  const image = context.createImageData(canvas.width, canvas.height);
  values.forEach((value, index) => (image.data[4 * index + 3] = 255 * value));
  context.putImageData(image, 0, 0);
}

function show(answer) {
  bars.show(NAMES, answer?.probabilities);
  const pixels = answer?.image ?? [];
  paint(byId("seen"), pixels.map((gray) => gray / 255));
  const activity = answer?.activity ?? [];
  const canvas = byId("activity");
  canvas.height = Math.max(1, Math.ceil((activity.length || 512) / canvas.width));
  const most = Math.max(...activity, 1e-6);
  paint(canvas, activity.map((value) => Math.max(0, value) / most));
  byId("units").textContent = activity.length || 512;
  const active = activity.filter((value) => value > 0).length;
  byId("active").textContent = answer ? `${active} outputs are above zero.` : "";
  if (example !== null && answer) {
    pen.clearRect(0, 0, drawing.width, drawing.height);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(byId("seen"), 0, 0, drawing.width, drawing.height);
  }
}

function say(answer) {
  if (!answer) return "";
  const best = answer.probabilities.indexOf(Math.max(...answer.probabilities));
  const read = `Prediction: ${best}, with probability ${probability(answer.probabilities[best])}.`;
  return answer.label === null ? read : `${read} Label: ${answer.label}.`;
}

const update = latest(async () => {
  const result = byId("digit-result");
  const asked = version;
  try {
    const answer = example === null ? await ask("/api/digits", { strokes }) : await ask("/api/digits", { example });
    show(answer);
    // Announce the result only at the end of a stroke, to avoid flooding screen readers.
    if (!pressed && asked === version) result.textContent = say(answer);
    result.classList.remove("error");
  } catch (error) {
    result.textContent = error.message;
    result.classList.add("error");
  }
  if (!pressed && asked === version) drawing.ariaBusy = "false";
});

function changed() {
  version += 1;
  drawing.ariaBusy = "true";
  redraw();
  update();
}

function point(event) {
  const box = drawing.getBoundingClientRect();
  const place = (offset, size) => Math.min(CANVAS, Math.max(0, Math.round((offset / size) * CANVAS * 10) / 10));
  return [place(event.clientX - box.left, box.width), place(event.clientY - box.top, box.height)];
}

function extend(event) {
  const stroke = strokes.at(-1);
  const total = strokes.reduce((sum, each) => sum + each.length, 0);
  for (const part of event.getCoalescedEvents?.() ?? [event]) {
    const [x, y] = point(part);
    const [lastX, lastY] = stroke.at(-1);
    if (total < MOST_POINTS - 100 && Math.hypot(x - lastX, y - lastY) >= 1) stroke.push([x, y]);
  }
}

drawing.addEventListener("pointerdown", (event) => {
  if (event.button !== 0 || pressed) return;
  event.preventDefault();
  drawing.setPointerCapture(event.pointerId);
  pressed = true;
  example = null;
  strokes.push([point(event)]);
  changed();
});
drawing.addEventListener("pointermove", (event) => {
  if (!pressed || !strokes.length || !drawing.hasPointerCapture(event.pointerId)) return;
  extend(event);
  changed();
});
for (const end of ["pointerup", "pointercancel"]) {
  drawing.addEventListener(end, (event) => {
    if (!pressed || !drawing.hasPointerCapture(event.pointerId)) return;
    pressed = false;
    changed();
  });
}

function restart(kept) {
  strokes = kept;
  example = null;
  changed();
}
byId("clear").addEventListener("click", () => restart([]));
byId("undo").addEventListener("click", () => restart(strokes.slice(0, -1)));
byId("example").addEventListener("click", () => {
  strokes = [];
  example = next;
  next = (next + 1) % count;
  changed();
});
byId("example").disabled = true;
show(null);
redraw();

export const digits = {
  ready(about) {
    if (count) return;
    count = about.examples;
    byId("example").disabled = false;
    changed();
  },
};
