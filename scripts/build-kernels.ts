/** Assembles src/engine/kernels/kernels.wat into module.generated.ts, so that no assembler is needed at run time. */
import { readFileSync, writeFileSync } from "node:fs";
import wabtInit from "wabt";

const folder = new URL("../src/engine/kernels/", import.meta.url);

/** The bytes of the WebAssembly module that kernels.wat describes. */
export async function assembleKernels(): Promise<Uint8Array> {
  const wabt = await wabtInit();
  const module = wabt.parseWat("kernels.wat", readFileSync(new URL("kernels.wat", folder), "utf8"), { simd: true });
  return module.toBinary({}).buffer;
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  const base64 = Buffer.from(await assembleKernels()).toString("base64");
  writeFileSync(
    new URL("module.generated.ts", folder),
    `/** Assembled from kernels.wat by \`npm run kernels\`; a test compares the two. */\nexport const moduleBase64 =\n  "${base64}";\n`,
  );
}
