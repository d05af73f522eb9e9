/**
 * Copies the classifiers of a run of `npm run train`, or of training/import.ts, into models/. Classifiers with the same
 * backbone share its files, and members of an ensemble share those of the shipped networks. Copy the members first.
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
const models = dirname(target);
const shared = ['model.json', 'weights.bin'];
for (const head of readdirSync(join(run, 'classifiers')).sort()) {
  const from = join(run, 'classifiers', head);
  const { members } = JSON.parse(readFileSync(join(from, 'classifier.json'), 'utf8')).provenance.options;
  if (members) {
    takeEnsemble(from, head, members);
    continue;
  }
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

function takeEnsemble(from, head, members) {
  const isShared = (path) => /member-\d+\/(model\.json|weights\.bin)$/.test(path.replaceAll('\\', '/'));
  cpSync(from, join(target, head), { recursive: true, filter: (path) => !isShared(path) });
  for (const [i, member] of members.entries()) {
    for (const file of shared) {
      const own = readFileSync(join(from, `member-${i + 1}`, file));
      const shipped = readFileSync(join(models, member, 'backbone', file));
      if (!own.equals(shipped)) throw new Error(`member ${i + 1} of ${from} is not ${member}: its ${file} differs`);
    }
  }
}
