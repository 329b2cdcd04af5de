/**
 * Python. No awareness of limits at all: memory is the number of worker processes times what one uses; pages shared after
 * a fork are lost to reference counts. PyTorch's DataLoader needs /dev/shm (64 MiB by default; exit 135).
 */
import { formatBytes } from '../text/amounts.ts';
import { flagValue } from './sizes.ts';
import type { Runtime, RuntimeAssessment, RuntimeInput } from './types.ts';

export function workersOf(
  input: RuntimeInput,
  variables: readonly string[],
  flags: readonly string[],
): number | undefined {
  const words = [...(input.variables.get('GUNICORN_CMD_ARGS') ?? '').split(/\s+/), ...input.words];
  const texts = [flagValue(words, flags), ...variables.map((name) => input.variables.get(name))];
  const text = texts.find((one) => /^\d{1,4}$/.test(one ?? ''));
  return text === undefined ? undefined : Number(text);
}

/** A finding only where several processes share a known limit. */
export function processFlags(what: string, count: number | undefined, limitBytes: number | undefined) {
  if (count === undefined || count < 2 || limitBytes === undefined) return [];
  const each = formatBytes(Math.floor(limitBytes / count));
  const text = `${count} ${what} share the limit of ${formatBytes(limitBytes)}: ${each} each, the main process not counted.`;
  return [{ kind: 'many-processes' as const, text }];
}

const WORKER_FLAGS = ['--workers', '-w', '--concurrency', '-c', '--processes'];

function assess(input: RuntimeInput): RuntimeAssessment {
  const workers = workersOf(
    input,
    ['WEB_CONCURRENCY', 'UVICORN_WORKERS', 'MAX_WORKERS', 'WORKERS'],
    WORKER_FLAGS,
  );
  return {
    flags: processFlags('workers', workers, input.limitBytes),
    unsetKnobs: input.variables.has('MALLOC_ARENA_MAX')
      ? []
      : [
          {
            name: 'MALLOC_ARENA_MAX',
            why: "With threads glibc keeps up to eight arenas per core of the node, whatever the container's CPU limit.",
            suggestion: 'MALLOC_ARENA_MAX=2',
          },
        ],
    advice: [
      'Size the limit as workers × peak of one worker + 20 %, or lower the number of workers.',
      'Recycle workers that grow: gunicorn --max-requests 1000 --max-requests-jitter 100, celery --max-memory-per-child.',
    ],
  };
}

export const PYTHON: Runtime = {
  id: 'python',
  title: 'Python',
  comm: /^(?:python[\d.]*|gunicorn.*|uvicorn.*|celery.*|uwsgi|\[celeryd.*|ray::.*|airflow.*)$/,
  executable:
    /^(?:python[\d.]*|gunicorn|uvicorn|celery|uwsgi|flask|airflow|hypercorn|streamlit|jupyter(?:-\w+)?)$|\.py$/,
  variable: /^(?:PYTHON[A-Z_]+|GUNICORN_CMD_ARGS|UVICORN_WORKERS)$/,
  image: /^(?:python|python-.*|airflow|pytorch|jupyter.*)$/,
  assess,
};
