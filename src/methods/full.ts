/** Full fine-tuning: every weight of the encoder and the head is trained. */
import type { Method } from "./method.ts";

export const full: Method = {
  summary: "train every weight of the encoder and the head",
  trains: () => true,
};
