// What clips and jobs are called where several have the same name.

import { words } from "./words.js";

/** A moment, from seconds since 1970. */
export function moment(seconds) {
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  return new Date(1000 * seconds).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
}

/** The name of one of `all`; of those with equal names also the method and the time. */
export function called(one, all) {
  const alike = all.filter((each) => each.name === one.name);
  if (alike.length < 2) return one.name;
  const engine = one.wanted.engine;
  const more = (each) => [each.wanted.engine, moment(each.created)].join(" ");
  const twins = alike.filter((each) => more(each) === more(one));
  const parts = [engine && (words().methods[engine] ?? engine), moment(one.created)];
  if (twins.length > 1) parts.push(words().copy(1 + twins.findIndex((each) => each.id === one.id)));
  return `${one.name} (${parts.filter(Boolean).join(", ")})`;
}
