/** Assembles src/engine/kernels/kernels.wat into module.generated.ts, so that no assembler is needed at run time. */
import { readFileSync, writeFileSync } from "node:fs";
import wabtInit from "wabt";

const folder = new URL("../src/engine/kernels/", import.meta.url);

/** The module that kernels.wat describes, in base64; for memory that threads share, which has to be imported as such. */
export async function assembleKernels({ shared }: { readonly shared: boolean }): Promise<string> {
  const wabt = await wabtInit();
  const text = readFileSync(new URL("kernels.wat", folder), "utf8");
  const wat = shared ? text.replace("(memory 1)", "(memory 1 65536 shared)") : text;
  const module = wabt.parseWat("kernels.wat", wat, { simd: true, threads: true });
  return Buffer.from(module.toBinary({}).buffer).toString("base64");
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const [own, shared] = [await assembleKernels({ shared: false }), await assembleKernels({ shared: true })];
  writeFileSync(
    new URL("module.generated.ts", folder),
    `/** Assembled from kernels.wat by \`npm run kernels\`; a test compares them. */
export const moduleBase64 =\n  "${own}";
/** The same for memory that threads share. */
export const sharedModuleBase64 =\n  "${shared}";
`,
  );
}
