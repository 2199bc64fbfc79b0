// The plane: points of several classes and the decision regions of a network.

/** Maximum absolute value of a coordinate, as on the server. */
export const REACH = 1.2;

/** One color per class, from a palette for color-blind readers. */
export const COLORS = [
  [0, 114, 178],
  [230, 140, 0],
  [0, 158, 115],
  [204, 121, 167],
  [86, 180, 233],
  [180, 60, 20],
];

/** Draws on a canvas. Calls `picked` with the place of a click, or of the cursor when Enter is pressed; arrow keys move it. */
export class Plane {
  constructor(canvas, picked) {
    this.canvas = canvas;
    this.context = canvas.getContext("2d");
    this.cursor = null;
    this.points = [];
    this.map = [];
    canvas.addEventListener("click", (event) => {
      const box = canvas.getBoundingClientRect();
      const place = (offset, size) => ((offset / size) * 2 - 1) * REACH;
      picked(place(event.clientX - box.left, box.width), -place(event.clientY - box.top, box.height));
    });
    canvas.addEventListener("keydown", (event) => {
      const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
      const [x, y] = this.cursor ?? [0, 0];
      if (event.key in moves) {
        const [right, up] = moves[event.key];
        const within = (value) => Math.min(REACH, Math.max(-REACH, value));
        this.cursor = [within(x + right * 0.05), within(y + up * 0.05)];
      } else if (event.key === "Enter" || event.key === " ") {
        picked(x, y);
      } else {
        return;
      }
      event.preventDefault();
      this.draw();
    });
    canvas.addEventListener("blur", () => {
      this.cursor = null;
      this.draw();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => this.draw());
  }

  show(points, map) {
    this.points = points;
    this.map = map;
    this.draw();
  }

  draw() {
    const { canvas, context } = this;
    const side = canvas.width;
    context.clearRect(0, 0, side, side);
    if (this.map.length) this.drawMap();
    const place = (value) => ((value / REACH + 1) / 2) * side;
    const style = getComputedStyle(canvas);
    context.lineWidth = 2;
    context.strokeStyle = style.getPropertyValue("--paper");
    for (const [x, y, label] of this.points) {
      context.fillStyle = `rgb(${COLORS[label].join(" ")})`;
      context.beginPath();
      context.arc(place(x), place(-y), 7, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }
    if (this.cursor) {
      const [x, y] = [place(this.cursor[0]), place(-this.cursor[1])];
      context.strokeStyle = style.getPropertyValue("--ink");
      context.beginPath();
      context.moveTo(x - 16, y);
      context.lineTo(x + 16, y);
      context.moveTo(x, y - 16);
      context.lineTo(x, y + 16);
      context.stroke();
    }
  }

  /** Draws each cell in the color of its class, with an opacity that grows with the probability. */
  drawMap() {
    const cells = Math.sqrt(this.map.length);
    const image = new ImageData(cells, cells);
    this.map.forEach((cell, index) => {
      const [red, green, blue] = COLORS[cell >> 5];
      image.data.set([red, green, blue, 20 + 4.5 * (cell & 31)], 4 * index);
    });
    const small = new OffscreenCanvas(cells, cells);
    small.getContext("2d").putImageData(image, 0, 0);
    this.context.imageSmoothingEnabled = true;
    this.context.drawImage(small, 0, 0, this.canvas.width, this.canvas.height);
  }
}
