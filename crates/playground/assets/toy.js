// The tab for live training of a small network on points in the plane. The server trains it.

import { ask, byId, element, latest } from "./ask.js";
import { Curves } from "./curves.js";
import { COLORS, Plane } from "./plane.js";

/** Milliseconds between two requests for the progress of a training. */
const POLL = 80;
/** Maximum size of a CSV file, in bytes; the server limits the request. */
const LARGEST_CSV = 200_000;

const SETTINGS = ["layers", "width", "activation", "optimizer", "learning_rate", "dropout", "l2"];
const NAMES = new Set(["activation", "optimizer"]);
const plane = new Plane(byId("plane"), add);
const curves = new Curves(byId("curves"));
let points = [];
let labels = [];
let history = [];
let map = [];
/** The number of the training on the server, or null before it starts. */
let training = null;
let runs = false;
/** Whether a command has been sent and not answered. */
let pending = false;
/** Number of commands and resets. Responses to requests from before the last one are ignored. */
let turn = 0;
let timer;
let seed = 1;

function say(text, isError = false) {
  byId("toy-result").textContent = text;
  byId("toy-result").classList.toggle("error", isError);
}

function redraw() {
  plane.show(points, map);
  curves.show(history);
  byId("start").textContent = runs ? "Pause" : training !== null && history.length ? "Continue" : "Start";
  byId("step").disabled = runs;
  const classes = [...new Set(points.map(([, , label]) => label))].sort();
  byId("classes").replaceChildren(
    ...classes.map((label) => {
      const mark = element("span", "mark");
      mark.style.background = `rgb(${COLORS[label].join(" ")})`;
      return element("span", "", mark, labels[label] ?? `class ${label + 1}`);
    }),
  );
}

/** Starts a turn and returns its number. Nothing of earlier turns continues. */
function supersede() {
  clearTimeout(timer);
  turn += 1;
  return turn;
}

/** Ends a training on the server. */
const end = (id) => ask(`/api/toy/${id}`, undefined, "DELETE").catch(() => {});

/** Ends the training, so that the next one starts from the beginning. */
function reset(text = "") {
  supersede();
  if (training !== null) end(training);
  training = null;
  runs = false;
  pending = false;
  history = [];
  map = [];
  for (const id of ["figures", "toy-said"]) byId(id).textContent = "";
  redraw();
  say(text);
}

function add(x, y) {
  const round = (value) => Math.round(value * 1000) / 1000;
  points = [...points, [round(x), round(y), Number(byId("own-class").value)]];
  reset(`${points.length} ${points.length === 1 ? "point" : "points"}. Press Start to train.`);
}

const sketch = latest(async () => {
  const question = {
    shape: byId("shape").value,
    count: Number(byId("count").value),
    noise: Number(byId("noise").value),
    seed,
  };
  try {
    points = await ask("/api/toy/points", question);
    labels = [];
    reset();
  } catch (error) {
    say(error.message, true);
  }
});

async function readFile(file) {
  if (!file) return;
  try {
    if (file.size > LARGEST_CSV) throw new Error(`The file is too large (${file.size} bytes): give at most ${LARGEST_CSV} bytes.`);
    const read = await ask("/api/toy/csv", { csv: await file.text() });
    ({ points, labels } = read);
    reset(`${points.length} points of ${file.name}: ${read.axes[0]} on the horizontal axis, ${read.axes[1]} on the vertical axis, both scaled.`);
  } catch (error) {
    say(error.message, true);
  }
}

function settings() {
  const value = (name) => (NAMES.has(name) ? byId(name).value : Number(byId(name).value));
  return { seed, ...Object.fromEntries(SETTINGS.map((name) => [name, value(name)])) };
}

async function wish(action) {
  // The second click of a double click would start another training. A disabled button would lose the focus.
  if (pending) return;
  pending = true;
  const own = supersede();
  try {
    if (training === null) {
      const { id } = await ask("/api/toy", { points, settings: settings() });
      // The points or settings have changed meanwhile.
      if (own !== turn) return end(id);
      training = id;
      history = [];
      say("");
    }
    await ask(`/api/toy/${training}`, { wish: action });
    if (own !== turn) return;
    pending = false;
    runs = action === "run";
    look();
  } catch (error) {
    if (own !== turn) return;
    reset();
    say(error.message, true);
  }
}

/** Requests the progress of the training while it runs. */
async function look() {
  const own = turn;
  try {
    const view = await ask(`/api/toy/${training}/${history.length}`);
    if (own !== turn) return;
    history.push(...view.history);
    ({ map, runs } = view);
    // A finished training stays visible until another one starts.
    if (view.ended) training = null;
    redraw();
    const last = history.at(-1);
    const figures = last
      ? `Epoch ${view.epoch}: training loss ${fixed(last.loss)}, validation loss ${fixed(last.val_loss)}, ` +
        `validation accuracy ${fixed(last.val_accuracy)}.`
      : "";
    byId("figures").textContent = figures;
    if (view.ended) say(view.ended);
    // Screen readers announce pauses and the end, not each epoch.
    if (!runs) byId("toy-said").textContent = figures;
    if (runs) timer = setTimeout(look, POLL);
  } catch (error) {
    if (own !== turn) return;
    training = null;
    runs = false;
    redraw();
    say(error.message, true);
  }
}

const fixed = (value) => (Number.isFinite(value) ? value.toFixed(3) : "not finite");

byId("start").addEventListener("click", () => wish(runs ? "pause" : "run"));
byId("step").addEventListener("click", () => wish("step"));
byId("reset").addEventListener("click", () => reset());
byId("clear-points").addEventListener("click", () => {
  points = [];
  labels = [];
  reset("Click in the plane to add points of the selected class. Add at least 4 points of each class.");
});
byId("new-points").addEventListener("click", () => {
  seed += 1;
  sketch();
});
for (const name of ["shape", "count", "noise"]) byId(name).addEventListener("change", sketch);
for (const name of SETTINGS) {
  byId(name).addEventListener("change", () => reset(history.length ? "The settings have changed. Press Start to train with them." : ""));
}
for (const slider of document.querySelectorAll("#toy input[type=range]")) {
  const shown = document.querySelector(`output[for=${slider.id}]`);
  const show = () => (shown.textContent = slider.value);
  slider.addEventListener("input", show);
  show();
}
byId("csv").addEventListener("change", (event) => readFile(event.target.files[0]));
// Files can be dropped anywhere on the page. Without this handler, the browser would open them.
const tab = byId("toy");
window.addEventListener("dragover", (event) => {
  event.preventDefault();
  tab.classList.add("drop");
});
for (const end of ["dragleave", "drop"]) window.addEventListener(end, () => tab.classList.remove("drop"));
window.addEventListener("drop", (event) => {
  event.preventDefault();
  if (!tab.hidden) readFile(event.dataTransfer.files[0]);
});
window.addEventListener("pagehide", () => {
  if (training !== null) fetch(`/api/toy/${training}`, { method: "DELETE", keepalive: true });
});

let begun = false;
export const toy = {
  shown() {
    if (begun) return;
    begun = true;
    sketch();
  },
};
