// The tab for newswires: the most likely topics.

import { byId } from "./ask.js";
import { Bars, probability } from "./bars.js";
import { reader } from "./texts.js";

const TOP = 5;
const top = new Bars(byId("newswires-bars"), TOP);
let all;
let topics = [];

/** Returns a topic's short name, followed by its meaning if they differ. */
const named = ({ name, meaning }) => (name === meaning ? name : `${name}: ${meaning}`);

function show(answer) {
  const values = answer?.probabilities ?? [];
  const order = values.map((_, index) => index).sort((one, other) => values[other] - values[one]);
  const best = order.slice(0, TOP);
  top.show(best.map((index) => named(topics[index])), answer && best.map((index) => values[index]));
  all?.show(topics.map(({ name }) => name), answer && values);
  if (!answer) return "";
  return `${named(topics[best[0]])}, with probability ${probability(values[best[0]])}.`;
}

export const newswires = reader("newswires", show, (about) => {
  topics = about.topics;
  all = new Bars(byId("newswires-all"), topics.length);
  show(null);
});
