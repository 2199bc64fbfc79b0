// The tabs and the status of each model.

import { ask, byId } from "./ask.js";
import { digits } from "./digits.js";
import { houses } from "./houses.js";
import { newswires } from "./newswires.js";
import { reviews } from "./reviews.js";
import { toy } from "./toy.js";

const TABS = { digits, reviews, newswires, houses, toy };
const tabs = [...document.querySelectorAll("[role=tab]")];
const nameOf = (tab) => tab.id.replace("tab-", "");

function select(tab, focus = false) {
  for (const each of tabs) {
    const selected = each === tab;
    each.setAttribute("aria-selected", selected);
    each.tabIndex = selected ? 0 : -1;
    byId(nameOf(each)).hidden = !selected;
  }
  history.replaceState(null, "", `#${nameOf(tab)}`);
  document.title = `${tab.textContent} – kindling playground`;
  if (focus) tab.focus();
  TABS[nameOf(tab)].shown?.();
}

tabs.forEach((tab, index) => {
  tab.addEventListener("click", () => select(tab));
  tab.addEventListener("keydown", (event) => {
    const next = { ArrowRight: index + 1, ArrowLeft: index - 1, Home: 0, End: -1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    select(tabs.at(next % tabs.length), true);
  });
});
const named = () => tabs.find((tab) => `#${nameOf(tab)}` === location.hash) ?? tabs[0];
window.addEventListener("hashchange", () => select(named()));
select(named());

/** Descriptions of the data sources, by the server’s names. */
const SOURCES = {
  dir: "files in --data-dir",
  cache: "download cache",
  download: "downloaded",
  bundled: "bundled copy",
  synthetic: "synthetic reviews of made-up words",
};

/** Returns a description of a model and its status. */
function sentence({ status, about }) {
  if (status.state === "failed") return `This model is not available: ${status.detail}`;
  if (status.state !== "ready") return `The model is not ready yet: ${status.detail ?? "waiting for other models"} …`;
  const { file, data, figure, test, test_samples } = about.origin;
  const measure = {
    accuracy: `test accuracy ${test.toFixed(4)}`,
    mae: `test mean absolute error $${Math.round(test * 1000).toLocaleString("en")}`,
  }[figure];
  const made = file ? `Model: ${file}` : "Model: trained at startup";
  return `${made}; ${measure} on ${test_samples.toLocaleString("en")} test samples. Data: ${SOURCES[data]}.`;
}

/** Requests the status of the models until all are ready or have failed. */
async function follow() {
  let wait = 500;
  try {
    const models = await ask("/api/status");
    let pending = false;
    for (const [name, model] of Object.entries(models)) {
      const about = document.querySelector(`#${name} .about`);
      const text = sentence(model);
      if (about.textContent !== text) about.textContent = text;
      about.classList.toggle("failed", model.status.state === "failed");
      if (model.status.state === "ready") TABS[name].ready(model.about);
      pending ||= ["waiting", "working"].includes(model.status.state);
    }
    if (!pending) return;
  } catch (error) {
    for (const about of document.querySelectorAll(".about[role=status]")) about.textContent = error.message;
    wait = 2000;
  }
  setTimeout(follow, wait);
}
follow();
