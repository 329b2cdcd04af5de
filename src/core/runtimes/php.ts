/** PHP and php-fpm: `memory_limit` (128M by default) is per request; pm.max_children requests run at once. */
import { formatBytes } from '../text/amounts.ts';
import type { Bytes } from '../units.ts';
import { MIB } from '../units.ts';
import { heapFlags, parseSize } from './sizes.ts';
import type { Runtime, RuntimeAssessment, RuntimeInput } from './types.ts';

const FLAG_ABOVE = 0.8;
/** Of php.ini-production; the images of the Docker library ship no php.ini and use the same built-in value. */
const DEFAULT_MEMORY_LIMIT_BYTES = 128 * MIB;

function requestLimit(input: RuntimeInput): Bytes | undefined {
  const word = input.words.findLast((one) => /^(?:-d)?memory_limit=/.test(one));
  const texts = [
    word?.replace(/^(?:-d)?memory_limit=/, ''),
    input.variables.get('PHP_MEMORY_LIMIT'),
    input.variables.get('PHP_INI_MEMORY_LIMIT'),
  ];
  return parseSize(texts.find((text) => text !== undefined));
}

function assess(input: RuntimeInput): RuntimeAssessment {
  const perRequest = requestLimit(input);
  const childrenText = input.variables.get('PHP_FPM_PM_MAX_CHILDREN');
  const children = /^\d{1,4}$/.test(childrenText ?? '') ? Number(childrenText) : undefined;
  const total = children === undefined ? undefined : children * (perRequest ?? DEFAULT_MEMORY_LIMIT_BYTES);
  const source = `${children} children × memory_limit ${formatBytes(perRequest ?? DEFAULT_MEMORY_LIMIT_BYTES)}`;
  const fits =
    input.limitBytes === undefined
      ? undefined
      : Math.max(1, Math.floor((input.limitBytes * FLAG_ABOVE) / (perRequest ?? DEFAULT_MEMORY_LIMIT_BYTES)));
  return {
    ...(total === undefined ? {} : { heapMaxBytes: total, heapSource: source }),
    flags: heapFlags({
      what: 'PHP requests together',
      heapMaxBytes: total,
      heapSource: source,
      limitBytes: input.limitBytes,
      flagAbove: FLAG_ABOVE,
      rest: 'opcache and extensions',
    }),
    unsetKnobs:
      children === undefined && fits !== undefined
        ? [
            {
              name: 'pm.max_children',
              why: 'The number of requests at once times memory_limit must fit into the limit.',
              suggestion: `pm.max_children = ${fits}`,
            },
          ]
        : [],
    advice: [
      fits === undefined
        ? 'Choose pm.max_children so that memory_limit × children stays below 80 % of the limit.'
        : `At most ${fits} requests at once fit: pm.max_children = ${fits}.`,
      'Recycle children that grow: pm.max_requests = 500.',
    ],
  };
}

export const PHP: Runtime = {
  id: 'php',
  title: 'PHP',
  comm: /^(?:php|php-fpm.*|php\d.*|apache2)$/,
  executable: /^(?:php|php-fpm[\d.]*|php\d[\d.]*|artisan|composer)$/,
  variable: /^(?:PHP_[A-Z_]+)$/,
  image: /^(?:php|php-.*|wordpress|drupal|nextcloud)$/,
  assess,
};
