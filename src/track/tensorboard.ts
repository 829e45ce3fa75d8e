/** Event files of TensorBoard: records with masked CRC-32C around messages of its own protocol. */
import { closeSync, mkdirSync, openSync, writeSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import protobuf from "protobufjs/light.js";
import { crc32c } from "./crc32c.ts";
import type { Figures, RunTracker, TrackedRun, Tracker } from "./tracker.ts";

/** The part of event.proto, summary.proto and tensor.proto (TensorFlow) that is written here. */
const Event = protobuf.Root.fromJSON({
  nested: {
    Event: {
      fields: {
        wallTime: { type: "double", id: 1 },
        step: { type: "int64", id: 2 },
        fileVersion: { type: "string", id: 3 },
        summary: { type: "Summary", id: 5 },
      },
    },
    Summary: { fields: { value: { rule: "repeated", type: "Value", id: 1 } } },
    Value: {
      fields: {
        tag: { type: "string", id: 1 },
        simpleValue: { type: "float", id: 2 },
        tensor: { type: "Tensor", id: 8 },
        metadata: { type: "Metadata", id: 9 },
      },
    },
    Metadata: { fields: { pluginData: { type: "PluginData", id: 1 } } },
    PluginData: { fields: { pluginName: { type: "string", id: 1 } } },
    Tensor: {
      fields: {
        dtype: { type: "int32", id: 1 },
        shape: { type: "Shape", id: 2 },
        stringVal: { rule: "repeated", type: "bytes", id: 8 },
      },
    },
    Shape: { fields: { dim: { rule: "repeated", type: "Dim", id: 2 } } },
    Dim: { fields: { size: { type: "int64", id: 1 } } },
  },
}).lookupType("Event");

const DT_STRING = 7;

/** Below the run's folder, so that `tensorboard --logdir` on any folder of runs finds it. */
export const tensorboard: Tracker = { name: "TensorBoard", begin: beginFile };

function beginFile({ folder, parameters }: TrackedRun): RunTracker {
  const place = join(folder, "tensorboard");
  mkdirSync(place, { recursive: true });
  const seconds = Math.floor(Date.now() / 1000);
  const file = openSync(join(place, `events.out.tfevents.${seconds}.${hostname()}.${process.pid}.attune`), "a");
  const write = (event: object) => writeSync(file, recordOf(Event.encode(Event.fromObject(event)).finish()));
  write({ wallTime: seconds, fileVersion: "brain.Event:2" });
  write({ wallTime: seconds, step: 0, summary: { value: [textValue("options", optionsTable(parameters))] } });
  return {
    log(figures: readonly Figures[]) {
      for (const { step, at, values } of figures) {
        const value = Object.entries(values).map(([tag, simpleValue]) => ({ tag, simpleValue }));
        write({ wallTime: at / 1000, step, summary: { value } });
      }
    },
    end: () => closeSync(file),
  };
}

/** Shown on TensorBoard's page of texts, as Markdown. */
const textValue = (tag: string, text: string) => ({
  tag: `${tag}/text_summary`,
  metadata: { pluginData: { pluginName: "text" } },
  tensor: { dtype: DT_STRING, shape: { dim: [{ size: 1 }] }, stringVal: [Buffer.from(text)] },
});

const optionsTable = (parameters: TrackedRun["parameters"]): string =>
  [
    "| option | value |",
    "|---|---|",
    ...Object.entries(parameters).map(([key, value]) => `| ${key} | \`${value}\` |`),
  ].join("\n");

/** Length, its checksum, data, their checksum. */
function recordOf(data: Uint8Array): Buffer {
  const record = Buffer.alloc(data.length + 16);
  record.writeBigUInt64LE(BigInt(data.length), 0);
  record.writeUInt32LE(masked(crc32c(record.subarray(0, 8))), 8);
  record.set(data, 12);
  record.writeUInt32LE(masked(crc32c(data)), data.length + 12);
  return record;
}

/** As TensorFlow has it: a checksum of data that hold a checksum of themselves would be weak. */
const masked = (crc: number): number => (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
