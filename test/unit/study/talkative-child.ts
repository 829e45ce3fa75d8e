/** A job whose news are larger than what a pipe holds. */
import { serveParent } from "../../../src/study/serve-parent.ts";

serveParent<{ readonly out: string; readonly characters: number; readonly fails: boolean }, string>(
  async ({ characters, fails }, tell) => {
    tell("x".repeat(characters));
    if (fails) throw new Error("on purpose");
  },
  "",
);
