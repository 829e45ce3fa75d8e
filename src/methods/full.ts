/** Full fine-tuning: every weight of the encoder and the head is trained. */
import { z } from "zod";
import { defineMethod } from "./method.ts";

export const full = defineMethod({
  title: "Full fine-tuning",
  summary: "train every weight of the encoder and the head",
  paper: {
    title: "BERT: Pre-training of Deep Bidirectional Transformers (Devlin et al. 2019)",
    url: "https://arxiv.org/abs/1810.04805",
  },
  options: z.strictObject({}),
  adapt: (_encoder, _options, { trainHead }) => ({ trains: ({ part }) => part !== "classifier" || trainHead }),
});
