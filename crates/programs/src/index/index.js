(() => {
const {runs, skipped, left_out: leftOut} = JSON.parse(document.getElementById("data").textContent);
const at = id => document.getElementById(id);
// Maximum number of compared runs: the number of colors in index.css.
const most = 6;
const count = (number, name) => `${number} ${name}${number === 1 ? "" : "s"}`;
const date = seconds => {
  const two = number => String(number).padStart(2, "0"), time = new Date(1000 * seconds);
  return `${time.getFullYear()}-${two(time.getMonth() + 1)}-${two(time.getDate())} ${two(time.getHours())}:${two(time.getMinutes())}`;
};
const path = (run, file = "") => `./${encodeURIComponent(run.name)}/${encodeURIComponent(file)}`;
const data = run => make("span", run.synthetic ? {class: "synthetic"} : {}, run.data);
const figure = name => run => run.figures[name];
const fixed = digits => value => typeof value === "number" ? value.toFixed(digits) : String(value);

// Columns: name, sort key, and displayed text. Columns with `down` are sorted in descending order first.
const columns = [
  {name: "Run", value: run => run.name, show: null},
  {name: "Section", value: run => run.section?.number, left: true},
  {name: "Data", value: run => run.data, show: (_, run) => data(run), left: true},
  {name: "Test accuracy", value: figure("test_accuracy"), show: fixed(4), down: true},
  {name: "Test loss", value: figure("test_loss"), show: fixed(4)},
  {name: "Test MAE", value: figure("test_mae"), show: fixed(3)},
  {name: "Best val. accuracy", value: figure("best_val_accuracy"), show: fixed(4), down: true},
  {name: "Best val. loss", value: figure("best_val_loss"), show: fixed(4)},
  {name: "Seconds", value: figure("total_seconds"), show: fixed(1)},
  {name: "Backend", value: figure("backend"), left: true},
  {name: "Seed", value: figure("seed")},
  {name: "Ended", value: run => run.ended, show: date, down: true},
].filter(({value}) => runs.some(run => value(run) !== undefined && value(run) !== null));

const chosen = new Set();
let sorting = {column: columns.find(({name}) => name === "Ended"), down: true};

function sorted() {
  const {column, down} = sorting, missing = value => value === undefined || value === null;
  return [...runs].sort((first, second) => {
    const [a, b] = [column.value(first), column.value(second)];
    if (missing(a) || missing(b)) return missing(a) - missing(b);
    const order = typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", {numeric: true});
    return down ? -order : order;
  });
}

function heading(column) {
  const button = make("button", {type: "button"}, column.name);
  const cell = make("th", {scope: "col", class: column.left ? "left" : ""}, button);
  button.addEventListener("click", () => {
    sorting = {column, down: sorting.column === column ? !sorting.down : Boolean(column.down)};
    order();
  });
  return {column, cell};
}

function row(run, place) {
  const box = make("input", {type: "checkbox", "aria-label": `Select ${run.name}`});
  box.addEventListener("change", () => choose(run, box.checked));
  const cells = columns.map(({value, show, left}) => {
    if (show === null) return make("td", {}, make("div", {class: "pick"}, box, make("a", {class: "name", href: `#run-${place}`}, ...breakable(run.name))));
    const own = value(run);
    return make("td", left ? {class: "left"} : {}, own === undefined || own === null ? "–" : show ? show(own, run) : String(own));
  });
  return {run, box, row: make("tr", {}, ...cells)};
}

function picture(run, {name, file, uri}) {
  if (!uri) return make("li", {}, make("a", {href: path(run, file)}, file));
  const button = make("button", {type: "button", "aria-label": `Enlarge ${name} of ${run.name}`}, make("img", {src: uri, alt: ""}), name);
  button.addEventListener("click", () => {
    at("viewer-title").textContent = `${run.name}: ${name}`;
    build(at("viewer-picture"), {src: uri, alt: `${name} of ${run.name}`}, []);
    at("viewer").showModal();
  });
  return make("li", {}, button);
}

function card(run, place) {
  const section = run.section ? [`Section ${run.section.number}${run.section.title ? ", " + run.section.title : ""}`] : [];
  const about = [run.program, ...section, `ended ${date(run.ended)}`].join(" · ");
  const further = [...run.data ? [data(run)] : [], ...run.pages.map(page => make("a", {href: path(run, page)}, page))];
  const others = runs.filter(({program}) => program === run.program);
  const compare = make("button", {type: "button"}, `Compare with other runs of ${run.program}`);
  compare.addEventListener("click", () => {
    chosen.clear();
    [run, ...others.filter(other => other !== run)].slice(0, most).forEach(other => chosen.add(other));
    select();
    show();
  });
  const facts = figureNames([run]).map(name => make("div", {}, make("dt", {}, name), make("dd", {}, integerOr4(run.figures[name]))));
  return make("article", {class: "card", id: `run-${place}`}, make("h3", {}, make("a", {href: path(run)}, run.name)),
    make("p", {class: "note"}, about, ...further.flatMap(part => [" · ", part])),
    make("ul", {class: "pictures"}, ...run.pictures.map(own => picture(run, own))),
    make("details", {}, make("summary", {}, count(facts.length, "figure")), make("dl", {class: "facts"}, ...facts)),
    ...others.length > 1 ? [compare] : []);
}

const headings = columns.map(heading), rows = runs.map(row), cards = runs.map(card), body = make("tbody");
at("table").append(make("table", {}, make("thead", {}, make("tr", {}, ...headings.map(({cell}) => cell))), body));

// Applies the sort order to the table, its headings, and the cards below.
function order() {
  const places = sorted().map(run => runs.indexOf(run));
  body.replaceChildren(...places.map(place => rows[place].row));
  at("cards").replaceChildren(...places.map(place => cards[place]));
  for (const {column, cell} of headings) {
    if (column === sorting.column) cell.setAttribute("aria-sort", sorting.down ? "descending" : "ascending");
    else cell.removeAttribute("aria-sort");
  }
}

function choose(run, wanted) {
  if (wanted) chosen.add(run);
  else chosen.delete(run);
  select();
}

// Updates the selection, and the comparison if at least two runs are selected.
function select() {
  for (const {run, box, row} of rows) {
    box.checked = chosen.has(run);
    box.disabled = chosen.size >= most && !box.checked;
    row.classList.toggle("chosen", box.checked);
  }
  at("bar").hidden = chosen.size === 0;
  at("chosen").textContent = `${count(chosen.size, "run")} selected` + (chosen.size === 1 ? ": select another one to compare" : chosen.size >= most ? " (the maximum)" : "");
  at("compare").disabled = chosen.size < 2;
  at("comparison").hidden = chosen.size < 2;
  if (chosen.size >= 2) compare();
}

function compare() {
  const compared = [...chosen], names = measures(compared), before = at("measure").value;
  at("measure").replaceChildren(...names.map(name => make("option", {value: name}, name)));
  at("measure").value = names.includes(before) ? before : names[0] ?? "";
  at("measure").parentElement.hidden = names.length === 0;
  at("caution").textContent = caution(compared);
  at("caution").hidden = !at("caution").textContent;
  curves();
  drawDifferences(at("differences"), at("same"), compared);
  hints();
}

const curves = () => drawCurves(at("curves"), [...chosen], at("measure").value);
function show() {
  at("comparison").scrollIntoView();
  at("comparison").focus({preventScroll: true});
}
// Shows a hint above tables that are wider than the window.
function hints() {
  for (const id of ["table", "differences"]) at(id).previousElementSibling.hidden = at(id).scrollWidth <= at(id).clientWidth;
}

at("measure").addEventListener("change", curves);
at("compare").addEventListener("click", show);
at("clear").addEventListener("click", () => {
  chosen.clear();
  select();
  rows.find(({row}) => row === body.firstChild)?.box.focus();
});
at("close").addEventListener("click", () => at("viewer").close());
at("viewer").addEventListener("click", event => { if (event.target === at("viewer")) at("viewer").close(); });
addEventListener("resize", () => {
  if (chosen.size >= 2) curves();
  hints();
});

at("summary").textContent = `${count(runs.length, "run")} in target/kindling. Each run updates this page and replaces an earlier run in the same directory; use --out to keep both.`;
at("skipped").append(...skipped.map(({name, reason}) => make("li", {}, `${name} is not shown: ${reason}`)),
  ...leftOut ? [make("li", {}, `${count(leftOut, "older run")} not shown: delete run directories that you no longer need`)] : []);
order();
select();
hints();
})();
