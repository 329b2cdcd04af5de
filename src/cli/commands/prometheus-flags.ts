/** Flags for a Prometheus that would tell a secret, or cannot be meant. */
import { usageError } from '../exit-status.ts';
import type { Flags } from '../flags.ts';

/** A secret in a command line is read by everybody on the machine (`ps`) and stays in the shell's history. */
export function checkPrometheusFlags(flags: Flags): void {
  const { prometheus, prometheusHeader } = flags;
  if (prometheus !== undefined && /^[a-z]+:\/\/[^/?#]*@/i.test(prometheus)) {
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
    if (!/^[\w-]+:\s*\S/.test(header)) {
      throw usageError(
        `--prometheus-header cannot be ${JSON.stringify(header.slice(0, 80))}.`,
        'write it like "X-Team: shop".',
      );
    }
    if (/^(?:authorization|cookie|proxy-authorization)$/i.test(name)) {
      throw usageError(
        `--prometheus-header must not carry ${name}: others can read a command line.`,
        'put the token into a file: --prometheus-token-file PATH.',
      );
    }
  }
  if (flags.prometheusPasswordFile !== undefined && flags.prometheusUser === undefined) {
    throw usageError('--prometheus-password-file needs --prometheus-user.');
  }
}
