/** Attune's public API. */
export { AttuneError } from "./base/error.ts";
