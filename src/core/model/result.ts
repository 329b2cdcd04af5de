/** How pure code answers when input may be bad: as a value, never by throwing. */
export type Result<T> =
  | { readonly ok: true; readonly value: T }
  | { readonly ok: false; readonly error: ParseFault };

export interface ParseFault {
  /** Stable, for programs: `quantity.syntax`, `pod.not-a-pod`, … */
  readonly code: string;
  readonly message: string;
  /** The offending text, at most 80 characters. */
  readonly excerpt?: string;
}

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function fault<T>(code: string, message: string, excerpt?: string): Result<T> {
  const cut = excerpt === undefined ? {} : { excerpt: excerpt.slice(0, 80) };
  return { ok: false, error: { code, message, ...cut } };
}
