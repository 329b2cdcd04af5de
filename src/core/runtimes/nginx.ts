/** nginx, OpenResty, Kong, Envoy: `worker_processes auto` starts one worker per core of the node, whatever the CPU limit. */
import { formatBytes } from '../text/amounts.ts';
import { processFlags } from './python.ts';
import type { Runtime, RuntimeAssessment, RuntimeInput } from './types.ts';

function assess(input: RuntimeInput): RuntimeAssessment {
  const names = ['NGINX_WORKER_PROCESSES', 'KONG_NGINX_WORKER_PROCESSES'];
  const text = names.map((name) => input.variables.get(name)).find((value) => value !== undefined);
  const workers = /^\d{1,4}$/.test(text ?? '') ? Number(text) : undefined;
  return {
    flags: processFlags('workers', workers, input.limitBytes),
    unsetKnobs:
      workers === undefined
        ? [
            {
              name: 'worker_processes',
              why: '`auto` counts the cores of the node: on a large node dozens of workers share one limit.',
              suggestion: 'worker_processes 2;',
            },
          ]
        : [],
    advice: [
      input.limitBytes === undefined
        ? 'Set worker_processes (Envoy: --concurrency) to 2 to 4.'
        : `Set worker_processes (Envoy: --concurrency) to 2 to 4: each worker then has up to ${formatBytes(Math.floor(input.limitBytes / 4))}.`,
    ],
  };
}

export const NGINX: Runtime = {
  id: 'nginx',
  title: 'nginx or another proxy with workers per core',
  comm: /^(?:nginx|openresty|envoy|kong|wrk:.*)$/,
  executable: /^(?:nginx|openresty|envoy|kong|nginx-ingress-controller)$/,
  variable: /^(?:NGINX_[A-Z_]+|KONG_[A-Z_]+)$/,
  image: /^(?:nginx|nginx-.*|openresty|kong|envoy|ingress-nginx.*|proxyv2)$/,
  assess,
};
