/** What went wrong: the codes of fer-core's `FerError` that this package uses. */
export type WasmErrorCode = 'INVALID_ARGUMENT' | 'UNSUPPORTED';

/**
 * An error that fer-wasm throws on purpose. The message says what was wrong and what to do.
 *
 * fer-wasm depends on tfjs only, so it has its own error class, with the name and the fields of fer-core's `FerError`.
 * fer-core's `isFerError` recognises it.
 *
 * @example
 * ```ts
 * try {
 *   await useWasm();
 * } catch (error) {
 *   if (!(error instanceof WasmError && error.code === 'UNSUPPORTED')) throw error;
 *   console.log(error.message); // what the engine or the page lacks
 * }
 * ```
 */
export class WasmError extends Error {
  override readonly name = 'FerError';
  readonly code: WasmErrorCode;
  /** Where the error occurred. Always empty, because this package reads no files. */
  readonly place: Readonly<Record<string, never>> = {};

  constructor(code: WasmErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
