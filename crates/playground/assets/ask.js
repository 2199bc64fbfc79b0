// Asks the server, and shows what it says of itself.

/** Returns the answer to a question; throws what the server says is wrong. */
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
    throw new Error("The playground does not answer: is it still running?");
  }
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `The server answered with ${response.status}.`);
  return answer;
}

/**
 * Returns a function that runs `work`, which is asynchronous, and runs it once more if it is called meanwhile: of the
 * questions that arise while an answer is awaited, only the last one is asked.
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
