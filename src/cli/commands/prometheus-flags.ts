/** Flags for a Prometheus that would tell a secret, or cannot be meant. */
import { usageError } from '../exit-status.ts';
import type { Flags } from '../flags.ts';

/** A secret in a command line is read by everybody on the machine (`ps`) and stays in the shell's history. */
export function checkPrometheusFlags(flags: Flags): void {
  const { prometheus, prometheusHeader, tenant } = flags;
  if (prometheus !== undefined && /^(?:[a-z]+:[\\/]*)?[^/?#]*@/i.test(prometheus)) {
    throw usageError(
      '--prometheus holds a user or a password.',
      'name them with --prometheus-user and --prometheus-password-file.',
    );
  }
  if (
    prometheus !== undefined &&
    !['auto', 'off'].includes(prometheus) &&
    !/^https?:\/\//i.test(prometheus)
  ) {
    throw usageError(
      `--prometheus cannot be ${JSON.stringify(prometheus.slice(0, 80))}.`,
      'write it like https://prometheus.example:9090, or auto, or off.',
    );
  }
  for (const header of prometheusHeader) {
    const [name = ''] = header.split(':', 1);
    if (!/^[\w-]+:/.test(header) || !isHeaderValue(header.slice(name.length + 1).trim())) {
      // Not quoted: the value may be a key.
      throw usageError('--prometheus-header needs a name and a value.', 'write it like "X-Team: shop".');
    }
    if (/^(?:authorization|cookie|proxy-authorization)$/i.test(name)) {
      throw usageError(
        `--prometheus-header must not carry ${name}: others can read a command line.`,
        'put the token into a file: --prometheus-token-file PATH.',
      );
    }
  }
  if (tenant !== undefined && !isHeaderValue(tenant)) {
    throw usageError('--tenant cannot be sent in a header.');
  }
  if (flags.prometheusPasswordFile !== undefined && flags.prometheusUser === undefined) {
    throw usageError('--prometheus-password-file needs --prometheus-user.');
  }
}

/** What HTTP lets a header carry (RFC 9110, 5.5): a line break would begin another one. */
function isHeaderValue(text: string): boolean {
  return /^[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?$/.test(text);
}
