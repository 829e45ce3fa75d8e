/** PyTorch's pytorch_model.bin, read without running anything: tensors by name, straight from the zip archive. */
import { closeSync, fstatSync } from "node:fs";
import { AttuneError } from "../base/error.ts";
import { sizeOf } from "../base/size-of.ts";
import { type Pickled, PickledName, readPickle } from "./pickle.ts";
import type { TensorEntry, WeightFiles } from "./safetensors.ts";
import type { Fail } from "./safetensors-header.ts";
import { openFile, readBytes, readValues } from "./tensor-values.ts";
import { type ZipEntry, zipEntries } from "./zip-entries.ts";

const CONVERSION =
  "AutoModelForSequenceClassification.from_pretrained(folder).save_pretrained(folder), " +
  "or with AutoModel where there is no classifier";

/** Storage classes of PyTorch: the type as safetensors names it, and the bytes of a value. */
const STORAGES = new Map<string, readonly [dtype: string, bytes: number]>([
  ["torch.DoubleStorage", ["F64", 8]],
  ["torch.FloatStorage", ["F32", 4]],
  ["torch.HalfStorage", ["F16", 2]],
  ["torch.BFloat16Storage", ["BF16", 2]],
  ["torch.LongStorage", ["I64", 8]],
  ["torch.IntStorage", ["I32", 4]],
  ["torch.ShortStorage", ["I16", 2]],
  ["torch.CharStorage", ["I8", 1]],
  ["torch.ByteStorage", ["U8", 1]],
  ["torch.BoolStorage", ["BOOL", 1]],
]);
const ORDERED = "collections.OrderedDict";
const TENSOR = "torch._utils._rebuild_tensor_v2";
const PARAMETER = "torch._utils._rebuild_parameter";
const KNOWN = new Set([...STORAGES.keys(), ORDERED, TENSOR, PARAMETER]);
const MAX_PICKLE_BYTES = 100_000_000;

/** Values of one type in the archive; several tensors may share them. */
class Storage {
  readonly dtype: string;
  readonly bytesEach: number;
  readonly begin: number;
  readonly count: number;
  constructor(dtype: string, bytesEach: number, begin: number, count: number) {
    this.dtype = dtype;
    this.bytesEach = bytesEach;
    this.begin = begin;
    this.count = count;
  }
}

