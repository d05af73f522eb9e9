/** Whether a value is an object with properties: not an array, a `Map` or another collection, nor bytes. */
export function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value) && !ArrayBuffer.isView(value);
}
