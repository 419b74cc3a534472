// Marking words of the protocol in a text. What a record holds is text and is never read as markup.

import { make } from "./dom.js";

const escaped = (text) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** What finds the terms; `*` ends a stem. Null if there are none. */
export function finder(terms) {
  const parts = terms
    .map((term) => term.trim())
    .filter((term) => term.replace("*", "").length > 1)
    .sort((a, b) => b.length - a.length)
    .map((term) => escaped(term.replaceAll("*", "")).replace(/\s+/g, "[\\s-]+") + (term.endsWith("*") ? "[\\p{L}\\p{N}]*" : "s?"));
  return parts.length ? new RegExp(`(?<![\\p{L}\\p{N}])(?:${parts.join("|")})(?![\\p{L}\\p{N}])`, "giu") : null;
}

/** A text as nodes, with what is found marked. */
export function marked(text, found) {
  if (!found) return [document.createTextNode(text)];
  const nodes = [];
  let at = 0;
  for (const match of text.matchAll(found)) {
    if (match.index > at) nodes.push(document.createTextNode(text.slice(at, match.index)));
    nodes.push(make("mark", { textContent: match[0] }));
    at = match.index + match[0].length;
  }
  nodes.push(document.createTextNode(text.slice(at)));
  return nodes;
}
