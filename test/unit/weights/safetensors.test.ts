import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { AttuneError } from "../../../src/base/error.ts";
import { openSafetensors, type WeightFiles, writeSafetensors } from "../../../src/weights/safetensors.ts";
import { openWeights, sha256OfWeights } from "../../../src/weights/weight-files.ts";

const fixtures = new URL("../../fixtures/", import.meta.url).pathname;
const folder = mkdtempSync(join(tmpdir(), "attune-safetensors-"));
afterAll(() => rmSync(folder, { recursive: true }));

function read(file: WeightFiles, name: string): Float32Array {
  const into = new Float32Array(file.tensors.get(name)!.shape.reduce((a, b) => a * b, 1));
  file.readFloat32(name, into);
  return into;
}

/** Bits, with every NaN the same: converting may change its payload. */
const bitsOf = (values: Float32Array): number[] =>
  [...new Uint32Array(values.buffer, values.byteOffset, values.length)].map((bits) =>
    (bits & 0x7fffffff) > 0x7f800000 ? 0x7fc00000 : bits,
  );

const sameNaN = (bits: readonly number[]): number[] => bitsOf(new Float32Array(Uint32Array.from(bits).buffer));

function fileOf(name: string, content: string | Uint8Array): string {
  writeFileSync(join(folder, name), content);
  return join(folder, name);
}

/** A file with this header, made by hand. */
function rawFile(name: string, header: object | string | null, data = new Uint8Array(0)): string {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const prefix = Buffer.alloc(8);
  prefix.writeBigUInt64LE(BigInt(text.length));
  return fileOf(name, Buffer.concat([prefix, text, data]));
}

function errorOf(action: () => unknown): AttuneError {
  try {
    action();
  } catch (error) {
    expect(error).toBeInstanceOf(AttuneError);
    return error as AttuneError;
  }
  throw new Error("nothing was thrown");
}

const f32 = (begin: number, end: number, shape = [(end - begin) / 4]) => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

describe("files of Python's safetensors", () => {
  test("F32, F16 and BF16 are read exactly, with subnormals, infinities and NaN", () => {
    const expected = JSON.parse(readFileSync(join(fixtures, "safetensors/mixed.json"), "utf8"));
    const file = openSafetensors(join(fixtures, "safetensors/mixed.safetensors"));
    for (const [name, bits] of Object.entries<number[]>(expected))
      expect(bitsOf(read(file, name)), name).toEqual(sameNaN(bits));
    file.close();
  });

  test("integers are listed and cannot be read as float32", () => {
    const file = openSafetensors(join(fixtures, "safetensors/mixed.safetensors"));
    expect(file.tensors.get("position_ids")).toMatchObject({ dtype: "I64", shape: [1, 6] });
    const { code, message } = errorOf(() => file.readFloat32("position_ids", new Float32Array(6)));
    expect(code).toBe("safetensors/dtype");
    expect(message).toMatch(/mixed\.safetensors: position_ids has type I64/);
    file.close();
  });

  test("the same tensors are written as the same bytes", () => {
    const original = join(fixtures, "safetensors/float32.safetensors");
    const file = openSafetensors(original);
    expect(file.metadata).toEqual({ format: "pt" });
    const tensors = [...file.tensors].reverse().map(([name, { shape }]) => ({ name, shape, data: read(file, name) }));
    const copy = join(folder, "copy.safetensors");
    for (let time = 0; time < 2; time++) {
      writeSafetensors(copy, tensors);
      expect(readFileSync(copy).equals(readFileSync(original))).toBe(true);
    }
    expect(existsSync(`${copy}.partial`)).toBe(false);
    file.close();
  });
});

test("all float16 numbers have the value that the format gives them", () => {
  const bits = Uint16Array.from({ length: 65536 }, (_, i) => i);
  const path = rawFile(
    "all.safetensors",
    { x: { dtype: "F16", shape: [65536], data_offsets: [0, 131072] } },
    new Uint8Array(bits.buffer),
  );
  const file = openSafetensors(path);
  const values = read(file, "x");
  file.close();
  const wrong = [...bits].filter((half) => {
    const exponent = (half >> 10) & 31;
    const fraction = half & 1023;
    const size =
      exponent === 31
        ? fraction === 0
          ? Number.POSITIVE_INFINITY
          : Number.NaN
        : exponent === 0
          ? fraction * 2 ** -24
          : (1 + fraction / 1024) * 2 ** (exponent - 15);
    return !Object.is(values[half], half >> 15 ? -size : size);
  });
  expect(wrong).toEqual([]);
});

test("what is written is read again, whatever the names, shapes and values", () => {
  const path = join(folder, "round-trip.safetensors");
  const shape = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 4 });
  const tensor = shape.chain((sizes) => {
    const length = sizes.reduce((a, b) => a * b, 1);
    return fc.record({
      name: fc.string({ unit: "binary" }).filter((name) => name !== "__metadata__"),
      shape: fc.constant(sizes),
      data: fc.float32Array({ minLength: length, maxLength: length }),
    });
  });
  const tensors = fc.uniqueArray(tensor, { selector: ({ name }) => name, maxLength: 8 });
  fc.assert(
    fc.property(tensors, fc.dictionary(fc.string(), fc.string()), (written, metadata) => {
      writeSafetensors(path, written, metadata);
      const file = openSafetensors(path);
      expect(Object.entries(file.metadata)).toEqual(Object.entries(metadata));
      expect([...file.tensors.keys()].sort()).toEqual(written.map(({ name }) => name).sort());
      for (const { name, shape, data } of written) {
        expect(file.tensors.get(name)!.shape).toEqual(shape);
        expect(bitsOf(read(file, name))).toEqual(bitsOf(data));
      }
      file.close();
    }),
  );
});

