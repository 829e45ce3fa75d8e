/** How many elements a shape has. */

export const sizeOf = (shape: readonly number[]): number => shape.reduce((a, b) => a * b, 1);
