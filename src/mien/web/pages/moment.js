// Days and times.

/** A day and a time of day, from seconds since 1970, as the language that is shown writes them. */
export function moment(seconds) {
  const language = document.documentElement.lang === "en" ? "en-GB" : document.documentElement.lang;
  return new Date(1000 * seconds).toLocaleString(language, { dateStyle: "medium", timeStyle: "short" });
}
