// Writes plan.schema.json, by which editors check and complete plans of `attune compare`.
import { writeFileSync } from "node:fs";
import { planSchemaText } from "../src/study/plan-file.ts";

writeFileSync(new URL("../plan.schema.json", import.meta.url), planSchemaText());
