/** Ruby: puma, sidekiq, unicorn. Threads make glibc keep many arenas; Heroku sets MALLOC_ARENA_MAX=2 by default for it. */
import { processFlags, workersOf } from './python.ts';
import type { Runtime, RuntimeAssessment, RuntimeInput } from './types.ts';

function assess(input: RuntimeInput): RuntimeAssessment {
  const workers = workersOf(input, ['WEB_CONCURRENCY', 'PUMA_WORKERS'], ['--workers', '-w']);
  const hasAllocator = ['MALLOC_ARENA_MAX', 'MALLOC_CONF', 'LD_PRELOAD'].some((name) =>
    input.variables.has(name),
  );
  return {
    flags: processFlags('workers', workers, input.limitBytes),
    unsetKnobs: hasAllocator
      ? []
      : [
          {
            name: 'MALLOC_ARENA_MAX',
            why: 'Threads make glibc keep up to eight arenas per core of the node: memory that Ruby has freed and the system never gets back.',
            suggestion: 'MALLOC_ARENA_MAX=2',
          },
        ],
    advice: [
      'Set MALLOC_ARENA_MAX=2, or use jemalloc with MALLOC_CONF=narenas:2,background_thread:true,dirty_decay_ms:1000.',
      'Fewer puma workers with more threads share memory better.',
    ],
  };
}

export const RUBY: Runtime = {
  id: 'ruby',
  title: 'Ruby',
  comm: /^(?:ruby.*|puma.*|sidekiq.*|unicorn.*|rails.*)$/,
  executable: /^(?:ruby|bundle|rails|puma|sidekiq|unicorn(?:_rails)?|rake)$|\.rb$/,
  variable: /^(?:RUBY_[A-Z_]+|RAILS_[A-Z_]+|PUMA_[A-Z_]+|BUNDLE_[A-Z_]+|GEM_HOME)$/,
  image: /^(?:ruby|ruby-.*|rails|gitlab.*)$/,
  assess,
};
