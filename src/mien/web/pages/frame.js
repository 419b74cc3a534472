// What every page has: navigation, project, language, one sentence on what stays, troubles.

import { at, make } from "./dom.js";
import { know, traits } from "./engines.js";
import { ask } from "./server.js";
import { explain, learnFaces, switchLanguage, translate, use, words } from "./words.js";

const OFTEN_MS = 400; // between two looks at the server while something happens
const SELDOM_MS = 3000;
const PAGES = [["/", "pageDeidentify"], ["/record", "pageRecord"], ["/live", "pageLive"], ["/compare", "pageCompare"], ["/evidence", "pageEvidence"], ["/encounter", "pageEncounter"], ["/release", "pageRelease"], ["/study", "pageStudy"], ["/review", "pageReview"]];

let look = async () => false;
let show = () => {};
let projects = [];
let home = localStorage.getItem("project");
let timer = null;

/** Show a problem, or none. */
export function trouble(problem) {
  at("trouble").hidden = !problem;
  at("trouble").textContent = problem ? (problem.error ? explain(problem) : words().lost) : "";
}

/** Say something to people who listen to the page. */
export const say = (text) => {
  at("said").textContent = text;
};

/** Do something on the server, then look again; whether it was done. */
export async function act(path, method, body) {
  let answer = null;
  try {
    answer = (await ask(path, method, body)) ?? true;
    trouble(null);
  } catch (problem) {
    trouble(problem);
  }
  await lookNow();
  return answer;
}

/** The project whose clips are shown. What another window chooses meanwhile changes nothing here. */
export function project() {
  return projects.find((each) => each.id === home)?.id ?? projects[0]?.id;
}

function goTo(id) {
  home = id;
  localStorage.setItem("project", id);
}

/** Look at the server now, and then as often as something happens. */
export async function lookNow() {
  clearTimeout(timer);
  let busy = false;
  try {
    busy = await look();
    if (at("trouble").dataset.lost) trouble(null);
    delete at("trouble").dataset.lost;
  } catch (problem) {
    trouble(problem);
    at("trouble").dataset.lost = "yes";
  }
  clearTimeout(timer);
  timer = setTimeout(lookNow, busy ? OFTEN_MS : SELDOM_MS);
}

function header() {
  const links = PAGES.map(([href, word]) => {
    const element = make("a", { href, "data-word": word });
    if (href === location.pathname) element.setAttribute("aria-current", "page");
    return element;
  });
  const language = make("button", { id: "language", type: "button", className: "plain" });
  language.addEventListener("click", () => {
    switchLanguage();
    translate();
    showProjects();
    show();
  });
  const chosen = make("select", { id: "project" });
  chosen.addEventListener("change", changeProject);
  return make("header", {},
    make("p", { className: "brand", textContent: "mien" }),
    make("nav", { "aria-label": "mien" }, ...links),
    make("div", { className: "row" },
      make("label", { className: "project" }, make("span", { "data-word": "project" }), " ", chosen),
      language));
}

async function changeProject(event) {
  const select = event.target;
  if (select.value === "new" || select.value === "name") {
    const now = projects.find((each) => each.id === project());
    const name = prompt(words().projectName, select.value === "name" ? now.name : "")?.trim();
    const query = new URLSearchParams({ name: name ?? "" });
    try {
      if (name && select.value === "new") goTo((await ask(`projects?${query}`, "POST")).id);
      if (name && select.value === "name") await ask(`projects/${now.id}?${query}`, "PUT");
      trouble(null);
    } catch (problem) {
      trouble(problem);
    }
  } else if (select.value === "remove") {
    try {
      await ask(`projects/${project()}`, "DELETE");
      trouble(null);
    } catch (problem) {
      trouble(problem);
    }
  } else {
    goTo(select.value);
  }
  try {
    projects = await ask("projects");
  } catch (problem) {
    trouble(problem);
  }
  showProjects();
  await lookNow();
}

function showProjects() {
  const select = document.getElementById("project"), w = words();
  const entries = projects.map((each) => make("option", { value: each.id, textContent: each.name, selected: each.id === project() }));
  const actions = [["new", w.projectNew], ["name", w.projectRename], ["remove", w.projectRemove]];
  select.replaceChildren(...entries,
    make("hr"), ...actions.map(([value, textContent]) => make("option", { value, textContent })));
}

/**
 * Begin a page: `page.words` are its words in both languages, `page.look` asks the server and says
 * whether something happens there, `page.show` draws what is known in the language that is chosen.
 */
export async function begin(page) {
  use(page.words);
  look = page.look;
  show = page.show;
  document.body.prepend(header());
  document.body.append(
    make("p", { id: "said", role: "status", "aria-live": "polite" }),
    make("p", { id: "trouble", role: "alert", hidden: true }),
    make("footer", {}, make("p", { "data-word": "footer" })));
  translate();
  try {
    const [options, found] = await Promise.all([ask("options"), ask("projects")]);
    know(options);
    learnFaces((engine) => traits(engine).needs_surrogate);
    projects = found;
    showProjects();
    if (!options.local) {
      const stays = at("stays");
      stays.dataset.word = `${stays.dataset.word}There`;
      translate();
    }
    await page.ready?.(options);
  } catch (problem) {
    trouble(problem);
    return;
  }
  await lookNow();
}
