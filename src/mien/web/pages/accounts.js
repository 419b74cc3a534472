// The page "Accounts": my password; for admins accounts, projects, storage and the log.

import { at, button, make } from "./dom.js";
import { act, begin, say, trouble } from "./frame.js";
import { isAdmin, who } from "./me.js";
import { moment } from "./moment.js";
import { redraw } from "./redraw.js";
import { ask } from "./server.js";
import { number, words } from "./words.js";
import { WORDS } from "./words/accounts.js";

const ROLES = ["reader", "worker", "admin"];
const LINES = 100;
const LOG_MS = 20_000; // between two looks at the log, which is checked as a whole

let accounts = [];
let projects = [];
let department = null;
let log = null;
let logged = 0; // when it was asked for
let lines = []; // of the log, as many as were asked for
let given = null; // {name, password} that is shown once

// --- what is known ------------------------------------------------------------------------------

async function look() {
  if (isAdmin()) {
    [accounts, projects, department] = await Promise.all([ask("accounts"), ask("projects"), ask("department")]);
    if (!log || performance.now() - logged > LOG_MS) await lookAtLog();
  }
  show();
  return false;
}

async function lookAtLog() {
  const newest = lines[0]?.number;
  logged = performance.now();
  log = await ask(`log?count=${LINES}`);
  const fresh = log.lines.filter((line) => !newest || line.number > newest);
  lines = fresh.length === log.lines.length ? log.lines : [...fresh, ...lines];
}

/** Do something, and look at what the log says of it. */
async function does(path, method, body) {
  log = null;
  return act(path, method, body);
}

async function earlier() {
  try {
    const found = await ask(`log?count=${LINES}&before=${lines.at(-1).number}`);
    lines = [...lines, ...found.lines];
    show();
  } catch (problem) {
    trouble(problem);
  }
}

// --- drawing it ---------------------------------------------------------------------------------

const size = (bytes) => `${number(bytes / 1e9)} GB`;

function show() {
  const w = words(), me = who();
  at("without").hidden = me.by_name;
  at("own").hidden = !me.by_name;
  at("admin").hidden = !isAdmin();
  at("own-name").textContent = me.name ? w.iAm(me.name, w.roleOf[me.role]) : "";
  at("password-name").value = me.name ?? "";
  if (!isAdmin()) return;
  redraw(at("add-role"), ROLES, () => ROLES.map((role) => make("option", { value: role, textContent: w.roleOf[role], selected: role === "worker" })));
  at("given").hidden = !given;
  redraw(at("given"), given, () => given ? [w.givenTo(given.name), " ", make("code", { textContent: given.password }), " ", w.givenOnce] : []);
  redraw(at("people"), [accounts, department.people.map((one) => [one.quota, Math.round(one.used / 1e8)])], () => accounts.map(person));
  redraw(at("projects"), [projects, accounts.map((one) => [one.id, one.name])], () => projects.map(whose));
  redraw(at("storage"), department, storage);
  showLog();
}

function person(account) {
  const w = words(), use = department.people.find((one) => one.id === account.id), path = `accounts/${account.id}`;
  const change = (body) => does(path, "PUT", body);
  const role = make("select", { onchange: () => change({ role: role.value }), "data-at": `role ${account.id}` },
    ...ROLES.map((each) => make("option", { value: each, textContent: w.roleOf[each], selected: each === account.role })));
  const quota = make("input", { type: "number", min: "0", step: "any", value: account.quota ? account.quota / 1e9 : "", placeholder: w.asAll, "data-at": `quota ${account.id}` });
  quota.addEventListener("change", () => change({ quota_gb: Number(quota.value) || 0 }));
  const renew = async () => {
    if (!confirm(w.sureRenew(account.name))) return;
    const answer = await change({ new_password: true });
    if (answer) shown(account.name, answer.password);
  };
  const remove = () => confirm(w.sureRemove(account.name)) && does(path, "DELETE");
  return make("li", {},
    make("div", { className: "row" },
      make("p", { className: "name", textContent: account.name }),
      make("span", { className: "note", textContent: w.has(account.projects, size(use?.used ?? 0), use?.quota ? size(use.quota) : "") })),
    make("div", { className: "settings" },
      make("label", {}, `${w.role} `, role),
      make("label", {}, `${w.quota} `, quota)),
    make("p", { className: "row" },
      button("renew", renew, account.name, { "data-at": `renew ${account.id}` }),
      account.id === who().id ? null : button("remove", remove, account.name, { "data-at": `remove ${account.id}` })));
}

function whose(project) {
  const w = words(), owner = accounts.find((one) => one.name === project.owner);
  const select = make("select", { onchange: () => does(`projects/${project.id}/owner`, "PUT", { account: select.value }), "data-at": `owner ${project.id}` },
    ...(owner ? [] : [make("option", { value: "", textContent: w.nobodys, selected: true, disabled: true })]),
    ...accounts.map((one) => make("option", { value: one.id, textContent: one.name, selected: one === owner })));
  return make("li", {}, make("label", { className: "row" }, make("span", { className: "name", textContent: project.name }), select));
}

function storage() {
  const w = words(), d = department;
  return [
    d.quota === null ? w.usedFree(size(d.used), size(d.free)) : w.usedOf(size(d.used), size(d.quota), size(d.free)),
    d.quota_each === null ? w.eachFree : w.eachOf(size(d.quota_each)),
    d.originals_days === null ? w.originalsStay : w.originalsGo(d.originals_days),
    d.results_days === null ? w.resultsStay : w.resultsGo(d.results_days),
  ].map((textContent) => make("li", { textContent }));
}

function showLog() {
  const w = words();
  at("log-state").textContent = log.problem ? w.logBroken(log.problem) : w.logWhole(log.total, log.last.slice(0, 16));
  at("log-state").classList.toggle("broken", Boolean(log.problem));
  at("earlier").hidden = !lines.length || lines.at(-1).number <= 1;
  redraw(at("log"), lines, () => [
    make("thead", {}, make("tr", {}, ...[w.when, w.whoDid, w.whatDone, w.ids].map((textContent) => make("th", { scope: "col", textContent })))),
    make("tbody", {}, ...lines.map(line))]);
}

function line(one) {
  const w = words();
  const refused = one.what.startsWith("refused");
  const what = one.what.replace(/^refused:? ?/, ""), said = w.did[what] ?? what;
  const done = [refused ? [w.refused, said].filter(Boolean).join(" ") : said, one.more].filter(Boolean).join(" · ");
  return make("tr", {},
    make("td", { textContent: moment(Date.parse(one.time) / 1000) }), make("td", { textContent: one.name }),
    make("td", { textContent: done }), make("td", {}, make("code", { textContent: one.on.join(" ") })));
}

// --- what people do -----------------------------------------------------------------------------

function shown(name, password) {
  given = { name, password };
  show();
  at("given").scrollIntoView({ block: "nearest" });
}

async function add(event) {
  event.preventDefault();
  const answer = await does("accounts", "POST", { name: at("add-name").value, role: at("add-role").value });
  if (!answer) return;
  at("add-name").value = "";
  shown(answer.account.name, answer.password);
}

async function changePassword(event) {
  event.preventDefault();
  try {
    await ask("me/password", "PUT", { old: at("password-old").value, new: at("password-new").value });
    say(words().passwordChanged);
    location.assign("/login");
  } catch (problem) {
    trouble(problem);
  }
}

at("add").addEventListener("submit", add);
at("password").addEventListener("submit", changePassword);
at("earlier").addEventListener("click", earlier);
begin({ words: WORDS, look, show, alone: true });
