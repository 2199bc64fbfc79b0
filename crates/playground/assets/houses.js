// The tab for house prices: a slider for each feature, and the price over its range.

import { ask, byId, element, latest, svg } from "./ask.js";

const WIDTH = 200;
const HEIGHT = 48;
/** Number of steps of a slider for values that are not integers. */
const STEPS = 200;

let rows = [];

const number = (value) => value.toLocaleString("en", { maximumSignificantDigits: 4 });
const dollars = (price) => `$${Math.round(price * 1000).toLocaleString("en")}`;

function row(feature, range) {
  const step = feature.is_integer ? 1 : (range.high - range.low) / STEPS;
  const slider = element("input");
  Object.assign(slider, { type: "range", id: `feature-${feature.name}`, min: range.low, max: range.high, step });
  slider.value = range.median;
  const value = element("output");
  const label = element("label", "", element("b", "", feature.name), ` ${feature.meaning}`);
  label.htmlFor = value.htmlFor = slider.id;
  const line = svg("polyline", { class: "curve" });
  const dot = svg("circle", { r: 4 });
  const chart = svg("svg", { viewBox: `-5 -5 ${WIDTH + 10} ${HEIGHT + 10}`, class: "spark", "aria-hidden": "true" });
  chart.append(line, dot);
  const effect = element("p", "effect");
  const card = element("div", "feature", element("div", "name", label, value), slider, chart, effect);
  byId("features").append(card);
  slider.addEventListener("input", update);
  return { feature, range, slider, value, line, dot, effect };
}

const valueOf = ({ slider, range }) => Math.min(range.high, Math.max(range.low, Number(slider.value)));

function show({ price, curves }) {
  const all = curves.flat().concat(price);
  const [low, high] = [Math.min(...all), Math.max(...all)];
  // All curves share one scale, so that their slopes can be compared.
  const y = (value) => HEIGHT - ((value - low) / (high - low || 1)) * HEIGHT;
  rows.forEach(({ feature, range, slider, line, dot, effect }, index) => {
    const curve = curves[index];
    const x = (place) => (place / (curve.length - 1)) * WIDTH;
    line.setAttribute("points", curve.map((value, place) => `${x(place).toFixed(1)},${y(value).toFixed(1)}`).join(" "));
    dot.setAttribute("cx", ((valueOf(rows[index]) - range.low) / (range.high - range.low || 1)) * WIDTH);
    dot.setAttribute("cy", y(price));
    effect.textContent = `${dollars(curve[0])} at ${number(range.low)}, ${dollars(curve.at(-1))} at ${number(range.high)}`;
    slider.setAttribute("aria-valuetext", `${number(valueOf(rows[index]))} ${feature.unit}`);
  });
  byId("price").textContent = dollars(price);
  byId("price-detail").textContent = "predicted median house price of the tract, in 1970 dollars";
}

const update = latest(async () => {
  const error = byId("houses-error");
  try {
    for (const each of rows) each.value.textContent = `${number(valueOf(each))} ${each.feature.unit}`;
    show(await ask("/api/houses", { values: rows.map(valueOf) }));
    error.textContent = "";
  } catch (problem) {
    error.textContent = problem.message;
  }
});

byId("median").disabled = true;
byId("median").addEventListener("click", () => {
  for (const { slider, range } of rows) slider.value = range.median;
  update();
});

export const houses = {
  ready({ features, ranges }) {
    if (rows.length) return;
    rows = features.map((feature, index) => row(feature, ranges[index]));
    byId("median").disabled = false;
    update();
  },
};
