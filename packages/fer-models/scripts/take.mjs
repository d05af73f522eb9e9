/**
 * Takes the classifiers that a run of `npm run train` left into models/: those of one backbone share its files.
 *
 *   node packages/fer-models/scripts/take.mjs out/train/compact-vgg-1
 */
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const [run] = process.argv.slice(2);
const name = basename(run).replace(/-\d+$/, '');
const target = join(dirname(dirname(fileURLToPath(import.meta.url))), 'models', name);
rmSync(target, { recursive: true, force: true });
const shared = ['model.json', 'weights.bin'];
for (const head of readdirSync(join(run, 'classifiers')).sort()) {
  const from = join(run, 'classifiers', head);
  mkdirSync(join(target, 'backbone'), { recursive: true });
  for (const file of readdirSync(from)) {
    if (!shared.includes(file)) {
      cpSync(join(from, file), join(target, head, file), { recursive: true });
      continue;
    }
    const common = join(target, 'backbone', file);
    try {
      if (!readFileSync(common).equals(readFileSync(join(from, file)))) throw new Error(`${from} has another ${file}`);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
      cpSync(join(from, file), common);
    }
  }
}