test("a tensor is read into the middle of a larger array", () => {
  const path = join(folder, "window.safetensors");
  writeSafetensors(path, [{ name: "x", shape: [2], data: Float32Array.of(1, 2) }]);
  const whole = new Float32Array(4);
  const file = openSafetensors(path);
  file.readFloat32("x", whole.subarray(1, 3));
  expect([...whole]).toEqual([0, 1, 2, 0]);
  expect(() => file.readFloat32("x", whole)).toThrow(/2 values of x do not fit 4/);
  expect(errorOf(() => file.readFloat32("y", whole)).message).toMatch(
    /window\.safetensors: none of its 1 tensors is y/,
  );
  file.close();
});

test("a write that fails leaves what was there, and no partial file", () => {
  const path = join(folder, "kept.safetensors");
  mkdirSync(path);
  const before = readdirSync(folder);
  expect(() => writeSafetensors(path, [{ name: "x", shape: [], data: Float32Array.of(1) }])).toThrow(/EISDIR/);
  expect(() => writeSafetensors(join(folder, "none/x"), [])).toThrow(/ENOENT/);
  expect(readdirSync(folder)).toEqual(before);
});

describe("damaged files are refused with their name and what is wrong", () => {
  const eight = new Uint8Array(8);
  const files: readonly [what: string, file: () => string, message: RegExp][] = [
    ["not there", () => join(folder, "absent"), /absent: cannot be opened \(ENOENT/],
    ["a folder", () => folder, /this is not a regular file/],
    ["too short", () => fileOf("a", "abc"), /too short/],
    ["text", () => fileOf("b", "<!DOCTYPE html>"), /announce a header of \d+/],
    ["no JSON", () => rawFile("c", "{x"), /header is not JSON/],
    ["not UTF-8", () => fileOf("c", Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, 0xff)), /header is not JSON/],
    ["no object", () => rawFile("d", "[]"), /not a JSON object/],
    ["null", () => rawFile("d", "null"), /not a JSON object/],
    ["bad metadata", () => rawFile("d", { __metadata__: { n: 1 } }), /metadata is not a map of strings/],
    ["bad entry", () => rawFile("d", { x: null }), /entry of x/],
    ["bad type", () => rawFile("e", { x: { ...f32(0, 8), dtype: "F31" } }, eight), /x has the unknown type "F31"/],
    ["inherited type", () => rawFile("e", { x: { ...f32(0, 8), dtype: "valueOf" } }, eight), /unknown type "valueOf"/],
    ["bad shape", () => rawFile("f", { x: f32(0, 8, [-2]) }, eight), /x has no valid shape/],
    ["no offsets", () => rawFile("f", { x: { dtype: "F32", shape: [2] } }, eight), /x has no valid data_offsets/],
    [
      "odd offsets",
      () => rawFile("f", { x: { ...f32(0, 8), data_offsets: [0, "8"] } }, eight),
      /no valid data_offsets/,
    ],
    ["wrong size", () => rawFile("g", { x: f32(0, 8, [3]) }, eight), /x has 8 bytes, but F32 of shape \[3\] has 12/],
    ["overlap", () => rawFile("h", { x: f32(0, 8), y: f32(4, 12) }, new Uint8Array(12)), /y begins at byte 4.*byte 8/],
    ["same place", () => rawFile("h", { x: f32(0, 8), y: f32(0, 8) }, eight), /y begins at byte 0/],
    ["gap", () => rawFile("i", { x: f32(4, 8) }, eight), /x begins at byte 4.*byte 0/],
    [
      "name twice",
      () =>
        rawFile(
          "i",
          '{"x":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},"x":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}}',
          eight,
        ),
      /gap/,
    ],
    ["cut off", () => rawFile("j", { x: f32(0, 12) }, eight), /cut off: 12 bytes of tensors are announced and 8/],
    ["more at the end", () => rawFile("k", { x: f32(0, 4) }, eight), /4 bytes at its end belong to no tensor/],
  ];
  test.each(files)("%s", (_, file, message) => {
    const path = file();
    const error = errorOf(() => openSafetensors(path));
    expect(error.message).toMatch(message);
    expect(error.message.startsWith(`${path}: `)).toBe(true);
  });
});

describe("the weights of a model folder", () => {
  const sharded = join(fixtures, "bert/sharded");

  test("shards look like one file", () => {
    const weights = openWeights(sharded);
    const index = JSON.parse(readFileSync(join(sharded, "model.safetensors.index.json"), "utf8"));
    expect([...weights.tensors.keys()].sort()).toEqual(Object.keys(index.weight_map).sort());
    for (const [name, shard] of Object.entries<string>(index.weight_map)) {
      const file = openSafetensors(join(sharded, shard));
      expect(read(weights, name)).toEqual(read(file, name));
      file.close();
    }
    weights.close();
  });

  test("a missing shard is named", () => {
    const partly = join(folder, "partly");
    mkdirSync(partly);
    for (const name of ["model.safetensors.index.json", "model-00001-of-00003.safetensors"])
      copyFileSync(join(sharded, name), join(partly, name));
    expect(errorOf(() => openWeights(partly)).message).toContain(join(partly, "model-00002-of-00003.safetensors"));
    writeFileSync(join(partly, "model.safetensors.index.json"), "{}");
    expect(errorOf(() => openWeights(partly)).code).toBe("weights/index");
  });

  test("the hash is that of the bytes, shard after shard", async () => {
    const { createHash } = await import("node:crypto");
    const hash = createHash("sha256");
    for (const shard of [1, 2, 3]) hash.update(readFileSync(join(sharded, `model-0000${shard}-of-00003.safetensors`)));
    expect(await sha256OfWeights(sharded)).toBe(hash.digest("hex"));
  });
});
