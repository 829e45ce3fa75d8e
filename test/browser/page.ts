/** What the page runs: the sources bundled for browsers, with onnxruntime-web as the engine. */
import { evaluate } from "../oracle/evaluate.ts";
import { runOnEngine } from "../oracle/run-on-engine.ts";
import { opCases, withGradients } from "../unit/graph/op-cases.ts";
import { type TenSteps, tenSteps } from "./ten-steps.ts";
import { webEngine } from "./web-engine.ts";

const engine = webEngine();

const train = (method: string): Promise<TenSteps> => tenSteps(engine, method);

/** Of each op's program with its gradients, the largest difference from the evaluator's, relative to 1 or the value. */
async function opErrors(): Promise<Record<string, number>> {
  const errors: Record<string, number> = {};
  for (const c of opCases) {
    const outputs = withGradients(c);
    const expected = evaluate(outputs, c.values, c.sizes);
    const actual = await runOnEngine(engine, outputs, c.values, c.sizes);
    const differences = expected.flatMap(({ data }, i) =>
      Array.from(data, (value, at) => Math.abs(actual[i]!.data[at]! - value) / Math.max(1, Math.abs(value))),
    );
    errors[c.name] = Math.max(...differences);
  }
  return errors;
}

/** Called by the test. */
export const calls = { train, opErrors };
Object.assign(globalThis, { calls });
