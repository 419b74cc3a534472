// Sharing a project: who else sees its results, or works in it.

import { at, make } from "./dom.js";
import { ask } from "./server.js";
import { explain, words } from "./words.js";

let project = null;
let colleagues = [];
let shares = [];

/** Open the dialog for a project. */
export async function share(found) {
  project = found;
  if (!document.getElementById("share")) document.body.append(dialog());
  at("share-trouble").hidden = true;
  try {
    [colleagues, shares] = await Promise.all([ask("colleagues"), ask(`projects/${project.id}/shares`)]);
  } catch (problem) {
    trouble(problem);
  }
  draw();
  at("share").showModal();
}

function dialog() {
  const done = make("button", { type: "submit", className: "main", "data-word": "shareDone" });
  return make("dialog", { id: "share", "aria-labelledby": "share-heading" },
    make("form", { method: "dialog" },
      make("h2", { id: "share-heading" }),
      make("p", { className: "note", id: "share-lead" }),
      make("ul", { id: "share-people" }),
      make("p", { id: "share-trouble", className: "problem", role: "alert", hidden: true }),
      make("p", { className: "row ends" }, done)));
}

function trouble(problem) {
  at("share-trouble").hidden = false;
  at("share-trouble").textContent = problem.error ? explain(problem) : words().lost;
}

function draw() {
  const w = words(), others = colleagues.filter((each) => each.name !== project.owner);
  at("share-heading").textContent = w.shareTitle(project.name);
  at("share-lead").textContent = others.length ? w.shareLead : w.shareNobody;
  at("share").querySelector("button").textContent = w.shareDone;
  at("share-people").replaceChildren(...others.map(person));
}

function person(colleague) {
  const w = words(), now = shares.find((each) => each.account === colleague.id)?.right ?? "none";
  // who may only read at all cannot be let work
  const choices = colleague.role === "reader" ? ["none", "read"] : ["none", "read", "work"];
  const select = make("select", { onchange: () => change(colleague, select.value) },
    ...choices.map((value) => make("option", { value, textContent: w.shareRights[value], selected: value === now })));
  return make("li", { className: "row" }, make("label", { className: "share" }, make("span", { className: "name", textContent: colleague.name }), select));
}

async function change(colleague, right) {
  const path = `projects/${project.id}/shares/${colleague.id}`;
  try {
    shares = right === "none" ? await ask(path, "DELETE") : await ask(path, "PUT", { right });
    at("share-trouble").hidden = true;
  } catch (problem) {
    trouble(problem);
    draw();
  }
}
