/** Full fine-tuning: every weight of the encoder, or of some of its layers, and the head is trained. */
import { z } from "zod";
import { layerChoice, layersOption } from "./layers.ts";
import { defineMethod } from "./method.ts";
import { byWidth, forDrawnHead, searched, searchedOnMini, type TaskSize } from "./recipe-entry.ts";

/** Without it, the errors of a head that is drawn go through all weights at the full rate. Of a few steps it would leave none. */
const warmup = ({ steps }: TaskSize) => (steps < 10 ? undefined : searched(0.1));

/** So that few texts are not learned by heart. Of texts with several labels each it has not been tried. */
const labelSmoothing = ({ multiLabel }: TaskSize) => (multiLabel ? undefined : searched(0.1));

export const full = defineMethod({
  title: "Full fine-tuning",
  summary: "train every weight of the encoder and the head",
  about:
    "Every weight of the encoder and the head is moved by the gradient of the classification loss. " +
    "The model can change as much as the data ask for, and with few texts also more than it should. " +
    "Gradients and two moments of AdamW are held for each weight, which is three times the memory of the weights on top of them.",
  chooseWhen:
    "Choose it when quality counts most, memory suffices, and one copy of the whole model for each task is no burden.",
  paper: {
    title: "BERT: Pre-training of Deep Bidirectional Transformers (Devlin et al. 2019)",
    url: "https://arxiv.org/abs/1810.04805",
  },
  isReference: true,
  options: z.strictObject({ layers: layersOption }),
  recipes: {
    tuned: { options: { learningRate: byWidth(2e-4), headLearningRate: forDrawnHead(5e-3), warmup, labelSmoothing } },
    demo: { options: { learningRate: searchedOnMini(3e-4) } },
  },
  adapt: (encoder, { layers }, { trainHead }) => {
    const isChosen = layerChoice(layers, encoder);
    return {
      trains: ({ part, layer }) => (part === "encoder" ? isChosen(layer) : part !== "classifier" || trainHead),
    };
  },
});
