// Who looks at the page, and what they may do: pages hide what the server would refuse.

/** @type {{by_name: boolean, id: string | null, name: string | null, role: string}} */
let me = { by_name: false, id: null, name: null, role: "admin" };
let right = "own";

/** Take what the server says of who asks. */
export function learnMe(found) {
  me = found;
  document.body.dataset.role = me.role;
}

/** Take what may be done with the project that is shown. */
export function learnRight(found) {
  right = found ?? (me.role === "reader" ? "read" : "own");
  document.body.dataset.right = right;
}

/** Who looks at the page. */
export const who = () => me;

/** Whether clips may be uploaded, made, seen with their originals and removed in the project. */
export const mayWork = () => right !== "read";

/** Whether the project may be renamed, shared and removed. */
export const mayOwn = () => right === "own";

/** Whether accounts and projects of their own are for them. */
export const isReader = () => me.role === "reader";
export const isAdmin = () => me.by_name && me.role === "admin";
