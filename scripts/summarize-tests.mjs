/** Prints a Vitest JSON report as one line. Fails where a test failed or none ran. */
import { readFileSync } from 'node:fs';

const text = readFileSync(process.argv[2], 'utf8');
const report = text === '' ? {} : JSON.parse(text);
const { numPassedTests: passed = 0, numFailedTests: failed = 0, numPendingTests = 0, numTodoTests = 0 } = report;
if (failed > 0 || passed === 0 || report.success !== true) process.exitCode = 1;
console.log(`${passed} passed, ${failed} failed, ${numPendingTests + numTodoTests} skipped`);
