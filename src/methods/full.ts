/** Full fine-tuning: every weight of the encoder, or of some of its layers, and the head is trained. */
import { z } from "zod";
import { layerChoice, layersOption } from "./layers.ts";
import { defineMethod } from "./method.ts";

export const full = defineMethod({
  summary: "train every weight of the encoder and the head",
  paper: {
    title: "BERT: Pre-training of Deep Bidirectional Transformers (Devlin et al. 2019)",
    url: "https://arxiv.org/abs/1810.04805",
  },
  options: z.strictObject({ layers: layersOption }),
  adapt: (encoder, { layers }, { trainHead }) => {
    const isChosen = layerChoice(layers, encoder);
    return {
      trains: ({ part, layer }) => (part === "encoder" ? isChosen(layer) : part !== "classifier" || trainHead),
    };
  },
});
