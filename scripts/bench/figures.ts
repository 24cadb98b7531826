/** Lines of a benchmark, and the figures among them that miss their limit. */
export interface Measurements {
  readonly lines: readonly string[];
  readonly failures: readonly string[];
}

/** Collects figures, each with its unit in the name, and compares them with the most that each may be. */
export function createFigures() {
  const lines: string[] = [];
  const failures: string[] = [];
  return {
    lines,
    failures,
    add(what: string, value: number, limit: number): void {
      const line = `${what}: ${Number(value.toFixed(2))} (at most ${limit})`;
      lines.push(line);
      if (value > limit) failures.push(line);
    },
  };
}

export function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}
