// Asking the server as somebody who has a link of their own, and saying what it did not like.

import { at } from "./dom.js";
import { explain, words } from "./words.js";

/** Ask about what the link is for; throws {error, code, status} where the server says no, another
 * error where it is silent. */
export async function ask(path, method = "GET", body = undefined) {
  /** @type {RequestInit} */
  const request = { method };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { "Content-Type": "application/json" };
  }
  const answer = await fetch(`${location.pathname}${path}`, request);
  if (answer.status === 204) return null;
  const content = await answer.json();
  if (!answer.ok) throw { ...content, status: answer.status };
  return content;
}

/** Say what went wrong, or with null that nothing does. */
export function trouble(problem) {
  at("trouble").hidden = !problem;
  at("trouble").textContent = problem ? (problem.error ? explain(problem) : words().lostHere) : "";
}
