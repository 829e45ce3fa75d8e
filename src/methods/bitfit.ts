/** BitFit: of the encoder, only the biases are trained. */
import { z } from "zod";
import { defineMethod, trainsHead } from "./method.ts";

export const bitfit = defineMethod({
  title: "BitFit",
  summary: "train the biases and the head",
  paper: {
    title:
      "BitFit: Simple Parameter-efficient Fine-tuning for Transformer-based Masked Language-models (Ben Zaken et al. 2022)",
    url: "https://arxiv.org/abs/2106.10199",
  },
  options: z.strictObject({}),
  adapt: (_encoder, _options, setting) => ({
    trains: (parameter) => {
      const isBias = parameter.kind === "bias" || parameter.kind === "layerNormBias";
      return (isBias && parameter.part !== "classifier") || trainsHead(parameter, setting);
    },
  }),
});
