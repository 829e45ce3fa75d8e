/** A safetensors file that lacks something. */
import { openSafetensors, writeSafetensors } from "../src/weights/safetensors.ts";

/** Takes tensors out of a file: those whose names `isLost` picks. */
export function loseTensors(path: string, isLost: (name: string) => boolean): void {
  const file = openSafetensors(path);
  const tensors = [...file.tensors].map(([name, { shape }]) => {
    const data = new Float32Array(shape.reduce((a, b) => a * b, 1));
    file.readFloat32(name, data);
    return { name, shape, data };
  });
  file.close();
  writeSafetensors(
    path,
    tensors.filter(({ name }) => !isLost(name)),
  );
}
