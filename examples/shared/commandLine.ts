import { statSync } from 'node:fs';
import { parseArgs } from 'node:util';

/** An option of a command line: its description, and how to parse its text. */
export interface Option<T> {
  /** Its description, for `--help`. */
  readonly about: string;
  /** Placeholder of its value, such as `N`; undefined for a flag. */
  readonly value?: string;
  /** Whether it may be given several times. */
  readonly multiple?: boolean;
  /** Parses the given texts; the list is empty if the option is absent. @throws Error with a sentence for the user */
  read(texts: readonly string[], name: string): T;
}

/** A program's command line. */
export interface CommandLine<O extends Readonly<Record<string, Option<unknown>>>> {
  /** The command that starts it, such as `npm start --`. */
  readonly command: string;
  /** What the program does, in a sentence or two. */
  readonly about: string;
  readonly options: O;
  /** The positional arguments; if undefined, none are allowed. */
  readonly files?: { readonly value: string; readonly about: string };
}

/** The values of the options, by name. */
export type ValuesOf<O extends Readonly<Record<string, Option<unknown>>>> = {
  readonly [Name in keyof O]: O[Name] extends Option<infer T> ? T : never;
};

/** An error in the command line, with a message for the user. */
export class UsageError extends Error {}

/**
 * Parses a command line. `--help` prints the options and ends the program. A mistake prints a message and ends the
 * program with exit code 2. Nothing else has happened by then.
 */
export function readCommandLine<const O extends Readonly<Record<string, Option<unknown>>>>(
  program: CommandLine<O>,
  args: readonly string[],
): ValuesOf<O> & { readonly files: readonly string[] } {
  try {
    const types = Object.entries(program.options).map(
      ([name, { value }]) => [name, { type: value ? 'string' : 'boolean', multiple: true }] as const,
    );
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: program.files !== undefined,
      options: { ...Object.fromEntries(types), help: { type: 'boolean', short: 'h' } },
    });
    if (values.help) {
      console.log(help(program));
      process.exit(0);
    }
    if (program.files && positionals.length === 0) throw new UsageError(`No ${program.files.value} given.`);
    const read = Object.entries(program.options).map(([name, option]) => {
      const given = (values as Record<string, (string | boolean)[] | undefined>)[name] ?? [];
      if (given.length > 1 && !option.multiple) throw new UsageError(`--${name} is given twice.`);
      return [name, option.read(given.map(String), name)];
    });
    return { ...Object.fromEntries(read), files: positionals } as ValuesOf<O> & { files: readonly string[] };
  } catch (error) {
    return endOn(program.command, error);
  }
}

/** Ends the program with exit code 2 for a mistake in its command line; throws anything else. */
export function endOn(command: string, error: unknown): never {
  const code = (error as { code?: unknown }).code;
  const parsing = typeof code === 'string' && code.startsWith('ERR_PARSE_ARGS');
  if (!parsing && !(error instanceof UsageError)) throw error;
  console.error(`${(error as Error).message}\nUsage: ${command} [options]. See ${command} --help`);
  process.exit(2);
}

/** The text of `--help`. */
function help({ command, about, options, files }: CommandLine<Readonly<Record<string, Option<unknown>>>>): string {
  const rows = Object.entries(options).map(([name, { value, about, multiple }]) => [
    `--${name}${value ? ` ${value}` : ''}${multiple ? ' …' : ''}`,
    about,
  ]);
  const all = [...(files ? [[files.value, files.about]] : []), ...rows, ['--help', 'Show this help.']];
  const width = Math.max(...all.map(([left]) => left.length));
  const lines = all.map(([left, right]) => `  ${left.padEnd(width)}  ${wrap(right, 76 - width, width + 4)}`);
  return `${wrap(about, 80, 0)}\n\nUsage: ${command}${files ? ` ${files.value}` : ''} [options]\n\n${lines.join('\n')}`;
}

/** Breaks text into lines of at most `width` characters; all but the first are indented. */
export function wrap(text: string, width: number, indent: number): string {
  const lines = [''];
  for (const word of text.split(' ')) {
    const line = lines[lines.length - 1];
    if (line !== '' && line.length + 1 + word.length > width) lines.push(word);
    else lines[lines.length - 1] = line === '' ? word : `${line} ${word}`;
  }
  return lines.join(`\n${' '.repeat(indent)}`);
}

/** An option without a value. */
export function flag(about: string): Option<boolean> {
  return { about, read: (texts) => texts.length > 0 };
}

/** Any text. */
export function text<D extends string | undefined>(value: string, about: string, absent: D): Option<string | D> {
  return { about: withDefault(about, absent), value, read: ([given]) => given ?? absent };
}

/** Any texts; the option may be repeated. */
export function texts(value: string, about: string): Option<readonly string[]> {
  return { about, value, multiple: true, read: (given) => given };
}

/** A number within bounds. */
export function number<D extends number | undefined>(
  value: string,
  about: string,
  absent: D,
  { from, to, whole = true }: { readonly from: number; readonly to?: number; readonly whole?: boolean },
): Option<number | D> {
  return {
    about: withDefault(about, absent),
    value,
    read: ([given], name) => (given === undefined ? absent : readNumber(given, name, { from, to, whole })),
  };
}

/** Numbers above 0, separated by commas. */
export function numbers(value: string, about: string): Option<readonly number[] | undefined> {
  return {
    about,
    value,
    read: ([given], name) =>
      given?.split(',').map((one) => readNumber(one, name, { from: Number.MIN_VALUE, whole: false })),
  };
}

/** An existing file or folder. */
export function path(
  value: string,
  about: string,
  { of }: { readonly of: 'file' | 'file or folder' },
): Option<string | undefined> {
  return {
    about,
    value,
    read: ([given], name) => {
      if (given === undefined) return undefined;
      const found = statSync(given, { throwIfNoEntry: false });
      if (!found) throw new UsageError(`--${name} is "${given}": no such file or folder. Check the path.`);
      if (of === 'file' && found.isDirectory()) {
        throw new UsageError(`--${name} is "${given}", a folder: give a file.`);
      }
      return given;
    },
  };
}

/** The same option, made mandatory. */
export function required<T>(option: Option<T | undefined>): Option<T> {
  return {
    ...option,
    about: `${option.about} Required.`,
    read(texts, name) {
      const value = option.read(texts, name);
      if (value === undefined || value === '') throw new UsageError(`--${name} ${option.value} is missing.`);
      return value;
    },
  };
}

function readNumber(
  given: string,
  name: string,
  { from, to = Number.MAX_VALUE, whole }: { readonly from: number; readonly to?: number; readonly whole: boolean },
): number {
  const value = Number(given);
  if (given.trim() !== '' && value >= from && value <= to && (!whole || Number.isSafeInteger(value))) return value;
  const least = whole ? `a whole number from ${from}` : from > 0 ? 'a number above 0' : `a number from ${from}`;
  const kind = to === Number.MAX_VALUE ? least : `${least} to ${to}`;
  throw new UsageError(`--${name} is "${given}": it must be ${kind}.`);
}

function withDefault(about: string, absent: string | number | undefined): string {
  return absent === undefined || absent === '' ? about : `${about} Default: ${absent}.`;
}
