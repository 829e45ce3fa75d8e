/** `attune/methods`: what one needs to write a method of one's own, beside the ops of `attune/graph`. */
export { z } from "zod";
export { layerChoice, layersOption } from "./methods/layers.ts";
export {
  type Adaptation,
  type AddedParameter,
  defineMethod,
  type Finished,
  type Method,
  type MethodContext,
  type Paper,
  type Start,
  trainsHead,
} from "./methods/method.ts";
export type { PeftForm } from "./methods/peft-form.ts";
export type { RecipeEntry, Sourced } from "./methods/recipe-entry.ts";
export { type OptionsOf, type OwnMethodChoice, registerMethod } from "./methods/registry.ts";
export type { Semantics } from "./methods/semantics.ts";
export { moduleOf, targetSites, targetsOption } from "./methods/targets.ts";
export type { VirtualTokens } from "./models/batch.ts";
export type { Encoder, Parameter } from "./models/encoder.ts";
export type { Attended, LinearRole, LinearSite, Scope, SublayerRole } from "./models/scope.ts";
