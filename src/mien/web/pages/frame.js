// What every page has: navigation, project, language, one sentence on what stays, troubles.

import { at, make } from "./dom.js";
import { know, traits } from "./engines.js";
import { dressHelp } from "./help.js";
import { isAdmin, isReader, learnMe, learnRight, mayOwn, who } from "./me.js";
import { ask } from "./server.js";
import { share } from "./share.js";
import { showTour } from "./tour.js";
import { explain, learnFaces, switchLanguage, translate, use, words } from "./words.js";

const OFTEN_MS = 400; // between two looks at the server while something happens
const SELDOM_MS = 3000;
const PAGES = [["/", "pageDeidentify"], ["/record", "pageRecord"], ["/live", "pageLive"], ["/compare", "pageCompare"], ["/evidence", "pageEvidence"], ["/encounter", "pageEncounter"], ["/release", "pageRelease"], ["/study", "pageStudy"], ["/review", "pageReview"], ["/batches", "pageBatches"], ["/accounts", "pageAccounts"]];
const OF_WORKERS = ["/record", "/live", "/study", "/review"];

let look = async () => false;
let show = () => {};
let projects = [];
let home = localStorage.getItem("project");
let timer = null;
let batches = 0; // that the server shows
let alone = false; // whether the page is about no project

/** Show a problem, or none. */
export function trouble(problem) {
  if (problem?.code === "log_in") location.assign("/login");
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
    if (!alone && !projects.length) await lookForProjects();
    if (alone || projects.length) busy = await look();
    if (at("trouble").dataset.lost) trouble(null);
    delete at("trouble").dataset.lost;
  } catch (problem) {
    trouble(problem);
    at("trouble").dataset.lost = "yes";
  }
  clearTimeout(timer);
  timer = setTimeout(lookNow, busy ? OFTEN_MS : SELDOM_MS);
}

/** Who has no project yet may be given one meanwhile. */
async function lookForProjects() {
  projects = await ask("projects");
  showProjects();
}

async function leave() {
  try {
    await ask("me/leave", "POST");
  } finally {
    location.assign("/login");
  }
}

/** Show who looks at the page, where people have accounts, and what is for them. */
function showMe() {
  const w = words(), me = who();
  at("me").hidden = !me.by_name;
  at("me-name").textContent = me.name ? w.me(me.name, w.myRole[me.role]) : "";
  for (const [href] of PAGES) {
    const asked = location.pathname === href;
    const away = href === "/accounts" ? !isAdmin() && !asked : href === "/batches" ? !batches && !asked : isReader() && OF_WORKERS.includes(href);
    document.querySelector(`nav a[href="${href}"]`)?.toggleAttribute("hidden", away);
  }
}

function header() {
  const links = PAGES.map(([href, word]) => {
    const element = make("a", { href, "data-word": word, hidden: ["/accounts", "/batches"].includes(href) });
    if (href === location.pathname) element.setAttribute("aria-current", "page");
    return element;
  });
  const language = make("button", { id: "language", type: "button", className: "plain" });
  language.addEventListener("click", () => {
    switchLanguage();
    translate();
    showMe();
    showProjects();
    show();
    dressHelp();
    showTour();
  });
  const chosen = make("select", { id: "project" });
  chosen.addEventListener("change", changeProject);
  const me = make("span", { id: "me", className: "me", hidden: true },
    make("a", { id: "me-name", href: "/accounts" }),
    make("button", { type: "button", className: "plain", "data-word": "leave", onclick: leave }));
  return make("header", {},
    make("p", { className: "brand", textContent: "mien" }),
    make("nav", { "aria-label": "mien" }, ...links),
    make("div", { className: "row" },
      make("label", { className: "project", hidden: alone }, make("span", { "data-word": "project" }), " ", chosen),
      me, language));
}

async function changeProject(event) {
  const select = event.target;
  if (select.value === "share") {
    const shared = projects.find((each) => each.id === project());
    showProjects(); // what is chosen stays
    await share(shared);
    return;
  }
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
  learnRight(projects.find((each) => each.id === project())?.right);
  const whose = (each) => (each.owner && each.owner !== who().name ? `${each.name} (${each.owner})` : each.name);
  const entries = projects.map((each) => make("option", { value: each.id, textContent: whose(each), selected: each.id === project() }));
  const own = mayOwn() && projects.length > 0;
  const actions = [
    ...(isReader() ? [] : [["new", w.projectNew]]), ...(own ? [["name", w.projectRename]] : []),
    ...(own && who().by_name ? [["share", w.projectShare]] : []), ...(own ? [["remove", w.projectRemove]] : [])];
  const none = projects.length ? [] : [make("option", { value: "", textContent: "–", selected: true, disabled: true })];
  at("no-projects").hidden = alone || projects.length > 0;
  at("no-projects").textContent = isReader() ? w.noProjects : w.noProjectsYet;
  document.querySelector("main").hidden = !alone && !projects.length;
  select.replaceChildren(...none, ...entries,
    ...(actions.length ? [make("hr")] : []), ...actions.map(([value, textContent]) => make("option", { value, textContent })));
}

/**
 * Begin a page: `page.words` are its words in both languages, `page.look` asks the server and says
 * whether something happens there, `page.show` draws what is known in the language that is chosen;
 * `page.alone` says that it is about no project.
 */
export async function begin(page) {
  use(page.words);
  look = page.look;
  alone = page.alone ?? false;
  show = page.show;
  document.body.prepend(header());
  document.querySelector("main").before(make("p", { id: "no-projects", className: "none", hidden: true }));
  document.body.append(
    make("p", { id: "said", role: "status", "aria-live": "polite" }),
    make("p", { id: "trouble", role: "alert", hidden: true }),
    make("footer", {}, make("p", { "data-word": "footer" })));
  translate();
  dressHelp();
  try {
    const [options, found, me] = await Promise.all([ask("options"), ask("projects"), ask("me")]);
    know(options);
    learnMe(me);
    batches = options.batches;
    showMe();
    learnFaces((engine) => traits(engine).needs_surrogate);
    projects = found;
    showProjects();
    if (!options.local) {
      const stays = at("stays");
      stays.dataset.word = `${stays.dataset.word}There`;
      translate();
    }
    await page.ready?.(options);
    showTour();
  } catch (problem) {
    trouble(problem);
    return;
  }
  await lookNow();
}
