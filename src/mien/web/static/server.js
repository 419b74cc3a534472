// Asking the server.

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
  if (!answer.ok) throw content;
  return content;
}

/** Whether nothing more will happen to a clip or a job. */
export const over = (job) => !["queued", "running"].includes(job.status);
