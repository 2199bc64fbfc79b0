"use strict";
// Builds elements. Text is never parsed as HTML.
const make = (tag, attributes = {}, ...children) => build(document.createElement(tag), attributes, children);
const draw = (tag, attributes = {}, ...children) =>
  build(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
function build(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

// Infinite values and NaN are stored as text.
const finite = value => typeof value === "number";
function number(value) {
  if (!finite(value)) return value === "NaN" ? "not a number" : value;
  const size = Math.abs(value);
  if (size === 0) return "0";
  return size >= 1e5 || size < 1e-3 ? value.toExponential(2) : String(Number(value.toPrecision(4)));
}
const whole = value => value.toLocaleString("en");
const percent = share => (share > 0 && share < 0.0005 ? "<0.1" : Number((100 * share).toFixed(1))) + "%";
const median = values => [...values].sort((a, b) => a - b)[Math.floor((values.length - 1) / 2)] ?? 0;

// Returns at most `most` round values between two numbers.
function ticks(low, high, most) {
  const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map(factor => factor * power).find(step => step >= rough * (1 - 1e-9));
  const first = Math.ceil(low / step - 1e-9), last = Math.floor(high / step + 1e-9);
  return Array.from({length: last - first + 1}, (_, index) => Number(((first + index) * step).toPrecision(12)));
}
// Returns the powers of ten between two numbers, with values between them if there are few.
function powers(low, high, most) {
  const first = Math.floor(Math.log10(low)), last = Math.ceil(Math.log10(high));
  const between = last - first > 3 ? [1] : [1, 2, 5];
  const skip = Math.max(1, Math.ceil((last - first) / most)), places = [];
  for (let power = first; power <= last; power += skip)
    for (const factor of between) places.push(Number(factor + "e" + power));
  return places.filter(place => place >= low * (1 - 1e-9) && place <= high * (1 + 1e-9));
}

// The frame of a chart: its axes, and functions from values to pixels.
function axes(holder, {height, label, x, y, left = 56}) {
  const width = Math.max(holder.clientWidth, 200), right = 16, top = 8, bottom = 40;
  const svg = draw("svg", {width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label});
  const across = value => left + (value - x.low) / (x.high - x.low || 1) * (width - left - right);
  const down = value => height - bottom - (value - y.low) / (y.high - y.low || 1) * (height - top - bottom);
  for (const [place, text] of y.ticks) {
    svg.append(draw("line", {class: "grid", x1: left, x2: width - right, y1: down(place), y2: down(place)}));
    svg.append(draw("text", {x: left - 6, y: down(place) + 4, "text-anchor": "end"}, text));
  }
  const foot = height - bottom;
  svg.append(draw("line", {class: "axis", x1: left, x2: width - right, y1: foot, y2: foot}));
  for (const [place, text] of x.ticks) {
    svg.append(draw("line", {class: "axis", x1: across(place), x2: across(place), y1: foot, y2: foot + 4}));
    svg.append(draw("text", {x: across(place), y: foot + 17, "text-anchor": "middle"}, text));
  }
  svg.append(draw("text", {x: (left + width - right) / 2, y: height - 6, "text-anchor": "middle"}, x.name));
  svg.append(draw("text", {x: 12, y: (top + foot) / 2, "text-anchor": "middle",
    transform: `rotate(-90 12 ${(top + foot) / 2})`}, y.name));
  return {svg, across, down, top, foot, left, right: width - right};
}

// A chart of lines over steps, with a marker. A click calls `pick` with a step.
function lines(holder, {label, name, series, steps, pick}) {
  const values = series.flatMap(({points}) => points.map(([, value]) => value)).filter(finite);
  const low = Math.min(...values), high = Math.max(...values);
  const log = low > 0 && high > 20 * low;
  const scaled = value => log ? Math.log10(value) : value;
  const places = !values.length ? [] : log ? powers(low, high, 5) : ticks(Math.min(0, low), high || 1, 5);
  const y = {name: log ? name + " (log scale)" : name, low: scaled(log ? low : Math.min(0, low)), high: scaled(high) * (log ? 1 : 1.04),
    ticks: places.map(place => [scaled(place), number(place)])};
  const room = Math.max(2, Math.floor(holder.clientWidth / 90));
  const x = {name: "Step", low: steps[0], high: steps[1],
    ticks: ticks(steps[0], Math.max(steps[1], steps[0] + 1), room).filter(Number.isInteger).map(step => [step, whole(step)])};
  const chart = axes(holder, {height: 260, label, x, y});
  for (const {points, color, dots} of series) {
    // Values that are not finite interrupt a line.
    let path = "", pen = "M";
    for (const [step, value] of points) {
      if (!finite(value) || log && value <= 0) { pen = "M"; continue; }
      path += `${pen}${chart.across(step).toFixed(1)} ${chart.down(scaled(value)).toFixed(1)}`;
      pen = "L";
      if (dots) chart.svg.append(draw("circle", {class: color, cx: chart.across(step), cy: chart.down(scaled(value)), r: 3, fill: "none",
        "stroke-width": 2}));
    }
    chart.svg.append(draw("path", {class: "line " + color, d: path}));
  }
  const marker = draw("line", {class: "marker", y1: chart.top, y2: chart.foot});
  const dot = draw("circle", {class: "dot", r: 4.5});
  chart.svg.append(marker, dot);
  chart.svg.addEventListener("click", event => {
    const at = event.clientX - chart.svg.getBoundingClientRect().left;
    pick(steps[0] + (at - chart.left) / (chart.right - chart.left) * (steps[1] - steps[0]));
  });
  const legend = make("ul", {class: "legend"}, ...series.map(({title, color}) => make("li", {},
    draw("svg", {width: 18, height: 10, "aria-hidden": true}, draw("line", {class: "line " + color, x1: 0, x2: 18, y1: 5, y2: 5})), " " + title)));
  holder.replaceChildren(legend, chart.svg);
  return (step, value) => {
    for (const end of ["x1", "x2"]) marker.setAttribute(end, chart.across(step));
    const shown = finite(value) && (!log || value > 0);
    dot.setAttribute("visibility", shown ? "visible" : "hidden");
    if (shown) build(dot, {cx: chart.across(step), cy: chart.down(scaled(value))}, []);
  };
}

// A histogram with the axes of all frames, and the first frame as an outline.
function histogram(holder, {label, color, name, x, all}) {
  const shares = all.map(({counts}) => {
    const total = counts.reduce((sum, count) => sum + count, 0) || 1;
    return counts.map(count => count / total);
  });
  const tops = shares.map(share => Math.max(...share, 0));
  const high = Math.min(Math.max(...tops), 4 * median(tops)) || 1;
  const y = {name, low: 0, high, ticks: ticks(0, high, 3).map(place => [place, percent(place)])};
  const chart = axes(holder, {height: 170, label, x, y, left: 62});
  const outline = share => {
    let path = `M${chart.left} ${chart.foot}`;
    share.forEach((value, bin) => {
      const top = chart.down(Math.min(value, high)).toFixed(1);
      path += `L${chart.across(x.edge(bin)).toFixed(1)} ${top}L${chart.across(x.edge(bin + 1)).toFixed(1)} ${top}`;
    });
    return path + `L${chart.right} ${chart.foot}`;
  };
  const bars = draw("path", {class: "bars " + color});
  chart.svg.append(bars, draw("path", {class: "outline", d: outline(shares[0])}));
  holder.replaceChildren(chart.svg);
  return frame => bars.setAttribute("d", outline(shares[frame]) + "Z");
}
