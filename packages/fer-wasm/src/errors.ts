/** What went wrong: the codes of fer-core's `FerError` that this package uses. */
export type WasmErrorCode = 'INVALID_ARGUMENT' | 'UNSUPPORTED';

/**
 * An error that fer-wasm throws on purpose. The message says what was wrong and what to do.
 *
 * The package depends on tfjs alone, so this is a class of its own, with the name and the fields of fer-core's
 * `FerError`: `isFerError` of fer-core recognises it.
 */
export class WasmError extends Error {
  override readonly name = 'FerError';
  readonly code: WasmErrorCode;
  /** Where it went wrong: never a file here. */
  readonly place: Readonly<Record<string, never>> = {};

  constructor(code: WasmErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}
