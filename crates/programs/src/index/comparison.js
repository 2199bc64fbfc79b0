// Comparison of runs: their curves in one chart, and a table of the figures that differ.
const integerOr4 = value => typeof value === "number" && !Number.isInteger(value) ? number(value) : String(value);
const signed = value => (value > 0 ? "+" : value < 0 ? "−" : "±") + integerOr4(Number(Math.abs(value).toPrecision(12)));
const key = style => draw("svg", {class: "key", width: 18, height: 10, "aria-hidden": true},
  draw("line", {class: "line " + style, x1: 0, x2: 18, y1: 5, y2: 5}));

// Returns text that may wrap after underscores.
const breakable = text => text.split(/(?<=_)/).flatMap(part => [part, make("wbr")]);

// Returns the names of the runs' curves without `val_`; the loss comes first.
function measures(runs) {
  const names = new Set(runs.flatMap(run => Object.keys(run.curves).map(name => name.replace(/^val_/, ""))));
  return [...names].sort((a, b) => (b === "loss") - (a === "loss") || (a < b ? -1 : 1));
}

// Draws a measure of all runs by epoch: validation as solid lines, training as dashed lines.
function drawCurves(holder, runs, measure) {
  const series = runs.flatMap((run, place) => [["val_" + measure, ""], [measure, " training"]]
    .filter(([name]) => run.curves[name]?.length).map(([name, style]) => ({points: run.curves[name], style: `s${place}${style}`})));
  const points = series.flatMap(({points}) => points).filter(([, value]) => finite(value));
  if (!points.length) {
    holder.replaceChildren(make("p", {class: "note"}, measure ? `These runs have no curve for ${measure}.` : "These runs have no curves."));
    return;
  }
  const values = points.map(([, value]) => value), low = Math.min(...values), high = Math.max(...values);
  const log = low > 0 && high > 20 * low, scaled = value => log ? Math.log10(value) : value;
  const margin = 0.04 * (scaled(high) - scaled(low)) || Math.abs(scaled(high)) * 0.1 || 1;
  const ends = [scaled(low) - margin, scaled(high) + margin];
  const places = log ? powers(low, high, 5) : ticks(ends[0], ends[1], 5);
  const y = {name: measure + (log ? " (log scale)" : ""), low: ends[0], high: ends[1], ticks: places.map(place => [scaled(place), number(place)])};
  const last = Math.max(2, ...points.map(([epoch]) => epoch)), room = Math.max(2, Math.floor(holder.clientWidth / 60));
  const x = {name: "Epoch", low: 1, high: last, ticks: ticks(1, last, room).filter(Number.isInteger).map(epoch => [epoch, whole(epoch)])};
  const chart = axes(holder, {height: 320, label: `${measure} by epoch of ${runs.map(run => run.name).join(", ")}`, x, y});
  for (const {points, style} of series) {
    let path = "", pen = "M", before = "";
    for (const [epoch, value] of points) {
      if (!finite(value)) { pen = "M"; continue; }
      before = `${chart.across(epoch).toFixed(1)} ${chart.down(scaled(value)).toFixed(1)}`;
      path += pen + before;
      pen = "L";
    }
    chart.svg.append(draw("path", {class: "line " + style, d: path}));
    // A single epoch gives no line: draw a point.
    if (points.length === 1 && before) {
      const [cx, cy] = before.split(" ");
      chart.svg.append(draw("circle", {class: style, cx, cy, r: 3, fill: "none", "stroke-width": 2}));
    }
  }
  const legend = runs.map((run, place) => [key("s" + place), run.name + (run.curves[measure] || run.curves["val_" + measure] ? "" : " (no curve)")]);
  const kinds = [["ink", "validation", ({style}) => !style.includes("training")], ["ink training", "training", ({style}) => style.includes("training")]];
  for (const [style, name, drawn] of kinds) if (series.some(drawn)) legend.push([key(style), name]);
  holder.replaceChildren(make("ul", {class: "legend"}, ...legend.map(item => make("li", {}, ...item))), chart.svg);
}

// Returns the names of all figures: test results first, then the others by name.
function figureNames(runs) {
  const rank = name => [/^test_/, /^best_/, /mae|accuracy|loss/].findIndex(kind => kind.test(name)) >>> 0;
  const names = [...new Set(runs.flatMap(run => Object.keys(run.figures)))];
  return names.sort((a, b) => rank(a) - rank(b) || (a < b ? -1 : 1));
}

// Draws a table of the figures that differ, with differences from the first run, and a line with the equal figures.
function drawDifferences(holder, same, runs) {
  const names = figureNames(runs), first = runs[0].figures;
  const differs = name => runs.some(run => run.figures[name] !== first[name]);
  const cell = (run, name) => {
    const value = run.figures[name], both = finite(value) && finite(first[name]) && name !== "seed";
    if (value === undefined) return make("td", {}, "–");
    const change = run === runs[0] || !both ? [] : [make("span", {class: "change"}, signed(value - first[name]))];
    return make("td", {}, integerOr4(value), ...change);
  };
  const head = runs.map((run, place) => make("th", {scope: "col"}, key("s" + place), ...breakable(run.name),
    ...run.synthetic ? [make("span", {class: "change synthetic"}, run.data)] : []));
  const rows = names.filter(differs).map(name => make("tr", {}, make("td", {}, ...breakable(name)), ...runs.map(run => cell(run, name))));
  holder.replaceChildren(make("table", {}, make("thead", {}, make("tr", {}, make("th", {scope: "col"}, "Figure"), ...head)), make("tbody", {}, ...rows)));
  const equal = names.filter(name => !differs(name)).map(name => `${name} ${integerOr4(first[name])}`);
  same.textContent = `Small numbers are differences from ${runs[0].name}.` + (equal.length ? ` Equal in all runs: ${equal.join(", ")}.` : "");
}

// Returns a warning if the runs' figures are not comparable.
function caution(runs) {
  const different = name => new Set(runs.map(run => run.figures[name])).size > 1;
  if (runs.some(run => run.synthetic) && !runs.every(run => run.synthetic)) return "Some of these runs used synthetic data: their figures do not apply to the real data set.";
  if (different("dataset")) return "These runs used different data sets: their figures are not comparable.";
  if (different("train_samples") || different("test_samples")) return "These runs used different numbers of samples: their figures are only roughly comparable.";
  return "";
}
