// Requests to the server, and helpers for elements.

/** Sends a request and returns the response; throws the server’s error message. */
export async function ask(path, question, method = question === undefined ? "GET" : "POST") {
  const options = { method };
  if (question !== undefined) {
    options.headers = { "content-type": "application/json" };
    options.body = JSON.stringify(question);
  }
  let response;
  try {
    response = await fetch(path, options);
  } catch {
    throw new Error("The playground does not respond: check that it is still running.");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The server responded with status ${response.status}.`);
  return answer;
}

/**
 * Returns a function that runs the asynchronous `work`. Calls while it is running cause one more run afterwards, so that of
 * several pending requests only the last one is sent.
 */
export function latest(work) {
  let running = false;
  let again = false;
  return async function run() {
    if (running) {
      again = true;
      return;
    }
    running = true;
    do {
      again = false;
      await work();
    } while (again);
    running = false;
  };
}

/** Returns the element with this id. */
export const byId = (id) => document.getElementById(id);

/** Returns a new element with a class and content. */
export function element(name, className = "", ...content) {
  const made = document.createElement(name);
  made.className = className;
  made.append(...content);
  return made;
}

/** Returns a new SVG element with attributes and a text. */
export function svg(name, attributes, text = "") {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.textContent = text;
  return made;
}
