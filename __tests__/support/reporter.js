import { writeSync } from 'node:fs';

/** Ends a run with the reasons for skipped tests and one line `N passed, N failed, N skipped`. */
export default class ClosingLine {
  onRunComplete(_contexts, results) {
    const skipped = results.testResults.flatMap(({ testResults }) =>
      testResults.filter(({ status }) => status === 'pending' || status === 'todo'),
    );
    const reasons = new Map();
    for (const test of skipped) {
      const reason = test.ancestorTitles.find((title) => title.includes('(skipped: ')) ?? test.fullName;
      reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
    }
    const lines = [...reasons].map(([reason, count]) => `skipped ${count}: ${reason}\n`);
    // A suite that could not even be loaded has no tests to count, and must not read as a pass.
    const failed = results.numFailedTests + results.numRuntimeErrorTestSuites;
    lines.push(`${results.numPassedTests} passed, ${failed} failed, ${skipped.length} skipped\n`);
    // jest prints its own summary after every reporter: only at exit is this line the last.
    process.on('exit', () => writeSync(1, `\n${lines.join('')}`));
  }
}
