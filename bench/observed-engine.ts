/** An engine that lets a bench see, time or replace what is run on it. */
import type { Engine, Executable } from "../src/engine/engine.ts";
import type { HostTensors } from "../src/engine/engine-tensors.ts";
import type { Tensor } from "../src/graph/tensor.ts";
import { LOSS } from "../src/train/program.ts";

export interface Watch {
  /** What is compiled in place of a training program. @default itself */
  replace?(engine: Engine, outputs: Readonly<Record<string, Tensor>>): Promise<Executable>;
  /** A training program has run. */
  ran(seconds: number): void;
}

export function observed(engine: Engine, watch: Watch): Engine {
  return {
    ...engine,
    compile: async (outputs) => {
      if (!(LOSS in outputs)) return engine.compile(outputs);
      const program = await (watch.replace?.(engine, outputs) ?? engine.compile(outputs));
      return {
        run: async (inputs: HostTensors, results: HostTensors) => {
          const started = performance.now();
          await program.run(inputs, results);
          watch.ran((performance.now() - started) / 1000);
        },
        dispose: () => program.dispose(),
      };
    },
  };
}
