/**
 * Prints the skipped tests of a Vitest JSON report, each with its reason, and then one line that summarises the report.
 * Fails if a test failed, no tests ran, or a test was skipped without a reason in its name.
 */
import { readFileSync } from 'node:fs';

const text = readFileSync(process.argv[2], 'utf8');
const report = text === '' ? {} : JSON.parse(text);
const { numPassedTests: passed = 0, numFailedTests: failed = 0, testResults = [] } = report;
if (failed > 0 || passed === 0 || report.success !== true) process.exitCode = 1;

const skipped = testResults.flatMap(({ assertionResults }) =>
  assertionResults.filter(({ status }) => ['pending', 'skipped', 'todo', 'disabled'].includes(status)),
);
for (const { fullName } of skipped) {
  const explained = /\((skipped|needs) /.test(fullName);
  if (!explained) process.exitCode = 1;
  console.log(`skipped: ${fullName}${explained ? '' : ' (no reason given: add "(needs …)" to its name)'}`);
}
console.log(`${passed} passed, ${failed} failed, ${skipped.length} skipped`);
