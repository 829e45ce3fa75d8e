/** No training at all: the model as it is, measured like every other. */
import { z } from "zod";
import { defineMethod } from "./method.ts";

export const none = defineMethod({
  title: "No training",
  summary: "train nothing: measure the model as it is",
  options: z.strictObject({}),
  adapt: () => ({ trains: () => false }),
});
