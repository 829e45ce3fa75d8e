/** Writes an audit as audit.html, audit.json and issues.csv. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { AttuneError } from "../base/error.ts";
import { makeFolder, writeWhole } from "../base/write-whole.ts";
import { htmlOf } from "../document/html.ts";
import { auditDocument } from "./audit-page.ts";
import type { AuditResult } from "./audit-result.ts";
import { issuesCsv } from "./issues-csv.ts";

export const AUDIT_FILES = { page: "audit.html", json: "audit.json", issues: "issues.csv" } as const;

/** @throws AttuneError where an audit is there already: decisions may stand in its issues.csv */
export function requireNoAudit(out: string): void {
  const found = Object.values(AUDIT_FILES).find((name) => existsSync(join(out, name)));
  if (found === undefined) return;
  throw new AttuneError(
    "audit/exists",
    `${join(out, found)}: an audit is there already, and its decisions would be lost; choose another --out`,
  );
}

/**
 * Writes the files of an audit into a folder, which is made where it is missing; each is whole or not there.
 *
 * @returns path of audit.html
 * @throws AttuneError where an audit is there already, the system's error where the folder cannot be written
 */
export function writeAudit(result: AuditResult, out: string): string {
  requireNoAudit(out);
  makeFolder(out);
  writeWhole(join(out, AUDIT_FILES.json), `${JSON.stringify(result, null, 1)}\n`);
  writeWhole(join(out, AUDIT_FILES.issues), issuesCsv(result.issues));
  writeWhole(join(out, AUDIT_FILES.page), htmlOf(auditDocument(result)));
  return join(out, AUDIT_FILES.page);
}
