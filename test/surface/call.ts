import type { FerError } from 'fer-core';

type Code = FerError['code'];

/** A call of something exported, with arguments that it takes: what the properties of `properties.ts` vary. */
export interface Call {
  /** What is called. The rest of the interface describes its arguments and its result. */
  readonly call: (...args: never[]) => unknown;
  /** Makes valid arguments anew for each call. */
  readonly args: () => readonly unknown[] | Promise<readonly unknown[]>;
  /** The position of the argument that is an object of options; `args` may end before it. */
  readonly options?: number;
  /** What the call ends with here although its arguments are valid, e.g. `UNSUPPORTED` outside browsers. */
  readonly fails?: Code;
  /** Positions of arguments that are not checked, with the reason. */
  readonly unchecked?: Readonly<Record<number, string>>;
  /** Names of options that are not tried with other values, with the reason. */
  readonly skippedOptions?: Readonly<Record<string, string>>;
  /** For a method of something that can be disposed: the call after `dispose`. */
  readonly disposed?: () => Promise<unknown>;
  /** Why an aborted signal does not make the call reject. */
  readonly notAborted?: string;
}

/** The calls of one entry of a package by the names of its exports, or the reason why there is none. */
export type Calls = Readonly<Record<string, Call | string>>;

/** A call of a function. */
export function call(target: Call['call'], args: Call['args'], rest: Omit<Call, 'call' | 'args'> = {}): Call {
  return { call: target, args, ...rest };
}

/** Something with methods, made for each call, and disposed after it where it can be. */
export interface Subject<T> {
  readonly make: () => T | Promise<T>;
  /** Whether it has a `dispose`, after which its methods are refused. @default false */
  readonly disposable?: boolean;
}

/** A call of a method of something that is made for it. */
export function method<T extends object, A extends readonly unknown[]>(
  { make, disposable = false }: Subject<T>,
  invoke: (made: T, ...args: A) => unknown,
  args: Call['args'],
  rest: Omit<Call, 'call' | 'args'> = {},
): Call {
  const target = async (...given: A) => {
    const made = await make();
    try {
      return await consume(await invoke(made, ...given));
    } finally {
      disposeOf(made);
    }
  };
  const disposed = async () => {
    const made = await make();
    disposeOf(made);
    disposeOf(made);
    return consume(await invoke(made, ...((await args()) as A)));
  };
  return { call: target as unknown as Call['call'], args, ...rest, disposed: disposable ? disposed : undefined };
}

function isMade(value: unknown): value is { dispose(): void } {
  return typeof value === 'object' && value !== null && 'dispose' in value && typeof value.dispose === 'function';
}

function disposeOf(value: object): void {
  if (isMade(value)) value.dispose();
}

/** Reads iterators to their end, and disposes what can be disposed. */
export async function consume(value: unknown): Promise<unknown> {
  if (typeof value !== 'object' || value === null) return value;
  if (Symbol.asyncIterator in value) {
    for await (const item of value as AsyncIterable<unknown>) await consume(item);
  } else if ('next' in value && Symbol.iterator in value) {
    for (const item of value as unknown as Iterable<unknown>) await consume(item);
  } else if ('dispose' in value) {
    disposeOf(value);
  } else {
    // Of a result with several parts, such as `{ head, scores }`.
    for (const item of Object.values(value)) if (isMade(item)) item.dispose();
  }
  return value;
}
