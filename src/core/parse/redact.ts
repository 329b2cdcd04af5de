/**
 * Credentials taken out of text and arguments. What only looks random stays where it identifies something:
 * container ids, pod UIDs, cgroup paths and image digests are the evidence itself.
 */
import { cleanText } from '../model/clean-text.ts';

export { cleanText } from '../model/clean-text.ts';

export const REDACTED = '[redacted]';

/** Longer text is cut before it is looked at. */
const MAX_TEXT_CHARS = 65_536;

/**
 * One scan that nearly every text fails, so that the rules below run on few: the end of a sensitive word before a
 * sign or a space, a known form, a URL with a password, or a long run after a sign.
 */
const SUSPICIOUS =
  /(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|key(?:[-_.]?id)?|credentials?|auth(?:orization)?|cookie|session[-_.]?id|sas|string)\\?["']?[=:\s]|(?:bearer|basic)\s|eyJ|AKIA|ASIA|AROA|AIDA|AIza|gh[oprsu]_|github_pat_|glpat-|xox[abeoprs]-|\bsk[-_]|\bnpm_|\bhv[sb]\.|dop_v1_|\bSG\.|:\/\/[^\s/@:"']{0,128}:[^\s/@"']{1,512}@|-----BEGIN|[=:]\s?\\?["']?[A-Za-z0-9+/_-]{32}/i;

const SENSITIVE_WORD =
  '(?:pass(?:word|wd|phrase|code)?|pwd|secret|token|api[-_.]?key|(?:access|account|auth|encryption|encrypt|master|private|secret|shared|signing|ssh|license)[-_.]?key(?:[-_.]?id)?|credentials?|auth|authorization|cookie|session[-_.]?id|sas|connection[-_.]?string)';

/** `--db-password=…`, `PGPASSWORD=…`, `"token": "…"`, `secret:…`. The words end the key, so `token-ttl=` is none. */
const ASSIGNED = new RegExp(
  `((?:^|[^A-Za-z0-9])[A-Za-z0-9_.-]{0,48}?${SENSITIVE_WORD}\\\\?["']?[=:])(\\s?)(\\\\?["'])?`,
  'gi',
);

/** `--token X` inside a shell line. */
const FLAG_VALUE = new RegExp(
  `((?:^|\\s)--?[A-Za-z0-9_.-]{0,48}?${SENSITIVE_WORD})(\\s+)("[^"]{1,1024}"|'[^']{1,1024}'|[^\\s"'$-][^\\s"']{0,4096})`,
  'gi',
);

/** Well-known forms that are credentials wherever they stand. */
const KNOWN_FORMS: readonly RegExp[] = [
  /\beyJ[A-Za-z0-9_-]{6,4096}\.[A-Za-z0-9_-]{6,8192}(?:\.[A-Za-z0-9_-]{0,4096})?/g,
  /\b(?:AKIA|ASIA|AROA|AIDA)[0-9A-Z]{16}\b/g,
  /\bAIza[0-9A-Za-z_-]{35}/g,
  /\bgh[oprsu]_[A-Za-z0-9]{30,255}/g,
  /\bgithub_pat_[A-Za-z0-9_]{20,255}/g,
  /\bglpat-[A-Za-z0-9_-]{20,255}/g,
  /\bxox[abeoprs]-[A-Za-z0-9-]{10,255}/g,
  /\bsk[-_](?:live_|test_|proj-|ant-)?[A-Za-z0-9_-]{20,255}/g,
  /\bnpm_[A-Za-z0-9]{30,255}/g,
  /\bhv[sb]\.[A-Za-z0-9_-]{20,512}/g,
  /\bdop_v1_[a-f0-9]{40,128}/g,
  /\bSG\.[A-Za-z0-9_-]{16,64}\.[A-Za-z0-9_-]{16,64}/g,
];

/** The shortest known form (`eyJabcdef.ghijkl`, `xox…`) has a run of at least nine; prose with fewer is skipped. */
const LONG_RUN = /[A-Za-z0-9_-]{9}/;
const RANDOM_RUN = /[A-Za-z0-9+/_-]{32}/;

const AUTH_SCHEME = /\b(bearer|basic)(\s+)([A-Za-z0-9+/=._~-]{8,8192})/gi;
const URL_USER = /([A-Za-z][A-Za-z0-9+.-]{0,20}:\/\/[^\s/@:"']{0,128}):[^\s/@"']{1,512}@/g;
/** A long random value after any other key. */
const RANDOM_VALUE =
  /([A-Za-z][A-Za-z0-9_.-]{0,63})(\\?["']?[=:]\s?\\?["']?)([A-Za-z0-9+/_-]{32,8192}={0,2})/g;
/** Keys whose long values name objects. */
const IDENTIFYING_KEY =
  /(?:id|ids|uid|uuid|digest|sha256|sha512|hash|image|container|containers|pod|pods|sandbox|cpuset|memcg|slice|scope|cgroup|path|commit|revision|checksum|nodename|node|name|host|reason)$/i;

/** The text with every credential replaced by `[redacted]`. At most 65,536 characters of it. */
export function redactText(text: string): string {
  if (!SUSPICIOUS.test(text)) return text.length > MAX_TEXT_CHARS ? text.slice(0, MAX_TEXT_CHARS) : text;
  let out = redactPem(text.slice(0, MAX_TEXT_CHARS));
  if (out.includes('@')) out = out.replace(URL_USER, `$1:${REDACTED}@`);
  out = out.replace(AUTH_SCHEME, (whole, scheme: string, gap: string, value: string) =>
    // `basic authentication failed` is prose; a credential has a digit, a capital or padding inside.
    /[0-9=]|[a-z][A-Z]/.test(value) ? `${scheme}${gap}${REDACTED}` : whole,
  );
  if (LONG_RUN.test(out)) {
    for (const form of KNOWN_FORMS) out = out.replace(form, REDACTED);
  }
  out = out.replace(FLAG_VALUE, (whole, flag: string, gap: string, value: string) =>
    value.startsWith(REDACTED) ? whole : `${flag}${gap}${REDACTED}`,
  );
  out = redactAssigned(out);
  if (!RANDOM_RUN.test(out)) return out;
  return out.replace(RANDOM_VALUE, (whole, key: string, sign: string, value: string) =>
    isRandom(key, value) ? `${key}${sign}${REDACTED}` : whole,
  );
}

function redactPem(text: string): string {
  let out = '';
  let position = 0;
  for (;;) {
    const begin = text.indexOf('-----BEGIN ', position);
    if (begin < 0) return out + text.slice(position);
    const end = text.indexOf('-----END ', begin);
    const close = end < 0 ? -1 : text.indexOf('-----', end + 9);
    out += text.slice(position, begin) + REDACTED;
    // A block that was cut off has no end: nothing after its start is safe to keep.
    if (close < 0) return out;
    position = close + 5;
  }
}

function redactAssigned(text: string): string {
  let out = '';
  let kept = 0;
  ASSIGNED.lastIndex = 0;
  for (let match = ASSIGNED.exec(text); match !== null; match = ASSIGNED.exec(text)) {
    const start = match.index + match[0].length;
    ASSIGNED.lastIndex = start;
    if (text.startsWith(REDACTED, start)) continue;
    const end = valueEnd(text, start, match[3]);
    const value = text.slice(start, end);
    if (isCredential(match, value)) {
      out += text.slice(kept, start) + REDACTED;
      kept = end;
    }
    ASSIGNED.lastIndex = Math.max(end, start);
  }
  return kept === 0 ? text : out + text.slice(kept);
}

function valueEnd(text: string, start: number, quote: string | undefined): number {
  if (quote !== undefined) {
    const end = text.indexOf(quote, start);
    if (end >= 0) return end;
    // The text was cut inside the value.
    const line = text.indexOf('\n', start);
    return line < 0 ? text.length : line;
  }
  let end = start;
  while (end < text.length && !/[\s,;&"'}\])]/.test(text.charAt(end))) end += 1;
  return end;
}

/** After `=`, a quote or no space it is a value; after `: ` it may be prose (`token: unexpected end`). */
function isCredential(match: RegExpExecArray, value: string): boolean {
  if (value === '' || value.startsWith('$(') || value.startsWith('${')) return false;
  const key = match[1] ?? '';
  // `password=…` was already replaced further inside, such as the scheme of an Authorization header.
  if (/^(?:bearer|basic|digest|negotiate)$/i.test(value)) return false;
  if (match[2] === '' && match[3] === undefined && key.endsWith(':') && value.startsWith('//')) return false;
  if (key.endsWith('=') || match[3] !== undefined || match[2] === '') return true;
  if (/(?:pass(?:word|wd|phrase|code)?|pwd|key(?:[-_.]?id)?)["']?:$/i.test(key)) return true;
  return value.length >= 12 && /[0-9]/.test(value);
}

function isRandom(key: string, value: string): boolean {
  if (value.startsWith('/') || IDENTIFYING_KEY.test(key)) return false;
  // 64 hex digits are a container id or a digest, 8-4-4-4-12 a UID, and a cgroup leaf names its container.
  if (/^[0-9a-f]{64}$|^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value)) return false;
  if (/^(?:cri-containerd|crio|docker|libpod|kubepods|pod)[-_]/.test(value)) return false;
  if (/^[0-9a-f]+$/i.test(value)) return /[a-f]/i.test(value) && /[0-9]/.test(value);
  // Words joined by dashes, dots or slashes are names; random text mixes cases and digits inside one run.
  return value
    .split(/[-_/]/)
    .some((run) => run.length >= 16 && /[a-z]/.test(run) && /[A-Z]/.test(run) && /[0-9]/.test(run));
}

const MAX_ARGS = 64;
const MAX_ARG_CHARS = 1024;
const SENSITIVE_END = new RegExp(`${SENSITIVE_WORD}$`, 'i');

/** `--password X`, `-token X`: the flag alone, its value in the next argument. */
function isSensitiveFlag(arg: string): boolean {
  return arg.startsWith('-') && arg.length <= 64 && !arg.includes('=') && SENSITIVE_END.test(arg);
}

/** Arguments (or a command) cleaned, redacted one by one and in pairs, and bounded to 64 of 1024 characters. */
export function redactArgs(args: readonly string[]): readonly string[] {
  const out: string[] = [];
  let hidesNext: 'all' | 'user' | 'none' = 'none';
  for (const raw of args.slice(0, MAX_ARGS)) {
    const arg = cleanText(raw, MAX_ARG_CHARS, 'many');
    if (hidesNext === 'all' && !arg.startsWith('-') && arg !== '') out.push(REDACTED);
    else if (hidesNext === 'user' && arg.includes(':'))
      out.push(`${arg.slice(0, arg.indexOf(':'))}:${REDACTED}`);
    else out.push(redactText(arg));
    if (isSensitiveFlag(arg)) hidesNext = 'all';
    else hidesNext = arg === '-u' || arg === '--user' || arg === '--proxy-user' ? 'user' : 'none';
  }
  return out;
}
