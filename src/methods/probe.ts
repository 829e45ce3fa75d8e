/** Linear probing: the encoder stays as it is, and only what stands on it is trained. */
import { z } from "zod";
import { defineMethod, trainsHead } from "./method.ts";
import { searched, searchedOnMini } from "./recipe-entry.ts";

/** Enough for any number of texts: a linear layer cannot learn them by heart as fast as an encoder. */
const PROBE_EPOCHS = 12;

export const probe = defineMethod({
  title: "Linear probe",
  titleWith: (head) =>
    head === "auto"
      ? "Probe"
      : head.endsWith("+mlp")
        ? "MLP probe"
        : head === "attention"
          ? "Attention probe"
          : "Linear probe",
  summary: "train the head alone, on the outputs of the frozen encoder",
  about:
    "The encoder stays as it is, and only a classifier on its output is trained. " +
    "Since that output never changes, it is computed once for each text, and the epochs cost almost nothing. " +
    "It shows how much of the task the pretrained representation holds already.",
  chooseWhen:
    "Choose it for a first answer within seconds, for many tasks over one encoder, and as the baseline that any costlier method has to beat.",
  paper: {
    title: "Understanding intermediate layers using linear classifier probes (Alain and Bengio 2016)",
    url: "https://arxiv.org/abs/1610.01644",
  },
  options: z.strictObject({}),
  recipes: {
    controlled: {
      options: {
        semantics: {
          value: "attune",
          source: "the original experiment: its frozen layers ran without dropout, so their outputs are kept",
        },
      },
      note:
        "The probe is a linear layer on the frozen pooler. Its frozen layers run without dropout, so that their outputs " +
        "are computed once; nothing else in it differs from PEFT's way. Every other method has dropout in frozen layers " +
        "too, as PEFT has it.",
    },
    tuned: {
      // Its epochs read features that are computed once, and cost next to nothing.
      options: { learningRate: searched(1e-2), epochs: searched(PROBE_EPOCHS), earlyStopping: searched(0) },
    },
    demo: { options: { learningRate: searchedOnMini(1e-2) } },
  },
  adapt: (_encoder, _options, context) => ({ trains: (parameter) => trainsHead(parameter, context) }),
});
