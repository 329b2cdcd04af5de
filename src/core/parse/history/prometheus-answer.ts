/** The envelope of a Prometheus answer and the labels of its series: everything but the samples. */

/** What the envelope says. */
export interface PrometheusAnswer {
  readonly status?: 'success' | 'error';
  readonly errorType?: string;
  readonly error?: string;
  readonly resultType?: string;
  /** `warnings` (and `infos`): the answer may be partial. */
  readonly warnings: readonly string[];
  /** VictoriaMetrics' `isPartial`. */
  readonly isPartial: boolean;
  readonly series: number;
  readonly samples: number;
  /** NaN, stale markers and infinities that were left out. */
  readonly notFinite: number;
  /** Series with native histograms, which hold no single value and were passed over. */
  readonly histograms: number;
}

const WARNINGS_KEPT = 20;
const WORDS_LENGTH = 600;

export const ENVELOPE_KEYS: ReadonlySet<string> = new Set([
  'status',
  'errorType',
  'error',
  'resultType',
  'warnings',
  'infos',
  'isPartial',
]);

/** From what stood under the envelope's keys, and what was counted while reading. */
export function answerOf(
  said: Readonly<Record<string, unknown>>,
  counts: Pick<PrometheusAnswer, 'series' | 'samples' | 'notFinite' | 'histograms'>,
): PrometheusAnswer {
  return {
    ...(said['status'] === 'success' || said['status'] === 'error' ? { status: said['status'] } : {}),
    ...wordField('errorType', said['errorType']),
    ...wordField('error', said['error']),
    ...wordField('resultType', said['resultType']),
    warnings: [...words(said['warnings']), ...words(said['infos'])].slice(0, WARNINGS_KEPT),
    isPartial: said['isPartial'] === true,
    ...counts,
  };
}

function wordField<Key extends string>(key: Key, value: unknown): { readonly [K in Key]?: string } {
  return typeof value === 'string' && value !== ''
    ? ({ [key]: value.slice(0, WORDS_LENGTH) } as { readonly [K in Key]?: string })
    : {};
}

function words(value: unknown): readonly string[] {
  if (!Array.isArray(value)) return [];
  return value
    .filter((word) => typeof word === 'string')
    .slice(0, WARNINGS_KEPT)
    .map((word) => word.slice(0, WORDS_LENGTH));
}

/** Only texts: a label is nothing else. */
export function labelsOf(raw: unknown): Readonly<Record<string, string>> {
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return {};
  const labels = Object.entries(raw).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string',
  );
  return Object.fromEntries(labels);
}
