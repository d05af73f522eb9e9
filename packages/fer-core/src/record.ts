/** Whether a value is an object with properties: not an array, a `Map` or another collection, nor bytes. */
export function isRecord(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !(Symbol.iterator in value) && !ArrayBuffer.isView(value);
}

/** Whether a value is an object of no class, be it of another realm. */
export function isPlain(value: unknown): value is object {
  if (!isRecord(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
