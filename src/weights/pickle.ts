/** Python's pickle, as far as files of tensors need it: values are built, functions are named and never called. */
import type { Fail } from "./safetensors-header.ts";

/** A class or function of Python that the pickle names. */
export class PickledName {
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

/** What a pickle may hold here. */
export type Pickled = null | boolean | number | string | PickledName | Pickled[] | Map<Pickled, Pickled> | object;

/** What stands for objects that are not part of the pickle itself. */
export interface PickleHooks {
  /** Whether a class or function may be named at all. */
  knows(name: string): boolean;
  /** The value of a persistent id: a storage. */
  persistent(id: Pickled): Pickled;
  /** The value of a known function with these arguments. */
  reduce(name: string, args: readonly Pickled[]): Pickled;
}

const MARK = Symbol("mark");
type Entry = Pickled | typeof MARK;

/** The value of a pickle of protocol 2 to 5. Every step reads at least one byte, so it ends. */
export function readPickle(bytes: Uint8Array, hooks: PickleHooks, fail: Fail): Pickled {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const stack: Entry[] = [];
  const memo = new Map<number, Pickled>();
  let at = 0;
  const take = (count: number): number => {
    if (at + count > bytes.length) fail("its list of tensors is cut off");
    at += count;
    return at - count;
  };
  const text = (count: number) => {
    const from = take(count);
    return new TextDecoder().decode(bytes.subarray(from, from + count));
  };
  const line = () => {
    const end = bytes.indexOf(10, at);
    if (end < 0) fail("its list of tensors is cut off");
    const found = text(end - at);
    at = end + 1;
    return found;
  };
  const pop = (): Pickled => {
    const value = stack.pop();
    return value === undefined || value === MARK ? fail("its list of tensors is damaged") : value;
  };
  const popMark = (): Pickled[] => {
    const mark = stack.lastIndexOf(MARK);
    if (mark < 0) fail("its list of tensors is damaged");
    const values = stack.splice(mark + 1) as Pickled[];
    stack.pop();
    return values;
  };
  const top = (): Pickled => {
    const value = pop();
    stack.push(value);
    return value;
  };
  const setItems = (values: readonly Pickled[]) => {
    const map = top();
    if (!(map instanceof Map) || values.length % 2) return fail("its list of tensors is damaged");
    for (let i = 0; i < values.length; i += 2) map.set(values[i]!, values[i + 1]!);
  };
  const append = (values: readonly Pickled[]) => {
    const list = top();
    if (!Array.isArray(list)) return fail("its list of tensors is damaged");
    for (const value of values) list.push(value);
  };
  const named = (name: string) => {
    if (!hooks.knows(name)) fail(`it holds Python's ${JSON.stringify(name)}, which no file of weights needs`);
    stack.push(new PickledName(name));
  };
  const recall = (key: number) => {
    const value = memo.get(key);
    stack.push(value === undefined ? fail("its list of tensors is damaged") : value);
  };
  const last = (count: number) => {
    const values = Array.from({ length: count }, pop);
    stack.push(values.reverse());
  };
  const long = (count: number) => {
    if (count > 8) fail("it holds a number of more than 64 bits");
    const from = take(count);
    let value = 0n;
    for (let i = count - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[from + i]!);
    return Number(BigInt.asIntN(8 * count, value));
  };
  const codes: Readonly<Record<number, () => void>> = {
    128: () => void take(1), // PROTO
    149: () => void take(8), // FRAME
    125: () => stack.push(new Map()), // EMPTY_DICT
    93: () => stack.push([]), // EMPTY_LIST
    41: () => stack.push([]), // EMPTY_TUPLE
    40: () => stack.push(MARK), // MARK
    78: () => stack.push(null), // NONE
    136: () => stack.push(true), // NEWTRUE
    137: () => stack.push(false), // NEWFALSE
    75: () => stack.push(view.getUint8(take(1))), // BININT1
    77: () => stack.push(view.getUint16(take(2), true)), // BININT2
    74: () => stack.push(view.getInt32(take(4), true)), // BININT
    138: () => stack.push(long(view.getUint8(take(1)))), // LONG1
    71: () => stack.push(view.getFloat64(take(8))), // BINFLOAT
    88: () => stack.push(text(view.getUint32(take(4), true))), // BINUNICODE
    140: () => stack.push(text(view.getUint8(take(1)))), // SHORT_BINUNICODE
    113: () => memo.set(view.getUint8(take(1)), top()), // BINPUT
    114: () => memo.set(view.getUint32(take(4), true), top()), // LONG_BINPUT
    148: () => memo.set(memo.size, top()), // MEMOIZE
    104: () => recall(view.getUint8(take(1))), // BINGET
    106: () => recall(view.getUint32(take(4), true)), // LONG_BINGET
    116: () => stack.push(popMark()), // TUPLE
    133: () => last(1), // TUPLE1
    134: () => last(2), // TUPLE2
    135: () => last(3), // TUPLE3
    97: () => append([pop()]), // APPEND
    101: () => append(popMark()), // APPENDS
    // SETITEM: the value is on top of its key
    115: () => setItems([pop(), pop()].reverse()),
    117: () => setItems(popMark()), // SETITEMS
    99: () => named(`${line()}.${line()}`), // GLOBAL
    // STACK_GLOBAL: the name is on top of its module
    147: () => named([pop(), pop()].reverse().map(String).join(".")),
    81: () => stack.push(hooks.persistent(pop())), // BINPERSID
    // REDUCE: the arguments are on top of the function
    82: () => {
      const [args, callee] = [pop(), pop()];
      if (!(callee instanceof PickledName) || !Array.isArray(args)) return fail("its list of tensors is damaged");
      stack.push(hooks.reduce(callee.name, args));
    },
    // BUILD: attributes of an ordered dictionary (PyTorch keeps versions of modules there) are of no use here.
    98: () => {
      pop();
      top();
    },
  };
  while (true) {
    const code = view.getUint8(take(1));
    if (code === 0x2e) return pop(); // STOP
    const run =
      codes[code] ?? fail(`its pickle has the operation 0x${code.toString(16)}, which no file of weights needs`);
    run();
  }
}
