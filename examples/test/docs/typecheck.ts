import { join } from 'node:path';
import ts from 'typescript';
import { type Block, root } from './blocks.js';

const FIXTURES = join(root, 'examples/test/docs/fixtures.ts');
/**
 * TypeScript's codes for "cannot find name": plain, with a suggestion, for a shorthand property, and for test runners.
 */
const UNKNOWN = [2304, 2552, 18004, 2582, 2593];

/** A block with imports added for everything that it uses without importing. */
export interface CheckedBlock extends Block {
  /** Runnable code. All added imports are on the first line, so that line numbers are those of the document. */
  readonly module: string;
  readonly problems: readonly string[];
  /** Exports of our packages that it uses without importing them. */
  readonly notImported: readonly string[];
}

/**
 * Type-checks blocks against the sources, each as its own module. A name that a block neither declares nor imports is
 * taken from the exports of our packages, or else from fixtures.ts.
 */
export function typecheck(blocks: readonly Block[]): CheckedBlock[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.convertCompilerOptionsFromJson(config.compilerOptions, root);
  // Readers may have stricter settings than this repository. Examples end where the reader's own code would begin, so
  // unused variables are allowed.
  Object.assign(options, {
    noUncheckedIndexedAccess: true,
    exactOptionalPropertyTypes: true,
    noUnusedLocals: false,
    noUnusedParameters: false,
  });
  const texts = new Map(blocks.map((block) => [fileOf(block), `${block.code}export {};\n`]));
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  const read = new Map<string, ts.SourceFile | undefined>();
  host.readFile = (name) => texts.get(name) ?? readFile(name);
  host.fileExists = (name) => texts.has(name) || fileExists(name);
  host.getSourceFile = (name, version) => {
    const text = texts.get(name);
    if (text !== undefined) return ts.createSourceFile(name, text, version);
    if (!read.has(name)) read.set(name, getSourceFile.call(host, name, version));
    return read.get(name);
  };

  const entries = Object.entries(config.compilerOptions.paths as Record<string, string[]>).map(
    ([name, [path]]) => [name, join(root, path)] as const,
  );
  entries.push([FIXTURES, FIXTURES]);
  const names = [...texts.keys(), ...entries.map(([, path]) => path)];
  const first = ts.createProgram(names, options, host);
  const exporters = findExporters(first, entries);
  const notImported = new Map<string, string[]>();
  for (const [file, text] of texts) {
    const unknown = new Set(first.getSemanticDiagnostics(first.getSourceFile(file)).flatMap(unknownName));
    texts.set(file, [...unknown].map((name) => exporters.get(name) ?? '').join('') + text);
    const exported = [...unknown].filter((name) => exporters.get(name)?.endsWith(`'${FIXTURES}'; `) === false);
    notImported.set(file, exported);
  }
  const second = ts.createProgram(names, options, host, first);
  return blocks.map((block) => {
    const source = second.getSourceFile(fileOf(block));
    const diagnostics = [...second.getSyntacticDiagnostics(source), ...second.getSemanticDiagnostics(source)];
    const problems = diagnostics.map(({ start = 0, messageText }) => {
      const line = block.line + ts.getLineAndCharacterOfPosition(source!, start).line;
      return `${block.document}:${line}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`;
    });
    const file = fileOf(block);
    return { ...block, module: texts.get(file)!, problems, notImported: notImported.get(file)! };
  });
}

/** For each exported name, the statement that imports it. */
function findExporters(program: ts.Program, entries: readonly (readonly [string, string])[]): Map<string, string> {
  const checker = program.getTypeChecker();
  const exporters = new Map<string, string>();
  for (const [name, path] of entries) {
    const module = checker.getSymbolAtLocation(program.getSourceFile(path)!)!;
    for (const symbol of checker.getExportsOfModule(module)) {
      const meant = symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
      const type = meant.flags & ts.SymbolFlags.Value ? '' : 'type ';
      if (!exporters.has(symbol.name)) exporters.set(symbol.name, `import { ${type}${symbol.name} } from '${name}'; `);
    }
  }
  return exporters;
}

function unknownName({ code, file, start, length }: ts.Diagnostic): string[] {
  return UNKNOWN.includes(code) ? [file!.text.slice(start, start! + length!)] : [];
}

function fileOf({ document, line }: Block): string {
  return join(root, `${document}-${line}.ts`);
}
