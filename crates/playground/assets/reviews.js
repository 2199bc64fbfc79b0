// The tab for reviews: positive or negative sentiment.

import { byId } from "./ask.js";
import { Bars, probability } from "./bars.js";
import { reader } from "./texts.js";

const bars = new Bars(byId("reviews-bars"), 2);

function show(answer) {
  const positive = answer?.probabilities[0];
  bars.show(["positive", "negative"], answer && [positive, 1 - positive]);
  if (!answer) return "";
  return positive > 0.5
    ? `Positive, with probability ${probability(positive)}.`
    : `Negative, with probability ${probability(1 - positive)}.`;
}

export const reviews = reader("reviews", show, ({ origin }) => {
  byId("made-up").hidden = origin.data !== "synthetic";
});
