/** A classifier over HTTP: nothing is lost, numbers are those of predict, and what cannot be answered says why. */

import { mkdtempSync, rmSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Classifier, load } from "../../../src/classifier/classifier.ts";
import { train } from "../../../src/run/train.ts";
import { ClassifierServer } from "../../../src/serve/http-server.ts";
import { TextAnswers } from "../../../src/serve/text-answers.ts";
import { tinyData, tinyModel, tinyTraining } from "../../tiny.ts";

const root = mkdtempSync(join(tmpdir(), "attune-serve-"));
let classifier: Classifier;
let server: ClassifierServer;

beforeAll(async () => {
  const [model, data] = [tinyModel(join(root, "model")), tinyData(join(root, "data"))];
  await train({ model, data, out: join(root, "run"), epochs: 1, head: "mean", threads: 1, ...tinyTraining });
  classifier = await load(join(root, "run"), { threads: 1 });
  const answers = new TextAnswers(classifier, { maxTexts: 100 });
  server = await ClassifierServer.start(answers, { port: 0, maxBytes: 20_000, maxConcurrent: 20 });
});
afterAll(async () => {
  await server.stop();
  await classifier.dispose();
  rmSync(root, { recursive: true });
});

const post = (body: string | object, headers: Record<string, string> = { "content-type": "application/json" }) =>
  fetch(`${server.url}/predict`, {
    method: "POST",
    headers,
    body: typeof body === "string" ? body : JSON.stringify(body),
  });

/** The status of a request whose headers fetch would not send. */
const statusFor = (headers: Record<string, string>): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    httpRequest(`${server.url}/health`, { headers }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });

test("200 requests of 1 to 100 texts, 16 at a time: none is lost, and the numbers are those of predict", async () => {
  const words = ["good", "bad", "cat", "dog", "happy", "unhappy", "the", "very"];
  const texts = Array.from(
    { length: 100 },
    (_, i) => `${words[i % 8]} ${words[(i * 3 + 1) % 8]} ${words[(i >> 3) % 8]}`,
  );
  const expected = (await classifier.predict(texts)).map(({ label, scores }) => ({ label, scores }));
  let next = 0;
  const ask = async () => {
    for (let i = next++; i < 200; i = next++) {
      const count = 1 + ((i * 37) % 100);
      const response = await post({ texts: texts.slice(0, count) });
      expect(response.status).toBe(200);
      const { predictions } = (await response.json()) as { predictions: typeof expected };
      expect(predictions.map(({ label }) => label)).toEqual(expected.slice(0, count).map(({ label }) => label));
      const probabilities = (some: typeof expected) =>
        some.flatMap(({ scores }) => scores.map((score) => score.probability));
      const apart = probabilities(predictions).map((p, k) => Math.abs(p - probabilities(expected)[k]!));
      // Which texts are computed together decides the last bits of a float32.
      expect(Math.max(...apart)).toBeLessThan(1e-6);
    }
  };
  await Promise.all(Array.from({ length: 16 }, ask));
  const numbers = await (await fetch(`${server.url}/metrics`)).text();
  expect(numbers).toContain('attune_requests_total{path="/predict",status="200"} 200\n');
  expect(numbers).toContain("attune_requests_current 0\n");
  expect(numbers).toContain('attune_request_seconds_bucket{le="+Inf"} 200\n');
});

test("one text gets one answer, and top so many labels", async () => {
  const [expected] = await classifier.predict(["good cat"]);
  expect(await (await post({ text: "good cat", top: 1 })).json()).toEqual({
    label: expected!.label,
    scores: expected!.scores.slice(0, 1),
  });
});

describe("what cannot be answered", () => {
  test.each([
    ["{", 400, "json"],
    ["[]", 400, "body"],
    [{}, 400, "body"],
    [{ text: "a", texts: ["b"] }, 400, "body"],
    [{ texts: "a" }, 400, "body"],
    [{ text: 5 }, 400, "predict/texts"],
    [{ texts: ["a", null] }, 400, "predict/texts"],
    [{ text: "a", top: 0 }, 400, "body"],
    [{ text: "a", tip: 1 }, 400, "body"],
    [{ texts: new Array(101).fill("a") }, 413, "texts"],
    [{ text: "a".repeat(20_000) }, 413, "bytes"],
  ])("%j", async (body, status, code) => {
    const response = await post(body);
    const { error } = (await response.json()) as { error: { code: string; message: string } };
    expect([response.status, error.code]).toEqual([status, code]);
    expect(error.message).toMatch(/\w/);
  });

  test("another content type, path, method or host", async () => {
    expect((await post({ text: "a" }, { "content-type": "text/plain" })).status).toBe(415);
    expect((await fetch(`${server.url}/nothing`)).status).toBe(404);
    expect((await fetch(`${server.url}/predict`)).status).toBe(405);
    expect(await statusFor({ host: "evil.example" })).toBe(421);
    expect(await statusFor({ host: "localhost:1234" })).toBe(200);
  });
});

test("more requests at a time than are allowed get 429; stopping answers what was asked and then nothing", async () => {
  const own = await ClassifierServer.start(new TextAnswers(classifier), { port: 0, maxConcurrent: 1 });
  const { url } = own;
  expect(await (await fetch(`${url}/health`)).json()).toMatchObject({ status: "ready", labels: classifier.labels });
  const ask = (count: number) =>
    fetch(`${url}/predict`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ texts: new Array(count).fill("the good cat") }),
    });
  const asked = ask(1000);
  while (!(await (await fetch(`${url}/metrics`)).text()).includes("attune_requests_current 1"))
    await new Promise((resolve) => setTimeout(resolve, 1));
  expect((await ask(1)).status).toBe(429);
  await own.stop();
  expect((await asked).status).toBe(200);
  await expect(fetch(`${url}/health`)).rejects.toThrow();
});
