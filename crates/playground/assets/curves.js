// Chart of the losses by epoch, updated during training.

import { svg } from "./ask.js";

const WIDTH = 360;
const HEIGHT = 190;
const LEFT = 40;
const BOTTOM = 28;
/** Maximum number of points of a line; more would not be visible. */
const MOST = 300;

/** Returns at most `MOST` of the values with their indices, including the last one. */
function thinned(values) {
  const step = Math.ceil(values.length / MOST);
  return values
    .map((value, index) => [index, value])
    .filter(([index]) => (values.length - 1 - index) % step === 0);
}

/** A chart of the training and validation losses. */
export class Curves {
  constructor(place) {
    this.chart = svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, class: "curves", role: "img" });
    place.append(this.chart);
    this.show([]);
  }

  show(history) {
    const losses = history.flatMap(({ loss, val_loss }) => [loss, val_loss]).filter(Number.isFinite);
    // Limit the axis, because one large early loss would flatten all other values.
    const sorted = [...losses].sort((one, other) => one - other);
    const top = Math.max(0.1, 1.1 * (sorted[Math.floor(0.98 * (sorted.length - 1))] ?? 0.9));
    const x = (epoch) => LEFT + (epoch / Math.max(history.length - 1, 1)) * (WIDTH - LEFT - 10);
    const y = (loss) => 8 + (1 - Math.min(loss, top) / top) * (HEIGHT - BOTTOM - 8);
    const parts = [0, top / 2, top].flatMap((tick) => [
      svg("line", { x1: LEFT, x2: WIDTH - 10, y1: y(tick), y2: y(tick), class: "grid" }),
      svg("text", { x: LEFT - 6, y: y(tick) + 4, "text-anchor": "end" }, tick.toFixed(top < 1 ? 2 : 1)),
    ]);
    const epochs = history.length;
    if (epochs > 1) parts.push(svg("text", { x: LEFT, y: HEIGHT - 8 }, "1"));
    const last = epochs ? `epoch ${epochs}` : "epochs";
    parts.push(svg("text", { x: WIDTH - 10, y: HEIGHT - 8, "text-anchor": "end" }, last));
    for (const name of ["loss", "val_loss"]) {
      const points = thinned(history.map((figures) => figures[name] ?? top));
      const line = points.map(([epoch, loss]) => `${x(epoch).toFixed(1)},${y(loss).toFixed(1)}`).join(" ");
      parts.push(svg("polyline", { points: line, class: name }));
    }
    this.chart.replaceChildren(...parts);
    const { loss, val_loss } = history.at(-1) ?? {};
    const said = epochs ? `after epoch ${epochs}: training ${loss}, validation ${val_loss}` : "before training";
    this.chart.setAttribute("aria-label", `Losses ${said}`);
  }
}
