/** How a script tells `npm run bench` what it measured: one marked line per promise. */
export interface Result {
  readonly promise: string;
  /** Absent = nothing is promised. */
  readonly bound?: string;
  readonly measured: string;
  /** Absent where nothing is promised. */
  readonly holds?: boolean;
}

export const RESULT_MARK = 'result: ';

/** Prints the line, and makes the script end with 1 where the promise does not hold. */
export function tell(result: Result): void {
  console.log(`${RESULT_MARK}${JSON.stringify(result)}`);
  if (result.holds === false) process.exitCode = 1;
}
