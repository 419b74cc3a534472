// What engines do to a face, as the server tells it: pages compare traits, never names.

const UNKNOWN = { keeps_motion: true, hides_face: true, needs_surrogate: false, shows_face: true, words: "" }; // nothing is said of it
let known = {};

/** Take what the server offers. */
export function know(options) {
  known = options.traits;
}

/** The traits of the engine of that name. */
export const traits = (name) => known[name] ?? UNKNOWN;

/** Names of engines whose faces have been recognised. */
export const weak = () => Object.keys(known).filter((name) => !known[name].hides_face);
