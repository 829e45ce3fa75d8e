/** Graph, models, methods and training in a browser: bundled without Node, run by onnxruntime-web in headless Chromium. */
import { readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { onnxRuntimeEngine } from "../../src/engine/onnxruntime.ts";
import { opCases } from "../unit/graph/op-cases.ts";
import { hasChromium, inChromium, launchChromium } from "./chromium.ts";
import type { calls } from "./page.ts";
import { tenSteps } from "./ten-steps.ts";

const WASM = "ort-wasm-simd-threaded.wasm";
const wasm = fileURLToPath(new URL(`../../node_modules/onnxruntime-web/dist/${WASM}`, import.meta.url));
const HTML = '<!doctype html><title>Attune</title><script type="module" src="/page.js"></script>';

let server: Server;
let browser: Browser;
let page: Page;
const failures: string[] = [];

describe.skipIf(!hasChromium)(inChromium, () => {
  beforeAll(async () => {
    // For browsers, esbuild refuses what imports Node's modules.
    const bundled = await build({
      entryPoints: [fileURLToPath(new URL("page.ts", import.meta.url))],
      bundle: true,
      platform: "browser",
      format: "esm",
      target: "es2022",
      write: false,
      logLevel: "silent",
    });
    server = createServer(({ url = "/" }, response) => {
      const [type, content] =
        url === `/${WASM}`
          ? ["application/wasm", readFileSync(wasm)]
          : url === "/page.js"
            ? ["text/javascript", bundled.outputFiles[0]!.text]
            : ["text/html", HTML];
      response.setHeader("content-type", type).end(content);
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    browser = await launchChromium();
    page = await browser.newPage();
    page.on("pageerror", (error) => failures.push(String(error)));
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
  });

  const call = <Name extends keyof typeof calls>(name: Name, ...args: Parameters<(typeof calls)[Name]>) =>
    page.evaluate(`calls.${name}(${args.map((arg) => JSON.stringify(arg)).join()})`) as ReturnType<
      (typeof calls)[Name]
    >;

  test("there is nothing of Node's", async () => {
    expect(await page.evaluate(() => ["process", "Buffer", "require"].filter((name) => name in globalThis))).toEqual(
      [],
    );
    expect(failures).toEqual([]);
  });

  test("every op and its gradients compute what the evaluator computes", async () => {
    const errors = await call("opErrors");
    expect(Object.keys(errors)).toEqual([...new Set(opCases.map(({ name }) => name))]);
    expect(Object.entries(errors).filter(([, error]) => !(error < 4e-6))).toEqual([]);
  });

  test.each(["full", "lora"])("ten steps of %s follow Node's: losses, norms and all gradients", async (method) => {
    const here = await tenSteps(onnxRuntimeEngine({ threads: 1 }), method);
    const there = await call("train", method);
    expect(there.losses).toHaveLength(10);
    expect(here.losses.at(-1)!).not.toBeCloseTo(here.losses[0]!, 2);
    expect(Math.min(...here.norms)).toBeGreaterThan(0.05);
    const differences = (found: readonly number[], expected: readonly number[]) => {
      expect(found).toHaveLength(expected.length);
      return Math.max(...expected.map((value, i) => Math.abs(found[i]! - value)));
    };
    expect(differences(there.losses, here.losses)).toBeLessThan(1e-5);
    expect(differences(there.norms, here.norms)).toBeLessThan(1e-5);
    for (const [step, expected] of here.gradients.entries()) {
      expect(Object.keys(there.gradients[step]!)).toEqual(Object.keys(expected));
      for (const [name, values] of Object.entries(expected))
        expect(differences(there.gradients[step]![name]!, values), `${name} at step ${step + 1}`).toBeLessThan(1e-5);
    }
    expect(failures).toEqual([]);
  });
});
