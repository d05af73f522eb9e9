/** Builds every package into its `dist` (see tsup.config.ts), in parallel on all cores. */
import { spawn } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { packages, root } from './workspace.mjs';

const waiting = packages();
await Promise.all(Array.from({ length: availableParallelism() }, buildRest));

async function buildRest() {
  for (let next = waiting.shift(); next; next = waiting.shift()) {
    const start = performance.now();
    const code = await build(next.folder);
    console.log(
      `${next.manifest.name}: ${code === 0 ? `${((performance.now() - start) / 1000).toFixed(1)} s` : 'failed'}`,
    );
    if (code !== 0) process.exitCode = 1;
  }
}

/**
 * tsup reads package.json and resolves its entries from the working directory, so each package needs its own process.
 */
function build(cwd) {
  const args = [join(root, 'node_modules/tsup/dist/cli-default.js'), '--config', join(root, 'tsup.config.ts')];
  return new Promise((resolve) => {
    spawn(process.execPath, args, { cwd, stdio: 'inherit' }).on('close', resolve);
  });
}
