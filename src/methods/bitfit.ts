/** BitFit: of the encoder, only the biases are trained. */
import { z } from "zod";
import { layerChoice, layersOption } from "./layers.ts";
import { defineMethod, trainsHead } from "./method.ts";
import { byWidth, forDrawnHead, searchedOnMini } from "./recipe-entry.ts";

export const bitfit = defineMethod({
  title: "BitFit",
  summary: "train the biases and the head",
  about:
    "Of the encoder, only the biases are trained, and the classifier with them. " +
    "They are about a thousandth of the weights and are there already, so nothing is added to the model. " +
    "What is stored for a task are the changed biases.",
  chooseWhen:
    "Choose it when nothing may be added to the architecture, and when few data make fewer trained parameters an advantage.",
  paper: {
    title:
      "BitFit: Simple Parameter-efficient Fine-tuning for Transformer-based Masked Language-models (Ben Zaken et al. 2022)",
    url: "https://arxiv.org/abs/2106.10199",
  },
  options: z.strictObject({ layers: layersOption }),
  recipes: {
    tuned: { options: { learningRate: byWidth(6e-3, 6e-3), headLearningRate: forDrawnHead(1e-2) } },
    demo: { options: { learningRate: searchedOnMini(1e-2) } },
  },
  adapt: (encoder, { layers }, context) => {
    const isChosen = layerChoice(layers, encoder);
    return {
      trains: (parameter) => {
        const { kind, part, layer } = parameter;
        const isBias = kind === "bias" || kind === "layerNormBias";
        const isInside = part === "encoder" ? isChosen(layer) : part !== "classifier";
        return (isBias && isInside) || trainsHead(parameter, context);
      },
    };
  },
});