/** A tensor as a view of a storage. */
class View implements TensorEntry {
  readonly dtype: string;
  readonly storage: Storage;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.dtype = storage.dtype;
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/** Opens one file, whose list of tensors is checked as a whole; errors advise the `conversion` to safetensors. */
export function openPytorchBin(path: string, conversion = CONVERSION): WeightFiles {
  const fail: Fail = (problem) => {
    throw new AttuneError(
      "weights/pickle",
      `${path}: ${problem}; get the file again, or convert it once in Python with ${conversion}`,
    );
  };
  const file = openFile(path, "weights/open");
  try {
    const stats = fstatSync(file);
    if (!stats.isFile()) fail("this is not a file");
    const read = (position: number, bytes: number) => {
      const found = new Uint8Array(bytes);
      readBytes(file, found, position, fail);
      return new DataView(found.buffer);
    };
    if (stats.size < 4 || read(0, 4).getUint32(0, true) !== 0x04034b50)
      fail("it is no zip archive, as PyTorch writes since version 1.6, but of the older format or of another kind");
    const entries = zipEntries(read, stats.size, fail);
    const tensors = tensorsOf(entries, read, fail);
    return {
      tensors,
      readFloat32: (name, into) => {
        const tensor = tensors.get(name);
        if (!tensor)
          throw new AttuneError("weights/missing-tensor", `${path}: none of its ${tensors.size} tensors is ${name}`);
        if (sizeOf(tensor.shape) !== into.length)
          throw new Error(`${path}: ${sizeOf(tensor.shape)} values of ${name} do not fit ${into.length}`);
        if (!readView(file, tensor, into, fail))
          throw new AttuneError(
            "weights/dtype",
            `${path}: ${name} has type ${tensor.dtype}; convert it to float32, float16, bfloat16 or float64, which are what Attune reads`,
          );
      },
      close: () => closeSync(file),
    };
  } catch (error) {
    closeSync(file);
    throw error;
  }
}

function tensorsOf(
  entries: ReadonlyMap<string, ZipEntry>,
  read: (position: number, bytes: number) => DataView,
  fail: Fail,
): Map<string, View> {
  const lists = [...entries.keys()].filter((name) => /^[^/]+\/data\.pkl$/.test(name));
  if (lists.length !== 1) return fail("it has no list of tensors (data.pkl)");
  const root = lists[0]!.slice(0, -"data.pkl".length);
  const order = entries.get(`${root}byteorder`);
  if (order && (order.bytes !== 6 || new TextDecoder().decode(read(order.begin, 6)) !== "little"))
    fail("its numbers are stored with the high byte first");
  const list = entries.get(lists[0]!)!;
  if (list.bytes > MAX_PICKLE_BYTES) fail(`its list of tensors has ${list.bytes} bytes`);
  const value = readPickle(
    new Uint8Array(read(list.begin, list.bytes).buffer),
    {
      knows: (name) => KNOWN.has(name),
      persistent: (id) => storageOf(id, root, entries, fail),
      reduce: (name, args) => {
        if (name === ORDERED && args.length === 0) return new Map();
        if (name === PARAMETER && args[0] instanceof View) return args[0];
        if (name === TENSOR) return viewOf(args, fail);
        return fail(`it calls Python's ${JSON.stringify(name)} with arguments that are not understood`);
      },
    },
    fail,
  );
  if (!(value instanceof Map)) return fail("it holds no dictionary of tensors");
  const tensors = new Map<string, View>();
  for (const [name, tensor] of value) {
    if (typeof name !== "string") return fail("the name of a tensor is not a text");
    if (!(tensor instanceof View)) return fail(`its entry ${JSON.stringify(name)} is not a tensor`);
    tensors.set(name, tensor);
  }
  return tensors;
}

function storageOf(id: Pickled, root: string, entries: ReadonlyMap<string, ZipEntry>, fail: Fail): Storage {
  const [kind, type, key, , count] = Array.isArray(id) ? id : [];
  if (kind !== "storage" || !(type instanceof PickledName) || typeof key !== "string" || !isSize(count))
    return fail("the description of a storage is damaged");
  const [dtype, bytesEach] = STORAGES.get(type.name) ?? fail(`it has values of ${JSON.stringify(type.name)}`);
  const entry = entries.get(`${root}data/${key}`) ?? fail(`the values ${JSON.stringify(key)} are missing`);
  if (entry.bytes !== count * bytesEach)
    return fail(`${count} values of ${dtype} are announced for ${JSON.stringify(key)}, which has ${entry.bytes} bytes`);
  return new Storage(dtype, bytesEach, entry.begin, count);
}

function viewOf([storage, offset, shape, strides]: readonly Pickled[], fail: Fail): View {
  if (!(storage instanceof Storage) || !isSize(offset) || !isSizes(shape) || !isSizes(strides))
    return fail("the description of a tensor is damaged");
  if (shape.length !== strides.length) return fail("the description of a tensor is damaged");
  // No tensor has more values than its storage, so the file's size bounds what a reader reserves for it.
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, offset);
  const count = sizeOf(shape);
  if (count > storage.count || (count > 0 && !(last < storage.count)))
    return fail(
      `a tensor of shape [${shape.join(", ")}] does not fit into the ${storage.count} values it is a view of`,
    );
  return new View(storage, offset, shape, strides);
}

const isSize = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) >= 0;
const isSizes = (value: unknown): value is number[] => Array.isArray(value) && value.every(isSize);

/** Fills `into` with the view's values in row-major order; false where its type is no floating-point type. */
function readView(file: number, view: View, into: Float32Array, fail: Fail): boolean {
  const { storage, offset, shape, strides, dtype } = view;
  const begin = storage.begin + offset * storage.bytesEach;
  let expected = 1;
  let isContiguous = true;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (shape[axis] !== 1 && strides[axis] !== expected) isContiguous = false;
    expected *= shape[axis]!;
  }
  if (isContiguous || into.length === 0) return readValues(file, dtype, into, begin, fail);
  const span = new Float32Array(1 + shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, 0));
  if (!readValues(file, dtype, span, begin, fail)) return false;
  const index = shape.map(() => 0);
  for (let i = 0, at = 0; i < into.length; i++) {
    into[i] = span[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at += strides[axis]!;
      if (++index[axis]! < shape[axis]!) break;
      at -= strides[axis]! * shape[axis]!;
      index[axis] = 0;
    }
  }
  return true;
}
