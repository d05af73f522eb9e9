import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { expect, it } from 'vitest';

const root = fileURLToPath(new URL('../../', import.meta.url));
const entries = readdirSync(join(root, 'packages')).flatMap((name) => {
  const folder = join(root, 'packages', name, 'src');
  return readdirSync(folder)
    .filter((file) => /^(index|matrix|node|plots|report|testing)\.ts$/.test(file))
    .map((file) => join(folder, file));
});

// A caller that compiles with exactOptionalPropertyTypes can pass `{ epochs: undefined }` only if the type allows it.
it('every optional property of every exported options type accepts undefined', () => {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, root);
  const program = ts.createProgram(entries, options);
  const checker = program.getTypeChecker();
  const refused = new Set<string>();
  let checked = 0;
  for (const entry of entries) {
    const exported = checker.getSymbolAtLocation(program.getSourceFile(entry)!);
    for (const symbol of exported ? checker.getExportsOfModule(exported) : []) {
      if (!symbol.name.endsWith('Options')) continue;
      for (const property of checker.getDeclaredTypeOfSymbol(resolve(symbol)).getProperties()) {
        const node = property.valueDeclaration;
        if (!node || !ts.isPropertySignature(node) || !node.questionToken || !node.type) continue;
        // Types of other libraries, such as fetch's, are not checked.
        if (node.getSourceFile().fileName.includes('node_modules')) continue;
        checked++;
        const type = checker.getTypeFromTypeNode(node.type);
        const members = type.isUnion() ? type.types : [type];
        const accepts = ts.TypeFlags.Undefined | ts.TypeFlags.Unknown;
        if (!members.some(({ flags }) => flags & accepts)) refused.add(`${symbol.name}.${property.name}`);
      }
    }
  }
  expect([...refused]).toEqual([]);
  expect(checked).toBeGreaterThan(150);

  function resolve(symbol: ts.Symbol): ts.Symbol {
    return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  }
});
