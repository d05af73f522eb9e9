import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** Root of the repository. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A piece of code that a reader may copy. */
export interface Block {
  /** Where it stands, as `docs/guide.md`. */
  readonly document: string;
  /** The line its code starts on, from 1. */
  readonly line: number;
  readonly code: string;
  /** Whether it runs in seconds, on invented faces: where the fence says neither `no-run` nor belongs to a comment. */
  readonly runs: boolean;
}

/** The TypeScript of all documents, and of the comments of all sources. */
export function findBlocks(): Block[] {
  const documents = findFiles('.md', ['README.md', 'docs/*.md', 'packages/*/README.md']).flatMap((file) =>
    blocksOf(file),
  );
  const comments = findFiles('.ts', ['packages/*/src/**/*.ts']).flatMap((file) => blocksOf(file, / \* ?/));
  return [...documents, ...comments.map((block) => ({ ...block, runs: false }))];
}

function blocksOf(document: string, margin = /(?:)/): Block[] {
  const text = readFileSync(root + document, 'utf8');
  const fence = new RegExp(`^(${margin.source})\`\`\`ts(.*)\\n((?:(?!\\1\`\`\`).*\\n)*)`, 'gm');
  return [...text.matchAll(fence)].map(({ index, 2: marks, 3: code }) => ({
    document,
    line: text.slice(0, index).split('\n').length + 1,
    code: code.replaceAll(new RegExp(`^${margin.source}`, 'gm'), ''),
    runs: !marks.includes('no-run'),
  }));
}

function findFiles(extension: string, include: readonly string[]): string[] {
  const files = ts.sys.readDirectory(root, [extension], undefined, include);
  return files.map((file) => relative(root, file).split(sep).join('/')).sort();
}
