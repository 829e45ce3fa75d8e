/** Linear probing: the encoder stays as it is, and only what stands on it is trained. */
import { z } from "zod";
import { defineMethod, trainsHead } from "./method.ts";

export const probe = defineMethod({
  title: "Linear probe",
  summary: "train the head alone, on the outputs of the frozen encoder",
  paper: {
    title: "Understanding intermediate layers using linear classifier probes (Alain and Bengio 2016)",
    url: "https://arxiv.org/abs/1610.01644",
  },
  options: z.strictObject({}),
  adapt: (_encoder, _options, setting) => ({ trains: (parameter) => trainsHead(parameter, setting) }),
});
