/** Every op there is. Tests walk this list, so an op without an evaluator or a gradient check does not pass. */
import * as bytes from "./bytes.ts";
import * as distance from "./distance.ts";
import * as elementwise from "./elementwise.ts";
import * as indexing from "./indexing.ts";
import * as int8 from "./int8-product.ts";
import * as leaf from "./leaf.ts";
import * as linalg from "./linalg.ts";
import * as reduce from "./reduce.ts";
import * as shape from "./shape.ts";

export const ops = [
  leaf.inputOp,
  leaf.constantOp,
  shape.transposeOp,
  shape.reshapeOp,
  shape.concatOp,
  shape.sliceOp,
  shape.unsliceOp,
  shape.broadcastLikeOp,
  elementwise.addOp,
  elementwise.subOp,
  elementwise.mulOp,
  elementwise.divOp,
  elementwise.equalOp,
  elementwise.negOp,
  elementwise.expOp,
  elementwise.logOp,
  elementwise.sqrtOp,
  elementwise.tanhOp,
  elementwise.sigmoidOp,
  elementwise.reluOp,
  elementwise.signOp,
  elementwise.erfOp,
  elementwise.stopGradientOp,
  elementwise.scaleOp,
  elementwise.erfGateOp,
  elementwise.erfGateSlopeOp,
  reduce.sumOp,
  reduce.maxOp,
  reduce.softmaxOp,
  reduce.logSoftmaxOp,
  reduce.layerNormOp,
  linalg.productOp,
  linalg.affineOp,
  linalg.matMulOp,
  bytes.fromBytesOp,
  bytes.erfGateKeptOp,
  int8.int8ProductOp,
  int8.int8RowsOp,
  indexing.gatherRowsOp,
  indexing.scatterAddRowsOp,
  indexing.rowOfEachOp,
  indexing.toHeadsOp,
  indexing.fromHeadsOp,
  distance.distanceToPlaceOp,
  distance.placeToDistanceOp,
] as const;
