import { readFileSync } from 'node:fs';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

/** Root of the repository. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** A block of code that readers may copy. */
export interface Block {
  /** Its file, e.g. `docs/guide.md`. */
  readonly document: string;
  /** Line number of its first line, from 1. */
  readonly line: number;
  readonly code: string;
  /**
   * Whether it runs within seconds on synthetic faces: false if the fence says `no-run` or it is in a source comment.
   */
  readonly runs: boolean;
}

/** The TypeScript blocks of all documents, and of the comments in all sources. */
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
