/** No training at all: the model as it is, measured like every other. */
import { z } from "zod";
import { defineMethod } from "./method.ts";

export const none = defineMethod({
  title: "No training",
  summary: "train nothing: measure the model as it is",
  about:
    "The model answers as it is, with the classifier that its file holds or with one drawn at random. " +
    "Nothing is trained, so this is what every other row starts from. " +
    "With a random classifier its figures are those of guessing.",
  chooseWhen: "Choose it to see what training brings, and to check a classifier that was trained elsewhere.",
  trainsNothing: true,
  options: z.strictObject({}),
  adapt: () => ({ trains: () => false }),
});
