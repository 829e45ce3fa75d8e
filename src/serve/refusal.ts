/** Why a request gets no predictions, as HTTP and as JSON. */
import { AttuneError } from "../base/error.ts";

export class Refusal extends Error {
  /** Of HTTP. */
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** What is wrong with a request is said; what is wrong here is said without what is nobody else's business. */
export function refused(error: unknown): { readonly status: number; readonly body: object } {
  const said = (status: number, code: string, message: string) => ({ status, body: { error: { code, message } } });
  if (error instanceof Refusal) return said(error.status, error.code, error.message);
  if (error instanceof AttuneError && error.kind === "input") return said(400, error.code, error.message);
  if (error instanceof AttuneError && error.kind === "interrupted") return said(499, error.code, error.message);
  return said(500, "failure", "the texts could not be labelled; see the server's log");
}
