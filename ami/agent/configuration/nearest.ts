/** How many letters have to be added, taken away or changed to come from one word to the other. */
function distance(one: string, other: string): number {
  let row = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (const [index, letter] of [...one].entries()) {
    const above = row;
    row = [index + 1];
    for (const [column, second] of [...other].entries())
      row.push(Math.min(above[column + 1]! + 1, row[column]! + 1, above[column]! + (letter === second ? 0 : 1)));
  }
  return row.at(-1)!;
}

/** The one of `words` that was probably meant; undefined when none is close. */
export function nearest(word: string, words: readonly string[]): string | undefined {
  const [closest] = words
    .map((each) => ({ each, apart: distance(word.toLowerCase(), each.toLowerCase()) }))
    .sort((a, b) => a.apart - b.apart);
  return closest !== undefined && closest.apart <= Math.max(1, Math.floor(word.length / 4)) ? closest.each : undefined;
}
