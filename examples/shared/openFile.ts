import { spawn } from 'node:child_process';
import { resolve } from 'node:path';

/** The command that opens a file with the user's default program for it. */
const OPENERS: Partial<Record<NodeJS.Platform, readonly [command: string, ...args: string[]]>> = {
  darwin: ['open'],
  win32: ['cmd', '/c', 'start', ''],
};

/** Opens a file with the user's default program. Prints a message if that fails; the program continues. */
export function openFile(file: string): void {
  const [command, ...args] = OPENERS[process.platform] ?? ['xdg-open'];
  const child = spawn(command, [...args, resolve(file)], { detached: true, stdio: 'ignore' });
  child.on('error', () => console.error(`${command} is not there to open ${file}: open it yourself.`));
  child.unref();
}
