// A tab for texts: the prediction, and the weight of each word.

import { ask, byId, element, latest } from "./ask.js";

/** Milliseconds to wait after the last key press before sending the text. */
const PAUSE = 150;

/** Returns a difference of probabilities as text: +0.021. */
const signed = (value) => `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(Math.abs(value) < 0.001 ? 5 : 3)}`;

/** Shows the words of a text, colored by their weight relative to the largest one. */
function color(place, pieces) {
  const most = Math.max(...pieces.map(({ weight }) => Math.abs(weight ?? 0)), 1e-9);
  place.replaceChildren(
    ...pieces.map(({ text, weight, is_word }) => {
      if (!is_word) return text;
      if (weight === null) return element("span", "unknown", text);
      const word = element("span", weight < 0 ? "lowers" : "raises", text);
      word.style.setProperty("--share", `${Math.round((70 * Math.abs(weight)) / most)}%`);
      word.title = signed(weight);
      return word;
    }),
  );
}

/** Lists the words with the largest absolute weights. */
function list(place, pieces) {
  const weights = new Map();
  for (const { text, weight } of pieces) if (weight !== null) weights.set(text.toLowerCase(), weight);
  const strongest = [...weights].sort(([, one], [, other]) => Math.abs(other) - Math.abs(one)).slice(0, 6);
  place.replaceChildren(
    ...strongest.map(([word, weight]) => element("li", "", element("b", "", word), ` ${signed(weight)}`)),
  );
}

/**
 * Sets up a tab for texts. `show` displays a response, or null if there is no prediction, and returns a sentence about it.
 */
export function reader(name, show, ready) {
  const text = byId(`${name}-text`);
  const said = byId(`${name}-result`);
  const example = byId(`${name}-example`);
  let examples = [];
  /** The message if no word is in the vocabulary. */
  let none = "No prediction: none of these words is in the model’s vocabulary.";
  let next = 0;
  let isReady = false;

  const update = latest(async () => {
    try {
      const answer = await ask(`/api/${name}`, { text: text.value });
      const pieces = answer?.pieces ?? [];
      color(byId(`${name}-words`), pieces);
      list(byId(`${name}-strongest`), pieces);
      byId(`${name}-explained`).hidden = !answer;
      const words = pieces.filter((piece) => piece.is_word).length;
      const unknown = pieces.filter((piece) => piece.is_word && piece.weight === null).length;
      const missing = unknown ? ` ${unknown} of ${words} words are not in the vocabulary.` : "";
      const isKnown = answer?.known > 0;
      const shown = show(isKnown ? answer : null);
      said.textContent = isKnown ? shown + missing : answer ? none : "";
      said.classList.remove("error");
    } catch (error) {
      said.textContent = error.message;
      said.classList.add("error");
    }
    text.ariaBusy = "false";
  });

  let timer;
  text.addEventListener("input", () => {
    text.ariaBusy = "true";
    clearTimeout(timer);
    timer = setTimeout(update, PAUSE);
  });
  const set = (value) => {
    text.value = value;
    text.dispatchEvent(new Event("input"));
  };
  byId(`${name}-clear`).addEventListener("click", () => {
    set("");
    text.focus();
  });
  example.addEventListener("click", () => {
    set(examples[next]);
    next = (next + 1) % examples.length;
  });
  example.disabled = true;
  show(null);

  return {
    ready(about) {
      if (isReady) return;
      isReady = true;
      examples = about.examples;
      if (about.origin.data === "synthetic") {
        none += " The model was trained on synthetic reviews of made-up words. Try a test review.";
      }
      example.disabled = examples.length === 0;
      ready?.(about);
      if (text.value) update();
    },
  };
}
