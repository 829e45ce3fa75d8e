/**
 * What trackers are told, read with their own packages. Needs a Python with tensorboard, mlflow and trackio, named by
 * ATTUNE_PYTHON; what it lacks is skipped.
 */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { createServer } from "node:net";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import { openTracker } from "../../../src/track/open-tracker.ts";
import { Tracking, trackTraining } from "../../../src/track/tracking.ts";
import { scratchFolder } from "../tables/scratch.ts";
import { expectedValues, trackedRun } from "./tracked-run.ts";

const python = process.env.ATTUNE_PYTHON;
const script = fileURLToPath(new URL("../../fixtures/read_trackers.py", import.meta.url));
const has = (name: string): boolean => !!python && spawnSync(python, ["-c", `import ${name}`]).status === 0;

interface ReadRun {
  readonly values: Readonly<Record<string, readonly (readonly [step: number, value: number])[]>>;
  readonly [key: string]: unknown;
}

const read = (args: readonly string[], env: object = {}): Record<string, ReadRun> =>
  JSON.parse(execFileSync(python!, [script, ...args], { encoding: "utf8", env: { ...process.env, ...env } }));

const { folder } = scratchFolder();
const servers: ChildProcess[] = [];
afterAll(() => {
  for (const server of servers) server.kill();
});

async function track(given: string): Promise<string> {
  const out = join(folder({}), "third");
  async function* events() {
    yield* trackedRun(out);
  }
  const warnings: string[] = [];
  for await (const event of trackTraining(events(), new Tracking(openTracker(given, {}))))
    if (event.type === "warning") warnings.push(event.message);
  expect(warnings).toEqual([]);
  return out;
}

function expectValues({ values }: ReadRun, isFloat32 = false): void {
  for (const [name, expected] of Object.entries(expectedValues))
    expect(values[name]).toEqual(expected.map(([step, value]) => [step, isFloat32 ? Math.fround(value!) : value]));
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}

describe("trackers' own packages read what a run told them", () => {
  test.skipIf(!has("tensorboard"))("tensorboard", async () => {
    const out = await track("tensorboard");
    const { third } = read(["tensorboard", dirname(out)]);
    expectValues(third!, true);
    expect((third as unknown as { texts: Record<string, string> }).texts["options/text_summary"]).toContain(
      "| rank | `8` |",
    );
  });

  test.skipIf(!has("mlflow.server"))("mlflow", { timeout: 180_000 }, async () => {
    const port = await freePort();
    const url = `http://127.0.0.1:${port}`;
    const place = folder({});
    const args = ["-m", "mlflow", "server", "--host", "127.0.0.1", "--port", String(port), "--workers", "1"];
    args.push("--backend-store-uri", `sqlite:///${join(place, "mlflow.db")}`, "--artifacts-destination", place);
    servers.push(spawn(python!, args, { stdio: "ignore", cwd: place }));
    await expect
      .poll(
        () =>
          fetch(`${url}/health`).then(
            ({ ok }) => ok,
            () => false,
          ),
        { timeout: 120_000 },
      )
      .toBe(true);
    await track(`mlflow=${url}`);
    const { third } = read(["mlflow", url, "attune"]);
    expectValues(third!);
    expect(third).toMatchObject({
      status: "FINISHED",
      parameters: { rank: "8", method: "lora", learningRate: "0.002" },
    });
  });

  test.skipIf(!has("trackio"))("trackio", { timeout: 180_000 }, async () => {
    const env = { TRACKIO_DIR: folder({}), GRADIO_SERVER_PORT: String(await freePort()) };
    const server = spawn(python!, [script, "serve-trackio"], {
      stdio: ["pipe", "pipe", "ignore"],
      env: { ...process.env, ...env },
    });
    servers.push(server);
    const url = await new Promise<string>((done) => {
      let said = "";
      server.stdout!.on("data", (part) => {
        const found = /^(http\S+write_token=\S+)$/m.exec((said += part));
        if (found) done(found[1]!);
      });
    });
    const out = await track(`trackio=${url}`);
    const runs = read(["trackio", "attune"], env);
    expectValues(runs[basename(out)]!);
    expect(JSON.stringify(runs[basename(out)]!.configs)).toContain('"rank":8');
  });
});
