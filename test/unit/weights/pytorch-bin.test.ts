/** Weights in PyTorch's own format: right values from torch.save's files, and nothing that runs or allocates without bound. */
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { deflateRawSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { AttuneError } from "../../../src/base/error.ts";
import { randomKey, uint32 } from "../../../src/base/random.ts";
import { sizeOf } from "../../../src/base/size-of.ts";
import { openPytorchBin } from "../../../src/weights/pytorch-bin.ts";
import { openWeights, sha256OfWeights } from "../../../src/weights/weight-files.ts";

const fixtures = join(import.meta.dirname, "../../fixtures/pytorch-bin");
const folder = mkdtempSync(join(tmpdir(), "attune-pytorch-bin-"));
afterAll(() => rmSync(folder, { recursive: true }));
const fixture = (name: string) => join(fixtures, name);
const expected: Record<string, { shape: number[]; bits: number[] }> = JSON.parse(
  readFileSync(fixture("mixed.json"), "utf8"),
);

function bitsOf(weights: ReturnType<typeof openWeights>, name: string): number[] {
  const values = new Float32Array(sizeOf(weights.tensors.get(name)!.shape));
  weights.readFloat32(name, values);
  return [...new Uint32Array(values.buffer)];
}

function errorOf(action: () => unknown): AttuneError {
  try {
    action();
  } catch (error) {
    if (error instanceof AttuneError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
}

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** A zip archive with one tensor list (its pickle), written by hand. */
function archiveOf(pickle: Uint8Array, method = 0): Buffer {
  const name = Buffer.from("m/data.pkl");
  const data = method ? deflateRawSync(pickle) : pickle;
  const local = Buffer.alloc(30);
  local.write("PK\x03\x04", "latin1");
  local.writeUInt16LE(name.length, 26);
  const entry = Buffer.alloc(46);
  entry.write("PK\x01\x02", "latin1");
  entry.writeUInt16LE(method, 10);
  entry.writeUInt32LE(data.length, 20);
  entry.writeUInt32LE(pickle.length, 24);
  entry.writeUInt16LE(name.length, 28);
  const end = Buffer.alloc(22);
  end.write("PK\x05\x06", "latin1");
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(entry.length + name.length, 12);
  end.writeUInt32LE(local.length + name.length + data.length, 16);
  return Buffer.concat([local, name, data, entry, name, end]);
}

describe("what torch.save wrote", () => {
  const weights = openPytorchBin(fixture("mixed.bin"));
  afterAll(() => weights.close());

  test("names and shapes are listed in the order of the file, the integer buffer with them", () => {
    expect([...weights.tensors.keys()]).toEqual([...Object.keys(expected), "position_ids"]);
    for (const [name, { shape }] of Object.entries(expected)) expect(weights.tensors.get(name)!.shape).toEqual(shape);
    expect(weights.tensors.get("position_ids")!.dtype).toBe("I64");
  });

  test.each(Object.keys(expected))("%s has PyTorch's values, bit for bit", (name) => {
    expect(bitsOf(weights, name)).toEqual(expected[name]!.bits);
  });

  test("integers are listed and not read", () => {
    const { code, message } = errorOf(() => bitsOf(weights, "position_ids"));
    expect(code).toBe("weights/dtype");
    expect(message).toContain("position_ids has type I64");
    expect(errorOf(() => weights.readFloat32("other", new Float32Array(1))).code).toBe("weights/missing-tensor");
  });

  test("shards are one; a safetensors file in the folder goes first", async () => {
    const shards = openWeights(fixture("sharded"));
    for (const [name, like] of [...Object.entries({ a: "float32", b: "float16", c: "bfloat16" })])
      expect(bitsOf(shards, name)).toEqual(expected[like]!.bits);
    shards.close();
    expect(await sha256OfWeights(fixture("sharded"))).toMatch(/^[0-9a-f]{64}$/);
    const both = mkdtempSync(join(folder, "both-"));
    copyFileSync(fixture("mixed.bin"), join(both, "pytorch_model.bin"));
    copyFileSync(fixture("../safetensors/float32.safetensors"), join(both, "model.safetensors"));
    const first = openWeights(both);
    expect([...first.tensors.keys()]).toContain("layer.10.weight");
    first.close();
  });
});

describe("what is refused", () => {
  test.each([
    ["legacy.bin", "it is no zip archive, as PyTorch writes since version 1.6"],
    ["class.bin", "it holds Python's \"pathlib"],
    ["module.bin", 'it holds Python\'s "torch.nn.modules.linear.Linear"'],
  ])("%s, with the way out", (name, problem) => {
    const { code, message } = errorOf(() => openPytorchBin(fixture(name)));
    expect(code).toBe("weights/pickle");
    expect(message).toContain(problem);
    expect(message).toContain("save_pretrained(folder)");
  });

  test.each([
    ["a call of the system", "cos\nsystem\n(X\x02\0\0\0lstR.", 'Python\'s "os.system"'],
    ["an operation that makes objects", "ccollections\nOrderedDict\n)\x81.", "operation 0x81"],
    ["no dictionary", "].", "no dictionary of tensors"],
    ["an entry that is no tensor", "}X\x01\0\0\0aK\x01s.", 'its entry "a" is not a tensor'],
    ["an end that is missing", "}", "cut off"],
    ["an empty stack", "0x", "operation 0x30"],
    ["a value that is not there", "h\x07.", "damaged"],
    [
      "a storage that is not there",
      "(X\x07\0\0\0storagectorch\nFloatStorage\nX\x01\0\0\x000X\x03\0\0\0cpuK\x04tQ.",
      'the values "0" are missing',
    ],
  ])("a pickle with %s", (what, pickle, problem) => {
    const path = write(`${what}.bin`, archiveOf(Buffer.from(pickle, "latin1")));
    expect(errorOf(() => openPytorchBin(path)).message).toContain(problem);
  });

  test("compressed entries", () => {
    const path = write("compressed.bin", archiveOf(Buffer.from("}."), 8));
    expect(errorOf(() => openPytorchBin(path)).message).toContain('"m/data.pkl" is compressed');
  });

  test("an archive without tensors is an empty list", () => {
    expect(openPytorchBin(write("none.bin", archiveOf(Buffer.from("}.")))).tensors.size).toBe(0);
  });
});

test("2000 damaged files end in an error that names the file, or in tensors that fit into it", () => {
  const whole = readFileSync(fixture("mixed.bin"));
  let refused = 0;
  for (let round = 0; round < 2000; round++) {
    const key = randomKey(7, "sample", round);
    const random = (index: number, below: number) => uint32(key, index) % below;
    const bytes = Uint8Array.from(whole.subarray(0, round % 5 ? whole.length : random(0, whole.length)));
    for (let change = 0; change <= round % 7; change++)
      bytes[random(1 + 2 * change, bytes.length)] = random(2 + 2 * change, 256);
    const path = write("damaged.bin", bytes);
    try {
      const weights = openPytorchBin(path);
      try {
        for (const [name, { shape, dtype }] of weights.tensors) {
          expect(sizeOf(shape)).toBeLessThanOrEqual(bytes.length);
          if (/^B?F/.test(dtype)) weights.readFloat32(name, new Float32Array(sizeOf(shape)));
        }
      } finally {
        weights.close();
      }
    } catch (error) {
      expect(error).toBeInstanceOf(AttuneError);
      expect((error as AttuneError).message).toContain(path);
      refused++;
    }
  }
  expect(refused).toBeGreaterThan(500);
});
