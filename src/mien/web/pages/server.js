// Asking the server.

// While something is pressed no answer arrives: what is drawn then would move a button away between
// the press and its release, and a click that ends elsewhere does nothing.
let released = Promise.resolve();
let release = () => {};

const PRESSED = "button, a, label, summary, [type=checkbox], [type=radio]";

window.addEventListener("pointerdown", (event) => {
  if (!event.isPrimary || event.button !== 0 || !(event.target instanceof Element && event.target.closest(PRESSED))) return;
  release();
  released = new Promise((resolve) => (release = resolve));
}, true);
for (const kind of ["pointerup", "pointercancel", "dragstart", "blur"]) {
  // after the click that follows; a field that loses the focus is no window that does
  window.addEventListener(kind, () => setTimeout(release), kind !== "blur");
}

/** Ask the API; throws {error, code} where it says no, another error where it does not answer. */
export async function ask(path, method = "GET", body = undefined) {
  const request = { method };
  if (body !== undefined) {
    request.body = JSON.stringify(body);
    request.headers = { "Content-Type": "application/json" };
  }
  const answer = await fetch(`/api/${path}`, request);
  if (answer.status === 204) return null;
  const content = await answer.json();
  await released;
  if (!answer.ok) throw content;
  return content;
}

/** Whether nothing more will happen to a clip or a job. */
export const over = (job) => !["queued", "running"].includes(job.status);
