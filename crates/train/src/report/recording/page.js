(() => {
const data = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
const {frames, layers, firstLayer, validation} = data;
const slider = at("slider"), dark = matchMedia("(prefers-color-scheme: dark)");
const steps = [frames[0].step, Math.max(frames[frames.length - 1].step, frames[0].step + 1)];
let current = frames.length - 1, updates = [], timer = 0;

const nearest = step => frames.reduce((best, frame, index) =>
  Math.abs(frame.step - step) < Math.abs(frames[best].step - step) ? index : best, 0);
const norm = frame => frame.layers.every(layer => finite(layer.norm)) ? Math.hypot(...frame.layers.map(layer => layer.norm)) : "NaN";
const place = (list, before) => list.length > 1 ? `${before} [${list.join(", ")}]` : `${before} ${list.join("")}`;
const table = (head, rows) => make("table", {},
  make("thead", {}, make("tr", {}, ...head.map(cell => make("th", {}, cell)))),
  make("tbody", {}, ...rows.map(row => make("tr", {}, ...row.map(cell => make("td", {}, cell))))));

function figures(frame) {
  const shown = [["Mean loss of the batch", number(frame.loss)]];
  const last = validation.filter(([step]) => step <= frame.step).pop();
  if (validation.length) shown.push([last ? `Validation loss after epoch ${Math.round(last[0] / data.stepsPerEpoch)}` : "Validation loss",
    last ? number(last[1]) : "none yet"]);
  shown.push(["Gradient norm", number(norm(frame))]);
  const counted = frame.layers.map(layer => layer.silent).filter(silent => silent);
  const sum = index => counted.reduce((total, silent) => total + silent[index], 0);
  if (counted.length) shown.push(["Outputs silent for the whole batch", `${percent(sum(0) / sum(1))}`]);
  at("figures").replaceChildren(...shown.map(([name, value]) => make("div", {}, make("dt", {}, name), make("dd", {}, value))));
}

function histograms() {
  const cards = layers.map((layer, index) => {
    const all = frames.map(frame => frame.layers[index]);
    const facts = make("p", {class: "note"});
    const sides = ["weights", "gradients"].map(kind => ({holder: make("div"), note: make("p", {class: "note"}), kind}));
    const card = make("div", {class: "layer"}, make("h3", {}, layer.name), facts,
      make("div", {class: "pair"}, ...sides.map(({holder, note, kind}) =>
        make("div", {}, make("h4", {}, kind === "weights" ? "Weights" : "Gradients, by magnitude"), holder, note))));
    return {card, facts, sides, all, layer};
  });
  at("layers").replaceChildren(...cards.map(({card}) => card));
  for (const {facts, sides, all, layer} of cards) {
    const {linear, octaves} = layer, room = Math.max(2, Math.floor(sides[0].holder.clientWidth / 75));
    const edge = bin => linear.from + bin * linear.width;
    const decade = Math.log2(10), ends = [octaves.from, octaves.from + octaves.bins];
    const decades = [Math.ceil(ends[0] / decade), Math.floor(ends[1] / decade)];
    const skip = Math.max(1, Math.ceil((decades[1] - decades[0] + 1) / room)), powersOfTen = [];
    for (let exponent = decades[1]; exponent >= decades[0]; exponent -= skip) powersOfTen.push([exponent * decade, exponent === 0 ? "1" : "1e" + exponent]);
    const scales = {
      weights: {name: "Weight", low: edge(0), high: edge(linear.bins), edge,
        ticks: ticks(edge(0), edge(linear.bins), room).map(value => [value, number(value)])},
      gradients: {name: "|Gradient| (log scale)", low: ends[0], high: ends[1], edge: bin => octaves.from + bin, ticks: powersOfTen},
    };
    const parts = sides.map(({holder, note, kind}, side) => {
      const show = histogram(holder, {label: `Histogram of the ${kind} of ${layer.name}`, color: "s" + side, name: "Share", x: scales[kind],
        all: all.map(frame => frame[kind])});
      return frame => {
        show(frame);
        const {zeros, below, above, nan, infinite} = all[frame][kind];
        const said = [];
        if (zeros && kind === "gradients") said.push(`${percent(zeros / layer.weights)} are exactly 0, not drawn`);
        const beyond = (below || 0) + (above || 0);
        if (beyond) said.push(`${whole(beyond)} beyond the axis (${percent(beyond / layer.weights)})`);
        if (nan) said.push(`${whole(nan)} are not a number`);
        if (infinite) said.push(`${whole(infinite)} are infinite`);
        note.textContent = said.join("; ");
      };
    });
    updates.push(frame => {
      parts.forEach(show => show(frame));
      const {norm, silent} = all[frame];
      const said = [`${whole(layer.weights)} weights`, `gradient norm ${number(norm)}`];
      if (silent) said.push(`${whole(silent[0])} of ${whole(silent[1])} outputs are 0 for the whole batch (${percent(silent[0] / silent[1])})`);
      facts.textContent = said.join(" · ");
    });
  }
}

function color(share) {
  const middle = dark.matches ? [31, 31, 37] : [247, 247, 249];
  const end = share < 0 ? (dark.matches ? [242, 138, 75] : [213, 94, 0]) : (dark.matches ? [86, 180, 233] : [0, 114, 178]);
  return middle.map((from, channel) => from + (end[channel] - from) * Math.min(1, Math.abs(share)));
}

// The level of a pixel, from -1 to 1.
const levels = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-";
const level = (pixels, place) => (levels.indexOf(pixels[place]) - 31) / 31;
const shown = ({height, width, shrunk}) => ({height: Math.ceil(height / shrunk), width: Math.ceil(width / shrunk)});

function paint(canvas, color) {
  const {width, height} = canvas, context = canvas.getContext("2d"), image = context.createImageData(width, height);
  for (let pixel = 0; pixel < width * height; pixel++) image.data.set([...color(pixel), 255], 4 * pixel);
  context.putImageData(image, 0, 0);
}

function images() {
  const {height, width, channels, shrunk, chosen, of, name} = firstLayer;
  const size = shown(firstLayer), pixels = size.height * size.width;
  const scales = frames.map(frame => frame.seen.scale);
  const scale = Math.min(Math.max(...scales), 8 * median(scales)) || 1;
  const canvases = chosen.map(unit => make("canvas", {...size, role: "img", "aria-label": `Weights into unit ${unit}`}));
  at("seen").replaceChildren(make("div", {class: "units"}, ...canvases.map((canvas, index) =>
    make("figure", {}, canvas, make("figcaption", {}, `unit ${chosen[index]}`)))));
  const some = chosen.length < of ? `${chosen.length} of the ${whole(of)} units, those that change most during the training` : `all ${of} units`;
  const notes = [`The weights of ${name} into ${some}, each an image of ${height} × ${width}.`];
  if (channels > 1) notes.push(`Means over ${channels} channels.`);
  if (shrunk > 1) notes.push(`A pixel is the mean of ${shrunk} × ${shrunk}.`);
  at("seen-note").textContent = notes.join(" ");
  const bar = make("canvas", {width: 63, height: 1, "aria-hidden": true});
  at("scale").replaceChildren(`Weight: ${number(-scale)}`, bar, number(scale));
  updates.push(frame => {
    const seen = frames[frame].seen;
    paint(bar, pixel => color((pixel - 31) / 31));
    canvases.forEach((canvas, index) =>
      paint(canvas, pixel => color(level(seen.pixels, index * pixels + pixel) * seen.scale / scale)));
  });
}

function features() {
  const {chosen, of, units, name} = firstLayer, signed = units === 1;
  const all = frames.flatMap(frame => frame.seen.filter(finite).map(Math.abs)), largest = all.reduce((a, b) => Math.max(a, b), 0) || 1;
  const rows = chosen.map((feature, index) => ({
    name: make("span", {class: "name"}, data.featureNames[index] ?? `feature ${feature}`), bar: make("i"), first: make("b"), value: make("span", {class: "value"})}));
  at("seen").replaceChildren(make("div", {class: "features"},
    ...rows.flatMap(({name, bar, first, value}) => [name, make("span", {class: "track"}, bar, first), value])));
  const share = own => finite(own) ? own / largest * (signed ? 50 : 100) : 0, zero = signed ? 50 : 0;
  rows.forEach(({first}, index) => { first.style.left = `calc(${zero + share(frames[0].seen[index])}% - 1px)`; });
  const some = chosen.length < of ? `${chosen.length} of ${whole(of)} inputs, those whose weights become largest` : `all ${of} inputs`;
  at("seen-note").textContent = (signed ? `The weight of ${name} for ${some}.`
    : `How much weight ${name} gives to ${some}: the Euclidean norm of an input's ${whole(units)} weights.`) + " A mark is the first recorded step.";
  updates.push(frame => rows.forEach(({bar, value}, index) => {
    const own = frames[frame].seen[index], end = share(own);
    bar.className = end < 0 ? "negative" : "";
    bar.style.width = Math.abs(end) + "%";
    bar.style.left = zero + Math.min(0, end) + "%";
    value.textContent = number(own);
  }));
}

function lists(frame) {
  at("moves").replaceChildren(frame.moves.length
    ? table(["Weight", "from", "to"], frame.moves.map(({name, place: position, from, to}) => [place(position, name), number(from), number(to)]))
    : make("p", {class: "note"}, "The training ends before this step."));
  const classes = frame.samples.some(sample => sample.class !== null), {picture} = data;
  at("samples").replaceChildren(table(["Training sample", ...(picture ? ["image"] : []), ...(classes ? ["class"] : []), "loss"],
    frame.samples.map(sample => {
      const row = [whole(sample.index), ...(classes ? [String(sample.class)] : []), number(sample.loss)];
      if (!picture) return row;
      const canvas = make("canvas", {...shown(picture), role: "img", "aria-label": `Training sample ${sample.index}`});
      paint(canvas, pixel => Array(3).fill(Math.round(127.5 * (1 + level(sample.pixels, pixel)))));
      return row.toSpliced(1, 0, canvas);
    })));
}

function layout() {
  updates = [];
  const pick = step => go(nearest(step));
  const series = [{title: "Loss of the step's batch", color: "s0", points: frames.map(frame => [frame.step, frame.loss])}];
  if (validation.length) series.push({title: "Validation loss, after each epoch", color: "s1", dots: true, points: validation});
  const end = Math.max(steps[1], ...validation.map(([step]) => step));
  const loss = lines(at("loss"), {label: "Loss over steps", name: "Loss", series, steps: [steps[0], end], pick});
  updates.push(frame => loss(frames[frame].step, frames[frame].loss));
  // If there are more layers than colors, show the norm of all layers together.
  const norms = layers.length <= 7 ? layers.map((layer, index) =>
    ({title: layer.name, color: "s" + index, points: frames.map(frame => [frame.step, frame.layers[index].norm])}))
    : [{title: "All layers", color: "s0", points: frames.map(frame => [frame.step, norm(frame)])}];
  const mark = lines(at("norms"), {label: "Gradient norms over steps", name: "Gradient norm", series: norms, steps, pick});
  updates.push(frame => mark(frames[frame].step, "NaN"));
  histograms();
  if (firstLayer) firstLayer.form === "images" ? images() : features();
  go(current);
}

function go(frame) {
  current = Math.min(frames.length - 1, Math.max(0, frame));
  const {step} = frames[current], epoch = Math.floor(step / data.stepsPerEpoch), within = step % data.stepsPerEpoch;
  const where = `of ${whole(data.steps)} · epoch ${epoch + 1}, step ${within + 1} of ${data.stepsPerEpoch}`;
  slider.value = current;
  slider.setAttribute("aria-valuetext", `Step ${step} ${where}`);
  at("step").textContent = whole(step);
  at("where").textContent = where;
  at("back").disabled = current === 0;
  at("next").disabled = current === frames.length - 1;
  figures(frames[current]);
  lists(frames[current]);
  updates.forEach(update => update(current));
}

function play(on) {
  clearInterval(timer);
  timer = on ? setInterval(() => current < frames.length - 1 ? go(current + 1) : play(false), 150) : 0;
  at("play").textContent = on ? "Pause" : "Play";
}

slider.max = frames.length - 1;
slider.addEventListener("input", () => { play(false); go(Number(slider.value)); });
at("back").addEventListener("click", () => go(current - 1));
at("next").addEventListener("click", () => go(current + 1));
at("play").addEventListener("click", () => {
  if (!timer && current === frames.length - 1) go(0);
  play(!timer);
});
addEventListener("keydown", event => {
  const move = {ArrowLeft: -1, ArrowRight: 1}[event.key];
  if (!move || event.target === slider || event.altKey || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  go(current + move);
});
const fromAddress = () => { const step = /^#step=(\d+)$/.exec(location.hash); if (step) go(nearest(Number(step[1]))); };
addEventListener("hashchange", fromAddress);
dark.addEventListener("change", () => go(current));
let width = innerWidth;
addEventListener("resize", () => { if (innerWidth !== width) { width = innerWidth; layout(); } });
if (data.failure) { at("failure").hidden = false; at("failure").append(make("b", {}, "The training fails"), " " + data.failure); }
if (!firstLayer) at("seen-section").hidden = true;
at("about").textContent = `The page shows ${frames.length} of ${whole(data.steps)} steps, including the first and the last one. `
  + "Steps are counted from 0, and each shows the training before the step. The arrow keys move to the previous or next step. "
  + "#step=N after the page's address opens the step nearest to N.";
layout();
fromAddress();
})();
